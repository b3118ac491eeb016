using Deque.AxeCore.Playwright;
using Messaging.Application.Accounts;
using Messaging.Domain.Conversations;
using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>
/// axe-core finds nothing serious on any screen, and none of them scrolls sideways; each in both languages, light and
/// dark, wide and narrow.
/// </summary>
public sealed class AccessibilityTests(Browser browser)
{
    private readonly List<string> _found = [];

    [Theory]
    [InlineData("de-DE", false, 1440, 0)]
    [InlineData("en-GB", true, 390, 0)]
    [InlineData("en-GB", false, 1440, 1)]
    [InlineData("de-DE", true, 390, 1)]
    public async Task Every_screen_of_the_office(string locale, bool dark, int width, int half)
    {
        var (office, id) = await BusyAsync();
        await using var anna = await browser.VisitAsync(
            office.Anna,
            visit: new()
            {
                Locale = locale,
                Dark = dark,
                Width = width,
            }
        );
        await CheckAsync(anna);
        string[] paths =
        [
            $"/conversations/{id}",
            "/conversations/new",
            $"/conversations/{id}/history",
            "/overview",
            "/settings",
            "/customers",
            "/customers/import",
            $"/customers/{office.Krause}",
            "/administrators",
            "/profile",
            "/notifications",
            "/deliveries",
            $"/deliveries?conversation={id}&state=failed",
            "/deliveries?state=inbound",
            "/log",
            $"/log?subject={id}&correlation=x",
            "/overview/weekly",
            "/overview/weekly?list=came-in",
            "/overview/work?list=open",
            "/overview/undelivered",
            "/overview/undelivered?month=0",
            "/day",
        ];
        foreach (var path in paths.Where((_, i) => i % 2 == half))
        {
            await anna.Page.GotoAsync(path);
            await Expect(anna.Screen.GetByRole(AriaRole.Heading).First).ToBeVisibleAsync();
            await CheckAsync(anna);
        }

        _found.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("de-DE", true, 1440)]
    [InlineData("en-GB", false, 390)]
    public async Task Every_screen_of_a_customer_and_of_somebody_who_is_not_signed_in(
        string locale, bool dark, int width)
    {
        var (office, id) = await BusyAsync();
        await using var dieter = await browser.VisitAsync(new Visit { Locale = locale, Dark = dark, Width = width });

        // A change of address that waits: the link of its mail, and what the profile says.
        var address = office.Address("neu");
        await office.RunAsync(
            new AskEmailChangeCommand(office.Dieter.Caller, office.Dieter.Id, address, ByThemselves: true));
        var mail = await browser.MailAsync(m =>
            m.Recipients.Contains(address) && m.Text.Contains("/confirm-email#", StringComparison.Ordinal));
        var link = mail.Text[mail.Text.IndexOf("/confirm-email#", StringComparison.Ordinal)..];
        link = link.Split([' ', '\r', '\n'])[0];
        foreach (var path in new[] { "/sign-in", "/invitation#token=wrong", link, "/nowhere" })
        {
            await dieter.Page.GotoAsync(path);
            await Expect(dieter.Screen.GetByRole(AriaRole.Heading).First).ToBeVisibleAsync();
            await CheckAsync(dieter);
        }

        await dieter.SignInAsync(office.Dieter);
        foreach (
            var path in new[]
            {
                "/conversations",
                $"/conversations/{id}",
                "/conversations/new",
                "/profile",
                "/notifications",
                "/nowhere",
            }
        )
        {
            await dieter.Page.GotoAsync(path);
            await Expect(dieter.Screen.GetByRole(AriaRole.Heading).First).ToBeVisibleAsync();
            await CheckAsync(dieter);
        }

        _found.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Menus_dialogs_and_what_else_opens(bool dark)
    {
        var (office, id) = await BusyAsync();
        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{id}", new() { Dark = dark });
        await Expect(anna.Screen.Heading("Belege für Oktober")).ToBeVisibleAsync();
        async Task CheckWhatOpensAsync(Func<Task> open, ILocator opened)
        {
            await open();
            await Expect(opened).ToBeVisibleAsync();
            await CheckAsync(anna);
            await anna.Page.Keyboard.PressAsync("Escape");
            await Expect(opened).ToHaveCountAsync(0);
        }

        await CheckWhatOpensAsync(
            () => anna.Screen.GetByRole(AriaRole.Button, new() { Name = "Benutzermenü" }).ClickAsync(),
            anna.Screen.GetByRole(AriaRole.Menu));
        await CheckWhatOpensAsync(() => anna.Screen.Button("Filtern").ClickAsync(), anna.Screen.Dialog("Filter"));
        await CheckWhatOpensAsync(() => anna.Page.Keyboard.PressAsync("?"), anna.Screen.Dialog("Tastenkürzel"));
        await CheckWhatOpensAsync(
            () => anna.Screen.GetByRole(AriaRole.Button, new() { Name = "Benachrichtigungen" }).ClickAsync(),
            anna.Screen.Dialog("Benachrichtigungen"));
        await CheckWhatOpensAsync(
            async () =>
            {
                await anna.Screen.Combobox("Aktionsauswahl").ClickAsync();
                await anna.Screen.GetByRole(AriaRole.Option).First.ClickAsync();
                await anna.Screen.GetByRole(AriaRole.Button, new() { Name = "▶" }).ClickAsync();
            },
            anna.Screen.Dialog("Benachrichtigung an Administratoren"));
        await CheckWhatOpensAsync(
            () =>
                anna
                    .Screen.GetByRole(AriaRole.Checkbox, new() { Name = "„Belege für Oktober“ auswählen" })
                    .CheckAsync(new() { Force = true }),
            anna.Screen.GetByText("1 ausgewählt")
        );
        _found.ShouldBeEmpty();
    }

    /// <summary>An office in which every screen has something to show.</summary>
    private async Task<(Office Office, Guid Conversation)> BusyAsync()
    {
        var office = await Office.OpenAsync(browser.Product);
        await office.ConversationAsync("Jahresabschluss", status: ConversationStatus.Answered);
        var id = await office.ConversationAsync(
            "Belege für Oktober", status: ConversationStatus.Attention, responsible: office.Anna, notifyAll: true);
        await office.CommentAsync(id, "Die Kassenberichte kommen heute Nachmittag, siehe https://example.org/kasse.");
        await office.CommentAsync(id, "Bitte behutsam.", office.Bernd, CommentVisibility.Internal);
        await office.QuarantineAsync(id, "fremd@anderswo.example", "Re: Belege für Oktober");
        return (office, id);
    }

    private async Task CheckAsync(Visitor who)
    {
        await who.UntilLoadedAsync();
        var report = await who.Page.RunAxe();
        _found.AddRange(
            from violation in report.Violations
            where violation.Impact is "serious" or "critical"
            from node in violation.Nodes
            select $"{who.Page.Url} {violation.Id}: {node.Html[..Math.Min(node.Html.Length, 200)]} "
                + $"{string.Join(' ', node.Any.Concat(node.All).Concat(node.None).Select(check => check.Message))}"
        );
        if (await who.ScrollsSidewaysAsync())
            _found.Add($"{who.Page.Url} scrolls sideways");
    }
}
