using System.Diagnostics;
using Messaging.Application;
using Messaging.Application.Notifications;
using Messaging.Projections.Storage;
using Npgsql;
using Wolverine.Runtime;

namespace Messaging.Api.Hosting;

/// <summary>
/// Watches several nodes: says every second that this one is there, and looks for others that have been silent for too
/// long: killed, standing still, or cut off from the database. Such a node is given up: its sessions on PostgreSQL are
/// ended, with their locks, its messages are given back, and Wolverine is told, which gives its work to others. A node
/// that is too old for the database leaves by itself.
/// </summary>
/// <remarks>
/// A node that stands still (SIGSTOP, a virtual machine that is moved) keeps its sessions open, and with them
/// Wolverine's lock of the node that leads: nobody else would take over. When it goes on it meets sessions that have
/// ended, and a new <see cref="ThisNode.Term"/>. Time is the database's: nothing here relies on the clocks of the
/// nodes.
/// </remarks>
internal sealed partial class NodeWatch : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan s_forgotten = TimeSpan.FromMinutes(10);

    private const string Leader = "wolverine://leader";

    private readonly ThisNode _node;
    private readonly NpgsqlDataSource _database;
    private readonly NpgsqlDataSource _own;
    private readonly NodeState _state;
    private readonly IWolverineRuntime _runtime;
    private readonly ILogger<NodeWatch> _logger;
    private int? _leaderless;

    /// <summary>
    /// Needs the pool that others use, and a connection beside it: a busy pool must not make this node look silent.
    /// </summary>
    public NodeWatch(
        ThisNode node, NpgsqlDataSource database, ConnectionBeside beside, NodeState state, IWolverineRuntime runtime,
        ILogger<NodeWatch> logger)
    {
        (_node, _database, _state, _runtime, _logger) = (node, database, state, runtime, logger);
        _own = beside.Open("messaging-nodes", most: 1);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _own.Dispose();
        base.Dispose();
    }

    // After a failure the database is away, or this node's session was ended. Until it is heard again it does nothing
    // that only one may.

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Repeatedly.EveryAsync(s_period, LookAsync, LogNotHeard, stoppingToken);

    private async Task LookAsync(CancellationToken stopping)
    {
        if (_state.IsGone) return;
        if (await IsTooOldAsync(stopping))
        {
            await LeaveAsync();
            return;
        }

        if (!await SayAsync(stopping)) return;

        // A node that was away itself does not know which others were: after an outage of the database, nobody has been
        // heard.
        if (_node.HeardFor < ThisNode.LongestSilence) return;
        await GiveUpSilentAsync(stopping);
        await TakeBackAsync(stopping);
        await EndLeaderlessLockAsync(stopping);
    }

    private async Task<bool> IsTooOldAsync(CancellationToken stopping) =>
        _state.WhyNotReadModels is not null && await _database.NewerFormatAsync(stopping) is not null;

    /// <summary>
    /// Leaves the work that goes on beside requests to the newer nodes, for good: the planner would wait here for as
    /// long as this process runs.
    /// </summary>
    private async Task LeaveAsync()
    {
        var runtime = (WolverineRuntime)_runtime;
        runtime.DisableHealthChecks();
        await runtime.NodeController!.StopAsync(new MessageBus(runtime));
        _state.HasLeft(
            "A newer version keeps the read models: this node is too old, has handed its work over, and is to be "
                + "stopped.");
        LogLeft();
    }

    private async Task<bool> SayAsync(CancellationToken stopping)
    {
        var said = Stopwatch.GetTimestamp();
        await using var command = _own.CreateCommand(
            "update wolverine.wolverine_nodes set health_check = clock_timestamp() where id = $1");
        command.Parameters.Add(new() { Value = _node.Id!.Value });

        // Wolverine enters a node when it starts, and again when the others had given it up.
        if (await command.ExecuteNonQueryAsync(stopping) == 0) return false;
        if (_node.Heard(said) && _node.Term > 1)
        {
            LogBack();
            _database.Clear();
        }

        return true;
    }

    /// <summary>One statement: a node that is given up has no sessions left.</summary>
    private async Task GiveUpSilentAsync(CancellationToken stopping)
    {
        await using var command = _own.CreateCommand(
            $"""
            with silent as (
                update wolverine.wolverine_nodes n set {ThisNode.GiveUp}
                where id <> $1 and {ThisNode.IsThere} and health_check <= clock_timestamp() - $2
                returning id),
            ended as materialized (
                select s.id, pg_terminate_backend(a.pid) from silent s
                join pg_stat_activity a on right(a.application_name, 13) = '/' || right(s.id::text, 12)
                where a.usename = current_user and a.datname = current_database() and a.pid <> pg_backend_pid())
            select s.id, (select count(*) from ended e where e.id = s.id) from silent s
            """);
        command.Parameters.Add(new() { Value = _node.Id!.Value });
        command.Parameters.Add(new() { Value = ThisNode.LongestSilence });
        await using var reader = await command.ExecuteReaderAsync(stopping);
        while (await reader.ReadAsync(stopping)) LogGivenUp(reader.GetGuid(0), reader.GetInt64(1));
    }

    /// <summary>
    /// Gives the messages of given-up nodes back, again and again: what they had sent may have been committed a moment
    /// later. After a while such nodes are forgotten; one that goes on even then is entered anew.
    /// </summary>
    private async Task TakeBackAsync(CancellationToken stopping)
    {
        await using var command = _own.CreateCommand(
            $"""
            with gone as materialized (
                select node_number from wolverine.wolverine_nodes n where {ThisNode.IsGivenUp}),
            incoming as (
                update wolverine.wolverine_incoming_envelopes e set owner_id = 0 from gone g
                    where e.owner_id = g.node_number),
            outgoing as (
                update wolverine.wolverine_outgoing_envelopes e set owner_id = 0 from gone g
                    where e.owner_id = g.node_number)
            delete from wolverine.wolverine_nodes n
            where {ThisNode.IsGivenUp} and {ThisNode.SilentSince} < clock_timestamp() - $1
            """);
        command.Parameters.Add(new() { Value = s_forgotten });
        await command.ExecuteNonQueryAsync(stopping);
    }

    /// <summary>
    /// Ends the session that holds the lock of the node that leads, when no living node leads. The session's name does
    /// not say which node it belongs to; a node that has just got the lock and not yet recorded it is given a second,
    /// and gets it again if not.
    /// </summary>
    private async Task EndLeaderlessLockAsync(CancellationToken stopping)
    {
        await using var command = _own.CreateCommand(
            $"""
            select min(a.pid) from pg_locks l join pg_stat_activity a using (pid)
            where l.locktype = 'advisory' and l.granted and starts_with(a.application_name, $1)
                and a.usename = current_user and a.datname = current_database()
                and not exists (
                    select from wolverine.wolverine_node_assignments s
                        join wolverine.wolverine_nodes n on n.id = s.node_id
                    where rtrim(s.id, '/') = $2 and {ThisNode.IsThere})
            """);
        command.Parameters.Add(new() { Value = DatabaseWatch.WolverinesLock });
        command.Parameters.Add(new() { Value = Leader });
        var holder = await command.ExecuteScalarAsync(stopping) as int?;
        if (holder is { } pid && holder == _leaderless)
        {
            await using var end = _own.CreateCommand("select pg_terminate_backend($1)");
            end.Parameters.Add(new() { Value = pid });
            await end.ExecuteScalarAsync(stopping);
            LogLockEnded();
        }

        _leaderless = holder;
    }

    [LoggerMessage(
        LogLevel.Warning,
        "Node {Node} has been silent for too long: its work goes on elsewhere. {Count} of its sessions on "
            + "PostgreSQL were ended"
    )]
    private partial void LogGivenUp(Guid node, long count);

    [LoggerMessage(LogLevel.Warning, "The node that led is silent: its lock was ended, and another leads")]
    private partial void LogLockEnded();

    [LoggerMessage(
        LogLevel.Warning,
        "This node stood still, or could not reach the database, for longer than the others wait: what it was "
            + "doing may go on elsewhere"
    )]
    private partial void LogBack();

    [LoggerMessage(
        LogLevel.Warning, "A newer version keeps the read models: this node has handed its work over")]
    private partial void LogLeft();

    [LoggerMessage(LogLevel.Debug, "The other nodes do not hear this one")]
    private partial void LogNotHeard(Exception e);
}
