using System.Diagnostics;

namespace Messaging.Application.Notifications;

/// <summary>Number of e-mails that one node hands over side by side.</summary>
/// <param name="InAll">As many as there are connections to the mail server.</param>
public sealed record SendingLimits(int InAll)
{
    /// <summary>The number when nothing is configured.</summary>
    public static SendingLimits Default { get; } = new(16);
}

/// <summary>
/// The places for e-mails under way on this node, in all and for each domain. A domain begins with two, gets one more
/// with each e-mail that was taken quickly, up to half of all, and has one when it is slow or does not take them: so
/// nobody waits for another's. When the mail server itself takes nothing, one e-mail after the other tries it, at
/// intervals, and the first that is taken opens it for all.
/// </summary>
public sealed class SendingPlaces(SendingLimits limits) : IDisposable
{
    private const int First = 2;
    private const int MostDomains = 1_000;
    private static readonly TimeSpan s_slow = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_forgotten = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(20);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Domain> _domains = [];
    private readonly SemaphoreSlim _changed = new(0, 1);
    private readonly int _mostOfDomain = Math.Max(1, limits.InAll / 2);
    private readonly List<Place> _probes = [];
    private int _underWay;
    private int _failures;
    private long _pausesSince;
    private TimeSpan _pause;

    /// <summary>Places in all.</summary>
    public int InAll => limits.InAll;

    /// <summary>Number of e-mails that may begin now.</summary>
    public int Free
    {
        get { lock (_gate) return Room(); }
    }

    /// <summary>The domains that may have no other e-mail under way now.</summary>
    public string[] Full()
    {
        lock (_gate) return [.. _domains.Where(d => !d.Value.HasRoom()).Select(d => d.Key)];
    }

    /// <summary>Takes a place; null when there is none now.</summary>
    public Place? TryTake(string domain)
    {
        lock (_gate)
        {
            if (Room() == 0) return null;
            if (!_domains.TryGetValue(domain, out var of))
            {
                if (_domains.Count >= MostDomains) Forget();
                _domains[domain] = of = new Domain(Math.Min(First, _mostOfDomain));
            }

            if (!of.HasRoom()) return null;
            _underWay++;
            var place = new Place(this, of);
            of.UnderWay.Add(place);
            if (_failures > 0) _probes.Add(place);
            return place;
        }
    }

    /// <summary>Has whoever waits look at what is due.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            if (_changed.CurrentCount == 0) _changed.Release();
        }
    }

    /// <summary>Waits until a place may be free, or something due.</summary>
    public Task WaitAsync(TimeSpan longest, CancellationToken cancellation) =>
        _changed.WaitAsync(longest, cancellation);

    /// <inheritdoc/>
    public void Dispose() => _changed.Dispose();

    private int Room()
    {
        var room = limits.InAll - _underWay;
        if (_failures == 0) return room;
        return Stopwatch.GetElapsedTime(_pausesSince) >= _pause && _probes.TrueForAll(p => p.IsSlow)
            ? Math.Min(1, room)
            : 0;
    }

    private void Forget()
    {
        foreach (var (name, domain) in _domains)
        {
            if (domain.UnderWay.Count == 0 && Stopwatch.GetElapsedTime(domain.LastUsed) > s_forgotten)
                _domains.Remove(name);
        }
    }

    private void Leave(Place place)
    {
        lock (_gate)
        {
            _underWay--;
            var domain = place.Domain;
            domain.UnderWay.Remove(place);
            _probes.Remove(place);
            domain.LastUsed = Stopwatch.GetTimestamp();
            switch (place.Outcome)
            {
                case PlaceOutcome.Taken:
                    _failures = 0;
                    domain.Limit = place.IsSlow ? 1 : Math.Min(domain.Limit + 1, _mostOfDomain);
                    break;
                case PlaceOutcome.NotTaken:
                    _failures = 0;
                    domain.Limit = 1;
                    break;
                case PlaceOutcome.ServerFailed when _failures == 0 || Stopwatch.GetElapsedTime(_pausesSince) >= _pause:
                    // Those that fail together count once.
                    _failures = Math.Min(_failures + 1, 10);
                    _pausesSince = Stopwatch.GetTimestamp();
                    var pause = TimeSpan.FromSeconds(Math.Pow(2, _failures - 1));
                    _pause = pause < s_longestPause ? pause : s_longestPause;
                    break;
                default:
                    break;
            }
        }

        Wake();
    }

    /// <summary>How an e-mail went that had a place.</summary>
    public enum PlaceOutcome
    {
        /// <summary>It was not tried.</summary>
        None,

        /// <summary>The server answered for it, well or for good.</summary>
        Taken,

        /// <summary>The recipient's server did not take it.</summary>
        NotTaken,

        /// <summary>The mail server took nothing.</summary>
        ServerFailed,
    }

    /// <summary>A place, until it is disposed of.</summary>
    public sealed class Place : IDisposable
    {
        private readonly SendingPlaces _places;
        private readonly long _began = Stopwatch.GetTimestamp();

        internal Place(SendingPlaces places, Domain domain)
        {
            (_places, Domain) = (places, domain);
        }

        /// <summary>How it went.</summary>
        public PlaceOutcome Outcome { get; set; }

        internal Domain Domain { get; }

        internal bool IsSlow => Stopwatch.GetElapsedTime(_began) >= s_slow;

        /// <inheritdoc/>
        public void Dispose() => _places.Leave(this);
    }

    internal sealed class Domain(int limit)
    {
        public int Limit { get; set; } = limit;

        public List<Place> UnderWay { get; } = [];

        public long LastUsed { get; set; }

        /// <summary>
        /// Also false when one has been under way for long: the domain counts as slow before that has ended.
        /// </summary>
        public bool HasRoom() => UnderWay.Count < Limit && UnderWay.TrueForAll(p => !p.IsSlow);
    }
}
