using System.Collections.Immutable;
using JasperFx.Events;
using JasperFx.Events.Daemon;
using JasperFx.Events.Projections;
using Marten;
using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Messaging.Domain.Notifications;
using Messaging.Domain.Organisation;
using Npgsql;
using NpgsqlTypes;
using Wolverine;
using Wolverine.Marten.Subscriptions;

namespace Messaging.Application.Notifications;

/// <summary>
/// Reads events in order and plans their notifications. The plan, the messages that send the mails, and the planner's
/// progress commit together: each event is planned exactly once, also over restarts and several nodes. A batch takes a
/// fixed number of statements, however large it is.
/// </summary>
public sealed class NotificationPlanner : BatchSubscription
{
    /// <summary>
    /// The name under which its progress is kept. Never change it: a new one would start from the first event and mail
    /// everybody again.
    /// </summary>
    [Stored("subscription_of_planner")]
    public const string Name = "notifications";

    /// <summary>
    /// The row of <c>mt_event_progression</c> that says how far it has come: Marten calls it so after
    /// <see cref="Name"/>.
    /// </summary>
    [Stored("progression_of_planner")]
    public const string Progression = "notifications:All";

    private static readonly ImmutableHashSet<NotificationKind> s_everything = [.. Enum.GetValues<NotificationKind>()];

    private static readonly TimeSpan s_untilNoticed = TimeSpan.FromSeconds(1);

    private readonly NpgsqlDataSource _database;
    private readonly ReadModelAccess _readModels;

    /// <summary>Needs the database that the events are in.</summary>
    public NotificationPlanner(NpgsqlDataSource database, ReadModelAccess readModels)
        : base(Name)
    {
        _database = database;
        _readModels = readModels;
        IncludeType<ConversationCreated>();
        IncludeType<CommentAdded>();
        IncludeType<AdminsNotified>();
        IncludeType<AdministratorAssigned>();
        IncludeType<AdministratorInvited>();
        IncludeType<ContactInvited>();
        IncludeType<AdministratorInvitedAgain>();
        IncludeType<ContactInvitedAgain>();
    }

    /// <inheritdoc/>
    public override async Task ProcessEventsAsync(
        EventRange page, ISubscriptionController controller, IDocumentOperations operations, IMessageBus bus,
        CancellationToken cancellationToken)
    {
        var conversations = page.Events.Where(e => e.Data is ConversationEvent).ToList();
        var invited = page.Events.Where(e => e.Data is not ConversationEvent).ToList();
        using var span = NotificationTelemetry.StartPlanning(page.Events);
        var plan =
            conversations.Count > 0 ? await PlanConversationsAsync(conversations, cancellationToken) : new Plan();
        if (invited.Count > 0)
            await PlanInvitationsAsync(invited, plan, cancellationToken);
        plan.WriteTo(operations);
        foreach (var (e, id) in plan.Deliveries)
        {
            using var message = NotificationTelemetry.StartMessage(span, e, id);
            await bus.PublishAsync(new SendEmail(e.TenantId, id));
        }

        NotificationTelemetry.Planned(page.Events, plan.Notifications, plan.Deliveries.Count());
    }

    // The recipients come from the read models: while these are incomplete, nobody would be notified.
    private async Task<Plan> PlanConversationsAsync(List<IEvent> events, CancellationToken cancellation)
    {
        while (true)
        {
            await _readModels.WaitAsync(cancellation);
            try
            {
                var plan = new Plan();
                await PlanConversationsAsync(events, plan, cancellation);
                return plan;
            }
            catch (Exception e) when (ReadModelAccess.IsRefusal(e))
            {
                await Task.Delay(s_untilNoticed, cancellation);
            }
        }
    }

    private async Task PlanConversationsAsync(List<IEvent> events, Plan plan, CancellationToken cancellation)
    {
        await using var batch = _database.CreateBatch();
        var ofHold = _readModels.HoldIn(batch);

        // Lateral for the reason that CommandHandler gives. The responsible administrator is in the header, unless one
        // was assigned after the event: then the earlier events tell.
        Add(
            batch,
            """
            select c.customer_id, c.notify_all_administrators,
                case when l.later is null then c.responsible_administrator_id::text
                    else coalesce(a.data ->> 'administratorId',
                        case when a.type is null then s.data ->> 'responsibleAdministratorId' end) end
            from unnest($1, $2, $3) with ordinality as k(tenant, stream, version, position)
            cross join lateral (select * from messaging.conversations
                where tenant_id = k.tenant and id = k.stream offset 0) c
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
            order by k.position
            """,
            Texts(events.Select(e => e.TenantId)), Ids(events.Select(e => e.StreamId)),
            new NpgsqlParameter { Value = events.Select(e => e.Version).ToArray() });
        var tenants = events.Select(e => e.TenantId).Distinct().ToList();
        Add(
            batch,
            "select tenant_id, notification_email, locale from messaging.organisations where tenant_id = any($1)",
            Texts(tenants));
        Add(
            batch,
            $"""
            select a.tenant_id, a.id, a.role, a.email, a.locale, a.active, p.email_for, p.in_app_for
                from messaging.administrators a
            left join messaging.notification_preferences p on p.tenant_id = a.tenant_id and p.person_id = a.id
            where a.tenant_id = any($1) and a.email <> '{ServiceAccount.Email}' order by a.id
            """,
            Texts(tenants));
        Add(
            batch,
            """
            select c.tenant_id, c.customer_id, c.id, c.email, c.locale, c.active, p.email_for
            from (select distinct k.tenant, h.customer_id from unnest($1, $2) as k(tenant, stream)
                cross join lateral (select customer_id from messaging.conversations
                    where tenant_id = k.tenant and id = k.stream offset 0) h) k
            cross join lateral (select * from messaging.contacts
                where tenant_id = k.tenant and customer_id = k.customer_id offset 0) c
            left join messaging.notification_preferences p on p.tenant_id = c.tenant_id and p.person_id = c.id
            order by c.id
            """,
            Texts(events.Select(e => e.TenantId)), Ids(events.Select(e => e.StreamId)));

        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        for (var i = 0; i < ofHold; i++) await reader.NextResultAsync(cancellation);
        var headers = new List<(Guid CustomerId, bool NotifyAll, Guid? Responsible)>(events.Count);
        while (await reader.ReadAsync(cancellation))
            headers.Add(
                (reader.GetGuid(0), reader.GetBoolean(1), reader.IsDBNull(2) ? null : Guid.Parse(reader.GetString(2))));
        if (headers.Count != events.Count)
            throw new InvalidOperationException("A conversation has events and no header.");

        await reader.NextResultAsync(cancellation);
        var organisations = new Dictionary<string, (string Email, string Locale)>();
        while (await reader.ReadAsync(cancellation))
            organisations.Add(reader.GetString(0), (reader.GetString(1), reader.GetString(2)));

        await reader.NextResultAsync(cancellation);
        var colleagues = new List<(string Tenant, Colleague Colleague)>();
        while (await reader.ReadAsync(cancellation))
        {
            colleagues.Add(
                (
                    reader.GetString(0),
                    new Colleague(
                        reader.GetGuid(1), Enum.Parse<Role>(reader.GetString(2)), reader.GetString(3),
                        reader.GetString(4), reader.GetBoolean(5), Kinds(reader, 6), Kinds(reader, 7))
                )
            );
        }

        await reader.NextResultAsync(cancellation);
        var contacts = new List<(string Tenant, Guid CustomerId, CustomerContact Contact)>();
        while (await reader.ReadAsync(cancellation))
        {
            contacts.Add((reader.GetString(0), reader.GetGuid(1), new CustomerContact(
                reader.GetGuid(2), reader.GetString(3), reader.GetString(4), reader.GetBoolean(5), Kinds(reader, 6))));
        }

        var colleaguesOf = colleagues.ToLookup(c => c.Tenant, c => c.Colleague);
        var contactsOf = contacts.ToLookup(c => (c.Tenant, c.CustomerId), c => c.Contact);
        for (var i = 0; i < events.Count; i++)
        {
            var e = events[i];
            var organisation = organisations[e.TenantId];
            var facts = new Facts(
                organisation.Email, organisation.Locale, headers[i].Responsible, headers[i].NotifyAll,
                [.. colleaguesOf[e.TenantId]], [.. contactsOf[(e.TenantId, headers[i].CustomerId)]]);
            var actor = ActorOf(e);
            foreach (var notice in WhoIsTold.Of((ConversationEvent)e.Data, e.Version, actor, facts))
                plan.Add(e, actor, notice);
        }
    }

    private async Task PlanInvitationsAsync(List<IEvent> events, Plan plan, CancellationToken cancellation)
    {
        await using var batch = _database.CreateBatch();
        Add(
            batch,
            """
            select k.tenant, k.person from unnest($1, $2) as k(tenant, person)
            cross join lateral (select active, password_hash from messaging.accounts
                where tenant_id = k.tenant and person_id = k.person offset 0) a
            where a.active and a.password_hash is null
            """,
            Texts(events.Select(e => e.TenantId)), Ids(events.Select(e => e.StreamId)));
        var waiting = new HashSet<(string, Guid)>();
        await using (var reader = await batch.ExecuteReaderAsync(cancellation))
        {
            while (await reader.ReadAsync(cancellation)) waiting.Add((reader.GetString(0), reader.GetGuid(1)));
        }

        foreach (var e in events)
        {
            if (waiting.Contains((e.TenantId, e.StreamId))) plan.AddInvitation(e, ActorOf(e));
        }
    }

    private static Participant ActorOf(IEvent e) =>
        (e.Data as ConversationEvent)?.By()
        ?? new Participant(
            Enum.Parse<ParticipantKind>(e.GetHeader(EventHeaders.ActorKind)!.ToString()!),
            Guid.Parse(e.GetHeader(EventHeaders.ActorId)!.ToString()!));

    // A person who never chose is told of everything.
    private static ImmutableHashSet<NotificationKind> Kinds(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column)
            ? s_everything
            : [.. reader.GetFieldValue<string[]>(column).Select(Enum.Parse<NotificationKind>)];

    private static void Add(NpgsqlBatch batch, string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.AddRange(parameters);
        batch.BatchCommands.Add(command);
    }

    private static NpgsqlParameter Texts(IEnumerable<string> values) =>
        new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };

    private static NpgsqlParameter Ids(IEnumerable<Guid> values) =>
        new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid };

    /// <summary>The rows that a batch of events leads to: two statements, whatever its size.</summary>
    private sealed class Plan
    {
        private readonly List<(IEvent Event, Participant Actor, Guid Id, ProfileNotice Notice)> _notifications = [];
        private readonly List<(
            IEvent Event, Participant Actor, Guid Id, string Kind, RecipientKind Recipient, Guid? PersonId,
            string Address, string Locale)> _deliveries = [];

        public int Notifications => _notifications.Count;

        public IEnumerable<(IEvent Event, Guid Id)> Deliveries => _deliveries.Select(d => (d.Event, d.Id));

        public void Add(IEvent e, Participant actor, Notice notice)
        {
            switch (notice)
            {
                case ProfileNotice profile:
                    _notifications.Add((e, actor, Guid.CreateVersion7(), profile));
                    break;
                case EmailNotice email:
                    _deliveries.Add(
                        (
                            e, actor, Guid.CreateVersion7(), email.Kind.ToString(), email.Recipient, email.PersonId,
                            email.Address, email.Locale)
                    );
                    break;
            }
        }

        public void AddInvitation(IEvent e, Participant actor)
        {
            var invited = (PersonEvent.IInvited)e.Data;
            var recipient = e.Data is ContactEvent ? RecipientKind.Contact : RecipientKind.Administrator;
            _deliveries.Add((
                e, actor, Guid.CreateVersion7(), DeliveryTable.Invitation, recipient, e.StreamId, invited.Email,
                invited.Locale));
        }

        public void WriteTo(IDocumentOperations operations)
        {
            if (_notifications.Count > 0)
            {
                operations.QueueSqlCommand(
                    """
                    insert into messaging.notifications (
                        tenant_id, id, recipient_id, kind, conversation_id, comment_id, actor_kind, actor_id, event_id,
                            created_at, sequence)
                    select t, i, r, k, c, nullif(m, '00000000-0000-0000-0000-000000000000'), ak, ai, e, o, s
                    from unnest(
                        ?::text[], ?::uuid[], ?::uuid[], ?::text[], ?::uuid[], ?::uuid[], ?::text[], ?::uuid[],
                            ?::uuid[], ?::timestamptz[], ?::bigint[])
                        as n(t, i, r, k, c, m, ak, ai, e, o, s)
                    on conflict do nothing
                    """,
                    Column(_notifications, n => n.Event.TenantId),
                    Column(_notifications, n => n.Id),
                    Column(_notifications, n => n.Notice.PersonId),
                    Column(_notifications, n => n.Notice.Kind.ToString()),
                    Column(_notifications, n => n.Event.StreamId),
                    Column(_notifications, n => CommentOf(n.Event)),
                    Column(_notifications, n => n.Actor.Kind.ToString()),
                    Column(_notifications, n => n.Actor.Id),
                    Column(_notifications, n => n.Event.Id),
                    Column(_notifications, n => n.Event.Timestamp.ToUniversalTime()),
                    Column(_notifications, n => n.Event.Sequence)
                );
            }

            if (_deliveries.Count == 0) return;
            operations.QueueSqlCommand(
                """
                insert into messaging.deliveries (
                    tenant_id, id, event_id, kind, address, address_key, recipient_kind, recipient_id, locale,
                        conversation_id, comment_id,
                    actor_kind, actor_id, occurred_at, state, last_error, attempts, created_at)
                select t, i, e, k, a, y, rk, nullif(r, '00000000-0000-0000-0000-000000000000'), l,
                    nullif(c, '00000000-0000-0000-0000-000000000000'),
                    nullif(m, '00000000-0000-0000-0000-000000000000'), ak, ai, o,
                        case when h.taken_at is null then 'Pending' else 'Failed' end,
                    case when h.taken_at is not null then ? end, 0, clock_timestamp()
                from unnest(?::text[], ?::uuid[], ?::uuid[], ?::text[], ?::text[], ?::text[], ?::text[], ?::uuid[],
                    ?::text[], ?::uuid[], ?::uuid[],
                    ?::text[], ?::uuid[], ?::timestamptz[], ?::bigint[]) as d(t, i, e, k, a, y, rk, r, l, c, m, ak, ai,
                        o, s)
                left join lateral (select max(taken_at) as taken_at from messaging.restores
                    where held_up_to >= s) h on true
                on conflict do nothing
                """,
                Restores.Held,
                Column(_deliveries, d => d.Event.TenantId),
                Column(_deliveries, d => d.Id),
                Column(_deliveries, d => d.Event.Id),
                Column(_deliveries, d => d.Kind),
                Column(_deliveries, d => d.Address),
                Column(_deliveries, d => EmailKey.Of(d.Address)),
                Column(_deliveries, d => d.Recipient.ToString()),
                Column(_deliveries, d => d.PersonId ?? Guid.Empty),
                Column(_deliveries, d => d.Locale),
                Column(_deliveries, d => d.Event.Data is ConversationEvent ? d.Event.StreamId : Guid.Empty),
                Column(_deliveries, d => CommentOf(d.Event)),
                Column(_deliveries, d => d.Actor.Kind.ToString()),
                Column(_deliveries, d => d.Actor.Id),
                Column(_deliveries, d => d.Event.Timestamp.ToUniversalTime()),
                Column(_deliveries, d => d.Event.Sequence)
            );
        }

        private static T[] Column<TRow, T>(List<TRow> rows, Func<TRow, T> column) => [.. rows.Select(column)];

        private static Guid CommentOf(IEvent e) => e.Data is CommentAdded comment ? comment.CommentId : Guid.Empty;
    }
}
