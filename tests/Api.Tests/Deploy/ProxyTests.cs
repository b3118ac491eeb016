using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Messaging.TestSupport;
using Messaging.TestSupport.Product;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Deploy;

/// <summary>
/// The product behind Debian's nginx and Caddy, by <c>deploy/nginx.conf</c> and <c>deploy/Caddyfile</c> as they are but
/// for ports, paths and the certificate. Who asks comes from an address that is neither the proxy's nor the product's.
/// </summary>
public sealed class ProxyTests(ProxyTests.Proxied proxied) : IClassFixture<ProxyTests.Proxied>
{
    private const string Nginx = "nginx", Caddy = "caddy";
    private const string Anna = "anna.sommer@kanzlei-sommer.example", Dieter = "dieter.krause@baeckerei-krause.example";
    private const string Name = "messaging.example";
    private const string MetricsToken = "0123456789abcdef";
    private const int MostOfAFile = 52_428_800;

    // What nginx would write outside its folder otherwise.
    private static readonly string[] s_temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    private static readonly string[] s_inside =
    [
        "/metrics", "/health/live", "/health/ready", "/health", "/metrics/", "/%6detrics", "/METRICS", "/Health/ready"
    ];
    private static readonly string[] s_headers =
    [
        "Strict-Transport-Security", "Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"
    ];
    private static readonly string[] s_proxies = [Nginx, Caddy];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Nginx)]
    [InlineData(Caddy)]
    public async Task The_largest_file_passes_and_what_is_larger_is_refused_by_the_product(string proxy)
    {
        using var http = proxied.Through(proxy);
        var dieter = await GraphQLClient.SignInAsync(http, Dieter, "messaging-demo");
        var content = new byte[MostOfAFile + 1];
        new Random(1).NextBytes(content.AsSpan(0, 4096));
        var file = (await dieter.UploadAsync("Belege.dat", "application/octet-stream", content[..MostOfAFile])).Data;
        file.At("uploadFile.file.size").ShouldBe($"{MostOfAFile}");
        using (var download = await dieter.GetAsync(file.At("uploadFile.file.url")))
            Convert
                .ToHexStringLower(
                    await SHA256.HashDataAsync(await download.Content.ReadAsStreamAsync(Cancellation), Cancellation))
                .ShouldBe(file.At("uploadFile.file.sha256"));
        (await dieter.UploadAsync("Belege.dat", "application/octet-stream", content))
            .Data.At("uploadFile.errors.0.code")
            .ShouldBe("TOO_LARGE");

        // Nobody reads all of this: the product says so in its own words, also to who goes on sending. Caddy lets go of
        // them then, and some hear no more of it.
        if (proxy == Caddy) return;
        var refused = await dieter.UploadAsync("Belege.dat", "application/octet-stream", new byte[3 * MostOfAFile]);
        (refused.Status, refused.ErrorCode).ShouldBe((413, "QUERY_TOO_COMPLEX"));
    }

    [Theory]
    [InlineData(Nginx)]
    [InlineData(Caddy)]
    public async Task Updates_arrive_at_once_by_WebSocket_and_as_events(string proxy)
    {
        using var http = proxied.Through(proxy);
        var (anna, dieter) = (
            await GraphQLClient.SignInAsync(http, Anna, "messaging-demo"),
            await GraphQLClient.SignInAsync(http, Dieter, "messaging-demo"));
        var conversation = (await dieter.QueryAsync("{ conversations(first: 1) { nodes { id } } }")).At(
            "conversations.nodes.0.id");
        const string Subscription =
            "subscription($id: ID!) { conversationUpdated(id: $id) { conversation { lastComment { body } } } }";
        await using var live = await LiveClient.OpenAsync(proxied.AddressOf(proxy), anna, http);
        await live.SubscribeAsync("1", Subscription, new { id = conversation });

        using var asked = new HttpRequestMessage(HttpMethod.Post, "/graphql")
        {
            Content = JsonContent.Create(new { query = Subscription, variables = new { id = conversation } }),
        };
        asked.Headers.Authorization = new AuthenticationHeaderValue("Bearer", anna.Token);
        asked.Headers.Accept.ParseAdd("text/event-stream");
        using var events = await http.SendAsync(asked, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        events.Content.Headers.ContentType?.MediaType.ShouldBe("text/event-stream");
        using var lines = new StreamReader(await events.Content.ReadAsStreamAsync(Cancellation));

        var body = $"Über {proxy}.";
        (
            await dieter.QueryAsync(
                "mutation($input: AddCommentInput!) { addComment(input: $input) { errors { code } } }",
                new { input = new { conversationId = conversation, body } })
        )
            .At("addComment.errors")
            .ShouldBe("[]");
        (await live.NextAsync("1")).At("conversationUpdated.conversation.lastComment.body").ShouldBe(body);

        // What is only an event's begin, or a comment, waits for no more to come.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(5));
        while (!(await lines.ReadLineAsync(patience.Token)).ShouldNotBeNull().Contains(proxy, StringComparison.Ordinal))
        {
            // Not yet.
        }
    }

    [Theory]
    [InlineData(Nginx)]
    [InlineData(Caddy)]
    public async Task The_product_sees_who_asks_and_believes_nobody_else_who_that_is(string proxy)
    {
        var (seen, said) = proxy == Nginx ? ("127.7.7.0/24", "203.0.113.0/24") : ("127.7.8.0/24", "203.0.114.0/24");
        using var http = proxied.Through(proxy, seen.Replace("0/24", "9", StringComparison.Ordinal));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/graphql")
        {
            Content = JsonContent.Create(
                new
                {
                    query = "mutation { signIn(input: { email: \"fremd@example.org\", password: \"geraten\" }) { "
                        + "errors { code } } }",
                }
            ),
        };
        request.Headers.Add("X-Forwarded-For", said.Replace("0/24", "7", StringComparison.Ordinal));
        request.Headers.Add("Forwarded", $"for={said.Replace("0/24", "7", StringComparison.Ordinal)}");
        using var answer = await http.SendAsync(request, Cancellation);
        (await answer.Content.ReadAsStringAsync(Cancellation)).ShouldContain("INVALID");
        await Waiting.UntilAsync(() => proxied.Product.LastLines.Contains(seen, StringComparison.Ordinal));
        proxied.Product.LastLines.ShouldNotContain(said);
    }

    [Theory]
    [InlineData(Nginx, "1.1")]
    [InlineData(Nginx, "2.0")]
    [InlineData(Caddy, "2.0")]
    public async Task Answers_say_that_only_https_is_used_and_have_each_header_once(string proxy, string version)
    {
        using var http = proxied.Through(proxy);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/")
        {
            Version = Version.Parse(version),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Accept.ParseAdd("text/html");
        using var page = await http.SendAsync(request, Cancellation);
        page.StatusCode.ShouldBe(HttpStatusCode.OK);
        foreach (var name in s_headers)
            page.Headers.GetValues(name).ShouldHaveSingleItem(name);
        page.Headers.GetValues("Strict-Transport-Security").ShouldBe(["max-age=31536000"]);
    }

    [Theory]
    [InlineData(Nginx)]
    [InlineData(Caddy)]
    public async Task What_is_for_the_inside_is_not_there_outside(string proxy)
    {
        using var http = proxied.Through(proxy);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", MetricsToken);
        foreach (var path in s_inside)
        {
            using var answer = await http.GetAsync(new Uri(path, UriKind.Relative), Cancellation);
            answer.StatusCode.ShouldBe(HttpStatusCode.NotFound, path);
        }

        // On the inside it is.
        using var inside = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        inside.Headers.Authorization = http.DefaultRequestHeaders.Authorization;
        using var metrics = await proxied.Product.Http.SendAsync(inside, Cancellation);
        metrics.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(Nginx)]
    [InlineData(Caddy)]
    public async Task The_longest_token_reaches_the_product(string proxy)
    {
        using var http = proxied.Through(proxy);
        var answer = await new GraphQLClient(http, new string('x', 8_192)).SendAsync("{ viewer { id } }");
        (answer.Status, answer.ErrorCode).ShouldBe((401, "UNAUTHENTICATED"));
    }

    [Theory]
    [InlineData(Nginx)]
    [InlineData(Caddy)]
    public async Task While_the_product_is_away_clients_hear_when_to_come_again(string proxy)
    {
        await using var alone = await Proxy.StartAsync(proxy, Ports.Free());
        using var http = alone.Client("127.0.0.1");
        var answer = await new GraphQLClient(http, null).SendAsync("{ __typename }");
        (answer.Status, answer.ErrorCode).ShouldBe((503, "INTERNAL"));
        using var raw = await http.PostAsync(
            new Uri("/graphql", UriKind.Relative), JsonContent.Create(new { query = "{ __typename }" }), Cancellation);
        raw.Headers.RetryAfter?.Delta.ShouldBe(TimeSpan.FromSeconds(5));
    }

    /// <summary>The product, and both in front of it.</summary>
    public sealed class Proxied : IAsyncLifetime
    {
        private readonly Dictionary<string, Proxy> _proxies = [];

        public ProductProcess Product { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            // Each test says that it is skipped, and why.
            if (s_proxies.Any(name => DebianProgram.PathOf(name) is null))
                return;
            Product = await ProductProcess.StartAsync(
                new()
                {
                    ["Messaging__Proxies"] = "127.0.0.1",
                    ["Messaging__PublicUrl"] = $"https://{Name}",
                    ["Messaging__Metrics__Token"] = MetricsToken,
                }
            );
            foreach (var name in s_proxies)
                _proxies[name] = await Proxy.StartAsync(name, new Uri(Product.Address).Port);
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var proxy in _proxies.Values) await proxy.DisposeAsync();
            if (Product is not null) await Product.DisposeAsync();
        }

        internal HttpClient Through(string proxy, string from = "127.7.7.7")
        {
            foreach (var name in s_proxies) DebianProgram.Find(name);
            return _proxies[proxy].Client(from);
        }

        internal string AddressOf(string proxy) => _proxies[proxy].Address;
    }

    private sealed class Proxy(DebianProgram program, TempDirectory directory, X509Certificate2 certificate, int port)
        : IAsyncDisposable
    {
        public string Address { get; } = $"https://{Name}:{port}";

        public static async Task<Proxy> StartAsync(string name, int productPort)
        {
            var directory = new TempDirectory();
            var (certificate, chain, key) = await CertifyAsync(directory);
            var (port, plainPort) = (Ports.Free(), Ports.Free());
            var file =
                name == Nginx
                    ? await NginxAsync(directory, chain, key, port, plainPort, productPort)
                    : await CaddyAsync(directory, chain, key, port, productPort);
            string[] arguments =
                name == Nginx
                    ? ["-p", directory.Path, "-c", file, "-e", directory["error.log"], "-g", "daemon off;"]
                    : ["run", "--config", file, "--adapter", "caddyfile"];
            var program = await DebianProgram.StartAsync(
                name,
                arguments,
                port,
                new()
                {
                    ["XDG_DATA_HOME"] = directory.Path,
                    ["XDG_CONFIG_HOME"] = directory.Path,
                    ["HOME"] = directory.Path,
                }
            );
            return new Proxy(program, directory, certificate, port);
        }

        /// <summary>A client on another of this machine's addresses, to whom the name leads here.</summary>
        public HttpClient Client(string from) =>
            new(
                new SocketsHttpHandler
                {
                    ConnectCallback = async (_, cancellation) =>
                    {
                        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
                        {
                            NoDelay = true,
                        };
                        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
                        await socket.ConnectAsync(IPAddress.Loopback, port, cancellation);
                        return new NetworkStream(socket, ownsSocket: true);
                    },
                    SslOptions =
                    {
                        RemoteCertificateValidationCallback = (_, shown, _, _) =>
                            shown is X509Certificate2 c && c.Thumbprint == certificate.Thumbprint,
                    },
                }
            )
            {
                BaseAddress = new Uri(Address),
                Timeout = TimeSpan.FromSeconds(100),
            };

        public async ValueTask DisposeAsync()
        {
            await program.DisposeAsync();
            certificate.Dispose();
            directory.Dispose();
        }

        private static async Task<string> NginxAsync(
            TempDirectory directory, string chain, string key, int port, int plainPort, int productPort)
        {
            await File.WriteAllTextAsync(
                directory["site.conf"],
                await Shipped.TextAsync(
                    "nginx.conf", ("127.0.0.1:5080", $"127.0.0.1:{productPort}"),
                    ("listen 80;", $"listen 127.0.0.1:{plainPort};"), ("listen [::]:80;", ""),
                    ("listen 443 ssl", $"listen 127.0.0.1:{port} ssl"), ("listen [::]:443 ssl http2;", ""),
                    ($"/etc/letsencrypt/live/{Name}/fullchain.pem", chain),
                    ($"/etc/letsencrypt/live/{Name}/privkey.pem", key)),
                Cancellation
            );

            // What Debian's own nginx.conf has around it, as far as it matters, and nothing outside the folder.
            var user = Environment.IsPrivilegedProcess ? "user root;" : "";
            var temporary = string.Join('\n', s_temporary.Select(kind => $"    {kind}_temp_path {directory[kind]};"));
            await File.WriteAllTextAsync(
                directory["nginx.conf"],
                $$"""
                {{user}}
                worker_processes 1;
                pid {{directory["nginx.pid"]}};
                events { worker_connections 768; }
                http {
                {{temporary}}
                    access_log off;
                    include {{directory["site.conf"]}};
                }
                """,
                Cancellation);
            return directory["nginx.conf"];
        }

        private static async Task<string> CaddyAsync(
            TempDirectory directory, string chain, string key, int port, int productPort)
        {
            await File.WriteAllTextAsync(
                directory["Caddyfile"],
                $"{{\n\tadmin off\n\tauto_https off\n\tdefault_bind 127.0.0.1\n}}\n\n"
                    + await Shipped.TextAsync(
                        "Caddyfile", ($"\n{Name} {{\n", $"\nhttps://{Name}:{port} {{\n\ttls {chain} {key}\n"),
                        ("127.0.0.1:5080", $"127.0.0.1:{productPort}")),
                Cancellation
            );
            return directory["Caddyfile"];
        }

        private static async Task<(X509Certificate2 Certificate, string Chain, string Key)> CertifyAsync(
            TempDirectory directory)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest($"CN={Name}", key, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(Name);
            request.CertificateExtensions.Add(names.Build());
            var certificate = request.CreateSelfSigned(
                DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
            await File.WriteAllTextAsync(directory["chain.pem"], certificate.ExportCertificatePem(), Cancellation);
            await File.WriteAllTextAsync(directory["key.pem"], key.ExportPkcs8PrivateKeyPem(), Cancellation);
            return (certificate, directory["chain.pem"], directory["key.pem"]);
        }
    }
}
