using Messaging.Domain.Conversations;
using Messaging.Projections.Conversations;
using Messaging.Projections.Tests.Support;

namespace Messaging.Projections.Tests.Search;

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
    public async Task Umlauts_and_accents_are_found_however_they_are_typed(string text, string searches) => await FoundAsync(text, searches.Split(' '));

    [Theory]
    [InlineData("die Rechnungen", "Rechnung Rechnungen rechnung")]
    [InlineData("die Rechnung", "Rechnungen rechnungen rechnunge")]
    [InlineData("two invoices", "invoice invoices Invoiced invoicing")]
    [InlineData("an invoice", "invoices invoiced")]
    [InlineData("our companies paid", "company companies")]
    [InlineData("der Kassenbericht", "Kassenberichte kassenberichten kassenberichts")]
    [InlineData("wir haben gebucht und buchen", "buche buch buchst")]
    public async Task Words_are_found_by_their_other_forms_in_both_languages(string text, string searches) => await FoundAsync(text, searches.Split(' '));

    [Fact]
    public async Task A_word_is_found_with_every_letter_that_is_typed()
    {
        foreach (var (stored, typed) in ((string, string)[])
            [("Kassenbericht", "Kassenberichten"), ("Rechnungen", "Rechnungen"), ("invoice", "invoices"), ("Steuerprüfungen", "Steuerprüfungen"), ("2026", "2026")])
            await FoundAsync($"Bitte {stored}", [.. Enumerable.Range(1, typed.Length).Select(i => typed[..i])]);
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
            office, [conversation], "kassenbericht", "kassenberichte", "oktober", "okt", "2025", "pdf", name, "kassenberichte 2025", "belege kassenberichte pdf", "oktober 2025");
        await FoundAsync(office, [], "kassenbericht november", "bericht", "025");
    }

    [Theory]
    [InlineData("Ihre Umsatzsteuer-Voranmeldung fehlt", "umsatzsteuer-voranmeldung Umsatzsteuervoranmeldungen umsatzsteuer-vor voranmeldung")]
    [InlineData("die Umsatzsteuervoranmeldung", "Umsatzsteuer-Voranmeldung umsatzsteuer/voranmeldungen")]
    [InlineData("per E-Mail", "email e-mail E-Mails mail")]
    [InlineData("zu RE-2024/0815, bitte", "re-2024/0815 RE2024-0815 2024/0815 2024/08 0815")]
    [InlineData("am 12.03.2025 um", "12.03.2025 12.03. 03.2025 12/03/2025 2025")]
    [InlineData("an buero@müller-söhne.example", "buero@müller-söhne.example müller-söhne büro@mueller büro@müller-s mueller-soehne muellersoehne buero@mue")]
    [InlineData("Rechnung(Kopie),Anlage", "rechnung(kopie) kopie,anlage kopie,anlagen anlage")]
    public async Task What_is_written_together_is_found_as_a_whole_and_by_its_parts(string text, string searches) => await FoundAsync(text, searches.Split(' '));

    [Theory]
    [InlineData("Rechnung vom 12. März, die 03 von 2025", "12.03.2025")]
    [InlineData("Nummer 1234567", "12.34")]
    [InlineData("RE-2024/0816", "RE-2024/0815")]
    [InlineData("Kassenbericht für Oktober", "Kassenbericht_Oktober.pdf")]
    public async Task What_is_looked_for_together_is_not_found_apart(string text, string search) => await NotFoundAsync(text, search);

    [Fact]
    public async Task A_text_without_a_space_can_be_stored_and_found_whatever_its_letters()
    {
        var office = await Office.OpenAsync(store);
        string[] letters = ["a", "あ", "𠀀", "𐐷"];
        foreach (var letter in letters)
        {
            var body = string.Join(',', Enumerable.Range(0, 10_000).Select(i => i % 2 == 0 ? letter : "b"));
            var conversation = await office.ConverseAsync(subject: "x", body: body);
            await FoundAsync(office, [conversation], $"{letter},b,{letter}", string.Join(',', Enumerable.Repeat($"{letter},b", 100)));
        }
    }

    [Theory]
    [InlineData("Rechnung", "rech ")]
    [InlineData("du hast", "due")]
    [InlineData("die Dosis", "does")]
    [InlineData("Rechnung", "rechnen")]
    [InlineData("Rechnung", "hnung")]
    public async Task What_is_another_word_is_not_found(string text, string search) => await NotFoundAsync(text, search);

    [Fact]
    public async Task A_customer_never_finds_what_is_internal()
    {
        var office = await Office.OpenAsync(store);
        var conversation = await office.ConverseAsync(body: "Guten Tag");
        await office.CommentAsync(conversation, office.Anna, "Der Mandant ist zahlungsunfähig", CommentVisibility.Internal, "Mahnbescheid-Entwurf.pdf");
        string[] searches = ["mandant", "Mandanten", "mand", "zahlungsunfaehig", "mahnbescheid", "Mahnbescheide", "entwurf", "guten mahnbescheid"];
        foreach (var (caller, count) in ((Domain.Caller, int)[])[(office.Anna, 1), (office.Paul, 1), (office.Dieter, 0), (office.Frank, 0)])
        {
            foreach (var search in searches)
            {
                var filter = new ConversationFilter(Search: search);
                (await store.Conversations.PageAsync(caller, filter, ConversationOrder.Default, First(5), Cancellation)).Items.Count.ShouldBe(count, search);
                (await store.Conversations.CountAsync(caller, filter, Cancellation)).ShouldBe(count, search);
                (await store.Conversations.CountsAsync(caller, filter, Cancellation)).Total.ShouldBe(count, search);
                (await store.Conversations.MatchingAsync(caller, filter, [conversation], Cancellation)).Count.ShouldBe(count, search);
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
        Guid[] all = [await office.ConverseAsync(subject: text, body: "x"), await office.ConverseAsync(subject: "y", body: text)];
        await office.ConverseAsync(subject: "z", body: "Guten Tag");
        await FoundAsync(office, all, searches);
    }

    private async Task FoundAsync(Office office, Guid[] expected, params string[] searches)
    {
        foreach (var search in searches)
        {
            var page = await store.Conversations.PageAsync(office.Anna, new(Search: search), ConversationOrder.Default, First(50), Cancellation);
            page.Nodes().Select(c => c.Id).ShouldBe(expected, ignoreOrder: true, search);
        }
    }
}
