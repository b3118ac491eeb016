using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Messaging.Application.Files;
using Messaging.Application.History;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Messaging.Projections.Customers;
using Messaging.Projections.History;
using Messaging.Projections.Organisation;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Accounts;

/// <summary>
/// What there is about one person, for them (GDPR, Articles 15 and 20): who they are, what happened to them and what
/// they did, their comments and files, the mails to them and their sessions, for programs and for people. What others
/// wrote is left out. Internal notes that may be about them are files of their own: whether they get these is for the
/// office to decide. It is written while it is read, a page at a time.
/// </summary>
/// <remarks>
/// What somebody did is found by the index of actors. Of what they did to others it says what and when, and not the
/// data, which are the others'.
/// </remarks>
public sealed class PersonReport(
    NpgsqlDataSource database, CustomerQueries customers, OrganisationQueries office, IFileStore files)
{
    private const int Page = 500;

    private static readonly JsonWriterOptions s_json =
        new() { Indented = true, Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };

    private static readonly Sql s_number = Sql.Raw(EventNumbers.Of("e"));
    private static readonly Sql s_actor = Sql.Raw(EventIndexes.Actor("e"));
    private static readonly Sql s_subject = Sql.Raw(EventIndexes.Subject("e"));
    private static readonly Sql s_isOfAccess = Sql.Raw(EventIndexes.IsOfAccess("e"));
    private static readonly string s_comment = EventNames.Of(typeof(CommentAdded));
    private static readonly string s_file = EventNames.Of(typeof(FileAttached));

    // What names somebody of the office without being theirs.
    private static readonly string[] s_naming =
    [
        EventNames.Of(typeof(AdministratorAssigned)), EventNames.Of(typeof(AdministratorUnassigned)),
        EventNames.Of(typeof(DefaultAdministratorAssigned)),
    ];

    /// <summary>Writes all of it.</summary>
    /// <param name="caller">An owner.</param>
    /// <param name="personId">Somebody of the office, or a contact.</param>
    /// <exception cref="ExportException">There is no such person.</exception>
    public async Task WriteAsync(Caller caller, Guid personId, ExportSink sink, CancellationToken cancellation)
    {
        var zone = Day.ZoneOf((await office.OrganisationAsync(caller, cancellation))?.TimeZone ?? "");
        var who = new Who(caller.TenantId, personId, zone);
        var profile = await ProfileAsync(caller, personId, cancellation);
        ImmutableArray<Part> parts =
        [
            new("profile", "Wer die Person ist", ["name", "value"], _ => Listed(profile)),
            new("events", "Was mit ihr geschah", ["at", "event", "by", "data"], x => AboutAsync(who, x)),
            new("acts", "Was sie tat", ["at", "event", "of"], x => ActsAsync(who, x)),
            new("comments", "Was sie schrieb", ["at", "conversationId", "subject", "text"], x => CommentsAsync(who, x)),
            new(
                "files", "Welche Dateien sie anhängte",
                ["at", "conversationId", "name", "mediaType", "size", "sha256"], x => FilesAsync(who, x)),
            new(
                "mails", "E-Mails an sie",
                ["at", "kind", "rule", "state", "address", "sentAt", "subject"], x => MailsAsync(who, x)),
            new(
                "answers", "E-Mails von ihr", ["at", "outcome", "sender", "subject"], x => AnswersAsync(who, x)),
            new(
                "sessions", "Anmeldungen, die das Programm noch kennt",
                ["at", "lastUsedAt", "endedAt", "network", "device", "secondFactor"], x => SessionsAsync(who, x)),
        ];
        await WriteAsync(sink, "person.json", "index.html", "Auskunft über eine Person", parts, cancellation);
        ImmutableArray<Part> notes =
        [
            new(
                "notes", "Interne Notizen", ["at", "conversationId", "subject", "authorId", "text"],
                x => NotesAsync(who, profile[1][1]!, x)),
        ];
        await WriteAsync(
            sink, "internal-notes.json", "internal-notes.html",
            "Interne Notizen, die von der Person sein oder sie betreffen können: nur für die Kanzlei", notes,
            cancellation);
        await AddFilesAsync(who, sink, cancellation);
        await sink.WriteSumsAsync(cancellation);
    }

    private async Task<IReadOnlyList<string?[]>> ProfileAsync(
        Caller caller, Guid id, CancellationToken cancellation)
    {
        List<string?[]> profile;
        if ((await customers.ContactsByIdsAsync(caller, [id], cancellation)).GetValueOrDefault(id) is { } contact)
        {
            var customer = (await customers.CustomersByIdsAsync(caller, [contact.CustomerId], cancellation))
                .GetValueOrDefault(contact.CustomerId);
            profile =
            [
                ["id", id.ToString()], ["displayName", contact.DisplayName], ["email", contact.Email],
                ["locale", contact.Locale], ["role", nameof(Role.Customer)], ["customer", customer?.Name],
                ["active", Said(contact.Active)], ["joined", Said(contact.Joined)],
                ["invitedAt", Said(contact.InvitedAt)], ["isRestricted", Said(contact.IsRestricted)],
                ["topics", string.Join(", ", contact.Topics)],
            ];
        }
        else if ((await office.AdministratorsByIdsAsync(caller, [id], cancellation)).GetValueOrDefault(id)
            is { IsServiceAccount: false } person)
        {
            profile =
            [
                ["id", id.ToString()], ["displayName", person.DisplayName], ["email", person.Email],
                ["locale", person.Locale], ["role", person.Role.ToString()], ["isOwner", Said(person.IsOwner)],
                ["active", Said(person.Active)], ["joined", Said(person.Joined)],
                ["invitedAt", Said(person.InvitedAt)], ["isRestricted", Said(person.IsRestricted)],
                ["customerIds", string.Join(", ", person.CustomerIds)],
                ["customerTags", string.Join(", ", person.CustomerTags)],
            ];
        }
        else
        {
            throw new ExportException($"There is no person {id} in organisation {caller.TenantId}");
        }

        profile.AddRange(await Sql.Of(
            $"""
            select array_to_string(p.email_for, ', '), array_to_string(p.in_app_for, ', '), p.email_unless_read::text,
                p.weekly_report::text, p.daily_checkpoint::text
            from messaging.notification_preferences p
            where p.tenant_id = {caller.TenantId} and p.person_id = {id}
            """).ListAsync(
                database,
                r => (string?[][])
                    [
                        ["emailFor", r.GetString(0)], ["inAppFor", r.GetString(1)], ["emailUnlessRead", TextOf(r, 2)],
                        ["weeklyReport", TextOf(r, 3)], ["dailyCheckpoint", TextOf(r, 4)],
                    ],
                cancellation) is [var chosen] ? chosen : []);
        return profile;
    }

    private async IAsyncEnumerable<string?[]> AboutAsync(
        Who who, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var own = PagesAsync(
            who, Sql.Of($" and e.stream_id = {who.Id}"), Sql.Of($"e.version"), Of, cancellation);
        await foreach (var row in own) yield return row;
        var access = PagesAsync(
            who,
            Sql.Of(
                $"""
                  and {s_subject} = hashtextextended({who.Tenant + who.Id}, 0) and {s_isOfAccess}
                     and e.data -> 'about' ->> 'id' = {who.Id.ToString()}
                 """),
            s_number, Of, cancellation);
        await foreach (var row in access) yield return row;
        var naming = PagesAsync(
            who,
            Sql.Of(
                $" and e.type = any({s_naming}) and e.data ->> 'administratorId' = {who.Id.ToString()}"),
            s_number, Of, cancellation);
        await foreach (var row in naming) yield return row;

        // Who did it is said by what they are to the person: a colleague's name is the colleague's.
        string?[] Of(NpgsqlDataReader r) =>
            [who.At(r.Instant(1)), r.GetString(2), By(who, TextOf(r, 3), TextOf(r, 4)), r.Text(5, copies: 2)];
    }

    private IAsyncEnumerable<string?[]> ActsAsync(Who who, CancellationToken cancellation) =>
        PagesAsync<string?[]>(
            who,
            ByThem(who) + Sql.Of(
                $"""
                  and e.stream_id <> {who.Id} and e.type <> {s_comment} and e.type <> {s_file}
                     and (e.data -> 'about' ->> 'id') is distinct from {who.Id.ToString()}
                 """),
            s_number,
            r => [who.At(r.Instant(1)), r.GetString(2), r.GetGuid(6).ToString()],
            cancellation);

    private IAsyncEnumerable<string?[]> CommentsAsync(Who who, CancellationToken cancellation) =>
        PagesAsync<string?[]>(
            who, ByThem(who) + Sql.Of($" and e.type = {s_comment} and e.data ->> 'visibility' = 'Public'"), s_number,
            r =>
                [who.At(r.Instant(1)), r.GetGuid(6).ToString(), TextOf(r, 7),
                    ((CommentAdded)HistoryQueries.Data(s_comment, r.Text(5, copies: 2))).Body],
            cancellation);

    private IAsyncEnumerable<string?[]> FilesAsync(Who who, CancellationToken cancellation) =>
        PagesAsync<string?[]>(
            who, Attached(who), s_number,
            r =>
            {
                var file = (FileAttached)HistoryQueries.Data(s_file, r.Text(5));
                return
                [
                    who.At(r.Instant(1)), r.GetGuid(6).ToString(), file.Name, file.MediaType,
                    file.Size.ToString(CultureInfo.InvariantCulture), file.Sha256,
                ];
            },
            cancellation);

    private async IAsyncEnumerable<string?[]> MailsAsync(
        Who who, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var (at, id) = (DateTimeOffset.UnixEpoch, Guid.Empty);
        for (var count = Page; count == Page;)
        {
            // The texts are mostly what others wrote, and the person has them.
            var rows = await Sql.Of(
                $"""
                select d.created_at, d.id, d.kind, d.rule, d.state, d.address, d.sent_at, m.subject
                from messaging.deliveries d
                left join messaging.sent_mails m on m.tenant_id = d.tenant_id and m.mail_id = d.mail_id
                    and (d.mail_id = d.id or d.is_bundled is not true)
                where d.tenant_id = {who.Tenant} and d.recipient_id = {who.Id}
                    and (d.created_at, d.id) > ({at}, {id})
                order by d.created_at, d.id limit {Page}
                """).ListAsync(
                    database,
                    r => (At: r.Instant(0), Id: r.GetGuid(1), Row: (string?[])
                    [
                        who.At(r.Instant(0)), r.GetString(2), TextOf(r, 3), r.GetString(4), r.GetString(5),
                        r.InstantOrNull(6) is { } sent ? who.At(sent) : null, TextOf(r, 7),
                    ]),
                    cancellation);
            count = rows.Count;
            foreach (var row in rows) yield return row.Row;
            if (count > 0) (at, id) = (rows[^1].At, rows[^1].Id);
        }
    }

    private async IAsyncEnumerable<string?[]> AnswersAsync(
        Who who, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var rows = await Sql.Of(
            $"""
            select m.received_at, m.outcome, m.sender, m.subject from messaging.inbound_mails m
            where m.tenant_id = {who.Tenant} and m.person_id = {who.Id} order by m.received_at, m.id
            """).ListAsync(
                database,
                r => (string?[])[who.At(r.Instant(0)), r.GetString(1), r.GetString(2), r.GetString(3)], cancellation);
        foreach (var row in rows) yield return row;
    }

    private async IAsyncEnumerable<string?[]> SessionsAsync(
        Who who, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var rows = await Sql.Of(
            $"""
            select s.started_at, s.last_used_at, s.ended_at, s.network, s.device, s.second_factor
            from messaging.sessions s where s.tenant_id = {who.Tenant} and s.person_id = {who.Id}
            order by s.started_at, s.id
            """).ListAsync(
                database,
                r => (string?[])
                [
                    who.At(r.Instant(0)), who.At(r.Instant(1)), r.InstantOrNull(2) is { } ended ? who.At(ended) : null,
                    r.GetString(3), r.GetString(4), TextOf(r, 5),
                ],
                cancellation);
        foreach (var row in rows) yield return row;
    }

    // Of the conversations that they took part in: to a contact any may be about them; of somebody of the office those
    // that are theirs, mention them or have their name.
    private async IAsyncEnumerable<string?[]> NotesAsync(
        Who who, string name, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var conversations = await Sql.Of(
            $"""
            select distinct c.id from messaging.mt_events e
            join messaging.conversations c on c.tenant_id = e.tenant_id and c.id = e.stream_id
            where e.tenant_id = {who.Tenant}{ByThem(who)} order by c.id
            """).ListAsync(database, r => r.GetGuid(0), cancellation);
        foreach (var conversation in conversations)
        {
            var rows = await Sql.Of(
                $"""
                select m.created_at, c.subject, m.author_id, m.body from messaging.comments m
                join messaging.conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
                where m.tenant_id = {who.Tenant} and m.conversation_id = {conversation} and m.visibility = 'Internal'
                    and (m.author_id = {who.Id} or position(lower({name}) in lower(m.body)) > 0
                        or exists (select from messaging.contacts p
                            where p.tenant_id = m.tenant_id and p.id = {who.Id})
                        or exists (select from messaging.mt_events e
                            where e.tenant_id = m.tenant_id and e.stream_id = m.conversation_id
                                and e.version = m.position and e.data -> 'mentions' ? {who.Id.ToString()}))
                order by m.position
                """).ListAsync(
                    database,
                    r => (string?[])
                    [
                        who.At(r.Instant(0)), conversation.ToString(), r.Text(1), r.GetGuid(2).ToString(), r.Text(3),
                    ],
                    cancellation);
            foreach (var row in rows) yield return row;
        }
    }

    private async Task AddFilesAsync(Who who, ExportSink sink, CancellationToken cancellation)
    {
        var written = new HashSet<string>(StringComparer.Ordinal);
        var attached = PagesAsync(
            who, Attached(who), s_number, r => (FileAttached)HistoryQueries.Data(s_file, r.Text(5)), cancellation);
        await foreach (var file in attached)
        {
            if (!written.Contains(file.Sha256)
                && await sink.TryAddFileAsync(files, file.FileId, file.Sha256, cancellation)) written.Add(file.Sha256);
        }
    }

    // What they did; the rest of the condition is the caller's.
    private static Sql ByThem(Who who) => Sql.Of(
        $"""
          and {s_actor} = hashtextextended({who.Tenant + who.Id}, 0) and e.headers ->> 'actor_id' = {who.Id.ToString()}
         """);

    private static Sql Attached(Who who) => ByThem(who) + Sql.Of(
        $"""
          and e.type = {s_file} and exists (
             select from messaging.files f
             where f.tenant_id = e.tenant_id and f.id = (e.data ->> 'fileId')::uuid and f.visibility = 'Public')
         """);

    private async IAsyncEnumerable<T> PagesAsync<T>(
        Who who, Sql which, Sql order, Func<NpgsqlDataReader, T> row,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        var next = 0L;
        for (var count = Page; count == Page;)
        {
            var rows = await Sql.Of(
                $"""
                select {order} as place, e.timestamp, e.type, e.headers ->> 'actor_kind', e.headers ->> 'actor_id',
                    e.data::text, e.stream_id,
                    (select c.subject from messaging.conversations c
                        where c.tenant_id = e.tenant_id and c.id = e.stream_id)
                from messaging.mt_events e
                where e.tenant_id = {who.Tenant}{which} and {order} > {next} order by 1 limit {Page}
                """).ListAsync(database, r => (Place: r.GetInt64(0), Row: row(r)), cancellation);
            count = rows.Count;
            foreach (var (_, value) in rows) yield return value;
            if (count > 0) next = rows[^1].Place;
        }
    }

    private static async Task WriteAsync(
        ExportSink sink, string json, string page, string title, ImmutableArray<Part> parts,
        CancellationToken cancellation)
    {
        await sink.AddAsync(
            json,
            async stream =>
            {
                await using var writer = new Utf8JsonWriter(stream, s_json);
                writer.WriteStartObject();
                foreach (var part in parts)
                {
                    writer.WriteStartArray(part.Name);
                    await foreach (var row in part.Rows(cancellation))
                    {
                        writer.WriteStartObject();
                        for (var i = 0; i < row.Length; i++)
                        {
                            if (part.Columns[i] != "data") writer.WriteString(part.Columns[i], row[i]);
                            else
                            {
                                writer.WritePropertyName("data");
                                writer.WriteRawValue(row[i]!);
                            }
                        }

                        writer.WriteEndObject();
                        if (writer.BytesPending > 64 * 1024) await writer.FlushAsync(cancellation);
                    }

                    writer.WriteEndArray();
                }

                writer.WriteEndObject();
                await writer.FlushAsync(cancellation);
            },
            cancellation);
        await sink.AddAsync(
            page,
            async stream =>
            {
                await using var writer = new StreamWriter(stream, leaveOpen: true);
                await writer.WriteAsync(ExportPages.Begin(title) + $"<h1>{ExportText.Escape(title)}</h1>\n");
                foreach (var part in parts)
                {
                    await writer.WriteAsync(
                        $"<h2>{ExportText.Escape(part.Title)}</h2>\n<table>\n<thead><tr>"
                            + string.Concat(part.Columns.Select(c => $"<th>{c}</th>")) + "</tr></thead>\n<tbody>\n");
                    await foreach (var row in part.Rows(cancellation))
                        await writer.WriteAsync(
                            "<tr>" + string.Concat(
                                row.Select(c => $"<td class=\"text\">{ExportText.Escape(c)}</td>")) + "</tr>\n");
                    await writer.WriteAsync("</tbody>\n</table>\n");
                }

                await writer.WriteAsync(ExportPages.End);
                await writer.FlushAsync(cancellation);
            },
            cancellation);
    }

    private static string By(Who who, string? kind, string? id) =>
        id == who.Id.ToString() ? "themselves"
        : kind switch
        {
            nameof(ParticipantKind.Administrator) => "office",
            nameof(ParticipantKind.Contact) => "contact",
            _ => "product",
        };

    private static async IAsyncEnumerable<string?[]> Listed(IReadOnlyList<string?[]> rows)
    {
        foreach (var row in rows) yield return row;
        await Task.CompletedTask;
    }

    private static string? TextOf(NpgsqlDataReader r, int column) => r.IsDBNull(column) ? null : r.GetString(column);

    private static string Said(bool isSo) => isSo ? "true" : "false";

    private static string? Said(DateTimeOffset? at) => at?.ToString("O", CultureInfo.InvariantCulture);

    /// <summary>Whom it is about.</summary>
    private sealed record Who(string Tenant, Guid Id, TimeZoneInfo Zone)
    {
        /// <summary>An instant, as the clock of the office shows it, with its offset.</summary>
        public string At(DateTimeOffset instant) =>
            TimeZoneInfo.ConvertTime(instant, Zone).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);
    }

    /// <summary>A part of a report.</summary>
    private sealed record Part(
        string Name, string Title, ImmutableArray<string> Columns,
        Func<CancellationToken, IAsyncEnumerable<string?[]>> Rows);
}
