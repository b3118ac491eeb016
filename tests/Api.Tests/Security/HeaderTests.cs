using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Messaging.TestSupport;
using Messaging.TestSupport.Postgres;
using Messaging.TestSupport.Product;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Security;

/// <summary>
/// Every path with every outcome tells browsers the same, over http and, through a trusted proxy, over https.
/// </summary>
public sealed class HeaderTests
{
    private const string Token = "token-of-the-metrics";
    private const string NoPage = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    private const string Contained = "sandbox; default-src 'none'; frame-ancestors 'none'";
    private const string ShownPdf =
        "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'";
    private const string Page = "a page's own";

    /// <summary>Answers of the product, as they come on the wire.</summary>
    private sealed record Answer(int Status, ILookup<string, string> Headers, string Body);

    private static readonly Dictionary<string, string> s_always = new()
    {
        ["X-Content-Type-Options"] = "nosniff",
        ["Referrer-Policy"] = "no-referrer",
        ["Cross-Origin-Opener-Policy"] = "same-origin",
        ["Cross-Origin-Resource-Policy"] = "same-origin",
        ["X-Robots-Tag"] = "noindex, nofollow",
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_path_with_each_outcome_has_them()
    {
        var pages = Path.Combine(AppContext.BaseDirectory, "wwwroot", "web", "assets");
        Needed.OrSkip(Directory.Exists(pages), "The pages are not built: './dev pages' builds them, with Node.js.");
        await using var product = await RunningProduct.StartAsync(settings: new()
        {
            ["Messaging:Proxies"] = "127.0.0.1",
            ["Messaging:Metrics:Token"] = Token,
        });
        var anna = await product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        var bearer = $"Authorization: Bearer {anna.Token}";
        var (text, picture, pdf, lost) = (
            await UploadAsync(anna, "Notiz.txt", "text/plain", "Grüße"u8.ToArray()),
            await UploadAsync(anna, "Beleg.png", "image/png", s_png),
            await UploadAsync(anna, "Bescheid.pdf", "application/pdf", "%PDF-1.4\n%%EOF\n"u8.ToArray()),
            await UploadAsync(anna, "Verloren.txt", "text/plain", "weg"u8.ToArray()));
        var etag = (await SendAsync(product, $"GET {text} HTTP/1.1", bearer)).Headers["ETag"].Single();
        foreach (
            var file in Directory.EnumerateFiles(
                Path.Combine(product.DataDirectory, "files"), $"{Guid.Parse(Path.GetFileName(lost)):N}",
                SearchOption.AllDirectories)
        )
            File.Delete(file);
        var script = Path.GetFileName(Directory.EnumerateFiles(pages, "*.js").First());

        const string Json = "Content-Type: application/json";
        const string Socket =
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                + "dGhlIHNhbXBsZSBub25jZQ==";
        (string Line, int Status, string Policy, string[] Headers, string Body)[] asked =
        [
            ("GET / HTTP/1.1", 200, Page, [], ""),
            ("HEAD / HTTP/1.1", 200, Page, [], ""),
            ("GET /icon.svg HTTP/1.1", 200, Page, [], ""),
            ($"GET /assets/{script} HTTP/1.1", 200, Page, [], ""),
            ($"GET /assets/{script} HTTP/1.1", 200, Page, ["Accept-Encoding: br"], ""),
            ("GET /assets/none.js HTTP/1.1", 404, NoPage, [], ""),
            ("GET /conversations/1 HTTP/1.1", 200, Page, ["Accept: text/html"], ""),
            ("GET /nothing HTTP/1.1", 404, NoPage, ["Accept: application/json"], ""),
            ("GET /.well-known/nothing HTTP/1.1", 404, NoPage, [], ""),
            ("POST / HTTP/1.1", 404, NoPage, [], ""),
            ("OPTIONS / HTTP/1.1", 404, NoPage, [], ""),
            ("TRACE / HTTP/1.1", 404, NoPage, [], ""),
            ("GET /graphiql HTTP/1.1", 200, Page, [], ""),
            ("GET /graphiql/none.js HTTP/1.1", 404, NoPage, [], ""),
            ("GET /graphiql/settings.json HTTP/1.1", 200, NoPage, [], ""),
            ("DELETE /graphiql HTTP/1.1", 404, NoPage, [], ""),
            ("GET /settings.json HTTP/1.1", 200, NoPage, [], ""),
            ("PUT /settings.json HTTP/1.1", 404, NoPage, [], ""),
            ("GET /health HTTP/1.1", 404, NoPage, ["Accept: text/html"], ""),
            ("GET /health/live HTTP/1.1", 200, NoPage, [], ""),
            ("GET /health/ready HTTP/1.1", 200, NoPage, [], ""),
            ("GET /health/version HTTP/1.1", 200, NoPage, [], ""),
            ("GET /metrics HTTP/1.1", 200, NoPage, [$"Authorization: Bearer {Token}"], ""),
            ("GET /metrics HTTP/1.1", 404, NoPage, ["Authorization: Bearer guessed"], ""),
            ("POST /graphql HTTP/1.1", 200, NoPage, [bearer, Json], """{"query":"{ viewer { displayName } }"}"""),
            (
                "POST /graphql HTTP/1.1",
                200,
                NoPage,
                [bearer, Json, "Accept: text/event-stream"],
                """{"query":"{ viewer { displayName } }"}"""
            ),
            (
                "POST /graphql HTTP/1.1",
                401,
                NoPage,
                ["Authorization: Bearer forged", Json],
                """{"query":"{ viewer { displayName } }"}"""
            ),
            ("POST /graphql HTTP/1.1", 400, NoPage, [Json], "{"),
            (
                "POST /graphql HTTP/1.1",
                400,
                NoPage,
                [bearer, Json, "Accept: application/graphql-response+json"],
                """{"query":"{ nothing }"}"""
            ),
            ("POST /graphql HTTP/1.1", 415, NoPage, ["Content-Type: text/plain"], "{}"),
            ("POST /graphql HTTP/1.1", 413, NoPage, [bearer, Json], $$"""{"query":"{{new string(' ', 2_000_000)}}"}"""),
            ("GET /graphql HTTP/1.1", 406, NoPage, ["Accept: image/png"], ""),
            ("PUT /graphql HTTP/1.1", 405, NoPage, [Json], "{}"),
            ("GET /graphql HTTP/1.1", 101, NoPage, [Socket, "Sec-WebSocket-Protocol: graphql-transport-ws"], ""),
            ("GET /graphql HTTP/1.1", 403, NoPage, [Socket, "Origin: https://evil.example"], ""),
            ("GET /files/none HTTP/1.1", 401, NoPage, [], ""),
            ($"GET {text} HTTP/1.1", 401, NoPage, [], ""),
            ("GET /files/none HTTP/1.1", 404, NoPage, [bearer], ""),
            ("GET /files HTTP/1.1", 404, NoPage, [bearer], ""),
            ($"POST {text} HTTP/1.1", 404, NoPage, [bearer], ""),
            ($"GET {text} HTTP/1.1", 200, Contained, [bearer], ""),
            ($"HEAD {text} HTTP/1.1", 200, Contained, [bearer], ""),
            ($"GET {text} HTTP/1.1", 206, Contained, [bearer, "Range: bytes=0-1"], ""),
            ($"GET {text} HTTP/1.1", 416, Contained, [bearer, "Range: bytes=100000-"], ""),
            ($"GET {text} HTTP/1.1", 304, Contained, [bearer, $"If-None-Match: {etag}"], ""),
            ($"GET {text}/thumbnail HTTP/1.1", 404, NoPage, [bearer], ""),
            ($"GET {picture}?inline=1 HTTP/1.1", 200, Contained, [bearer], ""),
            ($"GET {picture}/thumbnail HTTP/1.1", 200, Contained, [bearer], ""),
            ($"GET {pdf}?inline=1 HTTP/1.1", 200, ShownPdf, [bearer], ""),
            ($"GET {lost} HTTP/1.1", 500, NoPage, [bearer], ""),
        ];

        var wrong = new List<string>();
        foreach (var (line, status, policy, headers, body) in asked)
        {
            foreach (var isHttps in new[] { false, true })
            {
                var answer = await SendAsync(
                    product, line, [.. headers, .. isHttps ? (string[])["X-Forwarded-Proto: https"] : []], body);
                wrong.AddRange(
                    Wrong(answer, status, policy, isHttps)
                        .Select(what =>
                            $"{line} {string.Join(", ", headers.Where(h => h != bearer))} https={isHttps}: {what}"
                        )
                );
            }
        }
        wrong.ShouldBeEmpty();
    }

    [Fact]
    public async Task So_have_answers_while_the_database_is_away()
    {
        await using var database = await TestDatabase.CreateAsync();
        var behind = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        await using var proxy = new CuttingProxy(behind.Host!, behind.Port);
        behind = new(database.ConnectionString)
        {
            Host = "127.0.0.1",
            Port = proxy.Port,
            Timeout = 2,
        };
        await using var product = await RunningProduct.StartAsync(
            settings: new() { ["ConnectionStrings:Messaging"] = behind.ConnectionString });
        var bearer = $"Authorization: Bearer {(await product.SignInAsync("anna.sommer@kanzlei-sommer.example")).Token}";

        await proxy.StopAsync();
        foreach (
            var (line, headers, body) in new (string, string[], string)[]
            {
                ("GET /health/ready HTTP/1.1", [], ""),
                ($"GET /files/{Guid.CreateVersion7()} HTTP/1.1", [bearer], ""),
                (
                    "POST /graphql HTTP/1.1",
                    [bearer, "Content-Type: application/json"],
                    """{"query":"{ conversations { nodes { id } } }"}"""
                ),
            }
        )
        {
            Wrong(await SendAsync(product, line, headers, body), 503, NoPage, isHttps: false).ShouldBeEmpty(line);
        }
        proxy.StartAgain();
    }

    // What the host puts around everything by itself, and what fails on the way: in Production, where no page tells
    // developers of it.
    [Fact]
    public async Task So_have_answers_of_the_host_itself()
    {
        await using var product = await RunningProduct.StartAsync(
            "Production", new() { ["AllowedHosts"] = "nachrichten.example" },
            services => services.AddTransient<IStartupFilter, Failing>());

        Wrong(await SendAsync(product, "GET / HTTP/1.1"), 200, Page, isHttps: false).ShouldBeEmpty();
        Wrong(await SendAsync(product, "GET /fails HTTP/1.1"), 500, NoPage, isHttps: false).ShouldBeEmpty();
        Wrong(await SendAsync(product, "GET /refuses HTTP/1.1"), 413, NoPage, isHttps: false).ShouldBeEmpty();
        Wrong(await SendAsync(product, "GET /is-without-database HTTP/1.1"), 503, NoPage, isHttps: false)
            .ShouldBeEmpty();
        (await SendAsync(product, "GET /fails HTTP/1.1")).Body.ShouldNotContain("stumbled");

        var elsewhere = await SendAsync(product, "GET / HTTP/1.1", host: "evil.example");
        Wrong(elsewhere, 400, NoPage, isHttps: false).ShouldBeEmpty();
        // Whoever is no trusted proxy says nothing about https.
        Wrong(await SendAsync(product, "GET / HTTP/1.1", "X-Forwarded-Proto: https"), 200, Page, isHttps: false)
            .ShouldBeEmpty();

        // What is no HTTP reaches nothing of ours: it gets a status, and not one byte of content.
        foreach (
            var (line, status) in new[] { ("GET / HTTP/9.9", 505), ("G@T{} /\0 HTTP/1.1", 400), ("GET  HTTP/1.1", 400) }
        )
        {
            var answer = await SendAsync(product, line);
            answer.Status.ShouldBe(status, line);
            answer.Body.ShouldBe("", line);
        }
    }

    private sealed class Failing : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use((context, rest) => context.Request.Path.Value switch
            {
                "/fails" => throw new InvalidOperationException("It stumbled."),
                "/refuses" => throw new BadHttpRequestException("Too much.", StatusCodes.Status413PayloadTooLarge),
                "/is-without-database" => throw new NpgsqlException("Away.", new SocketException()),
                _ => rest(context),
            });
            next(app);
        };
    }

    private static IEnumerable<string> Wrong(Answer answer, int status, string policy, bool isHttps)
    {
        if (answer.Status != status) yield return $"answered {answer.Status} instead of {status}: {answer.Body}";
        foreach (var (name, value) in s_always)
        {
            if (!answer.Headers[name].SequenceEqual([value]))
                yield return $"{name}: '{string.Join("', '", answer.Headers[name])}'";
        }
        if (
            answer.Headers["Permissions-Policy"].SingleOrDefault()?.Contains("camera=()", StringComparison.Ordinal)
            != true
        )
            yield return "Permissions-Policy is missing";
        if (answer.Headers["Cache-Control"].Count() != 1)
            yield return "Cache-Control is not said once";
        if (answer.Headers["Server"].Any() || answer.Headers["X-Powered-By"].Any())
            yield return "It says what it is made with";

        var (said, hsts) = (
            answer.Headers["Content-Security-Policy"].ToArray(), answer.Headers["Strict-Transport-Security"].ToArray());
        var isRight =
            said is [var one]
            && (
                policy == Page
                    ? one != NoPage && one.StartsWith("default-src 'none'", StringComparison.Ordinal)
                    : one == policy
            )
            && one.Contains("frame-ancestors", StringComparison.Ordinal);
        if (!isRight)
            yield return $"Content-Security-Policy: '{string.Join("', '", said)}'";
        if (!hsts.SequenceEqual(isHttps ? ["max-age=31536000"] : []))
            yield return $"Strict-Transport-Security: '{string.Join("', '", hsts)}'";
    }

    private static async Task<string> UploadAsync(
        GraphQLClient client, string name, string mediaType,
        byte[] content) => (await client.UploadAsync(name, mediaType, content)).Data.At("uploadFile.file.url");

    private static Task<Answer> SendAsync(RunningProduct product, string line, params string[] headers) =>
        SendAsync(product, line, headers, "");

    /// <summary>
    /// Sends a request as it is written here, whether it is one or not, and reads until the server closes or, of a 101,
    /// the headers end.
    /// </summary>
    private static async Task<Answer> SendAsync(
        RunningProduct product, string line, string[]? headers = null, string body = "",
        string host = "nachrichten.example")
    {
        var address = new Uri(product.Address);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port, patience.Token);
        var stream = client.GetStream();
        var content = Encoding.UTF8.GetBytes(body);
        var isSocket = headers?.Any(h => h.Contains("Upgrade", StringComparison.Ordinal)) == true;
        List<string> lines =
        [
            line,
            $"Host: {host}",
            .. headers ?? [],
            .. content.Length > 0 ? (string[])[$"Content-Length: {content.Length}"] : [],
            .. isSocket ? (string[])[] : ["Connection: close"],
        ];
        await stream.WriteAsync(Encoding.UTF8.GetBytes(string.Join("\r\n", lines) + "\r\n\r\n"), patience.Token);
        try
        {
            await stream.WriteAsync(content, patience.Token);
        }
        catch (IOException)
        {
            // It has refused the rest.
        }

        var received = new MemoryStream();
        var buffer = new byte[16 * 1024];
        try
        {
            while (await stream.ReadAsync(buffer, patience.Token) is var count and > 0)
            {
                received.Write(buffer, 0, count);
                if (isSocket && received.GetBuffer().AsSpan(0, (int)received.Length).IndexOf("\r\n\r\n"u8) >= 0) break;
            }
        }
        catch (IOException) when (received.Length > 0)
        {
            // Reset, since it did not read all.
        }

        var parts = Encoding.UTF8.GetString(received.GetBuffer(), 0, (int)received.Length).Split("\r\n\r\n", 2);
        var head = parts[0].Split("\r\n");
        return new Answer(
            int.Parse(head[0].Split(' ')[1], CultureInfo.InvariantCulture),
            head.Skip(1)
                .Select(h => h.Split(": ", 2))
                .ToLookup(h => h[0], h => h[^1], StringComparer.OrdinalIgnoreCase),
            parts.ElementAtOrDefault(1) ?? ""
        );
    }

    private static readonly byte[] s_png = Convert.FromBase64String(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");
}
