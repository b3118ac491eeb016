using System.Collections.Concurrent;
using System.Diagnostics;

namespace Messaging.Api.Tests.GraphQL;

/// <summary>What operations cost.</summary>
public static class Counted
{
    // Whether a token is still good is asked now and then, not by an operation.
    private const string Gate = "password_changed_at";

    /// <summary>
    /// The statements that a request causes, and nothing else: other tests and the background have traces of their own.
    /// </summary>
    public static async Task<IReadOnlyCollection<string>> StatementsAsync(Func<Task> operation)
    {
        var statements = new ConcurrentQueue<string>();
        using var root = new Activity("counted");
        root.SetIdFormat(ActivityIdFormat.W3C);
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (
                    activity.TraceId == root.TraceId
                    && activity.GetTagItem("db.query.text") is string statement
                    && !statement.Contains(Gate, StringComparison.Ordinal)
                )
                    statements.Enqueue(statement);
            },
        };
        ActivitySource.AddActivityListener(listener);
        root.Start();
        await operation();
        root.Stop();
        return statements;
    }
}
