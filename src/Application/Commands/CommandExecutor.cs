using System.Data;
using System.Diagnostics;
using System.Threading.Channels;
using Marten;
using Messaging.Domain;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Messaging.Application.Commands;

/// <summary>
/// Carries out every command, and is the only writer of events. While one commit is under way, the commands that arrive
/// wait, and then go together: one read, each decided in turn on what those before it did, one commit, each answered on
/// its own. A lone command waits for nobody.
/// </summary>
public sealed partial class CommandExecutor : BackgroundService
{
    private const int GroupMaximum = 128;
    private const int WaitingMaximum = 8192;
    private const int Attempts = 10;

    private static readonly TimeSpan s_untilSnapshots = TimeSpan.FromSeconds(30);

    // A database that does not answer costs an attempt up to half a minute: those behind it hear sooner that it is
    // away.
    private static readonly TimeSpan s_longestTrying = TimeSpan.FromSeconds(5);

    // Those who wait when the product stops are told something before their connections are cut.
    private static readonly TimeSpan s_longestWaitAtStop = TimeSpan.FromSeconds(6);

    private readonly KnownStreams _known = new();
    private readonly Lane[] _lanes;
    private readonly IDocumentStore _store;
    private readonly NpgsqlDataSource _database;
    private readonly ProjectInline _project;
    private readonly ILogger<CommandExecutor> _logger;
    private readonly CommitSignal? _committed;
    private readonly CancellationTokenSource _givenUp = new();

    /// <summary>Needs the store to append to and the database to read from, which are the same.</summary>
    /// <param name="project">Keeps the read models with what is appended.</param>
    /// <param name="committed">Is told of every commit.</param>
    /// <param name="lanes">
    /// How many groups are under way at once. PostgreSQL carries a group out on one processor, so that with one lane it
    /// is the limit. Commands on one stream share a lane and never get into each other's way; where others do, the
    /// streams' versions and the receipts tell, as between nodes.
    /// </param>
    /// <param name="lifetime">Says when the product stops.</param>
    public CommandExecutor(
        IDocumentStore store, NpgsqlDataSource database, ProjectInline project, ILogger<CommandExecutor> logger,
            CommitSignal? committed = null, int lanes = 2,
        IHostApplicationLifetime? lifetime = null)
    {
        _lanes = new Lane[lanes];
        for (var i = 0; i < lanes; i++) _lanes[i] = new Lane(database);
        _committed = committed;
        _store = store;
        _database = database;
        _project = project;
        _logger = logger;
        lifetime?.ApplicationStopping.Register(() => _givenUp.CancelAfter(s_longestWaitAtStop));
    }

    /// <summary>Carries a command out.</summary>
    /// <param name="cancellation">
    /// Withdraws the command if it still waits; once its group is being committed it is carried out all the same.
    /// </param>
    /// <returns>Why it was refused; null when it was carried out, and is durable.</returns>
    /// <exception cref="OperationCanceledException">
    /// It was withdrawn, or nobody waits for its outcome any more.
    /// </exception>
    /// <exception cref="NpgsqlException">
    /// The database is away, or lets nobody write now, such as while the read models are rebuilt. Whoever repeats the
    /// command with its ids hears how it went.
    /// </exception>
    /// <exception cref="ExecutorStoppedException">
    /// The product is stopping; the command was not carried out, or, for who can withdraw it, the database does not say
    /// whether it was.
    /// </exception>
    public async Task<Refusal?> ExecuteAsync(Command command, CancellationToken cancellation)
    {
        using var span = CommandTelemetry.Start(command);
        using var withdrawn = cancellation.CanBeCanceled
            ? CancellationTokenSource.CreateLinkedTokenSource(cancellation, _givenUp.Token) : null;
        var until = withdrawn?.Token ?? CancellationToken.None;
        var waiting = new Waiting(command, span, until);
        try
        {
            await _lanes[(uint)command.About.GetHashCode() % _lanes.Length].Commands.Writer.WriteAsync(waiting, until);
            var refusal = await waiting.Answer.Task.WaitAsync(until);
            CommandTelemetry.Answered(span, command, refusal);
            return refusal;
        }
        catch (Exception e) when (CommandTelemetry.Failed(span, command, e))
        {
            throw;
        }
        catch (Exception e) when (e is ChannelClosedException
            || (e is OperationCanceledException && _givenUp.IsCancellationRequested
                && !cancellation.IsCancellationRequested))
        {
            throw new ExecutorStoppedException();
        }
    }

    /// <summary>
    /// Takes no more commands, and carries out those that wait, unless the database keeps them waiting for longer than
    /// there is time.
    /// </summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var lane in _lanes) lane.Commands.Writer.TryComplete();
        if (ExecuteTask is not { } running) return;
        await running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!running.IsCompleted) LogNotDone();
    }


    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var stopped = new CancellationTokenSource();
        var snapshots = WriteSnapshotsAsync(stopped.Token);
        await Task.WhenAll(_lanes.Select(CarryOutAsync));
        await stopped.CancelAsync();
        await snapshots;
    }

    private async Task WriteSnapshotsAsync(CancellationToken stopped)
    {
        var last = false;
        while (!last)
        {
            await Task.Delay(s_untilSnapshots, stopped).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            last = stopped.IsCancellationRequested;
            try
            {
                await _known.WriteSnapshotsAsync(_database, CancellationToken.None);
            }
            catch (Exception e)
            {
                // They only save reading: the next time does.
                LogSnapshotsFailed(e);
            }
        }
    }

    private async Task CarryOutAsync(Lane lane)
    {
        await using var connected = lane;
        var waiting = lane.Commands.Reader;
        // Not the host's token: those who wait when the product stops are still answered.
        await Task.Yield();
        var group = new List<Waiting>(GroupMaximum);
        while (await waiting.WaitToReadAsync(CancellationToken.None))
        {
            group.Clear();
            while (group.Count < GroupMaximum && waiting.TryRead(out var next))
            {
                if (next.Cancellation.IsCancellationRequested)
                    next.Answer.TrySetCanceled(next.Cancellation);
                else
                    group.Add(next);
            }

            if (group.Count == 0) continue;
            await CarryOutAsync(lane, group);
        }
    }

    private async Task CarryOutAsync(Lane lane, List<Waiting> group)
    {
        using var span = CommandTelemetry.StartGroup(group.Count, group.Select(w => w.Span));
        if (await TryAsync(lane, group) is not { } failure) return;
        var databaseIsAway = Postgres(failure) is { IsTransient: true } || ReadModelAccess.IsRefusal(failure);
        foreach (var waiting in group)
        {
            // Otherwise one of them cannot be written: the others still are, and each hears of its own.
            var own = databaseIsAway ? failure : await TryAsync(lane, [waiting]);
            if (own is not null) waiting.Answer.TrySetException(own);
        }
    }

    private async Task<Exception?> TryAsync(Lane lane, List<Waiting> group)
    {
        var reads = new Reads();
        foreach (var waiting in group) reads.Add(waiting.Command);
        var began = Stopwatch.GetTimestamp();
        if (await TryOnWhatIsKnownAsync(lane, group, reads)) return null;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var work = await Group.ReadAsync(
                    _store, await lane.ConnectAsync(), reads, _known, CancellationToken.None);
                var answers = Decide(work, group);
                if (work.HasWork) await CommitAsync(lane, work);
                Answer(group, answers);
                return null;
            }
            catch (Exception e)
            {
                LogGroupFailed(e, group.Count, attempt);
                CommandTelemetry.TriedInVain(Activity.Current, e, assumed: false);
                if (attempt == Attempts || !IsWorthAnotherTry(e)) return e;
                if (Postgres(e) is { IsTransient: true } && Stopwatch.GetElapsedTime(began) > s_longestTrying) return e;
            }

            // Two nodes that write to the same stream must not stay in step.
            await Task.Delay(Random.Shared.Next(10 * attempt));
        }
    }

    /// <summary>
    /// Carries the group out without reading first, when this node knows all of its streams and nothing is refused.
    /// </summary>
    private async Task<bool> TryOnWhatIsKnownAsync(Lane lane, List<Waiting> group, Reads reads)
    {
        if (Group.Assume(_known, reads) is not { } work) return false;
        var answers = Decide(work, group);

        // Only a commit tells whether the assumptions were right. A refusal, or nothing to do, is not committed.
        if (!work.HasWork || answers.Any(a => a != default)) return false;
        try
        {
            await CommitAsync(lane, work);
        }
        catch (Exception e)
        {
            // Whatever it was: what is tried after reading finds out, also whether the commit went through after all.
            work.Forget(_known);
            CommandTelemetry.TriedInVain(Activity.Current, e, assumed: true);
            if (IsOfAnotherWriter(e)) _known.Doubt();
            return false;
        }

        Answer(group, answers);
        return true;
    }

    private static (Refusal? Refusal, Exception? Fault)[] Decide(Group work, List<Waiting> group)
    {
        var answers = new (Refusal? Refusal, Exception? Fault)[group.Count];
        for (var i = 0; i < group.Count; i++)
        {
            try
            {
                answers[i].Refusal = work.Decide(group[i].Command);
            }
            catch (Exception e)
            {
                // A fault of one decision is its own caller's to hear of.
                answers[i].Fault = e;
            }
        }

        return answers;
    }

    private async Task CommitAsync(Lane lane, Group work)
    {
        var began = CommandTelemetry.CommitBegins();
        await work.CommitAsync(_store, await lane.ConnectAsync(), _project, _known, CancellationToken.None);
        CommandTelemetry.Committed(began);
        _committed?.Set();
    }

    private static void Answer(List<Waiting> group, (Refusal? Refusal, Exception? Fault)[] answers)
    {
        for (var i = 0; i < group.Count; i++)
        {
            if (answers[i].Fault is { } fault)
                group[i].Answer.TrySetException(fault);
            else
                group[i].Answer.TrySetResult(answers[i].Refusal);
        }
    }

    // Another writer came first: what it wrote will be read by the next attempt. Or the connection was lost: whether
    // the commit went through is in the receipts.
    private static bool IsWorthAnotherTry(Exception e) =>
        IsOfAnotherWriter(e)
        || Postgres(e) is { IsTransient: true } or PostgresException { SqlState: PostgresErrorCodes.UniqueViolation };

    // A stream has another version than was read or assumed.
    private static bool IsOfAnotherWriter(Exception e) =>
        Postgres(e) is PostgresException { SqlState: PostgresErrorCodes.DivisionByZero };

    private static NpgsqlException? Postgres(Exception? e) =>
        e is null or NpgsqlException ? e as NpgsqlException : Postgres(e.InnerException);

    [LoggerMessage(LogLevel.Information, "A group of {Count} commands did not commit at attempt {Attempt}")]
    private partial void LogGroupFailed(Exception e, int count, int attempt);

    [LoggerMessage(
        LogLevel.Warning,
        "The product stops while commands wait for the database; who repeats them will hear their outcome")]
    private partial void LogNotDone();

    [LoggerMessage(LogLevel.Warning, "Snapshots could not be written")]
    private partial void LogSnapshotsFailed(Exception e);

    /// <summary>
    /// Commands that wait for each other, and a connection for them alone: the one process of PostgreSQL that serves it
    /// has its plans and catalogues at hand, and keeps its processor. The pool would take turns with all that are open.
    /// </summary>
    private sealed class Lane(NpgsqlDataSource database) : IAsyncDisposable
    {
        private NpgsqlConnection? _connection;

        public Channel<Waiting> Commands { get; } =
            Channel.CreateBounded<Waiting>(new BoundedChannelOptions(WaitingMaximum) { SingleReader = true });

        public async ValueTask<NpgsqlConnection> ConnectAsync()
        {
            if (_connection is { State: ConnectionState.Open } connection) return connection;
            await DisposeAsync();
            return _connection = await database.OpenConnectionAsync(CancellationToken.None);
        }

        public async ValueTask DisposeAsync()
        {
            if (_connection is not { } connection) return;
            _connection = null;
            await connection.DisposeAsync();
        }
    }

    private sealed record Waiting(Command Command, Activity? Span, CancellationToken Cancellation)
    {
        public TaskCompletionSource<Refusal?> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>The product is stopping and takes no more commands; this one was not carried out.</summary>
public sealed class ExecutorStoppedException() : Exception("The product is stopping; try again in a moment.");
