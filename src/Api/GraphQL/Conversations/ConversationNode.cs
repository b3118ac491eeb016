using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Accounts;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Customers;
using Messaging.Api.GraphQL.Files;
using Messaging.Api.GraphQL.History;
using Messaging.Api.GraphQL.Notifications;
using Messaging.Api.GraphQL.Organisation;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Domain.Conversations;
using Messaging.Projections.Conversations;
using Messaging.Projections.History;
using Messaging.Projections.Storage;

namespace Messaging.Api.GraphQL.Conversations;

/// <summary>A conversation between the office and one of its customers.</summary>
[Name("Conversation")]
[Implements(typeof(INode))]
[Allow(Access.SignedIn)]
public sealed class ConversationNode : INode, IEventSubject
{
    private readonly ConversationRow _row;
    private readonly PastConversation? _then;

    /// <summary>A conversation as it is now.</summary>
    public ConversationNode(ConversationRow row) => _row = row;

    /// <summary>A conversation as it was.</summary>
    public ConversationNode(PastConversation then) => (_row, _then) = (then.Header, then);

    /// <summary>
    /// The id, a UUID. Of a conversation as it was, an id of its own: the UUID, an @ and the version.
    /// </summary>
    public NodeId Id => new(_row.Id, _then is null ? null : _row.Version);

    Guid INode.Id => _row.Id;

    internal Guid CustomerId => _row.CustomerId;

    /// <summary>1 to 200 characters, as given.</summary>
    public string Subject => _row.Subject;

    /// <summary>The status.</summary>
    public ConversationStatus Status => _row.Status;

    /// <summary>The side that must write next.</summary>
    public Awaiting Awaiting => _row.Awaiting;

    /// <summary>
    /// The instant since which that side is awaited; null when nobody is, and for a past conversation.
    /// </summary>
    public DateTimeOffset? AwaitingSince => _row.Awaiting == Awaiting.Nobody ? null : _row.AwaitingSince;

    /// <summary>The customer it is held with.</summary>
    public IDataLoaderResult<CustomerNode> Customer(IResolveFieldContext context) =>
        _then is null
            ? context.Customer(_row.CustomerId)
            : context.CustomerThen(_row.CustomerId, _then.At).Then(customer => customer!);

    /// <summary>
    /// The office's tags, in the order in which they were given; contacts never see them. Those of then for a past
    /// conversation.
    /// </summary>
    [Allow(Access.Office)]
    public IDataLoaderResult<IReadOnlyList<string>> Tags(IResolveFieldContext context) =>
        _then is null ? context.TagsOf(_row.Id) : context.PastTagsOf(_row.Id, _row.Version);

    /// <summary>The administrator who takes it on; null when nobody in particular does.</summary>
    public IDataLoaderResult<AdministratorNode?>? ResponsibleAdministrator(IResolveFieldContext context) =>
        _row.ResponsibleAdministratorId is not { } id ? null
        : _then is null ? context.AdministratorIfAny(id)
        : context.AdministratorThen(id, _then.At);

    /// <summary>True when every administrator is notified of what happens in it.</summary>
    public bool NotifyAllAdministrators => _row.NotifyAllAdministrators;

    /// <summary>The participant who started the conversation.</summary>
    public IDataLoaderResult<IParticipant> CreatedBy(IResolveFieldContext context) =>
        _then is null
            ? context.Participant(_row.CreatedBy)
            : context.ParticipantThen(_row.CreatedBy, _then.At);

    /// <summary>The instant of creation.</summary>
    public DateTimeOffset CreatedAt => _row.CreatedAt;

    /// <summary>The instant of the latest event that the viewer may see.</summary>
    public IDataLoaderResult<DateTimeOffset> UpdatedAt(IResolveFieldContext context) =>
        _then is null ? LoaderResults.Done(_row.UpdatedAt) : context.PastUpdatedAt(_row.Id, _row.Version);

    /// <summary>The number of its last event that the viewer may see; for <c>expectedVersion</c>.</summary>
    public int Version => _row.Version;

    /// <summary>The comments, oldest first; the first one is the opening message.</summary>
    public IDataLoaderResult<CommentConnection> Comments(
        IResolveFieldContext context, int? first, string? after, int? last, string? before)
    {
        var request = new PageRequest(first, after, last, before);
        return _then is null
            ? context.CommentPage(_row.Id, request).Then(Connection)
            : PastPage
                .Of<CommentRow>(_then, _row.CommentCount, request, part => context.PastComments(part))
                .Then(Connection);

        CommentConnection Connection(Page<CommentRow> page) =>
            new(page, c => new CommentNode(c, _then), _ => Counts.Known(_row.CommentCount));
    }

    /// <summary>The number of comments that the viewer may see.</summary>
    public int CommentCount => _row.CommentCount;

    /// <summary>The latest comment.</summary>
    public IDataLoaderResult<CommentNode?>? LastComment(IResolveFieldContext context) =>
        _row.LastCommentId is not { } id ? null
        : _then is null ? context.CommentIfAny(id, _row.LastCommentBy)
        : context
            .PastComments(new PastPart(_row.Id, _row.Version, _row.CommentCount - 1, 1, _row.CommentCount))
            .Then(last => (CommentNode?)new CommentNode(last[0], _then));

    /// <summary>The number of comments by others that the viewer has not read. 0 for a past conversation.</summary>
    public IDataLoaderResult<int> UnreadCommentCount(IResolveFieldContext context) =>
        _then is null ? context.UnreadComments(_row.Id) : LoaderResults.Done<int>(0);

    /// <summary>The files of its comments, oldest first.</summary>
    public IDataLoaderResult<FileConnection> Files(IResolveFieldContext context, int? first, string? after)
    {
        var request = new PageRequest(first, after, null, null);
        return _then is null
            ? context.FilePage(_row.Id, request).Then(page => new FileConnection(page, c => c.FileCount(_row.Id)))
            : PastPage.Of<FileRow>(_then, _then.FileCount, request, part => context.PastFiles(part))
                .Then(page => new FileConnection(page, _ => Counts.Known(_then.FileCount)));
    }

    /// <summary>
    /// Everything that happened in it, oldest first: the events themselves. For a past conversation: up to that
    /// version.
    /// </summary>
    [Allow(Access.Office)]
    public IDataLoaderResult<EventConnection> History(
        IResolveFieldContext context, int? first, string? after, int? last, string? before)
    {
        var until = _then?.Header.Version;
        return context
            .HistoryPage(_row.Id, until, new PageRequest(first, after, last, before))
            .Then(page => new EventConnection(page, c => c.HistoryCount(_row.Id, until)));
    }

    /// <summary>
    /// The mails about it, the latest first, with what became of each. For a past conversation: those of now.
    /// </summary>
    [Allow(Access.Office)]
    public IDataLoaderResult<DeliveryConnection> Deliveries(
        IResolveFieldContext context, int? first, string? after, int? last, string? before) =>
        context
            .DeliveryPage(_row.Id, new PageRequest(first, after, last, before))
            .Then(page => new DeliveryConnection(page, c => c.DeliveryCount(_row.Id)));
}

/// <summary>An item of a page of conversations.</summary>
[Name("ConversationEdge")]
[Allow(Access.SignedIn)]
public sealed class ConversationEdge(string cursor, ConversationNode node) : Edge<ConversationNode>(cursor, node);

/// <summary>A page of conversations.</summary>
[Name("ConversationConnection")]
[Allow(Access.SignedIn)]
public sealed class ConversationConnection(
    Page<ConversationRow> page, Func<IResolveFieldContext, IDataLoaderResult<int>> count)
    : Connection<ConversationNode, ConversationEdge>(
        page.Edges((cursor, row) => new ConversationEdge(cursor, new ConversationNode(row))), page.Info(), count);
