using System.CommandLine;
using System.Diagnostics;
using Messaging.Projections.Reports;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Api.Operating;

/// <summary>Computes what figures are counted from anew, by the definitions of this version.</summary>
internal static class Recompute
{
    private static readonly TimeSpan s_between = TimeSpan.FromSeconds(10);

    /// <summary>The command.</summary>
    public static Command Command() =>
        CommandLine.Create(
            "recompute",
            "Computes waits, statuses and what is awaited of all conversations anew from their events, by this "
                + "version's definitions of the figures, while the product serves: about half a minute for each "
                + "100,000 events",
            RunAsync
        );

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        await using var installation = await Installation.OpenAsync(parsed.UnmatchedTokens, cancellation);
        if (await installation.WhatIsOlderAsync(cancellation) is { } older)
            return await CommandLine.RefuseAsync($"The read models are not those that this version keeps: {older}.");
        var began = Stopwatch.StartNew();
        var said = TimeSpan.Zero;
        try
        {
            var done = await installation.Store.RecomputeFiguresAsync(
                installation.Database,
                conversations =>
                {
                    if (began.Elapsed - said < s_between) return;
                    said = began.Elapsed;
                    Console.Error.WriteLine($"{conversations} conversations so far");
                },
                cancellation);
            await Console.Out.WriteLineAsync(
                $"The figures of {done.Conversations} conversations were computed anew in "
                    + $"{began.Elapsed.TotalSeconds:F0} s; {done.Changed} had others before.");
            return CommandLine.Done;
        }
        catch (PostgresException e) when (e.SqlState == ReadModelFence.Refusal)
        {
            return await CommandLine.RefuseAsync(
                "The read models are being rebuilt, which computes the figures anew, too. What was done stays.");
        }
    }
}
