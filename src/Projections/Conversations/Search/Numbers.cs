using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Messaging.Projections.Conversations.Search;

/// <summary>
/// Numbers written in groups: all spellings of a number share a form, whatever stands between its groups.
/// <list type="bullet">
/// <item>An amount: its digits and, after a dash, its decimals. "1.234,56", "1,234.56", "1 234,56" and "1234.56" are
/// 1234-56.</item>
/// <item>A date: day, month and year with dashes, with zeros in front and without. "12.3.2025", "12. 03. 2025",
/// "12/3/25" and "2025-03-12" are 12-03-2025 and 12-3-2025.</item>
/// <item>Anything else, from six digits on or with letters in front of it: all of its groups together. "DE89 3704 …",
/// "12/345/67890", "RE-2024/0815" and "RE 2024 0815".</item>
/// <item>Such a number with a plus, two zeros or one in front, which may be that of a telephone: without the country
/// and the zero. "+49 (0)30 123-456", "0049 30 123456" and "030 123456" are 30123456.</item>
/// </list>
/// </summary>
internal static class Numbers
{
    private const int FewestDigits = 6;
    private const int FewestDigitsOfNamed = 3;
    private const int FewestDigitsOfTelephone = 7;
    private const string Thousands = ".,' \u2019";

    // Words that stand in front of numbers without being part of them.
    private static readonly FrozenSet<string> s_apart = FrozenSet.ToFrozenSet([
        "am", "an", "auf", "aus", "ab", "bei", "bis", "das", "dem", "den", "der", "des", "die", "ein", "fur", "ich",
        "im", "in", "mal", "mit", "nach", "nur", "oder", "per", "pro", "seit", "sie", "um", "und", "vom", "von", "vor",
        "wir", "zu", "zum", "zur", "and", "are", "as", "at", "by", "for", "from", "is", "of", "on", "or", "the", "till",
        "to", "was", "with"
    ]);

    /// <summary>The kind of number that a run of words forms, as far as one can tell.</summary>
    internal enum Unit
    {
        /// <summary>Anything.</summary>
        Other,

        /// <summary>A date.</summary>
        Date,

        /// <summary>An amount without decimals, or anything in groups of three.</summary>
        Whole,

        /// <summary>An amount with decimals.</summary>
        Decimal,
    }

    /// <summary>
    /// The end of the words from one on that may be one number: each has digits and is near the one before. A few
    /// letters may stand in front of it and in between.
    /// </summary>
    /// <param name="isSought">
    /// True for the text of a search, where people write small letters for the capital letters of texts.
    /// </param>
    /// <returns>The end; where it begins when there is none.</returns>
    public static int ChainAt(IReadOnlyList<Word> words, int from, bool isSought)
    {
        var end = from;
        if (
            !words[from].HasDigit
            && !(words[from].IsShortLetters && (isSought || !s_apart.Contains(words[from].Text)) && IsFollowed(from))
        )
            return from;
        do end++;
        while (
            end < words.Count
            && words[end].IsNear
            && (
                words[end].HasDigit
                || (words[end].IsShortLetters && (isSought || words[end].IsCapital) && IsFollowed(end))
            )
        );
        return end;

        bool IsFollowed(int at) => at + 1 < words.Count && words[at + 1].IsNear && words[at + 1].HasDigit;
    }

    /// <summary>
    /// The date or amount that begins with a word of a chain; <see cref="Unit.Other"/> of one word when there is none.
    /// </summary>
    public static (Unit Unit, int End, IReadOnlyList<string> Forms) UnitAt(IReadOnlyList<Word> words, int from, int end)
    {
        if (Date(words, from, end) is { } date)
            return (Unit.Date, from + 3, date);
        return Amount(words, from, end) is var (until, form, hasDecimals)
            ? (hasDecimals ? Unit.Decimal : Unit.Whole, until, [form])
            : (Unit.Other, from + 1, []);
    }

    /// <summary>All groups of a part of a chain together, if they are worth that.</summary>
    public static string? Together(IReadOnlyList<Word> words, int from, int end)
    {
        var (together, digits) = (new StringBuilder(), 0);
        for (var i = from; i < end && together.Length < Word.Maximum; i++)
        {
            together.Append(words[i].Text);
            foreach (var c in words[i].Text)
                if (char.IsAsciiDigit(c)) digits++;
        }

        return digits >= (words[from].IsDigits ? FewestDigits : FewestDigitsOfNamed) ? Word.Cut(together) : null;
    }

    /// <summary>The number of a telephone without country and zero; null when it seems to be none.</summary>
    public static string? Telephone(IReadOnlyList<Word> words, int from, int end)
    {
        if (!words[from].IsAfterPlus && words[from].Text[0] != '0') return null;
        var together = new StringBuilder();
        for (var i = from; i < end && together.Length < Word.Maximum && words[i].IsDigits; i++)
            together.Append(words[i].Text);
        var number = Word.Cut(together);
        if (number.Length < FewestDigitsOfTelephone) return null;
        var local = words[from].IsAfterPlus ? number[CountryOf(number)..]
            : number.StartsWith("00", StringComparison.Ordinal) ? number[2..][CountryOf(number[2..])..]
            : number;
        if (local.StartsWith('0')) local = local[1..];
        return local.Length >= FewestDigits ? local : null;
    }

    private static string[]? Date(IReadOnlyList<Word> words, int from, int end)
    {
        if (from + 3 > end || !words[from].IsDigits || !words[from + 1].IsDigits || !words[from + 2].IsDigits)
            return null;
        var separator = words[from + 1].Separator;
        if (separator is not ('.' or '/' or '-') || words[from + 2].Separator != separator)
            return null;
        var (day, month, year) =
            words[from].Text.Length == 4
                ? (words[from + 2].Text, words[from + 1].Text, words[from].Text)
                : (words[from].Text, words[from + 1].Text, words[from + 2].Text);
        if (day.Length > 2 || month.Length > 2 || year.Length is not (2 or 4))
            return null;
        var (d, m, y) = (Number(day), Number(month), Number(year));
        if (year.Length == 2)
            y += y < 70 ? 2000 : 1900;
        if (d is < 1 or > 31 || m is < 1 or > 12 || y is < 1900 or > 2199)
            return null;
        return
        [
            string.Create(CultureInfo.InvariantCulture, $"{d:00}-{m:00}-{y}"),
            string.Create(CultureInfo.InvariantCulture, $"{d}-{m}-{y}"),
        ];
    }

    private static (int End, string Form, bool HasDecimals)? Amount(IReadOnlyList<Word> words, int from, int end)
    {
        var first = words[from];
        if (!first.IsDigits || first.Text.Length > 3 || first.Text[0] == '0' || from + 1 >= end) return null;
        var separator = words[from + 1].Separator;
        if (!Thousands.Contains(separator)) return null;
        var (at, form) = (from + 1, first.Text);
        while (at < end && words[at].Separator == separator)
        {
            if (!words[at].IsDigits || words[at].Text.Length != 3 || form.Length > Word.Maximum - 3) return null;
            form += words[at++].Text;
        }

        if (at == from + 1)
            return null;
        var hasDecimals =
            at < end
            && words[at].IsAttached
            && words[at].Separator is '.' or ','
            && words[at].IsDigits
            && words[at].Text.Length <= 2;
        if (hasDecimals)
            form += "-" + words[at++].Text;

        // "12 345/67890" goes on.
        return at < end && words[at].IsAttached ? null : (at, form, hasDecimals);
    }

    // As the ITU gave them out (E.164): one digit, two, or three.
    private static int CountryOf(string number)
    {
        if (number[0] is '1' or '7') return 1;
        var two = Number(number[..2]);
        return
            two
                is 20
                    or 27
                    or (>= 30 and <= 34)
                    or 36
                    or (>= 39 and <= 41)
                    or (>= 43 and <= 49)
                    or (>= 51 and <= 58)
                    or (>= 60 and <= 66)
                    or 81
                    or 82
                    or 84
                    or 86
                    or (>= 90 and <= 95)
                    or 98
            ? 2
            : 3;
    }

    private static int Number(string digits) => int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
}
