using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Messaging.Domain;

namespace Messaging.Application.Commands;

/// <summary>
/// The content of a command whose SHA-256 its receipts keep for good: a JSON object (RFC 8259) with the command's
/// stored name, the actor and what the client said, in the order in which it is added, an enum as the number that it
/// declares. Clients repeat commands across deployments, and nodes of two versions read each other's receipts during a
/// rolling update: the bytes of a command never change, whatever its C# names become. ReceiptContentTests holds them.
/// </summary>
internal sealed class ReceiptContent : IDisposable
{
    // A longer text than most is not kept room for.
    private const int KeptBytes = 16 * 1024;

    [ThreadStatic]
    private static ReceiptContent? s_ofThread;

    private readonly ArrayBufferWriter<byte> _bytes = new(KeptBytes);
    private readonly Utf8JsonWriter _json;

    private ReceiptContent() => _json = new Utf8JsonWriter(_bytes, new JsonWriterOptions { SkipValidation = true });

    /// <summary>Begins one. Each thread has one at a time, so that a command costs no memory.</summary>
    /// <param name="command">The stored name.</param>
    public static ReceiptContent Of(string command, Guid actor)
    {
        if (s_ofThread is not { _bytes.Capacity: <= KeptBytes } content)
        {
            s_ofThread?.Dispose();
            s_ofThread = content = new ReceiptContent();
        }

        content._bytes.ResetWrittenCount();
        content._json.Reset();
        content._json.WriteStartObject();
        content._json.WriteString("Type", command);
        content._json.WriteString("Actor", actor);
        content._json.WriteStartObject("Content");
        return content;
    }

    public ReceiptContent Add(string name, string? value)
    {
        _json.WriteString(name, value);
        return this;
    }

    public ReceiptContent Add(string name, DateOnly? value) =>
        Add(name, value?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));

    public ReceiptContent Add(string name, Guid? value)
    {
        if (value is { } id) _json.WriteString(name, id);
        else _json.WriteNull(name);
        return this;
    }

    public ReceiptContent Add(string name, IReadOnlyList<Guid> values)
    {
        _json.WriteStartArray(name);
        foreach (var id in values) _json.WriteStringValue(id);
        _json.WriteEndArray();
        return this;
    }

    public ReceiptContent Add(string name, IReadOnlyList<string>? values)
    {
        if (values is null)
        {
            _json.WriteNull(name);
            return this;
        }

        _json.WriteStartArray(name);
        foreach (var value in values) _json.WriteStringValue(value);
        _json.WriteEndArray();
        return this;
    }

    public ReceiptContent Add(string name, long? value)
    {
        if (value is { } number) _json.WriteNumber(name, number);
        else _json.WriteNull(name);
        return this;
    }

    public ReceiptContent Add(string name, bool? value)
    {
        if (value is { } truth) _json.WriteBoolean(name, truth);
        else _json.WriteNull(name);
        return this;
    }

    public ReceiptContent Add(string name, DateTimeOffset? value)
    {
        if (value is { } at) _json.WriteString(name, at);
        else _json.WriteNull(name);
        return this;
    }

    public ReceiptContent Add(string name, Participant value)
    {
        _json.WriteStartObject(name);
        _json.WriteNumber("Kind", (int)value.Kind);
        _json.WriteString("Id", value.Id);
        _json.WriteEndObject();
        return this;
    }

    /// <summary>Ends the object. Nothing can be added to it any more.</summary>
    /// <returns>The hash that receipts keep.</returns>
    public byte[] Hash()
    {
        _json.WriteEndObject();
        _json.WriteEndObject();
        _json.Flush();
        return SHA256.HashData(_bytes.WrittenSpan);
    }

    public void Dispose() => _json.Dispose();
}
