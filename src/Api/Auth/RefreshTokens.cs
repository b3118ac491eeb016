using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Messaging.Api.Hosting;
using Messaging.Application.Accounts;
using Messaging.Domain;

namespace Messaging.Api.Auth;

/// <summary>
/// Content of a refresh token: the session that it renews, and its place among that session's tokens.
/// </summary>
internal sealed record RefreshToken(string TenantId, Guid Session, int Generation);

/// <summary>A cookie of a browser with a refresh token.</summary>
/// <param name="Name">The cookie's name.</param>
internal sealed record RefreshCookie(string Name, RefreshToken Token);

/// <summary>
/// The refresh tokens of browsers, in a cookie that no script can read (RFC 6265bis: HttpOnly, SameSite=Strict, for
/// <c>/graphql</c> alone, Secure by https). A token is the session, the number of its generation, and a MAC of both by
/// a key derived from the one that signs tokens. So the same token is always exchanged for the same next one, and
/// neither the database nor its backups hold anything that would sign in.
/// <para>
/// A browser has one of whoever signed in there, and one of each account of theirs that they switched to, so that two
/// tabs go on with two accounts and none takes the other's token.
/// </para>
/// </summary>
public sealed class RefreshTokens(AuthOptions options, DemoOrganisations demo)
{
    private const int Signed = 16 + 16 + 4;
    private const int Length = Signed + HMACSHA256.HashSizeInBytes;
    private const string Path = "/graphql";

    [Stored("cookie_of_sessions")]
    private const string Cookie = "messaging";

    // The keys are derived for these purposes: with another purpose, cookies that browsers have become worthless.
    [Stored("purpose_of_refresh_key")]
    private const string Purpose = "refresh tokens";

    [Stored("purpose_of_storage_key")]
    private const string StoragePurpose = "browser storage";

    /// <summary>
    /// The most accounts that a browser has a cookie for, besides the one that was signed in to: each costs 130 bytes
    /// in every request, and servers take some 8 KB of headers.
    /// </summary>
    public const int MostSwitchedTo = 8;

    private const int AccountBytes = 8;

    private readonly byte[] _key = options.KeyFor(Purpose);
    private readonly byte[] _storageKey = options.KeyFor(StoragePurpose);

    /// <summary>
    /// The key with which a browser encrypts the data that it keeps for a person, in Base64: 256 bits, the same for the
    /// same person. Only a signed-in person gets it, so that nobody else can read those data.
    /// </summary>
    public string StorageKeyOf(Caller caller) =>
        Convert.ToBase64String(
            HMACSHA256.HashData(_storageKey, Encoding.UTF8.GetBytes($"{caller.TenantId} {caller.Actor.Id}")));

    /// <summary>
    /// The tokens that the request brings, first that of whoever signed in; those that are none of ours are left out.
    /// </summary>
    internal IReadOnlyList<RefreshCookie> Read(HttpRequest request)
    {
        var cookies = new List<RefreshCookie>();
        foreach (var name in NamesIn(request).Take(2 * MostSwitchedTo))
        {
            if (Parse(request.Cookies[name]!) is { } token && !demo.IsClosed(token.TenantId))
                cookies.Add(new RefreshCookie(name, token));
        }

        return cookies;
    }

    /// <summary>Gives the browser the latest token of a session.</summary>
    /// <param name="name">The cookie: <see cref="NameFor(HttpRequest)"/>, or that of an account.</param>
    internal void Give(HttpContext context, LiveSession session, string name)
    {
        var token = new RefreshToken(
            session.Caller.TenantId, session.Caller.SessionId!.Value, session.Generation!.Value);
        context.Response.Cookies.Append(name, Write(token), Options(context.Request, session.ExpiresAt));
    }

    /// <summary>Takes a token away from the browser.</summary>
    internal static void Take(HttpContext context, string name) =>
        context.Response.Cookies.Delete(name, Options(context.Request, null));

    /// <summary>Takes all tokens away from the browser, but for one.</summary>
    internal static void TakeAll(HttpContext context, string? but = null)
    {
        foreach (var name in NamesIn(context.Request).Where(name => name != but)) Take(context, name);
    }

    /// <summary>
    /// True when the request may use the cookie, or be given one: from a page of ours, or from no page at all. A
    /// foreign page cannot send JSON unless CORS allows it, and the allowed ones have no use for cookies; browsers that
    /// say where a request comes from are believed besides (Fetch Metadata).
    /// </summary>
    internal static bool MayUse(HttpContext context) =>
        context.Request.Headers["Sec-Fetch-Site"].ToString() is "" or "same-origin" or "none"
        && context.RequestServices.GetService<ForeignOrigins>()?.IsOf(context.Request) is not true
        && !context.WebSockets.IsWebSocketRequest && !context.Response.HasStarted;

    /// <summary>The cookie of an account that somebody switched to.</summary>
    internal string NameFor(HttpRequest request, string tenantId, Guid personId)
    {
        var hash = HMACSHA256.HashData(_storageKey, Encoding.UTF8.GetBytes($"cookie {tenantId} {personId}"));
        return $"{NameFor(request)}.{Convert.ToHexStringLower(hash.AsSpan(0, AccountBytes))}";
    }

    /// <summary>The cookie of whoever signed in.</summary>
    // Cookies do not distinguish the ports of one machine; so two products on localhost would take each other's.
    internal static string NameFor(HttpRequest request) =>
        (request.IsHttps ? $"__Secure-{Cookie}" : Cookie)
        + (request.Host.Port is { } port ? string.Create(CultureInfo.InvariantCulture, $"-{port}") : "");

    private static IEnumerable<string> NamesIn(HttpRequest request)
    {
        var name = NameFor(request);
        return request
            .Cookies.Keys.Where(key => key == name || key.StartsWith($"{name}.", StringComparison.Ordinal))
            .OrderBy(key => key.Length);
    }

    private static CookieOptions Options(HttpRequest request, DateTimeOffset? expires) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = request.IsHttps,
        Path = Path,
        Expires = expires,
        IsEssential = true,
    };

    private string Write(RefreshToken token)
    {
        Span<byte> bytes = stackalloc byte[Length];
        Guid.Parse(token.TenantId).TryWriteBytes(bytes, bigEndian: true, out _);
        token.Session.TryWriteBytes(bytes[16..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(bytes[32..], token.Generation);
        HMACSHA256.HashData(_key, bytes[..Signed], bytes[Signed..]);
        return Base64Url.EncodeToString(bytes);
    }

    private RefreshToken? Parse(string value)
    {
        Span<byte> bytes = stackalloc byte[Length];
        if (
            value.Length != Base64Url.GetEncodedLength(Length)
            || !Base64Url.TryDecodeFromChars(value, bytes, out var length)
            || length != Length
        )
            return null;
        if (!CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(_key, bytes[..Signed]), bytes[Signed..]))
            return null;
        return new RefreshToken(
            new Guid(bytes[..16], bigEndian: true).ToString(), new Guid(bytes[16..32], bigEndian: true),
            BinaryPrimitives.ReadInt32BigEndian(bytes[32..]));
    }
}
