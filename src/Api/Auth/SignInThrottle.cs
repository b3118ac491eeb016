using System.Threading.RateLimiting;
using Messaging.Application.Accounts;

namespace Messaging.Api.Auth;

/// <summary>
/// Slows down whoever guesses passwords: failed attempts are counted for each account's address and for each network address. Attempts that are under
/// way count as failed until they are not, so that a hundred at once are no more than one after the other.
/// </summary>
public sealed class SignInThrottle(AuthOptions options) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Counter _byEmail = new(options.SignInAttempts, options.SignInWindow);
    private readonly Counter _byClient = new(10 * options.SignInAttempts, options.SignInWindow);

    /// <summary>Begins an attempt.</summary>
    /// <param name="email">The account's address; empty when the attempt is not for a certain account.</param>
    /// <param name="client">The network address.</param>
    /// <returns>The attempt; null when there were too many.</returns>
    public Attempt? Begin(string email, string client)
    {
        var account = email.Length > 0 ? EmailKey.Of(email) : null;
        lock (_lock)
        {
            if ((account is not null && !_byEmail.HasRoom(account)) || !_byClient.HasRoom(client)) return null;
            if (account is not null) _byEmail.Begin(account);
            _byClient.Begin(client);
        }
        return new Attempt(this, account, client);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _byEmail.Dispose();
        _byClient.Dispose();
    }

    private void End(string? account, string client, bool failed)
    {
        lock (_lock)
        {
            if (account is not null) _byEmail.End(account, failed);
            _byClient.End(client, failed);
        }
    }

    /// <summary>An attempt that is under way.</summary>
    public sealed class Attempt : IDisposable
    {
        private readonly SignInThrottle _throttle;
        private readonly string? _account;
        private readonly string _client;
        private bool _failed;

        internal Attempt(SignInThrottle throttle, string? account, string client) => (_throttle, _account, _client) = (throttle, account, client);

        /// <summary>Counts it as failed.</summary>
        public void Failed() => _failed = true;

        /// <summary>Ends it.</summary>
        public void Dispose() => _throttle.End(_account, _client, _failed);
    }

    private sealed class Counter(int attempts, TimeSpan window) : IDisposable
    {
        private readonly Dictionary<string, int> _underWay = [];

        private readonly PartitionedRateLimiter<string> _failed = PartitionedRateLimiter.Create<string, string>(key => RateLimitPartition.GetSlidingWindowLimiter(
            key, _ => new SlidingWindowRateLimiterOptions { PermitLimit = attempts, Window = window, SegmentsPerWindow = 5, QueueLimit = 0 }));

        public bool HasRoom(string key) => (_failed.GetStatistics(key)?.CurrentAvailablePermits ?? attempts) > _underWay.GetValueOrDefault(key);

        public void Begin(string key) => _underWay[key] = _underWay.GetValueOrDefault(key) + 1;

        public void End(string key, bool failed)
        {
            if (--_underWay[key] == 0) _underWay.Remove(key);
            if (failed) _failed.AttemptAcquire(key).Dispose();
        }

        public void Dispose() => _failed.Dispose();
    }
}
