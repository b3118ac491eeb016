using Messaging.Domain;

namespace Messaging.Application.Commands;

/// <summary>The data that the commands of a batch need to read before they are decided.</summary>
internal sealed class ReadSet
{
    private readonly Dictionary<CommandLookup, LookupKeys> _lookups = [];
    private readonly List<Command> _commands = [];
    private bool _isOptimistic = true;
    private string _tenant = "";

    private ReadSet()
    {
    }

    public HashSet<(string Tenant, Guid Id)> Streams { get; } = [];

    public HashSet<(string Tenant, Guid Id)> Receipts { get; } = [];

    /// <summary>The sessions that the commands come from.</summary>
    public HashSet<(string Tenant, Guid Id)> Sessions { get; } = [];

    /// <summary>The look-ups, in the order in which they are read.</summary>
    public IReadOnlyDictionary<CommandLookup, LookupKeys> Lookups => _lookups;

    /// <summary>
    /// True when the decisions depend on streams only: then the commit checks the cached states.
    /// </summary>
    public bool AllowsOptimisticDecision => _isOptimistic && _lookups.Count == 0;

    public static ReadSet Of(IReadOnlyList<CommandExecution> executions)
    {
        var reads = new ReadSet();
        foreach (var execution in executions) reads.Add(execution.Command);
        return reads;
    }

    /// <summary>Reads a stream of the organisation, whether there is one or not.</summary>
    public void Stream(Guid id) => Streams.Add((_tenant, id));

    /// <summary>Looks something up in the organisation, whether it is there or not.</summary>
    public void Lookup<TKey, TValue>(CommandLookup<TKey, TValue> lookup, params ReadOnlySpan<TKey> keys)
        where TKey : notnull
    {
        if (keys.IsEmpty) return;
        if (!_lookups.TryGetValue(lookup, out var all)) _lookups.Add(lookup, all = lookup.NewKeys());
        foreach (var key in keys) ((LookupKeys<TKey, TValue>)all).Add(_tenant, key);
    }

    /// <summary>Adds the streams that follow from the states that were read.</summary>
    /// <returns>Those that the batch does not have yet.</returns>
    public IReadOnlyCollection<(string Tenant, Guid Id)> Further(CommandBatch batch)
    {
        foreach (var command in _commands)
        {
            var tenant = _tenant = command.Caller.TenantId;
            command.ReadFurther(this, id => batch.Stream(tenant, id).State);
            if (command.HasHappened || command.Caller.Actor is Actor.System
                || !Aggregates.IsLimited(batch.Stream(tenant, command.Caller.Actor.Id).State))
                continue;

            // What a limited caller may know of depends on the customer that it is of.
            foreach (var stream in batch.Streams.Where(s => s.Tenant == tenant))
            {
                if (Aggregates.CustomerOf(stream.State) is { } customer) Stream(customer);
            }
        }

        return Streams.Count == batch.Streams.Count ? [] : [.. Streams.Where(s => !batch.Has(s.Tenant, s.Id))];
    }

    private void Add(Command command)
    {
        _commands.Add(command);
        _tenant = command.Caller.TenantId;
        foreach (var id in command.IdempotencyKeys) Receipts.Add((_tenant, id));
        if (!command.HasHappened)
        {
            if (command.Caller.Actor is not Actor.System) Stream(command.Caller.Actor.Id);
            if (command.Caller.SessionId is { } session) Sessions.Add((_tenant, session));
        }

        command.Read(this);
        _isOptimistic &= command.AllowsOptimisticDecision;
    }
}
