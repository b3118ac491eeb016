using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.History;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Messaging.Application.History;

/// <summary>
/// Records what happened with what an office has (<see cref="AccessEvent"/>), behind whoever did it: they wait for a
/// moment at most, and nothing of theirs fails because of it. What is under way is written before the product stops,
/// as far as the database answers; while it does not, it is tried again.
/// </summary>
public sealed partial class AccessLog(CommandExecutor executor, TimeProvider clock, ILogger<AccessLog> logger)
    : IHostedService, IDisposable
{
    /// <summary>The longest that somebody waits for it: most commits take less.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(15);

    /// <summary>
    /// The most that are under way; what comes on top of them is lost, and the log of the product says so.
    /// </summary>
    public const int Most = 10_000;

    // A rebuild of the read models may take as long.
    private const int Attempts = 900;

    private const string Name = "Messaging.Access";

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    private static readonly Meter s_meter = new(Name);

    private static readonly Counter<long> s_events = s_meter.CreateCounter<long>(
        "messaging.access.events", "{event}", "Events of the log of everything beside commands, by outcome.");

    // Streams of this process: no other appends to them.
    private readonly string _node = Guid.NewGuid().ToString();

    private readonly ConcurrentDictionary<Task, bool> _underWay = [];
    private readonly CancellationTokenSource _stopping = new();
    private long _saidUntil;

    /// <summary>Now, by the database's clock, which events are dated by; by this node's until it was read.</summary>
    public DateTimeOffset Now => executor.DatabaseClock ?? clock.GetUtcNow();

    /// <summary>The number of events that are not written yet.</summary>
    public int UnderWay => _underWay.Count;

    /// <summary>Records something, and waits until it is written, though not for longer than a moment.</summary>
    /// <param name="who">Who did it, with their organisation.</param>
    /// <param name="correlationId">The request that it came with.</param>
    /// <param name="id">
    /// Of which there is one event, however often it is recorded; another each time unless given.
    /// </param>
    public async Task RecordAsync(Caller who, AccessEvent what, string? correlationId = null, Guid? id = null) =>
        await Begin(who, what, correlationId, id)
            .WaitAsync(Patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>Records something, and waits for nothing.</summary>
    /// <param name="who">Who did it, with their organisation.</param>
    /// <param name="correlationId">The request that it came with.</param>
    /// <param name="id">
    /// Of which there is one event, however often it is recorded; another each time unless given.
    /// </param>
    public void Record(Caller who, AccessEvent what, string? correlationId = null, Guid? id = null) =>
        _ = Begin(who, what, correlationId, id);

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Waits for what is under way, before the executor takes no more.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_underWay.Keys).WaitAsync(cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_underWay.IsEmpty) LogNotWritten(_underWay.Count);
    }

    /// <inheritdoc/>
    public void Dispose() => _stopping.Dispose();

    private Task Begin(Caller who, AccessEvent what, string? correlationId, Guid? id)
    {
        if (_underWay.Count >= Most)
        {
            SayLost(null);
            return Task.CompletedTask;
        }

        var day = Now.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var command = new RecordAccessCommand(
            who, id ?? Guid.CreateVersion7(), AccessStreams.Of(who.TenantId, _node, day), what);
        var writing = WriteAsync(command, correlationId);
        if (writing.IsCompleted) return writing;
        _underWay[writing] = true;
        _ = writing.ContinueWith(
            done => _underWay.TryRemove(done, out _), CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return writing;
    }

    private async Task WriteAsync(RecordAccessCommand command, string? correlationId)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                // A refusal is that of an id which is used: then it is there.
                await executor.ExecuteAsync(command, CancellationToken.None, correlationId);
                s_events.Add(1, new KeyValuePair<string, object?>("outcome", "written"));
                return;
            }
            catch (Exception e) when (
                e is ExecutorStoppedException || attempt == Attempts || _stopping.IsCancellationRequested)
            {
                SayLost(e);
                return;
            }
            catch (Exception e)
            {
                if (attempt == 1) SayLate(e);
                await Task.Delay(s_pause, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void SayLost(Exception? e)
    {
        s_events.Add(1, new KeyValuePair<string, object?>("outcome", "lost"));
        if (MaySay()) LogLost(e);
    }

    private void SayLate(Exception e)
    {
        if (MaySay()) LogLate(e);
    }

    // A line a minute: a database that is away is said by others, too.
    private bool MaySay()
    {
        var (now, until) = (Environment.TickCount64, Volatile.Read(ref _saidUntil));
        return now >= until && Interlocked.CompareExchange(ref _saidUntil, now + 60_000, until) == until;
    }

    [LoggerMessage(LogLevel.Warning, "An event of the log of everything could not be written, and is not in it")]
    private partial void LogLost(Exception? e);

    [LoggerMessage(LogLevel.Warning, "Events of the log of everything could not be written; it is tried again")]
    private partial void LogLate(Exception e);

    [LoggerMessage(LogLevel.Warning, "The product stops before {Count} events of the log of everything are written")]
    private partial void LogNotWritten(int count);
}
