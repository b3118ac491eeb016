using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Projections.Conversations;

/// <summary>The rows that a caller may see, as conditions, and their columns.</summary>
internal static class Visibility
{
    /// <summary>Conditions on a conversation <c>c</c>.</summary>
    public static Sql Conversations(Caller caller)
    {
        var sql = Sql.Of($"c.tenant_id = {caller.TenantId}");
        if (caller.OnlyCustomerId is { } customer) sql += $" and c.customer_id = {customer}";
        return sql + LimitedAccess.OfConversation(caller);
    }

    /// <summary>
    /// The table of conversations, to be named <c>c</c>, with what the caller may know of each. To an auditor who sees
    /// what happened in a span of time, a conversation is there when something public was written in it then, and its
    /// columns are of what they see: the state is that at the end of the span.
    /// </summary>
    public static Sql Table(Caller caller)
    {
        if (!caller.HasSpan) return Sql.Raw("messaging.conversations");
        var isPast = caller.Scope!.To is { } to ? Sql.Of($"{to}::timestamptz <= clock_timestamp()") : Sql.Raw("false");
        return Sql.Of(
            $"""
             (select c.tenant_id, c.id, c.subject, s.status,
                 case when {isPast} then {AwaitingThen} else c.awaiting end as awaiting,
                 case when {isPast} then p.at else c.awaiting_since end as awaiting_since, c.customer_id,
                 case when {isPast} then null else c.responsible_administrator_id end as responsible_administrator_id,
                 not ({isPast}) and c.notify_all_administrators as notify_all_administrators,
                 c.created_by_kind, c.created_by_id, c.created_at,
                 a.at as updated_at, a.position as version, a.count as comment_count, a.id as last_comment_id,
                 a.position as last_comment_position, a.author_id as last_comment_by,
                 p.at as public_updated_at, p.position as public_version, p.count as public_comment_count,
                 p.id as last_public_comment_id, p.position as last_public_comment_position,
                 p.author_id as last_public_comment_by, c.search_key
             from messaging.conversations c
             cross join lateral ({Said(caller, caller.SeesInternal)}) a
             cross join lateral ({Said(caller, false)}) p
             cross join lateral (select coalesce((
                 select t.status from messaging.status_periods t
                 where t.tenant_id = c.tenant_id and t.conversation_id = c.id
                     and t.from_at < coalesce({caller.Scope.To}::timestamptz, 'infinity')
                 order by t.position desc limit 1), c.status) as status) s
             where p.count > 0)
             """);
    }

    // What was written in a conversation c in the span, and the last of it.
    private static Sql Said(Caller caller, bool withNotes) =>
        Sql.Of(
            $"""
             select count(*)::int as count, max(m.created_at) as at, max(m.position) as position,
                 (array_agg(m.id order by m.position desc))[1] as id,
                 (array_agg(m.author_id order by m.position desc))[1] as author_id,
                 (array_agg(m.author_kind order by m.position desc))[1] as author_kind
             from messaging.comments m
             where m.tenant_id = c.tenant_id and m.conversation_id = c.id{Sql.Raw(
                 withNotes ? "" : " and m.visibility = 'Public'")}{InSpan(caller, "m.created_at")}
             """);

    private static Sql AwaitingThen =>
        Sql.Raw(
            "case s.status "
                + string.Concat(Enum.GetValues<ConversationStatus>().Select(status =>
                    $"when '{status}' then case when p.author_kind = 'Contact' "
                        + $"then '{Domain.Conversations.Conversation.AwaitingOf(status, officeAwaited: true)}' "
                        + $"else '{Domain.Conversations.Conversation.AwaitingOf(status, officeAwaited: false)}' end "))
                + "end");

    /// <summary>Conditions on an instant in a column; nothing for who sees all times.</summary>
    public static Sql InSpan(Caller caller, string column)
    {
        var sql = Sql.Nothing;
        if (caller.Scope?.From is { } from) sql += $" and {Sql.Raw(column)} >= {from}";
        if (caller.Scope?.To is { } to) sql += $" and {Sql.Raw(column)} < {to}";
        return sql;
    }

    /// <summary>Conditions on a comment or file <c>m</c>, but for those on its conversation.</summary>
    /// <param name="m">Its alias.</param>
    public static Sql Written(Caller caller, string m)
    {
        var sql = InSpan(caller, $"{m}.created_at");
        return caller.SeesInternal ? sql : sql + Sql.Raw($" and {m}.visibility = 'Public'");
    }

    /// <summary>Conditions on a comment or file <c>m</c>.</summary>
    public static Sql Messages(Caller caller)
    {
        var sql = Sql.Of($"m.tenant_id = {caller.TenantId}") + Written(caller, "m");
        if (caller.OnlyCustomerId is not null || caller.IsLimited || caller.HasSpan)
            sql +=
                $" and exists (select from {Table(caller)} c where {Conversations(caller)} and c.id = "
                    + $"m.conversation_id)";
        return sql;
    }

    /// <summary>
    /// Conversations <c>c</c>, each with how far the caller has read it. The planner leaves the markers out where
    /// nothing asks for them.
    /// </summary>
    public static Sql From(Caller caller) => Sql.Of($"{Table(caller)} c {Markers(caller)}");

    /// <summary>Joins to conversations <c>c</c> how far the caller has read each.</summary>
    public static Sql Markers(Caller caller) =>
        Sql.Of(
            $"left join messaging.read_markers r on r.tenant_id = c.tenant_id and r.conversation_id = c.id and "
                + $"r.person_id = {caller.Actor.Id}"
        );

    /// <summary>
    /// Condition on <see cref="From"/>: there is something of others that the caller has not read. The latest comment
    /// mostly decides; earlier ones are read only where it is the caller's own, or where the conversation was begun
    /// before the caller joined and never read.
    /// </summary>
    public static Sql Unread(Caller caller)
    {
        var last = Sql.Raw(caller.SeesInternal ? "c.last_comment" : "c.last_public_comment");
        var joined = JoinedAt(caller);
        var since = caller.OnlyCustomerId is null
            ? Sql.Of($"r.position is not null or c.updated_at > {joined}")
            : Sql.Raw("true");
        return Sql.Of(
            $"""
             ({last}_position > coalesce(r.position, 0) and ({since})
              and (((r.position is not null or c.created_at > {joined}) and {last}_by <> {caller.Actor.Id}) or exists (
                 select from messaging.comments m where {UnreadComments(caller)})))
             """);
    }

    /// <summary>
    /// Conditions on a comment <c>m</c> of one of <see cref="From"/>: it is another's, and the caller has not read it.
    /// For a caller who never read anything, comments from before they joined count as read: those were for colleagues.
    /// Two exceptions for a contact: comments written while no contact of the customer had joined, since nobody has
    /// seen them; and the last comment where the customer's answer is awaited, for which the contact may just have been
    /// invited.
    /// </summary>
    public static Sql UnreadComments(Caller caller)
    {
        var sql = Sql.Of(
            $"""
             m.tenant_id = c.tenant_id and m.conversation_id = c.id and m.position > coalesce(r.position, 0)
                 and m.author_id <> {caller.Actor.Id}
             and (r.position is not null or m.created_at > {JoinedAt(caller)}
             """);
        if (caller.OnlyCustomerId is not null)
        {
            sql +=
                $"""
                  or (c.awaiting = 'Customer' and m.id = c.last_public_comment_id) or not exists (
                     select from messaging.contacts k where k.tenant_id = c.tenant_id and k.customer_id = c.customer_id
                         and k.id <> {caller.Actor.Id}
                         and k.joined_at <= m.created_at and (k.left_at is null or k.left_at > m.created_at))
                 """;
        }

        sql += $")";
        return sql + Written(caller, "m");
    }

    // Once for each statement. Nobody whose joining was not recorded has anything taken for read.
    private static Sql JoinedAt(Caller caller) =>
        Sql.Of(
            $"""
             coalesce((
                 select joined_at
                 from messaging.{Sql.Raw(caller.OnlyCustomerId is null ? "administrators" : "contacts")}
                 where tenant_id = {caller.TenantId} and id = {caller.Actor.Id}), '-infinity')
             """);

    /// <summary>
    /// The column of a conversation that says when something happened last, as far as the caller may know.
    /// </summary>
    public static Sql UpdatedAt(Caller caller) => Sql.Raw(caller.SeesInternal ? "c.updated_at" : "c.public_updated_at");

    /// <summary>The columns of <see cref="Conversation"/>.</summary>
    public static Sql ConversationColumns(Caller caller) =>
        Sql.Raw(
            "c.id, c.subject, c.status, c.awaiting, c.customer_id, c.responsible_administrator_id, "
                + "c.notify_all_administrators, c.created_by_kind, c.created_by_id, c.created_at, "
                + (
                    caller.SeesInternal
                        ? "c.updated_at, c.version, c.comment_count, c.last_comment_id, c.last_comment_by"
                        : "c.public_updated_at, c.public_version, c.public_comment_count, "
                            + "c.last_public_comment_id, c.last_public_comment_by"
                )
                + ", c.awaiting_since"
        );

    public static ConversationRow Conversation(NpgsqlDataReader r) =>
        new(
            r.GetGuid(0), r.Text(1), r.Enumeration<ConversationStatus>(2), r.Enumeration<Awaiting>(3), r.GetGuid(4),
            r.GuidOrNull(5), r.GetBoolean(6), r.Participant(7), r.Instant(9), r.Instant(10), r.GetInt32(11),
            r.GetInt32(12), r.GuidOrNull(13), r.GuidOrNull(14), r.Instant(15));

    /// <summary>The columns of <see cref="Comment"/>.</summary>
    public static Sql CommentColumns =>
        Sql.Raw("m.id, m.conversation_id, m.position, m.author_kind, m.author_id, m.body, m.visibility, m.created_at");

    public static CommentRow Comment(NpgsqlDataReader r) =>
        new(
            r.GetGuid(0), r.GetGuid(1), r.GetInt32(2), r.Participant(3), r.Text(5), r.Enumeration<CommentVisibility>(6),
            r.Instant(7));

    /// <summary>The columns of <see cref="File"/>.</summary>
    public static Sql FileColumns =>
        Sql.Raw(
            "m.id, m.conversation_id, m.comment_id, m.name, m.media_type, m.size, m.sha256, m.uploaded_by_kind, "
                + "m.uploaded_by_id, m.created_at"
        );

    public static FileRow File(NpgsqlDataReader r) =>
        new(
            r.GetGuid(0), r.GetGuid(1), r.GetGuid(2), r.Text(3), r.Text(4), r.GetInt64(5), r.Text(6), r.Participant(7),
            r.Instant(9));
}
