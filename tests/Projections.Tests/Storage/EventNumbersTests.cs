using Messaging.Projections.Tests.Support;

namespace Messaging.Projections.Tests.Storage;

/// <summary>What a client sees of the order of events.</summary>
public sealed class EventNumbersTests(Store store) : IClassFixture<Store>
{
    [Fact]
    public async Task What_another_organisation_writes_in_between_leaves_no_gap()
    {
        var (office, other) = (await Office.OpenAsync(store), await Office.OpenAsync(store));
        var (ours, theirs) = (await office.ConverseAsync(), await other.ConverseAsync());
        await office.CommentAsync(ours, office.Dieter);
        for (var i = 0; i < 3; i++) await other.CommentAsync(theirs, other.Dieter);
        await office.CommentAsync(ours, office.Dieter);

        var numbers = await NumbersAsync(office, ours);
        numbers.ShouldBe(Enumerable.Range(0, 4).Select(n => numbers[0] + n));
    }

    [Fact]
    public async Task Events_of_before_keep_their_numbers_and_those_after_them_go_on_above()
    {
        // As the version before left it.
        await store.ExecuteAsync("drop trigger number_event on messaging.mt_events");
        var (office, other) = (await Office.OpenAsync(store), await Office.OpenAsync(store));
        var (ours, theirs) = (await office.ConverseAsync(), await other.ConverseAsync());
        await office.CommentAsync(ours, office.Dieter);
        var before = (
            await store.RowsAsync(
                $"select seq_id::text from messaging.mt_events where stream_id = '{ours}' order by version")
        )
            .Select(long.Parse)
            .ToList();
        (await NumbersAsync(office, ours)).ShouldBe(before);
        for (var i = 0; i < 3; i++) await other.CommentAsync(theirs, other.Dieter);

        await store.Marten.Storage.ApplyAllConfiguredChangesToDatabaseAsync();
        await store.Marten.Storage.Database.AssertDatabaseMatchesConfigurationAsync(Cancellation);
        await office.CommentAsync(ours, office.Dieter);
        await other.CommentAsync(theirs, other.Dieter);
        await office.CommentAsync(ours, office.Dieter);
        (await NumbersAsync(office, ours)).ShouldBe([.. before, before[^1] + 1, before[^1] + 2]);
        (await NumbersAsync(other, theirs)).ShouldBeInOrder();

        // A new one begins at the beginning.
        var newcomer = await Office.OpenAsync(store);
        await newcomer.ConverseAsync();
        (
            await store.RowsAsync(
                $"select min((headers ->> 'sequence')::int)::text from messaging.mt_events where tenant_id = "
                    + $"'{newcomer.TenantId}'"
            )
        ).ShouldBe(["1"]);
    }

    [Fact]
    public async Task A_function_of_before_becomes_that_of_now_and_the_numbers_go_on()
    {
        var office = await Office.OpenAsync(store);
        var ours = await office.ConverseAsync();
        var before = await NumbersAsync(office, ours);
        await store.ExecuteAsync(
            """
            create or replace function messaging.number_event() returns trigger language plpgsql as $number$
            begin
                new.headers := '{"sequence": 1}';
                return new;
            end
            $number$;
            create or replace trigger number_event before insert on messaging.mt_events
                for each row execute function messaging.number_event();
            """);

        await store.Marten.Storage.ApplyAllConfiguredChangesToDatabaseAsync();
        await store.Marten.Storage.Database.AssertDatabaseMatchesConfigurationAsync(Cancellation);
        await office.CommentAsync(ours, office.Dieter);
        (await NumbersAsync(office, ours)).ShouldBe([.. before, before[^1] + 1]);
    }

    [Fact]
    public async Task Who_appends_without_a_number_gets_the_next_one()
    {
        var office = await Office.OpenAsync(store);
        var ours = await office.ConverseAsync();
        var before = await NumbersAsync(office, ours);

        // As a node of a version before appends: with headers of its own, or with none.
        foreach (var headers in new[] { "headers - 'sequence'", "null" })
        {
            await store.ExecuteAsync(
                $"""
                insert into messaging.mt_events (
                    seq_id, id, stream_id, version, data, type, tenant_id, timestamp, mt_dotnet_type, headers,
                        is_archived)
                select nextval('messaging.mt_events_sequence'), gen_random_uuid(), stream_id, version + 1, data, type,
                    tenant_id, timestamp, mt_dotnet_type, {headers}, false
                from messaging.mt_events where stream_id = '{ours}' order by version desc limit 1
                """);
        }

        var numbers = await store.RowsAsync(
            $"select headers ->> 'sequence' from messaging.mt_events where stream_id = '{ours}' order by version");
        numbers.Select(long.Parse).ShouldBe([.. before, before[^1] + 1, before[^1] + 2]);
    }

    private async Task<List<long>> NumbersAsync(Office office, Guid conversation) =>
        [
            .. (await store.History.HistoryPageAsync(office.Paul, conversation, null, First(50), Cancellation))
                .Nodes()
                .Select(e => e.Sequence),
        ];
}
