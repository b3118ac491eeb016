using Messaging.Application.Commands;
using Messaging.Application.Notifications;
using Messaging.Application.Tests.Support;
using Messaging.Domain;
using Messaging.Projections.Reports;
using Messaging.Projections.Storage;

namespace Messaging.Application.Tests.Notifications;

/// <summary>Each Monday whoever chose it gets one mail with the report of the week.</summary>
public sealed class WeeklyMailsTests(StoreFixture store) : IClassFixture<StoreFixture>
{
    // 07:00 in Berlin, the day after the clock went forward; in New York it is Monday, 01:00.
    private static readonly DateTimeOffset s_monday = new(2026, 3, 30, 5, 0, 0, TimeSpan.Zero);

    private static readonly ThisNode s_alone = new(null);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_is_planned_in_a_week_for_those_who_chose_it_whatever_is_planned_at_once()
    {
        var executor = await store.StartExecutorAsync();
        var office = await Office.OpenAsync(executor);
        await ChooseAsync(executor, true, office.Anna, office.Paul, office.Bernd);
        await ChooseAsync(executor, false, office.Bernd);
        var byCustomer = new UpdateNotificationPreferencesCommand(office.Dieter, null, null) { WeeklyReport = true };
        (await executor.TryAsync(byCustomer)).ShouldBeOfType<WeeklyReportIsForOffice>();
        await executor.StopAsync(Cancellation);

        // The week that an office is first seen in began before anybody chose; the next one begins at seven.
        await PlanAsync(s_monday.AddDays(-5));
        await PlanAsync(s_monday.AddMicroseconds(-1));
        (await RecipientsAsync(office)).ShouldBeEmpty();

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => PlanAsync(s_monday)));
        await PlanAsync(s_monday.AddHours(3));
        await PlanAsync(s_monday.AddDays(6));
        (await RecipientsAsync(office)).ShouldBe([office.Anna.Actor.Id, office.Paul.Actor.Id], ignoreOrder: true);

        // A mark that is lost has nobody told twice, nor has a time zone in which the week has not begun.
        await store.ScalarAsync<object>(
            $"delete from messaging.weekly_reports where tenant_id = '{office.Id}' and week = '2026-03-30'");
        await PlanAsync(s_monday.AddHours(4));
        await MoveAsync(office, "Pacific/Honolulu");
        await PlanAsync(s_monday.AddHours(5));
        await MoveAsync(office, "Europe/Berlin");
        (await RecipientsAsync(office)).Count.ShouldBe(2);

        // Nothing ran on the next Monday, and then for weeks: there is one of each week in which something ran.
        await PlanAsync(s_monday.AddDays(10));
        (await RecipientsAsync(office)).Count.ShouldBe(4);
        await PlanAsync(s_monday.AddDays(40));
        (await RecipientsAsync(office)).Count.ShouldBe(6);
    }

    [Fact]
    public async Task Each_office_has_its_own_seven_oclock_and_what_a_restore_may_have_sent_is_held()
    {
        var executor = await store.StartExecutorAsync();
        var berlin = await Office.OpenAsync(executor);
        var york = await Office.OpenAsync(executor);
        await ChooseAsync(executor, true, berlin.Anna, york.Anna);
        await executor.StopAsync(Cancellation);
        await MoveAsync(york, "America/New_York");
        await PlanAsync(s_monday.AddDays(-3));
        await PlanAsync(s_monday);
        ((await RecipientsAsync(berlin)).Count, (await RecipientsAsync(york)).Count).ShouldBe((1, 0));

        // The backup is of before New York's seven o'clock, and came back after it.
        await store.ScalarAsync<object>(
            $"""
            insert into messaging.restores (restored_at, taken_at, held_up_to)
            values ('{s_monday.AddHours(7):O}', '{s_monday.AddHours(5):O}', 0)
            """);
        await PlanAsync(s_monday.AddHours(7));
        await store.ScalarAsync<object>("delete from messaging.restores");
        (await RecipientsAsync(york)).Count.ShouldBe(1);
        (await StatesAsync(york)).ShouldBe(["Failed"]);
        (await StatesAsync(berlin)).ShouldBe(["Pending"]);

        // The day after the clock goes back, in October.
        var october = new DateTimeOffset(2026, 10, 26, 6, 0, 0, TimeSpan.Zero);
        await PlanAsync(october.AddMicroseconds(-1));
        var before = (await RecipientsAsync(berlin)).Count;
        await PlanAsync(october);
        (await RecipientsAsync(berlin)).Count.ShouldBe(before + 1);
    }

    [Fact]
    public async Task Nothing_is_planned_while_a_node_is_there_that_does_not_know_of_it()
    {
        var executor = await store.StartExecutorAsync();
        var office = await Office.OpenAsync(executor);
        await ChooseAsync(executor, true, office.Anna);
        await executor.StopAsync(Cancellation);
        await store.ScalarAsync<object>(
            "create schema if not exists wolverine; create table if not exists wolverine.wolverine_nodes "
                + "(id uuid primary key, health_check timestamptz)");
        await PlanAsync(s_monday.AddDays(50));
        var (own, old) = (new ThisNode(Guid.CreateVersion7()), Guid.CreateVersion7());
        await store.ScalarAsync<object>(
            $"insert into wolverine.wolverine_nodes (id, health_check) values ('{own.Id}', now()), ('{old}', now())");
        await SayAsync(own.Id!.Value);
        (await PlanAsync(s_monday.AddDays(60), own)).ShouldBe(0);
        (await RecipientsAsync(office)).ShouldBeEmpty();

        // It is updated, which gives it another id, and says so.
        var updated = Guid.CreateVersion7();
        await store.ScalarAsync<object>($"update wolverine.wolverine_nodes set id = '{updated}' where id = '{old}'");
        (await PlanAsync(s_monday.AddDays(60), own)).ShouldBe(0);
        await SayAsync(old);
        await SayAsync(updated);
        await PlanAsync(s_monday.AddDays(60), own);
        (await RecipientsAsync(office)).ShouldBe([office.Anna.Actor.Id]);
        (await store.ScalarAsync<long>("select count(*) from messaging.node_mail_kinds")).ShouldBe(2);

        Task SayAsync(Guid node) =>
            NodeMailKinds.SayAsync(store.Database, node, DeliveryTable.WeeklyReport, Cancellation);
    }

    [Fact]
    public async Task It_says_what_its_recipient_sees_and_is_dropped_where_they_want_it_no_more()
    {
        var executor = await store.StartExecutorAsync();
        var office = await Office.OpenAsync(executor);
        await office.ConverseAsync(executor);
        await ChooseAsync(executor, true, office.Anna, office.Bernd, office.Paul);
        await WeeklyMails.PlanAsync(store.Database, s_alone, Sql.Raw("now() - interval '7 days'"), Cancellation);
        await WeeklyMails.PlanAsync(store.Database, s_alone, Sql.Raw("now()"), Cancellation);
        var anna = await ComposeAsync(office.Anna);
        var report = anna.ShouldNotBeNull().Report;
        report.Lists.Select(l => (l.Of, l.Count)).ShouldBe([
            (WeeklyList.WaitingForUs, 0), (WeeklyList.CameIn, 1), (WeeklyList.WaitingForCustomers, 0),
            (WeeklyList.NobodyResponsible, 1),
        ]);
        var row = report.Lists[1].Rows.Single();
        (row.CustomerName, row.Responsible).ShouldBe(("Bäckerei Krause GmbH", ""));
        (report.Weeks.Count, report.Proof is not null, anna.MayChoose).ShouldBe((5, true, true));
        (await ComposeAsync(office.Paul)).ShouldNotBeNull().Report.Proof.ShouldNotBeNull();
        var bernd = (await ComposeAsync(office.Bernd)).ShouldNotBeNull().Report;
        (bernd.Lists[1].Count, bernd.Proof).ShouldBe((1, null));

        // Whoever is limited has what they see.
        await store.ScalarAsync<object>(
            $"update messaging.administrators set limited = true where id = '{office.Bernd.Actor.Id}'");
        bernd = (await ComposeAsync(office.Bernd)).ShouldNotBeNull().Report;
        (bernd.Lists.Sum(l => l.Count), bernd.Lists.Sum(l => l.Rows.Count), bernd.Customers.Count)
            .ShouldBe((0, 0, 0));

        // An office whose mails say nothing has the numbers only.
        await store.ScalarAsync<object>(
            $"insert into messaging.mail_content (tenant_id, content) values ('{office.Id}', 'None')");
        var silent = (await ComposeAsync(office.Anna)).ShouldNotBeNull().Report;
        (silent.Lists[1].Count, silent.Lists.Sum(l => l.Rows.Count), silent.Customers.Count, silent.People.Count)
            .ShouldBe((1, 0, 0, 0));

        await ChooseAsync(executor, false, office.Anna);
        (await ComposeAsync(office.Anna)).ShouldBeNull();
        await store.ScalarAsync<object>(
            $"update messaging.administrators set active = false where id = '{office.Bernd.Actor.Id}'");
        (await ComposeAsync(office.Bernd)).ShouldBeNull();

        // What waited for longer than its week has the next one in its place.
        (await ComposeAsync(office.Paul)).ShouldNotBeNull();
        await store.ScalarAsync<object>(
            $"""
            update messaging.deliveries set occurred_at = occurred_at - interval '7 days'
            where recipient_id = '{office.Paul.Actor.Id}'
            """);
        (await ComposeAsync(office.Paul)).ShouldBeNull();
        await store.ScalarAsync<object>(
            $"""
            update messaging.deliveries set occurred_at = occurred_at + interval '7 days'
            where recipient_id = '{office.Paul.Actor.Id}'
            """);
        (await ComposeAsync(office.Paul)).ShouldNotBeNull();
        await store.ScalarAsync<object>(
            $"update messaging.accounts set access_ends_at = now() where person_id = '{office.Paul.Actor.Id}'");
        (await ComposeAsync(office.Paul)).ShouldBeNull();
        await executor.StopAsync(Cancellation);

        async Task<WeeklyEmail?> ComposeAsync(Caller caller)
        {
            var id = await store.ScalarAsync<Guid>(
                $"""
                select id from messaging.deliveries
                where tenant_id = '{office.Id}' and kind = 'WeeklyReport' and recipient_id = '{caller.Actor.Id}'
                """);
            var deliveries = new Deliveries(store.Database, EmailBudget.Default, s_alone);
            var composed = await deliveries.ComposeAsync(
                new ClaimedDelivery(
                    office.TenantId, id, DeliveryTable.WeeklyReport, "anna@sommer.example", "de", 1, s_monday, [id]),
                Cancellation);
            return composed?.Email as WeeklyEmail;
        }
    }

    private static async Task ChooseAsync(CommandExecutor executor, bool choice, params Caller[] callers)
    {
        foreach (var caller in callers)
        {
            await executor.DoAsync(
                new UpdateNotificationPreferencesCommand(caller, null, null) { WeeklyReport = choice });
        }
    }

    private Task<int> PlanAsync(DateTimeOffset at, ThisNode? node = null) =>
        WeeklyMails.PlanAsync(store.Database, node ?? s_alone, Sql.Of($"{at}::timestamptz"), Cancellation);

    private Task<object?> MoveAsync(Office office, string zone) => store.ScalarAsync<object>(
        $"update messaging.organisations set time_zone = '{zone}' where tenant_id = '{office.Id}'");

    private async Task<List<Guid>> RecipientsAsync(Office office) => await Sql.Of(
        $"""
        select recipient_id from messaging.deliveries
        where tenant_id = {office.TenantId} and kind = {DeliveryTable.WeeklyReport}
        """).ListAsync(store.Database, r => r.GetGuid(0), Cancellation);

    private async Task<List<string>> StatesAsync(Office office) => await Sql.Of(
        $"""
        select state from messaging.deliveries
        where tenant_id = {office.TenantId} and kind = {DeliveryTable.WeeklyReport}
        """).ListAsync(store.Database, r => r.GetString(0), Cancellation);
}
