using System.Diagnostics;
using Messaging.Application.Commands;
using Messaging.Application.Customers;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.Organisation;
using Messaging.Projections;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Conversations;

/// <summary>
/// Hands conversations over to another administrator, or to nobody, where somebody is still responsible for them: what
/// a colleague has reassigned meanwhile stays as it is.
/// </summary>
/// <param name="From">The administrator who was responsible.</param>
/// <param name="To">The administrator who takes over; null for nobody.</param>
[Stored("HandOverCommand")]
public sealed record HandOverCommand(Caller Caller, IReadOnlyList<Guid> ConversationIds, Guid From, Guid? To)
    : BulkCommand(Caller, ConversationIds)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override void Describe(ReceiptContent content) => content
        .Add("ConversationIds", ConversationIds).Add("From", From).Add("To", To);

    internal override void Read(ReadSet reads)
    {
        foreach (var id in ConversationIds.Take(Maximum)) reads.Stream(id);
        if (To is { } to) reads.Stream(to);
    }

    internal override void ReadFurther(ReadSet reads, Func<Guid, object?> stateOf) =>
        Responsible.ReadCustomers(reads, stateOf, To, ConversationIds.Take(Maximum));

    internal override Refusal? DecideOne(Guid conversationId, UnitOfWork work)
    {
        var state = work.State<Conversation>(conversationId);
        if (state is not null && state.ResponsibleAdministratorId != From) return null;
        return work.Record(conversationId, ConversationDecider.Decide(work.Assign(To, state), state, Caller.Actor));
    }
}

/// <summary>
/// Hands over all conversations of somebody, and the customers whose new conversations would be theirs, some at a time:
/// each has an event of its own, and whoever was cut off begins again where it stopped.
/// </summary>
public sealed class HandOver(NpgsqlDataSource database, CommandExecutor executor)
{
    /// <summary>The most conversations and customers of one request.</summary>
    public const int Maximum = 1_000;

    /// <summary>The longest that one request goes on; the batch that is under way is finished.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    // Customers are commands of their own, which go together as a batch.
    private const int CustomersAtOnce = 100;

    /// <summary>Looks whether the administrator who is to take over may see everything that they get.</summary>
    /// <returns>The refusal; null when they may.</returns>
    public async Task<Refusal?> CheckAsync(Caller caller, Guid from, Guid to, CancellationToken cancellation)
    {
        var unseen = await Sql.Of(
            $"""
            select 1 from messaging.conversations c
            where c.tenant_id = {caller.TenantId} and c.responsible_administrator_id = {from}
                and not ({LimitedAccess.AdministratorSees(caller.TenantId, to)}) limit 1
            """).ListAsync(database, _ => true, cancellation);
        return unseen.Count == 0 ? null : new AdministratorDoesNotSeeCustomer("handOver.to");
    }

    /// <summary>Hands over as many as one request may.</summary>
    /// <returns>The refusal; and whether there are more.</returns>
    public async Task<(Refusal? Refusal, bool HasMore)> GoOnAsync(
        Caller caller, Guid from, Guid? to, CancellationToken cancellation)
    {
        var began = Stopwatch.GetTimestamp();
        for (var done = 0; ;)
        {
            var ids = await ConversationsAsync(caller, from, cancellation);
            var customers = ids.Count == 0 ? await CustomersAsync(caller, from, cancellation) : [];
            var count = ids.Count + customers.Count;
            if (count == 0) return (null, false);
            if (done + count > Maximum || Stopwatch.GetElapsedTime(began) > Longest) return (null, true);
            var refusal = ids.Count > 0
                ? await HandOverAsync(new HandOverCommand(caller, ids, from, to), cancellation)
                : await HandOverAsync(caller, customers, to, cancellation);
            if (refusal is not null) return (refusal, true);
            done += count;
        }
    }

    private Task<List<Guid>> ConversationsAsync(Caller caller, Guid from, CancellationToken cancellation) =>
        Sql.Of(
            $"""
            select id from messaging.conversations
            where tenant_id = {caller.TenantId} and responsible_administrator_id = {from}
            limit {BulkCommand.Maximum}
            """).ListAsync(database, r => r.GetGuid(0), cancellation);

    private Task<List<Guid>> CustomersAsync(Caller caller, Guid from, CancellationToken cancellation) =>
        Sql.Of(
            $"""
            select id from messaging.customers
            where tenant_id = {caller.TenantId} and default_administrator_id = {from}
            limit {CustomersAtOnce}
            """).ListAsync(database, r => r.GetGuid(0), cancellation);

    private async Task<Refusal?> HandOverAsync(HandOverCommand command, CancellationToken cancellation)
    {
        var outcome = await executor.ExecuteAsync(command, cancellation);
        return outcome.Refusal ?? outcome.RefusedAt.Values.FirstOrDefault();
    }

    private async Task<Refusal?> HandOverAsync(
        Caller caller, List<Guid> customers, Guid? to, CancellationToken cancellation)
    {
        var outcomes = await Task.WhenAll(customers.Select(id =>
            executor.ExecuteAsync(new AssignDefaultAdministratorCommand(caller, id, to), cancellation)));
        return outcomes.FirstOrDefault(o => o.Refusal is not null)?.Refusal;
    }
}
