using Messaging.Application.Commands;
using Messaging.Domain;

namespace Messaging.Application.Notifications.Push;

/// <summary>Has a browser of the caller's told of nothing more.</summary>
/// <param name="Endpoint">The address that it subscribed with.</param>
[Stored("UnsubscribeFromPushCommand")]
public sealed record UnsubscribeFromPushCommand(Caller Caller, string Endpoint) : Command(Caller)
{
    internal override void Read(ReadSet reads)
    {
    }

    internal override Refusal? Decide(UnitOfWork work)
    {
        work.Write(
            $"""
             delete from messaging.push_subscriptions
             where tenant_id = {Caller.TenantId} and person_id = {Caller.Actor.Id}
                 and endpoint_hash = {SubscribeToPushCommand.HashOf(Endpoint)}
             """);
        return null;
    }
}
