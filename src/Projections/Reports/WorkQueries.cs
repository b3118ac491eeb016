using Messaging.Domain;
using Messaging.Projections.Conversations;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Projections.Reports;

/// <summary>What the work is told apart by.</summary>
public enum WorkGrouping
{
    /// <summary>Who was responsible at the instant; one group is what nobody in particular had taken on.</summary>
    Administrator,

    /// <summary>The customer of the conversation.</summary>
    Customer,
}

/// <summary>A number of the work.</summary>
public enum WorkPart
{
    /// <summary>Conversations that were OPEN.</summary>
    Open,

    /// <summary>Conversations that were in ATTENTION.</summary>
    Attention,

    /// <summary>Those of both in which a customer waited for a reply of the office.</summary>
    AwaitingReply,
}

/// <summary>The work of all, or of a group.</summary>
/// <param name="By">What it is of; null for all.</param>
/// <param name="GroupId">The administrator or customer; null for all, and for nobody.</param>
/// <param name="AwaitingReply">Number of those of the others in which a customer waited for a reply.</param>
/// <param name="OldestSince">The instant since which the first of those waited.</param>
public sealed record WorkFigure(
    WorkGrouping? By, Guid? GroupId, int Open, int Attention, int AwaitingReply, DateTimeOffset? OldestSince);

/// <summary>Which conversations of the work are listed; null restricts nothing.</summary>
/// <param name="Nobody">True for those that nobody was responsible for.</param>
public sealed record WorkFilter(WorkPart? Of, Guid? AdministratorId, bool Nobody, Guid? CustomerId);

/// <summary>A conversation that a number counts.</summary>
/// <param name="Since">Since when it had its status, or the customer waited.</param>
public sealed record WorkEntry(Guid ConversationId, DateTimeOffset Since);

/// <summary>
/// What was not answered at an instant in the caller's organisation, who was responsible for it and whose it was, for
/// administrators and auditors. The groups add up to all, and all are those that <see cref="ReportQueries"/> counts.
/// </summary>
public sealed class WorkQueries(NpgsqlDataSource database)
{
    private const string List = "work";

    // What is told of what was open.
    [Flags]
    private enum Told
    {
        Nothing = 0,
        Customer = 1,
        Responsible = 2,
        Awaited = 4,
    }

    /// <summary>The work of all.</summary>
    /// <param name="at">The instant; null for now.</param>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<WorkFigure> TotalAsync(Caller caller, DateTimeOffset? at, CancellationToken cancellation) =>
        (await Sql.Of($"select null::uuid, {Numbers} from ({Those(caller, at, Told.Awaited)}) w").Heavy().ListAsync(
            database, r => Figure(r, null), cancellation))[0];

    /// <summary>A page of the groups, the largest first, and their number; null where the page is empty.</summary>
    /// <param name="at">The instant; null for now.</param>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    /// <exception cref="InvalidPageException">There is no such page.</exception>
    /// <exception cref="InvalidCursorException">A cursor is none of this list.</exception>
    public async Task<(Page<WorkFigure> Page, int? Count)> GroupsAsync(
        Caller caller, DateTimeOffset? at, WorkGrouping by, PageRequest page, CancellationToken cancellation)
    {
        var list = $"{List}.{by}";
        var size = page.Size();
        var bounds = page.Between(GroupPlace, Cursor.CountPlaces(list));
        var direction = Sql.Raw(page.Backward ? "desc" : "asc");
        var rows = await Sql.Of(
            $"""
             select id, open, attention, awaiting, oldest, count from (
                 select {Key(by)} as id, {Numbers}, (count(*) over ())::int as count
                 from ({Those(caller, at, Told.Awaited | Of(by))}) w group by 1) g
             where true{bounds}
             order by -(open + attention) {direction}, coalesce(id, {Guid.Empty}) {direction}
             limit {Sql.Number(size + 1)}
             """).Heavy().ListAsync(database, r => (Figure: Figure(r, by), Count: r.GetInt32(5)), cancellation);
        var groups = Page<WorkFigure>.Of(
            [.. rows.Select(r => r.Figure)], page,
            r => Cursor.Of(list, r.Open + r.Attention, r.GroupId ?? Guid.Empty));
        return (groups, rows is [var row, ..] ? row.Count : null);
    }

    /// <summary>Number of groups.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public Task<int> GroupCountAsync(
        Caller caller, DateTimeOffset? at, WorkGrouping by, CancellationToken cancellation) =>
        Sql.Of($"select count(*) from (select {Key(by)} from ({Those(caller, at, Of(by))}) w group by 1) g").Heavy()
            .CountAsync(database, cancellation);

    /// <summary>A page of the conversations that a number counts, the longest so first.</summary>
    /// <param name="at">The instant; null for now.</param>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    /// <exception cref="InvalidPageException">There is no such page.</exception>
    /// <exception cref="InvalidCursorException">A cursor is none of this list.</exception>
    public async Task<Page<WorkEntry>> PageAsync(
        Caller caller, DateTimeOffset? at, WorkFilter filter, PageRequest page, CancellationToken cancellation)
    {
        var list = $"{List}.entries.{filter.Of}";
        var size = page.Size();
        var bounds = page.Between(Sql.Raw("(since, conversation_id)"), Cursor.InstantPlaces(list));
        var direction = Sql.Raw(page.Backward ? "desc" : "asc");
        var rows = await Sql.Of(
            $"""
             select conversation_id, since from ({Listed(caller, at, filter)}) w where true{bounds}
             {page.Order($"since {direction}, conversation_id {direction}")} limit {Sql.Number(size + 1)}
             """).Heavy().ListAsync(database, r => new WorkEntry(r.GetGuid(0), r.Instant(1)), cancellation);
        return Page<WorkEntry>.Of(rows, page, r => Cursor.Of(list, r.Since, r.ConversationId));
    }

    /// <summary>Number of the conversations that a number counts.</summary>
    /// <param name="at">The instant; null for now.</param>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public Task<int> CountAsync(
        Caller caller, DateTimeOffset? at, WorkFilter filter, CancellationToken cancellation) =>
        Sql.Of($"select count(*) from ({Listed(caller, at, filter)}) w").Heavy().CountAsync(database, cancellation);

    private static Sql Numbers => Sql.Raw(
        """
        (count(*) filter (where status = 'Open'))::int as open,
            (count(*) filter (where status = 'Attention'))::int as attention,
            count(awaited_since)::int as awaiting, min(awaited_since) as oldest
        """);

    private static Sql GroupPlace => Sql.Of($"(-(open + attention), coalesce(id, {Guid.Empty}))");

    private static WorkFigure Figure(NpgsqlDataReader r, WorkGrouping? by) =>
        new(by, r.GuidOrNull(0), r.GetInt32(1), r.GetInt32(2), r.GetInt32(3), r.InstantOrNull(4));

    private static Sql Key(WorkGrouping by) => Sql.Raw(by switch
    {
        WorkGrouping.Administrator => "administrator_id",
        WorkGrouping.Customer => "customer_id",
    });

    private static Told Of(WorkGrouping by) => by switch
    {
        WorkGrouping.Administrator => Told.Responsible,
        WorkGrouping.Customer => Told.Customer,
    };

    private static Sql Listed(Caller caller, DateTimeOffset? at, WorkFilter filter)
    {
        var conditions = filter.Of switch
        {
            WorkPart.Open => Sql.Of($" and status = 'Open'"),
            WorkPart.Attention => Sql.Of($" and status = 'Attention'"),
            WorkPart.AwaitingReply => Sql.Of($" and awaited_since is not null"),
            null => Sql.Nothing,
        };
        if (filter.Nobody) conditions += $" and administrator_id is null";
        if (filter.AdministratorId is { } administrator) conditions += $" and administrator_id = {administrator}";
        if (filter.CustomerId is { } customer) conditions += $" and customer_id = {customer}";
        var since = Sql.Raw(filter.Of == WorkPart.AwaitingReply ? "awaited_since" : "from_at");
        var told = (filter.Of == WorkPart.AwaitingReply ? Told.Awaited : Told.Nothing)
            | (filter.Nobody || filter.AdministratorId is not null ? Told.Responsible : Told.Nothing)
            | (filter.CustomerId is not null ? Told.Customer : Told.Nothing);
        return Sql.Of(
            $"select conversation_id, {since} as since from ({Those(caller, at, told)}) t where true{conditions}");
    }

    // What was open at the instant, and of each what is asked for: its customer and who was responsible are looked up
    // (lateral, and not flattened: the planner would read all conversations instead, most of which were answered).
    private static Sql Those(Caller caller, DateTimeOffset? at, Told told)
    {
        OfficeOnly.Demand(caller);
        var columns = Sql.Raw("p.conversation_id, p.status, p.from_at");
        var tables = Sql.Of($"({ReportQueries.Open(caller, at, at)}) p");
        if (told.HasFlag(Told.Customer) || told.HasFlag(Told.Responsible))
        {
            columns += $", c.customer_id";
            tables += $"""

                 cross join lateral (
                     select c.id, c.customer_id, c.responsible_administrator_id, c.updated_at
                     from messaging.conversations c
                     where {Visibility.Conversations(caller)} and c.id = p.conversation_id offset 0) c
                """;
        }

        if (told.HasFlag(Told.Responsible)) columns += $", {ResponsibleAt(caller, at)} as administrator_id";
        if (told.HasFlag(Told.Awaited))
        {
            columns += $", w.from_at as awaited_since";
            tables += $" left join ({Awaited(caller, at)}) w on w.conversation_id = p.conversation_id";
        }

        return Sql.Of($"select {columns} from {tables}");
    }

    // Where a reply of the office was awaited at the instant.
    private static Sql Awaited(Caller caller, DateTimeOffset? at)
    {
        var waits = Sql.Of(
            $"""
             select w.conversation_id, w.from_at from messaging.waits w
             where w.tenant_id = {caller.TenantId} and w.kind = 'OfficeReply'
             """);
        return at is { } then
            ? Sql.Of(
                $"{waits} and w.from_at <= {then} and w.to_at is null union all {waits} and w.from_at <= {then} and "
                    + $"w.to_at > {then}")
            : Sql.Of($"{waits} and w.to_at is null");
    }

    // Who is responsible now, unless something has happened since. Then the events say who was, of which the index of
    // what is no comment has the few that decide; it is sorted by a sum, so that the planner does not read the stream
    // backwards for it. An event counts from when all before it do: the clock may have been set back.
    private static Sql ResponsibleAt(Caller caller, DateTimeOffset? at) => at is not { } then
        ? Sql.Raw("c.responsible_administrator_id")
        : Sql.Of(
            $"""
             case when c.updated_at <= {then} then c.responsible_administrator_id else (
                 select case e.type when 'administrator_assigned' then (e.data ->> 'administratorId')::uuid
                     when 'conversation_created' then (e.data ->> 'responsibleAdministratorId')::uuid end
                 from messaging.mt_events e
                 where e.tenant_id = {caller.TenantId} and e.stream_id = c.id and e.type in
                         ('conversation_created', 'administrator_assigned', 'administrator_unassigned')
                     and e.timestamp <= {then} and not exists (
                         select from messaging.mt_events b
                         where b.tenant_id = {caller.TenantId} and b.stream_id = c.id and b.version < e.version
                             and b.timestamp > {then})
                 order by e.version + 0 desc limit 1) end
             """);
}
