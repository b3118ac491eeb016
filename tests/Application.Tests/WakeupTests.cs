using Microsoft.Extensions.Time.Testing;

namespace Messaging.Application.Tests;

/// <summary>Nothing that there is to do is slept through, and nothing wakes for nothing.</summary>
public sealed class WakeupTests
{
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_set_before_anybody_waits_wakes_once_however_often_it_was_set()
    {
        using var wakeup = new Wakeup();
        wakeup.Set();
        wakeup.Set();
        (await wakeup.WaitAsync(s_long, Cancellation)).ShouldBeTrue();
        (await wakeup.WaitAsync(TimeSpan.FromMilliseconds(20), Cancellation)).ShouldBeFalse();
        wakeup.Set();
        (await wakeup.WaitAsync(s_long, Cancellation)).ShouldBeTrue();
    }

    [Fact]
    public async Task Whoever_is_cancelled_is_told_and_the_next_one_is_still_woken()
    {
        using var wakeup = new Wakeup();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var waiting = wakeup.WaitAsync(Timeout.InfiniteTimeSpan, ended.Token);
        await ended.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(waiting);
        wakeup.Set();
        (await wakeup.WaitAsync(s_long, Cancellation)).ShouldBeTrue();
    }

    [Fact]
    public async Task By_a_clock_that_is_given_it_waits_as_long_as_that_says()
    {
        var clock = new FakeTimeProvider();
        using var wakeup = new Wakeup();
        var waiting = wakeup.WaitAsync(TimeSpan.FromHours(12), clock, Cancellation);
        clock.Advance(TimeSpan.FromHours(11));
        waiting.IsCompleted.ShouldBeFalse();
        clock.Advance(TimeSpan.FromHours(1));
        (await waiting.WaitAsync(s_long, Cancellation)).ShouldBeFalse();

        wakeup.Set();
        (await wakeup.WaitAsync(TimeSpan.FromHours(12), clock, Cancellation)).ShouldBeTrue();
    }

    [Fact]
    public async Task No_work_is_left_lying_while_many_add_some()
    {
        const int Adding = 4, Each = 20_000;
        using var wakeup = new Wakeup();
        var (added, done) = (0, 0);
        var workers = Enumerable.Range(0, Adding).Select(_ => Task.Run(
            () =>
            {
                for (var i = 0; i < Each; i++)
                {
                    Interlocked.Increment(ref added);
                    wakeup.Set();
                }
            },
            Cancellation)).ToList();
        while (done < Adding * Each)
        {
            (await wakeup.WaitAsync(s_long, Cancellation)).ShouldBeTrue($"{done} of {added} were seen");
            done = Volatile.Read(ref added);
        }

        await Task.WhenAll(workers);
    }
}

/// <summary>Work that is repeated goes on after a failure, and ends with the product.</summary>
public sealed class RepeatedlyTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_is_done_at_once_and_after_every_period_also_after_a_failure_that_was_told()
    {
        var clock = new FakeTimeProvider();
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        using var done = new SemaphoreSlim(0);
        var times = 0;
        var failures = new List<string>();
        var running = Repeatedly.EveryAsync(
            TimeSpan.FromMinutes(1),
            _ =>
            {
                done.Release();
                return ++times == 2 ? throw new InvalidOperationException("once") : Task.CompletedTask;
            },
            e => failures.Add(e.Message), stopping.Token, clock);
        await done.WaitAsync(Cancellation);
        for (var i = 0; i < 3; i++)
        {
            clock.Advance(TimeSpan.FromMinutes(1));
            await done.WaitAsync(Cancellation);
        }

        await stopping.CancelAsync();
        await running;
        (times, failures).ShouldSatisfyAllConditions(r => r.times.ShouldBe(4), r => r.failures.ShouldBe(["once"]));
    }

    [Fact]
    public async Task What_waits_by_itself_is_tried_again_after_a_pause_and_ended_in_the_middle()
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var begun = new TaskCompletionSource();
        var (times, failures) = (0, 0);
        var running = Repeatedly.WithoutEndAsync(
            TimeSpan.FromMilliseconds(1),
            async ended =>
            {
                if (++times <= 2) throw new TimeoutException();
                begun.SetResult();
                await Task.Delay(Timeout.Infinite, ended);
            },
            _ => failures++, stopping.Token);
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        await stopping.CancelAsync();
        await running;
        (times, failures).ShouldBe((3, 2));
    }

    [Fact]
    public async Task After_the_product_was_told_to_stop_nothing_is_begun()
    {
        var times = 0;
        var stopped = new CancellationToken(canceled: true);
        await Repeatedly.EveryAsync(TimeSpan.FromSeconds(1), _ => Task.FromResult(++times), _ => { }, stopped);
        await Repeatedly.WithoutEndAsync(TimeSpan.Zero, _ => Task.FromResult(++times), _ => { }, stopped);
        times.ShouldBe(0);
    }
}
