namespace Messaging.Api.GraphQL.Transport;

/// <summary>
/// The number of this node's connections to the database; a service of this type is used, when there is one.
/// </summary>
public sealed record PooledConnections(int Count);

/// <summary>
/// The capacity of this node, shared fairly: operations, statements at the database, and memory. The product's own work
/// (commits, sign-in, health, notifications) stands in none of these lines: a quarter of the connections is left to it.
/// </summary>
internal sealed class Capacity
{
    // Anonymous requests are counted by network, which may be an office.
    private const int AsManyAsAPerson = 8;
    private const int UpdatesPerViewer = 4;

    private readonly GraphQLOptions _options;
    private readonly FairTurns _queries;
    private readonly FairTurns _mutations;
    private readonly FairTurns _updates;
    private readonly FairTurns _statements;
    private readonly FairTurns _heavyStatements;
    private readonly FairTurns _writing;

    public Capacity(GraphQLOptions options, PooledConnections? pool = null)
    {
        _options = options;
        var connections = pool?.Count ?? 60;
        var operations = options.MaxConcurrentOperations;
        _queries = new FairTurns(operations, Part(operations, 4), PerViewer, options.MaxWaitingPerViewer);
        _mutations = new FairTurns(operations, Part(operations, 4), PerViewer, options.MaxWaitingPerViewer);
        _updates = new FairTurns(Part(operations, 4), Part(operations, 16), _ => UpdatesPerViewer, int.MaxValue / 64);

        // Bounded by the operations that send them.
        var ofOrganisation = options.MaxStatementsPerOrganisation ?? Part(connections, 4);
        _statements = new FairTurns(
            Math.Max(ofOrganisation, connections - Part(connections, 4)), ofOrganisation, _ => ofOrganisation,
            int.MaxValue / 64);
        var heavy = options.MaxHeavyStatements ?? Environment.ProcessorCount;
        _heavyStatements = new FairTurns(
            Math.Max(3, heavy), Math.Max(2, heavy / 2), _ => Math.Max(1, heavy / 2), int.MaxValue / 64);

        // Writing waits for nothing, so that a few could take all threads, and whoever else has only to go on.
        _writing = new FairTurns(
            Math.Max(1, Environment.ProcessorCount - 1), Part(Environment.ProcessorCount, 2), _ => 1,
            int.MaxValue / 64);
        Memory = new AnswerMemory(
            options.MaxBytesUnderWay ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4,
            3L * options.MaxAnswerBytes);

        int PerViewer(Asker who) =>
            who.IsKnown ? options.MaxOperationsPerViewer : AsManyAsAPerson * options.MaxOperationsPerViewer;
    }

    /// <summary>The memory of all answers under way.</summary>
    public AnswerMemory Memory { get; }

    /// <summary>Who asks.</summary>
    public static Asker AskerOf(GraphQLAdmission admission, HttpContext context) =>
        new(admission.Organisation ?? admission.Viewer ?? "", ViewerRates.Of(admission, context));

    /// <summary>A request's claim on the node; to be disposed of when its answer was written.</summary>
    public Claim Claim(Asker who) => new(this, _options, who);

    /// <summary>Waits for the turn of an operation.</summary>
    /// <returns>The turn; null when it did not come in time, or too many of the viewer's wait.</returns>
    public ValueTask<IDisposable?> EnterAsync(Asker who, bool isMutation, CancellationToken cancellation) =>
        (isMutation ? _mutations : _queries).EnterAsync(who, _options.MaxWait, cancellation);

    /// <summary>Waits for the turn of an update of a subscription, however long it takes.</summary>
    public async ValueTask<IDisposable> UpdateAsync(Asker who, CancellationToken cancellation) =>
        (await _updates.EnterAsync(who, Timeout.InfiniteTimeSpan, cancellation))!;

    /// <summary>Waits for the turn of a statement.</summary>
    /// <returns>The turn; null when it did not come in time.</returns>
    public async ValueTask<IDisposable?> StatementAsync(
        Asker who, bool isHeavy, TimeSpan patience, CancellationToken cancellation)
    {
        if (!isHeavy) return await _statements.EnterAsync(who, patience, cancellation);
        if (await _heavyStatements.EnterAsync(who, patience, cancellation) is not { } heavy) return null;
        try
        {
            if (await _statements.EnterAsync(who, patience, cancellation) is { } turn) return new Both(heavy, turn);
        }
        catch
        {
            heavy.Dispose();
            throw;
        }

        heavy.Dispose();
        return null;
    }

    /// <summary>Waits for the turn to write a large answer.</summary>
    /// <returns>The turn; null when it did not come in time.</returns>
    public ValueTask<IDisposable?> WriteAsync(Asker who, TimeSpan patience, CancellationToken cancellation) =>
        _writing.EnterAsync(who, patience, cancellation);

    private static int Part(int of, int parts) => Math.Max(1, of / parts);

    private sealed class Both(IDisposable first, IDisposable second) : IDisposable
    {
        public void Dispose()
        {
            second.Dispose();
            first.Dispose();
        }
    }
}
