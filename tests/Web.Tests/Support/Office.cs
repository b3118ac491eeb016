using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Application.Conversations;
using Messaging.Application.Customers;
using Messaging.Application.Notifications.Inbound;
using Messaging.Application.Organisation;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.TestSupport.Product;
using Microsoft.Extensions.DependencyInjection;

namespace Messaging.Web.Tests.Support;

/// <summary>Somebody with an account.</summary>
/// <param name="Caller">As whom their commands go.</param>
public sealed record Person(string Name, string Email, Caller Caller)
{
    public Guid Id => Caller.Actor.Id;
}

/// <summary>
/// An office of a test's own: an owner, two administrators, an auditor, and two customers with a contact each. It comes
/// by the same commands as everything else; nobody in it was written to, since nobody had to be invited.
/// </summary>
public sealed class Office
{
    /// <summary>Of everybody in every office.</summary>
    public const string Password = "nur für Tests 4711";

    private static readonly Lazy<string> s_hash =
        new(() => new Passwords(new HashingLane(), rounds: 1000).Hash(Password));

    /// <summary>What is kept of it.</summary>
    public static string Hash => s_hash.Value;

    private readonly string _domain;
    private CommandExecutor _executor;
    private InboundMails _inbound;

    private Office(RunningProduct product, string domain)
    {
        _executor = product.Services.GetRequiredService<CommandExecutor>();
        _inbound = product.Services.GetRequiredService<InboundMails>();
        _domain = domain;
    }

    public Person Anna { get; private set; } = null!;

    public Person Bernd { get; private set; } = null!;

    public Person Carla { get; private set; } = null!;

    public Person Petra { get; private set; } = null!;

    public Person Dieter { get; private set; } = null!;

    public Person Eva { get; private set; } = null!;

    public Guid Krause { get; } = Guid.CreateVersion7();

    public Guid Lindner { get; } = Guid.CreateVersion7();

    /// <summary>The address that the organisation's settings start with.</summary>
    public string RegisteredAddress => Address("buchhaltung");

    public static async Task<Office> OpenAsync(
        RunningProduct product, string name = "Kanzlei Sommer", string krause = "Bäckerei Krause GmbH",
        string locale = "de", string anna = "Anna Sommer", string dieter = "Dieter Krause", string? domain = null)
    {
        var id = Guid.CreateVersion7();
        var office = new Office(product, domain ?? $"k{id:N}.example");
        var owner = Guid.CreateVersion7();
        var system = new Caller(id.ToString(), new Actor.System());
        office.Anna = new Person(
            anna, office.Address("anna"), new Caller(id.ToString(), new Actor.Administrator(owner, IsOwner: true)));
        await office.RunAsync(
            new RegisterOrganisationCommand(
                system, name, office.RegisteredAddress, locale, "Europe/Berlin", owner, anna, office.Anna.Email,
                s_hash.Value)
        );
        office.Bernd = await office.InviteAsync("Bernd Winter", "bernd", Role.Administrator);
        office.Carla = await office.InviteAsync("Carla Herbst", "carla", Role.Administrator);
        office.Petra = await office.InviteAsync("Petra Prüfer", "petra", Role.Auditor);
        office.Dieter = await office.CustomerAsync(office.Krause, krause, dieter, "dieter");
        office.Eva = await office.CustomerAsync(office.Lindner, "Studio Lindner", "Eva Lindner", "eva");
        return office;
    }

    /// <summary>The same office, after the product has started again.</summary>
    public Office At(RunningProduct product)
    {
        var office = (Office)MemberwiseClone();
        office._executor = product.Services.GetRequiredService<CommandExecutor>();
        office._inbound = product.Services.GetRequiredService<InboundMails>();
        return office;
    }

    /// <summary>An address in the office's domain.</summary>
    public string Address(string local) => $"{local}@{_domain}";

    /// <summary>Registers a customer with a contact who has an account.</summary>
    public async Task<Person> CustomerAsync(Guid id, string name, string contact, string local)
    {
        await RunAsync(new RegisterCustomerCommand(Anna.Caller, id, name));
        var person = new Person(
            contact, Address(local), new Caller(Anna.Caller.TenantId, new Actor.Contact(Guid.CreateVersion7(), id)));
        await RunAsync(new InviteContactCommand(Anna.Caller, person.Id, id, person.Email, contact, s_hash.Value));
        return person;
    }

    /// <summary>Starts a conversation; with Bäckerei Krause by Anna unless told otherwise.</summary>
    public async Task<Guid> ConversationAsync(
        string subject, string body = "Bitte schicken Sie uns die Kassenberichte.", Person? author = null,
        Guid? customer = null, ConversationStatus status = ConversationStatus.Open, Person? responsible = null,
        bool notifyAll = false)
    {
        var id = Guid.CreateVersion7();
        await RunAsync(
            new CreateConversationCommand(
                (author ?? Anna).Caller, id, customer ?? Krause, subject, body, status, responsible?.Id, notifyAll, [])
        );
        return id;
    }

    public async Task<Guid> CommentAsync(
        Guid conversation, string body, Person? author = null, CommentVisibility visibility = CommentVisibility.Public,
        params Guid[] files)
    {
        var id = Guid.CreateVersion7();
        await RunAsync(new AddCommentCommand((author ?? Dieter).Caller, id, conversation, body, visibility, files));
        return id;
    }

    /// <summary>An answer by mail to a conversation with Bäckerei Krause that is not from whom it had to be.</summary>
    public Task QuarantineAsync(Guid conversation, string from, string subject) => _inbound.RecordAsync(
        new InboundMail(
            Anna.Caller.TenantId, Guid.NewGuid(), InboundOutcome.NotSender, null, from, subject, Guid.NewGuid(),
            conversation, Dieter.Id),
        CancellationToken.None);

    public Task StatusAsync(Guid conversation, ConversationStatus status, Person? author = null) =>
        RunAsync(new ChangeStatusCommand((author ?? Anna).Caller, [conversation], status, null));

    /// <summary>
    /// Many conversations at once, with two customers in turn who have nobody to be written to: nothing waits for
    /// thousands of mails.
    /// </summary>
    public async Task ConversationsAsync(int count, Func<int, string> subject)
    {
        var customers = new[] { Guid.CreateVersion7(), Guid.CreateVersion7() };
        for (var i = 0; i < customers.Length; i++)
            await RunAsync(new RegisterCustomerCommand(Anna.Caller, customers[i], $"Mandant {i + 1}"));
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 256 }, async (i, _) =>
            await RunAsync(
                new CreateConversationCommand(
                    Anna.Caller, Guid.CreateVersion7(), customers[i % 2], subject(i), "Bitte sehen Sie nach.",
                    (ConversationStatus)(i % 3), null, false, [])
            )
        );
    }

    /// <summary>Many comments at once, by Anna and Dieter in turn; which comes first is not said.</summary>
    public Task CommentsAsync(Guid conversation, int count, Func<int, string> body) =>
        Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, _) =>
            await CommentAsync(conversation, body(i), i % 2 == 0 ? Anna : Dieter)
        );

    public async Task RunAsync(Command command)
    {
        if ((await _executor.ExecuteAsync(command, CancellationToken.None)).Refusal is { } refusal)
            throw new InvalidOperationException($"{command.GetType().Name} was refused: {refusal}");
    }

    private async Task<Person> InviteAsync(string name, string local, Role role)
    {
        var id = Guid.CreateVersion7();
        await RunAsync(new InviteAdministratorCommand(Anna.Caller, id, Address(local), name, role, s_hash.Value));
        return new Person(
            name,
            Address(local),
            new Caller(
                Anna.Caller.TenantId,
                role == Role.Auditor ? new Actor.Auditor(id) : new Actor.Administrator(id, IsOwner: false))
        );
    }
}
