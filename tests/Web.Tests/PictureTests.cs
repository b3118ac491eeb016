using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>
/// Takes a picture of each screen in every width, appearance and language, for people to look at: <c>./dev
/// pictures</c>.
/// </summary>
public sealed class PictureTests(Browser browser, ITestOutputHelper output)
{
    private const string ToWebP =
        """
        async (png) => {
          const picture = await createImageBitmap(await (await fetch('data:image/png;base64,' + png)).blob());
          const canvas = new OffscreenCanvas(picture.width, picture.height);
          canvas.getContext('2d').drawImage(picture, 0, 0);
          const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/webp',
              quality: 0.82 })).arrayBuffer());
          return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
        }
        """;

    private static readonly (int Width, int Height)[] s_sizes = [(390, 844), (1024, 768), (1440, 900)];

    // Those that the README shows; small.
    private static readonly string[] s_shown =
    [
        "conversation-1440-light-de", "history-1440-dark-en", "customer-conversation-390-light-de", "list-390-dark-de"
    ];

    [Fact(Explicit = true)]
    public async Task Taken_of_every_screen()
    {
        var folder = Directory
            .CreateDirectory(
                Environment.GetEnvironmentVariable("MESSAGING_PICTURES") ?? Path.Combine("artifacts", "pictures"))
            .FullName;
        var (office, id) = await Showcase.OpenAsync(browser);
        var (ofOffice, ofCustomer) = (
            new Dictionary<string, string>
            {
                ["list"] = "/conversations",
                ["conversation"] = $"/conversations/{id}",
                ["create"] = "/conversations/new",
                ["history"] = $"/conversations/{id}/history",
                ["overview"] = "/overview",
                ["customers"] = "/customers",
                ["customer"] = $"/customers/{office.Krause}",
                ["administrators"] = "/administrators",
                ["settings"] = "/settings",
                ["profile"] = "/profile",
                ["notifications"] = "/notifications",
            },
            new Dictionary<string, string>
            {
                ["customer-list"] = "/conversations",
                ["customer-conversation"] = $"/conversations/{id}",
                ["customer-profile"] = "/profile",
            }
        );
        var taken = 0;
        foreach (var (width, height) in s_sizes)
        {
            foreach (var dark in new[] { false, true })
            {
                foreach (var language in new[] { "de", "en" })
                {
                    var visit = new Visit
                    {
                        Locale = language == "de" ? "de-DE" : "en-GB",
                        Dark = dark,
                        Width = width,
                        Height = height,
                    };
                    string Named(string screen) =>
                        Path.Combine(folder, $"{screen}-{width}-{(dark ? "dark" : "light")}-{language}.png");
                    taken += await TakeAsync(
                        visit, new() { ["sign-in"] = "/sign-in", ["invitation"] = "/invitation#token=unknown" }, Named);
                    taken += await TakeAsync(visit with { Kept = await KeptAsync(office.Anna) }, ofOffice, Named);
                    taken += await TakeAsync(visit with { Kept = await KeptAsync(office.Dieter) }, ofCustomer, Named);
                }
            }
        }

        await CompressAsync(folder);
        output.WriteLine($"{taken} pictures in {folder}");
    }

    // One for each browser: two that go on with one session are taken for a thief and the robbed.
    private async Task<string> KeptAsync(Person person)
    {
        await using var visitor = await browser.VisitAsync(person);
        return await visitor.Page.Context.StorageStateAsync();
    }

    private async Task CompressAsync(string folder)
    {
        await using var painter = await browser.VisitAsync();
        foreach (var name in s_shown)
        {
            var png = await File.ReadAllBytesAsync(Path.Combine(folder, $"{name}.png"));
            var webp = await painter.Page.EvaluateAsync<string>(ToWebP, Convert.ToBase64String(png));
            await File.WriteAllBytesAsync(Path.Combine(folder, $"{name}.webp"), Convert.FromBase64String(webp));
        }
    }

    private async Task<int> TakeAsync(Visit visit, Dictionary<string, string> screens, Func<string, string> named)
    {
        await using var visitor = await browser.VisitAsync(visit);
        foreach (var (screen, path) in screens)
        {
            await visitor.Page.GotoAsync(path);
            await Expect(visitor.Screen.GetByRole(AriaRole.Heading).First).ToBeVisibleAsync();
            await visitor.UntilLoadedAsync();
            await visitor.Page.ScreenshotAsync(
                new() { Path = named(screen), Animations = ScreenshotAnimations.Disabled });
        }

        return screens.Count;
    }
}
