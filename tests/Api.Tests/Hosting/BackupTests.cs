using Messaging.Api.Hosting;
using Messaging.TestSupport;
using Messaging.TestSupport.Postgres;
using Messaging.TestSupport.Product;
using Messaging.TestSupport.Smtp;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Hosting;

/// <summary>
/// What was backed up is there after a restore, all of it; nobody is mailed again; and what is no whole backup, or no
/// empty installation, is refused.
/// </summary>
public sealed class BackupTests : IAsyncLifetime
{
    private const string Anna = "anna.sommer@kanzlei-sommer.example";
    private const string Dieter = "dieter.krause@baeckerei-krause.example";
    private const string Question = "Die Frage, die wartet.";
    private const string Waiting = "select count(*) from messaging.deliveries where state in ('Pending', 'Sending')";
    private const string AddComment =
        "mutation($input: AddCommentInput!) { addComment(input: $input) { errors { code } } }";

    // Everything that somebody of the office sees first.
    private const string Figures =
        """
        {
          viewer { unreadNotificationCount } conversationCounts { total open attention answered }
          conversations(first: 20) { nodes { id subject status version commentCount unreadCommentCount
            comments(first: 50) { nodes { id body files { id name size sha256 } } } } }
          customers(first: 100) { nodes { id name } } administrators(first: 100) { nodes { id displayName isOwner } }
        }
        """;

    private readonly TempDirectory _directory = new();
    private SmtpServer _mail = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _mail = SmtpServer.Start();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _mail.DisposeAsync();
        _directory.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task All_of_it_is_there_and_nobody_is_mailed_again(bool ownServer)
    {
        await using var from = ownServer ? null : await TestDatabase.CreateAsync();
        await using var to = ownServer ? null : await TestDatabase.CreateAsync();
        await using var product = await ProductProcess.StartAsync(Settings("from", from), _mail);
        var anna = await product.SignInAsync(Anna);
        var bytes = Enumerable.Range(0, 300_000).Select(i => (byte)(i * 7)).ToArray();
        var file = (await anna.UploadAsync("Belege März.bin", "application/octet-stream", bytes)).Data;
        var dieter = await product.SignInAsync(Dieter);
        var ids = (await dieter.QueryAsync("{ conversations(first: 2) { nodes { id } } }"))["conversations"]![
            "nodes"
        ]!.AsArray();
        var (quiet, busy) = ((string)ids[0]!["id"]!, (string)ids[^1]!["id"]!);
        var attach = new
        {
            input = new
            {
                conversationId = quiet,
                body = "Anbei.",
                fileIds = new[] { file.At("uploadFile.file.id") },
            },
        };
        (await anna.QueryAsync(AddComment, attach)).At("addComment.errors").ShouldBe("[]");

        // While somebody writes, and the mail server takes nothing: mails wait, and are under way.
        foreach (var step in (SmtpStep[])[SmtpStep.Connect, SmtpStep.Content])
            _mail.Always(step, SmtpReaction.ReplyThenDrop(421));
        using var enough = new CancellationTokenSource();
        var written = 0;
        var writing = Task.Run(
            async () =>
            {
                for (; !enough.IsCancellationRequested; written++)
                    (
                        await dieter.QueryAsync(
                            AddComment, new { input = new { conversationId = busy, body = $"Nr. {written}" } })
                    )
                        .At("addComment.errors")
                        .ShouldBe("[]");
            },
            Cancellation
        );
        while (Volatile.Read(ref written) < 20 && !writing.IsCompleted)
            await Task.Delay(50, Cancellation);
        var (code, output, error) = await RunAsync("from", from, "backup", _directory["while writing"]);
        await enough.CancelAsync();
        await writing;
        code.ShouldBe(0, error);
        output.ShouldContain("1 files of 300,000 bytes");
        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(_directory["while writing/token-signing.key"])
                .ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);

        // And once more when all is quiet: then the figures have to be equal.
        (code, _, error) = await RunAsync("from", from, "backup", _directory["quiet"]);
        code.ShouldBe(0, error);
        var figures = (await anna.QueryAsync(Figures)).ToJsonString();
        await product.StopAsync();
        _mail.BehaveAgain();

        // The one that was taken meanwhile: of one moment, and whole.
        (code, output, error) = await RunAsync("to", to, "restore", _directory["while writing"]);
        code.ShouldBe(0, error);
        output.ShouldContain("e-mails that had not gone out then are held");
        (code, output, error) = await RunAsync("to", to, "verify");
        code.ShouldBe(0, error);
        await RemoveAsync("to", to);

        (code, output, error) = await RunAsync("to", to, "restore", _directory["quiet"]);
        code.ShouldBe(0, error);
        if (to is not null)
        {
            (await ScalarAsync(
                "to", to, "select count(*) from pg_trigger where tgname in ('kept', 'kept_whole') and tgenabled = 'O'"))
                .ShouldBe(12L, "What was recorded is kept by triggers.");
        }

        var before = _mail.Received.Count;
        await using var restored = await ProductProcess.StartAsync(Settings("to", to), _mail);
        var again = new GraphQLClient(restored.Http, anna.Token);
        (await again.QueryAsync(Figures)).ToJsonString().ShouldBe(figures);
        using (var download = await again.GetAsync(file.At("uploadFile.file.url")))
            (await download.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBe(bytes);

        // All that was not planned then is, and mails nobody; who writes now is told of at once.
        await WaitAsync(async () =>
            await ScalarAsync(
                "to",
                to,
                "select (select max(seq_id) from messaging.mt_events) <= (select max(last_seq_id) from "
                    + "messaging.mt_event_progression where name like 'notifications:%')"
            )
                is true
        );
        (
            await ScalarAsync(
                "to", to, "select count(*) from messaging.deliveries where state in ('Pending', 'Sending')")
        ).ShouldBe(0L);
        (
            await ScalarAsync(
                "to", to,
                "select count(*) > 0 from messaging.deliveries where state = 'Failed' and last_error like 'Held: %'")
        ).ShouldBe(true);
        await Task.Delay(TimeSpan.FromSeconds(3), Cancellation);
        _mail.Received.Count.ShouldBe(before);
        (
            await (await restored.SignInAsync(Dieter)).QueryAsync(
                AddComment, new { input = new { conversationId = quiet, body = "Nach der Wiederherstellung." } })
        )
            .At("addComment.errors")
            .ShouldBe("[]");
        await _mail.WaitForAsync(
            mails => mails.Any(m => m.Text.Contains("Nach der Wiederherstellung.", StringComparison.Ordinal)),
            TimeSpan.FromSeconds(30));
        (await again.QueryAsync("{ __typename }")).ShouldNotBeNull();
        (code, _, error) = await RunAsync("to", to, "verify");
        code.ShouldBe(0, error);
    }

    [Fact]
    public async Task What_happened_and_was_not_planned_yet_is_in_profiles_and_mails_nobody()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var to = await TestDatabase.CreateAsync();
        await using (var product = await ProductProcess.StartAsync(Settings("from", database), _mail))
        {
            var dieter = await product.SignInAsync(Dieter);
            var conversation = (await dieter.QueryAsync("{ conversations(first: 1) { nodes { id } } }")).At(
                "conversations.nodes.0.id");
            for (var i = 0; i < 3; i++)
                await dieter.QueryAsync(
                    AddComment, new { input = new { conversationId = conversation, body = $"Frage Nr. {i}" } });
            await _mail.WaitForAsync(
                mails => mails.Count(m => m.Text.Contains("Frage Nr. ", StringComparison.Ordinal)) >= 3,
                TimeSpan.FromSeconds(30));
        }

        // As if the planner had not come so far when the backup was taken; the mails have gone out since.
        await ScalarAsync("from", database,
            """
            with latest as (select id, seq_id from messaging.mt_events where type = 'comment_added'
                order by seq_id desc limit 3),
            d as (delete from messaging.deliveries where event_id in (select id from latest)),
            n as (delete from messaging.notifications where event_id in (select id from latest))
            update messaging.mt_event_progression set last_seq_id = (select min(seq_id) - 1 from latest)
                where name like 'notifications:%'
            """);
        (await RunAsync("from", database, "backup", _directory["backup"])).Code.ShouldBe(0);
        var (code, _, error) = await RunAsync("to", to, "restore", _directory["backup"]);
        code.ShouldBe(0, error);
        var before = _mail.Received.Count;
        await using var restored = await ProductProcess.StartAsync(Settings("to", to), _mail);
        await WaitAsync(async () =>
            await ScalarAsync("to", to, "select count(*) from messaging.deliveries where last_error like 'Held: %'")
                is >= 3L
        );
        await Task.Delay(TimeSpan.FromSeconds(3), Cancellation);
        _mail.Received.Count.ShouldBe(before);
    }

    [Fact]
    public async Task Where_it_is_asked_for_what_waited_is_sent_and_everybody_signs_in_again()
    {
        await using var from = await TestDatabase.CreateAsync();
        await using var to = await TestDatabase.CreateAsync();
        string token;
        await using (var product = await ProductProcess.StartAsync(Settings("from", from), _mail))
        {
            token = (await product.SignInAsync(Anna)).Token!;
            foreach (var step in (SmtpStep[])[SmtpStep.Connect, SmtpStep.Content])
                _mail.Always(step, SmtpReaction.ReplyThenDrop(421));
            var dieter = await product.SignInAsync(Dieter);
            var conversation = (await dieter.QueryAsync("{ conversations(first: 1) { nodes { id } } }"))
                .At("conversations.nodes.0.id");
            await dieter.QueryAsync(AddComment, new { input = new { conversationId = conversation, body = Question } });
            await WaitAsync(async () => await ScalarAsync("from", from, $"{Waiting} and attempts > 0") is > 0L);
        }

        var waiting = await ScalarAsync("from", from, Waiting);
        (await RunAsync("from", from, "backup", _directory["backup"])).Code.ShouldBe(0);
        var (code, output, error) = await RunAsync(
            "to", to, "restore", _directory["backup"], "--send-waiting", "--end-sessions");
        code.ShouldBe(0, error);
        output.ShouldNotContain("held");
        (await ScalarAsync("to", to, Waiting)).ShouldBe(waiting);

        _mail.BehaveAgain();
        await using var restored = await ProductProcess.StartAsync(Settings("to", to), _mail);
        (await new GraphQLClient(restored.Http, token).SendAsync("{ viewer { id } }")).Status.ShouldBe(401);
        (await restored.SignInAsync(Anna)).Token.ShouldNotBeNull();
        await WaitAsync(async () => await ScalarAsync("to", to, Waiting) is 0L, seconds: 60);
        await _mail.WaitForAsync(mails => mails.Any(IsQuestion), TimeSpan.FromSeconds(60));
        (await ScalarAsync("to", to, "select count(*) from messaging.deliveries where state = 'Failed'")).ShouldBe(0L);
        _mail.Received.Where(IsQuestion).Select(m => string.Join(' ', m.Recipients)).ShouldBeUnique();

        static bool IsQuestion(ReceivedMail mail) => mail.Text.Contains(Question, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pg_dump", null, "pg_dump was not found on this machine.")]
    [InlineData("pg_restore", null, "pg_restore was not found on this machine.")]
    [InlineData("pg_dump", 15, "pg_dump is here of version 15 only, and has to be of 17 or newer.")]
    public async Task What_is_missing_of_PostgreSQLs_programs_is_said(string program, int? there, string says)
    {
        if (there is not null && !OperatingSystem.IsWindows())
        {
            await File.WriteAllTextAsync(
                _directory[program], $"#!/bin/sh\necho '{program} (PostgreSQL) {there}.12 (Debian {there}.12-0)'\n",
                Cancellation);
            File.SetUnixFileMode(_directory[program], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        var missing = await Should.ThrowAsync<EmbeddedPostgresException>(
            PostgresBinaries.FindClientAsync(program, 17, Cancellation, [_directory.Path]));
        StartFailure.Of(missing).ShouldBe(
            $"PostgreSQL's program {says}"
            + " Install it (Debian, Ubuntu: apt install postgresql-client-17; macOS: brew install postgresql@17).");
    }

    [Fact]
    public async Task What_is_no_whole_backup_or_no_empty_installation_is_refused()
    {
        await using var from = await TestDatabase.CreateAsync();
        await using var to = await TestDatabase.CreateAsync();
        await using var product = await ProductProcess.StartAsync(Settings("from", from), _mail);
        var anna = await product.SignInAsync(Anna);
        (await anna.UploadAsync("beleg.txt", "text/plain", "12,50"u8.ToArray()))
            .Data.At("uploadFile.errors")
            .ShouldBe("[]");
        var backup = _directory["backup"];
        await RefusesAsync("there is no backup", "to", to, "restore", backup);
        Directory.CreateDirectory(backup);
        await File.WriteAllTextAsync(Path.Combine(backup, "notes.txt"), "", Cancellation);
        await RefusesAsync("is not empty", "from", from, "backup", backup);
        File.Delete(Path.Combine(backup, "notes.txt"));
        (await RunAsync("from", from, "backup", backup)).Code.ShouldBe(0);
        await RefusesAsync("is not empty", "from", from, "backup", backup);
        await RefusesAsync("The product runs on this database", "from", from, "restore", backup);

        // One that was cut off; one of which something is missing, or other than it was.
        var manifest = Path.Combine(backup, "manifest.json");
        File.Move(manifest, manifest + ".unfinished");
        await RefusesAsync("was not finished", "to", to, "restore", backup);
        await RefusesAsync("was not finished", "from", from, "backup", backup);
        File.Move(manifest + ".unfinished", manifest);
        foreach (
            var damaged in (string[])
                [
                    "database.dump", "SHA256SUMS",
                    Directory.EnumerateFiles(Path.Combine(backup, "files"), "*", SearchOption.AllDirectories).Single()
                ]
        )
        {
            var path = Path.Combine(backup, damaged);
            var whole = await File.ReadAllBytesAsync(path, Cancellation);
            await File.WriteAllBytesAsync(path, [.. whole[..^1], (byte)(whole[^1] ^ 1)], Cancellation);
            await RefusesAsync("damaged", "to", to, "restore", backup);
            (await ScalarAsync("to", to, "select to_regclass('messaging.mt_events') is null")).ShouldBe(true);
            await File.WriteAllBytesAsync(path, whole, Cancellation);
        }

        // One that was cut off is not served, and is done again.
        await ScalarAsync("to", to, "create schema messaging_restoring");
        await using var early = await ProductProcess.CreateAsync(Settings("to", to), _mail);
        early.Launch();
        (await early.WaitForExitAsync(TimeSpan.FromSeconds(60))).ShouldBeTrue(early.LastLines);
        (
            early.ExitCode,
            early.LastLines.Contains("Messaging cannot start: A backup is being restored", StringComparison.Ordinal)
        ).ShouldBe((1, true), early.LastLines);
        var (code, _, error) = await RunAsync("to", to, "restore", backup);
        code.ShouldBe(0, error);
        await RefusesAsync("into an empty installation only, and the database", "to", to, "restore", backup);
    }

    private async Task RefusesAsync(string says, string name, TestDatabase? database, params string[] words)
    {
        var (code, output, error) = await RunAsync(name, database, words);
        (code, error.ToUpperInvariant()).ShouldSatisfyAllConditions(
            () => code.ShouldBe(1, output + error),
            () => error.ToUpperInvariant().ShouldContain(says.ToUpperInvariant()));
        error.ShouldNotContain("   at ");
    }

    private Dictionary<string, string> Settings(string name, TestDatabase? database)
    {
        Directory.CreateDirectory(_directory[name]);
        return new()
        {
            ["ConnectionStrings__Messaging"] = database?.ConnectionString ?? "",
            ["Messaging__DataDirectory"] = _directory[name],
        };
    }

    private Task<(int Code, string Output, string Error)> RunAsync(
        string name, TestDatabase? database,
        params string[] words) => OperatorsCommand.RunAsync(database?.ConnectionString ?? "", _directory[name], words);

    // An installation is empty again.
    private async Task RemoveAsync(string name, TestDatabase? database)
    {
        if (database is not null)
            await ScalarAsync(name, database, "drop schema messaging cascade; drop schema if exists wolverine cascade");
        Directory.Delete(_directory[name], recursive: true);
    }

    private async Task<object?> ScalarAsync(string name, TestDatabase? database, string sql)
    {
        var reached = database?.ConnectionString
            ?? await EmbeddedPostgres.JoinAsync(Path.Combine(_directory[name], "postgres"), Cancellation);
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(reached) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Cancellation);
    }

    private static async Task WaitAsync(Func<Task<bool>> isThere, int seconds = 30)
    {
        for (var left = 10 * seconds; !await isThere(); left--)
        {
            left.ShouldBeGreaterThan(0);
            await Task.Delay(100, Cancellation);
        }
    }
}
