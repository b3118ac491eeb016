using System.Diagnostics;
using System.Net;
using Messaging.TestSupport.Postgres;
using Messaging.TestSupport.Product;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Hosting;

/// <summary>
/// A database that is away when the product starts is waited for: it listens, says so, and goes on by itself.
/// </summary>
public sealed class AbsentDatabaseTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_listens_waits_and_goes_on_when_the_database_is_there()
    {
        await using var database = await TestDatabase.CreateAsync();
        var behind = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        await using var proxy = new CuttingProxy(behind.Host!, behind.Port);
        await proxy.StopAsync();
        await using var product = await ProductProcess.CreateAsync(
            new()
            {
                ["ConnectionStrings__Messaging"] = new NpgsqlConnectionStringBuilder(database.ConnectionString)
                {
                    Host = "127.0.0.1",
                    Port = proxy.Port,
                }.ConnectionString,
            }
        );
        product.Launch();
        await SaysAsync(product, "waiting for the database");
        (await product.Http.GetAsync(new Uri("/health/live", UriKind.Relative), Cancellation)).StatusCode.ShouldBe(
            HttpStatusCode.OK);
        var refused = await product.Anonymous.SendAsync("{ viewer { displayName } }");
        (refused.Status, refused.ErrorCode).ShouldBe((503, "INTERNAL"));
        refused.ErrorMessage.ShouldNotBeNull().ShouldContain("waiting for the database");

        // Long enough to try again and again, and said once.
        await Task.Delay(TimeSpan.FromSeconds(3), Cancellation);
        proxy.StartAgain();
        await product.WaitUntilReadyAsync(s_patience);
        product
            .LastLines.Split('\n')
            .Count(line => line.Contains("Waiting for the database", StringComparison.Ordinal))
            .ShouldBe(1, product.LastLines);
        (await product.SignInAsync("anna.sommer@kanzlei-sommer.example")).Token.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("Host=127.0.0.1;Port=1;Username=messaging;Database=messaging")]
    [InlineData("Host=nowhere.invalid;Username=messaging;Database=messaging")]
    public async Task While_it_waits_it_ends_at_once(string connectionString)
    {
        await using var product = await ProductProcess.CreateAsync(
            new() { ["ConnectionStrings__Messaging"] = connectionString });
        product.Launch();
        await SaysAsync(product, "waiting for the database");
        (await product.StopAsync()).ShouldBeLessThan(TimeSpan.FromSeconds(10));
        product.ExitCode.ShouldBe(1, product.LastLines);
        product.LastLines.ShouldContain("told to stop before it had started");
        product.LastLines.ShouldNotContain("Messaging is ready");
    }

    private static async Task SaysAsync(ProductProcess product, string words)
    {
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(100, Cancellation))
        {
            clock.Elapsed.ShouldBeLessThan(s_patience, product.LastLines);
            product.IsRunning.ShouldBeTrue(product.LastLines);
            try
            {
                using var answer = await product.Http.GetAsync(
                    new Uri("/health/ready", UriKind.Relative), Cancellation);
                if (!(await answer.Content.ReadAsStringAsync(Cancellation)).Contains(words, StringComparison.Ordinal))
                    continue;
                answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
                return;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }
        }
    }
}
