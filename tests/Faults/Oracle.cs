using System.Diagnostics;
using System.Text.Json.Nodes;
using JasperFx;
using Marten;
using Messaging.Api.Hosting;
using Messaging.Faults.Load;
using Messaging.Projections.Storage;
using Messaging.TestSupport.Smtp;
using Npgsql;

namespace Messaging.Faults;

/// <summary>What became of what was promised.</summary>
internal sealed class Findings
{
    /// <summary>
    /// Promises without their event, events without their rows, events nobody was told of, mails that no server got.
    /// </summary>
    public List<string> Lost { get; } = [];

    /// <summary>Events, rows and notifications that there are twice.</summary>
    public List<string> Doubled { get; } = [];

    /// <summary>Mails that a server got more than once.</summary>
    public List<string> Copies { get; } = [];

    /// <summary>What has not come to an end.</summary>
    public List<string> Stuck { get; } = [];

    /// <summary>E-mails of which nobody knows whether the server took them.</summary>
    public int InDoubt { get; set; }
}

/// <summary>
/// Compares, once all is quiet, what clients were promised with events, read models, notifications and e-mails. Who is
/// to be told of what is worked out here again, from the events.
/// </summary>
internal sealed class Oracle(string connectionString, SmtpServer mail)
{
    // As the product keeps them; their order is that of a rebuild's.
    private static readonly string[] s_readModels =
    [
        "organisations", "administrators", "customers", "contacts", "conversations", "subjects", "comments", "files",
        "status_periods", "waits"
    ];

    /// <summary>Waits until everything is planned and every mail is sent or given up.</summary>
    public async Task SettleAsync(Findings findings, TimeSpan longest)
    {
        await using var connection = await OpenAsync();
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var unplanned = await ScalarAsync<long>(
                connection,
                """
                select coalesce((select max(seq_id) from messaging.mt_events), 0)
                    - coalesce((select max(last_seq_id) from messaging.mt_event_progression
                        where name = 'notifications:All'), 0)
                """);
            var pending = await ScalarAsync<long>(connection, "select count(*) from messaging.deliveries where "
                + "state = 'Pending'");
            var sending = await ScalarAsync<long>(connection, "select count(*) from messaging.deliveries where "
                + "state = 'Sending'");
            if (unplanned <= 0 && pending + sending == 0)
            {
                // What was perhaps sent is tried once more, after ten minutes: that is brought forward here.
                var inDoubt = await ScalarAsync<long>(
                    connection,
                    """
                    with now as (
                        update messaging.deliveries set try_at = clock_timestamp(), perhaps_until = clock_timestamp()
                        where state = 'PerhapsSent' and perhaps_until < 'infinity' returning 1)
                    select count(*) from now
                    """);
                if (inDoubt == 0) return;
                findings.InDoubt = Math.Max(findings.InDoubt, (int)inDoubt);
                await Task.Delay(2_000);
            }

            if (clock.Elapsed > longest)
            {
                if (unplanned > 0)
                    findings.Stuck.Add($"{unplanned} events are not planned after {longest.TotalSeconds} s");
                if (pending + sending > 0)
                    findings.Stuck.Add(
                        $"{pending} mails are pending and {sending} being sent after {longest.TotalSeconds} s");
                return;
            }

            await Task.Delay(250);
        }
    }

    /// <summary>Compares.</summary>
    public async Task CompareAsync(Ledger ledger, Findings findings)
    {
        await using var connection = await OpenAsync();
        var events = await EventsAsync(connection);
        ComparePromises(ledger, events, findings);
        await CompareNotificationsAsync(connection, events, findings);
        CompareMails(await SentAsync(connection), findings);
        await CompareReadModelsAsync(connection, findings);
    }

    /// <summary>Compares only the read models with what their events give.</summary>
    public async Task CompareReadModelsAsync(Findings findings)
    {
        await using var connection = await OpenAsync();
        await CompareReadModelsAsync(connection, findings);
    }

    private static void ComparePromises(Ledger ledger, List<Event> events, Findings findings)
    {
        var comments = events
            .Where(e => e.Type == "comment_added")
            .ToLookup(e => Guid.Parse((string)e.Data["commentId"]!));
        var created = events.Where(e => e.Type == "conversation_created").ToLookup(e => e.Stream);
        var files = events
            .Where(e => e.Type == "file_attached")
            .ToLookup(e => Guid.Parse((string)e.Data["commentId"]!));
        foreach (var promise in ledger.Asked)
        {
            if (promise.Kind == PromiseKind.Change)
            {
                if (!promise.IsAcknowledged)
                    findings.Stuck.Add($"A change of {promise.ConversationId} was never acknowledged");
                continue;
            }

            var found = promise.Kind == PromiseKind.Comment ? [.. comments[promise.Id]] : created[promise.Id].ToList();
            if (found.Count > 1)
                findings.Doubled.Add($"{promise.Kind} {promise.Id} has {found.Count} events");
            if (found.Count == 0 && promise.IsAcknowledged)
                findings.Lost.Add($"{promise.Kind} {promise.Id} was acknowledged and has no event");
            if (!promise.IsAcknowledged)
                findings.Stuck.Add(
                    $"{promise.Kind} {promise.Id} was never acknowledged, however often it was repeated");
            if (found.Count == 0)
                continue;
            var written =
                promise.Kind == PromiseKind.Comment
                    ? found[0]
                    : events.FirstOrDefault(e => e.Stream == promise.Id && e.Version == 2 && e.Type == "comment_added");
            if ((string?)written?.Data["body"] != promise.Body)
                findings.Lost.Add($"{promise.Kind} {promise.Id} says something else than was written");
            if (promise.FileSha256 is not { } hash || found.Count == 0)
                continue;
            var attached = files[promise.Id].ToList();
            if (attached.Count != 1 || (string?)attached[0].Data["sha256"] != hash)
                findings.Lost.Add($"The file of {promise.Id} is not what was sent");
        }

        // A stream has every version once, whatever happened in between.
        foreach (var stream in events.GroupBy(e => e.Stream))
        {
            if (
                !stream
                    .Select(e => e.Version)
                    .Order()
                    .SequenceEqual(Enumerable.Range(1, stream.Count()).Select(v => (long)v))
            )
                findings.Lost.Add($"The versions of {stream.Key} have gaps or doubles");
        }
    }

    private static async Task CompareNotificationsAsync(
        NpgsqlConnection connection, List<Event> events, Findings findings)
    {
        var people = await PeopleAsync(connection);
        var (notices, mails) = Expected(events, people);
        var planned = new List<(Guid Event, Guid Person)>();
        await foreach (var r in RowsAsync(connection, "select event_id, recipient_id from messaging.notifications"))
            planned.Add((r.GetGuid(0), r.GetGuid(1)));
        Compare("notification", notices, planned, findings);
        var queued = new List<(Guid Event, string Address)>();
        await foreach (
            var r in RowsAsync(
                connection, "select event_id, address from messaging.deliveries where kind <> 'Invitation'")
        )
            queued.Add((r.GetGuid(0), r.GetString(1)));
        Compare("e-mail", mails, queued, findings);
    }

    private static void Compare<T>(string what, HashSet<T> expected, List<T> there, Findings findings)
    {
        foreach (var missing in expected.Except(there))
            findings.Lost.Add($"There is no {what} of {missing}");
        foreach (var more in there.Except(expected))
            findings.Doubled.Add($"There is a {what} of {more} that nobody is to be told of");
        foreach (var twice in there.GroupBy(x => x).Where(g => g.Count() > 1))
            findings.Doubled.Add($"There are {twice.Count()} {what}s of {twice.Key}");
    }

    // The rule as the product's users know it, docs/notifications.md: the customer's people are told of what the office
    // writes to them and awaits of them, the office's address and the one responsible of what the customer writes, or
    // all in their profiles where nobody is; colleagues who take part of what the office writes, and who is made
    // responsible by somebody else of that.
    private static (HashSet<(Guid Event, Guid Person)> Notices, HashSet<(Guid Event, string Address)> Mails) Expected(
        List<Event> events, People people)
    {
        var (notices, mails) = (new HashSet<(Guid, Guid)>(), new HashSet<(Guid, string)>());
        foreach (var stream in events.Where(e => e.IsConversation).GroupBy(e => e.Stream))
        {
            Guid? responsible = null;
            var customer = Guid.Empty;
            var tellAll = false;
            var wrote = new List<Guid>();
            var began = Guid.Empty;
            foreach (var e in stream.OrderBy(e => e.Version))
            {
                if (e.Type == "conversation_created")
                {
                    customer = Guid.Parse((string)e.Data["customerId"]!);
                    responsible = (string?)e.Data["responsibleAdministratorId"] is { } id ? Guid.Parse(id) : null;
                    tellAll = (bool?)e.Data["notifyAllAdministrators"] ?? false;
                    began = e.Actor;
                }

                var byContact = people.Contacts.ContainsKey(e.Actor);
                switch (e.Type)
                {
                    case "conversation_created" when byContact:
                    case "comment_added" when byContact && e.Version != 2:
                        mails.Add((e.Id, people.Office(e.Tenant)));
                        if (responsible is { } them && people.AddressOf.ContainsKey(them)) Tell(e, them);
                        else foreach (var one in people.Administrators(e.Tenant)) notices.Add((e.Id, one));
                        if (tellAll) foreach (var one in people.Administrators(e.Tenant)) Tell(e, one);
                        break;
                    case "conversation_created":
                        Tell(e, responsible);
                        if (tellAll) foreach (var one in people.Administrators(e.Tenant)) Tell(e, one);
                        TellContacts(e, customer);
                        break;
                    case "comment_added" when e.Version != 2:
                        Tell(e, responsible);
                        foreach (var one in wrote.TakeLast(50).Append(began)) Tell(e, one);
                        if (tellAll) foreach (var one in people.Administrators(e.Tenant)) Tell(e, one);
                        if ((string?)e.Data["visibility"] == "Public") TellContacts(e, customer);
                        break;
                    case "status_changed" when (string?)e.Data["to"] == "Attention" && e.Data["commentId"] is null:
                        TellContacts(e, customer);
                        break;
                    case "administrator_assigned":
                        responsible = Guid.Parse((string)e.Data["administratorId"]!);
                        Tell(e, responsible);
                        break;
                    case "administrator_unassigned":
                        responsible = null;
                        break;
                    case "admins_notified":
                        foreach (var one in people.Administrators(e.Tenant)) Tell(e, one);
                        break;
                }

                if (e.Type == "comment_added") wrote.Add(e.Actor);
            }
        }

        return (notices, mails);

        void TellContacts(Event e, Guid customer)
        {
            foreach (var (id, address) in people.ContactsOf(customer))
            {
                if (id == e.Actor) continue;
                notices.Add((e.Id, id));
                mails.Add((e.Id, address));
            }
        }

        void Tell(Event e, Guid? who)
        {
            if (who is not { } id || id == e.Actor || !people.AddressOf.TryGetValue(id, out var address)) return;
            notices.Add((e.Id, id));
            mails.Add((e.Id, address));
        }
    }

    private void CompareMails(Dictionary<string, string> sent, Findings findings)
    {
        var received = mail.Received.ToLookup(m => m.MessageId.Split('@')[0]);
        foreach (var (id, state) in sent)
        {
            var copies = received[id].Count();
            if (state == "Sent" && copies == 0)
                findings.Lost.Add($"Mail {id} is said to be sent, and no server has it");
            if (copies > 1)
                findings.Copies.Add($"Mail {id} was sent {copies} times");
        }

        foreach (var unknown in received.Where(m => !sent.ContainsKey(m.Key)))
            findings.Doubled.Add($"Mail {unknown.Key} is in no ledger");
    }

    /// <summary>Rebuilds the read models from the events, and compares them with what they were.</summary>
    private async Task CompareReadModelsAsync(NpgsqlConnection connection, Findings findings)
    {
        await ScalarAsync<object>(connection, "drop schema if exists before cascade; create schema before");
        foreach (var table in s_readModels)
            await ScalarAsync<object>(connection, $"create table before.{table} as table messaging.{table}");
        await ScalarAsync<object>(connection, $"create table before.tallies as {Tallies}");
        using (var store = DocumentStore.For(options =>
        {
            options.Connection(connectionString);
            options.UseMessaging();
            options.AutoCreateSchemaObjects = AutoCreate.None;
        }))
        {
            await store.RebuildReadModelsAsync(CancellationToken.None);
        }

        foreach (var table in s_readModels)
            await CompareAsync(table, $"table before.{table}", $"table messaging.{table}");
        await CompareAsync("status_tallies", "table before.tallies", Tallies);

        async Task CompareAsync(string table, string before, string after)
        {
            var missing = await ScalarAsync<long>(
                connection, $"select count(*) from (({after}) except all ({before})) d");
            var more = await ScalarAsync<long>(connection, $"select count(*) from (({before}) except all ({after})) d");
            if (missing > 0) findings.Lost.Add($"{missing} rows of {table} are not as their events say");
            if (more > missing) findings.Doubled.Add($"{more - missing} rows of {table} have no events");
        }
    }

    private const string Tallies =
        """
        select tenant_id, responsible_administrator_id, status, sum(change) as change from messaging.status_tallies
        group by 1, 2, 3 having sum(change) <> 0
        """;

    private static async Task<List<Event>> EventsAsync(NpgsqlConnection connection)
    {
        var events = new List<Event>();
        await foreach (
            var r in RowsAsync(
                connection,
                "select id, tenant_id, stream_id, version, type, data::text, headers ->> 'actor_id' from "
                    + "messaging.mt_events order by seq_id"
            )
        )
        {
            var actor = await r.IsDBNullAsync(6) ? Guid.Empty : Guid.Parse(r.GetString(6));
            events.Add(
                new Event(
                    r.GetGuid(0), r.GetString(1), r.GetGuid(2), r.GetInt64(3), r.GetString(4),
                    JsonNode.Parse(r.GetString(5))!, actor)
            );
        }

        return events;
    }

    private static async Task<People> PeopleAsync(NpgsqlConnection connection)
    {
        var people = new People();
        await foreach (
            var r in RowsAsync(connection, "select tenant_id, notification_email from messaging.organisations"))
            people.Offices[r.GetString(0)] = r.GetString(1);
        await foreach (
            var r in RowsAsync(
                connection,
                "select tenant_id, id, email from messaging.administrators where role = 'Administrator' and "
                    + "active order by id"
            )
        )
        {
            people.AddressOf[r.GetGuid(1)] = r.GetString(2);
            people.AdministratorsOf.Add((r.GetString(0), r.GetGuid(1)));
        }

        await foreach (
            var r in RowsAsync(connection, "select id, customer_id, email from messaging.contacts where active"))
            people.Contacts[r.GetGuid(0)] = (r.GetGuid(1), r.GetString(2));
        return people;
    }

    private static async Task<Dictionary<string, string>> SentAsync(NpgsqlConnection connection)
    {
        var sent = new Dictionary<string, string>();
        await foreach (var r in RowsAsync(connection, "select id, state from messaging.deliveries"))
            sent[r.GetGuid(0).ToString("N")] = r.GetString(1);
        return sent;
    }

    private static async IAsyncEnumerable<NpgsqlDataReader> RowsAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync()) yield return reader;
    }

    private static async Task<T> ScalarAsync<T>(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync() is T value ? value : default!;
    }

    private async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(connectionString)
            {
                Pooling = false,
                CommandTimeout = 300,
            }.ConnectionString
        );
        await connection.OpenAsync();
        return connection;
    }

    private sealed record Event(
        Guid Id, string Tenant, Guid Stream, long Version, string Type, JsonNode Data, Guid Actor)
    {
        public bool IsConversation =>
            Type
                is "conversation_created"
                    or "comment_added"
                    or "file_attached"
                    or "status_changed"
                    or "administrator_assigned"
                    or "administrator_unassigned"
                    or "admins_notified";
    }

    private sealed class People
    {
        public Dictionary<string, string> Offices { get; } = [];

        public Dictionary<Guid, string> AddressOf { get; } = [];

        public List<(string Tenant, Guid Id)> AdministratorsOf { get; } = [];

        public Dictionary<Guid, (Guid Customer, string Address)> Contacts { get; } = [];

        public string Office(string tenant) => Offices[tenant];

        public IEnumerable<Guid> Administrators(string tenant) =>
            AdministratorsOf.Where(a => a.Tenant == tenant).Select(a => a.Id);

        public IEnumerable<(Guid Id, string Address)> ContactsOf(Guid customer) =>
            Contacts.Where(c => c.Value.Customer == customer).Select(c => (c.Key, c.Value.Address));
    }
}
