using System.ComponentModel;
using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.Auth;
using Messaging.Api.GraphQL.Accounts;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Organisation;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Api.Security;
using Messaging.Application.Accounts;
using Messaging.Application.Organisation;
using Messaging.Domain;

namespace Messaging.Api.GraphQL;

/// <content>Second factors: what is proved at sign-in besides the password.</content>
public sealed partial class Mutation
{
    /// <summary>Takes the second step of a sign-in.</summary>
    [Description(
        "Takes the second step of a sign-in: with a code of the person's app, one of their recovery codes, or what a "
            + "passkey answered. A code and a challenge work once; a challenge takes five answers. It must be the only "
            + "field of its mutation.")]
    [Allow(Access.Anyone)]
    public static async Task<CompleteSignInPayload> CompleteSignIn(
        IResolveFieldContext context, CompleteSignInInput input)
    {
        OnlyField(context);
        var inBrowser = input.Cookie ?? false;
        if (inBrowser) context.ByCookie();
        var answer = new FactorAnswer(input.Code, input.RecoveryCode, input.Passkey);
        if (new[] { answer.Code, answer.RecoveryCode, answer.Passkey }.Count(one => one is not null) != 1)
            return new CompleteSignInPayload(null, [UserError.Of(new OneFactorIsNeeded())]);
        var (proven, refusal) = await context.Service<SecondSteps>().CompleteAsync(
            context.Http(), input.Challenge, answer, context.CancellationToken);
        if (proven is null) return new CompleteSignInPayload(null, [UserError.Of(refusal!)]);
        if (proven.SecondFactor == ProvenFactor.RecoveryCode)
            context.Tell(SecurityEvent.SecondFactorChanged, proven.Caller, detail: "a recovery code was used");
        return await context.BeginSessionAsync(proven, inBrowser) is { } session
            ? new CompleteSignInPayload(session, [])
            : new CompleteSignInPayload(null, [UserError.Of(new AccountIsGone())]);
    }

    /// <summary>Begins to add an authenticator app.</summary>
    [Description(
        "Begins to add an authenticator app (TOTP, RFC 6238): the answer has its secret this once. It counts once "
            + "confirmAuthenticator was given a code of it, within 15 minutes. Needs the password, or a sign-in of the "
            + "last ten minutes, or the challenge of a sign-in that lacks a second factor. It must be the only field "
            + "of its mutation.")]
    [Allow(Access.Anyone)]
    public static async Task<BeginAuthenticatorPayload> BeginAuthenticator(
        IResolveFieldContext context, BeginAuthenticatorInput input)
    {
        OnlyField(context);
        var (who, refusal) = await context.WhoAddsAsync(input.Challenge, input.CurrentPassword);
        if (who is null) return new BeginAuthenticatorPayload(null, null, "", [UserError.Of(refusal!)]);
        var caller = who.Caller;
        var (office, address) = await context.LabelsOfAsync(caller);
        return await context.Service<SecondFactors>()
            .BeginAuthenticatorAsync(caller.TenantId, caller.Actor.Id, context.CancellationToken) is var (id, secret)
            ? new BeginAuthenticatorPayload(
                id, AuthenticatorCodes.Shown(secret), AuthenticatorCodes.UriOf(secret, office, address), [])
            : new BeginAuthenticatorPayload(null, null, "", [UserError.Of(new AccountIsGone())]);
    }

    /// <summary>Adds the authenticator app that was begun.</summary>
    [Description(
        "Adds the authenticator app that was begun, by a code of it. With the first factor come recovery codes, shown "
            + "this once, and what the viewer signed in with their password alone ends, but for this session. With the "
            + "challenge of a sign-in it signs in. It must be the only field of its mutation.")]
    [Allow(Access.Anyone)]
    public static async Task<AddSecondFactorPayload> ConfirmAuthenticator(
        IResolveFieldContext context, ConfirmAuthenticatorInput input)
    {
        OnlyField(context);
        var inBrowser = input.Challenge is not null && (input.Cookie ?? false);
        if (inBrowser) context.ByCookie();
        var (who, refusal) = await context.WhoConfirmsAsync(input.Challenge);
        if (who is null) return new AddSecondFactorPayload(null, [], [UserError.Of(refusal!)]);
        var (caller, id) = (who.Caller, Ids.Parse(input.Id));
        var step = await context.Service<SecondFactors>().StepOfPendingAsync(
            caller.TenantId, caller.Actor.Id, id, input.Code, context.CancellationToken);
        return step is null
            ? new AddSecondFactorPayload(null, [], [UserError.Of(new SecondFactorIsWrong("code"))])
            : await context.AddAsync(who, id, input.Name, step, null, inBrowser);
    }

    /// <summary>
    /// Removes a second factor of the viewer's; with the last one the recovery codes go. Needs the password, or a
    /// sign-in of the last ten minutes. It must be the only field of its mutation.
    /// </summary>
    [Allow(Access.SignedIn)]
    public static async Task<RemoveSecondFactorPayload> RemoveSecondFactor(
        IResolveFieldContext context, RemoveSecondFactorInput input)
    {
        OnlyField(context);
        var caller = context.Caller();
        if (await context.ConfirmAsync(caller, input.CurrentPassword) is { } refusal)
            return new RemoveSecondFactorPayload([UserError.Of(refusal)]);
        var errors = await context.ExecuteAsync(new RemoveSecondFactorCommand(caller, Ids.Parse(input.Id)));
        if (errors.Count == 0) context.Tell(SecurityEvent.SecondFactorChanged, caller, detail: "removed");
        return new RemoveSecondFactorPayload(errors);
    }

    /// <summary>
    /// Makes other recovery codes, shown this once; those of before work no more. Needs the password, or a sign-in of
    /// the last ten minutes. It must be the only field of its mutation.
    /// </summary>
    [Allow(Access.SignedIn)]
    public static async Task<CreateRecoveryCodesPayload> CreateRecoveryCodes(
        IResolveFieldContext context, CreateRecoveryCodesInput input)
    {
        OnlyField(context);
        var caller = context.Caller();
        if (await context.ConfirmAsync(caller, input.CurrentPassword) is { } refusal)
            return new CreateRecoveryCodesPayload([], [UserError.Of(refusal)]);
        var codes = RecoveryCodes.New();
        var errors = await context.ExecuteAsync(
            new MakeRecoveryCodesCommand(caller, [.. codes.Select(code => RecoveryCodes.HashOf(code)!)]));
        if (errors.Count > 0) return new CreateRecoveryCodesPayload([], errors);
        context.Tell(SecurityEvent.SecondFactorChanged, caller, detail: "recovery codes were made");
        return new CreateRecoveryCodesPayload(codes, []);
    }

    /// <summary>
    /// Takes the second factor of somebody away who has lost it: they sign in with their password, and are told by
    /// mail. Their sessions end. Owners do so for those of the office, administrators for contacts, nobody for
    /// themselves.
    /// </summary>
    [Allow(Access.Administrators)]
    public static async Task<ResetSecondFactorPayload> ResetSecondFactor(
        IResolveFieldContext context, ResetSecondFactorInput input)
    {
        var (caller, id) = (context.Caller(), Ids.Parse(input.Id));
        var errors = await context.ExecuteAsync(new ResetSecondFactorCommand(caller, id));
        if (errors.Count == 0)
        {
            context.Service<TokenGate>().Forget(caller.TenantId, id);
            context.Tell(SecurityEvent.SecondFactorReset, caller);
        }

        return new ResetSecondFactorPayload(id, errors);
    }

    /// <summary>
    /// Requires a second factor of administrators and auditors, or no longer does. Whoever has none from that instant
    /// on adds one at the next sign-in, before anything else; sessions that began with a password alone end then. API
    /// tokens and contacts are not asked. The owner who requires it has one.
    /// </summary>
    [Allow(Access.Owners)]
    public static async Task<RequireSecondFactorPayload> RequireSecondFactor(
        IResolveFieldContext context, RequireSecondFactorInput input)
    {
        var caller = context.Caller();
        var proof = await context.Service<Sessions>().ProofOfAsync(caller, context.CancellationToken);

        // Whoever comes without a session comes by another issuer's token, or by one of a version that had none.
        var isVouchedFor = proof.Factor == ProvenFactor.Issuer;
        TimeSpan? grace = input.IsRequired
            ? TimeSpan.FromDays(Math.Clamp(input.GraceDays ?? 0, -1, RequireSecondFactorCommand.GraceMaximum.Days + 1))
            : null;
        var errors = await context.ExecuteAsync(new RequireSecondFactorCommand(caller, grace, isVouchedFor));
        if (errors.Count == 0)
        {
            context.Tell(
                SecurityEvent.SecondFactorRequired, caller, detail: input.IsRequired ? "required" : "not required");
        }

        return new RequireSecondFactorPayload(errors);
    }
}

/// <summary>Somebody who adds a second factor: signed in, or by the challenge of their sign-in.</summary>
internal sealed record WhoAdds(Caller Caller, SignInChallenge? Challenge);

/// <summary>Steps that mutations on second factors share.</summary>
internal static class SecondFactorSteps
{
    /// <summary>Finds out who begins to add a second factor, and whether they may now.</summary>
    public static async Task<(WhoAdds? Who, Refusal? Refusal)> WhoAddsAsync(
        this IResolveFieldContext context, string? challenge, string? currentPassword)
    {
        var (who, refusal) = await context.WhoConfirmsAsync(challenge);
        if (who is not { Challenge: null }) return (who, refusal);
        return await context.ConfirmAsync(who.Caller, currentPassword) is { } wrong ? (null, wrong) : (who, null);
    }

    /// <summary>Finds out who confirms a second factor that was begun.</summary>
    /// <exception cref="RefusedException">Nobody is signed in, and there is no challenge.</exception>
    public static async Task<(WhoAdds? Who, Refusal? Refusal)> WhoConfirmsAsync(
        this IResolveFieldContext context, string? challenge)
    {
        if (challenge is null) return (new WhoAdds(context.Caller(), null), null);
        return await context.Service<SecondSteps>().FindToAddAsync(challenge, context.CancellationToken) is { } found
            ? (new WhoAdds(found.Proven.Caller, found), null)
            : (null, new ChallengeIsNotValid());
    }

    /// <summary>
    /// Asks a signed-in person for their password once more, unless they signed in lately, before an act that outlasts
    /// their session.
    /// </summary>
    public static async Task<Refusal?> ConfirmAsync(
        this IResolveFieldContext context, Caller caller, string? currentPassword)
    {
        if (currentPassword is not null)
        {
            return await context.Service<PasswordSignIn>()
                .ConfirmAsync(context.Http(), caller, currentPassword, context.CancellationToken);
        }

        var (_, isRecent) = await context.Service<Sessions>().ProofOfAsync(caller, context.CancellationToken);
        return isRecent ? null : new PasswordIsNeeded();
    }

    /// <summary>Adds a second factor that was shown to work, and signs in where it was added for that.</summary>
    public static async Task<AddSecondFactorPayload> AddAsync(
        this IResolveFieldContext context, WhoAdds who, Guid id, string? name, long? step, NewPasskey? passkey,
        bool inBrowser)
    {
        var codes = RecoveryCodes.New();
        var command = new AddSecondFactorCommand(
            who.Caller, id, name?.Trim() ?? "", step, passkey, [.. codes.Select(code => RecoveryCodes.HashOf(code)!)]);
        var (errors, _) = await context.DispatchAsync(command);
        if (errors.Count > 0) return new AddSecondFactorPayload(null, [], errors);
        var factor = passkey is null ? ProvenFactor.Authenticator : ProvenFactor.Passkey;
        context.Tell(SecurityEvent.SecondFactorChanged, who.Caller, detail: $"{factor} added");

        // What the viewer signed in elsewhere with their password alone has ended.
        context.Service<TokenGate>().Forget(who.Caller.TenantId, who.Caller.Actor.Id);
        var shown = await context.Service<SecondFactors>().HasCodeAsync(
            who.Caller.TenantId, who.Caller.Actor.Id, RecoveryCodes.HashOf(codes[0])!, context.CancellationToken)
            ? codes
            : [];
        if (who.Challenge is not { } challenge) return new AddSecondFactorPayload(null, shown, []);
        return await context.Service<SecondSteps>().CompleteByAddingAsync(
                context.Http(), challenge, factor, context.CancellationToken) is { } proven
            && await context.BeginSessionAsync(proven, inBrowser) is { } session
            ? new AddSecondFactorPayload(session, shown, [])
            : new AddSecondFactorPayload(null, shown, [UserError.Of(new ChallengeIsNotValid())]);
    }

    /// <summary>What an app shows beside the codes: the office and the address.</summary>
    public static async Task<(string Office, string Address)> LabelsOfAsync(
        this IResolveFieldContext context, Caller caller) =>
        await context.Service<SignIn>().LabelsOfAsync(caller.TenantId, caller.Actor.Id, context.CancellationToken);
}

/// <summary>None of three, or several.</summary>
internal sealed record OneFactorIsNeeded()
    : Refusal(RefusalKind.Invalid, "Give one of code, recoveryCode and passkey.");

/// <summary>They signed in some time ago.</summary>
internal sealed record PasswordIsNeeded()
    : Refusal(
        RefusalKind.Invalid, "You signed in some time ago: give your password again.", "currentPassword",
        RefusalReason.PasswordIsNeeded);

/// <summary>The second step of a sign-in; one of code, recoveryCode and passkey.</summary>
[Allow(Access.Anyone)]
public sealed class CompleteSignInInput
{
    /// <summary>The token of the challenge.</summary>
    [Limit(Characters = Invitations.TokenMaximum)]
    public string Challenge { get; set; } = "";

    /// <summary>The six digits that the person's app shows.</summary>
    [Limit(Characters = AuthenticatorCodes.Maximum)]
    public string? Code { get; set; }

    /// <summary>One of the person's recovery codes.</summary>
    [Limit(Characters = RecoveryCodes.Maximum)]
    public string? RecoveryCode { get; set; }

    /// <summary>What a passkey answered to <c>passkeyOptions</c>: <c>PublicKeyCredential.toJSON</c>, as text.</summary>
    [Limit(Characters = SecondFactors.AnswerMaximum)]
    public string? Passkey { get; set; }

    /// <summary>True for a session of this browser; see <c>SignInInput.cookie</c>.</summary>
    [DefaultValue(false)]
    public bool? Cookie { get; set; } = false;
}

/// <summary>Begins to add an authenticator app.</summary>
[Allow(Access.Anyone)]
public sealed class BeginAuthenticatorInput
{
    /// <summary>The token of a challenge whose person has no second factor; null for who is signed in.</summary>
    [Limit(Characters = Invitations.TokenMaximum)]
    public string? Challenge { get; set; }

    /// <summary>The viewer's password; not needed within ten minutes of a sign-in, nor with a challenge.</summary>
    [Limit(Characters = Passwords.Maximum)]
    public string? CurrentPassword { get; set; }
}

/// <summary>Adds the authenticator app that was begun.</summary>
[Allow(Access.Anyone)]
public sealed class ConfirmAuthenticatorInput
{
    /// <summary>The id that <c>beginAuthenticator</c> gave.</summary>
    [Id]
    public string Id { get; set; } = "";

    /// <summary>The six digits that the app shows.</summary>
    [Limit(Characters = AuthenticatorCodes.Maximum)]
    public string Code { get; set; } = "";

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

/// <summary>Removes a second factor.</summary>
[Allow(Access.SignedIn)]
public sealed class RemoveSecondFactorInput
{
    /// <summary>The id.</summary>
    [Id]
    public string Id { get; set; } = "";

    /// <summary>The viewer's password; not needed within ten minutes of a sign-in.</summary>
    [Limit(Characters = Passwords.Maximum)]
    public string? CurrentPassword { get; set; }
}

/// <summary>Makes other recovery codes.</summary>
[Allow(Access.SignedIn)]
public sealed class CreateRecoveryCodesInput
{
    /// <summary>The viewer's password; not needed within ten minutes of a sign-in.</summary>
    [Limit(Characters = Passwords.Maximum)]
    public string? CurrentPassword { get; set; }
}

/// <summary>Takes somebody's second factor away.</summary>
[Allow(Access.Administrators)]
public sealed class ResetSecondFactorInput
{
    /// <summary>Whose: an administrator's, an auditor's or a contact's.</summary>
    [Id]
    public string Id { get; set; } = "";
}

/// <summary>Requires a second factor, or no longer does.</summary>
[Allow(Access.Owners)]
public sealed class RequireSecondFactorInput
{
    /// <summary>True to require it, false to leave it to everybody.</summary>
    public bool IsRequired { get; set; }

    /// <summary>The number of days until it is required, 0 to 90.</summary>
    [DefaultValue(0)]
    public int? GraceDays { get; set; } = 0;
}

/// <summary>The answer to <c>completeSignIn</c>.</summary>
[Allow(Access.Anyone)]
public sealed class CompleteSignInPayload(SignedInSession? session, IReadOnlyList<UserError> errors)
    : SignedInPayload(session, errors);

/// <summary>The answer to <c>beginAuthenticator</c>.</summary>
[Allow(Access.Anyone)]
public sealed class BeginAuthenticatorPayload(Guid? id, string? secret, string uri, IReadOnlyList<UserError> errors)
{
    /// <summary>The id, for <c>confirmAuthenticator</c>.</summary>
    public Guid? Id { get; } = id;

    /// <summary>The secret, in Base32 (RFC 4648), to type into an app.</summary>
    public string? Secret { get; } = secret;

    /// <summary>The same as an <c>otpauth:</c> address, for a QR code.</summary>
    public string? Uri { get; } = secret is null ? null : uri;

    /// <summary>The reasons why it was not begun; empty after success.</summary>
    public IReadOnlyList<UserError> Errors { get; } = errors;
}

/// <summary>The answer to a mutation that adds a second factor.</summary>
[Allow(Access.Anyone)]
public sealed class AddSecondFactorPayload(
    SignedInSession? session, IReadOnlyList<string> codes, IReadOnlyList<UserError> errors)
    : SignedInPayload(session, errors)
{
    /// <summary>
    /// The recovery codes that came with it, shown this once: each stands in for a second factor, once. Empty when
    /// there are some already.
    /// </summary>
    public IReadOnlyList<string> RecoveryCodes { get; } = codes;
}

/// <summary>The answer to <c>removeSecondFactor</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class RemoveSecondFactorPayload(IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The viewer: the person who is signed in.</summary>
    public IDataLoaderResult<ViewerNode> Viewer(IResolveFieldContext context) => context.Viewer();
}

/// <summary>The answer to <c>createRecoveryCodes</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class CreateRecoveryCodesPayload(IReadOnlyList<string> codes, IReadOnlyList<UserError> errors)
    : Payload(errors)
{
    /// <summary>The codes, shown this once.</summary>
    public IReadOnlyList<string> RecoveryCodes { get; } = codes;

    /// <summary>The viewer: the person who is signed in.</summary>
    public IDataLoaderResult<ViewerNode> Viewer(IResolveFieldContext context) => context.Viewer();
}

/// <summary>The answer to <c>resetSecondFactor</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class ResetSecondFactorPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The person whose it was.</summary>
    public IDataLoaderResult<IParticipant?>? Person(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.PersonIfAny(id) : null;
}

/// <summary>The answer to <c>requireSecondFactor</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class RequireSecondFactorPayload(IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The organisation as it is now.</summary>
    public IDataLoaderResult<OrganisationNode>? Organisation(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.Organisation() : null;
}
