using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>Without a mouse.</summary>
public sealed class KeyboardTests(Browser browser)
{
    [Fact]
    public async Task The_main_job_is_done_with_the_keyboard_alone()
    {
        var office = await Office.OpenAsync(browser.Product);
        await using var anna = await browser.VisitAsync();
        var keys = anna.Page.Keyboard;
        await anna.Page.GotoAsync("/sign-in");
        await Expect(anna.Screen.Field("E-Mail-Adresse")).ToBeFocusedAsync();
        await keys.TypeAsync(office.Anna.Email);
        await keys.PressAsync("Tab");
        await keys.TypeAsync(Office.Password);
        await keys.PressAsync("Enter");
        await Expect(anna.Screen.Heading("Nachrichten")).ToBeVisibleAsync();

        await keys.PressAsync("c");
        var form = anna.Screen.GetByRole(AriaRole.Form, new() { Name = "Neues Gespräch" });
        await Expect(form.Combobox("Kunde")).ToBeFocusedAsync();
        await keys.TypeAsync("Krause");
        await Expect(anna.Screen.GetByRole(AriaRole.Option)).ToHaveCountAsync(1);
        await keys.PressAsync("ArrowDown");
        await keys.PressAsync("Enter");
        await TabToAsync(anna, form.Field("Betreff"));
        await keys.TypeAsync("Belege für Oktober");
        await TabToAsync(anna, form.Field("Nachricht"));
        await keys.TypeAsync("Bitte schicken Sie uns die Kassenberichte.");
        await TabToAsync(anna, form.GetByRole(AriaRole.Radio, new() { Name = "offen" }));
        await keys.PressAsync("ArrowRight");
        await Expect(form.GetByRole(AriaRole.Radio, new() { Name = "aufmerksam" })).ToBeCheckedAsync();
        await TabToAsync(anna, form.GetByRole(AriaRole.Checkbox, new() { Name = "Administratoren benachrichtigen" }));
        await keys.PressAsync("Space");
        await TabToAsync(anna, form.Button("Erstellen"));
        await keys.PressAsync("Enter");
        await Expect(anna.Screen.Heading("Belege für Oktober")).ToBeVisibleAsync();

        await keys.PressAsync("r");
        await Expect(anna.Screen.Field("Schreiben Sie einen neuen Kommentar")).ToBeFocusedAsync();
        await keys.TypeAsync("Und die Rechnung der Mühle.");
        await keys.PressAsync("Control+Enter");
        await Expect(anna.Screen.Region("Kommentare").GetByText("Und die Rechnung der Mühle.")).ToBeVisibleAsync();
        await keys.PressAsync("Escape");

        // Keys change the conversation where it has the focus.
        for (
            var i = 0;
            i < 5 && !await anna.Screen.Region("Kommentare").EvaluateAsync<bool>("e => e === document.activeElement");
            i++
        )
            await keys.PressAsync("Shift+Tab");
        await keys.PressAsync("e");
        await Expect(anna.Screen.GetByRole(AriaRole.Radio, new() { Name = "beantwortet", Exact = true }))
            .ToBeCheckedAsync();

        await TabToAsync(anna, anna.Screen.Combobox("Aktionsauswahl"));
        await keys.PressAsync("ArrowDown");
        await keys.PressAsync("ArrowDown");
        await keys.PressAsync("Enter");
        await TabToAsync(anna, anna.Screen.GetByRole(AriaRole.Button, new() { Name = "▶" }));
        await keys.PressAsync("Enter");
        await Expect(anna.Screen.GetByRole(AriaRole.Dialog).Button("Aktion durchführen")).ToBeFocusedAsync();
        await keys.PressAsync("Enter");
        await Expect(anna.Screen.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await browser.MailAsync(mail => mail.Recipients.Contains(office.Carla.Email));
        anna.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Keys_move_through_the_list_select_search_and_go_back_and_a_sheet_names_them()
    {
        var office = await Office.OpenAsync(browser.Product);
        foreach (var subject in new[] { "Eins", "Zwei", "Drei" }) await office.ConversationAsync(subject);
        await using var anna = await browser.VisitAsync(office.Anna);
        var keys = anna.Page.Keyboard;
        await Expect(anna.Screen.LinkWith("Anzeigen:")).ToHaveCountAsync(3);
        await keys.PressAsync("j");
        await Expect(anna.Screen.LinkWith("Anzeigen: Drei")).ToBeFocusedAsync();
        await keys.PressAsync("j");
        await Expect(anna.Screen.LinkWith("Anzeigen: Zwei")).ToBeFocusedAsync();
        await keys.PressAsync("k");
        await Expect(anna.Screen.LinkWith("Anzeigen: Drei")).ToBeFocusedAsync();
        await keys.PressAsync("x");
        await Expect(anna.Screen.GetByText("1 ausgewählt")).ToBeVisibleAsync();
        await keys.PressAsync("Escape");
        await Expect(anna.Screen.GetByText("1 ausgewählt")).ToHaveCountAsync(0);
        await keys.PressAsync("j");
        await keys.PressAsync("Enter");
        await Expect(anna.Screen.GetByRole(AriaRole.Heading, new() { Level = 2 })).ToBeVisibleAsync();
        await keys.PressAsync("u");
        await anna.Page.WaitForURLAsync("**/conversations");
        await keys.PressAsync("/");
        await Expect(anna.Screen.Field("Gespräche durchsuchen")).ToBeFocusedAsync();
        await keys.TypeAsync("jkxu?");
        await Expect(anna.Screen.Field("Gespräche durchsuchen")).ToHaveValueAsync("jkxu?");
        await keys.PressAsync("Escape");

        await keys.PressAsync("?");
        var sheet = anna.Screen.Dialog("Tastenkürzel");
        foreach (
            var what in new[]
            {
                "Nächstes Gespräch",
                "Gespräch erstellen",
                "Suchen",
                "Kommentar schreiben",
                "Status beantwortet",
            }
        )
            await Expect(sheet.GetByText(what)).ToBeVisibleAsync();
        await keys.PressAsync("Escape");
        await Expect(sheet).ToHaveCountAsync(0);
        (await anna.Page.EvaluateAsync<bool>("() => document.activeElement !== null")).ShouldBeTrue();
    }

    [Fact]
    public async Task From_the_list_one_gets_to_the_conversation_beside_it_and_the_arrows_go_through_the_rows()
    {
        var office = await Office.OpenAsync(browser.Product);
        await office.ConversationsAsync(150, i => $"Gespräch {i}");
        await using var anna = await browser.VisitAsync(office.Anna);
        var keys = anna.Page.Keyboard;
        await Expect(anna.Screen.LinkWith("Anzeigen:").First).ToBeVisibleAsync();
        await keys.PressAsync("j");
        await keys.PressAsync("ArrowDown");
        await keys.PressAsync("ArrowDown");
        await keys.PressAsync("ArrowUp");
        var second = anna.Screen.LinkWith("Anzeigen:").Nth(1);
        await Expect(second).ToBeFocusedAsync();
        var subject = (await second.InnerTextAsync()).Replace("Anzeigen:", "", StringComparison.Ordinal).Trim();
        (await anna.Screen.Locator("[data-conversation][tabindex='0']").CountAsync()).ShouldBe(1);

        // Enter goes into the conversation.
        await keys.PressAsync("Enter");
        await Expect(anna.Screen.Heading(subject)).ToBeFocusedAsync();

        // And so does Tab, from whichever row, without going through all others.
        await second.FocusAsync();
        await keys.PressAsync("End");
        await keys.PressAsync("Home");
        await Expect(anna.Screen.LinkWith("Anzeigen:").First).ToBeFocusedAsync();
        await keys.PressAsync("ArrowDown");
        await keys.PressAsync("Tab");
        await keys.PressAsync("Shift+Tab");
        for (
            var i = 0;
            i < 3 && !await anna.Page.EvaluateAsync<bool>("() => !!document.activeElement.closest('header')");
            i++
        )
            await keys.PressAsync("Tab");
        (await anna.Page.EvaluateAsync<bool>("() => !!document.activeElement.closest('header')")).ShouldBeTrue();

        // The first stop of the page leads there, too.
        await anna.Page.ReloadAsync();
        await Expect(anna.Screen.Heading(subject)).ToBeVisibleAsync();
        await keys.PressAsync("Tab");
        await Expect(anna.Screen.Link("Zum Inhalt springen")).ToBeFocusedAsync();
        await keys.PressAsync("Enter");
        await Expect(anna.Screen.Heading(subject)).ToBeFocusedAsync();
    }

    [Fact]
    public async Task Focus_is_seen_wherever_it_goes()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{id}");
        await Expect(anna.Screen.Heading("Belege für Oktober")).ToBeVisibleAsync();
        await anna.UntilLoadedAsync();
        await anna.Page.EvaluateAsync("() => document.activeElement?.blur()");

        // Of each element that Tab reaches: whether it, or what stands for it, looks different with the focus than
        // without.
        var seen = new HashSet<string>();
        for (var i = 0; i < 60; i++)
        {
            await anna.Page.Keyboard.PressAsync("Tab");
            var found = await anna.Page.EvaluateAsync<string[]?>(
                """
                () => {
                  const element = document.activeElement;
                  if (!element || element === document.body) return null;
                  const around = [element, element.nextElementSibling].filter(Boolean);
                  for (let above = element.parentElement; above && around.length < 7;
                      above = above.parentElement) around.push(above);
                  const looks = () => {
                    for (const animation of document.getAnimations()) animation.finish();
                    return around.flatMap((e) => [getComputedStyle(e), getComputedStyle(e, '::before'),
                        getComputedStyle(e, '::after')])
                      .map(({ outlineStyle, outlineWidth, outlineColor, boxShadow, borderColor, backgroundColor, color,
                          transform }) =>
                        [outlineStyle, outlineWidth, outlineColor, boxShadow, borderColor, backgroundColor, color,
                            transform].join())
                      .join();
                  };
                  const focused = looks();
                  element.blur();
                  const without = looks();
                  element.focus({ preventScroll: true });
                  const label = element.getAttribute('aria-label') ?? element.textContent?.slice(0, 40) ?? '';
                  const name = `${element.tagName} ${label}`;
                  const box = element.getBoundingClientRect();
                  return [name, String(focused !== without), String(box.right > 0 && box.bottom > 0)];
                }
                """);
            if (found is null) break;
            found[1].ShouldBe("true", found[0]);
            found[2].ShouldBe("true", found[0]);
            seen.Add(found[0]);
        }

        seen.Count.ShouldBeGreaterThan(15);
    }

    /// <summary>Presses Tab until something has the focus, as somebody does who sees where they are.</summary>
    private static async Task TabToAsync(Visitor who, ILocator target)
    {
        await Expect(target).ToHaveCountAsync(1);
        for (var i = 0; i < 60; i++)
        {
            if (await target.EvaluateAsync<bool>("(element) => element === document.activeElement")) return;
            await who.Page.Keyboard.PressAsync("Tab");
        }

        throw new InvalidOperationException($"Tab does not get to {target}.");
    }
}
