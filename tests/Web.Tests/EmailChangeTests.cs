using System.Text.RegularExpressions;
using Messaging.Application.Accounts;
using Messaging.TestSupport.Smtp;
using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>
/// An address is changed in the profile or by the office, and confirmed on a page that says for whom.
/// </summary>
public sealed partial class EmailChangeTests(Browser browser)
{
    [Fact]
    public async Task One_changes_ones_address_in_the_profile_and_the_office_sees_it_wait()
    {
        var office = await Office.OpenAsync(browser.Product);
        var neu = office.Address("dieter.neu");
        await using var dieter = await browser.VisitAsync(new Visit { Locale = "de-DE" });
        await dieter.SignInAsync(office.Dieter, "/profile");
        var section = dieter.Screen.Region("E-Mail-Adresse");
        await Expect(section.Field("Jetzige Adresse")).ToHaveValueAsync(office.Dieter.Email);
        await section.Field("Neue Adresse").FillAsync("keine");
        await section.Field("Ihr Passwort").FillAsync("falsch");
        await section.Button("Adresse ändern").ClickAsync();
        await Expect(section.GetByText("Das ist keine E-Mail-Adresse.")).ToBeVisibleAsync();
        await section.Field("Neue Adresse").FillAsync(neu);
        await section.Button("Adresse ändern").ClickAsync();
        await Expect(section.GetByText("Das ist nicht Ihr jetziges Passwort.")).ToBeVisibleAsync();
        await section.Field("Ihr Passwort").FillAsync(Office.Password);
        await section.Button("Adresse ändern").ClickAsync();
        await Expect(section.GetByText($"Wir haben einen Link an {neu} geschickt")).ToBeVisibleAsync();
        await Expect(section.Field("Ihr Passwort")).ToHaveValueAsync("");

        // The office sees that it waits, and for which address.
        await using var anna = await browser.VisitAsync(new Visit { Locale = "de-DE" });
        await anna.SignInAsync(office.Anna, $"/customers/{office.Krause}");
        await Expect(anna.Screen.GetByText($"Neue Adresse {neu}, noch nicht bestätigt")).ToBeVisibleAsync();

        // Anna's browser opens the link: it says for whom, and Anna stays.
        var link = await LinkAsync(neu);
        await anna.Page.GotoAsync(link);
        await Expect(anna.Screen.GetByText("In diesem Browser ist Anna Sommer angemeldet.")).ToBeVisibleAsync();
        await Expect(anna.Screen.GetByText($"{neu} soll künftig die Adresse von Dieter Krause")).ToBeVisibleAsync();
        await anna.Screen.Button("Adresse bestätigen").ClickAsync();
        await Expect(anna.Screen.Heading("Die Adresse ist geändert")).ToBeVisibleAsync();
        await anna.Screen.Link("Zu den Nachrichten").ClickAsync();
        await Expect(anna.Page).ToHaveURLAsync(new Regex("/conversations"));

        // Dieter is still signed in, and has the new address.
        await dieter.Page.ReloadAsync();
        await Expect(section.Field("Jetzige Adresse")).ToHaveValueAsync(neu);
        await Expect(section.GetByText("Wir haben einen Link")).ToHaveCountAsync(0);
        await using var again = await browser.VisitAsync(new Visit { Locale = "de-DE" });
        await again.SignInAsync(office.Dieter with { Email = neu });

        // The link was used.
        await again.Page.GotoAsync("/profile");
        await again.Page.GotoAsync(link);
        await Expect(again.Screen.Heading("Dieser Link gilt nicht mehr")).ToBeVisibleAsync();
        foreach (var visitor in (Visitor[])[dieter, anna, again]) visitor.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task One_sees_in_the_profile_that_the_link_does_not_arrive_and_the_office_in_its_lists()
    {
        var office = await Office.OpenAsync(browser.Product, locale: "en");
        var wrong = office.Address("dieter.krasue");
        browser.Product.Mail.AlwaysTo(wrong, SmtpReaction.Reply(550, "5.1.1 no such mailbox"));
        var mistyped = office.Address("brend");
        browser.Product.Mail.AlwaysTo(mistyped, SmtpReaction.Reply(550, "5.1.1 no such mailbox"));
        await office.RunAsync(
            new AskEmailChangeCommand(office.Anna.Caller, office.Bernd.Id, mistyped, ByThemselves: false));
        await using var dieter = await browser.VisitAsync(
            office.Dieter, "/profile", new Visit { Locale = "en-GB", Width = 390, Height = 844 });
        var section = dieter.Screen.Region("E-mail address");
        await section.Field("New address").FillAsync(wrong);
        await section.Field("Your password").FillAsync(Office.Password);
        await section.Button("Change the address").ClickAsync();
        await Expect(section.GetByText($"We have sent a link to {wrong}")).ToBeVisibleAsync();
        await Expect(section.GetByText($"The link to {wrong} did not arrive.")).ToBeVisibleAsync();
        await Expect(section.GetByText("no such mailbox")).ToBeVisibleAsync();
        (await dieter.ScrollsSidewaysAsync()).ShouldBeFalse();

        await using var anna = await browser.VisitAsync(
            office.Anna, $"/customers/{office.Krause}", new Visit { Locale = "en-GB" });
        var contact = anna.Screen.GetByRole(AriaRole.Listitem).Filter(new() { HasText = office.Dieter.Email });
        await Expect(contact).ToContainTextAsync($"New address {wrong}, not confirmed yet");
        await Expect(contact).ToContainTextAsync("no such mailbox");
        await anna.Page.GotoAsync("/administrators");
        var colleague = anna.Screen.GetByRole(AriaRole.Listitem).Filter(new() { HasText = office.Bernd.Email });
        await Expect(colleague).ToContainTextAsync($"New address {mistyped}, not confirmed yet");
        await Expect(colleague).ToContainTextAsync("no such mailbox");
        foreach (var visitor in (Visitor[])[dieter, anna]) visitor.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_office_changes_an_address_withdraws_it_and_is_told_where_one_is_taken()
    {
        var office = await Office.OpenAsync(browser.Product, locale: "en");
        var neu = office.Address("bernd.new");
        await using var anna = await browser.VisitAsync(new Visit { Locale = "en-GB" });
        await anna.SignInAsync(office.Anna, "/administrators");
        await ChangeAsync(office.Carla.Email);
        var dialog = anna.Screen.Dialog("Change the e-mail address of Bernd Winter");
        await Expect(dialog.GetByText("Somebody has this address already.")).ToBeVisibleAsync();
        await dialog.Field("E-mail address").FillAsync(neu);
        await dialog.Button("Send the link").ClickAsync();
        await Expect(dialog).ToHaveCountAsync(0);
        await Expect(anna.Screen.GetByText($"New address {neu}, not confirmed yet")).ToBeVisibleAsync();
        var first = await LinkAsync(neu);

        await anna.Screen.Button("Actions for Bernd Winter").ClickAsync();
        await anna.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Withdraw the change of address" }).ClickAsync();
        await Expect(anna.Screen.GetByText($"New address {neu}")).ToHaveCountAsync(0);
        await using var stranger = await browser.VisitAsync(new Visit { Locale = "en-GB" });
        await stranger.Page.GotoAsync(first);
        await Expect(stranger.Screen.Heading("This link no longer works")).ToBeVisibleAsync();

        // Once more, on a phone, by Bernd who is signed in nowhere.
        var other = office.Address("bernd.newer");
        await ChangeAsync(other);
        await Expect(anna.Screen.GetByText($"New address {other}, not confirmed yet")).ToBeVisibleAsync();
        await stranger.Page.SetViewportSizeAsync(360, 740);
        await stranger.Page.GotoAsync("/sign-in");
        await stranger.Page.GotoAsync(await LinkAsync(other));
        var question = stranger.Screen.GetByText($"{other} is to be the address of Bernd Winter");
        await Expect(question).ToBeVisibleAsync();

        // The address is all there, however long.
        (await question.EvaluateAsync<bool>("text => text.scrollWidth > text.clientWidth")).ShouldBeFalse();
        (await stranger.ScrollsSidewaysAsync()).ShouldBeFalse();
        await stranger.Screen.Button("Confirm the address").ClickAsync();
        await Expect(stranger.Screen.Heading("The address is changed")).ToBeVisibleAsync();
        await stranger.Screen.Link("To sign-in").ClickAsync();
        await stranger.FillInSignInAsync(office.Bernd with { Email = other });
        await stranger.Page.WaitForURLAsync("**/conversations");
        foreach (var visitor in (Visitor[])[anna, stranger]) visitor.Complaints.ShouldBeEmpty();

        async Task ChangeAsync(string email)
        {
            await anna.Screen.Button("Actions for Bernd Winter").ClickAsync();
            await anna.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Change the e-mail address" }).ClickAsync();
            var asked = anna.Screen.Dialog("Change the e-mail address of Bernd Winter");
            await asked.Field("E-mail address").FillAsync(email);
            await asked.Button("Send the link").ClickAsync();
        }
    }

    private async Task<string> LinkAsync(string address)
    {
        var mail = await browser.MailAsync(m => m.Recipients.Contains(address) && Link().IsMatch(m.Text));
        return Link().Match(mail.Text).Value;
    }

    // Mails name the public address, which is not the test's.
    [GeneratedRegex(@"/confirm-email#token=[\w-]{43}")]
    private static partial Regex Link();
}
