using Messaging.Projections.Storage;

namespace Messaging.Application.Commands;

/// <summary>
/// The sessions of commands' callers: after a session has ended, on any node, none of its commands is accepted.
/// </summary>
internal static class CallerSessions
{
    // Lateral, and not flattened, for the reason that CommandHandler.LoadAsync gives.
    private const string ThatLast =
        """
        cross join lateral (
            select from messaging.sessions
            where tenant_id = k.tenant and id = k.id and ended_at is null and expires_at > clock_timestamp() offset 0) s
        """;

    /// <summary>The sessions that last, of those named.</summary>
    /// <param name="keys">A source of rows: the tenants and the ids.</param>
    public static Sql Lasting(Sql keys) => Sql.Of($"from {keys} as k(tenant, id) {Sql.Raw(ThatLast)}");

    /// <summary>
    /// An expression that fails the statement unless all of them last. Not a <see cref="ConcurrencyConflict"/>, which
    /// says that another node writes to the same streams.
    /// </summary>
    /// <param name="tenants">An array.</param>
    /// <param name="ids">An array of as many.</param>
    public static string AllLast(string tenants, string ids) => RaiseFunction.Unless(
        $"(select count(*) from unnest({tenants}, {ids}) as k(tenant, id) {ThatLast}) = (select cardinality({ids}))",
        "MSG02", "A session has ended.");
}
