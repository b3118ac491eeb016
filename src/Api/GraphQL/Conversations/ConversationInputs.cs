using System.ComponentModel;
using GraphQL;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Application.Commands;
using Messaging.Domain.Conversations;
using Messaging.Projections.Conversations;

namespace Messaging.Api.GraphQL.Conversations;

/// <summary>The conditions on conversations; all that are given must hold.</summary>
[Name("ConversationFilter")]
[Allow(Access.SignedIn)]
public sealed class ConversationFilterInput
{
    /// <summary>Any of these.</summary>
    public IReadOnlyList<ConversationStatus>? Status { get; set; }

    /// <summary>The side that must write next.</summary>
    public Awaiting? Awaiting { get; set; }

    /// <summary>Held with this customer.</summary>
    [Id]
    public string? CustomerId { get; set; }

    /// <summary>Taken on by this administrator.</summary>
    [Id]
    [Allow(Access.Office)]
    public string? ResponsibleAdministratorId { get; set; }

    /// <summary>
    /// Taken on by nobody in particular, or only by somebody who no longer belongs to the office; or by somebody who
    /// does.
    /// </summary>
    [Allow(Access.Office)]
    public bool? Unassigned { get; set; }

    /// <summary>With this tag, in whatever case.</summary>
    [Allow(Access.Office)]
    [Limit(Characters = ConversationTags.TagMaximum)]
    public string? Tag { get; set; }

    /// <summary>
    /// True for conversations with unread comments by others, false for those without. At most 1,000 of the 10,000
    /// conversations that changed last are considered.
    /// </summary>
    public bool? Unread { get; set; }

    /// <summary>
    /// Words of the subject, of comments or file names, or of the names of the customer, the authors or the responsible
    /// administrator; for the office also of the customer's number and its contacts' names and addresses: at most 10.
    /// All must occur; the last one may be a prefix. Other forms of German and English words match, too. A text without
    /// a space, such as a file's name or a date, is one word. Amounts, dates and numbers match however they are
    /// grouped. A name shared by more than 25 matches together with another word of it. Symbols alone match nothing. At
    /// most the latest 1,000 are counted. Words that each occur in more than 5,000 texts match together in the latest
    /// texts only, or where one text contains them all.
    /// </summary>
    [Limit(Characters = ConversationFilter.SearchMaximum)]
    public string? Search { get; set; }

    /// <summary>Started at this instant or later.</summary>
    public DateTimeOffset? CreatedFrom { get; set; }

    /// <summary>Started before this instant.</summary>
    public DateTimeOffset? CreatedTo { get; set; }

    /// <summary>Last changed at this instant or later.</summary>
    public DateTimeOffset? UpdatedFrom { get; set; }

    /// <summary>Last changed before this instant.</summary>
    public DateTimeOffset? UpdatedTo { get; set; }

    /// <summary>As the queries take it.</summary>
    internal static ConversationFilter ToFilter(ConversationFilterInput? input, Guid? customerId = null)
    {
        ConversationFilter.CheckSearch(input?.Search);
        return new(
            input?.Status is { } status ? [.. status] : null, input?.Awaiting,
            customerId ?? Ids.ParseOptional(input?.CustomerId), Ids.ParseOptional(input?.ResponsibleAdministratorId),
            input?.Unassigned, input?.Unread, input?.Search, input?.CreatedFrom, input?.CreatedTo, input?.UpdatedFrom,
            input?.UpdatedTo,
            string.IsNullOrWhiteSpace(input?.Tag) ? null : ConversationTags.KeyOf(input.Tag));
    }
}

/// <summary>Up or down.</summary>
[Allow(Access.SignedIn)]
public enum OrderDirection
{
    /// <summary>The earliest first.</summary>
    Asc,

    /// <summary>The latest first.</summary>
    Desc,
}

/// <summary>The order of conversations; by default, the latest change comes first.</summary>
[Name("ConversationOrder")]
[Allow(Access.SignedIn)]
public sealed class ConversationOrderInput
{
    /// <summary>The sort key.</summary>
    public ConversationOrderField Field { get; set; }

    /// <summary>Up or down.</summary>
    public OrderDirection Direction { get; set; }

    /// <summary>As the queries take it.</summary>
    internal static ConversationOrder ToOrder(ConversationOrderInput? input) =>
        input is null
            ? new(ConversationOrderField.UpdatedAt, true)
            : new(input.Field, input.Direction == OrderDirection.Desc);
}

/// <summary>A moment in a conversation's past: one of the two.</summary>
[Name("AsOf")]
[OneOf]
[Allow(Access.Office)]
public sealed class AsOfInput
{
    /// <summary>After its event of this number, from 1.</summary>
    public int? Version { get; set; }

    /// <summary>The instant to look at.</summary>
    public DateTimeOffset? Timestamp { get; set; }
}

/// <summary>Starts a conversation.</summary>
[Allow(Access.Participants)]
public sealed class CreateConversationInput
{
    /// <summary>
    /// A UUID of the client's choice makes the mutation idempotent: the same id and content again has no second effect.
    /// </summary>
    [Id]
    public string? Id { get; set; }

    /// <summary>Whom to hold it with.</summary>
    [Id]
    public string CustomerId { get; set; } = "";

    /// <summary>One line that is not empty.</summary>
    [Limit(Characters = ConversationDecider.SubjectMaximum, AsData = true)]
    public string Subject { get; set; } = "";

    /// <summary>The message: plain text. It may be empty where files come with it.</summary>
    [Limit(Characters = ConversationDecider.BodyMaximum, AsData = true)]
    public string Body { get; set; } = "";

    /// <summary>ATTENTION when an answer is needed.</summary>
    [DefaultValue(ConversationStatus.Open)]
    public ConversationStatus? Status { get; set; } = ConversationStatus.Open;

    /// <summary>The administrator who takes it on.</summary>
    [Id]
    [Allow(Access.Administrators)]
    public string? ResponsibleAdministratorId { get; set; }

    /// <summary>True when every administrator is notified of what happens in it.</summary>
    [DefaultValue(false)]
    [Allow(Access.Administrators)]
    public bool? NotifyAllAdministrators { get; set; } = false;

    /// <summary>
    /// Tags that it begins with, each one line that is not empty; those that differ only in case are one. A contact who
    /// is limited to topics gives some of these: one at least, where there are several; other contacts give none.
    /// </summary>
    [Limit(Characters = ConversationTags.TagMaximum, Items = ConversationTags.Maximum, AsData = true)]
    public IReadOnlyList<string>? Tags { get; set; }

    /// <summary>Uploads of the viewer's to attach to the message.</summary>
    [Id]
    [Limit(Items = ConversationDecider.FilesMaximum, AsData = true)]
    public IReadOnlyList<string>? FileIds { get; set; }
}

/// <summary>Writes a comment.</summary>
[Allow(Access.Participants)]
public sealed class AddCommentInput
{
    /// <summary>
    /// A UUID of the client's choice makes the mutation idempotent: the same id and content again has no second effect.
    /// </summary>
    [Id]
    public string? Id { get; set; }

    /// <summary>The conversation to write in.</summary>
    [Id]
    public string ConversationId { get; set; } = "";

    /// <summary>Plain text. It may be empty where files come with it.</summary>
    [Limit(Characters = ConversationDecider.BodyMaximum, AsData = true)]
    public string Body { get; set; } = "";

    /// <summary>The audience of the comment.</summary>
    [DefaultValue(CommentVisibility.Public)]
    public CommentVisibility? Visibility { get; set; } = CommentVisibility.Public;

    /// <summary>Uploads of the viewer's to attach.</summary>
    [Id]
    [Limit(Items = ConversationDecider.FilesMaximum, AsData = true)]
    public IReadOnlyList<string>? FileIds { get; set; }

    /// <summary>
    /// The status that the conversation has from then on; without it the status stays. Both happen or neither does, and
    /// whoever is told of the comment is told the status with it.
    /// </summary>
    [Allow(Access.Administrators)]
    public ConversationStatus? Status { get; set; }

    /// <summary>
    /// The version that the client saw, with a status only: another one by now is a CONFLICT, and nothing is written.
    /// </summary>
    [Allow(Access.Administrators)]
    public int? ExpectedVersion { get; set; }

    /// <summary>
    /// The ids of colleagues whom an internal note asks to look at it: administrators who may see the conversation.
    /// They are told of it. Of a public comment there are none.
    /// </summary>
    [Id]
    [Limit(Items = ConversationDecider.MentionsMaximum, AsData = true)]
    [Allow(Access.Administrators)]
    public IReadOnlyList<string>? Mentions { get; set; }
}

/// <summary>Sets the status of conversations.</summary>
[Allow(Access.Administrators)]
public sealed class ChangeStatusInput
{
    /// <summary>Each is decided on its own.</summary>
    [Id]
    [Limit(Items = BulkCommand.Maximum, AsData = true)]
    public IReadOnlyList<string> ConversationIds { get; set; } = [];

    /// <summary>ATTENTION when an answer is needed, ANSWERED when it is done.</summary>
    public ConversationStatus Status { get; set; }

    /// <summary>
    /// The version that the client saw, with one conversation only: another one by now is a CONFLICT.
    /// </summary>
    public int? ExpectedVersion { get; set; }
}

/// <summary>Makes an administrator responsible for conversations.</summary>
[Allow(Access.Administrators)]
public sealed class AssignAdministratorInput
{
    /// <summary>Each is decided on its own.</summary>
    [Id]
    [Limit(Items = BulkCommand.Maximum, AsData = true)]
    public IReadOnlyList<string> ConversationIds { get; set; } = [];

    /// <summary>The administrator who becomes responsible; null for nobody in particular.</summary>
    [Id]
    public string? AdministratorId { get; set; }
}

/// <summary>Runs the action that tells every administrator.</summary>
[Allow(Access.Administrators)]
public sealed class NotifyAdministratorsInput
{
    /// <summary>
    /// A UUID of the client's choice for this run of the action: the same id again tells nobody twice.
    /// </summary>
    [Id]
    public string? Id { get; set; }

    /// <summary>Each is decided on its own.</summary>
    [Id]
    [Limit(Items = BulkCommand.Maximum, AsData = true)]
    public IReadOnlyList<string> ConversationIds { get; set; } = [];
}

/// <summary>Gives conversations tags, and takes tags from them.</summary>
[Allow(Access.Administrators)]
public sealed class TagConversationsInput
{
    /// <summary>Each is decided on its own.</summary>
    [Id]
    [Limit(Items = BulkCommand.Maximum, AsData = true)]
    public IReadOnlyList<string> ConversationIds { get; set; } = [];

    /// <summary>
    /// Tags to give, each one line that is not empty; those that differ only in case are one. A conversation has at
    /// most 20.
    /// </summary>
    [Limit(Characters = ConversationTags.TagMaximum, Items = ConversationTags.Maximum, AsData = true)]
    public IReadOnlyList<string>? Add { get; set; }

    /// <summary>Tags to take away, in whatever case; one that it does not have is left out.</summary>
    [Limit(Characters = ConversationTags.TagMaximum, Items = ConversationTags.Maximum, AsData = true)]
    public IReadOnlyList<string>? Remove { get; set; }
}

/// <summary>Marks a conversation as read.</summary>
[Allow(Access.SignedIn)]
public sealed class MarkConversationReadInput
{
    /// <summary>The id.</summary>
    [Id]
    public string ConversationId { get; set; } = "";
}
