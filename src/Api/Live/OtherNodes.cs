using Messaging.Application;
using Npgsql;

namespace Messaging.Api.Live;

/// <summary>
/// Messages between nodes, by PostgreSQL's NOTIFY: each node hears all channels on one connection. A single node sends
/// nothing.
/// </summary>
public sealed partial class OtherNodes(NpgsqlDataSource database, LiveOptions options, ILogger<OtherNodes> logger)
    : BackgroundService
{
    /// <summary>Events were committed; says nothing more.</summary>
    public const string Events = "messaging_events";

    /// <summary>Channel of the people who are writing; see <see cref="Writing"/>.</summary>
    public const string Writers = "messaging_writers";

    /// <summary>Somebody's rights have changed: the organisation and the person, with a space between.</summary>
    public const string Rights = "messaging_rights";

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    /// <summary>A message from this node or another: the channel, and the text.</summary>
    public event Action<string, string>? Heard;

    /// <summary>True when there may be others.</summary>
    public bool Exist => options.SeveralNodes;

    /// <summary>Tells the other nodes. A node that is not connected at the moment misses it.</summary>
    /// <param name="what">At most 7,999 bytes; ids only, since every user of the database can hear it.</param>
    /// <returns>True when it was sent; the failure is in the log.</returns>
    public async Task<bool> TrySayAsync(string channel, string what, CancellationToken cancellation)
    {
        try
        {
            await using var command = database.CreateCommand("select pg_notify($1, $2)");
            command.Parameters.Add(new NpgsqlParameter { Value = channel });
            command.Parameters.Add(new NpgsqlParameter { Value = what });
            await command.ExecuteNonQueryAsync(cancellation);
            return true;
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            LogFailed(e);
            return false;
        }
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Exist ? Repeatedly.WithoutEndAsync(s_pause, ListenAsync, LogFailed, stoppingToken) : Task.CompletedTask;

    private async Task ListenAsync(CancellationToken stopping)
    {
        await using var connection = await database.OpenConnectionAsync(stopping);
        connection.Notification += OnNotification;
        await using (var command = new NpgsqlCommand($"listen {Events}; listen {Writers}; listen {Rights}", connection))
            await command.ExecuteNonQueryAsync(stopping);
        try
        {
            while (true) await connection.WaitAsync(stopping);
        }
        finally
        {
            // It goes back to the pool, which resets nothing.
            connection.Notification -= OnNotification;
            if (connection.State == System.Data.ConnectionState.Open)
            {
                await using var command = new NpgsqlCommand("unlisten *", connection);
                await command.ExecuteNonQueryAsync(CancellationToken.None);
            }
        }
    }

    private void OnNotification(object sender, NpgsqlNotificationEventArgs e) => Heard?.Invoke(e.Channel, e.Payload);

    [LoggerMessage(LogLevel.Warning, "Other nodes cannot be reached: the database does not answer")]
    private partial void LogFailed(Exception e);
}
