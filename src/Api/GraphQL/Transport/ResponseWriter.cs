using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Text.Json;
using GraphQL;
using GraphQL.Execution;
using GraphQL.Types;
using GraphQL.Validation;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>
/// Writes answers as JSON into a buffer, so that the status can still be chosen and the length is known when the
/// headers go out.
/// </summary>
/// <param name="schema">Whose enumerations errors name the values of; null for none.</param>
internal sealed class ResponseWriter(GraphQLOptions options, ISchema? schema = null)
{
    private const int MaxMessageLength = 500;
    private const int MaxValues = 40;

    // The writer wants room for each text at its longest, at once.
    private const int LongText = 4096;

    private static readonly SearchValues<char> s_nameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

    private static readonly JsonWriterOptions s_json = new() { Encoder = JsonText.Instance, SkipValidation = true };

    /// <summary>JSON as answers are written.</summary>
    public static Utf8JsonWriter JsonTo(IBufferWriter<byte> buffer) => new(buffer, s_json);

    /// <summary>Writes an answer; instead of one that is too large, why it is refused.</summary>
    /// <returns>The written answer.</returns>
    public Answer Write(AnswerBuffer buffer, Answer answer)
    {
        var before = buffer.Length;
        try
        {
            WriteTo(buffer, answer);
            return answer;
        }
        catch (RefusedClaimException refused)
        {
            buffer.Rewind(before);
            var instead = answer.Refused(refused.Error);
            buffer.IsCounted = false;
            WriteTo(buffer, instead);
            buffer.IsCounted = true;
            return instead;
        }
    }

    private void WriteTo(AnswerBuffer buffer, Answer answer)
    {
        var writer = JsonTo(buffer);
        Write(writer, answer);

        // Not by disposing of it: what could not be written must not be tried once more.
        writer.Flush();
    }

    /// <summary>Writes an answer as an object.</summary>
    public void Write(Utf8JsonWriter writer, Answer answer)
    {
        writer.WriteStartObject();
        if (answer.Errors.Count > 0)
        {
            writer.WritePropertyName("errors"u8);
            WriteErrors(writer, answer.Errors);
        }

        if (answer.Executed)
        {
            writer.WritePropertyName("data"u8);
            WriteValue(writer, answer.Data);
        }
        writer.WriteEndObject();
    }

    private static void WriteNode(Utf8JsonWriter writer, ExecutionNode node)
    {
        switch (node)
        {
            case ValueExecutionNode value:
                WriteValue(writer, value.Result);
                break;
            case ObjectExecutionNode { SubFields: { } fields }:
                writer.WriteStartObject();
                foreach (var field in fields)
                {
                    if (field.Field.Alias is { } alias) writer.WritePropertyName(alias.Name.Value.Span);
                    else writer.WritePropertyName(field.FieldDefinition.Name);
                    WriteNode(writer, field);
                }
                writer.WriteEndObject();
                break;
            case ArrayExecutionNode { Items: { } items }:
                writer.WriteStartArray();
                foreach (var item in items) WriteNode(writer, item);
                writer.WriteEndArray();
                break;
            case ArrayExecutionNode { SerializedResult: { } items }:
                WriteValue(writer, items);
                break;
            default:
                writer.WriteNullValue();
                break;
        }
    }

    private static void WriteValue(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null:
                writer.WriteNullValue();
                break;
            case ExecutionNode node:
                WriteNode(writer, node);
                break;
            case string { Length: > LongText } text:
                WriteLongText(writer, text);
                break;
            case string text:
                writer.WriteStringValue(text);
                break;
            case bool flag:
                writer.WriteBooleanValue(flag);
                break;
            case int number:
                writer.WriteNumberValue(number);
                break;
            case long number:
                writer.WriteNumberValue(number);
                break;
            case double number:
                writer.WriteNumberValue(number);
                break;
            case float number:
                writer.WriteNumberValue(number);
                break;
            case decimal number:
                writer.WriteNumberValue(number);
                break;
            case short or ushort or byte or sbyte or uint:
                writer.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case ulong number:
                writer.WriteNumberValue(number);
                break;
            case BigInteger number:
                writer.WriteRawValue(number.ToString(CultureInfo.InvariantCulture));
                break;
            case Guid id:
                writer.WriteStringValue(id);
                break;
            case DateTimeOffset instant:
                UtcDateTimeGraphType.Write(writer, instant);
                break;
            case JsonElement element:
                element.WriteTo(writer);
                break;
            case IDictionary<string, object?> map:
                writer.WriteStartObject();
                foreach (var (name, entry) in map)
                {
                    writer.WritePropertyName(name);
                    WriteValue(writer, entry);
                }
                writer.WriteEndObject();
                break;
            case IEnumerable items:
                writer.WriteStartArray();
                foreach (var item in items) WriteValue(writer, item);
                writer.WriteEndArray();
                break;
            default:
                throw new InvalidOperationException(
                    $"A scalar answers a {value.GetType()}, which has no form in JSON.");
        }
    }

    private static void WriteLongText(Utf8JsonWriter writer, ReadOnlySpan<char> text)
    {
        while (text.Length > LongText)
        {
            var length = char.IsHighSurrogate(text[LongText - 1]) ? LongText - 1 : LongText;
            writer.WriteStringValueSegment(text[..length], isFinalSegment: false);
            text = text[length..];
        }

        writer.WriteStringValueSegment(text, isFinalSegment: true);
    }

    /// <summary>Writes errors as a list.</summary>
    public void WriteErrors(Utf8JsonWriter writer, IReadOnlyList<ExecutionError> errors)
    {
        writer.WriteStartArray();
        foreach (var error in errors.Take(options.MaxErrors)) WriteError(writer, error);
        if (errors.Count > options.MaxErrors)
            WriteError(
                writer,
                new CodedError(CodeOf(errors[0]), $"{errors.Count - options.MaxErrors} more errors are left out."));
        writer.WriteEndArray();
    }

    private void WriteError(Utf8JsonWriter writer, ExecutionError error)
    {
        writer.WriteStartObject();
        writer.WriteString("message"u8, MessageOf(error));
        if (error.Locations is { Count: > 0 } locations)
        {
            writer.WriteStartArray("locations"u8);
            foreach (var location in locations.Take(options.MaxErrors))
            {
                writer.WriteStartObject();
                writer.WriteNumber("line"u8, location.Line);
                writer.WriteNumber("column"u8, location.Column);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
        }
        if (error.Path is { } path)
        {
            writer.WritePropertyName("path"u8);
            WriteValue(writer, path);
        }
        writer.WriteStartObject("extensions"u8);
        writer.WriteString("code"u8, CodeOf(error));
        if (error is CodedError { TraceId: { } traceId }) writer.WriteString("traceId"u8, traceId);
        if (error is CodedError { RetryAfter: { } seconds }) writer.WriteNumber("retryAfter"u8, seconds);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>
    /// The code of the contract: ours say their own, those of the library are about documents and variables.
    /// </summary>
    public static string CodeOf(ExecutionError error) =>
        error is CodedError coded ? coded.Code! : ErrorCodes.BadUserInput;

    private string MessageOf(ExecutionError error)
    {
        var message = error.Message;
        // Names that the client did not guess are none of its business where the schema is closed.
        if (!options.Introspection && message.IndexOf(" Did you mean", StringComparison.Ordinal) is >= 0 and var hint)
            message = message[..hint];
        if (message.Length > MaxMessageLength)
            message =
                message[
                    ..(char.IsHighSurrogate(message[MaxMessageLength - 1]) ? MaxMessageLength - 1 : MaxMessageLength)
                ] + "…";
        // The library says what it could not convert, but not what the scalar or the enumeration expects.
        if (error is InvalidVariableError { InnerException: ScalarFormatException expected })
            return $"{message}. {expected.Message}";
        return options.Introspection && error is ValidationError && ExpectedIn(error.Message) is { } values
            ? $"{message.TrimEnd('.')}. It has to be one of {values}."
            : message;
    }

    // The values of the enumeration that a message says was expected.
    private string? ExpectedIn(string message)
    {
        foreach (var before in (string[])["' to '", "Expected type '"])
        {
            if (message.LastIndexOf(before, StringComparison.Ordinal) is not (>= 0 and var at)) continue;
            var rest = message.AsSpan(at + before.Length).TrimStart('[');
            var end = rest.IndexOfAnyExcept(s_nameCharacters);
            if (schema?.AllTypes[rest[..(end < 0 ? rest.Length : end)].ToString()] is EnumerationGraphType type)
                return string.Join(", ", type.Values.Where(v => v.DeprecationReason is null).Select(v => v.Name)
                    .Take(MaxValues));
        }

        return null;
    }
}
