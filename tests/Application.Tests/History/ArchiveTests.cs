using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Messaging.Api.Files;
using Messaging.Application.Commands;
using Messaging.Application.Customers;
using Messaging.Application.Files;
using Messaging.Application.History;
using Messaging.Application.Tests.Support;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.TestSupport;

namespace Messaging.Application.Tests.History;

/// <summary>An archive leaves whole, is read and proved without the product, and shows what is changed in it.</summary>
public sealed class ArchiveTests(ArchiveTests.Written written) : IClassFixture<ArchiveTests.Written>
{
    private const string Subject = "=cmd|' /C calc'!A0 Größe 🧾 \u202egnp.exe";
    private const string Secret = "Geheimwort-der-Konditorei";
    private const string Internal = "Interne-Notiz-Wort";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_is_proved_also_by_its_key_and_by_copies_that_were_kept()
    {
        var outcome = await CheckAsync(written.Archive, written.Key.VerifierOf(written.Office.TenantId));
        outcome.Verdict.ShouldBe(AuditVerdict.Proved, outcome.Sentence);
        outcome.Sentence.ShouldStartWith($"The archive is what was signed: {written.Size} events of organisation ");
        outcome = await CheckAsync(written.Archive, null, ("the copy", written.Copy));
        outcome.Verdict.ShouldBe(AuditVerdict.Proved, outcome.Sentence);
        outcome.Sentence.ShouldContain("1 kept checkpoints say the same");
        outcome.Sentence.ShouldContain("compare it with the one that you wrote down");
    }

    [Fact]
    public async Task What_is_written_while_it_is_taken_is_not_in_it()
    {
        var events = await File.ReadAllLinesAsync(Path.Combine(written.Archive, "events.ndjson"), Cancellation);
        events.Length.ShouldBe((int)written.Size);
        (await TextOfAsync(written.Archive)).ShouldNotContain("Erst-danach-geschrieben");
    }

    [Theory]
    [InlineData("events.ndjson", "\"body\": \"Anbei der Vertrag", "\"body\": \"Anbei kein Vertrag", "its content")]
    [InlineData("events.ndjson", "\"type\":\"comment_added\"", "\"type\":\"status_changed\"", "its type was changed")]
    [InlineData("events.ndjson", "\"salt\":\"", "\"salt\":\"00", "or the salt they were hashed with")]
    [InlineData("events.ndjson", "{\"index\":3,", "{\"index\":4,", "is not in its place")]
    [InlineData("events.ndjson", "{\"index\":3,", "{\"inde", "cannot be read at line 4")]
    [InlineData("index.html", "Archiv", "Archly", "index.html is not what was recorded")]
    [InlineData("gobd/comments.csv", "Vertrag", "Betrag!", "gobd/comments.csv is not what was recorded")]
    [InlineData("tile/0/000.p/*", "", "", "is not what was recorded")]
    [InlineData("tile/entries/000.p/*", "", "", "is not what was recorded")]
    [InlineData("files/*", "", "", "is not what was recorded")]
    [InlineData("conversations/*", "", "", "is not what was recorded")]
    [InlineData("checkpoint", "\n", "\n1", "checkpoint ")]
    [InlineData("checkpoints.txt", "messaging/", "messaging/x", "checkpoints.txt ")]
    [InlineData("SHA256SUMS", "", "", "SHA256SUMS is not what was recorded")]
    [InlineData("manifest.json", "\"treeSize\": ", "\"treeSize\": 1", "manifest.json is not what was signed")]
    [InlineData("manifest.note", "", "", "manifest.json is not what was signed")]
    public async Task One_byte_that_is_another_is_named(string file, string text, string other, string what)
    {
        using var copy = Copy(written.Archive);
        var path = file.EndsWith('*')
            ? Directory.GetFiles(Path.Combine(copy.Path, Path.GetDirectoryName(file)!)).Order().First()
            : Path.Combine(copy.Path, file);
        var bytes = await File.ReadAllBytesAsync(path, Cancellation);
        if (text.Length == 0)
        {
            bytes[bytes.Length / 2] ^= 1;
        }
        else
        {
            var content = Encoding.UTF8.GetString(bytes);
            var at = content.IndexOf(text, StringComparison.Ordinal);
            at.ShouldBeGreaterThanOrEqualTo(0);
            bytes = Encoding.UTF8.GetBytes(content[..at] + other + content[(at + text.Length)..]);
        }

        await File.WriteAllBytesAsync(path, bytes, Cancellation);
        var outcome = await CheckAsync(copy.Path);
        outcome.Verdict.ShouldBe(AuditVerdict.Altered, outcome.Sentence);
        outcome.Sentence.ShouldContain(what);
    }

    [Theory]
    [InlineData("files/*")]
    [InlineData("tile/0/000.p/*")]
    [InlineData("conversations/*")]
    [InlineData("gobd/index.xml")]
    [InlineData("checkpoint")]
    [InlineData("manifest.note")]
    [InlineData("SHA256SUMS")]
    [InlineData("events.ndjson")]
    public async Task A_file_that_is_gone_or_renamed_is_named(string file)
    {
        using var copy = Copy(written.Archive);
        var path = file.EndsWith('*')
            ? Directory.GetFiles(Path.Combine(copy.Path, Path.GetDirectoryName(file)!)).Order().First()
            : Path.Combine(copy.Path, file);
        File.Move(path, $"{path}.bak");
        var outcome = await CheckAsync(copy.Path);
        outcome.Verdict.ShouldBe(AuditVerdict.Altered);
        outcome.Sentence.ShouldContain(
            $"{Path.GetRelativePath(copy.Path, path).Replace('\\', '/')} is missing");
    }

    [Fact]
    public async Task Swapped_tiles_and_events_that_were_cut_off_or_added_are_told()
    {
        using var copy = Copy(written.Archive);
        var tile = Directory.GetFiles(Path.Combine(copy.Path, "tile/0/000.p")).Single();
        File.Copy(Directory.GetFiles(Path.Combine(written.Other, "tile/0/000.p")).Single(), tile, overwrite: true);
        (await CheckAsync(copy.Path)).Sentence.ShouldContain("tile/0/000.p/");

        using var cut = Copy(written.Archive);
        var events = Path.Combine(cut.Path, "events.ndjson");
        var lines = await File.ReadAllLinesAsync(events, Cancellation);
        await File.WriteAllLinesAsync(events, lines[..^3], Cancellation);
        (await CheckAsync(cut.Path)).Sentence.ShouldContain(
            $"events.ndjson ends after {written.Size - 3} of {written.Size} events");

        using var added = Copy(written.Archive);
        await File.WriteAllTextAsync(Path.Combine(added.Path, "conversations", "extra.html"), "x", Cancellation);
        (await CheckAsync(added.Path)).Sentence.ShouldContain("conversations/extra.html is not of the archive");
    }

    [Fact]
    public async Task A_forger_who_has_the_key_is_found_by_a_copy_of_before()
    {
        using var copy = Copy(written.Archive);
        var forged = written.Key.Sign(written.Office.TenantId, 2, SHA256.HashData([1]));
        var outcome = await CheckAsync(copy.Path, null, ("the copy", forged));
        outcome.Verdict.ShouldBe(AuditVerdict.Altered);
        outcome.Sentence.ShouldContain("the copy has another root for the first 2 events");
    }

    [Fact]
    public async Task What_cannot_be_told_is_said_in_a_sentence()
    {
        using var nothing = new TempDirectory();
        var another = new CheckpointKey(RandomNumberGenerator.GetBytes(32));
        foreach (var (directory, key, kept, why) in (IEnumerable<(string, string?, string?, string)>)
            [
                (nothing.Path, null, null, "it has no manifest.json"),
                (Path.Combine(nothing.Path, "none"), null, null, "There is no directory"),
                (written.Archive, another.VerifierOf(written.Office.TenantId), null, "is not signed by the key"),
                (written.Archive, written.Key.VerifierOf(Guid.Empty.ToString()), null, "is of organisation"),
                (written.Archive, "nonsense", null, "is none of an organisation"),
                (written.Archive, null, "nonsense", "is no checkpoint"),
                (
                    written.Archive, null, another.Sign(written.Office.TenantId, 1, new byte[32]),
                    "is not signed by the key"),
                (written.Archive, null, written.Key.Sign(Guid.Empty.ToString(), 1, new byte[32]), "is of organisation"),
                (
                    written.Archive, null, written.Key.Sign(written.Office.TenantId, 9999, new byte[32]),
                    "an earlier moment"),
            ])
        {
            var outcome = await CheckAsync(directory, key, kept is null ? [] : [("the copy", kept)]);
            outcome.Verdict.ShouldBe(AuditVerdict.Unknown, outcome.Sentence);
            outcome.Sentence.ShouldContain(why);
        }

        await File.WriteAllTextAsync(Path.Combine(nothing.Path, "manifest.json"), "{", Cancellation);
        (await CheckAsync(nothing.Path)).Sentence.ShouldContain("manifest.json is damaged");
    }

    [Fact]
    public async Task One_that_was_cut_off_is_no_archive_and_is_gone_on_with()
    {
        using var copy = Copy(written.Archive);
        foreach (var file in (string[])["manifest.json", "manifest.note", "SHA256SUMS", "index.html", "events.ndjson"])
            File.Delete(Path.Combine(copy.Path, file));
        foreach (var file in Directory.GetFiles(Path.Combine(copy.Path, "conversations"))) File.Delete(file);
        var outcome = await CheckAsync(copy.Path);
        outcome.Verdict.ShouldBe(AuditVerdict.Unknown);
        outcome.Sentence.ShouldContain("was not finished");
        var kept = File.GetLastWriteTimeUtc(Path.Combine(copy.Path, "gobd", "index.xml"));
        await written.ExportAsync(copy.Path, null, written.Note);
        (await CheckAsync(copy.Path)).Verdict.ShouldBe(AuditVerdict.Proved);
        File.GetLastWriteTimeUtc(Path.Combine(copy.Path, "gobd", "index.xml")).ShouldBe(kept);
        foreach (var file in Directory.GetFiles(written.Archive, "*", SearchOption.AllDirectories)
            .Where(f => !Path.GetFileName(f).StartsWith("manifest", StringComparison.Ordinal)))
        {
            (await File.ReadAllBytesAsync(file, Cancellation)).ShouldBe(
                await File.ReadAllBytesAsync(
                    Path.Combine(copy.Path, Path.GetRelativePath(written.Archive, file)), Cancellation),
                file);
        }
    }

    [Theory]
    [InlineData("events.ndjson")]
    [InlineData("gobd/comments.csv")]
    [InlineData("manifest.json")]
    public async Task On_a_disk_that_is_full_it_stops_with_a_sentence_and_is_gone_on_with(string file)
    {
        if (!File.Exists("/dev/full")) Assert.Skip("Linux only: a device that is always full");
        using var copy = new TempDirectory();
        var part = Path.Combine(copy.Path, $"{file}.part");
        Directory.CreateDirectory(Path.GetDirectoryName(part)!);
        File.CreateSymbolicLink(part, "/dev/full");
        var e = await Should.ThrowAsync<ExportException>(written.ExportAsync(copy.Path, null, written.Note));
        e.Message.ShouldStartWith($"The archive in {copy.Path} was not finished: ");
        e.Message.ShouldContain("No space left on device");
        e.Message.ShouldEndWith("The same command goes on with it.");
        (await CheckAsync(copy.Path)).Verdict.ShouldBe(AuditVerdict.Unknown);
        File.Delete(part);
        await written.ExportAsync(copy.Path, null, written.Note);
        (await CheckAsync(copy.Path)).Verdict.ShouldBe(AuditVerdict.Proved);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_to_is_said()
    {
        using var directory = new TempDirectory();
        var file = Path.Combine(directory.Path, "a file");
        await File.WriteAllTextAsync(file, "", Cancellation);
        (await Should.ThrowAsync<ExportException>(
            written.ExportAsync(Path.Combine(file, "archive"), null, written.Note))).Message
            .ShouldContain("was not finished: ");
    }

    [Fact]
    public async Task However_much_is_written_meanwhile_it_is_of_one_moment()
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var wrote = 0;
        var writers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!enough.IsCancellationRequested)
            {
                await written.CommentAsync("Währenddessen-geschrieben");
                Interlocked.Increment(ref wrote);
            }
        })).ToList();
        using var directory = new TempDirectory();
        await Waiting.UntilAsync(() => wrote > 20);
        var note = await written.Exporter.CheckpointAsync(written.Office.TenantId, Cancellation);
        var before = wrote;
        await written.ExportAsync(directory.Path, null, note);
        wrote.ShouldBeGreaterThan(before);
        await enough.CancelAsync();
        await Task.WhenAll(writers);
        var outcome = await CheckAsync(directory.Path);
        outcome.Verdict.ShouldBe(AuditVerdict.Proved, outcome.Sentence);
        var size = CheckpointNote.Read(note, written.Key.Public, out _)!.Size;
        size.ShouldBeGreaterThan(written.Size + 20);
        var events = await File.ReadAllLinesAsync(Path.Combine(directory.Path, "events.ndjson"), Cancellation);
        events.Length.ShouldBe((int)size);

        // Pages and tables are of that moment as well.
        var comments = events.Count(e => e.Contains("Währenddessen-geschrieben", StringComparison.Ordinal));
        foreach (var file in (string[])["gobd/comments.csv", $"conversations/{written.Conversation}.html"])
        {
            var text = await File.ReadAllTextAsync(Path.Combine(directory.Path, file), Cancellation);
            (text.Split("Währenddessen-geschrieben").Length - 1).ShouldBe(comments, file);
        }
    }

    [Fact]
    public async Task Of_one_customer_there_is_no_byte_of_another_and_it_is_proved()
    {
        var outcome = await CheckAsync(written.OfOne);
        outcome.Verdict.ShouldBe(AuditVerdict.Proved, outcome.Sentence);
        outcome.Sentence.ShouldContain("the hashes only");
        var text = await TextOfAsync(written.OfOne);
        text.ShouldContain("Anbei der Vertrag");
        text.ShouldContain("Anna Sommer");
        foreach (var foreign in (string[])
            [
                Secret, Internal, "Konditorei", written.OtherCustomer.ToString(), written.OtherConversation.ToString(),
                written.OtherContact.ToString(), "Emil", "@"
            ])
        {
            if (foreign == "@") text.ShouldNotContain($"anna@{written.Office.Id:N}");
            else text.ShouldNotContain(foreign);
        }

        Directory.Exists(Path.Combine(written.OfOne, "tile", "entries")).ShouldBeFalse();
        Directory.GetFiles(Path.Combine(written.OfOne, "files")).Length.ShouldBe(1);

        using var copy = Copy(written.OfOne);
        var events = Path.Combine(copy.Path, "events.ndjson");
        await File.WriteAllTextAsync(
            events, (await File.ReadAllTextAsync(events, Cancellation)).Replace("Anbei der", "Anbei kein"),
            Cancellation);
        (await CheckAsync(copy.Path)).Sentence.ShouldContain("is not what was recorded: its time, actor or content");
    }

    [Fact]
    public async Task Days_and_customers_that_there_are_not_are_kept_to()
    {
        using var directory = new TempDirectory();
        var longAgo = new ExportScope(
            written.Office.CustomerId, new DateOnly(2001, 1, 1), new DateOnly(2001, 12, 31), true);
        await written.ExportAsync(directory.Path, longAgo);
        (await CheckAsync(directory.Path)).Verdict.ShouldBe(AuditVerdict.Proved);
        (await TextOfAsync(directory.Path)).ShouldNotContain("Anbei der Vertrag");
        using var other = new TempDirectory();
        (await Should.ThrowAsync<ExportException>(
            written.ExportAsync(other.Path, new ExportScope(Guid.CreateVersion7(), null, null, true)))).Message
            .ShouldContain("There is no customer");
        var stranger = Guid.CreateVersion7().ToString();
        (await Should.ThrowAsync<ExportException>(
            written.Exporter.CheckpointAsync(stranger, Cancellation))).Message
            .ShouldContain($"There is no organisation {stranger}");
    }

    [Fact]
    public async Task Pages_have_no_scripts_and_what_people_wrote_is_text_in_them()
    {
        var pages = Directory.GetFiles(Path.Combine(written.Archive, "conversations"));
        pages.Length.ShouldBe(2);
        var all = string.Concat(pages.Append(Path.Combine(written.Archive, "index.html"))
            .Append(Path.Combine(written.Archive, "verfahrensdokumentation-anhang.html")).Select(File.ReadAllText));
        all.ShouldNotContain("<script");
        all.ShouldNotContain("http://");
        all.ShouldNotContain("https://");
        all.ShouldContain("&lt;b onmouseover=&quot;x&quot;&gt;");
        all.ShouldContain("Größe 🧾");
        all.ShouldContain("<strong>Interne Notiz</strong>");
        all.ShouldContain($"<bdi>{Subject.Replace("'", "&#39;", StringComparison.Ordinal)}</bdi>");
        all.ShouldMatch("href=\"\\.\\./files/[0-9a-f]{64}\" download=\"Rechnung[^\"]*\\.pdf\"");
        all.ShouldContain("Europe/Berlin");
        all.ShouldMatch("\\(UTC\\+0[12]:00\\)");
    }

    [Fact]
    public async Task The_tables_are_what_their_description_says()
    {
        var folder = Path.Combine(written.Archive, "gobd");
        var index = XDocument.Load(Path.Combine(folder, "index.xml"));
        var tables = index.Descendants("Table").ToList();
        tables.Select(t => t.Element("URL")!.Value).ShouldBe(
            ["conversations.csv", "comments.csv", "files.csv", "events.csv", "people.csv", "settings.csv"]);
        foreach (var table in tables)
        {
            var format = table.Element("VariableLength")!;
            format.Element("ColumnDelimiter")!.Value.ShouldBe(";");
            var rows = Parse(
                await File.ReadAllTextAsync(Path.Combine(folder, table.Element("URL")!.Value), Cancellation));
            var columns = format.Elements().Where(e => e.Name.LocalName is "VariablePrimaryKey" or "VariableColumn")
                .ToList();
            rows[0].ShouldBe(columns.Select(c => c.Element("Name")!.Value));
            columns[0].Name.LocalName.ShouldBe("VariablePrimaryKey");
            rows.Select(r => r[0]).Distinct().Count().ShouldBe(rows.Count);
            rows.Count.ShouldBeGreaterThan(1);
            foreach (var row in rows.Skip(1))
            {
                row.Count.ShouldBe(columns.Count);
                foreach (var (column, cell) in columns.Zip(row))
                {
                    if (column.Element("Numeric") is not null) cell.ShouldMatch("^[0-9]+$");
                    if (column.Element("Date") is not null) cell.ShouldMatch("^[0-3][0-9]\\.[01][0-9]\\.[0-9]{4}$");
                    cell.ShouldNotMatch("^[=+@\\t\\r-]");
                }
            }

            if (table.Element("URL")!.Value == "events.csv") rows.Count.ShouldBe((int)written.Size + 1);
            if (table.Element("URL")!.Value == "conversations.csv")
                rows.Select(r => r[1]).ShouldContain($"'{Subject}");
            if (table.Element("URL")!.Value == "comments.csv")
                rows.Select(r => r[10]).ShouldContain("Anbei der Vertrag; \"Nr. 1\"\nvom 3. März 🧾.");
        }
    }

    private static Task<AuditOutcome> CheckAsync(
        string directory, string? key = null, params (string, string)[] kept) =>
        new ArchiveCheck(directory).RunAsync(key, kept, Cancellation);

    private static async Task<string> TextOfAsync(string directory)
    {
        var text = new StringBuilder();
        foreach (var file in Directory.GetFiles(directory, "*", SearchOption.AllDirectories))
            text.Append(file).Append(Encoding.UTF8.GetString(await File.ReadAllBytesAsync(file, Cancellation)));
        return text.ToString();
    }

    private static TempDirectory Copy(string archive)
    {
        var copy = new TempDirectory();
        foreach (var file in Directory.GetFiles(archive, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(copy.Path, Path.GetRelativePath(archive, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        return copy;
    }

    // RFC 4180 with semicolons, by somebody else's hand.
    private static List<List<string>> Parse(string csv)
    {
        var (rows, row, cell, quoted) = (new List<List<string>>(), new List<string>(), new StringBuilder(), false);
        for (var i = 0; i < csv.Length; i++)
        {
            var c = csv[i];
            if (quoted && c == '"' && i + 1 < csv.Length && csv[i + 1] == '"') cell.Append(csv[i++]);
            else if (c == '"') quoted = !quoted;
            else if (quoted) cell.Append(c);
            else if (c is ';' or '\n')
            {
                row.Add(cell.ToString());
                cell.Clear();
                if (c == ';') continue;
                rows.Add(row);
                row = [];
            }
            else c.ShouldBe('\r');
        }

        quoted.ShouldBeFalse();
        return rows;
    }

    /// <summary>An office with two customers, and the archives of it.</summary>
    public sealed class Written : IAsyncLifetime
    {
        private readonly StoreFixture _store = new();
        private readonly TempDirectory _directory = new();
        private FolderFileStore _files = null!;
        private CommandExecutor _executor = null!;

        public CheckpointKey Key { get; } = new(RandomNumberGenerator.GetBytes(32));

        internal Office Office { get; private set; } = null!;

        internal ArchiveExport Exporter { get; private set; } = null!;

        public string Archive => _directory["archive"];

        public string OfOne => _directory["of-one"];

        public string Other => _directory["other"];

        public Guid Conversation { get; private set; }

        public Guid OtherCustomer { get; } = Guid.CreateVersion7();

        public Guid OtherContact { get; } = Guid.CreateVersion7();

        public Guid OtherConversation { get; } = Guid.CreateVersion7();

        public string Note { get; private set; } = "";

        public string Copy { get; private set; } = "";

        public long Size { get; private set; }

        public async ValueTask InitializeAsync()
        {
            await _store.InitializeAsync();
            _files = new FolderFileStore(new FileStoreOptions(_directory["files"], 1000));
            Exporter = new ArchiveExport(
                _store.Database, _files, Key, TimeProvider.System, null, "1.2.3");
            var executor = _executor = await _store.StartExecutorAsync();
            Office = await Office.OpenAsync(executor);
            var stranger = await Office.OpenAsync(executor);
            Copy = await Exporter.CheckpointAsync(Office.TenantId, Cancellation);
            var uploads = new Uploads(
                executor, _files, _store.Database,
                new FileQuotas(9 * FileQuotas.Least, 9 * FileQuotas.Least, 9 * FileQuotas.Least));
            var create = Office.Create(subject: Subject, body: "<b onmouseover=\"x\">fett</b>");
            Conversation = create.Id;
            await executor.DoAsync(create);
            var file = await UploadAsync(uploads, Office.Dieter, [1, 2, 3]);
            await executor.DoAsync(
                Office.Comment(
                    Office.Dieter, create.Id, "Anbei der Vertrag; \"Nr. 1\"\r\nvom 3. März 🧾.", files: file));
            var noted = await UploadAsync(uploads, Office.Bernd, [4, 5, 6]);
            await executor.DoAsync(
                Office.Comment(
                    Office.Bernd, create.Id, Internal, visibility: CommentVisibility.Internal, files: noted));
            await executor.DoAsync(new RegisterCustomerCommand(Office.Anna, OtherCustomer, "Konditorei Lang"));
            await executor.DoAsync(
                new InviteContactCommand(
                    Office.Anna, OtherContact, OtherCustomer, $"emil@{Office.Id:N}.example", "Emil Lang", "none"));
            await executor.DoAsync(
                Office.Create(id: OtherConversation, subject: Secret, body: Secret) with
                {
                    CustomerId = OtherCustomer,
                });
            Note = await Exporter.CheckpointAsync(Office.TenantId, Cancellation);
            Size = CheckpointNote.Read(Note, Key.Public, out _)!.Size;
            await executor.DoAsync(Office.Comment(Office.Anna, create.Id, "Erst-danach-geschrieben"));
            await ExportAsync(Archive, null, Note);
            await ExportAsync(OfOne, new ExportScope(Office.CustomerId, null, null, false), Note);
            var theirs = await Exporter.CheckpointAsync(stranger.TenantId, Cancellation);
            using var sink = new ExportFolder(Other);
            await Exporter.WriteAsync(stranger.TenantId, theirs, null, sink, Cancellation);
            (await CheckAsync(Other)).Verdict.ShouldBe(AuditVerdict.Proved);
        }

        public Task CommentAsync(string body) =>
            _executor.DoAsync(Office.Comment(Office.Anna, Conversation, body));

        public async Task ExportAsync(string directory, ExportScope? scope, string? note = null)
        {
            using var sink = new ExportFolder(directory);
            var outcome = await Exporter.WriteAsync(
                Office.TenantId, note ?? await Exporter.CheckpointAsync(Office.TenantId, Cancellation), scope, sink,
                Cancellation);
            outcome.Missing.ShouldBeEmpty();
        }

        public async ValueTask DisposeAsync()
        {
            await _executor.StopAsync(CancellationToken.None);
            await _store.DisposeAsync();
            _directory.Dispose();
        }

        private async Task<Guid> UploadAsync(Uploads uploads, Caller caller, byte[] content)
        {
            var staged = await _files.StageAsync(new MemoryStream(content), CancellationToken.None);
            var (file, refusal) = await uploads.UploadAsync(
                caller, $"Rechnung {content[0]} größer.pdf", "application/pdf", staged, false, false,
                CancellationToken.None);
            refusal.ShouldBeNull();
            return file!.Upload.Id;
        }
    }
}
