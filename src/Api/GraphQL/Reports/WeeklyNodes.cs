using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Conversations;
using Messaging.Api.GraphQL.Customers;
using Messaging.Api.GraphQL.History;
using Messaging.Api.GraphQL.Organisation;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Application.History;
using Messaging.Application.Notifications;
using Messaging.Projections.Reports;
using Messaging.Projections.Storage;

namespace Messaging.Api.GraphQL.Reports;

/// <summary>
/// The report of the week, as of now. Each number is the <c>totalCount</c> of the list of what it counts.
/// </summary>
[Name("WeeklyReport")]
[Allow(Access.Office)]
public sealed class WeeklyReportNode(WeeklyFrame frame)
{
    /// <summary>The instant that it is of.</summary>
    public DateTimeOffset AsOf => frame.AsOf;

    /// <summary>The organisation's time zone.</summary>
    public string TimeZone => frame.Office.TimeZone;

    /// <summary>
    /// True when the office has no calendar of its own: business time is then Monday to Friday from 08:00 to 17:00,
    /// holidays among it.
    /// </summary>
    public bool IsDefaultCalendar => frame.Office.Calendars.IsEmpty;

    /// <summary>
    /// The length of a working day in seconds: the hours of the office's week, divided by its days.
    /// </summary>
    public double WorkingDay => frame.WorkingDay.TotalSeconds;

    /// <summary>The last close of business of the last week that is over: Friday's, mostly.</summary>
    public DateTimeOffset ClosedAt => frame.LastWeek.ClosedAt;

    /// <summary>
    /// What a number counts, the earliest first: conversations, changes of status or comments, each with its
    /// conversation. A page has 10 unless it is asked for otherwise.
    /// </summary>
    /// <param name="of">The number.</param>
    /// <param name="weeksAgo">
    /// The week, of numbers of a week: 1 for the last one that is over, by default, to 5.
    /// </param>
    /// <param name="customerId">Only what is of this customer.</param>
    /// <param name="administratorId">Only what is of conversations that this administrator is responsible for.</param>
    public async Task<WeeklyEntryConnection> Entries(
        IResolveFieldContext context, WeeklyList of, int? weeksAgo, [Id] string? customerId,
        [Id] string? administratorId, int? first, string? after, int? last, string? before)
    {
        var ago = weeksAgo ?? 1;
        if (ago is < 1 or > WeeklyFrame.WeekCount)
            throw RefusedException.BadUserInput($"weeksAgo is 1 to {WeeklyFrame.WeekCount}.");
        var which = new WeeklySelection(
            of, frame.Weeks[ago - 1], Ids.ParseOptional(customerId), Ids.ParseOptional(administratorId));
        var queries = context.Service<WeeklyQueries>();
        var page = await queries.PageAsync(
            context.Caller(), frame, which,
            new PageRequest(last is null ? first ?? WeeklyQueries.Rows : first, after, last, before),
            context.CancellationToken);
        return new WeeklyEntryConnection(
            page, c => Counts.Of(page, x => queries.CountAsync(c.Caller(), frame, which, x)));
    }

    /// <summary>The last week that is over, and the four before it, the last one first.</summary>
    public async Task<IEnumerable<WeekFiguresNode>> Weeks(IResolveFieldContext context) =>
        (await context.Service<WeeklyQueries>().WeeksAsync(context.Caller(), frame, context.CancellationToken)).Select(
            row => new WeekFiguresNode(row));

    /// <summary>
    /// The work of each administrator and of nobody, and their replies of last week: those first for whom most
    /// conversations wait.
    /// </summary>
    /// <param name="first">How many; by default 10.</param>
    public async Task<IEnumerable<WeekPersonNode>> People(IResolveFieldContext context, int? first) =>
        (
            await context.Service<WeeklyQueries>().PeopleAsync(
                context.Caller(), frame, Most(first), context.CancellationToken)
        ).Select(row => new WeekPersonNode(row));

    /// <summary>The customers who wrote most comments last week.</summary>
    /// <param name="first">How many; by default 10.</param>
    public async Task<IEnumerable<WeekCustomerNode>> Customers(IResolveFieldContext context, int? first) =>
        (
            await context.Service<WeeklyQueries>().CustomersAsync(
                context.Caller(), frame, Most(first), context.CancellationToken)
        ).Select(row => new WeekCustomerNode(row));

    /// <summary>
    /// The number of mails since the last week began that failed or were perhaps sent: <c>deliveries</c> lists them. It
    /// counts up to 10,000.
    /// </summary>
    public Task<int> FailedMails(IResolveFieldContext context) =>
        context.Service<DeliveryQueries>().CountAsync(
            context.Caller(),
            new DeliveryFilter(
                [DeliveryState.Failed, DeliveryState.PerhapsSent], CreatedFrom: frame.LastWeek.From),
            context.CancellationToken);

    /// <summary>
    /// How far the history is proved; null for those who do not see all of it: administrators who are no owners, and
    /// auditors who are limited to some customers.
    /// </summary>
    public async Task<AuditCheckpointNode?> Checkpoint(IResolveFieldContext context)
    {
        var caller = context.Caller();
        if (!caller.SeesAllHistory) return null;
        var head = context.Service<AuditTree>().HeadAsync(caller.TenantId, context.CancellationToken);
        var swept = context.Service<AuditSweeps>().LastAsync(caller.TenantId, context.CancellationToken);
        await Task.WhenAll(head, swept);
        return new AuditCheckpointNode(caller.TenantId, await head, await swept, context.Service<CheckpointKey>());
    }

    private static int Most(int? first) => new PageRequest(first ?? WeeklyQueries.Rows, null, null, null).Size();
}

/// <summary>The figures of a week, from Monday to Sunday.</summary>
[Name("WeekFigures")]
[Allow(Access.Office)]
public sealed class WeekFiguresNode(WeekRow row)
{
    /// <summary>The first instant.</summary>
    public DateTimeOffset From => row.Week.From;

    /// <summary>The first instant of the week after it.</summary>
    public DateTimeOffset To => row.Week.To;

    /// <summary>Its last close of business; of a week in which the office was closed, the last one before.</summary>
    public DateTimeOffset ClosedAt => row.Week.ClosedAt;

    /// <summary>Conversations that were started.</summary>
    public int Started => row.Started;

    /// <summary>The number of changes to ANSWERED.</summary>
    public int Answered => row.Answered;

    /// <summary>The number of changes from ANSWERED to another status.</summary>
    public int Reopened => row.Reopened;

    /// <summary>Conversations that were OPEN or in ATTENTION at its close.</summary>
    public int Backlog => row.Open + row.Attention;

    /// <summary>
    /// The number of replies of the office, as <c>officeReplyTime</c> counts them from <c>from</c> to <c>to</c>.
    /// </summary>
    public int Replies => row.Replies.Count;

    /// <summary>
    /// The business time in seconds that half of the replies took at most; null when there are none.
    /// </summary>
    public double? ReplyMedian => row.Replies.Median;

    /// <summary>The business time in seconds that nine of ten replies took at most.</summary>
    public double? ReplyP90 => row.Replies.P90;

    /// <summary>The number of replies within a working day.</summary>
    public int RepliesWithinDay => row.Replies.WithinDay;
}

/// <summary>The work of somebody of the office, or of nobody in particular.</summary>
[Name("WeekPerson")]
[Allow(Access.Office)]
public sealed class WeekPersonNode(WeekPersonRow row)
{
    /// <summary>Who; null for what nobody in particular has taken on.</summary>
    public IDataLoaderResult<AdministratorNode?>? Administrator(IResolveFieldContext context) =>
        row.Workload.AdministratorId is { } id ? context.AdministratorIfAny(id) : null;

    /// <summary>Conversations under way.</summary>
    public int Open => row.Workload.Open;

    /// <summary>Conversations in which the customer's answer is needed.</summary>
    public int Attention => row.Workload.Attention;

    /// <summary>Conversations in which the office must write next.</summary>
    public int AwaitingOffice => row.Workload.AwaitingOffice;

    /// <summary>
    /// The number of their replies of last week; null, as the times are, to those who may not see times of theirs, and
    /// where the office shows none of a person.
    /// </summary>
    public int? Replies => row.Replies?.Count;

    /// <summary>The business time in seconds that half of these took at most.</summary>
    public double? ReplyMedian => row.Replies?.Median;

    /// <summary>The business time in seconds that nine of ten of these took at most.</summary>
    public double? ReplyP90 => row.Replies?.P90;
}

/// <summary>What a customer wrote last week.</summary>
[Name("WeekCustomer")]
[Allow(Access.Office)]
public sealed class WeekCustomerNode(WeekCustomerRow row)
{
    /// <summary>The customer.</summary>
    public IDataLoaderResult<CustomerNode?> Customer(IResolveFieldContext context) =>
        context.CustomerIfAny(row.CustomerId);

    /// <summary>The number of comments.</summary>
    public int Comments => row.Comments;

    /// <summary>The number of conversations that these are in.</summary>
    public int Conversations => row.Conversations;
}

/// <summary>One of what a number of the weekly report counts.</summary>
[Name("WeeklyEntry")]
[Allow(Access.Office)]
public sealed class WeeklyEntryNode(WeeklyEntry row)
{
    /// <summary>The conversation.</summary>
    public IDataLoaderResult<ConversationNode> Conversation(IResolveFieldContext context) =>
        context.Conversation(row.ConversationId);

    /// <summary>
    /// The instant since which it waits, or is so, or at which it happened; for what has no responsible person that at
    /// which it was started.
    /// </summary>
    public DateTimeOffset At => row.At;
}

/// <summary>An item of a page of what a number counts.</summary>
[Name("WeeklyEntryEdge")]
[Allow(Access.Office)]
public sealed class WeeklyEntryEdge(string cursor, WeeklyEntryNode node) : Edge<WeeklyEntryNode>(cursor, node);

/// <summary>A page of what a number counts.</summary>
[Name("WeeklyEntryConnection")]
[Allow(Access.Office)]
public sealed class WeeklyEntryConnection(
    Page<WeeklyEntry> page, Func<IResolveFieldContext, IDataLoaderResult<int>> count)
    : Connection<WeeklyEntryNode, WeeklyEntryEdge>(
        page.Edges((cursor, row) => new WeeklyEntryEdge(cursor, new WeeklyEntryNode(row))), page.Info(), count);
