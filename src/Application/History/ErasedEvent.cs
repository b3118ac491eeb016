using System.Text.Json;
using Messaging.Domain.Accounts;
using Messaging.Domain.Conversations;
using Messaging.Projections.Storage;

namespace Messaging.Application.History;

/// <summary>
/// Tells events whose words went with an erasure: their leaves say as before who did what when, and nobody can compare
/// what the events said.
/// </summary>
internal static class ErasedEvent
{
    private static readonly string s_comment = EventNames.Of(typeof(CommentAdded));
    private static readonly string s_file = EventNames.Of(typeof(FileAttached));

    /// <summary>The names of the events by which somebody is erased.</summary>
    public static string[] Types { get; } = [.. EventNames.Those<PersonEvent.IErased>()];

    /// <summary>True when nothing but masks is where it had words of somebody or about them.</summary>
    public static bool IsMasked(StoredEvent e)
    {
        if (e.Type == s_comment) return Are(e, ("body", Erasure.Text));
        if (e.Type == s_file) return Are(e, ("name", Erasure.Text), ("sha256", Erasure.Sha256));
        return EventNames.All.GetValueOrDefault(e.Type)?.IsAssignableTo(typeof(PersonEvent)) is true
            && Are(
                e, ("displayName", Restriction.Name), ("email", Restriction.Email), ("before", Restriction.Email));
    }

    // At least one of them is there, and each that is there is a mask.
    private static bool Are(StoredEvent e, params ReadOnlySpan<(string Name, string Mask)> masks)
    {
        try
        {
            using var data = JsonDocument.Parse(e.Data);
            if (data.RootElement.ValueKind != JsonValueKind.Object) return false;
            var found = false;
            foreach (var (name, mask) in masks)
            {
                if (!data.RootElement.TryGetProperty(name, out var value)) continue;
                if (value.ValueKind != JsonValueKind.String || value.GetString() != mask) return false;
                found = true;
            }

            return found;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
