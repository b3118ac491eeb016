namespace Messaging.Api.GraphQL.Schema;

/// <summary>
/// Ids are UUIDs. A reference that is none names nothing, exactly as an unknown one. Somebody as they were at an
/// instant is the same person, so that whoever read of them in the history can refer to them.
/// </summary>
internal static class Ids
{
    /// <summary>An id to look up.</summary>
    public static Guid Parse(string id) =>
        Guid.TryParseExact(id, "D", out var parsed) ? parsed
        : NodeId.OfThePast(id) is { At: not null } then ? then.Id
        : Guid.Empty;

    /// <summary>An optional id to look up.</summary>
    public static Guid? ParseOptional(string? id) => id is null ? null : Parse(id);

    /// <summary>Ids to look up.</summary>
    public static IReadOnlyList<Guid> Parse(IReadOnlyList<string>? ids) => ids is null ? [] : [.. ids.Select(Parse)];

    /// <summary>An id of the client's choice, or a new one.</summary>
    /// <returns>Null when it is no UUID, or the empty one.</returns>
    public static Guid? Choose(string? id) =>
        id is null ? Guid.CreateVersion7()
        : Guid.TryParseExact(id, "D", out var chosen) && chosen != Guid.Empty ? chosen
        : null;
}
