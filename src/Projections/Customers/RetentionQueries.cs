using Messaging.Domain;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;
using Messaging.Projections.History;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Projections.Customers;

/// <summary>
/// How long what there is of customers has to be kept: the one place that says it, from what the read models have of
/// their mandates, comments and files, and from the events of the office's years and of legal holds, which are few.
/// What there is of a person is kept as long as that of the customers whom they have to do with.
/// </summary>
public sealed class RetentionQueries(NpgsqlDataSource database)
{
    private static readonly Sql s_actor = Sql.Raw(EventIndexes.Actor("e"));

    /// <summary>The years of the caller's office.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<RetentionYears> YearsAsync(Caller caller, CancellationToken cancellation)
    {
        OfficeOnly.DemandOffice(caller);
        var years = await Sql.Of(
            $"""
            select (e.data ->> 'mandateYears')::int, (e.data ->> 'commentYears')::int, (e.data ->> 'fileYears')::int
            from messaging.mt_events e
            where e.tenant_id = {caller.TenantId} and e.stream_id = {caller.OrganisationId}
                and e.type = 'retention_changed'
            order by e.version desc limit 1
            """).FirstAsync(
                database, r => new RetentionYears(r.GetInt32(0), r.GetInt32(1), r.GetInt32(2)), cancellation);
        return years ?? RetentionYears.Default;
    }

    /// <summary>
    /// The organisations of the installation, for its operator, with the day that it is in the zone of each.
    /// </summary>
    /// <param name="only">The only one; null for all.</param>
    public Task<List<(string TenantId, string Name, DateOnly Today)>> OfficesAsync(
        Guid? only, CancellationToken cancellation)
    {
        var which = only is { } id ? Sql.Of($"where o.tenant_id = {id.ToString()}") : Sql.Nothing;
        return Sql.Of(
            $"""
            select o.tenant_id, o.name, o.time_zone, statement_timestamp() from messaging.organisations o {which}
            order by o.tenant_id
            """).ListAsync(
                database, r => (r.GetString(0), r.Text(1), Day.Of(r.Instant(3), Day.ZoneOf(r.GetString(2)))),
                cancellation);
    }

    /// <summary>
    /// How long what there is of these customers has to be kept; those that are not there are missing.
    /// </summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<IReadOnlyDictionary<Guid, RetentionRow>> CustomersAsync(
        Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        OfficeOnly.Demand(caller);
        var rows = await ListAsync(caller, Sql.Of($"k.id = any({Sql.Ids(ids)})"), cancellation);
        return rows.ToDictionary(r => r.CustomerId);
    }

    /// <summary>How long what there is of each customer has to be kept, by their names.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public Task<IReadOnlyList<RetentionRow>> AllAsync(Caller caller, CancellationToken cancellation)
    {
        OfficeOnly.Demand(caller);
        return ListAsync(caller, Sql.Of($"true"), cancellation);
    }

    /// <summary>
    /// What keeps what there is of a person the longest; null when nothing ever kept it, or when there is no such
    /// person. A contact is kept with their customer. Somebody of the office is kept with each customer in whose
    /// conversations they did something or are responsible, or whose data or contacts they changed: who worked on a
    /// mandate belongs to its file, so their name stays as long as the longest of these.
    /// </summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<RetentionRow?> PersonAsync(Caller caller, Guid personId, CancellationToken cancellation)
    {
        OfficeOnly.Demand(caller);
        var tenant = caller.TenantId;
        var customers = await Sql.Of(
            $"""
            with streams as (
                select distinct e.stream_id as id from messaging.mt_events e
                where {s_actor} = hashtextextended({tenant + personId}, 0)
                    and e.tenant_id = {tenant} and e.headers ->> 'actor_id' = {personId.ToString()})
            select p.customer_id from messaging.contacts p where p.tenant_id = {tenant} and p.id = {personId}
            union
            select c.customer_id from messaging.conversations c
            where c.tenant_id = {tenant} and c.responsible_administrator_id = {personId}
            union
            select c.customer_id from messaging.conversations c
            join streams s on s.id = c.id where c.tenant_id = {tenant}
            union
            select k.id from messaging.customers k join streams s on s.id = k.id where k.tenant_id = {tenant}
            union
            select p.customer_id from messaging.contacts p join streams s on s.id = p.id where p.tenant_id = {tenant}
            """).Heavy().ListAsync(database, r => r.GetGuid(0), cancellation);
        if (customers.Count == 0) return null;
        var rows = await CustomersAsync(caller, customers, cancellation);
        return rows.Values
            .OrderByDescending(r => r.Hold is not null)
            .ThenByDescending(r => r.Term.Until ?? DateOnly.MaxValue)
            .ThenBy(r => r.CustomerId)
            .FirstOrDefault();
    }

    // Of each conversation the last comment and the last file are found by an index, however long it is.
    private async Task<IReadOnlyList<RetentionRow>> ListAsync(Caller caller, Sql which, CancellationToken cancellation)
    {
        var years = await YearsAsync(caller, cancellation);
        return await Sql.Of(
            $"""
            select k.id, k.name, k.ended_on, l.comment_at, l.file_at,
                case when h.type = 'customer_held' then h.data ->> 'reason' end, h.timestamp,
                (select time_zone from messaging.organisations o
                    where o.tenant_id = k.tenant_id and o.id = {caller.OrganisationId}),
                statement_timestamp()
            from messaging.customers k
            cross join lateral (
                select max(m.created_at) as comment_at, max(f.created_at) as file_at from messaging.conversations c
                left join messaging.comments m on m.tenant_id = c.tenant_id and m.id = c.last_comment_id
                left join lateral (
                    select f.created_at from messaging.files f
                    where f.tenant_id = c.tenant_id and f.conversation_id = c.id order by f.position desc limit 1) f
                    on true
                where c.tenant_id = k.tenant_id and c.customer_id = k.id) l
            left join lateral (
                select e.type, e.data, e.timestamp from messaging.mt_events e
                where e.tenant_id = k.tenant_id and e.stream_id = k.id
                    and e.type in ('customer_held', 'customer_released')
                order by e.version desc limit 1) h on true
            where k.tenant_id = {caller.TenantId} and {which}{LimitedAccess.OfCustomer(caller, "k.id")}
            order by k.name_order, k.id
            """).Heavy().ListAsync(database, r => Row(r, years), cancellation);
    }

    private static RetentionRow Row(NpgsqlDataReader r, RetentionYears years)
    {
        var zone = Day.ZoneOf(r.IsDBNull(7) ? "" : r.GetString(7));
        return new RetentionRow(
            r.GetGuid(0), r.Text(1),
            RetentionTerm.Of(
                years, r.IsDBNull(2) ? null : r.GetFieldValue<DateOnly>(2), DayOf(r.InstantOrNull(3)),
                DayOf(r.InstantOrNull(4))),
            r.IsDBNull(5) ? null : new HoldRow(r.Text(5), r.Instant(6)), Day.Of(r.Instant(8), zone));

        DateOnly? DayOf(DateTimeOffset? instant) => instant is { } at ? Day.Of(at, zone) : null;
    }
}
