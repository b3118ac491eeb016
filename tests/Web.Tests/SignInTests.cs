using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>The way in and out.</summary>
public sealed class SignInTests(Browser browser)
{
    [Theory]
    [InlineData("de-DE", "de", "Anmelden", "E-Mail-Adresse", "Passwort", "Nachrichten", "Abmelden")]
    [InlineData("en-GB", "en", "Sign in", "E-mail address", "Password", "Messages", "Sign out")]
    public async Task One_signs_in_with_address_and_password_and_out_again(
        string locale, string language, string signIn, string email, string password, string title, string signOut)
    {
        var office = await Office.OpenAsync(browser.Product);
        await using var anna = await browser.VisitAsync(new Visit { Locale = locale });
        await anna.Page.GotoAsync("/");
        await anna.Screen.Field(email).FillAsync(office.Anna.Email);
        await anna.Screen.Field(password).FillAsync(Office.Password);
        await anna.Screen.Button(signIn).ClickAsync();
        await Expect(anna.Screen.Heading(title)).ToBeVisibleAsync();
        (await anna.Page.Locator("html").GetAttributeAsync("lang")).ShouldBe(language);

        await anna.Screen.GetByRole(AriaRole.Button, new() { Name = office.Anna.Name }).ClickAsync();
        await anna.Screen.GetByRole(AriaRole.Menuitem, new() { Name = signOut, Exact = true }).ClickAsync();
        await Expect(anna.Screen.Field(password)).ToBeVisibleAsync();
        await anna.Page.GotoAsync("/conversations");
        await Expect(anna.Screen.Field(password)).ToBeVisibleAsync();
        anna.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_wrong_password_and_an_unknown_address_are_told_alike()
    {
        var office = await Office.OpenAsync(browser.Product);
        await using var somebody = await browser.VisitAsync();
        await somebody.Page.GotoAsync("/sign-in");
        var said = new List<string>();
        foreach (var email in new[] { office.Anna.Email, office.Address("niemand") })
        {
            await somebody.Screen.Field("E-Mail-Adresse").FillAsync(email);
            await somebody.Screen.Field("Passwort").FillAsync("falsch geraten");
            var answered = somebody.Page.WaitForResponseAsync("**/graphql");
            await somebody.Screen.Button("Anmelden").ClickAsync();
            await answered;
            await Expect(somebody.Screen.Button("Anmelden")).ToBeEnabledAsync();
            said.Add(await somebody.Screen.GetByRole(AriaRole.Alert).InnerTextAsync());
        }

        said[0].ShouldBe("E-Mail-Adresse und Passwort passen nicht zusammen.");
        said[1].ShouldBe(said[0]);
    }

    [Theory]
    [InlineData("de-DE", "Wo möchten Sie sich anmelden?", "Zurück", "Anmelden")]
    [InlineData("en-GB", "Where do you want to sign in?", "Back", "Sign in")]
    public async Task Whoever_several_offices_know_by_one_address_chooses_one(
        string locale, string which, string back, string signIn)
    {
        var domain = $"k{Guid.NewGuid():N}.example";
        await Office.OpenAsync(browser.Product, "Kanzlei Sommer", domain: domain);
        var nord = await Office.OpenAsync(browser.Product, "Treuhand Nord", domain: domain);
        await using var anna = await browser.VisitAsync(new Visit { Locale = locale });
        await anna.Page.GotoAsync("/sign-in?to=%2Fprofile");
        await anna.FillInSignInAsync(nord.Anna);
        await Expect(anna.Screen.Heading(which)).ToBeFocusedAsync();
        await Expect(At("Kanzlei Sommer")).ToBeVisibleAsync();

        // Nobody is signed in yet, and what was typed is still there.
        await anna.Screen.Button(back).ClickAsync();
        await Expect(anna.Page.Locator("input[type=email]")).ToHaveValueAsync(nord.Anna.Email);
        await anna.Screen.Button(signIn).ClickAsync();
        await At("Treuhand Nord").ClickAsync();
        await anna.Page.WaitForURLAsync("**/profile");

        // The office's name stands above the navigation where there is room.
        await Expect(anna.Screen.GetByRole(AriaRole.Heading).First).ToBeVisibleAsync();
        await Expect(anna.Screen.GetByText("Treuhand Nord").First).ToBeAttachedAsync();
        await Expect(anna.Screen.GetByText("Kanzlei Sommer")).ToHaveCountAsync(0);
        anna.Complaints.ShouldBeEmpty();

        // With the role there.
        ILocator At(string name) => anna.Screen.GetByRole(AriaRole.Button, new() { NameRegex = new($"^{name}") });
    }

    [Theory]
    [InlineData(
        "de-DE", "Jetziges Passwort", "Neues Passwort", "Passwort ändern",
        "eine Reihe, eine Wiederholung oder eine Zahl", "kaum mehr als ein Name")]
    [InlineData(
        "en-GB", "Current password", "New password", "Change password", "a row, a repetition or a number",
        "hardly more than a name")]
    public async Task Who_chooses_a_password_that_is_guessed_first_is_told_why_not(
        string locale, string current, string another, string change, string row, string name)
    {
        var office = await Office.OpenAsync(browser.Product);
        await using var anna = await browser.VisitAsync(office.Anna, "/profile", new Visit { Locale = locale });
        foreach (var (password, why) in new[] { ("qwertzuiop", row), ("AnnaSommer1", name) })
        {
            await anna.Screen.Field(current).FillAsync(Office.Password);
            await anna.Screen.Field(another).FillAsync(password);
            await anna.Screen.Button(change).ClickAsync();
            await Expect(anna.Screen.GetByText(why)).ToBeVisibleAsync();
        }
    }

    [Fact]
    public async Task After_signing_in_one_is_where_the_link_led_and_nowhere_else()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var dieter = await browser.VisitAsync();
        await dieter.Page.GotoAsync($"/conversations/{id}");
        await dieter.FillInSignInAsync(office.Dieter);
        await Expect(dieter.Screen.Heading("Belege für Oktober")).ToBeVisibleAsync();

        await using var eva = await browser.VisitAsync();
        foreach (
            var trap in new[]
            {
                "https://elsewhere.example/",
                "//elsewhere.example/",
                "/\\elsewhere.example/",
                "javascript:window.hacked=1",
            }
        )
        {
            await eva.Page.GotoAsync($"/sign-in?to={Uri.EscapeDataString(trap)}");
            await eva.FillInSignInAsync(office.Eva);
            await Expect(eva.Page.GetByRole(AriaRole.Navigation, new() { Name = "Hauptnavigation" }))
                .ToBeVisibleAsync();
            new Uri(eva.Page.Url).Authority.ShouldBe(new Uri(browser.Product.Address).Authority);
            (await eva.Page.EvaluateAsync<bool>("() => 'hacked' in window")).ShouldBeFalse();
            await eva.Page.Context.ClearCookiesAsync();
        }
    }

    [Fact]
    public async Task The_script_of_the_first_screens_is_small_and_the_policy_strict()
    {
        await using var visitor = await browser.VisitAsync();
        var answer = await visitor.Page.GotoAsync("/sign-in");
        answer!.Headers["content-security-policy"].ShouldContain("script-src 'self'");
        answer.Headers["content-security-policy"].ShouldNotContain("script-src 'self' 'unsafe");
        await visitor.UntilLoadedAsync();
        (await visitor.Page.Locator("script:not([src])").CountAsync()).ShouldBe(0);
        visitor.Complaints.ShouldBeEmpty();
    }
}
