using Messaging.Application.Notifications;
using Messaging.Application.Tests.Support;
using Messaging.Domain;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Tests.Notifications;

/// <summary>The ledger grows with each mail, and is looked up by index.</summary>
public sealed class DeliveryQueriesTests(StoreFixture store) : IClassFixture<StoreFixture>
{
    [Fact]
    public async Task No_list_of_the_ledger_reads_a_whole_table()
    {
        var executor = await store.StartExecutorAsync();
        var office = await Office.OpenAsync(executor);
        var conversation = await office.ConverseAsync(executor);
        await executor.StopAsync(TestContext.Current.CancellationToken);
        await store.ScalarAsync<object>(
            $"""
            insert into messaging.deliveries (tenant_id, id, event_id, kind, address, address_key, recipient_kind,
                recipient_id, locale, conversation_id, actor_kind, actor_id, occurred_at, state, sent_at, attempts,
                created_at)
            select '{office.Id}', gen_random_uuid(), gen_random_uuid(),
                case n % 3 when 0 then 'CustomerCommented' when 1 then 'Assigned' else 'Invitation' end, 'a' || n,
                'a' || n, 'Administrator', case when n % 5 > 0 then '{office.Anna.Actor.Id}'::uuid end, 'de',
                case when n % 7 > 0 then gen_random_uuid() else '{conversation}'::uuid end, 'Contact',
                '{office.Dieter.Actor.Id}', now(), case n % 9 when 0 then 'Failed' else 'Sent' end,
                case when n % 9 > 0 then now() end, 1, now() - n * interval '1 s'
            from generate_series(1, 5000) n
            """);
        await store.ScalarAsync<object>(
            $"""
            insert into messaging.notifications (tenant_id, id, recipient_id, kind, conversation_id, actor_kind,
                actor_id, event_id, created_at)
            select '{office.Id}', gen_random_uuid(), '{office.Anna.Actor.Id}', 'Assigned', '{conversation}', 'Contact',
                '{office.Dieter.Actor.Id}', gen_random_uuid(), now()
            from generate_series(1, 5000) n
            """);
        await store.ScalarAsync<object>("analyze");
        var id = await store.ScalarAsync<Guid>("select id from messaging.deliveries limit 1");
        var @event = await store.ScalarAsync<Guid>(
            $"select id from messaging.mt_events where stream_id = '{conversation}' limit 1");
        var connection = new NpgsqlConnectionStringBuilder(store.ConnectionString)
        {
            Options = "-c enable_seqscan=off",
            MaxPoolSize = 1,
        };
        await using var database = NpgsqlDataSource.Create(connection.ConnectionString);
        var before = await ReadWholeAsync(database);
        var queries = new DeliveryQueries(database);
        var cancellation = TestContext.Current.CancellationToken;
        var five = new PageRequest(5, null, null, null);
        DeliveryFilter[] filters =
        [
            new(), new([DeliveryState.Failed, DeliveryState.PerhapsSent]), new([DeliveryState.Sent]),
            new(Kinds: [DeliveryKind.Assigned]), new(ConversationId: conversation),
            new(RecipientId: office.Anna.Actor.Id), new(ToRegisteredAddress: true),
            new([DeliveryState.Failed], [DeliveryKind.CustomerCommented], RecipientId: office.Anna.Actor.Id),
            new([DeliveryState.Failed, DeliveryState.PerhapsSent], CreatedFrom: DateTimeOffset.UtcNow.AddHours(-2)),
        ];
        foreach (var caller in (Caller[])[office.Anna, office.Paul, office.Bernd with { IsLimited = true }])
        {
            foreach (var filter in filters)
            {
                var page = await queries.PageAsync(caller, filter, five, cancellation);
                (page.Items.Count > 0).ShouldBe(!caller.IsLimited);
                if (page.Items is [.., var last])
                    await queries.PageAsync(caller, filter, five with { After = last.Cursor }, cancellation);
                await queries.PageAsync(caller, filter, new PageRequest(null, null, 5, null), cancellation);
                await queries.CountAsync(caller, filter, cancellation);
            }

            await queries.PagesAsync(caller, [conversation], five, cancellation);
            await queries.CountsAsync(caller, [conversation], cancellation);
            await queries.ByIdsAsync(caller, [id], cancellation);
            await queries.ToldAsync(caller, [@event], five, cancellation);
            await queries.ToldCountsAsync(caller, [@event], cancellation);
            await queries.WhyNobodyAsync(caller, [@event], cancellation);
            await queries.FailuresAsync(caller, cancellation);
        }

        (await ReadWholeAsync(database)).ShouldBe(before);
        var from = await store.ScalarAsync<DateTime>(
            $"""
            select created_at from messaging.deliveries where tenant_id = '{office.Id}'
            order by created_at desc offset 99 limit 1
            """);
        (await queries.CountAsync(office.Anna, new DeliveryFilter(CreatedFrom: from), cancellation)).ShouldBe(100);
    }

    [Fact]
    public async Task Each_kind_says_what_has_become_of_it_and_the_conversations_of_a_number_add_up_to_it()
    {
        var executor = await store.StartExecutorAsync();
        var office = await Office.OpenAsync(executor);
        Guid[] conversations = [await office.ConverseAsync(executor), await office.ConverseAsync(executor)];
        await executor.StopAsync(TestContext.Current.CancellationToken);
        await store.ScalarAsync<object>(
            $"""
            insert into messaging.deliveries (tenant_id, id, event_id, kind, address, address_key, recipient_kind,
                recipient_id, locale, conversation_id, actor_kind, actor_id, occurred_at, state, attempts, created_at)
            select '{office.Id}', gen_random_uuid(), gen_random_uuid(), kind, 'a', gen_random_uuid()::text,
                'Administrator', '{office.Anna.Actor.Id}', 'de',
                case when kind <> 'Invitation' then (array['{conversations[0]}', '{conversations[1]}']::uuid[])[of] end,
                'Contact', '{office.Dieter.Actor.Id}', at, state, 1, at
            from (values ('Assigned', 1, 'Sent', timestamptz '2020-01-01'), ('Assigned', 1, 'Failed', '2020-01-02'),
                ('Assigned', 2, 'Sending', '2020-01-02'), ('Assigned', 2, 'Pending', '2020-01-02'),
                ('Assigned', 2, 'NotNeeded', '2020-01-02'), ('Assigned', 2, 'PerhapsSent', '2020-01-03'),
                ('Assigned', 2, 'Sent', '2020-02-01'), ('Invitation', 1, 'Sent', '2020-01-02'))
                as d (kind, of, state, at)
            """);
        await store.ScalarAsync<object>(
            $"""
            insert into messaging.notifications (tenant_id, id, recipient_id, kind, conversation_id, actor_kind,
                actor_id, event_id, created_at, read_at)
            select '{office.Id}', gen_random_uuid(), '{office.Anna.Actor.Id}', 'Assigned', '{conversations[0]}',
                'Contact', '{office.Dieter.Actor.Id}', gen_random_uuid(), '2020-01-05',
                case when n = 1 then timestamptz '2026-01-01' end
            from generate_series(1, 3) n
            """);
        var from = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var to = from.AddMonths(1);
        var figures = new NotificationFigures(store.Database);
        var cancellation = TestContext.Current.CancellationToken;
        (await figures.FiguresAsync(office.Anna, from, to, cancellation)).ShouldBe(
        [
            new NotificationFigure(DeliveryKind.Assigned, 6, 1, 1, 1, 2, 1, 3, 1),
            new NotificationFigure(DeliveryKind.Invitation, 1, 1, 0, 0, 0, 0, 0, 0),
        ]);
        foreach (
            var (part, counts) in (((NotificationPart, int[])[])
                [
                    (NotificationPart.Mails, [4, 2]), (NotificationPart.Sent, [1]), (NotificationPart.Failed, [1]),
                    (NotificationPart.PerhapsSent, [1]), (NotificationPart.Pending, [2]),
                    (NotificationPart.NotNeeded, [1]), (NotificationPart.InProfile, [3]), (NotificationPart.Read, [1]),
                ]))
        {
            var first = await figures.PageAsync(
                office.Anna, from, to, DeliveryKind.Assigned, part, new(1, null, null, null), cancellation);
            var rest = await figures.PageAsync(
                office.Anna, from, to, null, part, new(5, first.Items[0].Cursor, null, null), cancellation);
            first.Items.Concat(rest.Items).Select(i => i.Node.Count).ShouldBe(counts, part.ToString());
            (await figures.CountAsync(office.Anna, from, to, null, part, cancellation)).ShouldBe(counts.Length);
        }

        // Who is limited to nothing sees nothing, and another office has nothing of it.
        (await figures.FiguresAsync(office.Bernd with { IsLimited = true }, from, to, cancellation)).ShouldBeEmpty();
        await Should.ThrowAsync<InvalidOperationException>(
            () => figures.FiguresAsync(office.Dieter, from, to, cancellation));
    }

    [Fact]
    public async Task Who_never_signed_in_and_who_gets_no_mails_is_listed_with_the_reason_and_since_when()
    {
        var executor = await store.StartExecutorAsync();
        var office = await Office.OpenAsync(executor, passwordHash: null);
        await executor.StopAsync(TestContext.Current.CancellationToken);
        var contacts = new UnreachableContacts(store.Database);
        var cancellation = TestContext.Current.CancellationToken;
        var dieter = office.Dieter.Actor.Id;
        (await ReasonsAsync(office.Anna)).ShouldBe([UnreachableReason.NeverSignedIn]);
        await store.ScalarAsync<object>(
            $"""
            insert into messaging.mail_problems (tenant_id, address_key, since, reason)
            select '{office.Id}', email_key, '2020-01-01', 'No such mailbox' from messaging.accounts
            where tenant_id = '{office.Id}'
            """);
        (await ReasonsAsync(office.Paul)).ShouldBe([UnreachableReason.MailFails, UnreachableReason.NeverSignedIn]);
        (await ReasonsAsync(office.Bernd, UnreachableReason.MailFails)).ShouldBe([UnreachableReason.MailFails]);
        (await ReasonsAsync(office.Bernd with { IsLimited = true })).ShouldBeEmpty();
        await store.ScalarAsync<object>($"update messaging.contacts set joined = true where id = '{dieter}'");
        (await ReasonsAsync(office.Anna)).ShouldBe([UnreachableReason.MailFails]);
        await store.ScalarAsync<object>($"update messaging.contacts set active = false where id = '{dieter}'");
        (await ReasonsAsync(office.Anna)).ShouldBeEmpty();
        await Should.ThrowAsync<InvalidOperationException>(() => ReasonsAsync(office.Dieter));

        async Task<List<UnreachableReason>> ReasonsAsync(Caller caller, UnreachableReason? reason = null)
        {
            var all = new List<UnreachableContact>();
            string? after = null;
            while (true)
            {
                var page = await contacts.PageAsync(caller, reason, new(1, after, null, null), cancellation);
                all.AddRange(page.Items.Select(i => i.Node));
                if (!page.HasNextPage) break;
                after = page.Items[^1].Cursor;
            }

            all.ShouldAllBe(c => c.ContactId == dieter && c.CustomerId == office.CustomerId);
            (await contacts.CountAsync(caller, reason, cancellation)).ShouldBe(all.Count);
            return [.. all.Select(c => c.Reason)];
        }
    }

    [Fact]
    public async Task A_customer_is_refused_by_the_queries_too()
    {
        var queries = new DeliveryQueries(store.Database);
        var contact = new Caller(Guid.CreateVersion7().ToString(), new Actor.Contact(Guid.NewGuid(), Guid.NewGuid()));
        var cancellation = TestContext.Current.CancellationToken;
        Guid[] ids = [Guid.NewGuid()];
        await Should.ThrowAsync<InvalidOperationException>(
            () => queries.PageAsync(contact, new DeliveryFilter(), PageRequest.Start, cancellation));
        await Should.ThrowAsync<InvalidOperationException>(
            () => queries.CountAsync(contact, new DeliveryFilter(), cancellation));
        await Should.ThrowAsync<InvalidOperationException>(
            () => queries.PagesAsync(contact, ids, PageRequest.Start, cancellation));
        await Should.ThrowAsync<InvalidOperationException>(() => queries.CountsAsync(contact, ids, cancellation));
        await Should.ThrowAsync<InvalidOperationException>(() => queries.ByIdsAsync(contact, ids, cancellation));
        await Should.ThrowAsync<InvalidOperationException>(
            () => queries.ToldAsync(contact, ids, PageRequest.Start, cancellation));
        await Should.ThrowAsync<InvalidOperationException>(() => queries.ToldCountsAsync(contact, ids, cancellation));
        await Should.ThrowAsync<InvalidOperationException>(() => queries.WhyNobodyAsync(contact, ids, cancellation));
        await Should.ThrowAsync<InvalidOperationException>(() => queries.FailuresAsync(contact, cancellation));
    }

    private static async Task<List<string>> ReadWholeAsync(NpgsqlDataSource database)
    {
        await using (var flush = database.CreateCommand("select pg_stat_force_next_flush()"))
            await flush.ExecuteNonQueryAsync();
        await using var command = database.CreateCommand(
            "select relname || ' ' || seq_scan from pg_stat_user_tables where schemaname = 'messaging' and relname in "
                + "('deliveries', 'notifications', 'nobody_told', 'mt_events', 'conversations', 'contacts') order by 1");
        await using var reader = await command.ExecuteReaderAsync();
        var tables = new List<string>();
        while (await reader.ReadAsync()) tables.Add(reader.GetString(0));
        return tables;
    }
}
