namespace Messaging.Application.Commands;

/// <summary>
/// The sessions of commands' callers: after a session has ended, on any node, none of its commands is accepted.
/// </summary>
internal static class CallerSessions
{
    /// <summary>The sessions that last, of those named.</summary>
    /// <param name="keys">Arguments of <c>unnest</c>: the tenants and the ids.</param>
    // Lateral, and not flattened, for the reason that CommandHandler.LoadAsync gives.
    public static string Lasting(string keys) =>
        $"""
        from unnest({keys}) as k(tenant, id)
        cross join lateral (
            select from messaging.sessions
            where tenant_id = k.tenant and id = k.id and ended_at is null and expires_at > clock_timestamp() offset 0) s
        """;

    /// <summary>
    /// An expression that fails the statement unless all of them last. Not a <see cref="ConcurrencyConflict"/>, which
    /// says that another node writes to the same streams.
    /// </summary>
    /// <param name="tenants">An array.</param>
    /// <param name="ids">An array of as many.</param>
    public static string AllLast(string tenants, string ids) => RaiseFunction.Unless(
        $"(select count(*) {Lasting($"{tenants}, {ids}")}) = (select cardinality({ids}))", "MSG02",
        "A session has ended.");
}
