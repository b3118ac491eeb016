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

/// <summary>
/// The refresh tokens of browsers, in a cookie that no script can read (RFC 6265bis: HttpOnly, SameSite=Strict, for
/// <c>/graphql</c> alone, Secure by https). A token is the session, the number of its generation, and a MAC of both by
/// a key derived from the one that signs tokens. So the same token is always exchanged for the same next one, and
/// neither the database nor its backups hold anything that would sign in.
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

    private readonly byte[] _key = options.KeyFor(Purpose);
    private readonly byte[] _storageKey = options.KeyFor(StoragePurpose);

    /// <summary>
    /// The key with which a browser encrypts the data that it keeps for a person, in Base64: 256 bits, the same for the
    /// same person. Only a signed-in person gets it, so that nobody else can read those data.
    /// </summary>
    public string StorageKeyOf(Caller caller) =>
        Convert.ToBase64String(
            HMACSHA256.HashData(_storageKey, Encoding.UTF8.GetBytes($"{caller.TenantId} {caller.Actor.Id}")));

    /// <summary>The token that the request brings; null when there is none, or it is none of ours.</summary>
    internal RefreshToken? Read(HttpRequest request) =>
        request.Cookies[NameFor(request)] is { } value && Parse(value) is { } token && !demo.IsClosed(token.TenantId)
            ? token
            : null;

    /// <summary>Gives the browser the latest token of its session.</summary>
    internal void Give(HttpContext context, LiveSession session)
    {
        var token = new RefreshToken(
            session.Caller.TenantId, session.Caller.SessionId!.Value, session.Generation!.Value);
        context.Response.Cookies.Append(
            NameFor(context.Request), Write(token), Options(context.Request, session.ExpiresAt));
    }

    /// <summary>Takes the token away from the browser, if it has one.</summary>
    internal static void Take(HttpContext context)
    {
        if (context.Request.Cookies.ContainsKey(NameFor(context.Request)))
            context.Response.Cookies.Delete(NameFor(context.Request), Options(context.Request, null));
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

    // Cookies do not distinguish the ports of one machine; so two products on localhost would take each other's.
    private static string NameFor(HttpRequest request) =>
        (request.IsHttps ? $"__Secure-{Cookie}" : Cookie)
        + (request.Host.Port is { } port ? string.Create(CultureInfo.InvariantCulture, $"-{port}") : "");

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
