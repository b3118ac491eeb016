using System.Text;
using Messaging.Application.Customers.Import;
using Messaging.Domain.Customers;

namespace Messaging.Application.Tests.Customers;

public sealed class CustomerFileTests
{
    private const string Table = "Kundennr.;Name;E-Mail\r\n00123;Bäckerei Größe & Söhne;bä@größe.example\r\n";

    public static TheoryData<string, byte[]> Encodings => new()
    {
        { "utf-8", new UTF8Encoding(false).GetBytes(Table) },
        { "utf-8", [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Table)] },
        { "utf-16", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(Table)] },
        { "utf-16", Encoding.Unicode.GetBytes(Table) },
        { "utf-16BE", [0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes(Table)] },
        { "windows-1252", CodePagesEncodingProvider.Instance.GetEncoding(1252)!.GetBytes(Table) },
    };

    [Theory]
    [MemberData(nameof(Encodings))]
    public async Task Umlauts_and_leading_zeros_survive_every_encoding(string encoding, byte[] content)
    {
        var (file, lines) = await ReadAsync(content);
        file.EncodingName.ShouldBe(encoding);
        lines.Single().Cells.ShouldBe(["00123", "Bäckerei Größe & Söhne", "bä@größe.example"]);
        lines.Single().Line.ShouldBe(2);
    }

    [Theory]
    [InlineData(';')]
    [InlineData(',')]
    [InlineData('\t')]
    [InlineData('|')]
    public async Task The_separator_is_found_out(char separator)
    {
        var (file, lines) = await ReadAsync(
            $"Number{separator}Company{separator}Email\n7{separator}\"A;B,C|D\"{separator}\n");
        file.Separator.ShouldBe(separator);
        lines.Single().Cells.ShouldBe(["7", "A;B,C|D", ""]);
    }

    [Fact]
    public async Task Titles_above_the_header_and_the_line_of_DATEV_are_passed_over()
    {
        var (file, lines) = await ReadAsync(
            "\"EXTF\";700;16;\"Debitoren/Kreditoren\";5;20261127\r\nKonto;Name (Adressattyp Unternehmen);"
                + "Name (Adressattyp natürl. Person);Vorname (Adressattyp natürl. Person);E-Mail;Ort\r\n"
                + "10001;Krause GmbH;;;info@krause.example;Köln\r\n10002;;Lindner;Eva;;Bonn\r\n");
        file.Columns.Ignored.ShouldBe(["Ort"]);
        lines.Select(l => Line(file, l).Name).ShouldBe(["Krause GmbH", "Eva Lindner"]);
        Line(file, lines[0]).Contacts.Single().ShouldBe(
            new ImportedContact("Krause GmbH", "info@krause.example", null));
        (await ReadAsync("sep=,\nMandant,Nr\nA,1\n")).File.Separator.ShouldBe(',');
    }

    [Fact]
    public async Task Contacts_are_columns_in_any_order_with_titles_names_and_languages()
    {
        var (file, lines) = await ReadAsync(
            "E-Mail 2;Vorname;Titel;Nachname;E-Mail;Sprache;Ansprechpartner 2;FIRMA;Kontakt 3 E-Mail\n"
                + "b@k.example;Eva;Dr.;Lindner;a@k.example;Englisch;Bernd;Krause;c@k.example\n"
                + ";Eva;;;;;;Krause;\n");
        Line(file, lines[0]).Contacts.ShouldBe(
        [
            new ImportedContact("Dr. Eva Lindner", "a@k.example", "en"),
            new ImportedContact("Bernd", "b@k.example", null), new ImportedContact("Krause", "c@k.example", null)
        ]);
        var notes = new HashSet<ImportNote>();
        file.Columns.Read(lines[1].Cells, notes).Line.Contacts.ShouldBeEmpty();
        notes.ShouldBe([ImportNote.ContactWithoutAddress]);
    }

    [Fact]
    public async Task Quotes_have_breaks_and_lines_are_counted_as_an_editor_does()
    {
        var (file, lines) = await ReadAsync(
            "Name;Notiz\n\"Krause\nGmbH\";\"eins\nzwei\"\n\n;;\n\"Fa. \"\"Nord\"\"\";\nMüller \"Bau\" KG;\n");
        lines.Select(l => l.Line).ShouldBe([2, 7, 8]);
        lines.Select(l => Line(file, l).Name).ShouldBe(["Krause GmbH", "Fa. \"Nord\"", "Müller \"Bau\" KG"]);
        lines.ShouldAllBe(l => l.Refusal == null);
    }

    [Fact]
    public async Task What_cannot_be_told_apart_is_refused_by_line()
    {
        var (_, lines) = await ReadAsync("Name;Nr\nKrause;1;zu;viel\nLindner;2;;\n\"Offen;3\nBau;4\nWerk;5\"\n");
        lines.Select(l => l.Refusal?.GetType().Name).ShouldBe(
            [nameof(TooManyImportedCells), null, nameof(ImportedQuoteIsOpen)]);
        lines[2].Line.ShouldBe(4);
    }

    [Fact]
    public async Task Formulas_are_text_or_refused_and_the_ways_of_spreadsheets_to_say_text_are_understood()
    {
        var (file, lines) = await ReadAsync(
            "Nr;Name\n=\"00123\";Krause\n1;=HYPERLINK(A1)\n2;@home\n3;'=Gleich\n4;-5+cmd|' /C calc'!A0\n");
        Line(file, lines[0]).Number.ShouldBe("00123");
        file.Columns.Read(lines[1].Cells, new HashSet<ImportNote>()).Refusal.ShouldBe(new ImportedFormula("name"));
        var notes = new HashSet<ImportNote>();
        file.Columns.Read(lines[2].Cells, notes).Line.Name.ShouldBe("@home");
        notes.ShouldBe([ImportNote.FormulaIsText]);
        Line(file, lines[3]).Name.ShouldBe("=Gleich");
        Line(file, lines[4]).Name.ShouldStartWith("-5+cmd");
    }

    [Fact]
    public async Task NUL_and_broken_characters_are_told()
    {
        var (file, lines) = await ReadAsync("Name;Nr\nKra\0use;1\n"u8.ToArray());
        file.Columns.Read(lines[0].Cells, new HashSet<ImportNote>())
            .Refusal.ShouldBe(new ImportedTextIsUnreadable("name"));
        lines[0].Cells[0].ShouldNotContain('\0');
        (await ReadAsync([0xFF, 0xFE, .. Encoding.Unicode.GetBytes("Name\nA"), 0x00, 0xD8, 0x0A, 0x00]))
            .Lines.Single().Cells[0].ShouldContain('\uFFFD');
    }

    [Theory]
    [InlineData("", ImportProblem.Empty)]
    [InlineData("\n\n;;\n", ImportProblem.Empty)]
    [InlineData("Ort;PLZ\nKöln;5\n", ImportProblem.NoColumns)]
    [InlineData("Kundennr;Nummer;Name\n1;2;A\n", ImportProblem.TwoColumns)]
    [InlineData("PK\u0003\u0004workbook", ImportProblem.NoText)]
    public async Task A_file_that_nothing_can_be_done_with_is_refused_as_a_whole(
        string content, ImportProblem problem) =>
        (await Should.ThrowAsync<ImportProblemException>(() => ReadAsync(content))).Problem.ShouldBe(problem);

    [Fact]
    public async Task A_cell_without_end_is_given_up_at_its_line()
    {
        var cell = await Should.ThrowAsync<ImportProblemException>(
            () => ReadAsync("Name;Nr\nA;1\n\"" + new string('x', 6_000) + "\n"));
        (cell.Problem, cell.Line).ShouldBe((ImportProblem.TooLongCell, 3));
        (await Should.ThrowAsync<ImportProblemException>(
            () => ReadAsync("Name;Nr\n" + new string(';', 200_000)))).Problem.ShouldBe(ImportProblem.TooLongCell);
    }

    private static ImportedCustomer Line(CustomerFile file, FileLine line) =>
        file.Columns.Read(line.Cells, new HashSet<ImportNote>()).Line;

    private static Task<(CustomerFile File, List<FileLine> Lines)> ReadAsync(string content) =>
        ReadAsync(Encoding.UTF8.GetBytes(content));

    private static async Task<(CustomerFile File, List<FileLine> Lines)> ReadAsync(byte[] content)
    {
        using var file = await CustomerFile.OpenAsync(new MemoryStream(content), 200, CancellationToken.None);
        var lines = new List<FileLine>();
        await foreach (var line in file.LinesAsync(CancellationToken.None)) lines.Add(line);
        return (file, lines);
    }
}
