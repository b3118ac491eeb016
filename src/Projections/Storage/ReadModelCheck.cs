using Npgsql;

namespace Messaging.Projections.Storage;

/// <summary>
/// Checks the read models against their events, as far as some milliseconds allow, however many there are: that the
/// tables and their columns exist, that none is empty that must not be, and that some conversations, the latest and a
/// few others, match their streams. Faults in other rows may remain unseen.
/// </summary>
internal static class ReadModelCheck
{
    // The latest events whose conversations are checked; the most conversations beside theirs; and the number of blocks
    // that these are sampled from: the table's size is known, while its rows may never have been counted.
    private const int Latest = 200;
    private const int Others = 200;
    private const int Blocks = 10;

    // Longest conversation whose comments are counted: in longer ones that costs more than it is worth.
    private const int MostComments = 500;

    // Each by rows elsewhere that imply its own. The log is scanned only for events that come early in it, or while it
    // is short. Many offices attach no files, and many customers have no contacts: the tables of commands tell about
    // these.
    private const string Empty =
        """
        select format('messaging.%s is empty', name) from (
            select 'organisations' as name where not exists (select from messaging.organisations) and exists (select
                from messaging.mt_events)
            union all
            select 'administrators' where not exists (select from messaging.administrators)
                and exists (select from messaging.accounts where customer_id is null)
            union all
            select 'customers' where not exists (select from messaging.customers)
                and exists (select from messaging.mt_events where type = 'customer_registered')
            union all
            select 'contacts' where not exists (select from messaging.contacts)
                and exists (select from messaging.accounts where customer_id is not null)
            union all
            select 'conversations' where not exists (select from messaging.conversations)
                and exists (select from messaging.mt_events where type = 'conversation_created')
            union all
            select 'subjects' where not exists (select from messaging.subjects) and exists (select
                from messaging.conversations)
            union all
            select 'comments' where not exists (select from messaging.comments) and exists (select
                from messaging.conversations)
            union all
            select 'status_periods' where not exists (select from messaging.status_periods) and exists (select
                from messaging.conversations)
            union all
            select 'status_tallies' where not exists (select from messaging.status_tallies) and exists (select
                from messaging.conversations)
            union all
            select 'waits' where not exists (select from messaging.waits) and exists (select
                from messaging.conversations where status <> 'Answered')
            union all
            select 'files' where not exists (select from messaging.files) and exists (select from messaging.uploads
                where comment_id is not null)
        ) e
        """;

    // One statement sees one moment: other nodes may be writing.
    private const string Differing =
        """
        with latest as (
            select tenant_id, stream_id, type from messaging.mt_events order by seq_id desc limit $1),
        looked_at as (
            select tenant_id, stream_id from latest where type = any($2)
            union
            (select tenant_id, stream_id from messaging.snapshots tablesample system ($3) where kind = 'conversation'
                limit $5))
        select count(*) from looked_at l
        join messaging.mt_streams s on s.tenant_id = l.tenant_id and s.id = l.stream_id
        left join messaging.conversations c on c.tenant_id = l.tenant_id and c.id = l.stream_id
        where c.id is null or c.version <> s.version
            or not exists (select from messaging.subjects j
                where j.tenant_id = c.tenant_id and j.conversation_id = c.id)
            or not exists (
                select from messaging.status_periods p where p.tenant_id = c.tenant_id and p.conversation_id = c.id
                    and p.to_at is null)
            or (c.status = 'Answered') = exists (
                select from messaging.waits w where w.tenant_id = c.tenant_id and w.conversation_id = c.id
                    and w.kind = 'Resolution' and w.to_at is null)
            or (c.comment_count <= $4 and c.comment_count <> (
                select count(*) from messaging.comments m where m.tenant_id = c.tenant_id and m.conversation_id = c.id))
        """;

    /// <summary>The tables and columns that this version of the product needs and that are not there.</summary>
    public static async Task<IReadOnlyList<(string Table, string? Column)>> MissingAsync(
        NpgsqlConnection connection, CancellationToken cancellation)
    {
        var there = new HashSet<(string, string)>();

        // Not information_schema, which omits columns that the role may not read: they are not gone.
        await using var command = new NpgsqlCommand(
            """
            select c.relname, a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid
            where c.relnamespace = 'messaging'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0
                and not a.attisdropped
            """,
            connection);
        await using (var reader = await command.ExecuteReaderAsync(cancellation))
        {
            while (await reader.ReadAsync(cancellation)) there.Add((reader.GetString(0), reader.GetString(1)));
        }

        var tables = there.Select(column => column.Item1).ToHashSet();
        var missing = new List<(string, string?)>();
        foreach (var table in ReadModelTables.All)
        {
            var name = table.Identifier.Name;
            if (!tables.Contains(name))
                missing.Add((name, null));
            else
                missing.AddRange(
                    table.Columns.Where(c => !there.Contains((name, c.Name))).Select(c => (name, (string?)c.Name)));
        }

        return missing;
    }

    /// <summary>Describes a fault in the rows of existing tables; null when none is found.</summary>
    public static async Task<string?> WrongAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var empty = new List<string>();
        await using (var command = new NpgsqlCommand(Empty, connection))
        await using (var reader = await command.ExecuteReaderAsync(cancellation))
        {
            while (await reader.ReadAsync(cancellation)) empty.Add(reader.GetString(0));
        }

        if (empty.Count > 0) return string.Join(", ", empty);
        await using var share = new NpgsqlCommand(
            """
            select least(100, 100 * $1 * current_setting('block_size')::float8 /
                greatest(pg_relation_size('messaging.snapshots'), 1))::real
            """,
            connection)
        {
            Parameters = { new NpgsqlParameter { Value = (double)Blocks } },
        };
        await using var differing = new NpgsqlCommand(Differing, connection)
        {
            Parameters =
            {
                new NpgsqlParameter { Value = Latest },
                new NpgsqlParameter { Value = EventNames.OfConversations },
                new NpgsqlParameter { Value = await share.ExecuteScalarAsync(cancellation) },
                new NpgsqlParameter { Value = MostComments },
                new NpgsqlParameter { Value = Others },
            },
        };
        return await differing.ExecuteScalarAsync(cancellation) is long and > 0 and var count
            ? $"{count} of the latest conversations are not as their events say"
            : null;
    }
}
