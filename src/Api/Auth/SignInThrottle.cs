using System.Threading.RateLimiting;
using Messaging.Application.Accounts;

namespace Messaging.Api.Auth;

/// <summary>Slows down whoever guesses passwords: failed attempts are counted for each account's address and for each network address.</summary>
public sealed class SignInThrottle(AuthOptions options) : IDisposable
{
    private readonly PartitionedRateLimiter<string> _byEmail = Limiter(options.SignInAttempts, options.SignInWindow);
    private readonly PartitionedRateLimiter<string> _byClient = Limiter(10 * options.SignInAttempts, options.SignInWindow);

    /// <summary>Whether another attempt is allowed.</summary>
    public bool MayTry(string email, string client)
    {
        using var one = _byEmail.AttemptAcquire(EmailKey.Of(email), 0);
        using var other = _byClient.AttemptAcquire(client, 0);
        return one.IsAcquired && other.IsAcquired;
    }

    /// <summary>Counts an attempt that failed.</summary>
    public void Failed(string email, string client)
    {
        if (email.Length > 0) _byEmail.AttemptAcquire(EmailKey.Of(email)).Dispose();
        _byClient.AttemptAcquire(client).Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _byEmail.Dispose();
        _byClient.Dispose();
    }

    private static PartitionedRateLimiter<string> Limiter(int attempts, TimeSpan window) =>
        PartitionedRateLimiter.Create<string, string>(key => RateLimitPartition.GetSlidingWindowLimiter(
            key, _ => new SlidingWindowRateLimiterOptions { PermitLimit = attempts, Window = window, SegmentsPerWindow = 5, QueueLimit = 0 }));
}
