using System.Collections.Concurrent;
using System.Globalization;
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
    public const int Format = 7;

    /// <summary>The format of tables that are not complete.</summary>
    public const int NoFormat = 0;

    private static readonly ConcurrentDictionary<string, string> s_numbered = [];

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
    }

    /// <inheritdoc/>
    public override ValueTask ApplyAsync(IDocumentOperations operations, IEvent e, CancellationToken cancellation)
    {
        var (sql, arguments) = StatementOf(e);

        // Marten accepts null, whatever its annotation says; it is sent as text, so the statements cast nullable
        // arguments.
        if (sql is not null) operations.QueueSqlCommand(sql, arguments!);
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Adds what keeps the read models for many events to a transaction that has locked their streams: the same
    /// statements, but one for the comments of different conversations that follow one another. It fails behind a
    /// <see cref="ReadModelFence"/>.
    /// </summary>
    public static void AddTo(IReadOnlyList<IEvent> events, NpgsqlBatch batch)
    {
        if (events.Count == 0) return;
        ReadModelFence.AddTo(batch);
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
            else if (StatementOf(e) is ({ } sql, var arguments))
            {
                Add(sql, arguments);
            }
        }

        AddComments();

        void AddComments()
        {
            if (comments.Count == 0) return;
            var (sql, arguments) = CommentRows.StatementOf(comments);
            Add(sql, arguments);
            comments.Clear();
            commented.Clear();
        }

        void Add(string sql, object?[] arguments)
        {
            var command = new NpgsqlBatchCommand(Numbered(sql));
            foreach (var argument in arguments)
                command.Parameters.Add(new NpgsqlParameter { Value = argument ?? DBNull.Value });
            batch.BatchCommands.Add(command);
        }
    }

    // As PostgreSQL has parameters; Marten has question marks.
    private static string Numbered(string sql) => s_numbered.GetOrAdd(
        sql, given =>
        {
            var parts = given.Split('?');
            return parts[0]
                + string.Concat(
                    parts.Skip(1).Select((part, i) => string.Create(CultureInfo.InvariantCulture, $"${i + 1}{part}")));
        });

    private static (string? Sql, object?[] Arguments) StatementOf(IEvent e) => e.Data switch
    {
        ConversationEvent data => Conversation(e, data),
        OrganisationEvent data => Organisation(e, data),
        AdministratorEvent data => Administrator(e, data),
        CustomerEvent data => Customer(e, data),
        ContactEvent data => Contact(e, data),
        _ => default,
    };

    private static (string Sql, object?[] Arguments) Conversation(IEvent e, ConversationEvent data)
    {
        var at = e.Timestamp.ToUniversalTime();
        var version = checked((int)e.Version);

        // Marten omits it for an append without an expected version; a rebuild would then give other positions.
        if (version == 0)
            throw new InvalidOperationException(
                "Events of conversations are appended with the version they are expected at.");
        return data switch
        {
            ConversationCreated c => (
                """
                with header as (
                    insert into messaging.conversations (
                        tenant_id, id, subject, status, awaiting, awaiting_since, office_awaited, customer_id,
                            responsible_administrator_id,
                        notify_all_administrators, created_by_kind, created_by_id, created_at, updated_at, version,
                            comment_count,
                        last_comment_position, public_updated_at, public_version, public_comment_count,
                            last_public_comment_position, search_key)
                    values (?, ?, ?, ?, ?, ?, false, ?, ?::uuid, ?, ?, ?, ?, ?, ?, 0, 0, ?, 1, 0, 0, ?)
                    returning tenant_id, id, version, status, created_at, responsible_administrator_id, search_key),
                subject as (
                    insert into messaging.subjects (tenant_id, conversation_id, search)
                    select tenant_id, id, replace(?, ' ', ' ' || search_key)::tsvector from header),
                tally as (
                    insert into messaging.status_tallies (tenant_id, responsible_administrator_id, status, change)
                    select tenant_id, responsible_administrator_id, status, 1 from header)
                insert into messaging.status_periods (tenant_id, conversation_id, position, status, from_at)
                select tenant_id, id, version, status, created_at from header
                """,
                [
                    e.TenantId,
                    e.StreamId,
                    c.Subject,
                    c.Status.ToString(),
                    AwaitingOf(c.Status, false),
                    at,
                    c.CustomerId,
                    c.ResponsibleAdministratorId,
                    c.NotifyAllAdministrators,
                    c.CreatedBy.Kind.ToString(),
                    c.CreatedBy.Id,
                    at,
                    at,
                    version,
                    at,
                    SearchText.KeyOf(e.TenantId, at),
                    SearchText.Stored(c.Subject)
                        + string.Concat(
                            ((Guid?[])[c.CustomerId, c.ResponsibleAdministratorId])
                                .OfType<Guid>()
                                .Select(id => " " + SearchText.WordOf(id))
                        ),
                ]
            ),
            CommentAdded => CommentRows.StatementOf([e]),
            FileAttached c => (
                """
                with comment as (
                    select tenant_id, conversation_id, id, visibility, visibility = 'Public' as is_public
                        from messaging.comments
                    where tenant_id = ? and id = ? and conversation_id = ?),
                header as (
                    update messaging.conversations c
                    set updated_at = greatest(updated_at, ?), version = ?,
                        public_updated_at = case when m.is_public then greatest(updated_at,
                            ?) else public_updated_at end,
                        public_version = public_version + m.is_public::int
                    from comment m where c.tenant_id = m.tenant_id and c.id = m.conversation_id
                    returning search_key)
                insert into messaging.files (
                    tenant_id, conversation_id, comment_id, visibility, id, position, name, media_type, size, sha256,
                        uploaded_by_kind, uploaded_by_id,
                    created_at, search)
                select tenant_id, conversation_id, id, visibility, ?, ?, ?, ?, ?, ?, ?, ?, ?,
                    replace(?, ' ', ' ' || search_key)::tsvector
                from comment cross join header
                """,
                [
                    e.TenantId, c.CommentId, e.StreamId, at, version, at, c.FileId, version, c.Name, c.MediaType,
                    c.Size, c.Sha256, c.UploadedBy.Kind.ToString(), c.UploadedBy.Id, at, SearchText.Stored(c.Name)
                ]
            ),
            StatusChanged c => (
                """
                with header as (
                    update messaging.conversations
                    set status = ?, office_awaited = office_awaited and ?,
                        awaiting = case when office_awaited then ? else ? end,
                        awaiting_since = case when awaiting <> case when office_awaited then ? else ? end
                            then greatest(updated_at, ?) else awaiting_since end,
                        updated_at = greatest(updated_at, ?), version = ?, public_updated_at = greatest(updated_at, ?),
                            public_version = public_version + 1
                    where tenant_id = ? and id = ?
                    returning tenant_id, id, version, status, updated_at, responsible_administrator_id),
                tally as (
                    insert into messaging.status_tallies (tenant_id, responsible_administrator_id, status, change)
                    select tenant_id, responsible_administrator_id, unnest(array[?, status]), unnest(array[-1, 1])
                        from header),
                ended as (
                    update messaging.status_periods p set to_at = h.updated_at
                    from header h where p.tenant_id = h.tenant_id and p.conversation_id = h.id and p.to_at is null)
                insert into messaging.status_periods (tenant_id, conversation_id, position, status, from_at)
                select tenant_id, id, version, status, updated_at from header
                """,
                [
                    c.To.ToString(), c.To == ConversationStatus.Open, AwaitingOf(c.To, true), AwaitingOf(c.To, false),
                    AwaitingOf(c.To, true), AwaitingOf(c.To, false), at, at, version, at, e.TenantId, e.StreamId,
                    c.From.ToString()
                ]
            ),
            AdministratorAssigned c => Responsible(c.AdministratorId),
            AdministratorUnassigned => Responsible(null),
            AdminsNotified => (
                "update messaging.conversations set updated_at = greatest(updated_at, ?), version = ? where "
                    + "tenant_id = ? and id = ?",
                [at, version, e.TenantId, e.StreamId]),
            _ => throw new UnknownEventException(data),
        };

        (string, object?[]) Responsible(Guid? id) => (
            $"""
            with before as (
                select tenant_id, id, responsible_administrator_id from messaging.conversations
                    where tenant_id = ? and id = ?),
            header as (
                update messaging.conversations c
                set responsible_administrator_id = ?::uuid, updated_at = greatest(updated_at, ?), version = ?,
                    public_updated_at = greatest(updated_at, ?), public_version = public_version + 1
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
            """,
            [e.TenantId, e.StreamId, id, at, version, at]);
    }

    // As SearchText has it.
    private static string WordOf(string id) =>
        $"'-' || translate(rtrim(encode(uuid_send({id}), 'base64'), '='), '+/', '-_')";

    private static string AwaitingOf(ConversationStatus status, bool officeAwaited) =>
        Domain.Conversations.Conversation.AwaitingOf(status, officeAwaited).ToString();

    private static (string? Sql, object?[] Arguments) Organisation(IEvent e, OrganisationEvent data) =>
        data switch
        {
            OrganisationRegistered o => (
                """
                insert into messaging.organisations (tenant_id, id, name, notification_email, locale, time_zone,
                    customers_may_start_conversations)
                values (?, ?, ?, ?, ?, ?, false)
                """,
                [e.TenantId, e.StreamId, o.Name, o.NotificationEmail, o.Locale, o.TimeZone]),
            OrganisationRenamed o => Set(e, "organisations", "name", o.Name),
            NotificationEmailRegistered o => Set(e, "organisations", "notification_email", o.Email),
            LocaleChosen o => Set(e, "organisations", "locale", o.Locale),
            TimeZoneChosen o => Set(e, "organisations", "time_zone", o.TimeZone),
            CustomerConversationsAllowed => Set(e, "organisations", "customers_may_start_conversations", true),
            CustomerConversationsDisallowed => Set(e, "organisations", "customers_may_start_conversations", false),
            _ => throw new UnknownEventException(data),
        };

    private static (string? Sql, object?[] Arguments) Administrator(IEvent e, AdministratorEvent data) =>
        data switch
        {
            AdministratorInvited a => (
                """
                insert into messaging.administrators (tenant_id, id, display_name, name_order, words, email, role,
                    is_owner, locale, active, joined, invited_at)
                values (?, ?, ?, ?, ?::tsvector, ?, ?, ?, ?, true, false, ?)
                """,
                [
                    e.TenantId, e.StreamId, a.DisplayName, NameOrder.Of(a.DisplayName),
                    NamesFound.WordsOf(e.TenantId, a.DisplayName), a.Email, a.Role.ToString(), a.IsOwner, a.Locale,
                    e.Timestamp.ToUniversalTime()
                ]
            ),
            ServiceAccountCreated a => (
                """
                insert into messaging.administrators (tenant_id, id, display_name, name_order, words, email, role,
                    is_owner, locale, active, joined, joined_at)
                values (?, ?, ?, ?, ?::tsvector, ?, ?, false, ?, true, true, ?)
                """,
                [
                    e.TenantId, e.StreamId, a.DisplayName, NameOrder.Of(a.DisplayName),
                    NamesFound.WordsOf(e.TenantId, a.DisplayName), ServiceAccount.Email, a.Role.ToString(), a.Locale,
                    e.Timestamp.ToUniversalTime()
                ]
            ),
            PersonEvent.IOfAnybody a => Person(e, a, "administrators"),
            _ => throw new UnknownEventException(data),
        };

    private static (string? Sql, object?[] Arguments) Customer(IEvent e, CustomerEvent data) =>
        data switch
        {
            CustomerRegistered c => (
                "insert into messaging.customers (tenant_id, id, name, name_order, words, search_name, search) "
                    + "values (?, ?, ?, ?, ?::tsvector, ?, array_to_tsvector(?))",
                [
                    e.TenantId, e.StreamId, c.Name, NameOrder.Of(c.Name), NamesFound.WordsOf(e.TenantId, c.Name),
                    SearchName.Stored(c.Name), SearchName.Parts(e.TenantId, c.Name)
                ]
            ),
            CustomerRenamed c => (
                "update messaging.customers set name = ?, name_order = ?, words = ?::tsvector, search_name = ?, "
                    + "search = array_to_tsvector(?) where tenant_id = ? and id = ?",
                [
                    c.Name, NameOrder.Of(c.Name), NamesFound.WordsOf(e.TenantId, c.Name), SearchName.Stored(c.Name),
                    SearchName.Parts(e.TenantId, c.Name), e.TenantId, e.StreamId
                ]
            ),
            CustomerNumbered { Number: { } number } => (
                $"""
                with customer as (
                    update messaging.customers set number = ? where tenant_id = ? and id = ? returning tenant_id, id)
                insert into messaging.customer_terms (tenant_id, id, kind, customer_id, search_name, search, words)
                select tenant_id, id, '{CustomerTerm.Number}', id, ?, array_to_tsvector(?), ?::tsvector from customer
                on conflict (tenant_id, id, kind) do update
                set search_name = excluded.search_name, search = excluded.search, words = excluded.words
                """,
                [
                    number, e.TenantId, e.StreamId, SearchName.Stored(number), SearchName.Parts(e.TenantId, number),
                    NamesFound.WordsOf(e.TenantId, number)
                ]
            ),
            CustomerNumbered => (
                $"""
                with customer as (
                    update messaging.customers set number = null where tenant_id = ? and id = ?
                    returning tenant_id, id)
                delete from messaging.customer_terms t using customer c
                where t.tenant_id = c.tenant_id and t.id = c.id and t.kind = '{CustomerTerm.Number}'
                """,
                [e.TenantId, e.StreamId]),
            CustomerNoted c => (
                "update messaging.customers set notes = ?::text where tenant_id = ? and id = ?",
                [c.Notes, e.TenantId, e.StreamId]),
            CustomerTagged c => (
                "update messaging.customers set tags = array_append(tags, ?), tag_keys = array_append(tag_keys, ?) "
                    + "where tenant_id = ? and id = ?",
                [c.Tag, CustomerTerm.TagKey(e.TenantId, c.Tag), e.TenantId, e.StreamId]),
            CustomerUntagged c => (
                "update messaging.customers set tags = array_remove(tags, ?), tag_keys = array_remove(tag_keys, ?) "
                    + "where tenant_id = ? and id = ?",
                [c.Tag, CustomerTerm.TagKey(e.TenantId, c.Tag), e.TenantId, e.StreamId]),
            DefaultAdministratorAssigned c => (
                "update messaging.customers set default_administrator_id = ?::uuid where tenant_id = ? and id = ?",
                [c.AdministratorId, e.TenantId, e.StreamId]),
            CustomerEnded c => (
                "update messaging.customers set ended_on = ?, ends_at = ? where tenant_id = ? and id = ?",
                [c.On, c.At.ToUniversalTime(), e.TenantId, e.StreamId]),
            CustomerResumed => (
                "update messaging.customers set ended_on = null, ends_at = null where tenant_id = ? and id = ?",
                [e.TenantId, e.StreamId]),
            _ => throw new UnknownEventException(data),
        };

    private static (string? Sql, object?[] Arguments) Contact(IEvent e, ContactEvent data) =>
        data switch
        {
            ContactInvited c => (
                $"""
                with contact as (
                    insert into messaging.contacts (tenant_id, id, customer_id, display_name, name_order, words, email,
                        locale, active, joined, invited_at)
                    values (?, ?, ?, ?, ?, ?::tsvector, ?, ?, true, false, ?)
                    returning tenant_id, id, customer_id)
                insert into messaging.customer_terms (tenant_id, id, kind, customer_id, search_name, search, words)
                select tenant_id, id, '{CustomerTerm.Name}', customer_id, ?, array_to_tsvector(?), null from contact
                union all
                select tenant_id, id, '{CustomerTerm.Address}', customer_id, ?, array_to_tsvector(?), ?::tsvector
                from contact
                """,
                [
                    e.TenantId, e.StreamId, c.CustomerId, c.DisplayName, NameOrder.Of(c.DisplayName),
                    NamesFound.WordsOf(e.TenantId, c.DisplayName), c.Email, c.Locale,
                    e.Timestamp.ToUniversalTime(),
                    SearchName.Stored(c.DisplayName), SearchName.Parts(e.TenantId, c.DisplayName),
                    SearchName.Stored(c.Email), SearchName.Parts(e.TenantId, c.Email),
                    NamesFound.WordsOf(e.TenantId, c.Email)
                ]
            ),
            ContactRenamed c => (
                $"""
                with contact as (
                    update messaging.contacts set display_name = ?, name_order = ?, words = ?::tsvector
                    where tenant_id = ? and id = ? returning tenant_id, id)
                update messaging.customer_terms t set search_name = ?, search = array_to_tsvector(?)
                from contact c where t.tenant_id = c.tenant_id and t.id = c.id and t.kind = '{CustomerTerm.Name}'
                """,
                [
                    c.DisplayName, NameOrder.Of(c.DisplayName), NamesFound.WordsOf(e.TenantId, c.DisplayName),
                    e.TenantId, e.StreamId, SearchName.Stored(c.DisplayName),
                    SearchName.Parts(e.TenantId, c.DisplayName)
                ]
            ),
            ContactReactivated c => Addressed(
                e, c.Email, "active = true, joined = false, joined_at = null, left_at = null"),
            ContactInvitedAgain c => Addressed(e, c.Email, "active = true"),
            ContactDeactivated => (
                "update messaging.contacts set active = false, left_at = coalesce(left_at, ?) where tenant_id = ? and "
                    + "id = ?",
                [e.Timestamp.ToUniversalTime(), e.TenantId, e.StreamId]),
            PersonEvent.IOfAnybody c => Person(e, c, "contacts"),
            _ => throw new UnknownEventException(data),
        };

    // A contact has another address, by which the customer is found, and is asked once more.
    private static (string Sql, object?[] Arguments) Addressed(IEvent e, string email, string changes) => (
        $"""
        with contact as (
            update messaging.contacts set {changes}, email = ?, invited_at = ? where tenant_id = ? and id = ?
            returning tenant_id, id)
        update messaging.customer_terms t set search_name = ?, search = array_to_tsvector(?), words = ?::tsvector
        from contact c where t.tenant_id = c.tenant_id and t.id = c.id and t.kind = '{CustomerTerm.Address}'
        """,
        [
            email, e.Timestamp.ToUniversalTime(), e.TenantId, e.StreamId, SearchName.Stored(email),
            SearchName.Parts(e.TenantId, email), NamesFound.WordsOf(e.TenantId, email)
        ]);

    // Deactivations differ: contacts also have the instant of theirs.
    private static (string? Sql, object?[] Arguments) Person(IEvent e, PersonEvent.IOfAnybody data, string table) =>
        data switch
        {
            PersonEvent.IJoined => (
                $"update messaging.{table} set joined = true, joined_at = coalesce(joined_at, ?) where tenant_id = ? "
                    + "and id = ?",
                [e.Timestamp.ToUniversalTime(), e.TenantId, e.StreamId]),
            PersonEvent.IRenamed p => (
                $"update messaging.{table} set display_name = ?, name_order = ?, words = ?::tsvector where "
                    + "tenant_id = ? and id = ?",
                [
                    p.DisplayName, NameOrder.Of(p.DisplayName), NamesFound.WordsOf(e.TenantId, p.DisplayName),
                    e.TenantId, e.StreamId
                ]),
            PersonEvent.ILocaleChosen p => Set(e, table, "locale", p.Locale),
            PersonEvent.IDeactivated => Set(e, table, "active", false),
            AdministratorRoleChanged p => (
                "update messaging.administrators set role = ?, is_owner = ? where tenant_id = ? and id = ?",
                [p.Role.ToString(), p.IsOwner, e.TenantId, e.StreamId]),
            PersonEvent.IReactivated p => (
                $"update messaging.{table} set active = true, joined = false, joined_at = null, email = ?, "
                    + "invited_at = ? where tenant_id = ? and id = ?",
                [p.Email, e.Timestamp.ToUniversalTime(), e.TenantId, e.StreamId]),
            PersonEvent.IInvitedAgain p => (
                $"update messaging.{table} set email = ?, invited_at = ? where tenant_id = ? and id = ?",
                [p.Email, e.Timestamp.ToUniversalTime(), e.TenantId, e.StreamId]),
            PersonEvent.IPasswordChanged or PersonEvent.IPasswordResetAsked => default,
            _ => throw new UnknownEventException(data),
        };

    private static (string Sql, object?[] Arguments) Set(IEvent e, string table, string column, object value) =>
        ($"update messaging.{table} set {column} = ? where tenant_id = ? and id = ?", [value, e.TenantId, e.StreamId]);
}
