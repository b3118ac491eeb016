using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Projections.Storage;

namespace Messaging.Projections.Conversations;

/// <summary>
/// The conversations that a caller may see and a filter matches, except for its search, in an order. Written so that an
/// index yields each part in that order: the scan reads little more than it returns, however many conversations there
/// are.
/// </summary>
/// <param name="ofCustomers">True when further conditions name the customers.</param>
internal sealed class ConversationList(
    Caller caller, ConversationFilter filter, ConversationOrder order, bool ofCustomers = false)
{
    // The clock of the database may be set back, so that something can seem to have changed before it was started.
    private static readonly TimeSpan s_clock = TimeSpan.FromHours(1);

    private readonly (ConversationStatus Status, Awaiting Awaiting)[] _states =
    [
        .. AwaitingStates.All.Where(s =>
            filter.Status?.Contains(s.Status) != false && (filter.Awaiting ?? s.Awaiting) == s.Awaiting
        ),
    ];

    /// <summary>The sort key of a conversation <c>c</c>, before its id.</summary>
    public Sql Key { get; } = order.Field switch
    {
        ConversationOrderField.CreatedAt => Sql.Raw("c.created_at"),
        ConversationOrderField.AwaitingSince => Sql.Raw("c.awaiting_since"),
        ConversationOrderField.UpdatedAt => Visibility.UpdatedAt(caller),
    };

    /// <summary>What <see cref="Key"/> is of.</summary>
    public DateTimeOffset KeyOf(ConversationRow row) => order.Field switch
    {
        ConversationOrderField.CreatedAt => row.CreatedAt,
        ConversationOrderField.AwaitingSince => row.AwaitingSince!.Value,
        ConversationOrderField.UpdatedAt => row.UpdatedAt,
    };

    /// <summary>
    /// A subquery of conversations, to be named <c>c</c>: the first ones in a direction, up to a limit, that satisfy
    /// further conditions on <c>c</c>, from the place that these give.
    /// </summary>
    public Sql Scan(Sql conditions, bool descending, Sql limit)
    {
        var direction = Sql.Raw(descending ? "desc" : "asc");
        if (filter.Tag is { } tag && !IsOfCustomers)
        {
            return Each(
                Sql.Of(
                    $"select conversation_id from messaging.conversation_tags where tenant_id = {caller.TenantId} and "
                        + $"tag_key = {tag}"),
                "c.id = k.conversation_id");
        }

        if (_states.Length == 0) return Sql.Of($"(select c.* from {Visibility.Table(caller)} c where false)");
        // The awaited party is one state, which few conversations keep for long: its partial index has this order.
        if (IsByWaiting && _states.Length == 1)
            return Branch(Sql.Of($"{Where()}{State(_states[0])}"));
        if (IsOfGiven)
            return Each(
                Sql.Of($"select customer_id from unnest({LimitedAccess.Customers(caller)}) as given(customer_id)"),
                "c.customer_id = k.customer_id");
        if (!IsByState)
            return Branch(
                Sql.Of($"{Where()}{(filter.Status is null && filter.Awaiting is null ? Sql.Nothing : States())}"));

        // An index has each of the states in order, of nobody's and of each person's; the database merges them.
        var branches = new List<Sql>();
        foreach (var state in _states)
        {
            if (filter.Unassigned != true)
            {
                branches.Add(Branch(Sql.Of($"{Where()}{State(state)}")));
                continue;
            }

            branches.Add(
                Branch(Sql.Of($"{WhereButUnassigned()} and c.responsible_administrator_id is null{State(state)}")));
            branches.Add(
                Sql.Of(
                    $"""
                     (select c.* from ({Former(caller)}) f cross join lateral {Branch(Sql.Of(
                         $"{WhereButUnassigned()} and c.responsible_administrator_id = f.id{State(state)}"))} c
                      order by {Key} {direction}, c.id {direction} limit {limit})
                     """));
        }

        if (branches.Count == 1) return branches[0];
        var sql = Sql.Of($"(select c.* from (");
        for (var i = 0; i < branches.Count; i++) sql += $"{Sql.Raw(i > 0 ? " union all " : "")}{branches[i]}";
        sql += $") c order by {Key} {direction}, c.id {direction} limit {limit})";
        return sql;

        // The first ones of each: an index has those of a customer in the order of the list.
        Sql Each(Sql keys, string isOf) =>
            Sql.Of(
                $"""
                 (select c.* from ({keys}) k
                  cross join lateral {Branch(Sql.Of($"{Conditions()} and {Sql.Raw(isOf)}"))} c
                  order by {Key} {direction}, c.id {direction} limit {limit})
                 """);

        Sql Branch(Sql where) =>
            Sql.Of(
                $"""
                 (select c.* from {Visibility.From(caller)} where {where}{conditions}
                  order by {Key} {direction}, c.id {direction} limit {limit})
                 """);
    }

    /// <summary>
    /// Condition on a conversation <c>c</c>, or on a tally: nobody is responsible who may be. An administrator who has
    /// left, or is an auditor now, no longer counts. Their departure is looked up rather than written into each
    /// conversation: they may have thousands.
    /// </summary>
    public static Sql Unassigned(Caller caller, bool unassigned) =>
        unassigned
            ? Sql.Of(
                $" and (c.responsible_administrator_id is null or c.responsible_administrator_id in ({Former(caller)}))"
            )
            : Sql.Of(
                $" and c.responsible_administrator_id is not null and c.responsible_administrator_id not in "
                    + $"({Former(caller)})"
            );

    private static Sql Former(Caller caller) =>
        Sql.Of(
            $"select id from messaging.administrators where tenant_id = {caller.TenantId} and (not active or role <> "
                + $"'Administrator')");

    /// <summary>
    /// The conversations that the filter matches among the first <paramref name="lookedAt"/> from the place that the
    /// conditions give; null where an index has the matches in the order of the list. Without one, a short scan often
    /// suffices: most conversations started in a week were last changed in it, too.
    /// </summary>
    public Sql? Look(Sql conditions, bool descending, int lookedAt, int limit)
    {
        var isByCreation = order.Field == ConversationOrderField.CreatedAt;
        if (
            IsOfCustomers
            || IsByWaiting
            || (OtherTime is (null, null) && !(isByCreation && IsByStateOrPerson) && !IsOfGiven && filter.Tag is null)
        )
            return null;

        // Nothing is changed before it is started.
        var (from, to) = isByCreation
            ? (filter.CreatedFrom, filter.CreatedTo ?? Shifted(filter.UpdatedTo, s_clock))
            : (filter.UpdatedFrom ?? Shifted(filter.CreatedFrom, -s_clock), filter.UpdatedTo);
        // What the caller may not see is left out of what was looked at.
        var first = Sql.Of($"c.tenant_id = {caller.TenantId}");
        if (from is { } since) first += $" and {Key} >= {since}";
        if (to is { } until) first += $" and {Key} < {until}";
        return Sql.Of(
            $"""
             (select c.* from (select c.* from {Visibility.Table(caller)} c
               where {first}{conditions}{OrderBy(descending)} limit {Sql.Number(lookedAt)}) c
              {Visibility.Markers(caller)}
              where {Conditions()}{OrderBy(descending)} limit {Sql.Number(limit)})
             """);
    }

    /// <summary>
    /// The same, where the filter has a time that the list is not sorted by: all of that time are read, and then
    /// sorted. Better when they are few, since in the order of the list they may be anywhere.
    /// </summary>
    public Sql ScanByTime(Sql conditions, bool descending, int limit) =>
        Sql.Of(
            $"(select c.* from (select c.* from {Visibility.From(caller)} where {Conditions()}{conditions} "
                + $"offset 0) c{OrderBy(descending)} limit {limit})"
        );

    /// <summary>
    /// Counts, up to a limit, the conversations in the filter's range of the time that is not the sort key; null
    /// without such a range, or for one customer, who has few anyway.
    /// </summary>
    public Sql? CountOfTime(int most)
    {
        var (from, to) = OtherTime;
        if (IsOfCustomers || IsOfGiven || filter.Tag is not null || IsByWaiting || (from is null && to is null))
            return null;
        var key =
            order.Field == ConversationOrderField.CreatedAt ? Visibility.UpdatedAt(caller) : Sql.Raw("c.created_at");
        var time = Visibility.Conversations(caller);
        if (from is { } since)
            time += $" and {key} >= {since}";
        if (to is { } until)
            time += $" and {key} < {until}";
        return Sql.Of(
            $"select count(*) from (select from {Visibility.Table(caller)} c where {time} order by {key} limit {most}) "
                + $"c");
    }

    /// <summary>The order of what is selected of a <see cref="Scan"/>.</summary>
    public Sql OrderBy(bool descending) =>
        Sql.Of($" order by {Key} {Sql.Raw(descending ? "desc, c.id desc" : "asc, c.id asc")}");

    /// <summary>The condition that a conversation <c>c</c> comes after a place in the list, in a direction.</summary>
    public Sql Beyond(DateTimeOffset at, Guid id, bool descending) =>
        Sql.Of($" and ({Key}, c.id) {Sql.Raw(descending ? "<" : ">")} ({at}, {id})");

    /// <summary>All conditions, on one of <see cref="Visibility.From"/>.</summary>
    public Sql Conditions() =>
        Sql.Of($"{Where()}{(filter.Status is null && filter.Awaiting is null ? Sql.Nothing : States())}");

    // One customer's are few.
    private bool IsOfCustomers => ofCustomers || caller.OnlyCustomerId is not null || filter.CustomerId is not null;

    // Of somebody of the office who is limited to some customers: each of them in turn, once the latest conversations
    // of all have been looked at in vain.
    private bool IsOfGiven => caller is { IsLimited: true, OnlyCustomerId: null } && !IsOfCustomers;

    private bool IsByWaiting => order.Field == ConversationOrderField.AwaitingSince;

    private bool IsByState => order.Field == ConversationOrderField.UpdatedAt && !IsOfCustomers && IsByStateOrPerson;

    // The time that the filter has and the list is not sorted by.
    private (DateTimeOffset? From, DateTimeOffset? To) OtherTime =>
        order.Field == ConversationOrderField.CreatedAt
            ? (filter.UpdatedFrom, filter.UpdatedTo)
            : (filter.CreatedFrom, filter.CreatedTo);

    private bool IsByStateOrPerson =>
        _states.Length < AwaitingStates.All.Count
        || filter.ResponsibleAdministratorId is not null
        || filter.Unassigned == true;

    private static DateTimeOffset? Shifted(DateTimeOffset? at, TimeSpan by) =>
        at is { } instant
            ? new DateTimeOffset(
                Math.Clamp(instant.UtcTicks + by.Ticks, DateTimeOffset.MinValue.Ticks, DateTimeOffset.MaxValue.Ticks),
                TimeSpan.Zero)
            : null;

    private static Sql State((ConversationStatus Status, Awaiting Awaiting) state) =>
        Sql.Raw($" and c.status = '{state.Status}' and c.awaiting = '{state.Awaiting}'");

    private Sql States() =>
        _states.Length == 0
            ? Sql.Of($" and false")
            : Sql.Raw(
                $" and (c.status, c.awaiting) in "
                    + $"({string.Join(", ", _states.Select(s => $"('{s.Status}', '{s.Awaiting}')"))})"
            );

    private Sql Where() =>
        filter.Unassigned is { } unassigned
            ? Sql.Of($"{WhereButUnassigned()}{Unassigned(caller, unassigned)}")
            : WhereButUnassigned();

    private Sql WhereButUnassigned()
    {
        var sql = Visibility.Conversations(caller);
        if (filter.CustomerId is { } customer)
            sql += $" and c.customer_id = {customer}";
        if (filter.Tag is not null && caller.HasSpan)
            sql += $" and false";
        else if (filter.Tag is { } tag)
            sql +=
                $" and exists (select from messaging.conversation_tags g where g.tenant_id = c.tenant_id and "
                    + $"g.conversation_id = c.id and g.tag_key = {tag})";
        if (filter.ResponsibleAdministratorId is { } responsible)
            sql += $" and c.responsible_administrator_id = {responsible}";
        if (filter.Unread is { } unread)
            sql += $" and {Sql.Raw(unread ? "" : "not ")}{Visibility.Unread(caller)}";
        if (filter.CreatedFrom is { } createdFrom)
            sql += $" and c.created_at >= {createdFrom}";
        if (filter.CreatedTo is { } createdTo)
            sql += $" and c.created_at < {createdTo}";
        if (filter.UpdatedFrom is { } updatedFrom)
            sql += $" and {Visibility.UpdatedAt(caller)} >= {updatedFrom}";
        if (filter.UpdatedTo is { } updatedTo)
            sql += $" and {Visibility.UpdatedAt(caller)} < {updatedTo}";
        return sql;
    }
}
