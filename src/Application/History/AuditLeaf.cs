using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.History;
using Messaging.Projections.History;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.History;

/// <summary>An event as it is stored, with all that its leaf says.</summary>
/// <param name="SeqId">Its place in the log of all organisations.</param>
/// <param name="Sequence">Its number within the organisation.</param>
/// <param name="Data">Its content, as the database writes it.</param>
/// <param name="Headers">Its headers, as the database writes them.</param>
internal sealed record StoredEvent(
    string TenantId, long SeqId, long Sequence, Guid Id, Guid StreamId, long Version, string Type, DateTimeOffset At,
    string? CorrelationId, string Data, string Headers)
{
    /// <summary>The columns of <see cref="Of"/>, in order.</summary>
    public static Sql Columns { get; } = Sql.Raw(
        $"""
         e.tenant_id, e.seq_id, {EventNumbers.Of("e")}, e.id, e.stream_id, e.version, e.type, e.timestamp,
             e.correlation_id, e.data::text, coalesce(e.headers::text, '')
         """);

    /// <summary>Reads one.</summary>
    /// <param name="first">The place of the first column.</param>
    public static StoredEvent Of(NpgsqlDataReader r, int first = 0) => new(
        r.GetString(first), r.GetInt64(first + 1), r.GetInt64(first + 2), r.GetGuid(first + 3), r.GetGuid(first + 4),
        r.GetInt64(first + 5), r.GetString(first + 6), r.Instant(first + 7), r.StringOrNull(first + 8),
        r.GetString(first + 9), r.GetString(first + 10));

    /// <summary>
    /// Whose key salts it: in a conversation, or with one, that of whoever did it, else that of the person, customer or
    /// office that it happened to.
    /// </summary>
    public Guid Subject
    {
        get
        {
            var about = HistoryQueries.IsOfAccess(Type) ? About() : null;
            var isOfConversation = about is null
                ? HistoryQueries.IsOfConversation(Type)
                : about.Value.Kind == AccessSubjectKind.Conversation;
            if (isOfConversation && Guid.TryParse(Header(EventHeaders.ActorId), out var by)) return by;
            return about?.Id ?? StreamId;
        }
    }

    // Of the whole event no more is read: one that was altered need not be one any more.
    private (AccessSubjectKind Kind, Guid Id)? About()
    {
        using var data = JsonDocument.Parse(Data);
        return data.RootElement.ValueKind == JsonValueKind.Object
            && data.RootElement.TryGetProperty("about", out var about) && about.ValueKind == JsonValueKind.Object
            && about.TryGetProperty("kind", out var kind)
            && Enum.TryParse<AccessSubjectKind>(kind.ToString(), out var known)
            && about.TryGetProperty("id", out var id) && Guid.TryParse(id.ToString(), out var whose)
                ? (known, whose)
                : null;
    }

    /// <summary>A header; null when there is none.</summary>
    public string? Header(string name)
    {
        if (Headers.Length == 0) return null;
        using var headers = JsonDocument.Parse(Headers);
        return HeaderOf(headers, name);
    }

    /// <summary>Who did it, as its headers say.</summary>
    public (string? Kind, string? Id, string? Role) Actor()
    {
        if (Headers.Length == 0) return default;
        using var headers = JsonDocument.Parse(Headers);
        return (HeaderOf(headers, EventHeaders.ActorKind), HeaderOf(headers, EventHeaders.ActorId),
            HeaderOf(headers, EventHeaders.ActorRole));
    }

    private static string? HeaderOf(JsonDocument headers, string name) =>
        headers.RootElement.ValueKind == JsonValueKind.Object
        && headers.RootElement.TryGetProperty(name, out var value)
            ? value.ToString()
            : null;
}

/// <summary>
/// The entry of an event in the tree: who did what when, and a commitment to what the event says, never the words
/// themselves.
/// </summary>
internal static class AuditLeaf
{
    /// <summary>The first line. Entries of another form have another.</summary>
    [Stored("audit_leaf_format")]
    public const string Format = "messaging-leaf/v1";

    /// <summary>How an instant is written: RFC 3339, microseconds, in UTC.</summary>
    public const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    /// <summary>What differs where an event says something else than it did.</summary>
    public const string Content = "content (data, headers, or the salt they were hashed with)";

    /// <summary>Bytes of a subject's key.</summary>
    public const int KeyBytes = 32;

    private static readonly SearchValues<char> s_plain =
        SearchValues.Create([.. Enumerable.Range('!', '~' - '!' + 1).Select(c => (char)c).Where(c => c != '%')]);

    /// <summary>The entry, whose lines each end with LF.</summary>
    /// <param name="index">Its place in the tree, from 0.</param>
    /// <param name="key">The key of the event's subject.</param>
    public static string Of(StoredEvent e, long index, byte[] key) => OfSalted(e, index, Salt(e.Id, key));

    /// <summary>The same, by the salt of the event.</summary>
    public static string OfSalted(StoredEvent e, long index, byte[] salt)
    {
        var (kind, id, role) = e.Actor();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Format}\norg {Word(e.TenantId)}\nindex {index}\nsequence {e.Sequence}\n"
                + $"stream {e.StreamId} {e.Version}\nevent {e.Id} {Word(e.Type)}\n"
                + $"time {TimeOf(e.At)}\n"
                + $"actor {Word(kind)} {Word(id)} {Word(role)}\ncorrelation {Word(e.CorrelationId)}\n"
                + $"commit {Convert.ToHexStringLower(Commit(e, salt))}\n");
    }

    /// <summary>An instant as entries have it.</summary>
    public static string TimeOf(DateTimeOffset at) =>
        at.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    /// <summary>What an event is committed to with: it says nothing of the key, and of no other event.</summary>
    public static byte[] Salt(Guid eventId, byte[] key) =>
        HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(eventId.ToString()));

    /// <summary>What the first of the lines that differ is about; null when none does.</summary>
    public static string? Difference(string recorded, string found)
    {
        var (one, other) = (recorded.Split('\n'), found.Split('\n'));
        if (one.Length != other.Length) return "form";
        for (var i = 0; i < one.Length; i++)
        {
            if (one[i] == other[i]) continue;
            return one[i].Split(' ')[0] switch
            {
                "sequence" => "number",
                "stream" => "stream or version",
                "event" => "type",
                "time" => "time",
                "actor" => "actor",
                "correlation" => "correlation",
                "commit" => Content,
                _ => "form",
            };
        }

        return null;
    }

    private static byte[] Commit(StoredEvent e, byte[] salt)
    {
        var data = CanonicalJson.Of(e.Data);
        var headers = e.Headers.Length == 0 ? [] : CanonicalJson.Of(e.Headers);
        var text = new byte[16 + data.Length + headers.Length];
        BinaryPrimitives.WriteInt64BigEndian(text, data.Length);
        data.CopyTo(text, 8);
        BinaryPrimitives.WriteInt64BigEndian(text.AsSpan(8 + data.Length), headers.Length);
        headers.CopyTo(text, 16 + data.Length);
        return HMACSHA256.HashData(salt, text);
    }

    // A word of a line: what is none is written as in a URI, so that no value can pass for another line.
    private static string Word(string? value) =>
        string.IsNullOrEmpty(value) ? "-"
        : value.AsSpan().IndexOfAnyExcept(s_plain) < 0 && value != "-" ? value
        : value == "-" ? "%2D"
        : Uri.EscapeDataString(value);
}
