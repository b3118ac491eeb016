using JasperFx.Events;
using Marten;
using Messaging.Api.Hosting;
using Messaging.Domain;
using Messaging.Projections.Conversations;
using Messaging.Projections.Customers;
using Messaging.Projections.History;
using Messaging.Projections.Notifications;
using Messaging.Projections.Organisation;
using Messaging.Projections.Reports;
using Messaging.Projections.Storage;
using Messaging.TestSupport.Postgres;
using Npgsql;

namespace Messaging.Projections.Tests.Support;

/// <summary>An event that a test appends.</summary>
public sealed record Happened(
    string TenantId, Guid Stream, object Data, DateTimeOffset At, Participant Actor, string? CorrelationId = null);

/// <summary>
/// A database with the product's schema, shared by the tests of a class; each test has organisations of its own in it.
/// </summary>
public sealed class Store : IAsyncLifetime
{
    private readonly Dictionary<(string, Guid), long> _versions = [];
    private TestDatabase _database = null!;

    public NpgsqlDataSource Database { get; private set; } = null!;

    public string ConnectionString => _database.ConnectionString;

    public DocumentStore Marten { get; private set; } = null!;

    public ConversationQueries Conversations => new(Database);

    public OrganisationQueries Organisation => new(Database);

    public CustomerQueries Customers => new(Database);

    public RetentionQueries Retention => new(Database);

    public NotificationQueries Notifications => new(Database);

    public ReportQueries Reports => new(Database);

    public WaitQueries Waits => new(Database);

    public WorkQueries Work => new(Database);

    public ActivityQueries Activity => new(Database);

    public HistoryQueries History => new(Database);

    public PastConversations Past => new(Database);

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        Database = NpgsqlDataSource.Create(_database.ConnectionString);
        Marten = DocumentStore.For(options =>
        {
            options.Connection(Database);
            options.UseMessaging();
        });
        await Marten.Storage.ApplyAllConfiguredChangesToDatabaseAsync();

        // Marks them as this version's, as a start does: nobody writes to others.
        (await Database.WhyRebuildAsync(CancellationToken.None)).ShouldBeNull();
    }

    public async ValueTask DisposeAsync()
    {
        await Marten.DisposeAsync();
        await Database.DisposeAsync();
        await _database.DisposeAsync();
    }

    /// <summary>
    /// Appends events of whatever streams and organisations in one transaction, as the command executor does.
    /// </summary>
    public async Task AppendAsync(params IReadOnlyList<Happened> all)
    {
        await using var session = Marten.LightweightSession();
        foreach (var stream in all.GroupBy(h => (h.TenantId, h.Stream)))
        {
            var events = session.ForTenant(stream.Key.TenantId).Events;
            var built = stream.Select(h => Build(events.BuildEvent(h.Data), h)).ToArray<object>();
            var version = _versions.GetValueOrDefault(stream.Key);
            if (version == 0)
                events.StartStream(stream.Key.Stream, built);
            else
                events.Append(stream.Key.Stream, version + built.Length, built);
            _versions[stream.Key] = version + built.Length;
        }

        await session.SaveChangesAsync();
    }

    public async Task ExecuteAsync(string sql, params object[] arguments)
    {
        await using var command = Database.CreateCommand(sql);
        foreach (var argument in arguments) command.Parameters.Add(new NpgsqlParameter { Value = argument });
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The rows of a query, each as text.</summary>
    public async Task<List<string>> RowsAsync(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync()) rows.Add(reader.GetString(0));
        return rows;
    }

    private static IEvent Build(IEvent @event, Happened h)
    {
        @event.Id = Guid.CreateVersion7();
        @event.Timestamp = h.At;
        @event.CorrelationId = h.CorrelationId;
        @event.SetHeader("actor_kind", h.Actor.Kind.ToString());
        @event.SetHeader("actor_id", h.Actor.Id.ToString());
        return @event;
    }
}
