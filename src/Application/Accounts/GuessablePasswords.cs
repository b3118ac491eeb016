using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Messaging.Domain;

namespace Messaging.Application.Accounts;

/// <summary>
/// Recognises passwords that are guessed first (NIST SP 800-63B 5.1.1.2, OWASP ASVS 6.2.4 and 6.2.11): the common ones,
/// also with a number behind or with a digit for a letter; repetitions and rows of keys; and facts that anybody knows
/// about the person. Compared are letters without regard to case and marks.
/// </summary>
internal static partial class GuessablePasswords
{
    // Some 11,000, one a line, in lower case and without marks: the first 10,000 passwords and the German names of
    // https://github.com/zxcvbn-ts/zxcvbn (language-common 4.1.3, language-de 3.0.2; MIT), those of eight characters
    // and more of Django 3.2 (common-passwords.txt; BSD-3-Clause), and German words, clubs and phrases of our own;
    // without those that the rules here find anyway. Entries shorter than a password may be are matched as parts of
    // one.
    private const string List = "CommonPasswords.txt";

    // Most independent characters that may stand around a common word without making it a better password.
    private const int MostAround = 4;

    // A password has at least so many of them.
    private const int LeastIndependent = 4;

    private const int LeastDifferent = 4;
    private const int LongestNumber = 11;
    private const int ShortestWord = 3;
    private const int ShortestRest = 8;
    private const int FewestLetters = 4;

    // Neighbouring keys of German and English keyboards, along and across.
    private static readonly FrozenSet<(char, char)> s_neighbours = Neighbours(
        "1234567890", "qwertzuiop", "qwertyuiop", "asdfghjkl", "yxcvbnm", "zxcvbnm", "1qay", "2wsx", "3edc", "4rfv",
        "5tgb", "6zhn", "7ujm", "8ik", "9ol", "1qaz", "6yhn");

    private static readonly Lazy<FrozenSet<string>> s_common = new(ReadList);

    private static readonly (string Letter, string Spelled)[] s_umlauts = [("ä", "ae"), ("ö", "oe"), ("ü", "ue")];

    // Letters that do not decompose into a base letter and a mark.
    private static readonly (string Letter, string Spelled)[] s_letters =
        [("ß", "ss"), ("ı", "i"), ("ø", "o"), ("ł", "l"), ("đ", "d"), ("æ", "ae"), ("œ", "oe")];

    // Words of the product itself, which everybody knows.
    private static readonly string[] s_ours = ["messaging", "messages", "nachrichten"];

    /// <summary>Says why a password is too easy to guess.</summary>
    /// <param name="own">Facts that others know about the person: names, addresses.</param>
    public static Refusal? Check(string password, string field, IEnumerable<string> own)
    {
        var text = Fold(password);
        return IsPattern(text) ? new PasswordIsAPattern(field)
            : IsCommon(text) ? new PasswordIsCommon(field)
            : IsPersonal(text, own) ? new PasswordIsPersonal(field)
            : null;
    }

    private static bool IsPattern(string text) =>
        text.Distinct().Count() < LeastDifferent
        || Independent(text) < LeastIndependent
        || (text.Length <= LongestNumber && text.All(char.IsAsciiDigit))
        || Enumerable.Range(1, Math.Min(4, text.Length / 2)).Any(period => IsRepeated(text, period));

    private static bool IsCommon(string text)
    {
        if (IsListed(text) || IsListed(WithLetters(text)))
            return true;
        if (
            Enumerable
                .Range(5, Math.Max(0, (text.Length / 2) - 4))
                .Any(period => IsRepeated(text, period) && IsListed(text[..period]))
        )
            return true;
        var begin = 0;
        while (begin < text.Length && !char.IsAsciiLetter(text[begin]))
            begin++;
        var end = text.Length;
        while (end > begin && !char.IsAsciiLetter(text[end - 1]))
            end--;
        var word = text[begin..end];
        return word.Length > 0
            && Around(text[..begin]) + Around(text[end..]) <= MostAround
            && (IsListed(word) || IsListed(WithLetters(word)));
    }

    // True when the rest, without the facts known about the person, is too short or easily guessed itself.
    private static bool IsPersonal(string text, IEnumerable<string> own)
    {
        var rest = text;
        foreach (var word in own.SelectMany(Words).Concat(s_ours).Distinct().OrderByDescending(word => word.Length))
            rest = rest.Replace(word, "", StringComparison.Ordinal);
        if (rest.Length == text.Length)
            return false;
        return (rest.Length < ShortestRest && rest.Count(char.IsLetter) < FewestLetters)
            || IsCommon(rest)
            || IsPattern(rest);
    }

    // As a whole, and in its parts; also as keyboards without umlauts have it.
    private static IEnumerable<string> Words(string own) =>
        WordsOf(Fold(own))
            .Concat(
                WordsOf(
                    Fold(
                        s_umlauts.Aggregate(Composed(own), (text, umlaut) =>
                            text.Replace(umlaut.Letter, umlaut.Spelled, StringComparison.Ordinal)
                        )
                    )
                )
            );

    private static IEnumerable<string> WordsOf(string text)
    {
        var parts = text.Split(
            [.. text.Where(c => !char.IsLetterOrDigit(c)).Distinct()], StringSplitOptions.RemoveEmptyEntries);
        return parts.Append(text).Append(string.Concat(parts)).Where(word => word.Length >= ShortestWord);
    }

    private static bool IsListed(string text) => s_common.Value.Contains(text);

    private static bool IsRepeated(string text, int period)
    {
        for (var i = period; i < text.Length; i++)
        {
            if (text[i] != text[i - period]) return false;
        }

        return true;
    }

    // Number of characters that do not follow from the one before by repetition, the alphabet or the keyboard.
    private static int Independent(string text)
    {
        var count = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (i == 0 || !Follows(text[i - 1], text[i])) count++;
        }

        return count;
    }

    private static bool Follows(char one, char next) =>
        one == next
        || s_neighbours.Contains((one, next))
        || (
            Math.Abs(one - next) == 1
            && (
                (char.IsAsciiDigit(one) && char.IsAsciiDigit(next))
                || (char.IsAsciiLetter(one) && char.IsAsciiLetter(next))
            )
        );

    // A year counts as two characters; a separator turns the text beside it into one of several words.
    private static int Around(string text) =>
        Independent(Year().Replace(text, "19"))
        + (text.Any(c => c is '-' or '_' or ' ' or '.' or '/' or '+') ? MostAround : 0);

    [GeneratedRegex("19[0-9]{2}|20[0-9]{2}")]
    private static partial Regex Year();

    // As people write letters with digits.
    private static string WithLetters(string text) => string.Create(text.Length, text, (letters, from) =>
        {
            for (var i = 0; i < letters.Length; i++)
            {
                letters[i] = from[i] switch
                {
                    '0' => 'o',
                    '1' or '!' => 'i',
                    '3' => 'e',
                    '4' or '@' => 'a',
                    '5' or '$' => 's',
                    '7' => 't',
                    var other => other,
                };
            }
        });

    private static string Composed(string text) => Text.Normalized(text, NormalizationForm.FormKC).ToLowerInvariant();

    private static string Fold(string text)
    {
        var folded = new StringBuilder(text.Length);
        foreach (
            var c in s_letters
                .Aggregate(Composed(text), (one, letter) =>
                    one.Replace(letter.Letter, letter.Spelled, StringComparison.Ordinal)
                )
                .Normalize(NormalizationForm.FormD)
        )
        {
            if (CharUnicodeInfo.GetUnicodeCategory(c) != UnicodeCategory.NonSpacingMark)
                folded.Append(c);
        }

        return folded.ToString();
    }

    private static FrozenSet<(char, char)> Neighbours(params string[] rows) =>
        rows.SelectMany(row =>
                row.Zip(row.Skip(1)).SelectMany(pair => ((char, char)[])[pair, (pair.Second, pair.First)])
            )
            .ToFrozenSet();

    private static FrozenSet<string> ReadList()
    {
        using var reader = new StreamReader(typeof(GuessablePasswords).Assembly.GetManifestResourceStream(List)!);
        return reader
            .ReadToEnd()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .ToFrozenSet(StringComparer.Ordinal);
    }
}

/// <summary>One of the passwords that are tried first.</summary>
public sealed record PasswordIsCommon(string Field = "password")
    : Refusal(
        RefusalKind.Invalid,
        $"{Field} is among the passwords that are tried first. Choose another, such as several words.", Field,
        RefusalReason.PasswordIsCommon);

/// <summary>Repeated characters, a row of keys, a number.</summary>
public sealed record PasswordIsAPattern(string Field = "password")
    : Refusal(
        RefusalKind.Invalid,
        $"{Field} is a row or a repetition of few characters, or a number. Choose another, such as several words.",
        Field, RefusalReason.PasswordIsAPattern);

/// <summary>Hardly more than what others know of its person.</summary>
public sealed record PasswordIsPersonal(string Field = "password")
    : Refusal(
        RefusalKind.Invalid,
        $"{Field} is hardly more than a name or an address of yours, your office or this product. Choose "
            + $"another, such as several words.",
        Field,
        RefusalReason.PasswordIsPersonal
    );
