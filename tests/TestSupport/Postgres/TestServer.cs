using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Messaging.Api.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Testcontainers.PostgreSql;

namespace Messaging.TestSupport.Postgres;

/// <summary>
/// The PostgreSQL server of this test process: the one that is named, else a container, else the product's own embedded
/// one.
/// </summary>
internal static class TestServer
{
    private const string Variable = "MESSAGING_TEST_POSTGRES";
    private const string Image =
        "postgres:17.11@sha256:d74eeac9a635390a49bc21bd49fccd973de707e2a53a76ac49b552b8712ec46f";
    private const string DirectoryPrefix = "messaging-test-postgres-";
    private const string InMemory = "/dev/shm";
    private const long LeastInMemory = 6L << 30;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);
    private static readonly Lazy<Task<string>> s_shared = new(StartAsync);

    /// <summary>Reaches it as somebody who may create databases.</summary>
    public static Task<string> ConnectionString => s_shared.Value;

    private static async Task<string> StartAsync()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named) return named;
        if (await DockerAnswersAsync())
        {
            try
            {
                return await StartContainerAsync();
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // An engine that can start nothing (no image, no network) is as good as none.
                Console.Error.WriteLine(
                    $"Docker could not start PostgreSQL, so the tests use an embedded one: {e.Message}");
            }
        }
        return await StartEmbeddedAsync();
    }

    /// <summary>Whether an engine is there and says so at once; a hanging one would hold up every test.</summary>
    private static async Task<bool> DockerAnswersAsync()
    {
        var host = Environment.GetEnvironmentVariable("DOCKER_HOST");
        var path =
            host is null ? "/var/run/docker.sock"
            : host.StartsWith("unix://", StringComparison.Ordinal) ? host["unix://".Length..]
            : null;
        // Reached over the network: whoever set that wants it used.
        if (path is null) return true;
        if (!File.Exists(path)) return false;
        try
        {
            using var limit = new CancellationTokenSource(s_patience);
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), limit.Token);
            await socket.SendAsync(Encoding.ASCII.GetBytes("GET /_ping HTTP/1.0\r\n\r\n"), limit.Token);
            var answer = new byte[64];
            var length = await socket.ReceiveAsync(answer, limit.Token);
            return Encoding.ASCII.GetString(answer, 0, length).Contains(" 200 ", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return false;
        }
    }

    private static async Task<string> StartContainerAsync()
    {
        // Testcontainers' own reaper removes it, however this process ends.
        var container = new PostgreSqlBuilder(Image)
            .WithCommand(
                "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c",
                "max_connections=200")
            .Build();
        await container.StartAsync();
        return container.GetConnectionString();
    }

    private static async Task<string> StartEmbeddedAsync()
    {
        RemoveLeftovers();
        var directory = Path.Combine(
            Place(), DirectoryPrefix + Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        var server = await EmbeddedPostgres.StartAsync(
            new EmbeddedPostgresOptions(directory)
            {
                Durable = false,
                MayCreateDatabases = true,
                MayCreateRoles = true,
            },
            NullLogger.Instance, CancellationToken.None);
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            // Nothing of it is kept; pooled connections would only be told so.
            NpgsqlConnection.ClearAllPools();
            server.DisposeAsync().AsTask().GetAwaiter().GetResult();
            Directory.Delete(directory, recursive: true);
        };
        return server.ConnectionString;
    }

    /// <summary>
    /// In memory where there is room: each database is 1,600 files, which a file system on a disk takes longer to make
    /// and to remove than a test needs for itself.
    /// </summary>
    private static string Place() =>
        Directory.Exists(InMemory) && new DriveInfo(InMemory).AvailableFreeSpace >= LeastInMemory
            ? InMemory : Path.GetTempPath();

    /// <summary>Servers end with their process even when it is killed; their directories stay.</summary>
    private static void RemoveLeftovers()
    {
        string[] places = [Path.GetTempPath(), InMemory];
        var directories = places.Where(Directory.Exists)
            .SelectMany(place => Directory.EnumerateDirectories(place, DirectoryPrefix + "*"));
        foreach (var directory in directories)
        {
            if (
                !int.TryParse(
                    Path.GetFileName(directory)[DirectoryPrefix.Length..], NumberStyles.None,
                    CultureInfo.InvariantCulture, out var process)
            )
                continue;
            try
            {
                Process.GetProcessById(process).Dispose();
            }
            catch (ArgumentException)
            {
                try
                {
                    Directory.Delete(directory, recursive: true);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    // Another test process is removing it, or it is another user's.
                }
            }
        }
    }
}
