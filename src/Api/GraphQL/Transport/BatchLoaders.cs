using System.Collections.Concurrent;
using GraphQL;
using GraphQL.DataLoader;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>
/// Runs what starts several fetches, such that those can share a round trip. A service of this type is used, when there
/// is one.
/// </summary>
/// <param name="start">Starts the fetches, and throws nothing.</param>
public delegate void FetchTogether(Action start, CancellationToken cancellation);

/// <summary>The loaders of one request: what sibling fields ask for is fetched together, once.</summary>
/// <param name="together">Runs the fetches of different loaders that are due at the same moment; null: each runs by
/// itself.</param>
public sealed class BatchLoaders(FetchTogether? together)
{
    private const string Key = "loaders";

    private readonly ConcurrentDictionary<(string Name, object? Of), object> _loaders = [];
    private readonly List<IOpenBatch> _open = [];

    /// <summary>The loads that wait to be fetched.</summary>
    internal interface IOpenBatch
    {
        void Start(CancellationToken cancellation);
    }

    /// <summary>Guards the loaders, all of which begin and end their batches together.</summary>
    internal Lock Lock { get; } = new();

    /// <summary>
    /// The loader of a name; created by the first who asks. The same name always has the same types and the same fetch.
    /// </summary>
    public BatchLoader<TKey, TValue> For<TKey, TValue>(
        string name, Func<IReadOnlyCollection<TKey>, CancellationToken, Task<IReadOnlyDictionary<TKey, TValue>>> fetch)
        where TKey : notnull =>
        (BatchLoader<TKey, TValue>)_loaders.GetOrAdd(
            (name, null), _ => new BatchLoader<TKey, TValue>(this, name, fetch));

    /// <summary>
    /// The loader of a name and of what else the fetch depends on, such as a filter or a page: what is equal shares a
    /// loader, and the fetch is given it, so that it needs nothing of the field that came first.
    /// </summary>
    /// <typeparam name="TKey">The key of a value.</typeparam>
    /// <typeparam name="TValue">The value that is fetched.</typeparam>
    /// <typeparam name="TOf">A value, or a record whose members are values.</typeparam>
    public BatchLoader<TKey, TValue> For<TKey, TValue, TOf>(
        string name, TOf of,
        Func<TOf, IReadOnlyCollection<TKey>, CancellationToken, Task<IReadOnlyDictionary<TKey, TValue>>> fetch)
        where TKey : notnull
        where TOf : IEquatable<TOf> =>
        (BatchLoader<TKey, TValue>)_loaders.GetOrAdd(
            (name, of),
            _ => new BatchLoader<TKey, TValue>(this, name, (keys, cancellation) => fetch(of, keys, cancellation)));

    /// <summary>
    /// The loaders of the request that a field belongs to. Not asked of the container, which locks for each of a
    /// thousand fields.
    /// </summary>
    public static BatchLoaders Of(IResolveFieldContext context) => Of(context.UserContext);

    internal static BatchLoaders Of(IDictionary<string, object?> userContext) => (BatchLoaders)userContext[Key]!;

    internal void AddTo(IDictionary<string, object?> userContext) => userContext[Key] = this;

    /// <summary>
    /// Forgets everything, so that what is loaded next sees what was written meanwhile. Loads under way keep their
    /// batch.
    /// </summary>
    public void Clear() => _loaders.Clear();

    /// <summary>True when something was not there any more that what was read before it names.</summary>
    internal bool HasMissed { get; private set; }

    internal MissingRowException Missed(string what)
    {
        HasMissed = true;
        return new MissingRowException(what);
    }

    internal void Opened(IOpenBatch batch) => _open.Add(batch);

    /// <summary>The first result of a level is asked for: everything that its fields asked for is fetched.</summary>
    internal void StartAll(CancellationToken cancellation)
    {
        var open = _open.ToArray();
        _open.Clear();
        if (together is null || open.Length == 1)
            Start();
        else
            together(Start, cancellation);

        void Start()
        {
            foreach (var batch in open) batch.Start(cancellation);
        }
    }
}

/// <summary>
/// A row that has to be there is not. To somebody who sees some of the customers or conversations only, it was hidden
/// between two statements, and there is nothing wrong.
/// </summary>
public sealed class MissingRowException(string what) : Exception(what);

/// <summary>Collects keys until the first result is asked for, and fetches them together.</summary>
public sealed class BatchLoader<TKey, TValue>
    where TKey : notnull
{
    private readonly BatchLoaders _all;
    private readonly string _name;
    private readonly Func<IReadOnlyCollection<TKey>, CancellationToken, Task<IReadOnlyDictionary<TKey, TValue>>> _fetch;
    private readonly Dictionary<TKey, Batch> _batches = [];
    private Batch? _open;

    internal BatchLoader(
        BatchLoaders all,
        string name,
        Func<IReadOnlyCollection<TKey>, CancellationToken, Task<IReadOnlyDictionary<TKey, TValue>>> fetch
    ) => (_all, _name, _fetch) = (all, name, fetch);

    /// <summary>
    /// The value of a key will be asked for when something else is loaded: it is fetched with that, and saves a round
    /// trip of its own.
    /// </summary>
    public void Foresee(TKey key) => BatchOf(key);

    /// <summary>The value of a key; the default (null) when there is none.</summary>
    public IDataLoaderResult<TValue?> LoadAsync(TKey key) =>
        new Load<IReadOnlyDictionary<TKey, TValue>, TValue?>(BatchOf(key).FetchAsync, values =>
            values.TryGetValue(key, out var value) ? value : default
        );

    /// <summary>The value of a key; another one when there is none, such as an empty list.</summary>
    public IDataLoaderResult<TValue> LoadAsync(TKey key, TValue otherwise) =>
        new Load<IReadOnlyDictionary<TKey, TValue>, TValue>(BatchOf(key).FetchAsync, values =>
            values.TryGetValue(key, out var value) ? value : otherwise
        );

    /// <summary>The value of a key that has to be there.</summary>
    /// <exception cref="MissingRowException">It is not.</exception>
    public IDataLoaderResult<TValue> LoadRequiredAsync(TKey key) =>
        new Load<IReadOnlyDictionary<TKey, TValue>, TValue>(BatchOf(key).FetchAsync, values =>
            values.TryGetValue(key, out var value)
                ? value
                : throw _all.Missed($"The loader '{_name}' found nothing for {key}.")
        );

    private Batch BatchOf(TKey key)
    {
        lock (_all.Lock)
        {
            if (_batches.TryGetValue(key, out var known)) return known;
            if (_open is null) _all.Opened(_open = new Batch(this));
            _open.Keys.Add(key);
            _batches.Add(key, _open);
            return _open;
        }
    }

    private sealed class Batch(BatchLoader<TKey, TValue> loader) : BatchLoaders.IOpenBatch
    {
        private Task<IReadOnlyDictionary<TKey, TValue>>? _fetched;

        public List<TKey> Keys { get; } = [];

        public Task<IReadOnlyDictionary<TKey, TValue>> FetchAsync(CancellationToken cancellation)
        {
            lock (loader._all.Lock)
            {
                if (_fetched is null) loader._all.StartAll(cancellation);
                return _fetched!;
            }
        }

        public void Start(CancellationToken cancellation)
        {
            if (loader._open == this) loader._open = null;

            // An async lambda, so that a fetch that throws at once is remembered too.
            _fetched = (
                (Func<Task<IReadOnlyDictionary<TKey, TValue>>>)(async () => await loader._fetch(Keys, cancellation)))();
        }
    }
}

/// <summary>Continues loads without ending a batch early.</summary>
public static class LoaderResults
{
    /// <summary>A load whose value is computed from that of another.</summary>
    public static IDataLoaderResult<TNext> Then<T, TNext>(this IDataLoaderResult<T> load, Func<T, TNext> next) =>
        load is IContinued<T> continued ? continued.Then(next) : new Load<T, TNext>(load.GetResultAsync, next);

    /// <summary>A load that needs the value of another first; those of sibling fields are batched again.</summary>
    public static IDataLoaderResult<TNext> ThenLoad<T, TNext>(
        this IDataLoaderResult<T> load,
        Func<T, IDataLoaderResult<TNext>> next) => new Chained<T, TNext>(load.Then(next));

    /// <summary>A load that is done, for the branch of <see cref="ThenLoad"/> that needs none.</summary>
    public static IDataLoaderResult<T> Done<T>(T value) => new Load<T, T>(_ => Task.FromResult(value), done => done);

    /// <summary>A load of its own, which is batched with nothing.</summary>
    public static IDataLoaderResult<T> Alone<T>(Func<CancellationToken, Task<T>> fetch) =>
        new Load<T, T>(fetch, fetched => fetched);

    private sealed class Chained<T, TNext>(IDataLoaderResult<IDataLoaderResult<TNext>> load) : IDataLoaderResult<TNext>
    {
        public async Task<TNext> GetResultAsync(CancellationToken cancellationToken = default) =>
            await (await load.GetResultAsync(cancellationToken)).GetResultAsync(cancellationToken);

        // The executor takes a load for an answer, and asks it together with those that its siblings answered.
        async Task<object?> IDataLoaderResult.GetResultAsync(CancellationToken cancellationToken) =>
            await load.GetResultAsync(cancellationToken);
    }
}

/// <summary>A load that can be continued without a task of its own for each step.</summary>
internal interface IContinued<out T>
{
    IDataLoaderResult<TNext> Then<TNext>(Func<T, TNext> next);
}

/// <summary>A load as <see cref="LevelStrategy"/> knows it: what many of them fetch together is awaited once.</summary>
internal interface ILoad
{
    /// <summary>Starts to fetch, or joins those who did.</summary>
    Task FetchAsync(CancellationToken cancellation);

    /// <summary>The result made of the fetched values.</summary>
    object? Value(Task fetched);
}

/// <summary>The result made of a fetched value. A page has hundreds of these.</summary>
internal sealed class Load<TFetched, T>(Func<CancellationToken, Task<TFetched>> fetch, Func<TFetched, T> make)
    : IDataLoaderResult<T>,
        IContinued<T>,
        ILoad
{
    public async Task<T> GetResultAsync(CancellationToken cancellationToken = default) =>
        make(await fetch(cancellationToken));

    async Task<object?> IDataLoaderResult.GetResultAsync(CancellationToken cancellationToken) =>
        make(await fetch(cancellationToken));

    public Task FetchAsync(CancellationToken cancellation) => fetch(cancellation);

    public object? Value(Task fetched) => make(((Task<TFetched>)fetched).GetAwaiter().GetResult());

    public IDataLoaderResult<TNext> Then<TNext>(Func<T, TNext> next) =>
        new Load<TFetched, TNext>(fetch, fetched => next(make(fetched)));
}
