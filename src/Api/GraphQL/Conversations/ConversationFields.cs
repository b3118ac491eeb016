using GraphQL;
using GraphQL.DataLoader;
using GraphQLParser.AST;
using Messaging.Api.GraphQL.Accounts;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Conversations;
using Messaging.Api.GraphQL.Files;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Api.Security;
using Messaging.Application.Files;
using Messaging.Application.History;
using Messaging.Domain.Conversations;
using Messaging.Projections.Conversations;
using Messaging.Projections.Customers;
using Messaging.Projections.History;
using Messaging.Projections.Storage;

namespace Messaging.Api.GraphQL;

/// <summary>The queries, for everybody who is signed in unless stated otherwise.</summary>
[Allow(Access.SignedIn)]
public sealed partial class Query
{
    /// <summary>
    /// A conversation as it is now or, with <c>asOf</c>, replayed as it was then. Null: there is none that the viewer
    /// may see.
    /// </summary>
    /// <param name="id">The id; the id of a past conversation finds it again.</param>
    /// <param name="asOf">The moment to replay it at; now unless told.</param>
    [Allow(Access.SignedIn)]
    public static IDataLoaderResult<ConversationNode?> Conversation(
        IResolveFieldContext context, [Id] string id, [Allow(Access.Office)] AsOfInput? asOf)
    {
        return Find().Then(found =>
        {
            if (found is not null) context.RecordOpened(found);
            return found;
        });

        IDataLoaderResult<ConversationNode?> Find()
        {
            if (asOf is null)
            {
                return NodeId.OfThePast(id) is not { At: null } then ? context.ConversationIfAny(Ids.Parse(id))
                    : context.Caller() is { IsOfOffice: true, IsNarrow: false } ? context.ConversationThen(then)
                    : LoaderResults.Done<ConversationNode?>(null);
            }

            if (asOf.Version is < 1) throw RefusedException.BadUserInput("asOf.version counts from 1.");
            return context.ConversationThen(new PastMoment(Ids.Parse(id), asOf.Version, asOf.Timestamp));
        }
    }

    /// <summary>The conversations that the viewer may see.</summary>
    /// <param name="orderBy">The order; by default the latest change comes first.</param>
    [Allow(Access.SignedIn)]
    public static async Task<ConversationConnection> Conversations(
        IResolveFieldContext context, ConversationFilterInput? filter, ConversationOrderInput? orderBy, int? first,
        string? after, int? last, string? before)
    {
        var which = ConversationFilterInput.ToFilter(filter);
        var order = ConversationOrderInput.ToOrder(orderBy);
        if (order.Field == ConversationOrderField.AwaitingSince && which.Awaiting is null or Awaiting.Nobody)
            throw RefusedException.BadUserInput(
                "The order AWAITING_SINCE needs a filter by who is awaited: awaiting OFFICE or CUSTOMER.");
        var queries = context.Service<ConversationQueries>();
        var page = await queries.PageAsync(
            context.Caller(), which, order, new PageRequest(first, after, last, before), context.CancellationToken);
        return new ConversationConnection(page, c => Counts.Fetched(x => queries.CountAsync(c.Caller(), which, x)));
    }

    /// <summary>
    /// The tags that conversations have which the viewer may see, in the order of their letters: at most 200.
    /// </summary>
    [Allow(Access.Office)]
    public static Task<IReadOnlyList<string>> ConversationTags(IResolveFieldContext context) =>
        context.Service<ConversationQueries>().AllTagsAsync(context.Caller(), context.CancellationToken);

    /// <summary>The number of conversations by status, among those that the viewer may see.</summary>
    [Allow(Access.SignedIn)]
    public static async Task<ConversationCountsNode> ConversationCounts(
        IResolveFieldContext context, ConversationFilterInput? filter) =>
        new(
            await context
                .Service<ConversationQueries>()
                .CountsAsync(context.Caller(), ConversationFilterInput.ToFilter(filter), context.CancellationToken)
        );
}

/// <summary>Numbers of conversations.</summary>
[Name("ConversationCounts")]
[Allow(Access.SignedIn)]
public sealed class ConversationCountsNode(
    ConversationCounts counts, Func<IResolveFieldContext, IDataLoaderResult<int>>? unread = null)
{
    /// <summary>Under way.</summary>
    public int Open => counts.Open;

    /// <summary>The customer's answer is needed.</summary>
    public int Attention => counts.Attention;

    /// <summary>Done.</summary>
    public int Answered => counts.Answered;

    /// <summary>All of them.</summary>
    public int Total => counts.Total;

    /// <summary>
    /// The number with unread comments by others: up to 1,000 of the 10,000 conversations that changed last. 0 for a
    /// past instant.
    /// </summary>
    public IDataLoaderResult<int> Unread(IResolveFieldContext context) =>
        unread?.Invoke(context) ?? Counts.Known(counts.Unread);
}

/// <summary>Conversations and what is in them, fetched in batches.</summary>
internal static class ConversationLoads
{
    public static IDataLoaderResult<ConversationNode?> ConversationIfAny(this IResolveFieldContext context, Guid id) =>
        context.Rows().LoadAsync(id).Then(row => row is null ? null : new ConversationNode(row));

    /// <summary>Has the log of everything say that an auditor opened a conversation; nothing of others.</summary>
    public static void RecordOpened(this IResolveFieldContext context, ConversationNode opened) =>
        context.Service<OpenedConversations>().Record(
            context.Caller(), opened.Id.Id, opened.CustomerId, Correlation.OfRequest());

    /// <summary>A file that came with a comment; null when there is none that the viewer may see.</summary>
    public static IDataLoaderResult<FileRow?> FileIfAny(this IResolveFieldContext context, Guid id) =>
        BatchLoaders
            .Of(context)
            .For<Guid, FileRow>("files by ids", (ids, cancellation) =>
                context.Service<ConversationQueries>().FilesByIdsAsync(context.Caller(), ids, cancellation))
            .LoadAsync(id);

    public static IDataLoaderResult<ConversationNode?> ConversationThen(
        this IResolveFieldContext context, PastMoment moment) =>
        BatchLoaders
            .Of(context)
            .For<PastMoment, PastConversation>("past conversations", (moments, cancellation) =>
                context.Past().AsOfAsync(context.Caller(), moments, cancellation)
            )
            .LoadAsync(moment)
            .Then(then => then is null ? null : new ConversationNode(then));

    /// <summary>A conversation by its id as it was; null when it never had such a version.</summary>
    public static IDataLoaderResult<ConversationNode?> ConversationThen(this IResolveFieldContext context, NodeId id) =>
        context.ConversationThen(new PastMoment(id.Id, id.Version, null)).Then(then => then?.Id == id ? then : null);

    public static IDataLoaderResult<IReadOnlyList<CommentRow>> PastComments(
        this IResolveFieldContext context, PastPart part) =>
        BatchLoaders
            .Of(context)
            .For<PastPart, IReadOnlyList<CommentRow>>("past comments", (parts, cancellation) =>
                context.Past().CommentsAsync(context.Caller(), parts, cancellation)
            )
            .LoadRequiredAsync(part);

    public static IDataLoaderResult<IReadOnlyList<FileRow>> PastFiles(
        this IResolveFieldContext context, PastPart part) =>
        BatchLoaders
            .Of(context)
            .For<PastPart, IReadOnlyList<FileRow>>("past files", (parts, cancellation) =>
                context.Past().FilesAsync(context.Caller(), parts, cancellation)
            )
            .LoadRequiredAsync(part);

    public static IDataLoaderResult<IEnumerable<FileNode>> PastFilesOfComment(
        this IResolveFieldContext context, PastComment comment) =>
        BatchLoaders
            .Of(context)
            .For<PastComment, IReadOnlyList<FileRow>>("past files of comments", (comments, cancellation) =>
                context.Past().FilesByCommentsAsync(context.Caller(), comments, cancellation)
            )
            .LoadRequiredAsync(comment)
            .Then(rows => rows.Select(row => new FileNode(row)));

    /// <summary>
    /// True when no contact of the customer is told of the caller's comments. A customer's comment is for the office.
    /// </summary>
    public static IDataLoaderResult<bool> ReachesNobody(this IResolveFieldContext context, Guid conversationId) =>
        context.Caller().OnlyCustomerId is not null
            ? LoaderResults.Done(false)
            : BatchLoaders
                .Of(context)
                .For<Guid, bool>("reachable conversations", (ids, cancellation) =>
                    context.Service<CustomerQueries>().ReachableConversationsAsync(context.Caller(), ids, cancellation)
                )
                .LoadAsync(conversationId, false)
                .Then(isReachable => !isReachable);

    public static IDataLoaderResult<IReadOnlyList<string>> TagsOf(this IResolveFieldContext context, Guid id) =>
        BatchLoaders
            .Of(context)
            .For<Guid, IReadOnlyList<string>>("tags of conversations", (ids, cancellation) =>
                context.Service<ConversationQueries>().TagsAsync(context.Caller(), ids, cancellation)
            )
            .LoadAsync(id, []);

    public static IDataLoaderResult<IReadOnlyList<string>> PastTagsOf(
        this IResolveFieldContext context, Guid id, int version) =>
        BatchLoaders
            .Of(context)
            .For<(Guid ConversationId, int Version), IReadOnlyList<string>>(
                "past tags",
                (moments, cancellation) => context.Past().TagsAsync(context.Caller(), moments, cancellation))
            .LoadAsync((id, version), []);

    public static IDataLoaderResult<DateTimeOffset> PastUpdatedAt(
        this IResolveFieldContext context, Guid id, int version) =>
        BatchLoaders
            .Of(context)
            .For<(Guid ConversationId, int Version), DateTimeOffset>(
                "past changes",
                (moments, cancellation) => context.Past().UpdatedAtAsync(context.Caller(), moments, cancellation))
            .LoadRequiredAsync((id, version));

    public static IDataLoaderResult<ConversationNode> Conversation(this IResolveFieldContext context, Guid id) =>
        context.Rows().LoadRequiredAsync(id).Then(row => new ConversationNode(row));

    public static IDataLoaderResult<Page<ConversationRow>> ConversationPage(
        this IResolveFieldContext context, Guid customerId, ConversationFilter which, PageRequest request) =>
        BatchLoaders
            .Of(context)
            .For<Guid, Page<ConversationRow>, (ConversationFilter Which, PageRequest Page)>(
                "conversation pages", (which, request),
                (of, ids, cancellation) => context.Service<ConversationQueries>()
                    .PagesByCustomerAsync(context.Caller(), ids, of.Which, of.Page, cancellation))
            .LoadRequiredAsync(customerId);

    public static IDataLoaderResult<int> ConversationCount(
        this IResolveFieldContext context, Guid customerId, ConversationFilter which) =>
        BatchLoaders
            .Of(context)
            .For<Guid, int, ConversationFilter>(
                "conversation counts", which,
                (of, ids, cancellation) => context.Service<ConversationQueries>()
                    .CountsByCustomerAsync(context.Caller(), ids, of, cancellation))
            .LoadAsync(customerId, 0);

    /// <summary>A comment that there may be.</summary>
    /// <param name="by">The author's id, where it is known already; the author is then looked up together with the
    /// comment.</param>
    public static IDataLoaderResult<CommentNode?> CommentIfAny(
        this IResolveFieldContext context, Guid id, Guid? by = null)
    {
        if (
            by is { } author
            && context.FieldAst.SelectionSet!.Selections.Any(s =>
                s is not GraphQLField field || field.Name.Value == "author"
            )
        )
            context.ForeseePerson(author);
        return BatchLoaders
            .Of(context)
            .For<Guid, CommentRow>("comments", (ids, cancellation) =>
                context.Service<ConversationQueries>().CommentsByIdsAsync(context.Caller(), ids, cancellation)
            )
            .LoadAsync(id)
            .Then(row => row is null ? null : new CommentNode(row));
    }

    public static IDataLoaderResult<Page<CommentRow>> CommentPage(
        this IResolveFieldContext context, Guid conversationId, PageRequest request) =>
        BatchLoaders
            .Of(context)
            .For<Guid, Page<CommentRow>, PageRequest>(
                "comment pages", request,
                (page, ids, cancellation) =>
                    context.Service<ConversationQueries>().CommentPagesAsync(context.Caller(), ids, page, cancellation))
            .LoadRequiredAsync(conversationId);

    public static IDataLoaderResult<IEnumerable<FileNode>> FilesOfComment(
        this IResolveFieldContext context, Guid commentId) =>
        BatchLoaders
            .Of(context)
            .For<Guid, IReadOnlyList<FileRow>>("files of comments", (ids, cancellation) =>
                context.Service<ConversationQueries>().FilesByCommentIdsAsync(context.Caller(), ids, cancellation)
            )
            .LoadAsync(commentId, [])
            .Then(rows => rows.Select(row => new FileNode(row)));

    public static IDataLoaderResult<Page<FileRow>> FilePage(
        this IResolveFieldContext context, Guid conversationId, PageRequest request) =>
        BatchLoaders
            .Of(context)
            .For<Guid, Page<FileRow>, PageRequest>(
                "file pages", request,
                (page, ids, cancellation) =>
                    context.Service<ConversationQueries>().FilePagesAsync(context.Caller(), ids, page, cancellation))
            .LoadRequiredAsync(conversationId);

    public static IDataLoaderResult<int> FileCount(this IResolveFieldContext context, Guid conversationId) =>
        BatchLoaders
            .Of(context)
            .For<Guid, int>("file counts", (ids, cancellation) =>
                context.Service<ConversationQueries>().FileCountsAsync(context.Caller(), ids, cancellation)
            )
            .LoadAsync(conversationId, 0);

    public static IDataLoaderResult<FileState> StateOfFile(this IResolveFieldContext context, Guid fileId) =>
        BatchLoaders.Of(context)
            .For<Guid, FileState>(
                "states of files",
                (ids, cancellation) => context.Service<Uploads>().StatesAsync(context.Caller(), ids, cancellation))
            .LoadAsync(fileId, FileState.Unknown);

    public static IDataLoaderResult<int> UnreadComments(this IResolveFieldContext context, Guid conversationId) =>
        BatchLoaders
            .Of(context)
            .For<Guid, int>("unread comments", (ids, cancellation) =>
                context.Service<ConversationQueries>().UnreadCountsAsync(context.Caller(), ids, cancellation)
            )
            .LoadAsync(conversationId, 0);

    private static PastConversations Past(this IResolveFieldContext context) => context.Service<PastConversations>();

    private static BatchLoader<Guid, ConversationRow> Rows(this IResolveFieldContext context) =>
        BatchLoaders
            .Of(context)
            .For<Guid, ConversationRow>("conversations", (ids, cancellation) =>
                context.Service<ConversationQueries>().ByIdsAsync(context.Caller(), ids, cancellation)
            );
}
