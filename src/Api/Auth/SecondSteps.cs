using System.Diagnostics;
using Messaging.Api.GraphQL.Transport;
using Messaging.Api.Hosting;
using Messaging.Api.Security;
using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Application.History;
using Messaging.Domain;
using Messaging.Domain.History;

namespace Messaging.Api.Auth;

/// <summary>An answer to a challenge: one of these, the others are null.</summary>
/// <param name="Code">The code of an app.</param>
/// <param name="RecoveryCode">A recovery code.</param>
/// <param name="Passkey">What a passkey answered, in JSON.</param>
public sealed record FactorAnswer(string? Code, string? RecoveryCode, string? Passkey);

/// <summary>
/// The second step of a sign-in: whoever proved a password is asked for a second factor, where they have one or their
/// office requires one. Only who knows the password comes here, so that strangers keep nobody out. Wrong codes are
/// counted for the account and for the network; on a device that the account was used on before, for that alone.
/// Passkeys and recovery codes cannot be guessed and are not counted: whoever has one is let in, whatever a thief of
/// the password did.
/// </summary>
public sealed class SecondSteps(
    SecondFactors factors, SignInChallenges challenges, Passkeys passkeys, CommandExecutor executor,
    AuthOptions options, SignInThrottle signIns, KnownDevices devices, DemoOrganisations demo, SecurityLog security,
    FailedSignIns failed, TimeProvider clock)
{
    /// <summary>
    /// Wrong codes for one account in <see cref="Window"/>, on one node: guessing one of a million, of which three
    /// count at a time, takes years.
    /// </summary>
    public const int Codes = 10;

    /// <summary>In which wrong codes are counted.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromHours(1);

    private readonly SignInThrottle _codes = new(
        options with { SignInAttempts = Codes, SignInWindow = Window }, clock);

    /// <summary>Asks for the second step, if there is to be one.</summary>
    /// <returns>Null when none is asked for.</returns>
    public async Task<SignInChallenge?> BeginAsync(Proven proven, CancellationToken cancellation) =>
        await factors.IsAskedAsync(proven, cancellation)
            ? await challenges.BeginAsync(
                proven, await passkeys.AskAsync(proven.Caller, cancellation), cancellation)
            : null;

    /// <summary>The sign-in of a challenge, to add the second factor that it lacks.</summary>
    /// <returns>Null when it cannot go on, or the person has a second factor: then that is asked for.</returns>
    public async Task<SignInChallenge?> FindToAddAsync(string token, CancellationToken cancellation)
    {
        if (await FindAsync(token, cancellation) is not { } challenge) return null;
        var (tenant, person) = (challenge.Proven.Caller.TenantId, challenge.Proven.Caller.Actor.Id);
        return (await factors.StateAsync(tenant, person, cancellation)).Factors.Count == 0 ? challenge : null;
    }

    /// <summary>Takes the second step.</summary>
    /// <returns>The person, who may begin a session now, or the refusal.</returns>
    /// <exception cref="RefusedException">Too many codes were wrong.</exception>
    public async Task<(Proven? Proven, Refusal? Refusal)> CompleteAsync(
        HttpContext? context, string token, FactorAnswer answer, CancellationToken cancellation)
    {
        var began = Stopwatch.GetTimestamp();
        if (await FindAsync(token, cancellation) is not { } challenge)
        {
            HeldAnswers.Hold(context, began);
            return (null, new ChallengeIsNotValid());
        }

        var caller = challenge.Proven.Caller;
        using var attempt = answer.Code is null ? null : Begin(context, challenge.Proven);
        if (!await challenges.TryAsync(token, cancellation)) return (null, new ChallengeIsNotValid());
        var (factor, refusal) = await CheckAsync(challenge, answer, cancellation);
        if (factor is null)
        {
            attempt?.Failed();
            security.Record(SecurityEvent.SecondFactorRefused, Network.Of(context), caller);
            failed.Record(caller, AccessStep.SecondFactor, Correlation.OfRequest());
            HeldAnswers.Hold(context, began);
            return (null, refusal);
        }

        if (!await challenges.UseAsync(token, cancellation)) return (null, new ChallengeIsNotValid());
        return (Welcome(context, challenge.Proven with { SecondFactor = factor }), null);
    }

    /// <summary>Goes on with a sign-in by a second factor that was added just now.</summary>
    /// <returns>The person, who may begin a session now; null when the sign-in went on already.</returns>
    public async Task<Proven?> CompleteByAddingAsync(
        HttpContext? context, SignInChallenge challenge, ProvenFactor factor, CancellationToken cancellation) =>
        await challenges.UseAsync(challenge.Token, cancellation)
            ? Welcome(context, challenge.Proven with { SecondFactor = factor })
            : null;

    /// <summary>Signs in with a passkey in place of the password.</summary>
    /// <param name="tenantId">The organisation to sign in at; null when any will do.</param>
    /// <returns>The person, who may begin a session now; null when it is nobody's.</returns>
    /// <exception cref="RefusedException">Too many attempts failed.</exception>
    public async Task<Proven?> SignInByPasskeyAsync(
        HttpContext? context, string answer, string? tenantId, CancellationToken cancellation)
    {
        var (began, network) = (Stopwatch.GetTimestamp(), Network.Of(context));
        var (attempt, tooMany) = signIns.Begin(null, network);
        if (tooMany is not null)
        {
            security.Record(SecurityEvent.SignInLimited, network, detail: tooMany.What);
            throw RefusedException.RateLimited("Too many attempts to sign in failed.", tooMany.RetryAfter);
        }

        using (attempt)
        {
            var accounts = await passkeys.CheckAnybodyAsync(answer, cancellation) is { } passkey
                ? await factors.AccountsOfAsync(passkey.IdentityId, cancellation)
                : [];
            var proven = accounts.FirstOrDefault(account =>
                !demo.IsClosed(account.Caller.TenantId) && (tenantId is null || account.Caller.TenantId == tenantId));
            if (proven is not null)
                return Welcome(context, proven with { SecondFactor = ProvenFactor.Passkey });
            attempt!.Failed();
            security.Record(SecurityEvent.SignInRefused, network, detail: "a passkey");
            HeldAnswers.Hold(context, began);
            return null;
        }
    }

    /// <summary>Takes note of somebody who has proved all that is asked for.</summary>
    public Proven Welcome(HttpContext? context, Proven proven)
    {
        var network = Network.Of(context);
        security.Record(SecurityEvent.SignedIn, network, proven.Caller, detail: proven.SecondFactor?.ToString());
        var known = Fresh(context, proven);
        if (known is null) security.Record(SecurityEvent.NewDevice, network, proven.Caller);
        devices.Remember(context, proven, known);
        return proven;
    }

    private async Task<SignInChallenge?> FindAsync(string token, CancellationToken cancellation) =>
        await challenges.FindAsync(token, cancellation) is { } challenge
            && !demo.IsClosed(challenge.Proven.Caller.TenantId)
            ? challenge
            : null;

    private async Task<(ProvenFactor? Factor, Refusal? Refusal)> CheckAsync(
        SignInChallenge challenge, FactorAnswer answer, CancellationToken cancellation)
    {
        var caller = challenge.Proven.Caller;
        if (answer.Code is { } code)
        {
            return await factors.TakeCodeAsync(caller.TenantId, caller.Actor.Id, code, cancellation)
                ? (ProvenFactor.Authenticator, null)
                : (null, new SecondFactorIsWrong("code"));
        }

        if (answer.RecoveryCode is { } recovery)
        {
            if (RecoveryCodes.HashOf(recovery) is not { } hash) return (null, new SecondFactorIsWrong("recoveryCode"));
            var outcome = await executor.ExecuteAsync(new UseRecoveryCodeCommand(caller, hash), cancellation);
            return outcome.Refusal is { } refusal ? (null, refusal) : (ProvenFactor.RecoveryCode, null);
        }

        return challenge.Options is { } asked
            && await passkeys.CheckAsync(caller, asked, answer.Passkey!, cancellation)
            ? (ProvenFactor.Passkey, null)
            : (null, new SecondFactorIsWrong("passkey"));
    }

    private SignInThrottle.Attempt Begin(HttpContext? context, Proven proven)
    {
        var (person, network) = (proven.Caller.Actor.Id, Network.Of(context));
        var (attempt, tooMany) = Fresh(context, proven) is { } device
            ? _codes.BeginOn(device.Name)
            : _codes.Begin($"{proven.Caller.TenantId} {person}", network);
        if (attempt is not null) return attempt;
        security.Record(SecurityEvent.SignInLimited, network, proven.Caller, detail: $"codes, {tooMany!.What}");
        throw RefusedException.RateLimited("Too many codes were wrong.", tooMany!.RetryAfter);
    }

    // A new password makes strangers of all devices but the one that it was chosen on.
    private KnownDevice? Fresh(HttpContext? context, Proven proven) =>
        devices.Find(context, proven.Caller.TenantId, proven.Caller.Actor.Id) is { } device
        && (proven.PasswordSetAt is not { } changed || device.Since >= changed)
            ? device
            : null;
}

/// <summary>Unknown, used, expired, answered too often, or of somebody who has left: the same answer.</summary>
public sealed record ChallengeIsNotValid()
    : Refusal(RefusalKind.NotFound, "This sign-in has ended: begin again with the password.", "challenge");
