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
using Messaging.Application.History;
using Messaging.Domain;
using Messaging.Domain.History;

namespace Messaging.Api.GraphQL;

/// <content>Staying signed in, and signing out.</content>
public sealed partial class Mutation
{
    /// <summary>Goes on with the session of this browser's cookie.</summary>
    /// <param name="account">
    /// The account to go on with, of those that the browser has a session of; without it whoever signed in.
    /// </param>
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
    public static async Task<RefreshSessionPayload> RefreshSession(
        IResolveFieldContext context, AccountInput? account = null)
    {
        OnlyField(context);
        var http = context.ByCookie();
        var (tokens, sessions) = (context.Service<RefreshTokens>(), context.Service<Sessions>());
        var (tenant, person) = (account?.TenantId, account?.Person);
        var main = RefreshTokens.NameFor(http.Request);
        var cookies = tokens.Read(http.Request);
        if (account is not null)
        {
            var own = tokens.NameFor(http.Request, tenant!, person!.Value);
            cookies =
            [
                .. cookies
                    .Where(c => (c.Name == own || c.Name == main) && c.Token.TenantId == tenant)
                    .OrderBy(c => c.Name == main),
            ];
        }

        LiveSession? session = null;
        var name = main;
        foreach (var cookie in cookies)
        {
            var token = cookie.Token;
            var renewal = await sessions.RenewAsync(
                token.TenantId, person, token.Session, token.Generation, SessionPlaces.Of(http),
                context.CancellationToken);
            if (renewal.ReusedBy is { } owner)
            {
                context.Service<EndedSessions>().Ended([token.Session]);
                context.Tell(SecurityEvent.RefreshTokenReused, owner);
            }

            (session, name) = (renewal.Session, cookie.Name);
            if (session is not null) break;

            // The session of whoever signed in may be another account's than the one that is asked for.
            if (account is null || cookie.Name != main) RefreshTokens.Take(http, cookie.Name);
        }

        if (cookies.Count == 0 && account is null && Callers.Of(context.UserContext) is { SessionId: null } caller)
            session = await sessions.BeginOfTokenAsync(context, http, caller);
        if (session is null)
        {
            if (account is null) RefreshTokens.TakeAll(http);
            return new RefreshSessionPayload(null, [UserError.Of(new NoSession())]);
        }

        context.SignedIn(session.Caller);
        tokens.Give(http, session, name);
        return new RefreshSessionPayload(
            new SignedInSession(session, context.Service<AccessTokens>().Issue(session)), []);
    }

    /// <summary>Signs out.</summary>
    [Description(
        "Signs out: ends the session of the access token, and those of this browser's cookies, of whichever account. "
            + "Their tokens stop working: commands at once, what is open or "
        + "asked for within five seconds.")]
    [Allow(Access.Anyone)]
    public static async Task<SignOutPayload> SignOut(IResolveFieldContext context)
    {
        var sessions = context.Service<Sessions>();
        var ended = new List<Guid>();
        if (Callers.Of(context.UserContext) is { SessionId: { } own } caller
            && await sessions.EndAsync(caller.TenantId, own, context.CancellationToken))
        {
            ended.Add(own);
            context.Tell(SecurityEvent.SessionEnded, caller, detail: "signed out");
        }

        var http = context.Service<IHttpContextAccessor>().HttpContext!;
        if (RefreshTokens.MayUse(http) && context.Service<RefreshTokens>().Read(http.Request) is { Count: > 0 } cookies)
        {
            RefreshTokens.TakeAll(http);

            // Files that were shown stay in the browser's own cache otherwise (W3C Clear Site Data, 3.1).
            http.Response.Headers["Clear-Site-Data"] = "\"cache\"";
            ended.AddRange(await sessions.EndAllAsync(cookies, context.CancellationToken));
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
        if (!await context.Service<Sessions>().EndAsync(caller, id, context.CancellationToken))
            return new EndSessionPayload([UserError.Of(new SessionNotFound())]);
        context.Service<EndedSessions>().Ended([id]);
        context.Tell(SecurityEvent.SessionEnded, caller, detail: "ended by its person");
        return new EndSessionPayload([]);
    }

    /// <summary>
    /// Ends all sessions of the viewer's, with whichever of their accounts, but the one that asks and those of the same
    /// browser: signs out everywhere else.
    /// </summary>
    [Allow(Access.SignedIn)]
    public static async Task<EndOtherSessionsPayload> EndOtherSessions(IResolveFieldContext context)
    {
        var caller = context.Caller();
        var http = context.Service<IHttpContextAccessor>().HttpContext!;
        var here = RefreshTokens.MayUse(http) ? context.Service<RefreshTokens>().Read(http.Request) : [];
        if (here.All(cookie => cookie.Token.Session != caller.SessionId)) here = [];
        var ended = await context.Service<Sessions>().EndOthersAsync(
            caller, [.. here.Select(cookie => cookie.Token.Session), caller.SessionId ?? Guid.Empty],
            context.CancellationToken);
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
    /// Begins a session of whoever signs in, in this browser's cookie if asked to, where it takes the place of all that
    /// were there.
    /// </summary>
    /// <returns>Null when they are gone or have chosen another password meanwhile.</returns>
    /// <exception cref="RefusedException">There can be no cookie.</exception>
    public static async Task<SignedInSession?> BeginSessionAsync(
        this IResolveFieldContext context, Proven proven, bool inBrowser)
    {
        var request = inBrowser ? context.ByCookie().Request : null;
        var session = request is null
            ? await context.BeginSessionAsync(proven, null, [], null)
            : await context.BeginSessionAsync(
                proven, RefreshTokens.NameFor(request), context.Service<RefreshTokens>().Read(request), null);
        if (session is not null) await context.RecordSignInAsync(proven, session);
        return session;
    }

    /// <summary>Has the log of everything say that somebody signed in.</summary>
    public static Task RecordSignInAsync(this IResolveFieldContext context, Proven proven, SignedInSession session)
    {
        var caller = session.Session.Caller;
        var proof = proven.SecondFactor is not { } factor ? AccessProof.Password : factor switch
        {
            ProvenFactor.Authenticator => AccessProof.Authenticator,
            ProvenFactor.Passkey => AccessProof.Passkey,
            ProvenFactor.RecoveryCode => AccessProof.RecoveryCode,
            ProvenFactor.Issuer => AccessProof.Issuer,
        };
        return context.Service<AccessLog>().RecordAsync(
            caller, new SignedIn(AccessSubject.Of(caller.Actor), proof, caller.SessionId!.Value),
            Correlation.OfRequest());
    }

    /// <summary>Begins a session in a cookie, if there is one, where it takes the place of others.</summary>
    /// <param name="cookie">The cookie's name; null for a session of one token.</param>
    /// <param name="instead">The cookies whose sessions end.</param>
    /// <param name="endsAt">Its latest end, when that is earlier than the settings say.</param>
    /// <returns>Null when they are gone or have chosen another password meanwhile.</returns>
    public static async Task<SignedInSession?> BeginSessionAsync(
        this IResolveFieldContext context, Proven proven, string? cookie, IReadOnlyList<RefreshCookie> instead,
        DateTimeOffset? endsAt)
    {
        var http = context.Service<IHttpContextAccessor>().HttpContext!;
        var (sessions, tokens) = (context.Service<Sessions>(), context.Service<RefreshTokens>());
        if (
            await sessions.BeginAsync(
                proven, SessionPlaces.Of(http), inBrowser: cookie is not null, endsAt, context.CancellationToken)
            is not { } session
        )
            return null;
        foreach (var (name, _) in instead.Where(other => other.Name != cookie)) RefreshTokens.Take(http, name);
        if (cookie is not null) tokens.Give(http, session, cookie);
        context.Service<EndedSessions>().Ended([.. await sessions.EndAllAsync(instead, context.CancellationToken)]);
        context.SignedIn(session.Caller);
        return new SignedInSession(session, context.Service<AccessTokens>().Issue(session));
    }

    /// <summary>
    /// The cookie of this browser that has the caller's session, so that another one can take its place; null when none
    /// has.
    /// </summary>
    /// <exception cref="RefusedException">It is in a browser that cannot be given a cookie now.</exception>
    public static RefreshCookie? CookieOf(this IResolveFieldContext context, Caller caller)
    {
        var request = context.Service<IHttpContextAccessor>().HttpContext!.Request;
        var cookie = context.Service<RefreshTokens>().Read(request)
            .FirstOrDefault(c => c.Token.Session == caller.SessionId);
        if (cookie is not null) context.ByCookie();
        return cookie;
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

    /// <summary>Ends the sessions of refresh tokens.</summary>
    /// <returns>Those that had not ended.</returns>
    public static async Task<IReadOnlyList<Guid>> EndAllAsync(
        this Sessions sessions, IReadOnlyList<RefreshCookie> cookies, CancellationToken cancellation)
    {
        var ended = new List<Guid>();
        foreach (var (_, token) in cookies)
        {
            if (await sessions.EndAsync(token.TenantId, token.Session, cancellation)) ended.Add(token.Session);
        }

        return ended;
    }
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
public sealed class SessionNode(SessionRow row, Guid? current, AccountNode? account)
{
    /// <summary>The account of the viewer's that it is signed in to.</summary>
    public AccountNode? Account => account;

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
