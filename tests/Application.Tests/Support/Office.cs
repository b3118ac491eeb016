using Messaging.Application.Commands;
using Messaging.Application.Conversations;
using Messaging.Application.Customers;
using Messaging.Application.Organisation;
using Messaging.Domain;
using Messaging.Domain.Conversations;

namespace Messaging.Application.Tests.Support;

/// <summary>
/// An organisation that a test sets up: Anna owns it, Bernd and Carla are administrators, Dieter writes for the
/// customer Krause.
/// </summary>
public sealed class Office
{
    private Office(Guid id)
    {
        Id = id;
        TenantId = id.ToString();
        System = new Caller(TenantId, new Actor.System());
        Anna = new Caller(TenantId, new Actor.Administrator(Guid.CreateVersion7(), true));
        Bernd = new Caller(TenantId, new Actor.Administrator(Guid.CreateVersion7(), false));
        Carla = new Caller(TenantId, new Actor.Administrator(Guid.CreateVersion7(), false));
        Paul = new Caller(TenantId, new Actor.Auditor(Guid.CreateVersion7()));
        CustomerId = Guid.CreateVersion7();
        Dieter = new Caller(TenantId, new Actor.Contact(Guid.CreateVersion7(), CustomerId));
    }

    public Guid Id { get; }

    public string TenantId { get; }

    public Caller System { get; }

    public Caller Anna { get; }

    public Caller Bernd { get; }

    public Caller Carla { get; }

    /// <summary>The auditor.</summary>
    public Caller Paul { get; }

    public Guid CustomerId { get; }

    /// <summary>The customer's contact.</summary>
    public Caller Dieter { get; }

    public static string AddressOf(string name, Guid tenant) => $"{name}@{tenant:N}.example";

    /// <param name="passwordHash">Of everybody; null: they are invited and have none.</param>
    public static async Task<Office> OpenAsync(
        CommandExecutor executor, string? passwordHash = "none", string locale = "de")
    {
        var office = new Office(Guid.CreateVersion7());
        await executor.DoAsync(
            new RegisterOrganisationCommand(
                office.System, "Kanzlei Sommer", AddressOf("buchhaltung", office.Id), locale, "Europe/Berlin",
                office.Anna.Actor.Id, "Anna Sommer", AddressOf("anna", office.Id), passwordHash)
        );
        await Task.WhenAll(
            executor.DoAsync(office.Invite(office.Bernd, "Bernd Winter", "bernd", Role.Administrator, passwordHash)),
            executor.DoAsync(office.Invite(office.Carla, "Carla Herbst", "carla", Role.Administrator, passwordHash)),
            executor.DoAsync(office.Invite(office.Paul, "Paul Prüfer", "paul", Role.Auditor, passwordHash)),
            executor.DoAsync(new RegisterCustomerCommand(office.Anna, office.CustomerId, "Bäckerei Krause GmbH")));
        await executor.DoAsync(
            new InviteContactCommand(
                office.Anna, office.Dieter.Actor.Id, office.CustomerId, AddressOf("dieter", office.Id), "Dieter Krause",
                passwordHash)
        );
        return office;
    }

    public CreateConversationCommand Create(
        Caller? by = null, Guid? id = null, string subject = "Belege für März",
        string body = "Bitte senden Sie uns die Belege.", ConversationStatus status = ConversationStatus.Open,
        Guid? responsible = null, bool notifyAll = false, Guid[]? files = null) =>
        new(
            by ?? Anna, id ?? Guid.CreateVersion7(), CustomerId, subject, body, status, responsible, notifyAll,
            files ?? []);

    public async Task<Guid> ConverseAsync(
        CommandExecutor executor, Caller? by = null, ConversationStatus status = ConversationStatus.Open,
        Guid? responsible = null, bool notifyAll = false)
    {
        var create = Create(by, status: status, responsible: responsible, notifyAll: notifyAll);
        await executor.DoAsync(create);
        return create.Id;
    }

    public static AddCommentCommand Comment(
        Caller by, Guid conversation, string body = "Gern.", Guid? id = null,
        CommentVisibility visibility = CommentVisibility.Public,
        params Guid[] files) => new(by, id ?? Guid.CreateVersion7(), conversation, body, visibility, files);

    private InviteAdministratorCommand Invite(
        Caller who, string displayName, string name, Role role,
        string? passwordHash) => new(Anna, who.Actor.Id, AddressOf(name, Id), displayName, role, passwordHash);
}

internal static class ExecutorSteps
{
    /// <summary>Carries a command out that a test expects to be accepted.</summary>
    public static async Task<CommandOutcome> DoAsync(
        this CommandExecutor executor, Command command, string? correlationId = null)
    {
        var outcome = await executor.ExecuteAsync(command, CancellationToken.None, correlationId);
        outcome.Refusal.ShouldBeNull(command.GetType().Name);
        return outcome;
    }

    public static async Task<Refusal?> TryAsync(this CommandExecutor executor, Command command) =>
        (await executor.ExecuteAsync(command, CancellationToken.None)).Refusal;
}

/// <summary>What a caller gets: nothing but good news, a refusal, or an exception.</summary>
internal sealed record Answer(Refusal? Refusal, Exception? Fault)
{
    public static Answer Accepted { get; } = new(null, null);

    public static async Task<Answer> OfAsync(Task<CommandOutcome> execution)
    {
        try
        {
            return new Answer((await execution).Refusal, null);
        }
        catch (Exception e)
        {
            return new Answer(null, e);
        }
    }
}
