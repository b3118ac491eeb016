using JasperFx.Events.Projections;
using Messaging.Application.Commands;
using Messaging.Application.Tests.Support;
using Messaging.Domain.Conversations;
using Messaging.Projections.Storage;

namespace Messaging.Application.Tests.Commands;

/// <summary>What a command leaves in the store.</summary>
public sealed class StoredEventsTests(StoreFixture store) : IClassFixture<StoreFixture>
{
    [Fact]
    public async Task A_conversation_and_a_comment_are_stored_with_contiguous_versions_and_who_did_it()
    {
        var executor = await store.StartExecutorAsync();
        var office = await Office.OpenAsync(executor);
        var conversation = await office.ConverseAsync(
            executor, office.Anna, ConversationStatus.Attention, office.Bernd.Actor.Id);
        await executor.DoAsync(Office.Comment(office.Dieter, conversation), correlationId: "request-1");

        await using var session = store.Store.LightweightSession(office.TenantId);
        var events = await session.Events.FetchStreamAsync(conversation, token: TestContext.Current.CancellationToken);
        events.Select(e => e.Data.GetType()).ShouldBe(
            [typeof(ConversationCreated), typeof(CommentAdded), typeof(CommentAdded), typeof(StatusChanged)]);
        events.Select(e => e.Version).ShouldBe([1, 2, 3, 4]);
        events.Select(e => e.Sequence).ShouldBeInOrder();
        events.ShouldAllBe(e => e.Id.Version == 7 && e.TenantId == office.TenantId);
        events.ShouldAllBe(e =>
            e.Timestamp > DateTimeOffset.UtcNow.AddMinutes(-5) && e.Timestamp.Offset == TimeSpan.Zero
        );
        events[2].Timestamp.ShouldBe(events[3].Timestamp);
        events.Select(e => e.CorrelationId).ShouldBe([null, null, "request-1", "request-1"]);
        events[3].UserName.ShouldBe(office.Dieter.Actor.Id.ToString());
        events[3].Headers!["actor_kind"].ToString().ShouldBe("Contact");
        events[3].Headers!["actor_id"].ToString().ShouldBe(office.Dieter.Actor.Id.ToString());
        events[3].Headers!["actor_role"].ToString().ShouldBe("Customer");
        await executor.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Events_are_numbered_in_their_organisation_without_a_gap_whatever_others_do_at_the_same_time()
    {
        CommandExecutor[] nodes = [await store.StartExecutorAsync(), await store.StartExecutorAsync()];
        Office[] offices = [await Office.OpenAsync(nodes[0]), await Office.OpenAsync(nodes[0])];
        await Task.WhenAll(
            offices.SelectMany(o =>
                Enumerable
                    .Range(0, 6)
                    .Select(async i =>
                    {
                        var conversation = await o.ConverseAsync(nodes[i % 2]);
                        for (var n = 0; n < 15; n++)
                            await nodes[(i + n) % 2]
                                .DoAsync(Office.Comment(n % 2 == 0 ? o.Anna : o.Dieter, conversation, $"{n}"));
                    })
            )
        );
        foreach (var node in nodes)
            await node.StopAsync(CancellationToken.None);

        foreach (var office in offices)
        {
            const string numbers =
                "select (headers ->> 'sequence')::bigint from messaging.mt_events where tenant_id = $1";
            var all = await store.ScalarAsync<long[]>($"select array({numbers} order by 1)", office.TenantId);
            all.ShouldBe(Enumerable.Range(1, all!.Length).Select(n => (long)n));
            (await store.ScalarAsync<long>(
                $"""
                 select count(*) from (
                     select headers ->> 'sequence' as number, lag(headers ->> 'sequence') over (partition by stream_id
                         order by version) as before
                     from messaging.mt_events where tenant_id = $1) e
                 where number::bigint <= before::bigint
                 """, office.TenantId)).ShouldBe(0);
        }
    }

    // The executor appends past Marten's sessions, which would carry out others.
    [Fact]
    public void The_only_inline_projection_is_the_one_that_the_executor_carries_out() =>
        store
            .Store.Options.Projections.All.Where(p => p.Lifecycle == ProjectionLifecycle.Inline)
            .ShouldHaveSingleItem()
            .ShouldBeOfType<ReadModelProjection>();

    [Fact]
    public async Task What_is_stored_is_what_Marten_would_store()
    {
        var executor = await store.StartExecutorAsync();
        var office = await Office.OpenAsync(executor);
        var conversation = await office.ConverseAsync(
            executor, office.Anna, ConversationStatus.Attention, office.Bernd.Actor.Id);
        await executor.DoAsync(Office.Comment(office.Dieter, conversation), correlationId: "request-1");
        await executor.StopAsync(CancellationToken.None);

        // The same comments again, which can be in one conversation only.
        await store.ScalarAsync<int>("delete from messaging.comments where conversation_id = $1", conversation);
        var martens = Guid.CreateVersion7();
        await using (var session = store.Store.LightweightSession(office.TenantId))
        {
            var events = (await store.EventsAsync(office, conversation))
                .Select(e =>
                {
                    var same = session.Events.BuildEvent(e.Data);
                    (same.Timestamp, same.CorrelationId, same.CausationId, same.UserName) = (
                        e.Timestamp, e.CorrelationId, e.CausationId, e.UserName);
                    foreach (var (name, value) in e.Headers!)
                        same.SetHeader(name, value);
                    return (object)same;
                })
                .ToList();
            session.Events.StartStream(martens, events[..2]);
            await session.SaveChangesAsync(TestContext.Current.CancellationToken);
            session.Events.Append(martens, events.Count, [.. events[2..]]);
            await session.SaveChangesAsync(TestContext.Current.CancellationToken);
        }

        // But for the number in the organisation, which the database gives to each.
        (await EventsAsync(conversation)).ShouldBe(await EventsAsync(martens));
        (await StreamAsync(conversation)).ShouldBe(await StreamAsync(martens));

        Task<string?> EventsAsync(Guid stream) =>
            store.ScalarAsync<string>(
                "select jsonb_agg(to_jsonb(e) - '{seq_id,id,stream_id}'::text[] #- '{headers,sequence}' order by "
                    + "e.seq_id)::text from messaging.mt_events e where stream_id = $1",
                stream
            );

        Task<string?> StreamAsync(Guid stream) =>
            store.ScalarAsync<string>(
                "select (to_jsonb(s) - '{id,timestamp,created}'::text[])::text from messaging.mt_streams s where "
                    + "id = $1",
                stream
            );
    }
}
