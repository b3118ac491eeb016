using System.Security.Claims;
using Messaging.Application.Accounts;
using Messaging.Domain;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Messaging.Api.Auth;

/// <summary>A token, to send as <c>Authorization: Bearer …</c>.</summary>
public sealed record AccessToken(string Value, DateTimeOffset ExpiresAt);

/// <summary>Whose a token is.</summary>
/// <param name="ExpiresAt">Until when it is valid.</param>
/// <param name="IssuedAt">When it was issued, if it is one of our own: then a new password ends it.</param>
public sealed record KnownToken(Caller Caller, DateTimeOffset ExpiresAt, DateTimeOffset? IssuedAt);

/// <summary>Issues the product's own tokens (JWT, RFC 7519, HMAC-SHA256), and tells whose a token is.</summary>
public sealed class AccessTokens
{
    private const string Issuer = "messaging";
    private const string TenantClaim = "org";

    private readonly AuthOptions _options;
    private readonly SignIn _accounts;
    private readonly TimeProvider _clock;
    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false };
    private readonly SigningCredentials _credentials;
    private readonly TokenValidationParameters _own;
    private readonly ConfigurationManager<OpenIdConnectConfiguration>? _issuer;

    /// <summary>Uses the key of the settings.</summary>
    public AccessTokens(AuthOptions options, SignIn accounts, TimeProvider clock)
    {
        _options = options;
        _accounts = accounts;
        _clock = clock;
        var key = new SymmetricSecurityKey(options.SigningKey);
        _credentials = new SigningCredentials(key, SecurityAlgorithms.HmacSha256);
        _own = new TokenValidationParameters
        {
            ValidIssuer = Issuer,
            ValidAudience = Issuer,
            IssuerSigningKey = key,
            ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
            RequireExpirationTime = true,
            ClockSkew = TimeSpan.Zero,
            LifetimeValidator = IsCurrent,
        };
        if (options.Oidc is { } oidc)
        {
            _issuer = new ConfigurationManager<OpenIdConnectConfiguration>(
                $"{oidc.Authority}/.well-known/openid-configuration", new OpenIdConnectConfigurationRetriever(),
                new HttpDocumentRetriever { RequireHttps = oidc.RequireHttps });
        }
    }

    /// <summary>A token for somebody who has just proved who they are.</summary>
    public AccessToken Issue(Caller caller)
    {
        var now = _clock.GetUtcNow();
        var expires = DateTimeOffset.FromUnixTimeSeconds((now + _options.TokenLifetime).ToUnixTimeSeconds());
        var token = _handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Issuer,
            Audience = Issuer,
            IssuedAt = now.UtcDateTime,
            NotBefore = now.UtcDateTime,
            Expires = expires.UtcDateTime,
            Subject = new ClaimsIdentity([new Claim("sub", caller.Actor.Id.ToString()), new Claim(TenantClaim, caller.TenantId)]),
            SigningCredentials = _credentials,
        });
        return new AccessToken(token, expires);
    }

    /// <summary>Whose token it is, by their account as it is now.</summary>
    /// <returns>Null when it is not valid, or its person is gone.</returns>
    public async Task<KnownToken?> FindAsync(string token, CancellationToken cancellation)
    {
        if (!_handler.CanReadToken(token)) return null;
        var own = await _handler.ValidateTokenAsync(token, _own);
        if (own.IsValid)
        {
            DateTimeOffset issued = ((JsonWebToken)own.SecurityToken).IssuedAt;
            return own.ClaimsIdentity.FindFirst(TenantClaim)?.Value is { } tenant
                && Guid.TryParse(own.ClaimsIdentity.FindFirst("sub")?.Value, out var person)
                && await _accounts.FindAsync(tenant, person, issued, cancellation) is { } caller
                ? new KnownToken(caller, own.SecurityToken.ValidTo, issued)
                : null;
        }

        return _issuer is null ? null : await FindByIssuerAsync(token, cancellation);
    }

    private async Task<KnownToken?> FindByIssuerAsync(string token, CancellationToken cancellation)
    {
        var oidc = _options.Oidc!;
        var issuer = await _issuer!.GetConfigurationAsync(cancellation);
        var parameters = new TokenValidationParameters
        {
            ValidIssuer = issuer.Issuer,
            ValidAudience = oidc.Audience,
            IssuerSigningKeys = issuer.SigningKeys,
            ValidAlgorithms = [SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512, SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384],
            RequireExpirationTime = true,
            ClockSkew = TimeSpan.FromSeconds(30),
            LifetimeValidator = IsCurrent,
        };
        var theirs = await _handler.ValidateTokenAsync(token, parameters);
        if (!theirs.IsValid)
        {
            // Their keys may have changed; the manager asks again at most once in its refresh interval.
            if (theirs.Exception is SecurityTokenSignatureKeyNotFoundException) _issuer.RequestRefresh();
            return null;
        }

        // Only an address that the issuer vouches for: anybody could claim another's.
        var claims = theirs.ClaimsIdentity;
        if (claims.FindFirst("email")?.Value is not { } email || claims.FindFirst("email_verified")?.Value is not ("true" or "True")) return null;
        var tenant = oidc.TenantClaim is null ? null : claims.FindFirst(oidc.TenantClaim)?.Value;
        if (oidc.TenantClaim is not null && tenant is null) return null;
        return await _accounts.FindAsync(email, tenant, cancellation) is { } caller ? new KnownToken(caller, theirs.SecurityToken.ValidTo, null) : null;
    }

    private bool IsCurrent(DateTime? notBefore, DateTime? expires, SecurityToken token, TokenValidationParameters parameters)
    {
        var now = _clock.GetUtcNow().UtcDateTime;
        return expires is { } end && now < end + parameters.ClockSkew && (notBefore is not { } begin || begin <= now + parameters.ClockSkew + TimeSpan.FromSeconds(1));
    }
}
