using Npgsql;

namespace Messaging.Projections.Storage;

/// <summary>Statements that are asked for at the same moment, and go to the database in one round trip.</summary>
public sealed class StatementBatch
{
    [ThreadStatic]
    private static StatementBatch? s_current;

    private readonly List<IStatement> _statements = [];

    private StatementBatch()
    {
    }

    private interface IStatement
    {
        NpgsqlBatchCommand Command { get; }

        bool IsHeavy { get; }

        Task ReadAsync(NpgsqlDataReader reader, Action cancel, CancellationToken cancellation);

        void Complete(Exception? exception);
    }

    /// <summary>The batch that is being collected on this thread; null when there is none.</summary>
    internal static StatementBatch? Current => s_current;

    /// <summary>
    /// Sends what queries ask for before they first wait, while <paramref name="start"/> runs, together. Their own
    /// tasks tell how it went.
    /// </summary>
    public static void Run(NpgsqlDataSource database, Action start, CancellationToken cancellation)
    {
        var batch = new StatementBatch();
        s_current = batch;
        try
        {
            start();
        }
        finally
        {
            s_current = null;
        }

        if (batch._statements.Count > 0) _ = batch.ExecuteAsync(database, cancellation);
    }

    internal Task<List<T>> AddAsync<T>(NpgsqlBatchCommand command, Func<NpgsqlDataReader, T> row, bool isHeavy)
    {
        var statement = new Statement<T>(command, row, isHeavy);
        _statements.Add(statement);
        return statement.Rows;
    }

    private async Task ExecuteAsync(NpgsqlDataSource database, CancellationToken cancellation)
    {
        Exception? failure = null;
        try
        {
            using var turn = await ReadScope.TurnAsync(_statements.Exists(s => s.IsHeavy), cancellation);
            await using var batch = database.CreateBatch();
            foreach (var statement in _statements) batch.BatchCommands.Add(statement.Command);
            await using var reader = await batch.ExecuteReaderAsync(cancellation);
            foreach (var statement in _statements)
            {
                await statement.ReadAsync(reader, batch.Cancel, cancellation);
                await reader.NextResultAsync(cancellation);
            }
        }
        catch (Exception e)
        {
            failure = e;
        }

        // Completed after the connection is returned: continuations run here and may send more statements.
        foreach (var statement in _statements) statement.Complete(failure);
    }

    private sealed class Statement<T>(NpgsqlBatchCommand command, Func<NpgsqlDataReader, T> row, bool isHeavy)
        : IStatement
    {
        private readonly TaskCompletionSource<List<T>> _completion = new();
        private readonly List<T> _rows = [];

        public Task<List<T>> Rows => _completion.Task;

        public NpgsqlBatchCommand Command => command;

        public bool IsHeavy => isHeavy;

        public Task ReadAsync(NpgsqlDataReader reader, Action cancel, CancellationToken cancellation) =>
            reader.ReadAllAsync(_rows, row, cancel, cancellation);

        public void Complete(Exception? exception)
        {
            if (exception is null)
                _completion.SetResult(_rows);
            else
                _completion.SetException(exception);
        }
    }
}
