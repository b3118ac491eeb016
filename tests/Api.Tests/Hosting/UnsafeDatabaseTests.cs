using Messaging.Api.Hosting;
using Messaging.TestSupport;
using Messaging.TestSupport.Product;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Hosting;

/// <summary>A database that would lose in a crash what was acknowledged, by a setting of whatever level.</summary>
public sealed class UnsafeDatabaseTests : IAsyncLifetime
{
    private const string Setting = "Messaging:Database:AllowUnsafeDurability";

    private readonly TempDirectory _directory = new();
    private EmbeddedPostgres _server = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        _server = await EmbeddedPostgres.StartAsync(
            new EmbeddedPostgresOptions(_directory["db"]), NullLogger.Instance, Cancellation);

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        await _server.DisposeAsync();
        _directory.Dispose();
    }

    [Theory]
    [InlineData("database", "alter database messaging set synchronous_commit = off")]
    [InlineData("user", "alter role messaging set synchronous_commit = off")]
    [InlineData("database user", "alter role messaging in database messaging set synchronous_commit to off")]
    public async Task A_setting_of_the_database_or_the_role_is_refused_by_name(string level, string sql)
    {
        await ExecuteAsync(sql);
        (await RefusalAsync(_server.ConnectionString)).ShouldSatisfyAllConditions(
            message => message.ShouldContain($"synchronous_commit is off (set by: {level})"),
            message => message.ShouldContain("Messaging__Database__AllowUnsafeDurability"));
    }

    [Theory]
    [InlineData("-c synchronous_commit=off", "synchronous_commit is off (set by: client)")]
    public async Task So_is_one_in_the_connection_string(string options, string expected) =>
        (await RefusalAsync($"{_server.ConnectionString};Options={options}")).ShouldContain(expected);

    [Fact]
    public async Task So_are_those_of_the_server_each_of_them_by_name()
    {
        await using var unsafeServer = await EmbeddedPostgres.StartAsync(
            new EmbeddedPostgresOptions(_directory["unsafe"]) { Durable = false }, NullLogger.Instance, Cancellation);
        var message = await RefusalAsync(unsafeServer.ConnectionString);
        foreach (var name in new[] { "fsync", "full_page_writes", "synchronous_commit" })
            message.ShouldContain($"{name} is off (set by: command line)");

        // Nothing was created in it either.
        await using var connection = new NpgsqlConnection(unsafeServer.ConnectionString);
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(
            "select count(*) from pg_namespace where nspname in ('messaging', 'wolverine')", connection);
        (await command.ExecuteScalarAsync(Cancellation)).ShouldBe(0L);
    }

    [Fact]
    public async Task A_table_that_a_crash_empties_is_refused_and_what_is_safe_or_allowed_is_not()
    {
        // Waits for this server's disk, though not for a standby's.
        await ExecuteAsync("alter role messaging set synchronous_commit = local");
        await StartAndStopAsync(allowed: false);

        await ExecuteAsync("alter table messaging.receipts set unlogged");
        (await RefusalAsync(_server.ConnectionString)).ShouldContain("the table messaging.receipts is UNLOGGED");
        await StartAndStopAsync(allowed: true);
    }

    private async Task StartAndStopAsync(bool allowed)
    {
        await using var product = await RunningProduct.StartAsync(settings: new()
        {
            ["ConnectionStrings:Messaging"] = _server.ConnectionString,
            [Setting] = allowed.ToString(),
        });
        (await product.SignInAsync("anna.sommer@kanzlei-sommer.example")).Token.ShouldNotBeNull();
    }

    private static async Task<string> RefusalAsync(string connectionString) =>
        (await Should.ThrowAsync<InvalidOperationException>(() => RunningProduct.StartAsync(
            settings: new() { ["ConnectionStrings:Messaging"] = connectionString, [Setting] = "false" }))).Message;

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_server.ConnectionString);
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
