using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Messaging.Application.Accounts;
using Messaging.Domain;

namespace Messaging.Api.Auth;

/// <summary>A device that somebody signed in on.</summary>
/// <param name="Name">Its name for this person, under which its attempts are counted.</param>
/// <param name="Since">Time of the latest proof of identity on the device, in whole seconds.</param>
public sealed record KnownDevice(string Name, DateTimeOffset Since);

/// <summary>
/// The devices that people signed in on before (OWASP, "device cookies"): a cookie that no script can read and nobody
/// else can make has a token for each person who used it. It opens nothing. A wrong password typed there counts against
/// the device and not against the account, whose attempts strangers may have exhausted.
/// </summary>
public sealed class KnownDevices(AuthOptions options, TimeProvider clock)
{
    /// <summary>Limit of people that one device is known for; the one who used it first is forgotten first.</summary>
    public const int MostPeople = 10;

    [Stored("purpose_of_device_key")]
    private const string Purpose = "known devices";

    [Stored("cookie_of_devices")]
    private const string Cookie = "messaging-device";

    // Browsers keep no cookie for longer (RFC 6265bis 5.5).
    private static readonly TimeSpan s_lifetime = TimeSpan.FromDays(400);

    private const int PersonBytes = 8;
    private const int NameBytes = 8;
    private const int SignedBytes = PersonBytes + NameBytes + sizeof(uint);
    private const int TokenBytes = SignedBytes + 16;
    private const char Separator = '.';

    private readonly byte[] _key = options.KeyFor(Purpose);

    /// <summary>
    /// True when the request comes from a device that anybody is known on: then it is worth finding out who.
    /// </summary>
    public bool HasAny(HttpContext? context) => Read(context).Count > 0;

    /// <summary>The device that a request comes from, as it is known for a person.</summary>
    /// <returns>Null when they never signed in there.</returns>
    public KnownDevice? Find(HttpContext? context, string tenantId, Guid personId)
    {
        var person = PersonOf(tenantId, personId);
        foreach (var token in Read(context))
        {
            if (token.AsSpan(0, PersonBytes).SequenceEqual(person))
                return new KnownDevice(NameOf(token), SinceOf(token));
        }

        return null;
    }

    /// <summary>Remembers a device on which somebody has proved who they are.</summary>
    /// <param name="before">Device as it was known; null gives it a new name, with nothing counted for it.</param>
    public void Remember(HttpContext? context, Proven proven, KnownDevice? before)
    {
        // Not on a WebSocket, whose headers are gone: it was opened from a device that is known.
        if (context is null || context.Response.HasStarted || context.WebSockets.IsWebSocketRequest) return;
        var token = new byte[TokenBytes];
        var person = PersonOf(proven.Caller.TenantId, proven.Caller.Actor.Id);
        person.CopyTo(token, 0);
        if (before is null) RandomNumberGenerator.Fill(token.AsSpan(PersonBytes, NameBytes));
        else Convert.FromHexString(before.Name[^(2 * NameBytes)..]).CopyTo(token, PersonBytes);

        // A password counts from the second after it was chosen in.
        BinaryPrimitives.WriteUInt32BigEndian(
            token.AsSpan(PersonBytes + NameBytes),
            (uint)Math.Max(clock.GetUtcNow().ToUnixTimeSeconds(), proven.PasswordSetAt?.ToUnixTimeSeconds() ?? 0));
        Sign(token).CopyTo(token, SignedBytes);
        var others = Read(context).Where(other => !other.AsSpan(0, PersonBytes).SequenceEqual(person));
        var value = string.Join(
            Separator, others.Prepend(token).Take(MostPeople).Select(one => Base64Url.EncodeToString(one)));
        context.Response.Cookies.Append(
            CookieFor(context.Request),
            value,
            new CookieOptions
            {
                HttpOnly = true,
                SameSite = SameSiteMode.Strict,
                Secure = context.Request.IsHttps,
                Path = "/",
                MaxAge = s_lifetime,
                IsEssential = true,
            }
        );
    }

    // Returns the entries that are ours and not too old, the latest first. All others are ignored.
    private List<byte[]> Read(HttpContext? context)
    {
        var tokens = new List<byte[]>();
        if (context?.Request.Cookies[CookieFor(context.Request)] is not { Length: > 0 } value) return tokens;
        foreach (var part in value.Split(Separator, MostPeople + 1).Take(MostPeople))
        {
            var token = new byte[TokenBytes];
            if (
                part.Length == Base64Url.GetEncodedLength(TokenBytes)
                && Base64Url.TryDecodeFromChars(part, token, out var length)
                && length == TokenBytes
                && CryptographicOperations.FixedTimeEquals(Sign(token), token.AsSpan(SignedBytes))
                && clock.GetUtcNow() - SinceOf(token) < s_lifetime
            )
            {
                tokens.Add(token);
            }
        }

        return tokens;
    }

    private byte[] Sign(byte[] token) =>
        HMACSHA256.HashData(_key, token.AsSpan(0, SignedBytes))[..(TokenBytes - SignedBytes)];

    private byte[] PersonOf(string tenantId, Guid personId) =>
        HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{tenantId} {personId}"))[..PersonBytes];

    private static string NameOf(byte[] token) => Convert.ToHexStringLower(token.AsSpan(0, PersonBytes + NameBytes));

    private static DateTimeOffset SinceOf(byte[] token) =>
        DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadUInt32BigEndian(token.AsSpan(PersonBytes + NameBytes)));

    // "__Host-" keeps other hosts from setting it (RFC 6265bis 4.1.3.2), which needs https. Cookies do not distinguish
    // the ports of one machine.
    private static string CookieFor(HttpRequest request) =>
        (request.IsHttps ? $"__Host-{Cookie}" : Cookie)
        + (request.Host.Port is { } port ? string.Create(CultureInfo.InvariantCulture, $"-{port}") : "");
}
