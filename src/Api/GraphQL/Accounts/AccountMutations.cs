using System.ComponentModel;
using GraphQL;
using GraphQL.DataLoader;
using GraphQLParser.AST;
using Messaging.Api.Auth;
using Messaging.Api.GraphQL.Accounts;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Application.Accounts;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Organisation;

namespace Messaging.Api.GraphQL;

/// <content>Signing in.</content>
public sealed partial class Mutation
{
    /// <summary>Signs in with a local account. It must be the only field of its mutation.</summary>
    [Allow(Access.Anyone)]
    public static async Task<SignInPayload> SignIn(IResolveFieldContext context, SignInInput input)
    {
        OnlyField(context);
        var inBrowser = input.Cookie ?? false;
        if (inBrowser) context.ByCookie();
        var which = new AccountChoice(
            Ids.ParseOptional(input.OrganisationId)?.ToString(), Ids.ParseOptional(input.PersonId),
            input.ChooseOrganisation ?? false, input.LastUsed ?? false);
        var (accounts, chosen, challenge) = await context
            .Service<PasswordSignIn>()
            .SignInAsync(context.Http(), input.Email, input.Password, which, context.CancellationToken);
        if (chosen is null && accounts.Count > 0)
            return new SignInPayload(null, accounts, [UserError.Of(new OrganisationIsNeeded())]);
        if (await context.ChallengeAsync(challenge) is { } asked)
            return new SignInPayload(null, accounts, [UserError.Of(SecondStepIsNeeded.Of(asked))], asked);
        return chosen is not null && await context.BeginSessionAsync(chosen.ToProven(), inBrowser) is { } session
            ? new SignInPayload(session, accounts, [])
            : new SignInPayload(null, [], [UserError.Of(new CredentialsAreWrong())]);
    }

    /// <summary>Takes an invitation up: chooses a password and signs in.</summary>
    [Description(
        "Takes an invitation up: chooses a password and signs in. With existingAccount and the password of an account "
            + "that the same address has already, at whichever organisation, both are one sign-in from then on, with "
            + "that one password. It must be the only field of its mutation.")]
    [Allow(Access.Anyone)]
    public static async Task<AcceptInvitationPayload> AcceptInvitation(
        IResolveFieldContext context, AcceptInvitationInput input)
    {
        OnlyField(context);
        var inBrowser = input.Cookie ?? false;
        if (inBrowser)
            context.ByCookie();
        var (proven, challenge, refusal) = await context
            .Service<PasswordSignIn>()
            .AcceptInvitationAsync(
                context.Http(), input.Token, input.Password, input.ExistingAccount ?? false, context.CancellationToken);
        if (await context.ChallengeAsync(challenge) is { } asked)
            return new AcceptInvitationPayload(null, [UserError.Of(SecondStepIsNeeded.Of(asked))], asked);
        return proven is not null && await context.BeginSessionAsync(proven, inBrowser) is { } session
            ? new AcceptInvitationPayload(session, [])
            : new AcceptInvitationPayload(null, [UserError.Of(refusal ?? new AccountIsGone())]);
    }

    /// <summary>Chooses another password and begins another session.</summary>
    [Description(
        "Chooses another password and begins another session: all the viewer's others end, and all tokens issued "
            + "before stop working, but for API tokens unless "
        + "endApiTokens says so. It must be the only field of its mutation.")]
    [Allow(Access.SignedIn)]
    public static async Task<ChangePasswordPayload> ChangePassword(
        IResolveFieldContext context, ChangePasswordInput input)
    {
        OnlyField(context);
        var caller = context.Caller();
        var cookie = context.CookieOf(caller);
        var proof = await context.Service<Sessions>().ProofOfAsync(caller, context.CancellationToken);
        var (proven, refusal) = await context
            .Service<PasswordSignIn>()
            .ChangePasswordAsync(
                context.Http(), caller, input.CurrentPassword, input.NewPassword, input.EndApiTokens ?? false,
                context.CancellationToken);
        if (refusal is not null)
            return new ChangePasswordPayload(null, [UserError.Of(refusal)]);
        context.Service<TokenGate>().Forget(caller.TenantId, caller.Actor.Id);
        return proven is not null
            && await context.BeginSessionAsync(
                proven with { SecondFactor = proof.Factor }, cookie?.Name, cookie is null ? [] : [cookie], null)
                is { } session
            ? new ChangePasswordPayload(session, [])
            : new ChangePasswordPayload(null, [UserError.Of(new AccountIsGone())]);
    }

    /// <summary>
    /// Changes what the viewer is called and the language they are written to in; what is not given stays.
    /// </summary>
    [Allow(Access.SignedIn)]
    public static async Task<UpdateProfilePayload> UpdateProfile(
        IResolveFieldContext context,
        UpdateProfileInput input
    ) => new(await context.ExecuteAsync(new UpdateProfileCommand(context.Caller(), input.DisplayName, input.Locale)));

    // The person who signs in is the caller from there on: no field beside it may run as somebody else, and nobody
    // tries ten passwords at once.
    private static void OnlyField(IResolveFieldContext context)
    {
        if (context.Operation.SelectionSet.Selections is not [GraphQLField])
            throw RefusedException.BadUserInput(
                $"{context.FieldDefinition.Name} must be the only field of its mutation.");
    }
}

/// <summary>No such account, or another password: the same answer.</summary>
internal sealed record CredentialsAreWrong()
    : Refusal(RefusalKind.Invalid, "The e-mail address or the password is wrong.");

/// <summary>The password is right at several organisations, and the client asked to choose.</summary>
internal sealed record OrganisationIsNeeded()
    : Refusal(
        RefusalKind.Conflict,
        "There are accounts at several organisations with this password: sign in with organisationId.",
        "organisationId", RefusalReason.OrganisationIsNeeded);

/// <summary>The password is right, and there is a second step.</summary>
/// <param name="What">What there is to do.</param>
/// <param name="Why">The same, for programs.</param>
internal sealed record SecondStepIsNeeded(string What, RefusalReason Why)
    : Refusal(RefusalKind.Conflict, What, null, Why)
{
    /// <summary>As what a challenge asks for.</summary>
    public static SecondStepIsNeeded Of(SignInChallengeNode challenge) =>
        challenge.Kinds.Count > 0
            ? new("A second factor is asked for: go on with completeSignIn.", RefusalReason.SecondFactorIsNeeded)
            : new(
                "The office requires a second factor: add one with the challenge.",
                RefusalReason.SecondFactorIsMissing);
}

/// <summary>Deactivated between joining and signing in.</summary>
internal sealed record AccountIsGone() : Refusal(RefusalKind.Forbidden, "Your access has ended.");

/// <summary>An address and a password.</summary>
[Allow(Access.Anyone)]
public sealed class SignInInput
{
    /// <summary>The address the invitation went to.</summary>
    [Limit(Characters = Text.EmailMaximum)]
    public string Email { get; set; } = "";

    /// <summary>The password chosen then.</summary>
    [Limit(Characters = Passwords.Maximum)]
    public string Password { get; set; } = "";

    /// <summary>True for a session of this browser.</summary>
    [Description(
        "True for a session of this browser: the access token then works for some minutes, and refreshSession gives "
            + "the next one by a cookie that no script can read. Only by HTTP. By default false: then the access "
            + "token is all there is.")]
    [DefaultValue(false)]
    public bool? Cookie { get; set; } = false;

    /// <summary>At which organisation, where the address has accounts at several.</summary>
    [Description(
        "At which organisation, where the address has accounts at several; without it at the one where the "
            + "oldest account with this password is."
    )]
    [Id]
    public string? OrganisationId { get; set; }

    /// <summary>
    /// As which person, where the address has several accounts at one organisation: for several customers, say. A UUID
    /// of <c>SignInPayload.accounts</c>.
    /// </summary>
    [Id]
    public string? PersonId { get; set; }

    /// <summary>True to sign in where the person was last, of the accounts that are one sign-in.</summary>
    [Description(
        "True to sign in where the person was last, of all accounts that are one sign-in, and to go on from there by "
            + "switchAccount. With chooseOrganisation nobody is signed in yet only where the password is "
            + "that of several "
            + "sign-ins. False unless told.")]
    [DefaultValue(false)]
    public bool? LastUsed { get; set; } = false;

    /// <summary>True to choose the organisation when there are several.</summary>
    [Description(
        "True to sign nobody in yet where the password is that of accounts at several organisations: "
            + "the answer then has the reason "
        + "ORGANISATION_IS_NEEDED and says which they are, to sign in again with organisationId. False unless told.")]
    [DefaultValue(false)]
    public bool? ChooseOrganisation { get; set; } = false;
}

/// <summary>Takes an invitation up.</summary>
[Allow(Access.Anyone)]
public sealed class AcceptInvitationInput
{
    /// <summary>The token of the link in the e-mail.</summary>
    [Limit(Characters = Invitations.TokenMaximum)]
    public string Token { get; set; } = "";

    /// <summary>At least 8 characters.</summary>
    [Limit(Characters = Passwords.Maximum, AsData = true)]
    public string Password { get; set; } = "";

    /// <summary>True for a session of this browser; see <c>SignInInput.cookie</c>.</summary>
    [DefaultValue(false)]
    public bool? Cookie { get; set; } = false;

    /// <summary>
    /// True when the password is that of an account which the address has already, and both shall be one sign-in: then
    /// no other is taken. False unless told: the password is chosen, for a sign-in of its own.
    /// </summary>
    [DefaultValue(false)]
    public bool? ExistingAccount { get; set; } = false;
}

/// <summary>Chooses another password.</summary>
[Allow(Access.SignedIn)]
public sealed class ChangePasswordInput
{
    /// <summary>The one they have.</summary>
    [Limit(Characters = Passwords.Maximum)]
    public string CurrentPassword { get; set; } = "";

    /// <summary>At least 8 characters.</summary>
    [Limit(Characters = Passwords.Maximum, AsData = true)]
    public string NewPassword { get; set; } = "";

    /// <summary>True to end the viewer's API tokens, too; false by default, so that scripts go on.</summary>
    [DefaultValue(false)]
    public bool? EndApiTokens { get; set; } = false;
}

/// <summary>Changes the viewer's profile; what is not given stays.</summary>
[Allow(Access.SignedIn)]
public sealed class UpdateProfileInput
{
    /// <summary>One line that is not empty.</summary>
    [Limit(Characters = Profile.DisplayNameMaximum, AsData = true)]
    public string? DisplayName { get; set; }

    /// <summary><c>de</c> or <c>en</c>.</summary>
    [Limit(Characters = OrganisationDecider.LocaleMaximum, AsData = true)]
    public string? Locale { get; set; }
}

/// <summary>The answer to <c>updateProfile</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class UpdateProfilePayload(IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The viewer: the person who is signed in.</summary>
    public IDataLoaderResult<ViewerNode> Viewer(IResolveFieldContext context) => context.Viewer();
}

/// <summary>The answer to a mutation that signs in.</summary>
[Allow(Access.Anyone)]
public abstract class SignedInPayload(SignedInSession? session, IReadOnlyList<UserError> errors)
{
    /// <summary>The token to send as <c>Authorization: Bearer …</c> with every request.</summary>
    public string? AccessToken => session?.Token.Value;

    /// <summary>The instant at which the token stops working.</summary>
    public DateTimeOffset? ExpiresAt => session?.Token.ExpiresAt;

    /// <summary>The session that has begun, or goes on; a UUID.</summary>
    public Guid? SessionId => session?.Session.Caller.SessionId;

    /// <summary>The instant at which the session ends unless a browser renews it before.</summary>
    public DateTimeOffset? SessionExpiresAt => session?.Session.ExpiresAt;

    /// <summary>The key with which a browser encrypts what it keeps for the viewer.</summary>
    [Description(
        "The key with which a browser encrypts what it keeps for the viewer, 256 bits in Base64: the same for the "
            + "same person as long as tokens are signed with the same key.")]
    public string? StorageKey(IResolveFieldContext context) =>
        session is null ? null : context.Service<RefreshTokens>().StorageKeyOf(session.Session.Caller);

    /// <summary>The viewer who is signed in now.</summary>
    public IDataLoaderResult<ViewerNode>? Viewer(IResolveFieldContext context) =>
        session is null ? null : context.Viewer();

    /// <summary>The reasons why nobody was signed in; empty after success.</summary>
    public IReadOnlyList<UserError> Errors { get; } = errors;

    private protected Caller? SignedIn => session?.Session.Caller;
}

/// <summary>The answer to <c>signIn</c>.</summary>
[Allow(Access.Anyone)]
public sealed class SignInPayload(
    SignedInSession? session, IReadOnlyList<LocalAccount> accounts,
    IReadOnlyList<UserError> errors, SignInChallengeNode? challenge = null) : SignedInPayload(session, errors)
{
    private Task<IReadOnlyList<AccountRow>>? _named;

    /// <summary>
    /// The second step, where one is asked for: then nobody is signed in yet, and the error's reason is
    /// SECOND_FACTOR_IS_NEEDED, or SECOND_FACTOR_IS_MISSING where one has to be added.
    /// </summary>
    public SignInChallengeNode? Challenge { get; } = challenge;

    /// <summary>
    /// The accounts that the address and the password sign in to, the oldest first: of several, <c>signIn</c> reaches
    /// each by its organisation and person. Empty when the password is wrong; at most 200.
    /// </summary>
    public async Task<IReadOnlyList<AccountNode>> Accounts(IResolveFieldContext context) =>
        [.. (await NamedAsync(context)).Select(row => new AccountNode(row, SignedIn))];

    /// <summary>The organisations where the address has an account with this password.</summary>
    [Description(
        "The organisations where the address has an account with this password, the oldest account first: of "
            + "several, signIn reaches each by its "
            + "organisationId. Empty when the password is wrong."
    )]
    public async Task<IReadOnlyList<SignInOrganisation>> Organisations(IResolveFieldContext context) =>
        [.. (await NamedAsync(context)).DistinctBy(row => row.TenantId).Select(row => new SignInOrganisation(row))];

    private Task<IReadOnlyList<AccountRow>> NamedAsync(IResolveFieldContext context) =>
        accounts.Count == 0
            ? Task.FromResult<IReadOnlyList<AccountRow>>([])
            : _named ??= context.Service<Identities>().NamedAsync(
                [.. accounts.Select(a => (a.Caller.TenantId, a.Caller.Actor.Id))], context.CancellationToken);
}

/// <summary>An organisation to sign in at.</summary>
[Allow(Access.Anyone)]
public sealed class SignInOrganisation(AccountRow account)
{
    /// <summary>A UUID, for <c>SignInInput.organisationId</c>.</summary>
    public Guid Id { get; } = Guid.Parse(account.TenantId);

    /// <summary>The name.</summary>
    public string Name { get; } = account.OrganisationName;
}

/// <summary>The answer to <c>acceptInvitation</c>.</summary>
[Allow(Access.Anyone)]
public sealed class AcceptInvitationPayload(
    SignedInSession? session, IReadOnlyList<UserError> errors, SignInChallengeNode? challenge = null)
    : SignedInPayload(session, errors)
{
    /// <summary>
    /// The second step, where one is asked for: the invitation was taken up, and nobody is signed in yet. See
    /// <c>SignInPayload.challenge</c>.
    /// </summary>
    public SignInChallengeNode? Challenge { get; } = challenge;
}

/// <summary>The answer to <c>changePassword</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class ChangePasswordPayload(SignedInSession? session, IReadOnlyList<UserError> errors)
    : SignedInPayload(session, errors);
