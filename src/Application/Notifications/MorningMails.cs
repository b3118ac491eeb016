using Messaging.Projections.Storage;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Messaging.Application.Notifications;

/// <summary>Plans mails that people chose to get regularly: from 07:00 of their office's clock on.</summary>
/// <param name="kind">The kind of their deliveries.</param>
public abstract class MorningMails(
    NpgsqlDataSource database, ReadModelAccess readModels, ThisNode node, string kind) : BackgroundService
{
    private const int Hour = 7;

    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(15);

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Repeatedly.EveryAsync(s_period, PlanAsync, LogFailed, stoppingToken);

    /// <summary>Plans what is due now.</summary>
    private protected abstract Task PlanAsync(
        NpgsqlDataSource database, ThisNode node, CancellationToken cancellation);

    private protected abstract void LogFailed(Exception e);

    /// <summary>The time that an office <c>o</c> has at an instant, with days that begin at the hour.</summary>
    private protected static Sql FromHour(Sql instant) =>
        Sql.Of($"({instant}) at time zone o.time_zone - make_interval(hours => {Hour})");

    /// <summary>
    /// True where the mails of a day of an office <c>o</c> may have gone out after the backup that was restored since.
    /// </summary>
    private protected static Sql MayHaveGone(string day)
    {
        var began = Sql.Of($"({Sql.Raw(day)} + make_interval(hours => {Hour})) at time zone o.time_zone");
        return Sql.Of(
            $"""
            exists (
                select from messaging.restores r where r.taken_at < {began} and r.restored_at > {began})
            """);
    }

    private async Task PlanAsync(CancellationToken cancellation)
    {
        if (node.Id is { } id) await NodeMailKinds.SayAsync(database, id, kind, cancellation);

        // The recipients come from the read models.
        if (readModels.CanBeUsed) await PlanAsync(database, node, cancellation);
    }
}
