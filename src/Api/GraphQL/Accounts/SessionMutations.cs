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

/// <content>Staying signed in, and signing out.</content>
public sealed partial class Mutation
{
    /// <summary>Goes on with the session of this browser's cookie.</summary>
    [Description(
        "Goes on with the session of this browser's cookie: gives another access token, and the cookie the next "
            + "refresh token. A refresh token works once; "
            + "for 60 seconds more it gives the same again, for another tab or an answer that was lost. One that "
                + "is used later ends its session, since somebody "
            + "else has it. Without a cookie, a token of a version without sessions becomes a session that ends "
                + "when the token would. Only by HTTP; it must be "
            + "the only field of its mutation."
    )]
    [Allow(Access.Anyone)]
    public static async Task<RefreshSessionPayload> RefreshSession(IResolveFieldContext context)
    {
        OnlyField(context);
        var http = context.ByCookie();
        var (tokens, sessions) = (context.Service<RefreshTokens>(), context.Service<Sessions>());
        LiveSession? session = null;
        if (tokens.Read(http.Request) is { } token)
        {
            var renewal = await sessions.RenewAsync(
                token.TenantId, token.Session, token.Generation, SessionPlaces.Of(http), context.CancellationToken);
            session = renewal.Session;
            if (renewal.ReusedBy is { } owner)
            {
                context.Service<EndedSessions>().Ended([token.Session]);
                context.Tell(SecurityEvent.RefreshTokenReused, owner);
            }
        }
        else if (Callers.Of(context.UserContext) is { SessionId: null } caller)
        {
            session = await sessions.BeginOfTokenAsync(context, http, caller);
        }

        if (session is null)
        {
            RefreshTokens.Take(http);
            return new RefreshSessionPayload(null, [UserError.Of(new NoSession())]);
        }

        context.SignedIn(session.Caller);
        tokens.Give(http, session);
        return new RefreshSessionPayload(
            new SignedInSession(session, context.Service<AccessTokens>().Issue(session)), []);
    }

    /// <summary>Signs out.</summary>
    [Description(
        "Signs out: ends the session of the access token, and that of this browser's cookie. Their tokens stop "
            + "working: commands at once, what is open or "
        + "asked for within five seconds.")]
    [Allow(Access.Anyone)]
    public static async Task<SignOutPayload> SignOut(IResolveFieldContext context)
    {
        var sessions = context.Service<Sessions>();
        var ended = new List<Guid>();
        if (Callers.Of(context.UserContext) is { SessionId: { } own } caller
            && await sessions.EndAsync(caller.TenantId, caller.Actor.Id, own, context.CancellationToken))
        {
            ended.Add(own);
            context.Tell(SecurityEvent.SessionEnded, caller, detail: "signed out");
        }

        var http = context.Service<IHttpContextAccessor>().HttpContext!;
        if (RefreshTokens.MayUse(http) && context.Service<RefreshTokens>().Read(http.Request) is { } token)
        {
            RefreshTokens.Take(http);

            // Files that were shown stay in the browser's own cache otherwise (W3C Clear Site Data, 3.1).
            http.Response.Headers["Clear-Site-Data"] = "\"cache\"";
            if (await sessions.EndAsync(token, context.CancellationToken)) ended.Add(token.Session);
        }

        context.Service<EndedSessions>().Ended(ended);
        return new SignOutPayload(ended.Count > 0 ? [] : [UserError.Of(new NoSession())]);
    }

    /// <summary>Ends a session of the viewer's, as on a device that was lost.</summary>
    [Allow(Access.SignedIn)]
    public static async Task<EndSessionPayload> EndSession(IResolveFieldContext context, EndSessionInput input)
    {
        var caller = context.Caller();
        var id = Ids.Parse(input.Id);
        if (
            !await context.Service<Sessions>().EndAsync(caller.TenantId, caller.Actor.Id, id, context.CancellationToken)
        )
            return new EndSessionPayload([UserError.Of(new SessionNotFound())]);
        context.Service<EndedSessions>().Ended([id]);
        context.Tell(SecurityEvent.SessionEnded, caller, detail: "ended by its person");
        return new EndSessionPayload([]);
    }

    /// <summary>Ends all sessions of the viewer's but the one that asks: signs out everywhere else.</summary>
    [Allow(Access.SignedIn)]
    public static async Task<EndOtherSessionsPayload> EndOtherSessions(IResolveFieldContext context)
    {
        var caller = context.Caller();
        var ended = await context.Service<Sessions>().EndOthersAsync(
            caller.TenantId, caller.Actor.Id, caller.SessionId ?? Guid.Empty, context.CancellationToken);
        context.Service<EndedSessions>().Ended([.. ended]);
        if (ended.Count > 0)
            context.Tell(SecurityEvent.SessionEnded, caller, detail: "all others ended by their person");
        return new EndOtherSessionsPayload(ended.Count, []);
    }
}

/// <summary>Begins sessions for whoever has proved who they are.</summary>
internal static class SessionsOfRequests
{
    /// <summary>
    /// Begins a session, in this browser's cookie if asked to, where it takes the place of the one that was there.
    /// </summary>
    /// <returns>Null when they are gone or have chosen another password meanwhile.</returns>
    /// <exception cref="RefusedException">There can be no cookie.</exception>
    public static async Task<SignedInSession?> BeginSessionAsync(
        this IResolveFieldContext context, Proven proven, bool inBrowser)
    {
        var http = inBrowser ? context.ByCookie() : context.Service<IHttpContextAccessor>().HttpContext!;
        var (sessions, tokens) = (context.Service<Sessions>(), context.Service<RefreshTokens>());
        var before = inBrowser ? tokens.Read(http.Request) : null;
        if (
            await sessions.BeginAsync(proven, SessionPlaces.Of(http), inBrowser, null, context.CancellationToken)
            is not { } session
        )
            return null;
        if (inBrowser)
            tokens.Give(http, session);
        if (before is not null && await sessions.EndAsync(before, context.CancellationToken))
            context.Service<EndedSessions>().Ended([before.Session]);
        context.SignedIn(session.Caller);
        return new SignedInSession(session, context.Service<AccessTokens>().Issue(session));
    }

    /// <summary>
    /// True when the caller's session is in this browser's cookie, so that another one can take its place.
    /// </summary>
    /// <exception cref="RefusedException">It is in a browser that cannot be given a cookie now.</exception>
    public static bool IsInBrowser(this IResolveFieldContext context, Caller caller)
    {
        var request = context.Service<IHttpContextAccessor>().HttpContext!.Request;
        var isInBrowser = caller.SessionId is { } id && context.Service<RefreshTokens>().Read(request)?.Session == id;
        if (isInBrowser) context.ByCookie();
        return isInBrowser;
    }

    /// <summary>The request, if its browser can be given a cookie and asks from a page of ours.</summary>
    /// <exception cref="RefusedException">It is not.</exception>
    public static HttpContext ByCookie(this IResolveFieldContext context)
    {
        var http = context.Service<IHttpContextAccessor>().HttpContext!;
        return RefreshTokens.MayUse(http)
            ? http
            : throw RefusedException.BadUserInput("A session in a cookie is for pages of this product, by HTTP.");
    }

    /// <summary>Begins a session in place of a token of a version without sessions.</summary>
    /// <returns>Null when the token is none of ours, or no longer good.</returns>
    // It ends when the token would: nobody who has one gets more by it.
    public static async Task<LiveSession?> BeginOfTokenAsync(
        this Sessions sessions, IResolveFieldContext context, HttpContext http, Caller caller)
    {
        var (token, _) = await context
            .Service<TokenGate>()
            .FindAsync(http.Request.Headers.Authorization, Network.Of(http), context.CancellationToken);
        if (token is not { IssuedAt: { } issued })
            return null;
        return
            await context
                .Service<SignIn>()
                .FindProvenAsync(caller.TenantId, caller.Actor.Id, issued, context.CancellationToken)
                is { } proven
            ? await sessions.BeginAsync(
                proven, SessionPlaces.Of(http), inBrowser: true, token.ExpiresAt, context.CancellationToken)
            : null;
    }

    /// <summary>Ends the session of a refresh token.</summary>
    public static Task<bool> EndAsync(this Sessions sessions, RefreshToken token, CancellationToken cancellation) =>
        sessions.EndAsync(token.TenantId, null, token.Session, cancellation);
}

/// <summary>A session that somebody is signed in with by this very request.</summary>
public sealed record SignedInSession(LiveSession Session, AccessToken Token);

/// <summary>Nobody is signed in by a session that could go on or be ended.</summary>
internal sealed record NoSession()
    : Refusal(RefusalKind.NotFound, "There is no session here, or it has ended; sign in.");

/// <summary>No session of the viewer's, or one that has ended.</summary>
internal sealed record SessionNotFound() : Refusal(RefusalKind.NotFound, "There is no such session of yours.", "id");

/// <summary>Ends a session of the viewer's.</summary>
[Allow(Access.SignedIn)]
public sealed class EndSessionInput
{
    /// <summary>The id.</summary>
    [Id]
    public string Id { get; set; } = "";
}

/// <summary>The answer to <c>refreshSession</c>.</summary>
[Allow(Access.Anyone)]
public sealed class RefreshSessionPayload(SignedInSession? session, IReadOnlyList<UserError> errors)
    : SignedInPayload(session, errors);

/// <summary>The answer to <c>signOut</c>.</summary>
[Allow(Access.Anyone)]
public sealed class SignOutPayload(IReadOnlyList<UserError> errors)
{
    /// <summary>The reasons why nobody was signed out; empty after success.</summary>
    public IReadOnlyList<UserError> Errors { get; } = errors;
}

/// <summary>The answer to <c>endSession</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class EndSessionPayload(IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The viewer: the person who is signed in.</summary>
    public IDataLoaderResult<ViewerNode> Viewer(IResolveFieldContext context) => context.Viewer();
}

/// <summary>The answer to <c>endOtherSessions</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class EndOtherSessionsPayload(int endedCount, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The number of sessions that were ended.</summary>
    public int EndedCount { get; } = endedCount;

    /// <summary>The viewer: the person who is signed in.</summary>
    public IDataLoaderResult<ViewerNode> Viewer(IResolveFieldContext context) => context.Viewer();
}

/// <summary>A session of the viewer's: somewhere that they are signed in.</summary>
[Name("Session")]
[Allow(Access.SignedIn)]
public sealed class SessionNode(SessionRow row, Guid? current)
{
    /// <summary>The id, a UUID.</summary>
    public Guid Id => row.Id;

    /// <summary>The instant of sign-in.</summary>
    public DateTimeOffset StartedAt => row.StartedAt;

    /// <summary>The instant of the latest use, to within five minutes.</summary>
    public DateTimeOffset LastUsedAt => row.LastUsedAt;

    /// <summary>The instant at which it ends unless a browser uses it before.</summary>
    public DateTimeOffset ExpiresAt => row.ExpiresAt;

    /// <summary>True for a browser's session, which is renewed; other sessions have one token.</summary>
    public bool InBrowser => row.InBrowser;

    /// <summary>
    /// The program's own name, such as <c>Firefox, Windows</c>; at most 60 characters, empty when unknown.
    /// </summary>
    public string Device => row.Device;

    /// <summary>The network that it was used from last: the /24 of an IPv4 address, the /64 of an IPv6 one.</summary>
    public string Network => row.Network;

    /// <summary>True for the session of this request.</summary>
    public bool IsCurrent => row.Id == current;
}
