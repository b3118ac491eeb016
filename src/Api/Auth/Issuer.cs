using System.Text.Json;
using Messaging.Application;
using Messaging.Application.Accounts;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Messaging.Api.Auth;

/// <summary>The issuer of a token does not give its keys, so that nobody knows whether the token is valid.</summary>
public sealed class IssuerAwayException()
    : Exception("The issuer of this access token does not answer at the moment; try again.");

/// <summary>
/// Another issuer of tokens (OpenID Connect Discovery 1.0). Only this service asks it for its name and its keys, when
/// the product starts and then now and then. Requests wait for its first answer; after a failed attempt, further
/// requests are refused at once until it answers (a circuit breaker). Its last answer stays valid while it is away.
/// </summary>
public sealed partial class Issuer : BackgroundService
{
    /// <summary>Time limit of an answer.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>
    /// First pause after it did not answer; each further one is twice as long, up to <see cref="LongestPause"/>.
    /// </summary>
    public static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(2);

    /// <summary>Longest pause while its keys are not known.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>Interval of asking in any case: a key that it has withdrawn is good for that time at most.</summary>
    public static readonly TimeSpan Freshness = TimeSpan.FromHours(1);

    /// <summary>Shortest interval of asking because a token names an unknown key.</summary>
    public static readonly TimeSpan ShortestTime = TimeSpan.FromSeconds(30);

    /// <summary>Largest accepted difference between its clock and ours.</summary>
    public static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    // Limit for each of the two documents, in bytes.
    private const int LongestAnswer = 1024 * 1024;

    private readonly OidcOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger<Issuer> _logger;
    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false };
    private readonly HttpClient _http = new() { Timeout = Patience, MaxResponseContentBufferSize = LongestAnswer };
    private readonly Wakeup _wanted = new();
    private readonly Lock _lock = new();
    private OpenIdConnectConfiguration? _known;
    private bool _isAsked = true;

    // True when it did not answer the last time: then no request waits for it.
    private bool _isSilent;
    private TaskCompletionSource _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DateTimeOffset _askedAt = DateTimeOffset.MinValue;

    /// <summary>The issuer of the settings.</summary>
    public Issuer(OidcOptions options, TimeProvider clock, ILogger<Issuer> logger) =>
        (_options, _clock, _logger) = (options, clock, logger);

    /// <summary>True when a token claims to be of this issuer; the claim is not verified yet.</summary>
    public bool IsNamedBy(JsonWebToken token) =>
        token.Issuer.TrimEnd('/') == _options.Authority || (Known is { } known && token.Issuer == known.Issuer);

    /// <summary>Finds out whether a token is valid.</summary>
    /// <returns>The outcome; a token whose key is unknown is not valid.</returns>
    /// <exception cref="IssuerAwayException">The issuer never said its keys.</exception>
    public Task<TokenValidationResult> ValidateAsync(JsonWebToken token, CancellationToken cancellation) =>
        ValidateAsync(token, _options.Audience, cancellation);

    private async Task<TokenValidationResult> ValidateAsync(
        JsonWebToken token, string audience, CancellationToken cancellation)
    {
        var known = Known ?? await FirstAsync(cancellation);
        var result = await _handler.ValidateTokenAsync(token, Parameters(known, audience));

        // Its keys may have changed.
        return
            !result.IsValid
            && result.Exception is SecurityTokenSignatureKeyNotFoundException
            && await NextAsync(cancellation) is { } newer
            ? await _handler.ValidateTokenAsync(token, Parameters(newer, audience))
            : result;
    }

    /// <summary>The page where people sign in by it; null while it has not said so, or it has none.</summary>
    public string? AuthorizationEndpoint => Known?.AuthorizationEndpoint is { Length: > 0 } page ? page : null;

    /// <summary>
    /// Exchanges what its page sent back for what it vouches for (OpenID Connect Core 1.0, 3.1.3): an ID token that is
    /// signed by it, for this client, for this sign-in, and by one of the ways that are asked for.
    /// </summary>
    /// <param name="client">As what it knows the client.</param>
    /// <returns>Null when it does not vouch for anybody by this.</returns>
    /// <exception cref="IssuerAwayException">It does not answer.</exception>
    public async Task<VouchedFor?> ExchangeAsync(string client, IssuerAnswer answer, CancellationToken cancellation)
    {
        var known = Known ?? await FirstAsync(cancellation);
        if (!IsUsable(known.TokenEndpoint)) return null;
        using var content = new FormUrlEncodedContent(
            new Dictionary<string, string>
            {
                ["grant_type"] = "authorization_code",
                ["code"] = answer.Code,
                ["redirect_uri"] = answer.RedirectUri,
                ["client_id"] = client,
                ["code_verifier"] = answer.CodeVerifier,
            });
        using var request = new HttpRequestMessage(HttpMethod.Post, known.TokenEndpoint) { Content = content };
        if (await AnswerAsync(request, cancellation) is not { } tokens
            || Text(tokens, "id_token") is not { } text || !_handler.CanReadToken(text))
            return null;
        var token = _handler.ReadJsonWebToken(text);
        var result = await ValidateAsync(token, client, cancellation);
        if (!result.IsValid) return null;
        var claims = result.ClaimsIdentity;
        var isForUs = claims.FindFirst("nonce")?.Value == answer.Nonce
            && (claims.FindFirst("azp")?.Value ?? client) == client
            && (_options.AcrValues.Count == 0 || _options.AcrValues.Contains(claims.FindFirst("acr")?.Value ?? ""));
        if (!isForUs || claims.FindFirst("sub")?.Value is not { Length: > 0 } subject) return null;
        var (email, verified) = (claims.FindFirst("email")?.Value, claims.FindFirst("email_verified")?.Value);
        if (email is null && IsUsable(known.UserInfoEndpoint) && Text(tokens, "access_token") is { } access)
            (email, verified) = await AskOfAsync(known.UserInfoEndpoint, access, subject, cancellation);

        // Only an address that the issuer vouches for: anybody could claim another's.
        return new VouchedFor(
            token.Issuer, subject, verified is "true" or "True" ? email : null,
            _options.TenantClaim is { } tenant ? claims.FindFirst(tenant)?.Value : null);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _http.Dispose();
        _wanted.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pause = ShortestPause;
        try
        {
            while (true)
            {
                var isThere = await AskAsync(stoppingToken);
                lock (_lock) _isSilent = !isThere;
                pause = isThere ? ShortestPause : pause;
                var wait = isThere || Known is not null ? Freshness : pause;
                if (!isThere) pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
                Answered();
                await _wanted.WaitAsync(wait, _clock, stoppingToken);
                lock (_lock) _isAsked = true;
            }
        }
        catch (OperationCanceledException)
        {
            Answered();
        }
    }

    private OpenIdConnectConfiguration? Known
    {
        get
        {
            lock (_lock) return _known;
        }
    }

    private async Task<OpenIdConnectConfiguration> FirstAsync(CancellationToken cancellation)
    {
        Task answer;
        lock (_lock)
        {
            if (_known is not null) return _known;
            if (!_isAsked || _isSilent) throw new IssuerAwayException();
            answer = _answer.Task;
        }

        await AnsweredAsync(answer, cancellation);
        lock (_lock) return _known ?? throw new IssuerAwayException();
    }

    // Asks again, since a token names an unknown key. Null: it was asked a moment ago, or does not answer.
    private async Task<OpenIdConnectConfiguration?> NextAsync(CancellationToken cancellation)
    {
        Task answer;
        OpenIdConnectConfiguration? before;
        lock (_lock)
        {
            if (!_isAsked && _clock.GetUtcNow() < _askedAt + ShortestTime) return null;
            if (!_isAsked) _wanted.Set();
            (answer, before) = (_answer.Task, _known);
        }

        await AnsweredAsync(answer, cancellation);
        return Known is { } known && !ReferenceEquals(known, before) ? known : null;
    }

    private static async Task AnsweredAsync(Task answer, CancellationToken cancellation)
    {
        try
        {
            await answer.WaitAsync(Patience + TimeSpan.FromSeconds(1), cancellation);
        }
        catch (TimeoutException)
        {
            // The caller looks at what is known.
        }
    }

    private async Task<bool> AskAsync(CancellationToken stopping)
    {
        lock (_lock) _askedAt = _clock.GetUtcNow();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        patience.CancelAfter(Patience);
        try
        {
            var retriever = new HttpDocumentRetriever(_http) { RequireHttps = _options.RequireHttps };
            var said = await OpenIdConnectConfigurationRetriever
                .GetAsync($"{_options.Authority}/.well-known/openid-configuration", retriever, patience.Token)
                .WaitAsync(patience.Token);
            if (string.IsNullOrEmpty(said.Issuer) || said.SigningKeys.Count == 0)
            {
                LogSilent("it says no name or no keys");
                return false;
            }

            bool wasAway;
            lock (_lock) (wasAway, _known) = (_known is null, said);
            if (wasAway) LogThere(said.SigningKeys.Count);
            return true;
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            // The message has its address and whatever it said.
            LogSilent(
                e is OperationCanceledException
                    ? $"no answer in {Patience.TotalSeconds} s"
                    : e.InnerException?.GetType().Name ?? e.GetType().Name
            );
            return false;
        }
    }

    private void Answered()
    {
        TaskCompletionSource answer;
        lock (_lock)
        {
            _isAsked = false;
            (answer, _answer) = (_answer, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        answer.SetResult();
    }

    // Some say the address of their user to whoever has the access token only (OpenID Connect Core 1.0, 5.4).
    private async Task<(string? Email, string? IsVerified)> AskOfAsync(
        string endpoint, string accessToken, string subject, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, endpoint);
        request.Headers.Authorization = new("Bearer", accessToken);
        return await AnswerAsync(request, cancellation) is { } said && Text(said, "sub") == subject
            ? (Text(said, "email"), Text(said, "email_verified"))
            : (null, null);
    }

    // Null: it refuses.
    private async Task<JsonElement?> AnswerAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        try
        {
            using var response = await _http.SendAsync(request, cancellation);
            if ((int)response.StatusCode is >= 400 and < 500) return null;
            response.EnsureSuccessStatusCode();
            using var document = await JsonDocument.ParseAsync(
                await response.Content.ReadAsStreamAsync(cancellation), cancellationToken: cancellation);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (Exception e) when (
            !cancellation.IsCancellationRequested
            && e is HttpRequestException or OperationCanceledException or JsonException)
        {
            LogSilent($"its {request.RequestUri!.AbsolutePath} fails: {e.GetType().Name}");
            throw new IssuerAwayException();
        }
    }

    private bool IsUsable(string? endpoint) =>
        Uri.TryCreate(endpoint, UriKind.Absolute, out var uri)
        && (uri.Scheme == "https" || (uri.Scheme == "http" && !_options.RequireHttps));

    private static string? Text(JsonElement? of, string name) =>
        of is { } there && there.TryGetProperty(name, out var value)
            ? value.ValueKind switch
            {
                JsonValueKind.String => value.GetString(),
                JsonValueKind.True => "true",
                _ => null,
            }
            : null;

    private TokenValidationParameters Parameters(OpenIdConnectConfiguration known, string audience) =>
        new()
        {
            ValidIssuer = known.Issuer,
            ValidAudience = audience,
            IssuerSigningKeys = known.SigningKeys,
            ValidAlgorithms =
            [
                SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
                SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384
            ],
            RequireExpirationTime = true,
            ClockSkew = Skew,
            LifetimeValidator = (notBefore, expires, token, parameters) =>
                AreCurrent(notBefore, expires, token as JsonWebToken, parameters.ClockSkew),
        };

    // Nor was it issued later than now.
    private bool AreCurrent(DateTime? notBefore, DateTime? expires, JsonWebToken? token, TimeSpan skew)
    {
        var now = _clock.GetUtcNow().UtcDateTime;
        return expires is { } end
            && now < end + skew
            && (notBefore ?? DateTime.MinValue) <= now + skew
            && (token?.IssuedAt ?? DateTime.MinValue) <= now + skew;
    }

    [LoggerMessage(
        LogLevel.Warning,
        "The issuer of Messaging:Auth:Oidc does not say its keys: {Why}. It is asked again; its tokens are "
            + "answered with 503 unless its keys are known"
    )]
    private partial void LogSilent(string why);

    [LoggerMessage(LogLevel.Information, "The issuer of Messaging:Auth:Oidc has said its {Keys} keys")]
    private partial void LogThere(int keys);
}
