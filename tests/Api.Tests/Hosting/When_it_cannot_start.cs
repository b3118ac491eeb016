using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Messaging.TestSupport.Postgres;
using Messaging.TestSupport.Product;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Hosting;

/// <summary>Settings with which it cannot start: it ends with 1 and a sentence, not with a trace of ours.</summary>
public sealed class When_it_cannot_start
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("Host", "nonsense", "no connection string")]
    [InlineData("Colour", "blue", "no connection string")]
    [InlineData("Database", "nowhere", "no such database")]
    [InlineData("Username", "nobody", "does not let the product in")]
    [InlineData("Options", "-c default_transaction_read_only=on", "can only be read")]
    public async Task A_database_that_cannot_be_used_is_named(string keyword, string value, string words)
    {
        await using var database = await TestDatabase.CreateAsync();
        var given = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        var setting = keyword == "Colour" ? $"{given};Colour={value}" : value == "nonsense" ? value : With(given, keyword, value);
        await RefusesAsync(new() { ["ConnectionStrings__Messaging"] = setting }, words, "ConnectionStrings__Messaging");
    }

    [Fact]
    public async Task A_database_that_is_somebody_elses_is_named()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using (var source = NpgsqlDataSource.Create(database.ConnectionString))
        await using (var command = source.CreateCommand("create schema messaging; create table messaging.mt_events (id uuid)"))
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        await RefusesAsync(new() { ["ConnectionStrings__Messaging"] = database.ConnectionString }, "messaging.mt_events", "database of its own");
    }

    [Fact]
    public async Task An_address_that_it_cannot_listen_on_is_named()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        await RefusesAsync(new() { ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}" }, "address already in use", "ASPNETCORE_URLS");
        await RefusesAsync(new() { ["ASPNETCORE_URLS"] = "nonsense" }, "'nonsense'", "ASPNETCORE_URLS");
    }

    private static string With(NpgsqlConnectionStringBuilder given, string keyword, string value)
    {
        given[keyword] = value;
        return given.ConnectionString;
    }

    private static async Task RefusesAsync(Dictionary<string, string> settings, params string[] words)
    {
        await using var product = await ProductProcess.CreateAsync(settings);
        product.Launch();
        (await product.WaitForExitAsync(s_patience)).ShouldBeTrue(product.LastLines);
        product.ExitCode.ShouldBe(1, product.LastLines);
        var said = product.LastLines.Split('\n').Single(line => line.StartsWith("Messaging cannot start: ", StringComparison.Ordinal));
        foreach (var word in words) said.ShouldContain(word);
        product.LastLines.ShouldNotContain("Unhandled exception");
    }
}
