using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;
using Messaging.Projections.Accounts;
using Messaging.Projections.Customers;
using Messaging.Projections.Organisation;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Projections.History;

/// <summary>Somebody, or a customer, as they were at an instant.</summary>
public readonly record struct PastKey(Guid Id, DateTimeOffset At)
{
    /// <summary>The instant, to the microsecond: the database has no finer ones.</summary>
    public DateTimeOffset At { get; } = new(At.UtcTicks - (At.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
}

/// <summary>
/// People and customers as they were at an instant, from their own events, for administrators and auditors. The streams
/// of those who are asked for are read once, however many instants of them are. Before they were entered (events of an
/// import, say, may be older) they are as they were at first.
/// </summary>
public sealed class PastPeople(NpgsqlDataSource database)
{
    private static readonly Comparer<byte[]> s_byLetters =
        Comparer<byte[]>.Create((one, other) => one.AsSpan().SequenceCompareTo(other));

    /// <summary>The people of the office; those that there are not are missing.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<IReadOnlyDictionary<PastKey, AdministratorRow>> AdministratorsAsync(
        Caller caller, IReadOnlyCollection<PastKey> keys, CancellationToken cancellation)
    {
        OfficeOnly.DemandOffice(caller);
        var streams = await StreamsAsync(caller, keys, "administrators", Sql.Nothing, cancellation);
        return Of(keys, streams, (key, events) => Administrator(key, events, Veil.Of(caller, streams[key.Id])));
    }

    /// <summary>The contacts; those that the caller does not see are missing.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<IReadOnlyDictionary<PastKey, ContactRow>> ContactsAsync(
        Caller caller, IReadOnlyCollection<PastKey> keys, CancellationToken cancellation)
    {
        OfficeOnly.DemandOffice(caller);
        var seen = LimitedAccess.OfCustomer(caller, "p.customer_id");
        var streams = await StreamsAsync(caller, keys, "contacts", seen, cancellation);
        return Of(keys, streams, (key, events) => Contact(key, events, Veil.Of(caller, streams[key.Id])));
    }

    /// <summary>The customers; those that the caller does not see are missing.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<IReadOnlyDictionary<PastKey, CustomerRow>> CustomersAsync(
        Caller caller, IReadOnlyCollection<PastKey> keys, CancellationToken cancellation)
    {
        OfficeOnly.DemandOffice(caller);
        var seen = LimitedAccess.OfCustomer(caller, "p.id");
        return Of(keys, await StreamsAsync(caller, keys, "customers", seen, cancellation), Customer);
    }

    /// <summary>
    /// The contacts that these customers had, by name: at most <see cref="CustomerQueries.ContactsMaximum"/> of each.
    /// </summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<IReadOnlyDictionary<PastKey, IReadOnlyList<ContactRow>>> ContactsOfAsync(
        Caller caller, IReadOnlyCollection<PastKey> customers, CancellationToken cancellation)
    {
        OfficeOnly.DemandOffice(caller);
        var ids = customers.Select(c => c.Id).Distinct().ToList();
        var people = await Sql.Of(
            $"""
             select k.id, p.id
             from unnest({Sql.Ids(ids)}) as k(id)
             cross join lateral (
                 select p.id from messaging.contacts p where p.tenant_id = {caller.TenantId} and p.customer_id = k.id
                     {LimitedAccess.OfCustomer(caller, "p.customer_id")}
                 order by p.name_order, p.id limit {CustomerQueries.ContactsMaximum}) p
             """).ListAsync(database, r => (Customer: r.GetGuid(0), Id: r.GetGuid(1)), cancellation);
        var ofCustomer = people.ToLookup(p => p.Customer, p => p.Id);
        var keys = customers.SelectMany(c => ofCustomer[c.Id].Select(id => new PastKey(id, c.At))).ToHashSet();
        var streams = await StreamsAsync(caller, keys, "contacts", Sql.Nothing, cancellation);
        var then = Of(keys, streams, (key, events) => Contact(key, events, Veil.Of(caller, streams[key.Id])));
        return customers.Distinct().ToDictionary(
            c => c,
            c => (IReadOnlyList<ContactRow>)
                [.. ofCustomer[c.Id].Where(id => streams[id].First().At <= c.At)
                    .Select(id => then[new PastKey(id, c.At)])
                    .OrderBy(p => NameOrder.Of(p.DisplayName), s_byLetters).ThenBy(p => p.Id)]);
    }

    // Whole streams: who they are of has few events, and the clock may have been set back between them.
    private async Task<ILookup<Guid, Happening>> StreamsAsync(
        Caller caller, IEnumerable<PastKey> keys, string table, Sql seen, CancellationToken cancellation)
    {
        var ids = keys.Select(k => k.Id).Distinct().ToList();
        var rows = await Sql.Of(
            $"""
             select e.stream_id, e.version, e.timestamp, e.type, e.data::text
             from messaging.{Sql.Raw(table)} p
             join messaging.mt_events e on e.tenant_id = p.tenant_id and e.stream_id = p.id
             where p.tenant_id = {caller.TenantId} and p.id = any({Sql.Ids(ids)}){seen}
             order by e.stream_id, e.version
             """).ListAsync(
            database,
            r => new Happening(
                r.GetGuid(0), r.GetInt64(1), r.Instant(2), HistoryQueries.Data(r.GetString(3), r.Text(4, copies: 2))),
            cancellation);
        return rows.ToLookup(r => r.Stream);
    }

    private static Dictionary<PastKey, T> Of<T>(
        IReadOnlyCollection<PastKey> keys, ILookup<Guid, Happening> streams,
        Func<PastKey, IReadOnlyList<Happening>, T> row) =>
        keys.Distinct().Where(k => streams.Contains(k.Id)).ToDictionary(
            k => k,
            k =>
            {
                // Up to the first event after the instant: whoever is seen then has no gaps.
                var all = streams[k.Id].ToList();
                var until = all.FindIndex(1, e => e.At > k.At);
                return row(k, until < 0 ? all : all[..until]);
            });

    private static AdministratorRow Administrator(PastKey key, IReadOnlyList<Happening> events, Veil veil)
    {
        var p = events.Aggregate(
            (Administrator?)null,
            (state, e) => Domain.Organisation.Administrator.Evolve(state, key.Id, (PersonEvent)e.Data))!;
        return new AdministratorRow(
            key.Id, veil.IsHidden ? Restriction.Name : p.DisplayName, veil.IsHidden ? "" : p.Email, p.Role,
            p.IsOwner, p.Locale, p.Active, p.Joined, InvitedAt(events))
        {
            IsLimited = p.Limit() is not null,
            CustomerIds = p.Given?.Ids ?? [],
            CustomerTags = p.Given?.Tags ?? [],
            Scope = p.Scope,
            EmailChange = veil.IsHidden ? null : ChangeOf(p, events),
            IsRestricted = veil.IsHidden || p.Restricted,
            IsErased = veil.IsErased,
        };
    }

    private static ContactRow Contact(PastKey key, IReadOnlyList<Happening> events, Veil veil)
    {
        var p = events.Aggregate(
            (Contact?)null, (state, e) => Domain.Customers.Contact.Evolve(state, key.Id, (PersonEvent)e.Data))!;
        return new ContactRow(
            key.Id, p.CustomerId, veil.IsHidden ? Restriction.Name : p.DisplayName, veil.IsHidden ? "" : p.Email,
            p.Locale, p.Active, p.Joined, InvitedAt(events))
        {
            Topics = p.Topics,
            EmailChange = veil.IsHidden ? null : ChangeOf(p, events),
            IsRestricted = veil.IsHidden || p.Restricted,
            IsErased = veil.IsErased,
        };
    }

    private static CustomerRow Customer(PastKey key, IReadOnlyList<Happening> events)
    {
        var c = events.Aggregate(
            (Customer?)null, (state, e) => Domain.Customers.Customer.Evolve(state, key.Id, (CustomerEvent)e.Data))!;
        return new CustomerRow(key.Id, c.Name)
        {
            Number = c.Number,
            Notes = events.Select(e => e.Data).OfType<CustomerNoted>().LastOrDefault()?.Notes,
            Tags = c.Tags,
            DefaultAdministratorId = c.DefaultAdministratorId,
            EndedOn = c.EndedOn,
            HasEnded = c.HasEnded(key.At),
        };
    }

    private static DateTimeOffset? InvitedAt(IEnumerable<Happening> events) =>
        events.LastOrDefault(e => e.Data is PersonEvent.IInvited)?.At;

    private static EmailChangeRow? ChangeOf(Person person, IReadOnlyList<Happening> events) =>
        person.EmailChange is { } change
            ? new EmailChangeRow(change.Email, events.First(e => e.Version == change.AskedAt).At)
            : null;

    /// <summary>What hides who somebody was.</summary>
    private readonly record struct Veil(bool IsHidden, bool IsErased)
    {
        // Whoever is restricted today is hidden in what was before, too; of whom was erased nothing is left to show.
        public static Veil Of(Caller caller, IEnumerable<Happening> events)
        {
            var mayBeSeen = RestrictedPeople.MayBeSeenBy(caller);
            var isErased = events.Any(e => e.Data is PersonEvent.IErased);
            var isRestricted = events.Count(e => e.Data is PersonEvent.IRestricted)
                > events.Count(e => e.Data is PersonEvent.IRestrictionLifted);
            return new Veil(isErased || (!mayBeSeen && isRestricted), isErased && mayBeSeen);
        }
    }

    private sealed record Happening(Guid Stream, long Version, DateTimeOffset At, object Data);
}
