using System.Threading.Channels;
using Marten;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Messaging.Application.Commands;

/// <summary>
/// Carries out every command, and is the only writer of events. While one commit is under way, the commands that arrive
/// wait, and then go together as a batch, which <see cref="CommandHandler"/> carries out. A lone command waits for
/// nobody.
/// </summary>
public sealed partial class CommandExecutor : BackgroundService
{
    private static readonly TimeSpan s_untilSnapshots = TimeSpan.FromSeconds(30);

    // Longest wait at shutdown, so that callers get the answer before others wait no longer (AnsweredAtStop), on a busy
    // machine, too.
    private static readonly TimeSpan s_longestWaitAtStop = TimeSpan.FromSeconds(3);

    private readonly CommandLane[] _lanes;
    private readonly CommandLane _aside;
    private readonly StateCache _cache = new();
    private readonly CommandHandler _handler;
    private readonly NpgsqlDataSource _database;
    private readonly ILogger<CommandExecutor> _logger;
    private readonly CancellationTokenSource _givenUp = new();

    /// <summary>Needs the store to append to and the database to read from, which are the same.</summary>
    /// <param name="committed">Notified of every commit.</param>
    /// <param name="lanes">
    /// Number of batches under way at once. PostgreSQL executes a batch on one processor, which would be the limit with
    /// one lane. Commands on one stream share a lane and never conflict; conflicts of others show in the streams'
    /// versions and the receipts, as between nodes.
    /// </param>
    /// <param name="lifetime">Says when the product stops.</param>
    public CommandExecutor(
        IDocumentStore store, NpgsqlDataSource database, ILogger<CommandExecutor> logger,
        CommitSignal? committed = null, int lanes = 2, IHostApplicationLifetime? lifetime = null)
    {
        _lanes = new CommandLane[lanes];
        for (var i = 0; i < lanes; i++) _lanes[i] = new CommandLane(database);
        _aside = new CommandLane(database);
        _handler = new CommandHandler(store, _cache, committed, logger);
        _database = database;
        _logger = logger;
        lifetime?.ApplicationStopping.Register(() => _givenUp.CancelAfter(s_longestWaitAtStop));
    }

    /// <summary>
    /// The database's clock, as it was read with the last command that was not decided on cached states, and has gone
    /// on since; null before the first one.
    /// </summary>
    public DateTimeOffset? DatabaseClock => _cache.Clock;

    /// <summary>Carries a command out.</summary>
    /// <param name="cancellation">
    /// Withdraws the command if it still waits; once its batch is being committed it is carried out all the same.
    /// </param>
    /// <param name="correlationId">
    /// Id shared by all of one request. The events carry it, or the id of the trace where one is recorded.
    /// </param>
    /// <returns>The outcome. An accepted command is durable.</returns>
    /// <exception cref="OperationCanceledException">
    /// It was withdrawn, or its caller no longer waits for the outcome.
    /// </exception>
    /// <exception cref="NpgsqlException">
    /// The database is away, or lets nobody write now, such as while the read models are rebuilt. A repeat of the
    /// command with the same ids returns its outcome.
    /// </exception>
    /// <exception cref="ExecutorStoppedException">
    /// The product is stopping; the command was not carried out or, if it can be withdrawn, the database does not say
    /// whether it was.
    /// </exception>
    public async Task<CommandOutcome> ExecuteAsync(
        Command command, CancellationToken cancellation, string? correlationId = null)
    {
        using var span = CommandTelemetry.Start(command);
        using var withdrawn = cancellation.CanBeCanceled
            ? CancellationTokenSource.CreateLinkedTokenSource(cancellation, _givenUp.Token) : null;
        var until = withdrawn?.Token ?? CancellationToken.None;
        var execution = new CommandExecution(command, span, correlationId, until);
        try
        {
            await LaneOf(command).EnqueueAsync(execution, until);
            var outcome = await execution.Outcome.WaitAsync(until);
            CommandTelemetry.Answered(span, command, outcome);
            return outcome;
        }
        catch (Exception e)
        {
            CommandTelemetry.Failed(span, command, e);
            var isStopped = e is ChannelClosedException
                || (e is OperationCanceledException && _givenUp.IsCancellationRequested
                    && !cancellation.IsCancellationRequested);
            if (isStopped) throw new ExecutorStoppedException();
            throw;
        }
    }

    /// <summary>
    /// Takes no more commands and carries out the waiting ones, as far as the database answers in time.
    /// </summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var lane in All) lane.Complete();
        if (ExecuteTask is not { } running) return;
        await running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!running.IsCompleted) LogNotDone();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var stopped = new CancellationTokenSource();
        var snapshots = WriteSnapshotsAsync(stopped.Token);
        await Task.WhenAll(All.Select(HandleAsync));
        await stopped.CancelAsync();
        await snapshots;
    }

    private IEnumerable<CommandLane> All => [.. _lanes, _aside];

    private CommandLane LaneOf(Command command) =>
        command.HasHappened ? _aside : _lanes[(uint)command.PartitionKey.GetHashCode() % _lanes.Length];

    private async Task HandleAsync(CommandLane lane)
    {
        await using var connected = lane;

        // Not the host's token: callers that wait at shutdown are still answered.
        await Task.Yield();
        await foreach (var batch in lane.BatchesAsync()) await _handler.HandleAsync(lane, batch);
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
                await _cache.WriteSnapshotsAsync(_database, CancellationToken.None);
            }
            catch (Exception e)
            {
                // They only save reading: the next time does.
                LogSnapshotsFailed(e);
            }
        }
    }

    [LoggerMessage(
        LogLevel.Warning,
        "The product stops while commands wait for the database; who repeats them will hear their outcome")]
    private partial void LogNotDone();

    [LoggerMessage(LogLevel.Warning, "Snapshots could not be written")]
    private partial void LogSnapshotsFailed(Exception e);
}

/// <summary>The product is stopping and takes no more commands; this one was not carried out.</summary>
public sealed class ExecutorStoppedException() : Exception("The product is stopping; try again in a moment.");
