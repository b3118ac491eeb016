using Messaging.Projections.Conversations.Search;

namespace Messaging.Projections.Tests.Conversations.Search;

/// <summary>
/// What the stemmers make of a word is stored: should this fail, the format of the read models must be raised. Each
/// line of the file is a word and what the Snowball dictionaries of PostgreSQL 15 make of it in German and in English.
/// </summary>
public sealed class StemmerTests
{
    [Fact]
    public void Words_have_the_stems_that_PostgreSQL_gives_them()
    {
        var lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Conversations", "Search", "stems.txt"));
        lines.Length.ShouldBeGreaterThan(1_000);
        foreach (var line in lines)
        {
            var word = line.Split(' ')[0];
            $"{word} {GermanStemmer.Stem(word)} {EnglishStemmer.Stem(word)}".ShouldBe(line);
        }
    }
}
