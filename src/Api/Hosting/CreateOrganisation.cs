using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Application.Organisations;
using Messaging.Domain;

namespace Messaging.Api.Hosting;

/// <summary>
/// The command that sets an organisation up with its first owner: <c>create-organisation --name … --email … --owner-name … --owner-email …</c>.
/// The owner's password comes from <c>MESSAGING_OWNER_PASSWORD</c>, so that it stands in no list of processes; without it the owner gets an
/// invitation by e-mail.
/// </summary>
internal static class CreateOrganisation
{
    /// <summary>The command's name.</summary>
    public const string Name = "create-organisation";

    private const string Usage =
        """
        create-organisation --name <organisation> --email <registered address> --owner-name <name> --owner-email <address>
                            [--locale de|en] [--time-zone Europe/Berlin]
        The owner's password is read from MESSAGING_OWNER_PASSWORD; without it the owner gets an invitation by e-mail.
        """;

    /// <summary>Runs it on the product's database. With a PostgreSQL of its own the product must not run meanwhile.</summary>
    /// <returns>The exit code: 0 done, 1 refused, 2 wrong arguments.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        var given = new Dictionary<string, string>();
        for (var i = 0; i < arguments.Length; i += 2)
        {
            if (arguments[i] is not ("--name" or "--email" or "--owner-name" or "--owner-email" or "--locale" or "--time-zone")
                || i + 1 == arguments.Length || !given.TryAdd(arguments[i], arguments[i + 1]))
                return await FailAsync(2, $"What is {arguments[i]}?\n{Usage}");
        }

        foreach (var name in new[] { "--name", "--email", "--owner-name", "--owner-email" })
        {
            if (!given.ContainsKey(name)) return await FailAsync(2, $"{name} is missing.\n{Usage}");
        }

        var password = Environment.GetEnvironmentVariable("MESSAGING_OWNER_PASSWORD");
        string[] own = [given["--name"], given["--email"], given["--owner-name"], given["--owner-email"]];
        if (!string.IsNullOrEmpty(password) && Passwords.Check(password, own: own) is { } weak) return await FailAsync(1, weak.Message);
        try
        {
            return await CreateAsync(given, password);
        }
        catch (Exception e) when (StartFailure.Of(e) is { } why)
        {
            return await FailAsync(1, why);
        }
    }

    private static async Task<int> CreateAsync(Dictionary<string, string> given, string? password)
    {
        await using var product = await Product.BuildAsync([], builder => builder.Configuration["urls"] = "http://127.0.0.1:0");
        await product.StartAsync(CancellationToken.None);
        var hash = string.IsNullOrEmpty(password) ? null : product.Services.GetRequiredService<Passwords>().Hash(password);
        var organisation = Guid.CreateVersion7();
        var command = new RegisterOrganisationCommand(
            new Caller(organisation.ToString(), new Actor.System()), given["--name"], given["--email"], given.GetValueOrDefault("--locale", "de"),
            given.GetValueOrDefault("--time-zone", "Europe/Berlin"), Guid.CreateVersion7(), given["--owner-name"], given["--owner-email"], hash);
        if (await product.Services.GetRequiredService<CommandExecutor>().ExecuteAsync(command, CancellationToken.None) is { } refusal) return await FailAsync(1, refusal.Message);
        await Console.Out.WriteLineAsync($"Created organisation {organisation}.");
        return 0;
    }

    private static async Task<int> FailAsync(int code, string message)
    {
        await Console.Error.WriteLineAsync(message);
        return code;
    }
}
