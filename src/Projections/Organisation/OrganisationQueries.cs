using System.Text.Json;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Organisation;
using Messaging.Projections.Accounts;
using Messaging.Projections.Conversations;
using Messaging.Projections.History;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Projections.Organisation;

/// <summary>
/// The caller's organisation, and who is of the office. A contact sees only people of the office requested by id: the
/// authors of comments that the contact reads.
/// </summary>
public sealed class OrganisationQueries(NpgsqlDataSource database)
{
    /// <summary>The most service accounts of an office that are active.</summary>
    public const int ServiceAccountsMaximum = 50;

    private const string Administrators = "administrators";

    /// <summary>The caller's organisation; null when it was not set up.</summary>
    public Task<OrganisationRow?> OrganisationAsync(Caller caller, CancellationToken cancellation) =>
        Sql.Of(
            $"""
             select id, name, notification_email, locale, time_zone, customers_may_start_conversations
                 from messaging.organisations
             where tenant_id = {caller.TenantId} and id = {caller.OrganisationId}
             """).FirstAsync(
            database,
            r => new OrganisationRow(r.GetGuid(0), r.Text(1), r.Text(2), r.Text(3), r.Text(4), r.GetBoolean(5)),
            cancellation);

    /// <summary>
    /// When the caller's office works, and what it shows of people. It is read from its events, which are few.
    /// </summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<OfficeCalendar> CalendarAsync(Caller caller, CancellationToken cancellation)
    {
        OfficeOnly.DemandOffice(caller);
        var rows = await Sql.Of(
            $"""
            select o.time_zone, e.type, e.data::text, n.now
            from (select clock_timestamp() as now) n
            left join messaging.organisations o on o.tenant_id = {caller.TenantId} and o.id = {caller.OrganisationId}
            left join messaging.mt_events e on e.tenant_id = o.tenant_id and e.stream_id = o.id
                and e.type in ('calendar_changed', 'personal_times_hidden', 'personal_times_shown')
            order by e.version
            """).ListAsync(
                database,
                r => (
                    Zone: r.IsDBNull(0) ? "UTC" : r.Text(0), Type: r.StringOrNull(1), Data: r.StringOrNull(2),
                    Now: r.Instant(3)),
                cancellation);
        var calendar = new OfficeCalendar(rows[0].Zone, [], true) { ReadAt = rows[0].Now };
        foreach (var (_, type, data, _) in rows)
        {
            calendar = type switch
            {
                "calendar_changed" => calendar with
                {
                    Calendars = BusinessCalendar.After(
                        calendar.Calendars,
                        JsonSerializer.Deserialize<CalendarChanged>(data!, MessagingJson.Options)!),
                },
                null => calendar,
                _ => calendar with { ShowsPersonalTimes = type == "personal_times_shown" },
            };
        }

        return calendar;
    }

    /// <summary>The people of the office with these ids, active or not; unknown ids are missing.</summary>
    public async Task<IReadOnlyDictionary<Guid, AdministratorRow>> AdministratorsByIdsAsync(
        Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        var rows = await Sql.Of(
                $"select {AdministratorColumns} from messaging.administrators where tenant_id = "
                    + $"{caller.TenantId} and id = any({Sql.Ids(ids)})"
            )
            .ListAsync(database, Administrator, cancellation);
        return (await NamedAsync(caller, rows, cancellation)).ToDictionary(r => r.Id);
    }

    /// <summary>
    /// The people of the office whom these comments mention, in the order of the mentions; comments that mention nobody
    /// are missing.
    /// </summary>
    public async Task<IReadOnlyDictionary<Guid, IReadOnlyList<AdministratorRow>>> MentionedAsync(
        Caller caller, IReadOnlyCollection<Guid> commentIds, CancellationToken cancellation)
    {
        var rows = await Sql.Of(
            $"""
            select a.*, k.comment_id from (
                select m.id as comment_id, p.person_id::uuid, p.place
                from messaging.comments m
                join messaging.mt_events e on e.tenant_id = m.tenant_id and e.stream_id = m.conversation_id
                    and e.version = m.position
                cross join lateral jsonb_array_elements_text(e.data -> 'mentions')
                    with ordinality as p(person_id, place)
                where {Visibility.Messages(caller)} and m.id = any({Sql.Ids(commentIds)})
                    and m.visibility = 'Internal') k
            cross join lateral (select {AdministratorColumns} from messaging.administrators
                where tenant_id = {caller.TenantId} and id = k.person_id) a
            order by k.place
            """).ListAsync(
                database, r => (Administrator: Administrator(r), CommentId: r.GetGuid(r.FieldCount - 1)),
                cancellation);
        var named = await NamedAsync(caller, [.. rows.Select(r => r.Administrator)], cancellation);
        return rows.Zip(named, (r, administrator) => (r.CommentId, Administrator: administrator))
            .GroupBy(r => r.CommentId)
            .ToDictionary(g => g.Key, g => (IReadOnlyList<AdministratorRow>)[.. g.Select(r => r.Administrator)]);
    }

    /// <summary>Now, by the database's clock, which events are dated by.</summary>
    public async Task<DateTimeOffset> NowAsync(CancellationToken cancellation) =>
        (await Sql.Of($"select clock_timestamp()").ListAsync(database, r => r.Instant(0), cancellation))[0];

    /// <summary>
    /// The absences of these people of the office, by their ids, that are not over; those of whom there is none are
    /// missing. It is read from their events, which are few.
    /// </summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<IReadOnlyDictionary<Guid, AbsenceRow>> AbsencesAsync(
        Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        OfficeOnly.DemandOffice(caller);
        var rows = await Sql.Of(
            $"""
            select k.id, (a.data ->> 'from')::date, (a.data ->> 'to')::date, (a.data ->> 'deputyId')::uuid,
                o.time_zone, clock_timestamp()
            from unnest({Sql.Ids(ids)}) as k(id)
            cross join lateral (
                select type, data from messaging.mt_events
                where tenant_id = {caller.TenantId} and stream_id = k.id
                    and type in ('administrator_away', 'administrator_back')
                order by version desc limit 1) a
            join messaging.organisations o on o.tenant_id = {caller.TenantId} and o.id = {caller.OrganisationId}
            where a.type = 'administrator_away'
            """).ListAsync(
                database,
                r => (
                    Id: r.GetGuid(0), Absence: new Absence(
                        r.GetFieldValue<DateOnly>(1), r.GetFieldValue<DateOnly>(2), r.GuidOrNull(3)),
                    Today: Day.Of(r.Instant(5), Day.ZoneOf(r.GetString(4)))),
                cancellation);
        return rows.Where(r => r.Absence.To >= r.Today).ToDictionary(
            r => r.Id,
            r => new AbsenceRow(r.Absence.From, r.Absence.To, r.Absence.DeputyId, r.Absence.Has(r.Today)));
    }

    /// <summary>
    /// The scopes of these people of the office, by their ids; those who were never given one are missing. As absences,
    /// they are read from events.
    /// </summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<IReadOnlyDictionary<Guid, AuditorScope>> ScopesAsync(
        Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        OfficeOnly.DemandOffice(caller);
        var rows = await Sql.Of(
            $"""
            select k.id, s.type, s.data::text from unnest({Sql.Ids(ids)}) as k(id)
            cross join lateral (
                select type, data from messaging.mt_events
                where tenant_id = {caller.TenantId} and stream_id = k.id and type = 'auditor_scoped'
                order by version desc limit 1) s
            """).ListAsync(
                database, r => (Id: r.GetGuid(0), Event: HistoryQueries.Data(r.GetString(1), r.Text(2, copies: 2))),
                cancellation);
        return rows.Where(r => r.Event is AuditorScoped).ToDictionary(
            r => r.Id, r => AuditorScope.Of((AuditorScoped)r.Event) ?? AuditorScope.None);
    }

    /// <summary>
    /// The office's service accounts that are active, by name; at most <see cref="ServiceAccountsMaximum"/>.
    /// </summary>
    public async Task<IReadOnlyList<AdministratorRow>> ServiceAccountsAsync(
        Caller caller, CancellationToken cancellation) =>
        await Sql.Of(
            $"""
             select {AdministratorColumns} from messaging.administrators
             where tenant_id = {caller.TenantId} and email = {ServiceAccount.Email} and active order by name_order, id
                 limit {ServiceAccountsMaximum}
             """).ListAsync(database, Administrator, cancellation);

    /// <summary>
    /// Everybody of the office, administrators and auditors, active or not, by name; no service accounts. To a contact
    /// the list is empty.
    /// </summary>
    /// <exception cref="InvalidPageException">There is no such page.</exception>
    /// <exception cref="InvalidCursorException">A cursor is none of this list.</exception>
    public async Task<Page<AdministratorRow>> AdministratorsPageAsync(
        Caller caller, PageRequest page, CancellationToken cancellation)
    {
        var found = await NamePages.PageAsync(
            database, Administrators,
            Sql.Of($"select {AdministratorColumns} from messaging.administrators where {OfTheOffice(caller)}"), page,
            Administrator, r => (r.DisplayName, r.Id), cancellation);
        return await RestrictedPeople.NamedAsync(database, caller, found, Restricted, Named, cancellation);
    }

    /// <summary>Number of people of the office.</summary>
    public Task<int> AdministratorsCountAsync(Caller caller, CancellationToken cancellation) =>
        Sql.Of($"select count(*) from messaging.administrators where {OfTheOffice(caller)}")
            .CountAsync(database, cancellation);

    private static Sql AdministratorColumns =>
        Sql.Raw(
            $"id, display_name, email, role, is_owner, locale, active, joined, invited_at, limited and not is_owner, "
                + $"customer_ids, customer_tags, {EmailChangeRow.Columns}");

    private Task<IReadOnlyList<AdministratorRow>> NamedAsync(
        Caller caller, IReadOnlyList<AdministratorRow> rows, CancellationToken cancellation) =>
        RestrictedPeople.NamedAsync(database, caller, rows, Restricted, Named, cancellation);

    private static Guid? Restricted(AdministratorRow row) => row.IsRestricted ? row.Id : null;

    private static AdministratorRow Named(AdministratorRow row, Person person) =>
        person.Erased
            ? row with { IsErased = true }
            : row with { DisplayName = person.DisplayName, Email = person.Email };

    private static AdministratorRow Administrator(NpgsqlDataReader r) =>
        Of(r) is var row && row.Email == Restriction.Email ? row with { Email = "", IsRestricted = true } : row;

    private static AdministratorRow Of(NpgsqlDataReader r) =>
        new(
            r.GetGuid(0), r.Text(1), r.Text(2), r.Enumeration<Role>(3), r.GetBoolean(4), r.Text(5), r.GetBoolean(6),
            r.GetBoolean(7), r.InstantOrNull(8))
        {
            IsLimited = r.GetBoolean(9),
            CustomerIds = r.GetFieldValue<Guid[]>(10),
            CustomerTags = r.GetFieldValue<string[]>(11),
            EmailChange = EmailChangeRow.Of(r, 12),
        };

    private static Sql OfTheOffice(Caller caller) =>
        caller.OnlyCustomerId is null
            ? Sql.Of($"tenant_id = {caller.TenantId} and email <> {ServiceAccount.Email}")
            : Sql.Of($"false");
}
