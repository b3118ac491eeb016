using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Messaging.Domain.Conversations;

/// <summary>
/// An event of a conversation. Names and fields are a file format: they are upcast, never edited.
/// </summary>
public abstract record ConversationEvent
{
    /// <summary>The actor, when the event itself says so; null where only its envelope does.</summary>
    public virtual Participant? By() => null;
}

/// <summary>
/// An event that customers are told of, whatever is in it, as soon as it has happened in a conversation of theirs. They
/// are told of public comments and files, and of no other event.
/// </summary>
public interface IKnownToCustomers;

/// <summary>
/// A conversation was started. Its first message is the <see cref="CommentAdded"/> of the same append.
/// </summary>
/// <param name="CustomerId">The customer it is held with.</param>
/// <param name="CreatedBy">The participant who started the conversation.</param>
/// <param name="Subject">1 to 200 characters, as given.</param>
/// <param name="Status">The status it starts with.</param>
/// <param name="ResponsibleAdministratorId">The administrator who takes it on.</param>
/// <param name="NotifyAllAdministrators">True when every administrator is notified of what happens in it.</param>
[Stored("conversation_created")]
public sealed record ConversationCreated(
    Guid CustomerId, Participant CreatedBy, string Subject, ConversationStatus Status, Guid? ResponsibleAdministratorId,
    bool NotifyAllAdministrators) : ConversationEvent, IKnownToCustomers
{
    /// <inheritdoc/>
    public override Participant? By() => CreatedBy;
}

/// <summary>A comment was added.</summary>
/// <param name="CommentId">Unique in the organisation.</param>
/// <param name="Author">The author.</param>
/// <param name="Body">1 to 20,000 characters of plain text, as given.</param>
/// <param name="Visibility">The audience of the comment.</param>
[Stored("comment_added")]
public sealed record CommentAdded(Guid CommentId, Participant Author, string Body, CommentVisibility Visibility)
    : ConversationEvent
{
    /// <summary>The colleagues whom an internal note asks to look at it; null where it names none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImmutableArray<Guid>? Mentions { get; init; }

    /// <summary>Equal with the same mentions in the same order.</summary>
    public bool Equals(CommentAdded? other) =>
        other is not null && CommentId == other.CommentId && Author == other.Author && Body == other.Body
        && Visibility == other.Visibility && (Mentions ?? []).SequenceEqual(other.Mentions ?? []);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(CommentId, Author, Body, Visibility);

    /// <inheritdoc/>
    public override Participant? By() => Author;
}

/// <summary>A file came with a comment.</summary>
/// <param name="FileId">The upload.</param>
/// <param name="CommentId">The comment it came with.</param>
/// <param name="Name">The file name, made harmless.</param>
/// <param name="MediaType">Its type, decided when it was uploaded.</param>
/// <param name="Size">The size in bytes.</param>
/// <param name="Sha256">The SHA-256 of the content, in lower-case hexadecimal.</param>
/// <param name="UploadedBy">The person who attached it.</param>
[Stored("file_attached")]
public sealed record FileAttached(
    Guid FileId, Guid CommentId, string Name, string MediaType, long Size, string Sha256,
    Participant UploadedBy) : ConversationEvent
{
    /// <inheritdoc/>
    public override Participant? By() => UploadedBy;
}

/// <summary>The status changed.</summary>
[Stored("status_changed")]
public sealed record StatusChanged(ConversationStatus From, ConversationStatus To, StatusChangeReason Reason)
    : ConversationEvent, IKnownToCustomers
{
    /// <summary>
    /// The public comment that an administrator set it together with, whose notice says it as well; null otherwise.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? CommentId { get; init; }
}

/// <summary>Another administrator became responsible.</summary>
[Stored("administrator_assigned")]
public sealed record AdministratorAssigned(Guid AdministratorId) : ConversationEvent, IKnownToCustomers;

/// <summary>Nobody in particular is responsible any more.</summary>
[Stored("administrator_unassigned")]
public sealed record AdministratorUnassigned(Guid AdministratorId) : ConversationEvent, IKnownToCustomers;

/// <summary>The action was run that notifies every administrator of the conversation.</summary>
/// <param name="ActionId">The run of the action, which may concern several conversations.</param>
[Stored("admins_notified")]
public sealed record AdminsNotified(Guid ActionId) : ConversationEvent;

/// <summary>The conversation was given a tag.</summary>
[Stored("conversation_tagged")]
public sealed record ConversationTagged(string Tag) : ConversationEvent;

/// <summary>A tag was taken from the conversation.</summary>
[Stored("conversation_untagged")]
public sealed record ConversationUntagged(string Tag) : ConversationEvent;

/// <summary>The status of a conversation.</summary>
[Stored("conversation_status")]
public enum ConversationStatus
{
    /// <summary>Under way.</summary>
    Open = 0,

    /// <summary>An answer of the customer is needed (<i>aufmerksam</i>).</summary>
    Attention = 1,

    /// <summary>Done (<i>beantwortet</i>).</summary>
    Answered = 2,
}

/// <summary>The audience of a comment.</summary>
[Stored("comment_visibility")]
public enum CommentVisibility
{
    /// <summary>Everybody who takes part in the conversation.</summary>
    Public = 0,

    /// <summary>An internal note, never e-mailed to a customer.</summary>
    Internal = 1,
}

/// <summary>The reason of a change of status.</summary>
[Stored("status_change_reason")]
public enum StatusChangeReason
{
    /// <summary>An administrator set it.</summary>
    SetByAdministrator = 0,

    /// <summary>The customer replied to a conversation that needed an answer or was done.</summary>
    CustomerReplied = 1,
}

/// <summary>The side that must write next.</summary>
[Stored("awaiting")]
public enum Awaiting
{
    /// <summary>The office: a customer's comment is unanswered.</summary>
    Office = 0,

    /// <summary>The customer: the status is <c>ATTENTION</c>.</summary>
    Customer = 1,

    /// <summary>Nobody: it is answered, or the office wrote last.</summary>
    Nobody = 2,
}
