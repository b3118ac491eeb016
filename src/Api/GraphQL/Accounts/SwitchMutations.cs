using System.ComponentModel;
using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.Auth;
using Messaging.Api.GraphQL.Accounts;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Api.Hosting;
using Messaging.Api.Security;
using Messaging.Application.Accounts;
using Messaging.Domain;

namespace Messaging.Api.GraphQL;

/// <content>One person with several accounts.</content>
public sealed partial class Mutation
{
    /// <summary>Goes on with another account of the viewer's.</summary>
    [Description(
        "Goes on with another account of the viewer's, of those that they sign in to with the same password: begins a "
            + "session of it, which ends no later than the one that asks. That one goes on. It must be the only field "
            + "of its mutation.")]
    [Allow(Access.SignedIn)]
    public static async Task<SwitchAccountPayload> SwitchAccount(
        IResolveFieldContext context, SwitchAccountInput input)
    {
        OnlyField(context);
        var (caller, inBrowser) = (context.Caller(), input.Cookie ?? false);
        var http = inBrowser ? context.ByCookie() : context.Service<IHttpContextAccessor>().HttpContext!;
        var (tenant, person) = (Ids.Parse(input.OrganisationId).ToString(), Ids.Parse(input.PersonId));
        if (context.Service<DemoOrganisations>().IsClosed(tenant)
            || await context.Service<Identities>().FindAsync(caller, tenant, person, context.CancellationToken)
                is not { } found)
            return new SwitchAccountPayload(null, [UserError.Of(new AccountNotFound())]);

        // A token of another issuer, or of a version without sessions, is all that there is: nothing outlasts it.
        var (token, _) = caller.SessionId is null
            ? await context.Service<TokenGate>().FindAsync(
                http.Request.Headers.Authorization, Network.Of(http), context.CancellationToken)
            : default;
        var endsAt = found.EndsAt ?? token?.ExpiresAt;
        var tokens = context.Service<RefreshTokens>();
        var cookie = inBrowser ? tokens.NameFor(http.Request, tenant, person) : null;

        // What was proved besides the password counts for all accounts of an identity; what it lacks is asked for.
        var proof = await context.Service<Sessions>().ProofOfAsync(caller, context.CancellationToken);
        var factor = proof.Factor ?? (token is { IssuedAt: null } ? ProvenFactor.Issuer : null);
        var proven = found.Proven with { SecondFactor = factor };
        var challenge = await context.Service<SecondSteps>().BeginAsync(proven, context.CancellationToken);
        if (await context.ChallengeAsync(challenge) is { } asked)
            return new SwitchAccountPayload(null, [UserError.Of(SecondStepIsNeeded.Of(asked))], asked);
        var session = await context.BeginSessionAsync(
            proven, cookie, cookie is null ? [] : Surplus(tokens.Read(http.Request), cookie, caller), endsAt);
        if (session is null) return new SwitchAccountPayload(null, [UserError.Of(new AccountNotFound())]);
        context.Tell(SecurityEvent.AccountSwitched, session.Session.Caller);
        await context.RecordSignInAsync(proven, session);

        // Whoever then signs in to it there is on no new device.
        var devices = context.Service<KnownDevices>();
        if (devices.Find(http, caller.TenantId, caller.Actor.Id) is not null)
            devices.Remember(http, proven, devices.Find(http, tenant, person));
        return new SwitchAccountPayload(session, []);
    }

    /// <summary>Lets other accounts of the viewer's belong to the same sign-in.</summary>
    [Description(
        "Lets the accounts that an address and a password sign in to belong to the viewer's sign-in: one password, the "
            + "viewer's, opens all of them from then on, and they can be switched to. Other sessions of those accounts "
            + "end, and their owner is told by e-mail. It must be the only field of its mutation.")]
    [Allow(Access.SignedIn)]
    public static async Task<JoinAccountsPayload> JoinAccounts(IResolveFieldContext context, JoinAccountsInput input)
    {
        OnlyField(context);
        var refusal = await context.Service<PasswordSignIn>().JoinAsync(
            context.Http(), context.Caller(), input.Email, input.Password, context.CancellationToken);
        return new JoinAccountsPayload(refusal is null ? [] : [UserError.Of(refusal)]);
    }

    // The cookies whose sessions give way to one more: the account's own, and so many that the others are few enough.
    private static IReadOnlyList<RefreshCookie> Surplus(
        IReadOnlyList<RefreshCookie> cookies, string cookie, Caller caller)
    {
        var others = cookies
            .Where(c => c.Name != cookie && c.Name.Contains('.', StringComparison.Ordinal)
                && c.Token.Session != caller.SessionId)
            .ToList();
        return
        [
            .. cookies.Where(c => c.Name == cookie),
            .. others.Take(Math.Max(0, others.Count + 2 - RefreshTokens.MostSwitchedTo)),
        ];
    }
}

/// <summary>No account that the viewer may go on with.</summary>
internal sealed record AccountNotFound() : Refusal(RefusalKind.NotFound, "There is no such account of yours.");

/// <summary>An account: a person of an organisation.</summary>
[Allow(Access.Anyone)]
public sealed class AccountInput
{
    /// <summary>The organisation.</summary>
    [Id]
    public string OrganisationId { get; set; } = "";

    /// <summary>The administrator or the contact.</summary>
    [Id]
    public string PersonId { get; set; } = "";

    internal string TenantId => Ids.Parse(OrganisationId).ToString();

    internal Guid Person => Ids.Parse(PersonId);
}

/// <summary>Goes on with another account.</summary>
[Allow(Access.SignedIn)]
public sealed class SwitchAccountInput
{
    /// <summary>The organisation of the account.</summary>
    [Id]
    public string OrganisationId { get; set; } = "";

    /// <summary>The person of the account: the administrator or the contact.</summary>
    [Id]
    public string PersonId { get; set; } = "";

    /// <summary>True for a session of this browser; see <c>SignInInput.cookie</c>.</summary>
    [DefaultValue(false)]
    public bool? Cookie { get; set; } = false;
}

/// <summary>An address and a password that the viewer signs in with elsewhere.</summary>
[Allow(Access.SignedIn)]
public sealed class JoinAccountsInput
{
    /// <summary>The address of the other accounts.</summary>
    [Limit(Characters = Text.EmailMaximum)]
    public string Email { get; set; } = "";

    /// <summary>Their password.</summary>
    [Limit(Characters = Passwords.Maximum)]
    public string Password { get; set; } = "";
}

/// <summary>The answer to <c>switchAccount</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class SwitchAccountPayload(
    SignedInSession? session, IReadOnlyList<UserError> errors, SignInChallengeNode? challenge = null)
    : SignedInPayload(session, errors)
{
    /// <summary>
    /// The second step, where the account asks for one that the session has not proved: then the switch goes on with
    /// <c>completeSignIn</c>, as a sign-in does.
    /// </summary>
    public SignInChallengeNode? Challenge { get; } = challenge;
}

/// <summary>The answer to <c>joinAccounts</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class JoinAccountsPayload(IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The viewer: the person who is signed in.</summary>
    public IDataLoaderResult<ViewerNode> Viewer(IResolveFieldContext context) => context.Viewer();
}

/// <summary>An account of somebody who may have several: a person of an organisation.</summary>
[Name("Account")]
[Allow(Access.Anyone)]
public sealed class AccountNode(AccountRow row, Caller? caller)
{
    /// <summary>The organisation, a UUID.</summary>
    public Guid OrganisationId => Guid.Parse(row.TenantId);

    /// <summary>The organisation's name.</summary>
    public string OrganisationName => row.OrganisationName;

    /// <summary>A UUID: that of the administrator or the contact.</summary>
    public Guid PersonId => row.PersonId;

    /// <summary>The name that others see there.</summary>
    public string DisplayName => row.DisplayName;

    /// <summary>The role there, which says what they may do.</summary>
    public Role Role => row.Caller.Actor.Role;

    /// <summary>True for an owner of the organisation.</summary>
    public bool IsOwner => row.Caller.Actor is Actor.Administrator { IsOwner: true };

    /// <summary>The customer that they write for, a UUID; null for those of the office.</summary>
    public Guid? CustomerId => row.CustomerId;

    /// <summary>The customer's name; null for those of the office.</summary>
    public string? CustomerName => row.CustomerName;

    /// <summary>True for the account that this request is made with.</summary>
    public bool IsCurrent => caller is not null && caller.TenantId == row.TenantId && caller.Actor.Id == row.PersonId;
}
