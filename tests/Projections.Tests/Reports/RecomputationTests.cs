using Messaging.Projections.Reports;
using Messaging.Projections.Storage;
using Messaging.Projections.Tests.Support;
using Messaging.TestSupport;

namespace Messaging.Projections.Tests.Reports;

/// <summary>Figures whose definition changed are computed anew for all the past, while the product serves.</summary>
public sealed class RecomputationTests(Store store) : IClassFixture<Store>
{
    // What another definition could have left: other instants, outcomes, rows too many and too few.
    private static readonly string[] s_otherwise =
    [
        "update messaging.waits set to_at = to_at + interval '1 hour', outcome = 'Withdrawn' "
            + "where to_at is not null and position % 3 = 0",
        "delete from messaging.waits where position % 3 = 1",
        "update messaging.waits set administrator_id = gen_random_uuid() where position % 3 = 2",
        "delete from messaging.status_periods where position % 2 = 0",
        "update messaging.status_periods set from_at = from_at - interval '1 day'",
        "update messaging.conversations set awaiting = 'Nobody', awaiting_since = '2020-01-01', office_awaited = false "
            + "where version % 2 = 0",
    ];

    [Fact]
    public async Task All_figures_are_those_of_the_events_again_and_nothing_that_was_written_meanwhile_is_lost()
    {
        var random = new Random(84);
        var conversations = new List<(Office Office, Guid Id)>();
        for (var i = 0; i < 2; i++)
        {
            var office = await Office.OpenAsync(store);
            for (var j = 0; j < 30; j++)
                conversations.Add((office, (await Histories.WriteAsync(office, random, 12)).Id));
        }

        foreach (var sql in s_otherwise) await store.ExecuteAsync(sql);
        (await DifferingAsync()).ShouldBe(
            ["messaging.conversations", "messaging.status_periods", "messaging.waits"], ignoreOrder: true);

        // Whoever writes is not kept from it, and what is written is in the figures once.
        var pages = new TaskCompletionSource();
        var written = 0;
        var writing = Task.Run(async () =>
        {
            foreach (var (office, id) in conversations.Skip(20).Concat(conversations))
            {
                await office.CommentAsync(id, written % 2 == 0 ? office.Dieter : office.Anna);
                if (++written == 5) pages.SetResult();
            }
        }, Cancellation);
        await pages.Task;
        var heard = new List<long>();
        var done = await store.Marten.RecomputeFiguresAsync(store.Database, heard.Add, Cancellation);
        await writing;
        var all = (await store.RowsAsync("select id::text from messaging.conversations")).Count;
        done.ShouldBe(new RecomputedFigures(all, all));
        heard.ShouldContain(all);
        heard.Count.ShouldBeGreaterThan(1);
        (await DifferingAsync()).ShouldBeEmpty();

        // What is right is not written again.
        var before = await PlacesAsync();
        (await store.Marten.RecomputeFiguresAsync(store.Database, null, Cancellation)).Changed.ShouldBe(0);
        (await PlacesAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_conversation_that_is_being_written_to_is_waited_for()
    {
        var office = await Office.OpenAsync(store);
        var id = await office.ConverseAsync(office.Dieter);
        await office.CommentAsync(id, office.Anna);
        await store.ExecuteAsync("delete from messaging.waits where conversation_id = $1", id);
        await using var connection = await store.Database.OpenConnectionAsync(Cancellation);
        await using var transaction = await connection.BeginTransactionAsync(Cancellation);
        await using (var hold = connection.CreateCommand())
        {
            hold.CommandText = "select from messaging.mt_streams where id = $1 for update";
            hold.Parameters.Add(new() { Value = id });
            await hold.ExecuteNonQueryAsync(Cancellation);
        }

        var recomputing = store.Marten.RecomputeFiguresAsync(store.Database, null, Cancellation);
        await Waiting.UntilAsync(async () =>
            (await store.RowsAsync(
                "select pid::text from pg_stat_activity "
                    + "where datname = current_database() and wait_event_type = 'Lock'")).Count > 0);
        await transaction.CommitAsync(Cancellation);
        (await recomputing).Changed.ShouldBeGreaterThan(0);
        (await DifferingAsync()).ShouldBeEmpty();
    }

    private async Task<IEnumerable<string>> DifferingAsync() =>
        (await store.Marten.CompareReadModelsAsync(store.Database, Cancellation)).Differing.Select(d => d.Table);

    private Task<List<string>> PlacesAsync() => store.RowsAsync(
        """
        select ctid || ' ' || conversation_id from messaging.waits
        union all select ctid || ' ' || conversation_id from messaging.status_periods
        union all select ctid || ' ' || id from messaging.conversations order by 1
        """);
}
