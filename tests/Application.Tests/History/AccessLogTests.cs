using Messaging.Application.Commands;
using Messaging.Application.History;
using Messaging.Application.Tests.Support;
using Messaging.Domain;
using Messaging.Domain.History;
using Messaging.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Messaging.Application.Tests.History;

/// <summary>What is recorded beside commands is there once, from however many nodes, and before a stop.</summary>
public sealed class AccessLogTests(StoreFixture store) : IClassFixture<StoreFixture>, IAsyncLifetime
{
    private readonly string _tenant = Guid.CreateVersion7().ToString();
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);
    private readonly Actor.Administrator _anna = new(Guid.CreateVersion7(), IsOwner: true);
    private CommandExecutor _executor = null!;
    private CommandExecutor _other = null!;

    public async ValueTask InitializeAsync() =>
        (_executor, _other) = (await store.StartExecutorAsync(), await store.StartExecutorAsync());

    public async ValueTask DisposeAsync()
    {
        await _executor.StopAsync(CancellationToken.None);
        await _other.StopAsync(CancellationToken.None);
        _executor.Dispose();
        _other.Dispose();
    }

    [Fact]
    public async Task What_two_nodes_record_at_once_is_all_there_and_what_both_say_once()
    {
        using var one = Log(_executor);
        using var two = Log(_other);
        var caller = new Caller(_tenant, _anna);
        var both = AccessStreams.IdOf("both", _tenant);
        for (var i = 0; i < 300; i++)
        {
            foreach (var log in (AccessLog[])[one, two])
            {
                log.Record(caller, SignedIn());
                if (i % 100 == 0) log.Record(caller, Opened(), id: both);
            }
        }

        await one.StopAsync(CancellationToken.None);
        await two.StopAsync(CancellationToken.None);
        (await CountAsync("signed_in")).ShouldBe(600);
        (await CountAsync("conversation_opened")).ShouldBe(1);

        // Nobody met anybody: each node has a stream of its own, and no state of it.
        (await store.ScalarAsync<long>(
            "select count(distinct stream_id) from messaging.mt_events where tenant_id = $1 and type = 'signed_in'",
            _tenant)).ShouldBe(2);
    }

    [Fact]
    public async Task Who_did_it_is_in_it_though_they_have_left_since()
    {
        // Of this person there is no stream at all.
        using var log = Log(_executor);
        await log.RecordAsync(
            new Caller(_tenant, _anna) { SessionId = Guid.CreateVersion7() }, SignedIn(), "request-7");
        await log.StopAsync(CancellationToken.None);
        (await store.ScalarAsync<string>(
            """
            select concat_ws(' ', headers ->> 'actor_kind', headers ->> 'actor_id', correlation_id)
            from messaging.mt_events where tenant_id = $1
            """,
            _tenant)).ShouldBe($"Administrator {_anna.Id} request-7");
    }

    [Fact]
    public async Task A_flood_of_failed_sign_ins_is_some_events_and_none_of_it_is_lost()
    {
        using var log = Log(_executor);
        using var failed = new FailedSignIns(log, _clock, NullLogger<FailedSignIns>.Instance);
        var account = new Caller(_tenant, _anna);
        for (var i = 0; i < 250; i++) failed.Record(account, AccessStep.Password, null);
        await Waiting.UntilAsync(() => log.UnderWay == 0);
        (await AttemptsAsync()).ShouldBe([.. Enumerable.Repeat(1, FailedSignIns.EachHour)]);

        // The next one says how many there were before it.
        _clock.Advance(TimeSpan.FromHours(1));
        failed.Record(account, AccessStep.SecondFactor, null);
        await Waiting.UntilAsync(() => log.UnderWay == 0);
        (await AttemptsAsync())[^1].ShouldBe(250 - FailedSignIns.EachHour + 1);

        // And so does a stop.
        for (var i = 0; i < 49; i++) failed.Record(account, AccessStep.Password, null);
        await failed.StopAsync(CancellationToken.None);
        await log.StopAsync(CancellationToken.None);
        (await AttemptsAsync()).Sum().ShouldBe(300);
    }

    private AccessLog Log(CommandExecutor executor) => new(executor, _clock, NullLogger<AccessLog>.Instance);

    private SignedIn SignedIn() => new(AccessSubject.Of(_anna), AccessProof.Password, Guid.CreateVersion7());

    private ConversationOpened Opened() => new(AccessSubject.Conversation(_anna.Id, _anna.Id));

    private Task<long> CountAsync(string type) => store.ScalarAsync<long>(
        "select count(*) from messaging.mt_events where tenant_id = $1 and type = $2", _tenant, type);

    private async Task<IReadOnlyList<int>> AttemptsAsync() =>
        await store.ScalarAsync<int[]>(
            """
            select array_agg((data ->> 'attempts')::int order by seq_id) from messaging.mt_events
            where tenant_id = $1 and type = 'sign_in_failed'
            """,
            _tenant) ?? [];
}
