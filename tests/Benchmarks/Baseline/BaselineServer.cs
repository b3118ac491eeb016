using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Npgsql;
using NpgsqlTypes;

namespace Messaging.Benchmarks.Baseline;

/// <summary>
/// What the product is compared with: the same minimal work by hand. No sign-in, no rules, no idempotence, no GraphQL;
/// plain Npgsql with prepared statements, one round trip and one commit per request.
/// </summary>
internal static partial class BaselineServer
{
    private static readonly JsonWriterOptions s_writer = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    public static async Task RunAsync(string connectionString)
    {
        // 32 connections beside the 60 that the product may have: a PostgreSQL of default settings takes 97 of an
        // ordinary user.
        var connections = new NpgsqlConnectionStringBuilder(connectionString)
        {
            MaxAutoPrepare = 20,
            AutoPrepareMinUsages = 2,
            MaxPoolSize = 32,
        };
        await using var database = NpgsqlDataSource.Create(connections);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        await using var app = builder.Build();
        app.MapGet("/ready", (RequestDelegate)(_ => Task.CompletedTask));
        app.MapPost("/comment", (RequestDelegate)(context => CommentAsync(context, database)));
        app.MapPost("/page", (RequestDelegate)(context => PageAsync(context, database)));
        await app.RunAsync();
    }

    private static async Task CommentAsync(HttpContext context, NpgsqlDataSource database)
    {
        var comment = await JsonSerializer.DeserializeAsync(
            context.Request.Body, Json.Default.NewComment, context.RequestAborted);
        if (comment is null)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        var now = DateTime.UtcNow;
        await using (var batch = database.CreateBatch())
        {
            // A batch without a transaction of its own is one: nothing of it stays when a command fails.
            batch.BatchCommands.Add(new(
                """
                update baseline.conversations set version = version + 1, comment_count = comment_count + 1,
                    last_comment_id = $2, updated_at = $3
                where tenant_id = $4 and id = $1
                """)
            {
                Parameters = { Of(comment.ConversationId), Of(comment.Id), Of(now), Of(BaselineData.Tenant) },
            });
            batch.BatchCommands.Add(new(
                """
                insert into baseline.events (id, tenant_id, stream_id, version, type, data, timestamp)
                select $2, tenant_id, id, version, 'comment_added', $3, $4 from baseline.conversations
                    where tenant_id = $5 and id = $1
                """)
            {
                Parameters =
                {
                    Of(comment.ConversationId), Of(comment.Id),
                    new NpgsqlParameter
                    {
                        Value = BaselineData.Event(comment.Id, comment.Body), NpgsqlDbType = NpgsqlDbType.Jsonb,
                    },
                    Of(now), Of(BaselineData.Tenant),
                },
            });
            batch.BatchCommands.Add(new(
                """
                insert into baseline.comments (id, tenant_id, conversation_id, position, author_id, body, created_at)
                select $2, tenant_id, id, version, $3, $4, $5 from baseline.conversations
                    where tenant_id = $6 and id = $1
                """)
            {
                Parameters =
                {
                    Of(comment.ConversationId), Of(comment.Id), Of(BaselineData.Author), Of(comment.Body), Of(now),
                    Of(BaselineData.Tenant),
                },
            });
            if (await batch.ExecuteNonQueryAsync(context.RequestAborted) != 3) throw new InvalidOperationException(
                "There is no such conversation.");
        }

        Write(context, json =>
        {
            json.WriteStartObject("addComment");
            json.WriteStartObject("comment");
            json.WriteString("id", comment.Id);
            json.WriteString("createdAt", now);
            json.WriteEndObject();
            json.WriteStartArray("errors");
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static async Task PageAsync(HttpContext context, NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand(
            """
            select c.id, c.subject, c.status, c.awaiting, c.updated_at, c.version, u.id, u.name, a.id, a.display_name,
                m.id, m.body, m.created_at, w.id, w.display_name
            from baseline.conversations c
            join baseline.customers u on u.tenant_id = c.tenant_id and u.id = c.customer_id
            left join baseline.administrators a on a.tenant_id = c.tenant_id and a.id = c.responsible_administrator_id
            join baseline.comments m on m.tenant_id = c.tenant_id and m.id = c.last_comment_id
            join baseline.administrators w on w.tenant_id = m.tenant_id and w.id = m.author_id
            where c.tenant_id = $1 order by c.updated_at desc, c.id desc limit 51
            """);
        command.Parameters.Add(Of(BaselineData.Tenant));
        await using var reader = await command.ExecuteReaderAsync(context.RequestAborted);
        var buffer = new ArrayBufferWriter<byte>(32 * 1024);
        await using var json = new Utf8JsonWriter(buffer, s_writer);
        json.WriteStartObject();
        json.WriteStartObject("data");
        json.WriteStartObject("conversations");
        json.WriteStartArray("nodes");
        var count = 0;
        var end = "";
        while (await reader.ReadAsync(context.RequestAborted) && ++count <= 50)
        {
            end = WriteConversation(json, reader);
        }

        json.WriteEndArray();
        json.WriteStartObject("pageInfo");
        json.WriteBoolean("hasNextPage", count > 50);
        json.WriteString("endCursor", end);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        await json.FlushAsync(context.RequestAborted);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = buffer.WrittenCount;
        await context.Response.BodyWriter.WriteAsync(buffer.WrittenMemory, context.RequestAborted);
    }

    private static string WriteConversation(Utf8JsonWriter json, NpgsqlDataReader reader)
    {
        var (id, updatedAt) = (reader.GetGuid(0), reader.GetDateTime(4));
        json.WriteStartObject();
        json.WriteString("id", id);
        json.WriteString("subject", reader.GetString(1));
        json.WriteString("status", reader.GetString(2));
        json.WriteString("awaiting", reader.GetString(3));
        json.WriteString("updatedAt", updatedAt);
        json.WriteNumber("version", reader.GetInt32(5));
        json.WriteStartObject("customer");
        json.WriteString("id", reader.GetGuid(6));
        json.WriteString("name", reader.GetString(7));
        json.WriteEndObject();
        if (reader.IsDBNull(8))
        {
            json.WriteNull("responsibleAdministrator");
        }
        else
        {
            json.WriteStartObject("responsibleAdministrator");
            json.WriteString("id", reader.GetGuid(8));
            json.WriteString("displayName", reader.GetString(9));
            json.WriteEndObject();
        }

        json.WriteStartObject("lastComment");
        json.WriteString("id", reader.GetGuid(10));
        json.WriteString("body", reader.GetString(11));
        json.WriteString("createdAt", reader.GetDateTime(12));
        json.WriteStartObject("author");
        json.WriteString("__typename", "Administrator");
        json.WriteString("id", reader.GetGuid(13));
        json.WriteString("displayName", reader.GetString(14));
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        return Convert.ToBase64String(
            Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{updatedAt:O} {id}")));
    }

    private static void Write(HttpContext context, Action<Utf8JsonWriter> data)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, s_writer))
        {
            json.WriteStartObject();
            json.WriteStartObject("data");
            data(json);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        context.Response.ContentType = "application/json";
        context.Response.ContentLength = buffer.WrittenCount;
        context.Response.BodyWriter.Write(buffer.WrittenSpan);
    }

    private static NpgsqlParameter<T> Of<T>(T value) => new() { TypedValue = value };

    internal sealed record NewComment(Guid Id, Guid ConversationId, string Body);

    [JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
    [JsonSerializable(typeof(NewComment))]
    internal sealed partial class Json : JsonSerializerContext;
}
