using System.Globalization;
using System.Text.Json.Nodes;

namespace Messaging.TestSupport.Product;

/// <summary>Reads answers by path.</summary>
public static class Json
{
    /// <summary>
    /// The value at a path such as <c>a.0.b</c>: a string as it is, everything else as JSON, nothing as an empty
    /// string.
    /// </summary>
    public static string At(this JsonNode? node, string path)
    {
        foreach (var step in path.Split('.'))
            node = node is JsonArray array
                ? array.ElementAtOrDefault(int.Parse(step, CultureInfo.InvariantCulture))
                : node?[step];
        return node switch
        {
            null => "",
            JsonValue value when value.TryGetValue<string>(out var text) => text,
            _ => node.ToJsonString(),
        };
    }
}
