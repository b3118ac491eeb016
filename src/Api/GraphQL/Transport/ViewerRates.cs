using System.Globalization;
using Messaging.Api.Security;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>
/// Limits of each viewer per minute on this node: operations, and fields as <see cref="Complexity"/> estimates them. A
/// bucket of each holds a minute's worth and fills up steadily. The cost of an operation is known only after it was let
/// in, so a bucket may go negative: the next operation waits that much longer. Anonymous requests are counted by
/// network address.
/// </summary>
/// <param name="clock">Tells the time that fills the buckets; the machine's unless given.</param>
internal sealed class ViewerRates(GraphQLOptions options, TimeProvider? clock = null)
{
    /// <summary>
    /// Bytes of an answer that cost as much as a field: most fields are shorter, texts may be much longer.
    /// </summary>
    public const int BytesPerField = 256;

    // The size of each of two generations. An evicted viewer starts again with full buckets.
    private const int MostKnown = 10_000;

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly Lock _lock = new();
    private Dictionary<string, Buckets> _young = [];
    private Dictionary<string, Buckets> _old = [];

    /// <summary>The number of viewers remembered.</summary>
    public int Known
    {
        get
        {
            lock (_lock) return _young.Count + _old.Count;
        }
    }

    /// <summary>The key of the buckets: the viewer, or the network that an anonymous request comes from.</summary>
    public static string Of(GraphQLAdmission admission, HttpContext context)
    {
        return admission.Viewer is { } viewer ? $"viewer {viewer}" : $"network {Network.Of(context).Name}";
    }

    /// <summary>Lets operations in, before anything is done for them.</summary>
    /// <returns>Null; or why they have to wait, and how long.</returns>
    public CodedError? Enter(string who, int operations)
    {
        lock (_lock)
        {
            var buckets = Find(who);
            if (Wait(buckets.Operations, options.MaxOperationsPerMinute) is { } seconds)
                return TooMany(
                    $"You have sent more than {options.MaxOperationsPerMinute} operations in a minute", seconds);
            if (Wait(buckets.Fields, options.MaxComplexityPerMinute) is { } wait)
                return TooMany(
                    $"You have asked for more than about {options.MaxComplexityPerMinute} fields in a minute", wait);
            buckets.Operations -= operations;
            return null;
        }
    }

    /// <summary>Counts what operations that were let in cost.</summary>
    public void Spend(string who, double fields)
    {
        lock (_lock) Find(who).Fields -= Math.Min(fields, options.MaxComplexity);
    }

    /// <summary>Counts the bytes of an answer: each <see cref="BytesPerField"/> as one more field.</summary>
    public void SpendBytes(string who, long bytes)
    {
        lock (_lock) Find(who).Fields -= (double)bytes / BytesPerField;
    }

    /// <summary>
    /// Seconds until an update that the client did not just ask for may be sent; null when it may be sent now.
    /// </summary>
    public int? WaitOf(string who)
    {
        lock (_lock) return Wait(Find(who).Fields, options.MaxComplexityPerMinute);
    }

    private Buckets Find(string who)
    {
        if (!_young.TryGetValue(who, out var buckets))
        {
            if (!_old.Remove(who, out buckets))
                buckets = new Buckets
                {
                    Operations = options.MaxOperationsPerMinute,
                    Fields = options.MaxComplexityPerMinute,
                    At = _clock.GetTimestamp(),
                };
            if (_young.Count >= MostKnown / 2)
                (_old, _young) = (_young, []);
            _young.Add(who, buckets);
        }

        var now = _clock.GetTimestamp();
        var minutes = Math.Max(0, _clock.GetElapsedTime(buckets.At, now).TotalMinutes);
        buckets.Operations = Math.Min(
            options.MaxOperationsPerMinute, buckets.Operations + (minutes * options.MaxOperationsPerMinute));
        buckets.Fields = Math.Min(
            options.MaxComplexityPerMinute, buckets.Fields + (minutes * options.MaxComplexityPerMinute));
        buckets.At = now;
        return buckets;
    }

    /// <summary>The seconds until a bucket has something again; null when it has.</summary>
    private static int? Wait(double left, int perMinute) =>
        left >= 1 ? null : (int)Math.Clamp(Math.Ceiling((1 - left) * 60 / perMinute), 1, 3600);

    private static CodedError TooMany(string what, int seconds) =>
        new(ErrorCodes.RateLimited, string.Create(CultureInfo.InvariantCulture, $"{what}. Try again in {seconds} s."))
        {
            RetryAfter = seconds,
        };

    private sealed class Buckets
    {
        public double Operations { get; set; }

        public double Fields { get; set; }

        public long At { get; set; }
    }
}
