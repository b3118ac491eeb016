using Messaging.Domain;
using Npgsql;

namespace Messaging.Projections.Storage;

/// <summary>
/// Keeps transactions that write to the read models, or decide by them, apart from a rebuild and from nodes of another
/// format. Each of their transactions holds an advisory lock that they share, and sees then whether the read models are
/// still whole and of this version's format; a rebuild holds the lock alone, from before its first change until it has
/// ended. So a rebuild reads all that was committed, and nobody writes beside it.
/// </summary>
/// <remarks>
/// Not a lock of the row with the format: all commits of all nodes would write to that one row. Nodes of a version that
/// knows no fence are told by <c>RunningNodes</c>.
/// </remarks>
public static class ReadModelFence
{
    /// <summary>
    /// The SQLSTATE of a transaction that may not use the read models now: that of the root of a negative number, which
    /// no other statement takes.
    /// </summary>
    public const string Refusal = PostgresErrorCodes.InvalidArgumentForPowerFunction;

    // Any number that nobody else locks: the bytes of "messagip".
    [Stored("lock_of_read_models")]
    internal const long Key = 0x6d65737361676970;

    /// <summary>
    /// An expression that takes the lock, and fails with <see cref="Refusal"/> where it is not to be had. It does not
    /// wait: a rebuild takes long.
    /// </summary>
    /// <remarks>
    /// For a statement that a transaction needs anyway: each statement of its own costs a commit more than the lock.
    /// </remarks>
    internal static readonly string Share = $"sqrt(pg_try_advisory_xact_lock_shared({Key})::int - 1)";

    /// <summary>
    /// An expression that looks at the format, and fails with <see cref="Refusal"/> where it is another one. For a
    /// later statement than <see cref="Share"/>, which sees what was committed before the lock was there, and an
    /// earlier one than those that use the read models.
    /// </summary>
    internal static Sql Look { get; } = Sql.Raw(
        $"sqrt(-abs({ReadModelProjection.Format} - coalesce({FormatSequence.Value}, {ReadModelProjection.NoFormat})))");

    // Without a parameter, so that it is planned once.
    private static readonly Sql s_share = Sql.Raw($"select {Share}");

    /// <summary>
    /// A condition of a statement that takes rows of the read models away and adds others, and finds nothing to do
    /// behind the fence: what a rebuild has emptied or filled since the statement began it does not touch.
    /// </summary>
    internal static Sql IsOpen { get; } = Sql.Raw(
        $"""
        (select pg_try_advisory_xact_lock_shared({Key}))
            and (select {FormatSequence.Value} = {ReadModelProjection.Format})
        """);

    /// <summary>
    /// Adds the statements that hold the read models as they are until the transaction ends, in front of those that use
    /// them. They fail with <see cref="Refusal"/> where they cannot be used.
    /// </summary>
    /// <returns>The number of statements, each with a result of one row.</returns>
    public static int AddTo(NpgsqlBatch batch)
    {
        batch.Add(s_share);
        AddLookTo(batch);
        return 2;
    }

    /// <summary>
    /// Holds the read models as they are until the connection's transaction ends. It fails with <see cref="Refusal"/>
    /// where they cannot be used.
    /// </summary>
    internal static async Task HoldAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var batch = connection.CreateBatch();
        AddTo(batch);
        await batch.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>
    /// Adds the statement that looks at the format, to a transaction that has no other one to take <see cref="Look"/>.
    /// </summary>
    internal static void AddLookTo(NpgsqlBatch batch) => batch.Add($"select {Look}");

    /// <summary>
    /// Takes the lock exclusively: waits until all holders of the shared lock have ended, while no new ones get it. It
    /// is the session's.
    /// </summary>
    internal static async Task TakeAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                await using var command = new NpgsqlCommand($"select pg_advisory_lock({Key})", connection)
                {
                    CommandTimeout = 0,
                };
                await command.ExecuteNonQueryAsync(cancellation);
                return;
            }
            catch (PostgresException e)
                when (e.SqlState == PostgresErrorCodes.QueryCanceled && !cancellation.IsCancellationRequested)
            {
                // A statement may not wait for as long as another node's rebuild takes.
            }
        }
    }

    /// <summary>Gives it back.</summary>
    internal static async Task ReleaseAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand($"select pg_advisory_unlock({Key})", connection);
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }
}
