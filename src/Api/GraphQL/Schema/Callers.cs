using GraphQL;
using Messaging.Api.GraphQL.Transport;
using Messaging.Api.Security;
using Messaging.Domain;

namespace Messaging.Api.GraphQL.Schema;

/// <summary>The caller, as established by the gate.</summary>
internal static class Callers
{
    private const string Key = "caller";

    /// <summary>The context that the gate hands to the resolvers.</summary>
    public static Dictionary<string, object?> ContextOf(Caller caller) => new() { [Key] = caller };

    /// <summary>Who asks.</summary>
    /// <exception cref="RefusedException">Nobody is signed in.</exception>
    public static Caller Caller(this IResolveFieldContext context) =>
        Of(context.UserContext) ?? throw RefusedException.Unauthenticated("Sign in first: this needs an access token.");

    /// <summary>Who asks; null when nobody is signed in.</summary>
    public static Caller? Of(IDictionary<string, object?> userContext) =>
        userContext.TryGetValue(Key, out var caller) ? caller as Caller : null;

    /// <summary>Makes the rest of the request that of the person who has just signed in by it.</summary>
    public static void SignedIn(this IResolveFieldContext context, Caller caller) => context.UserContext[Key] = caller;

    /// <summary>The HTTP request that it is asked by; that of the connection on a WebSocket.</summary>
    public static HttpContext? Http(this IResolveFieldContext context) =>
        context.Service<IHttpContextAccessor>().HttpContext;

    /// <summary>Tells of what concerns the doors of the product; see <see cref="SecurityLog.Record"/>.</summary>
    public static void Tell(
        this IResolveFieldContext context,
        SecurityEvent what,
        Caller? who = null,
        string? account = null,
        string? detail = null
    ) => context.Service<SecurityLog>().Record(what, Network.Of(context.Http()), who, account, detail);

    /// <summary>A service of the request.</summary>
    public static T Service<T>(this IResolveFieldContext context)
        where T : notnull =>
        context.RequestServices!.GetRequiredService<T>();
}
