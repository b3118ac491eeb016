using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;
using Messaging.Projections.Conversations;
using Messaging.Projections.Customers;
using Messaging.Projections.History;
using Messaging.Projections.Notifications;
using Messaging.Projections.Reports;
using Messaging.Projections.Tests.Support;
using Npgsql;

namespace Messaging.Projections.Tests.Storage;

/// <summary>
/// Every list has an index for it. The planner is told to read a table from end to end only where nothing else is
/// possible, so that a small database shows what a big one would do; the server counts how often it did.
/// </summary>
public sealed class IndexUseTests(Store store) : IClassFixture<Store>
{
    private static readonly string[] s_tables =
    [
        "conversations", "subjects", "comments", "files", "mt_events", "read_markers", "notifications", "customers",
        "contacts", "status_periods", "conversation_tags", "waits"
    ];

    [Fact]
    public async Task No_list_filter_order_count_or_search_reads_a_whole_table()
    {
        var office = await Office.OpenAsync(store);
        var conversation = await office.ConverseAsync();
        for (var i = 0; i < 150; i++)
        {
            office.Now = office.Now.AddHours(5);
            var id = await office.ConverseAsync(
                subject: $"Vorgang {i}", status: (ConversationStatus)(i % 3),
                responsible: i % 2 == 0 ? office.Anna.Actor.Id : null);
            await office.CommentAsync(
                id, office.Dieter, i % 10 == 0 ? "Eine Rechnung" : "Die Belege", files: "Kassenbericht.pdf");
        }

        // People who see a part of it only.
        await office.AppendAsync(office.Bernd.Actor.Id, new AdministratorLimited([office.Krause], ["Lohn"]));
        await office.AppendAsync(office.Eva.Actor.Id, new ContactTopicsGiven(["Lohn"]));
        await office.AppendAsync(conversation, new ConversationTagged("Lohn"));
        var (bernd, eva) = (office.Bernd with { IsLimited = true }, office.Eva with { IsLimited = true });

        var connection = new NpgsqlConnectionStringBuilder(store.ConnectionString)
        {
            Options = "-c enable_seqscan=off",
            MaxPoolSize = 1,
        };
        await using var database = NpgsqlDataSource.Create(connection.ConnectionString);
        await ExecuteAsync(database, "analyze");
        await EndOthersAsync(database);
        var before = await ReadWholeAsync(database);
        var (queries, customers, notifications, history) = (
            new ConversationQueries(database), new CustomerQueries(database), new NotificationQueries(database),
            new HistoryQueries(database));
        var (reports, waits, retention, work) = (
            new ReportQueries(database), new WaitQueries(database), new RetentionQueries(database),
            new WorkQueries(database));
        foreach (var caller in (Caller[])[office.Anna, office.Dieter, bernd, eva])
        {
            foreach (var filter in Filters(office))
            {
                foreach (
                    var order in (ConversationOrder[])
                        [
                            ConversationOrder.Default,
                            new(ConversationOrderField.UpdatedAt, false),
                            new(ConversationOrderField.CreatedAt, true),
                            new(ConversationOrderField.CreatedAt, false),
                            .. Waiting(filter),
                        ]
                )
                {
                    var page = await queries.PageAsync(caller, filter, order, First(5), Cancellation);
                    if (page.Items is [.., var last])
                        await queries.PageAsync(caller, filter, order, First(5, last.Cursor), Cancellation);
                    await queries.PageAsync(caller, filter, order, Last(5), Cancellation);
                }

                await queries.CountAsync(caller, filter, Cancellation);
                await queries.CountsAsync(caller, filter, Cancellation);
                await queries.MatchingAsync(caller, filter, [conversation], Cancellation);
                await queries.PagesByCustomerAsync(caller, [office.Krause], filter, First(5), Cancellation);
                await queries.CountsByCustomerAsync(caller, [office.Krause], filter, Cancellation);
            }

            await queries.CommentPagesAsync(caller, [conversation], Last(5), Cancellation);
            await queries.FilePagesAsync(caller, [conversation], First(5), Cancellation);
            await queries.UnreadCountsAsync(caller, [conversation], Cancellation);
            await notifications.NotificationsPageAsync(caller, true, First(5), Cancellation);
            await notifications.NotificationsCountAsync(caller, true, Cancellation);
            foreach (var search in (string?[])[null, "krause", "kr", "öh", "nirgends"])
            {
                await customers.CustomersPageAsync(caller, search, null, First(5), Cancellation);
                await customers.CustomersCountAsync(caller, search, null, Cancellation);
                await customers.CustomersPageAsync(caller, search, "Lohn", First(5), Cancellation);
                await customers.CustomersCountAsync(caller, search, "Lohn", Cancellation);
            }
        }

        foreach (var caller in (Caller[])[office.Anna, bernd])
        {
            await history.HistoryPagesAsync(caller, [conversation], null, First(5), Cancellation);
            await queries.AllTagsAsync(caller, Cancellation);
            await retention.CustomersAsync(caller, [office.Krause], Cancellation);
            await retention.PersonAsync(caller, office.Dieter.Actor.Id, Cancellation);
            await retention.PersonAsync(caller, office.Anna.Actor.Id, Cancellation);
            await reports.BacklogAsync(caller, null, Cancellation);
            await reports.BacklogAsync(caller, office.Now.AddDays(-3), Cancellation);
            await reports.BacklogsAsync(caller, [office.Now.AddDays(-3), office.Now.AddDays(-2)], Cancellation);
            var undelivered = new UndeliveredQueries(database);
            var frame = await undelivered.FrameAsync(caller, office.Now, 3, Cancellation);
            await undelivered.TotalAsync(caller, frame, new(office.Anna.Actor.Id, false), Cancellation);
            await undelivered.CustomersAsync(caller, frame, new(null, false), First(5), Cancellation);
            foreach (var at in (DateTimeOffset?[])[null, office.Now.AddDays(-3)])
            {
                await work.TotalAsync(caller, at, Cancellation);
                await work.GroupsAsync(caller, at, WorkGrouping.Administrator, First(5), Cancellation);
                await work.PageAsync(caller, at, new(null, office.Anna.Actor.Id, false, null), First(5), Cancellation);
            }

            foreach (var kind in Enum.GetValues<WaitKind>())
            {
                var week = WaitReport.Of(kind, office.Now.AddDays(-9), office.Now.AddDays(-2));
                foreach (var by in (WaitGrouping?[])[null, WaitGrouping.Administrator, WaitGrouping.Customer])
                    await waits.FiguresAsync(caller, week, by, TimeBasis.Business, Cancellation);
                await waits.PageAsync(
                    caller, week, new(null, null, false, office.Krause), TimeBasis.Business, First(5), Cancellation);
                await waits.CountAsync(
                    caller, week, new(WaitOutcome.StillWaiting, null, true, null), Cancellation);
            }
        }

        (await ReadWholeAsync(database)).ShouldBe(before);

        // The measure tells when one is.
        await ExecuteAsync(database, "select count(*) from messaging.comments where body = 'x'");
        (await ReadWholeAsync(database)).ShouldNotBe(before);
    }

    private static IEnumerable<ConversationOrder> Waiting(ConversationFilter filter) =>
        filter.Awaiting is Awaiting.Office or Awaiting.Customer
            ? [new(ConversationOrderField.AwaitingSince, false)]
            : [];

    private static IEnumerable<ConversationFilter> Filters(Office office)
    {
        yield return ConversationFilter.None;
        foreach (
            var state in (ConversationFilter[])
                [
                    new([ConversationStatus.Open]), new([ConversationStatus.Open, ConversationStatus.Attention]),
                    new(Awaiting: Awaiting.Office), new([])
                ]
        )
        {
            yield return state;
            yield return state with { ResponsibleAdministratorId = office.Anna.Actor.Id };
            yield return state with { Unassigned = true };
            yield return state with { Unassigned = false };
            yield return state with { CustomerId = office.Krause };
            yield return state with { Unread = true };
        }

        yield return new(UpdatedFrom: office.Now.AddDays(-2), UpdatedTo: office.Now);
        yield return new(CreatedFrom: office.Now.AddDays(-2), CreatedTo: office.Now);
        foreach (
            var search in (string[])
                ["belege", "rechnung", "rech", "vorgang 7", "belege rechnung", "nirgends", "kassenberichte.pdf"]
        )
            yield return new(Search: search);
        yield return new(
            [ConversationStatus.Open], Search: "rechnung", ResponsibleAdministratorId: office.Anna.Actor.Id);
    }

    // How often each of the tables was read from end to end.
    private static async Task<List<string>> ReadWholeAsync(NpgsqlDataSource database)
    {
        await ExecuteAsync(database, "select pg_stat_force_next_flush()");
        await using var command = database.CreateCommand(
            "select relname || ' ' || seq_scan from pg_stat_user_tables where schemaname = 'messaging' and "
                + "relname = any($1) order by 1"
        );
        command.Parameters.Add(new NpgsqlParameter { Value = s_tables });
        await using var reader = await command.ExecuteReaderAsync();
        var tables = new List<string>();
        while (await reader.ReadAsync()) tables.Add(reader.GetString(0));
        return tables;
    }

    // What the others have read is counted some seconds late, or when they end.
    private static async Task EndOthersAsync(NpgsqlDataSource database)
    {
        await using var others = database.CreateCommand(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() "
                + "and backend_type = 'client backend' and pid <> pg_backend_pid()");
        while (await others.ExecuteScalarAsync() is not 0L) await Task.Delay(50);
    }

    private static async Task ExecuteAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
