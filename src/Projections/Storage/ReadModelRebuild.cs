using Marten;
using Npgsql;

namespace Messaging.Projections.Storage;

/// <summary>
/// A rebuild of the read models, from the moment from which nobody uses them any more. An interrupted rebuild leaves
/// them marked as incomplete, and starts again at the next start.
/// </summary>
public sealed class ReadModelRebuild : IAsyncDisposable
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_longestEnd = TimeSpan.FromSeconds(5);

    // Its session has the fence: what is done by it is done while that holds.
    private readonly NpgsqlConnection _connection;
    private readonly int? _before;

    private ReadModelRebuild(NpgsqlConnection connection, int? before) => (_connection, _before) = (connection, before);

    /// <summary>
    /// Keeps everybody from the read models: waits for the transactions that use them, and marks them as not complete.
    /// Readers without a transaction notice within a second.
    /// </summary>
    public static async Task<ReadModelRebuild> BeginAsync(NpgsqlDataSource database, CancellationToken cancellation)
    {
        var connection = await database.OpenConnectionAsync(cancellation);
        try
        {
            await ReadModelFence.TakeAsync(connection, cancellation);
            var before = await ReadModels.FormatAsync(connection, cancellation);
            await ReadModels.SetFormatAsync(connection, ReadModelProjection.NoFormat, cancellation);
            return new ReadModelRebuild(connection, before);
        }
        catch
        {
            await EndAsync(connection);
            throw;
        }
    }

    /// <summary>Carries it out.</summary>
    /// <param name="progress">Called with the progress, in percent of the events.</param>
    /// <param name="cancellation">Cuts it off.</param>
    /// <exception cref="NpgsqlException">The session that has the fence was lost, or the database is away.</exception>
    public async Task CarryOutAsync(IDocumentStore store, Action<int>? progress, CancellationToken cancellation)
    {
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var rebuilding = store.RebuildReadModelsAsync(cut.Token);
        try
        {
            while (await Task.WhenAny(rebuilding, Task.Delay(s_look, cancellation)) != rebuilding)
            {
                var percent = await ReadModels.PercentAsync(_connection, cancellation);
                progress?.Invoke(percent);
            }
        }
        catch
        {
            // Without the fence others may begin one.
            await cut.CancelAsync();
            await Task.WhenAny(rebuilding, Task.Delay(s_longestEnd, CancellationToken.None));
            throw;
        }

        await rebuilding;
        await ReadModels.SetFormatAsync(_connection, ReadModelProjection.Format, cancellation);
    }

    /// <summary>Cancels the rebuild before any change: the read models are again as they were.</summary>
    public async Task GiveUpAsync()
    {
        if (_before is { } before) await ReadModels.SetFormatAsync(_connection, before, CancellationToken.None);
    }

    /// <summary>Lets others use the read models, where they can be used.</summary>
    public async ValueTask DisposeAsync() => await EndAsync(_connection);

    private static async Task EndAsync(NpgsqlConnection connection)
    {
        await using var ended = connection;
        try
        {
            await ReadModelFence.ReleaseAsync(connection);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // The session was lost, and the lock with it; Npgsql says either.
        }
    }
}
