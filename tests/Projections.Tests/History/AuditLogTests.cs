using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Messaging.Domain.History;
using Messaging.Domain.Organisation;
using Messaging.Projections.History;
using Messaging.Projections.Storage;
using Messaging.Projections.Tests.Support;
using Npgsql;

namespace Messaging.Projections.Tests.History;

/// <summary>
/// The log has everything that happened in the organisation, and a filter finds what it says at once.
/// </summary>
public sealed class AuditLogTests(Store store) : IClassFixture<Store>
{
    private AuditLog Log => new(store.Database);

    [Fact]
    public async Task Each_filter_finds_what_it_says_in_the_order_of_the_log_from_either_end()
    {
        var (office, other) = (await Office.OpenAsync(store), await Office.OpenAsync(store));
        var (taxes, wages) = await LiveAsync(office);
        await LiveAsync(other);
        var all = await AllAsync(office.Anna, new AuditFilter());
        all.Select(e => e.Sequence).ShouldBeInOrder();
        all.Select(e => e.Sequence).ShouldBe(all.Select(e => e.Sequence).Distinct());
        var stored = await store.RowsAsync(
            $"select id::text from messaging.mt_events where tenant_id = '{office.TenantId}' order by seq_id");
        all.Select(e => e.Id.ToString()).ShouldBe(stored);
        (await Log.CountAsync(office.Paul, new AuditFilter(), Cancellation)).ShouldBe(all.Count);

        var ofKrause = new HashSet<Guid> { office.Krause, office.Dieter.Actor.Id, office.Eva.Actor.Id, taxes };
        var day = office.Now.AddDays(-5);
        (AuditFilter Filter, Func<HistoryEvent, bool> Holds)[] filters =
        [
            (new(ConversationId: taxes), e => Of(e) == taxes),
            (new(SubjectId: taxes), e => Of(e) == taxes),
            (new(SubjectId: office.Bernd.Actor.Id), e => Of(e) == office.Bernd.Actor.Id),
            (new(SubjectId: office.Dieter.Actor.Id), e => Of(e) == office.Dieter.Actor.Id),
            (new(SubjectId: office.Id), e => Of(e) == office.Id),
            (new(ConversationId: taxes, SubjectId: wages), _ => false),
            (new(ConversationId: office.Krause), _ => false),
            (new(CustomerId: office.Krause), e => ofKrause.Contains(Of(e))),
            (new(CustomerId: office.Krause, Types: ["signed_in"]), e => Of(e) == office.Dieter.Actor.Id
                && e.Type == "signed_in"),
            (new(ActorId: office.Dieter.Actor.Id), e => e.Actor.Id == office.Dieter.Actor.Id),
            (new(ActorId: Guid.Empty), _ => false),
            (new(CorrelationId: "request-7"), e => e.CorrelationId == "request-7"),
            (new(CorrelationId: "request\0"), _ => false),
            (new(Types: ["comment_added"]), e => e.Type == "comment_added"),
            (new(Types: ["customer_registered", "organisation_renamed"]),
                e => e.Type is "customer_registered" or "organisation_renamed"),
            (new(Types: ["comment_added", "contact_invited"]), e => e.Type is "comment_added" or "contact_invited"),
            (new(Types: []), _ => false),
            (new(From: day), e => e.OccurredAt >= day),
            (new(To: day), e => e.OccurredAt < day),
            (new(From: day, To: day.AddDays(2)), e => e.OccurredAt >= day && e.OccurredAt < day.AddDays(2)),
            (new(From: DateTimeOffset.MinValue, To: DateTimeOffset.MaxValue), _ => true),
            (new(From: office.Now.AddYears(5)), _ => false),
            (new(CustomerId: office.Krause, ActorId: office.Dieter.Actor.Id, Types: ["comment_added"], From: day),
                e => ofKrause.Contains(Of(e)) && e.Actor.Id == office.Dieter.Actor.Id
                    && e.Type == "comment_added" && e.OccurredAt >= day),
            (new(CustomerId: office.Lehmann, CorrelationId: "request-7"), _ => false),
            (new(SubjectId: other.Id), _ => false),
            (new(CustomerId: other.Krause), _ => false),
            (new(ActorId: other.Anna.Actor.Id), _ => false),
        ];
        foreach (var (filter, holds) in filters)
        {
            var expected = all.Where(holds).Select(e => e.Id).ToList();
            (await AllAsync(office.Anna, filter)).Select(e => e.Id).ShouldBe(expected, $"{filter}");
            (await AllBackwardAsync(office.Anna, filter)).Select(e => e.Id).ShouldBe(expected, $"{filter}");
            (await Log.CountAsync(office.Anna, filter, Cancellation)).ShouldBe(expected.Count, $"{filter}");
        }
    }

    [Fact]
    public async Task An_auditor_who_is_limited_sees_what_happened_to_their_customers_and_nothing_else()
    {
        var office = await Office.OpenAsync(store);
        var (taxes, wages) = await LiveAsync(office);
        await office.AppendAsync(office.Paul.Actor.Id, new AdministratorLimited([office.Lehmann], []));
        var all = await AllAsync(office.Anna, new AuditFilter());
        var paul = office.Paul with { IsLimited = true };
        HashSet<Guid> seen = [office.Lehmann, office.Frank.Actor.Id, wages];
        var expected = all.Where(e => seen.Contains(Of(e))).Select(e => e.Id).ToList();
        expected.Count.ShouldBeGreaterThan(3);
        (await AllAsync(paul, new AuditFilter())).Select(e => e.Id).ShouldBe(expected);
        (await Log.CountAsync(paul, new AuditFilter(), Cancellation)).ShouldBe(expected.Count);
        foreach (
            var filter in (AuditFilter[])
                [
                    new(ConversationId: taxes), new(CustomerId: office.Krause), new(SubjectId: office.Id),
                    new(SubjectId: office.Paul.Actor.Id), new(ActorId: office.Dieter.Actor.Id),
                    new(CorrelationId: "request-7"), new(Types: ["organisation_renamed"])
                ]
        )
            (await AllAsync(paul, filter)).ShouldBeEmpty($"{filter}");

        // By their ids neither; and whoever does not read the log sees those of conversations only.
        var ids = all.Select(e => e.Id).ToList();
        (await store.History.EventsByIdsAsync(paul, ids, Cancellation)).Keys.ShouldBe(expected, ignoreOrder: true);
        (await store.History.EventsByIdsAsync(office.Anna, ids, Cancellation)).Count.ShouldBe(all.Count);
        (await store.History.EventsByIdsAsync(office.Bernd, ids, Cancellation)).Keys
            .ShouldBe(
                all.Where(e => e.StreamId == taxes || e.StreamId == wages).Select(e => e.Id), ignoreOrder: true);
        await Should.ThrowAsync<InvalidOperationException>(() =>
            Log.PageAsync(office.Bernd, new AuditFilter(), First(1), Cancellation));
        await Should.ThrowAsync<InvalidOperationException>(() =>
            Log.CountAsync(office.Dieter, new AuditFilter(), Cancellation));
    }

    [Fact]
    public async Task A_page_reads_few_events_of_a_long_log_whatever_the_filter()
    {
        var office = await Office.OpenAsync(store);
        var (_, wages) = await LiveAsync(office);
        var many = await office.ConverseAsync();
        for (var i = 0; i < 30; i++)
        {
            office.Now = office.Now.AddDays(7);
            await store.AppendAsync(
            [
                .. Enumerable.Range(0, 100).Select(_ => office.Event(
                    many,
                    new CommentAdded(
                        Guid.CreateVersion7(), office.Eva.Actor.Participant, "Noch etwas.", CommentVisibility.Public),
                    office.Eva) with
                {
                    CorrelationId = "much",
                }),
            ]);
        }

        await using var database = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(store.ConnectionString)
            {
                Options = "-c enable_seqscan=off",
                MaxPoolSize = 1,
            }.ConnectionString);
        await using (var analyze = database.CreateCommand("analyze messaging.mt_events"))
            await analyze.ExecuteNonQueryAsync(Cancellation);
        var log = new AuditLog(database);
        var begun = new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
        foreach (
            var filter in (AuditFilter[])
                [
                    new(), new(ConversationId: wages), new(SubjectId: office.Id),
                    new(ActorId: office.Dieter.Actor.Id), new(ActorId: office.Eva.Actor.Id),
                    new(CorrelationId: "request-7"), new(CorrelationId: "much"), new(Types: ["organisation_renamed"]),
                    new(Types: ["comment_added", "contact_invited"]), new(From: office.Now.AddDays(-1)),
                    new(From: begun, To: begun.AddDays(2)), new(CustomerId: office.Krause),
                    new(CustomerId: office.Lehmann, Types: ["customer_registered"]),
                    new(SubjectId: office.Dieter.Actor.Id), new(CustomerId: office.Lehmann, Types: ["mail_sent"]),
                    new(ActorId: office.Dieter.Actor.Id, Types: ["comment_added"]),
                ]
        )
        {
            foreach (var page in (PageRequest[])[First(5), Last(5)])
            {
                var before = await ReadAsync(database);
                var found = await log.PageAsync(office.Paul, filter, page, Cancellation);
                found.Items.ShouldNotBeEmpty($"{filter}");

                // A part of the log is looked through for a customer, at most.
                (await ReadAsync(database) - before).ShouldBeLessThan(
                    filter.CustomerId is null ? 150 : 2300, $"{filter} {page}");
            }
        }

        // Of a customer of whom there is little, the streams are read.
        var ofLehmann = new AuditFilter(CustomerId: office.Lehmann);
        var last = await log.PageAsync(office.Paul, ofLehmann, Last(2), Cancellation);
        last.Items.Select(i => Of(i.Node)).ShouldBe([office.Frank.Actor.Id, office.Lehmann]);
        last.HasPreviousPage.ShouldBeTrue();
        (await AllAsync(office.Paul, ofLehmann)).Select(e => e.Id)
            .ShouldBe((await AllBackwardAsync(office.Paul, ofLehmann)).Select(e => e.Id));
    }

    [Fact]
    public async Task A_clock_that_was_set_back_hides_nothing()
    {
        var office = await Office.OpenAsync(store);
        var start = office.Now.AddDays(10);
        int[] minutes = [0, 30, -300, -290, 600, 605];
        foreach (var minute in minutes)
        {
            office.Now = start.AddMinutes(minute);
            await office.AppendAsync(office.Krause, new CustomerTagged($"T{minute}"));
        }

        for (var from = -310; from < 620; from += 10)
        {
            var (one, two) = (start.AddMinutes(from), start.AddMinutes(from + 100));
            (await AllAsync(office.Paul, new AuditFilter(From: one, To: two)))
                .Select(e => ((CustomerTagged)e.Data).Tag)
                .ShouldBe(minutes.Where(m => m >= from && m < from + 100).Select(m => $"T{m}"));
        }
    }

    private static Guid Of(HistoryEvent e) => e.Data is AccessEvent access ? access.About.Id : e.StreamId;

    // Some of everything: a conversation of each customer, people, settings.
    private static async Task<(Guid Taxes, Guid Wages)> LiveAsync(Office office)
    {
        var wages = await office.ConverseAsync(customer: office.Lehmann, subject: "Lohn");
        for (var i = 0; i < 3; i++)
        {
            office.Now = office.Now.AddDays(1);
            await office.CommentAsync(wages, office.Frank, $"Frage {i}");
        }

        var taxes = await office.ConverseAsync(office.Dieter);
        office.Now = office.Now.AddDays(1);
        await office.CommentAsync(taxes, office.Dieter, "Die Belege", files: "Kasse.pdf");
        await office.Store.AppendAsync(
            office.Event(taxes, new StatusChanged(
                ConversationStatus.Open, ConversationStatus.Answered, StatusChangeReason.SetByAdministrator),
                office.Anna) with
            {
                CorrelationId = "request-7",
            },
            office.Event(office.Krause, new CustomerTagged("Lohn"), office.Anna) with { CorrelationId = "request-7" });
        var night = Guid.CreateVersion7();
        await office.Store.AppendAsync(
            office.Event(night, new SignedIn(AccessSubject.Of(office.Dieter.Actor), AccessProof.Password, night),
                office.Dieter),
            office.Event(night, new SignedIn(AccessSubject.Of(office.Bernd.Actor), AccessProof.Passkey, night),
                office.Bernd),
            office.Event(night, new ConversationOpened(AccessSubject.Conversation(taxes, office.Krause)), office.Paul),
            office.Event(night, new MailSent(AccessSubject.Organisation(office.Id), "Assigned", "<1@b>", [night]),
                office.Anna));
        await office.Store.AppendAsync(
            office.Event(night, new MailSent(AccessSubject.Of(office.Frank.Actor), "Assigned", "<2@b>", [night]),
                office.Anna));
        office.Now = office.Now.AddDays(2);
        await office.AppendAsync(office.Id, new OrganisationRenamed("Kanzlei Sommer & Winter"));
        await office.AppendAsync(
            office.Bernd.Actor.Id, new AdministratorJoined(), new AdministratorRenamed("Bernd W."));
        office.Now = office.Now.AddDays(3);
        await office.AppendAsync(office.Eva.Actor.Id, new ContactDeactivated());
        await office.AppendAsync(office.Lehmann, new CustomerRenamed("Lehmann GmbH"));
        return (taxes, wages);
    }

    private async Task<List<HistoryEvent>> AllAsync(Caller caller, AuditFilter filter)
    {
        var all = new List<HistoryEvent>();
        string? after = null;
        while (true)
        {
            var page = await Log.PageAsync(caller, filter, First(7, after), Cancellation);
            all.AddRange(page.Nodes());
            if (!page.HasNextPage) return all;
            after = page.Items[^1].Cursor;
        }
    }

    private async Task<List<HistoryEvent>> AllBackwardAsync(Caller caller, AuditFilter filter)
    {
        var all = new List<HistoryEvent>();
        string? before = null;
        while (true)
        {
            var page = await Log.PageAsync(caller, filter, new PageRequest(null, null, 7, before), Cancellation);
            all.InsertRange(0, page.Nodes());
            if (!page.HasPreviousPage) return all;
            before = page.Items[0].Cursor;
        }
    }

    // The number of events that were read from the table so far.
    private static async Task<long> ReadAsync(NpgsqlDataSource database)
    {
        await using var flush = database.CreateCommand("select pg_stat_force_next_flush()");
        await flush.ExecuteNonQueryAsync(Cancellation);
        await using var command = database.CreateCommand(
            "select idx_tup_fetch + seq_tup_read from pg_stat_user_tables where relid = 'messaging.mt_events'::regclass");
        return (long)(await command.ExecuteScalarAsync(Cancellation))!;
    }
}
