using System.Globalization;
using Messaging.Application.Notifications;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Messaging.Domain.History;
using Messaging.Domain.Organisation;
using Messaging.Projections.History;

namespace Messaging.Api.GraphQL.History;

/// <summary>The kinds of names that a sentence on an event has in it.</summary>
internal enum NameKind
{
    /// <summary>The name of a person of the office.</summary>
    Administrator,

    /// <summary>The name of a contact.</summary>
    Contact,

    /// <summary>The name of a customer.</summary>
    Customer,

    /// <summary>The subject of a conversation.</summary>
    Conversation,

    /// <summary>The name of a file.</summary>
    File,

    /// <summary>The name that something had before the event.</summary>
    NameBefore,

    /// <summary>The registered address of the office before the event.</summary>
    AddressBefore,
}

/// <summary>A name that a sentence needs, and the event does not hold.</summary>
/// <param name="Id">Whose.</param>
internal readonly record struct SummaryName(NameKind Kind, Guid Id);

/// <summary>Events as sentences, which name whom and what they are about.</summary>
/// <param name="stream">The conversation, customer, person or organisation that an event is of.</param>
/// <param name="locale">The language: German where it is <c>de</c>, else English.</param>
/// <param name="nameOf">Finds names; null of one that is not to be known.</param>
internal sealed class EventSummary(Guid stream, string locale, Func<SummaryName, string?> nameOf)
{
    // A sentence stays one, whoever is in it.
    private const int MostNames = 3;

    // Somebody or something that is not there for the viewer.
    private const string Unknown = "…";

    private readonly bool _german = locale == "de";

    /// <summary>The names that the sentence on an event needs.</summary>
    public static IReadOnlyList<SummaryName> NamesIn(object @event, Guid stream)
    {
        var names = new HashSet<SummaryName>();
        new EventSummary(stream, "en", name =>
        {
            names.Add(name);
            return null;
        }).Of(@event);
        return [.. names];
    }

    /// <summary>The event as a sentence.</summary>
    public string Of(object @event) => @event switch
    {
        ConversationEvent e => OfConversation(e),
        OrganisationEvent e => OfOrganisation(e),
        CustomerEvent e => OfCustomer(e, Customer(stream)),
        AdministratorEvent e => OfPerson(e, OfOffice(stream)),
        ContactEvent e => OfPerson(e, Named(NameKind.Contact, stream)),
        AccessEvent e => OfAccess(e),
        UnknownEvent e => Say($"Ereignis „{e.Type}“ einer anderen Version", $"Event “{e.Type}” of another version"),
        _ => throw new UnknownEventException(@event),
    };

    private string OfConversation(ConversationEvent @event) => @event switch
    {
        ConversationCreated e => Say(
            $"Gespräch „{e.Subject}“ mit Status {Name(e.Status)} begonnen",
            $"Started conversation “{e.Subject}” with status {Name(e.Status)}"),
        CommentAdded { Visibility: CommentVisibility.Internal, Mentions: { IsEmpty: false } mentions } =>
            Say(
                $"Interne Notiz an {Names(NameKind.Administrator, mentions)} geschrieben",
                $"Wrote an internal note to {Names(NameKind.Administrator, mentions)}"),
        CommentAdded { Visibility: CommentVisibility.Internal } => Say(
            "Interne Notiz geschrieben", "Wrote an internal note"),
        CommentAdded { Body: "" } => Say("Dateien ohne Text geschickt", "Sent files without a text"),
        CommentAdded => Say("Kommentar geschrieben", "Wrote a comment"),
        FileAttached e => Say($"Datei „{e.Name}“ angehängt", $"Attached file “{e.Name}”"),
        StatusChanged { Reason: StatusChangeReason.CustomerReplied } e => Say(
            $"Status von {Name(e.From)} auf {Name(e.To)} geändert, weil der Kunde geantwortet hat",
            $"Changed status from {Name(e.From)} to {Name(e.To)} because the customer replied"),
        StatusChanged e => Say(
            $"Status von {Name(e.From)} auf {Name(e.To)} geändert",
            $"Changed status from {Name(e.From)} to {Name(e.To)}"),
        AdministratorAssigned e => Say(
            $"Zuständigkeit an {OfOffice(e.AdministratorId)} übergeben",
            $"Made {OfOffice(e.AdministratorId)} responsible"),
        AdministratorUnassigned e => Say(
            $"Zuständigkeit von {OfOffice(e.AdministratorId)} aufgehoben",
            $"Made {OfOffice(e.AdministratorId)} no longer responsible"),
        ConversationTagged e => Say($"Schlagwort „{e.Tag}“ vergeben", $"Added the tag “{e.Tag}”"),
        ConversationUntagged e => Say($"Schlagwort „{e.Tag}“ entfernt", $"Removed the tag “{e.Tag}”"),
        AdminsNotified => Say("Alle Administratoren benachrichtigt", "Notified every administrator"),
        _ => throw new UnknownEventException(@event),
    };

    private string OfOrganisation(OrganisationEvent @event) => @event switch
    {
        OrganisationRegistered e => Say($"Kanzlei „{e.Name}“ eingerichtet", $"Set up the office “{e.Name}”"),
        OrganisationRenamed e => Renamed(Before(NameKind.NameBefore), e.Name, "Kanzlei", "the office"),
        NotificationEmailRegistered e => Before(NameKind.AddressBefore) is { } before
            ? Say(
                $"Registrierte Adresse von {before} auf {e.Email} geändert",
                $"Changed the registered address from {before} to {e.Email}")
            : Say(
                $"Registrierte Adresse auf {e.Email} geändert", $"Changed the registered address to {e.Email}"),
        LocaleChosen e => Say(
            $"Sprache der Kanzlei auf {Language(e.Locale)} geändert",
            $"Changed the office's language to {Language(e.Locale)}"),
        TimeZoneChosen e => Say(
            $"Zeitzone der Kanzlei auf {e.TimeZone} geändert", $"Changed the office's time zone to {e.TimeZone}"),
        CustomerConversationsAllowed => Say(
            "Kunden erlaubt, Gespräche zu beginnen", "Allowed customers to start conversations"),
        CustomerConversationsDisallowed => Say(
            "Kunden nicht mehr erlaubt, Gespräche zu beginnen", "No longer allowed customers to start conversations"),
        AnsweredTold => Say(
            "Mitteilung an Kunden eingeschaltet, dass ein Gespräch beantwortet ist",
            "Turned on telling customers that a conversation is answered"),
        AnsweredNoLongerTold => Say(
            "Mitteilung an Kunden ausgeschaltet, dass ein Gespräch beantwortet ist",
            "Turned off telling customers that a conversation is answered"),
        MailContentChosen e => Say(
            $"Inhalt von E-Mails geändert: {Name(e.Content)}", $"Changed the content of mails: {Name(e.Content)}"),
        SecondFactorRequired e => Say(
            $"Zweiten Faktor verlangt ab {Instant(e.From)}", $"Required a second factor from {Instant(e.From)}"),
        SecondFactorNoLongerRequired => Say(
            "Zweiten Faktor nicht mehr verlangt", "No longer required a second factor"),
        Exported { CustomerId: { } customer } e => Say(
            $"Archiv zu {Customer(customer)} ausgeleitet{DaysOf(e)}",
            $"Took the archive of {Customer(customer)} out{DaysOf(e)}"),
        Exported e => Say(
            $"Archiv der ersten {Number(e.TreeSize)} Ereignisse ausgeleitet",
            $"Took the archive of the first {Number(e.TreeSize)} events out"),
        CalendarChanged e => Say(
            $"Geschäftszeit ab {Date(e.From)} geändert: {Hours(e)}",
            $"Changed business time from {Date(e.From)}: {Hours(e)}"),
        RetentionChanged e => Say(
            $"Aufbewahrung geändert: {e.MandateYears} Jahre nach dem Mandat, {e.CommentYears} nach der letzten "
                + $"Nachricht, {e.FileYears} nach der letzten Datei",
            $"Changed retention: {e.MandateYears} years after the mandate, {e.CommentYears} after the last comment, "
                + $"{e.FileYears} after the last file"),
        RetentionChecked e => Say(
            $"Aufbewahrung zum {Date(e.On)} geprüft: {e.Due} von {e.Customers} Kunden müssen nicht mehr aufbewahrt "
                + "werden",
            $"Checked retention as of {Date(e.On)}: {e.Due} of {e.Customers} customers need not be kept any more"),
        PersonalTimesHidden => Say("Zeiten je Person ausgeblendet", "Hid the times of each person"),
        PersonalTimesShown => Say("Zeiten je Person eingeblendet", "Showed the times of each person"),
        OrganisationDeactivated => Say("Zugang der Kanzlei beendet", "Ended the office's access"),
        OrganisationReactivated => Say("Zugang der Kanzlei wiederhergestellt", "Restored the office's access"),
        _ => throw new UnknownEventException(@event),
    };

    private string OfCustomer(CustomerEvent @event, string customer) => @event switch
    {
        CustomerRegistered e => Say($"Kunde „{e.Name}“ angelegt", $"Registered customer “{e.Name}”"),
        CustomerRenamed e => Renamed(Before(NameKind.NameBefore), e.Name, "Kunde", "the customer"),
        CustomerNumbered { Number: null } => Say(
            $"Nummer von {customer} entfernt", $"Removed the number of {customer}"),
        CustomerNumbered e => Say(
            $"Nummer von {customer} auf {e.Number} geändert", $"Changed the number of {customer} to {e.Number}"),
        CustomerNoted { Notes: null } => Say(
            $"Notizen zu {customer} entfernt", $"Removed the notes on {customer}"),
        CustomerNoted => Say($"Notizen zu {customer} geändert", $"Changed the notes on {customer}"),
        CustomerTagged e => Say(
            $"Schlagwort „{e.Tag}“ an {customer} vergeben", $"Added the tag “{e.Tag}” to {customer}"),
        CustomerUntagged e => Say(
            $"Schlagwort „{e.Tag}“ von {customer} entfernt", $"Removed the tag “{e.Tag}” from {customer}"),
        DefaultAdministratorAssigned { AdministratorId: { } id } =>
            Say(
                $"Neue Gespräche mit {customer} an {OfOffice(id)} gegeben",
                $"Gave new conversations with {customer} to {OfOffice(id)}"),
        DefaultAdministratorAssigned => Say(
            $"Neue Gespräche mit {customer} an niemanden gegeben", $"Gave new conversations with {customer} to nobody"),
        CustomerEnded e => Say(
            $"Mandat von {customer} zum {Date(e.On)} beendet", $"Ended the mandate of {customer} on {Date(e.On)}"),
        CustomerResumed => Say(
            $"Mandat von {customer} wieder aufgenommen", $"Resumed the mandate of {customer}"),
        CustomerMailContentWithheld => Say(
            $"E-Mails über {customer} auf solche ohne Inhalt umgestellt",
            $"Withheld the content of mails on {customer}"),
        CustomerMailContentReleased => Say(
            $"E-Mails über {customer} wieder mit Inhalt verschickt", $"Released the content of mails on {customer}"),
        CustomerHeld e => Say(
            $"Löschsperre für {customer} gesetzt: {e.Reason}", $"Put a legal hold on {customer}: {e.Reason}"),
        CustomerReleased => Say(
            $"Löschsperre für {customer} aufgehoben", $"Took the legal hold off {customer}"),
        _ => throw new UnknownEventException(@event),
    };

    private string OfPerson(PersonEvent @event, string who) => @event switch
    {
        AdministratorInvited e => Say(
            $"{e.DisplayName} als {Name(e.Role, e.IsOwner)} eingeladen",
            $"Invited {e.DisplayName} as {Name(e.Role, e.IsOwner)}"),
        ServiceAccountCreated e => Say(
            $"Dienstkonto „{e.DisplayName}“ als {Name(e.Role, false)} angelegt",
            $"Created the service account “{e.DisplayName}” as {Name(e.Role, false)}"),
        ContactInvited e => Say(
            $"{e.DisplayName} von {Customer(e.CustomerId)} eingeladen",
            $"Invited {e.DisplayName} of {Customer(e.CustomerId)}"),
        ContactAdded e => Say(
            $"{e.DisplayName} von {Customer(e.CustomerId)} eingetragen",
            $"Entered {e.DisplayName} of {Customer(e.CustomerId)}"),
        PersonEvent.IJoined => Say($"{who} ist beigetreten", $"{who} has joined"),
        PersonEvent.IInvitedAgain => Say($"{who} erneut eingeladen", $"Invited {who} again"),
        PersonEvent.IPasswordResetAsked => Say(
            $"Link für ein neues Passwort an {who} geschickt", $"Sent {who} a link for another password"),
        PersonEvent.IEmailChangeAsked e => Say(
            $"Änderung der Adresse von {who} begonnen: {e.Before} auf {e.Email}",
            $"Began to change the address of {who} from {e.Before} to {e.Email}"),
        PersonEvent.IEmailChangeWithdrawn => Say(
            $"Änderung der Adresse von {who} zurückgenommen", $"Withdrew the change of the address of {who}"),
        PersonEvent.IEmailChanged e => Say(
            $"Adresse von {who} von {e.Before} auf {e.Email} geändert",
            $"Changed the address of {who} from {e.Before} to {e.Email}"),
        PersonEvent.IRenamed e => Renamed(Before(NameKind.NameBefore), e.DisplayName, "Person", "the person"),
        PersonEvent.ILocaleChosen e => Say(
            $"Sprache von {who} auf {Language(e.Locale)} geändert",
            $"Changed the language of {who} to {Language(e.Locale)}"),
        PersonEvent.IPasswordChanged => Say($"Passwort von {who} geändert", $"Changed the password of {who}"),
        PersonEvent.ISecondFactorChanged e => Say(
            $"Zweiter Faktor von {who}: {Name(e.Change)}", $"Second factor of {who}: {Name(e.Change)}"),
        AdministratorInvitationWithdrawn or ContactInvitationWithdrawn => Say(
            $"Einladung von {who} zurückgenommen", $"Withdrew the invitation of {who}"),
        PersonEvent.IDeactivated => Say($"{who} deaktiviert", $"Deactivated {who}"),
        PersonEvent.IRestricted => Say($"Daten von {who} eingeschränkt", $"Restricted the data of {who}"),
        PersonEvent.IRestrictionLifted => Say(
            $"Einschränkung der Daten von {who} aufgehoben", $"Lifted the restriction of the data of {who}"),
        PersonEvent.IErased => Say($"Daten von {who} gelöscht", $"Erased the data of {who}"),
        PersonEvent.IReactivated => Say($"{who} wieder aufgenommen", $"Reactivated {who}"),
        AdministratorRoleChanged e => Say(
            $"Rolle von {who} geändert: {Name(e.Role, e.IsOwner)}",
            $"Changed the role of {who} to {Name(e.Role, e.IsOwner)}"),
        AdministratorLimited e => Say(
            $"{who} auf Kunden beschränkt: {Given(e)}", $"Limited {who} to customers: {Given(e)}"),
        AdministratorUnlimited => Say($"{who} Zugriff auf alle Kunden gegeben", $"Gave {who} access to all customers"),
        AuditorScoped e => Say($"Zugang von {who} {Scope(e)}", $"The access of {who} {Scope(e)}"),
        AdministratorAway { DeputyId: { } id } e => Say(
            $"{who} ist vom {Date(e.From)} bis zum {Date(e.To)} abwesend, Vertretung: {OfOffice(id)}",
            $"{who} is away from {Date(e.From)} to {Date(e.To)}, deputy: {OfOffice(id)}"),
        AdministratorAway e => Say(
            $"{who} ist vom {Date(e.From)} bis zum {Date(e.To)} abwesend",
            $"{who} is away from {Date(e.From)} to {Date(e.To)}"),
        AdministratorBack => Say($"Abwesenheit von {who} aufgehoben", $"{who} is not away any more"),
        ContactTopicsGiven { Topics.IsEmpty: true } => Say(
            $"{who} Zugriff auf alle Themen gegeben", $"Gave {who} access to all topics"),
        ContactTopicsGiven e => Say(
            $"{who} auf Themen beschränkt: {string.Join(", ", e.Topics)}",
            $"Limited {who} to topics: {string.Join(", ", e.Topics)}"),
        _ => throw new UnknownEventException(@event),
    };

    private string OfAccess(AccessEvent @event) => @event switch
    {
        SignedIn { Proof: AccessProof.Password } e => Say(
            $"{Of(e.About)} hat sich angemeldet", $"{Of(e.About)} signed in"),
        SignedIn e => Say(
            $"{Of(e.About)} hat sich angemeldet ({Name(e.Proof)})", $"{Of(e.About)} signed in ({Name(e.Proof)})"),
        SignInFailed { Attempts: 1 } e => Say(
            $"Anmeldung als {Of(e.About)} fehlgeschlagen: {Name(e.Step)}",
            $"A sign-in as {Of(e.About)} failed: {Name(e.Step)}"),
        SignInFailed e => Say(
            $"{e.Attempts} Anmeldungen als {Of(e.About)} fehlgeschlagen, zuletzt: {Name(e.Step)}",
            $"{e.Attempts} sign-ins as {Of(e.About)} failed, the last one: {Name(e.Step)}"),
        FileDownloaded { About.Kind: AccessSubjectKind.Conversation } e => Say(
            $"Datei „{Named(NameKind.File, e.FileId)}“ aus {Of(e.About)} heruntergeladen",
            $"Downloaded file “{Named(NameKind.File, e.FileId)}” of {Of(e.About)}"),
        FileDownloaded => Say(
            "Eigene Datei heruntergeladen, die noch in keinem Gespräch war",
            "Downloaded their own file, which was in no conversation yet"),
        FileDamaged { About.Kind: AccessSubjectKind.Conversation } e => Say(
            $"Datei „{Named(NameKind.File, e.FileId)}“ aus {Of(e.About)} ist nicht mehr, was angehängt wurde",
            $"File “{Named(NameKind.File, e.FileId)}” of {Of(e.About)} is no longer what was attached"),
        FileDamaged e => Say(
            $"Eine Datei von {Of(e.About)}, die noch in keinem Gespräch war, ist nicht mehr, was hochgeladen wurde",
            $"A file of {Of(e.About)} that was in no conversation yet is no longer what was uploaded"),
        NotificationPreferencesChosen e => Say(
            $"Benachrichtigungen von {Of(e.About)} geändert", $"Changed the notifications of {Of(e.About)}"),
        MailSent e => Say(
            $"E-Mail an {Of(e.About)} verschickt: {Mail(e.Kind)}", $"Sent a mail to {Of(e.About)}: {Mail(e.Kind)}"),
        MailPerhapsSent e => Say(
            $"E-Mail an {Of(e.About)} vielleicht verschickt: {Mail(e.Kind)}",
            $"Perhaps sent a mail to {Of(e.About)}: {Mail(e.Kind)}"),
        MailFailed e => Say(
            $"E-Mail an {Of(e.About)} nicht zustellbar: {Mail(e.Kind)}",
            $"A mail to {Of(e.About)} could not be delivered: {Mail(e.Kind)}"),
        PersonReported e => Say($"Auskunft über {Of(e.About)} erstellt", $"Made a report on {Of(e.About)}"),
        CheckpointKeyChanged => Say("Schlüssel der Prüfpunkte gewechselt", "Changed the key of the checkpoints"),
        ConversationOpened e => Say($"{Of(e.About)} geöffnet", $"Opened {Of(e.About)}"),
        _ => throw new UnknownEventException(@event),
    };

    private string Of(AccessSubject about) => about.Kind switch
    {
        AccessSubjectKind.Conversation => Say(
            $"Gespräch „{Named(NameKind.Conversation, about.Id)}“",
            $"conversation “{Named(NameKind.Conversation, about.Id)}”"),
        AccessSubjectKind.Customer => Customer(about.Id),
        AccessSubjectKind.Contact => Named(NameKind.Contact, about.Id),
        AccessSubjectKind.Administrator => OfOffice(about.Id),
        AccessSubjectKind.Organisation => Say("die Kanzlei", "the office"),
    };

    private string Say(string german, string english) => _german ? german : english;

    private string Renamed(string? before, string name, string german, string english) =>
        before is null
            ? Say($"{german} in „{name}“ umbenannt", $"Renamed {english} to “{name}”")
            : Say($"„{before}“ in „{name}“ umbenannt", $"Renamed “{before}” to “{name}”");

    private string? Before(NameKind kind) => nameOf(new SummaryName(kind, stream));

    private string Named(NameKind kind, Guid id) => nameOf(new SummaryName(kind, id)) ?? Unknown;

    private string OfOffice(Guid id) => Named(NameKind.Administrator, id);

    // The days that an archive is of, and that it has no notes.
    private string DaysOf(Exported e) =>
        (e.From is { } from ? Say($" ab {Date(from)}", $" from {Date(from)}") : "")
            + (e.To is { } to ? Say($" bis {Date(to)}", $" to {Date(to)}") : "")
            + (e.WithNotes ? "" : Say(", ohne interne Notizen", ", without internal notes"));

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private string Customer(Guid id) => Named(NameKind.Customer, id);

    private string Names(NameKind kind, IReadOnlyCollection<Guid> ids)
    {
        var names = ids.Take(MostNames).Select(id => nameOf(new SummaryName(kind, id))).OfType<string>().ToList();
        var more = ids.Count - names.Count;
        if (more > 0) names.Add(Say($"{more} weitere", $"{more} more"));
        return string.Join(", ", names);
    }

    private string Given(AdministratorLimited limited)
    {
        var parts = new List<string>();
        if (!limited.CustomerIds.IsEmpty) parts.Add(Names(NameKind.Customer, limited.CustomerIds));
        if (!limited.Tags.IsEmpty) parts.Add(Say("Schlagwörter ", "tags ") + string.Join(", ", limited.Tags));
        return string.Join("; ", parts);
    }

    private string Scope(AuditorScoped scoped) =>
        (scoped.Until is { } until
            ? Say($"endet am {Instant(until)}", $"ends on {Instant(until)}")
            : Say("endet nicht von selbst", "does not end by itself"))
        + (scoped.From is { } from ? Say($", ab {Instant(from)}", $", from {Instant(from)}") : "")
        + (scoped.To is { } to ? Say($", bis {Instant(to)}", $", to {Instant(to)}") : "")
        + (scoped.WithNotes ? "" : Say(", ohne interne Notizen", ", without internal notes"));

    private string Date(DateOnly day) =>
        day.ToString(Say("dd.MM.yyyy", "yyyy-MM-dd"), CultureInfo.InvariantCulture);

    private string Instant(DateTimeOffset at) =>
        at.ToUniversalTime().ToString(Say("dd.MM.yyyy, HH:mm", "yyyy-MM-dd HH:mm"), CultureInfo.InvariantCulture)
            + " UTC";

    private string Language(string code) => code == "de" ? Say("Deutsch", "German") : Say("Englisch", "English");

    private string Name(Role role, bool isOwner) => (role, isOwner) switch
    {
        (_, true) => Say("Inhaber/in", "owner"),
        (Role.Auditor, _) => Say("Prüfer/in", "auditor"),
        (Role.Administrator, _) => Say("Administrator/in", "administrator"),
        (Role.Customer, _) => Say("Kunde", "customer"),
    };

    private string Name(MailContent content) => content switch
    {
        MailContent.Full => Say("alle mit Inhalt", "all have it"),
        MailContent.RegisteredAddressOnly => Say(
            "nur die an die registrierte Adresse mit Inhalt", "only those to the registered address have it"),
        MailContent.None => Say("keine mit Inhalt", "none have it"),
    };

    private string Hours(CalendarChanged changed)
    {
        var days = changed.Hours.OrderBy(h => h.Day).Select(
            h => $"{Name(h.Day)} {OfficeHours.TimeOf(h.Opens)}–{OfficeHours.TimeOf(h.Closes)}");
        var parts = new List<string> { string.Join(", ", days) };
        if (changed.Land is { } land) parts.Add(Say("Feiertage: ", "holidays: ") + Name(land));
        if (changed.DaysOff.Length > 0)
            parts.Add(Say($"eigene freie Tage: {changed.DaysOff.Length}", $"own days off: {changed.DaysOff.Length}"));
        return string.Join("; ", parts);
    }

    private string Name(Weekday day) => day switch
    {
        Weekday.Monday => Say("Mo", "Mon"),
        Weekday.Tuesday => Say("Di", "Tue"),
        Weekday.Wednesday => Say("Mi", "Wed"),
        Weekday.Thursday => Say("Do", "Thu"),
        Weekday.Friday => Say("Fr", "Fri"),
        Weekday.Saturday => Say("Sa", "Sat"),
        Weekday.Sunday => Say("So", "Sun"),
    };

    private static string Name(Land land) => land switch
    {
        Land.BadenWuerttemberg => "Baden-Württemberg",
        Land.MecklenburgVorpommern => "Mecklenburg-Vorpommern",
        Land.NordrheinWestfalen => "Nordrhein-Westfalen",
        Land.RheinlandPfalz => "Rheinland-Pfalz",
        Land.SachsenAnhalt => "Sachsen-Anhalt",
        Land.SchleswigHolstein => "Schleswig-Holstein",
        Land.Thueringen => "Thüringen",
        _ => land.ToString(),
    };

    private string Name(SecondFactorChange change) => change switch
    {
        SecondFactorChange.AuthenticatorAdded => Say("App hinzugefügt", "added an app"),
        SecondFactorChange.AuthenticatorRemoved => Say("App entfernt", "removed the app"),
        SecondFactorChange.PasskeyAdded => Say("Passkey hinzugefügt", "added a passkey"),
        SecondFactorChange.PasskeyRemoved => Say("Passkey entfernt", "removed a passkey"),
        SecondFactorChange.RecoveryCodesMade => Say("neue Ersatzcodes erzeugt", "made recovery codes"),
        SecondFactorChange.RecoveryCodeUsed => Say("Ersatzcode verwendet", "used a recovery code"),
        SecondFactorChange.Reset => Say("zurückgesetzt", "reset"),
    };

    private string Name(AccessProof proof) => proof switch
    {
        AccessProof.Password => Say("Passwort", "password"),
        AccessProof.Authenticator => Say("Passwort und App", "password and app"),
        AccessProof.Passkey => Say("Passkey", "passkey"),
        AccessProof.RecoveryCode => Say("Passwort und Ersatzcode", "password and recovery code"),
        AccessProof.Issuer => Say("Anmeldedienst", "issuer"),
    };

    private string Name(AccessStep step) => step switch
    {
        AccessStep.Password => Say("falsches Passwort", "wrong password"),
        AccessStep.SecondFactor => Say("falscher zweiter Faktor", "wrong second factor"),
    };

    private string Mail(string kind) => Enum.TryParse<DeliveryKind>(kind, out var known) ? Name(known) : kind;

    private string Name(DeliveryKind kind) => kind switch
    {
        DeliveryKind.ConversationCreated => Say("neues Gespräch", "new conversation"),
        DeliveryKind.CustomerCommented or DeliveryKind.AdministratorCommented => Say("neuer Kommentar", "new comment"),
        DeliveryKind.AdministratorsNotified => Say(
            "Benachrichtigung aller Administratoren", "every administrator notified"),
        DeliveryKind.Assigned => Say("Zuständigkeit", "made responsible"),
        DeliveryKind.StatusChanged => Say("neuer Status", "new status"),
        DeliveryKind.Invitation => Say("Einladung", "invitation"),
        DeliveryKind.PasswordReset => Say("Link für ein neues Passwort", "link for another password"),
        DeliveryKind.PasswordChanged => Say("Passwort geändert", "password changed"),
        DeliveryKind.SecondFactorChanged => Say("zweiter Faktor geändert", "second factor changed"),
        DeliveryKind.EmailChange => Say("Bestätigung einer neuen Adresse", "confirmation of another address"),
        DeliveryKind.EmailChangeAsked => Say("neue Adresse beantragt", "another address asked for"),
        DeliveryKind.EmailChanged => Say("neue Adresse", "another address"),
        DeliveryKind.WeeklyReport => Say("Wochenbericht", "weekly report"),
        DeliveryKind.Checkpoint => Say("Prüfpunkt", "checkpoint"),
    };

    private string Name(ConversationStatus status) => status switch
    {
        ConversationStatus.Open => Say("offen", "open"),
        ConversationStatus.Attention => Say("aufmerksam", "attention"),
        ConversationStatus.Answered => Say("beantwortet", "answered"),
    };
}
