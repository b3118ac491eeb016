using System.Globalization;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;
using Messaging.Api.Customers;
using SpreadCheetah;
using SpreadCheetah.Styling;

namespace Messaging.Api.Reports;

/// <summary>
/// A table for spreadsheets that is written row by row while it is sent. A cell is a text, an <see cref="int"/>, a
/// <see cref="double"/>, a <see cref="DateTime"/> of the office's zone, or null for an empty one.
/// </summary>
internal abstract class TableFile : IAsyncDisposable
{
    /// <summary>The most UTF-16 units of a cell; spreadsheets take no more, and what is longer ends with "…".</summary>
    public const int CellMaximum = 32_767;

    /// <summary>Begins one.</summary>
    /// <param name="format"><c>csv</c> or <c>xlsx</c>.</param>
    /// <param name="german">How a CSV writes numbers and instants, and how XLSX shows the latter.</param>
    /// <param name="name">Of the sheet; CSV has none.</param>
    public static async Task<TableFile> BeginAsync(
        Stream stream, string format, bool german, string name, CancellationToken cancellation) =>
        format == "csv" ? await CsvTable.BeginAsync(stream, german, cancellation)
            : await XlsxTable.BeginAsync(stream, german, name, cancellation);

    /// <summary>The media type of a format.</summary>
    public static string MediaTypeOf(string format) =>
        format == "csv" ? "text/csv; charset=utf-8"
            : "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

    /// <summary>Writes the next row.</summary>
    public abstract Task RowAsync(object?[] cells, CancellationToken cancellation);

    /// <summary>Writes what is left: the table is whole.</summary>
    public abstract Task EndAsync(CancellationToken cancellation);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    private static string Short(string text)
    {
        if (text.Length <= CellMaximum) return text;
        var end = CellMaximum - 1;
        return text[..(char.IsHighSurrogate(text[end - 1]) ? end - 1 : end)] + "…";
    }

    // RFC 4180; Excel takes it for UTF-8 by the mark at its begin.
    private sealed class CsvTable : TableFile
    {
        private const int SentTogether = 64 * 1024;

        private readonly StringWriter _text = new(CultureInfo.InvariantCulture);
        private readonly Stream _stream;
        private readonly CsvWriter _csv;
        private readonly CultureInfo _culture;
        private readonly string _form;

        private CsvTable(Stream stream, bool german)
        {
            _stream = stream;
            _culture = german ? CultureInfo.GetCultureInfo("de-DE") : CultureInfo.InvariantCulture;
            _form = german ? "dd.MM.yyyy HH:mm" : "yyyy-MM-dd HH:mm";
            _csv = new CsvWriter(
                _text,
                new CsvConfiguration(CultureInfo.InvariantCulture)
                {
                    Delimiter = german ? ";" : ",",
                    NewLine = "\r\n",
                    InjectionOptions = InjectionOptions.None,
                },
                leaveOpen: true);
        }

        public static async Task<CsvTable> BeginAsync(Stream stream, bool german, CancellationToken cancellation)
        {
            await stream.WriteAsync(Encoding.UTF8.Preamble.ToArray(), cancellation);
            return new CsvTable(stream, german);
        }

        public override async Task RowAsync(object?[] cells, CancellationToken cancellation)
        {
            foreach (var cell in cells)
            {
                _csv.WriteField(cell switch
                {
                    null => "",
                    string text => RefusedLinesEndpoint.AsText(Short(text)),
                    int number => number.ToString(CultureInfo.InvariantCulture),
                    double number => number.ToString("0.######", _culture),
                    DateTime at => at.ToString(_form, CultureInfo.InvariantCulture),
                    _ => throw new ArgumentException($"No cell has a {cell.GetType()}.", nameof(cells)),
                });
            }

            await _csv.NextRecordAsync();
            if (_text.GetStringBuilder().Length > SentTogether) await EndAsync(cancellation);
        }

        public override async Task EndAsync(CancellationToken cancellation)
        {
            await _csv.FlushAsync();
            await _stream.WriteAsync(Encoding.UTF8.GetBytes(_text.ToString()), cancellation);
            _text.GetStringBuilder().Clear();
        }

        public override async ValueTask DisposeAsync()
        {
            await _csv.DisposeAsync();
            await _text.DisposeAsync();
        }
    }

    // ECMA-376, Office Open XML. Texts are inline strings, which are never formulas.
    private sealed class XlsxTable(Spreadsheet sheets, StyleId instant, StyleId header) : TableFile
    {
        private bool _isBegun;

        public static async Task<XlsxTable> BeginAsync(
            Stream stream, bool german, string name, CancellationToken cancellation)
        {
            var sheets = await Spreadsheet.CreateNewAsync(stream, cancellationToken: cancellation);
            var instant = sheets.AddStyle(
                new Style { Format = NumberFormat.Custom(german ? "dd.mm.yyyy hh:mm" : "yyyy-mm-dd hh:mm") });
            var header = sheets.AddStyle(new Style { Font = { Bold = true } });
            await sheets.StartWorksheetAsync(name, token: cancellation);
            return new XlsxTable(sheets, instant, header);
        }

        public override async Task RowAsync(object?[] cells, CancellationToken cancellation)
        {
            var row = new Cell[cells.Length];
            for (var i = 0; i < cells.Length; i++)
            {
                row[i] = cells[i] switch
                {
                    null => new Cell((string?)null),
                    string text => new Cell(Printable(Short(text)), _isBegun ? null : header),
                    int number => new Cell(number),
                    double number => new Cell(number),
                    DateTime at => new Cell(at, instant),
                    { } other => throw new ArgumentException($"No cell has a {other.GetType()}.", nameof(cells)),
                };
            }

            _isBegun = true;
            await sheets.AddRowAsync(row, cancellation);
        }

        public override async Task EndAsync(CancellationToken cancellation) => await sheets.FinishAsync(cancellation);

        public override async ValueTask DisposeAsync() => await sheets.DisposeAsync();

        // What XML 1.0 (2.2) has no place for.
        private static string Printable(string text)
        {
            for (var i = 0; i < text.Length; i++)
                if (!IsPrintable(text, i))
                    return new string([.. text.Select((c, at) => IsPrintable(text, at) ? c : '\uFFFD')]);
            return text;
        }

        private static bool IsPrintable(string text, int at) => text[at] switch
        {
            '\t' or '\n' or '\r' => true,
            < ' ' or '\uFFFE' or '\uFFFF' => false,
            var c when char.IsHighSurrogate(c) => at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]),
            var c when char.IsLowSurrogate(c) => at > 0 && char.IsHighSurrogate(text[at - 1]),
            _ => true,
        };
    }
}
