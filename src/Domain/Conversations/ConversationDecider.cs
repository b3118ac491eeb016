using System.Collections.Immutable;
using Messaging.Domain.Customers;
using Messaging.Domain.Files;
using Messaging.Domain.Organisation;

namespace Messaging.Domain.Conversations;

/// <summary>
/// A command to a conversation. It carries the states of the other aggregates that the decision needs.
/// </summary>
public abstract record ConversationCommand
{
    /// <summary>True when the mandate of the conversation's customer has ended.</summary>
    public bool CustomerHasEnded { get; init; }
}

/// <summary>Starts a conversation.</summary>
/// <param name="Id">The new stream.</param>
/// <param name="Customer">The customer to hold it with; null when there is none of that id.</param>
/// <param name="Responsible">The administrator asked for; null when nobody was asked for or there is none of that
/// id.</param>
/// <param name="MessageId">The id of the first message.</param>
/// <param name="CustomersMayStart">The organisation's setting.</param>
public sealed record CreateConversation(
    Guid Id, Customer? Customer, string Subject, string Body, ConversationStatus Status,
    Guid? ResponsibleAdministratorId, Administrator? Responsible, bool NotifyAllAdministrators, Guid MessageId,
    ImmutableArray<FileToAttach> Files, bool CustomersMayStart) : ConversationCommand
{
    /// <summary>
    /// The administrator who is responsible for the customer's new conversations when nobody was asked for; null when
    /// there is none. One who does not act any more is passed over.
    /// </summary>
    public Administrator? Default { get; init; }

    /// <summary>The tags that it begins with; of a contact, some of their topics.</summary>
    public ImmutableArray<string> Tags { get; init; } = [];
}

/// <summary>Writes a comment.</summary>
public sealed record AddComment(
    Guid CommentId, string Body, CommentVisibility Visibility,
    ImmutableArray<FileToAttach> Files) : ConversationCommand
{
    /// <summary>The status that it is to have from then on; null leaves it as it is.</summary>
    public ConversationStatus? Status { get; init; }

    /// <summary>The version the client saw when it gives a status; null when it does not matter.</summary>
    public long? ExpectedVersion { get; init; }

    /// <summary>The colleagues whom an internal note asks to look at it.</summary>
    public ImmutableArray<Mention> Mentions { get; init; } = [];

    /// <summary>The customer that the conversation is held with, which whoever is mentioned has to see.</summary>
    public Customer? Customer { get; init; }
}

/// <summary>A colleague whom a note mentions.</summary>
/// <param name="Id">As the client named them.</param>
/// <param name="Administrator">Null when there is none of that id.</param>
public sealed record Mention(Guid Id, Administrator? Administrator);

/// <summary>Sets the status.</summary>
/// <param name="ExpectedVersion">The version the client saw; null when it does not matter.</param>
public sealed record ChangeStatus(ConversationStatus Status, long? ExpectedVersion) : ConversationCommand;

/// <summary>Makes an administrator responsible, or nobody.</summary>
/// <param name="Administrator">The administrator asked for; null when there is none of that id.</param>
public sealed record AssignAdministrator(Guid? AdministratorId, Administrator? Administrator) : ConversationCommand
{
    /// <summary>The customer that it is held with, which the administrator has to see.</summary>
    public Customer? Customer { get; init; }
}

/// <summary>Gives tags, and takes tags away; what it has, or has not, already, is left as it is.</summary>
public sealed record ChangeTags(ImmutableArray<string> Add, ImmutableArray<string> Remove) : ConversationCommand;

/// <summary>Tells every administrator about the conversation.</summary>
public sealed record NotifyAdministrators(Guid ActionId) : ConversationCommand;

/// <summary>A file that a comment is to carry.</summary>
/// <param name="Id">As the client named it.</param>
/// <param name="Upload">The upload; null when there is none of that id.</param>
public sealed record FileToAttach(Guid Id, Upload? Upload);

/// <summary>
/// Decides conversation commands. Pure: time, actor, ids and the states of others come in as arguments.
/// </summary>
public static class ConversationDecider
{
    /// <summary>The longest subject, in characters.</summary>
    public const int SubjectMaximum = 200;

    /// <summary>The longest body, in characters.</summary>
    public const int BodyMaximum = 20_000;

    /// <summary>The most colleagues a note may mention.</summary>
    public const int MentionsMaximum = 20;

    /// <summary>The most files a comment may have.</summary>
    public const int FilesMaximum = 20;

    /// <summary>Answers a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="state">The conversation so far; null when there is none.</param>
    /// <param name="actor">The actor who gives the command.</param>
    public static Decision<ConversationEvent> Decide(ConversationCommand command, Conversation? state, Actor actor)
    {
        if (command is CreateConversation create) return Create(create, state, actor);

        // An actor who takes no part in it learns no more of it than of a conversation that does not exist.
        if (state is null || (actor is Actor.Contact contact && contact.CustomerId != state.CustomerId))
            return new ConversationNotFound();
        if (actor is Actor.Auditor)
            return new AuditorsWriteNothing();
        return command switch
        {
            AddComment c => Comment(c, state, actor),
            ChangeStatus c => Change(c, state, actor),
            AssignAdministrator c => Assign(c, state, actor),
            NotifyAdministrators c => Notify(c, state, actor),
            ChangeTags c => Tag(c, state, actor),
            _ => throw new ArgumentOutOfRangeException(nameof(command), command, "An unknown command."),
        };
    }

    private static Decision<ConversationEvent> Create(CreateConversation c, Conversation? state, Actor actor)
    {
        if (actor is Actor.Auditor) return new AuditorsWriteNothing();
        if (state is not null) return new ConversationExists();
        if (c.Customer is null) return new CustomerNotFound();
        if (actor is Actor.Contact contact)
        {
            if (contact.CustomerId != c.Customer.Id) return new CustomerNotFound();
            if (!c.CustomersMayStart) return new CustomersMayNotStartConversations();
            if (c.Status != ConversationStatus.Open) return new CustomersSetNoStatus();
            if (c.ResponsibleAdministratorId is not null) return new CustomersAssignNobody();
            if (c.NotifyAllAdministrators) return new CustomersNotifyNobody();
        }

        if (c.CustomerHasEnded) return new CustomerHasEnded("customerId");
        if (Text.CheckLine(c.Subject, "subject", SubjectMaximum) is { } subject)
            return subject;
        if (CommentBody.Check(c.Body, c.Files.Length) is { } body)
            return body;
        if (
            c.ResponsibleAdministratorId is not null
            && CheckResponsible(c.Responsible, c.Customer, "responsibleAdministratorId") is { } responsible
        )
            return responsible;
        if (CheckTags(c, actor, out var tags) is { } tag)
            return tag;
        if (CheckFiles(c.Files, actor) is { } files)
            return files;
        var responsibleId = c.ResponsibleAdministratorId
            ?? (c.Default is { } d && CheckResponsible(d, c.Customer, "") is null ? d.Id : null);
        return new Decision<ConversationEvent>.Accepted([
            new ConversationCreated(
                c.Customer.Id, actor.Participant, c.Subject, c.Status, responsibleId,
                c.NotifyAllAdministrators),
            new CommentAdded(c.MessageId, actor.Participant, CommentBody.Kept(c.Body), CommentVisibility.Public),
            .. Attach(c.Files, c.MessageId, actor),
            .. tags.Select(t => new ConversationTagged(t)),
        ]);
    }

    private static Decision<ConversationEvent> Comment(AddComment c, Conversation state, Actor actor)
    {
        if (state.RecentCommentIds.Contains(c.CommentId))
            return Domain.Decide.Accept<ConversationEvent>();
        if (c.CustomerHasEnded) return new CustomerHasEnded("conversationId");
        if (actor is Actor.Contact && c.Visibility == CommentVisibility.Internal)
            return new CustomersWriteNoInternalNotes();
        if (actor is Actor.Contact && c.Status is not null) return new CustomersSetNoStatus();
        if (c.ExpectedVersion is not null && c.Status is null) return new ExpectedVersionNeedsStatus();
        if (CheckVersion(c.ExpectedVersion, state) is { } version) return version;
        if (CommentBody.Check(c.Body, c.Files.Length) is { } body)
            return body;
        if (CheckFiles(c.Files, actor) is { } files)
            return files;
        if (CheckMentions(c, actor) is { } mentions)
            return mentions;
        var added = new CommentAdded(c.CommentId, actor.Participant, CommentBody.Kept(c.Body), c.Visibility)
        {
            Mentions = c.Mentions.IsEmpty ? null : [.. c.Mentions.Select(m => m.Id).Distinct()],
        };
        ImmutableArray<ConversationEvent> events = [added, .. Attach(c.Files, c.CommentId, actor)];
        if (actor is Actor.Contact && state.Status != ConversationStatus.Open)
            events = events.Add(
                new StatusChanged(state.Status, ConversationStatus.Open, StatusChangeReason.CustomerReplied));
        if (c.Status is { } status && status != state.Status)
        {
            events = events.Add(
                new StatusChanged(state.Status, status, StatusChangeReason.SetByAdministrator)
                {
                    CommentId = c.Visibility == CommentVisibility.Public ? c.CommentId : null,
                });
        }

        return new Decision<ConversationEvent>.Accepted(events);
    }

    private static Decision<ConversationEvent> Change(ChangeStatus c, Conversation state, Actor actor)
    {
        if (actor is Actor.Contact)
            return new CustomersSetNoStatus();
        if (c.CustomerHasEnded) return new CustomerHasEnded();
        if (CheckVersion(c.ExpectedVersion, state) is { } version) return version;
        return c.Status == state.Status
            ? Domain.Decide.Accept<ConversationEvent>()
            : Domain.Decide.Accept<ConversationEvent>(
                new StatusChanged(state.Status, c.Status, StatusChangeReason.SetByAdministrator));
    }

    private static Decision<ConversationEvent> Assign(AssignAdministrator c, Conversation state, Actor actor)
    {
        if (actor is Actor.Contact) return new CustomersAssignNobody();
        if (c.AdministratorId is null)
        {
            return state.ResponsibleAdministratorId is { } current
                ? Domain.Decide.Accept<ConversationEvent>(new AdministratorUnassigned(current))
                : Domain.Decide.Accept<ConversationEvent>();
        }

        if (CheckResponsible(c.Administrator, c.Customer, "administratorId") is { } responsible) return responsible;
        return state.ResponsibleAdministratorId == c.AdministratorId
            ? Domain.Decide.Accept<ConversationEvent>()
            : Domain.Decide.Accept<ConversationEvent>(new AdministratorAssigned(c.AdministratorId.Value));
    }

    private static Decision<ConversationEvent> Notify(NotifyAdministrators c, Conversation state, Actor actor)
    {
        if (actor is Actor.Contact) return new CustomersNotifyNobody();
        return state.RecentActionIds.Contains(c.ActionId)
            ? Domain.Decide.Accept<ConversationEvent>()
            : Domain.Decide.Accept<ConversationEvent>(new AdminsNotified(c.ActionId));
    }

    private static Decision<ConversationEvent> Tag(ChangeTags c, Conversation state, Actor actor)
    {
        if (actor is Actor.Contact) return new CustomersTagNothing();
        if (ConversationTags.Check(c.Add, "add", ConversationTags.Maximum) is { } add) return add;
        if (ConversationTags.Check(c.Remove, "remove", ConversationTags.Maximum) is { } remove) return remove;
        var removed = ConversationTags.Tidied(c.Remove)
            .Select(t => ConversationTags.Find(state.Tags, t)).OfType<string>().ToImmutableArray();
        var kept = state.Tags.RemoveRange(removed);
        var added = ConversationTags.Tidied(c.Add)
            .Where(t => ConversationTags.Find(kept, t) is null).ToImmutableArray();
        if (kept.Length + added.Length > ConversationTags.Maximum)
            return new TooManyConversationTags("add", ConversationTags.Maximum);
        return new Decision<ConversationEvent>.Accepted([
            .. removed.Except(added).Select(t => new ConversationUntagged(t)),
            .. added.Except(removed).Select(t => new ConversationTagged(t)),
        ]);
    }

    // A contact of one topic need not choose it: whatever they begin is about it, or they would not see it themselves.
    private static Refusal? CheckTags(CreateConversation c, Actor actor, out ImmutableArray<string> tags)
    {
        tags = [];
        if (ConversationTags.Check(c.Tags, "tags", ConversationTags.Maximum) is { } refusal) return refusal;
        tags = ConversationTags.Tidied(c.Tags);
        if (actor is not Actor.Contact contact) return null;
        if (contact.Topics.IsEmpty) return tags.IsEmpty ? null : new CustomersTagNothing();
        for (var i = 0; i < c.Tags.Length; i++)
        {
            if (ConversationTags.Find(contact.Topics, c.Tags[i]) is null) return new TopicIsNotYours(i);
        }

        if (tags.IsEmpty && contact.Topics.Length > 1) return new TopicIsNeeded();
        tags = tags.IsEmpty
            ? contact.Topics
            : [.. tags.Select(t => ConversationTags.Find(contact.Topics, t)!)];
        return null;
    }

    private static ConversationChanged? CheckVersion(long? expected, Conversation state) =>
        expected is { } seen && seen != state.Version ? new ConversationChanged(seen, state.Version) : null;

    private static Refusal? CheckResponsible(Administrator? administrator, Customer? customer, string field) =>
        administrator switch
        {
            null or { Role: Role.Auditor } or { IsServiceAccount: true } => new AdministratorNotFound(field),
            { Active: false } => new AdministratorIsDeactivated(field),
            _ when customer is not null && !administrator.MaySee(customer) =>
                new AdministratorDoesNotSeeCustomer(field),
            _ => null,
        };

    private static Refusal? CheckMentions(AddComment c, Actor actor)
    {
        if (c.Mentions.IsEmpty) return null;
        if (actor is Actor.Contact) return new CustomersMentionNobody();
        if (c.Visibility != CommentVisibility.Internal) return new OnlyNotesMention();
        if (c.Mentions.Length > MentionsMaximum) return new TooManyMentions(MentionsMaximum);
        for (var i = 0; i < c.Mentions.Length; i++)
        {
            if (CheckResponsible(c.Mentions[i].Administrator, c.Customer, $"mentions.{i}") is { } refusal)
                return refusal;
        }

        return null;
    }

    private static Refusal? CheckFiles(ImmutableArray<FileToAttach> files, Actor actor)
    {
        if (files.Length > FilesMaximum) return new TooManyFiles(FilesMaximum);
        for (var i = 0; i < files.Length; i++)
        {
            if (files[i].Upload is not { IsDiscarded: false } upload || upload.UploadedBy != actor.Participant)
                return new FileNotFound(i);
            if (upload.CommentId is not null) return new FileIsAttachedAlready(i);
            for (var j = 0; j < i; j++)
            {
                if (files[j].Id == files[i].Id) return new FileNamedTwice(i);
            }
        }

        return null;
    }

    private static IEnumerable<ConversationEvent> Attach(
        ImmutableArray<FileToAttach> files, Guid commentId, Actor actor) =>
        files.Select(f => new FileAttached(
            f.Id, commentId, f.Upload!.Name, f.Upload.MediaType, f.Upload.Size, f.Upload.Sha256, actor.Participant));
}
