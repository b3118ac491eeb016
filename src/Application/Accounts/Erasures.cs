using Messaging.Application.Customers.Import;
using Messaging.Application.Files;
using Messaging.Application.History;
using Messaging.Application.Notifications;
using Messaging.Domain.Accounts;
using Messaging.Projections.Conversations.Search;
using Messaging.Projections.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Messaging.Application.Accounts;

/// <summary>An erasure that this node has taken on.</summary>
/// <param name="IsLast">
/// True when it was asked for so long ago that nothing of the person is under way any more.
/// </param>
internal sealed record ErasureUnderWay(string TenantId, Guid PersonId, bool IsLast);

/// <summary>
/// Carries out what <see cref="ErasePersonCommand"/> recorded: who somebody was, and what they wrote, goes from events
/// and from all that was made of them. Each step may be cut off and is made again, so that a node that is killed leaves
/// nothing behind: the row in <c>messaging.erasures</c> says that it is not done. Some minutes later all of it is made
/// once more, for what was under way meanwhile, such as a mail or a snapshot of another node.
/// </summary>
public sealed partial class Erasures(
    NpgsqlDataSource database, IFileStore files, IMailCopies mails, ILogger<Erasures> logger) : BackgroundService
{
    /// <summary>The time after which another node goes on with what one has let lie.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);

    /// <summary>The time after which nothing of somebody whose access has ended is under way.</summary>
    public static readonly TimeSpan Settled = TimeSpan.FromMinutes(10);

    private const int AtOnce = 500;
    private const int LeavesAtOnce = 5_000;

    private static readonly TimeSpan s_look = TimeSpan.FromMinutes(1);

    private readonly Wakeup _asked = new();

    /// <summary>One was asked for just now.</summary>
    public void Look() => _asked.Set();

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _asked.Dispose();
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Repeatedly.WithoutEndAsync(
            s_look,
            async cancellation =>
            {
                await CarryOutAsync(cancellation);
                await _asked.WaitAsync(s_look, cancellation);
            },
            LogFailed,
            stoppingToken);

    /// <summary>Carries out what is due.</summary>
    public async Task CarryOutAsync(CancellationToken cancellation)
    {
        while (await TakeAsync(cancellation) is { } erasure)
        {
            await CarryOutAsync(erasure, cancellation);
            await EndAsync(erasure, cancellation);
        }
    }

    /// <summary>
    /// Carries one out. The names go from the person's own events last, since they tell what to look for elsewhere;
    /// then the key, without which nobody can find out by trying what the events have said.
    /// </summary>
    internal async Task CarryOutAsync(ErasureUnderWay erasure, CancellationToken cancellation)
    {
        var (tenant, person) = (erasure.TenantId, erasure.PersonId);
        await EraseCommentsAsync(tenant, person, cancellation);
        await EraseFilesAsync(tenant, person, cancellation);
        await EraseMailsAsync(tenant, person, cancellation);
        await EraseReceiptsAsync(tenant, person, cancellation);
        var (names, addresses) = await KnownAsAsync(tenant, person, cancellation);
        await EraseWordOfThemAsync(tenant, person, names, addresses, cancellation);
        await EraseAccountAsync(tenant, person, cancellation);
        await EraseNamesAsync(tenant, person, cancellation);
        await EraseKeyAsync(tenant, person, cancellation);
    }

    private Task<ErasureUnderWay?> TakeAsync(CancellationToken cancellation) =>
        Sql.Of(
            $"""
             update messaging.erasures e set taken_until = now() + {Lease}
             where (e.tenant_id, e.person_id) = (
                 select d.tenant_id, d.person_id from messaging.erasures d
                 where d.done_at is null and d.taken_until <= now()
                     and (d.carried_out_at is null or d.asked_at <= now() - {Settled})
                 order by d.asked_at limit 1 for update skip locked)
             returning e.tenant_id, e.person_id, e.asked_at <= now() - {Settled}
             """).FirstAsync(
            database, r => new ErasureUnderWay(r.GetString(0), r.GetGuid(1), r.GetBoolean(2)), cancellation);

    private async Task EndAsync(ErasureUnderWay erasure, CancellationToken cancellation)
    {
        await Sql.Of(
            $"""
             update messaging.erasures
             set carried_out_at = coalesce(carried_out_at, clock_timestamp()), taken_until = now(),
                 done_at = case when {erasure.IsLast} then clock_timestamp() end
             where tenant_id = {erasure.TenantId} and person_id = {erasure.PersonId}
             """).ExecuteAsync(database, cancellation);
        if (erasure.IsLast) LogErased(erasure.PersonId, erasure.TenantId);
    }

    // Event and row in one statement, behind the fence: what a rebuild reads and what it writes stay the same. The
    // database itself masks events, and nothing but what is to be masked (KeptEvents).
    private async Task EraseCommentsAsync(string tenant, Guid person, CancellationToken cancellation)
    {
        var words = $"{SearchText.Stored(Erasure.Text)} {SearchText.WordOf(person)}";
        var masked = MaskFound(tenant, person);
        await WhileAnyAsync(
            Sql.Of(
                $"""
                 with found as materialized (
                     select m.conversation_id, m.position, m.id, c.search_key from messaging.comments m
                     join messaging.conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
                     where m.tenant_id = {tenant} and m.author_id = {person} and m.body not in ('', {Erasure.Text})
                     limit {AtOnce}),
                 events as (select {masked} as masked from found s having count(*) > 0),
                 rows as (
                     update messaging.comments m
                     set body = {Erasure.Text}, search = replace({words}, ' ', ' ' || s.search_key)::tsvector
                     from found s where m.tenant_id = {tenant} and m.id = s.id)
                 select (select count(*)::int from found), (select masked from events)
                 """),
            cancellation);
    }

    private async Task EraseFilesAsync(string tenant, Guid person, CancellationToken cancellation)
    {
        var masked = MaskFound(tenant, person);
        await WhileAnyAsync(
            Sql.Of(
                $"""
                 with found as materialized (
                     select f.conversation_id, f.position, f.id, c.search_key from messaging.files f
                     join messaging.conversations c on c.tenant_id = f.tenant_id and c.id = f.conversation_id
                     where f.tenant_id = {tenant} and f.uploaded_by_id = {person} and f.sha256 <> {Erasure.Sha256}
                     limit {AtOnce}),
                 events as (select {masked} as masked from found s having count(*) > 0),
                 rows as (
                     update messaging.files f
                     set name = {Erasure.Text}, sha256 = {Erasure.Sha256},
                         search = replace({SearchText.Stored(Erasure.Text)}, ' ', ' ' || s.search_key)::tsvector
                     from found s where f.tenant_id = {tenant} and f.id = s.id)
                 select (select count(*)::int from found), (select masked from events)
                 """),
            cancellation);

        // Discarded ones are removed once more by the sweep, with pictures that were being made of them.
        await Sql.Of(
            $"""
             with gone as (
                 update messaging.uploads u
                 set name = {Erasure.Text}, sha256 = {Erasure.Sha256}, has_thumbnail = false, thumbnail_due_at = null,
                     scan_due_at = null, scan_found = null, discarded_at = now()
                 where u.tenant_id = {tenant} and u.uploaded_by_id = {person} and u.discarded_at is null
                 returning {Sql.Raw(FileQuotas.ChargeOfUpload)} as bytes),
             freed as (
                 select tenant as owner_id, sum(bytes)::bigint as bytes from gone, (select {tenant}::uuid as tenant) t
                 group by 1
                 union all
                 select c.customer_id, sum(g.bytes)::bigint from gone g
                 join messaging.contacts c on c.tenant_id = {tenant} and c.id = {person} group by 1)
             update messaging.file_usage f set bytes = greatest(0, f.bytes - r.bytes)
             from freed r where f.tenant_id = {tenant} and f.owner_id = r.owner_id
             """).ExecuteAsync(database, cancellation);
        await Sql.Of(
            $"""
             update messaging.uploads u set name = {Erasure.Text}, sha256 = {Erasure.Sha256}, scan_found = null
             where u.tenant_id = {tenant} and u.uploaded_by_id = {person} and u.sha256 <> {Erasure.Sha256}
             """).ExecuteAsync(database, cancellation);
        var ids = await Sql.Of(
            $"""
             select f.id from messaging.files f where f.tenant_id = {tenant} and f.uploaded_by_id = {person}
             union select u.id from messaging.uploads u where u.tenant_id = {tenant} and u.uploaded_by_id = {person}
             """).ReturningAsync(database, r => r.GetGuid(0), cancellation);
        foreach (var id in ids) await files.DeleteAsync(id, cancellation);
    }

    // Mails to them, and mails that told others what they did: the ledger keeps that there was one, and when.
    private async Task EraseMailsAsync(string tenant, Guid person, CancellationToken cancellation)
    {
        var ofThem = Sql.Of($"d.tenant_id = {tenant} and (d.recipient_id = {person} or d.actor_id = {person})");
        var ids = await Sql.Of(
            $"""
             select d.id from messaging.deliveries d where {ofThem}
             union select d.mail_id from messaging.deliveries d where {ofThem} and d.mail_id is not null
             """).ReturningAsync(database, r => r.GetGuid(0), cancellation);
        await Sql.Of(
            $"""
             update messaging.sent_mails m set subject = '', text = null, sha256 = ''
             where m.tenant_id = {tenant} and m.sha256 <> '' and m.mail_id = any({Sql.Ids(ids)})
             """).ExecuteAsync(database, cancellation);
        mails.Remove(ids.ToHashSet());

        // Of one event each address has one mail.
        await Sql.Of(
            $"""
             update messaging.deliveries d
             set address = {Restriction.Email}, address_key = {Restriction.Email} || d.id, last_error = null,
                 state = case when d.state = {nameof(DeliveryState.Pending)}
                     then {nameof(DeliveryState.NotNeeded)} else d.state end,
                 try_at = null, due_at = null
             where d.tenant_id = {tenant} and d.recipient_id = {person} and d.address <> {Restriction.Email}
             """).ExecuteAsync(database, cancellation);
    }

    // Receipts are hashes of what was said, and a name or a short text can be found by trying. They are of the instants
    // at which the person's events were recorded; what is left of them says that an id was used.
    private Task<int> EraseReceiptsAsync(string tenant, Guid person, CancellationToken cancellation) =>
        Sql.Of(
            $"""
             update messaging.receipts r set fingerprint = ''::bytea
             where r.tenant_id = {tenant} and r.fingerprint <> ''::bytea and r.created_at in (
                 select e.timestamp from messaging.mt_events e
                     where e.tenant_id = {tenant} and e.stream_id = {person}
                 union select e.timestamp from messaging.comments m
                     join messaging.mt_events e on e.tenant_id = m.tenant_id and e.stream_id = m.conversation_id
                         and e.version = m.position
                     where m.tenant_id = {tenant} and m.author_id = {person}
                 union select e.timestamp from messaging.files f
                     join messaging.mt_events e on e.tenant_id = f.tenant_id and e.stream_id = f.conversation_id
                         and e.version = f.position
                     where f.tenant_id = {tenant} and f.uploaded_by_id = {person}
                 union select u.created_at from messaging.uploads u
                     where u.tenant_id = {tenant} and u.uploaded_by_id = {person})
             """).ExecuteAsync(database, cancellation);

    // What they were called and where they were written to, ever; nothing once it has gone.
    private async Task<(string[] Names, string[] Addresses)> KnownAsAsync(
        string tenant, Guid person, CancellationToken cancellation)
    {
        var known = await Sql.Of(
            $"""
             select distinct k.is_name, k.word from messaging.mt_events e
             cross join lateral (values (true, e.data ->> 'displayName'), (false, e.data ->> 'email'),
                 (false, e.data ->> 'before')) as k(is_name, word)
             where e.tenant_id = {tenant} and e.stream_id = {person}
                 and k.word not in ({Restriction.Name}, {Restriction.Email}, '')
             """).ReturningAsync(database, r => (IsName: r.GetBoolean(0), Word: r.GetString(1)), cancellation);
        return (
            [.. known.Where(k => k.IsName).Select(k => k.Word)], [.. known.Where(k => !k.IsName).Select(k => k.Word)]);
    }

    // What has their name or address and nothing else that would lead to them.
    private async Task EraseWordOfThemAsync(
        string tenant, Guid person, string[] names, string[] addresses, CancellationToken cancellation)
    {
        await Sql.Of(
            $"""
             update messaging.inbound_mails m set sender = {Restriction.Email}, subject = ''
             where m.tenant_id = {tenant} and m.sender <> {Restriction.Email}
                 and (m.person_id = {person} or lower(m.sender) in (select lower(a) from unnest({addresses}) a))
             """).ExecuteAsync(database, cancellation);
        if (names.Length + addresses.Length == 0) return;
        var keys = addresses.SelectMany(EmailKey.AllOf).Distinct().ToArray();
        await Sql.Of(
            $"delete from messaging.mail_problems where tenant_id = {tenant} and address_key = any({keys})")
            .ExecuteAsync(database, cancellation);

        // As cells are written: a name is a cell of its own, an address perhaps one of several in a cell.
        string[] cells =
        [
            .. names.Select(n => ImportCells.Write([n])[1..^1]),
            .. addresses.Select(a => ImportCells.Write([a])[2..^2]),
        ];
        await Sql.Of(
            $"""
             update messaging.customer_import_lines l
             set message = null, cells = (select json_agg(''::text)::text from json_array_elements(l.cells::json))
             where l.tenant_id = {tenant}
                 and exists (select from unnest({cells}) c where position(lower(c) in lower(l.cells)) > 0)
             """).ExecuteAsync(database, cancellation);

        // Where mails are sent from durable messages, one that failed keeps what it was about.
        var dead = await Sql.Of($"select to_regclass('wolverine.wolverine_dead_letters') is not null")
            .ReturningAsync(database, r => r.GetBoolean(0), cancellation);
        if (!dead[0]) return;
        await Sql.Of(
            $"""
             delete from wolverine.wolverine_dead_letters d
             where exists (select from unnest({addresses}) a where position(convert_to(a, 'UTF8') in d.body) > 0)
             """).ExecuteAsync(database, cancellation);
    }

    private async Task EraseAccountAsync(string tenant, Guid person, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using var batch = new NpgsqlBatch(connection, transaction);

        // What proves an identity goes with the last of its accounts.
        foreach (var table in (string[])["second_factors", "recovery_codes"])
        {
            batch.Add(
                $"""
                 delete from messaging.{Sql.Raw(table)} f using messaging.accounts a
                 where a.tenant_id = {tenant} and a.person_id = {person} and f.identity_id = a.identity_id
                     and not exists (
                         select from messaging.accounts o where o.identity_id = a.identity_id
                             and (o.tenant_id, o.person_id) <> (a.tenant_id, a.person_id))
                 """);
        }

        foreach (var table in (string[])
            [
                "invitations", "password_resets", "email_changes", "sign_in_challenges", "invitations_asked",
                "issuer_links", "api_tokens", "sessions", "push_subscriptions", "notification_preferences",
                "checkpoint_mails", "read_markers", "accounts",
            ])
        {
            batch.Add(
                $"delete from messaging.{Sql.Raw(table)} where tenant_id = {tenant} and person_id = {person}");
        }

        batch.Add($"delete from messaging.notifications where tenant_id = {tenant} and recipient_id = {person}");
        await batch.ExecuteNonQueryAsync(cancellation);
        await transaction.CommitAsync(cancellation);
    }

    private static Sql MaskFound(string tenant, Guid person) =>
        KeptEvents.Erase(
            tenant, person, Sql.Of($"array_agg(s.conversation_id)"), Sql.Of($"array_agg(s.position::bigint)"));

    // The rows of people have had the masks since the event: a rebuild makes the same of what is left here.
    private async Task EraseNamesAsync(string tenant, Guid person, CancellationToken cancellation)
    {
        await WhileAnyAsync(
            Sql.Of(
                $"""
                 select {KeptEvents.Erase(
                     tenant, person, Sql.Of($"array_agg(e.stream_id)"), Sql.Of($"array_agg(e.version)"))}::int
                 from messaging.mt_events e
                 where e.tenant_id = {tenant} and e.stream_id = {person}
                     and (e.data ->> 'displayName' <> {Restriction.Name}
                         or e.data ->> 'email' <> {Restriction.Email}
                         or e.data ->> 'before' <> {Restriction.Email})
                 """),
            cancellation);
        await Sql.Of($"delete from messaging.snapshots where tenant_id = {tenant} and stream_id = {person}")
            .ExecuteAsync(database, cancellation);
    }

    // What was not masked stays proved by salts of its own, which say nothing of the key. The writer of leaves is kept
    // waiting: it would take the key that it read before, and nobody would have the salt.
    private async Task EraseKeyAsync(string tenant, Guid person, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await Sql.Of($"select from messaging.audit_progress where name = {AuditWriter.Name} for update")
            .ExecuteAsync(connection, cancellation);
        var keys = await Sql.Of(
                $"""
                 select key from messaging.audit_subjects
                 where tenant_id = {tenant} and subject_id = {person} and key <> ''::bytea
                 """)
            .ReturningAsync(connection, r => r.GetFieldValue<byte[]>(0), cancellation);
        if (keys is [var key]) await KeepSaltsAsync(connection, tenant, person, key, cancellation);
        await Sql.Of(
            $"""
             insert into messaging.audit_subjects (tenant_id, subject_id, key)
             values ({tenant}, {person}, ''::bytea)
             on conflict (tenant_id, subject_id) do update set key = excluded.key
             """).ExecuteAsync(connection, cancellation);
        await transaction.CommitAsync(cancellation);
    }

    private static async Task KeepSaltsAsync(
        NpgsqlConnection connection, string tenant, Guid person, byte[] key, CancellationToken cancellation)
    {
        var last = -1L;
        for (var count = LeavesAtOnce; count == LeavesAtOnce;)
        {
            var leaves = await Sql.Of(
                $"""
                 select l.index, {StoredEvent.Columns} from messaging.audit_leaves l
                 join messaging.mt_events e on e.tenant_id = l.tenant_id and e.id = l.event_id
                 where l.tenant_id = {tenant} and l.subject_id = {person} and l.index > {last}
                 order by l.index limit {LeavesAtOnce}
                 """).ReturningAsync(
                connection, r => (Index: r.GetInt64(0), Event: StoredEvent.Of(r, 1)), cancellation);
            count = leaves.Count;
            if (count == 0) return;
            last = leaves[^1].Index;
            var kept = leaves.Where(l => !ErasedEvent.IsMasked(l.Event)).Select(l => l.Event.Id).ToArray();
            await Sql.Of(
                $"""
                 insert into messaging.audit_salts (tenant_id, event_id, salt)
                 select {tenant}, s.* from unnest(
                     {kept}::uuid[], {kept.Select(id => AuditLeaf.Salt(id, key)).ToArray()}::bytea[]) as s
                 on conflict do nothing
                 """).ExecuteAsync(connection, cancellation);
        }
    }

    // Each time in a transaction of its own, until the statement finds nothing more.
    private async Task WhileAnyAsync(Sql statement, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        int changed;
        do
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            await ReadModelFence.HoldAsync(connection, cancellation);
            changed = (await statement.ReturningAsync(connection, r => r.GetInt32(0), cancellation))[0];
            await transaction.CommitAsync(cancellation);
        }
        while (changed > 0);
    }

    [LoggerMessage(LogLevel.Information, "What was kept about person {Person} of organisation {Tenant} was erased")]
    private partial void LogErased(Guid person, string tenant);

    [LoggerMessage(LogLevel.Warning, "What is kept about somebody could not be erased; it is tried again")]
    private partial void LogFailed(Exception e);
}
