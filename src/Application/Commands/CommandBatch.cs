using Marten;
using Messaging.Domain;
using Messaging.Projections.Storage;

namespace Messaging.Application.Commands;

/// <summary>
/// The commands that commit together: the data read for them, and their decisions so far. <see cref="CommandHandler"/>
/// fills it and writes it.
/// </summary>
internal sealed class CommandBatch
{
    private readonly Dictionary<(string Tenant, Guid Id), StreamInBatch> _streams = [];
    private readonly Dictionary<CommandLookup, LookupValues> _lookups = [];
    private readonly Dictionary<(string Tenant, Guid Id), byte[]> _receipts = [];
    private readonly HashSet<(string Tenant, Guid Id)> _sessions = [];

    /// <summary>The database's clock when it was read, in UTC and whole microseconds.</summary>
    public DateTimeOffset Now { get; set; }

    /// <summary>True when it was filled from the cache: the commit then checks every stream that was read.</summary>
    public bool IsFromCache { get; init; }

    public IReadOnlyCollection<StreamInBatch> Streams => _streams.Values;

    /// <summary>The sessions that last, as far as was read, or that the cache takes to last.</summary>
    public HashSet<(string Tenant, Guid Id)> Sessions => _sessions;

    public List<Sql> Writes { get; } = [];

    public Dictionary<BatchSum, Dictionary<(string Tenant, Guid Key), long>> Sums { get; } = [];

    public List<(string Tenant, Guid Id, byte[] Fingerprint)> NewReceipts { get; } = [];

    /// <summary>True when accepted commands left anything to write.</summary>
    public bool HasWork => Writes.Count > 0 || NewReceipts.Count > 0 || _streams.Values.Any(s => s.Pending.Count > 0);

    public void Add(StreamInBatch stream) => _streams.Add((stream.Tenant, stream.Id), stream);

    public void Add(CommandLookup lookup, LookupValues values) => _lookups.Add(lookup, values);

    public void AddReceipt(string tenant, Guid id, byte[] fingerprint) => _receipts.Add((tenant, id), fingerprint);

    // A stream that the command did not name is a bug of the command, and must show before anything of it counts.
    public StreamInBatch Stream(string tenant, Guid id) => _streams[(tenant, id)];

    public bool Has(string tenant, Guid id) => _streams.ContainsKey((tenant, id));

    public LookupValues<TKey, TValue> Values<TKey, TValue>(CommandLookup<TKey, TValue> lookup)
        where TKey : notnull =>
        ValuesIfAny(lookup)
        ?? throw new InvalidOperationException($"The command did not say that it uses {lookup.GetType().Name}.");

    public LookupValues<TKey, TValue>? ValuesIfAny<TKey, TValue>(CommandLookup<TKey, TValue> lookup)
        where TKey : notnull => (LookupValues<TKey, TValue>?)_lookups.GetValueOrDefault(lookup);

    public void Add(BatchSum sum, string tenant, Guid key, long amount)
    {
        if (!Sums.TryGetValue(sum, out var amounts)) Sums.Add(sum, amounts = []);
        amounts[(tenant, key)] = amounts.GetValueOrDefault((tenant, key)) + amount;
    }

    /// <summary>The receipt of an id, also by an earlier command of the batch; null when the id is unused.</summary>
    public byte[]? Receipt(string tenant, Guid id) => _receipts.GetValueOrDefault((tenant, id));

    public void AddReceipts(Command command)
    {
        if (command.IdempotencyKeys is not { Count: > 0 } ids) return;
        var fingerprint = command.Fingerprint();
        foreach (var id in ids)
        {
            if (_receipts.TryAdd((command.Caller.TenantId, id), fingerprint))
                NewReceipts.Add((command.Caller.TenantId, id, fingerprint));
        }
    }

    /// <summary>True when the caller's session lasts, or the token belongs to none.</summary>
    public bool SessionLasts(Caller caller) =>
        caller.SessionId is not { } session || _sessions.Contains((caller.TenantId, session));
}

/// <summary>A stream that commands of a batch name, and the events that they append to it.</summary>
internal sealed class StreamInBatch(string tenant, Guid id)
{
    public string Tenant { get; } = tenant;

    public Guid Id { get; } = id;

    /// <summary>The state with the events accepted so far; null when there is no such stream.</summary>
    public object? State { get; set; }

    /// <summary>The version in the database; 0 when there is no such stream.</summary>
    public long Version { get; set; }

    /// <summary>The version with the events accepted so far.</summary>
    public long NextVersion => Version + Pending.Count;

    /// <summary>True when the decision holds only while the stream is as it was read.</summary>
    public bool IsHeld { get; set; }

    /// <summary>True when it is the stream of somebody whose command was accepted.</summary>
    public bool IsOfCaller { get; set; }

    public List<(object Event, CommandExecution By)> Pending { get; } = [];

    /// <summary>Adds to the state of a snapshot what happened after it.</summary>
    /// <param name="snapshot">The version of the snapshot; 0 without one.</param>
    public async Task ReplayAsync(IDocumentStore store, long snapshot, CancellationToken cancellation)
    {
        await using var session = store.LightweightSession(Tenant);
        foreach (var e in await session.Events.FetchStreamAsync(Id, fromVersion: snapshot + 1, token: cancellation))
        {
            State = Aggregates.Of(e.Data).Evolve(State, Id, e.Data);
            Version = e.Version;
        }
    }
}
