using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.Notifications;
using Messaging.Domain.Organisation;
using Messaging.Projections.Conversations;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Projections.Notifications;

/// <summary>A notification in somebody's profile.</summary>
/// <param name="ReadAt">Null until it is read.</param>
/// <param name="Status">The status that was set; null of other kinds.</param>
/// <param name="Rule">Why it is them; null of those that were planned before that was written down.</param>
public sealed record NotificationRow(
    Guid Id, NotificationKind Kind, Guid ConversationId, Guid? CommentId, Participant Actor, DateTimeOffset CreatedAt,
    DateTimeOffset? ReadAt, ConversationStatus? Status = null, TellingRule? Rule = null);

/// <summary>The kinds that a person is told of, by channel.</summary>
/// <param name="EmailUnlessRead">True when what they have read before its mail goes out is not mailed to them.</param>
public sealed record NotificationPreferencesRow(
    IReadOnlyList<NotificationKind> EmailFor, IReadOnlyList<NotificationKind> InAppFor, bool EmailUnlessRead = false,
    bool WeeklyReport = false, bool DailyCheckpoint = false);

/// <summary>The caller's own notifications and preferences; nobody sees another's.</summary>
public sealed class NotificationQueries(NpgsqlDataSource database)
{
    private const string Notifications = "notifications";

    /// <summary>A page of the notifications, the newest first.</summary>
    /// <exception cref="InvalidPageException">There is no such page.</exception>
    /// <exception cref="InvalidCursorException">A cursor is none of this list.</exception>
    public async Task<Page<NotificationRow>> NotificationsPageAsync(
        Caller caller, bool unreadOnly, PageRequest page, CancellationToken cancellation)
    {
        var size = page.Size();
        var sql = Sql.Of(
            $"select {NotificationColumns} from messaging.notifications n where {Own(caller, unreadOnly)}");
        if (page.After is not null)
        {
            var after = Cursor.Instant(Notifications, page.After, "after");
            sql += $" and (n.created_at, n.id) < ({after.At}, {after.Id})";
        }

        if (page.Before is not null)
        {
            var before = Cursor.Instant(Notifications, page.Before, "before");
            sql += $" and (n.created_at, n.id) > ({before.At}, {before.Id})";
        }

        var direction = Sql.Raw(page.Backward ? "asc" : "desc");
        sql += $" order by n.created_at {direction}, n.id {direction} limit {Sql.Number(size + 1)}";
        var rows = await sql.ListAsync(database, Notification, cancellation);
        return Page<NotificationRow>.Of(rows, page, r => Cursor.Of(Notifications, r.CreatedAt, r.Id));
    }

    /// <summary>Number of notifications.</summary>
    public Task<int> NotificationsCountAsync(Caller caller, bool unreadOnly, CancellationToken cancellation) =>
        Sql.Of($"select count(*) from messaging.notifications n where {Own(caller, unreadOnly)}")
            .CountAsync(database, cancellation);

    /// <summary>The notifications of these ids; those of others are missing.</summary>
    public async Task<IReadOnlyDictionary<Guid, NotificationRow>> NotificationsByIdsAsync(
        Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        var rows = await Sql.Of(
                $"select {NotificationColumns} from messaging.notifications n where {Own(caller, false)} and "
                    + $"n.id = any({Sql.Ids(ids)})"
            )
            .ListAsync(database, Notification, cancellation);
        return rows.ToDictionary(r => r.Id);
    }

    /// <summary>The caller's preferences: everything, until the caller chose.</summary>
    public async Task<NotificationPreferencesRow> PreferencesAsync(Caller caller, CancellationToken cancellation) =>
        await Sql.Of(
                $"""
                select email_for, in_app_for, coalesce(email_unless_read, false),
                    coalesce(weekly_report, false), coalesce(daily_checkpoint, false)
                from messaging.notification_preferences
                where tenant_id = {caller.TenantId} and person_id = {caller.Actor.Id}
                """
            )
            .FirstAsync(
                database,
                r => new NotificationPreferencesRow(
                    Kinds(r.GetFieldValue<string[]>(0)), Kinds(r.GetFieldValue<string[]>(1)), r.GetBoolean(2),
                    r.GetBoolean(3), r.GetBoolean(4)),
                cancellation
            )
        ?? new NotificationPreferencesRow(Enum.GetValues<NotificationKind>(), Enum.GetValues<NotificationKind>());

    /// <summary>True where the office wants customers told that a conversation is answered.</summary>
    public async Task<bool> TellsAnsweredAsync(string tenantId, CancellationToken cancellation) =>
        await Sql.Of($"select count(*) from messaging.offices_that_tell_answered where tenant_id = {tenantId}")
            .CountAsync(database, cancellation) > 0;

    /// <summary>The mails of an office that say what was written.</summary>
    public async Task<MailContent> MailContentAsync(string tenantId, CancellationToken cancellation) =>
        Enum.Parse<MailContent>(
            await Sql.Of($"select content from messaging.mail_content where tenant_id = {tenantId}")
                .FirstAsync(database, r => r.GetString(0), cancellation)
            ?? nameof(MailContent.Full));

    /// <summary>The customers among these whose mails do not say what was written.</summary>
    public async Task<IReadOnlyDictionary<Guid, bool>> WithoutMailContentAsync(
        Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        var without = await Sql.Of(
            $"""
            select customer_id from messaging.customers_without_mail_content
            where tenant_id = {caller.TenantId} and customer_id = any({Sql.Ids(ids)})
            """).ListAsync(database, r => r.GetGuid(0), cancellation);
        return without.ToDictionary(id => id, _ => true);
    }

    private static Sql NotificationColumns =>
        Sql.Raw(
            """
            n.id, n.kind, n.conversation_id, n.comment_id, n.actor_kind, n.actor_id, n.created_at, n.read_at,
                case n.kind when 'StatusChanged' then (select e.data ->> 'to' from messaging.mt_events e
                    where e.tenant_id = n.tenant_id and e.id = n.event_id) end,
                n.rule
            """);

    private static NotificationRow Notification(NpgsqlDataReader r) =>
        new(
            r.GetGuid(0), r.Enumeration<NotificationKind>(1), r.GetGuid(2), r.GuidOrNull(3), r.Participant(4),
            r.Instant(6), r.InstantOrNull(7), r.IsDBNull(8) ? null : r.Enumeration<ConversationStatus>(8),
            r.IsDBNull(9) ? null : r.Enumeration<TellingRule>(9));

    // In the order of the enum, not of the choice.
    private static NotificationKind[] Kinds(string[] names) => [.. names.Select(Enum.Parse<NotificationKind>).Order()];

    // A contact's conversations are those of one customer; the condition costs little and holds should that ever
    // change. Whoever is limited was told of conversations that they may not see any more.
    private static Sql Own(Caller caller, bool unreadOnly)
    {
        var sql = Sql.Of($"n.tenant_id = {caller.TenantId} and n.recipient_id = {caller.Actor.Id}");
        if (unreadOnly) sql += $" and n.read_at is null";
        sql += Visibility.InSpan(caller, "n.created_at");
        if (caller.OnlyCustomerId is not null || caller.IsLimited || caller.HasSpan)
            sql +=
                $" and exists (select from {Visibility.Table(caller)} c where {Visibility.Conversations(caller)} "
                    + $"and c.id = n.conversation_id)";

        // What they were told of while they still saw internal notes.
        if (caller.IsOfOffice && !caller.SeesInternal)
            sql +=
                $"""
                  and (n.comment_id is null or exists (
                     select from messaging.comments m
                     where {Visibility.Messages(caller)} and m.id = n.comment_id))
                 """;
        return sql;
    }
}
