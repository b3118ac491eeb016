using System.Globalization;
using Messaging.Domain.Conversations;
using Messaging.TestSupport.Product;

namespace Messaging.Web.Tests.Support;

/// <summary>An office that looks as offices do, for pictures.</summary>
internal static class Showcase
{
    private static readonly double[] s_takings = [812.4, 763.1, 901.75, 688.2, 1140.9, 1322.05];

    /// <returns>The office, and its conversation with the most in it.</returns>
    public static async Task<(Office Office, Guid Conversation)> OpenAsync(Browser browser)
    {
        var office = await Office.OpenAsync(browser.Product, domain: "sommer-steuern.example");
        var (anna, bernd, carla, dieter, eva) = (office.Anna, office.Bernd, office.Carla, office.Dieter, office.Eva);
        var cafe = Guid.CreateVersion7();
        var kaja = await office.CustomerAsync(cafe, "Hafen-Café Thomsen", "Kaja Thomsen", "kaja");
        var joiner = Guid.CreateVersion7();
        var murat = await office.CustomerAsync(joiner, "Tischlerei Yılmaz & Söhne", "Murat Yılmaz", "murat");

        var closed = new (
            string Subject, string Question, string Answer, Guid Customer, Person Contact, Person Responsible)[]
        {
            (
                "Jahresabschluss des Vorjahres ist fertig",
                "Der Abschluss liegt zur Unterschrift bereit. Passt Ihnen Dienstag um 10 Uhr?",
                "Dienstag passt gut, bis dann!", office.Krause, dieter, anna),
            (
                "Rechnung an einen Kunden in Österreich",
                "Bei Leistungen an Unternehmen in Österreich gilt das Reverse-Charge-Verfahren: bitte ohne "
                    + "Umsatzsteuer, mit beiden USt-IdNr.",
                "Danke, dann schreibe ich sie neu.",
                office.Lindner,
                eva,
                carla
            ),
            (
                "Trinkgelder der Aushilfen", "Trinkgelder, die Gäste den Aushilfen direkt geben, bleiben steuerfrei.",
                "Das ist gut zu wissen, danke.", cafe, kaja, bernd),
            (
                "Investitionsabzugsbetrag für die neue Säge",
                "Wenn Sie die Formatkreissäge nächstes Jahr kaufen, können wir schon dieses Jahr die Hälfte abziehen.",
                "Ja bitte, Angebot liegt bei.", joiner, murat, bernd),
        };
        foreach (var (subject, question, answer, customer, contact, responsible) in closed)
        {
            var done = await office.ConversationAsync(
                subject, $"Guten Tag,\n\n{question}", responsible, customer, responsible: responsible);
            await office.CommentAsync(done, answer, contact);
            await office.StatusAsync(done, ConversationStatus.Answered, responsible);
        }

        await office.ConversationAsync(
            "Fahrtenbuch 2026",
            "Liebe Frau Lindner, bitte schicken Sie uns das Fahrtenbuch bis Ende November. Ohne Fahrtenbuch "
                + "müssten wir die 1-%-Regelung ansetzen.",
            anna,
            office.Lindner,
            ConversationStatus.Attention
        );
        var till = await office.ConversationAsync(
            "Neue Kasse: TSE-Zertifikat",
            "Moin Frau Thomsen, bitte schicken Sie uns das Zertifikat der technischen Sicherheitseinrichtung "
                + "Ihrer neuen Kasse.",
            bernd,
            cafe,
            ConversationStatus.Attention,
            bernd
        );
        await office.CommentAsync(till, "Moin! Der Händler liefert es nächste Woche nach.", kaja);
        await office.ConversationAsync(
            "Lohnabrechnung November", "Hallo Herr Yılmaz, bitte die Stunden der beiden Gesellen bis zum 25.", carla,
            joiner, ConversationStatus.Attention, carla);
        var payroll = await office.ConversationAsync(
            "Neue Mitarbeiterin ab 1. Dezember",
            "Hallo Herr Krause, für die Anmeldung brauchen wir von Frau Aydın Steuer-ID, "
                + "Sozialversicherungsnummer und Krankenkasse.",
            bernd,
            office.Krause,
            responsible: carla
        );
        await office.CommentAsync(
            payroll, "Steuer-ID und Krankenkasse (AOK) habe ich, die SV-Nummer bringt sie morgen mit.", dieter);
        await office.ConversationAsync(
            "Homepage: Kleinunternehmer oder nicht?",
            "Liebe Frau Lindner, Sie sind dieses Jahr über der Grenze: ab Januar kommt Umsatzsteuer auf Ihre "
                + "Rechnungen.",
            anna,
            office.Lindner,
            responsible: anna
        );

        var vat = await office.ConversationAsync(
            "Belege für die Umsatzsteuer-Voranmeldung Oktober",
            "Guten Tag Herr Krause,\n\nfür die Voranmeldung Oktober fehlen uns noch die Kassenberichte der "
                + "letzten Woche und die Rechnung der Mühle Ahrens. Können Sie uns beides bis Freitag schicken?\n\n"
                + "Viele Grüße\nAnna Sommer",
            anna,
            office.Krause,
            ConversationStatus.Attention,
            bernd,
            notifyAll: true
        );
        await office.CommentAsync(
            vat,
            "Guten Morgen Frau Sommer, die Kassenberichte kommen heute Nachmittag. Die Rechnung der Mühle muss "
                + "ich erst suchen.",
            dieter
        );
        await office.CommentAsync(
            vat,
            "Danke, Herr Krause. Wenn die Rechnung nicht auftaucht, lassen wir uns von der Mühle eine Kopie schicken.",
            bernd);
        await office.CommentAsync(
            vat, "Mühle Ahrens, Frau Petersen, Durchwahl 14: schickt Kopien auf Zuruf.", bernd,
            CommentVisibility.Internal);
        var client = await browser.Product.SignInAsync(dieter.Email, Office.Password);
        var files = new List<Guid>();
        foreach (
            var (name, content) in new[]
            {
                ("Kassenbericht KW 43.png", await ReceiptAsync(browser)),
                ("Rechnung Mühle Ahrens.pdf", "%PDF-1.4\n% Eine Rechnung\n"u8.ToArray()),
            }
        )
            files.Add(
                Guid.Parse(
                    (await client.UploadAsync(name, "application/octet-stream", content)).Data.At("uploadFile.file.id"))
            );
        await office.CommentAsync(
            vat,
            "So, beides gefunden: der Kassenbericht und die Rechnung der Mühle. Mehr zur Kasse steht unter "
                + "https://www.example.org/kasse.",
            dieter,
            files: [.. files]
        );
        return (office, vat);
    }

    /// <summary>A picture of a till's report, drawn by the browser.</summary>
    private static async Task<byte[]> ReceiptAsync(Browser browser)
    {
        await using var painter = await browser.VisitAsync(new Visit { Width = 360, Height = 520 });
        var lines = string.Concat(
            s_takings.Select(
                (sum, i) =>
                    string.Create(
                        CultureInfo.GetCultureInfo("de-DE"),
                        $"<tr><td>{i + 20}.10.</td><td align=right>{sum:N2} €</td></tr>")
            )
        );
        await painter.Page.SetContentAsync(
            $"<body style='font:18px/1.7 monospace;background:#fdfcf7;padding:24px'><h2>Bäckerei "
                + $"Krause</h2>Kassenbericht KW 43<table width=100%>{lines}</table><hr><b>Summe 5.628,40 €</b></body>"
        );
        return await painter.Page.ScreenshotAsync();
    }
}
