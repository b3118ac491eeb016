using System.Collections.Frozen;
using System.Text;
using System.Text.RegularExpressions;
using Messaging.Domain.Accounts;

namespace Messaging.Domain;

/// <summary>
/// The rules for what people, customers and offices are called. Names stand in the greetings and sentences of mails,
/// sent from the office's address: who could write the address of a web page there could send it to anybody in the
/// office's name. Names of before stay as they are.
/// </summary>
public static partial class Name
{
    // The endings that make a word with a dot a host's name rather than an abbreviation: any country's, those in
    // general use, and those reserved for examples (RFC 2606).
    private static readonly FrozenSet<string> s_endings = new[]
    {
        "com",
        "net",
        "org",
        "info",
        "biz",
        "name",
        "mobi",
        "app",
        "dev",
        "page",
        "web",
        "site",
        "online",
        "website",
        "store",
        "shop",
        "club",
        "live",
        "link",
        "click",
        "top",
        "xyz",
        "icu",
        "vip",
        "buzz",
        "cloud",
        "email",
        "support",
        "help",
        "login",
        "bank",
        "finance",
        "tax",
        "news",
        "blog",
        "media",
        "digital",
        "agency",
        "services",
        "solutions",
        "company",
        "group",
        "gmbh",
        "hamburg",
        "berlin",
        "koeln",
        "bayern",
        "wien",
        "tirol",
        "swiss",
        "example",
        "test",
        "invalid",
        "localhost",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>
    /// Checks what a person is called: one line, without the address of a web page, also not a host's name alone.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <param name="field">The input field, as the API names it.</param>
    public static Refusal? CheckPerson(string name, string field)
    {
        if (Text.CheckLine(name, field, Profile.DisplayNameMaximum) is { } refusal) return refusal;
        var plain = Plain(name);
        return Address().IsMatch(plain) || HasHost(plain) ? new NameHasWebAddress(field) : null;
    }

    /// <summary>
    /// Checks what a customer or an office is called: as a person, but companies are called after their domains.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <param name="field">The input field, as the API names it.</param>
    /// <param name="maximum">The most code points it may have.</param>
    public static Refusal? CheckCompany(string name, string field, int maximum) =>
        Text.CheckLine(name, field, maximum) is { } refusal ? refusal
            : Address().IsMatch(Plain(name)) ? new NameHasWebAddress(field)
            : null;

    // As programs that make links of text read it: other forms of letters and dots as the usual ones, nothing that
    // cannot be seen.
    private static string Plain(string name)
    {
        var plain = new StringBuilder(name.Length);
        foreach (var rune in Text.Normalized(name, NormalizationForm.FormKC).EnumerateRunes())
        {
            if (Text.IsInvisible(rune)) continue;
            plain.Append(rune.Value == '。' ? new Rune('.') : Rune.ToLowerInvariant(rune));
        }

        return plain.ToString();
    }

    // Neither an e-mail address nor initials: "j.de Vries", "Dr.Li".
    private static bool HasHost(string plain) => Host().EnumerateMatches(plain) is var matches && Any(matches, plain);

    private static bool Any(Regex.ValueMatchEnumerator matches, string plain)
    {
        foreach (var match in matches)
        {
            var ending = plain.AsSpan(match.Index, match.Length);
            ending = ending[(ending.LastIndexOf('.') + 1)..];
            if (ending.Length == 2 || s_endings.GetAlternateLookup<ReadOnlySpan<char>>().Contains(ending)) return true;
        }

        return false;
    }

    // A scheme, "www.", or a host's name or address with a path, a port, a query or a fragment.
    [GeneratedRegex(
        """
        ://
        | (?<![\p{L}\p{N}]) www\. [\p{L}\p{N}]
        | [\p{L}\p{N}] \. (?:[\p{L}\p{N}-]+\.)* (?:\p{L}{2,} | xn--[a-z0-9-]+) (?:[/?\#] | :[0-9])
        | (?<![0-9.]) (?:[0-9]{1,3}\.){3} [0-9]{1,3} (?:[/?\#] | :[0-9])
        """,
        RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Address();

    [GeneratedRegex(
        @"(?<![\p{L}\p{N}@._-])[\p{L}\p{N}][\p{L}\p{N}-]{2,}(?:\.[\p{L}\p{N}-]+)*\.\p{L}{2,}(?![\p{L}\p{N}@-])",
        RegexOptions.CultureInvariant)]
    private static partial Regex Host();
}

/// <summary>A name with the address of a web page in it.</summary>
public sealed record NameHasWebAddress(string Name)
    : Refusal(RefusalKind.Invalid, $"{Name} must not contain the address of a web page.", Name);
