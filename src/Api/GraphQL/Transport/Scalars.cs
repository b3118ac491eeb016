using System.Globalization;
using System.Text.Json;
using GraphQL.Types;
using GraphQLParser.AST;
using Messaging.Api.GraphQL.Schema;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>
/// The scalar <c>DateTime</c>, for <see cref="DateTimeOffset"/>: RFC 3339 with an offset in, UTC out.
/// </summary>
public sealed class UtcDateTimeGraphType : ScalarGraphType, ILimited
{
    // The precision of the database.
    private const int FractionDigits = 6;

    // "2026-03-01T09:30:00".
    private const int WholeSeconds = 19;

    private static readonly string[] s_inputs =
    [
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFzzz",
    ];

    /// <summary>Creates the scalar.</summary>
    public UtcDateTimeGraphType()
    {
        Name = "DateTime";
        Description =
            "An instant as RFC 3339 has it. Input has an offset, such as 2026-03-01T09:30:00+01:00; output is in "
                + "UTC, with microseconds at most. "
            + "Of the fraction of a second any number of digits is taken, and what is beyond microseconds is cut off.";
    }

    Limit ILimited.Limit => new(Characters: 100);

    /// <summary>Writes an instant: 2026-03-01T09:30:00.25Z.</summary>
    internal static void Write(Utf8JsonWriter writer, DateTimeOffset value)
    {
        Span<byte> text = stackalloc byte[28];
        value.UtcDateTime.TryFormat(text, out _, "O", CultureInfo.InvariantCulture);

        // At most six of the fraction's seven digits, without trailing zeros.
        var end = 26;
        while (text[end - 1] == (byte)'0') end--;
        if (text[end - 1] == (byte)'.') end--;
        text[end] = (byte)'Z';
        writer.WriteStringValue(text[..(end + 1)]);
    }

    /// <inheritdoc/>
    public override bool CanParseLiteral(GraphQLValue value) => value is GraphQLNullValue or GraphQLStringValue;

    /// <inheritdoc/>
    public override object? ParseLiteral(GraphQLValue value) => value switch
    {
        GraphQLNullValue => null,
        GraphQLStringValue text => Parse(text.Value.Span),
        _ => throw NotAnInstant(),
    };

    /// <inheritdoc/>
    public override bool CanParseValue(object? value) => value is null or DateTimeOffset or string;

    /// <inheritdoc/>
    public override object? ParseValue(object? value) => value switch
    {
        null or DateTimeOffset => value,
        string text => Parse(text),
        _ => throw NotAnInstant(),
    };

    /// <inheritdoc/>
    public override object? Serialize(object? value) => value switch
    {
        null => null,
        DateTimeOffset => value,
        DateTime { Kind: not DateTimeKind.Unspecified } instant => new DateTimeOffset(instant),
        _ => throw new InvalidOperationException($"A {value.GetType().Name} is not an instant."),
    };

    private static DateTimeOffset Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var value) ? value : throw NotAnInstant(text);

    /// <summary>Reads an instant, if it is one.</summary>
    internal static bool TryParse(ReadOnlySpan<char> text, out DateTimeOffset value)
    {
        value = default;
        if (text.Length <= WholeSeconds) return false;

        // Cut, not rounded: what was asked for up to an instant must not have what came after it.
        var rest = text[WholeSeconds..];
        var fraction = ReadOnlySpan<char>.Empty;
        if (rest[0] == '.')
        {
            var digits = rest[1..].IndexOfAnyExceptInRange('0', '9');
            if (digits < 1) return false;
            fraction = rest[..(1 + Math.Min(digits, FractionDigits))];
            rest = rest[(1 + digits)..];
        }

        // RFC 3339 allows lower case. The format would also take an offset without its minutes.
        return rest.Length is 1 or 6
            && DateTimeOffset.TryParseExact(
                $"{text[..WholeSeconds]}{fraction}{rest}".ToUpperInvariant(), s_inputs, CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out value);
    }

    private static ScalarFormatException NotAnInstant(ReadOnlySpan<char> text = default)
    {
        const string expected =
            "Expected an instant with its offset, such as 2026-03-01T09:30:00Z or 2026-03-01T10:30:00+01:00.";
        return new(
            text.Length < WholeSeconds ? expected
            : text[11..13] is "24"
                ? $"{expected} There is no hour 24: hours are 00 to 23, and midnight is 00:00 of the next day."
            : text[17..19] is "60" ? $"{expected} Leap seconds (:60) are not taken: seconds are 00 to 59."
            : expected);
    }
}

/// <summary>The scalar <c>Date</c>, for <see cref="DateOnly"/>: a day as RFC 3339 has it (full-date).</summary>
public sealed class DayGraphType : ScalarGraphType, ILimited
{
    private const string Form = "yyyy-MM-dd";

    /// <summary>Creates the scalar.</summary>
    public DayGraphType()
    {
        Name = "Date";
        Description = "A day without time and zone as RFC 3339 has it, such as 2026-03-31.";
    }

    Limit ILimited.Limit => new(Characters: 10);

    /// <inheritdoc/>
    public override bool CanParseLiteral(GraphQLValue value) => value is GraphQLNullValue or GraphQLStringValue;

    /// <inheritdoc/>
    public override object? ParseLiteral(GraphQLValue value) => value switch
    {
        GraphQLNullValue => null,
        GraphQLStringValue text => Parse(text.Value.Span),
        _ => throw NotADay(),
    };

    /// <inheritdoc/>
    public override bool CanParseValue(object? value) => value is null or DateOnly or string;

    /// <inheritdoc/>
    public override object? ParseValue(object? value) => value switch
    {
        null or DateOnly => value,
        string text => Parse(text),
        _ => throw NotADay(),
    };

    /// <inheritdoc/>
    public override object? Serialize(object? value) => value switch
    {
        null => null,
        DateOnly day => day.ToString(Form, CultureInfo.InvariantCulture),
        _ => throw new InvalidOperationException($"A {value.GetType().Name} is not a day."),
    };

    private static DateOnly Parse(ReadOnlySpan<char> text) =>
        DateOnly.TryParseExact(text, Form, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? day
            : throw NotADay();

    private static ScalarFormatException NotADay() => new("Expected a day, such as 2026-03-31.");
}

/// <summary>
/// The scalar <c>ID</c>; a UUID is left as it is, for <see cref="ResponseWriter"/> to write without a text in between.
/// </summary>
public sealed class UuidIdGraphType : IdGraphType
{
    /// <summary>Creates the scalar.</summary>
    public UuidIdGraphType() => Name = "ID";

    /// <inheritdoc/>
    public override object? Serialize(object? value) => value switch
    {
        Guid => value,
        NodeId { IsNow: true } now => now.Id,
        NodeId then => then.ToString(),
        _ => base.Serialize(value),
    };
}

/// <summary>Says what a scalar expects; the message is sent.</summary>
internal sealed class ScalarFormatException(string message) : FormatException(message);

/// <summary>
/// The scalar <c>JSON</c>, output only: a <see cref="JsonElement"/>, a <see cref="JsonDocument"/> or a text that is
/// JSON.
/// </summary>
public sealed class JsonGraphType : ScalarGraphType
{
    /// <summary>Creates the scalar.</summary>
    public JsonGraphType()
    {
        Name = "JSON";
        Description = "Any JSON value. Output only.";
    }

    /// <inheritdoc/>
    public override bool CanParseLiteral(GraphQLValue value) => false;

    /// <inheritdoc/>
    public override object? ParseLiteral(GraphQLValue value) => throw OutputOnly();

    /// <inheritdoc/>
    public override bool CanParseValue(object? value) => false;

    /// <inheritdoc/>
    public override object? ParseValue(object? value) => throw OutputOnly();

    /// <inheritdoc/>
    public override object? Serialize(object? value) => value switch
    {
        null or JsonElement => value,
        JsonDocument document => document.RootElement,
        string text => JsonElement.Parse(text),
        _ => throw new InvalidOperationException($"A {value.GetType().Name} is not JSON."),
    };

    private static ScalarFormatException OutputOnly() => new("JSON is output only.");
}
