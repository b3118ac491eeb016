using System.Diagnostics;
using Messaging.Api.GraphQL.Transport;
using Messaging.Api.Hosting;
using Messaging.Api.Security;
using Messaging.Application.Accounts;
using Messaging.Domain;
using Messaging.Domain.Accounts;

namespace Messaging.Api.Auth;

/// <summary>
/// Checks and changes passwords: counts failures, lets known people go before strangers, remembers devices, writes to
/// the security log, and delays refusals for a moment.
/// </summary>
public sealed class PasswordSignIn(
    SignInThrottle throttle, KnownDevices devices, SignIn accounts, Invitations invitations, ChangePassword passwords,
    SecondSteps steps, DemoOrganisations demo, SecurityLog security)
{
    /// <summary>Signs in with an address and a password.</summary>
    /// <param name="context">The request that it is asked by.</param>
    /// <param name="email">The address.</param>
    /// <param name="password">The password.</param>
    /// <param name="tenantId">The organisation to sign in at; null when any will do.</param>
    /// <param name="mayChoose">True to sign nobody in yet when there are several organisations.</param>
    /// <returns>
    /// The account at each organisation where the address has one with this password: the first, which is the oldest,
    /// is the one that has signed in, or goes on with the challenge. Empty when there is no such account, or its
    /// password is another one.
    /// </returns>
    /// <exception cref="RefusedException">Too many attempts failed.</exception>
    public async Task<(IReadOnlyList<Proven> Proven, SignInChallenge? Challenge)> SignInAsync(
        HttpContext? context, string email, string password, string? tenantId, bool mayChoose,
        CancellationToken cancellation)
    {
        var (began, network) = (Stopwatch.GetTimestamp(), Network.Of(context));

        // Strangers are counted before anything is looked up for them.
        var found = devices.HasAny(context) ? await AccountsAsync(email, tenantId, cancellation) : null;
        var device = found?.Select(account => Fresh(context, account)).FirstOrDefault(known => known is not null);
        using var attempt = Begin(
            device is null ? throttle.Begin(email, network) : throttle.BeginOn(device.Name), context, account: email);
        found ??= await AccountsAsync(email, tenantId, cancellation);
        var turn = device is null ? new HashingTurn(network.Name, ComesFirst: false) : HashingTurn.First;
        var proven = await accounts.CheckAsync(found, password, turn, cancellation);
        if (proven is not [var first, ..])
        {
            Refuse(attempt, began, context, SecurityEvent.SignInRefused, account: email);
            return ([], null);
        }

        if (mayChoose && proven.Count > 1) return (proven, null);
        if (await steps.BeginAsync(first, cancellation) is { } challenge) return (proven, challenge);
        steps.Welcome(context, first);
        return (proven, null);
    }

    /// <summary>
    /// Accepts an invitation with a password of the invited person's choice. A token of 256 random bits cannot be
    /// guessed, so its owner waits for no stranger.
    /// </summary>
    /// <returns>The person who has joined, and the challenge that they go on with, if any; or the refusal.</returns>
    /// <exception cref="RefusedException">Too many attempts failed.</exception>
    public async Task<(Proven? Proven, SignInChallenge? Challenge, Refusal? Refusal)> AcceptInvitationAsync(
        HttpContext? context, string token, string password, CancellationToken cancellation)
    {
        var (began, network) = (Stopwatch.GetTimestamp(), Network.Of(context));
        if (Passwords.Check(password) is { } weak) return (null, null, weak);
        if (await invitations.TenantOfAsync(token, cancellation) is not { } tenant || demo.IsClosed(tenant))
        {
            using var attempt = Begin(throttle.Begin(null, network), context);
            Refuse(attempt, began, context, SecurityEvent.InvitationRefused);
            return (null, null, new InvitationIsNotValid());
        }

        var (proven, refusal) = await invitations.AcceptAsync(token, password, cancellation);
        if (proven is null) return (null, null, refusal);
        security.Record(SecurityEvent.InvitationAccepted, network, proven.Caller);
        if (await steps.BeginAsync(proven, cancellation) is { } challenge) return (proven, challenge, null);
        devices.Remember(context, proven, null);
        return (proven, null, null);
    }

    /// <summary>Chooses another password, with the one before.</summary>
    /// <param name="endsApiTokens">True to end their API tokens, too.</param>
    /// <returns>The person, proved by the new password, or the refusal.</returns>
    /// <exception cref="RefusedException">Too many attempts failed.</exception>
    public async Task<(Proven? Proven, Refusal? Refusal)> ChangePasswordAsync(
        HttpContext? context, Caller caller, string current, string chosen, bool endsApiTokens,
        CancellationToken cancellation)
    {
        var (began, network) = (Stopwatch.GetTimestamp(), Network.Of(context));
        using var attempt = Begin(throttle.Begin(caller.Actor.Id.ToString(), network), context, caller);
        var (proven, refusal) = await passwords.ChangeAsync(caller, current, chosen, endsApiTokens, cancellation);
        if (refusal is CurrentPasswordIsWrong) Refuse(attempt, began, context, SecurityEvent.PasswordRefused, caller);
        if (refusal is not null) return (null, refusal);
        security.Record(SecurityEvent.PasswordChanged, network, caller);
        if (proven is not null) devices.Remember(context, proven, null);
        return (proven, null);
    }

    /// <summary>
    /// Asks a signed-in person for their password once more, before an act that outlasts their session.
    /// </summary>
    /// <returns>The refusal; null when they have proved who they are.</returns>
    /// <exception cref="RefusedException">Too many attempts failed.</exception>
    public async Task<Refusal?> ConfirmAsync(
        HttpContext? context, Caller caller, string password, CancellationToken cancellation)
    {
        var (began, network) = (Stopwatch.GetTimestamp(), Network.Of(context));
        using var attempt = Begin(throttle.Begin(caller.Actor.Id.ToString(), network), context, caller);
        if (await passwords.VerifyAsync(caller, password, cancellation) is not { } wrong) return null;
        Refuse(attempt, began, context, SecurityEvent.PasswordRefused, caller);
        return wrong;
    }

    // Accounts of closed organisations look as if they did not exist.
    private async Task<IReadOnlyList<LocalAccount>> AccountsAsync(
        string email, string? tenantId, CancellationToken cancellation) =>
        [
            .. (await accounts.AccountsAsync(email, cancellation)).Where(account =>
                !demo.IsClosed(account.Caller.TenantId) && (tenantId is null || account.Caller.TenantId == tenantId)
            ),
        ];

    private SignInThrottle.Attempt Begin(
        (SignInThrottle.Attempt? Attempt, TooManyAttempts? TooMany) begun, HttpContext? context, Caller? who = null,
        string? account = null)
    {
        if (begun.TooMany is not { } tooMany) return begun.Attempt!;
        security.Record(SecurityEvent.SignInLimited, Network.Of(context), who, account, tooMany.What);
        throw RefusedException.RateLimited("Too many attempts to sign in failed.", tooMany.RetryAfter);
    }

    private void Refuse(
        SignInThrottle.Attempt attempt, long began, HttpContext? context, SecurityEvent what, Caller? who = null,
        string? account = null)
    {
        attempt.Failed();
        security.Record(what, Network.Of(context), who, account);
        HeldAnswers.Hold(context, began);
    }

    // A new password makes strangers of all devices but the one that it was chosen on: a thief of the old one may have
    // made any number of them known.
    private KnownDevice? Fresh(HttpContext? context, LocalAccount account) =>
        devices.Find(context, account.Caller.TenantId, account.Caller.Actor.Id) is { } device
        && (account.PasswordChangedAt is not { } changed || device.Since >= changed)
            ? device
            : null;
}
