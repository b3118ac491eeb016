using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Messaging.Projections.Storage;

/// <summary>
/// A keyset cursor: an item's sort key, and its id as the tie-breaker. Bound to its list and order, so that a cursor of
/// another list is refused instead of giving a page of nonsense. Opaque to clients, and safe in a URL.
/// </summary>
internal static class Cursor
{
    private static readonly UTF8Encoding s_utf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Microseconds, as PostgreSQL keeps instants.</summary>
    public static string Of(string list, DateTimeOffset at, Guid id) =>
        Encode(list, id, Invariant(Microseconds(at)));

    /// <summary>Of what happens in conversations: several of one may have the same instant.</summary>
    public static string Of(string list, DateTimeOffset at, int position, Guid conversation) =>
        Encode(list, conversation, string.Create(CultureInfo.InvariantCulture, $"{Microseconds(at)}.{position}"));

    public static string Of(string list, string name, Guid id) => Encode(list, id, name);

    public static string Of(string list, Guid id) => Encode(list, id, "");

    /// <summary>Of what is counted, the largest first.</summary>
    public static string Of(string list, int count, Guid id) => Encode(list, id, Invariant(count));

    public static string Of(string list, long position) => Encode(list, Guid.Empty, Invariant(position));

    public static (DateTimeOffset At, Guid Id) Instant(string list, string cursor, string argument)
    {
        var (id, key) = Decode(list, cursor, argument);
        var microseconds = Number(key, argument);
        var most = (DateTimeOffset.MaxValue - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        var least = (DateTimeOffset.MinValue - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        if (microseconds > most || microseconds < least) throw new InvalidCursorException(argument);
        return (DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond), id);
    }

    /// <summary>The last instant is that of reports: the year 2200.</summary>
    public static (DateTimeOffset At, Guid Conversation, int Position) InstantAndPosition(
        string list, string cursor, string argument)
    {
        var (name, id) = Name(list, cursor, argument);
        var parts = name.Split('.');
        const long most = 7_258_118_400_000_000;
        return parts.Length == 2
            && long.TryParse(parts[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var at)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var position)
            && Math.Abs(at) <= most
            ? (DateTimeOffset.UnixEpoch.AddTicks(at * TimeSpan.TicksPerMicrosecond), id, position)
            : throw new InvalidCursorException(argument);
    }

    public static (int Count, Guid Id) Count(string list, string cursor, string argument)
    {
        var (id, key) = Decode(list, cursor, argument);
        var count = Number(key, argument);
        return count is >= 0 and <= int.MaxValue ? ((int)count, id) : throw new InvalidCursorException(argument);
    }

    /// <summary>The place <c>(at, id)</c> in a list.</summary>
    public static Func<string, string, Sql> InstantPlaces(string list) => (cursor, argument) =>
    {
        var (at, id) = Instant(list, cursor, argument);
        return Sql.Of($"({at}, {id})");
    };

    /// <summary>The place <c>(at, conversation_id, position)</c> in a list.</summary>
    public static Func<string, string, Sql> PositionPlaces(string list) => (cursor, argument) =>
    {
        var (at, conversation, position) = InstantAndPosition(list, cursor, argument);
        return Sql.Of($"({at}, {conversation}, {position})");
    };

    /// <summary>The place <c>(-count, id)</c> in a list.</summary>
    public static Func<string, string, Sql> CountPlaces(string list) => (cursor, argument) =>
    {
        var (count, id) = Count(list, cursor, argument);
        return Sql.Of($"({-count}, {id})");
    };

    public static (string Name, Guid Id) Name(string list, string cursor, string argument)
    {
        var (id, name) = Decode(list, cursor, argument);
        return name.Contains('\0', StringComparison.Ordinal) ? throw new InvalidCursorException(argument) : (name, id);
    }

    public static Guid Id(string list, string cursor, string argument) =>
        Decode(list, cursor, argument) is var (id, key) && key.Length == 0 && id != Guid.Empty
            ? id
            : throw new InvalidCursorException(argument);

    public static long Position(string list, string cursor, string argument) =>
        Number(Decode(list, cursor, argument).Key, argument);

    private static long Microseconds(DateTimeOffset at) =>
        (at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private static string Encode(string list, Guid id, string key) =>
        Base64Url.EncodeToString(s_utf8.GetBytes($"{list}/{id:N}/{key}"));

    private static (Guid Id, string Key) Decode(string list, string cursor, string argument)
    {
        if (cursor.Length > PageRequest.CursorMaximum || !Base64Url.IsValid(cursor))
            throw new InvalidCursorException(argument);
        string text;
        try
        {
            text = s_utf8.GetString(Base64Url.DecodeFromChars(cursor));
        }
        catch (Exception e) when (e is DecoderFallbackException or FormatException)
        {
            throw new InvalidCursorException(argument);
        }

        var parts = text.Split('/', 3);
        return parts.Length == 3 && parts[0] == list && Guid.TryParseExact(parts[1], "N", out var id)
            ? (id, parts[2])
            : throw new InvalidCursorException(argument);
    }

    private static long Number(string key, string argument) =>
        long.TryParse(key, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new InvalidCursorException(argument);

    private static string Invariant(long number) => number.ToString(CultureInfo.InvariantCulture);
}
