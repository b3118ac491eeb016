using System.Globalization;

namespace Messaging.Api.GraphQL.Schema;

/// <summary>
/// The id of something as it is now or, with a version of its conversation, as it was then: <c>…@3</c>. A client
/// that caches objects by their ids keeps the two apart.
/// </summary>
/// <param name="Id">What it is.</param>
/// <param name="Version">The last version of the conversation that counts; null for what is now.</param>
public readonly record struct NodeId(Guid Id, int? Version = null)
{
    /// <inheritdoc/>
    public override string ToString() =>
        Version is { } version ? string.Create(CultureInfo.InvariantCulture, $"{Id}@{version}") : Id.ToString();

    /// <summary>Reads the id of something as it was.</summary>
    /// <returns>Null when it is none.</returns>
    public static NodeId? OfThePast(string text)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        return
            at > 0
            && Guid.TryParseExact(text.AsSpan(0, at), "D", out var id)
            && id != Guid.Empty
            && int.TryParse(text.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            && version > 0
            && text[at + 1] != '0'
                ? new NodeId(id, version)
                : null;
    }
}
