using Npgsql;

namespace Messaging.TestSupport.Postgres;

/// <summary>A fresh database of a test's own, dropped in the end.</summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private readonly string _server;
    private readonly string _name;

    private TestDatabase(string server, string name)
    {
        _server = server;
        _name = name;
        ConnectionString = new NpgsqlConnectionStringBuilder(server) { Database = name }.ConnectionString;
    }

    public string ConnectionString { get; }

    /// <summary>
    /// Creates one on the server that <c>MESSAGING_TEST_POSTGRES</c> names, else in a container, else on an embedded
    /// server.
    /// </summary>
    public static Task<TestDatabase> CreateAsync() => CreateAsync("");

    /// <summary>Creates one with all that another one has, to which nobody is connected.</summary>
    internal static Task<TestDatabase> CopyAsync(TestDatabase from) => CreateAsync($" template {from._name}");

    private static async Task<TestDatabase> CreateAsync(string like)
    {
        var server = await TestServer.ConnectionString;
        var name = $"test_{Guid.NewGuid():N}";
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await ExecuteAsync(server, $"create database {name}{like}");
                return new TestDatabase(server, name);
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ObjectInUse && attempt < 600)
            {
                // The server is vacuuming the other one.
                await Task.Delay(100);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await ExecuteAsync(_server, $"drop database {_name} with (force)");
                return;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege && attempt < 600)
            {
                // The server is vacuuming it, which only a superuser may cut off; it is soon done.
                await Task.Delay(100);
            }
        }
    }

    private static async Task ExecuteAsync(string server, string sql)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(server) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
