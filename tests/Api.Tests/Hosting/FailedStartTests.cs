using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Messaging.Api.Hosting;
using Messaging.TestSupport;
using Messaging.TestSupport.Postgres;
using Messaging.TestSupport.Product;
using Microsoft.Extensions.Configuration;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Hosting;

/// <summary>Settings with which it cannot start: it ends with 1 and a sentence, and without a trace.</summary>
public sealed class FailedStartTests
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
        var setting =
            keyword == "Colour" ? $"{given};Colour={value}"
            : value == "nonsense" ? value
            : With(given, keyword, value);
        await RefusesAsync(new() { ["ConnectionStrings__Messaging"] = setting }, words, "ConnectionStrings__Messaging");
    }

    [Fact]
    public async Task A_database_that_is_somebody_elses_is_named()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using (var source = NpgsqlDataSource.Create(database.ConnectionString))
        await using (
            var command = source.CreateCommand("create schema messaging; create table messaging.mt_events (id uuid)"))
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        await RefusesAsync(
            new() { ["ConnectionStrings__Messaging"] = database.ConnectionString }, "messaging.mt_events",
            "database of its own");
    }

    [Fact]
    public async Task An_address_that_it_cannot_listen_on_is_named()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        await RefusesAsync(
            new() { ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}" }, "address already in use", "ASPNETCORE_URLS");
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("http://127.0.0.1:99999")]
    [InlineData("http://127.0.0.1:-1")]
    [InlineData("http://127.0.0.1:port")]
    [InlineData("ftp://127.0.0.1:5080")]
    [InlineData("http://127.0.0.1:5080/messages")]
    public async Task What_is_no_address_to_listen_on_is_named_before_anything_is_begun(string url)
    {
        using var directory = new TempDirectory();
        await RefusesAsync(
            new()
            {
                ["ASPNETCORE_URLS"] = url,
                ["ConnectionStrings__Messaging"] = "",
                ["Messaging__DataDirectory"] = directory["data"],
            },
            $"'{url}'",
            "ASPNETCORE_URLS"
        );
        Directory.Exists(directory["data"]).ShouldBeFalse();
    }

    [Theory]
    [InlineData("http://localhost:5080")]
    [InlineData("http://+:8080;https://*:8443")]
    [InlineData("http://[::1]:5080")]
    [InlineData("http://0.0.0.0")]
    [InlineData("http://127.0.0.1:0/")]
    [InlineData("http://unix:/run/messaging/messaging.sock")]
    [InlineData("")]
    public void What_it_can_listen_on_is_taken(string urls) =>
        WebServer
            .ReadUrls(new ConfigurationBuilder().AddInMemoryCollection([new("urls", urls)]).Build())
            .ShouldNotBeEmpty();

    [Fact]
    public async Task A_data_directory_that_cannot_be_is_named()
    {
        using var directory = new TempDirectory();
        await File.WriteAllTextAsync(directory["file"], "", TestContext.Current.CancellationToken);
        await RefusesAsync(
            new() { ["ConnectionStrings__Messaging"] = "", ["Messaging__DataDirectory"] = directory["file"] },
            directory["file"], "Messaging__DataDirectory");
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
        var said = product
            .LastLines.Split('\n')
            .Single(line => line.StartsWith("Messaging cannot start: ", StringComparison.Ordinal));
        foreach (var word in words)
            said.ShouldContain(word);
        product.LastLines.ShouldNotContain("Unhandled exception");
        product.LastLines.ShouldNotContain("   at ");
        product.LastLines.ShouldNotContain("Exception: ");
    }
}
