using System.Net;
using System.Net.Sockets;
using System.Text;
using Messaging.Api.Hosting;
using Messaging.TestSupport;
using Messaging.TestSupport.Postgres;
using Messaging.TestSupport.Product;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Hosting;

/// <summary>
/// A PostgreSQL that is too old is refused by name, whoever started it; the version is said in one place.
/// </summary>
public sealed class OldPostgresTests
{
    private static readonly int s_older = PostgresVersions.Oldest - 1;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_that_is_named_is_refused_by_name_and_nothing_is_made_in_it()
    {
        await using var database = await TestDatabase.CreateAsync();
        var given = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        await using (var older = new Pretender(given.Host!, given.Port, s_older))
        {
            await using var product = await ProductProcess.CreateAsync(
                new()
                {
                    ["ConnectionStrings__Messaging"] = new NpgsqlConnectionStringBuilder(given.ConnectionString)
                    {
                        Host = "127.0.0.1",
                        Port = older.Port,
                    }.ConnectionString,
                }
            );
            product.Launch();
            (await product.WaitForExitAsync(TimeSpan.FromSeconds(60))).ShouldBeTrue(product.LastLines);
            product.ExitCode.ShouldBe(1, product.LastLines);
            product.LastLines.ShouldContain($"is version {s_older}.");
            product.LastLines.ShouldContain($"the product needs {PostgresVersions.Oldest} or newer");
        }

        await using var source = NpgsqlDataSource.Create(given.ConnectionString);
        await using var command = source.CreateCommand(
            "select count(*) from pg_namespace where nspname in ('messaging', 'wolverine')");
        (await command.ExecuteScalarAsync(Cancellation)).ShouldBe(0L);
    }

    [Fact]
    public async Task For_new_data_an_installation_is_passed_over_but_what_an_older_one_wrote_is_opened_by_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Needs a shell.");
        using var directory = new TempDirectory();
        foreach (
            var (program, script) in new[]
            {
                ("postgres", $"echo 'postgres (PostgreSQL) {s_older}.23'"),
                ("initdb", "exit 1"),
                ("pg_ctl", "exit 1"),
            }
        )
        {
            await File.WriteAllTextAsync(directory[program], $"#!/bin/sh\n{script}\n", Cancellation);
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(
                    directory[program], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        var options = new EmbeddedPostgresOptions(directory["db"]) { BinaryDirectories = [directory.Path] };
        (
            await Should.ThrowAsync<EmbeddedPostgresException>(
                EmbeddedPostgres.StartAsync(options, NullLogger.Instance, Cancellation))
        ).Message.ShouldContain($"No PostgreSQL server ({PostgresVersions.Oldest} or newer)");
        (await PostgresBinaries.FindAsync(options, s_older, Cancellation)).Major.ShouldBe(s_older);
    }

    [Fact]
    public void The_README_says_which()
    {
        var readme = File.ReadAllText(Path.Combine(Clients.NodeProject.Root, "README.md"));
        readme.ShouldContain(
            $"| `ConnectionStrings__Messaging` | a PostgreSQL server, {PostgresVersions.Oldest} or newer");
        readme.ShouldContain($"postgresql@{PostgresVersions.Suggested}");
        File.ReadAllText(Path.Combine(Clients.NodeProject.Root, "dev"))
            .ShouldContain($"postgresql@{PostgresVersions.Suggested}");
    }

    /// <summary>The tests' server, but for the version that it says it is.</summary>
    private sealed class Pretender : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _stopping = new();
        private readonly byte[] _pretended;
        private readonly Task _serving;

        public Pretender(string host, int port, int major)
        {
            _pretended = Encoding.ASCII.GetBytes($"server_version\0{major}.");
            _listener.Start();
            _serving = ServeAsync(host, port);
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public async ValueTask DisposeAsync()
        {
            await _stopping.CancelAsync();
            _listener.Stop();
            await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stopping.Dispose();
        }

        private async Task ServeAsync(string host, int port)
        {
            var sessions = new List<Task>();
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                sessions.Add(PassAsync(client, host, port));
            }
        }

        private async Task PassAsync(TcpClient client, string host, int port)
        {
            using (client)
            {
                using var server = new TcpClient();
                await server.ConnectAsync(host, port, _stopping.Token);
                _ = client.GetStream().CopyToAsync(server.GetStream(), _stopping.Token);
                var buffer = new byte[64 * 1024];
                while (await server.GetStream().ReadAsync(buffer, _stopping.Token) is var count and > 0)
                {
                    // Two digits for two, so that no length changes.
                    if (buffer.AsSpan(0, count).IndexOf("server_version\0"u8) is var at and >= 0)
                        _pretended.CopyTo(buffer, at);
                    await client.GetStream().WriteAsync(buffer.AsMemory(0, count), _stopping.Token);
                }
            }
        }
    }
}
