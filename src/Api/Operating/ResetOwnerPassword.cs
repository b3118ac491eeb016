using System.CommandLine;
using Messaging.Application.Accounts;
using Messaging.Domain;

namespace Messaging.Api.Operating;

/// <summary>
/// Lets an owner in again who forgot their password. The new one comes from <c>MESSAGING_OWNER_PASSWORD</c>, so that it
/// stands in no list of processes; without it they are mailed a link.
/// </summary>
internal static class ResetOwnerPassword
{
    private const string PasswordVariable = "MESSAGING_OWNER_PASSWORD";

    private static readonly Option<string> s_email = new("--owner-email")
    {
        Description = "The address that the owner signs in with",
        Required = true,
    };

    private static readonly Option<string?> s_organisation = new("--organisation")
    {
        Description = "The organisation's id, where the address owns several",
    };

    /// <summary>The command.</summary>
    public static System.CommandLine.Command Command() =>
        CommandLine.Create(
            "reset-owner-password",
            $"Lets an owner in again, also while the product runs. The new password is read from {PasswordVariable}; "
                + "without it the owner is mailed a link by which they choose one. Their sessions end",
            RunAsync,
            s_email,
            s_organisation
        );

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var (email, organisation) = (parsed.GetRequiredValue(s_email), parsed.GetValue(s_organisation));
        if (organisation is not null && !Guid.TryParse(organisation, out _))
            return await CommandLine.RefuseAsync("--organisation must be a UUID.", CommandLine.WrongWords);
        var password = Environment.GetEnvironmentVariable(PasswordVariable) is { Length: > 0 } given ? given : null;
        if (password is not null && Passwords.Check(password, own: [email]) is { } weak)
            return await CommandLine.RefuseAsync(weak.Message);

        await using var installation = await Installation.OpenAsync(parsed.UnmatchedTokens, cancellation);
        await using var turn = await installation.PrepareAsync(cancellation);
        var tenant = organisation is null ? null : Guid.Parse(organisation).ToString();
        var owners = await Owners.OfAsync(installation.Database, email, tenant, cancellation);
        if (owners is not [var owner])
        {
            return await CommandLine.RefuseAsync(
                owners.Count == 0
                    ? "No active owner of an organisation has this address."
                    : "The address owns several organisations: say which by --organisation, one of "
                        + $"{string.Join(", ", owners.Select(o => o.TenantId))}.");
        }

        var caller = new Caller(owner.TenantId, new Actor.System());
        var command = password is null
            ? Owners.MailLink(caller, owner.PersonId)
            : Owners.SetPassword(caller, owner.PersonId, new Passwords().Hash(password), TimeProvider.System);
        if (await installation.ExecuteAsync(command, cancellation) is { } refusal)
            return await CommandLine.RefuseAsync(refusal.Message);
        await Console.Out.WriteLineAsync(
            password is null
                ? $"The owner of organisation {owner.TenantId} is mailed a link."
                : $"The owner of organisation {owner.TenantId} has the new password.");
        if (!await installation.IsServedAsync(cancellation))
            await Console.Out.WriteLineAsync("Mails go out when the product serves.");
        return CommandLine.Done;
    }
}
