using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Messaging.TestSupport;
using Shouldly;
using Xunit;

namespace Messaging.Architecture.Tests;

/// <summary>The project's scripts run on macOS as it is: with bash 3.2, of 2007, and the tools of BSD.</summary>
public sealed partial class ScriptTests : IDisposable
{
    private static readonly string[] s_notOurs = ["node_modules", "bin", "obj", "artifacts"];

    // Of bash 4 and later.
    private static readonly string[] s_newerBash =
    [
        @"\b(declare|local|typeset) -[a-zA-Z]*[Agn]", @"\b(mapfile|readarray|coproc)\b",
        @"\$\{[a-zA-Z_]+(\[@\])?(,,?|\^\^?|@[A-Za-z])\}", @"&>>", @"\|&", @"\[\[ -v\b", @"\bwait -n\b",
        @"\$\{?EPOCH(SECONDS|REALTIME)", @"\$\{[a-zA-Z_]+\[-", @"\bshopt -s (globstar|lastpipe|inherit_errexit)",
        @"printf -v [a-z]+\[", @"printf '%\("
    ];

    // Of GNU.
    private static readonly string[] s_gnuTools =
    [
        @"\bsed\s(-[a-zA-Z]*\s)*(-i|--in-place)", @"\bgrep\s+-[a-zA-Z]*P", @"-printf\b", @"\brealpath\b",
        @"\bdate\s+(-d|--date|-I)", @"\bstat\s+(-c|--format)", @"\bxargs\s+-[a-z]*r", @"\breadlink\s+-[a-z]*m",
        @"\bmktemp\s+(--suffix|--tmpdir|-p)", @"(^|[;&|(]\s*)(timeout|tac|nproc|sha256sum|setsid)\s",
        @"\bhead\s+-n\s*-", @"\bcp\s+--parents", @"\bdu\s+-[a-z]*b"
    ];

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void No_script_asks_for_a_newer_bash_or_for_GNUs_tools()
    {
        var scripts = Scripts().ToList();
        scripts.Select(path => Path.GetRelativePath(Product.Root, path)).ShouldContain("dev");
        scripts.Select(path => Path.GetRelativePath(Product.Root, path)).ShouldContain(".ci/run");
        scripts
            .SelectMany(path =>
                Problems(File.ReadAllLines(path))
                    .Select(problem => $"{Path.GetRelativePath(Product.Root, path)}{problem}")
            )
            .ShouldBeEmpty();
    }

    [Theory]
    [InlineData("a=()\nrun \"${a[@]}\"", ":2: \"${a[@]}\"")]
    [InlineData("local a=() b\nexec \"${a[@]}\" dotnet", ":2: \"${a[@]}\"")]
    [InlineData("declare -A seen", ":1: declare -A")]
    [InlineData("mapfile -t lines", ":1: mapfile")]
    [InlineData("echo ${name,,}", ":1: ${name,,}")]
    [InlineData("sed -i s/a/b/ file", ":1: sed -i")]
    [InlineData("x=$(realpath -m y)", ":1: realpath")]
    [InlineData("timeout 5 curl", ":1: timeout ")]
    public void What_a_Mac_does_not_have_would_be_found(string script, string problem) =>
        Problems(script.Split('\n')).ShouldBe([problem]);

    [Theory]
    [InlineData("a=()\nrun ${a[@]+\"${a[@]}\"}")]
    [InlineData("a=(one two)\nrun \"${a[@]}\"")]
    [InlineData("# sed -i is GNU's")]
    public void What_it_has_is_left_alone(string script) => Problems(script.Split('\n')).ShouldBeEmpty();

    // macOS' bash where this is macOS; elsewhere one that is called so, and this machine's own, which has at least no
    // env of GNU's here.
    [Theory]
    [InlineData("/bin/bash")]
    [InlineData("bash-3.2")]
    public async Task The_product_is_compiled_and_started_without_GNUs_env_and_each_step_is_said(string bash)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "./dev is a script for Linux and macOS.");
        Assert.SkipUnless(
            bash.StartsWith('/') ? File.Exists(bash) : await RunAsync(bash, ["--version"]) is { Code: 0 },
            $"There is no {bash}.");
        File.Copy(Path.Combine(Product.Root, "dev"), _directory["dev"]);
        Directory.CreateDirectory(_directory["src/Api"]);
        foreach (var folder in (string[])["src/GraphiQL", "src/Web"])
            Directory.CreateDirectory(_directory[$"{folder}/node_modules"]);
        await File.WriteAllTextAsync(_directory["schema.graphql"], "", TestContext.Current.CancellationToken);
        Stub("dotnet", "echo \"dotnet $*\"");
        Stub("npm", "exit 0");
        Stub("env", "case \"$1\" in --*) echo 'env: illegal option' >&2; exit 1 ;; esac; exec /usr/bin/env \"$@\"");

        var (code, output) = await RunAsync(
            bash, [_directory["dev"], "up", "--Some:Setting=with space"],
            ("PATH", $"{_directory.Path}:{Environment.GetEnvironmentVariable("PATH")}"),
            ("ConnectionStrings__Messaging", "Host=nowhere"));

        code.ShouldBe(0, output);
        output.ShouldContain("dotnet src/Api/bin/Release/net10.0/Messaging.Api.dll --Some:Setting=with space\n");
        foreach (
            var step in (string[])
                [
                    "Building the page src/Web", "Fetching the NuGet packages",
                    "Compiling (about a minute the first time)", "Starting"
                ]
        )
            output.ShouldContain($"{step}\n");

        (code, output) = await RunAsync(
            bash, [_directory["dev"], "format", "--wrong"],
            ("PATH", $"{_directory.Path}:{Environment.GetEnvironmentVariable("PATH")}"));
        (code, output.TrimEnd()).ShouldBe((1, "Unknown option --wrong; format takes --check or nothing."));
        (code, output) = await RunAsync(
            bash, [_directory["dev"], "format"],
            ("PATH", $"{_directory.Path}:{Environment.GetEnvironmentVariable("PATH")}"));
        code.ShouldBe(0, output);
        output.ShouldContain("dotnet format style Messaging.sln --no-restore\n");
    }

    [Theory]
    [InlineData("5 0 1", null, 0, "5 passed, 0 failed, 1 skipped")]
    [InlineData("5 2 1", "2 0 0", 0, "7 passed, 0 failed, 1 skipped")]
    [InlineData("5 2 1", "1 1 0", 1, "5 passed, 2 failed, 1 skipped")]
    [InlineData("5 2 1", "0 0 0", 1, "5 passed, 2 failed, 1 skipped")]
    [InlineData("5 2 1", "1 0 1", 1, "5 passed, 2 failed, 1 skipped")]
    [InlineData("5 2 1", "2 0 1", 0, "7 passed, 0 failed, 1 skipped")]
    [InlineData("5 2 1", "2 0 2", 1, "5 passed, 2 failed, 1 skipped")]
    [InlineData("5 6 1", null, 1, "5 passed, 6 failed, 1 skipped")]
    [InlineData("0 0 0", null, 1, "0 passed, 0 failed, 0 skipped")]
    [InlineData("5 2 1 cut", null, 1, "5 passed, 2 failed, 1 skipped")]
    public async Task A_few_tests_that_failed_among_all_are_run_once_more_alone_and_named(
        string first, string? alone, int expected, string last)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), ".ci/run is a script for Linux and macOS.");
        Directory.CreateDirectory(_directory[".ci"]);
        File.Copy(Path.Combine(Product.Root, ".ci/run"), _directory[".ci/run"]);
        Stub("dotnet", "exit 0");
        Stub(
            "dev",
            $$"""
              case "$1 ${4:-}" in
                "test --output") {{Said(first)}} ;;
                "test --filter-method") shift 4; echo "alone: $*"; {{Said(alone ?? "0 1 0")}} ;;
              esac
              """);
        var (code, output) = await RunAsync(
            "bash", [_directory[".ci/run"]],
            ("PATH", $"{_directory.Path}:{Environment.GetEnvironmentVariable("PATH")}"));
        code.ShouldBe(expected, output);
        var lines = output.TrimEnd().Split('\n');
        lines[^1].ShouldBe(last);
        output.Contains("alone: A.B.Test_1 A.B.Test_2\n", StringComparison.Ordinal).ShouldBe(alone is not null);
        (lines.Length > 2 && lines[^2] == "A.B.Test_2").ShouldBe(alone is not null && expected == 0, output);
    }

    // As 'dotnet test' says it.
    private static string Said(string counts)
    {
        var parts = counts.Split(' ');
        var failed = Enumerable.Range(1, int.Parse(parts[1], CultureInfo.InvariantCulture))
            .Select(n => $"echo 'failed A.B.Test_{n}(of: {n}) (1s 2ms)';");
        var skipped = Enumerable.Range(1, int.Parse(parts[2], CultureInfo.InvariantCulture))
            .Select(n => $"echo 'skipped A.B.Test_1(shell: \"{n}\") (0ms)';");
        var code = parts[1] == "0" ? 0 : parts.Length > 3 ? 7 : 2;
        return $"{string.Concat(failed)}{string.Concat(skipped)} echo 'Test run summary:'; "
            + $"echo '  failed: {parts[1]}'; "
            + $"echo '  succeeded: {parts[0]}'; echo '  skipped: {parts[2]}'; "
            + $"echo 'Test run completed with non-success exit code: {code} (see: there)'; exit {code}";
    }

    private static IEnumerable<string> Scripts()
    {
        var folders = new Stack<string>([Product.Root]);
        while (folders.TryPop(out var folder))
        {
            foreach (var below in Directory.EnumerateDirectories(folder))
            {
                var name = Path.GetFileName(below);
                if (!s_notOurs.Contains(name) && (!name.StartsWith('.') || name == ".ci")) folders.Push(below);
            }
            foreach (var file in Directory.EnumerateFiles(folder).Where(IsScript)) yield return file;
        }
    }

    private static bool IsScript(string file)
    {
        if (Path.GetExtension(file) is not ("" or ".sh")) return false;
        using var reader = new StreamReader(file);
        return reader.ReadLine() is { } first
            && first.StartsWith("#!", StringComparison.Ordinal)
            && first.Contains("sh", StringComparison.Ordinal);
    }

    private static List<string> Problems(string[] lines)
    {
        var text = lines.Select(line => Comment().Replace(line, "")).ToArray();

        // Of an array that has nothing in it, "${a[@]}" is an unbound variable before bash 4.4.
        var mayBeEmpty = text.SelectMany(line => EmptyArray().Matches(line)).Select(m => m.Groups[1].Value).ToHashSet();
        var problems = new List<string>();
        for (var i = 0; i < text.Length; i++)
        {
            foreach (Match use in Expansion().Matches(text[i]))
            {
                var name = use.Groups[1].Value;
                var isGuarded = text[i][..use.Index].EndsWith($"${{{name}[@]+", StringComparison.Ordinal);
                if (mayBeEmpty.Contains(name) && !isGuarded) problems.Add($":{i + 1}: {use.Value}");
            }
            foreach (var pattern in s_newerBash.Concat(s_gnuTools))
            {
                if (Regex.Match(text[i], pattern) is { Success: true } found) problems.Add($":{i + 1}: {found.Value}");
            }
        }
        return problems;
    }

    private void Stub(string name, string script)
    {
        File.WriteAllText(_directory[name], $"#!/bin/sh\n{script}\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(
                _directory[name], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static async Task<(int Code, string Output)> RunAsync(
        string program, string[] arguments, params (string Name, string Value)[] environment)
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

    [GeneratedRegex("""(^|\s)#.*$""")]
    private static partial Regex Comment();

    [GeneratedRegex("""\b([a-zA-Z_]+)=\(\)""")]
    private static partial Regex EmptyArray();

    [GeneratedRegex("""
        "\$\{([a-zA-Z_]+)\[@\]\}"
        """)]
    private static partial Regex Expansion();
}
