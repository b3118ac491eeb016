using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Messaging.Application.Customers.Import;

/// <summary>
/// Ids that follow from an import and a line, so that a line that is carried out again after a crash has one effect.
/// They begin with the instant of the import, as those of version 7 do (<see cref="DerivedId"/>).
/// </summary>
internal static class ImportIds
{
    /// <summary>The id of a line's command.</summary>
    public static Guid OfCommand(Guid import, int line) => Of(import, line, 0);

    /// <summary>The id of the customer that a line brings.</summary>
    public static Guid OfCustomer(Guid import, int line) => Of(import, line, 1);

    /// <summary>The id of a contact that a line brings.</summary>
    /// <param name="place">The contact's place in the line, from 0.</param>
    public static Guid OfContact(Guid import, int line, int place) => Of(import, line, 2 + place);

    private static Guid Of(Guid import, int line, int part)
    {
        Span<byte> content = stackalloc byte[24];
        import.TryWriteBytes(content, bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(content[16..], line);
        BinaryPrimitives.WriteInt32BigEndian(content[20..], part);
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(content, hash);
        content[..6].CopyTo(hash);
        return DerivedId.Of(hash);
    }
}
