using Messaging.Api.Hosting;
using Messaging.Benchmarks;
using Messaging.Benchmarks.Baseline;
using Messaging.Benchmarks.Scale;
using Messaging.Benchmarks.Wrk;

// The baseline runs in a process of its own, as the product does.
if (args is ["baseline"])
{
    await BaselineServer.RunAsync(Environment.GetEnvironmentVariable(Bench.BaselineConnection)!);
    return 0;
}

try
{
    if (await ScaleCommands.TryRunAsync(args) is { } code) return code;
}
catch (BenchmarkFailedException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}

if (Options.Parse(args) is not { } options)
{
    await Console.Error.WriteLineAsync(Options.Usage);
    await Console.Error.WriteLineAsync(ScaleCommands.Usage);
    return 2;
}

if (!WrkLoad.IsInstalled)
{
    await Console.Error.WriteLineAsync(
        "The load comes from wrk, which is missing. On Debian and Ubuntu: apt-get install wrk");
    return 2;
}

try
{
    var report = await Bench.RunAsync(options);
    await Console.Out.WriteLineAsync(report.ToMarkdown());
    await report.SaveAsync(options.Output);
    await Console.Out.WriteLineAsync($"As JSON: {options.Output}");
    return 0;
}
catch (EmbeddedPostgresException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 2;
}
catch (BenchmarkFailedException e)
{
    await Console.Error.WriteLineAsync($"The benchmark means nothing: {e.Message}");
    return 1;
}
