using System.Runtime.CompilerServices;
using Messaging.Api.Email;
using Messaging.Application.Notifications;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Projections.Conversations;
using Messaging.Projections.Customers;
using Messaging.Projections.Organisation;
using Messaging.Projections.Reports;
using Messaging.Projections.Storage;

namespace Messaging.Api.Reports;

/// <summary>
/// The tables that the office takes out: headings first, then rows, with the figures and words of the pages. What
/// cannot be answered is thrown before the headings.
/// </summary>
internal sealed class ReportTables(
    ConversationLineQueries lines, ConversationQueries conversations, CustomerQueries customers,
    OrganisationQueries people, WaitQueries waits, ReportQueries reports, ActivityQueries activity,
    UndeliveredQueries undelivered, WorkQueries work, NotificationFigures notifications, EmailOptions email)
{
    /// <summary>Makes the rows of a table.</summary>
    public delegate IAsyncEnumerable<object?[]> Rows(TableRequest request, CancellationToken cancellation);

    /// <summary>The names of the tables, and the parameters that each has beside <c>locale</c>.</summary>
    public static IReadOnlyDictionary<string, string[]> Parameters { get; } = new Dictionary<string, string[]>
    {
        ["conversations"] = ["status", "customer", "responsible", "from", "to"],
        ["times"] = ["from", "to", "groupBy"],
        ["waits"] = ["kind", "from", "to"],
        ["backlogs"] = ["from", "to", "interval"],
        ["activity"] = ["from", "to", "interval"],
        ["workload"] = [],
        ["work"] = ["at", "groupBy"],
        ["undelivered"] = ["months", "responsible"],
        ["notifications"] = ["from", "to"],
    };

    /// <summary>What makes the rows of a table.</summary>
    public Rows this[string table] => table switch
    {
        "conversations" => ConversationsAsync,
        "times" => TimesAsync,
        "waits" => WaitsAsync,
        "backlogs" => BacklogsAsync,
        "activity" => ActivityAsync,
        "workload" => WorkloadAsync,
        "work" => WorkAsync,
        "undelivered" => UndeliveredAsync,
        "notifications" => NotificationsAsync,
        _ => throw new ArgumentOutOfRangeException(nameof(table), table, null),
    };

    private async IAsyncEnumerable<object?[]> ConversationsAsync(
        TableRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var filter = new LineFilter(
            request.Status, request.CustomerId, request.ResponsibleId, request.From, request.To);
        if (await lines.AreTooManyAsync(request.Caller, filter, cancellation))
        {
            throw new InvalidReportException(
                $"These are more than {ConversationLineQueries.LinesMaximum} conversations: ask for fewer days.");
        }

        yield return request.German
            ?
            [
                "Id", "Adresse", "Kunde", "Betreff", "Zuständig", "Status", "Begonnen", "Zuerst beantwortet",
                "Zuletzt beantwortet", "Wieder geöffnet", "Kommentare der Kanzlei", "Kommentare des Kunden",
                "Interne Notizen", "Dateien", "Erste Antwort (Sekunden)", "Median der Antworten (Sekunden)",
                "Wartet auf", "Wartet seit",
            ]
            :
            [
                "Id", "Link", "Customer", "Subject", "Responsible", "Status", "Started", "First answered",
                "Last answered", "Reopened", "Comments of the office", "Comments of the customer", "Internal notes",
                "Files", "First reply (seconds)", "Median of replies (seconds)", "Waits for", "Waits since",
            ];
        ConversationLine? last = null;
        while (await lines.PageAsync(request.Caller, filter, last, cancellation) is { Count: > 0 } page)
        {
            var named = await NamesAsync(
                request, page.Select(l => l.CustomerId), page.Select(l => l.ResponsibleAdministratorId), cancellation);
            foreach (var line in page)
            {
                yield return
                [
                    line.Id.ToString(), LinkTo(line.Id), named.Customer(line.CustomerId), line.Subject,
                    named.Person(line.ResponsibleAdministratorId), NameOf(request, line.Status),
                    request.At(line.CreatedAt), request.At(line.FirstAnsweredAt), request.At(line.LastAnsweredAt),
                    line.Reopened, line.OfficeComments, line.CustomerComments, line.Notes, line.Files,
                    line.FirstReply, line.MedianReply, NameOf(request, line.Awaiting), request.At(line.AwaitingSince),
                ];
            }

            last = page[^1];
        }
    }

    private async IAsyncEnumerable<object?[]> TimesAsync(
        TableRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var (from, to) = request.Range();
        var figures = new List<(WaitKind Kind, WaitFigures All, WaitFigures Business)>();
        foreach (var kind in Enum.GetValues<WaitKind>())
        {
            var report = WaitReport.Of(kind, from, to);
            figures.Add((
                kind, await waits.FiguresAsync(
                    request.Caller, report, request.GroupBy, TimeBasis.Calendar, cancellation),
                await waits.FiguresAsync(request.Caller, report, request.GroupBy, TimeBasis.Business, cancellation)));
        }

        var groups = figures.SelectMany(f => f.All.Groups).Select(g => g.GroupId);
        var named = await NamesOfGroupsAsync(request, groups, cancellation);
        yield return request.German
            ?
            [
                "Kennzahl", "Von wem", "Id", "Anzahl", "Mittel (Sekunden)", "Median (Sekunden)",
                "9 von 10 bis (Sekunden)", "Längste (Sekunden)", "Mittel (Geschäftszeit, Sekunden)",
                "Median (Geschäftszeit, Sekunden)", "9 von 10 bis (Geschäftszeit, Sekunden)",
                "Längste (Geschäftszeit, Sekunden)", "Ohne Zeit", "Wartet noch",
            ]
            :
            [
                "Figure", "Whose", "Id", "Count", "Mean (seconds)", "Median (seconds)", "9 of 10 within (seconds)",
                "Longest (seconds)", "Mean (business time, seconds)", "Median (business time, seconds)",
                "9 of 10 within (business time, seconds)", "Longest (business time, seconds)", "Not timed",
                "Still waiting",
            ];
        foreach (var (kind, all, business) in figures)
        {
            var ofGroups = business.Groups.ToLookup(g => g.GroupId);
            yield return Row(kind, request.Say("alle", "all"), all.Total, business.Total);
            foreach (var group in all.Groups)
            {
                var whose = WhoseOf(request, named, group.GroupId);
                yield return Row(kind, whose, group, ofGroups[group.GroupId].FirstOrDefault());
            }
        }

        object?[] Row(WaitKind kind, string? whose, WaitFigure all, WaitFigure? business) =>
        [
            NameOf(request, kind), whose, all.GroupId?.ToString(), all.Count, all.Mean, all.Median, all.P90,
            all.Longest, business?.Mean, business?.Median, business?.P90, business?.Longest, all.Untimed,
            all.StillWaiting,
        ];
    }

    private async IAsyncEnumerable<object?[]> WaitsAsync(
        TableRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (request.Kind is not { } kind)
            throw new InvalidReportException("kind must be given: OFFICE_REPLY, CUSTOMER_ANSWER or RESOLUTION.");
        var (from, to) = request.Range();
        var report = WaitReport.Of(kind, from, to);
        var filter = new WaitFilter(null, null, false, null);
        if (await waits.CountAsync(request.Caller, report, filter, cancellation)
            > ConversationLineQueries.LinesMaximum)
        {
            throw new InvalidReportException(
                $"These are more than {ConversationLineQueries.LinesMaximum} waits: ask for fewer days.");
        }

        yield return request.German
            ?
            [
                "Id", "Adresse", "Kunde", "Betreff", "Seit", "Bis", "Ausgang", "Von wem", "Dauer (Sekunden)",
                "Dauer (Geschäftszeit, Sekunden)",
            ]
            :
            [
                "Id", "Link", "Customer", "Subject", "Since", "Until", "Outcome", "Whose", "Duration (seconds)",
                "Duration (business time, seconds)",
            ];
        await foreach (var rows in PagesAsync(page =>
            waits.PageAsync(request.Caller, report, filter, TimeBasis.Business, page, cancellation)))
        {
            var of = await conversations.ByIdsAsync(
                request.Caller, [.. rows.Select(r => r.ConversationId).Distinct()], cancellation);
            var named = await NamesAsync(
                request, of.Values.Select(c => c.CustomerId), rows.Select(r => r.AdministratorId), cancellation);
            foreach (var row in rows)
            {
                var conversation = of.GetValueOrDefault(row.ConversationId);
                yield return
                [
                    row.ConversationId.ToString(), LinkTo(row.ConversationId),
                    named.Customer(conversation?.CustomerId), conversation?.Subject, request.At(row.Since),
                    request.At(row.EndedAt), NameOf(request, row.Outcome), named.Person(row.AdministratorId),
                    (row.EndedAt - row.Since)?.TotalSeconds, row.Seconds,
                ];
            }
        }
    }

    private async IAsyncEnumerable<object?[]> BacklogsAsync(
        TableRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var (from, to) = request.Range();
        var at = new List<DateTimeOffset>();
        for (var day = Day.Of(from, request.Zone).AddDays(1);
            Day.StartOf(day, request.Zone) <= to;
            day = day.AddDays(1))
        {
            var isEnd = request.Interval switch
            {
                Interval.Day => true,
                Interval.Week => day.DayOfWeek == DayOfWeek.Monday,
                Interval.Month => day.Day == 1,
            };
            if (!isEnd) continue;
            at.Add(Day.StartOf(day, request.Zone));
            if (at.Count > ReportQueries.InstantsMaximum)
            {
                throw new InvalidReportException(
                    $"A backlog has at most {ReportQueries.InstantsMaximum} instants: ask for fewer days, or another "
                        + "interval.");
            }
        }

        var rows = await reports.BacklogsAsync(request.Caller, at, cancellation);
        yield return request.German ? ["Am", "Offen", "Aufmerksam"] : ["At", "Open", "Attention"];
        foreach (var row in rows) yield return [request.At(row.At), row.Open, row.Attention];
    }

    private async IAsyncEnumerable<object?[]> ActivityAsync(
        TableRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var (from, to) = request.Range();
        var rows = await activity.ActivityAsync(request.Caller, from, to, request.Interval, cancellation);
        yield return request.German
            ?
            [
                "Ab", "Begonnen", "Beantwortet", "Wieder geöffnet", "Kommentare der Kanzlei",
                "Kommentare der Kunden", "Dateien",
            ]
            :
            [
                "From", "Started", "Answered", "Reopened", "Comments of the office", "Comments of customers", "Files",
            ];
        foreach (var row in rows)
        {
            yield return
            [
                request.At(row.Start), row.Created, row.Answered, row.Reopened, row.CommentsByOffice,
                row.CommentsByCustomers, row.FilesAttached,
            ];
        }
    }

    private async IAsyncEnumerable<object?[]> WorkloadAsync(
        TableRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var rows = await reports.WorkloadAsync(request.Caller, cancellation);
        var named = await NamesAsync(request, [], rows.Select(r => r.AdministratorId), cancellation);
        yield return request.German
            ? ["Zuständig", "Id", "Offen", "Aufmerksam", "Warten auf die Kanzlei", "Am längsten seit"]
            : ["Responsible", "Id", "Open", "Attention", "Waiting for the office", "The longest since"];
        foreach (var row in rows)
        {
            yield return
            [
                row.AdministratorId is null ? request.Say("niemand", "nobody") : named.Person(row.AdministratorId),
                row.AdministratorId?.ToString(), row.Open, row.Attention, row.AwaitingOffice,
                request.At(row.OldestAwaitingSince),
            ];
        }
    }

    private async IAsyncEnumerable<object?[]> WorkAsync(
        TableRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var at = request.Instant < await people.NowAsync(cancellation) ? request.Instant : null;
        var by = request.GroupBy == WaitGrouping.Customer ? WorkGrouping.Customer : WorkGrouping.Administrator;
        var total = await work.TotalAsync(request.Caller, at, cancellation);
        yield return request.German
            ? ["Wer", "Id", "Offen", "Aufmerksam", "Kunde wartet", "Am längsten seit"]
            : ["Who", "Id", "Open", "Attention", "Customer waits", "The longest since"];
        yield return Row(request.Say("alle", "all"), total);
        await foreach (var rows in PagesAsync(
            async page => (await work.GroupsAsync(request.Caller, at, by, page, cancellation)).Page))
        {
            var named = await NamesOfGroupsAsync(request, rows.Select(r => r.GroupId), cancellation);
            foreach (var row in rows) yield return Row(WhoseOf(request, named, row.GroupId), row);
        }

        object?[] Row(string? whose, WorkFigure of) =>
        [
            whose, of.GroupId?.ToString(), of.Open, of.Attention, of.AwaitingReply, request.At(of.OldestSince),
        ];
    }

    private async IAsyncEnumerable<object?[]> NotificationsAsync(
        TableRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var (from, to) = request.Range();
        WaitReport.Check(from, to);
        var kinds = await notifications.FiguresAsync(request.Caller, from, to, cancellation);
        yield return request.German
            ?
            [
                "Anlass", "E-Mails", "Gesendet", "Gescheitert", "Vielleicht gesendet", "Noch zu senden",
                "Nicht mehr nötig", "Im Profil", "Davon gelesen",
            ]
            :
            [
                "Reason", "Mails", "Sent", "Failed", "Perhaps sent", "To be sent", "Not needed any more",
                "In profiles", "Of these read",
            ];
        foreach (var kind in kinds)
        {
            yield return
            [
                NameOf(request, kind.Kind), kind.Mails, kind.Sent, kind.Failed, kind.PerhapsSent, kind.Pending,
                kind.NotNeeded, kind.InProfile, kind.Read,
            ];
        }
    }

    private async IAsyncEnumerable<object?[]> UndeliveredAsync(
        TableRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var frame = await undelivered.FrameAsync(
            request.Caller, null, request.Months ?? UndeliveredFrame.MonthsDefault, cancellation);
        var filter = new UndeliveredFilter(request.ResponsibleId, false);
        yield return request.German
            ?
            [
                "Kunde", "Id", "Am längsten erwartet seit", "Monat", "Beantwortet", "Zurückgenommen", "Überfällig",
                "Offen",
            ]
            : ["Customer", "Id", "Awaited the longest since", "Month", "Answered", "Withdrawn", "Late", "Open"];
        await foreach (var rows in PagesAsync(page =>
            undelivered.CustomersAsync(request.Caller, frame, filter, page, cancellation)))
        {
            var named = await NamesAsync(request, rows.Select(r => r.CustomerId), [], cancellation);
            foreach (var row in rows)
            {
                if (row.Earlier.Late + row.Earlier.Open > 0)
                    yield return Line(row, request.Say("früher", "earlier"), row.Earlier);
                for (var i = 0; i < row.Months.Count; i++)
                {
                    if (row.Months[i] == new UndeliveredCount(0, 0, 0, 0)) continue;
                    var month = Day.Of(frame.Months[i].From, request.Zone);
                    yield return Line(row, $"{month:yyyy-MM}", row.Months[i]);
                }
            }

            object?[] Line(UndeliveredRow row, string month, UndeliveredCount of) =>
            [
                named.Customer(row.CustomerId), row.CustomerId.ToString(), request.At(row.OldestSince), month,
                of.Answered, of.Withdrawn, of.Late, of.Open,
            ];
        }
    }

    // All pages of a list, one after the other.
    private static async IAsyncEnumerable<IReadOnlyList<T>> PagesAsync<T>(Func<PageRequest, Task<Page<T>>> askAsync)
    {
        string? after = null;
        bool hasMore;
        do
        {
            var page = await askAsync(new PageRequest(PageRequest.Maximum, after, null, null));
            yield return [.. page.Items.Select(i => i.Node)];
            hasMore = page.HasNextPage;
            if (hasMore) after = page.Items[^1].Cursor;
        }
        while (hasMore);
    }

    // Of the customers or the people that a table is grouped by.
    private Task<Names> NamesOfGroupsAsync(
        TableRequest request, IEnumerable<Guid?> ids, CancellationToken cancellation) =>
        request.GroupBy == WaitGrouping.Customer
            ? NamesAsync(request, ids.OfType<Guid>(), [], cancellation)
            : NamesAsync(request, [], ids, cancellation);

    private static string? WhoseOf(TableRequest request, Names named, Guid? id) =>
        id is null ? request.Say("niemand", "nobody")
        : request.GroupBy == WaitGrouping.Customer ? named.Customer(id)
        : named.Person(id);

    private async Task<Names> NamesAsync(
        TableRequest request, IEnumerable<Guid> customerIds, IEnumerable<Guid?> administratorIds,
        CancellationToken cancellation)
    {
        Guid[] ofCustomers = [.. customerIds.Distinct()], ofPeople = [.. administratorIds.OfType<Guid>().Distinct()];
        return new Names(
            ofCustomers.Length == 0 ? new Dictionary<Guid, CustomerRow>()
                : await customers.CustomersByIdsAsync(request.Caller, ofCustomers, cancellation),
            ofPeople.Length == 0 ? new Dictionary<Guid, AdministratorRow>()
                : await people.AdministratorsByIdsAsync(request.Caller, ofPeople, cancellation));
    }

    private string LinkTo(Guid conversation) => $"{email.PublicUrl}/conversations/{conversation}";

    private static string NameOf(TableRequest request, ConversationStatus status) => status switch
    {
        ConversationStatus.Open => request.Say("offen", "open"),
        ConversationStatus.Attention => request.Say("aufmerksam", "attention"),
        ConversationStatus.Answered => request.Say("beantwortet", "answered"),
    };

    private static string? NameOf(TableRequest request, Awaiting awaiting) => awaiting switch
    {
        Awaiting.Office => request.Say("Kanzlei", "office"),
        Awaiting.Customer => request.Say("Kunde", "customer"),
        Awaiting.Nobody => null,
    };

    private static string NameOf(TableRequest request, WaitKind kind) => kind switch
    {
        WaitKind.OfficeReply => request.Say("Antwort der Kanzlei", "Reply of the office"),
        WaitKind.CustomerAnswer => request.Say("Antwort des Kunden", "Answer of the customer"),
        WaitKind.Resolution => request.Say("Erledigung", "Resolution"),
    };

    private static string NameOf(TableRequest request, DeliveryKind kind) => kind switch
    {
        DeliveryKind.ConversationCreated => request.Say("Neues Gespräch", "New conversation"),
        DeliveryKind.CustomerCommented => request.Say("Kommentar eines Kunden", "Comment of a customer"),
        DeliveryKind.AdministratorCommented => request.Say("Kommentar der Kanzlei", "Comment of the office"),
        DeliveryKind.AdministratorsNotified =>
            request.Say("Hinweis an alle Administratoren", "Notice to all administrators"),
        DeliveryKind.Assigned => request.Say("Gespräch übergeben", "Conversation handed over"),
        DeliveryKind.StatusChanged => request.Say("Status geändert", "Status changed"),
        DeliveryKind.Invitation => request.Say("Einladung", "Invitation"),
        DeliveryKind.PasswordReset => request.Say("Link für ein anderes Passwort", "Link for another password"),
        DeliveryKind.PasswordChanged => request.Say("Passwort geändert", "Password changed"),
        DeliveryKind.SecondFactorChanged => request.Say("Zweiter Faktor geändert", "Second factor changed"),
        DeliveryKind.EmailChange => request.Say(
            "Link, der eine andere Adresse bestätigt", "Link that confirms another address"),
        DeliveryKind.EmailChangeAsked => request.Say("Andere Adresse gewünscht", "Another address asked for"),
        DeliveryKind.EmailChanged => request.Say("Adresse geändert", "Address changed"),
        DeliveryKind.WeeklyReport => request.Say("Wochenbericht", "Weekly report"),
        DeliveryKind.Checkpoint => request.Say("Prüfpunkt", "Checkpoint"),
    };

    private static string NameOf(TableRequest request, WaitOutcome outcome) => outcome switch
    {
        WaitOutcome.Replied => request.Say("beantwortet", "replied"),
        WaitOutcome.ClosedWithoutReply => request.Say("ohne Antwort geschlossen", "closed without a reply"),
        WaitOutcome.CustomerAnswered => request.Say("vom Kunden beantwortet", "answered by the customer"),
        WaitOutcome.Withdrawn => request.Say("zurückgenommen", "withdrawn"),
        WaitOutcome.Resolved => request.Say("erledigt", "resolved"),
        WaitOutcome.StillWaiting => request.Say("wartet noch", "still waiting"),
    };

    private sealed record Names(
        IReadOnlyDictionary<Guid, CustomerRow> Customers, IReadOnlyDictionary<Guid, AdministratorRow> People)
    {
        public string? Customer(Guid? id) => id is { } known ? Customers.GetValueOrDefault(known)?.Name : null;

        public string? Person(Guid? id) => id is { } known ? People.GetValueOrDefault(known)?.DisplayName : null;
    }
}
