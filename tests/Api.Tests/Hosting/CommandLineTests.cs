using Messaging.TestSupport;
using Messaging.TestSupport.Product;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Hosting;

/// <summary>What the program is told by words: it does that, or refuses the word and starts nothing.</summary>
public sealed class CommandLineTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("What is create-organization? Did you mean create-organisation?", "create-organization", "--name", "x")]
    [InlineData("What is vrify? Did you mean verify?", "vrify")]
    [InlineData("What is start?", "start")]
    [InlineData("What is --nmae? Did you mean --name?", "create-organisation", "--nmae", "x")]
    [InlineData(
        "--owner-name is missing.", "create-organisation", "--name", "x", "--email", "a@b.example", "--owner-email",
        "c@d.example")]
    [InlineData(
        "There is no setting Messaging:Smtp:Hots. Did you mean --Messaging:Smtp:Host?", "--Messaging:Smtp:Hots=x")]
    [InlineData(
        "There is no setting Messaging:Smtp:Hots. Did you mean --Messaging:Smtp:Host?", "check-config",
        "--Messaging:Smtp:Hots=x")]
    [InlineData(
        "What is --Messaging__Smtp__Host? Did you mean --Messaging:Smtp:Host?", "serve", "--Messaging__Smtp__Host=x")]
    [InlineData("What is --url? Did you mean --urls?", "--url", "http://localhost:1")]
    [InlineData("--urls has no value.", "serve", "--urls")]
    [InlineData("A setting of a command is one word: --Messaging:Nodes=…", "verify", "--Messaging:Nodes", "several")]
    [InlineData("What is @file?", "@file")]
    public async Task A_word_that_is_none_is_refused_and_nothing_is_started(string says, params string[] words)
    {
        var (code, output, error) = await RunAsync(words);
        (code, error).ShouldSatisfyAllConditions(
            () => code.ShouldBe(2, error), () => error.ShouldContain(says), () => output.ShouldBeEmpty());
        Directory.EnumerateFileSystemEntries(_directory.Path).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("verify")]
    [InlineData("rebuild")]
    [InlineData("recompute")]
    [InlineData("remove-demo-data")]
    [InlineData("backup", "backup")]
    public async Task Where_there_is_no_installation_none_is_made_for_it(string command, params string[] words)
    {
        var (code, output, error) = await RunAsync([command, .. words.Select(word => _directory[word])]);
        (code, output).ShouldBe((1, ""), error);
        error
            .TrimEnd()
            .ShouldBe(
                $"There is no installation in the data directory {_directory.Path}: name another in "
                    + $"Messaging__DataDirectory,"
                    + " or the PostgreSQL server in ConnectionStrings__Messaging."
            );
        Directory.EnumerateFileSystemEntries(_directory.Path).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("check-config", "--help")]
    [InlineData("Messaging ", "version")]
    [InlineData("Messaging ", "--version")]
    [InlineData("--owner-email", "create-organisation", "--help")]
    public async Task It_says_what_there_is(string says, params string[] words)
    {
        var (code, output, error) = await RunAsync(words);
        code.ShouldBe(0, error);
        output.ShouldContain(says);
        output.ShouldNotContain("Additional Arguments");
        Directory.EnumerateFileSystemEntries(_directory.Path).ShouldBeEmpty();
    }

    [Fact]
    public async Task Settings_that_there_are_not_end_a_start_and_all_are_named()
    {
        await using var product = await ProductProcess.CreateAsync(
            new()
            {
                ["Messaging__Smtp__Hots"] = "a",
                ["Messaging__Prxies"] = "b",
                ["MESSAGING_PUBLIC_URL"] = "c",
            }
        );
        product.Launch();
        (await product.WaitForExitAsync(TimeSpan.FromSeconds(60))).ShouldBeTrue(product.LastLines);
        product.ExitCode.ShouldBe(1, product.LastLines);
        var said = product.LastLines.Split('\n').ShouldHaveSingleItem();
        said.ShouldStartWith("Messaging cannot start: ");
        said.ShouldContain("Messaging__Smtp__Hots (did you mean Messaging__Smtp__Host?)");
        said.ShouldContain("Messaging__Prxies (did you mean Messaging__Proxies?)");
        said.ShouldContain("MESSAGING_PUBLIC_URL (did you mean Messaging__PublicUrl?)");
    }

    [Fact]
    public async Task The_check_names_each_wrong_value_and_shows_no_secret_and_changes_nothing()
    {
        var (code, output, error) = await RunAsync(
            ["check-config"], ("Messaging__Smtp__Host", "smtp.example.org"), ("Messaging__Smtp__From", "office"),
            ("Messaging__Smtp__Port", "no"), ("Messaging__Smtp__Security", "rot13"),
            ("Messaging__Smtp__User", "office"), ("Messaging__Smtp__Password", "geheim"),
            ("Messaging__GraphQL__MaxDepth", "0"), ("Messaging__Nodes", "many"), ("Messaging__Auth__TokenMinute", "3"),
            ("ASPNETCORE_URLS", "kanzlei:5080"), ("ConnectionStrings__Messaging", "blah"));
        code.ShouldBe(1, error);
        foreach (
            var named in (string[])
                [
                    "Messaging:Smtp:From", "Messaging:Smtp:Port", "Messaging:Smtp:Security",
                    "Messaging:GraphQL:MaxDepth", "Messaging:Nodes", "Messaging__Auth__TokenMinutes", "kanzlei:5080",
                    "ConnectionStrings__Messaging"
                ]
        )
            error.ShouldContain(named);
        error.ShouldContain("these 8 are wrong");
        (output + error).ShouldNotContain("geheim");
        Directory.EnumerateFileSystemEntries(_directory.Path).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_check_says_what_would_be_used()
    {
        var (code, output, error) = await RunAsync(
            ["check-config"], ("ConnectionStrings__Messaging", ""), ("ASPNETCORE_URLS", "http://127.0.0.1:5099"));
        code.ShouldBe(0, error);
        output.ShouldContain("listens on: http://127.0.0.1:5099");
        output.ShouldContain("which does not run now");
        output.ShouldContain("mails: become files");
        Directory.EnumerateFileSystemEntries(_directory.Path).ShouldBeEmpty();

        // Tables of a new database are yet to be made, and a check makes none.
        await using var database = await TestSupport.Postgres.TestDatabase.CreateAsync();
        for (var i = 0; i < 2; i++)
        {
            (code, output, error) = await RunAsync(
                ["check-config"], ("ConnectionStrings__Messaging", database.ConnectionString));
            code.ShouldBe(0, error);
            output.ShouldContain("bring it up to date (to be created or changed: ");
        }
    }

    [Fact]
    public async Task The_check_names_a_role_that_may_not_do_what_a_start_would()
    {
        await using var database = await TestSupport.Postgres.TestDatabase.CreateAsync();
        var given = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        var readOnly = new NpgsqlConnectionStringBuilder(database.ConnectionString)
        {
            Options = "-c default_transaction_read_only=on",
        };
        (await CheckAsync(readOnly)).ShouldContain("can only be read. Name the one that is written to.");

        await using var source = NpgsqlDataSource.Create(given);
        await using var super = source.CreateCommand("select rolsuper from pg_roles where rolname = current_user");
        Assert.SkipWhen(
            await super.ExecuteScalarAsync(TestContext.Current.CancellationToken) is true,
            "The tests' server lets them in as a superuser, who may do everything.");
        await ExecuteAsync($"revoke create on database {given.Database} from current_user");
        (await CheckAsync(given)).ShouldContain("may not create what the product needs. Let it own the database.");
        await ExecuteAsync($"grant create on database {given.Database} to current_user");
        (await CheckAsync(given, code: 0)).ShouldBeEmpty();

        async Task<string> CheckAsync(NpgsqlConnectionStringBuilder with, int code = 1)
        {
            var said = await RunAsync(["check-config"], ("ConnectionStrings__Messaging", with.ConnectionString));
            said.Code.ShouldBe(code, said.Error);
            return said.Error;
        }

        async Task ExecuteAsync(string sql)
        {
            await using var command = source.CreateCommand(sql);
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
    }

    private Task<(int Code, string Output, string Error)> RunAsync(
        string[] words,
        params (string Name, string Value)[] environment
    ) => OperatorsCommand.RunAsync("", _directory.Path, words, environment);
}
