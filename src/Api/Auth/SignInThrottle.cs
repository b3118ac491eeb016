using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Messaging.Api.Security;
using Messaging.Application.Accounts;

namespace Messaging.Api.Auth;

/// <summary>Too many attempts failed.</summary>
/// <param name="What">Counter that is full: <c>account</c>, <c>network</c> or <c>device</c>.</param>
/// <param name="RetryAfter">After which time there is room for another.</param>
public sealed record TooManyAttempts(string What, TimeSpan RetryAfter);

/// <summary>
/// Slows down the guessing of passwords: failed attempts are counted for each account's address and for each network.
/// Attempts from a device that the account was used on before are counted for that device alone, so that strangers lock
/// nobody out (OWASP, "device cookies"). Attempts under way count as failed until they succeed, so that a hundred at
/// once are no more than one after the other.
/// </summary>
public sealed class SignInThrottle(AuthOptions options, TimeProvider clock)
{
    /// <summary>
    /// Limits of failed attempts, as multiples of an account's limit: for one network; for an IPv6 /56; for a /48.
    /// </summary>
    public static readonly IReadOnlyList<int> OfNetworks = [10, 20, 40];

    private readonly Lock _lock = new();
    private readonly Counter _accounts = new(options.SignInAttempts, options.SignInWindow, clock);
    private readonly Counter _devices = new(options.SignInAttempts, options.SignInWindow, clock);
    private readonly Counter[] _networks =
    [
        .. OfNetworks.Select(times => new Counter(times * options.SignInAttempts, options.SignInWindow, clock)),
    ];

    /// <summary>Begins an attempt of a stranger.</summary>
    /// <param name="account">
    /// The account's address, or another name of it; null when the attempt is not for a certain account.
    /// </param>
    /// <returns>The attempt; or the reason why it is refused.</returns>
    public (Attempt? Attempt, TooManyAttempts? TooMany) Begin(string? account, Network network)
    {
        string[] networks = [network.Name, .. network.Wider];
        return Begin(
            [.. account is null ? (Counted[])[] : [new Counted(_accounts, Hash(EmailKey.Of(account)), "account")],
                .. networks.Select((name, i) => new Counted(_networks[i], Hash(name), "network"))]);
    }

    /// <summary>Begins an attempt on a device that the account is known to be used on.</summary>
    /// <param name="device">The device, as this account knows it.</param>
    public (Attempt? Attempt, TooManyAttempts? TooMany) BeginOn(string device) =>
        Begin([new Counted(_devices, Hash(device), "device")]);

    private (Attempt? Attempt, TooManyAttempts? TooMany) Begin(Counted[] counted)
    {
        lock (_lock)
        {
            foreach (var (counter, key, what) in counted)
            {
                if (counter.Wait(key) is { } wait) return (null, new TooManyAttempts(what, wait));
            }

            foreach (var (counter, key, _) in counted) counter.Begin(key);
        }

        return (new Attempt(this, counted), null);
    }

    private void End(Counted[] counted, bool failed)
    {
        lock (_lock)
        {
            foreach (var (counter, key, _) in counted) counter.End(key, failed);
        }
    }

    private static UInt128 Hash(string name)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(name), hash);
        return MemoryMarshal.Read<UInt128>(hash);
    }

    /// <summary>An attempt that is under way.</summary>
    public sealed class Attempt : IDisposable
    {
        private readonly SignInThrottle _throttle;
        private readonly Counted[] _counted;
        private bool _failed;

        internal Attempt(SignInThrottle throttle, Counted[] counted) => (_throttle, _counted) = (throttle, counted);

        /// <summary>Counts it as failed.</summary>
        public void Failed() => _failed = true;

        /// <summary>Ends it.</summary>
        public void Dispose() => _throttle.End(_counted, _failed);
    }

    internal sealed record Counted(Counter Counter, UInt128 Key, string What);

    /// <summary>Failed attempts in a window that slides in steps of a fifth of it.</summary>
    internal sealed class Counter
    {
        private const int Steps = 5;

        // Limit of keys in each step. Each failure has cost its hashing: one thread for that makes some 2,000 in three
        // minutes.
        private const int MostKeys = 50_000;

        private readonly int _limit;
        private readonly TimeSpan _step;
        private readonly TimeProvider _clock;
        private readonly long _began;
        private readonly Dictionary<UInt128, int> _underWay = [];
        private readonly Dictionary<UInt128, int>[] _failed =
        [
            .. Enumerable.Range(0, Steps).Select(_ => new Dictionary<UInt128, int>()),
        ];
        private long _current;

        public Counter(int limit, TimeSpan window, TimeProvider clock) =>
            (_limit, _step, _clock, _began) = (limit, window / Steps, clock, clock.GetTimestamp());

        /// <summary>Returns the time until there is room for another attempt; null when there is room now.</summary>
        public TimeSpan? Wait(UInt128 key)
        {
            var elapsed = Slide();
            var underWay = _underWay.GetValueOrDefault(key);
            var failed = _failed.Sum(step => step.GetValueOrDefault(key));
            if (failed + underWay < _limit) return null;

            // The oldest steps go first. Attempts under way may yet succeed.
            for (var step = _current - Steps + 1; step <= _current && failed > 0; step++)
            {
                failed -= Step(step).GetValueOrDefault(key);
                if (failed + underWay < _limit) return (_step * (step + Steps)) - elapsed;
            }

            return TimeSpan.FromSeconds(1);
        }

        public void Begin(UInt128 key) => _underWay[key] = _underWay.GetValueOrDefault(key) + 1;

        public void End(UInt128 key, bool failed)
        {
            if (--_underWay[key] == 0) _underWay.Remove(key);
            if (!failed) return;
            Slide();
            var step = Step(_current);
            if (step.Count < MostKeys || step.ContainsKey(key)) step[key] = step.GetValueOrDefault(key) + 1;
        }

        private Dictionary<UInt128, int> Step(long number) => _failed[(int)(((number % Steps) + Steps) % Steps)];

        private TimeSpan Slide()
        {
            var elapsed = _clock.GetElapsedTime(_began);
            var now = (long)(elapsed / _step);
            for (var step = Math.Max(_current, now - Steps) + 1; step <= now; step++) Step(step).Clear();
            _current = Math.Max(_current, now);
            return elapsed;
        }
    }
}
