using System.Text;
using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>An office brings its list of customers: it sees what would happen, starts, and corrects the rest.</summary>
public sealed class CustomerImportTests(Browser browser)
{
    [Fact]
    public async Task A_list_is_looked_at_line_by_line_started_and_its_refused_lines_are_downloaded()
    {
        var office = await Office.OpenAsync(browser.Product);
        await using var anna = await browser.VisitAsync(office.Anna, "/customers");
        await anna.Screen.Link("Importieren").ClickAsync();
        await Expect(anna.Screen.Heading("Kunden importieren")).ToBeVisibleAsync();
        var content = CodePagesEncodingProvider.Instance.GetEncoding(1252)!.GetBytes(
            "Kundennr.;Name;Ansprechpartner;E-Mail;Ort\r\n"
            + $"00815;Gärtnerei Größe;Jürgen Größe;{office.Address("groesse")};Köln\r\n"
            + "816;=1+1;;;Bonn\r\n817;Krumm KG;;krumm;Bonn\r\n");
        await anna.Page.Locator("input[type=file]").SetInputFilesAsync(
            new FilePayload { Name = "kunden.csv", MimeType = "text/csv", Buffer = content });

        await Expect(anna.Screen.GetByText("Gärtnerei Größe")).ToBeVisibleAsync();
        await Expect(anna.Screen.GetByText("WINDOWS-1252")).ToBeVisibleAsync();
        await Expect(anna.Screen.GetByText("Nicht übernommen: Ort")).ToBeVisibleAsync();
        await Expect(anna.Screen.GetByText("Die Zelle enthält eine Formel.")).ToBeVisibleAsync();
        await anna.Screen.GetByText("Abgelehnt 2").ClickAsync();
        await Expect(anna.Screen.GetByText("Gärtnerei Größe")).ToHaveCountAsync(0);
        await Expect(anna.Screen.GetByText("Das ist keine E-Mail-Adresse.")).ToBeVisibleAsync();

        // Also after a reload, in another tab, and a colleague.
        await anna.Page.ReloadAsync();
        await anna.Screen.Button("Import starten").ClickAsync();
        await Expect(anna.Screen.GetByText("Der Import ist fertig.")).ToBeVisibleAsync();
        await Expect(anna.Screen.Button("Ansprechpartner jetzt einladen")).ToBeVisibleAsync();

        var waiting = anna.Page.WaitForDownloadAsync();
        await anna.Screen.Button("Abgelehnte Zeilen herunterladen").ClickAsync();
        var download = await waiting;
        download.SuggestedFilename.ShouldBe("abgelehnte-zeilen.csv");
        var text = await File.ReadAllTextAsync(
            (await download.PathAsync())!, TestContext.Current.CancellationToken);
        text.ShouldContain("816;'=1+1;");

        await anna.Page.GotoAsync("/customers?q=00815");
        await Expect(anna.Screen.GetByText("Gärtnerei Größe")).ToBeVisibleAsync();
        await using var bernd = await browser.VisitAsync(office.Bernd, "/customers/import");
        await bernd.Screen.GetByText("kunden.csv").ClickAsync();
        await Expect(bernd.Screen.GetByText("Der Import ist fertig.")).ToBeVisibleAsync();
        anna.Complaints.ShouldBeEmpty();
        bernd.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_file_that_is_no_table_of_customers_is_told_and_discarded()
    {
        var office = await Office.OpenAsync(browser.Product);
        await using var bernd = await browser.VisitAsync(office.Bernd, "/customers/import");
        await bernd.Page.Locator("input[type=file]").SetInputFilesAsync(
            new FilePayload { Name = "orte.csv", MimeType = "text/csv", Buffer = "Ort;PLZ\nBonn;5\n"u8.ToArray() });
        await Expect(bernd.Screen.GetByText("Keine Spalte mit Namen oder Nummern")).ToBeVisibleAsync();
        await bernd.Screen.Button("Import verwerfen").ClickAsync();
        await Expect(bernd.Screen.Button("CSV-Datei auswählen")).ToBeVisibleAsync();
        bernd.Complaints.ShouldBeEmpty();
    }
}
