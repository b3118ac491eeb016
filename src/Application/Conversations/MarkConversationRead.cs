using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Conversations;

namespace Messaging.Application.Conversations;

/// <summary>Remembers that the caller has read a conversation as far as it goes now.</summary>
[Stored("MarkConversationReadCommand")]
public sealed record MarkConversationReadCommand(Caller Caller, Guid ConversationId) : Command(Caller)
{
    internal override Guid PartitionKey => ConversationId;

    internal override void Read(ReadSet reads) => reads.Stream(ConversationId);

    internal override Refusal? Decide(UnitOfWork work)
    {
        if (work.State<Conversation>(ConversationId) is not { } conversation
            || (Caller.OnlyCustomerId is { } only && only != conversation.CustomerId))
            return new ConversationNotFound();
        work.Write(
            $"""
            insert into messaging.read_markers as m (tenant_id, conversation_id, person_id, position, read_at)
                values ({Caller.TenantId}, {ConversationId}, {Caller.Actor.Id}, {conversation.Version}, {work.Now})
            on conflict (tenant_id, conversation_id, person_id) do update
                set position = excluded.position, read_at = excluded.read_at
            where m.position < excluded.position
            """);
        return null;
    }
}
