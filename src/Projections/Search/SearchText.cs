using System.Globalization;
using System.Text;
using Text = Messaging.Domain.Text;

namespace Messaging.Projections.Search;

/// <summary>A word that is looked for, as every spelling and stem that it may be stored by.</summary>
/// <param name="Spellings">Letters and digits only, and dashes between digits.</param>
/// <param name="IsBeginning">Whether the spellings may be beginnings of words.</param>
/// <param name="Stems">Of the spellings.</param>
internal sealed record SoughtWord(IReadOnlyList<string> Spellings, bool IsBeginning, IReadOnlyList<string> Stems)
{
    /// <summary>Stands for the key of a conversation in <see cref="Query"/>. No word has it.</summary>
    public const char Key = '~';

    /// <summary>A tsquery, in which <see cref="Key"/> is to be replaced by the key of a conversation.</summary>
    public string Query { get; } = string.Join('|', Terms(Spellings, IsBeginning, Stems, Key.ToString()));

    /// <summary>A tsquery for conversations of these keys.</summary>
    public string QueryFor(IEnumerable<string> keys) => string.Join('|', keys.SelectMany(k => Terms(Spellings, IsBeginning, Stems, k)));

    // Words and keys are letters, digits and dashes only, so quoting cannot go wrong.
    private static IEnumerable<string> Terms(IReadOnlyList<string> spellings, bool isBeginning, IReadOnlyList<string> stems, string key) =>
        spellings.Select(s => $"'{key}{s}'{(isBeginning ? ":*" : "")}").Concat(stems.Select(s => $"'{key}{s}'"));
}

/// <summary>
/// What counts as a word, for text that is stored and text that is looked for alike: a run of letters and digits, in lower case, without accents; beside it
/// its stems in German and in English, since nobody says which language a text is in. Done here and not by a text search configuration of
/// PostgreSQL, which takes "invoice.pdf" for a host name and depends on the locale and the version of the server.
/// <para>
/// What is written without a space between its words, such as "Bescheid_Oktober-2025.pdf", "E-Mail" or "12.03.2025", is also one word, from each of its words
/// to its end, always without the e of ae, oe and ue; digits that were apart stay so by a dash. Who looks for such a thing looks for the whole of it: a date and an invoice's number are rare, their
/// parts are not.
/// </para>
/// <para>
/// Stored words begin with the key of their conversation: its organisation and the month in which it was started. So the text search index
/// finds a word in the conversations of a month without reading those of others.
/// </para>
/// </summary>
internal static class SearchText
{
    private const int WordMaximum = 64;
    private const int SoughtMaximum = 10;

    // Of all that is written together: a tsvector may have a megabyte, and a text without a space would have more of it than of anything else.
    private const int JoinedMaximum = 50_000;
    private const int ShortestToStem = 3;

    // "due" and "does" have no umlauts.
    private const int ShortestToContract = 5;
    private const string Digits = "0123456789abcdefghijklmnopqrstuvwxyz";
    private const int Months = 36 * 36 * 36;

    /// <summary>The key of the conversations of an organisation that were started in the same month.</summary>
    public static string KeyOf(string tenantId, DateTimeOffset startedAt) => TenantKey(tenantId) + Base36(Month(startedAt));

    /// <summary>The keys of the months of two instants and of those between them.</summary>
    public static IEnumerable<string> KeysBetween(string tenantId, DateTimeOffset from, DateTimeOffset to)
    {
        var tenant = TenantKey(tenantId);
        for (var month = Month(from); month <= Month(to); month++) yield return tenant + Base36(month);
    }

    /// <summary>Three letters or digits. Organisations that share them lose nothing but a little time.</summary>
    public static string TenantKey(string tenantId)
    {
        var hash = 2166136261u;
        foreach (var c in tenantId) hash = (hash ^ c) * 16777619u;
        return Base36((int)(hash % Months));
    }

    /// <summary>
    /// The distinct words of a text with their stems, a space before each: with a key put behind every space it is a tsvector, since words are letters,
    /// digits and dashes only.
    /// </summary>
    public static string Stored(string text)
    {
        var all = new HashSet<string>();
        var stored = new StringBuilder();
        var together = new List<(string Word, string? Spelled)>();
        var joined = 0;
        foreach (var (word, spelled, isAttached) in Split(text))
        {
            if (!isAttached) AddJoined();
            Add(word);
            together.Add((word, spelled));
        }

        AddJoined();
        return stored.ToString();

        void Add(string word)
        {
            if (!all.Add(word)) return;
            stored.Append(' ').Append(word);
            foreach (var stem in Stems(word))
            {
                if (all.Add(stem)) stored.Append(' ').Append(stem);
            }
        }

        void AddJoined()
        {
            for (var i = 0; i < together.Count - 1 && joined < JoinedMaximum; i++)
            {
                var word = Joined(together, i, w => Contract(w.Word));
                joined += word.Length;
                Add(word);
            }

            together.Clear();
        }
    }

    /// <summary>
    /// The words that are looked for, the last one by its beginning, since it may not be typed to its end; so is what is written together, since it may go on.
    /// Null when no text can match: it has characters that no stored text has.
    /// </summary>
    public static IReadOnlyList<SoughtWord>? Sought(string text)
    {
        if (!MayBeStored(text)) return null;
        var sought = Together(text);
        return sought.ConvertAll(words =>
        {
            var spellings = new List<string> { Joined(words, 0, w => w.Word) };
            if (words.Any(w => w.Spelled is not null)) spellings.Add(Joined(words, 0, w => w.Spelled ?? w.Word));
            if ((words.Count > 1 ? Joined(words, 0, w => Contract(w.Word)) : Contracted(spellings[0])) is { } contracted && contracted != spellings[0]) spellings.Add(contracted);
            var mayGoOn = words.Count > 1 || (ReferenceEquals(words, sought[^1]) && !EndsInSeparator(text));
            return new SoughtWord(spellings, mayGoOn, [.. spellings.SelectMany(Stems).Distinct().Except(spellings)]);
        });
    }

    /// <summary>A text in lower case and without accents, and the same with umlauts spelled as ae, oe and ue; null when it has none.</summary>
    public static (string Text, string? Spelled) Fold(string text)
    {
        var folded = new Folded();
        foreach (var rune in Decomposed.Of(text).EnumerateRunes()) folded.Add(rune);
        return folded.Take();
    }

    /// <summary>Whether PostgreSQL can hold the text: no NUL and no lone surrogate.</summary>
    public static bool MayBeStored(string text) => Text.Check(text, "", int.MaxValue, 0) is null;

    private static bool EndsInSeparator(string text) => text.Length > 0 && char.IsWhiteSpace(text[^1]);

    private static IEnumerable<string> Stems(string word)
    {
        if (word.Length < ShortestToStem || word.AsSpan().ContainsAnyExceptInRange('a', 'z')) yield break;
        var german = GermanStemmer.Stem(word);
        var english = EnglishStemmer.Stem(word);
        if (german != word) yield return german;
        if (english != word && english != german) yield return english;
    }

    /// <summary>A word whose umlauts are spelled as ae, oe and ue, without the e; null when it may have none. After another vowel or q they are none.</summary>
    public static string? Contracted(string word)
    {
        if (word.Length < ShortestToContract) return null;
        var contracted = Contract(word);
        return contracted.Length == word.Length ? null : contracted;
    }

    private static string Contract(string word)
    {
        if (!word.Contains('e')) return word;
        var contracted = new StringBuilder();
        for (var i = 0; i < word.Length; i++)
        {
            contracted.Append(word[i]);
            var isUmlaut = word[i] is 'a' or 'o' or 'u' && i + 1 < word.Length && word[i + 1] == 'e' && (i == 0 || !"aeiouyq".Contains(word[i - 1]));
            if (isUmlaut) i++;
        }

        return contracted.ToString();
    }

    /// <summary>The words that are looked for; those with no space between them together.</summary>
    private static List<List<(string Word, string? Spelled)>> Together(string text)
    {
        var all = new List<List<(string Word, string? Spelled)>>();
        foreach (var (word, spelled, isAttached) in Split(text))
        {
            if (isAttached)
                all[^1].Add((word, spelled));
            else if (all.Count == SoughtMaximum)
                break;
            else
                all.Add([(word, spelled)]);
        }

        return all;
    }

    /// <summary>The words of a text, and whether there is no space between a word and the one before it.</summary>
    private static IEnumerable<(string Word, string? Spelled, bool IsAttached)> Split(string text)
    {
        var word = new Folded();
        var isAttached = false;
        foreach (var rune in Decomposed.Of(text).EnumerateRunes())
        {
            var isPart = Rune.IsLetterOrDigit(rune)
                || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;
            if (isPart)
            {
                if (word.Length < WordMaximum) word.Add(rune);
                continue;
            }

            if (word.Length > 0)
            {
                var (found, spelled) = word.Take();
                yield return (found, spelled, isAttached);
                isAttached = true;
            }

            if (Rune.IsWhiteSpace(rune)) isAttached = false;
        }

        if (word.Length == 0) yield break;
        var (last, lastSpelled) = word.Take();
        yield return (last, lastSpelled, isAttached);
    }

    private static string Joined(List<(string Word, string? Spelled)> words, int first, Func<(string Word, string? Spelled), string> spelling)
    {
        if (first == words.Count - 1) return spelling(words[first]);
        var joined = new StringBuilder();
        for (var i = first; i < words.Count && joined.Length < WordMaximum; i++)
        {
            var word = spelling(words[i]);
            if (joined.Length > 0 && char.IsDigit(joined[^1]) && char.IsDigit(word[0])) joined.Append('-');
            joined.Append(word);
        }

        // Never half of a letter.
        if (joined.Length > WordMaximum) joined.Length = WordMaximum - (char.IsHighSurrogate(joined[WordMaximum - 1]) ? 1 : 0);
        return joined.ToString();
    }

    private static int Month(DateTimeOffset at) => Math.Min((at.UtcDateTime.Year * 12) + at.UtcDateTime.Month - 1, Months - 1);

    private static string Base36(int number) => $"{Digits[number / 36 / 36]}{Digits[number / 36 % 36]}{Digits[number % 36]}";

    /// <summary>Collects the letters of a word.</summary>
    private sealed class Folded
    {
        private readonly StringBuilder _text = new();
        private readonly StringBuilder _spelled = new();

        public int Length => _text.Length;

        public void Add(Rune rune)
        {
            if (rune.IsAscii)
            {
                var letter = char.ToLowerInvariant((char)rune.Value);
                _text.Append(letter);
                _spelled.Append(letter);
                return;
            }

            if (rune.Value is >= 0x300 and <= 0x36F)
            {
                // An accent. Two dots are worth an e, on these.
                if (rune.Value == 0x308 && _text.Length > 0 && _text[^1] is 'a' or 'o' or 'u') _spelled.Append('e');
                return;
            }

            var lower = Rune.ToLowerInvariant(rune);
            var letters = lower.Value switch
            {
                'ß' => "ss",
                'æ' => "ae",
                'œ' => "oe",
                'ø' => "o",
                'ł' => "l",
                'đ' => "d",
                'ı' => "i",
                _ => lower.ToString(),
            };
            _text.Append(letters);
            _spelled.Append(letters);
        }

        public (string Text, string? Spelled) Take()
        {
            var (text, spelled) = (_text.ToString(), _spelled.Length == _text.Length ? null : _spelled.ToString());
            _text.Clear();
            _spelled.Clear();
            return (text, spelled);
        }
    }
}
