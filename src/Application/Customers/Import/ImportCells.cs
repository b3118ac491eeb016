using System.Text.Encodings.Web;
using System.Text.Json;

namespace Messaging.Application.Customers.Import;

/// <summary>The cells of a line as they are stored: a JSON array of texts (RFC 8259).</summary>
internal static class ImportCells
{
    // Nothing of it is put into HTML.
    private static readonly JsonSerializerOptions s_json = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Write(string[] cells) => JsonSerializer.Serialize(cells, s_json);

    public static string[] Read(string stored) => JsonSerializer.Deserialize<string[]>(stored, s_json)!;
}
