namespace Messaging.Projections.Conversations.Search;

/// <summary>
/// Snowball's stemmer of German (snowballstem.org), for words without umlauts: a, o and u stand for them, which its
/// rules end in, too. Done here, so that stored words do not depend on the database's version.
/// </summary>
internal static class GermanStemmer
{
    private const string Vowels = "aeiouy";

    /// <summary>The stem of a word of the letters a to z.</summary>
    public static string Stem(string word)
    {
        var letters = word.ToCharArray();
        for (var i = 1; i < letters.Length - 1; i++)
        {
            // Between vowels they are consonants.
            if (letters[i] is 'u' or 'y' && Vowels.Contains(letters[i - 1]) && Vowels.Contains(letters[i + 1]))
                letters[i] = char.ToUpperInvariant(letters[i]);
        }

        var w = new Stemmed(letters, Vowels);
        w.MarkRegions();
        w.R1 = letters.Length < 3 ? letters.Length : Math.Max(w.R1, 3);
        RemoveCase(w);
        RemoveComparison(w);
        RemoveDerivation(w);
        return w.ToString().ToLowerInvariant();
    }

    private static void RemoveCase(Stemmed w)
    {
        if (w.Longest("em", "ern", "er", "e", "en", "es", "s") is not { } suffix || !w.InR1(suffix)) return;
        if (suffix == "s")
        {
            if ("bdfghklmnrt".Contains(w.Before(suffix))) w.Remove(suffix);
            return;
        }

        w.Remove(suffix);
        if (suffix is "e" or "en" or "es" && w.Ends("niss")) w.Remove("s");
    }

    private static void RemoveComparison(Stemmed w)
    {
        if (w.Longest("en", "er", "est", "st") is not { } suffix || !w.InR1(suffix)) return;
        if (suffix != "st" || (w.Length >= 6 && "bdfghklmnt".Contains(w.Before(suffix)))) w.Remove(suffix);
    }

    private static void RemoveDerivation(Stemmed w)
    {
        if (w.Longest("end", "ung", "ig", "ik", "isch", "lich", "heit", "keit") is not { } suffix || !w.InR2(suffix))
            return;
        if (suffix is "ig" or "ik" or "isch" && w.Before(suffix) == 'e')
            return;
        w.Remove(suffix);
        switch (suffix)
        {
            case "end" or "ung" when w.Ends("ig") && w.Before("ig") != 'e' && w.InR2("ig"):
                w.Remove("ig");
                break;
            case "lich" or "heit" when w.Longest("er", "en") is { } inner && w.InR1(inner):
                w.Remove(inner);
                break;
            case "keit" when w.Longest("lich", "ig") is { } inner && w.InR2(inner):
                w.Remove(inner);
                break;
        }
    }
}
