using System.Collections.ObjectModel;
using Messaging.Domain;
using Messaging.Projections.Storage;

namespace Messaging.Application.Commands;

/// <summary>
/// One command's view of the data that its batch has read and decided so far, and its own changes. These stay here
/// until the command is accepted, so that a refusal leaves nothing behind.
/// <para>
/// To a caller who is limited, what they may not see is not there, whatever the command: the one place that says so.
/// </para>
/// </summary>
/// <param name="person">The state of the caller's own stream; null when it is the product itself.</param>
internal sealed class UnitOfWork(CommandBatch batch, CommandExecution execution, object? person)
{
    private readonly bool _isLimited = Aggregates.IsLimited(person);
    private readonly List<(Guid Stream, object Event)> _events = [];
    private readonly Dictionary<Guid, object?> _states = [];
    private readonly HashSet<Guid> _held = [];
    private readonly List<Sql> _writes = [];
    private readonly List<Action> _changes = [];
    private Dictionary<int, Refusal>? _refusedAt;

    /// <summary>The organisation of the command.</summary>
    public string TenantId { get; } = execution.Command.Caller.TenantId;

    /// <summary>The database's clock when the batch was read, in UTC and whole microseconds.</summary>
    public DateTimeOffset Now => batch.Now;

    /// <summary>What a <see cref="BulkCommand"/> was refused for, by position.</summary>
    public IReadOnlyDictionary<int, Refusal> RefusedAt =>
        _refusedAt is null ? ReadOnlyDictionary<int, Refusal>.Empty : _refusedAt;

    /// <summary>
    /// An aggregate's state, with what earlier commands of the batch did; null when there is no such stream.
    /// </summary>
    public TState? State<TState>(Guid id)
        where TState : class => State(id) as TState;

    /// <summary>
    /// The state of a stream that the command changes nothing of, but that has to be the same when it is committed: who
    /// appends to it comes before or after, not in between.
    /// </summary>
    public TState? HeldState<TState>(Guid id)
        where TState : class
    {
        if (State<TState>(id) is not { } state) return null;
        _held.Add(id);
        return state;
    }

    /// <summary>True when the id already names a stream, of any kind.</summary>
    public bool IsStream(Guid id) => batch.Stream(TenantId, id).NextVersion > 0;

    /// <summary>The value looked up, with the changes of earlier commands of the batch.</summary>
    /// <returns>The type's default when there is nothing.</returns>
    public TValue? Find<TKey, TValue>(CommandLookup<TKey, TValue> lookup, TKey key)
        where TKey : notnull => batch.Values(lookup).Find(TenantId, key);

    /// <summary>Takes over a decision about one stream.</summary>
    /// <returns>The refusal, if it is one.</returns>
    public Refusal? Record<TEvent>(Guid id, Decision<TEvent> decision)
        where TEvent : class
    {
        if (decision is Decision<TEvent>.Rejected rejected) return rejected.Refusal;
        var events = ((Decision<TEvent>.Accepted)decision).Events;
        if (events.IsEmpty) return null;
        var state = State(id);
        foreach (var @event in events)
        {
            state = Aggregates.Of(@event).Evolve(state, id, @event);
            _events.Add((id, @event));
        }

        _states[id] = state;
        return null;
    }

    /// <summary>Takes over a write that is not an event: a statement of the transaction.</summary>
    public void Write(Sql statement) => _writes.Add(statement);

    /// <summary>Adds an amount to the row of a key, together with what others of the batch add.</summary>
    public void Add(BatchSum sum, Guid key, long amount) =>
        _changes.Add(() => batch.Add(sum, TenantId, key, amount));

    /// <summary>Sets the value that later commands of the batch look up.</summary>
    public void Set<TKey, TValue>(CommandLookup<TKey, TValue> lookup, TKey key, TValue value)
        where TKey : notnull => _changes.Add(() => batch.Values(lookup).Rows[(TenantId, key)] = value);

    /// <summary>
    /// Changes all values of the organisation that later commands of the batch have looked up.
    /// </summary>
    public void Revise<TKey, TValue>(CommandLookup<TKey, TValue> lookup, Func<TKey, TValue, TValue> change)
        where TKey : notnull =>
        _changes.Add(() =>
        {
            if (batch.ValuesIfAny(lookup)?.Rows is not { } rows) return;
            foreach (var (key, value) in rows.Where(r => r.Key.Tenant == TenantId).ToList())
                rows[key] = change(key.Key, value);
        });

    /// <summary>Refuses a bulk command for one of its conversations.</summary>
    public void RefuseAt(int position, Refusal refusal) => (_refusedAt ??= []).Add(position, refusal);

    /// <summary>Accepts the command: later commands of the batch see its changes, and they are committed.</summary>
    public void Accept()
    {
        foreach (var (stream, @event) in _events) batch.Stream(TenantId, stream).Pending.Add((@event, execution));
        foreach (var (stream, state) in _states) batch.Stream(TenantId, stream).State = state;
        foreach (var stream in _held) batch.Stream(TenantId, stream).IsHeld = true;
        if (person is not null) batch.Stream(TenantId, execution.Command.Caller.Actor.Id).IsOfCaller = true;
        foreach (var change in _changes) change();
        batch.Writes.AddRange(_writes);
        batch.AddReceipts(execution.Command);
    }

    private object? State(Guid id)
    {
        if (_states.TryGetValue(id, out var own)) return own;
        var state = batch.Stream(TenantId, id).State;
        return state is null || !_isLimited || MaySee(state) ? state : null;
    }

    // What decides on it is held, so that it is the same when the command is committed.
    private bool MaySee(object state)
    {
        if (!Aggregates.MaySee(person, state, StateOf)) return false;
        _held.Add(execution.Command.Caller.Actor.Id);
        if (Aggregates.CustomerOf(state) is { } of && batch.Has(TenantId, of)) _held.Add(of);
        return true;

        object? StateOf(Guid other) => batch.Has(TenantId, other) ? batch.Stream(TenantId, other).State : null;
    }
}
