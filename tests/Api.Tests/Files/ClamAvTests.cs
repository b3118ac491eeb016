using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Messaging.Api.Files.Scanning;
using Messaging.TestSupport;
using Messaging.TestSupport.Product;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Files;

/// <summary>
/// Files are scanned by ClamAV's daemon as Debian has it, with one signature: that of EICAR's test file, which every
/// scanner finds and which does nothing.
/// </summary>
public sealed class ClamAvTests : IAsyncLifetime
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(90);

    private const string Program = "/usr/sbin/clamd";
    private const string Name = "Eicar-Test-Signature";

    // In two parts, so that no scanner takes this file for it.
    private static readonly string s_eicar = string.Concat(
        "X5O!P%@AP[4\\PZX54(P^)7CC)7}", "$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*");

    private readonly TempDirectory _directory = new();
    private readonly int _port = Ports.Free();
    private Process? _clamd;
    private RunningProduct? _product;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string SocketPath => Path.Combine(_directory.Path, "clamd.sock");

    public ValueTask InitializeAsync()
    {
        Assert.SkipUnless(
            File.Exists(Program),
            "ClamAV's daemon is not installed (Debian: clamav-daemon); ./dev test installs it where it may.");
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        if (_product is not null) await _product.DisposeAsync();
        await StopClamAsync();
        _directory.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_it_finds_nobody_gets_and_the_office_hears_what_it_was(bool byUnixSocket)
    {
        await StartClamAsync();
        var (dieter, anna) = await StartAsync(byUnixSocket ? SocketPath : $"127.0.0.1:{_port}");
        var bad = await UploadAsync(dieter, "Rechnung.txt", Encoding.ASCII.GetBytes(s_eicar));
        var good = await UploadAsync(dieter, "Beleg.txt", "Nur Text"u8.ToArray());
        (await StateAsync(dieter, bad)).ShouldBe("""{"quarantined":true,"awaitsScan":false}""");
        (await StateAsync(dieter, good)).ShouldBe("""{"quarantined":false,"awaitsScan":false}""");
        (await GetAsync(dieter, bad)).ShouldBe(HttpStatusCode.Forbidden);
        (await GetAsync(dieter, good)).ShouldBe(HttpStatusCode.OK);

        // Whoever reads the comment sees that there was something, and does not get it either.
        await AttachAsync(dieter, bad, good);
        (await StateAsync(anna, bad)).ShouldBe("""{"quarantined":true,"awaitsScan":false}""");
        (await GetAsync(anna, bad)).ShouldBe(HttpStatusCode.Forbidden);
        (await GetAsync(anna, good)).ShouldBe(HttpStatusCode.OK);
        (
            await anna.QueryAsync(
                "query($id: ID!) { node(id: $id) { ... on File { quarantineReason } } }", new { id = bad })
        )
            .At("node.quarantineReason")
            .ShouldContain(Name);
    }

    [Fact]
    public async Task While_it_is_away_files_are_taken_in_and_wait()
    {
        var (dieter, anna) = await StartAsync($"127.0.0.1:{_port}");
        var bad = await UploadAsync(dieter, "Rechnung.txt", Encoding.ASCII.GetBytes(s_eicar));
        var good = await UploadAsync(dieter, "Beleg.txt", "Nur Text"u8.ToArray());
        await AttachAsync(dieter, bad, good);
        foreach (var file in (string[])[bad, good])
        {
            (await StateAsync(anna, file)).ShouldBe("""{"quarantined":false,"awaitsScan":true}""");
            (await GetAsync(anna, file)).ShouldBe(HttpStatusCode.ServiceUnavailable);
        }

        await StartClamAsync();
        await ExecuteAsync("update messaging.uploads set scan_due_at = now() where scan_due_at is not null");
        await Waiting.UntilAsync(
            async () => await StateAsync(anna, good) == """{"quarantined":false,"awaitsScan":false}""",
            s_longest
        );
        await Waiting.UntilAsync(
            async () => await StateAsync(anna, bad) == """{"quarantined":true,"awaitsScan":false}""",
            s_longest
        );
        (await GetAsync(anna, good)).ShouldBe(HttpStatusCode.OK);
        (await GetAsync(anna, bad)).ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task What_is_larger_than_it_takes_is_nothing_that_was_scanned()
    {
        await StartClamAsync();
        var scanner = new ClamAvScanner(new ScannerOptions("127.0.0.1", _port, null, TimeSpan.FromSeconds(20), null));
        (await scanner.ScanAsync(new MemoryStream(new byte[900_000]), Cancellation)).ShouldBeNull();
        (await scanner.ScanAsync(new MemoryStream([]), Cancellation)).ShouldBeNull();
        (
            await Should.ThrowAsync<Application.Files.ScannerUnavailableException>(
                scanner.ScanAsync(new MemoryStream(new byte[5_000_000]), Cancellation))
        ).Message.ShouldContain("StreamMaxLength");
    }

    private async Task StartClamAsync()
    {
        var signatures = Directory.CreateDirectory(Path.Combine(_directory.Path, "db")).FullName;
        await File.WriteAllTextAsync(
            Path.Combine(signatures, "test.ndb"),
            $"{Name}:0:*:{Convert.ToHexStringLower(Encoding.ASCII.GetBytes(s_eicar))}\n", Cancellation);
        var settings = Path.Combine(_directory.Path, "clamd.conf");
        await File.WriteAllTextAsync(
            settings,
            $"""
            Foreground yes
            DatabaseDirectory {signatures}
            TemporaryDirectory {_directory.Path}
            TCPSocket {_port}
            TCPAddr 127.0.0.1
            LocalSocket {SocketPath}
            StreamMaxLength 1M
            MaxThreads 2

            """,
            Cancellation);
        var start = new ProcessStartInfo(Program, ["--config-file", settings])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _clamd = Process.Start(start)!;
        _clamd.OutputDataReceived += (_, _) => { };
        _clamd.ErrorDataReceived += (_, _) => { };
        _clamd.BeginOutputReadLine();
        _clamd.BeginErrorReadLine();
        await Waiting.UntilAsync(() =>
        {
            _clamd.HasExited.ShouldBeFalse("clamd does not start.");
            using var client = new TcpClient();
            try
            {
                client.Connect(IPAddress.Loopback, _port);
                return Task.FromResult(true);
            }
            catch (SocketException)
            {
                return Task.FromResult(false);
            }
        }, s_longest);
    }

    private async Task StopClamAsync()
    {
        if (_clamd is null) return;
        if (!_clamd.HasExited) _clamd.Kill();
        await _clamd.WaitForExitAsync(CancellationToken.None);
        _clamd.Dispose();
    }

    private async Task<(GraphQLClient Dieter, GraphQLClient Anna)> StartAsync(string address)
    {
        _product = await RunningProduct.StartAsync(settings: new() { ["Messaging:Files:Scanner:Address"] = address });
        return (await _product.SignInAsync("dieter.krause@baeckerei-krause.example"),
            await _product.SignInAsync("anna.sommer@kanzlei-sommer.example"));
    }

    private static async Task<string> UploadAsync(GraphQLClient who, string name, byte[] content) =>
        (await who.UploadAsync(name, "text/plain", content)).Data.At("uploadFile.file.id");

    private static async Task<string> StateAsync(GraphQLClient who, string file) =>
        (
            await who.QueryAsync(
                "query($id: ID!) { node(id: $id) { ... on File { quarantined awaitsScan } } }", new { id = file })
        )["node"]!.ToJsonString();

    private static async Task<HttpStatusCode> GetAsync(GraphQLClient who, string file)
    {
        using var response = await who.GetAsync($"/files/{file}");
        return response.StatusCode;
    }

    private static async Task AttachAsync(GraphQLClient who, params string[] files)
    {
        var conversation = (await who.QueryAsync("{ conversations(first: 1) { nodes { id } } }")).At(
            "conversations.nodes.0.id");
        (
            await who.QueryAsync(
                "mutation($input: AddCommentInput!) { addComment(input: $input) { errors { code } } }",
                new
                {
                    input = new
                    {
                        conversationId = conversation,
                        body = "",
                        fileIds = files,
                    },
                }
            )
        ).At("addComment.errors").ShouldBe("[]");
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var database = NpgsqlDataSource.Create(_product!.ConnectionString);
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
