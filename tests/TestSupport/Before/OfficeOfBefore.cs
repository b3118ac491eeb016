using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Npgsql;

namespace Messaging.TestSupport.Before;

/// <summary>
/// An office that worked with commit 48f34c2: its database as <c>pg_dump --inserts</c> wrote it, its files, and what
/// its people had sent and seen. Every later version has to start on it and keep all of it. README.md beside this file
/// says how it was made.
/// </summary>
public static class OfficeOfBefore
{
    /// <summary>The key, in Base64, that the tokens of before were signed with.</summary>
    public static readonly string SigningKey = Convert.ToBase64String(
        "demo-signing-key-of-the-office-of-before-0123456789"u8);

    private static readonly string s_directory = Path.Combine(AppContext.BaseDirectory, "Before");

    /// <summary>
    /// What was recorded: <c>mutations</c> (who, query, input, answer), <c>files</c>, and <c>seen</c> at the end.
    /// </summary>
    public static JsonNode Recorded { get; } =
        JsonNode.Parse(File.ReadAllText(Path.Combine(s_directory, "recorded.json")))!;

    /// <summary>Fills an empty database and an empty data directory with it.</summary>
    public static async Task RestoreAsync(string connectionString, string dataDirectory)
    {
        await using var file = File.OpenRead(Path.Combine(s_directory, "database.sql.gz"));
        await using var unpacked = new GZipStream(file, CompressionMode.Decompress);
        using var text = new StreamReader(unpacked, Encoding.UTF8);
        var connection = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false };
        await using var database = new NpgsqlConnection(connection.ConnectionString);
        await database.OpenAsync();
        await using var command = new NpgsqlCommand(await text.ReadToEndAsync(), database);
        await command.ExecuteNonQueryAsync();
        foreach (
            var kept in Directory.EnumerateFiles(Path.Combine(s_directory, "files"), "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(
                dataDirectory, "files", Path.GetRelativePath(Path.Combine(s_directory, "files"), kept));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(kept, copy);
        }
    }
}
