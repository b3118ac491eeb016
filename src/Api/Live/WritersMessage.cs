using Messaging.Domain;
using Messaging.Domain.Conversations;

namespace Messaging.Api.Live;

/// <summary>
/// Message of one node to the others on the people who are writing: ids and nothing else, in Base64, since a NOTIFY
/// takes 7,999 bytes of text.
/// </summary>
internal static class WritersMessage
{
    /// <summary>The most people in one message.</summary>
    public const int Most = 100;

    private const int IdBytes = 16;
    private const int EntryBytes = (3 * IdBytes) + 1;
    private const byte OfCustomer = 1;
    private const byte Internal = 2;

    /// <summary>Writes one.</summary>
    /// <param name="node">The sending node.</param>
    /// <param name="entries">Organisation, person, conversation (none: no longer anywhere).</param>
    public static string Write(
        Guid node, IEnumerable<(Guid Organisation, Guid Person, Guid Conversation, Writer Writer)> entries)
    {
        var bytes = new List<byte>(node.ToByteArray());
        foreach (var (organisation, person, conversation, writer) in entries)
        {
            bytes.AddRange(organisation.ToByteArray());
            bytes.AddRange(person.ToByteArray());
            bytes.AddRange(conversation.ToByteArray());
            bytes.Add(
                (byte)(
                    (writer.Participant.Kind == ParticipantKind.Contact ? OfCustomer : 0)
                    | (writer.Visibility == CommentVisibility.Internal ? Internal : 0)
                )
            );
        }

        return Convert.ToBase64String([.. bytes]);
    }

    /// <summary>Reads one.</summary>
    /// <returns>Null when it is this node's own, or none at all.</returns>
    public static IReadOnlyList<(Guid Organisation, Guid Person, Guid Conversation, Writer Writer)>? Read(
        string text, Guid node)
    {
        var buffer = new byte[IdBytes + (Most * EntryBytes)];
        if (
            !Convert.TryFromBase64String(text, buffer, out var length)
            || length < IdBytes
            || (length - IdBytes) % EntryBytes != 0
        )
            return null;
        var bytes = buffer.AsSpan(0, length);
        if (new Guid(bytes[..IdBytes]) == node) return null;
        var entries = new List<(Guid, Guid, Guid, Writer)>();
        for (var rest = bytes[IdBytes..]; !rest.IsEmpty; rest = rest[EntryBytes..])
        {
            var person = new Guid(rest.Slice(IdBytes, IdBytes));
            var flags = rest[EntryBytes - 1];
            var participant =
                (flags & OfCustomer) != 0 ? Participant.Contact(person) : Participant.Administrator(person);
            entries.Add(
                (
                    new Guid(rest[..IdBytes]),
                    person,
                    new Guid(rest.Slice(2 * IdBytes, IdBytes)),
                    new Writer(
                        participant, (flags & Internal) != 0 ? CommentVisibility.Internal : CommentVisibility.Public)
                )
            );
        }

        return entries;
    }
}
