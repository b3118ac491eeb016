using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Messaging.Api.Hosting;
using Messaging.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Hosting;

public sealed class EmbeddedPostgresTests : IDisposable
{
    private static readonly TimeSpan s_generous = TimeSpan.FromSeconds(60);

    private readonly TempDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        NpgsqlConnection.ClearAllPools();
        _directory.Dispose();
    }

    [Fact]
    public async Task It_finds_its_data_again_after_stopping()
    {
        await using (var server = await StartAsync())
        {
            await ExecuteAsync(server, "create table kept (text text); insert into kept values ('ä');");
        }

        await using var again = await StartAsync();
        (await ScalarAsync(again, "select text from kept")).ShouldBe("ä");
    }

    [Fact]
    public async Task It_keeps_what_was_committed_and_checks_its_pages()
    {
        await using var server = await StartAsync(durable: true);
        foreach (
            var (setting, value) in new[]
            {
                ("fsync", "on"),
                ("synchronous_commit", "on"),
                ("full_page_writes", "on"),
                ("data_checksums", "on"),
                ("server_encoding", "UTF8"),
                ("listen_addresses", "127.0.0.1"),
                ("password_encryption", "scram-sha-256"),
            }
        )
        {
            (await ScalarAsync(server, $"show {setting}")).ShouldBe(value, setting);
        }
        (await ScalarAsync(server, "select lower('ÄÖÜ')")).ShouldBe("äöü");
    }

    [Fact]
    public async Task Its_user_owns_the_database_and_nothing_else()
    {
        await using var server = await StartAsync();
        await ExecuteAsync(server, "create schema mine; create extension pg_trgm;");
        await ShouldBeClosedAsync(server);
    }

    // What a crash leaves of the set-up, and how the first version left it: a role that makes roles, and a superuser
    // with the same password.
    [Theory]
    [InlineData("drop database messaging;drop role messaging")]
    [InlineData("drop database messaging;alter role messaging createdb createrole")]
    [InlineData("drop database messaging")]
    [InlineData("alter role messaging createdb createrole")]
    [InlineData("")]
    public async Task A_set_up_that_was_cut_off_or_is_the_first_versions_is_brought_to_its_end(string undone)
    {
        await using (var server = await StartAsync(durable: true))
        {
            if (!undone.StartsWith("drop", StringComparison.Ordinal))
                await ExecuteAsync(server, "create table kept (text text); insert into kept values ('ä');");
        }

        var password = await File.ReadAllTextAsync(_directory["db/password"], Cancellation);
        await AsSuperuserAsync([
            $"alter role postgres with login password '{password}'",
            .. undone.Split(';', StringSplitOptions.RemoveEmptyEntries),
        ]);

        for (var start = 1; start <= 2; start++)
        {
            await using var server = await StartAsync(durable: true);
            await ShouldBeClosedAsync(server);
            if (!undone.StartsWith("drop", StringComparison.Ordinal))
                (await ScalarAsync(server, "select text from kept")).ShouldBe("ä");
        }
        (await File.ReadAllTextAsync(_directory["db/password"], Cancellation)).ShouldBe(password);
    }

    // Data of before have no such role, and of a start that was cut off there is a role whose password nobody has.
    [Theory]
    [InlineData("drop role messaging_application")]
    [InlineData("")]
    public async Task The_role_that_the_product_works_as_is_made_where_its_password_is_not_there(string before)
    {
        var file = _directory["db/application-password"];
        string password;
        await using (var server = await StartAsync())
        {
            await ExecuteAsync(server, "create table kept (text text); insert into kept values ('ä');");
            password = await File.ReadAllTextAsync(file, Cancellation);
        }

        File.Delete(file);
        if (before.Length > 0) await AsSuperuserAsync([before]);
        await using var again = await StartAsync();
        (await File.ReadAllTextAsync(file, Cancellation)).ShouldNotBe(password);
        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await using var connection = new NpgsqlConnection(again.ApplicationConnectionString);
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand("select text from kept", connection);
        (await Should.ThrowAsync<PostgresException>(() => command.ExecuteScalarAsync(Cancellation))).SqlState
            .ShouldBe(PostgresErrorCodes.InsufficientPrivilege);
        (await ScalarAsync(again, "select pg_has_role('messaging_application', 'member')")).ShouldBe(true);
        await ShouldBeClosedAsync(again);
    }

    [Fact]
    public async Task Where_it_is_started_as_root_its_server_has_a_user_of_its_own_and_so_have_the_data_of_before()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Needs root.");
        await using (var server = await StartAsync())
            await ExecuteAsync(server, "create table kept (text text); insert into kept values ('ä');");
        Assert.SkipWhen(
            await OwnerAsync(_directory["db/data"]) != "messaging-postgres", "This system lets nobody create users.");

        // The first version took this one.
        await ServerAccount.RunAsync(
            new ProcessStartInfo("chown", ["-R", "nobody", _directory["db/data"]]), Cancellation);
        await using var again = await StartAsync();
        (await ScalarAsync(again, "select text from kept")).ShouldBe("ä");
        (await OwnerAsync($"/proc/{again.ProcessId}")).ShouldBe("messaging-postgres");
        (await OwnerAsync(_directory["db/data"])).ShouldBe("messaging-postgres");
        var (_, others) = await ServerAccount.RunAsync(
            new ProcessStartInfo(
                "find", [_directory["db/data"], "!", "-user", "messaging-postgres", "-o", "-perm", "/077"]),
            Cancellation
        );
        others.ShouldBe("");
    }

    [Fact]
    public async Task Nobody_gets_in_without_the_password_and_only_its_owner_reads_that()
    {
        await using var server = await StartAsync();
        var wrong = new NpgsqlConnectionStringBuilder(server.ConnectionString)
        {
            Password = "guessed",
            Pooling = false,
        }.ConnectionString;
        (
            await Should.ThrowAsync<PostgresException>(() => new NpgsqlConnection(wrong).OpenAsync(Cancellation))
        ).SqlState.ShouldBe("28P01");
        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(_directory["db/password"]).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public async Task A_second_product_on_the_same_directory_is_told_so()
    {
        await using var server = await StartAsync();
        var refused = await Should.ThrowAsync<EmbeddedPostgresException>(StartAsync());
        refused.Message.ShouldContain("already uses the data directory");
        (await ScalarAsync(server, "select 1")).ShouldBe(1);
    }

    [Fact]
    public async Task Data_of_another_version_is_left_alone_and_named()
    {
        await (await StartAsync()).DisposeAsync();
        var version = _directory["db/data/PG_VERSION"];
        var written = await File.ReadAllTextAsync(version, Cancellation);
        await File.WriteAllTextAsync(version, "9\n", Cancellation);
        (await Should.ThrowAsync<EmbeddedPostgresException>(StartAsync())).Message.ShouldContain(
            "was written by PostgreSQL 9, which this machine does not have");

        await File.WriteAllTextAsync(version, written, Cancellation);
        await (await StartAsync()).DisposeAsync();
    }

    [Fact]
    public async Task Without_a_server_on_the_machine_it_says_what_to_install()
    {
        var options = Options() with { BinaryDirectories = [_directory.Path] };
        var refused = await Should.ThrowAsync<EmbeddedPostgresException>(
            EmbeddedPostgres.StartAsync(options, NullLogger.Instance, Cancellation));
        refused.Message.ShouldContain("apt install postgresql");
        refused.Message.ShouldContain("ConnectionStrings__Messaging");
        // Nothing was fetched either.
        Directory
            .EnumerateFiles(_directory.Path, "*", SearchOption.AllDirectories)
            .Select(Path.GetFileName)
            .ShouldBe(["lock"]);
    }

    [Fact]
    public async Task A_directory_with_something_else_in_it_is_not_touched()
    {
        Directory.CreateDirectory(_directory["db/data"]);
        await File.WriteAllTextAsync(_directory["db/data/letter.txt"], "dear", Cancellation);
        (await Should.ThrowAsync<EmbeddedPostgresException>(StartAsync())).Message.ShouldContain(
            "is no PostgreSQL data directory");
        File.Exists(_directory["db/data/letter.txt"]).ShouldBeTrue();
    }

    [Theory]
    [InlineData("new")]
    [InlineData("new-1")]
    public async Task A_creation_that_was_cut_off_is_begun_anew(string unfinished)
    {
        Directory.CreateDirectory(_directory[$"db/{unfinished}/data/base"]);
        await File.WriteAllTextAsync(_directory[$"db/{unfinished}/data/PG_VERSION"], "15", Cancellation);
        await using var server = await StartAsync();
        (await ScalarAsync(server, "select 1")).ShouldBe(1);
        Directory.EnumerateFileSystemEntries(_directory["db"]).Select(Path.GetFileName).Order()
            .ShouldBe(["application-password", "data", "lock", "password"]);
    }

    [Fact]
    public async Task What_somebody_else_put_beside_the_data_stays()
    {
        Directory.CreateDirectory(_directory["db/new"]);
        Directory.CreateDirectory(_directory["db/news"]);
        await File.WriteAllTextAsync(_directory["db/new/letter.txt"], "dear", Cancellation);
        await (await StartAsync()).DisposeAsync();
        await (await StartAsync()).DisposeAsync();
        File.Exists(_directory["db/new/letter.txt"]).ShouldBeTrue();
        Directory.Exists(_directory["db/news"]).ShouldBeTrue();
    }

    [Fact]
    public async Task A_program_of_the_cut_off_creation_that_is_still_at_work_does_not_hinder()
    {
        using var stop = new CancellationTokenSource();
        Directory.CreateDirectory(_directory["db/new/data/base"]);
        var writing = Task.Run(() =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                Directory.CreateDirectory(_directory["db/new/data/base"]);
                try
                {
                    File.WriteAllText(_directory[$"db/new/data/base/{i}"], "");
                }
                catch (DirectoryNotFoundException)
                {
                    // It was just being removed.
                }
            }
        }, Cancellation);
        try
        {
            await using var server = await StartAsync();
            (await ScalarAsync(server, "select 1")).ShouldBe(1);
        }
        finally
        {
            await stop.CancelAsync();
            await writing;
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(150)]
    [InlineData(600)]
    public async Task A_product_that_is_killed_while_it_creates_its_data_starts_the_next_time(int milliseconds)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Messaging.Api.dll")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _directory.Path,
        };
        start.Environment.Remove("ConnectionStrings__Messaging");
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        start.Environment["Messaging__DataDirectory"] = _directory.Path;
        using (var product = Process.Start(start)!)
        {
            product.OutputDataReceived += (_, _) => { };
            product.ErrorDataReceived += (_, _) => { };
            product.BeginOutputReadLine();
            product.BeginErrorReadLine();
            while (!product.HasExited && !HasBegun()) await Task.Delay(5, Cancellation);
            await Task.Delay(milliseconds, Cancellation);
            product.Kill();
            await product.WaitForExitAsync(Cancellation);
        }

        Directory.Exists(_directory["postgres/data"])
            .ShouldBeFalse("The product was killed too late for this test to tell anything.");
        var options = new EmbeddedPostgresOptions(_directory["postgres"]) { Durable = false };
        await using var server = await EmbeddedPostgres.StartAsync(options, NullLogger.Instance, Cancellation);
        (await ScalarAsync(server, "select 1")).ShouldBe(1);

        bool HasBegun() => Directory.Exists(_directory["postgres"])
            && Directory.EnumerateFiles(_directory["postgres"], "PG_VERSION", SearchOption.AllDirectories).Any();
    }

    [Fact]
    public async Task A_port_that_is_in_use_is_named()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = PortOf(listener);
        (await Should.ThrowAsync<EmbeddedPostgresException>(StartAsync(port: port))).Message.ShouldContain(
            $"Port {port} for the embedded PostgreSQL is in use");
    }

    [Fact]
    public async Task A_server_that_is_killed_comes_back_on_the_same_port_with_everything_committed()
    {
        await using var server = await StartAsync(durable: true);
        await ExecuteAsync(server, "create table kept (n int); insert into kept values (1);");
        Process.GetProcessById(server.ProcessId).Kill();
        NpgsqlConnection.ClearAllPools();

        (await EventuallyAsync(() => ScalarAsync(server, "select n from kept"))).ShouldBe(1);
    }

    [Fact]
    public async Task A_server_that_a_killed_product_left_running_is_stopped_first()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Looks at /proc.");
        await (await StartAsync()).DisposeAsync();
        // As the product starts it, but not told to stop with it.
        var account = await ServerAccount.ChooseAsync(_directory["db/data"], NullLogger.Instance, Cancellation);
        var binaries = await PostgresBinaries.FindAsync(Options(), null, Cancellation);
        int port;
        using (var listener = new TcpListener(IPAddress.Loopback, 0))
        {
            listener.Start();
            port = PortOf(listener);
        }
        using var left = Process.Start(
            account.Command(
                _directory["db/data"],
                binaries["postgres"],
                [
                    "-D", account.Argument(_directory["db/data"]), "-c", "listen_addresses=127.0.0.1", "-c",
                    $"port={port}", "-c", "unix_socket_directories=", "-c", "log_min_messages=fatal"
                ]
            )
        )!;
        await EventuallyAsync(() =>
            Task.FromResult(
                File.ReadAllText(_directory["db/data/postmaster.pid"]).Contains("ready", StringComparison.Ordinal)
                    ? "ready"
                    : throw new IOException()
            )
        );

        await using var server = await StartAsync();
        left.HasExited.ShouldBeTrue();
        (await ScalarAsync(server, "select 1")).ShouldBe(1);
    }

    [Fact]
    public async Task A_pid_file_that_names_another_process_by_now_does_not_hinder()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Looks at /proc.");
        await (await StartAsync()).DisposeAsync();
        var account = await ServerAccount.ChooseAsync(_directory["db/data"], NullLogger.Instance, Cancellation);
        // Of the server's user: PostgreSQL by itself takes it for a server and refuses to start.
        using var other = Process.Start(account.Command(_directory.Path, "sleep", ["60"]))!;
        try
        {
            var lines = new[]
            {
                other.Id.ToString(CultureInfo.InvariantCulture),
                "/elsewhere",
                "1",
                "5432",
                "",
                "",
                "",
                "ready",
            };
            await File.WriteAllTextAsync(
                _directory["db/data/postmaster.pid"], string.Join('\n', lines) + "\n", Cancellation);

            await using var server = await StartAsync();
            (await ScalarAsync(server, "select 1")).ShouldBe(1);
            other.HasExited.ShouldBeFalse();
        }
        finally
        {
            other.Kill();
        }
    }

    [Fact]
    public async Task Data_below_a_directory_that_only_root_may_enter_works()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Needs root.");
        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(_directory.Path)
                .ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await using var server = await StartAsync();
        (await ScalarAsync(server, "select 1")).ShouldBe(1);
        var status = await File.ReadAllLinesAsync($"/proc/{server.ProcessId}/status", Cancellation);
        status.Single(x => x.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[1].ShouldNotBe("0");
        status
            .Single(x => x.StartsWith("CapEff:", StringComparison.Ordinal))
            .Split('\t')[1]
            .ShouldBe("0000000000000000");
    }

    [Fact]
    public async Task Stopping_waits_for_the_server_to_end_even_with_sessions_open()
    {
        var server = await StartAsync();
        var process = Process.GetProcessById(server.ProcessId);
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync(Cancellation);
        await server.DisposeAsync();
        await server.DisposeAsync();
        process.WaitForExit(TimeSpan.Zero).ShouldBeTrue();
        File.Exists(_directory["db/data/postmaster.pid"]).ShouldBeFalse();
    }

    /// <summary>
    /// Nobody is superuser over the network, with whatever password, and the product's user cannot make anybody.
    /// </summary>
    private static async Task ShouldBeClosedAsync(EmbeddedPostgres server)
    {
        foreach (
            var (statement, state) in new[]
            {
                ("create role mine", PostgresErrorCodes.InsufficientPrivilege),
                ("create database another", PostgresErrorCodes.InsufficientPrivilege),
                ("alter role postgres login", PostgresErrorCodes.InsufficientPrivilege),
                ("select rolpassword from pg_authid", PostgresErrorCodes.InsufficientPrivilege),
                ("copy (select 1) to program 'cat'", PostgresErrorCodes.InsufficientPrivilege),
            }
        )
        {
            (await Should.ThrowAsync<PostgresException>(() => ScalarAsync(server, statement))).SqlState.ShouldBe(
                state, statement);
        }

        var superuser = new NpgsqlConnectionStringBuilder(server.ConnectionString)
        {
            Username = "postgres",
            Database = "postgres",
            Pooling = false,
        }.ConnectionString;
        (
            await Should.ThrowAsync<PostgresException>(() => new NpgsqlConnection(superuser).OpenAsync(Cancellation))
        ).SqlState.ShouldBeOneOf(
            PostgresErrorCodes.InvalidPassword, PostgresErrorCodes.InvalidAuthorizationSpecification);
        (
            await ScalarAsync(
                server,
                "select count(*) from pg_roles where rolcanlogin and (rolsuper or rolcreatedb or rolcreaterole "
                    + "or rolreplication or rolbypassrls)"
            )
        ).ShouldBe(0L);
    }

    /// <summary>On the stopped data, as an operator would who needs it.</summary>
    private async Task AsSuperuserAsync(string[] statements)
    {
        var account = await ServerAccount.ChooseAsync(_directory["db/data"], NullLogger.Instance, Cancellation);
        var binaries = await PostgresBinaries.FindAsync(Options(), null, Cancellation);
        var start = account.Command(
            _directory["db/data"], binaries["postgres"],
            ["--single", "-D", account.Argument(_directory["db/data"]), "postgres"]);
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        foreach (var statement in statements)
            await process.StandardInput.WriteLineAsync(statement.AsMemory(), Cancellation);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(Cancellation);
        (await process.StandardError.ReadToEndAsync(Cancellation)).ShouldNotContain("ERROR");
        await output;
        await process.WaitForExitAsync(Cancellation);
        process.ExitCode.ShouldBe(0);
    }

    private static async Task<string> OwnerAsync(string path)
    {
        var (_, output) = await ServerAccount.RunAsync(new ProcessStartInfo("stat", ["-c", "%U", path]), Cancellation);
        return output;
    }

    private static int PortOf(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;

    private EmbeddedPostgresOptions Options() => new(_directory["db"]) { Durable = false };

    private Task<EmbeddedPostgres> StartAsync(bool durable = false, int port = 0) =>
        EmbeddedPostgres.StartAsync(
            Options() with
            {
                Durable = durable,
                Port = port,
            },
            NullLogger.Instance,
            Cancellation
        );

    private static async Task ExecuteAsync(EmbeddedPostgres server, string sql)
    {
        foreach (
            var statement in sql.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            await ScalarAsync(server, statement);
    }

    private static async Task<object?> ScalarAsync(EmbeddedPostgres server, string sql)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Cancellation);
    }

    private static async Task<T> EventuallyAsync<T>(Func<Task<T>> what)
    {
        for (var waited = Stopwatch.StartNew(); ; await Task.Delay(100, Cancellation))
        {
            try
            {
                return await what();
            }
            catch (Exception e) when (e is NpgsqlException or IOException && waited.Elapsed < s_generous)
            {
            }
        }
    }
}
