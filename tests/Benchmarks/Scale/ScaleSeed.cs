using System.Diagnostics;
using System.Globalization;
using Marten;
using Messaging.Api.Hosting;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.Organisation;
using Messaging.Projections.Conversations.Search;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Benchmarks.Scale;

/// <summary>
/// Fills a database with one big office, as three years of work would have: events and read models by COPY, in the
/// order in which it would have happened, so that the comments of a conversation lie as far apart as they do in life. A
/// sample is checked against what the projection makes of the same events.
/// </summary>
internal sealed class ScaleSeed(NpgsqlDataSource database, int conversations, int comments)
{
    /// <summary>The office.</summary>
    public static readonly Guid Organisation = new("0195a000-0000-7000-8000-000000000001");

    private const int Years = 3;
    private const string ConversationEvents = "Messaging.Domain.Conversations.";

    private readonly Random _random = new(4711);
    private readonly DateTimeOffset _end = new(
        DateTimeOffset.UtcNow.Ticks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, TimeSpan.Zero);
    private readonly List<Guid> _administrators = [];
    private readonly List<(Guid Id, List<Guid> Contacts)> _customers = [];
    private readonly Dictionary<Guid, Guid> _contactOf = [];
    private readonly Dictionary<(Guid? Responsible, ConversationStatus Status), int> _tallies = [];
    private Vocabulary _vocabulary = null!;
    private CopyStream _events = null!;
    private CopyStream _streamsOf = null!;
    private CopyStream _conversationRows = null!;
    private CopyStream _subjects = null!;
    private CopyStream _comments = null!;
    private CopyStream _files = null!;
    private CopyStream _periods = null!;
    private CopyStream _waits = null!;
    private CopyStream _markers = null!;
    private CopyStream _notifications = null!;
    private long _sequence;
    private long _flushed;

    private static string Tenant => Organisation.ToString();

    public async Task RunAsync()
    {
        var time = Stopwatch.StartNew();
        Say("tables");
        await using var store = OpenStore(database);
        await store.Storage.ApplyAllConfiguredChangesToDatabaseAsync();
        await store.UpgradeReadModelsAsync(database, CancellationToken.None);
        await AppendOfficeAsync(store);
        _sequence = (long)(await ScalarAsync("select max(seq_id) from messaging.mt_events"))!;
        var indexes = await DropIndexesAsync();
        Say($"texts, after {time.Elapsed.TotalSeconds:0} s");
        _vocabulary = new Vocabulary(_random, Math.Clamp(conversations / 5, 5_000, 100_000));
        Say($"{conversations} conversations with {comments} comments, after {time.Elapsed.TotalSeconds:0} s");
        await WriteAsync();
        Say($"{indexes.Count} indexes, after {time.Elapsed.TotalSeconds:0} s");
        foreach (var index in indexes) await ExecuteAsync($"set maintenance_work_mem = '2GB'; {index}");
        await FollowAsync();
        Say($"vacuum analyze, after {time.Elapsed.TotalSeconds:0} s");
        await ExecuteAsync("vacuum analyze");
        Say(
            $"done after {time.Elapsed.TotalSeconds:0} s: "
                + $"{await ScalarAsync("select pg_size_pretty(pg_database_size(current_database()))")}"
        );
    }

    public static DocumentStore OpenStore(NpgsqlDataSource database) =>
        DocumentStore.For(options =>
        {
            options.Connection(database);
            options.UseMessaging();
        });

    private static void Say(string what) => Console.Error.WriteLine($"… {what}");

    private async Task AppendOfficeAsync(DocumentStore store)
    {
        await using var session = store.LightweightSession(Tenant);
        var start = _end.AddYears(-Years);
        Start(
            Organisation,
            new OrganisationRegistered("Kanzlei Sommer", "buchhaltung@kanzlei-sommer.example", "de", "Europe/Berlin"));
        for (var i = 0; i < 8; i++)
        {
            _administrators.Add(Guid.CreateVersion7(start));
            Start(
                _administrators[^1],
                new AdministratorInvited(
                    $"Bernd Winter {i}", $"bernd.winter{i}@kanzlei-sommer.example", Role.Administrator, i == 0, "de")
            );
        }

        await session.SaveChangesAsync();

        void Start(Guid id, object data)
        {
            var e = session.Events.BuildEvent(data);
            (e.Id, e.Timestamp) = (Guid.CreateVersion7(start), start);
            e.SetHeader("actor_kind", nameof(ParticipantKind.System));
            e.SetHeader("actor_id", Guid.Empty.ToString());
            session.Events.StartStream(id, e);
        }
    }

    private async Task WriteAsync()
    {
        await using var copy = new CopyStreams(database);
        _events = await copy.OpenAsync(
            "mt_events",
            "seq_id, id, stream_id, version, data, type, timestamp, tenant_id, mt_dotnet_type, headers, "
                + "user_name, is_archived"
        );
        _streamsOf = await copy.OpenAsync("mt_streams", "tenant_id, id, version, timestamp, created");
        _conversationRows = await copy.OpenAsync(
            "conversations",
            "tenant_id, id, subject, status, awaiting, awaiting_since, office_awaited, customer_id, "
                + "responsible_administrator_id, notify_all_administrators, created_by_kind, "
                + "created_by_id, created_at, updated_at, version, comment_count, last_comment_id, "
                    + "last_comment_position, last_comment_by, public_updated_at, public_version, "
                + "public_comment_count, last_public_comment_id, last_public_comment_position, "
                    + "last_public_comment_by, search_key"
        );
        _subjects = await copy.OpenAsync("subjects", "tenant_id, conversation_id, search");
        _comments = await copy.OpenAsync(
            "comments",
            "tenant_id, conversation_id, id, position, author_kind, author_id, body, visibility, created_at, search");
        _files = await copy.OpenAsync(
            "files",
            "tenant_id, conversation_id, comment_id, visibility, id, position, name, media_type, size, sha256, "
                + "uploaded_by_kind, uploaded_by_id, created_at, search"
        );
        _periods = await copy.OpenAsync(
            "status_periods", "tenant_id, conversation_id, position, status, from_at, to_at");
        _waits = await copy.OpenAsync(
            "waits",
            "tenant_id, conversation_id, kind, position, customer_id, from_at, to_at, outcome, administrator_id");
        _markers = await copy.OpenAsync("read_markers", "tenant_id, conversation_id, person_id, position, read_at");
        _notifications = await copy.OpenAsync(
            "notifications",
            "tenant_id, id, recipient_id, kind, conversation_id, comment_id, actor_kind, actor_id, event_id, "
                + "created_at, read_at, sequence"
        );
        await WritePeopleAsync(copy);

        var start = _end.AddYears(-Years);
        var each = (_end - start) / conversations;
        var due = new PriorityQueue<Story, DateTimeOffset>();
        var left = comments;
        for (var i = 0; i < conversations; i++)
        {
            var at = Microseconds(start + (each * i));
            while (due.TryPeek(out var story, out var when) && when <= at)
                await ContinueAsync(due, story, when);
            var many =
                i == conversations - 1
                    ? left
                    : Math.Clamp(
                        1 + (int)(-Math.Log(1 - _random.NextDouble()) * (((double)left / (conversations - i)) - 1)), 1,
                        left - (conversations - 1 - i));
            left -= many;
            await BeginAsync(due, at, many);
        }

        while (due.TryPeek(out var story, out var when)) await ContinueAsync(due, story, when);
        var tallies = await copy.OpenAsync("status_tallies", "tenant_id, responsible_administrator_id, status, change");
        foreach (var ((responsible, status), count) in _tallies) tallies.Row(Tenant, responsible, status, count);
    }

    private async Task WritePeopleAsync(CopyStreams copy)
    {
        var customers = await copy.OpenAsync(
            "customers", "tenant_id, id, name, name_order, words, search_name, search");
        var contacts = await copy.OpenAsync(
            "contacts", "tenant_id, id, customer_id, display_name, name_order, words, email, locale, active");
        var start = _end.AddYears(-Years);
        for (var i = 0; i < Math.Max(1, conversations / 100); i++)
        {
            var (id, name) = (Guid.CreateVersion7(start), _vocabulary.Company(i));
            var parts = string.Join(
                ' ', SearchName.Parts(Tenant, name).Select(p => $"'{p.Replace("'", "''", StringComparison.Ordinal)}'"));
            customers.Row(
                Tenant, id, name, NameOrder.Of(name), NamesFound.WordsOf(Tenant, name), SearchName.Stored(name), parts);
            Event(
                id,
                1,
                "customer_registered",
                "Messaging.Domain.Customers.CustomerRegistered",
                $$"""{"name":"{{name}}"}""",
                start,
                Participant.System
            );
            Stream(id, 1, start, start);
            List<Guid> people = [];
            for (var j = 0; j < 1 + (i % 2); j++)
            {
                var (contact, person, email) = (
                    Guid.CreateVersion7(start), _vocabulary.Person(), $"kontakt{i}.{j}@kunde.example");
                contacts.Row(
                    Tenant, contact, id, person, NameOrder.Of(person), NamesFound.WordsOf(Tenant, person), email, "de",
                    true);
                Event(
                    contact,
                    1,
                    "contact_invited",
                    "Messaging.Domain.Customers.ContactInvited",
                    $$"""{"customerId":"{{id}}","displayName":"{{person}}","email":"{{email}}","locale":"de"}""",
                    start,
                    Participant.System
                );
                Stream(contact, 1, start, start);
                people.Add(contact);
            }

            _customers.Add((id, people));
            _contactOf.Add(id, people[^1]);
        }
    }

    private async Task BeginAsync(PriorityQueue<Story, DateTimeOffset> due, DateTimeOffset at, int many)
    {
        // A customer has about a hundred conversations; one in fifty has ten times as many.
        var customer = _customers[
            _random.Next(6) == 0 ? _random.Next(1 + (_customers.Count / 50)) : _random.Next(_customers.Count)
        ];
        var by =
            _random.Next(3) == 0
                ? Participant.Contact(customer.Contacts[0])
                : Participant.Administrator(Administrator());
        var responsible = _random.Next(10) == 0 ? (Guid?)null : Administrator();
        var story = new Story(
            Guid.CreateVersion7(at), customer.Id, by, _vocabulary.Subject(), responsible, at,
            SearchText.KeyOf(Tenant, at));

        // Most are over after some days; one in thirty goes on for months.
        var days = -Math.Log(1 - _random.NextDouble()) * (_random.Next(30) == 0 ? 120 : 4);
        var last = at.AddDays(days) is var end && end < _end ? end : _end;
        var times = Enumerable
            .Range(0, many)
            .Select(i => i == 0 ? 0 : _random.NextDouble())
            .Order()
            .Select(x => Microseconds(at + ((last - at) * x)))
            .ToArray();
        for (var i = 1; i < times.Length; i++)
        {
            // One after the other.
            if (times[i] <= times[i - 1]) times[i] = times[i - 1].AddMicroseconds(1);
        }

        story.Times = times;
        Event(
            story.Id, 1, "conversation_created", ConversationEvents + nameof(ConversationCreated),
            $$"""{"customerId":"{{story.Customer}}","createdBy":{{Json(by)}},"subject":"{{story.Subject.Text}}","status":"Open","responsibleAdministratorId":{{(responsible is { } r ? $"\"{r}\"" : "null")}},"notifyAllAdministrators":false}""",
            at, by);
        await ContinueAsync(due, story, at, isNew: true);
    }

    private async Task ContinueAsync(
        PriorityQueue<Story, DateTimeOffset> due, Story story, DateTimeOffset at, bool isNew = false)
    {
        if (!isNew) due.Dequeue();
        var customer = story.Written == 0 ? story.StartedBy : Participant.Contact(CustomerContact(story));
        var byCustomer = story.Written == 0 ? story.StartedBy.Kind == ParticipantKind.Contact : _random.Next(100) < 45;
        var author =
            story.Written == 0 ? story.StartedBy
            : byCustomer ? customer
            : Participant.Administrator(story.Responsible is { } r && _random.Next(4) > 0 ? r : Administrator());
        var visibility =
            !byCustomer && story.Written > 0 && _random.Next(8) == 0
                ? CommentVisibility.Internal
                : CommentVisibility.Public;
        Comment(story, author, visibility, at);
        story.Written++;
        var isLast = story.Written == story.Times.Length;
        if (byCustomer && story.Status != ConversationStatus.Open)
            Change(story, ConversationStatus.Open, StatusChangeReason.CustomerReplied, author, at);
        if (!byCustomer && visibility == CommentVisibility.Public && _random.Next(6) == 0)
            ChangeByOffice(story, ConversationStatus.Attention, author, at);
        if (isLast && _random.Next(100) < 92 && at < _end.AddDays(-3))
            ChangeByOffice(story, ConversationStatus.Answered, Participant.Administrator(Administrator()), at);
        if (isLast)
            End(story);
        else
            due.Enqueue(story, story.Times[story.Written]);
        if (_sequence - _flushed > 2_000)
        {
            _flushed = _sequence;
            await FlushAsync();
        }
    }

    private void Comment(Story story, Participant author, CommentVisibility visibility, DateTimeOffset at)
    {
        var id = Guid.CreateVersion7(at);
        var text = _vocabulary.Sentence();
        for (var more = _random.Next(3); more > 1; more--) text = Joined(text, _vocabulary.Sentence());

        // A number may make one word with what is before it.
        if (_random.Next(20) == 0) text = Phrase.Of($"{text.Text}. {_vocabulary.Number()}");
        story.Comment(id, author, visibility, at);
        _comments.Row(
            Tenant, story.Id, id, story.Version, author.Kind, author.Id, text.Text, visibility, at,
            Keyed(story, text, author.Id));
        var e = Event(
            story.Id,
            story.Version,
            "comment_added",
            ConversationEvents + nameof(CommentAdded),
            $$"""{"commentId":"{{id}}","author":{{Json(author)}},"body":"{{text.Text}}","visibility":"{{visibility}}"}""",
            at,
            author
        );
        if (author.Kind == ParticipantKind.Contact && story.Responsible is { } responsible)
            _notifications.Row(
                Tenant, Guid.CreateVersion7(at), responsible, "CustomerCommented", story.Id, id, author.Kind, author.Id,
                e, at, at < _end.AddDays(-5) ? at : null, _sequence);
        if (_random.Next(20) != 0)
            return;
        var (file, name) = (Guid.CreateVersion7(at), _vocabulary.FileName(at));
        var hash = new string('a', 64);
        story.File(visibility, at);
        _files.Row(
            Tenant, story.Id, id, visibility, file, story.Version, name.Text, "application/pdf", 12_345, hash,
            author.Kind, author.Id, at, Keyed(story, name));
        Event(
            story.Id,
            story.Version,
            "file_attached",
            ConversationEvents + nameof(FileAttached),
            $$"""{"fileId":"{{file}}","commentId":"{{id}}","name":"{{name.Text}}","mediaType":"application/pdf","size":12345,"sha256":"{{hash}}","uploadedBy":{{Json(author)}}}""",
            at,
            author
        );
    }

    private void ChangeByOffice(Story story, ConversationStatus to, Participant by, DateTimeOffset at)
    {
        if (story.Status != to) Change(story, to, StatusChangeReason.SetByAdministrator, by, at);
    }

    private void Change(
        Story story, ConversationStatus to, StatusChangeReason reason, Participant by, DateTimeOffset at)
    {
        _periods.Row(Tenant, story.Id, story.StatusPosition, story.Status, story.StatusSince, at);
        var from = story.Status;
        story.Change(to, by, at);
        Event(
            story.Id,
            story.Version,
            "status_changed",
            ConversationEvents + nameof(StatusChanged),
            $$"""{"from":"{{from}}","to":"{{to}}","reason":"{{reason}}"}""",
            at,
            by
        );
    }

    private void End(Story s)
    {
        _periods.Row(Tenant, s.Id, s.StatusPosition, s.Status, s.StatusSince, null);
        foreach (var w in s.Waits)
            _waits.Row(
                Tenant, s.Id, w.Kind, w.Position, s.Customer, w.From, w.To, w.Outcome?.ToString(), w.Administrator);
        Stream(s.Id, s.Version, s.UpdatedAt, s.CreatedAt);
        _subjects.Row(Tenant, s.Id, Keyed(s, s.Subject, [s.Customer, .. s.Responsible is { } r ? (Guid[])[r] : []]));
        _conversationRows.Row(
            Tenant, s.Id, s.Subject.Text, s.Status, s.Awaiting, s.AwaitingSince, s.OfficeAwaited, s.Customer,
            s.Responsible, false, s.StartedBy.Kind, s.StartedBy.Id, s.CreatedAt, s.UpdatedAt, s.Version, s.Comments,
            s.Last.Id, s.Last.Position, s.Last.By, s.PublicUpdatedAt, s.PublicVersion, s.PublicComments,
            s.LastPublic.Id, s.LastPublic.Position, s.LastPublic.By, s.Key);
        _tallies[(s.Responsible, s.Status)] = _tallies.GetValueOrDefault((s.Responsible, s.Status)) + 1;

        // Who is responsible has read nearly all of it, and the first administrator a third of the rest.
        if (s.Responsible is { } responsible && _random.Next(50) > 0)
            _markers.Row(Tenant, s.Id, responsible, s.Version, s.UpdatedAt);
        if (s.Responsible != _administrators[0] && _random.Next(3) == 0)
            _markers.Row(Tenant, s.Id, _administrators[0], s.Version, s.UpdatedAt);
    }

    private Guid Event(
        Guid stream, int version, string type, string dotnetType, string data, DateTimeOffset at, Participant by)
    {
        var id = Guid.CreateVersion7(at);
        _events.Row(
            ++_sequence,
            id,
            stream,
            version,
            data,
            type,
            at,
            Tenant,
            dotnetType + ", Messaging.Domain",
            $$"""{"actor_id":"{{by.Id}}","actor_kind":"{{by.Kind}}"}""",
            by.Id,
            false
        );
        return id;
    }

    private void Stream(Guid id, int version, DateTimeOffset at, DateTimeOffset created) =>
        _streamsOf.Row(Tenant, id, version, at, created);

    private async Task FlushAsync()
    {
        foreach (
            var stream in (CopyStream[])
                [
                    _events, _streamsOf, _conversationRows, _subjects, _comments, _files, _periods, _waits, _markers,
                    _notifications
                ]
        )
            await stream.FlushAsync();
    }

    /// <summary>Tells what follows the log of events that all of this is done.</summary>
    private async Task FollowAsync()
    {
        await ExecuteAsync(
            $"select setval('messaging.mt_events_sequence', {_sequence.ToString(CultureInfo.InvariantCulture)})");
        await ExecuteAsync(
            $"update messaging.mt_event_progression set last_seq_id = "
                + $"{_sequence.ToString(CultureInfo.InvariantCulture)}"
        );
        foreach (var name in (string[])["HighWaterMark", "HighWaterAllocationFence", "notifications:All"])
        {
            await ExecuteAsync(
                $"insert into messaging.mt_event_progression (name, last_seq_id) values ('{name}', "
                    + $"{_sequence.ToString(CultureInfo.InvariantCulture)}) on conflict do nothing"
            );
        }
    }

    // Made again when the rows are there: that takes a fraction of the time.
    private async Task<List<string>> DropIndexesAsync()
    {
        var again = new List<string>();
        await using var command = database.CreateCommand(
            """
            select 'alter table ' || c.conrelid::regclass || ' drop constraint ' || quote_ident(c.conname),
                'alter table ' || c.conrelid::regclass || ' add constraint ' || quote_ident(c.conname) || ' ' ||
                    pg_get_constraintdef(c.oid), case c.contype when 'f' then 3 else 1 end as step
            from pg_constraint c join pg_class r on r.oid = c.conrelid join pg_namespace n on n.oid = r.relnamespace
            where n.nspname = 'messaging' and r.relname = any($1) and c.contype in ('p', 'u', 'f')
            union all
            select 'drop index ' || i.indexrelid::regclass, pg_get_indexdef(i.indexrelid), 2
            from pg_index i join pg_class r on r.oid = i.indrelid join pg_namespace n on n.oid = r.relnamespace
            where n.nspname = 'messaging' and r.relname = any($1) and not exists (select from pg_constraint c
                where c.conindid = i.indexrelid)
            order by step desc
            """);
        command.Parameters.Add(new NpgsqlParameter
        {
            Value = (string[])["mt_events", "mt_streams", "conversations", "subjects", "comments", "files",
                "status_periods", "waits", "read_markers", "notifications", "customers", "contacts"],
        });
        var drops = new List<string>();
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                drops.Add(reader.GetString(0));
                again.Insert(0, reader.GetString(1));
            }
        }

        foreach (var drop in drops) await ExecuteAsync(drop);
        return again;
    }

    private Guid Administrator() => _administrators[_random.Next(_administrators.Count)];

    private Guid CustomerContact(Story story) =>
        story.StartedBy.Kind == ParticipantKind.Contact ? story.StartedBy.Id : _contactOf[story.Customer];

    private async Task ExecuteAsync(string sql)
    {
        await using var command = database.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync();
    }

    private async Task<object?> ScalarAsync(string sql)
    {
        await using var command = database.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }

    private static Phrase Joined(Phrase a, Phrase b) => new($"{a.Text}. {b.Text}", a.Words + b.Words);

    private static string Keyed(Story story, Phrase text, params IEnumerable<Guid> of) =>
        (text.Words + string.Concat(of.Select(id => " " + SearchText.WordOf(id)))).Replace(
            " ", " " + story.Key, StringComparison.Ordinal);

    private static string Json(Participant participant) =>
        $$"""{"kind":"{{participant.Kind}}","id":"{{participant.Id}}"}""";

    private static DateTimeOffset Microseconds(DateTimeOffset at) =>
        new(at.Ticks / TimeSpan.TicksPerMicrosecond * TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);
}
