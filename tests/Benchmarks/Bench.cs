using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Messaging.Api.Hosting;
using Messaging.Benchmarks.Baseline;
using Messaging.Benchmarks.Wrk;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Messaging.Benchmarks;

/// <summary>The whole run.</summary>
internal sealed class Bench : IAsyncDisposable
{
    /// <summary>Tells the baseline its database.</summary>
    public const string BaselineConnection = "BENCH_BASELINE_CONNECTION";

    private const string Product = "Messaging.Api.dll";
    private const string Ready = "/health/ready";

    private const string PageQuery =
        """
        {
          conversations(first: 50) {
            nodes {
              id subject status awaiting updatedAt version
              customer { id name }
              responsibleAdministrator { id displayName }
              lastComment { id body createdAt author { __typename ... on Administrator { id displayName } ... on
                Contact { id displayName } } }
            }
            pageInfo { hasNextPage endCursor }
          }
        }
        """;

    // The goals of the first step, by scenario and connections.
    private static readonly Dictionary<(string, int), double> s_goals = new()
    {
        [(Options.AddComment, 16)] = 0.60,
        [(Options.AddComment, 64)] = 0.90,
        [(Options.Page, 16)] = 0.50,
    };

    // Who appends pays at most 3 % for the tree.
    private const double TreeGoal = 0.97;

    private const int TreeTurns = 3;

    private readonly Options _options;
    private readonly Report _report = new();
    private readonly string _directory = Directory.CreateTempSubdirectory("messaging-bench-").FullName;
    private EmbeddedPostgres _postgres = null!;
    private NpgsqlDataSource _database = null!;
    private PostgresProcesses _databaseProcesses = null!;
    private ChildProcess? _product;
    private ChildProcess? _baseline;
    private ProductClient _client = null!;
    private Seed _seed = null!;

    private Bench(Options options) => _options = options;

    private bool Wants(string scenario) => _options.Only.Contains(scenario);

    public static async Task<Report> RunAsync(Options options)
    {
        await using var bench = new Bench(options);
        if (bench.Wants(Options.Start)) await bench.MeasureStartAsync();
        if (options.Only.Any(o => o != Options.Start))
        {
            try
            {
                await bench.PrepareAsync();
                if (bench.Wants(Options.Page)) await bench.MeasurePageAsync();
                if (bench.Wants(Options.AddComment)) await bench.MeasureAddCommentAsync();
                if (bench.Wants(Options.Tree)) await bench.MeasureTreeAsync();
                if (bench.Wants(Options.Growth)) await bench.MeasureGrowthAsync();
                if (bench.Wants(Options.Subscribers)) await bench.MeasureSubscribersAsync();
                if (bench.Wants(Options.Log)) await bench.MeasureLogAsync();
            }
            catch (BenchmarkFailedException e)
            {
                throw new BenchmarkFailedException(
                    $"{e.Message}\nThe product said last:\n{bench._product?.LastLines}\nThe baseline:\n"
                        + $"{bench._baseline?.LastLines}"
                );
            }
        }

        return bench._report;
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (_product is not null) await _product.DisposeAsync();
        if (_baseline is not null) await _baseline.DisposeAsync();
        if (_database is not null) await _database.DisposeAsync();
        if (_postgres is not null) await _postgres.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    // With the PostgreSQL of its own, as on a fresh machine and as every time after that.
    private async Task MeasureStartAsync()
    {
        var settings = new Dictionary<string, string>
        {
            ["Messaging__DataDirectory"] = Path.Combine(_directory, "start"),
        };
        Say("first start");
        await using (var first = await ChildProcess.StartAsync(Product, Ready, settings))
            _report.Figures["first start until ready, with a new PostgreSQL (s)"] = first.UntilReady.TotalSeconds;
        Say("second start");
        await using var second = await ChildProcess.StartAsync(Product, Ready, settings);
        _report.Figures["start until ready (s)"] = second.UntilReady.TotalSeconds;
        await second.SettleAsync();
        _report.Figures["resident memory idle (MiB)"] = second.ResidentMiB();
    }

    private async Task PrepareAsync()
    {
        Say("PostgreSQL, product and baseline start");
        _postgres = await EmbeddedPostgres.StartAsync(
            new EmbeddedPostgresOptions(Path.Combine(_directory, "postgres")), NullLogger.Instance,
            CancellationToken.None);
        _database = NpgsqlDataSource.Create(_postgres.ConnectionString);
        _databaseProcesses = await PostgresProcesses.FindAsync(_database);
        var settings = new Dictionary<string, string>
        {
            ["ConnectionStrings__Messaging"] = _postgres.ConnectionString,
            ["Messaging__DataDirectory"] = Path.Combine(_directory, "data"),
            ["MESSAGING_OWNER_PASSWORD"] = ProductClient.OwnerPassword,
        };
        await ChildProcess.RunAsync(
            Product, settings, "create-organisation", "--name", "Kanzlei Sommer", "--email",
            "buchhaltung@kanzlei-sommer.example", "--owner-name", Seed.OwnerName, "--owner-email",
            ProductClient.OwnerEmail);
        settings.Remove("MESSAGING_OWNER_PASSWORD");

        // All load and all subscribers are one viewer here.
        settings["Messaging__GraphQL__MaxOperationsPerMinute"] = settings[
            "Messaging__GraphQL__MaxComplexityPerMinute"
        ] = $"{int.MaxValue}";
        settings["Messaging__GraphQL__MaxOperationsPerViewer"] = "256";
        settings["Messaging__GraphQL__MaxConnectionsPerViewer"] = settings[
            "Messaging__GraphQL__MaxSubscriptionsPerViewer"
        ] = $"{2 * Subscribers.Count}";
        _product = await ChildProcess.StartAsync(Product, Ready, settings);
        _client = new ProductClient(_product.Address);
        await _client.SignInAsync();

        Say($"{_options.Conversations} conversations");
        var administrators = new List<(Guid Id, string Name)>();
        for (var i = 1; i <= 4; i++)
        {
            var name = $"Bernd Winter {i}";
            administrators.Add(
                (await _client.InviteAdministratorAsync(name, $"bernd.winter{i}@kanzlei-sommer.example"), name));
        }

        _seed = Seed.Create(_options.Conversations, 10, administrators);
        await File.WriteAllLinesAsync(ConversationsFile, _seed.Conversations.Select(c => c.Id.ToString()));
        foreach (var (id, name) in _seed.Customers) await _client.RegisterCustomerAsync(id, name);
        await Parallel.ForEachAsync(
            _seed.Conversations, new ParallelOptions { MaxDegreeOfParallelism = 32 },
            async (conversation, _) => await _client.CreateAsync(conversation));
        await BaselineData.CreateAsync(_database, _seed);
        await using (var analyze = _database.CreateCommand("analyze")) await analyze.ExecuteNonQueryAsync();
        _baseline = await ChildProcess.StartAsync(
            "Messaging.Benchmarks.dll", "/ready",
            new Dictionary<string, string> { [BaselineConnection] = _postgres.ConnectionString }, "baseline");
        await _product.SettleAsync();
    }

    private async Task MeasurePageAsync()
    {
        var file = Path.Combine(_directory, "page.json");
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new { query = PageQuery }));
        await CheckPagesAreAlikeAsync();
        const string sign = "\"hasNextPage\":true";
        await CompareAsync(
            Options.Page,
            (duration, connections) =>
                WrkLoad.RunAsync(
                    _product!.Address, "page.lua", connections, duration, "/graphql", file, _client.Token, sign),
            (duration, connections) =>
                WrkLoad.RunAsync(_baseline!.Address, "page.lua", connections, duration, "/page", file, "-", sign)
        );
    }

    private async Task MeasureAddCommentAsync()
    {
        var (product, baseline) = (
            new Ledger("messaging.comments", "messaging.mt_events"),
            new Ledger("baseline.comments", "baseline.events"));
        await product.OpenAsync(_database);
        await baseline.OpenAsync(_database);
        await CompareAsync(
            Options.AddComment,
            async (duration, connections) =>
                product.Add(await WriteCommentsAsync(duration, connections), connections),
            async (duration, connections) =>
                baseline.Add(
                    await WrkLoad.RunAsync(
                        _baseline!.Address, "comment.lua", connections, duration, "/comment", NewRun(),
                        ConversationsFile, "-", "plain"),
                    connections
                )
        );
        await product.CloseAsync(_database);
        await baseline.CloseAsync(_database);
    }

    // What who appends pays for the tree that proves events: turns with it, and turns in which nobody adds to it, since
    // a session from outside holds its progress. What was left undone is caught up with between them.
    private async Task MeasureTreeAsync()
    {
        foreach (var connections in (int[])[1, 16, 64])
        {
            Say($"the tree's price at {connections} connections");
            await WriteCommentsAsync(_options.WarmUp, connections);
            await _product!.SettleAsync();
            var rounds = new List<(LoadResult With, LoadResult Without)>();
            for (var i = 0; i < TreeTurns * _options.Rounds; i++)
            {
                LoadResult? with = null, without = null;
                foreach (var hasTree in (bool[])[i % 2 == 0, i % 2 != 0])
                {
                    if (hasTree) with = await TurnAsync(connections);
                    else without = await WithoutTreeAsync(() => TurnAsync(connections));
                    await CaughtUpAsync();
                    await _product.SettleAsync();
                }

                rounds.Add((with!, without!));
            }

            // It is less than turns differ: what tells is the mean of many, and how far it may be off.
            var ratio = Keep("time", Ratio);
            Keep("processor time", r => Cpu(r.Without) / Cpu(r.With));
            rounds = [.. rounds.OrderBy(Ratio)];
            var middle = rounds[rounds.Count / 2];
            _report.Comparisons.Add(new Comparison(
                "addComment, to itself without the tree", connections, middle.With, middle.Without,
                ratio, Ratio(rounds[0]), Ratio(rounds[^1]), TreeGoal));

            double Keep(string what, Func<(LoadResult With, LoadResult Without), double> of)
            {
                var logs = rounds.ConvertAll(r => Math.Log(of(r)));
                var (mean, n) = (logs.Average(), rounds.Count);
                var error = n < 2 ? 0 : Math.Sqrt(logs.Sum(l => (l - mean) * (l - mean)) / (n - 1) / n);
                var paid = $"{what} that the tree costs, {connections} connections";
                _report.Figures[$"{paid}, mean of {n} rounds (%)"] = 100 * (Math.Exp(-mean) - 1);
                _report.Figures[$"{paid}, standard error (%)"] = 100 * error;
                return Math.Exp(mean);
            }
        }

        static double Ratio((LoadResult With, LoadResult Without) round) =>
            round.With.PerSecond / round.Without.PerSecond;

        static double Cpu(LoadResult result) => result.ServerCpu + result.DatabaseCpu;

        Task<LoadResult> TurnAsync(int connections) =>
            WithCpuAsync(_product!, () => WriteCommentsAsync(_options.Each, connections));

        async Task<LoadResult> WithoutTreeAsync(Func<Task<LoadResult>> turn)
        {
            await using var connection = await _database.OpenConnectionAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            await using var hold = new NpgsqlCommand("select from messaging.audit_progress for update", connection);
            await hold.ExecuteNonQueryAsync();
            var result = await turn();
            await transaction.RollbackAsync();
            return result;
        }

        async Task CaughtUpAsync()
        {
            await using var left = _database.CreateCommand(
                "select (select max(seq_id) from messaging.mt_events) > "
                    + "(select max(seq_id) from messaging.audit_progress)");
            while ((bool)(await left.ExecuteScalarAsync())!) await Task.Delay(50);
        }
    }

    // The ids of the seed's, a line each, for wrk.
    private string ConversationsFile => Path.Combine(_directory, "conversations.txt");

    private Task<LoadResult> WriteCommentsAsync(TimeSpan duration, int connections) =>
        WrkLoad.RunAsync(
            _product!.Address, "comment.lua", connections, duration, "/graphql", NewRun(), ConversationsFile,
            _client.Token, "graphql");

    private static string NewRun() => Random.Shared.Next().ToString("x8", CultureInfo.InvariantCulture);

    private async Task CompareAsync(
        string name, Func<TimeSpan, int, Task<LoadResult>> onProduct, Func<TimeSpan, int, Task<LoadResult>> onBaseline)
    {
        foreach (var connections in (int[])[1, 16, 64])
        {
            Say($"{name} at {connections} connections");
            await onProduct(_options.WarmUp, connections);
            await _product!.SettleAsync();
            await onBaseline(_options.WarmUp, connections);
            var rounds = new List<(LoadResult Product, LoadResult Baseline)>();
            for (var i = 0; i < _options.Rounds; i++)
            {
                var (product, peak) = await _product.WatchAsync(
                    WithCpuAsync(_product, () => onProduct(_options.Each, connections)));
                var settled = await _product.SettleAsync();
                Keep($"resident memory under load, {name} (MiB)", peak);
                Keep($"busy after the load, {name} (s)", settled.TotalSeconds);
                rounds.Add((product, await WithCpuAsync(_baseline!, () => onBaseline(_options.Each, connections))));
            }

            rounds = [.. rounds.OrderBy(Ratio)];
            var middle = rounds[rounds.Count / 2];
            _report.Comparisons.Add(new Comparison(
                name, connections, middle.Product, middle.Baseline, Ratio(middle), Ratio(rounds[0]), Ratio(rounds[^1]),
                s_goals.TryGetValue((name, connections), out var goal) ? goal : null));
        }

        static double Ratio((LoadResult Product, LoadResult Baseline) round) =>
            round.Product.PerSecond / round.Baseline.PerSecond;

        void Keep(string figure, double value) =>
            _report.Figures[figure] = Math.Max(value, _report.Figures.GetValueOrDefault(figure));
    }

    private async Task<LoadResult> WithCpuAsync(ChildProcess server, Func<Task<LoadResult>> load)
    {
        var (serverBefore, databaseBefore) = (server.ProcessorTime, _databaseProcesses.ProcessorTime);
        var result = await load();
        return result with
        {
            ServerCpu = (server.ProcessorTime - serverBefore).TotalMicroseconds / result.Acknowledged,
            DatabaseCpu = (_databaseProcesses.ProcessorTime - databaseBefore).TotalMicroseconds / result.Acknowledged,
        };
    }

    // Rounds of one comment in a conversation of each length, so that whatever else happens on the machine falls on all
    // of them alike.
    private async Task MeasureGrowthAsync()
    {
        Say("conversations of 10, 1,000 and 10,000 comments");
        int[] sizes = [10, 1_000, 10_000];
        var conversations = new List<List<Guid>>();
        foreach (var size in sizes)
        {
            // A short one would not stay short: each gets ten comments only.
            var many = Enumerable
                .Range(0, size == 10 ? (_options.GrowthSamples + 9) / 10 : 1)
                .Select(_ => New())
                .ToList();
            foreach (var conversation in many)
            {
                await _client.CreateAsync(conversation);
                var missing = Enumerable
                    .Range(0, size - conversation.Comments.Count)
                    .Select(i => (Guid.CreateVersion7(), $"Nachricht {i}"))
                    .Chunk(100);
                await Parallel.ForEachAsync(
                    missing, new ParallelOptions { MaxDegreeOfParallelism = 16 },
                    async (some, _) => await _client.AddCommentsAsync(conversation.Id, some));
            }

            conversations.Add(many.ConvertAll(c => c.Id));
        }

        await _product!.SettleAsync();
        var times = sizes.Select(_ => new List<double>()).ToArray();
        for (var sample = -50; sample < _options.GrowthSamples; sample++)
        {
            for (var i = 0; i < sizes.Length; i++)
            {
                var id = conversations[i][Math.Max(sample, 0) / 10 % conversations[i].Count];
                if (sample < 0) id = _seed.Conversations[-sample % _seed.Conversations.Count].Id;
                var before = Stopwatch.GetTimestamp();
                await _client.AddCommentAsync(id, "Guten Tag, die Belege für Oktober sind vollständig.");
                if (sample >= 0) times[i].Add(Stopwatch.GetElapsedTime(before).TotalMilliseconds);
            }
        }

        for (var i = 0; i < sizes.Length; i++)
        {
            times[i].Sort();
            _report.Growth.Add(
                new GrowthStep(sizes[i], times[i][times[i].Count / 2], times[i][times[i].Count * 99 / 100]));
        }

        SeedConversation New() => _seed.Conversations[0] with
        {
            Id = Guid.CreateVersion7(),
            Comments = [.. Enumerable.Range(1, 10).Select(i => (Guid.CreateVersion7(), $"Nachricht {i}"))],
        };
    }

    // What idle subscribers cost, and how long one comment takes to reach all of them.
    private async Task MeasureSubscribersAsync()
    {
        Say($"{Subscribers.Count} subscribers");
        await _product!.SettleAsync();
        var before = _product.ResidentMiB();
        await using var subscribers = await Subscribers.OpenAsync(_product.Address, _client.Token);
        await _product.SettleAsync();
        _report.Figures[$"{Subscribers.Count} idle subscribers (MiB)"] = _product.ResidentMiB() - before;
        var times = await subscribers.TellAsync(() =>
            _client.AddCommentAsync(_seed.Conversations[0].Id, "Guten Tag, die Belege für Oktober sind vollständig.")
        );
        times.Sort();
        _report.Figures["a comment at half of them after (ms)"] = times[times.Count / 2].TotalMilliseconds;
        _report.Figures["at all of them after (ms)"] = times[^1].TotalMilliseconds;
    }

    private async Task MeasureLogAsync()
    {
        Say("downloads, and the log of everything");

        // So small that it makes no difference that one request gets it, and the other one its headers only.
        var path = await _client.AttachAsync(_seed.Conversations[0].Id, "Beleg.txt", "Bezahlt am 5. Mai."u8.ToArray());
        var samples = 4 * _options.GrowthSamples;
        const int warmUp = 50;
        await LogWait.MeasureAsync(_product!.Address, _client.Token, path, 1, warmUp);
        await MeasureAsync("one after the other", 1);
        await MeasureAsync("16 at once", 16);
        using (var done = new CancellationTokenSource())
        {
            var comments = WriteAsync(done.Token);
            await MeasureAsync("4 at once, beside 4 connections that write comments", 4);
            await done.CancelAsync();
            await comments;
        }

        // What was not waited for is written a moment later.
        var expected = warmUp + _report.LogWaits.Sum(w => w.Recorded.Count);
        for (var i = 0; i < 100 && await RecordedAsync() < expected; i++) await Task.Delay(100);
        if (await RecordedAsync() is var written && written != expected)
            throw new BenchmarkFailedException($"Of {expected} downloads {written} are in the log.");

        async Task MeasureAsync(string beside, int clients)
        {
            var (logged, others) = await LogWait.MeasureAsync(
                _product!.Address, _client.Token, path, clients, samples);
            _report.LogWaits.Add(new LogWaitStep(beside, logged, others));
        }

        async Task WriteAsync(CancellationToken done)
        {
            while (!done.IsCancellationRequested) await WriteCommentsAsync(_options.Each, 4);
        }

        async Task<long> RecordedAsync()
        {
            await using var command = _database.CreateCommand(
                "select count(*) from messaging.mt_events where type = 'file_downloaded'");
            return (long)(await command.ExecuteScalarAsync())!;
        }
    }

    // A baseline that wrote less would be no measure.
    private async Task CheckPagesAreAlikeAsync()
    {
        var product = (await _client.AskAsync(PageQuery)).GetProperty("conversations");
        using var http = new HttpClient { BaseAddress = _baseline!.Address };
        using var answer = await http.PostAsync(new Uri("/page", UriKind.Relative), null);
        using var document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        var baseline = document.RootElement.GetProperty("data").GetProperty("conversations");
        foreach (var page in (JsonElement[])[product, baseline])
        {
            if (page.GetProperty("nodes").GetArrayLength() != 50)
                throw new BenchmarkFailedException("A page has 50 conversations.");
        }

        var shapes = new[] { product, baseline }
            .Select(p => string.Join('\n', p.GetProperty("nodes").EnumerateArray().Select(Shape).Distinct().Order()))
            .ToArray();
        if (shapes[0] != shapes[1])
            throw new BenchmarkFailedException($"The pages differ:\n{shapes[0]}\n{shapes[1]}");
    }

    private static string Shape(JsonElement element) =>
        element.ValueKind switch
        {
            JsonValueKind.Object => "{"
                + string.Join(' ', element.EnumerateObject().Select(p => p.Name + Shape(p.Value)))
                + "}",
            JsonValueKind.Null => "-",
            _ => "",
        };

    /// <summary>A connection string as the product uses it.</summary>
    public static string Tuned(string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString)
        {
            MaxAutoPrepare = 100,
            AutoPrepareMinUsages = 2,
            NoResetOnClose = true,
        }.ConnectionString;

    private static void Say(string what) => Console.Error.WriteLine($"… {what}");

    /// <summary>Compares what was acknowledged with what is there.</summary>
    private sealed class Ledger(string comments, string events)
    {
        private (long Comments, long Events) _before;
        private long _acknowledged;
        private long _mayBeInFlight;

        public async Task OpenAsync(NpgsqlDataSource database) => _before = await CountAsync(database);

        public LoadResult Add(LoadResult result, int connections)
        {
            _acknowledged += result.Acknowledged;
            _mayBeInFlight += connections;
            return result;
        }

        // At the end of each load one request per connection is cut off, which may have been carried out.
        public async Task CloseAsync(NpgsqlDataSource database)
        {
            var now = await CountAsync(database);
            var (written, appended) = (now.Comments - _before.Comments, now.Events - _before.Events);
            if (written != appended || written < _acknowledged || written > _acknowledged + _mayBeInFlight)
            {
                throw new BenchmarkFailedException(
                    $"{_acknowledged} comments were acknowledged, at most {_mayBeInFlight} cut off, {written} "
                        + $"are in {comments} and {appended} events in {events}."
                );
            }
        }

        private async Task<(long Comments, long Events)> CountAsync(NpgsqlDataSource database)
        {
            await using var command = database.CreateCommand(
                $"select (select count(*) from {comments}), (select count(*) from {events})");
            await using var reader = await command.ExecuteReaderAsync();
            await reader.ReadAsync();
            return (reader.GetInt64(0), reader.GetInt64(1));
        }
    }
}
