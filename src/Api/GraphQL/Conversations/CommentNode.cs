using System.Text;
using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Accounts;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Files;
using Messaging.Api.GraphQL.History;
using Messaging.Api.GraphQL.Organisation;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Projections.Conversations;
using Messaging.Projections.History;
using Messaging.Projections.Storage;

namespace Messaging.Api.GraphQL.Conversations;

/// <summary>A comment in a conversation.</summary>
[Name("Comment")]
[Implements(typeof(INode))]
[Allow(Access.SignedIn)]
public sealed class CommentNode : INode
{
    private readonly Guid _id;
    private readonly Participant _author;
    private readonly PastComment? _then;
    private readonly DateTimeOffset _at;

    /// <summary>A comment.</summary>
    /// <param name="then">Its conversation, where that is shown as it was.</param>
    public CommentNode(CommentRow row, PastConversation? then = null)
        : this(row.Id, row.Author, row.Body, row.Visibility, row.CreatedAt)
    {
        if (then is not null)
            (_then, _at) = (new PastComment(row.ConversationId, then.Header.Version, row.Id), then.At);
    }

    /// <summary>A comment that was recorded just now.</summary>
    public CommentNode(Guid id, Participant author, string body, CommentVisibility visibility, DateTimeOffset createdAt)
    {
        _id = id;
        _author = author;
        Body = body;
        Visibility = visibility;
        CreatedAt = createdAt;
    }

    /// <summary>
    /// The id, a UUID. Of a comment in a conversation as it was, an id of its own: the UUID, an @ and the
    /// conversation's version.
    /// </summary>
    public NodeId Id => new(_id, _then?.Version);

    Guid INode.Id => _id;

    /// <summary>The author. In a conversation as it was: as they were then.</summary>
    public IDataLoaderResult<IParticipant> Author(IResolveFieldContext context) =>
        _then is null ? context.Participant(_author) : context.ParticipantThen(_author, _at);

    /// <summary>
    /// Up to 20,000 characters of plain text, as given; empty where its files say it all, and […] where its author was
    /// erased. Show it as text, never as HTML.
    /// </summary>
    public string Body { get; }

    /// <summary>
    /// The text for lists: the beginning of the body in one line, or the names of the files when there is no body; at
    /// most 200 characters.
    /// </summary>
    public IDataLoaderResult<string> Excerpt(IResolveFieldContext context) => Body.Length > 0
        ? LoaderResults.Done(OneLine(Body))
        : Files(context).Then(files => OneLine(string.Join(", ", files.Select(file => file.Name))));

    /// <summary>The audience of the comment.</summary>
    public CommentVisibility Visibility { get; }

    /// <summary>The instant of writing.</summary>
    public DateTimeOffset CreatedAt { get; }

    /// <summary>The attached files.</summary>
    public IDataLoaderResult<IEnumerable<FileNode>> Files(IResolveFieldContext context) =>
        _then is null ? context.FilesOfComment(_id) : context.PastFilesOfComment(_then);

    /// <summary>
    /// The colleagues whom an internal note asks to look at it, as they are called now; empty of public comments.
    /// </summary>
    public IDataLoaderResult<IEnumerable<AdministratorNode>> Mentions(IResolveFieldContext context) =>
        Visibility == CommentVisibility.Internal
            ? context.MentionedIn(_id)
            : LoaderResults.Done(Enumerable.Empty<AdministratorNode>());

    // White space is one space; no more of a long text is looked at than is needed.
    private static string OneLine(string text)
    {
        const int most = 200;
        var line = new StringBuilder(most);
        var length = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            var isSpace = Rune.IsWhiteSpace(rune);
            if (isSpace && (line.Length == 0 || line[^1] == ' ')) continue;
            if (++length > most) break;
            if (isSpace) line.Append(' ');
            else line.Append(rune);
        }

        return line.ToString().TrimEnd(' ');
    }
}

/// <summary>An item of a page of comments.</summary>
[Name("CommentEdge")]
[Allow(Access.SignedIn)]
public sealed class CommentEdge(string cursor, CommentNode node) : Edge<CommentNode>(cursor, node);

/// <summary>A page of comments.</summary>
[Name("CommentConnection")]
[Allow(Access.SignedIn)]
public sealed class CommentConnection(
    Page<CommentRow> page, Func<CommentRow, CommentNode> node, Func<IResolveFieldContext, IDataLoaderResult<int>> count)
    : Connection<CommentNode, CommentEdge>(
        page.Edges((cursor, row) => new CommentEdge(cursor, node(row))), page.Info(), count);
