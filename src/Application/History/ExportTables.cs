using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Messaging.Domain.Accounts;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;

namespace Messaging.Application.History;

/// <summary>A column of a table.</summary>
/// <param name="Kind">What the standard of description calls its type.</param>
internal sealed record ExportColumn(string Name, ExportColumnKind Kind = ExportColumnKind.Text);

/// <summary>Types of columns.</summary>
internal enum ExportColumnKind
{
    /// <summary>Text.</summary>
    Text,

    /// <summary>A whole number.</summary>
    Number,

    /// <summary>A day.</summary>
    Day,
}

/// <summary>A table for audit software. Its first column tells its rows apart.</summary>
/// <param name="File">The name of its file.</param>
internal sealed record ExportTable(
    string File, string Name, string Description, IReadOnlyList<ExportColumn> Columns,
    Func<ExportSource, CancellationToken, IAsyncEnumerable<IReadOnlyList<string?>>> Rows);

/// <summary>
/// The tables that German audit software reads, and their description by the standard of the Federal Ministry of
/// Finance (GDPdU, <c>gdpdu-01-09-2004.dtd</c>). They are in German, as the standard is.
/// </summary>
internal static class ExportTables
{
    private static readonly ExportColumn s_day = new("Datum", ExportColumnKind.Day);
    private static readonly ExportColumn s_time = new("Uhrzeit");
    private static readonly ExportColumn s_instant = new("Zeitpunkt_UTC");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ExportTable> All { get; } =
    [
        new(
            "conversations.csv", "Gespräche", "Die Gespräche mit Mandanten, mit ihrem Stand am Ende der Ausleitung",
            [
                new("Gespraech_Id"), new("Betreff"), new("Mandant_Id"), new("Mandant"), s_day, s_time, s_instant,
                new("Begonnen_von_Id"), new("Begonnen_von"), new("Status"), new("Zustaendig_Id"), new("Zustaendig"),
                new("Kommentare", ExportColumnKind.Number), new("Dateien", ExportColumnKind.Number), new("Schlagworte"),
                new("Datei")
            ],
            ConversationsAsync),
        new(
            "comments.csv", "Kommentare", "Was geschrieben wurde; Namen wie zu diesem Zeitpunkt",
            [
                new("Kommentar_Id"), new("Gespraech_Id"), new("Version", ExportColumnKind.Number), s_day, s_time,
                s_instant, new("Verfasser_Art"), new("Verfasser_Id"), new("Verfasser"), new("Intern"), new("Text"),
                new("Ereignis_Id")
            ],
            CommentsAsync),
        new(
            "files.csv", "Dateien", "Die Dateien der Gespräche; jede liegt unter ihrem SHA-256 im Ordner files",
            [
                new("Datei_Id"), new("Gespraech_Id"), new("Kommentar_Id"), s_day, s_time, s_instant, new("Name"),
                new("Medientyp"), new("Bytes", ExportColumnKind.Number), new("SHA256"), new("Hochgeladen_von_Id"),
                new("Hochgeladen_von"), new("Ereignis_Id")
            ],
            FilesAsync),
        new(
            "events.csv", "Ereignisse", "Alles, was geschah, in der Reihenfolge des Protokolls",
            [
                new("Ereignis_Id"), new("Nummer", ExportColumnKind.Number), new("Platz", ExportColumnKind.Number),
                s_day, s_time, s_instant, new("Art"), new("Betrifft_Id"), new("Betrifft"),
                new("Version", ExportColumnKind.Number), new("Handelnder_Art"), new("Handelnder_Id"),
                new("Handelnder"), new("Rolle"), new("Vorgang")
            ],
            EventsAsync),
        new(
            "people.csv", "Personen",
            "Personen der Kanzlei, Dienstkonten und Kontakte, wie sie am Ende der Ausleitung waren",
            [
                new("Person_Id"), new("Art"), new("Name"), new("E_Mail"), new("Rolle"), new("Inhaber"),
                new("Mandant_Id"), new("Mandant"), new("Aktiv"), s_day, s_time, s_instant
            ],
            PeopleAsync),
        new(
            "settings.csv", "Einstellungen", "Die Einstellungen der Kanzlei, und wie sie wurden, was sie sind",
            [
                new("Ereignis_Id"), s_day, s_time, s_instant, new("Einstellung"), new("Wert"), new("Durch_Id"),
                new("Durch")
            ],
            SettingsAsync),
    ];

    /// <summary>The description of the tables.</summary>
    public static string Index(ExportSource source)
    {
        var xml = new StringBuilder();
        xml.Append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
            .Append("<!DOCTYPE DataSet SYSTEM \"gdpdu-01-09-2004.dtd\">\n")
            .Append("<DataSet>\n  <Version>1.0</Version>\n  <DataSupplier>\n")
            .Append(CultureInfo.InvariantCulture, $"    <Name>{ExportText.Escape(source.Office.Name)}</Name>\n")
            .Append("    <Location/>\n    <Comment>Schriftwechsel mit Mandanten (Messaging)</Comment>\n")
            .Append("  </DataSupplier>\n  <Media>\n    <Name>Archiv</Name>\n");
        foreach (var table in All)
        {
            xml.Append(
                    CultureInfo.InvariantCulture,
                    $"    <Table>\n      <URL>{table.File}</URL>\n      <Name>{table.Name}</Name>\n")
                .Append(CultureInfo.InvariantCulture, $"      <Description>{table.Description}</Description>\n")
                .Append("      <UTF8/>\n      <DecimalSymbol>,</DecimalSymbol>\n")
                .Append("      <DigitGroupingSymbol>.</DigitGroupingSymbol>\n")
                .Append("      <Range><From>2</From></Range>\n      <VariableLength>\n")
                .Append("        <ColumnDelimiter>;</ColumnDelimiter>\n")
                .Append("        <RecordDelimiter>&#13;&#10;</RecordDelimiter>\n")
                .Append("        <TextEncapsulator>&quot;</TextEncapsulator>\n");
            foreach (var (i, column) in table.Columns.Index())
            {
                var element = i == 0 ? "VariablePrimaryKey" : "VariableColumn";
                var kind = column.Kind switch
                {
                    ExportColumnKind.Number => "<Numeric><Accuracy>0</Accuracy></Numeric>",
                    ExportColumnKind.Day => "<Date><Format>DD.MM.YYYY</Format></Date>",
                    _ => "<AlphaNumeric/>",
                };
                xml.Append(
                    CultureInfo.InvariantCulture,
                    $"        <{element}><Name>{column.Name}</Name>{kind}</{element}>\n");
            }

            xml.Append("      </VariableLength>\n    </Table>\n");
        }

        return xml.Append("  </Media>\n</DataSet>\n").ToString();
    }

    /// <summary>What the office calls an event's kind of actor.</summary>
    internal static string Actor(string? kind) => kind switch
    {
        "Administrator" => "Kanzlei",
        "Contact" => "Kontakt",
        _ => "Programm",
    };

    /// <summary>What the office calls a status.</summary>
    internal static string Status(ConversationStatus status) => status switch
    {
        ConversationStatus.Attention => "aufmerksam",
        ConversationStatus.Answered => "beantwortet",
        _ => "offen",
    };

    private static async IAsyncEnumerable<IReadOnlyList<string?>> ConversationsAsync(
        ExportSource source, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var batch in source.ConversationsAsync(cancellation))
        {
            var ids = batch.Select(e => e.Stored.StreamId).ToList();
            var comments = await source.CommentsAsync(ids, cancellation);
            var folded = ids.ToDictionary(id => id, _ => new Folded());
            await foreach (var e in source.OfStreamsAsync(ids, isWithComments: false, cancellation))
                folded[e.Stored.StreamId].Take(e.Data);
            foreach (var e in batch)
            {
                var (id, created, state) = (e.Stored.StreamId, (ConversationCreated)e.Data, folded[e.Stored.StreamId]);
                yield return
                [
                    id.ToString(), created.Subject, created.CustomerId.ToString(),
                    source.Names.Of(created.CustomerId, source.Size), .. At(e, source), created.CreatedBy.Id.ToString(),
                    source.Names.Of(created.CreatedBy.Id, e.Index), Status(state.Status), state.Responsible?.ToString(),
                    source.Names.Of(state.Responsible, source.Size), Number(comments.GetValueOrDefault(id)),
                    Number(state.Files), string.Join(", ", state.Tags), $"conversations/{id}.html"
                ];
            }
        }
    }

    private static async IAsyncEnumerable<IReadOnlyList<string?>> CommentsAsync(
        ExportSource source, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var e in source.EventsAsync<CommentAdded>(cancellation))
        {
            if (e.Data is not CommentAdded c) continue;
            yield return
            [
                c.CommentId.ToString(), e.Stored.StreamId.ToString(), Number(e.Stored.Version), .. At(e, source),
                Actor(c.Author.Kind.ToString()), c.Author.Id.ToString(), source.Names.Of(c.Author.Id, e.Index),
                ExportText.YesOrNo(c.Visibility is CommentVisibility.Internal), c.Body, e.Stored.Id.ToString()
            ];
        }
    }

    private static async IAsyncEnumerable<IReadOnlyList<string?>> FilesAsync(
        ExportSource source, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var e in source.EventsAsync<FileAttached>(cancellation))
        {
            if (e.Data is not FileAttached f) continue;
            yield return
            [
                f.FileId.ToString(), e.Stored.StreamId.ToString(), f.CommentId.ToString(), .. At(e, source), f.Name,
                f.MediaType, Number(f.Size), f.Sha256, f.UploadedBy.Id.ToString(),
                source.Names.Of(f.UploadedBy.Id, e.Index), e.Stored.Id.ToString()
            ];
        }
    }

    private static async IAsyncEnumerable<IReadOnlyList<string?>> EventsAsync(
        ExportSource source, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var e in source.EventsAsync(cancellation))
        {
            var (kind, _, role) = e.Stored.Actor();
            yield return
            [
                e.Stored.Id.ToString(), Number(e.Stored.Sequence), Number(e.Index), .. At(e, source), e.Stored.Type,
                e.Stored.StreamId.ToString(), source.Names.NameOrNothing(e.Stored.StreamId, e.Index),
                Number(e.Stored.Version), Actor(kind), e.ActorId.ToString(), source.Names.Of(e.ActorId, e.Index),
                role, e.Stored.CorrelationId
            ];
        }
    }

    /// <summary>The people, as they were at the end.</summary>
    internal static async IAsyncEnumerable<IReadOnlyList<string?>> PeopleAsync(
        ExportSource source, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var people = new Dictionary<Guid, (Person? State, ExportedEvent First)>();
        await foreach (var e in source.EventsAsync<PersonEvent>(cancellation))
        {
            var id = e.Stored.StreamId;
            var (state, first) = people.TryGetValue(id, out var found) ? found : (null, e);
            people[id] = e.Data switch
            {
                ContactEvent data => (Contact.Evolve(state as Contact, id, data), first),
                AdministratorEvent data => (Administrator.Evolve(state as Administrator, id, data), first),
                _ => (state, first),
            };
        }

        foreach (var (id, (state, first)) in people)
        {
            if (state is null) continue;
            var office = state as Administrator;
            var customer = (state as Contact)?.CustomerId;
            yield return
            [
                id.ToString(), office is null ? "Kontakt" : office.IsServiceAccount ? "Dienstkonto" : "Kanzlei",
                state.DisplayName, state.Email, office?.Role.ToString(), ExportText.YesOrNo(office?.IsOwner == true),
                customer?.ToString(), source.Names.Of(customer, source.Size), ExportText.YesOrNo(state.Active),
                .. At(first, source)
            ];
        }

        if (source.Scope is null) yield break;

        // Of one customer: those of the office who did something there are named, and nothing else is said of them.
        var seen = new HashSet<Guid>();
        await foreach (var e in source.EventsAsync(cancellation))
        {
            var (kind, by, role) = e.Stored.Actor();
            if (kind == "Administrator" && Guid.TryParse(by, out var id) && seen.Add(id))
            {
                yield return
                [
                    id.ToString(), "Kanzlei", source.Names.Of(id, e.Index), "", role, "", "", "", "", .. At(e, source)
                ];
            }
        }
    }

    /// <summary>The settings, and how they came to be.</summary>
    internal static async IAsyncEnumerable<IReadOnlyList<string?>> SettingsAsync(
        ExportSource source, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var e in source.EventsAsync<OrganisationEvent>(cancellation))
        {
            using var data = JsonDocument.Parse(e.Stored.Data);
            var values = data.RootElement.ValueKind == JsonValueKind.Object
                ? data.RootElement.EnumerateObject().Select(p => $"{p.Name}: {p.Value}")
                : [];
            yield return
            [
                e.Stored.Id.ToString(), .. At(e, source), e.Stored.Type, string.Join(", ", values),
                e.ActorId.ToString(), source.Names.Of(e.ActorId, e.Index)
            ];
        }
    }

    private static string[] At(ExportedEvent e, ExportSource source) =>
    [
        ExportText.Day(e.Stored.At, source.Zone), ExportText.Time(e.Stored.At, source.Zone),
        AuditLeaf.TimeOf(e.Stored.At)
    ];

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>What of a conversation changes, but its comments.</summary>
    private sealed class Folded
    {
        public ConversationStatus Status { get; private set; }

        public Guid? Responsible { get; private set; }

        public long Files { get; private set; }

        public List<string> Tags { get; } = [];

        public void Take(object data)
        {
            switch (data)
            {
                case ConversationCreated e:
                    (Status, Responsible) = (e.Status, e.ResponsibleAdministratorId);
                    break;
                case StatusChanged e:
                    Status = e.To;
                    break;
                case AdministratorAssigned e:
                    Responsible = e.AdministratorId;
                    break;
                case AdministratorUnassigned:
                    Responsible = null;
                    break;
                case FileAttached:
                    Files++;
                    break;
                case ConversationTagged e:
                    Tags.Add(e.Tag);
                    break;
                case ConversationUntagged e:
                    Tags.RemoveAll(t => string.Equals(t, e.Tag, StringComparison.OrdinalIgnoreCase));
                    break;
                case CommentAdded or AdminsNotified:
                    // Comments are counted apart, and whom one told of it changes nothing.
                    break;
            }
        }
    }
}
