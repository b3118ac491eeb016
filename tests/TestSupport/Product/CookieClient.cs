using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Messaging.TestSupport.Product;

/// <summary>
/// Signs in as a page does: keeps the cookie that a browser keeps, and the access token in memory. It does not check
/// what browsers check.
/// </summary>
public sealed class CookieClient(string address, CookieContainer? cookies = null) : IDisposable
{
    private readonly HttpClient _http = new(
        new HttpClientHandler { CookieContainer = cookies ?? new CookieContainer() }, disposeHandler: true)
    {
        BaseAddress = new Uri(address),
        DefaultRequestHeaders =
        {
            { "User-Agent", "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0" },
        },
    };

    /// <summary>The access token of the latest answer; null when nobody is signed in.</summary>
    public string? Token { get; private set; }

    /// <summary>The cookie that the latest answer set, as it stands in its header; null when it set none.</summary>
    public string? SetCookie { get; private set; }

    /// <summary>What the latest answer makes the browser forget; null when nothing.</summary>
    public string? ClearSiteData { get; private set; }

    /// <summary>The value of the latest cookie.</summary>
    public string RefreshToken { get; private set; } = "";

    /// <summary>A client with the access token of now.</summary>
    public GraphQLClient Api => new(_http, Token);

    /// <summary>Signs in with a demo account's password, or another.</summary>
    public async Task<JsonNode> SignInAsync(string email, string password = "messaging-demo") =>
        await TakeAsync(
            "signIn",
            "mutation($email: String!, $password: String!) { signIn(input: { email: $email, password: $password, "
                + "cookie: true }) "
                + "{ accessToken expiresAt sessionId sessionExpiresAt storageKey viewer { displayName } errors { "
                    + "code message } } }",
            new { email, password }
        );

    /// <summary>Goes on with the session of the cookie.</summary>
    /// <param name="refreshToken">Another one than the browser has.</param>
    /// <param name="headers">More headers.</param>
    public async Task<JsonNode> RefreshAsync(
        string? refreshToken = null, params (string Name, string Value)[] headers) =>
        await TakeAsync(
            "refreshSession",
            "mutation { refreshSession { accessToken expiresAt sessionId sessionExpiresAt storageKey viewer { "
                + "displayName } errors { code message } } }",
            null,
            refreshToken,
            headers
        );

    /// <summary>Signs out, with the cookie and the access token, if there is one.</summary>
    public async Task<JsonNode> SignOutAsync() =>
        await TakeAsync("signOut", "mutation { signOut { errors { code } } }", null, null, withToken: true);

    /// <summary>Sends another mutation that may sign in.</summary>
    public Task<JsonNode> SendAsync(string field, string query, object? variables = null) =>
        TakeAsync(field, query, variables);

    public void Dispose() => _http.Dispose();

    private async Task<JsonNode> TakeAsync(
        string field, string query, object? variables, string? refreshToken = null,
        (string Name, string Value)[]? headers = null, bool withToken = false)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/graphql")
        {
            Content = JsonContent.Create(new { query, variables }),
        };
        if (withToken && Token is not null)
            request.Headers.Authorization = new("Bearer", Token);
        foreach (var (name, value) in headers ?? [])
            request.Headers.Add(name, value);
        if (refreshToken is not null)
        {
            using var plain = new HttpClient(new HttpClientHandler { UseCookies = false })
            {
                BaseAddress = _http.BaseAddress,
            };
            request.Headers.Add("Cookie", $"messaging-{_http.BaseAddress!.Port}={refreshToken}");
            return await ReadAsync(field, await plain.SendAsync(request));
        }

        return await ReadAsync(field, await _http.SendAsync(request));
    }

    private async Task<JsonNode> ReadAsync(string field, HttpResponseMessage response)
    {
        using var _ = response;
        SetCookie = response.Headers.TryGetValues("Set-Cookie", out var set)
            ? set.SingleOrDefault(c => !c.Contains("messaging-device", StringComparison.Ordinal))
            : null;
        ClearSiteData = response.Headers.TryGetValues("Clear-Site-Data", out var clear) ? clear.Single() : null;
        if (SetCookie is not null) RefreshToken = SetCookie.Split(';')[0].Split('=', 2)[1];
        var body = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Token = (string?)body["data"]?[field]?["accessToken"];
        return body["data"]?[field] ?? body;
    }
}
