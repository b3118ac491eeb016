using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;
using Messaging.Domain;
using Messaging.Domain.Customers;

namespace Messaging.Application.Customers.Import;

/// <summary>A line of a file.</summary>
/// <param name="Line">Its number in the file, from 1.</param>
/// <param name="Refusal">The reason why its cells cannot be told apart; null when they can.</param>
internal sealed record FileLine(int Line, string[] Cells, Refusal? Refusal);

/// <summary>
/// A file of customers as spreadsheets and DATEV write it (RFC 4180 with any of four separators). Encoding, separator
/// and header are found out; lines are read one after the other, so that memory does not depend on their number.
/// </summary>
internal sealed class CustomerFile : IDisposable
{
    // A header stands below a title, or below the line by which DATEV says what it exports.
    private const int HeaderWithin = 10;
    private const int CellMaximum = 5_000;
    private const int LineMaximum = 100_000;

    private static readonly char[] s_separators = [';', ',', '\t', '|'];
    private static readonly UTF8Encoding s_utf8 = new(false, throwOnInvalidBytes: true);

    private readonly CsvParser _parser;
    private int _lastLine;

    private CustomerFile(CsvParser parser, string encoding, char separator, int lastLine, string[] header)
    {
        _parser = parser;
        _lastLine = lastLine;
        EncodingName = encoding;
        Separator = separator;
        Header = header;
        Columns = ImportColumns.Of(header);
    }

    /// <summary>The IANA name of the encoding.</summary>
    public string EncodingName { get; }

    public char Separator { get; }

    public string[] Header { get; }

    public ImportColumns Columns { get; }

    /// <summary>Finds out how the file is to be read, and reads it up to its header.</summary>
    /// <param name="content">The file, seekable.</param>
    /// <param name="columnsMaximum">The most columns.</param>
    /// <exception cref="ImportProblemException">Nothing can be done with the file.</exception>
    public static async Task<CustomerFile> OpenAsync(
        Stream content, int columnsMaximum, CancellationToken cancellation)
    {
        var encoding = await EncodingOfAsync(content, cancellation);
        var separator = await SeparatorOfAsync(content, encoding, cancellation);
        content.Position = 0;
        var parser = ParserOf(new LimitedLines(new StreamReader(content, encoding), LineMaximum), separator);
        try
        {
            var (last, isEmpty) = (0, true);
            for (var records = 0; records < HeaderWithin && await ReadAsync(parser);)
            {
                var line = last + 1;
                last = parser.RawRow;
                var cells = Cleaned(parser.Record!);
                if (cells.All(string.IsNullOrWhiteSpace)) continue;
                (records, isEmpty) = (records + 1, false);
                var columns = ImportColumns.Of(cells);
                if (!columns.NameCustomers) continue;
                if (cells.Length > columnsMaximum)
                    throw new ImportProblemException(ImportProblem.TooManyColumns, line);
                if (columns.Repeated is not null) throw new ImportProblemException(ImportProblem.TwoColumns, line);
                return new CustomerFile(parser, encoding.WebName, separator, last, cells);
            }

            throw new ImportProblemException(isEmpty ? ImportProblem.Empty : ImportProblem.NoColumns);
        }
        catch
        {
            parser.Dispose();
            throw;
        }
    }

    /// <summary>The lines below the header; those with nothing in them are left out.</summary>
    /// <exception cref="ImportProblemException">The rest of the file cannot be read.</exception>
    public async IAsyncEnumerable<FileLine> LinesAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        while (await ReadAsync(_parser))
        {
            cancellation.ThrowIfCancellationRequested();
            var line = _lastLine + 1;
            _lastLine = _parser.RawRow;
            var cells = Cleaned(_parser.Record!);
            if (cells.All(string.IsNullOrWhiteSpace)) continue;
            yield return new FileLine(line, cells, RefusalOf(cells));
        }
    }

    public void Dispose() => _parser.Dispose();

    // A cell whose quotation mark is never closed has lines of the file in it.
    private Refusal? RefusalOf(string[] cells)
    {
        for (var i = 0; i < cells.Length; i++)
        {
            var cell = cells[i];
            if (!cell.Contains('\n', StringComparison.Ordinal)) continue;
            var most = Columns.IsUsed(i) ? 1 : Math.Max(1, Header.Length - 1);
            if (cell.Split('\n').Any(l => l.Count(c => c == Separator) >= most))
                return new ImportedQuoteIsOpen(Header.ElementAtOrDefault(i) ?? $"{i + 1}");
        }

        return cells.Skip(Header.Length).All(string.IsNullOrWhiteSpace)
            ? null
            : new TooManyImportedCells(cells.Length, Header.Length);
    }

    private static async Task<bool> ReadAsync(CsvParser parser)
    {
        try
        {
            return await parser.ReadAsync();
        }
        catch (MaxFieldSizeException)
        {
            throw new ImportProblemException(ImportProblem.TooLongCell, parser.RawRow);
        }
    }

    // PostgreSQL text cannot hold NUL, and UTF-8 no lone surrogates: the cell is refused for what stands instead.
    private static string[] Cleaned(string[] cells)
    {
        var cleaned = new string[cells.Length];
        for (var i = 0; i < cells.Length; i++)
        {
            var text = cells[i].Replace('\0', '\uFFFD');
            cleaned[i] = text.Any(char.IsSurrogate) && Text.Check(text, "", int.MaxValue, 0) is not null
                ? string.Concat(text.EnumerateRunes())
                : text;
        }

        return cleaned;
    }

    private static CsvParser ParserOf(TextReader text, char separator) => new(
        text,
        new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            Delimiter = separator.ToString(),
            BadDataFound = null,
            IgnoreBlankLines = false,
            MaxFieldSize = CellMaximum,
        });

    private static async Task<char> SeparatorOfAsync(
        Stream content, Encoding encoding, CancellationToken cancellation)
    {
        content.Position = 0;
        using var reader = new StreamReader(content, encoding, leaveOpen: true);
        var start = new char[16 * 1024];
        var read = await reader.ReadBlockAsync(start, cancellation);
        var text = new string(start, 0, read);

        // Excel's own word on it, which is no line of the table.
        if (text.StartsWith("sep=", StringComparison.OrdinalIgnoreCase) && text.Length > 4
            && s_separators.Contains(text[4]))
            return text[4];
        return s_separators
            .Select(separator => (Separator: separator, Known: Headers(separator).Max(c => (int?)c.Known) ?? 0))
            .MaxBy(s => s.Known)
            .Separator;

        IEnumerable<ImportColumns> Headers(char separator)
        {
            using var parser = ParserOf(new StringReader(text), separator);
            for (var i = 0; i < HeaderWithin && TryRead(parser); i++)
            {
                if (ImportColumns.Of(parser.Record!) is { NameCustomers: true } columns) yield return columns;
            }
        }

        static bool TryRead(CsvParser parser)
        {
            try
            {
                return parser.Read();
            }
            catch (MaxFieldSizeException)
            {
                return false;
            }
        }
    }

    // A mark at the beginning says it. Without one it is UTF-16 when every other byte is 0, UTF-8 when all of it is
    // valid, and otherwise what spreadsheets in German write: Windows-1252.
    private static async Task<Encoding> EncodingOfAsync(Stream content, CancellationToken cancellation)
    {
        content.Position = 0;
        var start = new byte[4096];
        var read = await content.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancellation);
        if (read == 0) throw new ImportProblemException(ImportProblem.Empty);
        var bytes = start.AsMemory(0, read);
        if (bytes.Span.StartsWith("PK\u0003\u0004"u8) || bytes.Span.StartsWith(new byte[] { 0xD0, 0xCF, 0x11, 0xE0 })
            || bytes.Span.StartsWith("%PDF"u8))
            throw new ImportProblemException(ImportProblem.NoText);
        if (bytes.Span.StartsWith(new byte[] { 0xEF, 0xBB, 0xBF })) return new UTF8Encoding(true);
        if (bytes.Span.StartsWith(new byte[] { 0xFF, 0xFE })) return System.Text.Encoding.Unicode;
        if (bytes.Span.StartsWith(new byte[] { 0xFE, 0xFF })) return System.Text.Encoding.BigEndianUnicode;
        var (even, odd) = (0, 0);
        for (var i = 0; i < read; i++)
        {
            if (start[i] != 0) continue;
            if (i % 2 == 0) even++;
            else odd++;
        }

        if (odd > read / 4 && even == 0) return new UnicodeEncoding(false, false);
        if (even > read / 4 && odd == 0) return new UnicodeEncoding(true, false);
        return await IsUtf8Async(content, cancellation) ? new UTF8Encoding(false) : s_windows1252;
    }

    private static readonly Encoding s_windows1252 = CodePagesEncodingProvider.Instance.GetEncoding(1252)!;

    private static async Task<bool> IsUtf8Async(Stream content, CancellationToken cancellation)
    {
        content.Position = 0;
        var (bytes, chars, decoder) = (new byte[16 * 1024], new char[16 * 1024 + 2], s_utf8.GetDecoder());
        try
        {
            int read;
            do
            {
                read = await content.ReadAsync(bytes, cancellation);
                decoder.GetChars(bytes.AsSpan(0, read), chars, flush: read == 0);
            }
            while (read > 0);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    /// <summary>A reader that gives up at a line that is longer than any of a table.</summary>
    private sealed class LimitedLines(TextReader inner, int maximum) : TextReader
    {
        private int _line = 1;
        private int _length;

        public override int Read(char[] buffer, int index, int count) =>
            Counted(buffer.AsSpan(index, inner.Read(buffer, index, count)));

        public override async Task<int> ReadAsync(char[] buffer, int index, int count)
        {
            var read = await inner.ReadAsync(buffer.AsMemory(index, count));
            return Counted(buffer.AsSpan(index, read));
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }

        private int Counted(ReadOnlySpan<char> text)
        {
            foreach (var c in text)
            {
                _length = c is '\n' or '\r' ? 0 : _length + 1;
                if (c == '\n') _line++;
                if (_length > maximum) throw new ImportProblemException(ImportProblem.TooLongCell, _line);
            }

            return text.Length;
        }
    }
}
