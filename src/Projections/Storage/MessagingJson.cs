using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Marten;
using Weasel.Core;

namespace Messaging.Projections.Storage;

/// <summary>The JSON form of events. A published file format: it never changes for events that exist.</summary>
public static class MessagingJson
{
    /// <summary>The same settings as the store's, for who reads events without it.</summary>
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>Makes the store write names in camel case, enums by their names and letters as they are.</summary>
    public static void UseMessagingJson(this StoreOptions options) =>
        options.UseSystemTextJsonForSerialization(EnumStorage.AsString, Casing.CamelCase, json =>
            json.Encoder = Options.Encoder
        );
}
