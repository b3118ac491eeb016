using System.Diagnostics;
using Messaging.Faults.Load;
using Messaging.TestSupport.Postgres;
using Messaging.TestSupport.Product;
using Messaging.TestSupport.Smtp;

namespace Messaging.Faults.Campaigns;

/// <summary>
/// What a campaign works with: a database, a mail server, nodes of the product, clients, and the oracle.
/// </summary>
internal sealed class Trial(Options options, Outcome outcome, Action<string> say) : IAsyncDisposable
{
    private static readonly TimeSpan s_longestAnswer = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_longestQuiet = TimeSpan.FromMinutes(5);

    private readonly string _directory = Directory.CreateTempSubdirectory("messaging-faults-").FullName;
    private Ledger? _ledger;

    public Outcome Outcome => outcome;

    public bool IsShort => options.IsShort;

    /// <summary>When faults happen; the same for the same seed.</summary>
    public Random Random { get; } = new(options.Seed);

    public string ScratchDirectory => _directory;

    public SmtpServer Mail { get; } =
        SmtpServer.Start(new SmtpServerOptions { MaxMessages = 1_000_000, MaxSessions = 1_000 });

    /// <summary>The database that is somebody else's; null when the product has one of its own.</summary>
    public ExternalPostgres? Postgres { get; private set; }

    public List<ProductProcess> Nodes { get; } = [];

    public ProductProcess Node => Nodes[0];

    public Clients Clients { get; private set; } = null!;

    public Ledger Ledger => _ledger!;

    public void Say(string line) => say(line);

    /// <summary>How many: many, or, in the short form, few.</summary>
    public int Number(int many, int few) => IsShort ? few : many;

    /// <summary>The rounds of a campaign: so many, in the short form few, else for as long as was asked for.</summary>
    public IEnumerable<int> Rounds(int many, int few = 1)
    {
        var clock = Stopwatch.StartNew();
        for (var round = 0; IsMore(round); round++) yield return round;

        bool IsMore(int round) => IsShort ? round < few
            : options.Longest is { } longest ? round == 0 || clock.Elapsed < longest
            : round < many;
    }

    /// <summary>How long: as it is, or, in the short form, shorter.</summary>
    public TimeSpan Long(double seconds, double shorter) => TimeSpan.FromSeconds(IsShort ? shorter : seconds);

    /// <summary>How long a fault lasts that lasts as long as was asked for; null: nothing was.</summary>
    public TimeSpan? Longest => IsShort ? null : options.Longest;

    /// <summary>A moment within so many seconds, by the seed.</summary>
    public Task RandomMomentAsync(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds * Random.NextDouble()));

    /// <summary>Starts a database of somebody else's.</summary>
    public async Task StartPostgresAsync(string? directory = null, Dictionary<string, string>? environment = null) =>
        Postgres = await ExternalPostgres.StartAsync(directory ?? Path.Combine(_directory, "postgres"), environment);

    /// <summary>Starts a node, the first with the demo data.</summary>
    /// <param name="environment">Settings beside those that every campaign needs.</param>
    /// <param name="ready">Whether to start it and to wait until it is ready; else it is only made.</param>
    public async Task<ProductProcess> StartNodeAsync(Dictionary<string, string>? environment = null, bool ready = true)
    {
        var data = Path.Combine(_directory, "data");
        Directory.CreateDirectory(data);
        var all = new Dictionary<string, string>
        {
            ["ConnectionStrings__Messaging"] = Postgres?.ConnectionString ?? "",
            ["Messaging__DataDirectory"] = data,
            ["Messaging__Database__AllowUnsafeDurability"] = "false",

            // The load is a few people's, each of whom types like a hundred.
            ["Messaging__GraphQL__MaxOperationsPerMinute"] = $"{int.MaxValue}",
            ["Messaging__GraphQL__MaxComplexityPerMinute"] = $"{int.MaxValue}",
            ["Messaging__Auth__SignInAttempts"] = "100000",
            ["Logging__LogLevel__Default"] = "Warning",
        };
        foreach (var (name, value) in environment ?? []) all[name] = value;
        var node = await ProductProcess.CreateAsync(all, Mail, options.Product);
        Nodes.Add(node);
        if (ready) await node.StartAgainAsync();
        return node;
    }

    /// <summary>Lets the clients begin.</summary>
    /// <param name="nodes">Whom they ask; null: all nodes.</param>
    public async Task StartClientsAsync(Behaviour? behaviour = null, IReadOnlyList<ProductProcess>? nodes = null)
    {
        _ledger = new Ledger(Path.Combine(_directory, $"ledger-{Guid.NewGuid():N}"));
        List<string> addresses = [.. (nodes ?? Nodes).Select(node => node.Address)];
        Clients = await Clients.StartAsync(addresses, _ledger, options.Seed, behaviour ?? Behaviour.Busy);
        await Task.Delay(TimeSpan.FromSeconds(2));
    }

    /// <summary>Waits until clients are served again, and notes how long that took.</summary>
    public async Task RecoverAsync(TimeSpan longest, string what = "Clients were served again")
    {
        var took = await Clients.UntilNextAcknowledgementAsync(s_longestAnswer + longest);
        outcome.Recovered(took, longest, what);
        Say($"{what} after {took.TotalSeconds:0.0} s");
    }

    /// <summary>Waits until what has been written so far is planned: who is to be told of it.</summary>
    /// <returns>How long that took.</returns>
    public async Task<TimeSpan> PlannedAsync(TimeSpan longest)
    {
        var clock = Stopwatch.StartNew();
        var target = await Postgres!.CountAsync("select coalesce(max(seq_id), 0) from messaging.mt_events");
        while (
            await Postgres.CountAsync(
                "select coalesce(max(last_seq_id), 0) from messaging.mt_event_progression where name = "
                    + "'notifications:All'"
            ) < target
        )
        {
            if (clock.Elapsed > longest)
                throw new TimeoutException($"Nothing is planned for {longest.TotalSeconds} s.");
            await Task.Delay(50);
        }

        return clock.Elapsed;
    }

    /// <summary>Waits until the mails that there are now have gone out.</summary>
    /// <returns>How long that took.</returns>
    public async Task<TimeSpan> SentAsync(TimeSpan longest)
    {
        var clock = Stopwatch.StartNew();
        var now = await Postgres!.CountAsync("select (extract(epoch from clock_timestamp()) * 1000)::bigint");
        while (await Postgres.CountAsync(
            $"""
             select count(*) from messaging.deliveries
             where sent_at is null and state in ('Pending', 'Sending') and created_at < to_timestamp({now} / 1000.0)
             """) > 0)
        {
            if (clock.Elapsed > longest) throw new TimeoutException($"Mails wait for {longest.TotalSeconds} s.");
            await Task.Delay(50);
        }

        return clock.Elapsed;
    }

    /// <summary>Lets everything come to an end, and compares.</summary>
    /// <param name="quiet">How long planning and mails may take.</param>
    public async Task CompareAsync(TimeSpan? quiet = null)
    {
        await Clients.StopAsync(s_longestAnswer);
        foreach (var complaint in Clients.Complaints.Take(10)) outcome.Broken.Add(complaint);
        var findings = new Findings();
        var database = Postgres?.ConnectionString ?? OwnConnectionString();
        var oracle = new Oracle(database, Mail);
        var clock = Stopwatch.StartNew();
        await oracle.SettleAsync(findings, quiet ?? s_longestQuiet);
        if (clock.Elapsed > TimeSpan.FromSeconds(20))
            outcome.Notes.Add($"all mails out after {clock.Elapsed.TotalSeconds:0} s");
        await oracle.CompareAsync(Ledger, findings);
        outcome.Acknowledged += Ledger.Acknowledged;
        outcome.Add(findings);
    }

    /// <summary>Compares the read models alone, of a product that does not run.</summary>
    public async Task CompareReadModelsAsync(string? connectionString = null)
    {
        var findings = new Findings();
        await new Oracle(connectionString ?? Postgres!.ConnectionString, Mail).CompareReadModelsAsync(findings);
        outcome.Add(findings);
    }

    public async ValueTask DisposeAsync()
    {
        if (Clients is not null) await Clients.DisposeAsync();
        foreach (var node in Nodes)
        {
            if (node.IsRunning) await node.SignalAsync("CONT");
            await node.DisposeAsync();
        }

        if (Postgres is not null) await Postgres.DisposeAsync();
        await Mail.DisposeAsync();
        _ledger?.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    // As the product's own tells nobody its port.
    private string OwnConnectionString()
    {
        var own = Path.Combine(Node.DataDirectory, "postgres");
        var port = File.ReadLines(Path.Combine(own, "data", "postmaster.pid")).ElementAt(3);
        var password = File.ReadAllText(Path.Combine(own, "password")).Trim();
        return $"Host=127.0.0.1;Port={port};Username=messaging;Database=messaging;Password={password}";
    }
}
