using GraphQL.Types;
using GraphQLParser.AST;
using Messaging.Application.Files;
using Messaging.Domain;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>A file that came with a mutation. An unclaimed upload is gone at the end of the request.</summary>
public sealed class MultipartFile
{
    private UploadAllowance? _allowance;
    private int _claims;

    internal MultipartFile(string part) => Part = part;

    /// <summary>As the client named it; to be judged before use.</summary>
    public string FileName { get; private set; } = "";

    /// <summary>As the client named it, if it did; to be judged before use.</summary>
    public string? DeclaredMediaType { get; private set; }

    /// <summary>The file exceeds <see cref="Limit"/>; nothing of it was kept.</summary>
    public bool TooLarge { get; private set; }

    /// <summary>The limit that it exceeds, in bytes; 0 when it exceeds none.</summary>
    public long Limit { get; private set; }

    /// <summary>The reason why it was not taken, other than its size; null when it was. Nothing of it was
    /// kept.</summary>
    public Refusal? Refusal { get; private set; }

    /// <summary>The content; null when it is too large, or was not taken.</summary>
    public StagedFile? Staged { get; private set; }

    /// <summary>The name of its part of the body.</summary>
    internal string Part { get; }

    internal bool Arrived { get; private set; }

    /// <summary>The number of variables that the map puts it into.</summary>
    internal int Places { get; set; }

    /// <summary>
    /// Takes the content over: from here on it is the caller's to keep or discard. Each variable that the map puts it
    /// into gets it once.
    /// </summary>
    /// <returns>The content, or why it does not fit in once more.</returns>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    /// <exception cref="RefusedException">It was taken as often as the map has places for it.</exception>
    /// <exception cref="NoRoomForFilesException">The disk has no room for it once more.</exception>
    public async Task<(StagedFile? File, Refusal? Refusal)> ClaimAsync(IFileStore store, CancellationToken cancellation)
    {
        if (Staged is null) throw new InvalidOperationException("There is no content to claim.");
        var claim = Interlocked.Increment(ref _claims);
        if (claim > Places)
        {
            Interlocked.Decrement(ref _claims);
            throw RefusedException.BadUserInput(
                $"The file of the part '{GraphQLMultipart.Short(Part)}' is used by more fields than the map has "
                    + $"places for it: it goes to one field for each place."
            );
        }

        if (claim == Places) return (Staged, null);
        if (_allowance?.Take(Staged.Size) is { } refusal) return (null, refusal);
        return (await store.CopyAsync(Staged, cancellation), null);
    }

    internal async Task StageAsync(
        string fileName, string? mediaType, Stream content, IFileStore store, UploadAllowance? allowance,
        CancellationToken cancellation)
    {
        (Arrived, FileName, DeclaredMediaType, _allowance) = (true, fileName, mediaType, allowance);
        try
        {
            Staged = await store.StageAsync(
                allowance is null ? content : new Allowed(content, allowance), cancellation);
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
        if (Staged is not null && Volatile.Read(ref _claims) < Places) await store.DiscardAsync(Staged);
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

        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer, CancellationToken cancellationToken = default)
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

    /// <summary>Creates the scalar, for files as the product allows.</summary>
    public UploadGraphType(GraphQLBounds bounds)
    {
        _maximum = bounds.FileBytes;
        Name = "Upload";
        Description = "A file, sent as a part of a multipart request (graphql-multipart-request-spec).";
    }

    Limit ILimited.Limit => new(Bytes: _maximum);

    /// <inheritdoc/>
    public override bool CanParseLiteral(GraphQLValue value) => value is GraphQLNullValue;

    /// <inheritdoc/>
    public override object? ParseLiteral(GraphQLValue value) => value is GraphQLNullValue ? null : throw NotAFile();

    /// <inheritdoc/>
    public override bool CanParseValue(object? value) => value is null or MultipartFile;

    /// <inheritdoc/>
    public override object? ParseValue(object? value) => value is null or MultipartFile ? value : throw NotAFile();

    /// <inheritdoc/>
    public override object? Serialize(object? value) => throw new InvalidOperationException("An upload is input only.");

    private static ScalarFormatException NotAFile() => new("A file is sent as a part of a multipart request.");
}
