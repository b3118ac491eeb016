using Messaging.Application.Notifications;
using Messaging.Projections.Reports;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Email;

/// <summary>The mail with the report of the week: the same in text and HTML, in both languages.</summary>
public class WeeklyRenderingTests
{
    private static readonly DateTimeOffset s_monday = new(2026, 7, 6, 5, 0, 0, TimeSpan.Zero);
    private static readonly Guid s_conversation = Guid.Parse("0198f0aa-0000-7000-8000-000000000001");

    [Theory]
    [InlineData("de", "Wochenbericht: 12 Gespräche warten zu lange", "niemand zuständig", "4 Std. 30 min", "75")]
    [InlineData("en", "Weekly report: 12 conversations wait too long", "nobody responsible", "4 hr 30 min", "75")]
    public void Both_bodies_have_all_numbers_and_links_to_what_they_count_and_no_image(
        string language, string subject, string nobody, string median, string share)
    {
        var mail = Mails.Read(Report(language));
        mail.Subject.ShouldBe(subject);
        foreach (var body in (string[])[mail.TextBody!, mail.HtmlBody!])
        {
            body.ShouldContain("Belege für März");
            body.ShouldContain(nobody);
            body.ShouldContain(median);
            body.ShouldContain(share);
            body.ShouldContain("https://messages.example.org/overview/weekly");
            body.ShouldContain($"https://messages.example.org/conversations/{s_conversation}");
            body.ShouldContain("/profile#notifications");
        }

        // Values are encoded there.
        mail.HtmlBody!.ShouldContain("/overview/weekly?list=answered&amp;week=2");
        mail.HtmlBody!.ShouldContain("/overview/weekly?list=waiting-for-us");
        mail.HtmlBody!.ShouldContain("width=\"100%\" height=\"6\"");
        mail.HtmlBody!.ShouldNotContain("<img");
        mail.TextBody!.ShouldContain("/overview/weekly?list=waiting-for-us");
    }

    [Fact]
    public void What_people_write_is_never_markup_and_what_there_is_not_is_left_out()
    {
        var report = Report("de");
        var hostile = "<img src=x>\u202E\0=cmd|' /C calc'!A0";
        var mail = Mails.Read(report with
        {
            Report = report.Report with
            {
                Lists =
                [
                    .. report.Report.Lists.Select(l => l with
                    {
                        Count = 1,
                        Rows = [new WeeklyRow(s_conversation, hostile, hostile, hostile, s_monday)],
                    }),
                ],
                People = [new WeeklyPerson(s_conversation, hostile, 0, 0, 0, null, null)],
                Customers = [],
                Proof = null,
            },
        });
        mail.HtmlBody!.ShouldNotContain("<img");
        foreach (var body in (string[])[mail.TextBody!, mail.HtmlBody!])
        {
            body.ShouldNotContain("\u202E");
            body.ShouldNotContain("\0");
            body.ShouldNotContain("bewiesen");
            body.ShouldNotContain("am meisten schrieb");
        }

        mail.Subject.ShouldBe("Wochenbericht: ein Gespräch wartet zu lange");
    }

    private static WeeklyEmail Report(string language)
    {
        var weeks = Enumerable.Range(0, 5).Select(ago =>
        {
            var to = s_monday.AddHours(-7).AddDays(-7 * ago);
            return new WeekRow(
                new ReportedWeek(to.AddDays(-7), to, to.AddDays(-2).AddHours(-7), TimeSpan.FromHours(9)), 10 - ago,
                5 + ago, ago, 20, 3, new WeekReplies(4, 16_200, 30_000, 3));
        }).ToList();
        return new WeeklyEmail(
            Guid.CreateVersion7(), "anna.berger@kanzlei-berger.example", "Anna Berger", language,
            "Kanzlei Berger & Söhne",
            new WeeklyContent(
                s_monday, "Europe/Berlin", weeks[0].Week.ClosedAt,
                [
                    new WeeklyRows(
                        WeeklyList.WaitingForUs, 12,
                        [new WeeklyRow(s_conversation, "Belege für März", "Müller GmbH", "", s_monday.AddDays(-9))]),
                    new WeeklyRows(WeeklyList.CameIn, 0, []), new WeeklyRows(WeeklyList.WaitingForCustomers, 0, []),
                    new WeeklyRows(WeeklyList.NobodyResponsible, 0, []),
                ],
                weeks,
                [new WeeklyPerson(s_conversation, "Erika Berger", 2, 3, 1, 4, 16_200)],
                [new WeeklyWriter(s_conversation, "Müller GmbH", 7)], 2,
                new WeeklyProof(s_monday.AddHours(-1), 0, true)))
        {
            MayChoose = true,
        };
    }
}
