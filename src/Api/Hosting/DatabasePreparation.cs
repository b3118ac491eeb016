using JasperFx;
using Marten;
using Messaging.Application.Notifications;
using Messaging.Projections.Reports;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Api.Hosting;

/// <summary>
/// Brings the database to this version's form: creates and changes tables, and rebuilds the read models where they are
/// not as they have to be. Other nodes may go on meanwhile: where the read models have to be rebuilt, they stand still
/// until that is done.
/// </summary>
internal sealed class DatabasePreparation(
    IDocumentStore store, NpgsqlDataSource database, NodeState node, SharedParts shared, Deliveries deliveries,
    OwnerConnection owning, IConfiguration configuration, ILogger<DatabasePreparation> logger)
{
    private static readonly TimeSpan s_shortestPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(5);

    // One that crashed counts for half a minute.
    private static readonly TimeSpan s_longestUntilAlone = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    /// <summary>Creates and changes tables, so that they have this version's form.</summary>
    /// <param name="application">The role that works with them, where it is not the one that changes them.</param>
    /// <returns>Reason why the read models have to be rebuilt now; null when they need not.</returns>
    public static async Task<string?> UpdateTablesAsync(
        IDocumentStore store, NpgsqlDataSource database, string? application, ILogger logger,
        CancellationToken cancellation)
    {
        if (await database.FindLostTablesAsync(cancellation) is { } lost)
            logger.LogError("Read models are gone: {Lost}", lost);
        await database.RemoveOutdatedReportingViewsAsync(cancellation);
        var isAsLeft = await TableForm.IsAsLeftAsync(store, database, cancellation);
        if (!isAsLeft) await store.Storage.ApplyAllConfiguredChangesToDatabaseAsync(AutoCreate.CreateOrUpdate);
        if (await database.MakeReportingViewsAsync(cancellation) is { } missing)
            logger.LogInformation("{Missing}", missing);
        if (application is not null)
            await DatabaseOwner.GrantAsync(database, application, logger, cancellation);
        if (!isAsLeft) await TableForm.KeepAsync(store, database, cancellation);
        await database.RepeatFormatAsync(cancellation);
        var why = await database.WhyRebuildAsync(cancellation);
        if (why is not null) logger.LogWarning("The read models are rebuilt: {Why}", why);
        return why;
    }

    /// <summary>
    /// Prepares the database, in turn with other starting processes; waits for a database that is away, without a
    /// limit.
    /// </summary>
    /// <param name="mayForget">
    /// True to accept a database that loses in a crash what it has acknowledged; null: nobody looks, as it is the
    /// product's own.
    /// </param>
    /// <returns>The turn, to be left to the next process when all exclusive work is done.</returns>
    /// <exception cref="InvalidOperationException">The database is not as it has to be; the message says what to
    /// do.</exception>
    public async Task<IAsyncDisposable> PrepareAsync(bool? mayForget, CancellationToken cancellation)
    {
        var isSaid = false;
        for (var pause = s_shortestPause; ; pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause)
        {
            try
            {
                return await TryAsync(mayForget, cancellation);
            }
            catch (Exception e) when (Outage.IsWorthWaiting(e) && !cancellation.IsCancellationRequested)
            {
                if (!isSaid) logger.LogWarning("Waiting for the database. {Why}", StartFailure.Of(e));
                isSaid = true;
                node.IsStarting("The product is starting: waiting for the database.");
                await Task.Delay(pause, cancellation);
            }
        }
    }

    private async Task<IAsyncDisposable> TryAsync(bool? mayForget, CancellationToken cancellation)
    {
        await database.RefuseSharedAsync(cancellation);
        if (mayForget is { } allowed) await database.CheckDurabilityAsync(allowed, logger, cancellation);
        await database.LimitAsync(cancellation);
        await database.SuitAsync(cancellation);
        var turn = await StartTurn.TakeAsync(
            database,
            () =>
            {
                logger.LogInformation("Another node is starting; waiting for it");
                node.IsStarting("The product is starting: waiting for another node that starts.");
            },
            cancellation);
        try
        {
            node.IsStarting("The product is starting: looking at the database.");
            await PrepareTablesAsync(cancellation);
            node.IsStarting("The product is starting.");
            return turn;
        }
        catch
        {
            await turn.DisposeAsync();
            throw;
        }
    }

    private async Task PrepareTablesAsync(CancellationToken cancellation)
    {
        // Where the tables are another role's, all that is done to them is done as that one.
        await using var owner = DatabaseOwner.Open(owning);
        var (events, tables) = owner is null ? (store, database) : (owner.Store, owner.Database);
        try
        {
            await ChangeAsync(events, tables, owning.Granted, node.IsStarting, ShareAsync, logger, cancellation);
        }
        catch (Exception e) when (!owning.IsGiven && IsRefused(e))
        {
            throw new InvalidOperationException(
                "The tables are not of this version's form, and this node is not given the password of their owner: "
                    + "give it in Messaging__Database__OwnerPassword, or run 'migrate' so first", e);
        }
    }

    private static bool IsRefused(Exception? e) =>
        e is PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege }
        || (e is not null && IsRefused(e.InnerException));

    private static async Task<bool> OwnsTablesAsync(NpgsqlDataSource tables, CancellationToken cancellation)
    {
        await using var command = tables.CreateCommand(
            "select pg_has_role(relowner, 'usage') from pg_class where oid = 'messaging.mt_events'::regclass");
        return await command.ExecuteScalarAsync(cancellation) is true;
    }

    private async Task ShareAsync(CancellationToken cancellation)
    {
        var isAlone = !await database.IsAnotherNodeRunningAsync(cancellation);
        await shared.CheckAsync(configuration.AreNodesSeveral(), isAlone, cancellation);
        if (isAlone) await deliveries.EndLeasesAsync(cancellation);
    }

    /// <summary>
    /// Brings tables and read models to this version's form, beside nodes that run. The caller has its turn among those
    /// who start.
    /// </summary>
    /// <param name="application">The role that works with the tables, where it is not the one that changes
    /// them.</param>
    /// <param name="say">Is told how far it is, in sentences.</param>
    /// <param name="share">What else is done between tables and read models.</param>
    /// <exception cref="InvalidOperationException">It cannot be done now; the message says what to do.</exception>
    public static async Task ChangeAsync(
        IDocumentStore events, NpgsqlDataSource tables, string? application, Action<string> say,
        Func<CancellationToken, Task> share, ILogger logger, CancellationToken cancellation)
    {
        await events.RefuseNewerAsync(tables, cancellation);

        // Nobody uses tables that are about to change, where they will have to be filled anew in any case.
        var rebuild = await tables.AreOfAnotherFormatAsync(cancellation)
            ? await BeginRebuildAsync(tables, "they are of another format", say, logger, cancellation)
            : null;
        try
        {
            string? why;
            try
            {
                why = await UpdateTablesAsync(events, tables, application, logger, cancellation);
            }
            catch when (rebuild is not null)
            {
                // Others can go on with what they had.
                await rebuild.GiveUpAsync();
                throw;
            }

            await share(cancellation);
            if (why is null) return;
            rebuild ??= await BeginRebuildAsync(tables, why, say, logger, cancellation);
            SayProgress(0);
            await rebuild.CarryOutAsync(events, SayProgress, cancellation);
            logger.LogInformation("The read models were rebuilt");
        }
        finally
        {
            if (rebuild is not null) await rebuild.DisposeAsync();
        }

        void SayProgress(int percent) => say($"The product is starting: rebuilding the read models, {percent} %.");
    }

    private static async Task<ReadModelRebuild> BeginRebuildAsync(
        NpgsqlDataSource tables, string why, Action<string> say, ILogger logger, CancellationToken cancellation)
    {
        // Others go on with what they have: nothing is begun that this one may not end.
        if (!await OwnsTablesAsync(tables, cancellation))
        {
            throw new InvalidOperationException(
                $"The read models have to be rebuilt ({why}), which is done as the owner of the tables: give it in "
                    + "Messaging__Database__OwnerPassword, or run 'migrate' so first");
        }

        for (var waited = TimeSpan.Zero; await tables.IsUnfencedNodeRunningAsync(cancellation); waited += s_look)
        {
            if (waited >= s_longestUntilAlone)
            {
                throw new InvalidOperationException(
                    $"The read models have to be rebuilt ({why}), and a node of an earlier version is running, "
                        + $"which would write to them meanwhile. Stop all"
                    + " nodes of earlier versions, and start this one again: it rebuilds them.");
            }

            say(
                "The product is starting: the read models have to be rebuilt, and a node of an earlier version "
                    + "is running; it has to be stopped."
            );
            await Task.Delay(s_look, cancellation);
        }

        var isAnotherRunning = await tables.IsAnotherNodeRunningAsync(cancellation);
        var rebuild = await ReadModelRebuild.BeginAsync(tables, cancellation);
        if (!isAnotherRunning) return rebuild;
        try
        {
            logger.LogInformation("Other nodes are running; they stand still until the read models are rebuilt");
            await Task.Delay(ReadModelWatch.Noticed, cancellation);
            return rebuild;
        }
        catch
        {
            await rebuild.DisposeAsync();
            throw;
        }
    }
}
