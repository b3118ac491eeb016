using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Messaging.Domain;

namespace Messaging.Application.Accounts;

/// <summary>
/// Format of an API token: <c>msg_</c>, <see cref="RandomCharacters"/> random letters and digits, which are 238 bits,
/// and <see cref="ChecksumCharacters"/> more that follow from them, so that scanners for secrets find it and never
/// mistake anything else for it (<c>msg_[0-9A-Za-z]{46}</c>). The checksum is the beginning of the SHA-256 of the
/// preceding characters, as a number of base 62.
/// </summary>
public static partial class ApiTokenSecret
{
    /// <summary>The prefix of every token.</summary>
    [Stored("prefix_of_api_tokens")]
    public const string Prefix = "msg_";

    /// <summary>Characters that are random.</summary>
    public const int RandomCharacters = 40;

    /// <summary>Characters of the checksum.</summary>
    public const int ChecksumCharacters = 6;

    // By which its owner recognises it: at its beginning, after the prefix, and at its end.
    private const int Shown = 4;

    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>A new one.</summary>
    public static string New()
    {
        var secret = Prefix + RandomNumberGenerator.GetString(Digits, RandomCharacters);
        return secret + Checksum(secret);
    }

    /// <summary>True when a token has the prefix; otherwise it is of another kind.</summary>
    public static bool IsMeant(string token) => token.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>True when the token has the form and its checksum is right.</summary>
    public static bool IsWellFormed(string token) =>
        Form().IsMatch(token) && token.EndsWith(Checksum(token[..^ChecksumCharacters]), StringComparison.Ordinal);

    /// <summary>The stored form of a token: a reader of the database cannot use it.</summary>
    public static string HashOf(string token) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    /// <summary>The preview that its owner sees later: <c>msg_4fKx…9aZw</c>.</summary>
    public static string PreviewOf(string token) => $"{token[..(Prefix.Length + Shown)]}…{token[^Shown..]}";

    private static string Checksum(string before)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(before));
        var number = BinaryPrimitives.ReadUInt64BigEndian(hash);
        Span<char> digits = stackalloc char[ChecksumCharacters];
        for (var i = ChecksumCharacters - 1; i >= 0; i--, number /= (uint)Digits.Length)
            digits[i] = Digits[(int)(number % (uint)Digits.Length)];
        return new string(digits);
    }

    [GeneratedRegex(@"^msg_[0-9A-Za-z]{46}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
