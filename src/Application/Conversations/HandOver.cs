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
/// Which conversations are handed over, with the customers whose new ones would be the same person's.
/// </summary>
/// <param name="From">The administrator who is responsible; null for whoever it is.</param>
/// <param name="To">The administrator who takes over; null for nobody.</param>
public sealed record HandedOver(Guid? From, Guid? To)
{
    /// <summary>True for those only whose customer is hidden from the one who is responsible.</summary>
    public bool OnlyLost { get; init; }

    /// <summary>The customer that they are of; null for all of them.</summary>
    public Guid? CustomerId { get; init; }

    /// <summary>What somebody has who was limited to other customers.</summary>
    public static HandedOver LostBy(Guid person, Guid? to) => new(person, to) { OnlyLost = true };

    /// <summary>What those have who do not see a customer any more.</summary>
    public static HandedOver LostOf(Guid customer) => new(null, null) { OnlyLost = true, CustomerId = customer };
}

/// <summary>
/// Hands conversations over, and the customers whose new conversations would be the same person's, some at a time: each
/// has an event of its own, and whoever was cut off begins again where it stopped.
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
    /// <param name="keeps">The customers whose conversations stay where they are; null for none.</param>
    /// <returns>The refusal; null when they may.</returns>
    public async Task<Refusal?> CheckAsync(
        Caller caller, Guid from, Guid to, GivenCustomers? keeps, CancellationToken cancellation)
    {
        // The decision refuses these, and whoever is nobody to take over.
        if (from == to || keeps?.Check(_ => true, "") is not null) return null;
        var stays = keeps is null ? Sql.Nothing : Sql.Of($" and not {LimitedAccess.IsOneOf(caller.TenantId, keeps)}");
        var unseen = await Sql.Of(
            $"""
            select 1 from (
                select tenant_id, customer_id from messaging.conversations
                where tenant_id = {caller.TenantId} and responsible_administrator_id = {from}
                union all
                select tenant_id, id from messaging.customers
                where tenant_id = {caller.TenantId} and default_administrator_id = {from}) c
            where exists (select from messaging.administrators
                    where tenant_id = {caller.TenantId} and id = {to} and active)
                and not ({LimitedAccess.AdministratorSees(caller.TenantId, to)}){stays} limit 1
            """).ListAsync(database, _ => true, cancellation);
        return unseen.Count == 0 ? null : new AdministratorDoesNotSeeCustomer("handOver.to");
    }

    /// <summary>Hands over as many as one request may.</summary>
    /// <returns>The refusal; and whether there are more.</returns>
    public async Task<(Refusal? Refusal, bool HasMore)> GoOnAsync(
        Caller caller, HandedOver which, CancellationToken cancellation)
    {
        var began = Stopwatch.GetTimestamp();
        for (var done = 0; ;)
        {
            var conversations = await ConversationsAsync(caller, which, cancellation);
            var customers = conversations.Count == 0 ? await CustomersAsync(caller, which, cancellation) : [];
            var count = conversations.Count + customers.Count;
            if (count == 0) return (null, false);
            if (done + count > Maximum || Stopwatch.GetElapsedTime(began) > Longest) return (null, true);
            foreach (var of in conversations.GroupBy(c => c.From, c => c.Id))
            {
                var command = new HandOverCommand(caller, [.. of], of.Key, which.To);
                if (await HandOverAsync(command, cancellation) is { } refusal) return (refusal, true);
            }

            if (await HandOverAsync(caller, customers, which.To, cancellation) is { } refused) return (refused, true);
            done += count;
        }
    }

    private Task<List<(Guid Id, Guid From)>> ConversationsAsync(
        Caller caller, HandedOver which, CancellationToken cancellation) =>
        Sql.Of(
            $"""
            select c.id, c.responsible_administrator_id from messaging.conversations c
            where {Of(caller, which, "c.responsible_administrator_id", "c.customer_id")}
            limit {BulkCommand.Maximum}
            """).ListAsync(database, r => (r.GetGuid(0), r.GetGuid(1)), cancellation);

    private Task<List<Guid>> CustomersAsync(Caller caller, HandedOver which, CancellationToken cancellation) =>
        Sql.Of(
            $"""
            select c.id from messaging.customers c
            where {Of(caller, which, "c.default_administrator_id", "c.id")}
            limit {CustomersAtOnce}
            """).ListAsync(database, r => r.GetGuid(0), cancellation);

    private static Sql Of(Caller caller, HandedOver which, string person, string customer)
    {
        var sql = Sql.Of($"c.tenant_id = {caller.TenantId}");
        if (which.From is { } from) sql += $" and {Sql.Raw(person)} = {from}";
        if (which.CustomerId is { } of) sql += $" and {Sql.Raw(customer)} = {of}";
        return which.OnlyLost ? Sql.Of($"{sql} and {LimitedAccess.IsHiddenFrom(person, customer)}") : sql;
    }

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
