using System.CommandLine;
using Messaging.Application.Accounts;
using Messaging.Domain;

namespace Messaging.Api.Operating;

/// <summary>
/// Takes the second factor of somebody away who has lost it, and whom nobody of their office can help: the only owner.
/// </summary>
internal static class ResetSecondFactor
{
    private static readonly Option<string> s_email = new("--email")
    {
        Description = "The address that the person signs in with",
        Required = true,
    };

    private static readonly Option<string?> s_organisation = new("--organisation")
    {
        Description = "The organisation's id, where the address has accounts at several",
    };

    /// <summary>The command.</summary>
    public static System.CommandLine.Command Command() =>
        CommandLine.Create(
            "reset-second-factor",
            "Takes the second factor of somebody away who has lost it, also while the product runs: they sign in with "
                + "their password, and are told by mail. Their sessions end",
            RunAsync,
            s_email,
            s_organisation
        );

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var (email, organisation) = (parsed.GetRequiredValue(s_email), parsed.GetValue(s_organisation));
        if (organisation is not null && !Guid.TryParse(organisation, out _))
            return await CommandLine.RefuseAsync("--organisation must be a UUID.", CommandLine.WrongWords);

        await using var installation = await Installation.OpenAsync(parsed.UnmatchedTokens, cancellation);
        await using var turn = await installation.PrepareAsync(cancellation);
        var tenant = organisation is null ? null : Guid.Parse(organisation).ToString();
        var people = await FactorOwners.OfAsync(installation.Database, email, tenant, cancellation);
        if (people.Select(p => p.TenantId).Distinct().Count() > 1)
        {
            return await CommandLine.RefuseAsync(
                "The address has accounts with a second factor at several organisations: say which by --organisation, "
                    + $"one of {string.Join(", ", people.Select(p => p.TenantId).Distinct())}.");
        }

        if (people.Count == 0)
            return await CommandLine.RefuseAsync("No active account with a second factor has this address.");
        foreach (var (of, person) in people)
        {
            var command = new ResetSecondFactorCommand(new Caller(of, new Actor.System()), person);

            // Accounts of one identity lose it together.
            var refusal = await installation.ExecuteAsync(command, cancellation);
            if (refusal is not (null or Domain.Accounts.NoSecondFactor))
                return await CommandLine.RefuseAsync(refusal.Message);
        }

        await Console.Out.WriteLineAsync(
            $"The second factor is gone of {people[0].PersonId} of organisation {people[0].TenantId}.");
        if (!await installation.IsServedAsync(cancellation))
            await Console.Out.WriteLineAsync("Mails go out when the product serves.");
        return CommandLine.Done;
    }
}
