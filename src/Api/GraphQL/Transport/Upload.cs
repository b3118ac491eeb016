using GraphQL.Types;
using GraphQLParser.AST;
using Messaging.Application.Files;
using Messaging.Application.Ports;
using Messaging.Domain;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>A file that came with a mutation. When nobody claims it, it is gone at the end of the request.</summary>
public sealed class Upload
{
    private bool _claimed;

    internal Upload(string part) => Part = part;

    /// <summary>As the client named it; to be judged before use.</summary>
    public string FileName { get; private set; } = "";

    /// <summary>As the client named it, if it did; to be judged before use.</summary>
    public string? DeclaredMediaType { get; private set; }

    /// <summary>The file exceeds <see cref="Limit"/>; nothing of it was kept.</summary>
    public bool TooLarge { get; private set; }

    /// <summary>The limit that it exceeds, in bytes; 0 when it exceeds none.</summary>
    public long Limit { get; private set; }

    /// <summary>Why it was not taken, other than for its size; null when it was. Nothing of it was kept.</summary>
    public Refusal? Refusal { get; private set; }

    /// <summary>The content; null when it is too large, or was not taken.</summary>
    public StagedFile? Staged { get; private set; }

    /// <summary>The name of its part of the body.</summary>
    internal string Part { get; }

    internal bool Arrived { get; private set; }

    /// <summary>Takes the content over: from here on it is the caller's to keep or discard.</summary>
    /// <exception cref="InvalidOperationException">There is none, or somebody else took it.</exception>
    public StagedFile Claim()
    {
        if (Staged is null) throw new InvalidOperationException("There is no content to claim.");
        if (Interlocked.Exchange(ref _claimed, true)) throw new InvalidOperationException("The file is claimed already.");
        return Staged;
    }

    /// <summary>Gives the content back: it is discarded at the end of the request.</summary>
    public void Release() => Volatile.Write(ref _claimed, false);

    internal async Task StageAsync(
        string fileName, string? mediaType, Stream content, IFileStore store, UploadAllowance? allowance,
        CancellationToken cancellation)
    {
        (Arrived, FileName, DeclaredMediaType) = (true, fileName, mediaType);
        try
        {
            Staged = await store.StageAsync(allowance is null ? content : new Allowed(content, allowance), cancellation);
        }
        catch (NotAllowedException exception)
        {
            Refusal = exception.Refusal;
        }
        catch (NoRoomForFilesException)
        {
            Refusal = new ServerHasNoRoom();
        }
        catch (FileTooLargeException exception)
        {
            (TooLarge, Limit) = (true, exception.Limit);
        }
    }

    internal async Task DiscardUnclaimedAsync(IFileStore store)
    {
        if (Staged is not null && !Volatile.Read(ref _claimed)) await store.DiscardAsync(Staged);
    }

    private sealed class NotAllowedException(Refusal refusal) : Exception
    {
        public Refusal Refusal => refusal;
    }

    /// <summary>Content, as far as it is allowed.</summary>
    private sealed class Allowed(Stream content, UploadAllowance allowance) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await content.ReadAsync(buffer, cancellationToken);
            return allowance.Take(read) is { } refusal ? throw new NotAllowedException(refusal) : read;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

/// <summary>The scalar <c>Upload</c>: a variable whose value comes as a part of a multipart request.</summary>
public sealed class UploadGraphType : ScalarGraphType, ILimited
{
    private readonly long _maximum;

    /// <summary>Creates the scalar, for files as the settings allow.</summary>
    public UploadGraphType(GraphQLOptions options)
    {
        _maximum = options.MaxFileBytes;
        Name = "Upload";
        Description = "A file, sent as a part of a multipart request (graphql-multipart-request-spec).";
    }

    Limit ILimited.Limit => new(Bytes: _maximum);

    /// <inheritdoc/>
    public override bool CanParseLiteral(GraphQLValue value) => value is GraphQLNullValue;

    /// <inheritdoc/>
    public override object? ParseLiteral(GraphQLValue value) => value is GraphQLNullValue ? null : throw NotAFile();

    /// <inheritdoc/>
    public override bool CanParseValue(object? value) => value is null or Upload;

    /// <inheritdoc/>
    public override object? ParseValue(object? value) => value is null or Upload ? value : throw NotAFile();

    /// <inheritdoc/>
    public override object? Serialize(object? value) => throw new InvalidOperationException("An upload is input only.");

    private static ScalarFormatException NotAFile() => new("A file is sent as a part of a multipart request.");
}
