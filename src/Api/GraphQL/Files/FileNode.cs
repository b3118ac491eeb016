using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.Files;
using Messaging.Api.GraphQL.Accounts;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Application.Files;
using Messaging.Domain;
using Messaging.Projections.Conversations;
using Messaging.Projections.Storage;

namespace Messaging.Api.GraphQL.Files;

/// <summary>A file.</summary>
[Name("File")]
[Implements(typeof(INode))]
[Allow(Access.SignedIn)]
public sealed class FileNode : INode
{
    private readonly Participant _uploadedBy;
    private readonly FileState? _state;

    /// <summary>A file that came with a comment.</summary>
    public FileNode(FileRow row)
        : this(row.Id, row.Name, row.MediaType, row.Size, row.Sha256, row.UploadedBy, row.CreatedAt)
    {
    }

    /// <summary>A file of the viewer's, attached or not.</summary>
    public FileNode(UploadedFile file)
        : this(file.Upload.Id, file.Upload.Name, file.Upload.MediaType, file.Upload.Size, file.Upload.Sha256,
            file.Upload.UploadedBy, file.CreatedAt) =>
        _state = file.State;

    private FileNode(Guid id, string name, string mediaType, long size, string sha256, Participant uploadedBy,
        DateTimeOffset createdAt)
    {
        Id = id;
        Name = name;
        MediaType = mediaType;
        Size = size;
        Sha256 = sha256;
        _uploadedBy = uploadedBy;
        CreatedAt = createdAt;
    }

    /// <summary>The id, a UUID.</summary>
    public Guid Id { get; }

    /// <summary>The file name, made harmless; […] where the file was erased with its uploader.</summary>
    public string Name { get; }

    /// <summary>The media type, such as <c>application/pdf</c>.</summary>
    public string MediaType { get; }

    /// <summary>The size in bytes.</summary>
    public double Size { get; }

    /// <summary>The SHA-256 of the content, in lower-case hexadecimal; empty where it was erased.</summary>
    public string Sha256 { get; }

    /// <summary>
    /// The address of the download, relative to the API's; it takes the same access token. Nothing is there where the
    /// file was erased.
    /// </summary>
    public string Url => $"/files/{Id:D}";

    /// <summary>
    /// A small picture of it (WebP, at most 320 pixels each way), as url is; null: none, or none yet.
    /// </summary>
    public IDataLoaderResult<string?>? ThumbnailUrl(IResolveFieldContext context) => Thumbnails.MayBeOf(MediaType)
        ? State(context).Then(state => state is { HasThumbnail: true, MayBeSent: true } ? $"{Url}/thumbnail" : null)
        : null;

    /// <summary>True when the server's scanner found something dangerous in it. Then nobody can download it.</summary>
    public IDataLoaderResult<bool> Quarantined(IResolveFieldContext context) =>
        State(context).Then(state => state.Scan is FileScan.Found);

    /// <summary>The scanner's name for what it found; null when it found nothing.</summary>
    [Allow(Access.Office)]
    public IDataLoaderResult<string?> QuarantineReason(IResolveFieldContext context) =>
        State(context).Then(state => state.Found);

    /// <summary>True until the server's scanner has looked at it. Until then nobody can download it.</summary>
    public IDataLoaderResult<bool> AwaitsScan(IResolveFieldContext context) =>
        State(context).Then(state => state.Scan is FileScan.Pending);

    /// <summary>The participant who uploaded it.</summary>
    public IDataLoaderResult<IParticipant> UploadedBy(IResolveFieldContext context) => context.Participant(_uploadedBy);

    /// <summary>The instant of its comment; before that, of the upload.</summary>
    public DateTimeOffset CreatedAt { get; }

    private IDataLoaderResult<FileState> State(IResolveFieldContext context) =>
        _state is { } known ? LoaderResults.Done(known) : context.StateOfFile(Id);
}

/// <summary>An item of a page of files.</summary>
[Name("FileEdge")]
[Allow(Access.SignedIn)]
public sealed class FileEdge(string cursor, FileNode node) : Edge<FileNode>(cursor, node);

/// <summary>A page of files.</summary>
[Name("FileConnection")]
[Allow(Access.SignedIn)]
public sealed class FileConnection(Page<FileRow> page, Func<IResolveFieldContext, IDataLoaderResult<int>> count)
    : Connection<FileNode, FileEdge>(page.Edges((cursor, row) => new FileEdge(cursor, new FileNode(row))),
        page.Info(), count);
