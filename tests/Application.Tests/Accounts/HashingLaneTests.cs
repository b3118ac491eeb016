using Messaging.Application.Accounts;

namespace Messaging.Application.Tests.Accounts;

/// <summary>Hashing is asked for by strangers: few at once, few who wait, those who are known first.</summary>
public sealed class HashingLaneTests : IDisposable
{
    private readonly HashingLane _lane = new(threads: 1);
    private readonly ManualResetEventSlim _open = new(false);
    private readonly List<string> _done = [];

    public void Dispose()
    {
        _open.Set();
        _lane.Dispose();
        _open.Dispose();
    }

    [Fact]
    public async Task No_more_run_at_once_than_there_are_threads_and_none_on_the_threads_of_others()
    {
        using var two = new HashingLane(threads: 2);
        var (running, most, onPool) = (0, 0, 0);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => two.RunAsync(HashingTurn.First, () =>
        {
            if (Thread.CurrentThread.IsThreadPoolThread) Interlocked.Increment(ref onPool);
            var now = Interlocked.Increment(ref running);
            InterlockedMax(ref most, now);
            Thread.Sleep(5);
            return Interlocked.Decrement(ref running);
        }, CancellationToken.None)));
        most.ShouldBe(2);
        onPool.ShouldBe(0);
    }

    [Fact]
    public async Task Who_finds_no_place_is_told_when_to_come_back()
    {
        var busy = await BusyAsync();
        var waiting = Enumerable
            .Range(0, HashingLane.StrangersPerThread)
            .Select(i => Enter($"{i}", network: $"192.0.2.{i}"))
            .ToList();
        var refused = await Should.ThrowAsync<HashingIsBusyException>(Enter("one more", network: "198.51.100.1"));
        refused.RetryAfter.ShouldBeInRange(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));

        // Strangers take no place of those who are none.
        var known = Enter("known", network: null);
        _open.Set();
        await Task.WhenAll([busy, known, .. waiting]);
        _done[1].ShouldBe("known");
        _done.Count.ShouldBe(HashingLane.StrangersPerThread + 2);
        await Enter("again", network: "198.51.100.1");
    }

    [Fact]
    public async Task One_network_takes_some_of_the_places_only()
    {
        var busy = await BusyAsync();
        var waiting = Enumerable
            .Range(0, HashingLane.MostOfOneNetwork)
            .Select(i => Enter($"{i}", network: "192.0.2.1"))
            .ToList();
        await Should.ThrowAsync<HashingIsBusyException>(Enter("one more", network: "192.0.2.1"));
        var other = Enter("other", network: "192.0.2.2");
        _open.Set();
        await Task.WhenAll([busy, other, .. waiting]);
    }

    [Fact]
    public async Task Who_does_not_wait_any_more_makes_room_and_costs_nothing()
    {
        var busy = await BusyAsync();
        using var gone = new CancellationTokenSource();
        var left = Enumerable
            .Range(0, HashingLane.MostOfOneNetwork)
            .Select(i => Enter($"left {i}", network: "192.0.2.1", gone.Token))
            .ToList();
        await gone.CancelAsync();
        foreach (var one in left) await Should.ThrowAsync<OperationCanceledException>(one);
        var stayed = Enter("stayed", network: "192.0.2.1");
        _open.Set();
        await Task.WhenAll(busy, stayed);
        _done.ShouldBe(["busy", "stayed"]);
        _lane.Waiting.ShouldBe(0);
    }

    [Fact]
    public async Task What_goes_wrong_is_told_to_who_asked()
    {
        await Should.ThrowAsync<InvalidOperationException>(
            _lane.RunAsync<int>(HashingTurn.First, () => throw new InvalidOperationException(), CancellationToken.None)
        );
        (await _lane.RunAsync(HashingTurn.First, () => 1, CancellationToken.None)).ShouldBe(1);
    }

    // Until the lane is opened.
    private async Task<Task> BusyAsync()
    {
        var begun = new TaskCompletionSource();
        var busy = _lane.RunAsync(HashingTurn.First, () =>
        {
            begun.SetResult();
            _open.Wait();
            return Add("busy");
        }, CancellationToken.None);
        await begun.Task;
        return busy;
    }

    private Task<int> Enter(string name, string? network, CancellationToken? cancellation = null) =>
        _lane.RunAsync(
            network is null ? HashingTurn.First : new HashingTurn(network, ComesFirst: false), () => Add(name),
            cancellation ?? TestContext.Current.CancellationToken);

    private int Add(string name)
    {
        _done.Add(name);
        return _done.Count;
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = most; value > seen && Interlocked.CompareExchange(ref most, value, seen) != seen; seen = most)
        {
        }
    }
}
