using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;

namespace Messaging.Projections.Tests.Support;

/// <summary>
/// An organisation that a test sets up: Anna owns it and Bernd is an administrator, Paul is its auditor, Dieter and Eva
/// write for the customer Krause, and Frank for the customer Lehmann. Its clock stands still until a test moves it.
/// </summary>
public sealed class Office
{
    private Office(Store store)
    {
        Store = store;
        Id = Guid.CreateVersion7();
        Krause = Guid.CreateVersion7();
        Lehmann = Guid.CreateVersion7();
        Anna = new Caller(TenantId, new Actor.Administrator(Guid.CreateVersion7(), true));
        Bernd = new Caller(TenantId, new Actor.Administrator(Guid.CreateVersion7(), false));
        Paul = new Caller(TenantId, new Actor.Auditor(Guid.CreateVersion7()));
        Dieter = new Caller(TenantId, new Actor.Contact(Guid.CreateVersion7(), Krause));
        Eva = new Caller(TenantId, new Actor.Contact(Guid.CreateVersion7(), Krause));
        Frank = new Caller(TenantId, new Actor.Contact(Guid.CreateVersion7(), Lehmann));
    }

    public Store Store { get; }

    public Guid Id { get; }

    public string TenantId => Id.ToString();

    public Guid Krause { get; }

    public Guid Lehmann { get; }

    public Caller Anna { get; }

    public Caller Bernd { get; }

    /// <summary>The auditor.</summary>
    public Caller Paul { get; }

    public Caller Dieter { get; }

    public Caller Eva { get; }

    public Caller Frank { get; }

    /// <summary>Of the next events.</summary>
    public DateTimeOffset Now { get; set; } = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    public static async Task<Office> OpenAsync(Store store)
    {
        var office = new Office(store);
        await store.AppendAsync(
            office.Event(
                office.Id,
                new OrganisationRegistered("Kanzlei Sommer", "buchhaltung@sommer.example", "de", "Europe/Berlin")),
            office.Event(
                office.Anna.Actor.Id,
                new AdministratorInvited("Anna Sommer", "anna@sommer.example", Role.Administrator, true, "de")),
            office.Event(
                office.Bernd.Actor.Id,
                new AdministratorInvited("Bernd Winter", "bernd@sommer.example", Role.Administrator, false, "de")),
            office.Event(
                office.Paul.Actor.Id,
                new AdministratorInvited("Paul Prüfer", "paul@sommer.example", Role.Auditor, false, "en")),
            office.Event(office.Krause, new CustomerRegistered("Bäckerei Krause")),
            office.Event(office.Lehmann, new CustomerRegistered("Lehmann & Söhne 100%")),
            office.Event(
                office.Dieter.Actor.Id,
                new ContactInvited(office.Krause, "Dieter Krause", "dieter@krause.example", "de")),
            office.Event(
                office.Eva.Actor.Id, new ContactInvited(office.Krause, "Eva Krause", "eva@krause.example", "en")),
            office.Event(
                office.Frank.Actor.Id,
                new ContactInvited(office.Lehmann, "Frank Lehmann", "frank@lehmann.example", "de"))
        );
        return office;
    }

    public Happened Event(Guid stream, object data, Caller? by = null) =>
        new(TenantId, stream, data, Now, by?.Actor.Participant ?? Participant.System);

    /// <summary>Appends events to one stream.</summary>
    public Task AppendAsync(Guid stream, params IEnumerable<object> data) =>
        Store.AppendAsync([.. data.Select(d => Event(stream, d))]);

    public async Task<Guid> ConverseAsync(
        Caller? by = null, Guid? customer = null, string subject = "Belege für März",
        string body = "Bitte senden Sie uns die Belege.", ConversationStatus status = ConversationStatus.Open,
        Guid? responsible = null, bool notifyAll = false)
    {
        var id = Guid.CreateVersion7();
        by ??= Anna;
        await Store.AppendAsync(
            Event(
                id,
                new ConversationCreated(
                    customer ?? by.OnlyCustomerId ?? Krause, by.Actor.Participant, subject, status, responsible,
                    notifyAll),
                by
            ),
            Event(id, new CommentAdded(Guid.CreateVersion7(), by.Actor.Participant, body, CommentVisibility.Public), by)
        );
        return id;
    }

    public async Task<Guid> CommentAsync(
        Guid conversation, Caller by, string body = "Gern.", CommentVisibility visibility = CommentVisibility.Public,
        params string[] files)
    {
        var id = Guid.CreateVersion7();
        await Store.AppendAsync(
            [Event(conversation, new CommentAdded(id, by.Actor.Participant, body, visibility), by),
            .. files.Select(f => Event(conversation, File(id, f, by), by))]);
        return id;
    }

    public Task StatusAsync(Guid conversation, ConversationStatus from, ConversationStatus to) =>
        Store.AppendAsync(
            Event(conversation, new StatusChanged(from, to, StatusChangeReason.SetByAdministrator), Anna));

    public Task ReadAsync(Caller by, Guid conversation, long position) =>
        Store.ExecuteAsync(
            """
            insert into messaging.read_markers (tenant_id, conversation_id, person_id, position, read_at)
                values ($1, $2, $3, $4, $5)
            on conflict (tenant_id, conversation_id, person_id) do update set position = excluded.position
            """,
            TenantId, conversation, by.Actor.Id, position, Now);

    public static FileAttached File(Guid commentId, string name, Caller by) =>
        new(
            Guid.CreateVersion7(), commentId, name, "application/pdf", name.Length, new string('a', 64),
            by.Actor.Participant);
}
