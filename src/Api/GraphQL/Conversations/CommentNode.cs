using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.People;
using Messaging.Api.GraphQL.Transport;
using Messaging.Domain.Conversations;
using Messaging.Projections.Conversations;
using Messaging.Projections.Paging;

namespace Messaging.Api.GraphQL.Conversations;

/// <summary>What somebody wrote in a conversation.</summary>
/// <param name="row">The comment.</param>
/// <param name="filesThen">Its files as they were; null to look them up.</param>
[Name("Comment")]
[Implements(typeof(INode))]
[Allow(Access.SignedIn)]
public sealed class CommentNode(CommentRow row, IReadOnlyList<FileRow>? filesThen = null) : INode
{
    /// <summary>A UUID.</summary>
    public Guid Id => row.Id;

    /// <summary>Who wrote.</summary>
    public IDataLoaderResult<IParticipant> Author(IResolveFieldContext context) => context.Participant(row.Author);

    /// <summary>1 to 20,000 characters of plain text, as given. Show it as text, never as HTML.</summary>
    public string Body => row.Body;

    /// <summary>Who may read it.</summary>
    public CommentVisibility Visibility => row.Visibility;

    /// <summary>When it was written.</summary>
    public DateTimeOffset CreatedAt => row.CreatedAt;

    /// <summary>What came with it.</summary>
    public IDataLoaderResult<IEnumerable<FileNode>> Files(IResolveFieldContext context) =>
        filesThen is null
            ? context.FilesOfComment(row.Id)
            : LoaderResults.Done<IEnumerable<FileNode>>(filesThen.Select(f => new FileNode(f)));
}

/// <summary>An item of a page of comments.</summary>
[Name("CommentEdge")]
[Allow(Access.SignedIn)]
public sealed class CommentEdge(string cursor, CommentNode node) : Edge<CommentNode>(cursor, node);

/// <summary>A page of comments.</summary>
[Name("CommentConnection")]
[Allow(Access.SignedIn)]
public sealed class CommentConnection(Page<CommentRow> page, Func<CommentRow, CommentNode> node, Func<IResolveFieldContext, IDataLoaderResult<int>> count)
    : Connection<CommentNode, CommentEdge>(page.Edges((cursor, row) => new CommentEdge(cursor, node(row))), page.Info(), count);
