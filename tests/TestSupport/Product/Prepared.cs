using Messaging.TestSupport.Postgres;
using Messaging.TestSupport.Smtp;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace Messaging.TestSupport.Product;

/// <summary>
/// What the product makes at its first start, in a database and a data directory, once for each test process. Tests
/// begin with copies: to make it takes many times as long, and most tests are about something else. The mails of the
/// demo data have gone out.
/// </summary>
public sealed class Prepared
{
    private static readonly Lazy<Task<Prepared>> s_withDemoData = new(() => MakeAsync("Development"));
    private static readonly Lazy<Task<Prepared>> s_empty = new(() => MakeAsync("Testing"));

    private readonly TestDatabase _database;
    private readonly string _directory;

    private Prepared(TestDatabase database, string directory) => (_database, _directory) = (database, directory);

    /// <summary>A copy of the database, and of the data directory.</summary>
    /// <param name="hasDemoData">True for what a start in Development makes.</param>
    public static async Task<(TestDatabase Database, string Directory)> CopyAsync(bool hasDemoData)
    {
        var prepared = await (hasDemoData ? s_withDemoData : s_empty).Value;
        var directory = Directory.CreateTempSubdirectory("messaging-test-").FullName;
        foreach (var file in Directory.EnumerateFiles(prepared._directory, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(directory, Path.GetRelativePath(prepared._directory, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        return (await TestDatabase.CopyAsync(prepared._database), directory);
    }

    private static async Task<Prepared> MakeAsync(string environment)
    {
        var database = await TestDatabase.CreateAsync();
        var directory = Directory.CreateTempSubdirectory("messaging-test-").FullName;
        await using var mail = SmtpServer.Start();
        await using (
            var product = await Api.Hosting.Product.BuildAsync(["--environment", environment], builder =>
                builder.Configuration.AddInMemoryCollection(
                    RunningProduct.SettingsOf("http://127.0.0.1:0", database, directory, mail, environment))))
        {
            await product.StartAsync(CancellationToken.None);
            await using var connections = NpgsqlDataSource.Create(database.ConnectionString);
            await Waiting.UntilAsync(async () =>
            {
                await using var isDone = connections.CreateCommand(
                    """
                    select not exists (select from messaging.deliveries where sent_at is null and state <> 'NotNeeded')
                        and coalesce((select max(seq_id) from messaging.mt_events), 0) <= coalesce(
                            (select last_seq_id from messaging.mt_event_progression
                             where name = 'notifications:All'), 0)
                    """);
                return (bool)(await isDone.ExecuteScalarAsync())!;
            });
        }

        AppDomain.CurrentDomain.ProcessExit += (_, _) => Remove(database, directory);
        return new Prepared(database, directory);
    }

    private static void Remove(TestDatabase database, string directory)
    {
        Directory.Delete(directory, recursive: true);
        try
        {
            database.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
        catch (NpgsqlException)
        {
            // Its server was this process' own, and has ended.
        }
    }
}
