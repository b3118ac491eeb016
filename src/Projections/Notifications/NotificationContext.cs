using System.Collections.Immutable;
using JasperFx.Events;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.Notifications;
using Messaging.Domain.Organisation;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Projections.Notifications;

/// <summary>A person of the office, as the policy needs them.</summary>
/// <param name="Active">True while they belong to the office.</param>
/// <param name="EmailFor">Kinds that they want e-mails of.</param>
/// <param name="InAppFor">Kinds that they want in their profile.</param>
public sealed record Colleague(
    Guid Id, Role Role, string Email, string Locale, bool Active, ImmutableHashSet<NotificationKind> EmailFor,
    ImmutableHashSet<NotificationKind> InAppFor);

/// <summary>A person who writes for the customer.</summary>
/// <param name="EmailFor">Kinds that they want e-mails of.</param>
/// <param name="InAppFor">Kinds that they want in their profile.</param>
public sealed record CustomerContact(
    Guid Id, string Email, string Locale, bool Active, ImmutableHashSet<NotificationKind> EmailFor,
    ImmutableHashSet<NotificationKind> InAppFor);

/// <summary>The facts that the policy on who is told needs beside the event.</summary>
/// <param name="OrganisationEmail">The office's registered address.</param>
/// <param name="ResponsibleAdministratorId">The administrator responsible when it happened.</param>
/// <param name="NotifyAllAdministrators">
/// True when every administrator is told of what happens in the conversation.
/// </param>
/// <param name="Colleagues">
/// Everybody of the office who was invited before it happened and may see the conversation now.
/// </param>
/// <param name="Contacts">
/// The contacts of the conversation's customer who were invited before it happened and may see the conversation now.
/// </param>
public sealed record NotificationContext(
    string OrganisationEmail, string OrganisationLocale, Guid? ResponsibleAdministratorId, bool NotifyAllAdministrators,
    ImmutableArray<Colleague> Colleagues, ImmutableArray<CustomerContact> Contacts)
{
    /// <summary>
    /// The administrators who began the conversation or wrote one of the latest
    /// <see cref="NotificationContexts.Looked"/> comments before the event, which is one of them.
    /// </summary>
    public ImmutableArray<Guid> TakingPart { get; init; } = [];

    /// <summary>True where the office wants customers told that a conversation is answered.</summary>
    public bool CustomersAreToldAnswered { get; init; }

    /// <summary>True when the responsible administrator was away on the day on which it happened.</summary>
    public bool ResponsibleIsAway { get; init; }

    /// <summary>
    /// The colleague who stood in for them then; null when nobody did, or who did was away as well.
    /// </summary>
    public Guid? DeputyId { get; init; }
}

/// <summary>Reads the facts that the policy needs.</summary>
public sealed class NotificationContexts(NpgsqlDataSource database)
{
    /// <summary>The number of comments whose authors take part in a conversation.</summary>
    public const int Looked = 50;

    private static readonly ImmutableHashSet<NotificationKind> s_everything = [.. Enum.GetValues<NotificationKind>()];

    /// <summary>
    /// The contexts of events of conversations, in their order and in one round trip. It fails while the read models
    /// cannot be used (<see cref="ReadModelFence.Refusal"/>).
    /// </summary>
    public async Task<IReadOnlyList<NotificationContext>> OfAsync(
        IReadOnlyList<IEvent> events, CancellationToken cancellation)
    {
        await using var batch = database.CreateBatch();
        var ofHold = ReadModelFence.AddTo(batch);

        var tenantOfEach = events.Select(e => e.TenantId).ToArray();
        var streams = events.Select(e => e.StreamId).ToArray();
        var versions = events.Select(e => e.Version).ToArray();

        var sequences = events.Select(e => e.Sequence).ToArray();

        // Whoever takes part is told of what a colleague writes, and of nothing else.
        var ofColleagues = events
            .Select(e => e.Data is CommentAdded { Author.Kind: ParticipantKind.Administrator }).ToArray();

        // Lateral, and not flattened (offset 0), so that each key is a look-up in the index. The responsible
        // administrator is in the header, unless one was assigned after the event: then the earlier events tell.
        batch.Add(
            $"""
            select c.customer_id, c.notify_all_administrators, r.id,
                u.tag_keys,
                array(select tag_key from messaging.conversation_tags
                    where tenant_id = k.tenant and conversation_id = k.stream),
                case when k.of_colleague then array(
                    select author_id from (
                        select author_kind, author_id from messaging.comments m
                        where m.tenant_id = k.tenant and m.conversation_id = k.stream and m.position < k.version
                        order by m.position desc limit {Looked}) m
                    where author_kind = 'Administrator'
                    union select c.created_by_id where c.created_by_kind = 'Administrator'
                    order by 1) end,
                w.since, w.until, w.deputy, d.since, d.until
            from unnest({tenantOfEach}, {streams}, {versions}, {ofColleagues}, {sequences})
                with ordinality as k(tenant, stream, version, of_colleague, sequence, position)
            cross join lateral (select * from messaging.conversations
                where tenant_id = k.tenant and id = k.stream offset 0) c
            cross join lateral (select tag_keys from messaging.customers
                where tenant_id = k.tenant and id = c.customer_id offset 0) u
            left join lateral (
                select true as later from messaging.mt_events e
                where e.tenant_id = k.tenant and e.stream_id = k.stream and e.version > k.version
                    and e.type in ('administrator_assigned', 'administrator_unassigned') limit 1) l on true
            left join lateral (
                select e.type, case e.type when 'administrator_assigned' then e.data end as data
                    from messaging.mt_events e
                where l.later and e.tenant_id = k.tenant and e.stream_id = k.stream and e.version <= k.version
                    and e.type in ('administrator_assigned', 'administrator_unassigned') order by e.version desc
                        limit 1) a on true
            left join lateral (
                select data from messaging.mt_events where l.later and a.type is null and tenant_id = k.tenant
                    and stream_id = k.stream and version = 1 offset 0) s on true
            cross join lateral (
                select (case when l.later is null then c.responsible_administrator_id::text
                    else coalesce(a.data ->> 'administratorId',
                        case when a.type is null then s.data ->> 'responsibleAdministratorId' end) end)::uuid as id) r
            left join lateral ({AbsenceOf("r.id")}) w on true
            left join lateral ({AbsenceOf("w.deputy")}) d on true
            order by k.position
            """);
        var tenants = events.Select(e => e.TenantId).Distinct().ToArray();
        batch.Add(
            $"""
            select tenant_id, notification_email, locale, exists (
                select from messaging.offices_that_tell_answered t where t.tenant_id = o.tenant_id), time_zone
            from messaging.organisations o where tenant_id = any({tenants})
            """);
        batch.Add(
            $"""
            select a.tenant_id, a.id, a.role, a.email, a.locale, a.active, p.email_for, p.in_app_for, i.seq_id,
                a.limited and not a.is_owner, a.customer_ids, a.customer_tag_keys
            from messaging.administrators a
            cross join lateral ({Invited("a")}) i
            left join messaging.notification_preferences p on p.tenant_id = a.tenant_id and p.person_id = a.id
            where a.tenant_id = any({tenants}) and a.email <> {ServiceAccount.Email} order by a.id
            """);
        batch.Add(
            $"""
            select c.tenant_id, c.customer_id, c.id, c.email, c.locale, c.active, p.email_for, i.seq_id, c.topic_keys,
                p.in_app_for
            from (select distinct k.tenant, h.customer_id from unnest({tenantOfEach}, {streams}) as k(tenant, stream)
                cross join lateral (select customer_id from messaging.conversations
                    where tenant_id = k.tenant and id = k.stream offset 0) h) k
            cross join lateral (select * from messaging.contacts
                where tenant_id = k.tenant and customer_id = k.customer_id and invited_at is not null offset 0) c
            cross join lateral ({Invited("c")}) i
            left join messaging.notification_preferences p on p.tenant_id = c.tenant_id and p.person_id = c.id
            order by c.id
            """);

        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        for (var i = 0; i < ofHold; i++) await reader.NextResultAsync(cancellation);
        var headers = new List<Header>(events.Count);
        while (await reader.ReadAsync(cancellation))
        {
            headers.Add(new Header(
                reader.GetGuid(0), reader.GetBoolean(1), reader.GuidOrNull(2),
                reader.GetFieldValue<string[]>(3), reader.GetFieldValue<string[]>(4),
                reader.IsDBNull(5) ? [] : reader.GetFieldValue<Guid[]>(5),
                reader.IsDBNull(6)
                    ? null
                    : new Absence(
                        reader.GetFieldValue<DateOnly>(6), reader.GetFieldValue<DateOnly>(7), reader.GuidOrNull(8)),
                reader.IsDBNull(9)
                    ? null
                    : new Absence(reader.GetFieldValue<DateOnly>(9), reader.GetFieldValue<DateOnly>(10), null)));
        }

        if (headers.Count != events.Count)
            throw new InvalidOperationException("A conversation has events and no header.");

        await reader.NextResultAsync(cancellation);
        var organisations =
            new Dictionary<string, (string Email, string Locale, bool TellsAnswered, TimeZoneInfo Zone)>();
        while (await reader.ReadAsync(cancellation))
        {
            organisations.Add(
                reader.GetString(0),
                (
                    reader.GetString(1), reader.GetString(2), reader.GetBoolean(3),
                    Day.ZoneOf(reader.GetString(4))));
        }

        await reader.NextResultAsync(cancellation);
        var colleagues = new List<(string Tenant, long Since, Given? Given, Colleague Colleague)>();
        while (await reader.ReadAsync(cancellation))
        {
            colleagues.Add(
                (
                    reader.GetString(0),
                    reader.GetInt64(8),
                    reader.GetBoolean(9)
                        ? new Given(reader.GetFieldValue<Guid[]>(10), reader.GetFieldValue<string[]>(11))
                        : null,
                    new Colleague(
                        reader.GetGuid(1), reader.Enumeration<Role>(2), reader.GetString(3),
                        reader.GetString(4), reader.GetBoolean(5), Kinds(reader, 6), Kinds(reader, 7))
                )
            );
        }

        await reader.NextResultAsync(cancellation);
        var contacts = new List<(
            string Tenant, Guid CustomerId, long Since, string[] Topics, CustomerContact Contact)>();
        while (await reader.ReadAsync(cancellation))
        {
            contacts.Add((
                reader.GetString(0), reader.GetGuid(1), reader.GetInt64(7), reader.GetFieldValue<string[]>(8),
                new CustomerContact(
                    reader.GetGuid(2), reader.GetString(3), reader.GetString(4), reader.GetBoolean(5),
                    Kinds(reader, 6), Kinds(reader, 9))));
        }

        var colleaguesOf = colleagues.ToLookup(c => c.Tenant);
        var contactsOf = contacts.ToLookup(c => (c.Tenant, c.CustomerId));
        return
        [
            .. events.Zip(headers, (e, header) =>
            {
                var (email, locale, tellsAnswered, zone) = organisations[e.TenantId];
                var day = Day.Of(e.Timestamp, zone);
                var isAway = header.Absence?.Has(day) == true;
                return new NotificationContext(
                    email, locale, header.Responsible, header.NotifyAll,
                    [
                        .. colleaguesOf[e.TenantId]
                            .Where(c => c.Since < e.Sequence && c.Given?.Have(header) != false)
                            .Select(c => c.Colleague),
                    ],
                    [
                        .. contactsOf[(e.TenantId, header.CustomerId)]
                            .Where(c => c.Since < e.Sequence && header.IsOf(c.Topics))
                            .Select(c => c.Contact),
                    ])
                {
                    TakingPart = [.. header.TakingPart],
                    CustomersAreToldAnswered = tellsAnswered,
                    ResponsibleIsAway = isAway,
                    DeputyId = isAway && header.AbsenceOfDeputy?.Has(day) != true ? header.Absence!.DeputyId : null,
                };
            }),
        ];
    }

    // The place in the log of the invitation: an event is planned later than it happens, and is told to those only who
    // were there.
    private static Sql Invited(string person) => Sql.Raw(
        $"""
        select seq_id from messaging.mt_events
        where tenant_id = {person}.tenant_id and stream_id = {person}.id and version = 1 offset 0
        """);

    // What was said last of when a person is away, before the event. Their stream is short.
    private static Sql AbsenceOf(string person) => Sql.Raw(
        $"""
        select (data ->> 'from')::date as since, (data ->> 'to')::date as until, (data ->> 'deputyId')::uuid as deputy
        from messaging.mt_events
        where tenant_id = k.tenant and stream_id = {person} and seq_id < k.sequence
            and type in ('administrator_away', 'administrator_back')
        order by version desc limit 1
        """);

    private sealed record Header(
        Guid CustomerId, bool NotifyAll, Guid? Responsible, string[] CustomerTagKeys, string[] TagKeys,
        Guid[] TakingPart, Absence? Absence, Absence? AbsenceOfDeputy)
    {
        public bool IsOf(string[] topicKeys) => topicKeys.Length == 0 || topicKeys.Intersect(TagKeys).Any();
    }

    // The customers of somebody who is limited to them.
    private sealed record Given(Guid[] CustomerIds, string[] TagKeys)
    {
        public bool Have(Header header) =>
            CustomerIds.Contains(header.CustomerId) || TagKeys.Intersect(header.CustomerTagKeys).Any();
    }

    // A person who never chose is told of everything.
    private static ImmutableHashSet<NotificationKind> Kinds(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column)
            ? s_everything
            : [.. reader.GetFieldValue<string[]>(column).Select(Enum.Parse<NotificationKind>)];
}
