using JasperFx.Events;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Projections.Storage;

namespace Messaging.Projections.Reports;

/// <summary>
/// Keeps the waits of conversations: parts of the statements of their events, after a part <c>header</c> that has the
/// conversation. The rules are those of docs/figures.md.
/// </summary>
internal static class WaitRows
{
    /// <summary>
    /// Parts <c>replied</c> and <c>waiting</c>, of public comments in a <c>header</c>: one of the office replies to the
    /// customer, and one of the customer answers the office, and begins to wait unless the customer waits already. A
    /// wait is looked up in the index (lateral, and not flattened) and then found at its place, as the conversations of
    /// comments are.
    /// </summary>
    public static Sql OfComments { get; } = Sql.Raw(
        $"""
        replied as (
            update messaging.waits w
            set to_at = o.updated_at,
                outcome = case when o.by_customer then '{WaitOutcome.CustomerAnswered}'
                    else '{WaitOutcome.Replied}' end,
                administrator_id = case when o.by_customer then w.administrator_id else o.author_id end
            from (
                select h.*, x.place from header h cross join lateral (
                    select ctid as place from messaging.waits
                    where tenant_id = h.tenant_id and conversation_id = h.conversation_id and to_at is null
                        and kind = case when h.by_customer then '{WaitKind.CustomerAnswer}'
                            else '{WaitKind.OfficeReply}' end
                    offset 0) x
                where h.is_public) o
            where w.ctid = o.place and w.tenant_id = o.tenant_id and w.conversation_id = o.conversation_id),
        waiting as (
            insert into messaging.waits (tenant_id, conversation_id, kind, position, customer_id, from_at)
            select tenant_id, conversation_id, '{WaitKind.OfficeReply}', position, customer_id, updated_at
            from header h where is_public and by_customer and not exists (
                select from messaging.waits w where w.tenant_id = h.tenant_id
                    and w.conversation_id = h.conversation_id and w.kind = '{WaitKind.OfficeReply}'
                    and w.to_at is null))
        """);

    /// <summary>
    /// The waits that begin with a conversation: a part <c>waiting</c>, whose <c>header</c> has its <c>id</c>.
    /// </summary>
    public static Sql OfCreation(ConversationCreated created)
    {
        var begun = new List<string>();
        if (created.Status != ConversationStatus.Answered) begun.Add(nameof(WaitKind.Resolution));
        if (created.Status == ConversationStatus.Attention) begun.Add(nameof(WaitKind.CustomerAnswer));
        return Begun(begun, AdministratorOf(created.CreatedBy), "created_at");
    }

    /// <summary>
    /// The waits that a change of status ends and begins: parts <c>ended_waits</c> and <c>waiting</c>.
    /// </summary>
    public static Sql OfStatus(IEvent e, StatusChanged change)
    {
        var (ended, begun) = (new List<string>(), new List<string>());
        if (change.To is ConversationStatus.Answered or ConversationStatus.Attention)
            ended.Add(nameof(WaitKind.OfficeReply));
        if (change.From != change.To)
        {
            if (change.From == ConversationStatus.Attention) ended.Add(nameof(WaitKind.CustomerAnswer));
            if (change.To == ConversationStatus.Attention) begun.Add(nameof(WaitKind.CustomerAnswer));
            if (change.To == ConversationStatus.Answered) ended.Add(nameof(WaitKind.Resolution));
            if (change.From == ConversationStatus.Answered) begun.Add(nameof(WaitKind.Resolution));
        }

        var by = AdministratorOf(e);
        return Sql.Of(
            $"""
            ended_waits as (
                update messaging.waits w
                set to_at = h.updated_at,
                    outcome = case w.kind
                        when {nameof(WaitKind.OfficeReply)} then {nameof(WaitOutcome.ClosedWithoutReply)}
                        when {nameof(WaitKind.CustomerAnswer)} then {nameof(WaitOutcome.Withdrawn)}
                        else {nameof(WaitOutcome.Resolved)} end,
                    administrator_id = case w.kind when {nameof(WaitKind.CustomerAnswer)} then w.administrator_id
                        else {by}::uuid end
                from header h
                where w.tenant_id = h.tenant_id and w.conversation_id = h.id and w.to_at is null
                    and w.kind = any({ended.ToArray()}::text[])),
            {Begun(begun, by, "updated_at")}
            """);
    }

    // Whoever asks is known when it begins; whoever replies, when it ends.
    private static Sql Begun(List<string> kinds, Guid? by, string at) => Sql.Of(
        $"""
        waiting as (
            insert into messaging.waits (tenant_id, conversation_id, kind, position, customer_id, from_at,
                administrator_id)
            select h.tenant_id, h.id, k.kind, h.version, h.customer_id, h.{Sql.Raw(at)},
                case k.kind when {nameof(WaitKind.CustomerAnswer)} then {by}::uuid end
            from header h cross join unnest({kinds.ToArray()}::text[]) as k(kind))
        """);

    private static Guid? AdministratorOf(Participant by) => by.Kind == ParticipantKind.Administrator ? by.Id : null;

    // The event itself does not say it.
    private static Guid? AdministratorOf(IEvent e) =>
        e.GetHeader("actor_kind")?.ToString() == nameof(ParticipantKind.Administrator)
        && Guid.TryParse(e.GetHeader("actor_id")?.ToString(), out var id)
            ? id
            : null;
}
