using System.Collections.Immutable;
using Messaging.Application.Commands;
using Messaging.Application.Files;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Conversations;

/// <summary>Writes a comment.</summary>
/// <param name="Id">The new comment; the client's choice or a new one.</param>
[Stored("AddCommentCommand")]
public sealed record AddCommentCommand(
    Caller Caller, Guid Id, Guid ConversationId, string Body, CommentVisibility Visibility, IReadOnlyList<Guid> FileIds)
    : Command(Caller)
{
    /// <summary>The status to set in the same act; null leaves it as it is.</summary>
    public ConversationStatus? Status { get; init; }

    /// <summary>The version the client saw, with a status only; null when it does not matter.</summary>
    public long? ExpectedVersion { get; init; }

    /// <summary>The colleagues whom an internal note asks to look at it.</summary>
    public IReadOnlyList<Guid> Mentions { get; init; } = [];

    internal override IReadOnlyList<Guid> IdempotencyKeys => [Id];

    internal override Guid PartitionKey => ConversationId;

    internal override bool AllowsOptimisticDecision => true;

    // A comment that sets no status and mentions nobody is what it was before there were any that do.
    internal override void Describe(ReceiptContent content)
    {
        content.Add("Id", Id).Add("ConversationId", ConversationId).Add("Body", Body)
            .Add("Visibility", (int)Visibility).Add("FileIds", FileIds);
        if (Status is { } status) content.Add("Status", (int)status);
        if (ExpectedVersion is { } version) content.Add("ExpectedVersion", version);
        if (Mentions.Count > 0) content.Add("Mentions", Mentions);
    }

    internal override void Read(ReadSet reads)
    {
        reads.Stream(ConversationId);
        FileAttachments.Read(reads, FileIds);
        foreach (var id in Mentions.Take(ConversationDecider.MentionsMaximum)) reads.Stream(id);
    }

    internal override void ReadFurther(ReadSet reads, Func<Guid, object?> stateOf) =>
        EndOfMandate.ReadOf(reads, stateOf(ConversationId));

    internal override Refusal? Decide(UnitOfWork work)
    {
        var conversation = work.State<Conversation>(ConversationId);
        var add = new AddComment(Id, Body, Visibility, FileAttachments.Find(work, FileIds))
        {
            CustomerHasEnded = work.HasEnded(conversation),
            Status = Status,
            ExpectedVersion = ExpectedVersion,
            Mentions = FindMentions(work),
            Customer = Mentions.Count == 0 || conversation is null
                ? null
                : work.HeldState<Customer>(conversation.CustomerId),
        };
        var decision = ConversationDecider.Decide(add, conversation, Caller.Actor);
        if (work.Record(ConversationId, decision) is { } refusal) return refusal;
        FileAttachments.Attach(work, add.Files, Id);
        return null;
    }

    // Of more than there may be, no more were read than are needed to refuse them.
    private ImmutableArray<Mention> FindMentions(UnitOfWork work) =>
    [
        .. Mentions.Select((id, i) => new Mention(
            id, i < ConversationDecider.MentionsMaximum ? work.HeldState<Administrator>(id) : null)),
    ];
}
