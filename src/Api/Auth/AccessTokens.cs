using System.Security.Claims;
using Messaging.Api.Hosting;
using Messaging.Api.Security;
using Messaging.Application.Accounts;
using Messaging.Domain;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Messaging.Api.Auth;

/// <summary>A token, to send as <c>Authorization: Bearer …</c>.</summary>
public sealed record AccessToken(string Value, DateTimeOffset ExpiresAt);

/// <summary>The owner and the times of a token.</summary>
/// <param name="ExpiresAt">Until when it is valid.</param>
/// <param name="IssuedAt">
/// Time of issue of one of our own tokens: a new password ends it, unless its session does so.
/// </param>
public sealed record KnownToken(Caller Caller, DateTimeOffset ExpiresAt, DateTimeOffset? IssuedAt)
{
    /// <summary>True when the account was linked to another issuer's subject just now.</summary>
    public bool IsNewlyLinked { get; init; }

    /// <summary>True for an API token that comes from another network than the last time.</summary>
    public bool IsElsewhere { get; init; }
}

/// <summary>
/// Issues the product's own tokens (JWT, RFC 7519, HMAC-SHA256), and finds a token's owner: of one of these, of an API
/// token, or of another issuer's token.
/// </summary>
public sealed class AccessTokens
{
    [Stored("token_issuer")]
    private const string Own = "messaging";

    [Stored("token_claim_of_organisation")]
    private const string TenantClaim = "org";

    // Name in OpenID Connect (Front-Channel Logout 1.0, 3).
    [Stored("token_claim_of_session")]
    private const string SessionClaim = "sid";

    private readonly AuthOptions _options;
    private readonly SignIn _accounts;
    private readonly Sessions _sessions;
    private readonly ApiTokens _apiTokens;
    private readonly TimeProvider _clock;
    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false };
    private readonly SigningCredentials _credentials;
    private readonly TokenValidationParameters _own;
    private readonly IssuerAccounts _issuerAccounts;
    private readonly DemoOrganisations _demo;
    private readonly Issuer? _issuer;

    /// <summary>Uses the key of the settings.</summary>
    /// <param name="issuer">Another issuer whose tokens are accepted; null when there is none.</param>
    public AccessTokens(
        AuthOptions options, SignIn accounts, Sessions sessions, ApiTokens apiTokens, IssuerAccounts issuerAccounts,
        DemoOrganisations demo, TimeProvider clock, Issuer? issuer = null)
    {
        _apiTokens = apiTokens;
        (_issuerAccounts, _demo, _issuer) = (issuerAccounts, demo, issuer);
        _options = options;
        _accounts = accounts;
        _sessions = sessions;
        _clock = clock;
        var key = new SymmetricSecurityKey(options.SigningKey);
        _credentials = new SigningCredentials(key, SecurityAlgorithms.HmacSha256);
        _own = new TokenValidationParameters
        {
            ValidIssuer = Own,
            ValidAudience = Own,
            IssuerSigningKey = key,
            ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
            RequireExpirationTime = true,
            ClockSkew = TimeSpan.Zero,
            LifetimeValidator = IsCurrent,
        };
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
            Issuer = Own,
            Audience = Own,

            // Nodes of the version before look at nothing else, in whole seconds: it must not lie before a password
            // that was chosen in this second.
            IssuedAt = now.UtcDateTime.AddSeconds(1),
            NotBefore = now.UtcDateTime,
            Expires = expires.UtcDateTime,
            Subject = new ClaimsIdentity([
                    new Claim("sub", caller.Actor.Id.ToString()), new Claim(TenantClaim, caller.TenantId),
                    new Claim(SessionClaim, caller.SessionId!.Value.ToString())
                ]),
            SigningCredentials = _credentials,
        }
        );
        return new AccessToken(token, expires);
    }

    /// <summary>Returns the token's owner, by their account as it is now.</summary>
    /// <param name="from">Network that the token comes from.</param>
    /// <returns>Null when it is not valid, or its person is gone.</returns>
    public async Task<KnownToken?> FindAsync(string token, Network from, CancellationToken cancellation)
    {
        if (ApiTokenSecret.IsMeant(token))
        {
            return
                await _apiTokens.FindAsync(token, from.Shown, cancellation) is { } known
                && !_demo.IsClosed(known.Caller.TenantId)
                ? new KnownToken(known.Caller, Earlier(known.ExpiresAt, known.Caller), null)
                {
                    IsElsewhere = known.IsElsewhere,
                }
                : null;
        }

        // The token names the issuer to ask; its claims are believed afterwards. Our own tokens are checked without
        // asking.
        if (Read(token) is not { } read) return null;
        if (read.Issuer == Own)
        {
            var own = await _handler.ValidateTokenAsync(read, _own);
            if (!own.IsValid) return null;
            DateTimeOffset issued = ((JsonWebToken)own.SecurityToken).IssuedAt;
            return own.ClaimsIdentity.FindFirst(TenantClaim)?.Value is { } tenant
                && Guid.TryParse(own.ClaimsIdentity.FindFirst("sub")?.Value, out var person)
                && SessionOf(own.ClaimsIdentity) is var session
                && await FindAsync(tenant, person, session, issued, cancellation) is { } caller
                ? new KnownToken(caller, Earlier(own.SecurityToken.ValidTo, caller), issued)
                : null;
        }

        return _issuer is not null && _issuer.IsNamedBy(read) ? await FindByIssuerAsync(read, cancellation) : null;
    }

    /// <summary>Returns the owner of one of our tokens again, as they are now.</summary>
    /// <param name="issued">Time of issue; null when it does not matter.</param>
    /// <returns>Null when it has ended, or they are gone.</returns>
    public Task<Caller?> FindAgainAsync(Caller caller, DateTimeOffset? issued, CancellationToken cancellation) =>
        caller is { ApiToken: not null, SessionId: { } id }
            ? _apiTokens.FindAsync(caller.TenantId, id, cancellation)
            : FindAsync(caller.TenantId, caller.Actor.Id, caller.SessionId, issued, cancellation);

    /// <summary>Returns the owner of one of our tokens, as they are now.</summary>
    /// <param name="session">
    /// The token's session; a token without one follows the rule of the version that issued it.
    /// </param>
    /// <param name="issued">Time of issue; null for another issuer's token.</param>
    /// <returns>Null when the session has ended, or they are gone.</returns>
    private Task<Caller?> FindAsync(
        string tenant, Guid person, Guid? session, DateTimeOffset? issued, CancellationToken cancellation) =>
        _demo.IsClosed(tenant) ? Task.FromResult<Caller?>(null)
            : session is { } id
            ? _sessions.FindAsync(tenant, person, id, cancellation)
            : _accounts.FindAsync(tenant, person, issued, cancellation);

    private JsonWebToken? Read(string token)
    {
        try
        {
            return _handler.CanReadToken(token) ? _handler.ReadJsonWebToken(token) : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    // A malformed claim names no session at all; only tokens of a version that had no sessions have no claim.
    private static Guid? SessionOf(ClaimsIdentity claims) =>
        claims.FindFirst(SessionClaim) is not { Value: var value } ? null
        : Guid.TryParse(value, out var id) ? id
        : Guid.Empty;

    private async Task<KnownToken?> FindByIssuerAsync(JsonWebToken token, CancellationToken cancellation)
    {
        var oidc = _options.Oidc!;
        var theirs = await _issuer!.ValidateAsync(token, cancellation);
        if (!theirs.IsValid) return null;

        // Only an address that the issuer vouches for: anybody could claim another's.
        var claims = theirs.ClaimsIdentity;
        var email = claims.FindFirst("email")?.Value;
        if (email is not null && claims.FindFirst("email_verified")?.Value is not ("true" or "True")) return null;
        var tenant = oidc.TenantClaim is null ? null : claims.FindFirst(oidc.TenantClaim)?.Value;
        if (oidc.TenantClaim is not null && tenant is null)
            return null;
        if (claims.FindFirst("sub")?.Value is not { Length: > 0 } subject)
            return null;
        var person = await _issuerAccounts.FindAsync(
            new VouchedFor(token.Issuer, subject, email, tenant), cancellation);
        if (person.Caller is not { } caller || _demo.IsClosed(caller.TenantId))
            throw new TokenIsNobodysException(person.Why ?? "The account of this token is closed.");
        return new KnownToken(caller, Earlier(theirs.SecurityToken.ValidTo, caller), null)
        {
            IsNewlyLinked = person.IsNew,
        };
    }

    // No token outlives the access of its person, neither where it is kept for some seconds nor on a connection.
    private static DateTimeOffset Earlier(DateTimeOffset expires, Caller caller) =>
        caller.AccessEndsAt is { } ends && ends < expires ? ends : expires;

    private bool IsCurrent(
        DateTime? notBefore, DateTime? expires, SecurityToken token, TokenValidationParameters parameters)
    {
        var now = _clock.GetUtcNow().UtcDateTime;
        return expires is { } end
            && now < end
            && (notBefore is not { } begin || begin <= now + TimeSpan.FromSeconds(1));
    }
}

/// <summary>A valid token of another issuer that belongs to no account here.</summary>
/// <param name="why">Why, for whoever has it.</param>
public sealed class TokenIsNobodysException(string why) : Exception(why);
