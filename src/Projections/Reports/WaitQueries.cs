using Messaging.Domain;
using Messaging.Projections.Organisation;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Projections.Reports;

/// <summary>What figures of waits are told apart by.</summary>
public enum WaitGrouping
{
    /// <summary>
    /// Who replied; of a wait for the customer, who asked. Those of others only to owners: everybody else gets their
    /// own, and what is nobody's yet.
    /// </summary>
    Administrator,

    /// <summary>The customer of the conversation.</summary>
    Customer,
}

/// <summary>How the length of a wait is measured.</summary>
public enum TimeBasis
{
    /// <summary>All of the time between two instants.</summary>
    Calendar,

    /// <summary>The time between them in which the office works, by its calendars.</summary>
    Business,
}

/// <summary>The waits of one kind that ended in a range of time, and those that went on at its end.</summary>
/// <param name="From">Inclusive.</param>
/// <param name="To">Exclusive.</param>
public sealed record WaitReport(WaitKind Kind, DateTimeOffset From, DateTimeOffset To)
{
    /// <summary>The longest range, in days.</summary>
    public const int DaysMaximum = 1_100;

    /// <summary>The most groups of an answer.</summary>
    public const int GroupsMaximum = 200;

    /// <summary>Checks the range.</summary>
    /// <exception cref="InvalidReportException">It is empty or too long.</exception>
    public static WaitReport Of(WaitKind kind, DateTimeOffset from, DateTimeOffset to)
    {
        Check(from, to);
        return new WaitReport(kind, from, to);
    }

    /// <summary>Checks a range.</summary>
    /// <exception cref="InvalidReportException">It is empty or too long.</exception>
    public static void Check(DateTimeOffset from, DateTimeOffset to)
    {
        if (to <= from) throw new InvalidReportException("'to' has to be after 'from'.");
        if (from.Year < 1900 || to.Year > 2200)
            throw new InvalidReportException("A report is about the years 1900 to 2200.");
        if (to - from > TimeSpan.FromDays(DaysMaximum))
            throw new InvalidReportException($"'from' and 'to' are at most {DaysMaximum:N0} days apart.");
    }
}

/// <summary>Figures of waits.</summary>
/// <param name="GroupId">The administrator or customer; null for all, and for what is nobody's.</param>
/// <param name="Count">Number of those that are timed; the times are in seconds, and null when there are none.</param>
/// <param name="By">What they are of; null for all.</param>
public sealed record WaitFigure(
    WaitGrouping? By, Guid? GroupId, int Count, double? Mean, double? Median, double? P90, double? Longest, int Untimed,
    int StillWaiting);

/// <summary>Figures of waits, of all and of each group.</summary>
/// <param name="AsOf">The instant at which the last ones count: the end of the range, or now.</param>
/// <param name="Groups">The largest first, and no more than <see cref="WaitReport.GroupsMaximum"/>.</param>
/// <param name="GroupCount">The number of all groups.</param>
/// <param name="Basis">How the times are measured.</param>
/// <param name="IsDefaultCalendar">True when the office has no calendar of its own.</param>
public sealed record WaitFigures(
    DateTimeOffset AsOf, string TimeZone, WaitFigure Total, IReadOnlyList<WaitFigure> Groups, int GroupCount,
    TimeBasis Basis, bool IsDefaultCalendar);

/// <summary>A filter of waits; null restricts nothing.</summary>
/// <param name="Nobody">True for those that are nobody's of the office, or not yet.</param>
public sealed record WaitFilter(WaitOutcome? Outcome, Guid? AdministratorId, bool Nobody, Guid? CustomerId);

/// <summary>A wait.</summary>
/// <param name="EndedAt">Null while it goes on.</param>
/// <param name="AdministratorId">Who replied or asked; null, too, where the reader may not see times of theirs.</param>
/// <param name="Seconds">Its length on the basis of the figures; null while it goes on.</param>
public sealed record WaitRow(
    Guid ConversationId, int Position, DateTimeOffset Since, DateTimeOffset? EndedAt, WaitOutcome Outcome,
    Guid? AdministratorId, double? Seconds);

/// <summary>The times of the caller's organisation, for administrators and auditors.</summary>
public sealed class WaitQueries(NpgsqlDataSource database)
{
    // What is timed; everything else that ended is only counted.
    internal const string Timed = "outcome in ('Replied', 'CustomerAnswered', 'Resolved')";

    // Waits that ended in the clock's future have business time so far.
    private static readonly TimeSpan s_future = TimeSpan.FromDays(400);

    private readonly OrganisationQueries _organisation = new(database);

    /// <summary>Figures of waits, by groups if asked for.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<WaitFigures> FiguresAsync(
        Caller caller, WaitReport report, WaitGrouping? groups, TimeBasis basis, CancellationToken cancellation) =>
        await FiguresAsync(
            caller, await _organisation.CalendarAsync(caller, cancellation), report, groups, basis, cancellation);

    /// <summary>The same, of an office whose calendar is known.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    internal async Task<WaitFigures> FiguresAsync(
        Caller caller, OfficeCalendar office, WaitReport report, WaitGrouping? groups, TimeBasis basis,
        CancellationToken cancellation)
    {
        OfficeOnly.Demand(caller);
        var time = await TimeAsync(caller, office, report, basis, cancellation);
        var key = Sql.Raw(groups switch
        {
            WaitGrouping.Administrator => "administrator_id",
            WaitGrouping.Customer => "customer_id",
            null => "null::uuid",
        });
        var seen = Sql.Raw(groups is null ? "false" : "true");
        if (groups == WaitGrouping.Administrator && !office.ShowsPersonalTimes) seen = Sql.Raw("false");
        else if (groups == WaitGrouping.Administrator && !SeesAll(caller))
            seen = Sql.Of($"(id is null or id = {caller.Actor.Id})");

        // Without groups nothing is sorted for them.
        var total = Sql.Raw(groups is null ? "true as is_total, null::uuid as id" : "grouping(id) = 1 as is_total, id");
        var sets = Sql.Raw(groups is null ? "()" : "grouping sets ((), (id))");
        var rows = await Sql.Of(
            $"""
             with w as ({Those(caller, report, Sql.Of($"{key} as id, "), time)}),
             figures as (
                 select {total}, count(*) filter (where {Sql.Raw(Timed)})::int as timed,
                     (avg(seconds) filter (where {Sql.Raw(Timed)}))::float8 as mean,
                     percentile_cont(0.5) within group (order by seconds::float8)
                         filter (where {Sql.Raw(Timed)}) as median,
                     percentile_cont(0.9) within group (order by seconds::float8)
                         filter (where {Sql.Raw(Timed)}) as p90,
                     (max(seconds) filter (where {Sql.Raw(Timed)}))::float8 as longest,
                     count(*) filter (where outcome is not null and not {Sql.Raw(Timed)})::int as untimed,
                     count(*) filter (where outcome is null)::int as waiting, count(*) as of_all
                 from w group by {sets})
             select is_total, id, timed, mean, median, p90, longest, untimed, waiting, count(*) over ()::int,
                 least({report.To}, now())
             from figures where is_total or {seen} order by is_total desc, of_all desc, id nulls first
             limit {Sql.Number(WaitReport.GroupsMaximum + 1)}
             """).Heavy().ListAsync(
            database,
            r => (
                Figure: new WaitFigure(
                    r.GetBoolean(0) ? null : groups, r.GuidOrNull(1), r.GetInt32(2), Seconds(r, 3), Seconds(r, 4),
                    Seconds(r, 5), Seconds(r, 6), r.GetInt32(7), r.GetInt32(8)),
                Rows: r.GetInt32(9), AsOf: r.Instant(10)),
            cancellation);
        var all = rows[0];
        return new WaitFigures(
            all.AsOf, office.TimeZone, all.Figure, [.. rows.Skip(1).Select(r => r.Figure)], all.Rows - 1, basis,
            office.Calendars.IsEmpty);
    }

    /// <summary>A page of the waits that figures are made of, in the order in which they began.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    /// <exception cref="InvalidPageException">There is no such page.</exception>
    /// <exception cref="InvalidCursorException">A cursor is none of this list.</exception>
    public async Task<Page<WaitRow>> PageAsync(
        Caller caller, WaitReport report, WaitFilter filter, TimeBasis basis, PageRequest page,
        CancellationToken cancellation)
    {
        var office = await _organisation.CalendarAsync(caller, cancellation);
        var time = await TimeAsync(caller, office, report, basis, cancellation);
        var size = page.Size();
        var direction = Sql.Raw(page.Backward ? "desc" : "asc");
        var bounds = page.Between(Place, Cursor.PositionPlaces(List));
        var rows = await Sql.Of(
            $"""
             select conversation_id, position, from_at, ended_at, outcome, administrator_id
             from ({Those(caller, report, Sql.Nothing, null)}) w
             where true{Conditions(caller, filter, office)}{bounds}
             {page.Order($"from_at {direction}, conversation_id {direction}, position {direction}")}
             limit {Sql.Number(size + 1)}
             """).Heavy().ListAsync(
            database,
            r => new WaitRow(
                r.GetGuid(0), r.GetInt32(1), r.Instant(2), r.InstantOrNull(3),
                r.IsDBNull(4) ? WaitOutcome.StillWaiting : r.Enumeration<WaitOutcome>(4), Shown(r.GuidOrNull(5)),
                Length(r.Instant(2), r.InstantOrNull(3))),
            cancellation);
        return Page<WaitRow>.Of(
            rows, page, r => Cursor.Of(List, r.Since, r.Position, r.ConversationId));

        Guid? Shown(Guid? id) => id is { } person && ShowsTimesOf(caller, office, person) ? id : null;

        double? Length(DateTimeOffset from, DateTimeOffset? to) =>
            to is { } end ? (time?.Between(from, end) ?? end - from).TotalSeconds : null;
    }

    /// <summary>Number of the waits that a filter matches.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<int> CountAsync(
        Caller caller, WaitReport report, WaitFilter filter, CancellationToken cancellation)
    {
        var office = await _organisation.CalendarAsync(caller, cancellation);
        return await Sql.Of(
            $"""
             select count(*) from ({Those(caller, report, Sql.Nothing, null)}) w
             where true{Conditions(caller, filter, office)}
             """).Heavy().CountAsync(database, cancellation);
    }

    /// <summary>
    /// The replies of each of these weeks, in business time; of all, so that they are shown to everybody of the office.
    /// </summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    internal async Task<IReadOnlyList<WeekReplies>> RepliesAsync(
        Caller caller, WeeklyFrame frame, CancellationToken cancellation)
    {
        OfficeOnly.Demand(caller);
        var weeks = frame.Weeks.OrderBy(w => w.From).ToList();
        var begins = weeks.Select(w => w.From.UtcDateTime).ToArray();
        var days = weeks.Select(w => w.WorkingDay.TotalSeconds).ToArray();
        var report = WaitReport.Of(WaitKind.OfficeReply, weeks[0].From, weeks[^1].To);
        var time = await TimeAsync(caller, frame.Office, report, TimeBasis.Business, cancellation);
        var rows = await Sql.Of(
            $"""
             with w as materialized (
                 select width_bucket(ended_at, {begins}::timestamptz[]) as week, seconds::float8 as seconds
                 from ({Those(caller, report, Sql.Nothing, time)}) x where outcome = 'Replied')
             select week, count(*)::int, percentile_cont(0.5) within group (order by seconds),
                 percentile_cont(0.9) within group (order by seconds),
                 count(*) filter (where seconds <= ({days}::float8[])[week])::int
             from w group by week
             """).Heavy().ListAsync(
            database,
            r => (
                Week: r.GetInt32(0),
                Replies: new WeekReplies(r.GetInt32(1), r.GetDouble(2), r.GetDouble(3), r.GetInt32(4))),
            cancellation);
        var found = rows.ToDictionary(r => weeks[r.Week - 1], r => r.Replies);
        return [.. frame.Weeks.Select(w => found.GetValueOrDefault(w, new WeekReplies(0, null, null, 0)))];
    }

    private const string List = "waits";

    private static Sql Place => Sql.Raw("(from_at, conversation_id, position)");

    /// <summary>True where the office shows times of a person, and the caller may see those of this one.</summary>
    internal static bool ShowsTimesOf(Caller caller, OfficeCalendar office, Guid administratorId) =>
        office.ShowsPersonalTimes && (SeesAll(caller) || administratorId == caller.Actor.Id);

    private static bool SeesAll(Caller caller) => caller.Actor is Actor.Administrator { IsOwner: true };

    private static double? Seconds(NpgsqlDataReader r, int column) =>
        r.IsDBNull(column) ? null : r.GetDouble(column);

    // No wait began before the office's first conversation.
    private async Task<BusinessTime?> TimeAsync(
        Caller caller, OfficeCalendar office, WaitReport report, TimeBasis basis, CancellationToken cancellation)
    {
        if (basis == TimeBasis.Calendar) return null;
        var first = await Sql.Of(
            $"""
            select min(created_at) from messaging.conversations
            where tenant_id = {caller.TenantId}{LimitedAccess.OfCustomer(caller, "customer_id")}
            """).ListAsync(database, r => r.InstantOrNull(0), cancellation);
        var last = DateTimeOffset.UtcNow + s_future;
        return BusinessTime.Of(office, first[0] ?? BusinessTime.First, report.To < last ? report.To : last);
    }

    private static Sql Conditions(Caller caller, WaitFilter filter, OfficeCalendar office)
    {
        var sql = Sql.Nothing;
        if (filter.Outcome == WaitOutcome.StillWaiting) sql += $" and outcome is null";
        else if (filter.Outcome is { } outcome) sql += $" and outcome = {outcome.ToString()}";
        if (filter.CustomerId is { } customer) sql += $" and customer_id = {customer}";
        if (filter.Nobody) sql += $" and administrator_id is null";

        // Whose times the caller may not see has none, as somebody who is not there.
        if (filter.AdministratorId is { } administrator)
            sql += ShowsTimesOf(caller, office, administrator)
                ? Sql.Of($" and administrator_id = {administrator}")
                : Sql.Of($" and false");
        return sql;
    }

    // Seconds are exact here: a mean must not depend on the order in which rows are read.
    // What ended in the range, and what goes on at its end, or now when that is to come: then what ended in the clock's
    // future counts as well. What has not ended is nobody's yet, though somebody asked.
    private static Sql Those(Caller caller, WaitReport report, Sql columns, BusinessTime? time) => Sql.Of(
        $"""
        select {columns}conversation_id, position, customer_id, from_at, to_at as ended_at, outcome, administrator_id,
            {(time is null ? Sql.Raw("extract(epoch from to_at - from_at)") : BusinessTime.Seconds)} as seconds
        from messaging.waits w{(time is null ? Sql.Nothing : Sql.Of($" cross join {time.Pieces} t"))}
        where {Kind(caller, report)} and to_at >= {report.From} and to_at < {Until(report)}
        union all
        select {columns}conversation_id, position, customer_id, from_at, null, null, administrator_id, null
        from (select conversation_id, position, customer_id, from_at, kind,
                case kind when 'CustomerAnswer' then administrator_id end as administrator_id
            from messaging.waits w
            where {Kind(caller, report)} and to_at is null and from_at < {Until(report)}
            union all
            select conversation_id, position, customer_id, from_at, kind,
                case kind when 'CustomerAnswer' then administrator_id end
            from messaging.waits w
            where {Kind(caller, report)} and to_at >= {Until(report)} and to_at < 'infinity'
                and from_at < {Until(report)}) w
        """);

    private static Sql Kind(Caller caller, WaitReport report) => Sql.Of(
        $"tenant_id = {caller.TenantId} and kind = {report.Kind.ToString()}"
            + $"{LimitedAccess.OfCustomer(caller, "customer_id")}");

    private static Sql Until(WaitReport report) => Sql.Of(
        $"(select case when {report.To} < now() then {report.To} else 'infinity' end)");
}
