using Messaging.Api.Live;
using Messaging.Application;
using Messaging.Application.Accounts;

namespace Messaging.Api.Auth;

/// <summary>
/// Closes the connections of ended sessions on this node: at once where the session was ended here, and within
/// <see cref="Pause"/> where another node ended it. Requests check again after five seconds in any case; only lasting
/// connections would never notice.
/// </summary>
public sealed partial class EndedSessions(
    Sessions sessions, TokenGate gate, LiveUpdates live, OtherNodes others, ILogger<EndedSessions> logger)
    : BackgroundService
{
    /// <summary>Interval of looking for sessions that other nodes ended, while anybody is connected.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private DateTimeOffset? _since;

    /// <summary>Sessions were ended.</summary>
    public void Ended(IReadOnlyCollection<Guid> ids)
    {
        if (ids.Count == 0) return;
        gate.Forget(ids);
        live.EndVisits(ids);
    }

    /// <summary>
    /// Somebody's rights have changed: their tokens are looked up again, here and on the other nodes. A node that does
    /// not hear of it does so within five seconds.
    /// </summary>
    public async Task RightsChangedAsync(string tenantId, Guid personId)
    {
        gate.Forget(tenantId, personId);
        if (others.Exist) await others.TrySayAsync(OtherNodes.Rights, $"{tenantId} {personId}", CancellationToken.None);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        others.Heard += OnHeard;

        // Before their connections end: whoever connects again is looked up again.
        live.RoleChanged += gate.Forget;
        await Repeatedly.EveryAsync(Pause, LookAsync, LogFailed, stoppingToken);
        live.RoleChanged -= gate.Forget;
        others.Heard -= OnHeard;
    }

    private void OnHeard(string channel, string what)
    {
        if (channel == OtherNodes.Rights
            && what.Split(' ') is [var tenant, var id]
            && Guid.TryParse(id, out var person))
            gate.Forget(tenant, person);
    }

    private async Task LookAsync(CancellationToken stopping)
    {
        if (!live.HasVisits)
        {
            _since = null;
            return;
        }

        var (ids, now) = await sessions.EndedAsync(_since, stopping);
        _since = now;
        Ended(ids);
    }

    [LoggerMessage(LogLevel.Warning, "Ended sessions are looked for again: the database does not answer")]
    private partial void LogFailed(Exception e);
}
