using System.Text.RegularExpressions;
using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>The office is shown which answers by mail became no comment, and why, in both languages.</summary>
public sealed class AnswersByMailTests(Browser browser)
{
    [Theory]
    [InlineData("de-DE", "Antworten", "anderer Absender", "Von fremd@anderswo.example · Adresse von Dieter Krause")]
    [InlineData("en-GB", "Answers", "another sender", "From fremd@anderswo.example · address of Dieter Krause")]
    public async Task What_became_no_comment_says_why(string locale, string answers, string why, string from)
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await office.QuarantineAsync(id, "fremd@anderswo.example", "Re: <b>Belege</b>");
        await using var anna = await browser.VisitAsync(office.Anna, "/deliveries", new() { Locale = locale });
        await anna.Screen.GetByText(answers, new() { Exact = true }).ClickAsync();
        var item = anna.Screen.GetByRole(AriaRole.Listitem).Filter(new() { HasText = why });
        await Expect(item).ToContainTextAsync(from);
        await Expect(item).ToContainTextAsync("<b>");
        await item.Link("Belege für Oktober").ClickAsync();
        await Expect(anna.Page).ToHaveURLAsync(new Regex($"/conversations/{id}$"));
        anna.Complaints.ShouldBeEmpty();
    }
}
