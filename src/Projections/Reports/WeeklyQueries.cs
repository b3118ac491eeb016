using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Projections.Conversations;
using Messaging.Projections.Organisation;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Projections.Reports;

/// <summary>A number of the weekly report, by the list of what it counts.</summary>
public enum WeeklyList
{
    /// <summary>Conversations that were started since the last week's close of business.</summary>
    CameIn,

    /// <summary>Conversations that have waited for the office for longer than a working day.</summary>
    WaitingForUs,

    /// <summary>Conversations in which the customer has been awaited for longer than 10 working days.</summary>
    WaitingForCustomers,

    /// <summary>
    /// Conversations that are not answered, and that nobody is responsible for, or only somebody who no longer belongs
    /// to the office.
    /// </summary>
    NobodyResponsible,

    /// <summary>Conversations that were started in a week.</summary>
    Started,

    /// <summary>The changes to ANSWERED of a week.</summary>
    Answered,

    /// <summary>The changes from ANSWERED of a week.</summary>
    Reopened,

    /// <summary>Conversations that were OPEN or in ATTENTION at a week's close of business.</summary>
    Backlog,

    /// <summary>The comments of customers of a week.</summary>
    Written,
}

/// <summary>A list of the weekly report, as far as it is asked for.</summary>
/// <param name="Week">The week that it is of, where it is of one.</param>
/// <param name="CustomerId">Only what is of this customer; null for all.</param>
/// <param name="ResponsibleId">Only what is of conversations that this person is responsible for now.</param>
public sealed record WeeklySelection(
    WeeklyList Of, ReportedWeek Week, Guid? CustomerId, Guid? ResponsibleId = null);

/// <summary>One of what a number of the weekly report counts.</summary>
/// <param name="Position">The version of the conversation with which it happened; 0 of what has no such.</param>
/// <param name="At">Since when it waits or is so, or when it happened.</param>
public sealed record WeeklyEntry(Guid ConversationId, int Position, DateTimeOffset At);

/// <summary>The replies of a week, in business time.</summary>
/// <param name="Median">In seconds; null when there are none.</param>
/// <param name="WithinDay">Number of those that took no longer than a working day.</param>
public sealed record WeekReplies(int Count, double? Median, double? P90, int WithinDay);

/// <summary>The figures of a week.</summary>
/// <param name="Open">Number of conversations that were OPEN at its close.</param>
/// <param name="Attention">Number of those that were in ATTENTION.</param>
public sealed record WeekRow(
    ReportedWeek Week, int Started, int Answered, int Reopened, int Open, int Attention, WeekReplies Replies);

/// <summary>The work of one person, and their replies of last week.</summary>
/// <param name="Replies">In business time; null where the caller may not see times of theirs.</param>
public sealed record WeekPersonRow(WorkloadRow Workload, WaitFigure? Replies);

/// <summary>What a customer wrote in a week.</summary>
public sealed record WeekCustomerRow(Guid CustomerId, int Comments, int Conversations);

/// <summary>
/// The weekly report of the caller's organisation, for administrators and auditors: docs/figures.md says what each
/// number counts. Each has the list of what it counts, by the same condition.
/// </summary>
public sealed class WeeklyQueries(NpgsqlDataSource database)
{
    /// <summary>The rows of a part of the report unless more are asked for.</summary>
    public const int Rows = 10;

    private readonly OrganisationQueries _organisation = new(database);
    private readonly ReportQueries _reports = new(database);
    private readonly ActivityQueries _activity = new(database);
    private readonly WaitQueries _waits = new(database);

    /// <summary>The instants that the report is about.</summary>
    /// <param name="at">The instant that it is of; null for now.</param>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<WeeklyFrame> FrameAsync(Caller caller, DateTimeOffset? at, CancellationToken cancellation)
    {
        var office = await _organisation.CalendarAsync(caller, cancellation);
        return WeeklyFrame.Of(office, at ?? office.ReadAt);
    }

    /// <summary>The figures of the weeks, the last one first.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<IReadOnlyList<WeekRow>> WeeksAsync(
        Caller caller, WeeklyFrame frame, CancellationToken cancellation)
    {
        // They begin together, so that they share round trips.
        var activity = _activity.ActivityAsync(
            caller, frame.Weeks[^1].From, frame.LastWeek.To, Interval.Week, cancellation);
        var backlog = _reports.BacklogsAsync(caller, [.. frame.Weeks.Select(w => w.ClosedAt)], cancellation);
        var replies = _waits.RepliesAsync(caller, frame, cancellation);
        await Task.WhenAll(activity, backlog, replies);
        var (events, open, times) = (await activity, await backlog, await replies);
        return
        [
            .. frame.Weeks.Select((week, i) => new WeekRow(
                week, events[^(i + 1)].Created, events[^(i + 1)].Answered, events[^(i + 1)].Reopened, open[i].Open,
                open[i].Attention, times[i])),
        ];
    }

    /// <summary>
    /// The work of each person and of nobody, and the replies of last week: those first for whom most waits.
    /// </summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<IReadOnlyList<WeekPersonRow>> PeopleAsync(
        Caller caller, WeeklyFrame frame, int most, CancellationToken cancellation)
    {
        var work = _reports.WorkloadAsync(caller, cancellation);
        var times = _waits.FiguresAsync(
            caller, frame.Office, WaitReport.Of(WaitKind.OfficeReply, frame.LastWeek.From, frame.LastWeek.To),
            WaitGrouping.Administrator, TimeBasis.Business, cancellation);
        await Task.WhenAll(work, times);
        var (rows, groups) = (await work, (await times).Groups.Where(g => g.GroupId is not null).ToList());
        var replies = groups.ToDictionary(g => g.GroupId!.Value);

        // Somebody may have replied, and left since.
        var left = groups.Where(g => g.Count > 0 && !rows.Any(r => r.AdministratorId == g.GroupId))
            .Select(g => new WorkloadRow(g.GroupId, 0, 0, 0, null));
        return
        [
            .. rows.Concat(left).OrderByDescending(r => r.AwaitingOffice).ThenByDescending(r => r.Open + r.Attention)
                .Take(most).Select(r => new WeekPersonRow(r, Of(r.AdministratorId))),
        ];

        WaitFigure? Of(Guid? id) =>
            id is { } person && WaitQueries.ShowsTimesOf(caller, frame.Office, person)
                ? replies.GetValueOrDefault(
                    person, new WaitFigure(WaitGrouping.Administrator, person, 0, null, null, null, null, 0, 0))
                : null;
    }

    /// <summary>The customers who wrote most comments last week.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<IReadOnlyList<WeekCustomerRow>> CustomersAsync(
        Caller caller, WeeklyFrame frame, int most, CancellationToken cancellation)
    {
        OfficeOnly.Demand(caller);
        var written = Those(caller, frame, new WeeklySelection(WeeklyList.Written, frame.LastWeek, null));
        return await Sql.Of(
            $"""
             select customer_id, count(*)::int, count(distinct conversation_id)::int from ({written}) w
             group by customer_id order by 2 desc, customer_id limit {Sql.Number(most)}
             """).Heavy().ListAsync(
            database, r => new WeekCustomerRow(r.GetGuid(0), r.GetInt32(1), r.GetInt32(2)), cancellation);
    }

    /// <summary>A page of what a number counts, the earliest first.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    /// <exception cref="InvalidPageException">There is no such page.</exception>
    /// <exception cref="InvalidCursorException">A cursor is none of this list.</exception>
    public async Task<Page<WeeklyEntry>> PageAsync(
        Caller caller, WeeklyFrame frame, WeeklySelection which, PageRequest page, CancellationToken cancellation)
    {
        OfficeOnly.Demand(caller);
        var size = page.Size();
        var direction = Sql.Raw(page.Backward ? "desc" : "asc");
        var list = $"weekly.{which.Of}";
        var bounds = page.Between(Place, Cursor.PositionPlaces(list));
        var rows = await Sql.Of(
            $"""
             select conversation_id, position, at from ({Those(caller, frame, which)}) w where true{bounds}
             {page.Order($"at {direction}, conversation_id {direction}, position {direction}")}
             limit {Sql.Number(size + 1)}
             """).Heavy().ListAsync(
            database, r => new WeeklyEntry(r.GetGuid(0), r.GetInt32(1), r.Instant(2)), cancellation);
        return Page<WeeklyEntry>.Of(
            rows, page, r => Cursor.Of(list, r.At, r.Position, r.ConversationId));
    }

    /// <summary>A number.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public Task<int> CountAsync(
        Caller caller, WeeklyFrame frame, WeeklySelection which, CancellationToken cancellation)
    {
        OfficeOnly.Demand(caller);
        return Sql.Of($"select count(*) from ({Those(caller, frame, which)}) w").Heavy().CountAsync(
            database, cancellation);
    }

    private static Sql Place => Sql.Raw("(at, conversation_id, position)");

    // The rows of a list: conversation_id, position, at and customer_id.
    private static Sql Those(Caller caller, WeeklyFrame frame, WeeklySelection which)
    {
        var week = which.Week;
        var responsible = which.ResponsibleId is { } person
            ? Sql.Of($" and c.responsible_administrator_id = {person}")
            : Sql.Nothing;
        var sql = which.Of switch
        {
            WeeklyList.CameIn => Conversations("created_at", $" and c.created_at >= {frame.LastWeek.ClosedAt}"),
            WeeklyList.WaitingForUs => Waiting(Awaiting.Office, frame.LongAgoForUs),
            WeeklyList.WaitingForCustomers => Waiting(Awaiting.Customer, frame.LongAgoForCustomers),
            WeeklyList.NobodyResponsible => Conversations(
                "created_at",
                $" and c.status in ('Open', 'Attention'){ConversationList.Unassigned(caller, true)}"),
            WeeklyList.Started => Conversations(
                "created_at", $" and c.created_at >= {week.From} and c.created_at < {week.To}"),
            WeeklyList.Answered => Changes("="),
            WeeklyList.Reopened => Changes("<>"),
            WeeklyList.Backlog => Sql.Of(
                $"{OpenAtClose($"p.to_at is null")} union all {OpenAtClose($"p.to_at > {week.ClosedAt}")}"),
            WeeklyList.Written => Sql.Of(
                $"""
                 select m.conversation_id, m.position, m.created_at as at, c.customer_id
                 from messaging.comments m
                 join messaging.conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
                 where m.tenant_id = {caller.TenantId} and m.author_kind = 'Contact'
                     and m.created_at >= {week.From} and m.created_at < {week.To}
                     {LimitedAccess.OfConversation(caller)}{responsible}
                 """),
        };
        return which.CustomerId is { } customer
            ? Sql.Of($"select * from ({sql}) x where customer_id = {customer}")
            : sql;

        Sql Conversations(string at, Sql conditions) => Sql.Of(
            $"""
             select c.id as conversation_id, 0 as position, c.{Sql.Raw(at)} as at, c.customer_id
             from messaging.conversations c where {Visibility.Conversations(caller)}{conditions}{responsible}
             """);

        Sql Waiting(Awaiting whom, DateTimeOffset? before) => Conversations(
            "awaiting_since",
            before is { } instant
                ? Sql.Of(
                    $" and c.awaiting = {Sql.Raw($"'{whom}'")} and c.awaiting_since < {instant}")
                : Sql.Of($" and false"));

        Sql Periods(Sql conditions) => Sql.Of(
            $"""
             select p.conversation_id, p.position, p.from_at as at, c.customer_id
             from messaging.status_periods p
             join messaging.conversations c on c.tenant_id = p.tenant_id and c.id = p.conversation_id
             where p.tenant_id = {caller.TenantId}{LimitedAccess.OfConversation(caller)}{responsible} {conditions}
             """);

        // Without the answered ones, which are most: their index has each of the two ends.
        Sql OpenAtClose(Sql end) => Periods($"and p.status <> 'Answered' and p.from_at <= {week.ClosedAt} and {end}");

        // To ANSWERED where the status is that, and from it where it is not.
        Sql Changes(string answered) => Periods(
            $"""
             and p.from_at >= {week.From} and p.from_at < {week.To}
                 and p.status {Sql.Raw(answered)} 'Answered' and (
                 select b.status from messaging.status_periods b
                 where b.tenant_id = p.tenant_id and b.conversation_id = p.conversation_id and b.position < p.position
                 order by b.position desc limit 1) {Sql.Raw(answered == "=" ? "<>" : "=")} 'Answered'
             """);
    }
}
