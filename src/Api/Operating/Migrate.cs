using System.CommandLine;

namespace Messaging.Api.Operating;

/// <summary>
/// Brings the database to this version's form, and ends: for nodes that do not have the password of the tables' owner.
/// </summary>
internal static class Migrate
{
    /// <summary>The command.</summary>
    public static Command Command() =>
        CommandLine.Create(
            "migrate",
            "Brings the database to this version's form as the owner of its tables, also while the product runs, so "
                + "that nodes need not be given the owner's password",
            (parsed, cancellation) => RunAsync(parsed.UnmatchedTokens, cancellation)
        );

    /// <summary>Does it.</summary>
    /// <param name="settings">Settings, as <c>--Section:Key=Value</c>.</param>
    /// <returns>The exit code.</returns>
    internal static async Task<int> RunAsync(IReadOnlyList<string> settings, CancellationToken cancellation)
    {
        await using var installation = await Installation.OpenAsync(settings, cancellation, mayBegin: true);
        await installation.MigrateAsync(cancellation);
        await Console.Out.WriteLineAsync("The database is of this version's form.");
        return CommandLine.Done;
    }
}
