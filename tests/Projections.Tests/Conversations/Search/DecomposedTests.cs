using System.Diagnostics;
using System.Text;
using Messaging.Projections.Conversations.Search;

namespace Messaging.Projections.Tests.Conversations.Search;

public sealed class DecomposedTests
{
    [Theory]
    [InlineData("Müller & Söhne, Ärger, Straße ½ ﬁ Ǆ")]
    [InlineData("Tiếng Việt Phở ệ")]
    [InlineData("한국어 각 힣")]
    [InlineData("שָׁלוֹם עֲלֵיכֶם")]
    [InlineData("السَّلامُ عَلَيْكُمْ ﷺ")]
    [InlineData("ガギグ ｶﾞ ㌖ 税務署")]
    [InlineData("a\u0323\u0301 a\u0301\u0323 q\u0307\u0323 \u0301\u0323")]
    [InlineData("𝐀𝑩 𠀀 👩‍👩‍👧")]
    [InlineData("ᄒ\u1161\u11ab À\u0323")]
    public void A_text_is_taken_apart_as_Unicode_has_it(string text) =>
        Decomposed.Of(text).ShouldBe(text.Normalize(NormalizationForm.FormKD));

    [Fact]
    public void Every_character_is()
    {
        for (var value = 0; value <= 0x10FFFF; value++)
        {
            if (!Rune.IsValid(value) || value == 0xFFFE) continue;
            var text = $"a{new Rune(value)}";
            if (Decomposed.Of(text) != text.Normalize(NormalizationForm.FormKD))
                Decomposed.Of(text).ShouldBe(text.Normalize(NormalizationForm.FormKD), $"U+{value:X4}");
        }
    }

    [Fact]
    public void What_no_text_may_have_is_a_gap() => Decomposed.Of("a\ufffeb").ShouldBe("a b");

    [Fact]
    public void Of_marks_in_a_row_as_many_are_kept_as_a_language_may_have()
    {
        Decomposed
            .Of("a" + string.Concat(Enumerable.Repeat("\u0301\u0323", 10_000)) + "b")
            .ShouldBe("a\u0323\u0323\u0323\u0323\u0301\u0301\u0301\u0301b");
        SearchText.Stored("a" + string.Concat(Enumerable.Repeat("\u0301\u0323", 10_000)) + "b").ShouldBe(" ab");
    }

    [Theory]
    [InlineData("\u0301\u0323")]
    [InlineData("\u05b0\u0651")]
    [InlineData("\u1112\u1161\u11ab")]
    [InlineData("\ufdfa")]
    [InlineData("e\u0323\u0302")]
    [InlineData("-a")]
    [InlineData("👩\u200d")]
    [InlineData("bcdfg")]
    public void Ten_times_as_much_takes_about_ten_times_as_long(string characters)
    {
        var (some, more) = (Filled(2_000), Filled(20_000));
        var best = double.MaxValue;

        // The machine may be busy: the best of some tries counts. What takes the square of the length takes a hundred
        // times as long.
        for (var time = 0; time < 20 && best > 40; time++) best = Math.Min(best, Time(more) / Time(some));
        best.ShouldBeLessThan(40);

        string Filled(int length) => "a" + string.Concat(Enumerable.Repeat(characters, length / characters.Length));

        static double Time(string text)
        {
            var clock = Stopwatch.StartNew();
            for (var i = 0; i < 5; i++) SearchText.Stored(text);
            return clock.Elapsed.TotalMicroseconds;
        }
    }
}
