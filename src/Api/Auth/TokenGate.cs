using System.Security.Cryptography;
using System.Text;
using Messaging.Api.Security;
using Messaging.Domain;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Internal;
using Microsoft.Extensions.Primitives;

namespace Messaging.Api.Auth;

/// <summary>Tells who a request comes from, by its bearer token (RFC 6750).</summary>
public sealed class TokenGate(AccessTokens tokens, TimeProvider clock) : IDisposable
{
    // Long enough that a busy client costs no query per request, short enough that a deactivated person, or a session
    // that another node ended, is out at once, as people see it. Commands ask again, in their transaction.
    private static readonly TimeSpan s_kept = TimeSpan.FromSeconds(5);
    private const int KeptMaximum = 10_000;
    private const int TokenMaximum = 8_192;

    private readonly MemoryCache _known = new(
        new MemoryCacheOptions { SizeLimit = KeptMaximum, Clock = new CacheClock(clock) });

    /// <summary>Finds out who asks.</summary>
    /// <param name="header">The value of <c>Authorization</c>.</param>
    /// <param name="from">Network that the request comes from.</param>
    /// <returns>
    /// The token's owner; null with <c>Valid</c> when there is no token, null without when the token is not valid or
    /// has expired.
    /// </returns>
    public async ValueTask<(KnownToken? Token, bool Valid)> FindAsync(
        StringValues header, Network from, CancellationToken cancellation)
    {
        if (header.Count == 0)
            return (null, true);
        if (
            header.Count > 1
            || header[0] is not { Length: <= TokenMaximum } value
            || !value.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
        )
            return (null, false);
        var token = value["Bearer ".Length..].Trim();
        var key = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
        if (_known.Get<KnownToken>(key) is { } known) return (known, true);
        var until = clock.GetUtcNow() + s_kept;
        if (await tokens.FindAsync(token, from, cancellation) is not { } found)
        {
            _known.Remove(key);
            return (null, false);
        }

        _known.Set(
            key, found with { IsNewlyLinked = false, IsElsewhere = false },
            new MemoryCacheEntryOptions
            {
                Size = 1,
                AbsoluteExpiration = until < found.ExpiresAt ? until : found.ExpiresAt,
            });
        return (found, true);
    }

    /// <summary>Sessions were ended: their tokens are looked up again.</summary>
    public void Forget(IReadOnlyCollection<Guid> sessions) =>
        Forget(caller => caller.SessionId is { } id && sessions.Contains(id));

    /// <summary>An account was changed: all of its tokens are looked up again.</summary>
    public void Forget(string tenantId, Guid personId) =>
        Forget(caller => caller.TenantId == tenantId && caller.Actor.Id == personId);

    /// <inheritdoc/>
    public void Dispose() => _known.Dispose();

    private void Forget(Func<Caller, bool> isMeant)
    {
        foreach (var key in _known.Keys)
        {
            if (_known.TryGetValue(key, out KnownToken? known) && isMeant(known!.Caller)) _known.Remove(key);
        }
    }

    private sealed class CacheClock(TimeProvider clock) : ISystemClock
    {
        public DateTimeOffset UtcNow => clock.GetUtcNow();
    }
}
