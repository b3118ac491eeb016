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

    // Messages of one office in a batch: as many as go side by side when nothing is configured. The ledger has the
    // others sent (DueEmails), office by office; a queue would hold all of them, and everybody else's behind.
    private const int MostMessages = 16;

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
        IncludeType<StatusChanged>();
        IncludeType<AdminsNotified>();
        IncludeType<AdministratorAssigned>();
        IncludeType<AdministratorInvited>();
        IncludeType<ContactInvited>();
        IncludeType<AdministratorInvitedAgain>();
        IncludeType<ContactInvitedAgain>();
        IncludeType<AdministratorPasswordResetAsked>();
        IncludeType<ContactPasswordResetAsked>();
        IncludeType<AdministratorPasswordChanged>();
        IncludeType<ContactPasswordChanged>();
        IncludeType<AdministratorSecondFactorChanged>();
        IncludeType<ContactSecondFactorChanged>();
        IncludeType<AdministratorReactivated>();
        IncludeType<ContactReactivated>();
        IncludeType<AdministratorEmailChangeAsked>();
        IncludeType<ContactEmailChangeAsked>();
        IncludeType<AdministratorEmailChanged>();
        IncludeType<ContactEmailChanged>();
    }

    /// <inheritdoc/>
    public override async Task ProcessEventsAsync(
        EventRange page, ISubscriptionController controller, IDocumentOperations operations, IMessageBus bus,
        CancellationToken cancellationToken)
    {
        var conversations = page.Events.Where(e => e.Data is ConversationEvent).ToList();
        var ofAccounts = page.Events.Where(e => e.Data is not ConversationEvent).ToList();
        using var span = NotificationTelemetry.StartPlanning(page.Events);
        var plan = await PlanAsync(conversations, ofAccounts, cancellationToken);
        plan.WriteTo(operations);
        foreach (var (e, id, domain) in plan.WithMessage)
        {
            using var message = NotificationTelemetry.StartMessage(span, e, id);
            await bus.PublishAsync(new SendEmail(e.TenantId, id, domain));
        }

        NotificationTelemetry.Planned(page.Events, plan.Notifications, plan.Deliveries);
    }

    // The recipients come from the read models: while these are incomplete, nobody would be notified.
    private async Task<Plan> PlanAsync(
        List<IEvent> conversations, List<IEvent> ofAccounts, CancellationToken cancellation)
    {
        while (true)
        {
            await _readModels.WaitAsync(cancellation);
            try
            {
                var plan = new Plan();
                if (conversations.Count > 0) await PlanConversationsAsync(conversations, plan, cancellation);
                if (ofAccounts.Count > 0) await PlanAccountsAsync(ofAccounts, plan, cancellation);
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
            var telling = WhoIsTold.Of((ConversationEvent)e.Data, e.Version, actor, context);
            foreach (var notice in telling.Notices) plan.Add(e, actor, notice);

            // What follows from the event alone needs no row.
            if (telling.WhyNobody is { } why && !WhoIsTold.FollowsFromEvent(why)) plan.AddNobody(e, why);
        }
    }

    private async Task PlanAccountsAsync(List<IEvent> events, Plan plan, CancellationToken cancellation)
    {
        await using var batch = _database.CreateBatch();
        var ofHold = ReadModelFence.AddTo(batch);
        batch.Add(
            $"""
            select k.tenant, k.person, a.password_hash is null, coalesce(p.email, c.email), coalesce(p.locale, c.locale)
            from {Sql.Keys(events.ConvertAll(e => (e.TenantId, e.StreamId)))} as k(tenant, person)
            cross join lateral (select password_hash from messaging.accounts
                where tenant_id = k.tenant and person_id = k.person and active offset 0) a
            left join messaging.administrators p on p.tenant_id = k.tenant and p.id = k.person
            left join messaging.contacts c on c.tenant_id = k.tenant and c.id = k.person
            """);
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        for (var i = 0; i < ofHold; i++) await reader.NextResultAsync(cancellation);
        var accounts = new Dictionary<(string, Guid), (bool HasNoPassword, string? Email, string? Locale)>();
        while (await reader.ReadAsync(cancellation))
        {
            accounts[(reader.GetString(0), reader.GetGuid(1))] =
                (reader.GetBoolean(2), reader.StringOrNull(3), reader.StringOrNull(4));
        }

        foreach (var e in events)
        {
            if (!accounts.TryGetValue((e.TenantId, e.StreamId), out var account)) continue;
            foreach (
                var (kind, address, locale) in MailsOf(e.Data, account.HasNoPassword, account.Email, account.Locale))
                plan.Add(e, ActorOf(e), kind, address, locale);
        }
    }

    /// <summary>The mails about an account that follow from an event of its person.</summary>
    /// <param name="email">The address that they have by now.</param>
    /// <param name="locale">The language that they are written to in by now.</param>
    private static IEnumerable<(string Kind, string Address, string Locale)> MailsOf(
        object data, bool hasNoPassword, string? email, string? locale) =>
        data switch
        {
            PersonEvent.IInvited e => hasNoPassword ? [(DeliveryTable.Invitation, e.Email, e.Locale)] : [],
            PersonEvent.IPasswordResetAsked e => [(DeliveryTable.PasswordReset, e.Email, e.Locale)],
            PersonEvent.IPasswordChanged => email is null || locale is null
                ? []
                : [(DeliveryTable.PasswordChanged, email, locale)],
            PersonEvent.ISecondFactorChanged => email is null || locale is null
                ? []
                : [(DeliveryTable.SecondFactorChanged, email, locale)],
            PersonEvent.IEmailChangeAsked e =>
            [
                (DeliveryTable.EmailChange, e.Email, e.Locale), (DeliveryTable.EmailChangeAsked, e.Before, e.Locale),
            ],
            PersonEvent.IEmailChanged e => [(DeliveryTable.EmailChanged, e.Before, e.Locale)],
            PersonEvent.IJoined or PersonEvent.IRenamed or PersonEvent.ILocaleChosen or PersonEvent.IDeactivated
                or PersonEvent.IEmailChangeWithdrawn or PersonEvent.IRoleChanged or PersonEvent.IRestricted
                or PersonEvent.IRestrictionLifted or PersonEvent.IErased => [],
            _ => throw new UnknownEventException(data),
        };

    private static Participant ActorOf(IEvent e) =>
        (e.Data as ConversationEvent)?.By()
        ?? new Participant(
            Enum.Parse<ParticipantKind>(e.GetHeader(EventHeaders.ActorKind)!.ToString()!),
            Guid.Parse(e.GetHeader(EventHeaders.ActorId)!.ToString()!));

    /// <summary>The rows that a batch of events leads to: three statements at most, whatever its size.</summary>
    private sealed class Plan
    {
        private readonly List<(IEvent Event, Participant Actor, Guid Id, ProfileNotice Notice)> _notifications = [];
        private readonly List<(
            IEvent Event, Participant Actor, Guid Id, string Kind, TellingRule Rule, RecipientKind Recipient,
            Guid? PersonId, string Address, string Locale, bool HasMessage)> _deliveries = [];

        private readonly List<(IEvent Event, NobodyToldReason Why)> _nobody = [];
        private readonly Dictionary<string, int> _messages = [];

        public int Notifications => _notifications.Count;

        public int Deliveries => _deliveries.Count;

        /// <summary>Those that a message has sent; the others are due at once.</summary>
        public IEnumerable<(IEvent Event, Guid Id, string Domain)> WithMessage =>
            _deliveries.Where(d => d.HasMessage).Select(d => (d.Event, d.Id, EmailKey.DomainOf(d.Address)));

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
                            e, actor, Guid.CreateVersion7(), email.Kind.ToString(), email.Rule, email.Recipient,
                            email.PersonId, email.Address, email.Locale, GetsMessage(e))
                    );
                    break;
            }
        }

        /// <summary>Adds a mail to the person of the event's own stream.</summary>
        public void Add(IEvent e, Participant actor, string kind, string address, string locale)
        {
            var recipient = e.Data is ContactEvent ? RecipientKind.Contact : RecipientKind.Administrator;
            _deliveries.Add((
                e, actor, Guid.CreateVersion7(), kind, TellingRule.OwnAccount, recipient, e.StreamId, address,
                locale, GetsMessage(e)));
        }

        public void AddNobody(IEvent e, NobodyToldReason why) => _nobody.Add((e, why));

        public void WriteTo(IDocumentOperations operations)
        {
            if (_notifications.Count > 0)
            {
                // Browsers are told, too, but not of what happened before a restore.
                operations.Queue(
                    $"""
                    with told as (
                    insert into messaging.notifications (
                        tenant_id, id, recipient_id, kind, conversation_id, comment_id, actor_kind, actor_id, event_id,
                            created_at, sequence, rule)
                    select t, i, r, k, c, nullif(m, '00000000-0000-0000-0000-000000000000'), ak, ai, e, o, s, u
                    from unnest(
                        {Column(_notifications, n => n.Event.TenantId)}::text[],
                        {Column(_notifications, n => n.Id)}::uuid[],
                        {Column(_notifications, n => n.Notice.PersonId)}::uuid[],
                        {Column(_notifications, n => n.Notice.Kind.ToString())}::text[],
                        {Column(_notifications, n => n.Event.StreamId)}::uuid[],
                        {Column(_notifications, n => CommentOf(n.Event))}::uuid[],
                        {Column(_notifications, n => n.Actor.Kind.ToString())}::text[],
                        {Column(_notifications, n => n.Actor.Id)}::uuid[],
                        {Column(_notifications, n => n.Event.Id)}::uuid[],
                        {Column(_notifications, n => n.Event.Timestamp.ToUniversalTime())}::timestamptz[],
                        {Column(_notifications, n => n.Event.Sequence)}::bigint[],
                        {Column(_notifications, n => n.Notice.Rule.ToString())}::text[])
                        as n(t, i, r, k, c, m, ak, ai, e, o, s, u)
                    on conflict do nothing
                    returning tenant_id, recipient_id, sequence)
                    update messaging.push_subscriptions p set due_at = clock_timestamp(), attempts = 0
                    from (
                        select distinct tenant_id, recipient_id from told
                        where not exists (select from messaging.restores where held_up_to >= told.sequence)) t
                    where p.tenant_id = t.tenant_id and p.person_id = t.recipient_id
                    """);
            }

            if (_nobody.Count > 0)
            {
                operations.Queue(
                    $"""
                    insert into messaging.nobody_told (tenant_id, event_id, reason)
                    select * from unnest(
                        {Column(_nobody, n => n.Event.TenantId)}::text[],
                        {Column(_nobody, n => n.Event.Id)}::uuid[],
                        {Column(_nobody, n => n.Why.ToString())}::text[])
                    on conflict do nothing
                    """);
            }

            if (_deliveries.Count == 0) return;
            operations.Queue(
                $"""
                insert into messaging.deliveries (
                    tenant_id, id, event_id, kind, address, address_key, recipient_kind, recipient_id, locale,
                        conversation_id, comment_id,
                    actor_kind, actor_id, occurred_at, state, last_error, try_at, attempts, created_at, rule)
                select t, i, e, k, a, y, rk, nullif(r, '00000000-0000-0000-0000-000000000000'), l,
                    nullif(c, '00000000-0000-0000-0000-000000000000'),
                    nullif(m, '00000000-0000-0000-0000-000000000000'), ak, ai, o,
                        case when h.taken_at is null then 'Pending' else 'Failed' end,
                    case when h.taken_at is not null then {Restores.Held} end,
                    case when h.taken_at is null and not g then clock_timestamp() end, 0, clock_timestamp(), u
                from unnest(
                    {Column(_deliveries, d => d.Event.TenantId)}::text[],
                    {Column(_deliveries, d => d.Id)}::uuid[],
                    {Column(_deliveries, d => d.Event.Id)}::uuid[],
                    {Column(_deliveries, d => d.Kind)}::text[],
                    {Column(_deliveries, d => d.Address)}::text[],
                    {Column(_deliveries, d => EmailKey.Of(d.Address))}::text[],
                    {Column(_deliveries, d => d.Recipient.ToString())}::text[],
                    {Column(_deliveries, d => d.PersonId ?? Guid.Empty)}::uuid[],
                    {Column(_deliveries, d => d.Locale)}::text[],
                    {Column(_deliveries, d => ConversationOf(d.Event))}::uuid[],
                    {Column(_deliveries, d => CommentOf(d.Event))}::uuid[],
                    {Column(_deliveries, d => d.Actor.Kind.ToString())}::text[],
                    {Column(_deliveries, d => d.Actor.Id)}::uuid[],
                    {Column(_deliveries, d => d.Event.Timestamp.ToUniversalTime())}::timestamptz[],
                    {Column(_deliveries, d => d.Event.Sequence)}::bigint[],
                    {Column(_deliveries, d => d.Rule.ToString())}::text[],
                    {Column(_deliveries, d => d.HasMessage)}::boolean[])
                    as d(t, i, e, k, a, y, rk, r, l, c, m, ak, ai, o, s, u, g)
                left join lateral (select max(taken_at) as taken_at from messaging.restores
                    where held_up_to >= s) h on true
                on conflict do nothing
                """);
        }

        private bool GetsMessage(IEvent e)
        {
            var those = _messages.GetValueOrDefault(e.TenantId);
            _messages[e.TenantId] = those + 1;
            return those < MostMessages;
        }

        private static Guid ConversationOf(IEvent e) => e.Data is ConversationEvent ? e.StreamId : Guid.Empty;

        private static T[] Column<TRow, T>(List<TRow> rows, Func<TRow, T> column) => [.. rows.Select(column)];

        private static Guid CommentOf(IEvent e) => e.Data is CommentAdded comment ? comment.CommentId : Guid.Empty;
    }
}
