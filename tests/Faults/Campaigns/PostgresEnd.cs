using System.Diagnostics.CodeAnalysis;
using Messaging.TestSupport.Postgres;

namespace Messaging.Faults.Campaigns;

/// <summary>How a campaign ends PostgreSQL.</summary>
internal static class PostgresEnd
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(30);

    /// <summary>Ends it by a signal, and by a stronger one where that does not end it, which is a fault.</summary>
    public static async Task EndAsync([NotNull] this ExternalPostgres server, string signal, Outcome outcome)
    {
        await server.SignalAsync(signal);
        if (await server.WaitForExitAsync(s_longest)) return;
        outcome.Broken.Add(
            $"PostgreSQL has not ended {s_longest.TotalSeconds} s after {signal}: connections keep it waiting");
        await server.SignalAsync("INT");
        await server.WaitForExitAsync(s_longest);
    }
}
