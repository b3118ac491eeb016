using System.Globalization;
using System.Text.RegularExpressions;
using Messaging.Api.Hosting;
using Messaging.Api.Tests.Clients;
using Messaging.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Deploy;

/// <summary>
/// A PostgreSQL as the image of <c>docker-compose.yml</c> makes one, by this machine's programs: a superuser with a
/// password, and a database of theirs. Nobody runs the image: there is no registry.
/// </summary>
internal sealed partial class ComposedPostgres : IAsyncDisposable
{
    /// <summary>The password of the tables' owner, and at first of the superuser.</summary>
    public const string OwnerPassword = "Geheim' \\ 1";

    private readonly TempDirectory _directory = new();
    private readonly int _port = Ports.Free();
    private readonly string _superuser;
    private PostgresBinaries _binaries = null!;
    private ServerAccount _account = null!;
    private bool _isRunning;

    private ComposedPostgres(string superuser) => _superuser = superuser;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Data => _directory["server/data"];

    /// <summary>Starts it.</summary>
    /// <param name="superuser">The name in <c>POSTGRES_USER</c> when its data were made.</param>
    public static async Task<ComposedPostgres> StartAsync(string superuser)
    {
        var server = new ComposedPostgres(superuser);
        try
        {
            await server.StartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Reaches the product's database.</summary>
    public string Reach(string role, string password, string database = "messaging") =>
        new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = _port,
            Database = database,
            Username = role,
            Password = password,
        }.ConnectionString;

    /// <summary>Runs what Compose mounts for new data, as the image does it: by the socket, with no password.</summary>
    public async Task MakeRolesAsync(string applicationPassword)
    {
        var compose = await File.ReadAllTextAsync(
            Path.Combine(NodeProject.Root, "docker-compose.yml"), Cancellation);
        var mounted = Mounted().Match(compose);
        mounted.Success.ShouldBeTrue();
        var (code, said) = await DebianProgram.RunAsync(
            "psql",
            [
                "--no-password", "--no-psqlrc", $"--host={Data}", $"--port={_port}", $"--username={_superuser}",
                "--dbname=messaging", $"--file={Path.Combine(NodeProject.Root, mounted.Groups["file"].Value)}",
            ],
            new()
            {
                ["POSTGRES_PASSWORD"] = OwnerPassword,
                ["APPLICATION_PASSWORD"] = applicationPassword,
            });
        code.ShouldBe(0, said);
    }

    public async ValueTask DisposeAsync()
    {
        if (_isRunning) await RunAsync("pg_ctl", ["stop", "--wait", "--mode=immediate", "-D"]);
        _directory.Dispose();
    }

    private async Task StartAsync()
    {
        _binaries = await PostgresBinaries.FindAsync(new(_directory.Path), null, Cancellation);
        _account = await ServerAccount.ChooseAsync(Data, NullLogger.Instance, Cancellation);
        Directory.CreateDirectory(Data);
        await File.WriteAllTextAsync(_directory["server/password"], OwnerPassword, Cancellation);
        await _account.OwnAsync(_directory["server"], Cancellation);
        await RunAsync(
            "initdb",
            [
                $"--username={_superuser}", $"--pwfile={_account.Argument(Data)}/../password", "--auth-local=trust",
                "--auth-host=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync", "-D",
            ]);
        var (port, socket) = (_port.ToString(CultureInfo.InvariantCulture), _account.Argument(Data));
        await RunAsync(
            "pg_ctl",
            [
                "start", "--wait", $"--log={_account.Argument(Data)}/log",
                $"--options=-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={socket} -c fsync=off",
                "-D",
            ]);
        _isRunning = true;
        await using var database = NpgsqlDataSource.Create(Reach(_superuser, OwnerPassword, "postgres"));
        await using var command = database.CreateCommand("create database messaging");
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private async Task RunAsync(string program, string[] arguments)
    {
        var (code, said) = await ServerAccount.RunAsync(
            _account.Command(Data, _binaries[program], [.. arguments, _account.Argument(Data)]), Cancellation);
        code.ShouldBe(0, said);
    }

    [GeneratedRegex(@"(?m)^ *- \./(?<file>\S+):/docker-entrypoint-initdb\.d/")]
    private static partial Regex Mounted();
}
