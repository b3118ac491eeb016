using System.Diagnostics;
using System.Globalization;
using Messaging.Api.Hosting;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Projections.History;
using Messaging.Projections.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Messaging.Benchmarks.Scale;

/// <summary>
/// What a view of the past takes, beside reading the events of its page and all of those before it with Npgsql alone:
/// in turns, so that whatever else the machine does is shared.
/// </summary>
internal static class Replay
{
    private const int Page = 40;
    private const string Events =
        "select version, timestamp, data::text from messaging.mt_events where tenant_id = $1 and stream_id = $2 ";

    /// <summary>Measures in a conversation of its own in the directory, and prints a table.</summary>
    public static async Task RunAsync(string directory, int comments, int samples)
    {
        await using var server = await EmbeddedPostgres.StartAsync(
            new EmbeddedPostgresOptions(directory) { Durable = false, MayCreateDatabases = true }, NullLogger.Instance,
            CancellationToken.None);
        await using var database = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(Bench.Tuned(server.ConnectionString)) { MaxPoolSize = 1 }
                .ConnectionString);
        var (tenant, id) = (Guid.CreateVersion7().ToString(), Guid.CreateVersion7());
        var auditor = new Caller(tenant, new Actor.Auditor(Guid.CreateVersion7()));
        var latest = await WriteAsync(database, tenant, id, comments);
        var past = new PastConversations(database);
        var random = new Random(4711);
        var (views, pages, alls) = (new List<double>(), new List<double>(), new List<double>());
        for (var i = -20; i < samples; i++)
        {
            var version = random.Next(Page + 10, latest + 1);
            var view = await TimeAsync(() => ViewAsync(past, auditor, id, version));
            var page = await TimeAsync(() => ReadAsync(
                database, tenant, id,
                $"and type = 'comment_added' and version <= $3 order by version desc limit {Page}", version));
            if (i < 0) continue;
            views.Add(view);
            pages.Add(page);
            if (i % 10 == 0)
                alls.Add(await TimeAsync(() => ReadAsync(database, tenant, id, "and version <= $3", version)));
        }

        Console.WriteLine($"| {comments} comments, {Page} shown | p50 ms | p95 ms |\n| --- | ---: | ---: |");
        foreach (var (name, times) in ((string, List<double>)[])
            [("view of the past", views), ("events of the page", pages), ("all events before", alls)])
            Console.WriteLine($"| {name} | {At(times, 50)} | {At(times, 95)} |");
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"Ratio to the page's events: p50 {Of(views, 50) / Of(pages, 50):0.00}, p95 "
                    + $"{Of(views, 95) / Of(pages, 95):0.00}"));

        static string At(List<double> times, int percent) =>
            Of(times, percent).ToString("0.00", CultureInfo.InvariantCulture);
    }

    private static double Of(List<double> times, int percent) => times.Order().ElementAt(times.Count * percent / 100);

    private static async Task<double> TimeAsync(Func<Task> ask)
    {
        var begun = Stopwatch.GetTimestamp();
        await ask();
        return Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
    }

    private static async Task ViewAsync(PastConversations past, Caller caller, Guid id, int version)
    {
        var moment = new PastMoment(id, version, null);
        var then = (await past.AsOfAsync(caller, [moment], CancellationToken.None))[moment];
        var count = then.Header.CommentCount;
        var part = new PastPart(id, version, count - Page, Page, count);
        var shown = (await past.CommentsAsync(caller, [part], CancellationToken.None))[part];
        if (shown.Count != Page) throw new BenchmarkFailedException($"{shown.Count} comments at version {version}.");
    }

    private static async Task ReadAsync(NpgsqlDataSource database, string tenant, Guid id, string which, int version)
    {
        await using var command = database.CreateCommand(Events + which);
        foreach (var value in (object[])[tenant, id, version])
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            _ = (reader.GetInt64(0), reader.GetFieldValue<DateTimeOffset>(1), reader.GetString(2));
    }

    // Texts of a few sentences, a change of the status with every tenth and somebody responsible long ago.
    private static async Task<int> WriteAsync(NpgsqlDataSource database, string tenant, Guid id, int comments)
    {
        await using var store = ScaleSeed.OpenStore(database);
        await store.Storage.ApplyAllConfiguredChangesToDatabaseAsync();
        await store.UpgradeReadModelsAsync(database, CancellationToken.None);
        var (random, status) = (new Random(4711), ConversationStatus.Open);
        var vocabulary = new Vocabulary(random, 5_000);
        var by = new Participant(ParticipantKind.Administrator, Guid.CreateVersion7());
        var events = new List<ConversationEvent>
        {
            new ConversationCreated(Guid.CreateVersion7(), by, "Belege", status, by.Id, false),
        };
        for (var i = 0; i < comments; i++)
        {
            var sentences = Enumerable.Range(0, random.Next(1, 12)).Select(_ => vocabulary.Sentence().Text);
            var text = string.Join(' ', sentences);
            events.Add(new CommentAdded(Guid.CreateVersion7(), by, text, CommentVisibility.Public));
            if (i % 10 != 9) continue;
            var to = status == ConversationStatus.Open ? ConversationStatus.Answered : ConversationStatus.Open;
            events.Add(new StatusChanged(status, to, StatusChangeReason.SetByAdministrator));
            status = to;
        }

        var written = 0;
        foreach (var chunk in events.Chunk(1_000))
        {
            await using var session = store.LightweightSession(tenant);
            object[] stored = [.. chunk.Select(e => (object)e)];
            if (written == 0) session.Events.StartStream(id, stored);
            else session.Events.Append(id, written + stored.Length, stored);
            await session.SaveChangesAsync();
            written += stored.Length;
        }

        await using var vacuum = database.CreateCommand("vacuum analyze");
        await vacuum.ExecuteNonQueryAsync();
        return written;
    }
}
