using System.Globalization;
using Messaging.Domain.Accounts;
using Messaging.Domain.Conversations;

namespace Messaging.Application.History;

/// <summary>
/// The pages of an archive: read with any browser, for as long as there are any. They have no scripts and load nothing,
/// and what people wrote is text in them. In German, as the office's obligation is.
/// </summary>
internal static class ExportPages
{
    private const string Style =
        """
        body{font-family:system-ui,sans-serif;line-height:1.45;max-width:60rem;margin:2rem auto;padding:0 1rem;
        color:#1b1b1b}
        table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;
        padding:.25rem .6rem .25rem 0;border-bottom:1px solid #ccc}
        article{border-left:4px solid #2b5c8a;padding:.1rem 0 .1rem .8rem;margin:1rem 0}
        article.note{border-color:#b26a00;background:#fff6e5}.text{white-space:pre-wrap;overflow-wrap:anywhere;
        unicode-bidi:isolate}.small{color:#555;font-size:.9rem}
        """;

    /// <summary>The beginning of a page.</summary>
    public static string Begin(string title) =>
        "<!DOCTYPE html>\n<html lang=\"de\">\n<head>\n<meta charset=\"utf-8\">\n"
            + "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
            + "style-src 'unsafe-inline'\">\n"
            + "<meta name=\"viewport\" content=\"width=device-width\">\n"
            + $"<title>{ExportText.Escape(title)}</title>\n<style>\n{Style}\n</style>\n</head>\n<body>\n";

    /// <summary>The end of a page.</summary>
    public const string End = "</body>\n</html>\n";

    /// <summary>The beginning of a conversation's page.</summary>
    public static string Conversation(ExportSource source, ExportedEvent begun)
    {
        var created = (ConversationCreated)begun.Data;
        return Begin(created.Subject ?? "") + $"<p><a href=\"../index.html\">{Wrapped(source.Office.Name)}</a></p>\n"
            + $"<h1>{Wrapped(created.Subject)}</h1>\n<p>Mandant: "
            + $"{Wrapped(source.Names.Of(created.CustomerId, begun.Index))}<br>Begonnen von "
            + $"{Wrapped(source.Names.Of(created.CreatedBy.Id, begun.Index))}, {At(source, begun)}<br>"
            + $"Status zu Beginn: {ExportTables.Status(created.Status)}; zuständig: "
            + $"{Somebody(source, created.ResponsibleAdministratorId, begun.Index)}</p>\n"
            + $"<p class=\"small\">Gespräch {begun.Stored.StreamId}. Zeiten in {ExportText.Escape(source.Zone.Id)}. "
            + "Nummern sind die Plätze der Ereignisse im Protokoll.</p>\n";
    }

    /// <summary>What one event adds to it.</summary>
    public static string Happening(ExportSource source, ExportedEvent e) => e.Data switch
    {
        ConversationCreated => "",
        CommentAdded c => Comment(source, e, c),
        FileAttached { Sha256: Erasure.Sha256 } => Line(source, e, "Datei (gelöscht)"),
        FileAttached f => Line(
            source, e,
            $"Datei <a href=\"../files/{ExportText.Escape(f.Sha256)}\" download=\"{ExportText.Escape(f.Name)}\">"
                + $"{Wrapped(f.Name)}</a> ({f.Size.ToString(CultureInfo.InvariantCulture)} Bytes, "
                + $"{ExportText.Escape(f.MediaType)})"),
        StatusChanged s => Line(
            source, e, $"Status: {ExportTables.Status(s.From)} → {ExportTables.Status(s.To)}"),
        AdministratorAssigned a => Line(
            source, e, $"Zuständig: {Wrapped(source.Names.Of(a.AdministratorId, e.Index))}"),
        AdministratorUnassigned a => Line(
            source, e, $"Nicht mehr zuständig: {Wrapped(source.Names.Of(a.AdministratorId, e.Index))}"),
        AdminsNotified => Line(source, e, "Alle Administratoren wurden benachrichtigt"),
        ConversationTagged t => Line(source, e, $"Schlagwort: {Wrapped(t.Tag)}"),
        ConversationUntagged t => Line(source, e, $"Schlagwort entfernt: {Wrapped(t.Tag)}"),
        _ => Line(source, e, ExportText.Escape(e.Stored.Type)),
    };

    /// <summary>The beginning of the first page.</summary>
    public static string Index(ExportSource source, string checkpoint) =>
        Begin($"Archiv: {source.Office.Name}") + $"<h1>Archiv: {Wrapped(source.Office.Name)}</h1>\n"
            + $"<p>{Extent(source)}</p>\n<ul>\n"
            + "<li><a href=\"gobd/index.xml\">gobd/index.xml</a>: Beschreibung der Tabellen für Prüfsoftware "
            + "(Z3)</li>\n"
            + (source.Scope is null
                ? "<li><a href=\"verfahrensdokumentation-anhang.html\">Anhang zur Verfahrensdokumentation</a></li>\n"
                : "")
            + "<li><a href=\"events.ndjson\">events.ndjson</a>: alle Ereignisse, wie sie gespeichert sind</li>\n"
            + "<li><a href=\"manifest.json\">manifest.json</a>, <a href=\"SHA256SUMS\">SHA256SUMS</a>: was zum Archiv "
            + "gehört, mit Prüfsummen</li>\n</ul>\n"
            + "<p>Geprüft wird das Archiv mit <code>dotnet Messaging.Api.dll verify</code> und seinem Ordner, "
            + "oder ohne das Programm mit <code>node verify.mjs</code>. Unterschrieben ist:</p>\n"
            + $"<pre>{ExportText.Escape(checkpoint)}</pre>\n"
            + "<table>\n<thead><tr><th>Begonnen</th><th>Mandant</th><th>Gespräch</th></tr></thead>\n<tbody>\n";

    /// <summary>A row of the first page.</summary>
    public static string IndexRow(ExportSource source, ExportedEvent begun)
    {
        var created = (ConversationCreated)begun.Data;
        return $"<tr><td>{ExportText.Day(begun.Stored.At, source.Zone)}</td><td>"
            + $"{Wrapped(source.Names.Of(created.CustomerId, source.Size))}</td><td>"
            + $"<a href=\"conversations/{begun.Stored.StreamId}.html\">{Wrapped(created.Subject)}</a></td></tr>\n";
    }

    /// <summary>
    /// The annex of the office's procedural documentation: what this installation is, by what its events say.
    /// </summary>
    public static async Task WriteAnnexAsync(
        ExportSource source, string version, TextWriter page, CancellationToken cancellation)
    {
        await page.WriteAsync(
            Begin("Anhang zur Verfahrensdokumentation") + "<h1>Anhang zur Verfahrensdokumentation</h1>\n"
                + $"<p>{Wrapped(source.Office.Name)}<br>Programmversion der Ausleitung: {ExportText.Escape(version)}"
                + "<br>"
                + $"{Extent(source)}</p>\n<h2>Einstellungen</h2>\n<table>\n<tbody>\n");
        foreach (var (name, value) in (IEnumerable<(string, string)>)
            [
                ("Name", source.Office.Name), ("Registrierte Adresse", source.Office.NotificationEmail),
                ("Sprache", source.Office.Locale), ("Zeitzone", source.Office.TimeZone),
                ("Mandanten beginnen Gespräche", ExportText.YesOrNo(source.Office.CustomersMayStartConversations)),
                (
                    "Mandanten erfahren, dass beantwortet ist",
                    ExportText.YesOrNo(source.Office.CustomersAreToldAnswered)),
                ("Inhalt in E-Mails", source.Office.MailContent.ToString()),
                ("Aufbewahrung nach dem Ende des Mandats", Years(source.Office.Retention.Mandate)),
                ("Aufbewahrung nach der letzten Nachricht", Years(source.Office.Retention.Comment)),
                ("Aufbewahrung nach der letzten Datei", Years(source.Office.Retention.File)),
                (
                    "Zweiter Faktor verlangt ab",
                    source.Office.SecondFactorRequiredFrom is { } from ? ExportText.Moment(from, source.Zone) : "nein"),
            ])
            await page.WriteAsync(Cells(name, value));
        await page.WriteAsync(
            "</tbody>\n</table>\n<h2>Wie die Einstellungen wurden</h2>\n<table>\n<thead><tr><th>Tag</th>"
                + "<th>Uhrzeit</th><th>Ereignis</th><th>Wert</th><th>Durch</th></tr></thead>\n<tbody>\n");
        await foreach (var row in ExportTables.SettingsAsync(source, cancellation))
            await page.WriteAsync(Cells(row[1], row[2], row[4], row[5], row[7]));
        await page.WriteAsync(
            "</tbody>\n</table>\n<h2>Rollen</h2>\n<table>\n<tbody>\n"
                + Cells("Inhaber", "alles, was Administratoren dürfen; Personen, Einstellungen, Protokoll, Ausleitung")
                + Cells("Administrator", "Gespräche, Status, Zuständigkeit, Mandanten und Kontakte")
                + Cells("Prüfer (Auditor)", "liest alles, auch wie es war, und das Protokoll; schreibt nichts")
                + Cells("Kontakt", "die Gespräche seines Mandanten, ohne interne Notizen")
                + Cells("Dienstkonto", "ein Programm mit den Rechten eines Administrators oder Prüfers")
                + "</tbody>\n</table>\n<h2>Personen</h2>\n<table>\n<thead><tr><th>Seit</th><th>Art</th><th>Name</th>"
                + "<th>Rolle</th><th>Inhaber</th><th>Mandant</th><th>Aktiv</th></tr></thead>\n<tbody>\n");
        await foreach (var row in ExportTables.PeopleAsync(source, cancellation))
            await page.WriteAsync(Cells(row[9], row[1], row[2], row[4], row[5], row[7], row[8]));
        await page.WriteAsync("</tbody>\n</table>\n" + End);
    }

    private static string Years(int years) => string.Create(CultureInfo.InvariantCulture, $"{years} Jahre");

    private static string Extent(ExportSource source)
    {
        var until = source.Until is { } at ? ExportText.Moment(at, source.Zone) : "—";
        var all = $"Vollständig bis zum Ereignis an Platz {source.Size} des Protokolls ({until}). Zeiten in "
            + $"{ExportText.Escape(source.Zone.Id)}.";
        if (source.Scope is not { } scope) return all;
        return $"Nur {Wrapped(source.Names.Of(scope.CustomerId, source.Size))}"
            + $"{(scope.From is { } from ? $", ab {Day(from)}" : "")}{(scope.To is { } to ? $", bis {Day(to)}" : "")}"
            + $"{(scope.WithNotes ? "" : ", ohne interne Notizen")}. {all}";
    }

    private static string Comment(ExportSource source, ExportedEvent e, CommentAdded c)
    {
        var isNote = c.Visibility is CommentVisibility.Internal;
        return $"<article{(isNote ? " class=\"note\"" : "")}>\n<p>"
            + (isNote ? "<strong>Interne Notiz</strong> von " : "")
            + $"<strong>{Wrapped(source.Names.Of(c.Author.Id, e.Index))}</strong> "
            + $"<span class=\"small\">({ExportTables.Actor(c.Author.Kind.ToString())}) {At(source, e)}</span></p>\n"
            + $"<div class=\"text\" dir=\"auto\">{ExportText.Escape(c.Body)}</div>\n</article>\n";
    }

    private static string Line(ExportSource source, ExportedEvent e, string html) =>
        $"<p>{html} <span class=\"small\">{Wrapped(source.Names.Of(e.ActorId, e.Index))}, {At(source, e)}</span></p>\n";

    private static string At(ExportSource source, ExportedEvent e) =>
        ExportText.Moment(e.Stored.At, source.Zone)
            + $", Nr. {e.Stored.Sequence.ToString(CultureInfo.InvariantCulture)}";

    private static string Somebody(ExportSource source, Guid? id, long index) =>
        id is null ? "niemand" : Wrapped(source.Names.Of(id, index));

    // Apart from what is around it: letters that turn the direction of writing do not turn it.
    private static string Wrapped(string? text) => $"<bdi>{ExportText.Escape(text)}</bdi>";

    private static string Cells(params IEnumerable<string?> cells) =>
        $"<tr>{string.Concat(cells.Select(c => $"<td>{Wrapped(c)}</td>"))}</tr>\n";

    private static string Day(DateOnly day) => day.ToString("dd.MM.yyyy", CultureInfo.InvariantCulture);
}
