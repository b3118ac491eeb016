using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.History;

/// <summary>The last sweep: all files of an organisation, and the numbers of its events, were looked through.</summary>
/// <param name="CheckedAt">The instant at which it ended.</param>
/// <param name="Files">Number of files.</param>
/// <param name="Damaged">Number of files that are not what was attached.</param>
/// <param name="IsWhole">
/// True when each event has a leaf, each stream as many events as its version says, and the tree as many leaves.
/// </param>
public sealed record AuditSweep(DateTimeOffset CheckedAt, long Files, long Damaged, bool IsWhole);

/// <summary>A sweep that this node has taken on, and how far it has come.</summary>
/// <param name="AfterId">The last file that was compared; empty for none.</param>
/// <param name="Files">Number of files that were compared.</param>
/// <param name="Damaged">Number of those that are not what was attached.</param>
public sealed record SweepUnderWay(string TenantId, Guid AfterId, long Files, long Damaged);

/// <summary>
/// Which organisation is to be looked through next: each once a night in its own time zone, by one node at a time. One
/// that was cut off is gone on with where it was.
/// </summary>
public sealed class AuditSweeps(NpgsqlDataSource database)
{
    /// <summary>The time after which another node goes on with what one has let lie.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);

    private static readonly Sql s_isUnderWay = Sql.Raw("s.begun_at > coalesce(s.checked_at, '-infinity')");

    // From one to five at night; and at any hour where the product did not run for two nights.
    private static readonly Sql s_due = Sql.Of(
        $"""
        {s_isUnderWay}
        or coalesce(s.checked_at, '-infinity') < now() - interval '20 hours'
            and extract(hour from now() at time zone o.time_zone) between 1 and 4
        or s.checked_at < now() - interval '2 days'
        """);

    /// <summary>Takes on the one that has waited longest.</summary>
    /// <returns>Null when none is due.</returns>
    public Task<SweepUnderWay?> TakeAsync(CancellationToken cancellation) =>
        Sql.Of(
            $"""
             with due as (
                 select o.tenant_id from messaging.organisations o
                 left join messaging.audit_sweeps s on s.tenant_id = o.tenant_id
                 where ({s_due}) and coalesce(s.taken_until, '-infinity') < now()
                 order by s.checked_at nulls first, o.tenant_id limit 1)
             insert into messaging.audit_sweeps as s (tenant_id, begun_at, taken_until, after_id, files, damaged)
             select tenant_id, now(), now() + {Lease}, {Guid.Empty}, 0, 0 from due
             on conflict (tenant_id) do update set
                 taken_until = excluded.taken_until,
                 begun_at = case when {s_isUnderWay} then s.begun_at else excluded.begun_at end
             where s.taken_until < now()
             returning tenant_id, after_id, files, damaged
             """).FirstAsync(
            database, r => new SweepUnderWay(r.GetString(0), r.GetGuid(1), r.GetInt64(2), r.GetInt64(3)), cancellation);

    /// <summary>Keeps how far it has come.</summary>
    public Task KeepAsync(SweepUnderWay sweep, CancellationToken cancellation) =>
        Sql.Of(
            $"""
             update messaging.audit_sweeps
             set after_id = {sweep.AfterId}, files = {sweep.Files}, damaged = {sweep.Damaged},
                 taken_until = now() + {Lease}
             where tenant_id = {sweep.TenantId}
             """).ExecuteAsync(database, cancellation);

    /// <summary>Ends it; the next one begins with the first file.</summary>
    public Task EndAsync(SweepUnderWay sweep, bool isWhole, CancellationToken cancellation) =>
        Sql.Of(
            $"""
             update messaging.audit_sweeps
             set checked_at = greatest(clock_timestamp(), begun_at), taken_until = now(),
                 checked_files = {sweep.Files}, checked_damaged = {sweep.Damaged}, is_whole = {isWhole},
                 after_id = {Guid.Empty}, files = 0, damaged = 0
             where tenant_id = {sweep.TenantId}
             """).ExecuteAsync(database, cancellation);

    /// <summary>The last one of an organisation that has ended; null when there is none.</summary>
    public Task<AuditSweep?> LastAsync(string tenantId, CancellationToken cancellation) =>
        Sql.Of(
            $"""
             select checked_at, checked_files, checked_damaged, is_whole from messaging.audit_sweeps
             where tenant_id = {tenantId} and checked_at is not null
             """).FirstAsync(
            database, r => new AuditSweep(r.Instant(0), r.GetInt64(1), r.GetInt64(2), r.GetBoolean(3)), cancellation);

    /// <summary>
    /// What is missing of an organisation's events, as a sentence: where its tree has another size than there are
    /// events up to the place that it has come to, or a stream lacks one. Null when nothing is.
    /// </summary>
    public async Task<string?> WhatIsMissingAsync(string tenantId, CancellationToken cancellation)
    {
        var counts = await Sql.Of(
            $"""
             select coalesce((select size from messaging.audit_trees where tenant_id = {tenantId}), 0),
                 (select count(*) from messaging.audit_leaves where tenant_id = {tenantId}),
                 (select count(*) from messaging.mt_events where tenant_id = {tenantId}
                     and seq_id <= coalesce((select max(seq_id) from messaging.audit_progress), 0))
             """).ListAsync(
            database, r => (Size: r.GetInt64(0), Leaves: r.GetInt64(1), Events: r.GetInt64(2)), cancellation);
        var (size, leaves, events) = counts[0];
        if (size != leaves || size != events)
            return $"Its tree says that it has {size} leaves, and there are {leaves}, of {events} events";
        var gaps = await AuditCheck.Gaps(Sql.Of($"s.tenant_id = {tenantId}"), most: 1)
            .ListAsync(database, AuditCheck.Gap, cancellation);
        return gaps is [var gap]
            ? $"Stream {gap.Stream} is of version {gap.Version}, and has {gap.Events} events"
            : null;
    }
}
