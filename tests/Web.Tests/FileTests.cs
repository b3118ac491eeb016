using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>Files that come with comments, and go to those who read them.</summary>
public sealed class FileTests(Browser browser)
{
    // 32 × 32 pixels.
    private const string Picture =
        "iVBORw0KGgoAAAANSUhEUgAAACAAAAAgCAIAAAD8GO2jAAAAKklEQVR4nGM4UaFBU8QwasGoBaMWjFowasGoBaMWjFowasGoBaMWDBULAIvioEzwWVaRAAAAAElFTkSuQmCC";

    // One empty page.
    private const string Pdf =
        """
        %PDF-1.4
        1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
        2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
        3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]>>endobj
        trailer<</Root 1 0 R>>
        %%EOF
        """;

    private const string MakePicture =
        $$"""
        () => {
          const bytes = Uint8Array.from(atob('{{Picture}}'), (c) => c.charCodeAt(0));
          const data = new DataTransfer();
          data.items.add(new File([bytes], 'kasse.png', { type: 'image/png' }));
          return data;
        }
        """;

    [Fact]
    public async Task A_picture_is_pasted_or_dropped_shows_small_and_opens_large()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var dieter = await browser.VisitAsync(office.Dieter, $"/conversations/{id}");
        var field = dieter.Screen.Field("Schreiben Sie einen neuen Kommentar");
        await field.FillAsync("Die Bilder der Kasse");
        await field.EvaluateAsync(
            $"(field) => field.dispatchEvent(new ClipboardEvent('paste', {{ bubbles: true, cancelable: true, "
                + $"clipboardData: ({MakePicture})() }}))"
        );
        var added = dieter
            .Screen.GetByRole(AriaRole.List, new() { Name = "Fügen Sie hier Ihre Dateien hinzu" })
            .GetByRole(AriaRole.Listitem);
        await Expect(added).ToHaveCountAsync(1);

        var data = await dieter.Page.EvaluateHandleAsync(MakePicture);
        await dieter.Page.DispatchEventAsync("body", "dragenter", new { dataTransfer = data });
        var target = dieter.Screen.GetByText("Loslassen, um die Dateien hinzuzufügen");
        await Expect(target).ToBeVisibleAsync();
        await target.DispatchEventAsync("drop", new { dataTransfer = data });
        await Expect(added).ToHaveCountAsync(2);
        await Expect(dieter.Screen.GetByRole(AriaRole.Progressbar)).ToHaveCountAsync(0);
        await dieter.Screen.Button("Kommentar erstellen").ClickAsync();

        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{id}");
        var small = anna.Screen.Region("Kommentare").Button("„kasse.png“ ansehen");
        await Expect(small).ToHaveCountAsync(2);
        await Expect(small.First.Locator("img")).ToHaveJSPropertyAsync("naturalWidth", 32);
        await small.First.ClickAsync();
        var viewer = anna.Screen.Dialog("kasse.png");
        await Expect(viewer.GetByRole(AriaRole.Img, new() { Name = "kasse.png" }))
            .ToHaveJSPropertyAsync("naturalWidth", 32);
        var download = await anna.Page.RunAndWaitForDownloadAsync(() =>
            viewer.Button("„kasse.png“ herunterladen").ClickAsync()
        );
        (await File.ReadAllBytesAsync(await download.PathAsync(), TestContext.Current.CancellationToken)).ShouldBe(
            Convert.FromBase64String(Picture));
        await anna.Page.Keyboard.PressAsync("ArrowRight");
        await anna.Page.Keyboard.PressAsync("Escape");
        await Expect(viewer).ToHaveCountAsync(0);
        await Expect(small.First).ToBeFocusedAsync();
        anna.Complaints.ShouldBeEmpty();
        dieter.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_PDF_opens_in_the_page()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Bescheid");
        await using var dieter = await browser.VisitAsync(office.Dieter, $"/conversations/{id}");
        var chooser = await dieter.Page.RunAndWaitForFileChooserAsync(() =>
            dieter.Screen.Button("Fügen Sie hier Ihre Dateien hinzu").ClickAsync()
        );
        await chooser.SetFilesAsync(
            new FilePayload
            {
                Name = "Bescheid.pdf",
                MimeType = "application/pdf",
                Buffer = System.Text.Encoding.ASCII.GetBytes(Pdf),
            }
        );
        await dieter.Screen.Field("Schreiben Sie einen neuen Kommentar").FillAsync("Der Bescheid");
        await Expect(dieter.Screen.GetByRole(AriaRole.Progressbar)).ToHaveCountAsync(0);
        await dieter.Screen.Button("Kommentar erstellen").ClickAsync();

        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{id}");
        await anna.Screen.Region("Kommentare").Button("Bescheid.pdf").ClickAsync();
        var frame = anna.Screen.Dialog("Bescheid.pdf").Locator("iframe");
        await Expect(frame).ToHaveAttributeAsync("src", new System.Text.RegularExpressions.Regex("^blob:"));
        var content = await (await frame.ElementHandleAsync()).ContentFrameAsync();
        await content!.WaitForLoadStateAsync();
        // Where a policy forbids a frame, the browser shows a page of its own in it.
        content.Url.ShouldStartWith("blob:");
        anna.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_file_needs_no_text_and_the_list_names_it()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var dieter = await browser.VisitAsync(office.Dieter, $"/conversations/{id}");
        await dieter.Screen.Button("Kommentar erstellen").ClickAsync();
        await Expect(dieter.Screen.GetByText("Bitte schreiben Sie etwas, oder fügen Sie eine Datei hinzu."))
            .ToBeVisibleAsync();
        await AddAsync(dieter, "Kassenbuch.bin", 10);
        await Expect(dieter.Screen.GetByRole(AriaRole.Progressbar)).ToHaveCountAsync(0);
        await dieter.Screen.Button("Kommentar erstellen").ClickAsync();
        await Expect(dieter.Screen.Region("Kommentare").Button("„Kassenbuch.bin“ herunterladen")).ToBeVisibleAsync();

        await using var anna = await browser.VisitAsync(office.Anna, "/conversations");
        await Expect(anna.Screen.GetByText("Kassenbuch.bin").First).ToBeVisibleAsync();
        anna.Complaints.ShouldBeEmpty();
        dieter.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_the_scanner_blocks_is_said_and_nobody_can_take_it()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var dieter = await browser.VisitAsync(office.Dieter, $"/conversations/{id}");
        foreach (var name in (string[])["Mahnung.bin", "Beleg.bin", "Kasse.xlsm"]) await AddAsync(dieter, name, 10);
        await Expect(dieter.Screen.GetByRole(AriaRole.Progressbar)).ToHaveCountAsync(0);
        await dieter.Screen.Button("Kommentar erstellen").ClickAsync();
        await Expect(dieter.Screen.Region("Kommentare").Button("„Mahnung.bin“ herunterladen")).ToBeVisibleAsync();
        await SetScanAsync("Mahnung.bin", "Found", "Win.Test.EICAR");
        await SetScanAsync("Beleg.bin", "Pending", null);

        foreach (var (who, hears) in new[] { (office.Anna, true), (office.Dieter, false) })
        {
            await using var reader = await browser.VisitAsync(who, $"/conversations/{id}");
            var comments = reader.Screen.Region("Kommentare");
            var blocked = comments.GetByRole(AriaRole.Listitem).Filter(new() { HasText = "Mahnung.bin" });
            await Expect(blocked).ToContainTextAsync("Gesperrt: Der Virenscanner hat etwas gefunden.");
            if (hears) await Expect(blocked).ToContainTextAsync("Gefunden: Win.Test.EICAR");
            else await Expect(blocked).Not.ToContainTextAsync("EICAR");
            await Expect(blocked.GetByRole(AriaRole.Button)).ToHaveCountAsync(0);
            var waits = comments.GetByRole(AriaRole.Listitem).Filter(new() { HasText = "Beleg.bin" });
            await Expect(waits).ToContainTextAsync("Wird noch auf Viren geprüft");
            await Expect(waits.GetByRole(AriaRole.Button)).ToHaveCountAsync(0);
            await Expect(comments.GetByRole(AriaRole.Listitem).Filter(new() { HasText = "Kasse.xlsm" }))
                .ToContainTextAsync("Kann Makros enthalten");
            reader.Complaints.ShouldBeEmpty();
            if (hears) continue;

            // It is there as soon as it has been looked at.
            await SetScanAsync("Beleg.bin", "Clean", null);
            await Expect(comments.Button("„Beleg.bin“ herunterladen")).ToBeVisibleAsync(new() { Timeout = 30_000 });
        }

        async Task SetScanAsync(string name, string scan, string? found)
        {
            await using var database = Npgsql.NpgsqlDataSource.Create(browser.Product.ConnectionString);
            await using var command = database.CreateCommand(
                "update messaging.uploads set scan = $1, scan_found = $2 where name = $3");
            command.Parameters.AddWithValue(scan);
            command.Parameters.AddWithValue((object?)found ?? DBNull.Value);
            command.Parameters.AddWithValue(name);
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task An_upload_shows_how_far_it_is_and_can_be_taken_back()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var dieter = await browser.VisitAsync(office.Dieter, $"/conversations/{id}");
        await Expect(dieter.Screen.Heading("Belege für Oktober")).ToBeVisibleAsync();
        var network = await dieter.Page.Context.NewCDPSessionAsync(dieter.Page);
        Task UploadSpeedAsync(int bytesPerSecond) => network.SendAsync("Network.emulateNetworkConditions", new()
        {
            ["offline"] = false,
            ["latency"] = 0,
            ["downloadThroughput"] = -1,
            ["uploadThroughput"] = bytesPerSecond,
        });
        await UploadSpeedAsync(100_000);

        await AddAsync(dieter, "groß.bin", Browser.LargestFile - 1000);
        var progress = dieter.Screen.GetByRole(AriaRole.Progressbar, new() { Name = "„groß.bin“ wird hochgeladen" });
        await Expect(progress)
            .ToHaveAttributeAsync("aria-valuenow", new System.Text.RegularExpressions.Regex(@"^[1-9]\d(\.\d+)?$"));
        await dieter.Screen.Field("Schreiben Sie einen neuen Kommentar").FillAsync("Noch nicht");
        await dieter.Screen.Button("Kommentar erstellen").ClickAsync();
        await Expect(dieter.Screen.GetByText("Bitte warten Sie, bis alle Dateien hochgeladen sind."))
            .ToBeVisibleAsync();

        await dieter.Screen.Button("„groß.bin“ entfernen").ClickAsync();
        await Expect(progress).ToHaveCountAsync(0);
        await UploadSpeedAsync(-1);
        await dieter.Screen.Button("Kommentar erstellen").ClickAsync();
        await Expect(dieter.Screen.Region("Kommentare").GetByText("Noch nicht")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task What_is_too_large_is_said_clearly_and_the_rest_goes()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var dieter = await browser.VisitAsync(office.Dieter, $"/conversations/{id}");
        await AddAsync(dieter, "viel zu groß.bin", Browser.LargestFile + 1);
        await Expect(
                dieter
                    .Screen.GetByRole(AriaRole.Alert)
                    .Filter(new() { HasText = "„viel zu groß.bin“ wurde nicht hochgeladen: sie ist zu groß" })
            )
            .ToBeVisibleAsync();
        await AddAsync(dieter, "gut.txt", 10);
        await dieter.Screen.Field("Schreiben Sie einen neuen Kommentar").FillAsync("Nur die gute");
        await Expect(dieter.Screen.GetByRole(AriaRole.Progressbar)).ToHaveCountAsync(0);
        await dieter.Screen.Button("Kommentar erstellen").ClickAsync();
        await Expect(dieter.Screen.GetByText("Eine Datei wurde nicht hochgeladen.")).ToBeVisibleAsync();
        await dieter.Screen.Button("„viel zu groß.bin“ entfernen").ClickAsync();
        await dieter.Screen.Button("Kommentar erstellen").ClickAsync();
        var comment = dieter.Screen.GetByRole(AriaRole.Article).Filter(new() { HasText = "Nur die gute" });
        await Expect(comment.GetByRole(AriaRole.Listitem)).ToHaveCountAsync(1);
        await Expect(comment.Button("„gut.txt“ herunterladen")).ToBeVisibleAsync();
    }

    private static async Task AddAsync(Visitor who, string name, int size)
    {
        var chooser = await who.Page.RunAndWaitForFileChooserAsync(() =>
            who.Screen.Button("Fügen Sie hier Ihre Dateien hinzu").ClickAsync()
        );
        await chooser.SetFilesAsync(
            new FilePayload
            {
                Name = name,
                MimeType = "application/octet-stream",
                Buffer = new byte[size],
            }
        );
    }
}
