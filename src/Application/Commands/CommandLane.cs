using System.Data;
using System.Threading.Channels;
using Npgsql;

namespace Messaging.Application.Commands;

/// <summary>
/// Commands that wait for each other, and a connection for them alone: the one process of PostgreSQL that serves it has
/// its plans and catalogues at hand, and keeps its processor. The pool would take turns with all that are open.
/// </summary>
internal sealed class CommandLane(NpgsqlDataSource database) : IAsyncDisposable
{
    private const int BatchMaximum = 128;
    private const int WaitingMaximum = 8192;

    private readonly Channel<CommandExecution> _waiting =
        Channel.CreateBounded<CommandExecution>(new BoundedChannelOptions(WaitingMaximum) { SingleReader = true });

    private NpgsqlConnection? _connection;

    /// <summary>Waits while too many others do.</summary>
    /// <exception cref="ChannelClosedException">No more commands are taken.</exception>
    public ValueTask EnqueueAsync(CommandExecution execution, CancellationToken cancellation) =>
        _waiting.Writer.WriteAsync(execution, cancellation);

    /// <summary>Takes no more commands; those that wait are still handed out.</summary>
    public void Complete() => _waiting.Writer.TryComplete();

    /// <summary>
    /// Yields the waiting commands, each time there are some, until the lane is complete and empty. Withdrawn commands
    /// are left out.
    /// </summary>
    public async IAsyncEnumerable<IReadOnlyList<CommandExecution>> BatchesAsync()
    {
        var batch = new List<CommandExecution>(BatchMaximum);
        while (await _waiting.Reader.WaitToReadAsync(CancellationToken.None))
        {
            batch.Clear();
            while (batch.Count < BatchMaximum && _waiting.Reader.TryRead(out var next))
            {
                if (next.Cancellation.IsCancellationRequested)
                    next.Withdraw();
                else
                    batch.Add(next);
            }

            if (batch.Count > 0) yield return batch;
        }
    }

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
