using System.Security.Cryptography;
using System.Text;
using Messaging.Api.Hosting;
using Messaging.Application.Accounts;
using Messaging.Application.History;
using Messaging.Domain;

namespace Messaging.Api.Auth;

/// <summary>The settings of <c>Messaging:Auth</c>.</summary>
/// <param name="SigningKey">Signs the product's own tokens; at least 32 bytes.</param>
/// <param name="TokenLifetime">Lifetime of a token that no cookie renews; its session ends with it.</param>
/// <param name="BrowserTokenLifetime">Lifetime of a token that a browser renews.</param>
/// <param name="SessionIdle">After which time without use a session in a browser ends.</param>
/// <param name="SessionLongest">After which time a session in a browser ends in any case.</param>
/// <param name="SignInAttempts">Failed attempts to sign in for one address in <see cref="SignInWindow"/>; ten times as
/// many from one network address.</param>
/// <param name="SignInWindow">In which failed attempts are counted.</param>
/// <param name="Oidc">Another issuer whose tokens are accepted; null when there is none.</param>
public sealed record AuthOptions(
    byte[] SigningKey, TimeSpan TokenLifetime, TimeSpan BrowserTokenLifetime, TimeSpan SessionIdle,
    TimeSpan SessionLongest, int SignInAttempts, TimeSpan SignInWindow, OidcOptions? Oidc)
{
    /// <summary>Rounds of PBKDF2 for a password; see <see cref="Passwords.Rounds"/>.</summary>
    public int PasswordRounds { get; init; } = Passwords.Rounds;

    /// <summary>
    /// The key that signed before: it signs that the key of checkpoints is another one now. Null when there is none.
    /// </summary>
    public byte[]? PreviousSigningKey { get; init; }

    // What somebody waits for a second and a half; more would close the door for strangers.
    private const int PasswordRoundsMaximum = 10 * Passwords.Rounds;

    // Where accounts are for trying things out, and their passwords are in the README.
    private const int PasswordRoundsOfDevelopment = 1000;

    /// <summary>
    /// Longest lifetime of a token that can be set, in minutes: 30 days. Its holder needs nothing else.
    /// </summary>
    public const int TokenMinutesMaximum = 43_200;

    /// <summary>Longest lifetime of a browser's token that can be set, in minutes.</summary>
    public const int BrowserTokenMinutesMaximum = 60;

    /// <summary>Longest lifetime of a browser's session that can be set, in minutes: 90 days.</summary>
    public const int SessionMinutesMaximum = 129_600;

    /// <summary>The file in the data directory that has the key, where no setting has it.</summary>
    [Stored("file_of_signing_key")]
    public const string KeyFile = "token-signing.key";

    /// <summary>
    /// Reads them. Without a key one is made, and kept in the data directory for the next start; several nodes are
    /// given theirs, as a directory of one is not the others'.
    /// </summary>
    /// <exception cref="InvalidOperationException">A setting cannot be right; the host does not start with
    /// it.</exception>
    public static AuthOptions Read(IConfiguration configuration, string dataDirectory)
    {
        var section = configuration.GetSection("Messaging:Auth");
        var key = Key(section["SigningKey"], dataDirectory, configuration.AreNodesSeveral());
        var previous = section["PreviousSigningKey"] is { Length: > 0 } before
            ? Key(before, "PreviousSigningKey")
            : null;
        if (previous is not null && previous.AsSpan().SequenceEqual(key))
            throw new InvalidOperationException(
                "Messaging:Auth:PreviousSigningKey must be another than Messaging:Auth:SigningKey: the one of before.");
        return new AuthOptions(
            key,
            TimeSpan.FromMinutes(section.Number("TokenMinutes", 720, most: TokenMinutesMaximum)),
            TimeSpan.FromMinutes(section.Number("BrowserTokenMinutes", 15, most: BrowserTokenMinutesMaximum)),
            TimeSpan.FromMinutes(section.Number("SessionIdleMinutes", 720, most: SessionMinutesMaximum)),
            TimeSpan.FromMinutes(section.Number("SessionMinutes", 10_080, most: SessionMinutesMaximum)),
            section.Number("SignInAttempts", 20),
            TimeSpan.FromMinutes(section.Number("SignInWindowMinutes", 15)),
            OidcOptions.Read(section.GetSection("Oidc")))
        {
            PreviousSigningKey = previous,
            PasswordRounds = section.Number(
                "PasswordRounds", Passwords.Rounds,
                configuration[HostDefaults.EnvironmentKey] == Environments.Development
                    ? PasswordRoundsOfDevelopment : Passwords.Rounds,
                PasswordRoundsMaximum),
        };
    }

    /// <summary>
    /// A key for another purpose than signing tokens, from the same secret (HKDF, RFC 5869): 32 bytes.
    /// </summary>
    public byte[] KeyFor(string purpose) => KeyFrom(SigningKey, purpose);

    /// <summary>The key that signs the checkpoints of the log; it is the same on all nodes.</summary>
    public CheckpointKey KeyOfCheckpoints() => new(KeyFor(CheckpointKey.Purpose));

    /// <summary>The key that signed checkpoints before; null when there is none.</summary>
    public CheckpointKey? PreviousKeyOfCheckpoints() =>
        PreviousSigningKey is { } previous ? new(KeyFrom(previous, CheckpointKey.Purpose)) : null;

    private static byte[] KeyFrom(byte[] secret, string purpose) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, 32, info: Encoding.UTF8.GetBytes($"messaging {purpose}"));

    private static byte[] Key(string given, string setting)
    {
        var key = new byte[given.Length];
        return Convert.TryFromBase64String(given, key, out var length) && length >= SigningKeyFile.LeastBytes
            ? key[..length]
            : throw new InvalidOperationException(
                $"Messaging:Auth:{setting} must be at least 32 bytes in Base64, such as `openssl rand "
                    + "-base64 48` prints.");
    }

    private static byte[] Key(string? given, string dataDirectory, bool several)
    {
        if (given is not null) return Key(given, "SigningKey");
        if (!several) return SigningKeyFile.ReadOrMake(dataDirectory);
        var kept = SigningKeyFile.PathIn(dataDirectory);
        var used = File.Exists(kept) ? $"; `base64 -w0 {kept}` prints the one that this node has used" : "";
        throw new InvalidOperationException(
            "Messaging:Nodes is several, which needs Messaging:Auth:SigningKey: one key, the same on each node, "
                + "or none takes the others'"
            + $" tokens. `openssl rand -base64 48` makes one{used}.");
    }
}

/// <summary>
/// The settings of <c>Messaging:Auth:Oidc</c>: another issuer, which identifies people; their accounts here say what
/// they may do.
/// </summary>
/// <param name="Authority">The issuer's address, under which <c>/.well-known/openid-configuration</c> is found.</param>
/// <param name="Audience">Audience that a token must name.</param>
/// <param name="TenantClaim">The claim with the organisation's id; null when addresses belong to one organisation
/// each.</param>
/// <param name="RequireHttps">False only for an issuer on the same machine.</param>
public sealed record OidcOptions(string Authority, string Audience, string? TenantClaim, bool RequireHttps)
{
    /// <summary>The issuer's name for the web client, which has no secret; null when nobody signs in by it.</summary>
    public string? ClientId { get; init; }

    /// <summary>What it is asked for, separated by spaces.</summary>
    public string Scope { get; init; } = "openid email";

    /// <summary>
    /// The ways of signing in there of which one is asked for, and has to be what was used
    /// (<c>acr_values</c>, <c>acr</c>); empty when that is the issuer's matter.
    /// </summary>
    public IReadOnlyList<string> AcrValues { get; init; } = [];

    internal static OidcOptions? Read(IConfigurationSection section)
    {
        if (section["Authority"] is not { Length: > 0 } authority) return null;
        if (!Uri.TryCreate(authority, UriKind.Absolute, out var uri) || uri.Scheme is not ("https" or "http"))
            throw new InvalidOperationException(
                $"{section.Path}:Authority must be an https address, not \"{authority}\".");
        var requireHttps = section.GetValue("RequireHttps", true);
        if (requireHttps && uri.Scheme != "https")
            throw new InvalidOperationException(
                $"{section.Path}:Authority must be an https address; RequireHttps=false lifts that for an issuer "
                    + $"on the same machine."
            );
        var audience = section["Audience"];
        return string.IsNullOrEmpty(audience)
            ? throw new InvalidOperationException(
                $"{section.Path}:Audience must be given: without it any token of the issuer would do.")
            : new OidcOptions(authority.TrimEnd('/'), audience, section["TenantClaim"], requireHttps)
            {
                ClientId = section["ClientId"] is { Length: > 0 } client ? client : null,
                Scope = section["Scope"] is { Length: > 0 } scope ? scope : "openid email",
                AcrValues = section["AcrValues"]?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [],
            };
    }
}
