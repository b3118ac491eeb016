using System.Buffers.Text;
using System.Text;
using Text = Messaging.Domain.Text;

namespace Messaging.Projections.Conversations.Search;

/// <summary>
/// Words of stored texts and of searches alike: runs of letters and digits, in lower case and without accents, each
/// with its German and its English stem, since nothing says which language a text is in. Made here and not by a text
/// search configuration of PostgreSQL, which takes "invoice.pdf" for a host name and depends on the locale and the
/// version of the server.
/// <para>
/// A compound without spaces, such as "Bescheid_Oktober-2025.pdf", "E-Mail" or "12.03.2025", is also one word, from
/// each of its words to its end, always without the e of ae, oe and ue; a dash keeps digits apart that were apart. A
/// search for a compound looks for the whole: a date and an invoice's number are rare, their parts are not. All
/// groupings of a number share one form: <see cref="Numbers"/>.
/// </para>
/// <para>
/// Scripts without spaces between words have no words here: every three characters in a row are stored, and the shorter
/// ends.
/// </para>
/// <para>
/// Stored words begin with the key of their conversation: its organisation and the month in which it was started. So
/// the text search index finds a word in the conversations of a month without reading those of others.
/// </para>
/// </summary>
internal static class SearchText
{
    /// <summary>The most words that are looked for. A number in many groups is one.</summary>
    public const int SoughtMaximum = 10;

    // Limits in characters on compounds, numbers and scripts without spaces: a tsvector may have a megabyte, and a text
    // without a space would fill it with these.
    private const int JoinedMaximum = 50_000;
    private const int NumbersMaximum = 20_000;
    private const int SpacelessMaximum = 30_000;
    private const int SpacelessCharacters = 3;
    private const int ShortestToStem = 3;

    // Most groups of a number that are also searched each by itself; more are found in sequence only.
    private const int GroupsMaximum = 4;

    // "due" and "does" have no umlauts.
    private const int ShortestToContract = 5;
    private const int LongNumber = 6;
    private const string Digits = "0123456789abcdefghijklmnopqrstuvwxyz";
    private const int Months = 36 * 36 * 36;

    /// <summary>The key of the conversations of an organisation that were started in the same month.</summary>
    public static string KeyOf(string tenantId, DateTimeOffset startedAt) =>
        TenantKey(tenantId) + Base36(Month(startedAt));

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
    /// The word that stands for the person or thing with an id. No text has it, since words do not begin with a dash.
    /// </summary>
    public static string WordOf(Guid id) => "-" + Base64Url.EncodeToString(id.ToByteArray(bigEndian: true));

    /// <summary>
    /// The distinct words of a text with their stems, a space before each: with a key inserted after every space it is
    /// a tsvector, since words are letters, digits and dashes only.
    /// </summary>
    public static string Stored(string text)
    {
        var stored = new StoredWords();
        stored.Add(Word.Of(text));
        return stored.ToString();
    }

    /// <summary>
    /// The words of a search. The last one matches as a prefix, since it may be incomplete; so does a compound, since
    /// it may go on. Null when no text can match: it has nothing but symbols, or characters that no stored text has.
    /// </summary>
    /// <exception cref="InvalidSearchException">There are too many.</exception>
    public static IReadOnlyList<SoughtWord>? Sought(string text)
    {
        if (!MayBeStored(text)) return null;
        var words = Word.Of(text);
        if (words.Count == 0) return string.IsNullOrWhiteSpace(text) ? [] : null;
        var sought = new SoughtText(words, isLastTyped: char.IsWhiteSpace(text[^1])).Words();
        return sought.Count <= SoughtMaximum ? sought : throw new InvalidSearchException(sought.Count, SoughtMaximum);
    }

    /// <summary>True when PostgreSQL can store the text: no NUL and no lone surrogate.</summary>
    public static bool MayBeStored(string text) => Text.Check(text, "", int.MaxValue, 0) is null;

    /// <summary>
    /// A word whose umlauts are spelled as ae, oe and ue, without the e; null when it may have none. After another
    /// vowel or q they are none.
    /// </summary>
    public static string? Contracted(string word)
    {
        if (word.Length < ShortestToContract) return null;
        var contracted = Contract(word);
        return contracted.Length == word.Length ? null : contracted;
    }

    private static IEnumerable<string> Stems(string word)
    {
        if (word.Length < ShortestToStem || word.AsSpan().ContainsAnyExceptInRange('a', 'z')) yield break;
        var german = GermanStemmer.Stem(word);
        var english = EnglishStemmer.Stem(word);
        if (german != word) yield return german;
        if (english != word && english != german) yield return english;
    }

    private static string Contract(string word)
    {
        if (!word.Contains('e')) return word;
        var contracted = new StringBuilder();
        for (var i = 0; i < word.Length; i++)
        {
            contracted.Append(word[i]);
            var isUmlaut =
                word[i] is 'a' or 'o' or 'u'
                && i + 1 < word.Length
                && word[i + 1] == 'e'
                && (i == 0 || !"aeiouyq".Contains(word[i - 1]));
            if (isUmlaut)
                i++;
        }

        return contracted.ToString();
    }

    /// <summary>The end of the compound that begins with a word.</summary>
    private static int EndOfAttached(List<Word> words, int from)
    {
        var end = from + 1;
        while (end < words.Count && words[end].IsAttached) end++;
        return end;
    }

    private static int Month(DateTimeOffset at) =>
        Math.Min((at.UtcDateTime.Year * 12) + at.UtcDateTime.Month - 1, Months - 1);

    private static string Base36(int number) =>
        $"{Digits[number / 36 / 36]}{Digits[number / 36 % 36]}{Digits[number % 36]}";

    /// <summary>Collects the stored words of a text.</summary>
    private sealed class StoredWords
    {
        private readonly HashSet<string> _all = [];
        private readonly StringBuilder _stored = new();
        private int _joined;
        private int _numbers;
        private int _spaceless;

        public void Add(List<Word> words)
        {
            foreach (var word in words)
            {
                if (word.IsSpaceless)
                    AddSpaceless(word.Text);
                else
                    Add(word.Text);
            }

            for (var i = 0; i < words.Count && _joined < JoinedMaximum;)
            {
                var end = EndOfAttached(words, i);
                for (; i < end - 1 && _joined < JoinedMaximum; i++)
                {
                    var joined = Word.Joined(words, i, end, w => Contract(w.Text));
                    _joined += joined.Length;
                    Add(joined);
                }

                i = end;
            }

            for (var i = 0; i < words.Count && _numbers < NumbersMaximum;)
            {
                var end = Numbers.ChainAt(words, i, isSought: false);
                if (end > i)
                    AddNumbers(words, i, end);
                i = Math.Max(end, i + 1);
            }
        }

        public override string ToString() => _stored.ToString();

        private void Add(string word)
        {
            if (!AddOnce(word)) return;
            foreach (var stem in Stems(word)) AddOnce(stem);
        }

        private bool AddOnce(string word)
        {
            if (!_all.Add(word)) return false;
            _stored.Append(' ').Append(word);
            return true;
        }

        private void AddSpaceless(string text)
        {
            for (
                var i = 0;
                i < text.Length && _spaceless < SpacelessMaximum;
                i += char.IsHighSurrogate(text[i]) ? 2 : 1
            )
            {
                var end = i;
                for (var n = 0; n < SpacelessCharacters && end < text.Length; n++)
                    end += char.IsHighSurrogate(text[end]) ? 2 : 1;
                _spaceless += end - i;
                AddOnce(text[i..end]);
            }
        }

        private void AddNumbers(List<Word> words, int from, int end)
        {
            for (var i = from; i < end && _numbers < NumbersMaximum;)
            {
                var (unit, until, forms) = Numbers.UnitAt(words, i, end);
                foreach (var form in forms) AddNumber(form);
                if (unit == Numbers.Unit.Other)
                {
                    if (end - i > 1 && Numbers.Together(words, i, end) is { } together) AddNumber(together);
                    if (Numbers.Telephone(words, i, end) is { } telephone) AddNumber(telephone);
                }

                // No compound begins inside of a date or an amount.
                i = until;
            }
        }

        private void AddNumber(string number)
        {
            if (AddOnce(number)) _numbers += number.Length;
        }
    }

    /// <summary>The terms of a search.</summary>
    private sealed class SoughtText
    {
        private readonly List<Word> _words;
        private readonly bool _isLastTyped;

        // The compounds, and the terms that may stand for each.
        private readonly List<(int From, int End, List<SoughtTerm> Instead)> _groups = [];

        public SoughtText(List<Word> words, bool isLastTyped)
        {
            (_words, _isLastTyped) = (words, isLastTyped);
            for (var i = 0; i < words.Count; i = _groups[^1].End) _groups.Add((i, EndOfAttached(words, i), []));
        }

        public List<SoughtWord> Words()
        {
            var sought = new List<SoughtWord>();
            var together = new HashSet<int>();
            for (var i = 0; i < _words.Count;)
            {
                var end = Numbers.ChainAt(_words, i, isSought: true);
                if (end > i) FindInstead(i, end, together);
                i = Math.Max(end, i + 1);
            }

            for (var g = 0; g < _groups.Count; g++)
            {
                var (from, end, instead) = _groups[g];
                if (together.Contains(g))
                {
                    // The first one stands for all.
                    if (!together.Contains(g - 1)) sought.Add(new SoughtWord(Distinct(instead)));
                    continue;
                }

                sought.Add(new SoughtWord(Distinct([.. Terms(from, end, isLast: g == _groups.Count - 1), .. instead])));
            }

            return sought;
        }

        private static List<SoughtTerm> Distinct(IEnumerable<SoughtTerm> terms) => [.. terms.DistinctBy(t => t.Of(""))];

        private IEnumerable<SoughtTerm> Terms(int from, int end, bool isLast)
        {
            if (_words.GetRange(from, end - from).Exists(w => w.IsSpaceless)) return [Spaceless(from, end, isLast)];
            var spellings = new List<string> { Word.Joined(_words, from, end, w => w.Text) };
            if (_words.GetRange(from, end - from).Exists(w => w.Spelled is not null))
                spellings.Add(Word.Joined(_words, from, end, w => w.Spelled ?? w.Text));
            if (
                (end - from > 1 ? Word.Joined(_words, from, end, w => Contract(w.Text)) : Contracted(spellings[0]))
                    is { } contracted
                && contracted != spellings[0]
            )
                spellings.Add(contracted);
            var isLongNumber = end - from == 1 && _words[from].HasDigit && _words[from].Text.Length >= LongNumber;
            var mayGoOn = end - from > 1 || isLongNumber || (isLast && !_isLastTyped);
            return
            [
                .. spellings.Select(s => new SoughtTerm(s, mayGoOn)),
                .. spellings.SelectMany(Stems).Except(spellings).Select(s => new SoughtTerm(s)),
            ];
        }

        /// <summary>The trigrams of a run without spaces, and the words around it.</summary>
        private SoughtTerm Spaceless(int from, int end, bool isLast)
        {
            var all = new List<(string, bool)>();
            for (var i = from; i < end; i++)
            {
                if (!_words[i].IsSpaceless)
                {
                    all.Add((_words[i].Text, isLast && !_isLastTyped && i == end - 1));
                    continue;
                }

                var runes = _words[i].Text.EnumerateRunes().Select(r => r.ToString()).ToList();
                if (runes.Count < SpacelessCharacters)
                    all.Add((_words[i].Text, true));
                for (var n = 0; n + SpacelessCharacters <= runes.Count; n++)
                    all.Add((string.Concat(runes.Skip(n).Take(SpacelessCharacters)), false));
            }

            return new SoughtTerm([.. all.Distinct()]);
        }

        /// <summary>
        /// Finds what a number in a chain may be written as, and puts it beside each of the groups that it has.
        /// </summary>
        private void FindInstead(int from, int end, HashSet<int> together)
        {
            // The runs between dates and amounts with decimals, which are never part of a larger number.
            var begin = from;
            for (var i = from; i < end;)
            {
                var (unit, until, forms) = Numbers.UnitAt(_words, i, end);
                foreach (var form in forms)
                {
                    Add(i, until, new SoughtTerm(form, unit == Numbers.Unit.Decimal));
                    if (unit == Numbers.Unit.Whole) Add(i, until, new SoughtTerm(form + "-", true));
                }

                if (unit is Numbers.Unit.Date or Numbers.Unit.Decimal)
                {
                    FindTogether(begin, i, together);
                    begin = until;
                }

                i = until;
            }

            FindTogether(begin, end, together);
        }

        private void FindTogether(int from, int end, HashSet<int> together)
        {
            var groups = Enumerable
                .Range(0, _groups.Count)
                .Where(g => _groups[g].From >= from && _groups[g].End <= end)
                .ToList();
            var numbers = groups.FindAll(g =>
                Enumerable.Range(_groups[g].From, _groups[g].End - _groups[g].From).Any(i => _words[i].HasDigit)
            );

            // In many groups it is one number, and is found as such only; each of its groups is in thousands of texts.
            if (
                numbers.Count > GroupsMaximum
                && numbers[^1] - numbers[0] == numbers.Count - 1
                && numbers[^1] == groups[^1]
            )
            {
                AddTogether(_groups[groups[0]].From, _groups[numbers[^1]].End);
                if (groups[0] != numbers[0]) AddTogether(_groups[numbers[0]].From, _groups[numbers[^1]].End);
                if (_groups[numbers[0]].Instead.Count > 0) together.UnionWith(numbers);
                return;
            }

            for (var first = 0; first < groups.Count; first++)
            {
                for (var last = first; last < groups.Count && last - first < SoughtMaximum; last++)
                    AddTogether(_groups[groups[first]].From, _groups[groups[last]].End);
            }
        }

        private void AddTogether(int from, int end)
        {
            if (end - from > 1 && Numbers.Together(_words, from, end) is { } number)
                Add(from, end, new SoughtTerm(number, true));
            if (Numbers.Telephone(_words, from, end) is { } telephone)
                Add(from, end, new SoughtTerm(telephone, true));
        }

        private void Add(int from, int end, SoughtTerm term)
        {
            foreach (var (groupFrom, groupEnd, instead) in _groups)
                if (groupFrom >= from && groupEnd <= end) instead.Add(term);
        }
    }
}
