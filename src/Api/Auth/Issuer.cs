using Messaging.Application;
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
    public async Task<TokenValidationResult> ValidateAsync(JsonWebToken token, CancellationToken cancellation)
    {
        var known = Known ?? await FirstAsync(cancellation);
        var result = await _handler.ValidateTokenAsync(token, Parameters(known));

        // Its keys may have changed.
        return
            !result.IsValid
            && result.Exception is SecurityTokenSignatureKeyNotFoundException
            && await NextAsync(cancellation) is { } newer
            ? await _handler.ValidateTokenAsync(token, Parameters(newer))
            : result;
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

    private TokenValidationParameters Parameters(OpenIdConnectConfiguration known) =>
        new()
        {
            ValidIssuer = known.Issuer,
            ValidAudience = _options.Audience,
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
