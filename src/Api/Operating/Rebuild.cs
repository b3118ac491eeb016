using System.CommandLine;
using System.Diagnostics;
using Messaging.Projections.Storage;

namespace Messaging.Api.Operating;

/// <summary>Empties the read models and fills them again from all events.</summary>
internal static class Rebuild
{
    /// <summary>The command.</summary>
    public static Command Command() =>
        CommandLine.Create(
            "rebuild",
            "Fills the read models anew from all events, while the product does not run: about half a minute for "
                + "each 100,000",
            RunAsync
        );

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        await using var installation = await Installation.OpenAsync(parsed.UnmatchedTokens, cancellation);
        if (await installation.IsServedAsync(cancellation))
            return await CommandLine.RefuseAsync(
                "The product runs on this database, and would write to the read models meanwhile: stop it first, "
                    + "on all its nodes."
            );
        await using var turn = await installation.PrepareAsync(cancellation);
        var began = Stopwatch.StartNew();
        await installation.Store.RebuildReadModelsAnewAsync(installation.Database, cancellation);
        await Console.Out.WriteLineAsync($"The read models were rebuilt in {began.Elapsed.TotalSeconds:F0} s.");
        return CommandLine.Done;
    }
}
