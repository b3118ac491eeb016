using Messaging.Application.Notifications;
using Messaging.Application.Tests.Support;
using Npgsql;

namespace Messaging.Application.Tests.Notifications;

/// <summary>
/// What sends mails looks at what is due and at the mails of an hour, whatever there is of before or to come.
/// </summary>
public sealed class ClaimTests(StoreFixture store) : IClassFixture<StoreFixture>
{
    [Fact]
    public async Task Neither_mails_of_before_nor_those_that_wait_are_looked_through()
    {
        var executor = await store.StartExecutorAsync();
        var office = await Office.OpenAsync(executor);
        var cancellation = TestContext.Current.CancellationToken;
        await executor.StopAsync(cancellation);

        // A claim asks whether who holds the mail is still there.
        await store.ScalarAsync<object>(
            "create schema if not exists wolverine; create table if not exists wolverine.wolverine_nodes "
                + "(id uuid primary key, health_check timestamptz)");
        await AddAsync("Sent", sent: "now() - interval '1 year'", tried: "null::timestamptz");
        await AddAsync("Failed", sent: "null::timestamptz", tried: "null::timestamptz");
        await AddAsync("Pending", sent: "null::timestamptz", tried: "now() + interval '1 hour'");
        await store.ScalarAsync<object>("analyze messaging.deliveries");
        var id = await AddAsync("Pending", sent: "null::timestamptz", tried: "null::timestamptz", many: 1);
        var connection = new NpgsqlConnectionStringBuilder(store.ConnectionString)
        {
            Options = "-c enable_seqscan=off",
            MaxPoolSize = 1,
        };
        await using var database = NpgsqlDataSource.Create(connection.ConnectionString);
        var deliveries = new Deliveries(database, EmailBudget.Default, new ThisNode(null));

        var before = await ReadAsync(database);
        (await deliveries.DueAsync([], 100, cancellation)).ShouldBeEmpty();
        (await ReadAsync(database) - before).ShouldBeLessThan(100, "due");

        before = await ReadAsync(database);
        (await new DeliveryQueries(database).FailuresAsync(office.Anna, cancellation)).ShouldBe(0);
        (await ReadAsync(database) - before).ShouldBeLessThan(100, "failures");

        before = await ReadAsync(database);
        var claim = await deliveries.ClaimAsync(new SendEmail($"{office.Id}", id), cancellation);
        claim.Delivery.ShouldNotBeNull().Id.ShouldBe(id);
        (await ReadAsync(database) - before).ShouldBeLessThan(100, "claim");

        Task<Guid> AddAsync(string state, string sent, string tried, int many = 5_000) => store.ScalarAsync<Guid>(
            $"""
            with added as (
                insert into messaging.deliveries (tenant_id, id, event_id, kind, address, address_key, recipient_kind,
                    recipient_id, locale, conversation_id, actor_kind, actor_id, occurred_at, state, sent_at, mail_id,
                    mailed_at, try_at, attempts, created_at)
                select '{office.Id}', gen_random_uuid(), gen_random_uuid(), 'CustomerCommented', address, address,
                    'Administrator', '{office.Anna.Actor.Id}', 'de', gen_random_uuid(), 'Contact',
                    '{office.Dieter.Actor.Id}', now(), '{state}', {sent},
                    case '{state}' when 'Sent' then gen_random_uuid() end, {sent}, {tried}, 1, now() - interval '8 days'
                from generate_series(1, {many}) n cross join lateral (
                    select case when '{state}' = 'Sent' or {many} = 1 then 'a' else n::text end || '@kanzlei.example'
                        as address) y
                returning id)
            select id from added limit 1
            """);
    }

    [Fact]
    public async Task Of_each_office_what_has_waited_longest_is_due_before_the_second_of_any()
    {
        // Nothing else is due.
        await store.ScalarAsync<object>("update messaging.deliveries set try_at = null");
        Guid[] offices = [Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7()];

        // Each began later than the one before, and the last has what is not due yet, too.
        await AddAsync(offices[0], 40, ago: 300);
        await AddAsync(offices[1], 2, ago: 200);
        await AddAsync(offices[2], 1, ago: 100);
        await AddAsync(offices[2], 3, ago: -1_000);
        await using var database = NpgsqlDataSource.Create(store.ConnectionString);
        var deliveries = new Deliveries(database, EmailBudget.Default, new ThisNode(null));

        (await DueAsync([], 6)).ShouldBe([0, 1, 2, 0, 1, 0]);
        (await DueAsync([], 100)).Length.ShouldBe(43);
        (await DueAsync([$"{offices[0]:N}.example"], 100)).ShouldBe([1, 2, 1]);
        await store.ScalarAsync<object>("update messaging.deliveries set try_at = null");

        async Task<int[]> DueAsync(string[] butFor, int most) =>
        [
            .. (await deliveries.DueAsync(butFor, most, TestContext.Current.CancellationToken))
                .Select(d => Array.IndexOf(offices, Guid.Parse(d.TenantId))),
        ];

        Task<object?> AddAsync(Guid office, int many, int ago) => store.ScalarAsync<object>(
            $"""
            insert into messaging.deliveries (tenant_id, id, event_id, kind, address, address_key, recipient_kind,
                locale, actor_kind, actor_id, occurred_at, state, try_at, attempts, created_at)
            select '{office}', gen_random_uuid(), gen_random_uuid(), 'CustomerCommented', address, address, 'Contact',
                'de', 'Contact', gen_random_uuid(), now(), 'Pending', now() + make_interval(secs => n - {ago}), 0, now()
            from generate_series(1, {many}) n cross join lateral (select n || '@{office:N}.example' as address) y
            """);
    }

    private static async Task<long> ReadAsync(NpgsqlDataSource database)
    {
        await using (var flush = database.CreateCommand("select pg_stat_force_next_flush()"))
            await flush.ExecuteNonQueryAsync();
        await using var command = database.CreateCommand(
            "select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) from pg_stat_user_tables "
                + "where schemaname = 'messaging' and relname = 'deliveries'");
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
