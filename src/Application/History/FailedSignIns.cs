using Messaging.Domain;
using Messaging.Domain.History;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Messaging.Application.History;

/// <summary>
/// Records sign-ins that failed, of accounts that there are. Who is refused waits for none of it: an account that there
/// is looks like one that there is not. An account that is tried often does not fill the log: after
/// <see cref="EachHour"/> in an hour attempts are counted, and the next event says their number.
/// </summary>
public sealed partial class FailedSignIns(AccessLog log, TimeProvider clock, ILogger<FailedSignIns> logger)
    : BackgroundService
{
    /// <summary>The most events of an account in an hour, on one node.</summary>
    public const int EachHour = 10;

    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan s_look = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Tenant, Guid Person), Tried> _tried = [];

    /// <summary>Somebody tried to sign in to an account, and could not.</summary>
    /// <param name="correlationId">The request that it came with.</param>
    public void Record(Caller account, AccessStep step, string? correlationId)
    {
        int attempts;
        lock (_lock)
        {
            var key = (account.TenantId, account.Actor.Id);
            if (!_tried.TryGetValue(key, out var tried) || IsOver(tried))
            {
                _tried[key] = tried = new Tried(account, clock.GetTimestamp())
                {
                    Untold = tried?.Untold ?? 0,
                };
            }

            tried.Step = step;
            tried.Untold++;
            if (tried.Events == EachHour) return;
            tried.Events++;
            attempts = tried.Take();
        }

        Record(account, step, attempts, correlationId);
    }

    /// <summary>Says how many attempts there were, before the product stops.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        Tell(_ => true);
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Repeatedly.EveryAsync(
            s_look,
            _ =>
            {
                Tell(IsOver);
                return Task.CompletedTask;
            },
            LogFailed, stoppingToken, clock, atOnce: false);

    private void Tell(Func<Tried, bool> which)
    {
        List<(Tried Tried, int Attempts)> untold;
        lock (_lock)
        {
            var over = _tried.Where(t => which(t.Value)).ToList();
            foreach (var (key, _) in over) _tried.Remove(key);
            untold = over.ConvertAll(t => (t.Value, t.Value.Take()));
        }

        foreach (var (tried, attempts) in untold.Where(t => t.Attempts > 0))
            Record(tried.Account, tried.Step, attempts, null);
    }

    private bool IsOver(Tried tried) => clock.GetElapsedTime(tried.Since) >= s_hour;

    // Nobody is known to have done it.
    private void Record(Caller account, AccessStep step, int attempts, string? correlationId) => log.Record(
        new Caller(account.TenantId, new Actor.System()),
        new SignInFailed(AccessSubject.Of(account.Actor), step, attempts), correlationId);

    [LoggerMessage(LogLevel.Warning, "Attempts to sign in could not be counted")]
    private partial void LogFailed(Exception e);

    private sealed class Tried(Caller account, long since)
    {
        public Caller Account { get; } = account;

        public long Since { get; } = since;

        public AccessStep Step { get; set; }

        public int Events { get; set; }

        public int Untold { get; set; }

        public int Take()
        {
            var untold = Untold;
            Untold = 0;
            return untold;
        }
    }
}
