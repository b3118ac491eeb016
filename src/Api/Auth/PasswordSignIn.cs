using System.Diagnostics;
using Messaging.Api.GraphQL.Transport;
using Messaging.Api.Hosting;
using Messaging.Api.Security;
using Messaging.Application.Accounts;
using Messaging.Application.History;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.History;

namespace Messaging.Api.Auth;

/// <summary>The account to sign in to, of those that an address and a password open.</summary>
/// <param name="TenantId">The organisation; null when any will do.</param>
/// <param name="PersonId">The person of an organisation; null when any will do.</param>
/// <param name="MayAsk">True to sign nobody in yet when one has to be chosen.</param>
/// <param name="LastUsed">
/// True for the one used last, of all of one identity: only of several identities one has to be chosen. Otherwise the
/// oldest, and one has to be chosen of several organisations.
/// </param>
public sealed record AccountChoice(string? TenantId, Guid? PersonId, bool MayAsk, bool LastUsed)
{
    /// <summary>True for an account that may be signed in to.</summary>
    public bool Allows(LocalAccount account) =>
        (TenantId is null || account.Caller.TenantId == TenantId)
        && (PersonId is null || account.Caller.Actor.Id == PersonId);

    /// <summary>The account to sign in to; null when one has to be chosen.</summary>
    /// <param name="accounts">At least one, the oldest first.</param>
    public LocalAccount? Of(IReadOnlyList<LocalAccount> accounts)
    {
        var first = accounts[0];
        var isOne = LastUsed
            ? accounts.All(first.IsOfIdentity)
            : accounts.All(account => account.Caller.TenantId == first.Caller.TenantId);
        if (MayAsk && !isOne) return null;
        return LastUsed ? accounts.MaxBy(account => account.UsedAt ?? DateTimeOffset.MinValue) : first;
    }
}

/// <summary>
/// Checks and changes passwords: counts failures, lets known people go before strangers, remembers devices, writes to
/// the security log, and delays refusals for a moment.
/// </summary>
public sealed class PasswordSignIn(
    SignInThrottle throttle, KnownDevices devices, SignIn accounts, Invitations invitations, ChangePassword passwords,
    SecondSteps steps, JoinAccounts joining, DemoOrganisations demo, SecurityLog security, FailedSignIns failed)
{
    /// <summary>Signs in with an address and a password.</summary>
    /// <param name="context">The request that it is asked by.</param>
    /// <param name="email">The address.</param>
    /// <param name="password">The password.</param>
    /// <param name="which">The account to sign in to, of those with this password.</param>
    /// <returns>
    /// The accounts that this address and password open, the oldest first, and the one that has signed in, or goes on
    /// with the challenge; none when one has to be chosen. No accounts when there is none, or the password is another
    /// one.
    /// </returns>
    /// <exception cref="RefusedException">Too many attempts failed.</exception>
    public async Task<(IReadOnlyList<LocalAccount> Accounts, LocalAccount? Chosen, SignInChallenge? Challenge)>
        SignInAsync(
        HttpContext? context, string email, string password, AccountChoice which, CancellationToken cancellation)
    {
        var (began, network) = (Stopwatch.GetTimestamp(), Network.Of(context));

        // Strangers are counted before anything is looked up for them.
        var found = devices.HasAny(context) ? await AccountsAsync(email, cancellation) : null;
        var device = found?.Select(account => Fresh(context, account)).FirstOrDefault(known => known is not null);
        using var attempt = Begin(
            device is null ? throttle.Begin(email, network) : throttle.BeginOn(device.Name), context, account: email);
        found ??= await AccountsAsync(email, cancellation);
        var turn = device is null ? new HashingTurn(network.Name, ComesFirst: false) : HashingTurn.First;
        var proven = await CheckAsync(found, password, turn, cancellation);
        proven = [.. proven.Where(which.Allows)];
        if (proven.Count == 0)
        {
            Refuse(attempt, began, context, SecurityEvent.SignInRefused, account: email);
            Say(found.Where(which.Allows));
            return ([], null, null);
        }

        if (which.Of(proven) is not { } chosen) return (proven, null, null);
        if (await steps.BeginAsync(chosen.ToProven(), cancellation) is { } challenge)
            return (proven, chosen, challenge);
        steps.Welcome(context, chosen.ToProven());
        return (proven, chosen, null);
    }

    /// <summary>
    /// Lets the accounts that an address and a password open belong to the identity of somebody who is signed in.
    /// </summary>
    /// <returns>The refusal; null when they are one.</returns>
    /// <exception cref="RefusedException">Too many attempts failed.</exception>
    public async Task<Refusal?> JoinAsync(
        HttpContext? context, Caller caller, string email, string password, CancellationToken cancellation)
    {
        var (began, network) = (Stopwatch.GetTimestamp(), Network.Of(context));
        using var attempt = Begin(throttle.Begin(email, network), context, caller, email);
        var turn = new HashingTurn(network.Name, ComesFirst: false);
        var found = await AccountsAsync(email, cancellation);
        var proven = await CheckAsync(found, password, turn, cancellation);
        if (proven.Count == 0)
        {
            Refuse(attempt, began, context, SecurityEvent.SignInRefused, caller, email);
            Say(found);
            return new PasswordIsOfNoAccount();
        }

        if (await joining.JoinAsync(caller, proven, cancellation) is { } refusal) return refusal;
        security.Record(SecurityEvent.AccountsJoined, network, caller);
        return null;
    }

    /// <summary>
    /// Accepts an invitation with a password of the invited person's choice, or that of an account which the address
    /// has already. A token of 256 random bits cannot be guessed, so its owner waits for no stranger.
    /// </summary>
    /// <param name="isExisting">True when it has to be the password of such an account.</param>
    /// <returns>The person who has joined, and the challenge that they go on with, if any; or the refusal.</returns>
    /// <exception cref="RefusedException">Too many attempts failed.</exception>
    public async Task<(Proven? Proven, SignInChallenge? Challenge, Refusal? Refusal)> AcceptInvitationAsync(
        HttpContext? context, string token, string password, bool isExisting, CancellationToken cancellation)
    {
        var (began, network) = (Stopwatch.GetTimestamp(), Network.Of(context));
        if (!isExisting && Passwords.Check(password) is { } weak) return (null, null, weak);
        if (await invitations.FindAsync(token, cancellation) is not { } invited || demo.IsClosed(invited.TenantId))
        {
            using var attempt = Begin(throttle.Begin(null, network), context);
            Refuse(attempt, began, context, SecurityEvent.InvitationRefused);
            return (null, null, new InvitationIsNotValid());
        }

        // A link of somebody else's account at the same address is no way around the limits on guessing its password.
        using var guess = isExisting
            ? Begin(throttle.Begin(invited.Email, network), context, account: invited.Email)
            : null;
        var existing = isExisting ? Open(await invitations.AccountsAsync(invited, cancellation)) : null;
        var (proven, refusal) = await invitations.AcceptAsync(token, password, cancellation, existing);
        if (refusal is PasswordIsOfNoAccount)
        {
            Refuse(guess!, began, context, SecurityEvent.SignInRefused, account: invited.Email);
            Say(existing ?? []);
        }

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
    private async Task<IReadOnlyList<LocalAccount>> AccountsAsync(string email, CancellationToken cancellation) =>
        Open(await accounts.AccountsAsync(email, cancellation));

    private async Task<IReadOnlyList<LocalAccount>> CheckAsync(
        IReadOnlyList<LocalAccount> found, string password, HashingTurn turn, CancellationToken cancellation) =>
        Open(await accounts.CheckAsync(found, password, turn, cancellation));

    private IReadOnlyList<LocalAccount> Open(IReadOnlyList<LocalAccount> found) =>
        [.. found.Where(account => !demo.IsClosed(account.Caller.TenantId))];

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

    // In the log of each office whose account it is.
    private void Say(IEnumerable<LocalAccount> accounts)
    {
        foreach (var account in accounts) failed.Record(account.Caller, AccessStep.Password, Correlation.OfRequest());
    }

    // A new password makes strangers of all devices but the one that it was chosen on: a thief of the old one may have
    // made any number of them known.
    private KnownDevice? Fresh(HttpContext? context, LocalAccount account) =>
        devices.Find(context, account.Caller.TenantId, account.Caller.Actor.Id) is { } device
        && (account.PasswordChangedAt is not { } changed || device.Since >= changed)
            ? device
            : null;
}
