using System.Text.RegularExpressions;
using Messaging.Web.Tests.Support;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>Who forgot their password gets back in, in both languages.</summary>
public sealed partial class PasswordResetTests(Browser browser)
{
    [Theory]
    [InlineData(
        "de-DE", "Passwort vergessen?", "E-Mail-Adresse", "Link anfordern", "Sehen Sie in Ihrem Postfach nach",
        "Neues Passwort", "Passwort speichern", "Ihr Passwort ist geändert", "Zur Anmeldung",
        "Dieser Link gilt nicht mehr")]
    [InlineData(
        "en-GB", "Forgot your password?", "E-mail address", "Ask for the link", "Look into your mailbox",
        "New password", "Save the password", "Your password is changed", "To sign-in", "This link no longer works")]
    public async Task Who_forgot_their_password_chooses_another_by_the_link_of_a_mail(
        string locale, string forgot, string email, string ask, string asked, string password, string save,
        string done, string signIn, string invalid)
    {
        var office = await Office.OpenAsync(browser.Product);
        await using var anna = await browser.VisitAsync(new Visit { Locale = locale });
        await anna.Page.GotoAsync("/sign-in");
        await anna.Screen.GetByText(forgot).ClickAsync();
        await Expect(anna.Screen.Heading(forgot)).ToBeVisibleAsync();
        await anna.Screen.Field(email).FillAsync(office.Anna.Email);
        await anna.Screen.Button(ask).ClickAsync();
        await Expect(anna.Screen.Heading(asked)).ToBeVisibleAsync();

        var mail = await browser.MailAsync(m =>
            m.Recipients.Contains(office.Anna.Email) && Link().IsMatch(m.Text));
        var link = Link().Match(mail.Text).Value;
        await anna.Page.GotoAsync(link);
        await Expect(anna.Screen.Heading(password)).ToBeVisibleAsync();
        await anna.Screen.Field(password).FillAsync("kurz");
        await anna.Screen.Button(save).ClickAsync();
        await Expect(anna.Screen.Heading(done)).Not.ToBeVisibleAsync();
        await anna.Screen.Field(password).FillAsync("Zwetschgen 27 x");
        await anna.Screen.Button(save).ClickAsync();
        await Expect(anna.Screen.Heading(done)).ToBeVisibleAsync();

        await anna.Screen.GetByText(signIn).ClickAsync();
        await anna.Page.Locator("input[type=email]").FillAsync(office.Anna.Email);
        await anna.Page.Locator("input[type=password]").FillAsync("Zwetschgen 27 x");
        await anna.Page.Locator("button[type=submit]").ClickAsync();
        await anna.Page.WaitForURLAsync("**/conversations");

        // The link was used, and somebody is signed in here, who stays.
        await anna.Page.GotoAsync("/profile");
        await anna.Page.GotoAsync(link);
        await anna.Screen.Field(password).FillAsync("Anderes 99 Wort");
        await anna.Screen.Button(save).ClickAsync();
        await Expect(anna.Screen.Heading(invalid)).ToBeVisibleAsync();
        await anna.Page.GotoAsync("/profile");
        await Expect(anna.Page).ToHaveURLAsync(new Regex("/profile$"));
        anna.Complaints.ShouldBeEmpty();
    }

    // Mails name the public address, which is not the test's.
    [GeneratedRegex(@"/reset-password#token=[\w-]{43}")]
    private static partial Regex Link();
}
