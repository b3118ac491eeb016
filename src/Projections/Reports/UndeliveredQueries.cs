using System.Collections.Immutable;
using Messaging.Domain;
using Messaging.Projections.Organisation;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Projections.Reports;

/// <summary>What has become of what a customer was asked for.</summary>
public enum UndeliveredPart
{
    /// <summary>The customer answered.</summary>
    Answered,

    /// <summary>The office changed the status before.</summary>
    Withdrawn,

    /// <summary>The customer has been awaited for longer than 10 working days.</summary>
    Late,

    /// <summary>The customer is awaited, and not for so long.</summary>
    Open,
}

/// <summary>A calendar month of the office's clock.</summary>
/// <param name="From">Inclusive.</param>
/// <param name="To">Exclusive.</param>
public sealed record ReportedMonth(DateTimeOffset From, DateTimeOffset To);

/// <summary>The instants that the report is about.</summary>
/// <param name="LongAgo">Whoever was asked before then is late; null for nobody.</param>
/// <param name="Months">The last ones, this one among them, the earliest first.</param>
public sealed record UndeliveredFrame(
    DateTimeOffset AsOf, OfficeCalendar Office, DateTimeOffset? LongAgo, ImmutableArray<ReportedMonth> Months)
{
    /// <summary>The months unless more or fewer are asked for.</summary>
    public const int MonthsDefault = 12;

    /// <summary>The most months.</summary>
    public const int MonthsMaximum = 24;

    /// <summary>That of an office at an instant.</summary>
    /// <exception cref="InvalidReportException">These are too few or too many months.</exception>
    public static UndeliveredFrame Of(OfficeCalendar office, DateTimeOffset now, int months)
    {
        if (months is < 1 or > MonthsMaximum)
            throw new InvalidReportException($"A report has 1 to {MonthsMaximum} months.");
        var zone = Day.ZoneOf(office.TimeZone);
        var today = Day.Of(now, zone);
        var first = new DateOnly(today.Year, today.Month, 1).AddMonths(1 - months);
        return new UndeliveredFrame(
            now, office, WeeklyFrame.Of(office, now).LongAgoForCustomers,
            [
                .. Enumerable.Range(0, months).Select(n => new ReportedMonth(
                    Day.StartOf(first.AddMonths(n), zone), Day.StartOf(first.AddMonths(n + 1), zone))),
            ]);
    }
}

/// <summary>Which conversations it is about; null restricts nothing.</summary>
/// <param name="ResponsibleId">Only those that this administrator is responsible for.</param>
/// <param name="Nobody">True for those that nobody is responsible for.</param>
public sealed record UndeliveredFilter(Guid? ResponsibleId, bool Nobody);

/// <summary>What has become of what was asked for in a month.</summary>
public sealed record UndeliveredCount(int Answered, int Withdrawn, int Late, int Open);

/// <summary>What a customer was asked for.</summary>
/// <param name="OldestSince">The instant since which they are awaited the longest; null when they are not.</param>
/// <param name="Earlier">What was asked for before the months, and is still awaited.</param>
/// <param name="Months">One for each month.</param>
public sealed record UndeliveredRow(
    Guid CustomerId, DateTimeOffset? OldestSince, UndeliveredCount Earlier, IReadOnlyList<UndeliveredCount> Months);

/// <summary>Which waits of the report are listed; null restricts nothing.</summary>
/// <param name="Month">The place of a month, from 1; 0 for what is from before them.</param>
public sealed record UndeliveredSelection(Guid? CustomerId, int? Month, UndeliveredPart? Part);

/// <summary>
/// What customers were asked for, month by month, and who has not delivered, for administrators and auditors: the
/// waits for their answers, as docs/figures.md defines them, in the month in which they began.
/// </summary>
public sealed class UndeliveredQueries(NpgsqlDataSource database)
{
    private const string List = "undelivered";

    // Of customers who are not awaited, who come last.
    private static readonly DateTimeOffset s_never = new(9999, 12, 31, 0, 0, 0, TimeSpan.Zero);

    private readonly OrganisationQueries _organisation = new(database);

    /// <summary>The instants that the report is about.</summary>
    /// <param name="at">The instant that it is of; null for now.</param>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    /// <exception cref="InvalidReportException">These are too few or too many months.</exception>
    public async Task<UndeliveredFrame> FrameAsync(
        Caller caller, DateTimeOffset? at, int months, CancellationToken cancellation)
    {
        OfficeOnly.Demand(caller);
        var office = await _organisation.CalendarAsync(caller, cancellation);
        return UndeliveredFrame.Of(office, at ?? office.ReadAt, months);
    }

    /// <summary>The figures of all customers, and of each month.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<(UndeliveredCount Earlier, IReadOnlyList<UndeliveredCount> Months)> TotalAsync(
        Caller caller, UndeliveredFrame frame, UndeliveredFilter filter, CancellationToken cancellation)
    {
        var sql = Sql.Of($"select month, part, count(*)::int from ({Those(caller, frame, filter)}) w group by 1, 2");
        var counts = await sql.Heavy().ListAsync(
            database, r => (r.GetInt32(0), r.Enumeration<UndeliveredPart>(1), r.GetInt32(2)), cancellation);
        return Of(frame, counts);
    }

    /// <summary>
    /// A page of the customers who were asked for something in these months, or still are: those first who are awaited
    /// the longest.
    /// </summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    /// <exception cref="InvalidPageException">There is no such page.</exception>
    /// <exception cref="InvalidCursorException">A cursor is none of this list.</exception>
    public async Task<Page<UndeliveredRow>> CustomersAsync(
        Caller caller, UndeliveredFrame frame, UndeliveredFilter filter, PageRequest page,
        CancellationToken cancellation)
    {
        var size = page.Size();
        var bounds = page.Between(Sql.Raw("(oldest, customer_id)"), Cursor.InstantPlaces(List));
        var direction = Sql.Raw(page.Backward ? "desc" : "asc");
        var counts = await Sql.Of(
            $"""
             with w as materialized ({Those(caller, frame, filter)}),
             customers as (
                 select customer_id, coalesce(min(from_at) filter (where to_at is null), {s_never}) as oldest
                 from w group by 1),
             page as (
                 select * from customers where true{bounds}
                 order by oldest {direction}, customer_id {direction} limit {Sql.Number(size + 1)})
             select p.customer_id, p.oldest, w.month, w.part, count(*)::int
             from page p join w on w.customer_id = p.customer_id group by 1, 2, 3, 4
             order by p.oldest {direction}, p.customer_id {direction}
             """).Heavy().ListAsync(
            database,
            r => (
                Customer: r.GetGuid(0), Oldest: r.Instant(1),
                Count: (r.GetInt32(2), r.Enumeration<UndeliveredPart>(3), r.GetInt32(4))),
            cancellation);
        var rows = counts.GroupBy(c => (c.Customer, c.Oldest)).Select(of =>
        {
            var (earlier, months) = Of(frame, [.. of.Select(c => c.Count)]);
            var oldest = of.Key.Oldest == s_never ? (DateTimeOffset?)null : of.Key.Oldest;
            return new UndeliveredRow(of.Key.Customer, oldest, earlier, months);
        });
        return Page<UndeliveredRow>.Of(
            [.. rows], page, r => Cursor.Of(List, r.OldestSince ?? s_never, r.CustomerId));
    }

    /// <summary>Number of those customers.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public Task<int> CustomerCountAsync(
        Caller caller, UndeliveredFrame frame, UndeliveredFilter filter, CancellationToken cancellation) =>
        Sql.Of($"select count(*) from (select from ({Those(caller, frame, filter)}) w group by customer_id) c").Heavy()
            .CountAsync(database, cancellation);

    /// <summary>A page of the waits that a number counts, in the order in which they began.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    /// <exception cref="InvalidPageException">There is no such page.</exception>
    /// <exception cref="InvalidCursorException">A cursor is none of this list.</exception>
    public async Task<Page<WaitRow>> PageAsync(
        Caller caller, UndeliveredFrame frame, UndeliveredFilter filter, UndeliveredSelection which, PageRequest page,
        CancellationToken cancellation)
    {
        var size = page.Size();
        var bounds = page.Between(Place, Cursor.PositionPlaces(List));
        var direction = Sql.Raw(page.Backward ? "desc" : "asc");
        var rows = await Sql.Of(
            $"""
             select conversation_id, position, from_at, to_at, outcome, administrator_id
             from ({Those(caller, frame, filter)}) w where true{Conditions(which)}{bounds}
             {page.Order($"from_at {direction}, conversation_id {direction}, position {direction}")}
             limit {Sql.Number(size + 1)}
             """).Heavy().ListAsync(
            database,
            r => new WaitRow(
                r.GetGuid(0), r.GetInt32(1), r.Instant(2), r.InstantOrNull(3),
                r.IsDBNull(4) ? WaitOutcome.StillWaiting : r.Enumeration<WaitOutcome>(4),
                r.GuidOrNull(5) is { } id && WaitQueries.ShowsTimesOf(caller, frame.Office, id) ? id : null,
                (r.InstantOrNull(3) - r.Instant(2))?.TotalSeconds),
            cancellation);
        return Page<WaitRow>.Of(rows, page, r => Cursor.Of(List, r.Since, r.Position, r.ConversationId));
    }

    /// <summary>A number.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public Task<int> CountAsync(
        Caller caller, UndeliveredFrame frame, UndeliveredFilter filter, UndeliveredSelection which,
        CancellationToken cancellation) =>
        Sql.Of($"select count(*) from ({Those(caller, frame, filter)}) w where true{Conditions(which)}").Heavy()
            .CountAsync(database, cancellation);

    private static Sql Place => Sql.Raw("(from_at, conversation_id, position)");

    private static (UndeliveredCount Earlier, IReadOnlyList<UndeliveredCount> Months) Of(
        UndeliveredFrame frame, List<(int Month, UndeliveredPart Part, int Count)> counts)
    {
        var found = counts.ToDictionary(c => (c.Month, c.Part), c => c.Count);
        return (Month(0), [.. Enumerable.Range(1, frame.Months.Length).Select(Month)]);

        UndeliveredCount Month(int month) =>
            new(
                found.GetValueOrDefault((month, UndeliveredPart.Answered)),
                found.GetValueOrDefault((month, UndeliveredPart.Withdrawn)),
                found.GetValueOrDefault((month, UndeliveredPart.Late)),
                found.GetValueOrDefault((month, UndeliveredPart.Open)));
    }

    private static Sql Conditions(UndeliveredSelection which)
    {
        var sql = Sql.Nothing;
        if (which.CustomerId is { } customer) sql += $" and customer_id = {customer}";
        if (which.Month is { } month) sql += $" and month = {month}";
        if (which.Part is { } part) sql += $" and part = {part.ToString()}";
        return sql;
    }

    // The waits that began in these months, and those from before that go on: an index has them by where they ended.
    private static Sql Those(Caller caller, UndeliveredFrame frame, UndeliveredFilter filter)
    {
        OfficeOnly.Demand(caller);
        var begins = frame.Months.Select(m => m.From.UtcDateTime).ToArray();
        var late = frame.LongAgo is { } before ? Sql.Of($"w.from_at < {before}") : Sql.Raw("false");
        var conditions = LimitedAccess.OfCustomer(caller, "w.customer_id");

        // Looked up for each wait: the planner would read all conversations of somebody instead.
        var who = Sql.Raw(
            """
            (select c.responsible_administrator_id from messaging.conversations c
                where c.tenant_id = w.tenant_id and c.id = w.conversation_id)
            """);
        if (filter.Nobody) conditions += $" and {who} is null";
        if (filter.ResponsibleId is { } responsible) conditions += $" and {who} = {responsible}";
        return Sql.Of(
            $"{Waits(Sql.Raw("w.to_at is null"))} union all "
                + $"{Waits(Sql.Of($"w.to_at >= {begins[0]} and w.from_at >= {begins[0]}"))}");

        Sql Waits(Sql which) => Sql.Of(
            $"""
             select w.conversation_id, w.position, w.customer_id, w.from_at, w.to_at, w.outcome, w.administrator_id,
                 width_bucket(w.from_at, {begins}::timestamptz[]) as month,
                 case when w.outcome = 'CustomerAnswered' then 'Answered' when w.outcome is not null then 'Withdrawn'
                     when {late} then 'Late' else 'Open' end as part
             from messaging.waits w
             where w.tenant_id = {caller.TenantId} and w.kind = 'CustomerAnswer' and {which}{conditions}
             """);
    }
}
