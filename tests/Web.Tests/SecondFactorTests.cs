using System.Text.Json;
using Messaging.Application.Accounts;
using Messaging.Application.Organisation;
using Messaging.Domain;
using Messaging.TestSupport;
using Messaging.TestSupport.Product;
using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using OtpNet;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>A second factor in the browser: set up, asked for, lost, required; and signing in by an issuer.</summary>
public sealed class SecondFactorTests(Browser browser)
{
    [Fact]
    public async Task An_app_is_set_up_asked_for_and_replaced_by_a_recovery_code_on_a_phone()
    {
        var office = await Office.OpenAsync(browser.Product);
        await using var anna = await browser.VisitAsync(
            office.Anna, "/profile", new Visit { Width = 390, Height = 844 });
        var section = anna.Screen.Region("Zweiter Faktor");
        await Expect(section).ToContainTextAsync("nur mit Ihrem Passwort");
        await section.Button("Hinzufügen").ClickAsync();
        var dialog = anna.Screen.Dialog("Zweiter Faktor");
        await dialog.Button("Authenticator-App einrichten").ClickAsync();
        await Expect(dialog.GetByRole(AriaRole.Img, new() { Name = "QR-Code für Ihre Authenticator-App" }))
            .ToBeVisibleAsync();
        var secret = await SecretAsync(dialog);
        await PictureAsync(anna, "app");
        await dialog.Field("Code aus der App").FillAsync("000000");
        await dialog.Button("Einrichten").ClickAsync();
        await Expect(dialog).ToContainTextAsync("Das stimmt nicht");
        await dialog.Field("Code aus der App").FillAsync(CodeIn(secret, 0));
        await dialog.Field("Name").FillAsync("Diensthandy");
        await dialog.Button("Einrichten").ClickAsync();
        var kept = anna.Screen.Dialog("Wiederherstellungscodes");
        await Expect(kept.GetByRole(AriaRole.Listitem)).ToHaveCountAsync(10);
        var codes = await kept.GetByRole(AriaRole.Listitem).AllInnerTextsAsync();
        codes.Count.ShouldBe(10);
        await PictureAsync(anna, "codes");
        await kept.Button("Ich habe sie aufbewahrt").ClickAsync();
        await Expect(section).ToContainTextAsync("Diensthandy");
        await Expect(section).ToContainTextAsync("Noch 10 Wiederherstellungscodes.");
        await section.ScrollIntoViewIfNeededAsync();
        await PictureAsync(anna, "profile");

        // Another browser is asked for it; a code that is wrong is told so.
        await using var again = await browser.VisitAsync(new Visit { Width = 390, Height = 844 });
        await again.Page.GotoAsync("/sign-in?to=%2Fnotifications");
        await again.FillInSignInAsync(office.Anna);
        await Expect(again.Screen.Heading("Zweiter Schritt")).ToBeVisibleAsync();
        await PictureAsync(again, "step");
        await again.Screen.Field("Code aus der App").FillAsync("000000");
        await again.Screen.Button("Anmelden").ClickAsync();
        await Expect(again.Screen.GetByRole(AriaRole.Alert)).ToContainTextAsync("Das stimmt nicht");
        await again.Screen.Field("Code aus der App").FillAsync(CodeIn(secret, 30));
        await again.Screen.Button("Anmelden").ClickAsync();
        await again.Page.WaitForURLAsync("**/notifications");

        // The app is lost.
        await using var lost = await browser.VisitAsync(new Visit { Locale = "en-GB" });
        await lost.Page.GotoAsync("/sign-in");
        await lost.FillInSignInAsync(office.Anna);
        await lost.Screen.Button("I do not have my device").ClickAsync();
        await lost.Screen.Field("Recovery code").FillAsync(codes[2].ToUpperInvariant());
        await lost.Screen.Button("Sign in").ClickAsync();
        await lost.Page.WaitForURLAsync("**/conversations");
        await lost.Page.GotoAsync("/profile");
        var left = lost.Screen.Region("Second factor");
        await Expect(left).ToContainTextAsync("9 recovery codes left.");
        await left.Button("Remove Diensthandy").ClickAsync();
        await lost.Screen.Dialog("Remove Diensthandy?").Button("Remove").ClickAsync();
        await Expect(left).ToContainTextAsync("You sign in with your password alone.");
        foreach (var visitor in (Visitor[])[anna, again, lost]) visitor.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_passkey_is_made_and_signs_in_with_the_password_and_without()
    {
        await using var product = await ByNameAsync();
        var office = await Office.OpenAsync(product);
        await using var anna = await browser.VisitAsync(
            office.Anna, "/profile", new Visit { Address = AddressOf(product), AtStart = OffersNothing });
        await GiveAuthenticatorAsync(anna);
        await anna.Screen.Region("Zweiter Faktor").Button("Hinzufügen").ClickAsync();
        await PictureAsync(anna, "add");
        await anna.Screen.Dialog("Zweiter Faktor").Button("Passkey einrichten").ClickAsync();
        await anna.Screen.Dialog("Wiederherstellungscodes").Button("Ich habe sie aufbewahrt").ClickAsync();
        await Expect(anna.Screen.Region("Zweiter Faktor")).ToContainTextAsync("Passkey");

        await SignOutAsync(anna, office.Anna);
        await anna.FillInSignInAsync(office.Anna);
        await anna.Screen.Button("Passkey verwenden").ClickAsync();
        await anna.Page.WaitForURLAsync("**/conversations");

        await SignOutAsync(anna, office.Anna);
        await PictureAsync(anna, "sign-in");
        await anna.Screen.Button("Mit Passkey anmelden").ClickAsync();
        await anna.Page.WaitForURLAsync("**/conversations");

        // Passkeys are offered in the field for the address, too; this one is chosen as soon as it is offered.
        await anna.Page.EvaluateAsync("localStorage.setItem('offers', 'all')");
        await anna.Page.ReloadAsync();
        await anna.Screen.GetByRole(AriaRole.Button, new() { Name = office.Anna.Name }).First.ClickAsync();
        var chosen = anna.Page.WaitForRequestAsync(r => r.PostData?.Contains("SignInWithPasskey") == true);
        await anna.Screen.GetByRole(AriaRole.Menuitem, new() { Name = "Abmelden", Exact = true }).ClickAsync();
        await chosen;
        await anna.Page.WaitForURLAsync("**/conversations");
        anna.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Whoever_works_for_an_office_that_requires_it_is_led_to_it_and_may_be_let_off_again()
    {
        var office = await Office.OpenAsync(browser.Product);
        await using var anna = await browser.VisitAsync(office.Anna, "/settings");
        var setting = anna.Screen.Region("Anmeldung");
        await setting.GetByLabel("Ab wann?").SelectOptionAsync("0");
        await setting.Button("Verlangen").ClickAsync();
        await Expect(setting).ToContainTextAsync("Richten Sie zuerst in Ihrem Profil selbst");
        await anna.Page.GotoAsync("/profile");
        await AddAppAsync(anna, anna.Screen.Region("Zweiter Faktor"), "Zweiter Faktor");
        await anna.Page.GotoAsync("/settings");
        await setting.GetByLabel("Ab wann?").SelectOptionAsync("0");
        await setting.Button("Verlangen").ClickAsync();
        await Expect(setting).ToContainTextAsync("Wird verlangt.");
        await PictureAsync(anna, "required");

        await using var bernd = await browser.VisitAsync(new Visit { Width = 390, Height = 844 });
        await bernd.Page.GotoAsync("/sign-in");
        await bernd.FillInSignInAsync(office.Bernd);
        await Expect(bernd.Screen.Heading("Noch ein Schritt")).ToBeVisibleAsync();
        await PictureAsync(bernd, "missing");
        await bernd.Screen.Button("Authenticator-App einrichten").ClickAsync();
        await bernd.Screen.Field("Code aus der App").FillAsync(CodeIn(await SecretAsync(bernd.Screen), 0));
        await bernd.Screen.Button("Einrichten").ClickAsync();
        await Expect(bernd.Screen.Heading("Wiederherstellungscodes")).ToBeVisibleAsync();
        await bernd.Screen.Button("Ich habe sie aufbewahrt").ClickAsync();
        await bernd.Page.WaitForURLAsync("**/conversations");

        // The list shows who has one; a lost one is reset.
        await anna.Page.GotoAsync("/administrators");
        var row = anna.Screen.GetByRole(AriaRole.Listitem).Filter(new() { HasText = office.Bernd.Email });
        await Expect(row).ToContainTextAsync("zweiter Faktor");
        await PictureAsync(anna, "people");
        await row.GetByRole(AriaRole.Button).ClickAsync();
        await anna.Screen.GetByRole(AriaRole.Menuitem, new() { Name = "Zweiten Faktor zurücksetzen" }).ClickAsync();
        await anna.Screen.GetByRole(AriaRole.Dialog).Button("Zweiten Faktor zurücksetzen").ClickAsync();
        await Expect(row).Not.ToContainTextAsync("zweiter Faktor");
        await Expect(bernd.Screen.Field("Passwort")).ToBeVisibleAsync();
        anna.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task One_person_of_two_offices_proves_it_once_and_is_told_from_when_it_is_required_in_English()
    {
        var sommer = await Office.OpenAsync(browser.Product, locale: "en");
        var nord = await Office.OpenAsync(browser.Product, "Treuhand Nord", "Hafen-Café", locale: "en");
        await nord.RunAsync(
            new InviteAdministratorCommand(
                nord.Anna.Caller, Guid.CreateVersion7(), sommer.Dieter.Email, "Dieter Krause", Role.Administrator,
                Office.Hash));
        await nord.ConversationAsync("Till of the café");
        await sommer.ConversationAsync("Receipts of October");

        // The owner of the one office requires it in a week; whoever has none goes on until then, and is told.
        await using var anna = await browser.VisitAsync(nord.Anna, "/profile", new Visit { Locale = "en-GB" });
        await AddAppInEnglishAsync(anna);
        await anna.Page.GotoAsync("/settings");
        var setting = anna.Screen.Region("Sign-in");
        await setting.GetByLabel("From when?").SelectOptionAsync("7");
        await setting.Button("Require").ClickAsync();
        await Expect(setting).ToContainTextAsync("Required from");

        // Two hats: a contact here, an administrator there, who makes one sign-in of both, with an app.
        var phone = new Visit { Locale = "en-GB", Width = 390, Height = 844 };
        await using var dieter = await browser.VisitAsync(phone);
        await dieter.Page.GotoAsync("/sign-in?to=/profile");
        await dieter.FillInSignInAsync(sommer.Dieter);
        await Expect(dieter.Screen.Heading("Where do you want to sign in?")).ToBeVisibleAsync();
        await dieter.Screen.GetByRole(AriaRole.Button, new() { Name = "Treuhand Nord" }).ClickAsync();
        var factor = dieter.Screen.Region("Second factor");
        await Expect(factor).ToContainTextAsync("Your office requires a second factor from");
        await PictureAsync(dieter, "grace-en");
        var accounts = dieter.Screen.Region("Accounts");
        await accounts.Button("Add another account").ClickAsync();
        await accounts.Field("Password there").FillAsync(Office.Password);
        await accounts.Button("Add").ClickAsync();
        await Expect(accounts.GetByRole(AriaRole.Listitem)).ToHaveCountAsync(2);
        await accounts.ScrollIntoViewIfNeededAsync();
        await PictureAsync(dieter, "hats-en");
        var secret = await AddAppInEnglishAsync(dieter);
        (await dieter.ScrollsSidewaysAsync()).ShouldBeFalse();

        // Elsewhere one code opens both, and the switch asks for none.
        await using var again = await browser.VisitAsync(phone);
        await again.Page.GotoAsync("/sign-in");
        await again.FillInSignInAsync(sommer.Dieter);
        if (await again.Screen.Heading("Where do you want to sign in?").IsVisibleAsync())
            await again.Screen.GetByRole(AriaRole.Button, new() { Name = "Treuhand Nord" }).ClickAsync();
        await Expect(again.Screen.Heading("Second step")).ToBeVisibleAsync();
        await again.Screen.Field("Code of the app").FillAsync(CodeIn(secret, 30));
        await again.Screen.Button("Sign in").ClickAsync();
        await again.Page.WaitForURLAsync("**/conversations");
        var switcher = again.Page.GetByRole(AriaRole.Banner)
            .GetByRole(AriaRole.Button, new() { Name = "Switch account" });
        foreach (var (hat, subject) in ((string, string)[])[
            ("Bäckerei Krause GmbH", "Receipts of October"), ("Treuhand Nord", "Till of the café")])
        {
            await switcher.ClickAsync();
            await PictureAsync(again, "switcher-en");
            await again.Page.GetByRole(AriaRole.Menuitem, new() { Name = hat }).ClickAsync();
            await Expect(again.Screen.GetByText(subject).First).ToBeVisibleAsync();
            await Expect(switcher).ToContainTextAsync(hat);
        }

        foreach (var visitor in (Visitor[])[anna, dieter, again]) visitor.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Whoever_an_issuer_vouches_for_signs_in_by_its_page()
    {
        var port = Ports.Free();
        using var issuer = await Issuer.StartAsync("messaging-web", $"http://localhost:{port}/sign-in/issuer");
        await using var product = await ByNameAsync(port, new()
        {
            ["Messaging:Auth:Oidc:Authority"] = issuer.Authority,
            ["Messaging:Auth:Oidc:Audience"] = "messaging-api",
            ["Messaging:Auth:Oidc:ClientId"] = "messaging-web",
            ["Messaging:Auth:Oidc:RequireHttps"] = "false",
        });
        var office = await Office.OpenAsync(product);
        await using var anna = await browser.VisitAsync(new Visit { Address = AddressOf(product) });
        await anna.Page.GotoAsync("/sign-in?to=%2Fprofile");
        await AtIssuerAsync(anna, office.Anna.Email);
        await anna.Page.WaitForURLAsync("**/profile");
        await Expect(anna.Screen).ToContainTextAsync(office.Anna.Name);
        await anna.Page.ReloadAsync();
        await Expect(anna.Screen).ToContainTextAsync(office.Anna.Name);

        // Nobody here, and nobody who did not begin it.
        await using var stranger = await browser.VisitAsync(new Visit { Address = AddressOf(product) });
        await stranger.Page.GotoAsync("/sign-in");
        await AtIssuerAsync(stranger, "stranger@nowhere.example");
        await Expect(stranger.Screen.GetByRole(AriaRole.Alert)).ToContainTextAsync("gibt es hier keinen Zugang");
        await PictureAsync(stranger, "nobody");
        await stranger.Page.GotoAsync("/sign-in/issuer?code=abc&state=guessed");
        await Expect(stranger.Screen.GetByRole(AriaRole.Alert)).ToContainTextAsync("nicht von diesem Fenster");
        await stranger.Page.GotoAsync("/sign-in");
        await PictureAsync(stranger, "issuer");

        // Where there is none, there is no button.
        await using var other = await browser.VisitAsync();
        await other.Page.GotoAsync("/sign-in");
        await Expect(other.Screen.Button("Anmelden")).ToBeVisibleAsync();
        await Expect(other.Screen.Button("Mit Unternehmenskonto anmelden")).Not.ToBeVisibleAsync();
    }

    private static async Task AtIssuerAsync(Visitor visitor, string email)
    {
        await visitor.Screen.Button("Mit Unternehmenskonto anmelden").ClickAsync();
        await visitor.Page.Locator("input[name=login]").FillAsync(email);
        await visitor.Page.Locator("input[name=password]").FillAsync("whatever");
        await visitor.Page.Locator("button[type=submit]").ClickAsync();
        await visitor.Page.Locator("form:not(:has(input[name=login])) button[type=submit]").ClickAsync();
    }

    // Passkeys are bound to a name.
    private static Task<RunningProduct> ByNameAsync(int? port = null, Dictionary<string, string?>? settings = null)
    {
        port ??= Ports.Free();
        return RunningProduct.StartAsync(settings: new(settings ?? [])
        {
            ["urls"] = $"http://127.0.0.1:{port}",
            ["Messaging:PublicUrl"] = $"http://localhost:{port}",
        });
    }

    private static string AddressOf(RunningProduct product) =>
        product.Address.Replace("127.0.0.1", "localhost", StringComparison.Ordinal);

    // An authenticator of Chromium's answers as soon as it is asked, also in the field, where people choose. So the
    // browser says that it offers nothing there until it is told to.
    private const string OffersNothing =
        "if (!localStorage.getItem('offers')) PublicKeyCredential.isConditionalMediationAvailable = async () => false";

    // Of Chromium, by its protocol for developers (WebAuthn domain).
    private static async Task GiveAuthenticatorAsync(Visitor visitor)
    {
        var protocol = await visitor.Page.Context.NewCDPSessionAsync(visitor.Page);
        await protocol.SendAsync("WebAuthn.enable");
        await protocol.SendAsync(
            "WebAuthn.addVirtualAuthenticator",
            new Dictionary<string, object>
            {
                ["options"] = JsonSerializer.SerializeToElement(new
                {
                    protocol = "ctap2",
                    transport = "internal",
                    hasResidentKey = true,
                    hasUserVerification = true,
                    isUserVerified = true,
                    automaticPresenceSimulation = true,
                }),
            });
    }

    private static async Task SignOutAsync(Visitor visitor, Person person)
    {
        await visitor.Page.GotoAsync("/conversations");
        await visitor.Screen.GetByRole(AriaRole.Button, new() { Name = person.Name }).First.ClickAsync();
        await visitor.Screen.GetByRole(AriaRole.Menuitem, new() { Name = "Abmelden", Exact = true }).ClickAsync();
        await Expect(visitor.Screen.Field("Passwort")).ToBeVisibleAsync();
    }

    private static async Task AddAppAsync(Visitor visitor, ILocator section, string title)
    {
        await section.Button("Hinzufügen").ClickAsync();
        var dialog = visitor.Screen.Dialog(title);
        await dialog.Button("Authenticator-App einrichten").ClickAsync();
        await dialog.Field("Code aus der App").FillAsync(CodeIn(await SecretAsync(dialog), 0));
        await dialog.Button("Einrichten").ClickAsync();
        await visitor.Screen.Dialog("Wiederherstellungscodes").Button("Ich habe sie aufbewahrt").ClickAsync();
    }

    private static async Task<byte[]> AddAppInEnglishAsync(Visitor visitor)
    {
        await visitor.Screen.Region("Second factor").Button("Add").ClickAsync();
        var dialog = visitor.Screen.Dialog("Second factor");
        await dialog.Button("Set up an authenticator app").ClickAsync();
        var secret = await SecretAsync(dialog, "Key");
        await dialog.Field("Code of the app").FillAsync(CodeIn(secret, 0));
        await dialog.Button("Set up").ClickAsync();
        await visitor.Screen.Dialog("Recovery codes").Button("I have kept them").ClickAsync();
        return secret;
    }

    private static async Task<byte[]> SecretAsync(ILocator within, string label = "Schlüssel") =>
        Base32Encoding.ToBytes(
            (await within.GetByLabel(label).InnerTextAsync()).Replace(" ", "", StringComparison.Ordinal));

    private static string CodeIn(byte[] secret, int seconds) =>
        AuthenticatorCodes.At(secret, DateTimeOffset.UtcNow.AddSeconds(seconds));

    // To look at, where a folder is named for it.
    private static Task PictureAsync(Visitor visitor, string name) =>
        Environment.GetEnvironmentVariable("MESSAGING_TEST_PICTURES") is { } folder
            ? visitor.Page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"second-factor-{name}.png") })
            : Task.CompletedTask;
}
