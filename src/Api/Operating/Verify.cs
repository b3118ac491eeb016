using System.CommandLine;
using Messaging.Projections.Storage;

namespace Messaging.Api.Operating;

/// <summary>Compares the read models with their events.</summary>
internal static class Verify
{
    /// <summary>The command.</summary>
    public static Command Command() =>
        CommandLine.Create(
            "verify",
            "Compares the read models with what their events say, and changes nothing; the product may run. Exit "
                + "code 1 when they differ",
            RunAsync
        );

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        await using var installation = await Installation.OpenAsync(parsed.UnmatchedTokens, cancellation);
        if (await installation.WhatIsOlderAsync(cancellation) is { } older)
            return await CommandLine.RefuseAsync($"The read models are not those that this version keeps: {older}.");
        var outcome = await installation.Store.CompareReadModelsAsync(installation.Database, cancellation);
        foreach (var table in outcome.Differing)
        {
            await Console.Error.WriteLineAsync(
                $"{table.Table}: {table.Missing} rows that the events say are not there, {table.Surplus} are "
                    + $"that they do not say:"
            );
            foreach (var row in table.Examples)
                await Console.Error.WriteLineAsync($"  {row}");
        }

        if (outcome.Differing.Count > 0)
            return await CommandLine.RefuseAsync(
                "The read models differ from their events. 'rebuild' puts them right, while the product does not run.");
        await Console.Out.WriteLineAsync(
            $"The read models are what their events say: {outcome.Events} events of {outcome.Organisations} "
                + $"organisations, {outcome.Rows} rows."
        );
        return CommandLine.Done;
    }
}
