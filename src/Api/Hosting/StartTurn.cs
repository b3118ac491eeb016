using Messaging.Domain;
using Npgsql;

namespace Messaging.Api.Hosting;

/// <summary>
/// The turn of one process among all that start on a database at the same moment: one after the other creates tables,
/// rebuilds read models and writes demo data, and later ones find them done.
/// </summary>
internal sealed class StartTurn : IAsyncDisposable
{
    // An arbitrary number that nobody else locks: the bytes of "messagin".
    [Stored("lock_of_start")]
    private const long Key = 0x6d6573736167696e;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    private readonly NpgsqlConnection _connection;

    private StartTurn(NpgsqlConnection connection) => _connection = connection;

    /// <summary>Waits for it.</summary>
    /// <param name="waiting">Is called once when there is somebody to wait for.</param>
    public static async Task<StartTurn> TakeAsync(
        NpgsqlDataSource database, Action waiting, CancellationToken cancellation)
    {
        var connection = await database.OpenConnectionAsync(cancellation);
        try
        {
            await using var command = new NpgsqlCommand($"select pg_try_advisory_lock({Key})", connection);
            for (var isSaid = false; await command.ExecuteScalarAsync(cancellation) is not true; isSaid = true)
            {
                if (!isSaid) waiting();
                await Task.Delay(s_pause, cancellation);
            }

            return new StartTurn(connection);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Leaves it to the next. A process that ends without a word leaves it too.</summary>
    public async ValueTask DisposeAsync()
    {
        await using var connection = _connection;
        try
        {
            await using var command = new NpgsqlCommand($"select pg_advisory_unlock({Key})", connection);
            await command.ExecuteScalarAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // The connection was lost, and the lock with it; Npgsql says either.
        }
    }
}
