using System.Collections.Concurrent;
using System.Diagnostics;
using Messaging.TestSupport;
using Messaging.TestSupport.Product;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Security;

/// <summary>What an operator leaves open is said at the start, and what the product makes is closed.</summary>
public sealed class OpenDoorTests
{
    private sealed class Lines : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Warnings { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) Warnings.Enqueue(formatter(state, exception));
        }

        public void Dispose()
        {
        }
    }

    [Theory]
    [InlineData("Production", "Messaging:Smtp:Host", "", "nobody gets any mail, not even invitations")]
    [InlineData(
        "Production", "Messaging:PublicUrl", "http://nachrichten.example", "their passwords are readable on the way")]
    [InlineData("Production", "Messaging:Smtp:Host", "mail.example", "Mails go to mail.example unencrypted")]
    [InlineData("Production", "Messaging:PublicUrl", "http://localhost:5080", "owns the tables")]
    [InlineData("Production", "Messaging:PublicUrl", "http://localhost:5080", null)]
    [InlineData("Production", "Messaging:PublicUrl", "https://nachrichten.example", null)]
    [InlineData("Development", "Messaging:PublicUrl", "http://nachrichten.example", null)]
    public async Task Is_said_at_the_start_in_production(string environment, string setting, string value, string? said)
    {
        var lines = new Lines();
        await using var product = await RunningProduct.StartAsync(environment, new() { [setting] = value }, services =>
            services.AddSingleton<ILoggerProvider>(lines)
        );
        // The tests' server is a fast one, and their role owns the tables, which is said in any case.
        if (said is null)
            lines
                .Warnings.Where(line =>
                    !line.Contains("AllowUnsafeDurability", StringComparison.Ordinal)
                    && !line.Contains("Messaging:Database:Owner", StringComparison.Ordinal)
                )
                .ShouldNotContain(line => line.Contains("Messaging:", StringComparison.Ordinal));
        else
            lines.Warnings.ShouldContain(line => line.Contains(said, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_data_directory_that_others_may_write_into_is_named_and_one_that_the_product_makes_is_its_own()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such modes.");
        using var directory = new TempDirectory();
#pragma warning disable CA1416 // skipped on Windows above
        Directory.CreateDirectory(directory["open"]);
        File.SetUnixFileMode(directory["open"], File.GetUnixFileMode(directory["open"]) | UnixFileMode.GroupWrite);
        foreach (var (data, isOpen) in new[] { (directory["open"], true), (directory["made/here"], false) })
        {
            var lines = new Lines();
            await using var product = await RunningProduct.StartAsync(
                "Production", new() { ["Messaging:DataDirectory"] = data, ["Messaging:Smtp:Host"] = "" },
                services => services.AddSingleton<ILoggerProvider>(lines));
            lines
                .Warnings.Any(line =>
                    line.Contains($"may write into the data directory {data}", StringComparison.Ordinal)
                )
                .ShouldBe(isOpen);
            if (!isOpen)
                File.GetUnixFileMode(data)
                    .ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
#pragma warning restore CA1416
    }

    [Fact]
    public async Task A_crash_leaves_no_picture_of_the_memory()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Looks at /proc.");
        // What this process may do, those that it starts may, unless they forbid it themselves.
        using (var allow = Process.Start("prlimit", ["--core=unlimited", "--pid", $"{Environment.ProcessId}"]))
            await allow.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.SkipUnless(await CoreOfAsync(Environment.ProcessId) != "0", "This system allows no core dumps at all.");
        await using var product = await ProductProcess.StartAsync([]);
        (await CoreOfAsync(product.ProcessId)).ShouldBe("0");
    }

    private static async Task<string> CoreOfAsync(int process) =>
        (await File.ReadAllLinesAsync($"/proc/{process}/limits", TestContext.Current.CancellationToken))
            .Single(line => line.StartsWith("Max core file size", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[4];

    // As somebody else on the machine would look for what there is to read, after a day of use.
    [Fact]
    public async Task Nobody_else_on_the_machine_reads_any_of_it()
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Needs root, to be somebody else.");
        using var directory = new TempDirectory();
        var data = directory["data"];
        await using var product = await RunningProduct.StartAsync(
            settings: new() { ["Messaging:DataDirectory"] = data, ["Messaging:Smtp:Host"] = "" });
        var anna = await product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        (await anna.UploadAsync("Lohn.txt", "text/plain", "geheim"u8.ToArray()))
            .Data.At("uploadFile.errors")
            .ShouldBe("[]");
        for (
            var waited = Stopwatch.StartNew();
            !Directory.Exists(Path.Combine(data, "mail")) && waited.Elapsed < TimeSpan.FromSeconds(60);

        )
            await Task.Delay(100, TestContext.Current.CancellationToken);

        // The directory itself, also where whoever it is could get to it.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(directory.Path, (UnixFileMode)0b111_101_101);
        var start = new ProcessStartInfo(
            "setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", "find", data, "-readable", "-print"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var find = Process.Start(start)!;
        var errors = find.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        (await find.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).ShouldBe("");
        (await errors).ShouldContain("Permission denied");
        Directory.EnumerateFiles(data, "*", SearchOption.AllDirectories).Count().ShouldBeGreaterThan(2);
    }
}
