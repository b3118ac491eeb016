using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Messaging.Domain;
using Microsoft.Extensions.Primitives;

namespace Messaging.Api.Auth;

/// <summary>Tells who a request comes from, by its bearer token (RFC 6750).</summary>
public sealed class TokenGate(AccessTokens tokens, TimeProvider clock)
{
    // Long enough that a busy client costs no query per request, short enough that somebody deactivated is out at once, as people see it.
    // Commands ask again, in their transaction.
    private static readonly TimeSpan s_kept = TimeSpan.FromSeconds(5);
    private const int KeptMaximum = 10_000;
    private const int TokenMaximum = 8_192;

    private readonly ConcurrentDictionary<string, (Caller Caller, DateTimeOffset Until, DateTimeOffset ExpiresAt)> _known = new(StringComparer.Ordinal);

    /// <summary>Finds out who asks.</summary>
    /// <param name="header">The value of <c>Authorization</c>.</param>
    /// <returns>The caller; null with <c>Valid</c> when there is no token, null without when the one given is not valid or has expired.</returns>
    public async ValueTask<(Caller? Caller, bool Valid, DateTimeOffset? ExpiresAt)> FindAsync(StringValues header, CancellationToken cancellation)
    {
        if (header.Count == 0) return (null, true, null);
        if (header.Count > 1 || header[0] is not { Length: <= TokenMaximum } value || !value.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) return (null, false, null);
        var token = value["Bearer ".Length..].Trim();
        var key = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
        var now = clock.GetUtcNow();
        if (_known.TryGetValue(key, out var known) && now < known.Until) return (known.Caller, true, known.ExpiresAt);
        if (await tokens.FindAsync(token, cancellation) is not var (caller, expires))
        {
            _known.TryRemove(key, out _);
            return (null, false, null);
        }

        if (_known.Count >= KeptMaximum) _known.Clear();
        _known[key] = (caller, now + s_kept < expires ? now + s_kept : expires, expires);
        return (caller, true, expires);
    }
}
