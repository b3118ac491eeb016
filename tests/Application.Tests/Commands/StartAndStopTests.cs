using Messaging.Application.Commands;
using Messaging.Application.Tests.Support;
using Messaging.Domain;
using Microsoft.Extensions.Logging.Abstractions;

namespace Messaging.Application.Tests.Commands;

/// <summary>Cancellation, and the end of the product.</summary>
public sealed class StartAndStopTests(StoreFixture store) : IClassFixture<StoreFixture>, IAsyncLifetime
{
    private CommandExecutor _setUp = null!;
    private Office _office = null!;
    private Guid _conversation;

    public async ValueTask InitializeAsync()
    {
        _setUp = await store.StartExecutorAsync();
        _office = await Office.OpenAsync(_setUp);
        _conversation = await _office.ConverseAsync(_setUp);
    }

    public async ValueTask DisposeAsync() => await _setUp.StopAsync(CancellationToken.None);

    [Fact]
    public async Task A_command_withdrawn_while_it_waits_is_not_carried_out()
    {
        var executor = NewExecutor();
        using var withdrawn = new CancellationTokenSource();
        var first = executor.ExecuteAsync(Office.Comment(_office.Anna, _conversation, "withdrawn"), withdrawn.Token);
        var second = executor.ExecuteAsync(
            Office.Comment(_office.Anna, _conversation, "stays"), CancellationToken.None);
        await withdrawn.CancelAsync();
        await executor.StartAsync(CancellationToken.None);

        await Should.ThrowAsync<OperationCanceledException>(first);
        (await second).Refusal.ShouldBeNull();
        (await store.BodiesAsync(_office, _conversation)).Skip(1).ShouldBe(["stays"]);
        await executor.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_caller_who_leaves_during_the_commit_gets_no_answer_and_the_command_is_carried_out_once()
    {
        using var leaving = new CancellationTokenSource();
        var id = Guid.CreateVersion7();
        var comment = Office.Comment(_office.Anna, _conversation, "carried out", id);
        var blocked = new TestCommand(_office.Anna, _ =>
        {
            leaving.Cancel();
            return null;
        });
        var executor = NewExecutor();
        var answer = executor.ExecuteAsync(comment, leaving.Token);
        var other = executor.ExecuteAsync(blocked, CancellationToken.None);
        await executor.StartAsync(CancellationToken.None);

        await Should.ThrowAsync<OperationCanceledException>(answer);
        (await other).Refusal.ShouldBeNull();
        await executor.DoAsync(Office.Comment(_office.Anna, _conversation, "carried out", id));
        (await store.BodiesAsync(_office, _conversation)).Skip(1).ShouldBe(["carried out"]);
        await executor.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Commands_that_wait_when_the_product_stops_are_answered_and_later_ones_are_turned_away()
    {
        var executor = NewExecutor();
        var waiting = Enumerable
            .Range(0, 200)
            .Select(i =>
                executor.ExecuteAsync(Office.Comment(_office.Anna, _conversation, $"{i}"), CancellationToken.None)
            )
            .ToArray();
        await executor.StartAsync(CancellationToken.None);
        await executor.StopAsync(CancellationToken.None);

        (
            await Task.WhenAll(waiting).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken)
        ).ShouldAllBe(outcome => outcome.Refusal == null);
        await Should.ThrowAsync<ExecutorStoppedException>(
            executor.ExecuteAsync(Office.Comment(_office.Anna, _conversation, "late"), CancellationToken.None));
        (await store.BodiesAsync(_office, _conversation)).Count.ShouldBe(201);
    }

    [Fact]
    public async Task Callers_during_a_stop_are_either_carried_out_or_turned_away()
    {
        var executor = await store.StartExecutorAsync();
        var callers = Enumerable.Range(0, 8).Select(caller => Task.Run(async () =>
        {
            var accepted = new List<string>();
            for (var i = 0; ; i++)
            {
                try
                {
                    await executor.DoAsync(Office.Comment(_office.Anna, _conversation, $"{caller}/{i}"));
                    accepted.Add($"{caller}/{i}");
                }
                catch (ExecutorStoppedException)
                {
                    return accepted;
                }
            }
        })).ToArray();
        await Task.Delay(100, TestContext.Current.CancellationToken);
        await executor.StopAsync(CancellationToken.None);

        var accepted = await Task.WhenAll(callers);
        (await store.BodiesAsync(_office, _conversation)).Skip(1).Order().ShouldBe(accepted.SelectMany(a => a).Order());
    }

    [Fact]
    public async Task Somebody_deactivated_is_refused_from_the_very_next_command_on()
    {
        await _setUp.DoAsync(new Organisation.DeactivateAdministratorCommand(_office.Anna, _office.Bernd.Actor.Id));
        var answers = new List<Refusal?>();
        foreach (
            var caller in new[]
            {
                _office.Bernd,
                new Caller(_office.TenantId, new Actor.Administrator(Guid.CreateVersion7(), true)),
                _office.Carla,
            }
        )
            answers.Add(await _setUp.TryAsync(Office.Comment(caller, _conversation)));

        answers.Select(a => a?.GetType()).ShouldBe([typeof(AccessHasEnded), typeof(AccessHasEnded), null]);
    }

    // One lane, so that the commands of a test meet in one group.
    private CommandExecutor NewExecutor() =>
        new(store.Store, store.Database, NullLogger<CommandExecutor>.Instance, lanes: 1);
}
