using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Transport;

public class UploadTests : IAsyncLifetime
{
    private const string One =
        """{"query":"mutation($file: Upload!) { uploadFile(file: $file) }","variables":{"file":null}}""";
    private const string Many =
        """{"query":"mutation($files: [Upload]!) { uploadFiles(files: $files) }","variables":{"files":[null,null]}}""";
    private const string Map = """{"0":["variables.file"]}""";

    private static readonly (string, string)[] s_oneFile = [("0", "hello")];

    private ToyServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await ToyServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_file_reaches_the_mutation_with_its_name_type_and_content()
    {
        var answer = await UploadAsync(One, Map, [("0", "hello")], fileName: "Überweisung \"1\".pdf");

        answer.Status.ShouldBe(200);
        var hash = Convert.ToHexStringLower(SHA256.HashData("hello"u8));
        answer.Data.GetProperty("uploadFile").GetString().ShouldBe($"Überweisung \"1\".pdf application/pdf 5 {hash}");
        _server.KeptFiles.Single().ShouldBe("hello"u8.ToArray());
        NothingIsStaged();
    }

    [Theory]
    // As browsers write them, and as other programs do.
    [InlineData("Angebot %22neu%22.pdf", "Angebot \"neu\".pdf")]
    [InlineData("a%0D%0Ab%0Ac.pdf", "a\r\nb\nc.pdf")]
    [InlineData("100%25 %41 %2522.pdf", "100%25 %41 %2522.pdf")]
    [InlineData(@"C:\fakepath\neu.pdf", @"C:\fakepath\neu.pdf")]
    [InlineData(@"C:\\fakepath\\neu.pdf", @"C:\fakepath\neu.pdf")]
    [InlineData("Angebot \\\"neu\\\".pdf", "Angebot \"neu\".pdf")]
    [InlineData("U\u0308berweisung.pdf", "U\u0308berweisung.pdf")]
    public async Task A_name_arrives_as_it_was_before_it_was_put_between_quotes(string sent, string expected)
    {
        var body = Encoding.UTF8.GetBytes(
            "--b\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n"
                + One
                + "\r\n--b\r\nContent-Disposition: form-data; name=\"map\"\r\n\r\n"
                + Map
                + $"\r\n--b\r\nContent-Disposition: form-data; name=\"0\"; filename=\"{sent}\"\r\nContent-Type: "
                    + $"application/pdf\r\n\r\nhello\r\n--b--\r\n"
        );
        (await SendAsync(body))
            .Data.GetProperty("uploadFile")
            .GetString()!
            .ShouldStartWith($"{expected} application/pdf 5 ");
    }

    [Fact]
    public async Task A_file_for_two_variables_is_each_ones_own()
    {
        const string two =
            """{"query":"mutation($a: Upload!, $b: Upload!) { x: uploadFile(file: $a) y: uploadFile(file: $b) """
                + """}","variables":{"a":null,"b":null}}""";
        var answer = await UploadAsync(two, """{"0":["variables.a","variables.b"]}""", s_oneFile);
        foreach (var field in (string[])["x", "y"])
            answer.Data.GetProperty(field).GetString()!.ShouldStartWith("file.pdf application/pdf 5");
        _server.KeptFiles.ShouldBe(["hello"u8.ToArray(), "hello"u8.ToArray()]);
        NothingIsStaged();

        // Of which one is not wanted.
        var one = await UploadAsync(
            """{"query":"mutation($a: Upload!, $b: Upload!) { x: uploadFile(file: $a, release: true) y: """
                + """uploadFile(file: $b) }","variables":{"a":null,"b":null}}""",
            """{"0":["variables.a","variables.b"]}""", s_oneFile);
        one.Data.GetProperty("x").GetString().ShouldBe("released");
        one.Data.GetProperty("y").GetString()!.ShouldStartWith("file.pdf");
        _server.KeptFiles.Count.ShouldBe(3);
        NothingIsStaged();
    }

    [Fact]
    public async Task A_variable_that_two_fields_use_is_an_error_that_names_its_part()
    {
        var answer = await UploadAsync(
            """{"query":"mutation($file: Upload!) { x: uploadFile(file: $file) y: uploadFile(file: $file) """
                + """}","variables":{"file":null}}""",
            Map,
            s_oneFile
        );
        answer.Code.ShouldBe("BAD_USER_INPUT");
        answer.Message.ShouldContain("'0'");
        NothingIsStaged();
        _server.Log.Lines.ShouldBeEmpty();
    }

    [Fact]
    public async Task Files_go_to_the_places_that_the_map_names()
    {
        var list = await UploadAsync(
            Many,
            """{"a":["variables.files.1"],"b":["variables.files.0"]}""",
            [("a", "1"), ("b", "22")]
        );
        list.Data.GetProperty("uploadFiles").GetString().ShouldBe("file.pdf:2 file.pdf:1");

        var twice = await UploadAsync(Many, """{"a":["variables.files.0","variables.files.1"]}""", [("a", "333")]);
        twice.Data.GetProperty("uploadFiles").GetString().ShouldBe("file.pdf:3 file.pdf:3");

        var batch = await UploadAsync(
            $"[{One},{Many}]",
            """{"a":["0.variables.file"],"b":["1.variables.files.1"]}""",
            [("a", "1"), ("b", "22")]
        );
        batch
            .Json[0]
            .GetProperty("data")
            .GetProperty("uploadFile")
            .GetString()!
            .ShouldStartWith("file.pdf application/pdf 1");
        batch.Json[1].GetProperty("data").GetProperty("uploadFiles").GetString().ShouldBe(": file.pdf:2");
        NothingIsStaged();
    }

    [Fact]
    public async Task A_file_that_nobody_claims_is_discarded()
    {
        var released = await UploadAsync(
            """{"query":"mutation($file: Upload!) { uploadFile(file: $file, release: true) """
                + """}","variables":{"file":null}}""",
            Map,
            s_oneFile
        );

        released.Data.GetProperty("uploadFile").GetString().ShouldBe("released");
        NothingIsKept();
    }

    [Fact]
    public async Task A_file_over_the_limit_is_data_for_the_mutation()
    {
        var answer = await UploadAsync(One, Map, [("0", new string('x', (int)ToyServer.FileLimit + 1))]);

        answer.Status.ShouldBe(200);
        answer.Data.GetProperty("uploadFile").GetString().ShouldBe($"TOO_LARGE {ToyServer.FileLimit}");
        NothingIsKept();
    }

    [Fact]
    public async Task A_file_far_over_the_limit_is_cut()
    {
        var answer = await UploadAsync(One, Map, [("0", new string('x', (int)ToyServer.FileLimit * 4))]);

        answer.Status.ShouldBe(413);
        NothingIsKept();
    }

    [Fact]
    public async Task A_huge_body_is_413_before_it_arrives()
    {
        var answer = await RawAsync("", contentLength: 1L << 40);

        answer.ShouldStartWith("HTTP/1.1 413");
        NothingIsKept();
    }

    [Fact]
    public async Task Nobody_uploads_anonymously_and_no_body_is_read()
    {
        var answer = await RawAsync("", contentLength: 1000, token: null);

        answer.ShouldStartWith("HTTP/1.1 401");
        answer.ShouldContain("WWW-Authenticate: Bearer");
        answer.ShouldContain("UNAUTHENTICATED");
    }

    [Fact]
    public async Task A_multipart_request_needs_a_header_that_no_form_sends()
    {
        var answer = await UploadAsync(One, Map, s_oneFile, preflight: null);

        answer.Status.ShouldBe(400);
        answer.Message.ShouldContain("GraphQL-Preflight");
        foreach (
            var name in (string[])
                ["GraphQL-Preflight", "X-Requested-With", "Apollo-Require-Preflight", "GraphQL-Require-Preflight"]
        )
            (await UploadAsync(One, Map, s_oneFile, preflight: name)).Status.ShouldBe(200);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"0":"variables.file"}""")]
    [InlineData("""{"0":[]}""")]
    [InlineData("""{"0":[1]}""")]
    [InlineData("""{"0":["variables.file"],"0":["variables.file"]}""")]
    [InlineData("""{"0":["variables.file","variables.file"]}""")]
    [InlineData("""{"0":["variables"]}""")]
    [InlineData("""{"0":["file"]}""")]
    [InlineData("""{"0":[""]}""")]
    [InlineData("""{"0":["variables.other"]}""")]
    [InlineData("""{"0":["variables.file.0"]}""")]
    [InlineData("""{"0":["query"]}""")]
    [InlineData("""{"0":["0.variables.file"]}""")]
    [InlineData("""{"0":["variables.file"],"1":["variables.missing"]}""")]
    [InlineData("""{"1":["variables.file"]}""")]
    [InlineData("""{"\ud800":["variables.file"]}""")]
    [InlineData("""{"0":["\ud800"]}""")]
    public async Task A_wrong_map_is_400(string map)
    {
        var answer = await UploadAsync(One, map, s_oneFile);

        answer.Status.ShouldBe(400);
        answer.Code.ShouldBe("BAD_USER_INPUT");
        NothingIsKept();
    }

    [Theory]
    [InlineData("variables.files.2")]
    [InlineData("variables.files.-1")]
    [InlineData("variables.files.x")]
    [InlineData("variables.files. 0")]
    [InlineData("variables.files")]
    [InlineData("variables.files.0.0")]
    public async Task A_path_beside_a_list_is_400(string path)
    {
        (await UploadAsync(Many, $$"""{"0":["{{path}}"]}""", s_oneFile)).Status.ShouldBe(400);
        NothingIsKept();
    }

    [Theory]
    [InlineData("variables.file")]
    [InlineData("2.variables.file")]
    [InlineData("x.variables.file")]
    [InlineData("0")]
    public async Task A_path_beside_a_batch_is_400(string path)
    {
        (await UploadAsync($"[{One}]", $$"""{"0":["{{path}}"]}""", s_oneFile)).Status.ShouldBe(400);
        NothingIsKept();
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("x")]
    [InlineData("""{"query":"{ hello }","variables":1}""")]
    public async Task Wrong_operations_are_400(string operations)
    {
        (await UploadAsync(operations, Map, s_oneFile)).Status.ShouldBe(400);
        NothingIsKept();
    }

    [Theory]
    [InlineData("""{"query":"query($file: String) { hello(name: $file) }","variables":{"file":null}}""")]
    [InlineData(
        """{"query":"mutation { signIn(email: \"a\") }","variables":{"file":null,"x":1},"operationName":"Unknown"}"""
    )]
    [InlineData("""{"query":"mutation($file: Upload!) { unknown(file: $file) }","variables":{"file":null}}""")]
    [InlineData("""{"query":"mutation($file: Upload!) {","variables":{"file":null}}""")]
    public async Task A_file_for_what_takes_none_is_400_for_every_client(string operations)
    {
        foreach (var accept in (string[])["application/json", "application/graphql-response+json"])
        {
            var answer = await UploadAsync(operations, Map, s_oneFile, accept: accept);

            answer.Status.ShouldBe(400);
            answer.Code.ShouldBe("BAD_USER_INPUT");
        }
        NothingIsKept();
    }

    [Fact]
    public async Task A_document_that_is_refused_costs_no_upload()
    {
        var answer = await RawAsync(
            "--b\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n"
                + """{"query":"mutation {","variables":{"file":null}}"""
                + "\r\n--b\r\nContent-Disposition: form-data; name=\"map\"\r\n\r\n"
                + Map
                + "\r\n--b\r\nContent-Disposition: form-data; name=\"0\"; filename=\"a.pdf\"\r\n\r\nonly the beginning",
            contentLength: 5000
        );

        answer.ShouldStartWith("HTTP/1.1 400");
        answer.ShouldContain("Error parsing query");
    }

    [Fact]
    public async Task An_upload_is_no_text()
    {
        (
            await _server.PostAsync("mutation($file: Upload!) { uploadFile(file: $file) }", new { file = "x" })
        ).Code.ShouldBe("BAD_USER_INPUT");
        (await _server.PostAsync("mutation { uploadFile(file: \"x\") }")).Code.ShouldBe("BAD_USER_INPUT");
    }

    [Fact]
    public async Task Parts_that_are_missing_doubled_or_unknown_are_400()
    {
        (await UploadAsync(One, Map, [])).Message.ShouldContain("missing");
        (await UploadAsync(One, Map, [("0", "a"), ("0", "b")])).Message.ShouldContain("more than one");
        (await UploadAsync(One, Map, [("0", "a"), ("1", "b")])).Message.ShouldContain("map does not name");
        (await UploadAsync(One, Map, [("operations", "a")])).Status.ShouldBe(400);
        NothingIsKept();
    }

    [Fact]
    public async Task Too_many_files_and_too_large_operations_are_refused()
    {
        var files = Enumerable.Range(0, 11).Select(i => ($"{i}", "x")).ToArray();
        var places = string.Join(',', files.Select(_ => "null"));
        var map = string.Join(',', files.Select(file => $"\"{file.Item1}\":[\"variables.files.{file.Item1}\"]"));
        var many = await UploadAsync(Many.Replace("null,null", places, StringComparison.Ordinal), $"{{{map}}}", files);
        many.Status.ShouldBe(400);
        many.Code.ShouldBe("QUERY_TOO_COMPLEX");

        (
            await UploadAsync(
                One.Replace("mutation", new string(' ', 1024 * 1024) + "mutation", StringComparison.Ordinal), Map,
                s_oneFile)
        ).Status.ShouldBe(413);
        (await UploadAsync(One, $$"""{"{{new string('x', 20_000)}}":["variables.file"]}""", s_oneFile)).Status.ShouldBe(
            413);
        NothingIsKept();
    }

    [Fact]
    public async Task A_body_that_is_cut_anywhere_is_400_and_leaves_nothing()
    {
        var body = Whole();
        (await SendAsync(body)).Status.ShouldBe(200);
        _server.KeptFiles.Count.ShouldBe(1);

        for (var length = 0; length < body.Length - 4; length += 7)
        {
            var answer = await SendAsync(body[..length]);
            answer.Status.ShouldBe(400, $"cut after {length} bytes");
            answer.Code.ShouldBe("BAD_USER_INPUT");
        }
        NothingIsStaged();
        _server.KeptFiles.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Bodies_with_random_damage_never_make_the_server_fail_and_leave_nothing_staged()
    {
        var random = new Random(1);
        var whole = Whole();
        for (var time = 0; time < 1000; time++)
        {
            var damaged = whole.ToArray();
            for (var i = random.Next(1, 5); i > 0; i--) damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            if (random.Next(4) == 0) damaged = damaged[..random.Next(damaged.Length)];

            (await SendAsync(damaged)).Status.ShouldBeLessThan(500, Encoding.UTF8.GetString(damaged));
        }
        NothingIsStaged();
        _server.Log.Lines.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_connection_that_breaks_leaves_nothing()
    {
        await RawAsync(
            "--b\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n"
                + One
                + "\r\n--b\r\nContent-Disposition: form-data; name=\"map\"\r\n\r\n"
                + Map
                + "\r\n--b\r\nContent-Disposition: form-data; name=\"0\"; filename=\"a.pdf\"\r\n\r\nhel",
            contentLength: 5000,
            close: true
        );

        (await _server.PostAsync("{ hello }")).Status.ShouldBe(200);
        // The server notices the broken connection in its own time.
        for (var time = 0; time < 200 && _server.StagedNames.Count > 0; time++)
            await Task.Delay(50, TestContext.Current.CancellationToken);
        NothingIsKept();
    }

    [Theory]
    [InlineData("multipart/form-data")]
    [InlineData("multipart/form-data; boundary=")]
    [InlineData(
        "multipart/form-data; boundary=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    )]
    [InlineData("multipart/form-data; boundary=other")]
    public async Task A_wrong_boundary_is_400(string contentType)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "")
        {
            Content = ToyServer.Content("--b\r\n\r\n\r\n--b--"u8.ToArray(), contentType),
        };
        request.Headers.Add("GraphQL-Preflight", "1");

        (await _server.SendAsync(request, token: "anna")).Status.ShouldBe(400);
    }

    [Theory]
    [InlineData("X: y")]
    [InlineData("Content-Disposition: attachment; name=\"operations\"")]
    [InlineData("Content-Disposition: form-data; name=\"map\"")]
    [InlineData("no header")]
    public async Task A_wrong_part_is_400(string header)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "")
        {
            Content = ToyServer.Content(
                Encoding.UTF8.GetBytes($"--b\r\n{header}\r\n\r\n{One}\r\n--b--\r\n"),
                "multipart/form-data; boundary=b"),
        };
        request.Headers.Add("GraphQL-Preflight", "1");

        (await _server.SendAsync(request, token: "anna")).Status.ShouldBe(400);
    }

    [Fact]
    public async Task A_body_that_trickles_is_cut()
    {
        await using var server = await ToyServer.StartAsync(
            ("UploadTimeout", "00:00:00.5"), ("BodyTimeout", "00:00:00.5"));

        (await RawAsync("--b\r\n", contentLength: 5000, server: server)).ShouldStartWith("HTTP/1.1 408");
        (await RawAsync("{", contentLength: 5000, server: server, contentType: "application/json")).ShouldStartWith(
            "HTTP/1.1 408");
    }

    private static byte[] Whole() =>
        Encoding.UTF8.GetBytes(
            "--b\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n"
                + One
                + "\r\n--b\r\nContent-Disposition: form-data; name=\"map\"\r\n\r\n"
                + Map
                + "\r\n--b\r\nContent-Disposition: form-data; name=\"0\"; filename=\"a.pdf\"\r\nContent-Type: "
                    + "application/pdf\r\n\r\nhello\r\n--b--\r\n"
        );

    private Task<ToyAnswer> SendAsync(byte[] bytes)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "")
        {
            Content = ToyServer.Content(bytes, "multipart/form-data; boundary=b"),
        };
        request.Headers.Add("GraphQL-Preflight", "1");
        return _server.SendAsync(request, token: "anna");
    }

    // The answer can be here a moment before the request has ended and cleaned up.
    private void NothingIsStaged()
    {
        SpinWait.SpinUntil(() => !_server.StagedNames.Any(), TimeSpan.FromSeconds(5));
        _server.StagedNames.ShouldBeEmpty();
    }

    private void NothingIsKept()
    {
        NothingIsStaged();
        _server.KeptFiles.ShouldBeEmpty();
    }

    private async Task<ToyAnswer> UploadAsync(
        string operations, string map, (string Name, string Content)[] files, string? preflight = "GraphQL-Preflight",
        string fileName = "file.pdf", string accept = "application/graphql-response+json")
    {
        var body = new StringBuilder();
        Part("name=\"operations\"", operations);
        Part("name=\"map\"", map);
        foreach (var (name, content) in files)
            Part(
                $"name=\"{name}\"; filename=\"{fileName.Replace("\"", "\\\"", StringComparison.Ordinal)}\"\r\n"
                    + $"Content-Type: application/pdf",
                content
            );
        body.Append("--boundary--\r\n");
        var request = new HttpRequestMessage(HttpMethod.Post, "")
        {
            Content = ToyServer.Content(
                Encoding.UTF8.GetBytes(body.ToString()), "multipart/form-data; boundary=\"boundary\""),
        };
        if (preflight is not null) request.Headers.Add(preflight, "1");
        return await _server.SendAsync(request, accept, token: "anna");

        void Part(string disposition, string content) =>
            body.Append(
                System.Globalization.CultureInfo.InvariantCulture,
                $"--boundary\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{content}\r\n");
    }

    /// <summary>Sends less than it announces, and reads what comes back, or closes the connection.</summary>
    private async Task<string> RawAsync(
        string body, long contentLength, string? token = "anna", bool close = false, ToyServer? server = null,
        string contentType = "multipart/form-data; boundary=b")
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", (server ?? _server).Address.Port, cancellation);
        var stream = client.GetStream();
        var authorization = token is null ? "" : $"Authorization: Bearer {token}\r\n";
        await stream.WriteAsync(
            Encoding.UTF8.GetBytes(
                $"POST /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                    + $"{authorization}GraphQL-Preflight: 1\r\nContent-Type: {contentType}\r\nContent-Length: "
                    + $"{contentLength}\r\n\r\n{body}"
            ),
            cancellation
        );
        if (close)
            return "";
        var buffer = new byte[4096];
        var read = await stream.ReadAsync(buffer, cancellation);
        return Encoding.UTF8.GetString(buffer, 0, read);
    }
}
