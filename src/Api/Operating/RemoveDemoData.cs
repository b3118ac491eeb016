using System.CommandLine;
using Messaging.Api.Files;
using Messaging.Api.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Messaging.Api.Operating;

/// <summary>Removes the demo organisations from a database that was tried out in Development.</summary>
internal static class RemoveDemoData
{
    /// <summary>The command's name.</summary>
    public const string Name = "remove-demo-data";

    /// <summary>The command.</summary>
    public static Command Command() =>
        CommandLine.Create(
            Name,
            "Removes the demo organisations of a database that was tried out in Development, while the product "
                + "does not run",
            RunAsync
        );

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        await using var installation = await Installation.OpenAsync(parsed.UnmatchedTokens, cancellation);
        if (installation.Environment.IsDevelopment())
        {
            return await CommandLine.RefuseAsync(
                "In Development the next start would create them again: set ASPNETCORE_ENVIRONMENT=Production.",
                CommandLine.WrongWords);
        }

        // Nothing is to be written of them meanwhile.
        await using var turn = await installation.TakeTurnAsync(cancellation);
        if (await installation.IsServedAsync(cancellation))
            return await CommandLine.RefuseAsync("The product runs on this database: stop it first, on all its nodes.");
        var demo = new DemoOrganisations(areOpen: false, installation.Database, NullLogger<DemoOrganisations>.Instance);
        var (files, rows) = await demo.RemoveAsync(cancellation);
        var store = new FolderFileStore(FileStoreOptions.Read(installation.Configuration, installation.DataDirectory));
        foreach (var file in files)
            await store.DeleteAsync(file, CancellationToken.None);
        await Console.Out.WriteLineAsync(
            rows > 0
                ? $"Removed the demo organisations: {rows} rows, {files.Count} files."
                : "There are no demo organisations."
        );
        return CommandLine.Done;
    }
}
