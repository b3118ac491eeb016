using Marten;
using Messaging.Api.Hosting;
using Messaging.Application.Commands;
using Messaging.Projections.Storage;
using Npgsql;
using Weasel.Core;

namespace Messaging.Api.Operating;

/// <summary>
/// The installation that the settings name, as the operator's commands work with it: its settings, database, events and
/// directories. Nothing of it serves: it is no node, beside which others would have to share their work.
/// </summary>
internal sealed class Installation : IAsyncDisposable
{
    private readonly OwnerConnection _connection;
    private readonly EmbeddedPostgres? _own;
    private readonly ILoggerFactory _logging;

    private Installation(
        WebApplicationBuilder builder, string dataDirectory, OwnerConnection connection, EmbeddedPostgres? own,
        ILoggerFactory logging)
    {
        (Configuration, Environment, DataDirectory) = (builder.Configuration, builder.Environment, dataDirectory);
        (_connection, _own, _logging) = (connection, own, logging);
        Database = Hosting.Database.Patient(connection.ConnectionString, namesAll: connection.IsAnother);
        Store = DocumentStore.For(options =>
        {
            options.Connection(Database);
            options.UseMessaging();
        });
        Logger = logging.CreateLogger("Messaging");
    }

    /// <summary>The schemas of the database that are the product's.</summary>
    public static IReadOnlyList<string> Schemas { get; } = ["messaging", "wolverine"];

    /// <summary>The settings.</summary>
    public IConfiguration Configuration { get; }

    /// <summary>Development or not.</summary>
    public IHostEnvironment Environment { get; }

    /// <summary>The data directory; it may not be there.</summary>
    public string DataDirectory { get; }

    /// <summary>Connection string of the database's owner.</summary>
    public string ConnectionString => _connection.ConnectionString;

    /// <summary>The database; its statements have no time limit.</summary>
    public NpgsqlDataSource Database { get; }

    /// <summary>Its events.</summary>
    public IDocumentStore Store { get; }

    /// <summary>Reports progress on standard error: standard output is for the result.</summary>
    public ILogger Logger { get; }

    /// <summary>
    /// True when the database is a server of the product's own that this process started, so that nobody else runs on
    /// it.
    /// </summary>
    public bool StartedDatabase => _own is not null;

    /// <summary>Opens it.</summary>
    /// <param name="settings">Settings, as <c>--Section:Key=Value</c>.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <param name="mayBegin">True to make one where there is none; else that is refused, and nothing is made.</param>
    /// <exception cref="InvalidOperationException">
    /// A setting cannot be right, or there is no database to be had.
    /// </exception>
    public static async Task<Installation> OpenAsync(
        IReadOnlyList<string> settings, CancellationToken cancellation, bool mayBegin = false)
    {
        var builder = Product.CreateBuilder([.. settings]);
        Settings.RefuseUnknown(builder.Configuration);
        if (!mayBegin)
            RefuseNone(builder.Configuration);
        var logging = LoggerFactory.Create(l =>
            l.AddConfiguration(builder.Configuration.GetSection("Logging"))
                .AddConsole(c => c.LogToStandardErrorThreshold = LogLevel.Trace)
        );
        EmbeddedPostgres? own = null;
        try
        {
            var directory = Hosting.DataDirectory.Prepare(builder.Configuration);
            (var connection, own) = await Hosting.Database.ReachAsync(
                builder.Configuration, directory, logging.CreateLogger<EmbeddedPostgres>(), cancellation);
            return new Installation(builder, directory, connection, own, logging);
        }
        catch
        {
            if (own is not null) await own.DisposeAsync();
            logging.Dispose();
            throw;
        }
    }

    /// <summary>Opens an existing database, without starting or making anything.</summary>
    /// <returns>Null when that is a server of the product's own which does not run.</returns>
    /// <exception cref="InvalidOperationException">There is no database to be had.</exception>
    public static async Task<Installation?> JoinAsync(
        WebApplicationBuilder builder, string dataDirectory, CancellationToken cancellation)
    {
        var given = Hosting.Database.Configured(builder.Configuration);
        if (given is null)
        {
            var postgres = Path.Combine(dataDirectory, "postgres");
            if (!EmbeddedPostgres.IsInUse(postgres)) return null;
            given = await EmbeddedPostgres.JoinAsync(postgres, cancellation);
        }

        var connection = Hosting.Database.IsOwn(builder.Configuration)
            ? OwnerConnection.OfOwn(builder.Configuration, given)
            : OwnerConnection.Of(builder.Configuration, given);
        return new Installation(builder, dataDirectory, connection, null, LoggerFactory.Create(_ => { }));
    }

    private static void RefuseNone(IConfiguration configuration)
    {
        var directory = Hosting.DataDirectory.Find(configuration);
        if (!Hosting.Database.IsOwn(configuration) || Directory.Exists(Path.Combine(directory, "postgres"))) return;
        throw new InvalidOperationException(
            $"There is no installation in the data directory {directory}: name another in "
                + $"Messaging__DataDirectory, or the"
            + " PostgreSQL server in ConnectionStrings__Messaging.");
    }

    /// <summary>True when the product runs on the database, here or elsewhere.</summary>
    public Task<bool> IsServedAsync(CancellationToken cancellation) =>
        Database.IsAnotherNodeRunningAsync(cancellation);

    /// <summary>Waits for its turn among starting processes: none starts until it is given back.</summary>
    public Task<StartTurn> TakeTurnAsync(CancellationToken cancellation) =>
        StartTurn.TakeAsync(
            Database, () => Logger.LogInformation("Another node is starting; waiting for it"), cancellation);

    /// <summary>
    /// Brings the database to this version, as a start of the product does, and lets none start until the turn is given
    /// back. Nothing is changed while the product runs.
    /// </summary>
    /// <exception cref="InvalidOperationException">It is not, and the product runs; or a newer version has worked on
    /// it.</exception>
    public async Task<StartTurn> PrepareAsync(CancellationToken cancellation)
    {
        if (_own is null)
            await Database.CheckDurabilityAsync(
                Configuration.GetValue<bool>(Durability.AllowUnsafe), Logger, cancellation);
        var turn = await TakeTurnAsync(cancellation);
        try
        {
            await Store.RefuseNewerAsync(Database, cancellation);
            if (await IsServedAsync(cancellation))
            {
                if (await WhatIsOlderAsync(cancellation) is not { } older) return turn;
                throw new InvalidOperationException(
                    $"The product runs on this database, which is not what this version keeps ({older}): it is "
                        + $"of another version."
                    + " Use that version's program, or update the product first.");
            }

            var why = await DatabasePreparation.UpdateTablesAsync(
                Store, Database, _connection.Granted, Logger, cancellation);
            if (why is not null) await Store.RebuildReadModelsAnewAsync(Database, cancellation);
            return turn;
        }
        catch
        {
            await turn.DisposeAsync();
            throw;
        }
    }

    /// <summary>Brings the database to this version's form as a start does, beside nodes that run.</summary>
    /// <exception cref="InvalidOperationException">It cannot be done now, or a newer version has worked on
    /// it.</exception>
    public async Task MigrateAsync(CancellationToken cancellation)
    {
        if (!_connection.IsGiven)
        {
            throw new InvalidOperationException(
                "Messaging__Database__Owner is named, and its password is not: give it in "
                    + "Messaging__Database__OwnerPassword");
        }

        if (_own is null)
        {
            await Database.RefuseSharedAsync(cancellation);
            await Database.CheckDurabilityAsync(
                Configuration.GetValue<bool>(Durability.AllowUnsafe), Logger, cancellation);
        }

        await using var turn = await TakeTurnAsync(cancellation);
        await DatabasePreparation.ChangeAsync(
            Store, Database, _connection.Granted, said => Logger.LogInformation("{Said}", said),
            _ => Task.CompletedTask, Logger, cancellation);
    }

    /// <summary>Returns the changes that a start of this version would make in the database; null when none.</summary>
    public async Task<string?> WhatIsOlderAsync(CancellationToken cancellation)
    {
        var migration = await Store.Storage.Database.CreateMigrationAsync(cancellation);
        if (migration.Difference == SchemaPatchDifference.None) return await Database.WhyRebuildAsync(cancellation);
        var names = migration.Deltas.Where(d => d.Difference != SchemaPatchDifference.None)
            .Select(d => d.SchemaObject.Identifier.QualifiedName).Distinct().Order(StringComparer.Ordinal).ToList();
        return "to be created or changed: "
            + $"{string.Join(", ", names.Take(10))}{(names.Count > 10 ? $" and {names.Count - 10} more" : "")}";
    }

    /// <summary>
    /// Carries one command out, as the product would; a running product sees the events and does what follows.
    /// </summary>
    /// <returns>The refusal; null when it was carried out.</returns>
    public async Task<Domain.Refusal?> ExecuteAsync(
        Application.Commands.Command command, CancellationToken cancellation)
    {
        using var executor = new CommandExecutor(
            Store, Database, _logging.CreateLogger<CommandExecutor>(), lanes: 1);
        await executor.StartAsync(cancellation);
        try
        {
            return (await executor.ExecuteAsync(command, CancellationToken.None)).Refusal;
        }
        finally
        {
            await executor.StopAsync(CancellationToken.None);
        }
    }

    /// <summary>Lets go of it; a database that was started for it stops.</summary>
    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await Database.DisposeAsync();
        if (_own is not null) await _own.DisposeAsync();
        _logging.Dispose();
    }
}
