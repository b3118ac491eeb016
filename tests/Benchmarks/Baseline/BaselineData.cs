using System.Text.Encodings.Web;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace Messaging.Benchmarks.Baseline;

/// <summary>The baseline's tables, in a schema of its own on the product's server, with the product's data.</summary>
internal static class BaselineData
{
    public const string Tenant = "0198f000-0000-7000-8000-000000000001";
    public static readonly Guid Author = new("0198f000-0000-7000-8000-000000000002");

    private static readonly JsonSerializerOptions s_json = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>A comment as an event.</summary>
    public static string Event(Guid id, string body) =>
        JsonSerializer.Serialize(
            new
            {
                CommentId = id,
                Author = new { Kind = "Administrator", Id = Author },
                Body = body,
                Visibility = "Public",
            },
            s_json
        );

    public static async Task CreateAsync(NpgsqlDataSource database, Seed seed)
    {
        await using (var create = database.CreateCommand(
            """
            create schema baseline;
            create table baseline.events (
                seq bigint generated always as identity primary key, id uuid not null, tenant_id text not null,
                    stream_id uuid not null,
                version int not null, type text not null, data jsonb not null, timestamp timestamptz not null);
            create unique index on baseline.events (tenant_id, stream_id, version);
            create table baseline.customers (tenant_id text, id uuid, name text not null, primary key (tenant_id, id));
            create table baseline.administrators (tenant_id text, id uuid, display_name text not null,
                primary key (tenant_id, id));
            create table baseline.conversations (
                tenant_id text, id uuid, subject text not null, status text not null, awaiting text not null,
                    customer_id uuid not null,
                responsible_administrator_id uuid, updated_at timestamptz not null, version int not null,
                    comment_count int not null,
                last_comment_id uuid not null, primary key (tenant_id, id));
            create index on baseline.conversations (tenant_id, updated_at, id);
            create table baseline.comments (
                tenant_id text, id uuid, conversation_id uuid not null, position int not null, author_id uuid not null,
                    body text not null,
                created_at timestamptz not null, primary key (tenant_id, id));
            create index on baseline.comments (tenant_id, conversation_id, position);
            """))
        {
            await create.ExecuteNonQueryAsync();
        }

        await using var connection = await database.OpenConnectionAsync();
        await CopyAsync(
            connection, "customers (tenant_id, id, name)",
            seed.Customers.Select(c => new object[] { Tenant, c.Id, c.Name }));
        await CopyAsync(
            connection,
            "administrators (tenant_id, id, display_name)",
            seed.Administrators.Select(a => new object[] { Tenant, a.Id, a.Name })
                .Append([Tenant, Author, Seed.OwnerName])
        );
        var start = DateTime.UtcNow;
        await CopyAsync(
            connection,
            "conversations (tenant_id, id, subject, status, awaiting, customer_id, responsible_administrator_id, "
                + "updated_at, version, comment_count, last_comment_id)",
            seed.Conversations.Select(
                (c, i) =>
                    new object[]
                    {
                        Tenant,
                        c.Id,
                        c.Subject,
                        c.Status,
                        c.Status == "ATTENTION" ? "CUSTOMER" : "NOBODY",
                        c.CustomerId,
                        c.ResponsibleId ?? (object)DBNull.Value,
                        start.AddMilliseconds(i),
                        c.Comments.Count,
                        c.Comments.Count,
                        c.Comments[^1].Id,
                    }
            )
        );
        var comments = seed
            .Conversations.SelectMany(
                (c, i) =>
                    c.Comments.Select(
                        (m, j) => (Conversation: c.Id, Comment: m, Position: j + 1, At: start.AddMilliseconds(i)))
            )
            .ToList();
        await CopyAsync(
            connection,
            "comments (tenant_id, id, conversation_id, position, author_id, body, created_at)",
            comments.Select(m =>
                new object[] { Tenant, m.Comment.Id, m.Conversation, m.Position, Author, m.Comment.Body, m.At }
            )
        );
        await CopyAsync(
            connection,
            "events (id, tenant_id, stream_id, version, type, data, timestamp)",
            comments.Select(m =>
                new object[]
                {
                    m.Comment.Id,
                    Tenant,
                    m.Conversation,
                    m.Position,
                    "comment_added",
                    new Jsonb(Event(m.Comment.Id, m.Comment.Body)),
                    m.At,
                }
            )
        );
    }

    private static async Task CopyAsync(NpgsqlConnection connection, string target, IEnumerable<object[]> rows)
    {
        await using var import = await connection.BeginBinaryImportAsync(
            $"copy baseline.{target} from stdin (format binary)");
        foreach (var row in rows)
        {
            await import.StartRowAsync();
            foreach (var value in row)
            {
                switch (value)
                {
                    case DBNull: await import.WriteNullAsync(); break;
                    case Jsonb json: await import.WriteAsync(json.Text, NpgsqlDbType.Jsonb); break;
                    case string text: await import.WriteAsync(text, NpgsqlDbType.Text); break;
                    case Guid id: await import.WriteAsync(id, NpgsqlDbType.Uuid); break;
                    case int number: await import.WriteAsync(number, NpgsqlDbType.Integer); break;
                    case DateTime at: await import.WriteAsync(at, NpgsqlDbType.TimestampTz); break;
                    default: throw new ArgumentOutOfRangeException(nameof(rows), value, "A column of another type.");
                }
            }
        }

        await import.CompleteAsync();
    }

    private sealed record Jsonb(string Text);
}
