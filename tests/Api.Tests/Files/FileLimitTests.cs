using System.Text.Json;
using Messaging.Api.Files;
using Messaging.Api.Files.Scanning;
using Messaging.Api.Tests.Files.Pictures;
using Messaging.Application.Files;
using Messaging.TestSupport;
using Messaging.TestSupport.Product;
using Npgsql;
using Shouldly;
using SkiaSharp;
using Xunit;

namespace Messaging.Api.Tests.Files;

/// <summary>
/// Each limit on files with the attack that it is there for, in the running product, and with what that is answered.
/// </summary>
public sealed class FileLimitTests : IAsyncLifetime
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(90);

    private const long KiB = 1024;

    // What is counted is 64 KiB for each of the files here.
    private static readonly Dictionary<string, (string? Value, Func<FileLimitTests, Task> Attack)> s_attacks = new()
    {
        [nameof(FileStoreOptions.MaximumBytes)] = ("1000", t =>
            t.RefusedAsync("TOO_LARGE", "The file is larger than 1000 bytes.", new byte[1001])),
        [nameof(FileStoreOptions.ReserveBytes)] = (
            $"{1L << 60}", t => t.RefusedAsync("NO_ROOM",
                "The server has no room for files at the moment. Nothing of this one is kept")),
        [nameof(FileQuotas.UnattachedBytesPerPerson)] = ($"{200 * KiB}", t =>
            t.AfterAsync(3, "Files of yours that are attached to no comment may have 204800 bytes together.")),
        [nameof(FileQuotas.BytesPerCustomer)] = ($"{200 * KiB}", t =>
            t.AfterAsync(3, "All files that you and your colleagues have uploaded may have 204800 bytes together")),
        [nameof(FileQuotas.BytesPerOrganisation)] = ($"{200 * KiB}", t =>
            t.AfterAsync(3, "All files of this organisation may have 204800 bytes together")),
        ["RefusedTypes"] = ("exe; application/pdf", async t =>
        {
            await t.RefusedAsync("UNSUPPORTED_FILE", "Files of the type “.exe” are not taken in", [1, 2],
                "Rechnung.pdf .EXE. ");
            await t.RefusedAsync("UNSUPPORTED_FILE", "Files of the type application/pdf are not taken in",
                "%PDF-1.7"u8.ToArray(), "a.txt");
            (await t.UploadAsync([1, 2], "a.hta")).Code.ShouldBeEmpty();
        }
        ),
        ["Scanner:MaximumBytes"] = ("1000", async t =>
        {
            await t.RestartAsync(new()
            {
                ["Messaging:Files:Scanner:Address"] = "127.0.0.1:1",
                ["Messaging:Files:Scanner:MaximumBytes"] = "1000"
            });
            await t.RefusedAsync("TOO_LARGE", "The file is larger than 1000 bytes.", new byte[1001]);
        }
        ),
    };

    // What refuses nothing, with the test that shows what it does.
    private static readonly string[] s_elsewhere = ["Directory", "Scanner:Address", "Scanner:Timeout"];

    private RunningProduct _product = null!;

    public static TheoryData<string> Limits => [.. s_attacks.Keys];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _product = await RunningProduct.StartAsync();

    public async ValueTask DisposeAsync() => await _product.DisposeAsync();

    [Fact]
    public void No_setting_is_without_its_attack() =>
        s_attacks.Keys.Concat(s_elsewhere).Order(StringComparer.Ordinal).ShouldBe(
            typeof(FileStoreOptions).GetProperties().Concat(typeof(FileQuotas).GetProperties().Where(p => p.CanWrite))
                .Select(p => p.Name)
                .Concat(typeof(ScannerOptions).GetProperties()
                    .Select(p => $"Scanner:{(p.Name is "Host" or "Port" or "Socket" ? "Address" : p.Name)}"))
                .Append("RefusedTypes").Distinct().Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Limits))]
    public async Task What_is_beyond_it_is_refused_by_name_and_nothing_of_it_is_kept(string limit)
    {
        var (value, attack) = s_attacks[limit];
        await RestartAsync(new() { [$"Messaging:Files:{limit}"] = value });
        await attack(this);
    }

    [Fact]
    public async Task What_arrives_counts_before_it_is_recorded_however_many_come_at_once()
    {
        await RestartAsync(new() { ["Messaging:Files:UnattachedBytesPerPerson"] = "3000000" });
        var dieter = await SignInAsync("dieter.krause@baeckerei-krause.example");
        var most = 0L;
        var answers = Enumerable.Range(0, 8).Select(_ => dieter
            .UploadAsync("x.bin", "application/octet-stream", new byte[1_000_000])).ToList();
        while (answers.Exists(a => !a.IsCompleted))
        {
            // In the order in which they are moved backwards: what is moved meanwhile does not count twice.
            most = Math.Max(most, BytesIn("kept") + BytesIn("staging"));
            await Task.Delay(1, Cancellation);
        }

        (await Task.WhenAll(answers)).Count(a => a.Data.At("uploadFile.file.id").Length > 0).ShouldBeInRange(1, 3);
        most.ShouldBeLessThanOrEqualTo(3_000_000);

        // When they are answered nothing counts as arriving any more.
        foreach (var file in (await Task.WhenAll(answers)).Select(a => a.Data.At("uploadFile.file.id"))
            .Where(id => id.Length > 0))
            await DiscardAsync(dieter, file);
        (await dieter.UploadAsync("x.bin", "application/octet-stream", new byte[2_999_000])).Data
            .At("uploadFile.file.id").ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_disk_that_becomes_full_is_an_answer_and_leaves_nothing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Mounts a small file system.");
        var files = Directory.CreateTempSubdirectory("messaging-test-").FullName;
        Assert.SkipUnless(await RunAsync("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", files) == 0,
            "May not mount.");
        try
        {
            await RestartAsync(new() { ["Messaging:Files:Directory"] = files, ["Messaging:Files:ReserveBytes"] = "0" });
            var dieter = await SignInAsync("dieter.krause@baeckerei-krause.example");
            (await dieter.UploadAsync("a.bin", "application/octet-stream", new byte[1_500_000])).Data
                .At("uploadFile.file.id").ShouldNotBeEmpty();
            var refused = (await dieter.UploadAsync("b.bin", "application/octet-stream", new byte[1_000_000])).Data;
            refused.At("uploadFile.errors.0.code").ShouldBe("NO_ROOM");
            refused.At("uploadFile.errors.0.message").ShouldContain("no room");
            foreach (var (folder, count) in (ReadOnlySpan<(string, int)>)[("kept", 1), ("staging", 0)])
                Directory
                    .EnumerateFiles(Path.Combine(files, folder), "*", SearchOption.AllDirectories)
                    .Count()
                    .ShouldBe(count);
            (await dieter.UploadAsync("c.bin", "application/octet-stream", new byte[100_000]))
                .Data.At("uploadFile.file.id")
                .ShouldNotBeEmpty();
        }
        finally
        {
            await _product.StopAsync();
            await RunAsync("umount", files);
            Directory.Delete(files, recursive: true);
        }
    }

    [Fact]
    public async Task Files_that_were_uploaded_by_mistake_are_taken_back()
    {
        var dieter = await SignInAsync("dieter.krause@baeckerei-krause.example");
        var anna = await SignInAsync("anna.sommer@kanzlei-sommer.example");
        var file = (await dieter.UploadAsync("Foto.png", "image/png",
            Bytes.Image(SKEncodedImageFormat.Png, 40, 40))).Data.At("uploadFile.file.id");
        Files().Count.ShouldBe(2);
        (await DiscardAsync(anna, file)).ShouldBe(await DiscardAsync(anna, Guid.NewGuid().ToString()));
        (await DiscardAsync(anna, "no id")).ShouldBe(await DiscardAsync(anna, file));
        Files().Count.ShouldBe(2);

        (await DiscardAsync(dieter, file)).ShouldBe("""{"discardFile":{"errors":[]}}""");
        (await DiscardAsync(dieter, file)).ShouldBe("""{"discardFile":{"errors":[]}}""");
        Files().ShouldBeEmpty();
        ((int)(await dieter.GetAsync($"/files/{file}")).StatusCode).ShouldBe(404);
        (await dieter.QueryAsync("query($id: ID!) { node(id: $id) { id } }", new { id = file })).At("node")
            .ShouldBeEmpty();

        // What has come with a comment stays.
        var attached = (await dieter.UploadAsync("Beleg.txt", "text/plain", [1])).Data.At("uploadFile.file.id");
        await AttachAsync(dieter, attached);
        (await DiscardAsync(dieter, attached)).ShouldContain("CONFLICT");
        (await DiscardAsync(anna, attached)).ShouldContain("NOT_FOUND");
        ((int)(await anna.GetAsync($"/files/{attached}")).StatusCode).ShouldBe(200);
    }

    [Fact]
    public async Task What_is_attached_to_nothing_is_gone_a_day_later_with_its_picture()
    {
        var dieter = await SignInAsync("dieter.krause@baeckerei-krause.example");
        var (loose, attached) = (await PictureAsync(dieter), await PictureAsync(dieter));
        await AttachAsync(dieter, attached);
        Files().Count.ShouldBe(4);
        await ExecuteAsync("update messaging.uploads set unattached_since = now() - interval '25 hours'");

        // At each start, and each quarter of an hour.
        await RestartAsync([]);
        await Waiting.UntilAsync(() => Files().Count == 2, s_longest);
        dieter = await SignInAsync("dieter.krause@baeckerei-krause.example");
        ((int)(await dieter.GetAsync($"/files/{loose}")).StatusCode).ShouldBe(404);
        ((int)(await dieter.GetAsync($"/files/{attached}")).StatusCode).ShouldBe(200);
        ((int)(await dieter.GetAsync($"/files/{attached}/thumbnail")).StatusCode).ShouldBe(200);
    }

    [Fact]
    public async Task A_thumbnail_that_was_missed_is_made_later_also_after_a_restart()
    {
        // Uploaded where none could be made, and by an earlier version, which did not say so.
        var dieter = await SignInAsync("dieter.krause@baeckerei-krause.example");
        var (loose, attached, none) = (await PictureAsync(dieter), await PictureAsync(dieter),
            await PictureAsync(dieter, [.. Bytes.Image(SKEncodedImageFormat.Png, 9, 9)[..40]]));
        await AttachAsync(dieter, attached);
        await ExecuteAsync("update messaging.uploads set has_thumbnail = false, thumbnail_due_at = now()");
        foreach (var picture in Directory.EnumerateFiles(Path.Combine(_product.DataDirectory, "files", "thumbnails"),
            "*", SearchOption.AllDirectories))
            File.Delete(picture);
        (await ThumbnailAsync(loose)).ShouldBeEmpty();

        await RestartAsync([]);
        dieter = await SignInAsync("dieter.krause@baeckerei-krause.example");
        foreach (var file in (string[])[loose, attached])
        {
            await Waiting.UntilAsync(async () => (await ThumbnailAsync(file)).Length > 0, s_longest);
            ((int)(await dieter.GetAsync($"/files/{file}/thumbnail")).StatusCode).ShouldBe(200);
        }

        await Waiting.UntilAsync(async () => (long)(await ScalarAsync(
            "select count(*) from messaging.uploads where thumbnail_due_at is not null"))! == 0, s_longest);
        (await ThumbnailAsync(none)).ShouldBeEmpty();

        async Task<string> ThumbnailAsync(string file) =>
            (await dieter.QueryAsync("query($id: ID!) { node(id: $id) { ... on File { thumbnailUrl } } }",
                new { id = file })).At("node.thumbnailUrl");
    }

    [Fact]
    public async Task Who_hangs_up_gets_no_thumbnail_and_leaves_no_file()
    {
        var dieter = await SignInAsync("dieter.krause@baeckerei-krause.example");
        var bomb = Bytes.OneColor(6_324, 6_324);
        using var http = new HttpClient
        {
            BaseAddress = new Uri(_product.Address),
            Timeout =
            TimeSpan.FromMilliseconds(400)
        };
        var impatient = new GraphQLClient(http, dieter.Token);
        await Task.WhenAll(Enumerable.Range(0, 30).Select(async _ =>
        {
            try
            {
                await impatient.UploadAsync("a.webp", "image/webp", bomb);
            }
            catch (TaskCanceledException)
            {
                // It hung up.
            }
        }));

        // Another office's is not kept waiting, and nothing of what nobody knows stays.
        var nord = await SignInAsync("owner@treuhand-nord.example");
        await PictureAsync(nord);
        await Waiting.UntilAsync(
            async () =>
                (long)
                    (
                        await ScalarAsync(
                            "select count(*) from messaging.uploads where discarded_at is null and not has_thumbnail")
                    )! == 0,
            s_longest
        );
        await Waiting.UntilAsync(
            async () =>
                Directory
                    .EnumerateFiles(
                        Path.Combine(_product.DataDirectory, "files", "kept"), "*", SearchOption.AllDirectories)
                    .Count()
                == (long)(await ScalarAsync("select count(*) from messaging.uploads where discarded_at is null"))!,
            s_longest
        );
    }

    private async Task<GraphQLClient> SignInAsync(string who) => await _product.SignInAsync(who);

    private async Task RestartAsync(Dictionary<string, string?> settings)
    {
        await _product.StopAsync();
        await _product.StartAgainAsync(settings);
    }

    private async Task<(string Id, string Code, string Message)> UploadAsync(byte[] content, string name = "x.bin")
    {
        var dieter = await SignInAsync("dieter.krause@baeckerei-krause.example");
        var answer = (await dieter.UploadAsync(name, "application/octet-stream", content)).Data;
        return (answer.At("uploadFile.file.id"), answer.At("uploadFile.errors.0.code"),
            answer.At("uploadFile.errors.0.message"));
    }

    private async Task RefusedAsync(string code, string message, byte[]? content = null, string name = "x.bin")
    {
        var before = Files().Count;
        var refused = await UploadAsync(content ?? [1], name);
        (refused.Id, refused.Code).ShouldBe(("", code));
        refused.Message.ShouldStartWith(message);

        // What arrived is dropped when the answer has been sent.
        await Waiting.UntilAsync(() => Files().Count == before);
    }

    private async Task AfterAsync(int files, string message)
    {
        var ids = new List<string>();
        for (var i = 0; i < files; i++) ids.Add((await UploadAsync([1])).Id);
        ids.ShouldAllBe(id => id.Length > 0);
        await RefusedAsync("NO_ROOM", message);
        await DiscardAsync(await SignInAsync("dieter.krause@baeckerei-krause.example"), ids[0]);
        (await UploadAsync([1])).Id.ShouldNotBeEmpty();
    }

    private static async Task<string> PictureAsync(GraphQLClient who, byte[]? picture = null) =>
        (await who.UploadAsync("Foto.png", "image/png", picture ?? Bytes.Image(SKEncodedImageFormat.Png, 40, 40))).Data
            .At("uploadFile.file.id");

    private static async Task<string> DiscardAsync(GraphQLClient who, string id) => (await who.QueryAsync(
        "mutation($id: ID!) { discardFile(input: { id: $id }) { errors { code message path } } }", new { id }))
            .ToJsonString(new JsonSerializerOptions());

    private static async Task AttachAsync(GraphQLClient who, string file)
    {
        var conversation = (await who.QueryAsync("{ conversations(first: 1) { nodes { id } } }"))
            .At("conversations.nodes.0.id");
        (await who.QueryAsync(
            "mutation($input: AddCommentInput!) { addComment(input: $input) { errors { code } } }",
                new { input = new { conversationId = conversation, body = "Anbei", fileIds = new[] { file } } }))
            .At("addComment.errors").ShouldBe("[]");
    }

    private long BytesIn(string folder)
    {
        var files = Path.DirectorySeparatorChar + folder + Path.DirectorySeparatorChar;
        return Files().Where(f => f.FullName.Contains(files, StringComparison.Ordinal))
            .Sum(f => f.Exists ? f.Length : 0);
    }

    private List<FileInfo> Files() =>
        [.. new DirectoryInfo(Path.Combine(_product.DataDirectory, "files"))
            .EnumerateFiles("*", SearchOption.AllDirectories).Where(file => file.Name != StoreId.FileName)];

    private async Task ExecuteAsync(string sql)
    {
        await using var database = NpgsqlDataSource.Create(_product.ConnectionString);
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private async Task<object?> ScalarAsync(string sql)
    {
        await using var database = NpgsqlDataSource.Create(_product.ConnectionString);
        await using var command = database.CreateCommand(sql);
        return await command.ExecuteScalarAsync(Cancellation);
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        await process.WaitForExitAsync(CancellationToken.None);
        return process.ExitCode;
    }
}
