using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Messaging.Api.Auth;
using Messaging.Api.History;
using Messaging.Api.Tests.Clients;
using Messaging.Api.Tests.Hosting;
using Messaging.Application.History;
using Messaging.TestSupport;
using Messaging.TestSupport.Postgres;
using Messaging.TestSupport.Product;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.History;

/// <summary>The evidence that nothing was altered, as it leaves the product, and as strangers verify it.</summary>
public sealed partial class EvidenceTests(EvidenceTests.Started started) : IClassFixture<EvidenceTests.Started>
{
    private const string Owner = "anna.sommer@kanzlei-sommer.example";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private RunningProduct Product => started.Product;

    [Theory]
    [InlineData(Owner, HttpStatusCode.OK)]
    [InlineData("pruefung@kanzlei-sommer.example", HttpStatusCode.OK)]
    [InlineData("bernd.winter@kanzlei-sommer.example", HttpStatusCode.NotFound)]
    [InlineData("dieter.krause@baeckerei-krause.example", HttpStatusCode.NotFound)]
    public async Task The_tree_is_for_owners_and_auditors(string email, HttpStatusCode status)
    {
        var somebody = await Product.SignInAsync(email);
        (await somebody.GetAsync("/audit/checkpoint")).StatusCode.ShouldBe(status);
        (await somebody.GetAsync("/audit/tile/0/000.p/1")).StatusCode.ShouldBe(status);
        (await somebody.GetAsync("/audit/tile/entries/000.p/1")).StatusCode.ShouldBe(status);
        (await Product.Http.GetAsync(new Uri("/audit/checkpoint", UriKind.Relative), Cancellation)).StatusCode
            .ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("0/999")]
    [InlineData("0/x999/x999/x999/999")]
    [InlineData("0/0")]
    [InlineData("7/000")]
    [InlineData("-1/000")]
    [InlineData("0/000.p/0")]
    [InlineData("0/000.p/257")]
    [InlineData("0/000.p/256")]
    [InlineData("other/000")]
    [InlineData("entries/../checkpoint")]
    public async Task A_tile_that_there_is_not_is_not_found(string tile)
    {
        var owner = await Product.SignInAsync(Owner);
        (await owner.GetAsync($"/audit/tile/{tile}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_verifier_that_has_nothing_of_the_product_proves_it_and_finds_what_was_altered()
    {
        var owner = await Product.SignInAsync(Owner);
        var said = await WrittenAsync(owner);
        using var directory = new TempDirectory();
        var proof = directory["event.tlog-proof"];
        await File.WriteAllTextAsync(proof, said.At("auditProof"), Cancellation);
        var key = said.At("auditCheckpoint.publicKey");
        var (code, output) = await VerifyAsync(owner, key, proof);
        code.ShouldBe(0, output);
        output.ShouldMatch("^Proved: [0-9]+ entries and 1 proofs are what the key has signed\\.");

        await File.WriteAllTextAsync(
            proof, Extra().Replace(said.At("auditProof"), "extra AAAA"), Cancellation);
        (code, output) = await VerifyAsync(owner, key, proof);
        (code, output.Contains("does not lead to the root", StringComparison.Ordinal)).ShouldBe((1, true), output);
        var other = (await (await Product.SignInAsync("owner@treuhand-nord.example")).QueryAsync(
            "{ auditCheckpoint { publicKey } }")).At("auditCheckpoint.publicKey");
        (code, output) = await VerifyAsync(owner, other);
        (code, output.Contains("not signed by the key", StringComparison.Ordinal)).ShouldBe((1, true), output);

        await started.DoAsync(Tampering.With(
            "create table public.kept as table messaging.audit_leaves; "
                + "update messaging.audit_leaves set entry = replace(entry, 'actor Contact', 'actor Administrator')"));
        try
        {
            (code, output) = await VerifyAsync(owner, key);
            (code, output.Contains("do not lead to the root", StringComparison.Ordinal)).ShouldBe((1, true), output);
        }
        finally
        {
            await started.DoAsync(Tampering.With(
                "update messaging.audit_leaves l set entry = k.entry from public.kept k where k.tenant_id = l.tenant_id "
                    + "and k.index = l.index; drop table public.kept"));
        }
    }

    [Fact]
    public async Task Each_mail_carries_a_root_and_a_checkpoint_in_the_folder_proves_history()
    {
        var owner = await Product.SignInAsync(Owner);
        var said = await WrittenAsync(owner);
        said.At("auditCheckpoint.lag").ShouldBe("0");
        var mail = await Product.Mail.WaitForMailAsync(m => m.Message.Headers["Messaging-Checkpoint"] is not null);
        Convert.FromBase64String(mail.Message.Headers["Messaging-Checkpoint"]!).Length.ShouldBe(32);

        // One is written at the start; the next minute brings the next.
        string[] files = [];
        await Waiting.UntilAsync(() => (files = Directory.Exists(started.Checkpoints)
            ? Directory.GetFiles(started.Checkpoints, "*.checkpoint", SearchOption.AllDirectories)
            : []).Length > 0, TimeSpan.FromMinutes(3));
        var (code, output, error) = await RunAsync(["verify", .. files.SelectMany(f => (string[])["--checkpoint", f])]);
        code.ShouldBe(0, error);
        output.ShouldContain($"{files.Length} kept checkpoints say the same");

        // What is none, and what is not there.
        using var directory = new TempDirectory();
        var wrong = directory["wrong"];
        await File.WriteAllTextAsync(wrong, "no checkpoint", Cancellation);
        (code, _, error) = await RunAsync("verify", "--checkpoint", wrong);
        (code, error).ShouldBe((2, $"{wrong} is no checkpoint of an organisation of this product.\n"));
        (code, _, error) = await RunAsync("verify", "--checkpoint", directory["nothing"]);
        (code, error).ShouldBe((2, $"{directory["nothing"]} cannot be read.\n"));

        await started.DoAsync(Tampering.With(
            "create table public.event as select * from messaging.mt_events where type = 'comment_added' "
                + "order by seq_id limit 1; update messaging.mt_events e set data = jsonb_set(e.data, '{body}', '\"X\"') "
                + "from public.event k where k.seq_id = e.seq_id"));
        try
        {
            var target = await started.ScalarAsync("select id from public.event");
            (code, _, error) = await RunAsync("verify");
            code.ShouldBe(1);
            error.ShouldStartWith($"The log was altered. Event {target} (comment_added, version ");
            error.ShouldContain("is not what was recorded: its content (");
            error.ShouldNotContain("   at ");
        }
        finally
        {
            await started.DoAsync(Tampering.With(
                "update messaging.mt_events e set data = k.data from public.event k where k.seq_id = e.seq_id; "
                    + "drop table public.event"));
        }
    }

    [Fact]
    public async Task A_copy_that_the_key_of_before_signed_proves_history_after_the_key_was_changed()
    {
        var owner = await Product.SignInAsync(Owner);
        var auth = Product.Services.GetRequiredService<AuthOptions>();
        var (office, size, root) = CheckpointNote.Read(
            (await WrittenAsync(owner)).At("auditCheckpoint.note"), auth.KeyOfCheckpoints().Public, out _)!;
        var (previous, stranger) = (auth.PreviousKeyOfCheckpoints().ShouldNotBeNull(), new CheckpointKey(new byte[32]));
        using var directory = new TempDirectory();
        var (kept, strange) = (directory["kept"], directory["strange"]);
        await File.WriteAllTextAsync(kept, previous.Sign(office, size, root), Cancellation);
        await File.WriteAllTextAsync(strange, stranger.Sign(office, size, root), Cancellation);

        // At each start of each node.
        var rotation = Product.Services.GetRequiredService<CheckpointKeyRotation>();
        await rotation.RecordAsync(Cancellation);
        await rotation.RecordAsync(Cancellation);
        var log = Product.Services.GetRequiredService<AccessLog>();
        await Waiting.UntilAsync(() => log.UnderWay == 0);
        await WrittenAsync(owner);
        var said = await owner.QueryAsync(
            """
            { auditLog(filter: { types: ["checkpoint_key_changed"] }, first: 9) {
              totalCount nodes { summary(locale: "de") } } }
            """);
        said.At("auditLog.totalCount").ShouldBe("1");
        said.At("auditLog.nodes.0.summary").ShouldBe("Schlüssel der Prüfpunkte gewechselt");

        var (code, output, error) = await RunAsync("verify", "--checkpoint", kept);
        code.ShouldBe(0, error);
        output.ShouldContain("1 kept checkpoints say the same");

        // An archive, by the key that was written down on the first day.
        var archive = directory["archive"];
        (code, _, error) = await RunAsync("export", "--organisation", office, "--to", archive);
        code.ShouldBe(0, error);
        var outcome = await new ArchiveCheck(archive).RunAsync(
            previous.VerifierOf(office), [("kept", await File.ReadAllTextAsync(kept, Cancellation))], Cancellation);
        outcome.Verdict.ShouldBe(AuditVerdict.Proved, outcome.Sentence);
        outcome = await new ArchiveCheck(archive).RunAsync(stranger.VerifierOf(office), [], Cancellation);
        outcome.Verdict.ShouldBe(AuditVerdict.Unknown);
        outcome = await new ArchiveCheck(archive).RunAsync(
            null, [("strange", await File.ReadAllTextAsync(strange, Cancellation))], Cancellation);
        outcome.Verdict.ShouldBe(AuditVerdict.Unknown);
        (code, output) = await NodeAsync(archive, previous.VerifierOf(office), kept);
        code.ShouldBe(0, output);
        (code, output) = await NodeAsync(archive, auth.KeyOfCheckpoints().VerifierOf(office), kept);
        code.ShouldBe(0, output);
        (code, output) = await NodeAsync(archive, stranger.VerifierOf(office));
        code.ShouldBe(1, output);
        (code, output) = await NodeAsync(archive, previous.VerifierOf(office), strange);
        code.ShouldBe(1, output);

        // The same of one customer, whose archive has the changes, and nobody else's events.
        var customer = (await owner.QueryAsync("{ customers(first: 1) { nodes { id } } }")).At("customers.nodes.0.id");
        var ofOne = directory["of-one"];
        (code, _, error) = await RunAsync(
            "export", "--organisation", office, "--customer", customer, "--until", "2020-12-31", "--to", ofOne);
        code.ShouldBe(0, error);
        (code, output, error) = await RunAsync("verify", ofOne, "--key", previous.VerifierOf(office));
        code.ShouldBe(0, error);
        output.ShouldStartWith("The archive is what was signed: 1 events of organisation ");
        (code, output) = await NodeAsync(ofOne, previous.VerifierOf(office), kept);
        code.ShouldBe(0, output);
        (code, output) = await NodeAsync(ofOne, stranger.VerifierOf(office));
        code.ShouldBe(1, output);

        // The running product, and a proof that was made before.
        var proof = (await WrittenAsync(owner)).At("auditProof");
        var end = proof.IndexOf("\n\n", StringComparison.Ordinal) + 2;
        (_, size, root) = CheckpointNote.Read(proof[end..], auth.KeyOfCheckpoints().Public, out _)!;
        await File.WriteAllTextAsync(kept, proof[..end] + previous.Sign(office, size, root), Cancellation);
        (code, output) = await VerifyAsync(owner, previous.VerifierOf(office), kept);
        code.ShouldBe(0, output);
        (code, output) = await VerifyAsync(owner, auth.KeyOfCheckpoints().VerifierOf(office), kept);
        code.ShouldBe(0, output);
        (code, output) = await VerifyAsync(owner, stranger.VerifierOf(office));
        code.ShouldBe(1, output);
        await File.WriteAllTextAsync(strange, proof[..end] + stranger.Sign(office, size, root), Cancellation);
        (code, output) = await VerifyAsync(owner, previous.VerifierOf(office), strange);
        code.ShouldBe(1, output);
    }

    [Fact]
    public async Task A_file_of_other_bytes_is_named_by_verify_and_found_by_night_and_nobody_gets_it()
    {
        var owner = await Product.SignInAsync(Owner);
        var file = (await owner.UploadAsync("Vertrag.txt", "text/plain", "Vertrag vom 9. April"u8.ToArray())).Body;
        var (id, url) = (file.At("data.uploadFile.file.id"), file.At("data.uploadFile.file.url"));
        var conversation = (await owner.QueryAsync("{ conversations(first: 1) { nodes { id } } }")).At(
            "conversations.nodes.0.id");
        (await owner.QueryAsync(
            "mutation($input: AddCommentInput!) { addComment(input: $input) { errors { code } } }",
            new { input = new { conversationId = conversation, body = "Anbei.", fileIds = new[] { id } } }))
            .At("addComment.errors").ShouldBe("[]");
        var sweep = Product.Services.GetRequiredService<NightlySweep>();
        await SweepAsync();
        var last = await LastSweepAsync();
        (last.At("damagedFiles"), last.At("isWhole")).ShouldBe(("0", "true"));
        var (code, output, error) = await RunAsync("verify");
        code.ShouldBe(0, error);
        output.ShouldContain("The files are what was attached: ");

        var name = Guid.Parse(await FileIdAsync()).ToString("N");
        var path = Directory.EnumerateFiles(Product.DataDirectory, name, SearchOption.AllDirectories)
            .Single(p => !p.Contains("thumbnails", StringComparison.Ordinal));
        var was = await File.ReadAllBytesAsync(path, Cancellation);
        await File.WriteAllBytesAsync(path, "Vertrag vom 8. April"u8.ToArray(), Cancellation);
        (await owner.GetAsync(url)).StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        (code, _, error) = await RunAsync("verify");
        code.ShouldBe(1, error);
        error.ShouldStartWith($"File {await FileIdAsync()} (version ");
        error.ShouldContain("is not what was attached: its SHA-256 is ");
        await SweepAsync();
        last = await LastSweepAsync();
        (last.At("damagedFiles"), last.At("isWhole")).ShouldBe(("1", "true"));

        // Once, though two found it.
        var damaged = await DamagedAsync();
        (damaged.At("subject.id"), damaged.At("actor.__typename")).ShouldBe((conversation, "System"));
        damaged.At("summary").ShouldStartWith("Datei „Vertrag.txt“ aus ");
        damaged.At("summary").ShouldEndWith(" ist nicht mehr, was angehängt wurde");

        // As it is put back from a backup.
        await File.WriteAllBytesAsync(path, was, Cancellation);
        (await owner.GetAsync(url)).StatusCode.ShouldBe(HttpStatusCode.OK);

        async Task<JsonNode> DamagedAsync()
        {
            for (var i = 0; i < 300; i++)
            {
                var found = (await owner.QueryAsync(
                    """
                    { auditLog(filter: { types: ["file_damaged"] }, first: 9) { nodes {
                        summary(locale: "de") actor { __typename } subject { ... on Conversation { id } } } } }
                    """))["auditLog"]!["nodes"]!.AsArray();
                if (found.Count > 0) return found.ShouldHaveSingleItem()!;
                await Task.Delay(100, Cancellation);
            }

            throw new TimeoutException("It is not in the log.");
        }

        async Task SweepAsync()
        {
            await started.DoAsync(
                "update messaging.audit_sweeps set begun_at = now() - interval '3 days', "
                    + "checked_at = now() - interval '3 days'; "
                    + "insert into messaging.audit_sweeps (tenant_id, begun_at, taken_until, after_id, files, damaged) "
                    + "select tenant_id, now(), now(), '00000000-0000-0000-0000-000000000000', 0, 0 "
                    + "from messaging.organisations on conflict do nothing");
            await sweep.SweepAsync(Cancellation);
        }

        async Task<System.Text.Json.Nodes.JsonNode> LastSweepAsync() =>
            (await owner.QueryAsync("{ auditCheckpoint { lastSweep { checkedAt files damagedFiles isWhole } } }"))
                .At("auditCheckpoint.lastSweep") is { } text ? System.Text.Json.Nodes.JsonNode.Parse(text)! : null!;

        async Task<string> FileIdAsync() =>
            $"{await started.ScalarAsync("select id from messaging.files where name = 'Vertrag.txt'")}";
    }

    /// <summary>Writes something that somebody is mailed, and waits until it is in the tree.</summary>
    private async Task<System.Text.Json.Nodes.JsonNode> WrittenAsync(GraphQLClient owner)
    {
        var customer = (await owner.QueryAsync("{ customers(first: 1) { nodes { id } } }")).At("customers.nodes.0.id");
        var conversation = (await owner.QueryAsync(
            "mutation($id: ID!) { createConversation(input: { customerId: $id, subject: \"Beleg\", body: \"Bitte.\" }) { "
                + "conversation { id } } }",
            new { id = customer })).At("createConversation.conversation.id");
        var written = (await owner.QueryAsync(
            "query($id: ID!) { conversation(id: $id) { history { nodes { id } } } }",
            new { id = conversation })).At("conversation.history.nodes.0.id");
        System.Text.Json.Nodes.JsonNode? said = null;
        await Waiting.UntilAsync(async () =>
        {
            said = await owner.QueryAsync(
                "query($id: ID!) { auditProof(eventId: $id) auditCheckpoint { size root note publicKey grownAt lag } }",
                new { id = written });
            return said.At("auditProof").Length > 0 && said.At("auditCheckpoint.lag") == "0";
        });
        return said!;
    }

    private Task<(int Code, string Output)> VerifyAsync(GraphQLClient who, string key, params string[] proofs) =>
        NodeAsync([Product.Address, who.Token!, key, .. proofs]);

    private static async Task<(int Code, string Output)> NodeAsync(params string[] words)
    {
        var start = new ProcessStartInfo(
            "node", [Path.Combine(NodeProject.Root, "tests", "verifier", "verify.mjs"), .. words])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var (output, error) = (
            process.StandardOutput.ReadToEndAsync(Cancellation), process.StandardError.ReadToEndAsync(Cancellation));
        await process.WaitForExitAsync(Cancellation);
        return (process.ExitCode, await output + await error);
    }

    private Task<(int Code, string Output, string Error)> RunAsync(params string[] words) =>
        OperatorsCommand.RunAsync(Product.ConnectionString, Product.DataDirectory, words);

    [GeneratedRegex("extra [^\n]+")]
    private static partial Regex Extra();

    /// <summary>The product, which writes checkpoints into a folder.</summary>
    public sealed class Started : IAsyncLifetime
    {
        private readonly TempDirectory _directory = new();

        public RunningProduct Product { get; private set; } = null!;

        public string Checkpoints => _directory["checkpoints"];

        public async ValueTask InitializeAsync() => Product = await RunningProduct.StartAsync(
            settings: new()
            {
                ["Messaging:Checkpoints:Directory"] = Checkpoints,
                ["Messaging:Auth:PreviousSigningKey"] = Convert.ToBase64String(
                    [.. Enumerable.Range(0, 32).Select(i => (byte)i)]),
            });

        public async ValueTask DisposeAsync()
        {
            await Product.DisposeAsync();
            _directory.Dispose();
        }

        public async Task DoAsync(string sql)
        {
            await using var database = NpgsqlDataSource.Create(Product.ConnectionString);
            await using var command = database.CreateCommand(sql);
            await command.ExecuteNonQueryAsync(Cancellation);
        }

        public async Task<object?> ScalarAsync(string sql)
        {
            await using var database = NpgsqlDataSource.Create(Product.ConnectionString);
            await using var command = database.CreateCommand(sql);
            return await command.ExecuteScalarAsync(Cancellation);
        }
    }
}
