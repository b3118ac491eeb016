using System.Diagnostics;
using System.Text.RegularExpressions;
using Messaging.TestSupport;
using Shouldly;
using Xunit;

namespace Messaging.Architecture.Tests;

/// <summary>What others made and the product is made of.</summary>
public sealed partial class SupplyChainTests : IDisposable
{
    private const string Known =
        """{"version":1,"projects":[{"path":"p","frameworks":[{"framework":"net10.0","transitivePackages":[{"id":"Newtonsoft.Json","resolvedVersion":"12.0.1","vulnerabilities":[{"severity":"High","advisoryurl":"https://advisories.example/N"}]}]}]}]}""";

    private const string Clean = """{"version":1,"projects":[{"path":"p"},{"path":"q","frameworks":[]}]}""";

    private const string KnownToNpm =
        """{"auditReportVersion":2,"vulnerabilities":{"lodash":{"name":"lodash","severity":"high","via":["other",{"source":1,"url":"https://advisories.example/L","severity":"high"}],"range":"<4.17.21"}}}""";

    private const string CleanToNpm = """{"auditReportVersion":2,"vulnerabilities":{}}""";
    private const string Failed = """{"statusCode":405,"error":{"summary":"","detail":""}}""";

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Images_are_named_by_version_and_digest()
    {
        var images = Images()
            .Matches(
                File.ReadAllText(Path.Combine(Product.Root, "Dockerfile"))
                    + File.ReadAllText(Path.Combine(Product.Root, "docker-compose.yml"))
                    + File.ReadAllText(Path.Combine(Product.Root, ".devcontainer/Dockerfile"))
                    + File.ReadAllText(Path.Combine(Product.Root, "tests/TestSupport/Postgres/TestServer.cs"))
            );
        images.Count.ShouldBe(8);
        foreach (var image in images.Select(m => m.Groups[1].Value))
            image.ShouldMatch("^[a-z0-9./-]+:v?[0-9]+[.][0-9]+([.][0-9]+)?(-[a-z0-9-]+)?@sha256:[0-9a-f]{64}$");
    }

    [Fact]
    public void No_setting_of_the_composition_has_a_password_in_it()
    {
        var composition = File.ReadAllText(Path.Combine(Product.Root, "docker-compose.yml"));
        var passwords = Passwords().Matches(composition).Select(m => m.Groups[1].Value).ToList();
        passwords.Count.ShouldBe(5);
        foreach (var name in (string[])["POSTGRES_PASSWORD", "APPLICATION_PASSWORD"])
            passwords.Count(p => p.StartsWith($"${{{name}:?", StringComparison.Ordinal)).ShouldBe(2);

        // A mail server may want none.
        passwords.ShouldContain("${SMTP_PASSWORD:-}");
        File.ReadAllLines(Path.Combine(Product.Root, ".gitignore")).ShouldContain(".env");
        File.ReadAllLines(Path.Combine(Product.Root, ".dockerignore")).ShouldContain(".env");
    }

    [Fact]
    public async Task The_composition_is_one_and_without_a_password_it_says_so()
    {
        var compose = await RunAsync("docker-compose", ["version"]) is { Code: 0 } ? (string[])["docker-compose"]
            : await RunAsync("docker", ["compose", "version"]) is { Code: 0 } ? ["docker", "compose"] : null;
        Assert.SkipWhen(compose is null, "Neither 'docker compose' nor 'docker-compose' is here.");
        string[] arguments =
        [
            .. compose[1..],
            "--file",
            Path.Combine(Product.Root, "docker-compose.yml"),
            "--project-directory",
            _directory.Path,
            "config",
        ];

        foreach (var (owner, application) in ((string?, string?)[])[(null, "geheim"), ("geheim", null)])
        {
            var (refused, said) = await RunAsync(
                compose[0], arguments, ("POSTGRES_PASSWORD", owner), ("APPLICATION_PASSWORD", application));
            refused.ShouldNotBe(0);
            said.ShouldContain("choose one that is kept in .env");
        }

        var (code, output) = await RunAsync(
            compose[0], arguments, ("POSTGRES_PASSWORD", "owner"), ("APPLICATION_PASSWORD", "geheim"));
        code.ShouldBe(0, output);
        output.ShouldContain("Username=messaging_application;Password=geheim");
    }

    // What the registry says is made up here: this machine's may know of nothing.
    [Theory]
    [InlineData(Known, Known, KnownToNpm, CleanToNpm, 1, "high Newtonsoft.Json 12.0.1 https://advisories.example/N")]
    [InlineData(Known, Clean, KnownToNpm, KnownToNpm, 1, "high lodash <4.17.21 https://advisories.example/L")]
    [InlineData(Known, Clean, KnownToNpm, CleanToNpm, 0, "The NuGet packages: nothing known.")]
    [InlineData(Clean, Clean, KnownToNpm, CleanToNpm, 0, "could not check: the NuGet packages")]
    [InlineData(Known, Clean, CleanToNpm, CleanToNpm, 0, "could not check: the npm packages")]
    [InlineData(Known, Clean, Failed, Failed, 0, "could not check: the npm packages")]
    public async Task A_known_vulnerability_fails_the_check_and_a_registry_that_knows_of_none_is_named(
        string canary, string nuget, string npmCanary, string npm, int code, string said)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "./dev is a script for Linux and macOS.");
        Stub("dotnet", $"case \"$1 $2\" in 'list '*canary.csproj) echo '{canary}' ;; 'list '*) echo '{nuget}' ;; esac");
        Stub("npm", $"grep -q canary package.json && echo '{npmCanary}' || echo '{npm}'; exit 1");

        var (exit, output) = await RunAsync(
            Path.Combine(Product.Root, "dev"), ["advisories"],
            ("PATH", $"{_directory.Path}:{Environment.GetEnvironmentVariable("PATH")}"));

        exit.ShouldBe(code, output);
        output.ShouldContain(said);
    }

    [Fact]
    public async Task Digests_are_compared_with_the_registrys_and_taken_when_asked_for()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "./dev is a script for Linux and macOS.");
        var (image, anew) = ($"postgres:17.11@sha256:{new string('a', 64)}", $"sha256:{new string('b', 64)}");
        foreach (
            var file in (string[])
                [
                    "Dockerfile", ".devcontainer/Dockerfile", "docker-compose.yml",
                    "tests/TestSupport/Postgres/TestServer.cs"
                ]
        )
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_directory[file])!);
            await File.WriteAllTextAsync(_directory[file], $"image: {image}\n", TestContext.Current.CancellationToken);
        }
        File.Copy(Path.Combine(Product.Root, "dev"), _directory["dev"]);
        Task<(int Code, string Output)> PinsAsync(params string[] options) =>
            RunAsync(
                _directory["dev"], ["pins", .. options],
                ("PATH", $"{_directory.Path}:{Environment.GetEnvironmentVariable("PATH")}"));

        Stub("docker", "exit 1");
        (await PinsAsync()).ShouldBe(
            (0, "could not check: postgres:17.11: its registry does not answer (asking takes docker with buildx)\n"));
        Stub("docker", $"echo {anew}");
        (await PinsAsync()).ShouldBe((0, $"postgres:17.11 was made anew: {anew}\n"));
        Stub("docker", $"case \"$*\" in *@*) exit 1 ;; *) echo {anew} ;; esac");
        (await PinsAsync()).ShouldBe((1, $"{image} is not there (any more)\n"));
        (await PinsAsync("--update")).Output.ShouldBe($"postgres:17.11 is now {anew}\n");
        (await File.ReadAllTextAsync(_directory["docker-compose.yml"], TestContext.Current.CancellationToken)).ShouldBe(
            $"image: postgres:17.11@{anew}\n");
        (await PinsAsync()).ShouldBe((0, "postgres:17.11 is what it was\n"));
    }

    private void Stub(string name, string script)
    {
        File.WriteAllText(_directory[name], $"#!/bin/sh\n{script}\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(
                _directory[name], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static async Task<(int Code, string Output)> RunAsync(
        string program, string[] arguments, params (string Name, string? Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        try
        {
            using var process = Process.Start(start)!;
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            return (process.ExitCode, await output + await errors);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return (-1, e.Message);
        }
    }

    [GeneratedRegex("""(?m)^(?:FROM|\s*image:|.*const string Image =)\s+"?([^ "\n]+)""")]
    private static partial Regex Images();

    [GeneratedRegex("""(?im)^[^#\n]*?PASSWORD[=:] ?([^\n]+)""")]
    private static partial Regex Passwords();
}
