using System.Globalization;
using Messaging.Projections.History;

namespace Messaging.Api.GraphQL.Schema;

/// <summary>
/// The id of something as it is now or as it was then: of a conversation and what is in it with a version of the
/// conversation, <c>…@3</c>; of people and customers with an instant, <c>…@2026-03-02T09:00:00.000000Z</c>. A client
/// that caches objects by their ids keeps them apart.
/// </summary>
/// <param name="Id">What it is.</param>
/// <param name="Version">The last version of the conversation that counts.</param>
/// <param name="At">The instant at which somebody was like that.</param>
public readonly record struct NodeId(Guid Id, int? Version = null, DateTimeOffset? At = null)
{
    private const string Instant = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    /// <summary>The id of somebody as they were; as they are now without an instant.</summary>
    public NodeId(Guid id, PastKey? then)
        : this(id, null, then?.At)
    {
    }

    /// <summary>True for what is now.</summary>
    public bool IsNow => Version is null && At is null;

    /// <inheritdoc/>
    public override string ToString() =>
        Version is { } version ? string.Create(CultureInfo.InvariantCulture, $"{Id}@{version}")
        : At is { } at ? $"{Id}@{at.ToUniversalTime().ToString(Instant, CultureInfo.InvariantCulture)}"
        : Id.ToString();

    /// <summary>Reads the id of something as it was.</summary>
    /// <returns>Null when it is none.</returns>
    public static NodeId? OfThePast(string text)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        if (at <= 0 || !Guid.TryParseExact(text.AsSpan(0, at), "D", out var id) || id == Guid.Empty) return null;
        var then = text.AsSpan(at + 1);
        if (int.TryParse(then, NumberStyles.None, CultureInfo.InvariantCulture, out var version))
            return version > 0 && then[0] != '0' ? new NodeId(id, version) : null;
        return DateTimeOffset.TryParseExact(
            then, Instant, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant)
            ? new NodeId(id, null, instant)
            : null;
    }
}
