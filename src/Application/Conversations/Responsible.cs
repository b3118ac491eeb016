using Messaging.Application.Commands;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Conversations;

/// <summary>
/// Who is responsible for a conversation has to see its customer. It is read only for somebody who is limited to some
/// customers, and held: they take it on before the customer is lost to them, or not at all.
/// </summary>
internal static class Responsible
{
    /// <summary>Reads the customers of conversations that were read, where it matters.</summary>
    public static void ReadCustomers(
        ReadSet reads, Func<Guid, object?> stateOf, Guid? administratorId, IEnumerable<Guid> conversationIds)
    {
        if (administratorId is not { } id || !Aggregates.IsLimited(stateOf(id))) return;
        foreach (var conversation in conversationIds) EndOfMandate.ReadOf(reads, stateOf(conversation));
    }

    /// <summary>What the decider needs to know of an administrator who is asked for, and of the customer.</summary>
    public static AssignAdministrator Assign(this UnitOfWork work, Guid? administratorId, Conversation? conversation)
    {
        var administrator = administratorId is { } id ? work.HeldState<Administrator>(id) : null;
        return new AssignAdministrator(administratorId, administrator)
        {
            Customer = administrator?.Limit() is null || conversation is null
                ? null
                : work.HeldState<Customer>(conversation.CustomerId),
        };
    }
}
