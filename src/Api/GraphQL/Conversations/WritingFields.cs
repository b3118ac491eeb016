using System.ComponentModel;
using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Accounts;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.Live;
using Messaging.Domain.Conversations;

namespace Messaging.Api.GraphQL;

/// <content>Announcements of somebody who is writing.</content>
public sealed partial class Mutation
{
    /// <summary>
    /// Says that the viewer is writing a comment. It counts for 6 seconds: announce it every 3 while writing goes on.
    /// Nothing is recorded.
    /// </summary>
    [Allow(Access.Participants, ApiTokens = true)]
    public static async Task<AnnounceWritingPayload> AnnounceWriting(
        IResolveFieldContext context, AnnounceWritingInput input)
    {
        var (writing, conversation) = (context.Service<Writing>(), Ids.Parse(input.ConversationId));
        if (input.Writing ?? true)
        {
            var refusal = await writing.AnnounceAsync(
                context.Caller(), conversation, input.Visibility ?? CommentVisibility.Public,
                context.CancellationToken);
            return new AnnounceWritingPayload(refusal is null ? [] : [UserError.Of(refusal)]);
        }

        writing.Stop(context.Caller(), conversation);
        return new AnnounceWritingPayload([]);
    }
}

/// <summary>Says that the viewer is writing.</summary>
[Allow(Access.Participants)]
public sealed class AnnounceWritingInput
{
    /// <summary>The conversation.</summary>
    [Id]
    public string ConversationId { get; set; } = "";

    /// <summary>The audience of the comment in the making; only the office hears of an internal note.</summary>
    [DefaultValue(CommentVisibility.Public)]
    public CommentVisibility? Visibility { get; set; } = CommentVisibility.Public;

    /// <summary>False: no longer. It need not be said after the comment was sent.</summary>
    [DefaultValue(true)]
    public bool? Writing { get; set; } = true;
}

/// <summary>The answer to <c>announceWriting</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class AnnounceWritingPayload(IReadOnlyList<UserError> errors) : Payload(errors);

/// <summary>The other participants who are writing in a conversation.</summary>
[Allow(Access.SignedIn)]
public sealed class WritingUpdate(WritersChange change)
{
    /// <summary>The conversation.</summary>
    public Guid ConversationId => change.ConversationId;

    /// <summary>All of them but the viewer; empty when nobody does.</summary>
    public IEnumerable<WriterNode> Writers => change.Writers.Select(w => new WriterNode(w));
}

/// <summary>A participant who is writing.</summary>
[Name("Writer")]
[Allow(Access.SignedIn)]
public sealed class WriterNode(Writer writer)
{
    /// <summary>The participant.</summary>
    public IDataLoaderResult<IParticipant> Participant(IResolveFieldContext context) =>
        context.Participant(writer.Participant);

    /// <summary>The audience of the comment in the making.</summary>
    public CommentVisibility Visibility => writer.Visibility;
}
