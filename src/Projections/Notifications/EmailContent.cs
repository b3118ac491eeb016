using Messaging.Domain.Accounts;
using Messaging.Domain.Notifications;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Projections.Notifications;

/// <summary>An event of a conversation as an e-mail tells it, in the words of the read models now.</summary>
/// <param name="RegisteredEmail">The office's registered address.</param>
/// <param name="RecipientEmail">
/// The address that the recipient has by now; null for the office's registered address.
/// </param>
/// <param name="TakesPart">True while the recipient belongs to the office or to the customer.</param>
/// <param name="Body">The comment, as far as the recipient may see it; null where there is none.</param>
/// <param name="IsForOffice">True when the recipient is not a contact.</param>
/// <param name="ByCustomer">True when a contact did it.</param>
/// <param name="IsRead">True when the recipient has read it, and wants no mails of what they have read.</param>
/// <param name="ActorEmail">The address of the contact who did it; null when it was none, and of one who is restricted.
/// </param>
/// <param name="HasContent">False when the e-mail must not say what was written, or by whom.</param>
internal sealed record EmailContent(
    Guid DeliveryId, string OrganisationName, string TimeZone, string RegisteredEmail, string RecipientName,
    string? RecipientEmail, bool TakesPart, string ActorName, Guid ConversationId, string Subject, string Status,
    string CustomerName, string? Body, string[] FileNames, bool IsForOffice, NotificationKind Kind,
    DateTimeOffset OccurredAt, bool ByCustomer, bool IsRead, bool HasContent, string? ActorEmail)
{
    /// <summary>Of the office <c>o</c>: its name, its time zone, and its registered address.</summary>
    public static readonly Sql Office = Sql.Raw("o.name, o.time_zone, o.notification_email");

    /// <summary>
    /// Joins of the office <c>o</c> of a delivery <c>d</c>, of its recipient, one of the office <c>ra</c> or a contact
    /// <c>rc</c>, and of who has it sent, an administrator <c>aa</c> or a contact <c>ac</c>. Columns are null where it
    /// is somebody else.
    /// </summary>
    public static readonly Sql Names = Sql.Raw(
        """
        join messaging.organisations o on o.tenant_id = d.tenant_id
        left join messaging.administrators ra on ra.tenant_id = d.tenant_id and ra.id = d.recipient_id
        left join messaging.contacts rc on rc.tenant_id = d.tenant_id and rc.id = d.recipient_id
        left join messaging.administrators aa on d.actor_kind = 'Administrator' and aa.tenant_id = d.tenant_id
            and aa.id = d.actor_id
        left join messaging.contacts ac on d.actor_kind = 'Contact' and ac.tenant_id = d.tenant_id
            and ac.id = d.actor_id
        """);

    /// <summary>
    /// The statement that reads the content, a row for each delivery, from the earliest event on. One of what the
    /// recipient may not see any more, and of a status that is another one by now, is left out.
    /// </summary>
    /// <param name="deliveries">
    /// A statement that gives the deliveries: <c>tenant_id</c>, <c>id</c>, <c>event_id</c>, <c>kind</c>,
    /// <c>occurred_at</c>, <c>conversation_id</c>, <c>comment_id</c>, and kind and id of actor and recipient.
    /// </param>
    /// <param name="longestBody">Most characters of a body.</param>
    public static Sql StatementOf(Sql deliveries, int longestBody) => Sql.Of(
        $"""
        select {Office}, d.id, coalesce(ra.display_name, rc.display_name, o.name),
            coalesce(ra.active, rc.active, d.recipient_kind = 'Organisation'),
            coalesce(aa.display_name, ac.display_name, o.name), h.id, h.subject, h.status, cu.name,
            left(m.body, {longestBody}),
            array(select f.name from messaging.files f where f.tenant_id = d.tenant_id and f.comment_id = m.id
                order by f.position),
            d.recipient_kind <> 'Contact', d.kind, d.occurred_at, d.actor_kind = 'Contact',
            coalesce(ra.email, rc.email),
            np.email_unless_read is true and exists (
                select from messaging.read_markers rm
                join messaging.mt_events e on e.tenant_id = rm.tenant_id and e.id = d.event_id
                where rm.tenant_id = d.tenant_id and rm.conversation_id = d.conversation_id
                    and rm.person_id = d.recipient_id and rm.position >= e.version),
            case when d.recipient_kind = 'Organisation' and w.content = 'RegisteredAddressOnly' then true
                else coalesce(w.content, 'Full') = 'Full' and not exists (
                    select from messaging.customers_without_mail_content z
                    where z.tenant_id = d.tenant_id and z.customer_id = h.customer_id) end,
            nullif(ac.email, {Restriction.Email})
        from ({deliveries}) d
        {Names}
        join messaging.conversations h on h.tenant_id = d.tenant_id and h.id = d.conversation_id
        join messaging.customers cu on cu.tenant_id = d.tenant_id and cu.id = h.customer_id
        left join messaging.notification_preferences np on np.tenant_id = d.tenant_id and np.person_id = d.recipient_id
        left join messaging.mail_content w on w.tenant_id = d.tenant_id
        left join lateral (
            select c.id, c.body, c.position from messaging.comments c
            where c.tenant_id = d.tenant_id and (c.visibility = 'Public' or d.recipient_kind <> 'Contact')
                and c.id = coalesce(d.comment_id, (
                    select f.id from messaging.comments f
                    where d.kind = 'ConversationCreated' and f.tenant_id = d.tenant_id
                        and f.conversation_id = d.conversation_id and f.position = 2))) m on true
        where (d.kind <> 'StatusChanged' or h.status = (
                select e.data ->> 'to' from messaging.mt_events e
                where e.tenant_id = d.tenant_id and e.id = d.event_id))
            and (ra.id is null or not ra.limited or ra.is_owner or h.customer_id = any(ra.customer_ids)
                or cu.tag_keys && ra.customer_tag_keys)
            and (rc.id is null or cardinality(rc.topic_keys) = 0 or exists (
                select from messaging.conversation_tags t
                where t.tenant_id = h.tenant_id and t.conversation_id = h.id and t.tag_key = any(rc.topic_keys)))
        order by d.occurred_at, m.position, d.id
        """);

    /// <summary>Reads a row of it.</summary>
    public static EmailContent Read(NpgsqlDataReader row) => new(
        row.GetGuid(3), row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(4), row.StringOrNull(17),
        row.GetBoolean(5), row.GetString(6), row.GetGuid(7), row.GetString(8), row.GetString(9), row.GetString(10),
        row.StringOrNull(11), row.GetFieldValue<string[]>(12), row.GetBoolean(13),
        row.Enumeration<NotificationKind>(14), row.Instant(15), row.GetBoolean(16),
        row.GetBoolean(18), row.GetBoolean(19), row.StringOrNull(20));
}
