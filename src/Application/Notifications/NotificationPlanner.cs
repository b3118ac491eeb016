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
using Messaging.Domain.Organisation;
using Messaging.Projections.Notifications;
using Messaging.Projections.Storage;
using Npgsql;
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

    private static readonly TimeSpan s_untilNoticed = TimeSpan.FromSeconds(1);

    private readonly NpgsqlDataSource _database;
    private readonly NotificationContexts _contexts;
    private readonly ReadModelAccess _readModels;

    /// <summary>Needs the database that the events are in.</summary>
    public NotificationPlanner(NpgsqlDataSource database, ReadModelAccess readModels)
        : base(Name)
    {
        _database = database;
        _contexts = new NotificationContexts(database);
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
        var contexts = await _contexts.OfAsync(events, cancellation);
        foreach (var (e, context) in events.Zip(contexts))
        {
            var actor = ActorOf(e);
            foreach (var notice in WhoIsTold.Of((ConversationEvent)e.Data, e.Version, actor, context))
                plan.Add(e, actor, notice);
        }
    }

    private async Task PlanInvitationsAsync(List<IEvent> events, Plan plan, CancellationToken cancellation)
    {
        var (tenants, people) = (events.Select(e => e.TenantId).ToArray(), events.Select(e => e.StreamId).ToArray());
        var waiting = (await Sql.Of(
            $"""
            select k.tenant, k.person from unnest({tenants}, {people}) as k(tenant, person)
            cross join lateral (select active, password_hash from messaging.accounts
                where tenant_id = k.tenant and person_id = k.person offset 0) a
            where a.active and a.password_hash is null
            """).ListAsync(_database, r => (r.GetString(0), r.GetGuid(1)), cancellation)).ToHashSet();

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
