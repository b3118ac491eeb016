using System.Globalization;
using System.Text;
using Npgsql;

namespace Messaging.Benchmarks.Scale;

/// <summary>Fills tables by COPY, many at once, each by a connection of its own.</summary>
internal sealed class CopyStreams(NpgsqlDataSource database) : IAsyncDisposable
{
    private readonly List<(NpgsqlConnection Connection, CopyStream Stream)> _streams = [];

    public async Task<CopyStream> OpenAsync(string table, string columns)
    {
        var connection = await database.OpenConnectionAsync();
        var stream = new CopyStream(
            await connection.BeginTextImportAsync($"copy messaging.{table} ({columns}) from stdin"));
        _streams.Add((connection, stream));
        return stream;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (connection, stream) in _streams)
        {
            await stream.DisposeAsync();
            await connection.DisposeAsync();
        }
    }
}

/// <summary>Rows of one table. Texts must have no backslash, tab or line end.</summary>
internal sealed class CopyStream(TextWriter writer) : IAsyncDisposable
{
    private readonly StringBuilder _rows = new();
    private Task _written = Task.CompletedTask;

    public void Row(params ReadOnlySpan<object?> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (i > 0) _rows.Append('\t');
            switch (values[i])
            {
                case null:
                    _rows.Append(@"\N");
                    break;
                case DateTimeOffset at:
                    _rows.Append(
                        at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff+00", CultureInfo.InvariantCulture));
                    break;
                case byte[] bytes:
                    _rows.Append(@"\\x").Append(Convert.ToHexStringLower(bytes));
                    break;
                case bool yes:
                    _rows.Append(yes ? 't' : 'f');
                    break;
                case var value:
                    _rows.Append(CultureInfo.InvariantCulture, $"{value}");
                    break;
            }
        }

        _rows.Append('\n');
    }

    /// <summary>Sends what has come together, while the next rows are made.</summary>
    public async Task FlushAsync()
    {
        await _written;
        var rows = _rows.ToString();
        _rows.Clear();
        _written = Task.Run(() => writer.WriteAsync(rows));
    }

    public async ValueTask DisposeAsync()
    {
        await FlushAsync();
        await _written;
        await writer.DisposeAsync();
    }
}
