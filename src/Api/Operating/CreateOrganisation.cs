using System.CommandLine;
using Messaging.Application.Accounts;
using Messaging.Application.Organisation;
using Messaging.Domain;

namespace Messaging.Api.Operating;

/// <summary>
/// Sets an organisation up with its first owner. The owner's password comes from <c>MESSAGING_OWNER_PASSWORD</c>, so
/// that it stands in no list of processes; without it the owner gets an invitation by e-mail, from the product that
/// runs, or when it does next.
/// </summary>
internal static class CreateOrganisation
{
    private const string PasswordVariable = "MESSAGING_OWNER_PASSWORD";

    private static readonly Option<string> s_name = Required("--name", "The organisation's name");
    private static readonly Option<string> s_email = Required(
        "--email", "The registered address, which is told of what customers write");
    private static readonly Option<string> s_ownerName = Required("--owner-name", "The first owner's name");
    private static readonly Option<string> s_ownerEmail = Required(
        "--owner-email", "The address that the owner signs in with");

    private static readonly Option<string> s_locale = new("--locale")
    {
        Description = "de or en: the language of its mails",
        DefaultValueFactory = _ => "de",
    };

    private static readonly Option<string> s_timeZone = new("--time-zone")
    {
        Description = "Its time zone, as IANA names it",
        DefaultValueFactory = _ => "Europe/Berlin",
    };

    /// <summary>The command.</summary>
    public static System.CommandLine.Command Command() =>
        CommandLine.Create(
            "create-organisation",
            $"Sets an office up with its first owner, also while the product runs. The owner's password is read "
                + $"from {PasswordVariable};"
                + " without it the owner gets an invitation by e-mail",
            RunAsync,
            s_name,
            s_email,
            s_ownerName,
            s_ownerEmail,
            s_locale,
            s_timeZone
        );

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var (name, email) = (parsed.GetRequiredValue(s_name), parsed.GetRequiredValue(s_email));
        var (ownerName, ownerEmail) = (parsed.GetRequiredValue(s_ownerName), parsed.GetRequiredValue(s_ownerEmail));
        var password = Environment.GetEnvironmentVariable(PasswordVariable) is { Length: > 0 } given ? given : null;
        if (password is not null && Passwords.Check(password, own: [name, email, ownerName, ownerEmail]) is { } weak)
            return await CommandLine.RefuseAsync(weak.Message);

        await using var installation = await Installation.OpenAsync(
            parsed.UnmatchedTokens, cancellation, mayBegin: true);
        await using var turn = await installation.PrepareAsync(cancellation);
        var organisation = Guid.CreateVersion7();
        var command = new RegisterOrganisationCommand(
            new Caller(organisation.ToString(), new Actor.System()), name, email, parsed.GetRequiredValue(s_locale),
            parsed.GetRequiredValue(s_timeZone), Guid.CreateVersion7(), ownerName, ownerEmail,
            password is null ? null : new Passwords().Hash(password));
        if (await installation.ExecuteAsync(command, cancellation) is { } refusal)
            return await CommandLine.RefuseAsync(refusal.Message);
        await Console.Out.WriteLineAsync($"Created organisation {organisation}.");
        if (password is null && !await installation.IsServedAsync(cancellation))
            await Console.Out.WriteLineAsync("The invitation goes out when the product serves.");
        return CommandLine.Done;
    }

    private static Option<string> Required(string name, string description) =>
        new(name) { Description = description, Required = true };
}
