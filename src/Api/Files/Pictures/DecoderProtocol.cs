using System.Buffers.Binary;

namespace Messaging.Api.Files.Pictures;

/// <summary>
/// Protocol between the product and its decoder, by pipes: the decoder's "ready", then for each picture a request
/// (format, orientation, seconds of processor time, length, content) and an answer (length, WebP; 0 where nothing could
/// be decoded). Numbers are big-endian.
/// </summary>
internal static class DecoderProtocol
{
    /// <summary>The bytes of a request before its content.</summary>
    public const int RequestLength = 8;

    /// <summary>The bytes of an answer before its WebP.</summary>
    public const int AnswerLength = 8;

    /// <summary>Longest accepted WebP, in bytes: 320 by 320 pixels without compression.</summary>
    public const int MostAnswered = 512 * 1024;

    private const uint Mark = 0x4D_50_57_31;

    /// <summary>First message of a decoder that has started.</summary>
    public static byte[] Ready => Answer(0);

    /// <summary>The beginning of a request.</summary>
    /// <param name="cpu">Processor time that decoding may take, in whole seconds.</param>
    public static byte[] Request(Picture picture, TimeSpan cpu)
    {
        var bytes = new byte[RequestLength];
        (bytes[0], bytes[1], bytes[2]) = ((byte)picture.Format, (byte)picture.Orientation, (byte)cpu.TotalSeconds);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4), checked((int)picture.Content.Length));
        return bytes;
    }

    /// <summary>Reads the beginning of a request.</summary>
    public static (PictureFormat Format, int Orientation, TimeSpan Cpu, int Length) ReadRequest(
        ReadOnlySpan<byte> bytes) =>
        ((PictureFormat)bytes[0], bytes[1], TimeSpan.FromSeconds(bytes[2]),
            BinaryPrimitives.ReadInt32BigEndian(bytes[4..]));

    /// <summary>The beginning of an answer.</summary>
    public static byte[] Answer(int length)
    {
        var bytes = new byte[AnswerLength];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, Mark);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4), length);
        return bytes;
    }

    /// <summary>Reads the beginning of an answer.</summary>
    /// <returns>Length of the answer's WebP; null when it is no answer.</returns>
    public static int? ReadAnswer(ReadOnlySpan<byte> bytes) =>
        BinaryPrimitives.ReadUInt32BigEndian(bytes) == Mark
            && BinaryPrimitives.ReadInt32BigEndian(bytes[4..]) is var length and >= 0 and <= MostAnswered ? length
            : null;

    /// <summary>
    /// Returns the small picture in an answer, of its pixels only: other output of a decoder that a stranger's picture
    /// may have taken over is sent to nobody.
    /// </summary>
    /// <returns>Null when it is no small picture.</returns>
    public static async Task<byte[]?> SmallPictureAsync(byte[] webp)
    {
        using var answer = new MemoryStream(webp);
        if (Picture.Read(answer) is not
            {
                Format: PictureFormat.Webp, Width: <= PictureDecoder.Longest,
                Height: <= PictureDecoder.Longest
            } picture)
            return null;
        using var small = new MemoryStream();
        await picture.Content.WriteAsync(answer, small, CancellationToken.None);
        return small.ToArray();
    }
}
