using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Files;

/// <summary>A file with pending work.</summary>
/// <param name="TenantId">Its organisation.</param>
/// <param name="Person">The uploader.</param>
public sealed record DueFile(string TenantId, Guid Id, Guid Person);

/// <summary>
/// Pending work on uploaded files: missed thumbnails and scans, and removals. It is kept in the table of uploads, so
/// that it outlives the process. A worker takes a piece under a lease (<see cref="Lease"/>), so that several nodes
/// share the work.
/// </summary>
public sealed class UploadBacklog(NpgsqlDataSource database, IFileStore store)
{
    /// <summary>Lease of a worker on a piece of work, before others try.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromMinutes(3);

    /// <summary>Lifetime of an unattached file.</summary>
    public static readonly TimeSpan Unattached = TimeSpan.FromHours(24);

    /// <summary>Time for which a discarded file is remembered.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromHours(24);

    private const int AtOnce = 500;

    private static readonly Sql s_charge = Sql.Raw(FileQuotas.ChargeOfUpload);

    // Oldest files taken per person, so that one with thousands does not keep the others waiting.
    private const int OfPerson = 5;

    /// <summary>Takes pictures whose thumbnails are due.</summary>
    public Task<IReadOnlyList<DueFile>> TakeThumbnailsAsync(int most, CancellationToken cancellation) =>
        TakeAsync("thumbnail_due_at", "(scan is null or scan = 'Clean')", most, cancellation);

    /// <summary>Takes files that are due to be scanned.</summary>
    public Task<IReadOnlyList<DueFile>> TakeScansAsync(int most, CancellationToken cancellation) =>
        TakeAsync("scan_due_at", "scan = 'Pending'", most, cancellation);

    /// <summary>Records the result of making a thumbnail.</summary>
    /// <param name="isMade">True when there is one; it is in the store already.</param>
    public async Task<bool> SettleThumbnailAsync(string tenant, Guid id, bool isMade, CancellationToken cancellation)
    {
        return await Sql.Of(
            $"""
            update messaging.uploads set has_thumbnail = has_thumbnail or {isMade}, thumbnail_due_at = null
            where tenant_id = {tenant} and id = {id} and discarded_at is null
            """).ExecuteAsync(database, cancellation) > 0;
    }

    /// <summary>Records a scanner's verdict.</summary>
    /// <param name="found">The finding; null when it found nothing.</param>
    public async Task SettleScanAsync(string tenant, Guid id, string? found, CancellationToken cancellation)
    {
        var scan = (found is null ? FileScan.Clean : FileScan.Found).ToString();
        await Sql.Of(
            $"""
            update messaging.uploads set scan = {scan}, scan_found = {found}, scan_due_at = null
            where tenant_id = {tenant} and id = {id} and scan = 'Pending'
            """).ExecuteAsync(database, cancellation);
    }

    /// <summary>
    /// Discards files that have been unattached for <see cref="Unattached"/>. A file that is just being attached stays:
    /// its row is locked, or no longer matches when it is checked again; and attaching a file discarded meanwhile
    /// fails.
    /// </summary>
    /// <returns>How many.</returns>
    public async Task<int> DiscardUnattachedAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        int discarded, all = 0;
        do
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            await HoldReadModelsAsync(connection, transaction, cancellation);
            discarded = (await Sql.Of(
                $"""
                with old as materialized (
                    select u.tenant_id, u.id from messaging.uploads u
                    where u.comment_id is null and u.discarded_at is null and u.unattached_since < {now - Unattached}
                        and not exists (select from messaging.files f where f.tenant_id = u.tenant_id and f.id = u.id)
                    order by u.tenant_id, u.id limit {AtOnce} for update skip locked),
                gone as (
                    update messaging.uploads u set discarded_at = {now}, thumbnail_due_at = null, scan_due_at = null
                    from old o where u.tenant_id = o.tenant_id and u.id = o.id
                    returning u.tenant_id, u.uploaded_by_id, {s_charge} as bytes),
                freed as (
                    select tenant_id, tenant_id::uuid as owner_id, bytes from gone
                    union all
                    select g.tenant_id, c.customer_id, g.bytes from gone g
                    join messaging.contacts c on c.tenant_id = g.tenant_id and c.id = g.uploaded_by_id),
                less as (
                    insert into messaging.file_usage as f (tenant_id, owner_id, bytes)
                    select tenant_id, owner_id, -sum(bytes)::bigint from freed group by 1, 2 order by 1, 2
                    on conflict (tenant_id, owner_id) do update set bytes = greatest(0, f.bytes + excluded.bytes)
                    returning 1)
                select count(*)::int from gone
                """).ReturningAsync(connection, r => r.GetInt32(0), cancellation))[0];
            await transaction.CommitAsync(cancellation);
            all += discarded;
        }
        while (discarded == AtOnce);
        return all;
    }

    /// <summary>Removes the bytes of discarded files, and after <see cref="Remembered"/> their rows.</summary>
    public async Task RemoveDiscardedAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        var (last, lastTenant, lastId) = (DateTimeOffset.MinValue, "", Guid.Empty);
        while (true)
        {
            var rows = await Sql.Of(
                $"""
                select tenant_id, id, discarded_at from messaging.uploads
                where discarded_at is not null and (discarded_at, tenant_id, id) > ({last}, {lastTenant}, {lastId})
                order by discarded_at, tenant_id, id limit {AtOnce}
                """).ListAsync(
                    database, r => (TenantId: r.GetString(0), Id: r.GetGuid(1), At: r.Instant(2)), cancellation);
            foreach (var row in rows) await store.DeleteAsync(row.Id, cancellation);
            var forgotten = rows.Where(r => r.At < now - Remembered).ToList();
            await Sql.Of(
                $"""
                delete from messaging.uploads u
                using unnest({forgotten.Select(r => r.TenantId).ToArray()}, {forgotten.Select(r => r.Id).ToArray()})
                    as k(tenant, id)
                where u.tenant_id = k.tenant and u.id = k.id and u.discarded_at is not null
                """).ExecuteAsync(database, cancellation);
            if (rows.Count < AtOnce) return;
            (lastTenant, lastId, last) = rows[^1];
        }
    }

    /// <summary>
    /// Counts the files of each organisation and customer that earlier versions took in without counting. Uploads
    /// meanwhile wait for a moment and are counted once.
    /// </summary>
    public async Task CountUsageAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var tenants = await Sql.Of($"select distinct tenant_id from messaging.uploads").ListAsync(
            database, r => r.GetString(0), cancellation);
        foreach (var tenant in tenants)
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            await HoldReadModelsAsync(connection, transaction, cancellation);
            await Sql.Of(
                $"""
                insert into messaging.file_usage (tenant_id, owner_id, bytes)
                select {tenant}, o.id, 0 from (
                    select {tenant}::uuid as id
                    union select customer_id from messaging.contacts where tenant_id = {tenant}) o
                order by 2 on conflict do nothing
                """).ExecuteAsync(connection, cancellation);
            await Sql.Of(
                $"select from messaging.file_usage where tenant_id = {tenant} order by owner_id for update")
                .ExecuteAsync(connection, cancellation);
            await Sql.Of(
                $"""
                with kept as materialized (
                    select c.customer_id, sum({s_charge})::bigint as bytes
                    from messaging.uploads u
                    left join messaging.contacts c on c.tenant_id = u.tenant_id and c.id = u.uploaded_by_id
                    where u.tenant_id = {tenant} and u.discarded_at is null group by 1)
                update messaging.file_usage f set bytes = case when f.owner_id = {tenant}::uuid
                    then coalesce((select sum(bytes)::bigint from kept), 0)
                    else coalesce((select bytes from kept where customer_id = f.owner_id), 0) end
                where f.tenant_id = {tenant}
                """).ExecuteAsync(connection, cancellation);
            await transaction.CommitAsync(cancellation);
        }
    }

    /// <summary>
    /// Takes thumbnails off the list that an earlier version made, and files that there can be none of.
    /// </summary>
    /// <param name="pictures">The types that there are thumbnails of.</param>
    public async Task PassOverThumbnailsAsync(IReadOnlyCollection<string> pictures, CancellationToken cancellation)
    {
        int passed;
        do
        {
            passed = await Sql.Of(
                $"""
                with passed as materialized (
                    select tenant_id, id from messaging.uploads
                    where thumbnail_due_at is not null
                        and (has_thumbnail or media_type <> all({pictures.ToArray()}))
                    limit {10 * AtOnce})
                update messaging.uploads u set thumbnail_due_at = null from passed p
                where u.tenant_id = p.tenant_id and u.id = p.id
                """).ExecuteAsync(database, cancellation);
        }
        while (passed == 10 * AtOnce);
    }

    // The read models also hold attachments and owners: while they are incomplete, every file would seem unattached.
    private static async Task HoldReadModelsAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection, transaction);
        ReadModelFence.AddTo(batch);
        await batch.ExecuteNonQueryAsync(cancellation);
    }

    private async Task<IReadOnlyList<DueFile>> TakeAsync(
        string column, string condition, int most, CancellationToken cancellation)
    {
        var (due, isDue) = (Sql.Raw(column), Sql.Raw(condition));
        return await Sql.Of(
            $"""
             with due as materialized (
                 select tenant_id, id, uploaded_by_id, {due} as at,
                     row_number() over (partition by tenant_id, uploaded_by_id order by {due}) as place
                 from messaging.uploads where {due} <= now() and {isDue}),
             taken as materialized (
                 select u.tenant_id, u.id from messaging.uploads u
                 where (u.tenant_id, u.id) in (
                     select tenant_id, id from due where place <= {OfPerson} order by at limit {most})
                     and u.{due} <= now()
                 for update skip locked)
             update messaging.uploads u set {due} = now() + {Lease} from taken t
             where u.tenant_id = t.tenant_id and u.id = t.id
             returning u.tenant_id, u.id, u.uploaded_by_id
             """).ReturningAsync(
                database, r => new DueFile(r.GetString(0), r.GetGuid(1), r.GetGuid(2)), cancellation);
    }
}
