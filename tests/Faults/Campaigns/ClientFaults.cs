using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Messaging.Faults.Load;
using Messaging.TestSupport.Product;

namespace Messaging.Faults.Campaigns;

/// <summary>What clients do: too much at once, too slowly, half.</summary>
internal static class ClientFaults
{
    public static IReadOnlyList<Campaign> All { get; } =
    [
        new("same-command", "one command 50 times at once", SameCommandAsync),
        new("repeated-commands", "old commands repeated without end, beside others", RepeatedCommandsAsync),
        new("slow-uploads", "200 uploads at a byte a second, then cut off", SlowUploadsAsync),
        new("slow-downloads", "200 downloads that nobody reads, then cut off", SlowDownloadsAsync),
    ];

    private static async Task SameCommandAsync(Trial trial)
    {
        await trial.StartPostgresAsync();
        await trial.StartNodeAsync();
        await trial.StartClientsAsync(Behaviour.Busy with { Count = 4 });
        var anna = await trial.Node.SignInAsync("anna.sommer@kanzlei-sommer.example");
        var conversation = trial
            .Ledger.Asked.First(p => p is { Kind: PromiseKind.Conversation, IsAcknowledged: true })
            .Id;
        foreach (var round in trial.Rounds(20, 3))
        {
            var promise = new Promise(PromiseKind.Comment, Guid.CreateVersion7(), conversation, $"Fünfzigmal {round}");
            trial.Ledger.Ask(promise);
            var answers = await Task.WhenAll(
                Enumerable
                    .Range(0, 50)
                    .Select(_ =>
                        anna.SendAsync(
                            "mutation($input: AddCommentInput!) { addComment(input: $input) { comment { id } "
                                + "errors { code } } }",
                            new
                            {
                                input = new
                                {
                                    id = promise.Id,
                                    conversationId = conversation,
                                    body = promise.Body,
                                    visibility = "INTERNAL",
                                },
                            }
                        )
                    )
            );
            trial.Outcome.Times++;
            foreach (var answer in answers)
            {
                if (answer.Body.At("data.addComment.comment.id") == promise.Id.ToString())
                    trial.Ledger.Acknowledge(promise);
                else
                    trial.Outcome.Broken.Add(
                        $"One of fifty was answered {answer.Status}: {answer.Body.ToJsonString()}");
            }
        }

        await trial.CompareAsync();
    }

    // What is repeated takes numbers of the log that become no events: nobody's mails may wait for those.
    private static async Task RepeatedCommandsAsync(Trial trial)
    {
        await trial.StartPostgresAsync();
        await trial.StartNodeAsync();
        await trial.StartClientsAsync(Behaviour.Busy with { Count = 6, Public = 60 });
        var anna = await trial.Node.SignInAsync("anna.sommer@kanzlei-sommer.example");
        var old = trial.Ledger.Asked.First(p => p is { Kind: PromiseKind.Conversation, IsAcknowledged: true }).Id;
        var input = new
        {
            id = Guid.CreateVersion7(),
            conversationId = old,
            body = "Immer wieder",
            visibility = "INTERNAL",
        };
        trial.Ledger.Ask(new Promise(PromiseKind.Comment, input.id, old, input.body));
        var clock = Stopwatch.StartNew();
        var latest = TimeSpan.Zero;
        while (clock.Elapsed < (trial.Longest ?? trial.Long(60, 8)))
        {
            for (var i = 0; i < 20; i++)
            {
                await anna.QueryAsync(
                    "mutation($input: AddCommentInput!) { addComment(input: $input) { comment { id } } }",
                    new { input });
                trial.Outcome.Times++;
            }

            var began = Stopwatch.StartNew();
            await trial.PlannedAsync(TimeSpan.FromSeconds(30));
            if (began.Elapsed > latest) latest = began.Elapsed;
        }

        trial.Ledger.Acknowledge(trial.Ledger.Asked.First(p => p.Id == input.id));
        trial.Outcome.Recovered(latest, TimeSpan.FromSeconds(2), "What was written meanwhile was planned");
        await trial.CompareAsync();
    }

    private static async Task SlowUploadsAsync(Trial trial)
    {
        await trial.StartPostgresAsync();
        await trial.StartNodeAsync();
        await trial.StartClientsAsync(Behaviour.Busy with { Count = 6 });
        var before = trial.Node.Memory;
        var slow = Enumerable
            .Range(0, trial.Number(200, 40))
            .Select(_ => SlowUpload.Start(trial.Node, TimeSpan.FromSeconds(1)))
            .ToList();
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < (trial.Longest ?? trial.Long(60, 35)))
            await trial.Clients.UntilNextAcknowledgementAsync(TimeSpan.FromSeconds(20));
        var grown = (trial.Node.Memory - before) / 1024 / 1024;
        trial.Outcome.Times = slow.Count;
        trial.Outcome.Notes.Add(
            $"{slow.Count(upload => upload.IsOver)} of {slow.Count} were cut within {clock.Elapsed.TotalSeconds:0} s");
        trial.Outcome.Notes.Add($"memory grew by {grown} MiB");
        trial.Outcome.Notes.Add($"longest stall of the others {trial.Clients.LongestStall.TotalSeconds:0.0} s");

        // The others are cut here, in the middle.
        foreach (var upload in slow) upload.Dispose();
        await Task.Delay(TimeSpan.FromSeconds(3));
        var staging = Path.Combine(trial.Node.DataDirectory, "files", "staging");
        if (Directory.EnumerateFiles(staging).Count() is var left and > 0)
            trial.Outcome.Broken.Add($"{left} half files stay in staging");
        await trial.CompareAsync();
    }

    private static async Task SlowDownloadsAsync(Trial trial)
    {
        await trial.StartPostgresAsync();
        await trial.StartNodeAsync();
        await trial.StartClientsAsync(Behaviour.Busy with { Count = 6 });
        var anna = await trial.Node.SignInAsync("anna.sommer@kanzlei-sommer.example");
        var content = new byte[20_000_000];
        trial.Random.NextBytes(content);
        var conversation = trial
            .Ledger.Asked.First(p => p is { Kind: PromiseKind.Conversation, IsAcknowledged: true })
            .Id;
        var fileId = (await anna.UploadAsync("Groß.bin", "application/octet-stream", content)).Data.At(
            "uploadFile.file.id");
        var promise = new Promise(
            PromiseKind.Comment, Guid.CreateVersion7(), conversation, "mit großer Datei",
            Convert.ToHexStringLower(SHA256.HashData(content)));
        trial.Ledger.Ask(promise);
        var comment = await anna.QueryAsync(
            "mutation($input: AddCommentInput!) { addComment(input: $input) { comment { files { url } } errors { "
                + "message } } }",
            new
            {
                input = new
                {
                    id = promise.Id,
                    conversationId = conversation,
                    body = promise.Body,
                    fileIds = new[] { fileId },
                },
            }
        );
        trial.Ledger.Acknowledge(promise);
        var url = new Uri(comment.At("addComment.comment.files.0.url"), UriKind.RelativeOrAbsolute);
        var path = url.IsAbsoluteUri ? url.PathAndQuery : url.OriginalString;
        var before = trial.Node.Memory;
        var slow = new List<HttpResponseMessage>();
        using var http = new HttpClient
        {
            BaseAddress = new Uri(trial.Node.Address),
            Timeout = TimeSpan.FromSeconds(60),
        };
        for (var i = trial.Number(200, 40); i > 0; i--)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path)
            {
                Headers = { Authorization = new("Bearer", anna.Token) },
            };
            var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            if (answer.IsSuccessStatusCode) slow.Add(answer);
            else answer.Dispose();
        }

        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < (trial.Longest ?? trial.Long(60, 8)))
            await trial.Clients.UntilNextAcknowledgementAsync(TimeSpan.FromSeconds(20));
        trial.Outcome.Times = slow.Count;
        trial.Outcome.Notes.Add($"memory grew by {(trial.Node.Memory - before) / 1024 / 1024} MiB");
        trial.Outcome.Notes.Add($"longest stall of the others {trial.Clients.LongestStall.TotalSeconds:0.0} s");
        foreach (var answer in slow) answer.Dispose();

        // Whole all the same for who takes it.
        using var whole = await anna.GetAsync(path);
        if (Convert.ToHexStringLower(SHA256.HashData(await whole.Content.ReadAsByteArrayAsync())) != promise.FileSha256)
            trial.Outcome.Lose("The file is not what was sent");
        await trial.CompareAsync();
    }
}

/// <summary>An upload whose bytes come one at a time.</summary>
internal sealed class SlowUpload : IDisposable
{
    private readonly CancellationTokenSource _ended = new();
    private readonly TcpClient _client = new();
    private readonly Task _sending;

    private SlowUpload(string address, string token, TimeSpan perByte) =>
        _sending = Task.Run(() => SendAsync(new Uri(address), token, perByte));

    /// <summary>Whether the product has ended it.</summary>
    public bool IsOver => _sending.IsCompleted;

    /// <summary>Begins one.</summary>
    public static SlowUpload Start(ProductProcess node, TimeSpan perByte)
    {
        var token = GraphQLClient
            .SignInAsync(node.Http, "bernd.winter@kanzlei-sommer.example", "messaging-demo")
            .GetAwaiter()
            .GetResult()
            .Token!;
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
        const string Operations =
            """{"query":"mutation($file: Upload!) { uploadFile(input: { file: $file }) { file { id } errors { """
                + """code } } }","variables":{"file":null}}""";
        var body =
            "--b\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n"
            + Operations
            + "\r\n--b\r\nContent-Disposition: form-data; name=\"map\"\r\n\r\n{\"0\":[\"variables.file\"]}"
            + "\r\n--b\r\nContent-Disposition: form-data; name=\"0\"; filename=\"langsam.txt\"\r\nContent-Type: "
                + "text/plain\r\n\r\n";
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"POST /graphql HTTP/1.1\r\nHost: {address.Authority}\r\nAuthorization: Bearer {token}\r\n"
                + $"GraphQL-Preflight: 1\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: "
                + $"{body.Length + 100_000}\r\n\r\n"
        );
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
        catch (Exception e)
            when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // It is over.
        }
    }
}
