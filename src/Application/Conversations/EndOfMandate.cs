using Messaging.Application.Commands;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;

namespace Messaging.Application.Conversations;

/// <summary>
/// Whether the mandate of a conversation's customer has ended. What is written depends on it: the customer is held, so
/// that the end comes before or after, and whoever comes after it is refused.
/// </summary>
internal static class EndOfMandate
{
    /// <summary>Reads the customer of a conversation that was read; nothing when there is none.</summary>
    public static void ReadOf(ReadSet reads, object? conversation)
    {
        if (conversation is Conversation { CustomerId: var customer }) reads.Stream(customer);
    }

    /// <summary>True when nobody writes in the conversation any more.</summary>
    public static bool HasEnded(this UnitOfWork work, Conversation? conversation) =>
        conversation is not null
        && (work.HeldState<Customer>(conversation.CustomerId)?.HasEnded(work.Now) ?? false);
}
