using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Commands;

/// <summary>Data that commands look up by a key, beside streams.</summary>
internal abstract class CommandLookup
{
    private protected CommandLookup()
    {
    }

    internal abstract LookupKeys NewKeys();
}

/// <summary>
/// Data that commands look up by a key of their organisation, beside streams. The feature that owns it has the only
/// instance, with its statement; a command names the keys (<see cref="ReadSet.Lookup"/>) and finds the values
/// (<see cref="UnitOfWork.Find"/>), with what earlier commands of its batch changed. All commands of a batch are looked
/// up for at once, so keys come with their tenants.
/// </summary>
internal abstract class CommandLookup<TKey, TValue> : CommandLookup
    where TKey : notnull
{
    /// <summary>The statement that finds what there is of the keys. It is sent only when there are some.</summary>
    protected internal abstract Sql Find(IReadOnlyCollection<(string Tenant, TKey Key)> keys);

    /// <summary>Takes a row of it over.</summary>
    protected internal abstract void Read(NpgsqlDataReader row, Dictionary<(string Tenant, TKey Key), TValue> values);

    internal sealed override LookupKeys NewKeys() => new LookupKeys<TKey, TValue>(this);
}

/// <summary>The keys that the commands of a batch look up in one <see cref="CommandLookup"/>.</summary>
internal abstract class LookupKeys
{
    /// <summary>The statement that finds all of it.</summary>
    public abstract Sql Find();

    /// <summary>Reads what it found.</summary>
    public abstract Task<LookupValues> ReadAsync(NpgsqlDataReader reader, CancellationToken cancellation);
}

/// <inheritdoc/>
internal sealed class LookupKeys<TKey, TValue>(CommandLookup<TKey, TValue> lookup) : LookupKeys
    where TKey : notnull
{
    private readonly HashSet<(string Tenant, TKey Key)> _keys = [];

    public void Add(string tenant, TKey key) => _keys.Add((tenant, key));

    public bool Contains(string tenant, TKey key) => _keys.Contains((tenant, key));

    public override Sql Find() => lookup.Find(_keys);

    public override async Task<LookupValues> ReadAsync(NpgsqlDataReader reader, CancellationToken cancellation)
    {
        var values = new LookupValues<TKey, TValue>(this);
        while (await reader.ReadAsync(cancellation)) lookup.Read(reader, values.Rows);
        return values;
    }
}

/// <summary>The values found by one <see cref="CommandLookup"/>, with the changes by commands of the batch.</summary>
internal abstract class LookupValues;

/// <inheritdoc/>
internal sealed class LookupValues<TKey, TValue>(LookupKeys<TKey, TValue> keys) : LookupValues
    where TKey : notnull
{
    public Dictionary<(string Tenant, TKey Key), TValue> Rows { get; } = [];

    // A key that the command did not name is a bug of the command, and must show before anything of it counts.
    public TValue? Find(string tenant, TKey key) =>
        Rows.TryGetValue((tenant, key), out var value) ? value
        : keys.Contains(tenant, key) ? default
        : throw new InvalidOperationException($"The command did not say that it looks up {key}.");
}

/// <summary>
/// Amounts that the commands of a batch add to rows of a key: each row is written once for all of them, in the order of
/// the keys, so that two batches wait for each other's rows and never in a circle.
/// </summary>
/// <param name="StatementOf">
/// The statement that adds, given a source of rows (<c>tenant</c>, <c>id</c>, <c>amount</c>) in the order of the keys.
/// </param>
internal sealed record BatchSum(Func<Sql, Sql> StatementOf);
