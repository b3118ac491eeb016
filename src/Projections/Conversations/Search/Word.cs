using System.Text;

namespace Messaging.Projections.Conversations.Search;

/// <summary>A word of a text: a run of letters and digits.</summary>
/// <param name="Text">Folded.</param>
/// <param name="Spelled">With umlauts spelled as ae, oe and ue; null when it has none.</param>
/// <param name="IsAttached">True when no space separates it from the word before.</param>
/// <param name="IsNear">
/// True when a number may continue from the word before: between them is one space, or up to three of the marks that
/// group numbers.
/// </param>
/// <param name="Separator">
/// The separator from the word before, if that is one character, which a space may follow; a space for any white space;
/// else NUL.
/// </param>
/// <param name="IsAfterPlus">True when it comes right after a plus sign.</param>
/// <param name="IsCapital">True when it begins with a capital letter.</param>
/// <param name="IsSpaceless">
/// True when its script has no spaces between words: a search may match anywhere in it.
/// </param>
internal readonly record struct Word(
    string Text, string? Spelled, bool IsAttached, bool IsNear, char Separator, bool IsAfterPlus, bool IsCapital,
    bool IsSpaceless)
{
    /// <summary>The most characters of one.</summary>
    public const int Maximum = 64;

    private const int ShortMaximum = 4;

    /// <summary>True when it consists of digits.</summary>
    public bool IsDigits => !Text.AsSpan().ContainsAnyExceptInRange('0', '9');

    /// <summary>True when it has a digit.</summary>
    public bool HasDigit => Text.AsSpan().ContainsAnyInRange('0', '9');

    /// <summary>True when it may be part of a number, as in "RE 4711" or "NL91 ABNA 0417 1643 00".</summary>
    public bool IsShortLetters => Text.Length is > 0 and <= ShortMaximum && !IsSpaceless && !HasDigit;

    /// <summary>The words of a text.</summary>
    public static List<Word> Of(string text)
    {
        var words = new List<Word>();
        var word = new Folded();
        var gap = new Gap();
        var (isCapital, isSpaceless) = (false, false);
        foreach (var rune in Decomposed.Of(text).EnumerateRunes())
        {
            var isMark = Domain.Text.IsMark(rune);
            if (!isMark && !Rune.IsLetterOrDigit(rune))
            {
                Take();
                gap.Add(rune);
                continue;
            }

            if (!isMark && IsOfSpacelessScript(rune.Value) != isSpaceless)
            {
                Take();
                isSpaceless = !isSpaceless;
            }

            if (word.Length == 0) isCapital = Rune.IsUpper(rune);
            if (word.Length < Maximum) word.Add(rune);
        }

        Take();
        return words;

        void Take()
        {
            if (word.Length == 0) return;
            var (taken, spelled) = word.Take();
            var isFirst = words.Count == 0;
            words.Add(
                new Word(
                    taken, spelled, !isFirst && gap.IsAttached, !isFirst && gap.IsNear, gap.Separator, gap.IsPlus,
                    isCapital, isSpaceless)
            );
            gap = new Gap();
        }
    }

    /// <summary>Several, with nothing between them but a dash where digits would meet.</summary>
    public static string Joined(IReadOnlyList<Word> words, int from, int to, Func<Word, string> spelling)
    {
        if (from == to - 1) return spelling(words[from]);
        var joined = new StringBuilder();
        for (var i = from; i < to && joined.Length < Maximum; i++)
        {
            var word = spelling(words[i]);
            if (joined.Length > 0 && char.IsDigit(joined[^1]) && char.IsDigit(word[0])) joined.Append('-');
            joined.Append(word);
        }

        return Cut(joined);
    }

    /// <summary>Not longer than a word may be, and never half of a letter.</summary>
    public static string Cut(StringBuilder joined)
    {
        if (joined.Length > Maximum) joined.Length = Maximum - (char.IsHighSurrogate(joined[Maximum - 1]) ? 1 : 0);
        return joined.ToString();
    }

    // Han, Kana, Bopomofo; Thai, Lao, Burmese, Khmer.
    private static bool IsOfSpacelessScript(int value) =>
        value
            is (>= 0x0E00 and <= 0x0EFF)
                or (>= 0x1000 and <= 0x109F)
                or (>= 0x1780 and <= 0x17FF)
                or (>= 0x2E80 and <= 0x2FDF)
                or (>= 0x3005 and <= 0x3007)
                or (>= 0x3021 and <= 0x3029)
                or (>= 0x3031 and <= 0x312F)
                or (>= 0x31A0 and <= 0x31FF)
                or (>= 0x3400 and <= 0x4DBF)
                or (>= 0x4E00 and <= 0x9FFF)
                or (>= 0xAA60 and <= 0xAA7F)
                or (>= 0xF900 and <= 0xFAFF)
                or (>= 0x1B000 and <= 0x1B16F)
                or (>= 0x20000 and <= 0x3FFFF);

    /// <summary>The characters between two words.</summary>
    private struct Gap
    {
        private const int ThinMaximum = 3;
        private const string Grouping = ".,-/\\()+'_:#\u00b7\u2019\u2010\u2012\u2013\u2014\u2022\u2044\u2212";

        private int _length;
        private bool _hasWhite;
        private bool _isThick;
        private char _only;
        private char _last;

        public readonly bool IsAttached => !_hasWhite;

        public readonly bool IsNear => !_isThick;

        public readonly bool IsPlus => _last == '+';

        public readonly char Separator => _isThick ? '\0' : _only;

        public void Add(Rune rune)
        {
            var isWhite = Rune.IsWhiteSpace(rune);
            _hasWhite |= isWhite;
            var mark = isWhite ? ' ' : rune.IsBmp ? (char)rune.Value : '\0';

            // A line is the end of a number.
            if (
                ++_length > ThinMaximum
                || rune.Value is '\n' or '\r' or 0x2028 or 0x2029
                || (!isWhite && !Grouping.Contains(mark))
            )
                _isThick = true;
            _only =
                _length == 1 || (isWhite && _only != '\0')
                    ? _length == 1
                        ? mark
                        : _only
                    : '\0';
            _last = mark;
        }
    }
}
