using Messaging.Api.Files;
using Messaging.Application;
using Messaging.Application.Files;
using Messaging.Application.History;
using Messaging.Domain.History;

namespace Messaging.Api.History;

/// <summary>
/// Looks each organisation through by night: whether its files are what was attached, and whether an event or a leaf of
/// its tree is missing. What it finds is in the logs, and in <c>auditCheckpoint</c>; <c>verify</c> says more.
/// </summary>
internal sealed partial class NightlySweep(
    AuditSweeps sweeps, FilesCheck files, DamagedFiles damages, TimeProvider clock, ILogger<NightlySweep> logger)
    : BackgroundService
{
    /// <summary>The most bytes of files that it reads in a second: people who work at night come first.</summary>
    public const long BytesPerSecond = 50 * 1024 * 1024;

    private static readonly TimeSpan s_period = TimeSpan.FromMinutes(10);

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Repeatedly.EveryAsync(s_period, SweepAsync, LogFailed, stoppingToken, clock, atOnce: false);

    /// <summary>Looks through what is due.</summary>
    internal async Task SweepAsync(CancellationToken cancellation)
    {
        while (await sweeps.TakeAsync(cancellation) is { } sweep)
        {
            try
            {
                await SweepAsync(sweep, cancellation);
            }
            catch (FileStoreAwayException)
            {
                // The start has said so, or what serves does; it goes on when they are there.
                return;
            }
        }
    }

    private async Task SweepAsync(SweepUnderWay sweep, CancellationToken cancellation)
    {
        while (true)
        {
            var began = clock.GetTimestamp();
            var page = await files.CompareAsync(sweep.TenantId, sweep.AfterId, cancellation);
            if (page.Last is not { } last) break;
            sweep = sweep with
            {
                AfterId = last,
                Files = sweep.Files + page.Files,
                Damaged = sweep.Damaged + page.Damaged.Count,
            };
            foreach (var (tenant, file, _) in page.Damaged)
                damages.Record(tenant, file.Id, AccessSubject.Conversation(file.Conversation, file.Customer), null);
            await sweeps.KeepAsync(sweep, cancellation);
            var least = TimeSpan.FromSeconds((double)page.Bytes / BytesPerSecond);
            if (clock.GetElapsedTime(began) is var took && took < least)
                await Task.Delay(least - took, clock, cancellation);
        }

        var missing = await sweeps.WhatIsMissingAsync(sweep.TenantId, cancellation);
        if (missing is not null) LogMissing(sweep.TenantId, missing);
        if (sweep.Damaged > 0) LogDamaged(sweep.Damaged, sweep.Files, sweep.TenantId);
        await sweeps.EndAsync(sweep, isWhole: missing is null, cancellation);
    }

    [LoggerMessage(
        LogLevel.Critical,
        "The log of organisation {Tenant} was altered: {Missing}. 'dotnet Messaging.Api.dll verify' says more")]
    private partial void LogMissing(string tenant, string missing);

    [LoggerMessage(
        LogLevel.Critical,
        "{Damaged} of {Files} files of organisation {Tenant} are not what was attached. 'dotnet Messaging.Api.dll "
            + "verify' names them")]
    private partial void LogDamaged(long damaged, long files, string tenant);

    [LoggerMessage(LogLevel.Warning, "Files and events could not be looked through; it is tried again")]
    private partial void LogFailed(Exception e);
}
