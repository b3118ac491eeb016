using System.Diagnostics;
using Messaging.Api.GraphQL.Transport;
using Messaging.Api.Hosting;
using Messaging.Api.Security;
using Messaging.Application.Accounts;
using Messaging.Domain;
using Messaging.Domain.Accounts;

namespace Messaging.Api.Auth;

/// <summary>
/// Proves who wants another address, and takes the links that confirm one. A token of 256 random bits cannot be
/// guessed, so its owner waits for no stranger; what is none counts for its network.
/// </summary>
public sealed class EmailChanges(
    ConfirmEmailChange changes, ChangePassword passwords, PasswordSignIn signIn, SignInThrottle signIns,
    DemoOrganisations demo, SecurityLog security)
{
    /// <summary>Asks a signed-in person for their password, before their address becomes another.</summary>
    /// <returns>The refusal; null when they have proved who they are.</returns>
    /// <exception cref="RefusedException">Too many attempts failed.</exception>
    public async Task<Refusal?> ConfirmAsync(
        HttpContext? context, Caller caller, string email, string password, CancellationToken cancellation)
    {
        if (EmailAddress.Check(email, "email") is { } invalid) return invalid;
        return await passwords.HasOneAsync(caller, cancellation)
            ? await signIn.ConfirmAsync(context, caller, password, cancellation)
            : new AccountHasNoPassword();
    }

    /// <summary>What a link confirms.</summary>
    /// <returns>Null when it confirms nothing.</returns>
    /// <exception cref="RefusedException">Too many attempts failed.</exception>
    public async Task<EmailChangeLink?> FindAsync(
        HttpContext? context, string token, CancellationToken cancellation)
    {
        var (began, network) = (Stopwatch.GetTimestamp(), Network.Of(context));
        if (await changes.FindAsync(token, cancellation) is { } link && !demo.IsClosed(link.Person.TenantId))
            return link;
        var (attempt, tooMany) = signIns.Begin(null, network);
        if (tooMany is not null)
        {
            security.Record(SecurityEvent.SignInLimited, network, detail: tooMany.What);
            throw RefusedException.RateLimited("Too many attempts failed.", tooMany.RetryAfter);
        }

        using (attempt) attempt!.Failed();
        security.Record(SecurityEvent.EmailChangeRefused, network);
        HeldAnswers.Hold(context, began);
        return null;
    }

    /// <summary>Makes the address that a link was mailed to its person's.</summary>
    /// <returns>What was confirmed, or the refusal.</returns>
    /// <exception cref="RefusedException">Too many attempts failed.</exception>
    public async Task<(EmailChangeLink? Link, Refusal? Refusal)> ConfirmAsync(
        HttpContext? context, string token, CancellationToken cancellation)
    {
        if (await FindAsync(context, token, cancellation) is not { } link) return (null, new EmailChangeIsNotValid());
        if (await changes.ConfirmAsync(link, token, cancellation) is { } refusal) return (null, refusal);
        security.Record(SecurityEvent.EmailChanged, Network.Of(context), link.Person);
        return (link, null);
    }
}

/// <summary>An account that another issuer vouches for has nothing that proves a wish of its person's here.</summary>
internal sealed record AccountHasNoPassword()
    : Refusal(
        RefusalKind.Conflict,
        "This account has no password: another issuer vouches for it. The office can change its address.",
        "currentPassword", RefusalReason.AccountHasNoPassword);
