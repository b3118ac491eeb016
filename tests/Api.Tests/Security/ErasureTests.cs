using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Messaging.Api.Email;
using Messaging.Api.Hosting;
using Messaging.Api.Tests.Hosting;
using Messaging.Application.Accounts;
using Messaging.Application.History;
using Messaging.Application.Notifications;
using Messaging.TestSupport;
using Messaging.TestSupport.Postgres;
using Messaging.TestSupport.Product;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Security;

/// <summary>Of whom was erased nothing is left, figures are the same, and history is still proved.</summary>
public sealed class ErasureTests(ErasureTests.Started started) : IClassFixture<ErasureTests.Started>
{
    private const string Anna = "anna.sommer@kanzlei-sommer.example";
    private const string Bernd = "bernd.winter@kanzlei-sommer.example";
    private const string Petra = "pruefung@kanzlei-sommer.example";
    private const string Nobody = "00000000-0000-7000-8000-0000000000ff";
    private const string Dieter = "dieter.krause@baeckerei-krause.example";

    // What nobody else says: the name, the address, a word of a comment, the name of a file and a word in it.
    private static readonly string[] s_words =
        ["Quitzow", "dieter.krause@", "Zwetschgen", "Wunderlich", "Kaffeesatz"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private RunningProduct Product => started.Product;

    [Fact]
    public async Task Nothing_of_a_contact_is_left_also_when_it_was_cut_off_and_figures_stay_and_history_is_proved()
    {
        var (anna, bernd, petra) = (await SignInAsync(Anna), await SignInAsync(Bernd), await SignInAsync(Petra));
        var dieter = await SignInAsync(Dieter);
        var person = (await dieter.QueryAsync("{ viewer { id } }")).At("viewer.id");
        (await dieter.QueryAsync(
            """
            mutation { updateProfile(input: { displayName: "Xaver Quitzow" }) { errors { code } } }
            """)).At("updateProfile.errors").ShouldBe("[]");
        var file = (await dieter.UploadAsync(
            "Attest Wunderlich.txt", "text/plain", Encoding.UTF8.GetBytes("Nichts als Kaffeesatz"))).Data;
        await dieter.UploadAsync("Wunderlich 2.txt", "text/plain", Encoding.UTF8.GetBytes("Auch Kaffeesatz"));
        var (fileId, url) = (file.At("uploadFile.file.id"), file.At("uploadFile.file.url"));
        var conversation = (await dieter.QueryAsync(
            """{ conversations(first: 1, filter: { search: "Kassenberichte" }) { nodes { id customer { id } } } }"""))
            .At("conversations.nodes.0.id");
        var customer = (await anna.QueryAsync("""{ customers(search: "dieter.krause@") { nodes { id } } }"""))
            .At("customers.nodes.0.id");
        (await dieter.QueryAsync(
            "mutation($input: AddCommentInput!) { addComment(input: $input) { errors { code } } }",
            new
            {
                input = new { conversationId = conversation, body = "Zwetschgen und Mehl", fileIds = new[] { fileId } },
            }))
            .At("addComment.errors").ShouldBe("[]");
        (await bernd.QueryAsync(
            "mutation($input: AddCommentInput!) { addComment(input: $input) { errors { code } } }",
            new { input = new { conversationId = conversation, body = "Danke" } }))
            .At("addComment.errors").ShouldBe("[]");
        await Waiting.UntilAsync(() =>
            Found(Files().Where(f => f.EndsWith(".eml", StringComparison.Ordinal))) is var found
            && found.Contains("Zwetschgen") && found.Contains("dieter.krause@"));
        foreach (var word in s_words[..4]) (await DumpAsync()).ShouldContain(word, Case.Insensitive);
        Found(Files()).ShouldBe(s_words, ignoreOrder: true);

        // While the law wants it kept.
        (await EraseAsync(bernd, person)).At("errors.0.code").ShouldBe("FORBIDDEN");
        var kept = await EraseAsync(anna, person);
        (kept.At("errors.0.code"), kept.At("errors.0.reason")).ShouldBe(("CONFLICT", "RETENTION"));
        (await anna.QueryAsync(
            $$"""
            mutation {
                endCustomer(input: { id: "{{customer}}", on: "2020-12-31" }) { errors { code } }
                changeRetention(input: { mandateYears: 0, commentYears: 0, fileYears: 0 }) { errors { code } }
            }
            """)).ToJsonString()
            .ShouldBe("""{"endCustomer":{"errors":[]},"changeRetention":{"errors":[]}}""");
        (await EraseAsync(anna, person)).At("errors.0.message").ShouldStartWith("It has to be kept until 20");
        await TreeIsWholeAsync();
        var before = await FiguresAsync();

        // As if nothing had been written since the mandate ended.
        await started.DoAsync(Moved(customer, Nobody));
        var erased = await EraseAsync(anna, person);
        await started.DoAsync(Moved(Nobody, customer));
        erased.At("errors").ShouldBe("[]");
        (erased.At("person.displayName"), erased.At("person.email"), erased.At("person.isErased"))
            .ShouldBe(("N. N.", "", "true"));
        (await dieter.SendAsync("{ viewer { id } }")).ErrorCode.ShouldBe("UNAUTHENTICATED");

        // It was cut off in the midst of it: half of it has gone, which is no forgery, and the rest is still to go.
        await started.Mails.Met.Task.WaitAsync(Cancellation);
        (await DumpAsync()).ShouldNotContain("Zwetschgen", Case.Insensitive);
        (await DumpAsync()).ShouldContain("Quitzow", Case.Insensitive);
        await TreeIsWholeAsync();
        var half = await CheckAsync();
        (half.Verdict, half.Sentence.Contains("were erased", StringComparison.Ordinal))
            .ShouldBe((AuditVerdict.Proved, true), half.Sentence);
        started.Mails.Works = true;
        await CarryOutAsync("taken_until = now()");
        (await started.ScalarAsync("select carried_out_at is not null and done_at is null from messaging.erasures"))
            .ShouldBe(true);
        await CarryOutAsync("asked_at = asked_at - interval '1 hour'");
        (await started.ScalarAsync("select done_at is not null from messaging.erasures")).ShouldBe(true);

        // Nothing of it is anywhere.
        var dump = await DumpAsync();
        foreach (var word in s_words) dump.ShouldNotContain(word, Case.Insensitive);
        Found(Files()).ShouldBeEmpty();
        (await started.ScalarAsync($"select count(*) from messaging.accounts where person_id = '{person}'"))
            .ShouldBe(0L);
        (await started.ScalarAsync(
            "select count(*) from messaging.receipts r join messaging.comments c on c.id = r.id "
                + $"where c.author_id = '{person}' and r.fingerprint <> ''")).ShouldBe(0L);
        (await bernd.GetAsync(url)).StatusCode.ShouldBe(System.Net.HttpStatusCode.NotFound);

        // It can be seen that there was something; and nobody brings it back.
        var seen = await bernd.QueryAsync(
            "query($id: ID!) { conversation(id: $id) { comments(last: 2) { nodes { body author { ... on Contact { "
                + "displayName isErased isRestricted } } files { name size sha256 } } } } }", new { id = conversation });
        var comment = seen["conversation"]!["comments"]!["nodes"]![0]!;
        (comment.At("body"), comment.At("author.displayName"), comment.At("author.isErased"),
            comment.At("author.isRestricted"), comment.At("files.0.name"), comment.At("files.0.size"),
            comment.At("files.0.sha256")).ShouldBe(("[…]", "N. N.", "false", "true", "[…]", "21", ""));
        foreach (var who in (GraphQLClient[])[anna, petra])
        {
            (await who.QueryAsync(
                """
                query($id: ID!, $c: ID!) {
                    auditLog(last: 1, filter: { subjectId: $id, types: ["contact_erased"] }) {
                        nodes { summary(locale: "de") }
                    }
                    conversation(id: $c, asOf: { version: 2 }) { customer { contacts { displayName isErased } } }
                }
                """,
                new { id = person, c = conversation })).ToJsonString().ShouldContain("Daten von N. N. gel");
        }

        (await anna.QueryAsync(
            "mutation($id: ID!) { liftRestriction(input: { personId: $id }) { errors { reason } } }",
            new { id = person })).At("liftRestriction.errors.0.reason").ShouldBe("PERSON_IS_ERASED");

        // Figures and shape are those of before, and all of it is proved, as an archive, too.
        (await FiguresAsync()).ShouldBe(before);
        await TreeIsWholeAsync();
        var (code, output, error) = await OperatorsCommand.RunAsync(
            Product.ConnectionString, Product.DataDirectory, ["verify"]);
        code.ShouldBe(0, error);
        output.ShouldContain("of them were erased with their people");
        output.ShouldContain("The read models are what their events say");
        output.ShouldContain("The files are what was attached");
        using var directory = new TempDirectory();
        var tenant = (string)(await started.ScalarAsync(
            $"select tenant_id from messaging.contacts where id = '{person}'"))!;
        var export = Product.Services.GetRequiredService<ArchiveExport>();
        using (var folder = new ExportFolder(directory.Path))
        {
            await export.WriteAsync(
                tenant, await export.CheckpointAsync(tenant, Cancellation), null, folder, Cancellation);
        }

        var archive = await new ArchiveCheck(directory.Path).RunAsync(null, [], Cancellation);
        (archive.Verdict, archive.Sentence.Contains("were erased with their people", StringComparison.Ordinal))
            .ShouldBe((AuditVerdict.Proved, true), archive.Sentence);
        Found(Directory.GetFiles(directory.Path, "*", SearchOption.AllDirectories)).ShouldBeEmpty();

        // Under the name of an erasure nothing else is altered.
        await AlteredAsync(
            $"update messaging.mt_events set data = data || '{{\"body\":\"Ich zahle.\"}}' where type = 'comment_added' "
                + $"and data -> 'author' ->> 'id' = '{person}'");
        await AlteredAsync(
            $"update messaging.mt_events set data = data || '{{\"proof\":\"Passkey\"}}' where type = 'signed_in' "
                + $"and data -> 'about' ->> 'id' = '{person}'");
        await AlteredAsync(
            "update messaging.mt_events set data = data || '{\"body\":\"[…]\"}' where seq_id = (select min(seq_id) from "
                + $"messaging.mt_events where type = 'comment_added' and data -> 'author' ->> 'id' <> '{person}')");
    }

    private static string Moved(string from, string to) =>
        $"update messaging.conversations set customer_id = '{to}' where customer_id = '{from}'";

    private static async Task<JsonNode> EraseAsync(GraphQLClient who, string personId) =>
        (await who.QueryAsync(
            "mutation($input: ErasePersonInput!) { erasePerson(input: $input) { person { ... on Contact { displayName "
                + "email isErased } } errors { code reason message } } }", new { input = new { personId } }))
            ["erasePerson"]!;

    private string[] Files() => Directory.GetFiles(Product.DataDirectory, "*", SearchOption.AllDirectories);

    private static List<string> Found(IEnumerable<string> files)
    {
        var found = new HashSet<string>();
        foreach (var file in files)
        {
            var text = file + File.ReadAllText(file, Encoding.Latin1);
            found.UnionWith(s_words.Where(word => text.Contains(word, StringComparison.OrdinalIgnoreCase)));
        }

        return [.. found];
    }

    private async Task CarryOutAsync(string change)
    {
        await started.DoAsync($"update messaging.erasures set {change}");
        await Product.Services.GetRequiredService<Erasures>().CarryOutAsync(Cancellation);
    }

    private Task TreeIsWholeAsync() => Waiting.UntilAsync(async () =>
        (await started.ScalarAsync(
            "select (select sum(size)::bigint from messaging.audit_trees) = (select count(*) from messaging.mt_events)"))
        is true);

    private Task<AuditOutcome> CheckAsync() =>
        new AuditCheck(Product.Services.GetRequiredService<NpgsqlDataSource>()).RunAsync([], Cancellation);

    private async Task AlteredAsync(string sql)
    {
        await started.DoAsync(Tampering.With($"create table public.kept as table messaging.mt_events; {sql}"));
        var outcome = await CheckAsync();
        await started.DoAsync(Tampering.With(
            "update messaging.mt_events e set data = k.data from public.kept k where k.seq_id = e.seq_id and k.data "
                + "<> e.data; drop table public.kept"));
        (outcome.Verdict, outcome.Sentence.Contains("its content", StringComparison.Ordinal))
            .ShouldBe((AuditVerdict.Altered, true), $"{sql}: {outcome.Sentence}");
    }

    // Whatever figures are made of: what happened when, periods, waits, counts, and sizes of files.
    private async Task<string> FiguresAsync() => (string)(await started.ScalarAsync(
        """
        select string_agg(md5, ' ') from (
            select md5(string_agg(t::text, ',' order by t::text)) from messaging.waits t
            union all select md5(string_agg(t::text, ',' order by t::text)) from messaging.status_periods t
            union all select md5(string_agg(t::text, ',' order by t::text)) from messaging.conversations t
            union all select md5(string_agg(concat(id, position, author_id, visibility, created_at), ',' order by id))
                from messaging.comments
            union all select md5(string_agg(concat(id, size, media_type, created_at), ',' order by id))
                from messaging.files
            union all select md5(string_agg(concat(id, stream_id, version, type, timestamp), ',' order by seq_id))
                from messaging.mt_events where stream_id in (select id from messaging.conversations)) f
        """))!;

    private async Task<string> DumpAsync()
    {
        var to = new NpgsqlConnectionStringBuilder(Product.ConnectionString);
        var version = (string)(await started.ScalarAsync("show server_version_num"))!;
        var (program, _) = await PostgresBinaries.FindClientAsync(
            "pg_dump", int.Parse(version, System.Globalization.CultureInfo.InvariantCulture) / 10_000, Cancellation);
        var start = new ProcessStartInfo(
            program,
            [
                "--host", to.Host!, "--port", $"{to.Port}", "--username", to.Username!, "--dbname", to.Database!,
                "--schema", "messaging", "--schema", "wolverine",
            ])
        {
            RedirectStandardOutput = true,
            StandardOutputEncoding = Encoding.UTF8,
            Environment = { ["PGPASSWORD"] = to.Password, ["PGCLIENTENCODING"] = "UTF8" },
        };
        using var process = Process.Start(start)!;
        var text = await process.StandardOutput.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        process.ExitCode.ShouldBe(0);
        return text;
    }

    private Task<GraphQLClient> SignInAsync(string email) => Product.SignInAsync(email);

    /// <summary>
    /// A folder of mails which fails, as if the node were killed, until it is said to work.
    /// </summary>
    internal sealed class FailingMails(IServiceProvider services) : IMailCopies
    {
        public TaskCompletionSource Met { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool Works { get; set; }

        public void Remove(IReadOnlySet<Guid> mails)
        {
            if (Works)
            {
                new MailFolder(services.GetRequiredService<EmailOptions>()).Remove(mails);
                return;
            }

            Met.TrySetResult();
            throw new IOException("The node is gone.");
        }
    }

    /// <summary>One product, which writes its mails into files.</summary>
    public sealed class Started : IAsyncLifetime
    {
        internal RunningProduct Product { get; private set; } = null!;

        internal FailingMails Mails => (FailingMails)Product.Services.GetRequiredService<IMailCopies>();

        public async ValueTask InitializeAsync() => Product = await RunningProduct.StartAsync(
            settings: new()
            {
                ["Messaging:Smtp:Host"] = null,
                ["Logging:LogLevel:Messaging.Application.Accounts"] = "Error",
            },
            services: services => services.AddSingleton<IMailCopies, FailingMails>());

        public async ValueTask DisposeAsync() => await Product.DisposeAsync();

        internal async Task DoAsync(string sql)
        {
            await using var connection = new NpgsqlConnection(Product.ConnectionString);
            await connection.OpenAsync(Cancellation);
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(Cancellation);
        }

        internal async Task<object?> ScalarAsync(string sql)
        {
            await using var connection = new NpgsqlConnection(Product.ConnectionString);
            await connection.OpenAsync(Cancellation);
            await using var command = new NpgsqlCommand(sql, connection);
            return await command.ExecuteScalarAsync(Cancellation);
        }
    }
}
