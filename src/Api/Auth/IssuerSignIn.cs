using Messaging.Api.GraphQL.Transport;
using Messaging.Api.Hosting;
using Messaging.Api.Security;
using Messaging.Application.Accounts;
using Messaging.Domain;

namespace Messaging.Api.Auth;

/// <summary>What the issuer's page sent back, and what was asked for it.</summary>
/// <param name="Code">The authorization code.</param>
/// <param name="CodeVerifier">The secret of whoever asked (PKCE, RFC 7636).</param>
/// <param name="Nonce">What the ID token has to repeat.</param>
/// <param name="RedirectUri">The address that the issuer was asked to answer to.</param>
public sealed record IssuerAnswer(string Code, string CodeVerifier, string Nonce, string RedirectUri);

/// <summary>
/// Signs in whoever comes back from the issuer's page (OpenID Connect Core 1.0, 3.1): a public client without a secret,
/// by an authorization code that is of use to the page only that asked for it. The product exchanges it, so that pages
/// need not reach the issuer, and its tokens are in no browser. What it asks people for besides a password is its
/// matter: the session counts as one with a second factor.
/// </summary>
public sealed class IssuerSignIn(
    IServiceProvider services, AuthOptions options, IssuerAccounts issuerAccounts, SignIn accounts, SecondSteps steps,
    SignInThrottle throttle, DemoOrganisations demo, SecurityLog security) : IDisposable
{
    /// <summary>The most characters of a code, a verifier (RFC 7636, 4.1: 128) or a nonce.</summary>
    public const int TextMaximum = 4_000;

    /// <summary>The most exchanges at once on one node; more have to wait.</summary>
    public const int AtOnce = 20;

    private readonly SemaphoreSlim _turns = new(AtOnce);

    /// <summary>Signs in.</summary>
    /// <returns>The person, who may begin a session now, or the refusal.</returns>
    /// <exception cref="IssuerAwayException">The issuer does not answer.</exception>
    /// <exception cref="RefusedException">Too many attempts failed.</exception>
    public async Task<(Proven? Proven, Refusal? Refusal)> SignInAsync(
        HttpContext? context, IssuerAnswer answer, CancellationToken cancellation)
    {
        if (options.Oidc is not { ClientId: { } client } oidc || services.GetService<Issuer>() is not { } issuer)
            return (null, new NoIssuer());
        var network = Network.Of(context);
        var (attempt, tooMany) = throttle.Begin(null, network);
        if (tooMany is not null)
        {
            security.Record(SecurityEvent.SignInLimited, network, detail: tooMany.What);
            throw RefusedException.RateLimited("Too many attempts to sign in failed.", tooMany.RetryAfter);
        }

        using (attempt)
        {
            if (!await _turns.WaitAsync(Issuer.Patience, cancellation)) throw new IssuerAwayException();
            VouchedFor? vouched;
            try
            {
                vouched = await issuer.ExchangeAsync(client, answer, cancellation);
            }
            finally
            {
                _turns.Release();
            }

            if (vouched is null)
            {
                attempt!.Failed();
                security.Record(SecurityEvent.SignInRefused, network, detail: "by the issuer");
                return (null, new IssuerDoesNotVouch());
            }

            if (oidc.TenantClaim is not null && vouched.TenantId is null)
                return (null, new IssuerVouchesForNobody("The issuer names no organisation."));
            var person = await issuerAccounts.FindAsync(vouched, cancellation);
            if (person.Caller is not { } caller || demo.IsClosed(caller.TenantId))
            {
                security.Record(SecurityEvent.TokenRefused, network, detail: "of nobody here");
                return (null, new IssuerVouchesForNobody(person.Why ?? "The account is closed."));
            }

            if (person.IsNew) security.Record(SecurityEvent.IssuerLinked, network, caller);
            var proven = await accounts.FindProvenAsync(caller.TenantId, caller.Actor.Id, null, cancellation);
            return proven is null
                ? (null, new IssuerVouchesForNobody("The account is closed."))
                : (steps.Welcome(context, proven with { SecondFactor = ProvenFactor.Issuer }), null);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turns.Dispose();
}

/// <summary>No issuer is configured for the sign-in of pages.</summary>
public sealed record NoIssuer()
    : Refusal(RefusalKind.Conflict, "There is no issuer here that one signs in by.");

/// <summary>The code is not, or not any more, one; or the page that brings it did not ask for it.</summary>
public sealed record IssuerDoesNotVouch()
    : Refusal(RefusalKind.Invalid, "The issuer does not confirm this sign-in: begin again.", "code");

/// <summary>The issuer knows them, and nobody here does.</summary>
public sealed record IssuerVouchesForNobody(string Why)
    : Refusal(RefusalKind.NotFound, Why, "code", RefusalReason.IssuerVouchesForNobody);
