using Messaging.Domain.Conversations;
using Messaging.Projections.Conversations;
using Messaging.Projections.Conversations.Search;
using Messaging.Projections.Tests.Support;

namespace Messaging.Projections.Tests.Conversations.Search;

public sealed class SearchTests(Store store) : IClassFixture<Store>
{
    [Theory]
    [InlineData("Herr Müller", "müller Müller muller mueller MÜLLER mü muell")]
    [InlineData("Herr Mueller", "müller mueller muel")]
    [InlineData("Herr Muller", "müller mueller muller")]
    [InlineData("Lindenstraße", "lindenstraße lindenstrasse LINDENSTRASSE lindenstras lindenstraß")]
    [InlineData("Lindenstrasse", "lindenstraße lindenstrasse")]
    [InlineData("Café Élan", "cafe élan elan Café")]
    [InlineData("drei Häuser", "haus häuser haeuser hauses Haeusern")]
    [InlineData("ein Haus", "häuser haeuser hausern")]
    [InlineData("Steuerprüfung", "steuerpruefung steuerprüfungen steuerprufung steuerpruefungen")]
    [InlineData("Belege für Øresund", "oresund beleg belegs")]
    public async Task Umlauts_and_accents_are_found_however_they_are_typed(string text, string searches) =>
        await FoundAsync(text, searches.Split(' '));

    [Theory]
    [InlineData("die Rechnungen", "Rechnung Rechnungen rechnung")]
    [InlineData("die Rechnung", "Rechnungen rechnungen rechnunge")]
    [InlineData("two invoices", "invoice invoices Invoiced invoicing")]
    [InlineData("an invoice", "invoices invoiced")]
    [InlineData("our companies paid", "company companies")]
    [InlineData("der Kassenbericht", "Kassenberichte kassenberichten kassenberichts")]
    [InlineData("wir haben gebucht und buchen", "buche buch buchst")]
    public async Task Words_are_found_by_their_other_forms_in_both_languages(string text, string searches) =>
        await FoundAsync(text, searches.Split(' '));

    [Fact]
    public async Task A_word_is_found_with_every_letter_that_is_typed()
    {
        foreach (
            var (stored, typed) in ((string, string)[])
                [
                    ("Kassenbericht", "Kassenberichten"), ("Rechnungen", "Rechnungen"), ("invoice", "invoices"),
                    ("Steuerprüfungen", "Steuerprüfungen"), ("2026", "2026")
                ]
        )
            await FoundAsync($"Bitte {stored}", [.. Enumerable.Range(2, typed.Length - 1).Select(i => typed[..i])]);
    }

    [Theory]
    [InlineData("Kassenbericht_Oktober-2025.pdf")]
    [InlineData("Kassenbericht Oktober (2025).PDF")]
    [InlineData("2025.oktober.Kassenbericht.pdf")]
    public async Task A_file_is_found_by_each_part_of_its_name(string name)
    {
        var office = await Office.OpenAsync(store);
        var conversation = await office.ConverseAsync();
        await office.CommentAsync(conversation, office.Dieter, files: name);
        await FoundAsync(
            office, [conversation], "kassenbericht", "kassenberichte", "oktober", "okt", "2025", "pdf", name,
            "kassenberichte 2025", "belege kassenberichte pdf", "oktober 2025");
        await FoundAsync(office, [], "kassenbericht november", "bericht", "025");
    }

    [Theory]
    [InlineData(
        "Ihre Umsatzsteuer-Voranmeldung fehlt",
        "umsatzsteuer-voranmeldung Umsatzsteuervoranmeldungen umsatzsteuer-vor voranmeldung")]
    [InlineData("die Umsatzsteuervoranmeldung", "Umsatzsteuer-Voranmeldung umsatzsteuer/voranmeldungen")]
    [InlineData("per E-Mail", "email e-mail E-Mails mail")]
    [InlineData("zu RE-2024/0815, bitte", "re-2024/0815 RE2024-0815 2024/0815 2024/08 0815")]
    [InlineData("am 12.03.2025 um", "12.03.2025 12.03. 03.2025 12/03/2025 2025")]
    [InlineData(
        "an buero@müller-söhne.example",
        "buero@müller-söhne.example müller-söhne büro@mueller büro@müller-s mueller-soehne muellersoehne buero@mue")]
    [InlineData("Rechnung(Kopie),Anlage", "rechnung(kopie) kopie,anlage kopie,anlagen anlage")]
    public async Task What_is_written_together_is_found_as_a_whole_and_by_its_parts(string text, string searches) =>
        await FoundAsync(text, searches.Split(' '));

    /// <summary>
    /// What is written and what is looked for, apart by a bar: whatever of it is written, it is found by all of it.
    /// </summary>
    public static TheoryData<string> Alike =>
        [
            "DE89 3704 0044 0532 0130 "
                + "00|DE89370400440532013000|de89370400440532013000|DE89-3704-0044-0532-0130-00|de89 3704 0044 0532 "
                + "0130 00",
            "GB29 NWBK 6016 1331 9268 19|GB29NWBK60161331926819",
            "NL91 ABNA 0417 1643 00|NL91ABNA0417164300",
            "FR14 2004 1010 0505 0001 3M02 606|FR1420041010050500013M02606",
            "1.234,56|1,234.56|1234,56|1234.56|1 234,56|1\u202f234,56|1'234.56|1’234,56",
            "12.345.678,9|12345678,9|12,345,678.9",
            "1.234|1234|1,234",
            "12.03.2025|12.3.2025|12. 3. 2025|12/03/2025|2025-03-12|12.3.25|12-03-2025",
            "+49 (0)30 123-456|030 123456|+4930123456|0049 30 123 456|030/123456|(030) 12 34 56|030-123456|+49 "
                + "30 123456",
            "+43 1 234 56 78|+4312345678|0043-1-2345678|01 2345678",
            "+353 1 234 5678|00353 1 2345678",
            "DE 123 456 789|DE123456789|DE-123-456-789|de 123456789",
            "ATU 1234 5678|ATU12345678",
            "RE-2024/0815|RE 2024 0815|RE20240815|RE 2024/0815|RE_2024-0815|re-2024-0815",
            "RE 4711|RE4711|RE-4711",
            "12/345/67890|1234567890|12 345 67890|12-345-67890|12345/67890",
            "181/815/08155|18181508155",
            "12 345 678 901|12345678901",
            "４７１１／０８１５|4711/0815|47110815",
            "١٢٣٤٥٦|123456",
        ];

    [Theory]
    [MemberData(nameof(Alike))]
    public async Task A_number_is_found_however_it_is_grouped(string alike)
    {
        var office = await Office.OpenAsync(store);
        var all = new List<Guid>();
        var ways = alike.Split('|');
        foreach (var way in ways)
            all.Add(await office.ConverseAsync(subject: "x", body: $"Bitte {way}, danke. Mit Grüßen"));

        // With other numbers around it.
        foreach (var way in ways) all.Add(await office.ConverseAsync(subject: $"Nr. 7: {way} 1.000,00", body: "x"));
        await office.ConverseAsync(subject: "y", body: "Guten Tag 4242 und 99");
        await FoundAsync(office, [.. all], ways);
        await FoundAsync(office, [.. all], [.. ways.Select(w => $"{w} ")]);
    }

    [Theory]
    [InlineData("Nummer 1234567", "12.34")]
    [InlineData("Betrag 1.234,56", "1.234,65")]
    [InlineData("Betrag 1.234,56", "12.345,6")]
    [InlineData("Betrag 123456", "1.234,56")]
    [InlineData("am 12.03.2025", "03.12.2025")]
    [InlineData("am 12.03.2025", "2025-12-03")]
    [InlineData("DE89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0131 00")]
    [InlineData("0044 3704 DE89 0532 00 0130", "DE89 3704 0044 0532 0130 00")]
    [InlineData("030 123456", "040 123456")]
    [InlineData("+49 30 123456", "+43 30 123457")]
    [InlineData("2024 und 0815", "RE-2024/0815")]
    [InlineData("100 €", "€")]
    [InlineData("😀", "😀")]
    public async Task Another_number_is_not_found(string text, string search) => await NotFoundAsync(text, search);

    [Theory]
    [InlineData("Kontonummer 4711 und 2024 für das Jahr", "2024 4711")]
    [InlineData("von 12 bis 15 und 20 am 3.", "12 15 20 3")]
    [InlineData("Rechnung 4711, 12.03.2025, 1.234,56 €", "4711 12.3.2025 1234,56 rechnung")]
    [InlineData(
        "Überweisung DE89 3704 0044 0532 0130 00 1.234,56 am 12.03.2025", "DE89370400440532013000 1234.56 2025-03-12")]
    [InlineData("IBAN: DE89370400440532013000", "IBAN DE89 3704 0044 0532 0130 00")]
    [InlineData("USt-IdNr. DE123456789", "ust-idnr DE 123 456 789")]
    public async Task Numbers_are_found_beside_each_other(string text, string search) => await FoundAsync(text, search);

    [Theory]
    [InlineData("שָׁלוֹם עֲלֵיכֶם", "שלום|שָׁלוֹם|עליכם")]
    [InlineData("שלום", "שָׁלוֹם")]
    [InlineData("السَّلامُ عَلَيْكُمْ", "السلام|عليكم|السَّلامُ")]
    [InlineData("مـحـمـد أحمد", "محمد|احمد|أحمد")]
    [InlineData("Ὀδυσσεύς", "οδυσσευς|ΟΔΥΣΣΕΥΣ|οδυσσευσ|Οδυσσεύς")]
    [InlineData("昨日、税務署から手紙が来ました。", "税務|税務署|務署|手紙|税務署から手紙|署から|来ました|昨日、税務署")]
    [InlineData("国税庁2025年度の申告", "国税|2025|2025年|申告|税庁2025年度|度の申告")]
    [InlineData("カタカナとＡＢＣ株式会社", "カタ|タカナ|abc|株式|abc株式会社|式会社")]
    [InlineData("กรุงเทพมหานคร", "กรุงเทพ|มหานคร|เทพมหา")]
    [InlineData("한국어로 씁니다", "한국|한국어|씁니다")]
    [InlineData("Herr O’Neill", "O’Neill|O'Neill|ONeill|oneill|O´Neill|o`neill")]
    [InlineData("Herr O'Neill", "O’Neill|ONeill")]
    [InlineData("Herr ONeill", "O’Neill|O'Neill")]
    [InlineData("１２３４ ＡＢＣ", "1234|abc")]
    public async Task Words_of_all_scripts_are_found_as_people_type_them(string text, string searches) =>
        await FoundAsync(text, searches.Split('|'));

    [Theory]
    [InlineData("税務署", "務税")]
    [InlineData("税務と署名", "税務署")]
    [InlineData("東京都", "京東")]
    public async Task Other_words_of_scripts_without_spaces_are_not_found(string text, string search) =>
        await NotFoundAsync(text, search);

    [Fact]
    public void A_number_in_many_groups_is_one_word_and_eleven_words_are_too_many()
    {
        SearchText.Sought("DE89 3704 0044 0532 0130 00")!.Count.ShouldBe(1);
        SearchText.Sought("a b c d e f g h i DE89 3704 0044 0532 0130 00")!.Count.ShouldBe(10);
        Should.Throw<InvalidSearchException>(() =>
            SearchText.Sought("a b c d e f g h i j DE89 3704 0044 0532 0130 00")
        );
        SearchText.Sought(string.Join(' ', Enumerable.Range(1, 60)))!.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("Rechnung vom 12. März, die 03 von 2025", "12.03.2025")]
    [InlineData("Nummer 1234567", "12.34")]
    [InlineData("RE-2024/0816", "RE-2024/0815")]
    [InlineData("Kassenbericht für Oktober", "Kassenbericht_Oktober.pdf")]
    public async Task What_is_looked_for_together_is_not_found_apart(string text, string search) =>
        await NotFoundAsync(text, search);

    [Fact]
    public async Task A_text_without_a_space_can_be_stored_and_found_whatever_its_letters()
    {
        var office = await Office.OpenAsync(store);
        string[] letters = ["a", "あ", "𠀀", "𐐷"];
        foreach (var letter in letters)
        {
            var body = string.Join(',', Enumerable.Range(0, 10_000).Select(i => i % 2 == 0 ? letter : "b"));
            var conversation = await office.ConverseAsync(subject: "x", body: body);
            await FoundAsync(
                office, [conversation], $"{letter},b,{letter}",
                string.Join(',', Enumerable.Repeat($"{letter},b", 100)));
        }
    }

    [Theory]
    [InlineData("Rechnung", "rech ")]
    [InlineData("du hast", "due")]
    [InlineData("die Dosis", "does")]
    [InlineData("Rechnung", "rechnen")]
    [InlineData("Rechnung", "hnung")]
    public async Task What_is_another_word_is_not_found(string text, string search) =>
        await NotFoundAsync(text, search);

    [Fact]
    public async Task A_customer_never_finds_what_is_internal()
    {
        var office = await Office.OpenAsync(store);
        var conversation = await office.ConverseAsync(body: "Guten Tag");
        await office.CommentAsync(
            conversation, office.Anna, "Der Mandant ist zahlungsunfähig", CommentVisibility.Internal,
            "Mahnbescheid-Entwurf.pdf");
        string[] searches =
        [
            "mandant", "Mandanten", "mand", "zahlungsunfaehig", "mahnbescheid", "Mahnbescheide", "entwurf",
            "guten mahnbescheid"
        ];
        foreach (
            var (caller, count) in ((Domain.Caller, int)[])
                [(office.Anna, 1), (office.Paul, 1), (office.Dieter, 0), (office.Frank, 0)]
        )
        {
            foreach (var search in searches)
            {
                var filter = new ConversationFilter(Search: search);
                (
                    await store.Conversations.PageAsync(
                        caller, filter, ConversationOrder.Default, First(5), Cancellation)
                ).Items.Count.ShouldBe(count, search);
                (await store.Conversations.CountAsync(caller, filter, Cancellation)).ShouldBe(count, search);
                (await store.Conversations.CountsAsync(caller, filter, Cancellation)).Total.ShouldBe(count, search);
                (await store.Conversations.MatchingAsync(caller, filter, [conversation], Cancellation)).Count.ShouldBe(
                    count, search);
            }
        }

        (await store.Conversations.CountAsync(office.Dieter, new(Search: "guten"), Cancellation)).ShouldBe(1);
        (await store.Conversations.CountAsync(office.Frank, new(Search: "guten"), Cancellation)).ShouldBe(0);
    }

    private async Task NotFoundAsync(string text, string search)
    {
        var office = await Office.OpenAsync(store);
        await office.ConverseAsync(subject: "x", body: text);
        await FoundAsync(office, [], search);
    }

    private async Task FoundAsync(string text, params string[] searches)
    {
        var office = await Office.OpenAsync(store);
        Guid[] all =
        [
            await office.ConverseAsync(subject: text, body: "x"), await office.ConverseAsync(subject: "y", body: text)
        ];
        await office.ConverseAsync(subject: "z", body: "Guten Tag");
        await FoundAsync(office, all, searches);
    }

    private async Task FoundAsync(Office office, Guid[] expected, params string[] searches)
    {
        foreach (var search in searches)
        {
            var page = await store.Conversations.PageAsync(
                office.Anna, new(Search: search), ConversationOrder.Default, First(50), Cancellation);
            page.Nodes().Select(c => c.Id).ShouldBe(expected, ignoreOrder: true, search);
        }
    }
}
