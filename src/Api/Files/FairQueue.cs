namespace Messaging.Api.Files;

/// <summary>
/// Work that waits for its turn, fair by office and then by person: the next is the one of those waiting that has taken
/// least time. A person who brings a thousand things delays themselves; one who comes with one thing waits for the work
/// under way and no longer. A newcomer does not get back time that they did not use before.
/// </summary>
/// <param name="mostOfPerson">Limit of one person's waiting entries.</param>
/// <param name="most">Limit of waiting entries in all.</param>
internal sealed class FairQueue<T>(int mostOfPerson, int most) : IDisposable
{
    // Work under way counts before its duration is known.
    private static readonly TimeSpan s_least = TimeSpan.FromMilliseconds(10);

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _waiting = new(0);
    private readonly Shares<string, Shares<Guid, LinkedList<Place>>> _offices =
        new(() => new(() => new(), w => w.Count > 0), o => o.HasWork);
    private int _count;

    /// <summary>Number of waiting entries.</summary>
    public int Count
    {
        get { lock (_lock) return _count; }
    }

    /// <summary>Adds work.</summary>
    /// <returns>Its place; null when too much waits already.</returns>
    public Place? TryAdd(string office, Guid person, T work)
    {
        Place place;
        lock (_lock)
        {
            var persons = _offices.Of(office);
            var mine = persons.Of(person);
            if (_count >= most || mine.Count >= mostOfPerson) return null;
            place = new Place(office, person, work);
            _offices.Enter(office);
            persons.Enter(person);
            mine.AddLast(place);
            _count++;
        }

        _waiting.Release();
        return place;
    }

    /// <summary>Takes work out that nobody wants any more.</summary>
    /// <returns>True when it still waited.</returns>
    public bool Remove(Place place)
    {
        lock (_lock)
        {
            if (!_offices.Of(place.Office).Of(place.Person).Remove(place)) return false;
            _count--;
            return true;
        }
    }

    /// <summary>Waits for work and takes it. The caller calls <see cref="Done"/> with it afterwards.</summary>
    public async Task<Place> TakeAsync(CancellationToken cancellation)
    {
        while (true)
        {
            await _waiting.WaitAsync(cancellation);
            lock (_lock)
            {
                // Some was taken out again.
                if (_count == 0) continue;
                var persons = _offices.Next();
                var mine = persons.Next();
                var place = mine.First!.Value;
                mine.RemoveFirst();
                _count--;
                Charge(place, s_least);
                return place;
            }
        }
    }

    /// <summary>Says how long it took.</summary>
    public void Done(Place place, TimeSpan took)
    {
        lock (_lock) Charge(place, took);
    }

    /// <inheritdoc/>
    public void Dispose() => _waiting.Dispose();

    private void Charge(Place place, TimeSpan time)
    {
        _offices.Charge(place.Office, time);
        _offices.Of(place.Office).Charge(place.Person, time);
    }

    /// <summary>A place in the queue.</summary>
    internal sealed record Place(string Office, Guid Person, T Work)
    {
        /// <inheritdoc/>
        public bool Equals(Place? other) => ReferenceEquals(this, other);

        /// <inheritdoc/>
        public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
    }

    /// <summary>Parties to a shared resource, with the time that each has taken of it.</summary>
    private sealed class Shares<TKey, TValue>(Func<TValue> create, Func<TValue, bool> hasWork)
        where TKey : notnull
    {
        private const int Kept = 1_000;
        private readonly Dictionary<TKey, (TValue Value, TimeSpan Taken)> _shares = [];
        private TimeSpan _latest;

        public bool HasWork => _shares.Values.Any(s => hasWork(s.Value));

        public TValue Of(TKey key)
        {
            if (_shares.TryGetValue(key, out var share)) return share.Value;
            if (_shares.Count >= Kept)
            {
                foreach (var (idle, _) in _shares.Where(s => !hasWork(s.Value.Value) && s.Value.Taken <= _latest)
                    .ToList())
                    _shares.Remove(idle);
            }

            _shares[key] = (create(), TimeSpan.Zero);
            return _shares[key].Value;
        }

        public void Enter(TKey key)
        {
            if (_shares[key] is var (value, taken) && !hasWork(value) && taken < _latest)
                _shares[key] = (value, _latest);
        }

        public TValue Next()
        {
            var next = _shares.Values.Where(s => hasWork(s.Value)).MinBy(s => s.Taken);
            _latest = next.Taken;
            return next.Value;
        }

        public void Charge(TKey key, TimeSpan time)
        {
            if (_shares.TryGetValue(key, out var share)) _shares[key] = (share.Value, share.Taken + time);
        }
    }
}
