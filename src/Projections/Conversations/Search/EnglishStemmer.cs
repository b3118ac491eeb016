using System.Collections.Frozen;

namespace Messaging.Projections.Conversations.Search;

/// <summary>
/// Snowball's stemmer of English, also known as Porter 2 (snowballstem.org). Done here for the same reason as
/// <see cref="GermanStemmer"/>.
/// </summary>
internal static class EnglishStemmer
{
    private const string Vowels = "aeiouy";

    private static readonly FrozenDictionary<string, string> s_irregular = new Dictionary<string, string>
    {
        ["skis"] = "ski",
        ["skies"] = "sky",
        ["dying"] = "die",
        ["lying"] = "lie",
        ["tying"] = "tie",
        ["idly"] = "idl",
        ["gently"] = "gentl",
        ["ugly"] = "ugli",
        ["early"] = "earli",
        ["only"] = "onli",
        ["singly"] = "singl",
        ["sky"] = "sky",
        ["news"] = "news",
        ["howe"] = "howe",
        ["atlas"] = "atlas",
        ["cosmos"] = "cosmos",
        ["bias"] = "bias",
        ["andes"] = "andes",
    }.ToFrozenDictionary();

    private static readonly FrozenSet<string> s_notInflected =
        FrozenSet.ToFrozenSet(["inning", "outing", "canning", "herring", "earring", "proceed", "exceed", "succeed"]);

    private static readonly (string Suffix, string By)[] s_derived =
    [
        ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("abli", "able"), ("entli", "ent"), ("izer", "ize"),
        ("ization", "ize"), ("ational", "ate"), ("ation", "ate"), ("ator", "ate"), ("alism", "al"), ("aliti", "al"),
        ("alli", "al"), ("fulness", "ful"), ("ousli", "ous"), ("ousness", "ous"), ("iveness", "ive"), ("iviti", "ive"),
        ("biliti", "ble"), ("bli", "ble"), ("ogi", "og"), ("fulli", "ful"), ("lessli", "less"), ("li", "")
    ];

    private static readonly (string Suffix, string By)[] s_derivedFurther =
    [
        ("tional", "tion"), ("ational", "ate"), ("alize", "al"), ("icate", "ic"), ("iciti", "ic"), ("ical", "ic"),
        ("ful", ""), ("ness", ""), ("ative", "")
    ];

    private static readonly string[] s_derivedSuffixes = [.. s_derived.Select(d => d.Suffix)];

    private static readonly string[] s_derivedFurtherSuffixes = [.. s_derivedFurther.Select(d => d.Suffix)];

    /// <summary>The stem of a word of the letters a to z.</summary>
    public static string Stem(string word)
    {
        if (word.Length <= 2) return word;
        if (s_irregular.TryGetValue(word, out var irregular)) return irregular;
        var letters = word.ToCharArray();
        for (var i = 0; i < letters.Length; i++)
        {
            // At the beginning and after a vowel it is a consonant.
            if (letters[i] == 'y' && (i == 0 || Vowels.Contains(letters[i - 1]))) letters[i] = 'Y';
        }

        var w = new Stemmed(letters, Vowels);
        w.MarkRegions(
            word.StartsWith("gener", StringComparison.Ordinal) || word.StartsWith("arsen", StringComparison.Ordinal) ? 5
            : word.StartsWith("commun", StringComparison.Ordinal) ? 6
            : null
        );
        RemovePlural(w);
        if (s_notInflected.Contains(w.ToString())) return w.ToString();
        RemoveVerbForm(w);
        if (w.Length > 2 && w[w.Length - 1] is 'y' or 'Y' && !w.IsVowel(w.Length - 2)) w.Replace("y", "i");
        ReplaceDerived(w);
        ReplaceDerivedFurther(w);
        RemoveSuffix(w);
        RemoveLastLetter(w);
        return w.ToString().ToLowerInvariant();
    }

    private static void RemovePlural(Stemmed w)
    {
        switch (w.Longest("sses", "ied", "ies", "us", "ss", "s"))
        {
            case "sses":
                w.Remove("es");
                break;
            case "ied" or "ies":
                w.Replace("ies", w.Length > 4 ? "i" : "ie");
                break;
            case "s" when w.HasVowelBefore(w.Length - 2):
                w.Remove("s");
                break;
        }
    }

    private static void RemoveVerbForm(Stemmed w)
    {
        if (w.Longest("eed", "eedly", "ed", "edly", "ing", "ingly") is not { } suffix) return;
        if (suffix is "eed" or "eedly")
        {
            if (w.InR1(suffix)) w.Replace(suffix, "ee");
            return;
        }

        if (!w.HasVowelBefore(w.Length - suffix.Length)) return;
        w.Remove(suffix);
        if (w.Longest("at", "bl", "iz") is not null)
            w.Add("e");
        else if (w.Longest("bb", "dd", "ff", "gg", "mm", "nn", "pp", "rr", "tt") is not null)
            w.Remove("x");
        else if (w.Length == w.R1 && EndsInShortSyllable(w, w.Length))
            w.Add("e");
    }

    private static void ReplaceDerived(Stemmed w)
    {
        if (w.Longest(s_derivedSuffixes) is not { } suffix || !w.InR1(suffix)) return;
        if (suffix == "ogi" && w.Before(suffix) != 'l') return;
        if (suffix == "li" && !"cdeghkmnrt".Contains(w.Before(suffix))) return;
        w.Replace(suffix, s_derived[Array.IndexOf(s_derivedSuffixes, suffix)].By);
    }

    private static void ReplaceDerivedFurther(Stemmed w)
    {
        if (w.Longest(s_derivedFurtherSuffixes) is not { } suffix || !w.InR1(suffix)) return;
        if (suffix == "ative" && !w.InR2(suffix)) return;
        w.Replace(suffix, s_derivedFurther[Array.IndexOf(s_derivedFurtherSuffixes, suffix)].By);
    }

    private static void RemoveSuffix(Stemmed w)
    {
        var suffix = w.Longest(
            "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ism", "ate", "iti", "ous",
            "ive", "ize", "ion");
        if (suffix is null || !w.InR2(suffix))
            return;
        if (suffix != "ion" || w.Before(suffix) is 's' or 't')
            w.Remove(suffix);
    }

    private static void RemoveLastLetter(Stemmed w)
    {
        if (w.Ends("e"))
        {
            if (w.InR2("e") || (w.InR1("e") && !EndsInShortSyllable(w, w.Length - 1))) w.Remove("e");
        }
        else if (w.Ends("ll") && w.InR2("l"))
        {
            w.Remove("l");
        }
    }

    private static bool EndsInShortSyllable(Stemmed w, int end) =>
        end == 2
            ? w.IsVowel(0) && !w.IsVowel(1)
            : end > 2
                && !w.IsVowel(end - 1)
                && w[end - 1] is not ('w' or 'x' or 'Y')
                && w.IsVowel(end - 2)
                && !w.IsVowel(end - 3);
}
