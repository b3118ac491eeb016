namespace Messaging.Projections.Conversations.Search;

/// <summary>A word that is looked for, as everything that a text may have instead of it.</summary>
/// <param name="Terms">One of these.</param>
internal sealed record SoughtWord(IReadOnlyList<SoughtTerm> Terms)
{
    /// <summary>Stands for the key of a conversation in <see cref="Query"/>. No word has it.</summary>
    public const char Key = '~';

    /// <summary>A tsquery, in which <see cref="Key"/> is to be replaced by the key of a conversation.</summary>
    public string Query { get; } = string.Join('|', Terms.Select(t => t.Of(Key.ToString())));

    /// <summary>A tsquery for conversations of these keys.</summary>
    public string QueryFor(IEnumerable<string> keys) =>
        string.Join('|', keys.SelectMany(k => Terms.Select(t => t.Of(k))));
}

/// <summary>Words that one text has, all of them.</summary>
/// <param name="Words">Each of them as it is stored, or a beginning of it.</param>
internal sealed record SoughtTerm(IReadOnlyList<(string Word, bool IsBeginning)> Words)
{
    public SoughtTerm(string word, bool isBeginning = false)
        : this([(word, isBeginning)])
    {
    }

    /// <summary>
    /// A tsquery for conversations of a key. Words and keys are letters, digits, dashes and low lines only, so quoting
    /// cannot go wrong.
    /// </summary>
    public string Of(string key)
    {
        var all = Words.Select(w => $"'{key}{w.Word}'{(w.IsBeginning ? ":*" : "")}");
        return Words.Count == 1 ? all.First() : $"({string.Join('&', all)})";
    }
}

/// <summary>A search has more words than are looked for.</summary>
public sealed class InvalidSearchException : Exception
{
    internal InvalidSearchException(int words, int maximum)
        : base($"search has {words} words; at most {maximum} are allowed.")
    {
    }
}
