using System.Diagnostics;
using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.Organisation;
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

    internal override Refusal? DecideOne(Guid conversationId, UnitOfWork work)
    {
        var state = work.State<Conversation>(conversationId);
        if (state is not null && state.ResponsibleAdministratorId != From) return null;
        var assign = new AssignAdministrator(To, To is { } id ? work.HeldState<Administrator>(id) : null);
        return work.Record(conversationId, ConversationDecider.Decide(assign, state, Caller.Actor));
    }
}

/// <summary>
/// Hands over all conversations of somebody, some at a time: each has an event of its own, and whoever was cut off
/// begins again where it stopped.
/// </summary>
public sealed class HandOver(NpgsqlDataSource database, CommandExecutor executor)
{
    /// <summary>The most conversations of one request.</summary>
    public const int Maximum = 1_000;

    /// <summary>The longest that one request goes on; the batch that is under way is finished.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <summary>Hands over as many as one request may.</summary>
    /// <returns>The refusal; and whether there are more.</returns>
    public async Task<(Refusal? Refusal, bool HasMore)> GoOnAsync(
        Caller caller, Guid from, Guid? to, CancellationToken cancellation)
    {
        var began = Stopwatch.GetTimestamp();
        for (var done = 0; ;)
        {
            var ids = await Sql.Of(
                $"""
                select id from messaging.conversations
                where tenant_id = {caller.TenantId} and responsible_administrator_id = {from}
                limit {BulkCommand.Maximum}
                """).ListAsync(database, r => r.GetGuid(0), cancellation);
            if (ids.Count == 0) return (null, false);
            if (done + ids.Count > Maximum || Stopwatch.GetElapsedTime(began) > Longest) return (null, true);
            var outcome = await executor.ExecuteAsync(new HandOverCommand(caller, ids, from, to), cancellation);
            if ((outcome.Refusal ?? outcome.RefusedAt.Values.FirstOrDefault()) is { } refusal) return (refusal, true);
            done += ids.Count;
        }
    }
}
