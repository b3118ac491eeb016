using JasperFx.Events;
using Marten;
using Marten.Events.Projections;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;
using Messaging.Projections.Conversations;
using Messaging.Projections.Conversations.Search;
using Messaging.Projections.Customers;
using Messaging.Projections.History;
using Messaging.Projections.Reports;
using Npgsql;

namespace Messaging.Projections.Storage;

/// <summary>
/// Keeps the read models, in the transaction that appends the events: one statement per event or for many of them,
/// nothing read before, and nothing that grows with the conversation. Depends on the event and its envelope alone, so
/// that a rebuild gives the same rows.
/// <para>
/// The time of a conversation never runs backwards, even when the clock does: what happened counts from the latest time
/// seen so far. So a past instant cuts its stream in two, and everything that looks back agrees on where.
/// </para>
/// </summary>
public sealed class ReadModelProjection : EventProjection
{
    /// <summary>The name to rebuild it by.</summary>
    public const string ProjectionName = "read_models";

    /// <summary>
    /// Raised whenever the same events give other rows, such as other words to search for: tables of another format are
    /// rebuilt at the start.
    /// </summary>
    public const int Format = 10;

    private static readonly Sql s_noEmailChange = Sql.Raw("email_change = null, email_change_at = null");

    /// <summary>The format of tables that are not complete.</summary>
    public const int NoFormat = 0;

    /// <summary>Declares the tables: the store creates them, and a rebuild empties them.</summary>
    public ReadModelProjection()
    {
        Name = ProjectionName;
        foreach (var table in ReadModelTables.All)
        {
            SchemaObjects.Add(table);
            Options.DeleteDataInTableOnTeardown(table.Identifier.QualifiedName);
        }

        // Here, since it needs the table of events: what a projection declares is created after that.
        SchemaObjects.Add(new EventNumbers());
        SchemaObjects.Add(new EventIndexes());
        SchemaObjects.Add(new KeptEvents());
    }

    /// <inheritdoc/>
    public override ValueTask ApplyAsync(IDocumentOperations operations, IEvent e, CancellationToken cancellation)
    {
        if (StatementOf(e) is { } sql) operations.Queue(sql);
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Adds what keeps the read models for many events to a transaction that has locked their streams: the same
    /// statements, but one for the comments of different conversations that follow one another. The transaction holds
    /// the <see cref="ReadModelFence"/> already.
    /// </summary>
    public static void AddTo(IReadOnlyList<IEvent> events, NpgsqlBatch batch)
    {
        var comments = new List<IEvent>();
        var commented = new HashSet<(string, Guid)>();
        foreach (var e in events)
        {
            // Events of one conversation stay in order; different conversations are independent.
            if (commented.Contains((e.TenantId, e.StreamId))) AddComments();
            if (e.Data is CommentAdded)
            {
                comments.Add(e);
                commented.Add((e.TenantId, e.StreamId));
            }
            else if (StatementOf(e) is { } sql)
            {
                batch.Add(sql);
            }
        }

        AddComments();

        void AddComments()
        {
            if (comments.Count == 0) return;
            batch.Add(CommentRows.StatementOf(comments));
            comments.Clear();
            commented.Clear();
        }
    }

    private static Sql? StatementOf(IEvent e) => e.Data switch
    {
        ConversationEvent data => Conversation(e, data),
        OrganisationEvent data => Organisation(e, data),
        AdministratorEvent data => Administrator(e, data),
        CustomerEvent data => Customer(e, data),
        ContactEvent data => Contact(e, data),
        _ => null,
    };

    private static Sql Conversation(IEvent e, ConversationEvent data)
    {
        var at = e.Timestamp.ToUniversalTime();
        var version = checked((int)e.Version);

        // Marten omits it for an append without an expected version; a rebuild would then give other positions.
        if (version == 0)
            throw new InvalidOperationException(
                "Events of conversations are appended with the version they are expected at.");
        return data switch
        {
            ConversationCreated c => Sql.Of(
                $"""
                with header as (
                    insert into messaging.conversations (
                        tenant_id, id, subject, status, awaiting, awaiting_since, office_awaited, customer_id,
                            responsible_administrator_id,
                        notify_all_administrators, created_by_kind, created_by_id, created_at, updated_at, version,
                            comment_count,
                        last_comment_position, public_updated_at, public_version, public_comment_count,
                            last_public_comment_position, search_key)
                    values ({e.TenantId}, {e.StreamId}, {c.Subject}, {c.Status.ToString()},
                        {AwaitingOf(c.Status, false)}, {at}, false, {c.CustomerId},
                        {c.ResponsibleAdministratorId}::uuid, {c.NotifyAllAdministrators},
                        {c.CreatedBy.Kind.ToString()}, {c.CreatedBy.Id}, {at}, {at}, {version}, 0, 0, {at}, 1, 0, 0,
                        {SearchText.KeyOf(e.TenantId, at)})
                    returning tenant_id, id, version, status, created_at, responsible_administrator_id, search_key,
                        customer_id),
                subject as (
                    insert into messaging.subjects (tenant_id, conversation_id, search)
                    select tenant_id, id, replace({SubjectWords(c)}, ' ', ' ' || search_key)::tsvector from header),
                tally as (
                    insert into messaging.status_tallies (tenant_id, responsible_administrator_id, status, change)
                    select tenant_id, responsible_administrator_id, status, 1 from header),
                {WaitRows.OfCreation(c)}
                insert into messaging.status_periods (tenant_id, conversation_id, position, status, from_at)
                select tenant_id, id, version, status, created_at from header
                """),
            CommentAdded => CommentRows.StatementOf([e]),
            FileAttached c => Sql.Of(
                $"""
                with comment as (
                    select tenant_id, conversation_id, id, visibility, visibility = 'Public' as is_public
                        from messaging.comments
                    where tenant_id = {e.TenantId} and id = {c.CommentId} and conversation_id = {e.StreamId}),
                header as (
                    update messaging.conversations c
                    set updated_at = greatest(updated_at, {at}), version = {version},
                        public_updated_at = case when m.is_public then greatest(updated_at,
                            {at}) else public_updated_at end,
                        public_version = public_version + m.is_public::int
                    from comment m where c.tenant_id = m.tenant_id and c.id = m.conversation_id
                    returning search_key)
                insert into messaging.files (
                    tenant_id, conversation_id, comment_id, visibility, id, position, name, media_type, size, sha256,
                        uploaded_by_kind, uploaded_by_id,
                    created_at, search)
                select tenant_id, conversation_id, id, visibility, {c.FileId}, {version}, {c.Name}, {c.MediaType},
                    {c.Size}, {c.Sha256}, {c.UploadedBy.Kind.ToString()}, {c.UploadedBy.Id}, {at},
                    replace({SearchText.Stored(c.Name)}, ' ', ' ' || search_key)::tsvector
                from comment cross join header
                """),
            StatusChanged c => Sql.Of(
                $"""
                with header as (
                    update messaging.conversations c
                    set status = {c.To.ToString()},
                        office_awaited = {OfficeAwaitedAfter(c)},
                        awaiting = {AwaitingAfter(c)},
                        awaiting_since = case when awaiting <> {AwaitingAfter(c)}
                            then greatest(updated_at, {at}) else awaiting_since end,
                        updated_at = greatest(updated_at, {at}), version = {version},
                        public_updated_at = greatest(updated_at, {at}),
                        public_version = public_version + 1
                    where tenant_id = {e.TenantId} and id = {e.StreamId}
                    returning tenant_id, id, version, status, updated_at, responsible_administrator_id, customer_id),
                {WaitRows.OfStatus(e, c)},
                tally as (
                    insert into messaging.status_tallies (tenant_id, responsible_administrator_id, status, change)
                    select tenant_id, responsible_administrator_id, unnest(array[{c.From.ToString()}, status]),
                        unnest(array[-1, 1]) from header),
                ended as (
                    update messaging.status_periods p set to_at = h.updated_at
                    from header h where p.tenant_id = h.tenant_id and p.conversation_id = h.id and p.to_at is null)
                insert into messaging.status_periods (tenant_id, conversation_id, position, status, from_at)
                select tenant_id, id, version, status, updated_at from header
                """),
            AdministratorAssigned c => Responsible(c.AdministratorId),
            AdministratorUnassigned => Responsible(null),
            ConversationTagged c => Sql.Of(
                $"""
                with header as (
                    update messaging.conversations set updated_at = greatest(updated_at, {at}), version = {version}
                    where tenant_id = {e.TenantId} and id = {e.StreamId} returning tenant_id, id)
                insert into messaging.conversation_tags (tenant_id, conversation_id, tag_key, tag, position)
                select tenant_id, id, {ConversationTags.KeyOf(c.Tag)}, {c.Tag}, {version} from header
                on conflict (tenant_id, conversation_id, tag_key) do update
                set tag = excluded.tag, position = excluded.position
                """),
            ConversationUntagged c => Sql.Of(
                $"""
                with header as (
                    update messaging.conversations set updated_at = greatest(updated_at, {at}), version = {version}
                    where tenant_id = {e.TenantId} and id = {e.StreamId} returning tenant_id, id)
                delete from messaging.conversation_tags t using header h
                where t.tenant_id = h.tenant_id and t.conversation_id = h.id
                    and t.tag_key = {ConversationTags.KeyOf(c.Tag)}
                """),
            AdminsNotified => Sql.Of(
                $"""
                update messaging.conversations set updated_at = greatest(updated_at, {at}), version = {version}
                where tenant_id = {e.TenantId} and id = {e.StreamId}
                """),
            _ => throw new UnknownEventException(data),
        };

        Sql Responsible(Guid? id) => Sql.Of(
            $"""
            with before as (
                select tenant_id, id, responsible_administrator_id from messaging.conversations
                    where tenant_id = {e.TenantId} and id = {e.StreamId}),
            header as (
                update messaging.conversations c
                set responsible_administrator_id = {id}::uuid, updated_at = greatest(updated_at, {at}),
                    version = {version},
                    public_updated_at = greatest(updated_at, {at}), public_version = public_version + 1
                from before b where c.tenant_id = b.tenant_id and c.id = b.id
                returning c.tenant_id, c.id, c.status, c.search_key, array[b.responsible_administrator_id,
                    c.responsible_administrator_id] as both_of_them),
            subject as (
                update messaging.subjects s
                set search = ts_delete(s.search, coalesce(h.search_key || {WordOf("h.both_of_them[1]")}, ''))
                    || coalesce((h.search_key || {WordOf("h.both_of_them[2]")})::tsvector, '')
                from header h where s.tenant_id = h.tenant_id and s.conversation_id = h.id)
            insert into messaging.status_tallies (tenant_id, responsible_administrator_id, status, change)
            select tenant_id, unnest(both_of_them), status, unnest(array[-1, 1]) from header
            """);
    }

    // As SearchText has it.
    private static Sql WordOf(string id) =>
        Sql.Raw($"'-' || translate(rtrim(encode(uuid_send({id}), 'base64'), '='), '+/', '-_')");

    private static string SubjectWords(ConversationCreated c) =>
        SearchText.Stored(c.Subject)
        + string.Concat(
            ((Guid?[])[c.CustomerId, c.ResponsibleAdministratorId])
                .OfType<Guid>()
                .Select(id => " " + SearchText.WordOf(id)));

    // The column is of open conversations. One that is opened again waits for the office when the customer wrote last:
    // that is looked up, since a comment that came before the status was answered by none.
    private static Sql OfficeAwaitedAfter(StatusChanged change) => change switch
    {
        { To: not ConversationStatus.Open } => Sql.Raw("false"),
        { Reason: StatusChangeReason.CustomerReplied } => Sql.Raw("c.office_awaited"),
        _ => Sql.Raw(
            """
            coalesce((select m.author_kind = 'Contact' from messaging.comments m
                where m.tenant_id = c.tenant_id and m.id = c.last_public_comment_id), false)
            """),
    };

    private static Sql AwaitingAfter(StatusChanged change) => Sql.Of(
        $"case when {OfficeAwaitedAfter(change)} then {AwaitingOf(change.To, true)} "
            + $"else {AwaitingOf(change.To, false)} end");

    private static string AwaitingOf(ConversationStatus status, bool officeAwaited) =>
        Domain.Conversations.Conversation.AwaitingOf(status, officeAwaited).ToString();

    private static Sql? Organisation(IEvent e, OrganisationEvent data) =>
        data switch
        {
            OrganisationRegistered o => Sql.Of(
                $"""
                insert into messaging.organisations (tenant_id, id, name, notification_email, locale, time_zone,
                    customers_may_start_conversations)
                values ({e.TenantId}, {e.StreamId}, {o.Name}, {o.NotificationEmail}, {o.Locale}, {o.TimeZone}, false)
                """),
            OrganisationRenamed o => Set(e, "organisations", "name", o.Name),
            NotificationEmailRegistered o => Set(e, "organisations", "notification_email", o.Email),
            LocaleChosen o => Set(e, "organisations", "locale", o.Locale),
            TimeZoneChosen o => Set(e, "organisations", "time_zone", o.TimeZone),
            CustomerConversationsAllowed => Set(e, "organisations", "customers_may_start_conversations", true),
            OrganisationDeactivated or OrganisationReactivated or SecondFactorRequired
                or SecondFactorNoLongerRequired or AnsweredTold or AnsweredNoLongerTold
                or MailContentChosen or Exported or CalendarChanged or PersonalTimesHidden
                or PersonalTimesShown or RetentionChanged or RetentionChecked => default,
            CustomerConversationsDisallowed => Set(e, "organisations", "customers_may_start_conversations", false),
            _ => throw new UnknownEventException(data),
        };

    private static Sql? Administrator(IEvent e, AdministratorEvent data) =>
        data switch
        {
            AdministratorInvited a => Sql.Of(
                $"""
                insert into messaging.administrators (tenant_id, id, display_name, name_order, words, email, role,
                    is_owner, locale, active, joined, invited_at)
                values ({e.TenantId}, {e.StreamId}, {a.DisplayName}, {NameOrder.Of(a.DisplayName)},
                    {NamesFound.WordsOf(e.TenantId, a.DisplayName)}::tsvector, {a.Email}, {a.Role.ToString()},
                    {a.IsOwner}, {a.Locale}, true, false, {e.Timestamp})
                """),
            ServiceAccountCreated a => Sql.Of(
                $"""
                insert into messaging.administrators (tenant_id, id, display_name, name_order, words, email, role,
                    is_owner, locale, active, joined, joined_at)
                values ({e.TenantId}, {e.StreamId}, {a.DisplayName}, {NameOrder.Of(a.DisplayName)},
                    {NamesFound.WordsOf(e.TenantId, a.DisplayName)}::tsvector, {ServiceAccount.Email},
                    {a.Role.ToString()}, false, {a.Locale}, true, true, {e.Timestamp})
                """),
            AdministratorLimited p => Sql.Of(
                $"""
                update messaging.administrators
                set limited = true, customer_ids = {p.CustomerIds.ToArray()}::uuid[],
                    customer_tags = {p.Tags.ToArray()}::text[],
                    customer_tag_keys = {p.Tags.Select(t => CustomerTerm.TagKey(e.TenantId, t)).ToArray()}::text[]
                where tenant_id = {e.TenantId} and id = {e.StreamId}
                """),
            AdministratorUnlimited => Sql.Of(
                $"""
                update messaging.administrators
                set limited = false, customer_ids = array[]::uuid[], customer_tags = array[]::text[],
                    customer_tag_keys = array[]::text[]
                where tenant_id = {e.TenantId} and id = {e.StreamId}
                """),
            PersonEvent.IOfAnybody a => Person(e, a, "administrators"),

            // Who is away is read from the events themselves, and when access ends from accounts.
            AuditorScoped or AdministratorAway or AdministratorBack => null,
            _ => throw new UnknownEventException(data),
        };

    private static Sql? Customer(IEvent e, CustomerEvent data) =>
        data switch
        {
            CustomerRegistered c => Sql.Of(
                $"""
                insert into messaging.customers (tenant_id, id, name, name_order, words, search_name, search)
                values ({e.TenantId}, {e.StreamId}, {c.Name}, {NameOrder.Of(c.Name)},
                    {NamesFound.WordsOf(e.TenantId, c.Name)}::tsvector, {SearchName.Stored(c.Name)},
                    array_to_tsvector({SearchName.Parts(e.TenantId, c.Name)}))
                """),
            CustomerRenamed c => Sql.Of(
                $"""
                update messaging.customers
                set name = {c.Name}, name_order = {NameOrder.Of(c.Name)},
                    words = {NamesFound.WordsOf(e.TenantId, c.Name)}::tsvector,
                    search_name = {SearchName.Stored(c.Name)},
                    search = array_to_tsvector({SearchName.Parts(e.TenantId, c.Name)})
                where tenant_id = {e.TenantId} and id = {e.StreamId}
                """),
            CustomerNumbered { Number: { } number } => Sql.Of(
                $"""
                with customer as (
                    update messaging.customers set number = {number}
                    where tenant_id = {e.TenantId} and id = {e.StreamId} returning tenant_id, id)
                insert into messaging.customer_terms (tenant_id, id, kind, customer_id, search_name, search, words)
                select tenant_id, id, {CustomerTerm.Number}, id, {SearchName.Stored(number)},
                    array_to_tsvector({SearchName.Parts(e.TenantId, number)}),
                    {NamesFound.WordsOf(e.TenantId, CustomerTerm.SoughtBy(number))}::tsvector from customer
                on conflict (tenant_id, id, kind) do update
                set search_name = excluded.search_name, search = excluded.search, words = excluded.words
                """),
            CustomerNumbered => Sql.Of(
                $"""
                with customer as (
                    update messaging.customers set number = null
                    where tenant_id = {e.TenantId} and id = {e.StreamId} returning tenant_id, id)
                delete from messaging.customer_terms t using customer c
                where t.tenant_id = c.tenant_id and t.id = c.id and t.kind = {CustomerTerm.Number}
                """),
            CustomerNoted c => Sql.Of(
                $"""
                update messaging.customers set notes = {c.Notes}::text
                where tenant_id = {e.TenantId} and id = {e.StreamId}
                """),
            CustomerTagged c => Sql.Of(
                $"""
                update messaging.customers
                set tags = array_append(tags, {c.Tag}),
                    tag_keys = array_append(tag_keys, {CustomerTerm.TagKey(e.TenantId, c.Tag)})
                where tenant_id = {e.TenantId} and id = {e.StreamId}
                """),
            CustomerUntagged c => Sql.Of(
                $"""
                update messaging.customers
                set tags = array_remove(tags, {c.Tag}),
                    tag_keys = array_remove(tag_keys, {CustomerTerm.TagKey(e.TenantId, c.Tag)})
                where tenant_id = {e.TenantId} and id = {e.StreamId}
                """),
            DefaultAdministratorAssigned c => Sql.Of(
                $"""
                update messaging.customers set default_administrator_id = {c.AdministratorId}::uuid
                where tenant_id = {e.TenantId} and id = {e.StreamId}
                """),
            CustomerEnded c => Sql.Of(
                $"""
                update messaging.customers set ended_on = {c.On}, ends_at = {c.At}
                where tenant_id = {e.TenantId} and id = {e.StreamId}
                """),
            CustomerResumed => Sql.Of(
                $"""
                update messaging.customers set ended_on = null, ends_at = null
                where tenant_id = {e.TenantId} and id = {e.StreamId}
                """),
            CustomerMailContentWithheld or CustomerMailContentReleased or CustomerHeld or CustomerReleased => default,
            _ => throw new UnknownEventException(data),
        };

    private static Sql? Contact(IEvent e, ContactEvent data) =>
        data switch
        {
            ContactInvited c => Entered(e, c.CustomerId, c.DisplayName, c.Email, c.Locale, e.Timestamp),
            ContactAdded c => Entered(e, c.CustomerId, c.DisplayName, c.Email, c.Locale, null),
            ContactRenamed c => Sql.Of(
                $"""
                with contact as (
                    update messaging.contacts
                    set display_name = {c.DisplayName}, name_order = {NameOrder.Of(c.DisplayName)},
                        words = {NamesFound.WordsOf(e.TenantId, c.DisplayName)}::tsvector
                    where tenant_id = {e.TenantId} and id = {e.StreamId} returning tenant_id, id)
                update messaging.customer_terms t
                set search_name = {SearchName.Stored(c.DisplayName)},
                    search = array_to_tsvector({SearchName.Parts(e.TenantId, c.DisplayName)})
                from contact c where t.tenant_id = c.tenant_id and t.id = c.id and t.kind = {CustomerTerm.Name}
                """),
            ContactReactivated c => Addressed(
                e, c.Email,
                Sql.Of(
                    $"""
                    active = true, joined = false, joined_at = null, left_at = null, invited_at = {e.Timestamp}
                    """)),
            ContactInvitedAgain c => Addressed(e, c.Email, Sql.Of($"active = true, invited_at = {e.Timestamp}")),
            ContactEmailChanged c => Addressed(e, c.Email, s_noEmailChange),
            ContactDeactivated => Sql.Of(
                $"""
                update messaging.contacts
                set active = false, left_at = coalesce(left_at, {e.Timestamp}), {s_noEmailChange}
                where tenant_id = {e.TenantId} and id = {e.StreamId}
                """),
            ContactRestricted or ContactErased => Shown(e, Restriction.Name, Restriction.Email),
            ContactRestrictionLifted p => Shown(e, p.DisplayName, p.Email),
            ContactTopicsGiven p => Sql.Of(
                $"""
                update messaging.contacts
                set topics = {p.Topics.ToArray()}::text[],
                    topic_keys = {p.Topics.Select(ConversationTags.KeyOf).ToArray()}::text[]
                where tenant_id = {e.TenantId} and id = {e.StreamId}
                """),
            PersonEvent.IOfAnybody c => Person(e, c, "contacts"),
            _ => throw new UnknownEventException(data),
        };

    // A new contact, by whose name and address the customer is found.
    private static Sql Entered(
        IEvent e, Guid customerId, string name, string email, string locale, DateTimeOffset? invitedAt) => Sql.Of(
        $"""
        with contact as (
            insert into messaging.contacts (tenant_id, id, customer_id, display_name, name_order, words, email,
                locale, active, joined, invited_at)
            values ({e.TenantId}, {e.StreamId}, {customerId}, {name}, {NameOrder.Of(name)},
                {NamesFound.WordsOf(e.TenantId, name)}::tsvector, {email}, {locale}, true, false,
                {invitedAt}::timestamptz)
            returning tenant_id, id, customer_id)
        insert into messaging.customer_terms (tenant_id, id, kind, customer_id, search_name, search, words)
        select tenant_id, id, {CustomerTerm.Name}, customer_id, {SearchName.Stored(name)},
            array_to_tsvector({SearchName.Parts(e.TenantId, name)}), null from contact
        union all
        select tenant_id, id, {CustomerTerm.Address}, customer_id, {SearchName.Stored(email)},
            array_to_tsvector({SearchName.Parts(e.TenantId, email)}),
            {NamesFound.WordsOf(e.TenantId, email)}::tsvector
        from contact
        """);

    // A contact has another address, by which the customer is found.
    private static Sql Addressed(IEvent e, string email, Sql changes) => Sql.Of(
        $"""
        with contact as (
            update messaging.contacts set {changes}, email = {email}
            where tenant_id = {e.TenantId} and id = {e.StreamId} returning tenant_id, id)
        update messaging.customer_terms t
        set search_name = {SearchName.Stored(email)}, search = array_to_tsvector({SearchName.Parts(e.TenantId, email)}),
            words = {NamesFound.WordsOf(e.TenantId, email)}::tsvector
        from contact c where t.tenant_id = c.tenant_id and t.id = c.id and t.kind = {CustomerTerm.Address}
        """);

    // A contact is shown by another name and address, by which the customer is found.
    private static Sql Shown(IEvent e, string name, string email) => Sql.Of(
        $"""
        with contact as (
            update messaging.contacts
            set display_name = {name}, name_order = {NameOrder.Of(name)},
                words = {NamesFound.WordsOf(e.TenantId, name)}::tsvector, email = {email}
            where tenant_id = {e.TenantId} and id = {e.StreamId} returning tenant_id, id),
        name as (
            update messaging.customer_terms t
            set search_name = {SearchName.Stored(name)},
                search = array_to_tsvector({SearchName.Parts(e.TenantId, name)})
            from contact c where t.tenant_id = c.tenant_id and t.id = c.id and t.kind = {CustomerTerm.Name})
        update messaging.customer_terms t
        set search_name = {SearchName.Stored(email)}, search = array_to_tsvector({SearchName.Parts(e.TenantId, email)}),
            words = {NamesFound.WordsOf(e.TenantId, email)}::tsvector
        from contact c where t.tenant_id = c.tenant_id and t.id = c.id and t.kind = {CustomerTerm.Address}
        """);

    // Deactivations differ: contacts also have the instant of theirs.
    private static Sql? Person(IEvent e, PersonEvent.IOfAnybody data, string table) =>
        data switch
        {
            PersonEvent.IJoined => Sql.Of(
                $"""
                update messaging.{Sql.Raw(table)} set joined = true, joined_at = coalesce(joined_at, {e.Timestamp})
                where tenant_id = {e.TenantId} and id = {e.StreamId}
                """),
            PersonEvent.IRenamed p => Sql.Of(
                $"""
                update messaging.{Sql.Raw(table)}
                set display_name = {p.DisplayName}, name_order = {NameOrder.Of(p.DisplayName)},
                    words = {NamesFound.WordsOf(e.TenantId, p.DisplayName)}::tsvector
                where tenant_id = {e.TenantId} and id = {e.StreamId}
                """),
            PersonEvent.ILocaleChosen p => Set(e, table, "locale", p.Locale),
            PersonEvent.IDeactivated => Sql.Of(
                $"""
                update messaging.{Sql.Raw(table)} set active = false, {s_noEmailChange}
                where tenant_id = {e.TenantId} and id = {e.StreamId}
                """),
            PersonEvent.IEmailChangeAsked p => Sql.Of(
                $"""
                update messaging.{Sql.Raw(table)} set email_change = {p.Email}, email_change_at = {e.Timestamp}
                where tenant_id = {e.TenantId} and id = {e.StreamId}
                """),
            PersonEvent.IEmailChangeWithdrawn or PersonEvent.IPasswordChanged => Sql.Of(
                $"""
                update messaging.{Sql.Raw(table)} set {s_noEmailChange}
                where tenant_id = {e.TenantId} and id = {e.StreamId} and email_change is not null
                """),
            PersonEvent.IEmailChanged p => Sql.Of(
                $"""
                update messaging.{Sql.Raw(table)} set email = {p.Email}, {s_noEmailChange}
                where tenant_id = {e.TenantId} and id = {e.StreamId}
                """),
            AdministratorRoleChanged p => Sql.Of(
                $"""
                update messaging.administrators set role = {p.Role.ToString()}, is_owner = {p.IsOwner}
                where tenant_id = {e.TenantId} and id = {e.StreamId}
                """),
            PersonEvent.IReactivated p => Sql.Of(
                $"""
                update messaging.{Sql.Raw(table)}
                set active = true, joined = false, joined_at = null, email = {p.Email}, invited_at = {e.Timestamp}
                where tenant_id = {e.TenantId} and id = {e.StreamId}
                """),
            PersonEvent.IInvitedAgain p => Sql.Of(
                $"""
                update messaging.{Sql.Raw(table)} set email = {p.Email}, invited_at = {e.Timestamp}
                where tenant_id = {e.TenantId} and id = {e.StreamId}
                """),
            PersonEvent.IRestricted or PersonEvent.IErased => ShownOfOffice(e, Restriction.Name, Restriction.Email),
            PersonEvent.IRestrictionLifted p => ShownOfOffice(e, p.DisplayName, p.Email),
            PersonEvent.IPasswordResetAsked or PersonEvent.ISecondFactorChanged => null,

            // Each kind of people has rights of its own: those are written where the kinds are told apart.
            PersonEvent.ISightChanged => null,
            _ => throw new UnknownEventException(data),
        };

    // Somebody of the office is shown by another name and address.
    private static Sql ShownOfOffice(IEvent e, string name, string email) => Sql.Of(
        $"""
        update messaging.administrators
        set display_name = {name}, name_order = {NameOrder.Of(name)},
            words = {NamesFound.WordsOf(e.TenantId, name)}::tsvector, email = {email}
        where tenant_id = {e.TenantId} and id = {e.StreamId}
        """);

    private static Sql Set(IEvent e, string table, string column, object value) =>
        Sql.Of(
            $"""
            update messaging.{Sql.Raw(table)} set {Sql.Raw(column)} = {value}
            where tenant_id = {e.TenantId} and id = {e.StreamId}
            """);
}
