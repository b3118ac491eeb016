using Messaging.Api.Auth;
using Messaging.Api.Files;
using Messaging.TestSupport;
using Messaging.TestSupport.Postgres;
using Messaging.TestSupport.Product;
using Messaging.TestSupport.Smtp;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Hosting;

/// <summary>
/// What several nodes need beside the database, the key that signs tokens and the folder of files, is looked at when
/// they start; and one node does not take an empty folder for its files.
/// </summary>
public sealed class SharedPartsTests
{
    private const string Nodes = "Messaging:Nodes";
    private const string Key = "Messaging:Auth:SigningKey";
    private const string Folder = "Messaging:Files:Directory";

    private static readonly string s_oneKey = Convert.ToBase64String(Enumerable.Repeat((byte)1, 48).ToArray());
    private static readonly string s_anotherKey = Convert.ToBase64String(Enumerable.Repeat((byte)2, 48).ToArray());

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Several_nodes_without_a_key_are_refused_and_told_how_to_make_one()
    {
        using var data = new TempDirectory();
        var refused = Should.Throw<InvalidOperationException>(() => Read("several"));
        refused.Message.ShouldSatisfyAllConditions(
            m => m.ShouldContain(Key), m => m.ShouldContain("openssl rand -base64 48"),
            m => m.ShouldNotContain("base64 -w0"));
        Directory.GetFiles(data.Path).ShouldBeEmpty();

        // One that has been alone keeps its key, and its people stay signed in.
        var made = Read("one").SigningKey;
        Should
            .Throw<InvalidOperationException>(() => Read("several"))
            .Message.ShouldContain($"base64 -w0 {data["token-signing.key"]}");
        Read("several", Convert.ToBase64String(File.ReadAllBytes(data["token-signing.key"]))).SigningKey.ShouldBe(made);

        AuthOptions Read(string nodes, string? key = null) =>
            AuthOptions.Read(
                new ConfigurationBuilder()
                    .AddInMemoryCollection(new Dictionary<string, string?> { [Nodes] = nodes, [Key] = key })
                    .Build(),
                data.Path
            );
    }

    [Fact]
    public async Task Processes_that_start_at_once_in_one_data_directory_make_one_key()
    {
        for (var round = 0; round < 20; round++)
        {
            using var data = new TempDirectory();

            // The rest of one that was being written when the machine went down is no key.
            if (round % 2 == 1) await File.WriteAllBytesAsync(data["token-signing.key"], [1, 2, 3], Cancellation);
            using var together = new Barrier(8);
            var keys = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    together.SignalAndWait();
                    return SigningKeyFile.ReadOrMake(data.Path);
                },
                TaskCreationOptions.LongRunning)));
            keys.Select(Convert.ToHexString).Distinct().ShouldHaveSingleItem().Length.ShouldBe(96);
            Directory.GetFiles(data.Path).ShouldHaveSingleItem();
            if (!OperatingSystem.IsWindows())
                File.GetUnixFileMode(data["token-signing.key"])
                    .ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    [Fact]
    public async Task A_node_with_another_key_or_another_folder_than_those_that_run_is_refused_by_name()
    {
        await using var product = await RunningProduct.StartAsync(settings: Several(s_oneKey));
        (await RefusedAsync(product, Several(s_anotherKey))).ShouldSatisfyAllConditions(
            m => m.ShouldContain(Key), m => m.ShouldContain("stop all nodes"));

        using var elsewhere = new TempDirectory();
        (await RefusedAsync(product, Several(s_oneKey, elsewhere.Path))).ShouldSatisfyAllConditions(
            m => m.ShouldContain(Folder), m => m.ShouldContain(Path.Combine(elsewhere.Path, StoreId.FileName)),
            m => m.ShouldContain("is missing"));

        // A folder of another database is not it either.
        var other = new StoreId(elsewhere.Path).Write(Guid.NewGuid());
        (await RefusedAsync(product, Several(s_oneKey, elsewhere.Path))).ShouldContain($"{other}");

        // The same one by another path is: what is uploaded at one node is downloaded at the other, by one token.
        var link = Path.Combine(elsewhere.Path, "mounted");
        Directory.CreateSymbolicLink(link, Path.Combine(product.DataDirectory, "files"));
        await using var second = await product.StartNodeAsync(Several(s_oneKey, link));
        var anna = await product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        var url = (await anna.UploadAsync("beleg.txt", "text/plain", "12,50 €"u8.ToArray())).Data.At(
            "uploadFile.file.url");
        using var there = await new GraphQLClient(second.Http, anna.Token).GetAsync(url);
        (await there.Content.ReadAsStringAsync(Cancellation)).ShouldBe("12,50 €");
    }

    [Fact]
    public async Task The_key_of_several_nodes_is_changed_by_stopping_all_of_them()
    {
        await using var product = await RunningProduct.StartAsync(settings: Several(s_oneKey));
        await product.StopAsync();

        // Wolverine takes the node that has stopped off its list; one that crashed would count for half a minute.
        await product.StartAgainAsync(Several(s_anotherKey));
        (await RefusedAsync(product, Several(s_oneKey))).ShouldContain(Key);
        await using var second = await product.StartNodeAsync(Several(s_anotherKey));
    }

    [Fact]
    public async Task A_folder_that_is_not_mounted_is_not_taken_for_an_empty_one()
    {
        await using var product = await RunningProduct.StartAsync();
        var anna = await product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        var url = (await anna.UploadAsync("beleg.txt", "text/plain", "12,50 €"u8.ToArray())).Data.At(
            "uploadFile.file.url");
        var files = Path.Combine(product.DataDirectory, "files");
        var away = Path.Combine(product.DataDirectory, "unmounted");

        // While it runs.
        Directory.Move(files, away);
        Directory.CreateDirectory(Path.Combine(files, "staging"));
        await IsAwayAsync();

        // And when it starts.
        await product.StopAsync();
        Directory.Delete(files, recursive: true);
        await product.StartAgainAsync();
        anna = await product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        (await anna.QueryAsync("{ conversations { nodes { id } } }")).At("conversations.nodes.0.id").ShouldNotBeEmpty();
        await IsAwayAsync();
        Directory.EnumerateFiles(files, "*", SearchOption.AllDirectories).ShouldBeEmpty();

        // Mounted again, it is there.
        Directory.Delete(files, recursive: true);
        Directory.Move(away, files);
        using (var found = await anna.GetAsync(url))
            (await found.Content.ReadAsStringAsync(Cancellation)).ShouldBe("12,50 €");
        (await anna.UploadAsync("b.txt", "text/plain", "b"u8.ToArray()))
            .Data.At("uploadFile.file.id")
            .ShouldNotBeEmpty();

        async Task IsAwayAsync()
        {
            var upload = await anna.UploadAsync("b.txt", "text/plain", "b"u8.ToArray());
            upload.Status.ShouldBe(503);
            upload.ErrorMessage!.ShouldContain("file store");
            using var download = await anna.GetAsync(url);
            ((int)download.StatusCode).ShouldBe(503);
        }
    }

    [Fact]
    public async Task Databases_and_folders_of_before_and_copies_without_files_go_on()
    {
        await using var product = await RunningProduct.StartAsync();
        var id = new StoreId(Path.Combine(product.DataDirectory, "files"));
        var name = id.Read().ShouldNotBeNull();
        await product.StopAsync();

        // Of before: neither has a name.
        await ExecuteAsync(product, "delete from messaging.shared");
        File.Delete(id.Path);
        await product.StartAgainAsync();
        var next = id.Read().ShouldNotBeNull();
        next.ShouldNotBe(name);
        await product.StopAsync();

        // A database that was restored from before the folder had its name.
        await ExecuteAsync(product, "delete from messaging.shared");
        await product.StartAgainAsync();
        id.Read().ShouldBe(next);
        await product.StopAsync();

        // A database in which nobody has uploaded anything, with another folder.
        using var elsewhere = new TempDirectory();
        await product.StartAgainAsync(new() { [Folder] = elsewhere.Path });
        var anna = await product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        (await anna.UploadAsync("b.txt", "text/plain", "b"u8.ToArray()))
            .Data.At("uploadFile.file.id")
            .ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Three_nodes_that_start_at_once_on_an_empty_database_all_start()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var mail = SmtpServer.Start();
        using var data = new TempDirectory();
        var nodes = await Task.WhenAll(
            Enumerable
                .Range(0, 3)
                .Select(async _ =>
                {
                    var node = await Api.Hosting.Product.BuildAsync(["--environment", "Development"], builder =>
                        builder.Configuration.AddInMemoryCollection(
                            new Dictionary<string, string?>(Several(s_oneKey))
                            {
                                ["urls"] = "http://127.0.0.1:0",
                                ["ConnectionStrings:Messaging"] = database.ConnectionString,
                                ["Messaging:DataDirectory"] = data.Path,
                                ["Messaging:Database:AllowUnsafeDurability"] = "true",
                                ["Messaging:Smtp:Host"] = mail.Host,
                                ["Messaging:Smtp:Port"] = $"{mail.Port}",
                                ["Messaging:Smtp:Security"] = "none",
                                ["Messaging:Smtp:From"] = "nachrichten@messaging.example",
                                ["Messaging:PublicUrl"] = "https://nachrichten.example",
                                ["Logging:LogLevel:Default"] = "None",
                            }
                        )
                    );
                    await node.StartAsync(Cancellation);
                    return node;
                })
        );
        foreach (var node in nodes)
        {
            using var http = new HttpClient { BaseAddress = new Uri(node.Address) };
            await GraphQLClient.SignInAsync(http, "anna.sommer@kanzlei-sommer.example", "messaging-demo");
        }

        foreach (var node in nodes)
            await node.DisposeAsync();
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var command = source.CreateCommand(
            "select count(*) from messaging.organisations where name = 'Kanzlei Sommer'");
        (await command.ExecuteScalarAsync(Cancellation)).ShouldBe(1L);
    }

    private static Dictionary<string, string?> Several(string key, string? folder = null)
    {
        var settings = new Dictionary<string, string?> { [Nodes] = "several", [Key] = key };
        if (folder is not null) settings[Folder] = folder;
        return settings;
    }

    private static async Task<string> RefusedAsync(RunningProduct product, Dictionary<string, string?> settings) =>
        (await Should.ThrowAsync<InvalidOperationException>(() => product.StartNodeAsync(settings))).Message;

    private static async Task ExecuteAsync(RunningProduct product, string sql)
    {
        await using var database = NpgsqlDataSource.Create(product.ConnectionString);
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
