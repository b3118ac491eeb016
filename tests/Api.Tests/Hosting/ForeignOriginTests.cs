using System.Net;
using System.Net.Http.Json;
using Messaging.Api.Hosting;
using Messaging.TestSupport.Product;
using Microsoft.Extensions.Configuration;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Hosting;

/// <summary>
/// CORS: which pages of other origins may use the API from a browser, and that cookies are none of theirs.
/// </summary>
public sealed class ForeignOriginTests(ForeignOriginTests.Started started)
    : IClassFixture<ForeignOriginTests.Started>
{
    private const string Portal = "https://portal.example";
    private const string Stranger = "https://portal.example.evil.example";
    private const string Krause = "dieter.krause@baeckerei-krause.example";

    private readonly RunningProduct _product = started.Product;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(
        "/graphql", "POST", "authorization,content-type,graphql-preflight,apollographql-client-name,traceparent")]
    [InlineData("/graphql", "GET", "authorization,accept")]
    [InlineData("/graphql/schema.graphql", "GET", "authorization,if-none-match")]
    [InlineData("/files/0195a000-0000-7000-8000-00000000000a", "GET", "authorization,range")]
    [InlineData("/files/0195a000-0000-7000-8000-00000000000a/thumbnail", "HEAD", "authorization")]
    public async Task One_that_is_configured_may_ask_with_a_token_and_never_with_cookies(
        string path, string method, string headers)
    {
        using var allowed = await PreflightAsync(_product, path, Portal, method, headers);
        allowed.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        Of(allowed, "Access-Control-Allow-Origin").ShouldBe(Portal);
        Of(allowed, "Access-Control-Allow-Headers").Split(',').ShouldBe(headers.Split(','));
        if (method == "POST") Of(allowed, "Access-Control-Allow-Methods").ShouldContain("POST");
        Of(allowed, "Access-Control-Allow-Credentials").ShouldBe("");
        Of(allowed, "Access-Control-Max-Age").ShouldBe("7200");
        Of(allowed, "Vary").ShouldContain("Origin");

        foreach (
            var stranger in (string[])
                [Stranger, "http://portal.example", "https://portal.example:8443", "null", "https://evil.example"]
        )
        {
            using var refused = await PreflightAsync(_product, path, stranger, method, headers);
            Of(refused, "Access-Control-Allow-Origin").ShouldBe("", stranger);
            Of(refused, "Vary").ShouldContain("Origin");
        }
    }

    [Fact]
    public async Task What_it_is_answered_it_may_read_and_no_cache_mixes_that_up()
    {
        var krause = await _product.SignInAsync(Krause);
        var file = (await krause.UploadAsync("a.txt", "text/plain", "text"u8.ToArray())).Data.At("uploadFile.file.url");
        foreach (
            var (origin, allowed) in ((string?, string)[])
                [(Portal, Portal), ("https://app.example:8443", "https://app.example:8443"), (Stranger, ""), (null, "")]
        )
        {
            foreach (var path in (string[])["/graphql", file, "/graphql/schema.graphql", "/files/unknown"])
            {
                using var request =
                    path == "/graphql"
                        ? new HttpRequestMessage(HttpMethod.Post, path)
                        {
                            Content = JsonContent.Create(new { query = "{ viewer { id } }" }),
                        }
                        : new HttpRequestMessage(HttpMethod.Get, path);
                request.Headers.Authorization = new("Bearer", krause.Token);
                if (origin is not null) request.Headers.Add("Origin", origin);
                using var answer = await _product.Http.SendAsync(request, Cancellation);
                Of(answer, "Access-Control-Allow-Origin").ShouldBe(allowed, path);
                Of(answer, "Access-Control-Allow-Credentials").ShouldBe("");
                Of(answer, "Vary").ShouldContain("Origin", Case.Sensitive, path);
                if (path == "/graphql")
                    Of(answer, "Vary").ShouldContain("Accept");
                foreach (
                    var exposed in allowed.Length == 0
                        ? []
                        : (string[])["ETag", "Retry-After", "Content-Disposition", "WWW-Authenticate"]
                )
                    Of(answer, "Access-Control-Expose-Headers").Split(',').ShouldContain(exposed);
            }
        }

        // Nothing else is for other pages.
        foreach (var path in (string[])["/", "/settings.json", "/health/live", "/metrics"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Add("Origin", Portal);
            using var answer = await _product.Http.SendAsync(request, Cancellation);
            Of(answer, "Access-Control-Allow-Origin").ShouldBe("", path);
        }
    }

    [Fact]
    public async Task It_opens_WebSockets_and_gets_no_cookie()
    {
        var krause = await _product.SignInAsync(Krause);
        await using (var live = await LiveClient.OpenAsync(_product.Address, origin: Portal))
        {
            await live.SendAsync(
                new { type = "connection_init", payload = new { authorization = $"Bearer {krause.Token}" } });
            (await live.ReceiveAsync()).At("type").ShouldBe("connection_ack");
        }

        await Should.ThrowAsync<Exception>(() => LiveClient.OpenAsync(_product.Address, origin: Stranger));

        // Of a browser that does not say where a request comes from (Sec-Fetch-Site), too.
        using var page = new CookieClient(_product.Address);
        (await page.SignInAsync(Krause)).At("viewer.displayName").ShouldBe("Dieter Krause");
        (await page.RefreshAsync(null, ("Origin", Portal))).ToJsonString().ShouldContain("BAD_USER_INPUT");
        (await page.RefreshAsync()).At("viewer.displayName").ShouldBe("Dieter Krause");
    }

    [Fact]
    public async Task That_a_node_does_not_serve_yet_and_when_to_ask_again_it_may_read_as_well()
    {
        await using var product = await ProductProcess.CreateAsync(new()
        {
            ["ConnectionStrings__Messaging"] = "Host=127.0.0.1;Port=1;Username=messaging;Database=messaging",
            ["Messaging__Cors__Origins"] = Portal,
        });
        product.Launch();
        while (!await IsListeningAsync(product)) await Task.Delay(100, Cancellation);
        foreach (var path in (string[])["/graphql", "/graphql/schema.graphql", "/files/unknown"])
        {
            foreach (var (origin, allowed) in ((string, string)[])[(Portal, Portal), (Stranger, "")])
            {
                using var request = new HttpRequestMessage(path == "/graphql" ? HttpMethod.Post : HttpMethod.Get, path);
                request.Headers.Add("Origin", origin);
                using var answer = await product.Http.SendAsync(request, Cancellation);
                answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
                Of(answer, "Access-Control-Allow-Origin").ShouldBe(allowed, path);
                Of(answer, "Vary").ShouldContain("Origin");
                answer.Headers.RetryAfter.ShouldNotBeNull();
                if (allowed.Length > 0)
                    Of(answer, "Access-Control-Expose-Headers").Split(',').ShouldContain("Retry-After");
            }
        }

        using var preflight = new HttpRequestMessage(HttpMethod.Options, "/graphql");
        preflight.Headers.Add("Origin", Portal);
        preflight.Headers.Add("Access-Control-Request-Method", "POST");
        preflight.Headers.Add("Access-Control-Request-Headers", "authorization,content-type");
        using var may = await product.Http.SendAsync(preflight, Cancellation);
        (may.StatusCode, Of(may, "Access-Control-Allow-Origin")).ShouldBe((HttpStatusCode.NoContent, Portal));
    }

    [Fact]
    public async Task Without_the_setting_nothing_is_for_other_pages()
    {
        await using var product = await RunningProduct.StartAsync();
        using var preflight = await PreflightAsync(product, "/graphql", Portal, "POST", "authorization");
        preflight.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        preflight
            .Headers.Where(h => h.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase))
            .ShouldBeEmpty();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/graphql")
        {
            Content = JsonContent.Create(new { query = "{ __typename }" }),
        };
        request.Headers.Add("Origin", Portal);
        using var answer = await product.Http.SendAsync(request, Cancellation);
        answer
            .Headers.Where(h => h.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase))
            .ShouldBeEmpty();
        Of(answer, "Vary").ShouldBe("Accept");
    }

    [Theory]
    [InlineData("*")]
    [InlineData("https://*.example")]
    [InlineData("null")]
    [InlineData("portal.example")]
    [InlineData("//portal.example")]
    [InlineData("https://portal.example/")]
    [InlineData("https://portal.example/app")]
    [InlineData("https://portal.example?x")]
    [InlineData("https://portal.example#x")]
    [InlineData("https://user@portal.example")]
    [InlineData("ftp://portal.example")]
    [InlineData("https://portal.example https://app.example")]
    [InlineData("https://portal.example, https://")]
    public void What_is_no_origin_stops_the_start_and_is_named(string given)
    {
        var message = Should.Throw<InvalidOperationException>(() => Read(given)).Message;
        message.ShouldContain("Messaging:Cors:Origins is no origin");
        message.ShouldContain(given.Split(',')[^1].Trim());
    }

    [Fact]
    public void Origins_are_compared_as_browsers_write_them()
    {
        Read(" https://Portal.Example , https://kanzlei-müller.example:443,http://localhost:3000,")
            .Origins.Order(StringComparer.Ordinal)
            .ShouldBe(["http://localhost:3000", "https://portal.example", "https://xn--kanzlei-mller-4ob.example"]);
        Read("").Origins.ShouldBeEmpty();
    }

    private static ForeignOrigins Read(string given) =>
        ForeignOrigins.Read(
            new ConfigurationBuilder()
                .AddInMemoryCollection(new Dictionary<string, string?> { ["Messaging:Cors:Origins"] = given })
                .Build()
        );

    private static async Task<HttpResponseMessage> PreflightAsync(
        RunningProduct product, string path, string origin, string method, string headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, path);
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", method);
        request.Headers.Add("Access-Control-Request-Headers", headers);
        return await product.Http.SendAsync(request, Cancellation);
    }

    private static async Task<bool> IsListeningAsync(ProductProcess product)
    {
        try
        {
            using var answer = await product.Http.GetAsync(new Uri("/health/live", UriKind.Relative), Cancellation);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            product.IsRunning.ShouldBeTrue(product.LastLines);
            return false;
        }
    }

    private static string Of(HttpResponseMessage answer, string header) =>
        answer.Headers.TryGetValues(header, out var values) ? string.Join(',', values) : "";

    public sealed class Started : IAsyncLifetime
    {
        public RunningProduct Product { get; private set; } = null!;

        public async ValueTask InitializeAsync() =>
            Product = await RunningProduct.StartAsync(
                settings: new() { ["Messaging:Cors:Origins"] = $"{Portal}, https://app.example:8443" });

        public async ValueTask DisposeAsync() => await Product.DisposeAsync();
    }
}
