using System.Collections.Concurrent;
using GraphQL;
using GraphQL.DataLoader;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>The loaders of one request: what sibling fields ask for is fetched together, once.</summary>
public sealed class BatchLoaders
{
    private const string Key = "loaders";

    private readonly ConcurrentDictionary<string, object> _loaders = [];

    /// <summary>The loader of a name; created by the first who asks. The same name always has the same types and the same fetch.</summary>
    public BatchLoader<TKey, TValue> For<TKey, TValue>(
        string name, Func<IReadOnlyCollection<TKey>, CancellationToken, Task<IReadOnlyDictionary<TKey, TValue>>> fetch)
        where TKey : notnull =>
        (BatchLoader<TKey, TValue>)_loaders.GetOrAdd(name, _ => new BatchLoader<TKey, TValue>(name, fetch));

    /// <summary>The loaders of the request that a field belongs to. Not asked of the container, which locks for each of a thousand fields.</summary>
    public static BatchLoaders Of(IResolveFieldContext context) => Of(context.UserContext);

    internal static BatchLoaders Of(IDictionary<string, object?> userContext) => (BatchLoaders)userContext[Key]!;

    internal void AddTo(IDictionary<string, object?> userContext) => userContext[Key] = this;

    /// <summary>Forgets everything, so that what is loaded next sees what was written meanwhile. Loads under way keep their batch.</summary>
    public void Clear() => _loaders.Clear();
}

/// <summary>Collects keys until the first result is asked for, and fetches them together.</summary>
public sealed class BatchLoader<TKey, TValue>
    where TKey : notnull
{
    private readonly string _name;
    private readonly Func<IReadOnlyCollection<TKey>, CancellationToken, Task<IReadOnlyDictionary<TKey, TValue>>> _fetch;
    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, Batch> _batches = [];
    private Batch? _open;

    internal BatchLoader(string name, Func<IReadOnlyCollection<TKey>, CancellationToken, Task<IReadOnlyDictionary<TKey, TValue>>> fetch) =>
        (_name, _fetch) = (name, fetch);

    /// <summary>The value of a key; the default (null) when there is none.</summary>
    public IDataLoaderResult<TValue?> LoadAsync(TKey key)
    {
        var batch = BatchOf(key);
        return new Pending<TValue?>(async cancellation => (await batch.FetchAsync(cancellation)).TryGetValue(key, out var value) ? value : default);
    }

    /// <summary>The value of a key; another one when there is none, such as an empty list.</summary>
    public IDataLoaderResult<TValue> LoadAsync(TKey key, TValue otherwise)
    {
        var batch = BatchOf(key);
        return new Pending<TValue>(async cancellation => (await batch.FetchAsync(cancellation)).TryGetValue(key, out var value) ? value : otherwise);
    }

    /// <summary>The value of a key that has to be there.</summary>
    /// <exception cref="InvalidOperationException">It is not.</exception>
    public IDataLoaderResult<TValue> LoadRequiredAsync(TKey key)
    {
        var batch = BatchOf(key);
        return new Pending<TValue>(async cancellation => (await batch.FetchAsync(cancellation)).TryGetValue(key, out var value)
            ? value
            : throw new InvalidOperationException($"The loader '{_name}' found nothing for {key}."));
    }

    private Batch BatchOf(TKey key)
    {
        lock (_lock)
        {
            if (_batches.TryGetValue(key, out var known)) return known;
            var batch = _open ??= new Batch(this);
            batch.Keys.Add(key);
            _batches.Add(key, batch);
            return batch;
        }
    }

    private sealed class Batch(BatchLoader<TKey, TValue> loader)
    {
        private Task<IReadOnlyDictionary<TKey, TValue>>? _fetched;

        public List<TKey> Keys { get; } = [];

        public Task<IReadOnlyDictionary<TKey, TValue>> FetchAsync(CancellationToken cancellation)
        {
            lock (loader._lock)
            {
                if (loader._open == this) loader._open = null;
                // An async lambda, so that a fetch that throws at once is remembered too.
                return _fetched ??= ((Func<Task<IReadOnlyDictionary<TKey, TValue>>>)(async () => await loader._fetch(Keys, cancellation)))();
            }
        }
    }
}

/// <summary>Continues loads without ending a batch early.</summary>
public static class LoaderResults
{
    /// <summary>A load whose value is computed from that of another.</summary>
    public static IDataLoaderResult<TNext> Then<T, TNext>(this IDataLoaderResult<T> load, Func<T, TNext> next) =>
        new Pending<TNext>(async cancellation => next(await load.GetResultAsync(cancellation)));

    /// <summary>A load that needs the value of another first; those of sibling fields are batched again.</summary>
    public static IDataLoaderResult<TNext> ThenLoad<T, TNext>(this IDataLoaderResult<T> load, Func<T, IDataLoaderResult<TNext>> next) =>
        new Chained<T, TNext>(load, next);

    /// <summary>A load that is done, for the branch of <see cref="ThenLoad"/> that needs none.</summary>
    public static IDataLoaderResult<T> Done<T>(T value) => new Pending<T>(_ => Task.FromResult(value));

    private sealed class Chained<T, TNext>(IDataLoaderResult<T> load, Func<T, IDataLoaderResult<TNext>> next) : IDataLoaderResult<TNext>
    {
        public async Task<TNext> GetResultAsync(CancellationToken cancellationToken = default) =>
            await next(await load.GetResultAsync(cancellationToken)).GetResultAsync(cancellationToken);

        // The executor takes a load for an answer, and asks it together with those that its siblings answered.
        async Task<object?> IDataLoaderResult.GetResultAsync(CancellationToken cancellationToken) => next(await load.GetResultAsync(cancellationToken));
    }
}

/// <summary>A load as the executor knows it.</summary>
internal sealed class Pending<T>(Func<CancellationToken, Task<T>> get) : IDataLoaderResult<T>
{
    public Task<T> GetResultAsync(CancellationToken cancellationToken = default) => get(cancellationToken);

    async Task<object?> IDataLoaderResult.GetResultAsync(CancellationToken cancellationToken) => await get(cancellationToken);
}
