using Messaging.Application.Commands;
using Messaging.Application.Tests.Support;
using Messaging.Domain;

namespace Messaging.Application.Tests.Commands;

/// <summary>
/// Whether the session of who commands still lasts, by the commit: a node does not know what has ended at another.
/// </summary>
public sealed class EndedSessionTests(StoreFixture store) : IClassFixture<StoreFixture>, IAsyncLifetime
{
    private CommandExecutor _executor = null!;
    private Office _office = null!;
    private Guid _conversation;

    public async ValueTask InitializeAsync()
    {
        _executor = await store.StartExecutorAsync();
        _office = await Office.OpenAsync(_executor);
        _conversation = await _office.ConverseAsync(_executor);
    }

    public async ValueTask DisposeAsync() => await _executor.StopAsync(CancellationToken.None);

    [Fact]
    public async Task What_comes_by_a_session_that_has_ended_elsewhere_is_refused_also_where_nothing_is_read()
    {
        var anna = _office.Anna with { SessionId = await BeginAsync("'1 hour'") };
        var paul = _office.Anna with { SessionId = await BeginAsync("'1 hour'") };
        (await CommentAsync(anna)).ShouldBeNull();
        (await CommentAsync(paul)).ShouldBeNull();

        // The node knows the streams by now, and decides without reading.
        await store.ScalarAsync<int>(
            "update messaging.sessions set ended_at = now() where id = $1 returning 1", anna.SessionId!);
        (await CommentAsync(anna)).ShouldBeOfType<SessionHasEnded>();
        (await CommentAsync(paul)).ShouldBeNull();
        (
            await CommentAsync(_office.Anna with { SessionId = await BeginAsync("'-1 s'") })
        ).ShouldBeOfType<SessionHasEnded>();
        (await CommentAsync(_office.Anna with { SessionId = Guid.CreateVersion7() })).ShouldBeOfType<SessionHasEnded>();
        (await store.BodiesAsync(_office, _conversation)).Count(b => b == "Wer bin ich?").ShouldBe(3);
    }

    private Task<Refusal?> CommentAsync(Caller caller) =>
        _executor.TryAsync(Office.Comment(caller, _conversation, "Wer bin ich?", Guid.CreateVersion7()));

    private async Task<Guid> BeginAsync(string lasting)
    {
        var id = Guid.CreateVersion7();
        await store.ScalarAsync<int>(
            $"""
            insert into messaging.sessions (tenant_id, id, person_id, started_at, last_used_at, expires_at, ends_at,
                network, device)
            values ($1, $2, $3, now(), now(), now() + interval {lasting}, now() + interval '1 day', '127.0.0.1',
                'a node') returning 1
            """,
            _office.Anna.TenantId, id, _office.Anna.Actor.Id);
        return id;
    }
}
