using Marten;
using Messaging.Api.Hosting;
using Messaging.TestSupport.Product;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Hosting;

/// <summary>
/// A start finds by one look that the tables are as a start of the same build left them, and makes them so again where
/// they are not.
/// </summary>
public sealed class TableFormTests(TableFormTests.Started started) : IClassFixture<TableFormTests.Started>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("drop index messaging.audit_leaves_event")]
    [InlineData("drop index messaging.mt_events_other")]
    [InlineData("drop trigger number_event on messaging.mt_events")]
    [InlineData("alter table messaging.audit_leaves disable trigger kept")]
    [InlineData("alter table messaging.conversations drop column search_key cascade")]
    [InlineData("drop table messaging.report_readers cascade")]
    [InlineData(
        "create or replace function messaging.raise(condition text, what text) returns integer language plpgsql "
            + "volatile as 'begin return 0; end'")]
    [InlineData("comment on table messaging.read_model_formats is 'Form of another build'")]
    [InlineData("comment on table messaging.read_model_formats is null")]
    public async Task What_was_altered_since_is_as_it_was_after_the_next_start(string sql)
    {
        var product = started.Product;
        var before = await ThereAsync();
        (await IsAsLeftAsync()).ShouldBeTrue();
        await using (var alter = started.Database.CreateCommand(sql)) await alter.ExecuteNonQueryAsync(Cancellation);
        (await IsAsLeftAsync()).ShouldBeFalse();
        await product.StopAsync();
        await product.StartAgainAsync();
        (await IsAsLeftAsync()).ShouldBeTrue();
        (await ThereAsync()).ShouldBe(before);
    }

    private Task<bool> IsAsLeftAsync() => TableForm.IsAsLeftAsync(
        started.Product.Services.GetRequiredService<IDocumentStore>(), started.Database, Cancellation);

    // Without the places of columns, which a lost one does not get back.
    private async Task<string> ThereAsync()
    {
        await using var command = started.Database.CreateCommand(
            $"select {TableForm.There.Replace("a.attnum, a.attname", "a.attname", StringComparison.Ordinal)} "
                + "from pg_namespace n where n.nspname = 'messaging'");
        return (string)(await command.ExecuteScalarAsync(Cancellation))!;
    }

    public sealed class Started : IAsyncLifetime
    {
        public RunningProduct Product { get; private set; } = null!;

        public NpgsqlDataSource Database { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Product = await RunningProduct.StartAsync();
            Database = NpgsqlDataSource.Create(Product.ConnectionString);
        }

        public async ValueTask DisposeAsync()
        {
            await Database.DisposeAsync();
            await Product.DisposeAsync();
        }
    }
}
