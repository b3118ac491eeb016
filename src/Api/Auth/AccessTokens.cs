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
/// <param name="IssuedAt">When it was issued, if it is one of our own: then a new password ends it, where it has no session that does.</param>
public sealed record KnownToken(Caller Caller, DateTimeOffset ExpiresAt, DateTimeOffset? IssuedAt);

/// <summary>Issues the product's own tokens (JWT, RFC 7519, HMAC-SHA256), and tells whose a token is.</summary>
public sealed class AccessTokens
{
    private const string Issuer = "messaging";
    private const string TenantClaim = "org";

    // As OpenID Connect calls it (OpenID Connect Front-Channel Logout 1.0, 3).
    private const string SessionClaim = "sid";

    private readonly AuthOptions _options;
    private readonly SignIn _accounts;
    private readonly Sessions _sessions;
    private readonly TimeProvider _clock;
    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false };
    private readonly SigningCredentials _credentials;
    private readonly TokenValidationParameters _own;
    private readonly ConfigurationManager<OpenIdConnectConfiguration>? _issuer;

    /// <summary>Uses the key of the settings.</summary>
    public AccessTokens(AuthOptions options, SignIn accounts, Sessions sessions, TimeProvider clock)
    {
        _options = options;
        _accounts = accounts;
        _sessions = sessions;
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

    /// <summary>A token of a session.</summary>
    public AccessToken Issue(LiveSession session)
    {
        var caller = session.Caller;
        var now = _clock.GetUtcNow();
        var lifetime = session.Generation is null ? _options.TokenLifetime : _options.BrowserTokenLifetime;
        var expires = DateTimeOffset.FromUnixTimeSeconds((now + lifetime).ToUnixTimeSeconds());
        var token = _handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Issuer,
            Audience = Issuer,

            // Nodes of the version before look at nothing else, in whole seconds: it is not before the password that was chosen in this second.
            IssuedAt = now.UtcDateTime.AddSeconds(1),
            NotBefore = now.UtcDateTime,
            Expires = expires.UtcDateTime,
            Subject = new ClaimsIdentity(
            [
                new Claim("sub", caller.Actor.Id.ToString()), new Claim(TenantClaim, caller.TenantId),
                new Claim(SessionClaim, caller.SessionId!.Value.ToString()),
            ]),
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
                && SessionOf(own.ClaimsIdentity) is var session
                && await FindAsync(tenant, person, session, issued, cancellation) is { } caller
                ? new KnownToken(caller, own.SecurityToken.ValidTo, issued)
                : null;
        }

        return _issuer is null ? null : await FindByIssuerAsync(token, cancellation);
    }

    /// <summary>Whoever a token of ours is of, as they are now.</summary>
    /// <param name="session">The token's session; one without has the rule of the version that issued it.</param>
    /// <param name="issued">When it was issued; null when it is none of ours.</param>
    /// <returns>Null when the session has ended, or they are gone.</returns>
    public Task<Caller?> FindAsync(string tenant, Guid person, Guid? session, DateTimeOffset? issued, CancellationToken cancellation) =>
        session is { } id
            ? _sessions.FindAsync(tenant, person, id, cancellation)
            : _accounts.FindAsync(tenant, person, issued, cancellation);

    // What is there and cannot be right is no session's, rather than the token's of a version that had none.
    private static Guid? SessionOf(ClaimsIdentity claims) =>
        claims.FindFirst(SessionClaim) is not { Value: var value } ? null : Guid.TryParse(value, out var id) ? id : Guid.Empty;

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
