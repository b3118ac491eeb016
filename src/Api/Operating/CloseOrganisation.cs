using System.CommandLine;
using Messaging.Application.Organisation;
using Messaging.Domain;

namespace Messaging.Api.Operating;

/// <summary>
/// Deactivates an organisation, and reactivates it: nobody signs in, nothing is mailed, and everything stays.
/// </summary>
internal static class CloseOrganisation
{
    private static readonly Argument<string> s_id = new("ID")
    {
        Description = "The organisation's id, as list-organisations says it",
    };

    /// <summary>The command that deactivates.</summary>
    public static System.CommandLine.Command Deactivate() =>
        CommandLine.Create(
            "deactivate-organisation",
            "Ends an organisation's access, also while the product runs: its people's sessions and API tokens end, "
                + "nobody signs in, nothing is mailed. Its data stays",
            (parsed, cancellation) => RunAsync(parsed, isClosed: true, cancellation),
            s_id
        );

    /// <summary>The command that reactivates.</summary>
    public static System.CommandLine.Command Reactivate() =>
        CommandLine.Create(
            "reactivate-organisation",
            "Takes deactivate-organisation back, also while the product runs: its people sign in as before",
            (parsed, cancellation) => RunAsync(parsed, isClosed: false, cancellation),
            s_id
        );

    private static async Task<int> RunAsync(ParseResult parsed, bool isClosed, CancellationToken cancellation)
    {
        if (!Guid.TryParse(parsed.GetRequiredValue(s_id), out var id))
            return await CommandLine.RefuseAsync("ID must be a UUID.", CommandLine.WrongWords);
        await using var installation = await Installation.OpenAsync(parsed.UnmatchedTokens, cancellation);
        await using var turn = await installation.PrepareAsync(cancellation);
        var command = new CloseOrganisationCommand(new Caller(id.ToString(), new Actor.System()), isClosed);
        if (await installation.ExecuteAsync(command, cancellation) is { } refusal)
            return await CommandLine.RefuseAsync(refusal.Message);
        await Console.Out.WriteLineAsync($"Organisation {id} is {(isClosed ? "deactivated" : "active")}.");
        return CommandLine.Done;
    }
}
