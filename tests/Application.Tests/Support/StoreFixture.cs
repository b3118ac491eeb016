using Marten;
using Messaging.Api.Hosting;
using Messaging.Application.Commands;
using Messaging.Projections.Storage;
using Messaging.TestSupport.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Messaging.Application.Tests.Support;

/// <summary>
/// A database with the product's schema, shared by the tests of a class; each test has organisations of its own in it.
/// </summary>
public sealed class StoreFixture : IAsyncLifetime
{
    private TestDatabase _database = null!;

    public NpgsqlDataSource Database { get; private set; } = null!;

    public DocumentStore Store { get; private set; } = null!;

    public string ConnectionString => _database.ConnectionString;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        Database = NpgsqlDataSource.Create(_database.ConnectionString);
        Store = DocumentStore.For(options =>
        {
            options.Connection(Database);
            options.UseMessaging();
        });
        await Store.Storage.ApplyAllConfiguredChangesToDatabaseAsync();

        // Marks them as this version's, as a start does: nobody writes to others.
        (await Database.WhyRebuildAsync(CancellationToken.None)).ShouldBeNull();
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await Database.DisposeAsync();
        await _database.DisposeAsync();
    }

    /// <summary>Starts a node's executor. Several on one database are several nodes.</summary>
    public Task<CommandExecutor> StartExecutorAsync() => StartExecutorAsync(Store, Database);

    public static async Task<CommandExecutor> StartExecutorAsync(IDocumentStore store, NpgsqlDataSource database)
    {
        var executor = new CommandExecutor(
            store, database, NullLogger<CommandExecutor>.Instance);
        await executor.StartAsync(CancellationToken.None);
        return executor;
    }

    public async Task<T?> ScalarAsync<T>(string sql, params object[] arguments)
    {
        await using var command = Database.CreateCommand(sql);
        foreach (var argument in arguments) command.Parameters.Add(new NpgsqlParameter { Value = argument });
        return await command.ExecuteScalarAsync() is T value ? value : default;
    }
}
