using System.Collections.Frozen;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Marten;
using Npgsql;

namespace Messaging.Projections.Storage;

/// <summary>
/// A statement, or a part of one, written as an interpolated string: each interpolated value becomes a parameter, never
/// text. Parts that are text already are other <see cref="Sql"/>s. It is the one way to ask the database; README.md of
/// the read models has the exceptions.
/// </summary>
/// <remarks>
/// It does not change once it is written: the methods that append are called by the compiler, while it makes one of the
/// string. An array is a value like others, and its type says the column's.
/// </remarks>
[InterpolatedStringHandler]
internal sealed class Sql
{
    private readonly List<(string? Text, object? Value)> _parts;
    private bool _isHeavy;

    public Sql(int literalLength, int formattedCount) =>
        _parts = new(literalLength == 0 ? formattedCount : (2 * formattedCount) + 1);

    private Sql(List<(string? Text, object? Value)> parts, bool isHeavy) => (_parts, _isHeavy) = (parts, isHeavy);

    public static Sql Nothing { get; } = Of($"");

    public bool IsEmpty => _parts.Count == 0;

    /// <summary>Text with parameters: each value in braces becomes one.</summary>
    public static Sql Of(Sql sql) => sql;

    /// <summary>Names of columns and the like, which are in the program and never come from outside.</summary>
    public static Sql Raw(string text)
    {
        var sql = new Sql(text.Length, 0);
        sql.AppendLiteral(text);
        return sql;
    }

    /// <summary>
    /// A number that is written out, not passed. Each makes a statement of its own, for which PostgreSQL keeps a plan:
    /// of a number passed it supposes a tenth of all rows.
    /// </summary>
    public static Sql Number(int value) => Raw(value.ToString(CultureInfo.InvariantCulture));

    /// <summary>A number that is passed.</summary>
    public static Sql Value(int value) => Of($"{value}");

    /// <summary>
    /// Ids as an array. Put in by a subquery: the planner then does not look at how many they are, and plans once
    /// rather than each time.
    /// </summary>
    public static Sql Ids(IReadOnlyCollection<Guid> ids) => Of($"(select {ids.ToArray()})::uuid[]");

    /// <summary>Keys of organisations, a row each, for a <c>from</c>: tenants and ids.</summary>
    public static Sql Keys(IReadOnlyCollection<(string Tenant, Guid Id)> keys)
    {
        var (tenants, ids) = (new string[keys.Count], new Guid[keys.Count]);
        var i = 0;
        foreach (var (tenant, id) in keys) (tenants[i], ids[i++]) = (tenant, id);
        return Of($"unnest({tenants}::text[], {ids}::uuid[])");
    }

    /// <summary>One part after the other, as a new one.</summary>
    public static Sql operator +(Sql one, Sql more) =>
        new([.. one._parts, .. more._parts], one._isHeavy || more._isHeavy);

    public void AppendLiteral(string text) => _parts.Add((text, null));

    public void AppendFormatted(Sql nested)
    {
        _parts.AddRange(nested._parts);
        _isHeavy |= nested._isHeavy;
    }

    public void AppendFormatted<T>(T value) => _parts.Add((null, (object?)value ?? DBNull.Value));

    /// <summary>
    /// Says that the statement, and each that it becomes a part of, may look at a large part of what an organisation
    /// has: few of these run at once (<see cref="ReadScope"/>).
    /// </summary>
    public Sql Heavy() => new(_parts, isHeavy: true);

    /// <summary>The rows of the statement.</summary>
    public Task<List<T>> ListAsync<T>(
        NpgsqlDataSource database, Func<NpgsqlDataReader, T> row, CancellationToken cancellation)
    {
        if (StatementBatch.Current is not { } batch) return ListAloneAsync(database, row, cancellation);
        return batch.AddAsync(ToBatchCommand(), row, _isHeavy);
    }

    /// <summary>As a statement of a batch.</summary>
    public NpgsqlBatchCommand ToBatchCommand()
    {
        var command = new NpgsqlBatchCommand();
        command.CommandText = Write(command.Parameters);
        return command;
    }

    /// <summary>As Marten queues it: with a question mark for each value.</summary>
    public (string Text, object?[] Values) ToQueued() => (
        string.Concat(_parts.Select(p => p.Text ?? "?")),
        [.. _parts.Where(p => p.Text is null).Select(p => p.Value is DBNull ? null : Sent(p.Value))]);

    private async Task<List<T>> ListAloneAsync<T>(
        NpgsqlDataSource database, Func<NpgsqlDataReader, T> row, CancellationToken cancellation)
    {
        using var turn = await TurnAsync(cancellation);
        await using var command = Command(database);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var rows = new List<T>();
        await reader.ReadAllAsync(rows, row, command.Cancel, cancellation);
        return rows;
    }

    /// <summary>The only row, or null.</summary>
    public async Task<T?> FirstAsync<T>(
        NpgsqlDataSource database, Func<NpgsqlDataReader, T> row, CancellationToken cancellation)
        where T : class => (await ListAsync(database, row, cancellation)).FirstOrDefault();

    /// <summary>The only number.</summary>
    public async Task<int> CountAsync(NpgsqlDataSource database, CancellationToken cancellation) =>
        checked((int)(await ListAsync(database, r => r.GetInt64(0), cancellation))[0]);

    /// <summary>
    /// Executes a statement that writes. It goes alone: it shares neither round trip nor transaction with concurrent
    /// reads.
    /// </summary>
    /// <returns>The number of rows written.</returns>
    public async Task<int> ExecuteAsync(NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await ExecuteAsync(connection, cancellation);
    }

    /// <summary>The same, in the transaction of a connection if it has one.</summary>
    public async Task<int> ExecuteAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = Write(command.Parameters);
        return await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>
    /// Executes a statement that writes, as <see cref="ExecuteAsync(NpgsqlDataSource, CancellationToken)"/> does.
    /// </summary>
    /// <returns>The returned rows.</returns>
    public async Task<List<T>> ReturningAsync<T>(
        NpgsqlDataSource database, Func<NpgsqlDataReader, T> row, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await ReturningAsync(connection, row, cancellation);
    }

    /// <summary>The same, in the transaction of a connection if it has one.</summary>
    public async Task<List<T>> ReturningAsync<T>(
        NpgsqlConnection connection, Func<NpgsqlDataReader, T> row, CancellationToken cancellation)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = Write(command.Parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellation)) rows.Add(row(reader));
        return rows;
    }

    private ValueTask<IDisposable?> TurnAsync(CancellationToken cancellation) =>
        ReadScope.TurnAsync(_isHeavy, cancellation);

    private NpgsqlCommand Command(NpgsqlDataSource database)
    {
        var command = database.CreateCommand();
        command.CommandText = Write(command.Parameters);
        return command;
    }

    private static object? Sent(object? value) => value is DateTimeOffset at ? at.ToUniversalTime() : value;

    private string Write(NpgsqlParameterCollection parameters)
    {
        var text = new StringBuilder(_parts.Sum(p => p.Text?.Length ?? 4));
        foreach (var (literal, value) in _parts)
        {
            if (literal is not null)
            {
                text.Append(literal);
                continue;
            }

            parameters.Add(new NpgsqlParameter { Value = Sent(value) });
            text.Append(CultureInfo.InvariantCulture, $"${parameters.Count}");
        }

        return text.ToString();
    }
}

/// <summary>Statements that go together with others.</summary>
internal static class SqlBatch
{
    /// <summary>Adds one to those of a round trip; its rows are read in its turn.</summary>
    public static void Add(this NpgsqlBatch batch, Sql sql) => batch.BatchCommands.Add(sql.ToBatchCommand());

    /// <summary>Adds one that writes to a transaction of Marten.</summary>
    public static void Queue(this IDocumentOperations operations, Sql sql)
    {
        // Marten accepts null, whatever its annotation says; it is sent as text, so the statements cast nullable
        // values.
        var (text, values) = sql.ToQueued();
        operations.QueueSqlCommand(text, values!);
    }
}

/// <summary>
/// Readers of rows and columns. A row is read by a function beside its statement, with columns by their places in its
/// <c>select</c>: names would be looked up for each row. Whatever a type of ours needs to be read has its one method
/// here.
/// </summary>
internal static class Columns
{
    // The texts of the row that is being read on this thread: a row is made without waiting.
    [ThreadStatic]
    private static long s_texts;

    /// <summary>Reads all rows, and counts them in the scope.</summary>
    /// <param name="cancel">Ends the statement: otherwise the remaining rows would still be received.</param>
    public static async Task ReadAllAsync<T>(
        this NpgsqlDataReader reader, List<T> rows, Func<NpgsqlDataReader, T> row, Action cancel,
        CancellationToken cancellation)
    {
        var scope = ReadScope.Current;
        while (await reader.ReadAsync(cancellation))
        {
            s_texts = 0;
            rows.Add(row(reader));
            if (scope is null) continue;
            try
            {
                scope.SpendRow(s_texts);
            }
            catch
            {
                cancel();
                throw;
            }
        }
    }

    /// <summary>A text of whatever length.</summary>
    /// <param name="copies">Number of copies of it that the result holds.</param>
    public static string Text(this NpgsqlDataReader reader, int column, int copies = 1)
    {
        var text = reader.GetString(column);
        s_texts += copies * sizeof(char) * (long)text.Length;
        return text;
    }

    public static DateTimeOffset Instant(this NpgsqlDataReader reader, int column) =>
        reader.GetFieldValue<DateTimeOffset>(column);

    public static DateTimeOffset? InstantOrNull(this NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.Instant(column);

    public static long? Int64OrNull(this NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetInt64(column);

    public static string? StringOrNull(this NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetString(column);

    public static Guid? GuidOrNull(this NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetGuid(column);

    public static T Enumeration<T>(this NpgsqlDataReader reader, int column)
        where T : struct, Enum =>
        Names<T>.Values[reader.GetString(column)];

    // Enum.Parse takes five times as long, for several columns of each row.
    private static class Names<T>
        where T : struct, Enum
    {
        public static readonly FrozenDictionary<string, T> Values = Enum.GetValues<T>()
            .ToFrozenDictionary(v => v.ToString());
    }

    /// <summary>Two columns: kind and id.</summary>
    public static Domain.Participant Participant(this NpgsqlDataReader reader, int column) =>
        new(reader.Enumeration<Domain.ParticipantKind>(column), reader.GetGuid(column + 1));
}
