using Npgsql;

namespace Messaging.TestSupport.Product;

/// <summary>Whether everybody who is to be told was.</summary>
public static class Told
{
    /// <summary>Waits until all that has happened is planned and no mail is to be sent any more.</summary>
    public static async Task UntilAllAsync(string connectionString)
    {
        await using var database = NpgsqlDataSource.Create(connectionString);
        await using var told = database.CreateCommand(
            """
            select (select max(last_seq_id) from messaging.mt_event_progression where name = 'notifications:All')
                = (select max(seq_id) from messaging.mt_events)
                and not exists (select from messaging.deliveries
                    where sent_at is null and state not in ('Failed', 'NotNeeded'))
            """);
        await Waiting.UntilAsync(
            async () => await told.ExecuteScalarAsync() is true, TimeSpan.FromSeconds(60));
    }
}
