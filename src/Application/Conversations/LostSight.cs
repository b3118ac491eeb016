using Messaging.Domain;
using Messaging.Projections.Storage;
using Npgsql;
using Wolverine;
using Wolverine.Attributes;
using Wolverine.Runtime;
using Wolverine.Runtime.Handlers;

namespace Messaging.Application.Conversations;

/// <summary>Somebody of the office may have lost the sight of customers that they are responsible for.</summary>
/// <param name="PersonId">Who; null for everybody who is responsible for the customer.</param>
/// <param name="CustomerId">The customer; null for all of them.</param>
/// <param name="To">The administrator who takes over; null for nobody.</param>
[MessageIdentity("Messaging.Application.Conversations.SightMayBeLost")]
[Stored("Messaging.Application.Conversations.SightMayBeLost")]
public sealed record SightMayBeLost(string TenantId, Guid? PersonId, Guid? CustomerId, Guid? To);

/// <summary>
/// Hands over what somebody is responsible for and does not see any more, to somebody or to nobody, so that no
/// conversation is in nobody's list. The request does as much as it may, in the name of who asked; a message that was
/// written down before anything changed does the rest, whatever became of the request.
/// </summary>
public sealed class LostSight(IWolverineRuntime runtime, HandOver handOver, NpgsqlDataSource database)
{
    // Longer than a request hands over.
    private static readonly TimeSpan s_delay = HandOver.Longest * 2;

    /// <summary>Changes what somebody sees, and hands over what they lose by it.</summary>
    /// <param name="person">Who.</param>
    /// <param name="to">The administrator who takes over; null for nobody.</param>
    /// <param name="change">The change; false when it was refused, and nothing is lost.</param>
    /// <returns>The refusal of a hand-over; and whether the rest follows.</returns>
    public Task<(Refusal? Refusal, bool HasMore)> ByAsync(
        Caller caller, Guid person, Guid? to, Func<Task<bool>> change, CancellationToken cancellation) =>
        FollowAsync(
            caller, HandedOver.LostBy(person, to),
            Sql.Of(
                $"""
                select 1 where exists (
                    select from messaging.conversations
                    where tenant_id = {caller.TenantId} and responsible_administrator_id = {person})
                    or exists (select from messaging.customers
                    where tenant_id = {caller.TenantId} and default_administrator_id = {person})
                """),
            change, cancellation);

    /// <summary>Changes the tags of a customer, and hands over what those lose who saw it by one of them.</summary>
    /// <param name="customer">The customer.</param>
    /// <param name="change">The change; false when it was refused, and nothing is lost.</param>
    public Task OfAsync(Caller caller, Guid customer, Func<Task<bool>> change, CancellationToken cancellation) =>
        FollowAsync(
            caller, HandedOver.LostOf(customer),
            Sql.Of(
                $"""
                select 1 from messaging.administrators p
                where p.tenant_id = {caller.TenantId} and p.limited and not p.is_owner
                    and cardinality(p.customer_tag_keys) > 0
                    and (exists (select from messaging.conversations c where c.tenant_id = p.tenant_id
                            and c.customer_id = {customer} and c.responsible_administrator_id = p.id)
                        or exists (select from messaging.customers k where k.tenant_id = p.tenant_id
                            and k.id = {customer} and k.default_administrator_id = p.id))
                limit 1
                """),
            change, cancellation);

    /// <summary>Hands over what is left, in the name of the product.</summary>
    /// <returns>True when there is more.</returns>
    internal async Task<bool> GoOnAsync(SightMayBeLost message, CancellationToken cancellation)
    {
        var caller = new Caller(message.TenantId, new Actor.System());
        var which = Of(message);
        var (refusal, hasMore) = await handOver.GoOnAsync(caller, which, cancellation);

        // Who was to take over left or lost them meanwhile: nobody has them then, which a list shows.
        if (refusal is not null && which.To is not null)
            (_, hasMore) = await handOver.GoOnAsync(caller, which with { To = null }, cancellation);
        return hasMore;
    }

    private static HandedOver Of(SightMayBeLost message) =>
        new(message.PersonId, message.To) { OnlyLost = true, CustomerId = message.CustomerId };

    private async Task<(Refusal? Refusal, bool HasMore)> FollowAsync(
        Caller caller, HandedOver which, Sql isAnything, Func<Task<bool>> change, CancellationToken cancellation)
    {
        if ((await isAnything.ListAsync(database, _ => true, cancellation)).Count > 0)
        {
            await new MessageBus(runtime).PublishAsync(
                new SightMayBeLost(caller.TenantId, which.From, which.CustomerId, which.To),
                new DeliveryOptions { ScheduleDelay = s_delay });
        }

        return await change() ? await handOver.GoOnAsync(caller, which, cancellation) : (null, false);
    }
}

/// <summary>
/// Hands over what a request did not. Written by hand, as <see cref="Notifications.SendEmailHandler"/>.
/// </summary>
/// <param name="lost">
/// Made when it is needed: Wolverine is given this handler while the executor, which needs Wolverine's store, is not
/// there yet.
/// </param>
public sealed class SightMayBeLostHandler(Lazy<LostSight> lost) : MessageHandler<SightMayBeLost>
{
    /// <inheritdoc/>
    protected override async Task HandleAsync(
        SightMayBeLost message, MessageContext context, CancellationToken cancellation)
    {
        while (await lost.Value.GoOnAsync(message, cancellation))
        {
        }
    }
}
