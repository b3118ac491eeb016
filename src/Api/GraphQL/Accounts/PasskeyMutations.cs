using System.ComponentModel;
using GraphQL;
using Messaging.Api.Auth;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Application.Accounts;
using Messaging.Domain;

namespace Messaging.Api.GraphQL;

/// <content>Passkeys: keys of devices and password managers.</content>
public sealed partial class Mutation
{
    /// <summary>Begins to add a passkey.</summary>
    [Description(
        "Begins to add a passkey (WebAuthn): the answer has what to ask the authenticator. It counts once "
            + "confirmPasskey was given the answer, within 15 minutes. Needs the password, or a sign-in of the last "
            + "ten minutes, or the challenge of a sign-in that lacks a second factor. CONFLICT where the product is "
            + "reached by no name, to which a passkey could be bound. It must be the only field of its mutation.")]
    [Allow(Access.Anyone)]
    public static async Task<BeginPasskeyPayload> BeginPasskey(IResolveFieldContext context, BeginPasskeyInput input)
    {
        OnlyField(context);
        var (who, refusal) = await context.WhoAddsAsync(input.Challenge, input.CurrentPassword);
        if (who is null) return new BeginPasskeyPayload(null, null, [UserError.Of(refusal!)]);
        var (_, address) = await context.LabelsOfAsync(who.Caller);
        return await context.Service<Passkeys>().BeginAsync(who.Caller, address, context.CancellationToken) is
            var (id, options)
            ? new BeginPasskeyPayload(id, options, [])
            : new BeginPasskeyPayload(null, null, [UserError.Of(new PasskeysNeedAName())]);
    }

    /// <summary>Adds the passkey that was begun.</summary>
    [Description(
        "Adds the passkey that was begun, by what its authenticator answered. With the first factor come recovery "
            + "codes, shown this once, and what the viewer signed in with their password alone ends, but for this "
            + "session. With the challenge of a sign-in it signs in. It must be the only field of its mutation.")]
    [Allow(Access.Anyone)]
    public static async Task<AddSecondFactorPayload> ConfirmPasskey(
        IResolveFieldContext context, ConfirmPasskeyInput input)
    {
        OnlyField(context);
        var inBrowser = input.Challenge is not null && (input.Cookie ?? false);
        if (inBrowser) context.ByCookie();
        var (who, refusal) = await context.WhoConfirmsAsync(input.Challenge);
        if (who is null) return new AddSecondFactorPayload(null, [], [UserError.Of(refusal!)]);
        var id = Ids.Parse(input.Id);
        return await context.Service<Passkeys>().CheckNewAsync(
                who.Caller, id, input.Response, context.CancellationToken) is { } passkey
            ? await context.AddAsync(who, id, input.Name, null, passkey, inBrowser)
            : new AddSecondFactorPayload(null, [], [UserError.Of(new SecondFactorIsWrong("response"))]);
    }

    /// <summary>What to ask a passkey that signs in without a password.</summary>
    [Description(
        "What to ask a passkey that signs in without a password: its owner unlocks it, which proves two factors at "
            + "once. The answer goes to signInWithPasskey within five minutes.")]
    [Allow(Access.Anyone)]
    public static BeginPasskeySignInPayload BeginPasskeySignIn(IResolveFieldContext context) =>
        context.Service<Passkeys>().AskAnybody() is { } options
            ? new BeginPasskeySignInPayload(options, [])
            : new BeginPasskeySignInPayload(null, [UserError.Of(new PasskeysNeedAName())]);

    /// <summary>Signs in with a passkey, without a password.</summary>
    [Description(
        "Signs in with a passkey, without a password, by what it answered to beginPasskeySignIn; an answer works once. "
            + "Without organisationId at the oldest account of its owner. It must be the only field of its mutation.")]
    [Allow(Access.Anyone)]
    public static async Task<SignInWithPasskeyPayload> SignInWithPasskey(
        IResolveFieldContext context, SignInWithPasskeyInput input)
    {
        OnlyField(context);
        var inBrowser = input.Cookie ?? false;
        if (inBrowser) context.ByCookie();
        var proven = await context.Service<SecondSteps>().SignInByPasskeyAsync(
            context.Http(), input.Response, Ids.ParseOptional(input.OrganisationId)?.ToString(),
            context.CancellationToken);
        return proven is not null && await context.BeginSessionAsync(proven, inBrowser) is { } session
            ? new SignInWithPasskeyPayload(session, [])
            : new SignInWithPasskeyPayload(null, [UserError.Of(new SecondFactorIsWrong("response"))]);
    }
}

/// <summary>The product is reached by an address only.</summary>
internal sealed record PasskeysNeedAName()
    : Refusal(
        RefusalKind.Conflict,
        "There are no passkeys here: the product is reached by an address, and passkeys are bound to a name.");

/// <summary>Begins to add a passkey.</summary>
[Allow(Access.Anyone)]
public sealed class BeginPasskeyInput
{
    /// <summary>The token of a challenge whose person has no second factor; null for who is signed in.</summary>
    [Limit(Characters = Invitations.TokenMaximum)]
    public string? Challenge { get; set; }

    /// <summary>The viewer's password; not needed within ten minutes of a sign-in, nor with a challenge.</summary>
    [Limit(Characters = Passwords.Maximum)]
    public string? CurrentPassword { get; set; }
}

/// <summary>Adds the passkey that was begun.</summary>
[Allow(Access.Anyone)]
public sealed class ConfirmPasskeyInput
{
    /// <summary>The id that <c>beginPasskey</c> gave.</summary>
    [Id]
    public string Id { get; set; } = "";

    /// <summary>What the authenticator answered: <c>PublicKeyCredential.toJSON</c>, as text.</summary>
    [Limit(Characters = SecondFactors.AnswerMaximum)]
    public string Response { get; set; } = "";

    /// <summary>A name to tell it from others: one line, or nothing.</summary>
    [Limit(Characters = SecondFactors.NameMaximum)]
    public string? Name { get; set; }

    /// <summary>The token of the challenge that it was begun with; null for who is signed in.</summary>
    [Limit(Characters = Invitations.TokenMaximum)]
    public string? Challenge { get; set; }

    /// <summary>With a challenge: true for a session of this browser; see <c>SignInInput.cookie</c>.</summary>
    [DefaultValue(false)]
    public bool? Cookie { get; set; } = false;
}

/// <summary>Signs in with a passkey.</summary>
[Allow(Access.Anyone)]
public sealed class SignInWithPasskeyInput
{
    /// <summary>What it answered: <c>PublicKeyCredential.toJSON</c>, as text.</summary>
    [Limit(Characters = SecondFactors.AnswerMaximum)]
    public string Response { get; set; } = "";

    /// <summary>True for a session of this browser; see <c>SignInInput.cookie</c>.</summary>
    [DefaultValue(false)]
    public bool? Cookie { get; set; } = false;

    /// <summary>At which organisation, where its owner has accounts at several.</summary>
    [Id]
    public string? OrganisationId { get; set; }
}

/// <summary>The answer to <c>beginPasskey</c>.</summary>
[Allow(Access.Anyone)]
public sealed class BeginPasskeyPayload(Guid? id, string? options, IReadOnlyList<UserError> errors)
{
    /// <summary>The id, for <c>confirmPasskey</c>.</summary>
    public Guid? Id { get; } = id;

    /// <summary>
    /// What to ask the authenticator, in JSON as <c>PublicKeyCredential.parseCreationOptionsFromJSON</c> takes it
    /// (WebAuthn Level 3, 5.1.9).
    /// </summary>
    public string? Options { get; } = options;

    /// <summary>The reasons why it was not begun; empty after success.</summary>
    public IReadOnlyList<UserError> Errors { get; } = errors;
}

/// <summary>The answer to <c>beginPasskeySignIn</c>.</summary>
[Allow(Access.Anyone)]
public sealed class BeginPasskeySignInPayload(string? options, IReadOnlyList<UserError> errors)
{
    /// <summary>
    /// What to ask, in JSON as <c>PublicKeyCredential.parseRequestOptionsFromJSON</c> takes it (WebAuthn Level 3,
    /// 5.1.10).
    /// </summary>
    public string? Options { get; } = options;

    /// <summary>The reasons why there is nothing to ask; empty after success.</summary>
    public IReadOnlyList<UserError> Errors { get; } = errors;
}

/// <summary>The answer to <c>signInWithPasskey</c>.</summary>
[Allow(Access.Anyone)]
public sealed class SignInWithPasskeyPayload(SignedInSession? session, IReadOnlyList<UserError> errors)
    : SignedInPayload(session, errors);
