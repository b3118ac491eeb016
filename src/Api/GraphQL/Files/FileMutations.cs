using GraphQL;
using Messaging.Api.Files;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Files;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Application.Files;
using Messaging.Domain;
using Messaging.Domain.Files;

namespace Messaging.Api.GraphQL;

/// <content>Files.</content>
public sealed partial class Mutation
{
    /// <summary>Takes a file in. It belongs to whoever uploaded it until it comes with a comment.</summary>
    [Allow(Access.Participants, ApiTokens = true)]
    public static async Task<UploadFilePayload> UploadFile(IResolveFieldContext context, UploadFileInput input)
    {
        var file = input.File;
        if (file.TooLarge) return Refused(new FileIsTooLarge(file.Limit));
        if (file.Refusal is { } refused) return Refused(refused);
        var name = FileName.Clean(file.FileName);
        var mediaType = MediaTypes.Decide(name, file.DeclaredMediaType, file.Staged?.SniffedMediaType);
        if (context.Service<RefusedTypes>().Check(name, mediaType) is { } unwanted) return Refused(unwanted);

        var (caller, after) = (context.Caller(), context.Service<AfterUpload>());
        try
        {
            var (staged, full) = await file.ClaimAsync(context.Service<IFileStore>(), context.CancellationToken);
            if (staged is null) return Refused(full!);
            var (uploaded, refusal) = await context.Service<Uploads>().UploadAsync(
                caller, name, mediaType, staged, Thumbnails.MayBeOf(mediaType), after.Scans,
                context.CancellationToken);
            if (refusal is not null) return Refused(refusal);
            var finished = await after.FinishAsync(caller, uploaded!, Patience(context), context.CancellationToken);
            return new UploadFilePayload(new FileNode(finished), []);
        }
        catch (NoRoomForFilesException)
        {
            return Refused(new ServerHasNoRoom());
        }

        static UploadFilePayload Refused(Refusal refusal) => new(null, [UserError.Of(refusal)]);
    }

    /// <summary>
    /// Takes a file back that the viewer uploaded and that has come with no comment: nothing of it is kept.
    /// </summary>
    [Allow(Access.Participants, ApiTokens = true)]
    public static async Task<DiscardFilePayload> DiscardFile(IResolveFieldContext context, DiscardFileInput input)
    {
        var refusal = await context.Service<Uploads>().DiscardAsync(context.Caller(), Ids.Parse(input.Id));
        return new DiscardFilePayload(refusal is null ? [] : [UserError.Of(refusal)]);
    }

    // Until when uploaders wait for what is done to their files: all of an operation together.
    private static CancellationToken Patience(IResolveFieldContext context)
    {
        const string key = "patience with uploads";
        if (!context.UserContext.TryGetValue(key, out var patience))
            context.UserContext[key] = patience = new CancellationTokenSource(AfterUpload.Patience);
        return ((CancellationTokenSource)patience!).Token;
    }
}

/// <summary>More bytes than a file may have.</summary>
/// <param name="Limit">The size in bytes.</param>
internal sealed record FileIsTooLarge(long Limit)
    : Refusal(RefusalKind.TooLarge, $"The file is larger than {Limit} bytes.", "file");

/// <summary>Uploads a file, to attach it to a comment afterwards.</summary>
[Allow(Access.Participants)]
public sealed class UploadFileInput
{
    /// <summary>The file, by the graphql-multipart-request-spec.</summary>
    public MultipartFile File { get; set; } = null!;
}

/// <summary>Takes an uploaded file back.</summary>
[Allow(Access.Participants)]
public sealed class DiscardFileInput
{
    /// <summary>The id.</summary>
    [Id]
    public string Id { get; set; } = "";
}

/// <summary>The answer to <c>uploadFile</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class UploadFilePayload(FileNode? file, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The upload; its id goes into <c>fileIds</c> of a comment.</summary>
    public FileNode? File { get; } = file;
}

/// <summary>The answer to <c>discardFile</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class DiscardFilePayload(IReadOnlyList<UserError> errors) : Payload(errors);
