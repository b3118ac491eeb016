using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Messaging.Api.GraphQL.Transport;
using Messaging.TestSupport;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Transport;

/// <summary>
/// What an answer weighs is bounded: in bytes, in memory while it is made, and in the time that it takes to be taken.
/// </summary>
[Collection("Memory")]
public sealed class AnswerBytesTests
{
    private const string TooLarge = "The answer is larger than 10000 bytes. Ask for less at once.";

    [Theory]
    [InlineData("application/graphql-response+json", 400)]
    [InlineData("application/json", 200)]
    public async Task An_answer_that_is_too_large_is_refused_whole(string accept, int status)
    {
        await using var server = await ToyServer.StartAsync(("MaxAnswerBytes", "10000"));
        (await server.PostAsync("{ text(of: \"ä\", times: 4900) }"))
            .Data.GetProperty("text")
            .GetString()!
            .Length.ShouldBe(4900);
        foreach (
            var query in (string[])
                [
                    "{ text(of: \"ä\", times: 5000) }",
                    "{ hello a: text(of: \"x\", times: 5000) b: text(of: \"x\", times: 5000) }",
                    "{ text(of: \"\\n\", times: 5000) }", "{ text(of: \"x\", times: 1000000) }"
                ]
        )
        {
            var answer = await server.PostJsonAsync(JsonSerializer.Serialize(new { query }), accept);
            (answer.Status, answer.Code, answer.Message, answer.HasData).ShouldBe(
                (status, "QUERY_TOO_COMPLEX", TooLarge, false));
            answer.Errors.GetArrayLength().ShouldBe(1);
        }

        server.Capacity.Memory.Taken.ShouldBe(0);
        server.Log.Lines.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_answers_to_a_batch_count_together()
    {
        await using var server = await ToyServer.StartAsync(("MaxAnswerBytes", "10000"));
        const string Part = """{"query":"{ text(of: \"x\", times: 4000) }"}""";
        var answer = await server.PostJsonAsync(
            $$"""[{{Part}}, {{Part}}, {{Part}}, {"query":"{ hello }"}, """
                + $$"""{"query":"mutation { write(of: \"m\", times: 1) }"}]"""
        );
        answer.Status.ShouldBe(200);
        var answers = answer.Json.EnumerateArray().ToList();
        answers.Count.ShouldBe(5);
        answers[..2].ShouldAllBe(a => a.GetProperty("data").GetProperty("text").GetString()!.Length == 4000);
        foreach (var refused in answers[2..])
            refused
                .GetRawText()
                .ShouldBe($$$"""{"errors":[{"message":"{{{TooLarge}}}","extensions":{"code":"QUERY_TOO_COMPLEX"}}]}""");

        // What was refused before it began has changed nothing.
        server.Library.Mutations.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_mutation_whose_answer_is_too_large_says_that_it_ran()
    {
        await using var server = await ToyServer.StartAsync(("MaxAnswerBytes", "10000"));
        var answer = await server.PostAsync("mutation { write(of: \"m\", times: 20000) }");
        (answer.Status, answer.Code, answer.Data.ValueKind).ShouldBe((200, "QUERY_TOO_COMPLEX", JsonValueKind.Null));
        server.Library.Mutations.ShouldBe(["m"]);
    }

    [Fact]
    public async Task What_is_resolved_counts_and_not_only_what_is_written()
    {
        // The tree of a field takes more than "id":"1".
        await using var server = await ToyServer.StartAsync(("MaxAnswerBytes", "50000"));
        (await server.PostAsync("{ books(first: 100) { nodes { id } } }")).Status.ShouldBe(200);
        var answer = await server.PostAsync("{ books(first: 100) { nodes { a: id b: id c: id d: id e: id f: id } } }");
        (answer.Status, answer.Code, answer.Message).ShouldBe(
            (
                400, "QUERY_TOO_COMPLEX",
                "What is read for the answer takes more than 100000 bytes. Ask for less at once.")
        );
        server.Log.Lines.ShouldBeEmpty();
    }

    [Fact]
    public async Task Answers_under_way_take_no_more_memory_together_than_they_may()
    {
        // A viewer has a quarter, or what one answer may take: 48 MiB; an organisation half. What the machine keeps of
        // an answer is not ours.
        await using var server = await ToyServer.StartAsync(
            ("MaxBytesUnderWay", $"{128 << 20}"), ("SendTimeout", "00:10:00"));
        const string Large = "{ text(of: \"x\", times: 15000000) }";
        var held = new List<SlowReader>();
        try
        {
            while (held.Count < 20 && server.Capacity.Memory.Taken < 34 << 20)
                held.Add(await SlowReader.AskAsync(server, Large));
            server.Capacity.Memory.Taken.ShouldBeInRange(34 << 20, 48 << 20);
            var refused = await server.PostAsync(Large);
            (refused.Status, refused.Code, refused.HasData).ShouldBe((429, "RATE_LIMITED", false));
            refused.Response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(1));

            // Somebody else is not refused for it, and a small answer to nobody.
            (
                await server.PostJsonAsync(JsonSerializer.Serialize(new { query = Large }), token: "anna")
            ).Status.ShouldBe(200);
            (await server.PostAsync("{ hello }")).Status.ShouldBe(200);
        }
        finally
        {
            foreach (var reader in held) reader.Dispose();
        }

        await Waiting.UntilAsync(() => server.Capacity.Memory.Taken == 0);
    }

    [Fact]
    public void Who_is_refused_for_memory_is_told_to_come_again()
    {
        var capacity = new Capacity(new GraphQLOptions { MaxBytesUnderWay = 8 << 20, MaxAnswerBytes = 4 << 20 });
        var (anna, bernd, eva) = (new Asker("sommer", "anna"), new Asker("sommer", "bernd"), new Asker("nord", "eva"));
        var one = capacity.Claim(anna);
        one.Spend(3 << 20);
        var two = capacity.Claim(anna);
        Should.Throw<RefusedClaimException>(() => two.Spend(2 << 20)).Error.ShouldSatisfyAllConditions(
            e => e.Code.ShouldBe("RATE_LIMITED"), e => e.RetryAfter.ShouldBe(1));
        two.Refusal.ShouldNotBeNull();

        // Half is the organisation's.
        Should.Throw<RefusedClaimException>(() => capacity.Claim(bernd).Spend(2 << 20));
        var three = capacity.Claim(eva);
        three.Spend(3 << 20);
        three.Spend(1 << 19);
        one.Dispose();
        one.Dispose();
        capacity.Claim(bernd).Spend(2 << 20);

        // What a statement reads that ends after its operation counts for nobody.
        Should.Throw<RefusedClaimException>(() => one.Spend(1 << 20));
        three.Dispose();
        two.Dispose();
        capacity.Memory.Taken.ShouldBeInRange(2 << 20, (2 << 20) + (256 << 10));
    }

    [Fact]
    public async Task Who_takes_nothing_is_let_go_and_holds_nothing()
    {
        await using var server = await ToyServer.StartAsync(
            ("SendTimeout", "00:00:01"), ("MaxBytesUnderWay", $"{256 << 20}"));
        using var reader = await SlowReader.AskAsync(server, "{ text(of: \"x\", times: 15000000) }");
        await Waiting.UntilAsync(() => server.Capacity.Memory.Taken > 4 << 20);
        await Waiting.UntilAsync(() => server.Capacity.Memory.Taken == 0);
        (await reader.ReadToEndAsync()).ShouldBeLessThan(15_000_000);
        server.Log.Lines.ShouldBeEmpty();
    }

    [Fact]
    public async Task Who_reads_slowly_gets_all_of_it()
    {
        // Longer in all than one piece may take.
        await using var server = await ToyServer.StartAsync(("SendTimeout", "00:00:02"));
        using var reader = await SlowReader.AskAsync(server, "{ text(of: \"x\", times: 12000000) }", 64 * 1024);
        (await reader.ReadToEndAsync(pause: TimeSpan.FromMilliseconds(10), each: 32 * 1024)).ShouldBeGreaterThan(
            12_000_000);
    }

    [Fact]
    public void A_request_that_arrives_counts_too()
    {
        var capacity = new Capacity(new GraphQLOptions { MaxBytesUnderWay = 8 << 20, MaxAnswerBytes = 1 << 20 });
        var claims = Enumerable.Range(0, 10).Select(_ => capacity.Claim(new Asker("", "network"))).ToList();
        Should.Throw<RefusedClaimException>(() => claims.ForEach(c => c.Receive(1 << 20)));
        claims.ForEach(c => c.Dispose());
        capacity.Memory.Taken.ShouldBe(0);
    }

    [Fact]
    public void Texts_are_written_as_they_are_but_for_what_JSON_wants_escaped()
    {
        var random = new Random(20261127);
        string[] pieces =
        [
            "x", "ä", "€", "\U0001F600", "👩‍👩‍👧‍👦", "\n", "\r", "\t", "\b", "\f", "\u0000", "\u001f", "\u007f",
            "\u2028", "\"", "\\", "/", "<", "\uE000", "\uFFFD", "\U0010FFFF"
        ];
        foreach (var length in (int[])[0, 1, 2, 3, 17, 4094, 4095, 4096, 4097, 4098, 8193, 40_000])
        {
            for (var i = 0; i < 20; i++)
            {
                // Plain for long, or with something to escape everywhere.
                var some = i % 2 == 0 ? pieces[..5] : pieces;
                var text = new StringBuilder();
                while (text.Length < length) text.Append(some[random.Next(some.Length)]);
                var json = Written(text.ToString());
                JsonElement.Parse(json).GetProperty("data").GetString().ShouldBe(text.ToString());
                var escapes = text.ToString()
                    .Sum(c =>
                        c is '"' or '\\' or '\n' or '\r' or '\t' or '\b' or '\f' ? 1
                        : c < ' ' ? 5
                        : 0
                    );
                json.Length.ShouldBe("""{"data":""}""".Length + Encoding.UTF8.GetByteCount(text.ToString()) + escapes);
            }
        }

        // Half a character is no text.
        foreach (var (half, written) in new Dictionary<string, string>
        {
            ["a\ud83db"] = "a\uFFFDb",
            ["\ude00"] = "\uFFFD",
            ["\ud83d"] = "\uFFFD",
            ["\ude00\ud83d"] = "\uFFFD\uFFFD",
            ["\ud83d\ud83d\ude00\n"] = "\uFFFD\U0001F600\n",
        }) JsonElement.Parse(Written(half)).GetProperty("data").GetString().ShouldBe(written);

        // So are those of JSON in answers, and of errors.
        var stored = JsonElement.Parse("""{"body":"a\n\"\uD83D\uDE00\u0001"}""");
        Encoding.UTF8.GetString(Written(stored)).ShouldBe("{\"data\":{\"body\":\"a\\n\\\"\U0001F600\\u0001\"}}");
    }

    [Fact]
    public void An_encoder_says_when_there_is_no_room()
    {
        var output = new char[7];
        JsonText
            .Instance.Encode("abc\U0001F600\n\n", output.AsSpan(0, 4), out var read, out var written)
            .ShouldBe(OperationStatus.DestinationTooSmall);
        (read, written, new string(output, 0, written)).ShouldBe((3, 3, "abc"));
        JsonText
            .Instance.Encode("abc\U0001F600\n\n", output, out read, out written)
            .ShouldBe(OperationStatus.DestinationTooSmall);
        (read, written, new string(output, 0, written)).ShouldBe((6, 7, "abc\U0001F600\\n"));
        JsonText
            .Instance.Encode("ab\ud83d", output, out read, out written, isFinalBlock: false)
            .ShouldBe(OperationStatus.NeedMoreData);
        (read, written).ShouldBe((2, 2));
    }

    private static byte[] Written(object data)
    {
        using var buffer = new AnswerBuffer(claim: null);
        new ResponseWriter(new GraphQLOptions()).Write(buffer, new Answer(true, data, []));
        using var bytes = new MemoryStream();
        buffer.SendAsync((piece, _) => bytes.WriteAsync(piece)).AsTask().GetAwaiter().GetResult();
        bytes.Length.ShouldBe(buffer.Length);
        return bytes.ToArray();
    }

    /// <summary>A client that asks and then reads as slowly as it likes. Its machine keeps little for it.</summary>
    private sealed class SlowReader(Socket socket) : IDisposable
    {
        public static async Task<SlowReader> AskAsync(ToyServer server, string query, int receiveBuffer = 4096)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = receiveBuffer };
            await socket.ConnectAsync(IPAddress.Loopback, server.Address.Port);
            var body = JsonSerializer.Serialize(new { query });
            await socket.SendAsync(
                Encoding.ASCII.GetBytes(
                    $"POST /graphql HTTP/1.1\r\nHost: {server.Address.Authority}\r\nConnection: close\r\n"
                        + $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"
                )
            );
            await socket.ReceiveAsync(new byte[1]);
            return new SlowReader(socket);
        }

        /// <summary>How many bytes there are until the connection ends.</summary>
        public async Task<long> ReadToEndAsync(TimeSpan pause = default, int each = 256 * 1024)
        {
            var (total, buffer) = (0L, new byte[each]);
            using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(2));
            try
            {
                while (await socket.ReceiveAsync(buffer, timeout.Token) is > 0 and var read)
                {
                    total += read;
                    if (pause > TimeSpan.Zero) await Task.Delay(pause);
                }
            }
            catch (SocketException)
            {
                // Cut.
            }

            return total;
        }

        public void Dispose() => socket.Dispose();
    }
}
