using System.Diagnostics;

namespace Messaging.Api.Files;

/// <summary>Runs strangers' work, a limited number at once and in fair turns (<see cref="FairQueue{T}"/>).</summary>
/// <param name="atOnce">Number of pieces of work under way at once.</param>
/// <param name="mostOfPerson">Limit of one person's waiting work.</param>
/// <param name="most">Limit of waiting work in all.</param>
/// <param name="missed">The outcome where too much waits, or the service has stopped.</param>
internal sealed class Turns<T>(int atOnce, int mostOfPerson, int most, T missed) : IDisposable
{
    private readonly FairQueue<Job> _queue = new(mostOfPerson, most);
    private volatile bool _ended;

    /// <summary>Does work when it is its turn.</summary>
    /// <param name="office">Office that waits for its turn.</param>
    /// <param name="person">Person who waits for theirs within the office.</param>
    /// <param name="cancellation">
    /// Gives up the turn, when nobody wants it any more; work under way is told, and waited for.
    /// </param>
    public async Task<T> TakeAsync(
        string office, Guid person, Func<CancellationToken, Task<T>> work, CancellationToken cancellation)
    {
        var job = new Job(work, cancellation);
        if (_ended || _queue.TryAdd(office, person, job) is not { } place) return missed;
        await using var withdrawn = cancellation.UnsafeRegister(_ => Withdraw(place), null);
        return await job.Outcome.Task;
    }

    /// <summary>Works until it is stopped; what still waits then is missed.</summary>
    /// <param name="idle">Time without work before <paramref name="whenIdle"/>.</param>
    public async Task ServeAsync(TimeSpan idle, Func<Task> whenIdle, CancellationToken stopping)
    {
        await Task.WhenAll(Enumerable.Range(0, atOnce).Select(_ => WorkAsync(idle, whenIdle, stopping)));
        _ended = true;
        while (_queue.Count > 0) (await _queue.TakeAsync(CancellationToken.None)).Work.Outcome.TrySetResult(missed);
    }

    /// <inheritdoc/>
    public void Dispose() => _queue.Dispose();

    private void Withdraw(FairQueue<Job>.Place place)
    {
        if (_queue.Remove(place)) place.Work.Outcome.TrySetCanceled(place.Work.Cancellation);
    }

    private async Task WorkAsync(TimeSpan idle, Func<Task> whenIdle, CancellationToken stopping)
    {
        var isIdle = true;
        while (!stopping.IsCancellationRequested)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            if (!isIdle) patience.CancelAfter(idle);
            try
            {
                var place = await _queue.TakeAsync(patience.Token);
                isIdle = false;
                var began = Stopwatch.GetTimestamp();
                await WorkAsync(place.Work, stopping);
                _queue.Done(place, Stopwatch.GetElapsedTime(began));
            }
            catch (OperationCanceledException)
            {
                if (!stopping.IsCancellationRequested) await whenIdle();
                isIdle = true;
            }
        }
    }

    private static async Task WorkAsync(Job job, CancellationToken stopping)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopping, job.Cancellation);
        try
        {
            job.Outcome.TrySetResult(await job.Work(ended.Token));
        }
        catch (OperationCanceledException e)
        {
            job.Outcome.TrySetCanceled(e.CancellationToken);
        }
        catch (Exception e)
        {
            // The job's waiter hears of it.
            job.Outcome.TrySetException(e);
        }
    }

    private sealed record Job(Func<CancellationToken, Task<T>> Work, CancellationToken Cancellation)
    {
        public TaskCompletionSource<T> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
