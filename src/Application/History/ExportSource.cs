using System.Runtime.CompilerServices;
using System.Text.Json;
using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;
using Messaging.Projections.History;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.History;

/// <summary>An event of an archive.</summary>
/// <param name="Index">Its place in the tree.</param>
/// <param name="Salt">
/// What it was committed to with; null where the key of it is gone, as that of what was erased.
/// </param>
internal sealed record ExportedEvent(long Index, byte[]? Salt, StoredEvent Stored)
{
    private object? _data;

    /// <summary>Who did it; empty where it was the product itself.</summary>
    public Guid ActorId =>
        Guid.TryParse(Stored.Header(EventHeaders.ActorId), out var id) ? id : Guid.Empty;

    /// <summary>The event; <see cref="UnknownEvent"/> where this version has no type for it.</summary>
    public object Data => _data ??= HistoryQueries.Data(Stored.Type, Stored.Data);
}

/// <summary>
/// What an archive is made of: the events of an organisation up to a size of its tree, which never change, and so need
/// no snapshot. Read in pages.
/// </summary>
internal sealed class ExportSource
{
    // Two of them are in memory: with comments of the greatest length 160 MB.
    private const int Page = 500;
    private const int Batch = 200;

    private static readonly string s_created = EventNames.Of(typeof(ConversationCreated));
    private static readonly string s_comment = EventNames.Of(typeof(CommentAdded));
    private static readonly string s_file = EventNames.Of(typeof(FileAttached));
    private static readonly string s_customerNote = EventNames.Of(typeof(CustomerNoted));

    private readonly NpgsqlDataSource _database;
    private readonly Sql _scope;

    private ExportSource(
        NpgsqlDataSource database, string tenantId, long size, ExportScope? scope, OrganisationState office,
        ExportNames names, Sql which)
    {
        (_database, TenantId, Size, Scope, Office, Names) = (database, tenantId, size, scope, office, names);
        _scope = which;
        Zone = Day.ZoneOf(office.TimeZone);
    }

    /// <summary>The organisation.</summary>
    public string TenantId { get; }

    /// <summary>The number of events in the tree.</summary>
    public long Size { get; }

    /// <summary>What of it is exported; null for all.</summary>
    public ExportScope? Scope { get; }

    /// <summary>The organisation as of then.</summary>
    public OrganisationState Office { get; }

    /// <summary>Its time zone.</summary>
    public TimeZoneInfo Zone { get; }

    /// <summary>Who was called what when.</summary>
    public ExportNames Names { get; }

    /// <summary>The last instant of it; null of none.</summary>
    public DateTimeOffset? Until { get; private init; }

    /// <summary>Looks up what an archive of a size needs.</summary>
    /// <exception cref="ExportException">There is no such organisation or customer, or not in the tree yet.</exception>
    public static async Task<ExportSource> OpenAsync(
        NpgsqlDataSource database, string tenantId, long size, ExportScope? scope, CancellationToken cancellation)
    {
        var all = new ExportSource(
            database, tenantId, size, null,
            new OrganisationState(Guid.Parse(tenantId), 0, "", "", "de", "UTC", false), new ExportNames(), Sql.Nothing);
        OrganisationState? office = null;
        await foreach (var e in all.EventsAsync<OrganisationEvent>(cancellation))
        {
            if (e.Data is OrganisationEvent data)
                office = OrganisationState.Evolve(office, e.Stored.StreamId, data);
        }

        if (office is null) throw new ExportException($"There is no organisation {tenantId}, or nothing in its tree");
        var names = await NamesAsync(all, cancellation);
        var which = Sql.Nothing;
        if (scope is not null)
        {
            if (!names.Customers.Contains(scope.CustomerId))
                throw new ExportException($"There is no customer {scope.CustomerId} in organisation {tenantId}");
            which = await all.WhichAsync(scope, names, Day.ZoneOf(office.TimeZone), cancellation);
        }

        var until = await Sql.Of(
            $"""
             select e.timestamp from messaging.audit_leaves l
             join messaging.mt_events e on e.tenant_id = l.tenant_id and e.id = l.event_id
             where l.tenant_id = {tenantId} and l.index = {size - 1}
             """).ListAsync(database, r => r.Instant(0), cancellation);
        return new ExportSource(database, tenantId, size, scope, office, names, which)
        {
            Until = until is [var at] ? at : null,
        };
    }

    /// <summary>The events, in the order of the tree.</summary>
    public IAsyncEnumerable<ExportedEvent> EventsAsync(CancellationToken cancellation) =>
        PagesAsync(Sql.Nothing, cancellation);

    /// <summary>The events of a family, in the order of the tree.</summary>
    public IAsyncEnumerable<ExportedEvent> EventsAsync<T>(CancellationToken cancellation) =>
        PagesAsync(Sql.Of($" and e.type = any({EventNames.Those<T>().ToArray()})"), cancellation);

    /// <summary>The conversations, in the order in which they began, some at a time.</summary>
    public async IAsyncEnumerable<IReadOnlyList<ExportedEvent>> ConversationsAsync(
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        var batch = new List<ExportedEvent>(Batch);
        await foreach (var e in PagesAsync(Sql.Of($" and e.type = {s_created}"), cancellation))
        {
            batch.Add(e);
            if (batch.Count < Batch) continue;
            yield return batch;
            batch = new List<ExportedEvent>(Batch);
        }

        if (batch.Count > 0) yield return batch;
    }

    /// <summary>The events of these streams, one stream after the other.</summary>
    /// <param name="isWithComments">False leaves out the comments.</param>
    public async IAsyncEnumerable<ExportedEvent> OfStreamsAsync(
        IReadOnlyCollection<Guid> streams, bool isWithComments,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        var more = isWithComments ? Sql.Nothing : Sql.Of($" and e.type <> {s_comment}");

        // One after the other, each by the index of its versions: of several at once each page would look at all.
        foreach (var stream in streams)
        {
            var version = 0L;
            for (var count = Page; count == Page;)
            {
                var rows = await Sql.Of(
                    $"""
                     {Select}{more} and e.stream_id = {stream} and e.version > {version}
                     order by e.version limit {Page}
                     """).ListAsync(_database, Event, cancellation);
                count = rows.Count;
                foreach (var row in rows) yield return row;
                if (count > 0) version = rows[^1].Stored.Version;
            }
        }
    }

    /// <summary>The number of comments of these conversations.</summary>
    public async Task<IReadOnlyDictionary<Guid, long>> CommentsAsync(
        IReadOnlyCollection<Guid> streams, CancellationToken cancellation) =>
        (await Sql.Of(
            $"""
             select k.stream_id, count(*) from ({Select} and e.type = {s_comment}
                 and e.stream_id = any({Sql.Ids(streams)})) k group by 1
             """).ListAsync(_database, r => (r.GetGuid(0), r.GetInt64(1)), cancellation))
        .ToDictionary(r => r.Item1, r => r.Item2);

    private Sql Select => Sql.Of(
        $"""
         select l.index, s.key, z.salt, {StoredEvent.Columns} from messaging.audit_leaves l
         join messaging.mt_events e on e.tenant_id = l.tenant_id and e.id = l.event_id
         left join messaging.audit_subjects s on s.tenant_id = l.tenant_id and s.subject_id = l.subject_id
         left join messaging.audit_salts z on z.tenant_id = l.tenant_id and z.event_id = l.event_id
         where l.tenant_id = {TenantId} and l.index < {Size}{_scope}
         """);

    private async IAsyncEnumerable<ExportedEvent> PagesAsync(
        Sql more, [EnumeratorCancellation] CancellationToken cancellation)
    {
        // The next page is read while whoever asks works with this one.
        Task<List<ExportedEvent>>? coming = PageAsync(0);
        try
        {
            while (coming is not null)
            {
                var rows = await coming;
                coming = rows.Count == Page ? PageAsync(rows[^1].Index + 1) : null;
                foreach (var row in rows) yield return row;
            }
        }
        finally
        {
            if (coming is not null) await ((Task)coming).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        Task<List<ExportedEvent>> PageAsync(long next) =>
            Sql.Of($"{Select}{more} and l.index >= {next} order by l.index limit {Page}")
                .ListAsync(_database, Event, cancellation);
    }

    // The customer's own streams, by what events say: a row of a read model may be another's tomorrow.
    private async Task<Sql> WhichAsync(
        ExportScope scope, ExportNames names, TimeZoneInfo zone, CancellationToken cancellation)
    {
        var people = new List<Guid>([scope.CustomerId, .. names.ContactsOf(scope.CustomerId)]);
        var began = new List<Guid>();
        await foreach (var e in PagesAsync(
            Sql.Of($" and e.type = {s_created} and e.data ->> 'customerId' = {scope.CustomerId.ToString()}"),
            cancellation)) began.Add(e.Stored.StreamId);
        var from = scope.From is { } first ? Day.StartOf(first, zone) : DateTimeOffset.MinValue.AddDays(1);
        var to = scope.To is { } last ? Day.StartOf(last.AddDays(1), zone) : DateTimeOffset.MaxValue.AddDays(-1);
        var inTime = await Sql.Of(
            $"""
             select distinct e.stream_id from messaging.mt_events e
             where e.tenant_id = {TenantId} and e.stream_id = any({Sql.Ids(began)})
                 and e.timestamp >= {from} and e.timestamp < {to}
             """).ListAsync(_database, r => r.GetGuid(0), cancellation);
        // Whenever it was: by changes of the key, which have nothing of anybody, an earlier key proves the archive.
        var which = Sql.Of(
            $"""
              and (e.type = {CheckpointKeys.Event} or e.timestamp < {to} and (e.stream_id = any({Sql.Ids(people)})
                 or e.stream_id = any({Sql.Ids(inTime)}) and (e.timestamp >= {from} or e.type = {s_created})))
             """);
        if (scope.WithNotes) return which;
        return which + Sql.Of(
            $"""
              and e.type <> {s_customerNote}
                 and not (e.type = {s_comment} and e.data ->> 'visibility' = {nameof(CommentVisibility.Internal)})
                 and not (e.type = {s_file} and exists (
                     select from messaging.mt_events n
                     where n.tenant_id = e.tenant_id and n.stream_id = e.stream_id and n.type = {s_comment}
                         and n.data ->> 'commentId' = e.data ->> 'commentId'
                         and n.data ->> 'visibility' = {nameof(CommentVisibility.Internal)}))
             """);
    }

    private static async Task<ExportNames> NamesAsync(ExportSource all, CancellationToken cancellation)
    {
        var names = new ExportNames();
        await foreach (var e in all.PagesAsync(
            Sql.Of($" and e.type = any({ExportNames.Types.ToArray()})"), cancellation)) names.Add(e);
        return names;
    }

    private static ExportedEvent Event(NpgsqlDataReader r)
    {
        var stored = StoredEvent.Of(r, 3);
        var key = r.IsDBNull(1) ? null : r.GetFieldValue<byte[]>(1);
        var salt = !r.IsDBNull(2) ? r.GetFieldValue<byte[]>(2)
            : key is null || (key.Length == 0 && ErasedEvent.IsMasked(stored)) ? null
            : AuditLeaf.Salt(stored.Id, key);
        return new ExportedEvent(r.GetInt64(0), salt, stored);
    }
}

/// <summary>Who was called what when, by what events say.</summary>
internal sealed class ExportNames
{
    private readonly Dictionary<Guid, List<(long Index, string Name)>> _names = [];
    private readonly Dictionary<Guid, Guid> _customers = [];

    /// <summary>The events that give names.</summary>
    public static IReadOnlyList<string> Types { get; } =
    [
        .. new[]
        {
            typeof(OrganisationRegistered), typeof(OrganisationRenamed), typeof(CustomerRegistered),
            typeof(CustomerRenamed), typeof(AdministratorInvited), typeof(ServiceAccountCreated),
            typeof(AdministratorRenamed), typeof(ContactInvited), typeof(ContactAdded), typeof(ContactRenamed),
        }.Select(EventNames.Of),
    ];

    /// <summary>The customers.</summary>
    public HashSet<Guid> Customers { get; } = [];

    /// <summary>The contacts of a customer.</summary>
    public IEnumerable<Guid> ContactsOf(Guid customer) =>
        _customers.Where(c => c.Value == customer).Select(c => c.Key);

    /// <summary>Takes one in.</summary>
    public void Add(ExportedEvent e)
    {
        var id = e.Stored.StreamId;
        using var data = JsonDocument.Parse(e.Stored.Data);
        var name = Text(data, "displayName") ?? Text(data, "name");
        if (e.Data is CustomerRegistered) Customers.Add(id);
        if (Guid.TryParse(Text(data, "customerId"), out var customer)) _customers[id] = customer;
        if (name is null) return;
        if (!_names.TryGetValue(id, out var list)) _names[id] = list = [];
        list.Add((e.Index, name));
    }

    /// <summary>The name of somebody or something when an event happened.</summary>
    public string Of(Guid? id, long index)
    {
        if (id is not { } known) return "";
        if (!_names.TryGetValue(known, out var list)) return known == Guid.Empty ? "Programm" : known.ToString();
        var at = list.FindLastIndex(n => n.Index <= index);
        return list[Math.Max(at, 0)].Name;
    }

    /// <summary>The same; nothing for what has no name, such as a conversation.</summary>
    public string NameOrNothing(Guid id, long index) => _names.ContainsKey(id) ? Of(id, index) : "";

    /// <summary>The customer that a contact is of.</summary>
    public Guid? CustomerOf(Guid contact) => _customers.TryGetValue(contact, out var id) ? id : null;

    private static string? Text(JsonDocument data, string name) =>
        data.RootElement.ValueKind == JsonValueKind.Object && data.RootElement.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
