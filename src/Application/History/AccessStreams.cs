using System.Security.Cryptography;
using System.Text;

namespace Messaging.Application.History;

/// <summary>
/// The streams that events of <see cref="Domain.History.AccessEvent"/> are in: none of a conversation, a customer or a
/// person, whose versions they must not raise. What an event is about is in the event.
/// </summary>
internal static class AccessStreams
{
    /// <summary>
    /// The stream of a scope: a person whose command appends to it, or a node and a day. It is a UUID of version 8 (RFC
    /// 9562 5.8).
    /// </summary>
    public static Guid Of(string tenantId, params ReadOnlySpan<string> scope) =>
        IdOf(["access", tenantId, .. scope]);

    /// <summary>An id that follows from words.</summary>
    public static Guid IdOf(params ReadOnlySpan<string> words)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Join(' ', words!)), hash);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
