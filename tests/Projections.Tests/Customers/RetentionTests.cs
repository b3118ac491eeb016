using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;
using Messaging.Projections.Customers;
using Messaging.Projections.Tests.Support;

namespace Messaging.Projections.Tests.Customers;

/// <summary>How long what there is of customers and people is kept, from what happened.</summary>
public sealed class RetentionTests(Store store) : IClassFixture<Store>
{
    private static readonly CustomerEnded s_ended = new(
        new DateOnly(2020, 6, 30), new DateTimeOffset(2020, 6, 29, 22, 0, 0, TimeSpan.Zero));

    [Theory]
    [InlineData("2026-12-31T22:59:59.999999Z", "2032-12-31")]
    [InlineData("2026-12-31T23:00:00Z", "2033-12-31")]
    [InlineData("2027-01-01T00:00:00Z", "2033-12-31")]
    [InlineData("2028-02-29T12:00:00Z", "2034-12-31")]
    public async Task The_year_of_the_last_comment_is_that_of_the_offices_clock(string at, string until)
    {
        var office = await Office.OpenAsync(store);
        await office.AppendAsync(office.Krause, s_ended);
        var conversation = await office.ConverseAsync();
        office.Now = DateTimeOffset.Parse(at, null);
        await office.CommentAsync(conversation, office.Anna);
        (await OfAsync(office, office.Krause)).Term.ShouldBe(
            new RetentionTerm(RetentionRule.Comment, DateOnly.Parse(until, null)));

        // The zone as it is set now, for the past, too.
        await office.AppendAsync(office.Id, new TimeZoneChosen("UTC"));
        var inUtc = DateTimeOffset.Parse(at, null).UtcDateTime.Year + 6;
        (await OfAsync(office, office.Krause)).Term.Until.ShouldBe(new DateOnly(inUtc, 12, 31));
    }

    [Fact]
    public async Task The_longest_of_mandate_comment_and_file_decides_over_all_conversations_of_the_customer()
    {
        var office = await Office.OpenAsync(store);
        var first = await OfAsync(office, office.Krause);
        first.ShouldBe(
            new RetentionRow(
                office.Krause, "Bäckerei Krause", new RetentionTerm(RetentionRule.Mandate, null), null, first.Today));

        // A customer of whom nothing else is known is kept after the mandate, and only once it has an end.
        await office.AppendAsync(office.Krause, s_ended);
        await ShouldBeAsync(RetentionRule.Mandate, 2030);

        office.Now = new DateTimeOffset(2021, 5, 1, 9, 0, 0, TimeSpan.Zero);
        var (one, two) = (await office.ConverseAsync(), await office.ConverseAsync());
        office.Now = new DateTimeOffset(2024, 5, 1, 9, 0, 0, TimeSpan.Zero);
        await office.CommentAsync(one, office.Dieter, files: ["Beleg.pdf", "Beleg 2.pdf"]);
        await ShouldBeAsync(RetentionRule.File, 2032);
        office.Now = office.Now.AddYears(3);
        await office.CommentAsync(two, office.Anna, visibility: CommentVisibility.Internal);
        await ShouldBeAsync(RetentionRule.Comment, 2033);
        await office.CommentAsync(await office.ConverseAsync(customer: office.Lehmann), office.Anna, files: ["a.pdf"]);
        await ShouldBeAsync(RetentionRule.Comment, 2033);

        // The years that the office chose count for what was before.
        await office.AppendAsync(office.Id, new RetentionChanged(20, 0, 0));
        (await store.Retention.YearsAsync(office.Anna, Cancellation)).ShouldBe(new RetentionYears(20, 0, 0));
        await ShouldBeAsync(RetentionRule.Mandate, 2040);
        await office.AppendAsync(office.Krause, new CustomerResumed());
        (await OfAsync(office, office.Krause)).Term.Until.ShouldBeNull();
        (await store.Retention.YearsAsync((await Office.OpenAsync(store)).Anna, Cancellation)).ShouldBe(
            RetentionYears.Default);

        async Task ShouldBeAsync(RetentionRule rule, int year) =>
            (await OfAsync(office, office.Krause)).Term.ShouldBe(new RetentionTerm(rule, new DateOnly(year, 12, 31)));
    }

    [Fact]
    public async Task A_legal_hold_keeps_what_no_term_keeps_until_it_is_off()
    {
        var office = await Office.OpenAsync(store);
        await office.AppendAsync(office.Id, new RetentionChanged(0, 0, 0));
        await office.AppendAsync(office.Krause, s_ended);
        var gone = await OfAsync(office, office.Krause);
        (gone.IsKept, gone.Term.Until, gone.Refusal()).ShouldBe((false, new DateOnly(2020, 12, 31), null));

        await office.AppendAsync(office.Krause, new CustomerHeld("Streit"), new CustomerHeld("Prüfung \u202e=1+1 😀"));
        var held = await OfAsync(office, office.Krause);
        (held.IsKept, held.Hold).ShouldBe((true, new HoldRow("Prüfung \u202e=1+1 😀", office.Now)));
        held.Refusal("personId").ShouldBe(new DataIsRetained(new DateOnly(2020, 12, 31), true, "personId"));
        await office.AppendAsync(office.Krause, new CustomerReleased());
        (await OfAsync(office, office.Krause) with { Today = gone.Today }).ShouldBe(gone);

        // The last day of a term is a day of it.
        (gone with { Today = new DateOnly(2020, 12, 31) }).IsKept.ShouldBeTrue();
        (gone with { Today = new DateOnly(2021, 1, 1) }).IsKept.ShouldBeFalse();
    }

    [Fact]
    public async Task A_contact_is_kept_with_their_customer_and_somebody_of_the_office_with_all_whom_they_worked_for()
    {
        var office = await Office.OpenAsync(store);
        var other = await Office.OpenAsync(store);
        await office.AppendAsync(office.Krause, s_ended);
        (await PersonAsync(office.Dieter.Actor.Id))!.Term.Until.ShouldBe(new DateOnly(2030, 12, 31));
        (await PersonAsync(office.Bernd.Actor.Id)).ShouldBeNull();
        (await PersonAsync(Guid.CreateVersion7())).ShouldBeNull();
        (await PersonAsync(other.Dieter.Actor.Id)).ShouldBeNull();

        // Who wrote, who set a status, who is responsible.
        var conversation = await office.ConverseAsync(office.Dieter);
        office.Now = new DateTimeOffset(2026, 5, 1, 9, 0, 0, TimeSpan.Zero);
        await office.CommentAsync(conversation, office.Bernd);
        (await PersonAsync(office.Bernd.Actor.Id))!.CustomerId.ShouldBe(office.Krause);
        var lehmann = await office.ConverseAsync(office.Frank);
        await office.AppendAsync(lehmann, new AdministratorAssigned(office.Bernd.Actor.Id));
        (await PersonAsync(office.Bernd.Actor.Id))!.CustomerId.ShouldBe(office.Lehmann);
        (await PersonAsync(office.Bernd.Actor.Id))!.Refusal()!.Until.ShouldBeNull();

        // A hold outlasts every term.
        await office.AppendAsync(office.Krause, new CustomerHeld("Streit"));
        (await PersonAsync(office.Bernd.Actor.Id))!.CustomerId.ShouldBe(office.Krause);
        (await PersonAsync(office.Frank.Actor.Id))!.CustomerId.ShouldBe(office.Lehmann);

        Task<RetentionRow?> PersonAsync(Guid id) => store.Retention.PersonAsync(office.Anna, id, Cancellation);
    }

    [Fact]
    public async Task All_customers_of_the_office_are_listed_by_name_and_nobody_elses()
    {
        var office = await Office.OpenAsync(store);
        var other = await Office.OpenAsync(store);
        var product = new Caller(office.TenantId, new Actor.System());
        (await store.Retention.AllAsync(product, Cancellation)).Select(r => r.CustomerName)
            .ShouldBe(["Bäckerei Krause", "Lehmann & Söhne 100%"]);
        (await store.Retention.CustomersAsync(other.Anna, [office.Krause, other.Krause], Cancellation)).Keys
            .ShouldBe([other.Krause]);
        foreach (var ask in (Func<Task>[])
            [
                () => store.Retention.AllAsync(office.Dieter, Cancellation),
                () => store.Retention.YearsAsync(office.Dieter, Cancellation),
                () => store.Retention.CustomersAsync(office.Dieter, [office.Krause], Cancellation),
                () => store.Retention.PersonAsync(office.Dieter, office.Dieter.Actor.Id, Cancellation)
            ])
            await Should.ThrowAsync<InvalidOperationException>(ask);
    }

    private async Task<RetentionRow> OfAsync(Office office, Guid customer) =>
        (await store.Retention.CustomersAsync(office.Anna, [customer], Cancellation))[customer];
}
