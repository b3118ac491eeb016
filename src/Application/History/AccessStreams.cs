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
    /// The stream of a scope: a person whose command appends to it, or a node and a day.
    /// </summary>
    public static Guid Of(string tenantId, params ReadOnlySpan<string> scope) =>
        IdOf(["access", tenantId, .. scope]);

    /// <summary>
    /// An id that follows from words, of what may be recorded twice and is to be there once (<see cref="DerivedId"/>).
    /// </summary>
    public static Guid IdOf(params ReadOnlySpan<string> words)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Join(' ', words!)), hash);
        return DerivedId.Of(hash);
    }
}
