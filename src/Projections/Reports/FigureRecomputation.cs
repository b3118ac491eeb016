using System.Data;
using Marten;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Projections.Reports;

/// <summary>What came of computing the figures' rows anew.</summary>
/// <param name="Conversations">Number of conversations that were looked at.</param>
/// <param name="Changed">Number of those that had other rows than their events say by today's definitions.</param>
public sealed record RecomputedFigures(long Conversations, long Changed);

/// <summary>
/// Computes what figures are counted from anew, from all events, while the product serves: waits, periods of statuses,
/// and since when a conversation awaits whom. For a version that defines a figure in another way, without the rebuild
/// of everything that nobody is served during.
/// </summary>
/// <remarks>
/// Conversations are folded page by page, beside whoever writes. Then their streams are locked as an append locks them,
/// what was appended meanwhile is folded too, and the rows that differ are replaced: a comment waits for that at most.
/// It may be cut off and begun again at any time, since whatever is right is left as it is.
/// </remarks>
public static class FigureRecomputation
{
    // Conversations that are folded, and then locked, at once.
    private const int Page = 50;

    private static readonly string[] s_tables = ["waits", "status_periods"];

    /// <summary>Computes them. Takes about as long as a rebuild.</summary>
    /// <param name="store">Reads the events.</param>
    /// <param name="database">The database.</param>
    /// <param name="progress">Called after each page with the number of conversations so far.</param>
    /// <param name="cancellation">Cuts it off: what was done stays.</param>
    /// <exception cref="PostgresException">The read models are being rebuilt, or are of another version
    /// (<see cref="ReadModelFence.Refusal"/>).</exception>
    public static async Task<RecomputedFigures> RecomputeFiguresAsync(
        this IDocumentStore store, NpgsqlDataSource database, Action<long>? progress, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await TemporaryReadModels.CreateAsync(connection, cancellation);
        var done = new RecomputedFigures(0, 0);
        var after = ("", Guid.Empty);
        while (await PageAsync(connection, after, cancellation) is { Count: > 0 } page)
        {
            foreach (var office in page.GroupBy(c => c.TenantId))
            {
                var ids = office.Select(c => c.Id).ToList();
                await FoldAsync(store, connection, office.Key, ids, cancellation);
                var (held, changed) = await ReplaceAsync(store, connection, office.Key, ids, false, cancellation);

                // Those that are written to are waited for one by one, so that nobody waits for one of ours meanwhile.
                foreach (var id in ids.Except(held))
                    changed += (await ReplaceAsync(store, connection, office.Key, [id], true, cancellation)).Changed;
                done = new RecomputedFigures(done.Conversations + ids.Count, done.Changed + changed);
            }

            after = page[^1];
            progress?.Invoke(done.Conversations);
        }

        // The pool lends the session to others.
        await TemporaryReadModels.DropAsync(connection, cancellation);
        return done;
    }

    private static async Task FoldAsync(
        IDocumentStore store, NpgsqlConnection connection, string tenant, List<Guid> ids,
        CancellationToken cancellation)
    {
        await TemporaryReadModels.EmptyAsync(connection, cancellation);

        // In one snapshot, so that each conversation is folded up to the version of its row.
        await using var transaction = await connection.BeginTransactionAsync(
            IsolationLevel.RepeatableRead, cancellation);
        await using var session = TemporaryReadModels.Read(store, transaction, tenant);
        await TemporaryReadModels.ProjectAsync(session, connection, ids, cancellation);
        await transaction.CommitAsync(cancellation);
    }

    private static async Task<(List<Guid> Held, int Changed)> ReplaceAsync(
        IDocumentStore store, NpgsqlConnection connection, string tenant, List<Guid> ids, bool waits,
        CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var held = new List<Guid>();
        await using (var batch = new NpgsqlBatch(connection))
        {
            ReadModelFence.AddTo(batch);
            batch.Add(Sql.Of(
                $"""
                select id from messaging.mt_streams
                where tenant_id = {tenant} and id = any({ids.ToArray()}) order by id
                for update {Sql.Raw(waits ? "" : "skip locked")}
                """));
            await using var reader = await batch.ExecuteReaderAsync(cancellation);
            await reader.NextResultAsync(cancellation);
            await reader.NextResultAsync(cancellation);
            while (await reader.ReadAsync(cancellation)) held.Add(reader.GetGuid(0));
        }

        await FoldRestAsync(store, transaction, tenant, held, cancellation);
        var differing = await DifferingAsync(connection, tenant, held, cancellation);
        if (differing.Length > 0) await ReplaceAsync(connection, tenant, differing, cancellation);
        await transaction.CommitAsync(cancellation);
        return (held, differing.Length);
    }

    // What was appended since the fold: mostly nothing.
    private static async Task FoldRestAsync(
        IDocumentStore store, NpgsqlTransaction transaction, string tenant, List<Guid> ids,
        CancellationToken cancellation)
    {
        var connection = transaction.Connection!;
        var behind = await Sql.Of(
            $"""
            select s.id, coalesce(f.version, 0) from messaging.mt_streams s
            left join pg_temp.conversations f on f.tenant_id = s.tenant_id and f.id = s.id
            where s.tenant_id = {tenant} and s.id = any({ids.ToArray()}) and s.version > coalesce(f.version, 0)
            """).ReturningAsync(connection, r => (Id: r.GetGuid(0), Version: (long)r.GetInt32(1)), cancellation);
        if (behind.Count == 0) return;
        await using var session = TemporaryReadModels.Read(store, transaction, tenant);
        foreach (var (id, version) in behind)
        {
            var events = await session.Events.QueryAllRawEvents()
                .Where(e => e.StreamId == id && e.Version > version)
                .OrderBy(e => e.Version).ToListAsync(cancellation);
            await TemporaryReadModels.ProjectAsync(connection, events, cancellation);
        }
    }

    private static async Task<Guid[]> DifferingAsync(
        NpgsqlConnection connection, string tenant, List<Guid> held, CancellationToken cancellation)
    {
        var ids = held.ToArray();
        var differing = Sql.Of(
            $"""
            select c.id from messaging.conversations c
                join pg_temp.conversations f on f.tenant_id = c.tenant_id and f.id = c.id
            where c.tenant_id = {tenant} and c.id = any({ids}) and (c.awaiting, c.awaiting_since, c.office_awaited)
                is distinct from (f.awaiting, f.awaiting_since, f.office_awaited)
            """);
        foreach (var table in s_tables.Select(Sql.Raw))
        {
            var kept = Sql.Of(
                $"select * from messaging.{table} where tenant_id = {tenant} and conversation_id = any({ids})");
            var said = Sql.Of($"select * from pg_temp.{table} where conversation_id = any({ids})");
            differing += Sql.Of(
                $"""

                union select conversation_id from ({kept} except {said}) x
                union select conversation_id from ({said} except {kept}) x
                """);
        }

        return [.. await differing.ReturningAsync(connection, r => r.GetGuid(0), cancellation)];
    }

    private static async Task ReplaceAsync(
        NpgsqlConnection connection, string tenant, Guid[] ids, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection);
        foreach (var table in s_tables.Select(Sql.Raw))
        {
            batch.Add(Sql.Of(
                $"delete from messaging.{table} where tenant_id = {tenant} and conversation_id = any({ids})"));
            batch.Add(Sql.Of(
                $"insert into messaging.{table} select * from pg_temp.{table} where conversation_id = any({ids})"));
        }

        batch.Add(Sql.Of(
            $"""
            update messaging.conversations c
            set awaiting = f.awaiting, awaiting_since = f.awaiting_since, office_awaited = f.office_awaited
            from pg_temp.conversations f
            where c.tenant_id = {tenant} and c.id = any({ids}) and f.tenant_id = c.tenant_id and f.id = c.id
                and (c.awaiting, c.awaiting_since, c.office_awaited)
                    is distinct from (f.awaiting, f.awaiting_since, f.office_awaited)
            """));
        await batch.ExecuteNonQueryAsync(cancellation);
    }

    private static Task<List<(string TenantId, Guid Id)>> PageAsync(
        NpgsqlConnection connection, (string TenantId, Guid Id) after, CancellationToken cancellation) =>
        Sql.Of(
            $"""
            select tenant_id, id from messaging.conversations
            where (tenant_id, id) > ({after.TenantId}, {after.Id}) order by tenant_id, id limit {Page}
            """).ReturningAsync(connection, r => (r.GetString(0), r.GetGuid(1)), cancellation);
}
