using System.Diagnostics;
using Xunit;

namespace Messaging.Api.Tests.Hosting;

/// <summary>A command of the program, run as an operator runs it: as a process of its own.</summary>
internal static class OperatorsCommand
{
    public static async Task<(int Code, string Output, string Error)> RunAsync(
        string database, string dataDirectory, string[] arguments, params (string Name, string Value)[] environment)
    {
        using var process = Start(database, dataDirectory, arguments, environment);
        var cancellation = TestContext.Current.CancellationToken;
        var (output, error) = (
            process.StandardOutput.ReadToEndAsync(cancellation), process.StandardError.ReadToEndAsync(cancellation));
        await process.WaitForExitAsync(cancellation);
        return (process.ExitCode, await output, await error);
    }

    public static Process Start(
        string database, string dataDirectory, string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "Messaging.Api.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["ConnectionStrings__Messaging"] = database,
                ["Messaging__DataDirectory"] = dataDirectory,
                ["Messaging__Database__AllowUnsafeDurability"] = "true",
                ["ASPNETCORE_ENVIRONMENT"] = "Production",
            },
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
