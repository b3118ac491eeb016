using System.Diagnostics;
using Messaging.Domain;

namespace Messaging.Application.Commands;

/// <summary>
/// A command on several conversations, each decided on its own: a refusal for one does not affect the others, and
/// <see cref="CommandOutcome.RefusedAt"/> lists the refused ones.
/// </summary>
/// <param name="ConversationIds">As the client named them.</param>
public abstract record BulkCommand(Caller Caller, IReadOnlyList<Guid> ConversationIds) : Command(Caller)
{
    /// <summary>The most conversations at once.</summary>
    public const int Maximum = 200;

    internal override Guid PartitionKey => ConversationIds is [var only] ? only : base.PartitionKey;

    internal sealed override Refusal? Decide(UnitOfWork work)
    {
        if (ConversationIds.Count == 0) return new NoConversations();
        if (ConversationIds.Count > Maximum) return new TooManyConversations();
        var seen = new HashSet<Guid>();
        for (var i = 0; i < ConversationIds.Count; i++)
        {
            if (!seen.Add(ConversationIds[i])) continue;
            if (DecideOne(ConversationIds[i], work) is { } refusal) work.RefuseAt(i, refusal);
        }

        return null;
    }

    internal sealed override CommandOutcome Repeat(UnitOfWork work)
    {
        Decide(work);
        return new CommandOutcome { RefusedAt = work.RefusedAt, IsRepeat = true };
    }

    // One that was refused for each of its conversations has done nothing.
    internal sealed override Refusal? RefusalOf(CommandOutcome outcome) =>
        outcome.Refusal
        ?? (outcome.RefusedAt.Count > 0 && outcome.RefusedAt.Count == ConversationIds.Distinct().Count()
            ? outcome.RefusedAt.MinBy(r => r.Key).Value
            : null);

    internal sealed override void Trace(Activity span, CommandOutcome outcome) =>
        span.SetTag("conversations", ConversationIds.Count)
            .SetTag("conversations.refused", outcome.RefusedAt.Count);

    /// <summary>Decides for one conversation.</summary>
    internal abstract Refusal? DecideOne(Guid conversationId, UnitOfWork work);
}

/// <summary>No conversation was named.</summary>
public sealed record NoConversations()
    : Refusal(RefusalKind.Invalid, "conversationIds must name at least one conversation.", "conversationIds");

/// <summary>More conversations than one command may change.</summary>
public sealed record TooManyConversations()
    : Refusal(
        RefusalKind.TooLarge, $"conversationIds may name at most {BulkCommand.Maximum} conversations.",
        "conversationIds");
