namespace Messaging.Application;

/// <summary>
/// Ids that follow from what they are of, so that whatever is carried out again has one effect: UUIDs of version 8, of
/// one's own making (RFC 9562 5.8).
/// </summary>
internal static class DerivedId
{
    /// <summary>The id that the first 16 bytes make, but for what says that it is such a one.</summary>
    /// <param name="bytes">Such as a hash; changed.</param>
    public static Guid Of(Span<byte> bytes)
    {
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes[..16], bigEndian: true);
    }
}
