namespace Messaging.Projections.Conversations.Search;

/// <summary>A word that loses its endings, with the regions that Snowball's rules are about.</summary>
internal sealed class Stemmed(char[] letters, string vowels)
{
    private char[] _letters = letters;

    /// <summary>Number of letters left.</summary>
    public int Length { get; private set; } = letters.Length;

    /// <summary>Start of the region after the first non-vowel that follows a vowel.</summary>
    public int R1 { get; set; }

    /// <summary>Start of the same region within <see cref="R1"/>.</summary>
    public int R2 { get; private set; }

    /// <summary>Finds the regions.</summary>
    /// <param name="r1">Start of the first region, if it is known.</param>
    public void MarkRegions(int? r1 = null)
    {
        R1 = r1 ?? After(0);
        R2 = After(R1);
    }

    public bool IsVowel(int index) => vowels.Contains(_letters[index]);

    public char this[int index] => index < 0 ? '\0' : _letters[index];

    /// <summary>The letter before a suffix that the word has.</summary>
    public char Before(string suffix) => this[Length - suffix.Length - 1];

    public bool Ends(string suffix) => _letters.AsSpan(0, Length).EndsWith(suffix);

    public bool InR1(string suffix) => Length - suffix.Length >= R1;

    public bool InR2(string suffix) => Length - suffix.Length >= R2;

    /// <summary>The longest of these that the word ends in; null when it ends in none.</summary>
    public string? Longest(params ReadOnlySpan<string> suffixes)
    {
        string? longest = null;
        foreach (var suffix in suffixes)
        {
            if (suffix.Length > (longest?.Length ?? 0) && Ends(suffix)) longest = suffix;
        }

        return longest;
    }

    public bool HasVowelBefore(int end)
    {
        for (var i = 0; i < end; i++)
        {
            if (IsVowel(i)) return true;
        }

        return false;
    }

    public void Remove(string suffix) => Length -= suffix.Length;

    public void Replace(string suffix, string by)
    {
        Length -= suffix.Length;
        Add(by);
    }

    public void Add(string ending)
    {
        if (Length + ending.Length > _letters.Length) Array.Resize(ref _letters, Length + ending.Length);
        ending.CopyTo(_letters.AsSpan(Length));
        Length += ending.Length;
    }

    public override string ToString() => new(_letters, 0, Length);

    private int After(int from)
    {
        var hasVowel = false;
        for (var i = from; i < Length; i++)
        {
            if (IsVowel(i)) hasVowel = true;
            else if (hasVowel) return i + 1;
        }

        return Length;
    }
}
