using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Npgsql;

namespace Messaging.Application.Commands;

/// <summary>
/// Telemetry of commands: names, outcomes, sizes and times, never a command's content. It costs next to nothing without
/// a listener.
/// </summary>
internal static class CommandTelemetry
{
    private const string Name = "Messaging.Commands";

    private static readonly ActivitySource s_source = new(Name);
    private static readonly Meter s_meter = new(Name);

    private static readonly Counter<long> s_commands = s_meter.CreateCounter<long>(
        "messaging.commands", "{command}", "Commands answered, by name and outcome.");

    private static readonly Histogram<int> s_batchSize = s_meter.CreateHistogram(
        "messaging.commands.group_size", "{command}", "Commands in a batch.", null,
        new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128] });

    private static readonly Histogram<double> s_commit = s_meter.CreateHistogram(
        "messaging.commands.commit.duration",
        "s",
        "How long the transaction of a batch took.",
        null,
        new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
        }
    );

    private static readonly Counter<long> s_retries = s_meter.CreateCounter<long>(
        "messaging.commands.retries", "{try}", "Batches that were tried again, by what had come in the way.");

    private static readonly ConcurrentDictionary<Type, string> s_names = [];

    /// <summary>Starts the span of a command, which is the cause of its events.</summary>
    public static Activity? Start(Command command)
    {
        if (!s_source.HasListeners()) return null;
        return s_source.StartActivity($"command {NameOf(command)}")?.SetTag("command", NameOf(command));
    }

    /// <summary>A command was carried out, or refused.</summary>
    public static void Answered(Activity? span, Command command, CommandOutcome outcome)
    {
        if (span is null && !s_commands.Enabled) return;
        var refusal = command.RefusalOf(outcome);
        Count(span, command, refusal?.Kind.ToString() ?? "Accepted");
        if (span is null) return;
        if (refusal is not null) span.SetTag("refusal", refusal.GetType().Name);
        command.Trace(span, outcome);
    }

    /// <summary>Records that a command failed, or that its caller no longer waits.</summary>
    public static void Failed(Activity? span, Command command, Exception exception)
    {
        Count(span, command, exception is OperationCanceledException ? "Withdrawn" : "Failed");
        span?.SetTag("error.type", KindOf(exception)).SetStatus(ActivityStatusCode.Error);
    }

    /// <summary>
    /// Starts the span of a batch. It serves the traces of all its commands: it is a child of the first that is
    /// recorded, and linked with the others.
    /// </summary>
    /// <param name="spans">The spans of the commands.</param>
    public static Activity? StartBatch(int size, IEnumerable<Activity?> spans)
    {
        s_batchSize.Record(size);
        if (!s_source.HasListeners()) return null;
        var recorded = spans.Where(s => s is { Recorded: true }).ToList();
        if (recorded.Count == 0)
            return null;
        var batch = s_source.StartActivity(
            "commit", ActivityKind.Internal, recorded[0]!.Context,
            links: recorded.Skip(1).Select(s => new ActivityLink(s!.Context)));
        if (batch is null)
            return null;
        batch.SetTag("commands", size);
        foreach (var span in recorded.Skip(1)) span!.AddLink(new ActivityLink(batch.Context));
        return batch;
    }

    /// <summary>Records an attempt that failed.</summary>
    /// <param name="fromCache">True when it was decided on cached states.</param>
    public static void TriedInVain(Activity? batch, Exception exception, bool fromCache)
    {
        if (batch is null && !s_retries.Enabled) return;
        var kind = KindOf(exception);
        s_retries.Add(1, new("error.type", kind), new("assumed", fromCache));
        batch?.AddEvent(
            new ActivityEvent("tried in vain", tags: new() { { "error.type", kind }, { "assumed", fromCache } }));
    }

    /// <summary>The timestamp at the beginning of a transaction; 0 when nothing is measured.</summary>
    public static long CommitBegins() => s_commit.Enabled ? Stopwatch.GetTimestamp() : 0;

    /// <summary>A transaction went through.</summary>
    public static void Committed(long began)
    {
        if (began != 0) s_commit.Record(Stopwatch.GetElapsedTime(began).TotalSeconds);
    }

    private static void Count(Activity? span, Command command, string outcome)
    {
        s_commands.Add(1, new("command", NameOf(command)), new("outcome", outcome));
        span?.SetTag("outcome", outcome);
    }

    private static string NameOf(Command command) =>
        s_names.GetOrAdd(
            command.GetType(),
            static (_, it) =>
                it.StoredName.EndsWith("Command", StringComparison.Ordinal)
                    ? it.StoredName[..^"Command".Length]
                    : it.StoredName,
            command
        );

    // Messages may repeat what somebody wrote.
    private static string KindOf(Exception exception) =>
        exception is PostgresException postgres ? postgres.SqlState
        : exception.InnerException is PostgresException inner ? inner.SqlState
        : exception.GetType().Name;
}
