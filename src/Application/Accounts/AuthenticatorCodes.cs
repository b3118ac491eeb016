using System.Security.Cryptography;
using OtpNet;

namespace Messaging.Application.Accounts;

/// <summary>
/// Codes of authenticator apps (TOTP, RFC 6238): HMAC-SHA-1, six digits, a step of 30 seconds, which is what every app
/// supports. The code before and the one after are taken, too: clocks differ, and people type.
/// </summary>
public static class AuthenticatorCodes
{
    /// <summary>Bytes of a secret (RFC 4226, 4: 160 bits are recommended).</summary>
    public const int SecretBytes = 20;

    /// <summary>Digits of a code.</summary>
    public const int Digits = 6;

    /// <summary>The most characters that are looked at, with whatever people type between digits.</summary>
    public const int Maximum = 20;

    private static readonly VerificationWindow s_window = new(previous: 1, future: 1);

    /// <summary>The time step that a code is of.</summary>
    /// <param name="code">As somebody typed it.</param>
    /// <returns>Null when it is of none that counts now.</returns>
    public static long? StepOf(byte[] secret, string code, DateTimeOffset now)
    {
        if (code.Length > Maximum) return null;
        var digits = string.Concat(code.Where(c => !char.IsWhiteSpace(c) && c != '-'));
        if (digits.Length != Digits || !digits.All(char.IsAsciiDigit)) return null;
        return new Totp(secret, totpSize: Digits).VerifyTotp(now.UtcDateTime, digits, out var step, s_window)
            ? step
            : null;
    }

    /// <summary>The code of an instant.</summary>
    public static string At(byte[] secret, DateTimeOffset instant) =>
        new Totp(secret, totpSize: Digits).ComputeTotp(instant.UtcDateTime);

    /// <summary>A secret as people type it into an app: Base32 (RFC 4648, 6).</summary>
    public static string Shown(byte[] secret) => Base32Encoding.ToString(secret).TrimEnd('=');

    /// <summary>A secret as an app reads it from a QR code.</summary>
    /// <param name="office">The name of the office.</param>
    /// <param name="account">The address that its person signs in with.</param>
    public static string UriOf(byte[] secret, string office, string account) =>
        $"otpauth://totp/{Uri.EscapeDataString(office)}:{Uri.EscapeDataString(account)}"
            + $"?secret={Shown(secret)}&issuer={Uri.EscapeDataString(office)}";
}

/// <summary>
/// Encrypts the secrets of apps (AES-256-GCM). The key follows from the one that signs tokens; a backup of the database
/// alone has nothing that signs in.
/// </summary>
/// <param name="key">32 bytes.</param>
public sealed class FactorSecrets(byte[] key)
{
    /// <summary>The purpose for which the key is derived: with another one, apps would have to be added anew.</summary>
    [Domain.Stored("purpose_of_factor_key")]
    public const string Purpose = "second factors";

    private static readonly int s_tag = AesGcm.TagByteSizes.MaxSize;
    private static readonly int s_nonce = AesGcm.NonceByteSizes.MaxSize;

    /// <summary>As it is kept: nonce, tag, and the encrypted secret.</summary>
    /// <param name="id">The factor whose it is; it is good for no other.</param>
    public byte[] Encrypt(Guid id, byte[] secret)
    {
        var kept = new byte[s_nonce + s_tag + secret.Length];
        RandomNumberGenerator.Fill(kept.AsSpan(0, s_nonce));
        using var aes = new AesGcm(key, s_tag);
        aes.Encrypt(
            kept.AsSpan(0, s_nonce), secret, kept.AsSpan(s_nonce + s_tag), kept.AsSpan(s_nonce, s_tag),
            id.ToByteArray());
        return kept;
    }

    /// <summary>The secret.</summary>
    /// <returns>Null when it was encrypted with another key, or for another factor.</returns>
    public byte[]? Decrypt(Guid id, byte[] kept)
    {
        if (kept.Length < s_nonce + s_tag) return null;
        var secret = new byte[kept.Length - s_nonce - s_tag];
        using var aes = new AesGcm(key, s_tag);
        try
        {
            aes.Decrypt(
                kept.AsSpan(0, s_nonce), kept.AsSpan(s_nonce + s_tag), kept.AsSpan(s_nonce, s_tag), secret,
                id.ToByteArray());
            return secret;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }
}
