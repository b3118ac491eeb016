using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Messaging.Faults.Load;
using Messaging.TestSupport.Product;

namespace Messaging.Faults.Campaigns;

/// <summary>What clients do: too much at once, too slowly, half.</summary>
internal static class ClientFaults
{
    public static IReadOnlyList<Campaign> All { get; } =
    [
        new("same-command", "one command 50 times at once", true, SameCommandAsync),
        new("slow-uploads", "200 uploads at a byte a second, uploads cut off, downloads not taken", false, SlowUploadsAsync),
    ];

    private static async Task SameCommandAsync(Trial trial)
    {
        await trial.StartPostgresAsync();
        await trial.StartNodeAsync();
        await trial.StartClientsAsync(Behaviour.Busy with { Count = 4 });
        var anna = await trial.Node.SignInAsync("anna.sommer@kanzlei-sommer.example");
        var conversation = trial.Ledger.Asked.First(p => p is { Kind: PromiseKind.Conversation, IsAcknowledged: true }).Id;
        for (var i = trial.Times(20, 3); i > 0; i--)
        {
            var promise = new Promise(PromiseKind.Comment, Guid.CreateVersion7(), conversation, $"Fünfzigmal {i}");
            trial.Ledger.Ask(promise);
            var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => anna.SendAsync(
                "mutation($input: AddCommentInput!) { addComment(input: $input) { comment { id } errors { code } } }",
                new { input = new { id = promise.Id, conversationId = conversation, body = promise.Body, visibility = "INTERNAL" } })));
            trial.Outcome.Times++;
            foreach (var answer in answers)
            {
                if (answer.Body.At("data.addComment.comment.id") == promise.Id.ToString()) trial.Ledger.Acknowledge(promise);
                else trial.Outcome.Broken.Add($"One of fifty was answered {answer.Status}: {answer.Body.ToJsonString()}");
            }
        }

        await trial.CompareAsync();
    }

    private static async Task SlowUploadsAsync(Trial trial)
    {
        await trial.StartPostgresAsync();
        await trial.StartNodeAsync();
        await trial.StartClientsAsync(Behaviour.Busy with { Count = 6 });
        var before = Memory(trial.Node);
        var slow = Enumerable.Range(0, trial.Times(200, 40)).Select(_ => SlowUpload.Start(trial.Node, TimeSpan.FromSeconds(1))).ToList();
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < trial.Long(60, 35)) await trial.Clients.UntilNextAcknowledgementAsync(TimeSpan.FromSeconds(20));
        var grown = Memory(trial.Node) - before;
        trial.Outcome.Times = slow.Count;
        trial.Outcome.Notes.Add($"{slow.Count(upload => upload.IsOver)} of {slow.Count} were cut within {clock.Elapsed.TotalSeconds:0} s");
        trial.Outcome.Notes.Add($"memory grew by {grown} MiB");
        trial.Outcome.Notes.Add($"longest stall of the others {trial.Clients.LongestStall.TotalSeconds:0.0} s");

        // The others are cut here, in the middle.
        foreach (var upload in slow) upload.Dispose();
        await Task.Delay(TimeSpan.FromSeconds(3));
        var staging = Path.Combine(trial.Node.DataDirectory, "files", "staging");
        if (Directory.EnumerateFiles(staging).Count() is var left and > 0) trial.Outcome.Broken.Add($"{left} half files stay in staging");
        await trial.CompareAsync();
    }

    private static long Memory(ProductProcess node)
    {
        using var process = Process.GetProcessById(node.ProcessId);
        return process.WorkingSet64 / 1024 / 1024;
    }
}

/// <summary>An upload whose bytes come one at a time.</summary>
internal sealed class SlowUpload : IDisposable
{
    private readonly CancellationTokenSource _ended = new();
    private readonly TcpClient _client = new();
    private readonly Task _sending;

    private SlowUpload(string address, string token, TimeSpan perByte) => _sending = Task.Run(() => SendAsync(new Uri(address), token, perByte));

    /// <summary>Whether the product has ended it.</summary>
    public bool IsOver => _sending.IsCompleted;

    /// <summary>Begins one.</summary>
    public static SlowUpload Start(ProductProcess node, TimeSpan perByte)
    {
        var token = GraphQLClient.SignInAsync(node.Http, "bernd.winter@kanzlei-sommer.example", "messaging-demo").GetAwaiter().GetResult().Token!;
        return new SlowUpload(node.Address, token, perByte);
    }

    public void Dispose()
    {
        _ended.Cancel();
        _client.Dispose();
        _ended.Dispose();
    }

    private async Task SendAsync(Uri address, string token, TimeSpan perByte)
    {
        const string Operations = """{"query":"mutation($file: Upload!) { uploadFile(input: { file: $file }) { file { id } errors { code } } }","variables":{"file":null}}""";
        var body = "--b\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n" + Operations
            + "\r\n--b\r\nContent-Disposition: form-data; name=\"map\"\r\n\r\n{\"0\":[\"variables.file\"]}"
            + "\r\n--b\r\nContent-Disposition: form-data; name=\"0\"; filename=\"langsam.txt\"\r\nContent-Type: text/plain\r\n\r\n";
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"POST /graphql HTTP/1.1\r\nHost: {address.Authority}\r\nAuthorization: Bearer {token}\r\nGraphQL-Preflight: 1\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: {body.Length + 100_000}\r\n\r\n");
        try
        {
            await _client.ConnectAsync(IPAddress.Loopback, address.Port, _ended.Token);
            var stream = _client.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes(head + body), _ended.Token);
            var closed = stream.ReadAsync(new byte[1], _ended.Token).AsTask();
            while (!closed.IsCompleted)
            {
                await stream.WriteAsync("x"u8.ToArray(), _ended.Token);
                await Task.WhenAny(closed, Task.Delay(perByte, _ended.Token));
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // It is over.
        }
    }
}
