using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Projections.Accounts;
using Messaging.Projections.Conversations;
using Messaging.Projections.Conversations.Search;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Projections.Customers;

/// <summary>Customers and their contacts. A contact sees the own customer and its contacts.</summary>
public sealed class CustomerQueries(NpgsqlDataSource database)
{
    /// <summary>The most contacts of a customer that are listed.</summary>
    public const int ContactsMaximum = 200;

    private const int LookedAt = 500;
    private const string Customers = "customers";

    /// <summary>The contacts of these ids; those that are not there are missing.</summary>
    public async Task<IReadOnlyDictionary<Guid, ContactRow>> ContactsByIdsAsync(
        Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        var rows = await Sql.Of(
                $"select {ContactColumns} from messaging.contacts where tenant_id = {caller.TenantId} and id = "
                    + $"any({Sql.Ids(ids)}){LimitedAccess.OfCustomer(caller, "customer_id")}"
            )
            .ListAsync(database, Contact, cancellation);
        return (await NamedAsync(caller, rows, cancellation)).ToDictionary(r => r.Id);
    }

    /// <summary>
    /// The contacts of each of these customers, by name; at most <see cref="ContactsMaximum"/> of each.
    /// </summary>
    public async Task<IReadOnlyDictionary<Guid, IReadOnlyList<ContactRow>>> ContactsByCustomerIdsAsync(
        Caller caller, IReadOnlyCollection<Guid> customerIds, CancellationToken cancellation)
    {
        var rows = await Sql.Of(
            $"""
             select c.* from messaging.customers k
             cross join lateral (
                 select {ContactColumns}, name_order from messaging.contacts
                     where tenant_id = k.tenant_id and customer_id = k.id
                 order by name_order, id limit {ContactsMaximum}) c
             where k.tenant_id = {caller.TenantId} and k.id = any({Sql.Ids(customerIds)})
                 {LimitedAccess.OfCustomer(caller, "k.id")}
             order by c.name_order, c.id
             """).ListAsync(database, Contact, cancellation);
        var byCustomer = (await NamedAsync(caller, rows, cancellation)).ToLookup(r => r.CustomerId);
        return customerIds.Distinct().ToDictionary(id => id, id => (IReadOnlyList<ContactRow>)[.. byCustomer[id]]);
    }

    /// <summary>
    /// The customers among these with an active contact who was invited, and is told of the office's comments.
    /// </summary>
    public async Task<IReadOnlyDictionary<Guid, bool>> ReachableCustomersAsync(
        Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        var reachable = await Sql.Of(
            $"""
             select k.id from unnest({Sql.Ids(ids)}) as k(id)
             where exists (select from messaging.contacts where tenant_id = {caller.TenantId} and customer_id = k.id
                 and active and invited_at is not null{LimitedAccess.OfCustomer(caller, "customer_id")})
             """).ListAsync(database, r => r.GetGuid(0), cancellation);
        return reachable.ToDictionary(id => id, _ => true);
    }

    /// <summary>
    /// The conversations among these with an active contact who may see them, who is told of the office's comments.
    /// </summary>
    public async Task<IReadOnlyDictionary<Guid, bool>> ReachableConversationsAsync(
        Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        var reachable = await Sql.Of(
            $"""
             select c.id from {Visibility.Table(caller)} c
             where {Visibility.Conversations(caller)} and c.id = any({Sql.Ids(ids)}) and exists (
                 select from messaging.contacts k
                 where k.tenant_id = c.tenant_id and k.customer_id = c.customer_id and k.active
                     and k.invited_at is not null
                     and (cardinality(k.topic_keys) = 0 or exists (
                         select from messaging.conversation_tags t
                         where t.tenant_id = c.tenant_id and t.conversation_id = c.id
                             and t.tag_key = any(k.topic_keys))))
             """).ListAsync(database, r => r.GetGuid(0), cancellation);
        return reachable.ToDictionary(id => id, _ => true);
    }

    /// <summary>The customers of these ids; those that are not there are missing.</summary>
    public async Task<IReadOnlyDictionary<Guid, CustomerRow>> CustomersByIdsAsync(
        Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        var rows = await Sql.Of(
                $"select {CustomerColumns} from messaging.customers where tenant_id = {caller.TenantId} and id = "
                    + $"any({Sql.Ids(ids)}){LimitedAccess.OfCustomer(caller, "id")}"
            )
            .ListAsync(database, Customer, cancellation);
        return rows.ToDictionary(r => r.Id);
    }

    /// <summary>
    /// The customers that these people of the office were given by name, in the order in which they were; the first
    /// ones of each.
    /// </summary>
    public async Task<IReadOnlyDictionary<Guid, IReadOnlyList<CustomerRow>>> GivenToAsync(
        Caller caller, IReadOnlyCollection<Guid> administratorIds, int first, CancellationToken cancellation)
    {
        var rows = await Sql.Of(
            $"""
             select {CustomerColumns}, g.person_id from (
                 select p.id as person_id, u.customer_id, u.place from messaging.administrators p
                 cross join lateral unnest(p.customer_ids) with ordinality as u(customer_id, place)
                 where p.tenant_id = {caller.TenantId} and p.id = any({Sql.Ids(administratorIds)})
                     and p.limited and not p.is_owner and u.place <= {first}) g
             cross join lateral (select * from messaging.customers
                 where tenant_id = {caller.TenantId} and id = g.customer_id{LimitedAccess.OfCustomer(caller, "id")}
                 offset 0) k
             order by g.place
             """).ListAsync(
             database, r => (Person: r.GetGuid(r.FieldCount - 1), Row: Customer(r)), cancellation);
        var byPerson = rows.ToLookup(r => r.Person, r => r.Row);
        return administratorIds.Distinct().ToDictionary(id => id, id => (IReadOnlyList<CustomerRow>)[.. byPerson[id]]);
    }

    /// <summary>The customers, by name.</summary>
    /// <param name="search">
    /// A part of the name, the number, a contact's name or address, in whatever case, with or without accents; null for
    /// all.
    /// </param>
    /// <param name="tag">Only those with this tag; null for all.</param>
    /// <exception cref="InvalidPageException">There is no such page.</exception>
    /// <exception cref="InvalidCursorException">A cursor is none of this list.</exception>
    public async Task<Page<CustomerRow>> CustomersPageAsync(
        Caller caller, string? search, string? tag, PageRequest page, CancellationToken cancellation)
    {
        var all = Sql.Of($"tenant_id = {caller.TenantId}{LimitedAccess.OfCustomer(caller, "id")}{Tagged(caller, tag)}");
        if (string.IsNullOrWhiteSpace(search))
            return await PageAsync(Sql.Of($"messaging.customers where {all}"), cancellation);
        if (!MayBeFound(search))
            return await PageAsync(Sql.Of($"messaging.customers where false"), cancellation);

        // A common part of names is found by a scan of the first ones; a rare one, by the index.
        var bounds = NamePages.Bounds(Customers, page);
        var direction = Sql.Raw(page.Backward ? "desc" : "asc");
        var first = Sql.Of(
            $"(select * from messaging.customers where {all}{bounds} order by name_order {direction}, id "
                + $"{direction} limit {LookedAt})"
        );
        var found = await PageAsync(Sql.Of(
            $"""
             {first} c where ({Named(search)} or exists (select from messaging.customer_terms t
                 where t.tenant_id = c.tenant_id and t.customer_id = c.id and {Named(search, "t.search_name")}))
             """), cancellation);
        return (page.Backward ? found.HasPreviousPage : found.HasNextPage)
            ? found
            : await PageAsync(Sql.Of($"messaging.customers where {all}{Indexed(caller, search)}"), cancellation);

        Task<Page<CustomerRow>> PageAsync(Sql from, CancellationToken x) =>
            NamePages.PageAsync(
                database, Customers, Sql.Of($"select {CustomerColumns} from {from}"), page, Customer,
                r => (r.Name, r.Id), x);
    }

    /// <summary>Number of customers.</summary>
    /// <param name="search">As <see cref="CustomersPageAsync"/> has it.</param>
    /// <param name="tag">Only those with this tag; null for all.</param>
    public Task<int> CustomersCountAsync(
        Caller caller, string? search, string? tag, CancellationToken cancellation) =>
        Sql.Of(
                $"select count(*) from messaging.customers where tenant_id = "
                    + $"{caller.TenantId}{LimitedAccess.OfCustomer(caller, "id")}{Tagged(caller, tag)}"
                    + $"{(string.IsNullOrWhiteSpace(search) ? Sql.Nothing : Indexed(caller, search))}"
            )
            .CountAsync(database, cancellation);

    private static Sql ContactColumns =>
        Sql.Raw(
            "id, customer_id, display_name, email, locale, active, joined, invited_at, topics, "
                + EmailChangeRow.Columns);

    private Task<IReadOnlyList<ContactRow>> NamedAsync(
        Caller caller, IReadOnlyList<ContactRow> rows, CancellationToken cancellation) =>
        RestrictedPeople.NamedAsync(
            database, caller, rows, row => row.IsRestricted ? row.Id : null,
            (row, person) => person.Erased
                ? row with { IsErased = true }
                : row with { DisplayName = person.DisplayName, Email = person.Email },
            cancellation);

    private static ContactRow Contact(NpgsqlDataReader r) =>
        Of(r) is var row && row.Email == Restriction.Email ? row with { Email = "", IsRestricted = true } : row;

    private static ContactRow Of(NpgsqlDataReader r) =>
        new(r.GetGuid(0), r.GetGuid(1), r.Text(2), r.Text(3), r.Text(4), r.GetBoolean(5), r.GetBoolean(6),
            r.InstantOrNull(7))
        {
            Topics = r.GetFieldValue<string[]>(8),
            EmailChange = EmailChangeRow.Of(r, 9),
        };

    // The database's clock, by which commands are decided, too.
    private static Sql CustomerColumns => Sql.Raw(
        "id, name, number, notes, tags, default_administrator_id, ended_on, "
            + "coalesce(ends_at <= statement_timestamp(), false)");

    private static CustomerRow Customer(NpgsqlDataReader r) =>
        new(r.GetGuid(0), r.Text(1))
        {
            Number = r.IsDBNull(2) ? null : r.Text(2),
            Notes = r.IsDBNull(3) ? null : r.Text(3),
            Tags = r.GetFieldValue<string[]>(4),
            DefaultAdministratorId = r.IsDBNull(5) ? null : r.GetGuid(5),
            EndedOn = r.IsDBNull(6) ? null : r.GetFieldValue<DateOnly>(6),
            HasEnded = r.GetBoolean(7),
        };

    private static Sql Tagged(Caller caller, string? tag) =>
        string.IsNullOrWhiteSpace(tag) ? Sql.Nothing
        : !SearchText.MayBeStored(tag) ? Sql.Of($" and false")
        : Sql.Of($" and tag_keys @> {new[] { CustomerTerm.TagKey(caller.TenantId, tag) }}");

    private static Sql Indexed(Caller caller, string search)
    {
        if (!MayBeFound(search)) return Sql.Of($" and false");
        var spellings = SearchName.Sought(search);
        var query = SearchName.Query(caller.TenantId, spellings);
        return Sql.Of(
            $"""
              and id in (
                 select id from messaging.customers where tenant_id = {caller.TenantId}
                     and search @@ {query}::tsquery and {Named(search)}
                 union all
                 select customer_id from messaging.customer_terms where tenant_id = {caller.TenantId}
                     and search @@ {query}::tsquery and {Named(search)})
             """);
    }

    // A search of nothing but a hyphen finds nobody rather than everybody.
    private static bool MayBeFound(string search) =>
        SearchText.MayBeStored(search) && SearchName.Sought(search).Count > 0;

    private static Sql Named(string search, string column = "search_name") =>
        Sql.Of(
            $"exists (select from unnest({SearchName.Sought(search).ToArray()}) as part where position(part in "
                + $"{Sql.Raw(column)}) > 0)"
        ).Heavy();
}
