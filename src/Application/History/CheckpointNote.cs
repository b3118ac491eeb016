using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Messaging.Domain;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;

namespace Messaging.Application.History;

/// <summary>Signs checkpoints (Ed25519).</summary>
/// <param name="seed">32 bytes.</param>
public sealed class CheckpointKey(byte[] seed)
{
    /// <summary>The purpose for which the key is derived: with another one it would be another key.</summary>
    [Stored("purpose_of_checkpoint_key")]
    public const string Purpose = "checkpoints";

    private readonly Ed25519PrivateKeyParameters _key = new(seed);

    /// <summary>The public key.</summary>
    public byte[] Public => _key.GeneratePublicKey().GetEncoded();

    /// <summary>The key that an organisation's checkpoints are verified with, as C2SP's <c>signed-note</c> has
    /// it.</summary>
    public string VerifierOf(string tenantId) => CheckpointNote.Verifier(CheckpointNote.OriginOf(tenantId), Public);

    /// <summary>The checkpoint of a tree, signed.</summary>
    public string Sign(string tenantId, long size, byte[] root)
    {
        var origin = CheckpointNote.OriginOf(tenantId);
        return Sign(
            origin,
            string.Create(CultureInfo.InvariantCulture, $"{origin}\n{size}\n{Convert.ToBase64String(root)}\n"));
    }

    /// <summary>The hash of an archive's manifest, signed, under another name than checkpoints.</summary>
    public string SignArchive(string tenantId, byte[] hash)
    {
        var origin = CheckpointNote.OriginOf(tenantId) + CheckpointNote.OfArchives;
        return Sign(origin, $"{origin}\n{Convert.ToHexStringLower(hash)}\n");
    }

    /// <summary>Another key for an organisation's checkpoints, signed, under another name than checkpoints.</summary>
    public string SignKey(string tenantId, CheckpointKey next)
    {
        var origin = CheckpointNote.OriginOf(tenantId) + CheckpointNote.OfKeys;
        return Sign(origin, $"{origin}\n{next.VerifierOf(tenantId)}\n");
    }

    private string Sign(string origin, string text)
    {
        var signer = new Ed25519Signer();
        signer.Init(true, _key);
        var bytes = Encoding.UTF8.GetBytes(text);
        signer.BlockUpdate(bytes, 0, bytes.Length);
        byte[] signature = [.. CheckpointNote.KeyId(origin, Public), .. signer.GenerateSignature()];
        return $"{text}\n\u2014 {origin} {Convert.ToBase64String(signature)}\n";
    }
}

/// <summary>A checkpoint, as C2SP's <c>tlog-checkpoint</c> and <c>signed-note</c> write it down.</summary>
/// <param name="TenantId">The organisation whose tree it is of.</param>
public sealed record CheckpointNote(string TenantId, long Size, byte[] Root)
{
    [Stored("checkpoint_origin")]
    private const string Origin = "messaging/";

    /// <summary>The end of the name under which archives are signed.</summary>
    [Stored("archive_origin")]
    internal const string OfArchives = "/archive";

    /// <summary>The end of the name under which the next key is signed.</summary>
    [Stored("key_origin")]
    internal const string OfKeys = "/key";

    // Of signatures with Ed25519.
    private const byte Algorithm = 1;

    /// <summary>The name of an organisation's log.</summary>
    public static string OriginOf(string tenantId) => $"{Origin}{tenantId}";

    /// <summary>A key to verify with.</summary>
    public static string Verifier(string origin, byte[] publicKey) =>
        $"{origin}+{Convert.ToHexStringLower(KeyId(origin, publicKey))}+"
            + Convert.ToBase64String([Algorithm, .. publicKey]);

    /// <summary>Reads one, also as it was copied out of a mail.</summary>
    /// <param name="publicKey">The key that has to have signed it.</param>
    /// <param name="why">Why it is none, as the end of a sentence that begins with its name.</param>
    /// <returns>Null when it is none.</returns>
    public static CheckpointNote? Read(string note, byte[] publicKey, out string why)
    {
        note = note.Replace("\r\n", "\n", StringComparison.Ordinal).TrimStart();
        why = "is no checkpoint of an organisation of this product";
        var end = note.IndexOf("\n\n", StringComparison.Ordinal);
        if (end < 0) return null;
        var text = note[..(end + 1)];
        if (text.Split('\n') is not [var origin, var number, var hash, ..]
            || !origin.StartsWith(Origin, StringComparison.Ordinal)
            || !long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            || !TryBase64(hash, out var root) || root.Length != SHA256.HashSizeInBytes)
            return null;
        why = "is not signed by the key of this installation";
        return IsSigned(note, end, origin, publicKey) ? new CheckpointNote(origin[Origin.Length..], size, root) : null;
    }

    /// <summary>True when a note says the hash of an archive's manifest, signed by a key.</summary>
    internal static bool IsOfArchive(string note, string tenantId, byte[] hash, byte[] publicKey) =>
        Says(note, OriginOf(tenantId) + OfArchives, Convert.ToHexStringLower(hash), publicKey);

    /// <summary>True when a note says another key to verify with, signed by a key.</summary>
    internal static bool IsOfKey(string note, string tenantId, string verifier, byte[] publicKey) =>
        Says(note, OriginOf(tenantId) + OfKeys, verifier, publicKey);

    private static bool Says(string note, string origin, string line, byte[] publicKey)
    {
        var text = $"{origin}\n{line}\n\n";
        return note.StartsWith(text, StringComparison.Ordinal) && IsSigned(note, text.Length - 2, origin, publicKey);
    }

    /// <summary>The organisation and the public key of a verifier's key; null when it is none.</summary>
    internal static (string TenantId, byte[] Public)? ReadVerifier(string text)
    {
        if (text.Split('+', 3) is not [var origin, var id, var key]
            || !origin.StartsWith(Origin, StringComparison.Ordinal)
            || !TryBase64(key, out var bytes) || bytes.Length != 33 || bytes[0] != Algorithm
            || Convert.ToHexStringLower(KeyId(origin, bytes[1..])) != id) return null;
        return (origin[Origin.Length..], bytes[1..]);
    }

    private static bool IsSigned(string note, int end, string origin, byte[] publicKey) =>
        note[(end + 2)..].Split('\n').Any(line =>
            line.Split(' ') is ["\u2014", var name, var given] && name == origin && TryBase64(given, out var signature)
            && signature.Length == 4 + 64 && signature.AsSpan().StartsWith(KeyId(origin, publicKey))
            && IsSignedBy(publicKey, note[..(end + 1)], signature[4..]));

    internal static byte[] KeyId(string origin, byte[] publicKey) =>
        SHA256.HashData([.. Encoding.UTF8.GetBytes(origin), (byte)'\n', Algorithm, .. publicKey])[..4];

    private static bool IsSignedBy(byte[] publicKey, string text, byte[] signature)
    {
        var verifier = new Ed25519Signer();
        verifier.Init(false, new Ed25519PublicKeyParameters(publicKey));
        var bytes = Encoding.UTF8.GetBytes(text);
        verifier.BlockUpdate(bytes, 0, bytes.Length);
        return verifier.VerifySignature(signature);
    }

    private static bool TryBase64(string text, out byte[] bytes)
    {
        bytes = new byte[text.Length];
        var isBase64 = Convert.TryFromBase64String(text, bytes, out var length);
        bytes = isBase64 ? bytes[..length] : [];
        return isBase64;
    }
}
