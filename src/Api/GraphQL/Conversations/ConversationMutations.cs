using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Conversations;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Api.Live;
using Messaging.Application.Conversations;
using Messaging.Domain.Conversations;
using Messaging.Projections.Conversations;

namespace Messaging.Api.GraphQL;

/// <summary>The commands, for everybody who is signed in unless stated otherwise.</summary>
[Allow(Access.Anyone)]
public sealed partial class Mutation
{
    /// <summary>Starts a conversation with its first message; customers where the organisation lets them.</summary>
    [Allow(Access.Participants, ApiTokens = true)]
    public static async Task<CreateConversationPayload> CreateConversation(
        IResolveFieldContext context, CreateConversationInput input)
    {
        if (Ids.Choose(input.Id) is not { } id)
            return new CreateConversationPayload(null, [UserError.Of(new IdIsIllFormed())]);
        var errors = await context.ExecuteAsync(
            new CreateConversationCommand(
                context.Caller(), id, Ids.Parse(input.CustomerId), input.Subject, input.Body,
                input.Status ?? ConversationStatus.Open, Ids.ParseOptional(input.ResponsibleAdministratorId),
                input.NotifyAllAdministrators ?? false, Ids.Parse(input.FileIds))
            {
                Tags = input.Tags ?? [],
            }
        );
        return new CreateConversationPayload(id, errors);
    }

    /// <summary>
    /// Writes a comment. A customer's comment reopens a conversation that is ATTENTION or ANSWERED; the office may set
    /// a status in the same act.
    /// </summary>
    [Allow(Access.Participants, ApiTokens = true)]
    public static async Task<AddCommentPayload> AddComment(IResolveFieldContext context, AddCommentInput input)
    {
        if (Ids.Choose(input.Id) is not { } id)
            return new AddCommentPayload(null, null, [UserError.Of(new IdIsIllFormed())]);
        var command = new AddCommentCommand(
            context.Caller(), id, Ids.Parse(input.ConversationId), input.Body,
            input.Visibility ?? CommentVisibility.Public, Ids.Parse(input.FileIds))
        {
            Status = input.Status,
            ExpectedVersion = input.ExpectedVersion,
            Mentions = Ids.Parse(input.Mentions),
        };
        var (errors, outcome) = await context.DispatchAsync(command);
        if (errors.Count == 0) context.Service<Writing>().Stop(command.Caller, command.ConversationId);
        return new AddCommentPayload(command, outcome.RecordedAt, errors);
    }

    /// <summary>Sets the status of conversations.</summary>
    [Allow(Access.Administrators, ApiTokens = true)]
    public static async Task<ChangeStatusPayload> ChangeStatus(IResolveFieldContext context, ChangeStatusInput input)
    {
        var (errors, done) = await context.ExecuteBulkAsync(
            new ChangeStatusCommand(
                context.Caller(), Ids.Parse(input.ConversationIds), input.Status, input.ExpectedVersion)
        );
        return new ChangeStatusPayload(done, errors);
    }

    /// <summary>Makes an administrator responsible for conversations, or nobody.</summary>
    [Allow(Access.Administrators, ApiTokens = true)]
    public static async Task<AssignAdministratorPayload> AssignAdministrator(
        IResolveFieldContext context, AssignAdministratorInput input)
    {
        var (errors, done) = await context.ExecuteBulkAsync(
            new AssignAdministratorCommand(
                context.Caller(), Ids.Parse(input.ConversationIds), Ids.ParseOptional(input.AdministratorId))
        );
        return new AssignAdministratorPayload(done, errors);
    }

    /// <summary>The action: tells every administrator about conversations already posted.</summary>
    [Allow(Access.Administrators, ApiTokens = true)]
    public static async Task<NotifyAdministratorsPayload> NotifyAdministrators(
        IResolveFieldContext context, NotifyAdministratorsInput input)
    {
        if (Ids.Choose(input.Id) is not { } id)
            return new NotifyAdministratorsPayload([], [UserError.Of(new IdIsIllFormed())]);
        var (errors, done) = await context.ExecuteBulkAsync(
            new NotifyAdministratorsCommand(context.Caller(), id, Ids.Parse(input.ConversationIds)));
        return new NotifyAdministratorsPayload(done, errors);
    }

    /// <summary>
    /// Gives conversations tags, and takes tags from them. Tags are the office's; contacts who are limited to topics
    /// see the conversations that have one of these as a tag, at once.
    /// </summary>
    [Allow(Access.Administrators, ApiTokens = true)]
    public static async Task<TagConversationsPayload> TagConversations(
        IResolveFieldContext context, TagConversationsInput input)
    {
        var (errors, done) = await context.ExecuteBulkAsync(
            new TagConversationsCommand(
                context.Caller(), Ids.Parse(input.ConversationIds), input.Add ?? [], input.Remove ?? []));
        return new TagConversationsPayload(done, errors);
    }

    /// <summary>Remembers that the viewer has read a conversation as far as it goes now.</summary>
    [Allow(Access.SignedIn, ApiTokens = true)]
    public static async Task<MarkConversationReadPayload> MarkConversationRead(
        IResolveFieldContext context, MarkConversationReadInput input)
    {
        var id = Ids.Parse(input.ConversationId);
        return new MarkConversationReadPayload(
            id, await context.ExecuteAsync(new MarkConversationReadCommand(context.Caller(), id)));
    }
}

/// <summary>The answer to <c>createConversation</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class CreateConversationPayload(Guid? id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The new conversation.</summary>
    public IDataLoaderResult<ConversationNode?>? Conversation(IResolveFieldContext context) =>
        Errors.Count == 0 && id is { } created ? context.ConversationIfAny(created) : null;

    /// <summary>True when the office wrote to a customer without an active contact: nobody was told.</summary>
    public IDataLoaderResult<bool> NobodyTold(IResolveFieldContext context) =>
        Errors.Count == 0 && id is { } created ? context.ReachesNobody(created) : LoaderResults.Done(false);
}

/// <summary>The answer to <c>addComment</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class AddCommentPayload(
    AddCommentCommand? command, DateTimeOffset? recordedAt, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The new comment.</summary>
    public IDataLoaderResult<CommentNode?>? Comment(IResolveFieldContext context)
    {
        if (Errors.Count > 0 || command is null) return null;

        // A comment recorded just now is known; what an earlier one of the same id recorded is read.
        return recordedAt is { } at
            ? LoaderResults.Done<CommentNode?>(
                new CommentNode(
                    command.Id, command.Caller.Actor.Participant, CommentBody.Kept(command.Body), command.Visibility,
                    at)
            )
            : context.CommentIfAny(command.Id);
    }

    /// <summary>The conversation as it is now.</summary>
    public IDataLoaderResult<ConversationNode?>? Conversation(IResolveFieldContext context) =>
        Errors.Count == 0 && command is not null ? context.ConversationIfAny(command.ConversationId) : null;

    /// <summary>
    /// True when the office wrote a public comment to a customer without an active contact: nobody was told.
    /// </summary>
    public IDataLoaderResult<bool> NobodyTold(IResolveFieldContext context) =>
        Errors.Count == 0 && command is { Visibility: CommentVisibility.Public }
            ? context.ReachesNobody(command.ConversationId)
            : LoaderResults.Done(false);
}

/// <summary>The answer to a mutation of several conversations.</summary>
[Allow(Access.SignedIn)]
public abstract class ConversationsPayload(IReadOnlyList<Guid> done, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The conversations that were changed, as they are now.</summary>
    public async Task<IEnumerable<ConversationNode>> Conversations(IResolveFieldContext context)
    {
        var rows = await context
            .Service<ConversationQueries>()
            .ByIdsAsync(context.Caller(), done, context.CancellationToken);
        return done.Where(rows.ContainsKey).Select(id => new ConversationNode(rows[id]));
    }
}

/// <summary>The answer to <c>changeStatus</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class ChangeStatusPayload(IReadOnlyList<Guid> done, IReadOnlyList<UserError> errors)
    : ConversationsPayload(done, errors);

/// <summary>The answer to <c>assignAdministrator</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class AssignAdministratorPayload(IReadOnlyList<Guid> done, IReadOnlyList<UserError> errors)
    : ConversationsPayload(done, errors);

/// <summary>The answer to <c>notifyAdministrators</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class NotifyAdministratorsPayload(IReadOnlyList<Guid> done, IReadOnlyList<UserError> errors)
    : ConversationsPayload(done, errors);

/// <summary>The answer to <c>tagConversations</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class TagConversationsPayload(IReadOnlyList<Guid> done, IReadOnlyList<UserError> errors)
    : ConversationsPayload(done, errors);

/// <summary>The answer to <c>markConversationRead</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class MarkConversationReadPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The conversation as it is now.</summary>
    public IDataLoaderResult<ConversationNode?>? Conversation(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.ConversationIfAny(id) : null;
}
