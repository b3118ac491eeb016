using System.Text;
using Messaging.Application.Organisation;
using Messaging.Domain.Conversations;
using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>
/// Whatever people write is text: script in it neither runs nor is refused only by the last line of defence, the
/// content security policy, which the browser would complain about.
/// </summary>
public sealed class HostileTextTests(Browser browser)
{
    // Each says in its own way where it came from, should it run.
    private static string Script(string where) =>
        $"\"'><img src=x onerror=\"window.hacked='{where}'\"><svg "
            + $"onload=\"window.hacked='{where}'\"><script>window.hacked='{where}'</script>";

    [Fact]
    public async Task No_text_of_anybody_becomes_script_on_any_screen()
    {
        var office = await Office.OpenAsync(
            browser.Product, name: Script("org"), krause: Script("customer"), anna: Script("a")[..100],
            dieter: Script("d")[..100]);
        var id = await office.ConversationAsync(
            Script("subject"), Script("body"), responsible: office.Anna, notifyAll: true);
        await using var dieter = await browser.VisitAsync(office.Dieter, $"/conversations/{id}");
        var chooser = await dieter.Page.RunAndWaitForFileChooserAsync(() =>
            dieter.Screen.Button("Fügen Sie hier Ihre Dateien hinzu").ClickAsync()
        );
        await chooser.SetFilesAsync([
            Upload("<img src=x onerror=\"window.hacked='name'\">.txt", "text/plain", "Text"),
            Upload(
                "bild.svg",
                "image/svg+xml",
                "<svg xmlns=\"http://www.w3.org/2000/svg\" "
                    + "onload=\"window.hacked='svg'\"><script>window.hacked='svg'</script></svg>"
            ),
            Upload("seite.html", "text/html", "<!doctype html><script>window.hacked='html'</script>"),
            Upload(
                "doch-ein-bild.png", "image/png",
                "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>window.hacked='png'</script></svg>"),
        ]);
        await dieter
            .Screen.Field("Schreiben Sie einen neuen Kommentar")
            .FillAsync(
                Script("comment")
                    + "\njavascript:window.hacked='link' https://example.org/\"onmouseover=window.hacked='link'"
            );
        await Expect(dieter.Screen.GetByRole(AriaRole.Progressbar)).ToHaveCountAsync(0);
        await dieter.Screen.Button("Kommentar erstellen").ClickAsync();
        await Expect(dieter.Screen.Region("Kommentare").GetByText(Script("comment"))).ToBeVisibleAsync();
        await Expect(dieter.Screen.GetByText("Wird gesendet …")).ToHaveCountAsync(0);
        await HarmlessAsync(dieter);
        await office.CommentAsync(id, Script("note"), office.Anna, CommentVisibility.Internal);

        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{id}");
        await Expect(anna.Screen.Region("Kommentare").GetByText(Script("comment"))).ToBeVisibleAsync();
        await Expect(anna.Screen.Region("Kommentare").GetByText(Script("note"))).ToBeVisibleAsync();
        foreach (var name in new[] { "bild.svg", "seite.html", "doch-ein-bild.png" })
        {
            // They can be downloaded, and not be looked at here.
            await Expect(anna.Screen.Button($"„{name}“ herunterladen")).ToBeVisibleAsync();
            await Expect(anna.Screen.Button($"„{name}“ ansehen")).ToHaveCountAsync(0);
        }

        (
            await anna
                .Screen.Region("Kommentare")
                .GetByRole(AriaRole.Link)
                .EvaluateAllAsync<string[]>("links => links.map((link) => link.protocol)")
        ).ShouldAllBe(protocol => protocol == "https:");
        await HarmlessAsync(anna);
        foreach (
            var path in new[]
            {
                "/conversations",
                "/conversations/new",
                $"/conversations/{id}/history",
                "/overview",
                "/overview/weekly?list=started",
                "/overview/work?list=open",
                "/overview/undelivered?month=0",
                "/day",
                "/customers",
                $"/customers/{office.Krause}",
                "/administrators",
                "/settings",
                "/profile",
                "/notifications",
            }
        )
        {
            await anna.Page.GotoAsync(path);
            await HarmlessAsync(anna);
        }

        foreach (var path in new[] { "/conversations", $"/conversations/{id}", "/profile", "/notifications" })
        {
            await dieter.Page.GotoAsync(path);
            await HarmlessAsync(dieter);
        }
    }

    [Fact]
    public async Task Hostile_text_that_comes_live_is_text_too()
    {
        var office = await Office.OpenAsync(browser.Product, dieter: Script("d")[..100]);
        var id = await office.ConversationAsync("Belege für Oktober", responsible: office.Anna);
        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{id}");
        await using var dieter = await browser.VisitAsync(office.Dieter, $"/conversations/{id}");
        await dieter.Screen.Field("Schreiben Sie einen neuen Kommentar").PressSequentiallyAsync("<b>");
        await Expect(anna.Screen.GetByText("schreibt …")).ToBeVisibleAsync();
        await dieter.Screen.Field("Schreiben Sie einen neuen Kommentar").FillAsync(Script("live"));
        await dieter.Screen.Button("Kommentar erstellen").ClickAsync();
        await Expect(anna.Screen.Region("Kommentare").GetByText(Script("live"))).ToBeVisibleAsync();
        await office.ConversationAsync(Script("new"), Script("new"));
        await Expect(anna.Screen.Region("Liste der Gespräche").GetByText(Script("new")).First).ToBeVisibleAsync();
        await office.RunAsync(
            new UpdateOrganisationSettingsCommand(office.Anna.Caller, Script("org"), null, null, null, null));
        await HarmlessAsync(anna);
        await HarmlessAsync(dieter);
    }

    [Fact]
    public async Task Nothing_in_an_address_or_in_the_search_box_runs_or_breaks_the_page()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var anna = await browser.VisitAsync(office.Anna);
        var hostile = Uri.EscapeDataString(Script("address"));
        await anna.Screen.Field("Gespräche durchsuchen").FillAsync(Script("search"));
        await Expect(anna.Screen.GetByText("Nichts gefunden")).ToBeVisibleAsync();
        await HarmlessAsync(anna);
        foreach (
            var path in new[]
            {
                $"/conversations?q={hostile}",
                $"/conversations?status={hostile}&awaiting={hostile}&order={hostile}&unread={hostile}",
                "/conversations?status=5&unread=7&order=true",
                $"/conversations?customer={hostile}&responsible={hostile}",
                $"/conversations/{hostile}",
                $"/customers/{hostile}",
                $"/{hostile}",
                $"/sign-in?to={hostile}",
                $"/conversations/{id}/history?version={hostile}&at={hostile}",
                $"/conversations/{id}/history?version=0",
                $"/overview?range={hostile}",
                $"/overview/weekly?list={hostile}&week={hostile}&customer={hostile}",
                $"/overview/undelivered?months={hostile}&responsible={hostile}&customer={hostile}&month={hostile}",
                $"/overview/work?list={hostile}&at={hostile}&by={hostile}&person={hostile}",
                $"/customers?q={hostile}",
                $"/notifications?unread={hostile}",
            }
        )
        {
            await anna.Page.GotoAsync(path);
            await Expect(
                    anna.Page.GetByRole(AriaRole.Navigation, new() { Name = "Hauptnavigation" })
                        .Or(anna.Screen.GetByRole(AriaRole.Heading))
                        .First
                )
                .ToBeVisibleAsync();
            await HarmlessAsync(anna);
        }

        await anna.Page.GotoAsync("/conversations?status=5&unread=7&order=true");
        await Expect(anna.Screen.LinkWith("Anzeigen: Belege für Oktober")).ToBeVisibleAsync();
    }

    private static FilePayload Upload(string name, string type, string content) =>
        new()
        {
            Name = name,
            MimeType = type,
            Buffer = Encoding.UTF8.GetBytes(content),
        };

    private static async Task HarmlessAsync(Visitor who)
    {
        await who.UntilLoadedAsync();
        (await who.Page.EvaluateAsync<string?>("() => window.hacked ?? null")).ShouldBeNull(who.Page.Url);
        (
            await who.Page.EvaluateAsync<int>(
                "() => document.querySelectorAll('script:not([src]), [onerror], [onload], [onmouseover], "
                    + "img[src=\"x\"], a[href^=\"javascript:\"], object, embed').length"
            )
        ).ShouldBe(0, who.Page.Url);
        who.Dialogs.ShouldBeEmpty(who.Page.Url);
        who.Complaints.ShouldBeEmpty(who.Page.Url);
    }
}
