using System.Diagnostics;
using Messaging.Api.GraphQL.Transport;
using Messaging.Api.Hosting;
using Messaging.Api.Security;
using Messaging.Application.Accounts;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Wolverine;
using Wolverine.Attributes;
using Wolverine.Runtime;
using Wolverine.Runtime.Handlers;

namespace Messaging.Api.Auth;

/// <summary>Somebody who is not signed in asked for a link to choose another password by.</summary>
/// <param name="Email">The address that they typed, at most <see cref="Text.EmailMaximum"/> characters.</param>
[MessageIdentity("Messaging.Api.Auth.PasswordResetRequested")]
[Stored("Messaging.Api.Auth.PasswordResetRequested")]
public sealed record PasswordResetRequested(string Email);

/// <summary>
/// Has links mailed to whoever forgot their password, and takes them. A request is only written down, whatever the
/// address: who has an account is looked up when it was answered, so that neither the answer nor its time tells.
/// </summary>
public sealed class PasswordResets(
    IWolverineRuntime runtime, ResetPassword passwords, AuthOptions options, SignInThrottle signIns,
    KnownDevices devices, DemoOrganisations demo, TokenGate gate, SecurityLog security, TimeProvider clock)
{
    /// <summary>
    /// Requests for one address in <see cref="Window"/>, on one node; of networks the multiples that
    /// <see cref="SignInThrottle.OfNetworks"/> has.
    /// </summary>
    public const int Requests = 5;

    /// <summary>In which requests are counted.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromHours(1);

    private readonly SignInThrottle _requests = new(
        options with { SignInAttempts = Requests, SignInWindow = Window }, clock);

    /// <summary>Asks for a link.</summary>
    /// <returns>The refusal, which says nothing of accounts; null when it was written down.</returns>
    /// <exception cref="RefusedException">Too many were asked for, for this address or from this network.</exception>
    public async Task<Refusal?> RequestAsync(HttpContext? context, string email)
    {
        if (EmailAddress.Check(email, "email") is { } invalid) return invalid;
        var network = Network.Of(context);
        var (attempt, tooMany) = _requests.Begin(email, network);
        if (tooMany is not null)
        {
            security.Record(SecurityEvent.PasswordResetLimited, network, account: email, detail: tooMany.What);
            throw RefusedException.RateLimited("Too many links were asked for.", tooMany.RetryAfter);
        }

        using (attempt)
        {
            // Each counts: there is none that succeeds.
            attempt!.Failed();
            security.Record(SecurityEvent.PasswordResetRequested, network, account: email);
            await new MessageBus(runtime).PublishAsync(new PasswordResetRequested(email));
        }

        return null;
    }

    /// <summary>
    /// Chooses another password by a link. Its token of 256 random bits cannot be guessed, so its owner waits for no
    /// stranger.
    /// </summary>
    /// <param name="endsApiTokens">True to end their API tokens, too.</param>
    /// <returns>The refusal; null when it was chosen.</returns>
    /// <exception cref="RefusedException">Too many attempts failed.</exception>
    public async Task<Refusal?> ResetAsync(
        HttpContext? context, string token, string password, bool endsApiTokens, CancellationToken cancellation)
    {
        var (began, network) = (Stopwatch.GetTimestamp(), Network.Of(context));
        if (Passwords.Check(password) is { } weak) return weak;
        if (await passwords.FindAsync(token, cancellation) is not { } person || demo.IsClosed(person.TenantId))
        {
            var (attempt, tooMany) = signIns.Begin(null, network);
            if (tooMany is not null)
            {
                security.Record(SecurityEvent.SignInLimited, network, detail: tooMany.What);
                throw RefusedException.RateLimited("Too many attempts failed.", tooMany.RetryAfter);
            }

            using (attempt) attempt!.Failed();
            security.Record(SecurityEvent.PasswordResetRefused, network);
            HeldAnswers.Hold(context, began);
            return new PasswordResetIsNotValid();
        }

        var (proven, refusal) = await passwords.ResetAsync(person, token, password, endsApiTokens, cancellation);
        if (refusal is not null) return refusal;
        gate.Forget(person.TenantId, person.Actor.Id);
        security.Record(SecurityEvent.PasswordReset, network, person);
        if (proven is not null) devices.Remember(context, proven, null);
        return null;
    }
}

/// <summary>
/// Has the links mailed that were asked for. Written by hand, as
/// <see cref="Application.Notifications.SendEmailHandler"/>.
/// </summary>
/// <param name="asking">
/// Made when it is needed: Wolverine is given this handler while the executor, which needs Wolverine's store, is not
/// there yet.
/// </param>
/// <param name="demo">Says which organisations are closed.</param>
public sealed class PasswordResetHandler(Lazy<AskPasswordReset> asking, DemoOrganisations demo)
    : MessageHandler<PasswordResetRequested>
{
    /// <inheritdoc/>
    protected override Task HandleAsync(
        PasswordResetRequested message, MessageContext context, CancellationToken cancellation) =>
        asking.Value.AskAsync(message.Email, demo.IsClosed, cancellation);
}
