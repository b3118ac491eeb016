using Messaging.TestSupport.Product;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Hosting;

/// <summary>A database that a newer version has worked on: refused by name, and left as it is.</summary>
public sealed class NewerDatabaseTests : IAsyncLifetime
{
    private RunningProduct _product = null!;
    private NpgsqlDataSource _database = null!;

    public async ValueTask InitializeAsync()
    {
        _product = await RunningProduct.StartAsync();
        _database = NpgsqlDataSource.Create(_product.ConnectionString);
        await _product.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        await _product.DisposeAsync();
    }

    [Theory]
    [InlineData("messaging.deliveries", "priority")]
    [InlineData("messaging.conversations", "mood")]
    [InlineData("messaging.mt_events", "signature")]
    [InlineData("messaging.mt_streams", "archived_by")]
    public async Task A_column_that_this_version_does_not_know_is_named_and_keeps_its_data(string table, string column)
    {
        await ExecuteAsync($"alter table {table} add {column} text default 'grün'");
        var refused = await Should.ThrowAsync<InvalidOperationException>(() => _product.StartAgainAsync());
        refused.Message.ShouldSatisfyAllConditions(
            m => m.ShouldContain($"{table}.{column}"), m => m.ShouldContain("newer version"));
        await ExecuteAsync(
            $"do $$ begin assert not exists (select from {table} where {column} is distinct from 'grün'); end $$");
        await ExecuteAsync($"alter table {table} drop column {column}");
        await _product.StartAgainAsync();
    }

    [Fact]
    public async Task Read_models_of_a_later_format_are_named_and_not_rebuilt_to_the_one_of_before()
    {
        await ExecuteAsync("update messaging.read_model_formats set format = 1000");
        var refused = await Should.ThrowAsync<InvalidOperationException>(() => _product.StartAgainAsync());
        refused.Message.ShouldSatisfyAllConditions(
            m => m.ShouldContain("format 1000"), m => m.ShouldContain("newer version"));
        await ExecuteAsync("do $$ begin assert (select format = 1000 from messaging.read_model_formats); end $$");
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
