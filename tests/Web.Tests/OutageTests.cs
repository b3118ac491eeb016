using System.Security.Cryptography;
using Messaging.TestSupport.Product;
using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>The server goes and comes back, and sessions end, while people work.</summary>
public sealed class OutageTests(Browser browser) : IAsyncLifetime
{
    private const string Write = "Schreiben Sie einen neuen Kommentar";

    private RunningProduct _product = null!;

    public async ValueTask InitializeAsync() => _product = await RunningProduct.StartAsync("Production");

    public ValueTask DisposeAsync() => _product.DisposeAsync();

    [Fact]
    public async Task After_a_restart_of_the_server_nothing_is_missed_and_what_was_written_meanwhile_goes_out_once()
    {
        var office = await Office.OpenAsync(_product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var anna = await browser.VisitAsync(
            office.Anna, $"/conversations/{id}", new() { Address = _product.Address });
        await Expect(anna.Screen.Heading("Belege für Oktober")).ToBeVisibleAsync();
        await anna.Screen.Field(Write).FillAsync("Angefangen vor dem Neustart");

        await _product.StopAsync();
        await Expect(anna.Screen.GetByText("Die Verbindung ist unterbrochen.")).ToBeVisibleAsync();
        await anna.Screen.Button("Kommentar erstellen").ClickAsync();
        var mine = anna.Screen.GetByRole(AriaRole.Article).Filter(new() { HasText = "Angefangen vor dem Neustart" });
        await Expect(mine).ToContainTextAsync("Nicht gesendet");

        await _product.StartAgainAsync();
        // Before the page is connected again, others write.
        var again = office.At(_product);
        await again.CommentAsync(id, "Während Sie weg waren");
        await again.ConversationAsync("Ein neues Gespräch", author: office.Bernd);

        await Expect(anna.Screen.GetByText("Die Verbindung ist unterbrochen.")).ToHaveCountAsync(0);
        await Expect(anna.Screen.Region("Kommentare").GetByText("Während Sie weg waren")).ToBeVisibleAsync();
        await Expect(anna.Screen.LinkWith("Anzeigen: Ein neues Gespräch")).ToBeVisibleAsync();
        await Expect(mine).Not.ToContainTextAsync("Nicht gesendet");
        await Expect(mine).ToHaveCountAsync(1);
        var data = await (await _product.SignInAsync(office.Anna.Email, Office.Password)).QueryAsync(
            "query($id: ID!) { conversation(id: $id) { comments { nodes { body } } } }", new { id });
        data["conversation"]!["comments"]!["nodes"]!
            .AsArray()
            .Count(comment => comment.At("body") == "Angefangen vor dem Neustart")
            .ShouldBe(1);

        // And what comes from now on comes live.
        await again.CommentAsync(id, "Und weiter geht es");
        await Expect(anna.Screen.Region("Kommentare").GetByText("Und weiter geht es")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task When_the_server_no_longer_takes_the_token_one_signs_in_again_and_goes_on_where_one_was()
    {
        var office = await Office.OpenAsync(_product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var anna = await browser.VisitAsync(
            office.Anna, $"/conversations/{id}?status=open", new() { Address = _product.Address });
        await anna.Screen.Field(Write).FillAsync("Ein langer Entwurf, an dem man eine Stunde saß");

        await _product.StopAsync();
        await _product.StartAgainAsync(
            new() { ["Messaging:Auth:SigningKey"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(48)) });
        await Expect(anna.Screen.GetByText("Ihre Anmeldung ist abgelaufen.")).ToBeVisibleAsync();
        await anna.FillInSignInAsync(office.Anna);
        await Expect(anna.Screen.Field(Write)).ToHaveValueAsync("Ein langer Entwurf, an dem man eine Stunde saß");
        new Uri(anna.Page.Url).PathAndQuery.ShouldBe($"/conversations/{id}?status=open");
    }

    [Fact]
    public async Task When_the_time_of_the_token_is_over_one_signs_in_again_and_the_draft_is_still_there()
    {
        var office = await Office.OpenAsync(_product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var dieter = await browser.VisitAsync(new Visit { Address = _product.Address });
        await dieter.Page.Clock.InstallAsync();
        await dieter.SignInAsync(office.Dieter, $"/conversations/{id}");
        await dieter.Screen.Field(Write).FillAsync("Bis gleich");
        await dieter.Page.Clock.FastForwardAsync("13:00:00");
        await Expect(dieter.Screen.GetByText("Ihre Anmeldung ist abgelaufen.")).ToBeVisibleAsync();
        (await dieter.Page.EvaluateAsync<string>("() => JSON.stringify(localStorage)")).ShouldNotContain("\"token\\");

        await dieter.Page.Clock.SetSystemTimeAsync(DateTime.UtcNow);
        await dieter.FillInSignInAsync(office.Dieter);
        await Expect(dieter.Screen.Field(Write)).ToHaveValueAsync("Bis gleich");
    }
}
