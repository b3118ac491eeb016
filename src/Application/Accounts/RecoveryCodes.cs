using System.Security.Cryptography;
using System.Text;

namespace Messaging.Application.Accounts;

/// <summary>
/// Codes that stand in for a second factor that was lost, each once: 80 random bits in Crockford's Base32, in groups of
/// four. A plain hash of so much is enough.
/// </summary>
public static class RecoveryCodes
{
    /// <summary>How many somebody gets at once.</summary>
    public const int Count = 10;

    /// <summary>The most characters that are looked at, with whatever people type between letters.</summary>
    public const int Maximum = 40;

    private const string Letters = "0123456789abcdefghjkmnpqrstvwxyz";
    private const int Length = 16;
    private const int Group = 4;

    /// <summary>New ones, as they are shown.</summary>
    public static IReadOnlyList<string> New() =>
        [.. Enumerable.Range(0, Count).Select(_ => Shown(RandomNumberGenerator.GetString(Letters, Length)))];

    /// <summary>
    /// The stored form of a code: a reader of the database cannot use it. What people mistake for each other is the
    /// same: O and 0, I, L and 1.
    /// </summary>
    /// <returns>Null when it has not the form of one.</returns>
    public static string? HashOf(string code)
    {
        if (code.Length > Maximum) return null;
        var letters = string.Concat(
            code.ToLowerInvariant().Where(char.IsAsciiLetterOrDigit)
                .Select(c => c switch { 'o' => '0', 'i' or 'l' => '1', _ => c }));
        return letters.Length == Length && letters.All(c => Letters.Contains(c, StringComparison.Ordinal))
            ? Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(letters)))
            : null;
    }

    private static string Shown(string letters) =>
        string.Join('-', letters.Chunk(Group).Select(part => new string(part)));
}
