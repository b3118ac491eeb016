using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Messaging.Application.Accounts;

/// <summary>A request's place in the queue for hashing.</summary>
/// <param name="Network">
/// The client's network, which has at most <see cref="HashingLane.MostOfOneNetwork"/> waiting.
/// </param>
/// <param name="ComesFirst">
/// True when the client is known by a token, an invitation or a device: they do not wait for strangers.
/// </param>
public sealed record HashingTurn(string Network, bool ComesFirst)
{
    /// <summary>The turn of somebody who is no stranger.</summary>
    public static readonly HashingTurn First = new("", ComesFirst: true);
}

/// <summary>There are too many who wait for their turn.</summary>
/// <param name="retryAfter">After which time it is worth another try.</param>
public sealed class HashingIsBusyException(TimeSpan retryAfter)
    : Exception("Too many passwords are to be checked at once.")
{
    /// <summary>After which time it is worth another try.</summary>
    public TimeSpan RetryAfter { get; } = retryAfter;
}

/// <summary>
/// Hashes passwords, which is slow on purpose and which strangers can trigger. It runs on its own threads of low
/// priority, half as many as there are processors, so that the other half stays free for everything else. After each
/// stranger a thread rests for as long as that took, unless a known client comes: even where processor time is
/// rationed, strangers get at most half of a lane. The queue is short; a request that finds no place is told when to
/// come back.
/// </summary>
public sealed class HashingLane : IDisposable
{
    /// <summary>Strangers who may wait for each thread.</summary>
    public const int StrangersPerThread = 16;

    /// <summary>Others who may wait for each thread.</summary>
    public const int OthersPerThread = 64;

    /// <summary>Most waiting strangers of one network, for each thread.</summary>
    public const int MostOfOneNetwork = 8;

    // A third of the share of a thread of usual priority when both want a processor (sched(7)): enough to sign in while
    // all are busy.
    private const int Niceness = 5;

    /// <summary>
    /// Longest wait in the queue: the bound while every place is taken and the processors are busy with something else.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(200);

    // A monitor, since threads wait for it to change.
    private readonly object _lock = new();
    private readonly LinkedList<Job> _first = [];
    private readonly LinkedList<Job> _strangers = [];
    private readonly Dictionary<string, int> _networks = [];
    private readonly Thread[] _threads;
    private TimeSpan _usual = s_first;
    private bool _begun;
    private bool _ended;

    /// <summary>Makes a lane with half as many threads as processors, at least one.</summary>
    public HashingLane()
        : this(Math.Max(1, Environment.ProcessorCount / 2))
    {
    }

    /// <summary>Makes a lane with this number of threads.</summary>
    public HashingLane(int threads)
    {
        _threads =
        [
            .. Enumerable
                .Range(0, threads)
                .Select(i => new Thread(Work)
                {
                    IsBackground = true,
                    Name = $"Hashing {i}",
                    Priority = ThreadPriority.BelowNormal,
                }),
        ];
    }

    /// <summary>Number of requests that wait or are being hashed.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock) return _first.Count + _strangers.Count;
        }
    }

    /// <summary>Runs work on one of the threads when its turn comes.</summary>
    /// <exception cref="HashingIsBusyException">No place is left to wait at.</exception>
    public async Task<T> RunAsync<T>(HashingTurn turn, Func<T> work, CancellationToken cancellation)
    {
        // Continuations run elsewhere: this thread is for hashing alone.
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var job = new Job(turn, () =>
        {
            try
            {
                done.TrySetResult(work());
            }
            catch (Exception e)
            {
                done.TrySetException(e);
            }
        });
        Enter(job);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        await using var left = patience.Token.UnsafeRegister(
            _ =>
            {
                // A cancelled request makes room at once. One whose turn has come is finished.
                if (!Leave(job)) return;
                if (cancellation.IsCancellationRequested) done.TrySetCanceled(cancellation);
                else done.TrySetException(new HashingIsBusyException(Patience));
            },
            null);
        return await done.Task;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_ended) return;
            _ended = true;
            Monitor.PulseAll(_lock);
        }

        if (_begun) foreach (var thread in _threads) thread.Join();
    }

    private void Enter(Job job)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_ended, this);
            var ofNetwork = _networks.GetValueOrDefault(job.Turn.Network);
            var isFull = job.Turn.ComesFirst
                ? _first.Count >= OthersPerThread * _threads.Length
                : _strangers.Count >= StrangersPerThread * _threads.Length
                    || ofNetwork >= MostOfOneNetwork * _threads.Length;
            if (isFull)
                throw new HashingIsBusyException(
                    2 * _usual * (1 + ((double)(_first.Count + _strangers.Count) / _threads.Length)));
            (job.Turn.ComesFirst ? _first : _strangers).AddLast(job.Place);
            if (!job.Turn.ComesFirst) _networks[job.Turn.Network] = ofNetwork + 1;
            if (!_begun) foreach (var thread in _threads) thread.Start();
            _begun = true;

            // All of them: one of them may be resting.
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Waits for the next.</summary>
    /// <param name="restsUntil">Until when the thread takes no stranger on, as <see cref="Stopwatch.GetTimestamp"/> has
    /// it.</param>
    /// <returns>Null when there will be no more.</returns>
    private Job? Next(long restsUntil)
    {
        lock (_lock)
        {
            while (!_ended)
            {
                var rest = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), restsUntil);
                if ((_first.First ?? (rest <= TimeSpan.Zero ? _strangers.First : null)) is { } place)
                {
                    Remove(place.Value);
                    return place.Value;
                }

                Monitor.Wait(
                    _lock, _strangers.Count > 0 ? rest + TimeSpan.FromMilliseconds(1) : Timeout.InfiniteTimeSpan);
            }

            return null;
        }
    }

    private bool Leave(Job job)
    {
        lock (_lock)
        {
            if (job.Place.List is null) return false;
            Remove(job);
            return true;
        }
    }

    private void Remove(Job job)
    {
        job.Place.List!.Remove(job.Place);
        if (job.Turn.ComesFirst) return;
        if (--_networks[job.Turn.Network] == 0) _networks.Remove(job.Turn.Network);
    }

    private void Work()
    {
        // .NET gives priorities to the operating system everywhere but on Linux, where each thread has a niceness of
        // its own.
        if (OperatingSystem.IsLinux()) _ = SetPriority(0, 0, Niceness);
        var restsUntil = 0L;
        while (Next(restsUntil) is { } job)
        {
            var began = Stopwatch.GetTimestamp();
            job.Run();
            var ended = Stopwatch.GetTimestamp();
            if (!job.Turn.ComesFirst) restsUntil = ended + (ended - began);
            lock (_lock) _usual = (0.8 * _usual) + (0.2 * Stopwatch.GetElapsedTime(began, ended));
        }
    }

    // Lowers the calling thread's priority: setpriority(2), "which" PRIO_PROCESS, "who" 0. Lowering needs no privilege.
    [
        DllImport("libc", EntryPoint = "setpriority", SetLastError = true),
        DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)
    ]
    private static extern int SetPriority(int which, int who, int niceness);

    private sealed class Job
    {
        public Job(HashingTurn turn, Action run) => (Turn, Run, Place) = (turn, run, new LinkedListNode<Job>(this));

        public HashingTurn Turn { get; }

        public Action Run { get; }

        public LinkedListNode<Job> Place { get; }
    }
}
