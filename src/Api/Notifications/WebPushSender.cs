using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Messaging.Api.Auth;
using Messaging.Api.Email;
using Messaging.Application.Notifications.Push;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Messaging.Api.Notifications;

/// <summary>
/// Tells browsers by their vendors' services (RFC 8030), which know this server by its key (VAPID, RFC 8292). The key
/// follows from the one that signs tokens, so that several nodes have the same, and a backup of the database has none.
/// Messages have no content: the vendors learn that somebody is told, and when.
/// </summary>
internal sealed partial class WebPushSender : IPushSender, IDisposable
{
    private const int LongestAnswer = 4 * 1024;

    // What a browser that is off is told of later.
    private static readonly TimeSpan s_kept = TimeSpan.FromDays(1);

    // A service takes at most 24 hours.
    private static readonly TimeSpan s_token = TimeSpan.FromHours(12);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly JsonWebTokenHandler _tokens = new() { SetDefaultTimesOnTokenCreation = false };
    private readonly PushOptions _options;
    private readonly string _publicUrl;
    private readonly TimeProvider _clock;
    private readonly ILogger<WebPushSender> _logger;
    private readonly ECDsa _key;
    private readonly SigningCredentials _credentials;
    private readonly HttpClient _http;

    /// <summary>Needs the key that signs tokens.</summary>
    public WebPushSender(
        PushOptions options, AuthOptions auth, EmailOptions email, TimeProvider clock, ILogger<WebPushSender> logger)
    {
        (_options, _publicUrl, _clock, _logger) = (options, email.PublicUrl, clock, logger);
        _key = KeyOf(auth);
        _credentials = new SigningCredentials(new ECDsaSecurityKey(_key), SecurityAlgorithms.EcdsaSha256);
        var point = _key.ExportParameters(includePrivateParameters: false).Q;
        PublicKey = Base64UrlEncoder.Encode([4, .. point.X!, .. point.Y!]);

        // Services do not send their callers elsewhere.
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = s_patience,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            MaxConnectionsPerServer = 16,
        })
        {
            Timeout = s_patience,
            MaxResponseContentBufferSize = LongestAnswer,
        };
    }

    /// <summary>The key by which browsers subscribe: an uncompressed point of P-256, in base64url.</summary>
    public string PublicKey { get; }

    /// <inheritdoc/>
    public bool CanSend => _options.IsOn;

    /// <inheritdoc/>
    public async Task<PushOutcome> SendAsync(string endpoint, CancellationToken cancellation)
    {
        // The setting may be another than when the browser subscribed.
        if (!_options.Serves(endpoint)) return PushOutcome.Gone;
        var address = new Uri(endpoint);
        using var request = new HttpRequestMessage(HttpMethod.Post, address);
        request.Headers.TryAddWithoutValidation(
            "Authorization", $"vapid t={TokenFor(address)}, k={PublicKey}");
        request.Headers.TryAddWithoutValidation(
            "TTL", ((int)s_kept.TotalSeconds).ToString(CultureInfo.InvariantCulture));
        request.Headers.TryAddWithoutValidation("Urgency", "normal");

        // One that was not delivered yet stands for all.
        request.Headers.TryAddWithoutValidation("Topic", "messaging");
        request.Content = new ByteArrayContent([]);
        try
        {
            using var response = await _http.SendAsync(
                request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            if (response.IsSuccessStatusCode) return PushOutcome.Taken;
            if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone) return PushOutcome.Gone;
            LogRefused(address.Host, (int)response.StatusCode);
            return (int)response.StatusCode is 429 or >= 500 ? PushOutcome.Later : PushOutcome.Gone;
        }
        catch (Exception e) when (
            e is HttpRequestException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            LogAway(address.Host, e.GetType().Name);
            return PushOutcome.Later;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _http.Dispose();
        _key.Dispose();
    }

    private string TokenFor(Uri address) => _tokens.CreateToken(
        new SecurityTokenDescriptor
        {
            Audience = address.GetLeftPart(UriPartial.Authority),
            Expires = (_clock.GetUtcNow() + s_token).UtcDateTime,
            Claims = new Dictionary<string, object> { ["sub"] = _publicUrl },
            SigningCredentials = _credentials,
        });

    // A number below the order of the curve, which all but one of four thousand million are.
    private static ECDsa KeyOf(AuthOptions auth)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return ECDsa.Create(new ECParameters
                {
                    Curve = ECCurve.NamedCurves.nistP256,
                    D = auth.KeyFor($"web push {attempt}"),
                });
            }
            catch (CryptographicException) when (attempt < 3)
            {
                // The next one.
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "The push service {Host} refused a message: {Status}")]
    private partial void LogRefused(string host, int status);

    [LoggerMessage(LogLevel.Information, "The push service {Host} does not answer: {Why}")]
    private partial void LogAway(string host, string why);
}
