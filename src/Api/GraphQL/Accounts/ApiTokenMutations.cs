using System.ComponentModel;
using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.Auth;
using Messaging.Api.GraphQL.Accounts;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Api.Security;
using Messaging.Application.Accounts;
using Messaging.Domain;

namespace Messaging.Api.GraphQL;

/// <content>API tokens: by which scripts come without signing in.</content>
public sealed partial class Mutation
{
    /// <summary>Creates an API token.</summary>
    [Description(
        "Creates an API token: a script sends it as 'Authorization: Bearer …' and acts as the viewer, or as a "
            + "service account of the office, without signing in. The "
        + "answer has it this once; only its hash is kept. It must be the only field of its mutation.")]
    [Allow(Access.SignedIn)]
    public static async Task<CreateApiTokenPayload> CreateApiToken(
        IResolveFieldContext context, CreateApiTokenInput input)
    {
        OnlyField(context);
        var caller = context.Caller();
        if (Ids.Choose(input.Id) is not { } id)
            return new CreateApiTokenPayload(null, null, [UserError.Of(new IdIsIllFormed())]);
        if (
            await context
                .Service<PasswordSignIn>()
                .ConfirmAsync(context.Http(), caller, input.CurrentPassword, context.CancellationToken) is
            { } wrong
        )
            return new CreateApiTokenPayload(null, null, [UserError.Of(wrong)]);

        var tokens = context.Service<ApiTokens>();
        var person = Ids.ParseOptional(input.ServiceAccountId) ?? caller.Actor.Id;
        var secret = ApiTokenSecret.New();
        var command = new CreateApiTokenCommand(
            caller, id, person, input.Name, input.Scope ?? ApiTokenScope.Read, input.ExpiresAt, secret);
        var (errors, outcome) = await context.DispatchAsync(command);
        if (errors.Count > 0) return new CreateApiTokenPayload(null, null, errors);

        // None is there where the id is a session's, which nobody chooses by mistake.
        if (await tokens.FindRowAsync(caller.TenantId, id, context.CancellationToken) is not { } row)
            return new CreateApiTokenPayload(null, null, [UserError.Of(new Application.Commands.IdIsUsed())]);
        if (!outcome.IsRepeat)
            context.Tell(
                SecurityEvent.ApiTokenCreated, caller,
                detail: $"{command.Scope}{(person == caller.Actor.Id ? "" : ", of a service account")}");
        return new CreateApiTokenPayload(row, outcome.IsRepeat ? null : secret, []);
    }

    /// <summary>
    /// Ends an API token of the viewer's, or, for an owner, of a service account: for commands at once, for everything
    /// else within five seconds.
    /// </summary>
    [Allow(Access.SignedIn)]
    public static async Task<EndApiTokenPayload> EndApiToken(IResolveFieldContext context, EndApiTokenInput input)
    {
        var (caller, id) = (context.Caller(), Ids.Parse(input.Id));
        if (!await context.Service<ApiTokens>().EndAsync(caller, id, context.CancellationToken))
            return new EndApiTokenPayload([UserError.Of(new ApiTokenNotFound())]);
        context.Service<EndedSessions>().Ended([id]);
        context.Tell(SecurityEvent.ApiTokenEnded, caller);
        return new EndApiTokenPayload([]);
    }
}

/// <summary>Creates an API token.</summary>
[Allow(Access.SignedIn)]
public sealed class CreateApiTokenInput
{
    /// <summary>
    /// A UUID of the client's choice makes the mutation idempotent: the same id and content again creates no other, and
    /// shows no secret.
    /// </summary>
    [Id]
    public string? Id { get; set; }

    /// <summary>The purpose, to tell it from others: one line that is not empty.</summary>
    [Limit(Characters = ApiTokens.NameMaximum, AsData = true)]
    public string Name { get; set; } = "";

    /// <summary>The operations that it allows.</summary>
    [DefaultValue(ApiTokenScope.Read)]
    public ApiTokenScope? Scope { get; set; } = ApiTokenScope.Read;

    /// <summary>The instant of expiry, at most 366 days ahead.</summary>
    public DateTimeOffset ExpiresAt { get; set; }

    /// <summary>The viewer's password: a token lasts longer than their session.</summary>
    [Limit(Characters = Passwords.Maximum)]
    public string CurrentPassword { get; set; } = "";

    /// <summary>The service account whose it is; without it the viewer's own.</summary>
    [Id]
    [Allow(Access.Owners)]
    public string? ServiceAccountId { get; set; }
}

/// <summary>Ends an API token.</summary>
[Allow(Access.SignedIn)]
public sealed class EndApiTokenInput
{
    /// <summary>The id.</summary>
    [Id]
    public string Id { get; set; } = "";
}

/// <summary>The answer to <c>createApiToken</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class CreateApiTokenPayload(ApiTokenRow? token, string? secret, IReadOnlyList<UserError> errors)
    : Payload(errors)
{
    /// <summary>The token that was created.</summary>
    public ApiTokenNode? ApiToken { get; } = token is null ? null : new ApiTokenNode(token);

    /// <summary>
    /// The token itself, to send as <c>Authorization: Bearer …</c>; null where it had been created before by the same
    /// id, since it is shown once.
    /// </summary>
    public string? Secret { get; } = secret;
}

/// <summary>The answer to <c>endApiToken</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class EndApiTokenPayload(IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The viewer: the person who is signed in.</summary>
    public IDataLoaderResult<ViewerNode> Viewer(IResolveFieldContext context) => context.Viewer();
}

/// <summary>A token by which a script comes without signing in.</summary>
[Name("ApiToken")]
[Allow(Access.SignedIn)]
public sealed class ApiTokenNode(ApiTokenRow row)
{
    /// <summary>The id, a UUID.</summary>
    public Guid Id => row.Id;

    /// <summary>The purpose, as its creator described it.</summary>
    public string Name => row.Name;

    /// <summary>The operations that it allows.</summary>
    public ApiTokenScope Scope => row.Scope;

    /// <summary>The first and last characters, to recognise it by: <c>msg_4fKx…9aZw</c>.</summary>
    public string Preview => row.Preview;

    /// <summary>The creator, its person or an owner of the office; null when the account is gone.</summary>
    public IDataLoaderResult<IParticipant?> CreatedBy(IResolveFieldContext context) =>
        context.PersonIfAny(row.CreatedBy);

    /// <summary>The instant of creation.</summary>
    public DateTimeOffset CreatedAt => row.CreatedAt;

    /// <summary>The instant at which it stops working, or stopped.</summary>
    public DateTimeOffset ExpiresAt => row.ExpiresAt;

    /// <summary>The instant of the latest use, to within five minutes; null when never used.</summary>
    public DateTimeOffset? LastUsedAt => row.LastUsedAt;

    /// <summary>
    /// The network that it was used from then: the /24 of an IPv4 address, the /64 of an IPv6 one; null when it never
    /// was.
    /// </summary>
    public string? Network => row.Network;
}

/// <summary>API tokens, fetched in batches.</summary>
internal static class ApiTokenLoads
{
    public static IDataLoaderResult<IEnumerable<ApiTokenNode>> ApiTokensOf(
        this IResolveFieldContext context, Guid person) =>
        BatchLoaders
            .Of(context)
            .For<Guid, IReadOnlyList<ApiTokenRow>>("API tokens", async (ids, cancellation) =>
            {
                var found = await context.Service<ApiTokens>().ListAsync(context.Caller().TenantId, ids, cancellation);
                return ids.Distinct().ToDictionary(id => id, id => (IReadOnlyList<ApiTokenRow>)[.. found[id]]);
            })
            .LoadAsync(person, []).Then(rows => rows.Select(row => new ApiTokenNode(row)));
}
