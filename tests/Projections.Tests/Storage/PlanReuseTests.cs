using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Projections.Conversations;
using Messaging.Projections.Customers;
using Messaging.Projections.History;
using Messaging.Projections.Notifications;
using Messaging.Projections.Tests.Support;
using Npgsql;

namespace Messaging.Projections.Tests.Storage;

/// <summary>
/// PostgreSQL makes the first five plans of a prepared statement for its parameters, and then one for all that follow
/// if that is not worse. To plan a list takes longer than to read a page of it.
/// </summary>
public sealed class PlanReuseTests(Store store) : IClassFixture<Store>
{
    private const int Custom = 5;

    [Fact]
    public async Task A_page_that_is_asked_for_again_and_again_is_not_planned_each_time()
    {
        var office = await Office.OpenAsync(store);
        for (var i = 0; i < 600; i++)
            await office.ConverseAsync(subject: $"Vorgang {i}", status: (ConversationStatus)(i % 3));
        var conversation = await office.ConverseAsync();
        await office.CommentAsync(conversation, office.Dieter, "Die Belege", files: "Kassenbericht.pdf");
        var connection = new NpgsqlConnectionStringBuilder(store.ConnectionString)
        {
            MaxPoolSize = 1,
            MaxAutoPrepare = 100,
            AutoPrepareMinUsages = 2,
        };
        await using var database = NpgsqlDataSource.Create(connection.ConnectionString);
        await using (var analyze = database.CreateCommand("analyze"))
            await analyze.ExecuteNonQueryAsync(Cancellation);
        var (queries, customers, notifications, history) = (
            new ConversationQueries(database), new CustomerQueries(database), new NotificationQueries(database),
            new HistoryQueries(database));
        for (var i = 0; i < 20; i++)
        {
            foreach (var caller in (Caller[])[office.Anna, office.Dieter])
            {
                await queries.PageAsync(
                    caller, ConversationFilter.None, ConversationOrder.Default, First(50), Cancellation);
                await queries.PageAsync(
                    caller, new([ConversationStatus.Open]), ConversationOrder.Default, First(50), Cancellation);
                await queries.CommentPagesAsync(caller, [conversation], Last(50), Cancellation);
                await queries.FilePagesAsync(caller, [conversation], Last(50), Cancellation);
                await notifications.NotificationsPageAsync(caller, false, First(50), Cancellation);
            }

            await customers.CustomersPageAsync(office.Anna, null, null, First(50), Cancellation);
            await history.HistoryPagesAsync(office.Anna, [conversation], null, First(50), Cancellation);
        }

        var planned = await PlansAsync(database);
        planned.Count.ShouldBeGreaterThan(10);
        planned.Where(p => p.Custom > Custom || p.Generic == 0).ShouldBeEmpty();
    }

    private static async Task<List<(string Statement, long Generic, long Custom)>> PlansAsync(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand(
            "select statement, generic_plans, custom_plans from pg_prepared_statements where statement like "
                + "'%messaging.%'"
        );
        await using var reader = await command.ExecuteReaderAsync();
        var plans = new List<(string, long, long)>();
        while (await reader.ReadAsync()) plans.Add((reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2)));
        return plans;
    }
}
