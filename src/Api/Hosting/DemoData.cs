using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Application.Conversations;
using Messaging.Application.Customers;
using Messaging.Application.Organisation;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Npgsql;

namespace Messaging.Api.Hosting;

/// <summary>
/// Two offices to try the product with, in Development only. They come by the same commands as everything else; their
/// ids are fixed, so that what a start did not finish the next one does.
/// </summary>
internal sealed partial class DemoData(
    CommandExecutor executor, NpgsqlDataSource database, Passwords passwords, ILogger<DemoData> logger)
{
    /// <summary>
    /// Password of every demo account. It opens nothing outside Development: <see cref="DemoOrganisations"/>.
    /// </summary>
    public const string Password = "messaging-demo";

    // The id of the last thing that is created: when it is there, all is.
    private static readonly Guid s_last = new($"{DemoOrganisations.Prefix}ffffffffffff");

    private int _next;

    // Takes a tenth of a second of a processor, which a start that finds all there need not.
    private string Hash => field ??= passwords.Hash(Password);

    /// <summary>Creates them, once.</summary>
    public async Task CreateAsync(CancellationToken cancellation)
    {
        if (await IsThereAsync(cancellation)) return;
        await CreateSommerAsync(cancellation);
        await CreateNordAsync(cancellation);
        LogCreated();
    }

    /// <summary>Whom one can sign in as.</summary>
    public static IReadOnlyList<Account> Accounts { get; } =
    [
        new("anna.sommer@kanzlei-sommer.example", "Kanzlei Sommer", "OWNER"),
        new("bernd.winter@kanzlei-sommer.example", "Kanzlei Sommer", "ADMINISTRATOR"),
        new("carla.herbst@kanzlei-sommer.example", "Kanzlei Sommer", "ADMINISTRATOR"),
        new("pruefung@kanzlei-sommer.example", "Kanzlei Sommer", "AUDITOR"),
        new("dieter.krause@baeckerei-krause.example", "Kanzlei Sommer", "CUSTOMER"),
        new("eva.lindner@studio-lindner.example", "Kanzlei Sommer", "CUSTOMER"),
        new("owner@treuhand-nord.example", "Treuhand Nord", "OWNER"),
        new("kontakt@hafen-cafe.example", "Treuhand Nord", "CUSTOMER"),
    ];

    /// <summary>The demo sign-ins, as the start prints them.</summary>
    public static string SignIns =>
        $"Demo sign-ins (password of all: {Password})\n"
        + string.Join(
            '\n',
            Accounts.Select(account =>
                $"  {account.Office,-16} {account.Email,-40} {account.Role.ToLowerInvariant()}"
            )
        );

    /// <summary>A demo account.</summary>
    /// <param name="Role">OWNER, ADMINISTRATOR, AUDITOR or CUSTOMER.</param>
    public sealed record Account(string Email, string Office, string Role);

    private async Task CreateSommerAsync(CancellationToken cancellation)
    {
        var office = await OfficeAsync(
            "Kanzlei Sommer", "buchhaltung@kanzlei-sommer.example", "Anna Sommer", "anna.sommer@kanzlei-sommer.example",
            cancellation);
        var anna = office.Owner;
        var bernd = await office.InviteAsync("Bernd Winter", "bernd.winter@kanzlei-sommer.example", Role.Administrator);
        var carla = await office.InviteAsync("Carla Herbst", "carla.herbst@kanzlei-sommer.example", Role.Administrator);
        await office.InviteAsync("Petra Prüfer", "pruefung@kanzlei-sommer.example", Role.Auditor);
        var (krause, dieter) = await office.CustomerAsync(
            "Bäckerei Krause GmbH", "Dieter Krause", "dieter.krause@baeckerei-krause.example");
        var (lindner, eva) = await office.CustomerAsync(
            "Studio Lindner", "Eva Lindner", "eva.lindner@studio-lindner.example");

        var vat = await office.ConversationAsync(
            anna,
            krause,
            "Belege für die Umsatzsteuer-Voranmeldung Oktober",
            ConversationStatus.Attention,
            bernd.Actor.Id,
            "Guten Tag Herr Krause,\n\nfür die Voranmeldung Oktober fehlen uns noch die Kassenberichte der "
                + "letzten Woche und die Rechnung der Mühle Ahrens. "
                + "Können Sie uns beides bis Freitag schicken?\n\nViele Grüße\nAnna Sommer"
        );
        await office.CommentAsync(
            dieter,
            vat,
            "Guten Morgen Frau Sommer, die Kassenberichte kommen heute Nachmittag. Die Rechnung der Mühle muss "
                + "ich erst suchen."
        );
        await office.CommentAsync(
            bernd, vat,
            "Danke, Herr Krause. Wenn die Rechnung nicht auftaucht, lassen wir uns von der Mühle eine Kopie schicken.");
        await office.CommentAsync(
            bernd, vat, "Mühle Ahrens, Frau Petersen, Durchwahl 14: schickt Kopien auf Zuruf.",
            CommentVisibility.Internal);

        var payroll = await office.ConversationAsync(
            bernd,
            krause,
            "Neue Mitarbeiterin ab 1. Dezember",
            ConversationStatus.Open,
            carla.Actor.Id,
            "Hallo Herr Krause, für die Anmeldung brauchen wir von Frau Yılmaz Steuer-ID, "
                + "Sozialversicherungsnummer und Krankenkasse."
        );
        await office.CommentAsync(
            dieter, payroll, "Steuer-ID und Krankenkasse (AOK) habe ich, die SV-Nummer bringt sie morgen mit.");

        var closing = await office.ConversationAsync(
            anna,
            krause,
            "Jahresabschluss des Vorjahres ist fertig",
            ConversationStatus.Open,
            anna.Actor.Id,
            "Guten Tag Herr Krause, der Abschluss ist fertig und liegt zur Unterschrift bereit. Passt Ihnen "
                + "Dienstag um 10 Uhr?",
            notifyAll: true
        );
        await office.CommentAsync(dieter, closing, "Dienstag passt gut, bis dann!");
        await office.StatusAsync(anna, closing, ConversationStatus.Answered);

        var logo = await office.ConversationAsync(
            carla,
            lindner,
            "Rechnung an einen Kunden in Österreich",
            ConversationStatus.Open,
            carla.Actor.Id,
            "Liebe Frau Lindner, bei Leistungen an Unternehmen in Österreich gilt das Reverse-Charge-Verfahren: "
                + "bitte ohne Umsatzsteuer, mit beiden USt-IdNr. und dem Hinweis."
        );
        await office.CommentAsync(
            eva, logo, "Vielen Dank! Kann ich die schon gestellte Rechnung einfach stornieren und neu schreiben?");
        await office.CommentAsync(
            carla, logo, "Ja, genau so: Stornorechnung mit Bezug auf die alte Nummer, dann die neue.");
        await office.StatusAsync(carla, logo, ConversationStatus.Answered);

        await office.ConversationAsync(
            anna,
            lindner,
            "Fahrtenbuch 2026",
            ConversationStatus.Attention,
            null,
            "Liebe Frau Lindner, bitte schicken Sie uns das Fahrtenbuch bis Ende November. Ohne Fahrtenbuch "
                + "müssten wir die 1-%-Regelung ansetzen."
        );
    }

    private async Task CreateNordAsync(CancellationToken cancellation)
    {
        var office = await OfficeAsync(
            "Treuhand Nord", "buchhaltung@treuhand-nord.example", "Olaf Petersen", "owner@treuhand-nord.example",
            cancellation);
        var (cafe, kontakt) = await office.CustomerAsync("Hafen-Café", "Kaja Thomsen", "kontakt@hafen-cafe.example");
        var tips = await office.ConversationAsync(
            office.Owner,
            cafe,
            "Trinkgelder der Aushilfen",
            ConversationStatus.Open,
            null,
            "Moin Frau Thomsen, Trinkgelder, die Gäste den Aushilfen direkt geben, bleiben steuerfrei. Sie "
                + "brauchen dafür nichts aufzuzeichnen."
        );
        await office.CommentAsync(kontakt, tips, "Das ist gut zu wissen, danke.");
        await office.StatusAsync(office.Owner, tips, ConversationStatus.Answered);
        var till = await office.ConversationAsync(
            office.Owner,
            cafe,
            "Neue Kasse: TSE-Zertifikat",
            ConversationStatus.Attention,
            office.Owner.Actor.Id,
            "Moin Frau Thomsen, bitte schicken Sie uns das Zertifikat der technischen Sicherheitseinrichtung "
                + "Ihrer neuen Kasse."
        );
        await office.CommentAsync(kontakt, till, "Moin! Der Händler liefert es nächste Woche nach.", id: s_last);
    }

    private async Task<bool> IsThereAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            "select exists (select from messaging.receipts where id = $1)");
        command.Parameters.Add(new() { Value = s_last });
        return (bool)(await command.ExecuteScalarAsync(cancellation))!;
    }

    private async Task<Office> OfficeAsync(
        string name, string notificationEmail, string ownerName, string ownerEmail, CancellationToken cancellation)
    {
        var (id, owner) = (NextId(), NextId());
        var system = new Caller(id.ToString(), new Actor.System());
        var office = new Office(
            this, system, new Caller(id.ToString(), new Actor.Administrator(owner, IsOwner: true)), cancellation);
        await office.RunAsync(
            new RegisterOrganisationCommand(
                system, name, notificationEmail, "de", "Europe/Berlin", owner, ownerName, ownerEmail, Hash)
        );
        return office;
    }

    private Guid NextId() => new($"{DemoOrganisations.Prefix}{++_next:x12}");

    [LoggerMessage(LogLevel.Information, "Created the demo organisations")]
    private partial void LogCreated();

    private sealed class Office(DemoData demo, Caller system, Caller owner, CancellationToken cancellation)
    {
        public Caller Owner { get; } = owner;

        public async Task<Caller> InviteAsync(string name, string email, Role role)
        {
            var id = demo.NextId();
            await RunAsync(new InviteAdministratorCommand(Owner, id, email, name, role, demo.Hash));
            return new Caller(
                system.TenantId,
                role == Role.Auditor ? new Actor.Auditor(id) : new Actor.Administrator(id, IsOwner: false));
        }

        public async Task<(Guid Customer, Caller Contact)> CustomerAsync(
            string name, string contactName, string contactEmail)
        {
            var (customer, contact) = (demo.NextId(), demo.NextId());
            await RunAsync(new RegisterCustomerCommand(Owner, customer, name));
            await RunAsync(new InviteContactCommand(Owner, contact, customer, contactEmail, contactName, demo.Hash));
            return (customer, new Caller(system.TenantId, new Actor.Contact(contact, customer)));
        }

        public async Task<Guid> ConversationAsync(
            Caller author, Guid customer, string subject, ConversationStatus status, Guid? responsible, string body,
            bool notifyAll = false)
        {
            var id = demo.NextId();
            await RunAsync(
                new CreateConversationCommand(author, id, customer, subject, body, status, responsible, notifyAll, []));
            return id;
        }

        public Task CommentAsync(
            Caller author,
            Guid conversation,
            string body,
            CommentVisibility visibility = CommentVisibility.Public,
            Guid? id = null
        ) => RunAsync(new AddCommentCommand(author, id ?? demo.NextId(), conversation, body, visibility, []));

        public Task StatusAsync(Caller author, Guid conversation, ConversationStatus status) =>
            RunAsync(new ChangeStatusCommand(author, [conversation], status, null));

        public async Task RunAsync(Command command)
        {
            if ((await demo.Executor.ExecuteAsync(command, cancellation)).Refusal is { } refusal)
                throw new InvalidOperationException($"The demo data was refused: {refusal}");
        }
    }

    private CommandExecutor Executor => executor;
}
