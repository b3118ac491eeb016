using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Organisation;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Application.Notifications;
using Messaging.Projections.Organisation;
using Messaging.Projections.Reports;
using Messaging.Projections.Storage;

namespace Messaging.Api.GraphQL.Reports;

/// <summary>The figures of the office.</summary>
[Name("Reports")]
[Allow(Access.Office)]
public sealed class ReportsNode
{
    /// <summary>
    /// The exact number of conversations by status, now or, with <c>at</c>, at that instant.
    /// </summary>
    /// <param name="at">The instant to count at; by default now.</param>
    public async Task<ConversationCountsNode> Backlog(IResolveFieldContext context, DateTimeOffset? at)
    {
        var reports = context.Service<ReportQueries>();
        return new ConversationCountsNode(
            await reports.BacklogAsync(context.Caller(), at, context.CancellationToken),
            c => Counts.Fetched(x => reports.UnreadAsync(c.Caller(), at, x)));
    }

    /// <summary>
    /// The number of open conversations at each of up to 400 instants, in their order.
    /// </summary>
    /// <param name="at">The instants; those to come are now.</param>
    public async Task<IEnumerable<BacklogAtNode>> Backlogs(
        IResolveFieldContext context,
        [Limit(Items = ReportQueries.InstantsMaximum)] IReadOnlyList<DateTimeOffset> at) =>
        (await context.Service<ReportQueries>().BacklogsAsync(context.Caller(), at, context.CancellationToken)).Select(
            row => new BacklogAtNode(row));

    /// <summary>
    /// How long customers waited for a reply of the office: from their first public comment until a public comment of
    /// the office. Where the status was set to ANSWERED or ATTENTION before, it is counted, and not timed.
    /// </summary>
    /// <param name="from">The first instant.</param>
    /// <param name="to">Until before when; at most 1,100 days later. What is to come is now.</param>
    /// <param name="groupBy">What the figures are told apart by; by default they are of all.</param>
    /// <param name="basis">How times are measured; by default CALENDAR.</param>
    public Task<WaitFiguresNode> OfficeReplyTime(
        IResolveFieldContext context, DateTimeOffset from, DateTimeOffset to, WaitGrouping? groupBy,
        TimeBasis? basis) =>
        TimesAsync(context, WaitReport.Of(WaitKind.OfficeReply, from, to), groupBy, basis);

    /// <summary>
    /// How long the office waited for customers: from ATTENTION until the customer's next comment. Where the status was
    /// changed before, it is counted, and not timed.
    /// </summary>
    /// <param name="from">The first instant.</param>
    /// <param name="to">Until before when; at most 1,100 days later. What is to come is now.</param>
    /// <param name="groupBy">What the figures are told apart by; by default they are of all.</param>
    /// <param name="basis">How times are measured; by default CALENDAR.</param>
    public Task<WaitFiguresNode> CustomerAnswerTime(
        IResolveFieldContext context, DateTimeOffset from, DateTimeOffset to, WaitGrouping? groupBy,
        TimeBasis? basis) =>
        TimesAsync(context, WaitReport.Of(WaitKind.CustomerAnswer, from, to), groupBy, basis);

    /// <summary>
    /// How long conversations took until they were ANSWERED: from their start, or from when they were opened again.
    /// </summary>
    /// <param name="from">The first instant.</param>
    /// <param name="to">Until before when; at most 1,100 days later. What is to come is now.</param>
    /// <param name="groupBy">What the figures are told apart by; by default they are of all.</param>
    /// <param name="basis">How times are measured; by default CALENDAR.</param>
    public Task<WaitFiguresNode> ResolutionTime(
        IResolveFieldContext context, DateTimeOffset from, DateTimeOffset to, WaitGrouping? groupBy,
        TimeBasis? basis) =>
        TimesAsync(context, WaitReport.Of(WaitKind.Resolution, from, to), groupBy, basis);

    /// <summary>
    /// The events from one instant until before another, by days, weeks or months of the organisation's time zone: at
    /// most 366 parts.
    /// </summary>
    /// <param name="from">The first instant of the report.</param>
    /// <param name="to">Until before when.</param>
    /// <param name="interval">The length of each part.</param>
    public async Task<IEnumerable<ActivityBucketNode>> Activity(
        IResolveFieldContext context, DateTimeOffset from, DateTimeOffset to, Interval interval) =>
        (
            await context
                .Service<ActivityQueries>()
                .ActivityAsync(context.Caller(), from, to, interval, context.CancellationToken)
        ).Select(row => new ActivityBucketNode(row));

    /// <summary>The open work by administrator; the row without an administrator is the unassigned work.</summary>
    public async Task<IEnumerable<WorkloadNode>> Workload(IResolveFieldContext context) =>
        (await context.Service<ReportQueries>().WorkloadAsync(context.Caller(), context.CancellationToken)).Select(
            row => new WorkloadNode(row));

    /// <summary>
    /// What was not answered at an instant, by who was responsible for it then or by customer. The groups add up to
    /// <c>total</c>, and that is <c>backlog</c> at the instant.
    /// </summary>
    /// <param name="at">The instant; by default now, which those to come are, too.</param>
    public static async Task<WorkFiguresNode> Work(IResolveFieldContext context, DateTimeOffset? at)
    {
        var now = await context.Service<OrganisationQueries>().NowAsync(context.CancellationToken);
        return new WorkFiguresNode(now, at < now ? at : null);
    }

    /// <summary>
    /// The mails and notifications that were planned from one instant until before another, by kind, and what has
    /// become of them until now.
    /// </summary>
    /// <param name="from">The first instant.</param>
    /// <param name="to">Until before when; at most 1,100 days later.</param>
    public static NotificationFiguresNode Notifications(DateTimeOffset from, DateTimeOffset to)
    {
        WaitReport.Check(from, to);
        return new NotificationFiguresNode(from, to);
    }

    /// <summary>
    /// Who has not delivered: what customers were asked for in the last calendar months, and what has become of it.
    /// </summary>
    /// <param name="months">How many months, 1 to 24, this one among them; by default 12.</param>
    /// <param name="administratorId">Only conversations that this administrator is responsible for.</param>
    /// <param name="nobody">True: only conversations that nobody is responsible for.</param>
    public async Task<UndeliveredReportNode> Undelivered(
        IResolveFieldContext context, int? months, [Id] string? administratorId, bool? nobody) =>
        new(
            await context.Service<UndeliveredQueries>().FrameAsync(
                context.Caller(), null, months ?? UndeliveredFrame.MonthsDefault, context.CancellationToken),
            new UndeliveredFilter(Ids.ParseOptional(administratorId), nobody == true));

    /// <summary>
    /// The active contacts who were invited and have never signed in, or to whom mails fail, since the longest first.
    /// Who is both is there twice.
    /// </summary>
    /// <param name="reason">Only for this reason.</param>
    public async Task<UnreachableContactConnection> Unreachable(
        IResolveFieldContext context, UnreachableReason? reason, int? first, string? after, int? last, string? before)
    {
        var contacts = context.Service<UnreachableContacts>();
        var page = await contacts.PageAsync(
            context.Caller(), reason, new PageRequest(first, after, last, before), context.CancellationToken);
        return new UnreachableContactConnection(
            page, c => Counts.Of(page, x => contacts.CountAsync(c.Caller(), reason, x)));
    }

    /// <summary>
    /// The report of the week: what waits now, and the last week that is over beside the four before it. Weeks and
    /// closes of business are those of the office's calendar.
    /// </summary>
    public async Task<WeeklyReportNode> Weekly(IResolveFieldContext context) =>
        new(await context.Service<WeeklyQueries>().FrameAsync(context.Caller(), null, context.CancellationToken));

    private static async Task<WaitFiguresNode> TimesAsync(
        IResolveFieldContext context, WaitReport report, WaitGrouping? groupBy, TimeBasis? basis) =>
        new(
            report,
            await context.Service<WaitQueries>().FiguresAsync(
                context.Caller(), report, groupBy, basis ?? TimeBasis.Calendar, context.CancellationToken));
}

/// <summary>The events of one part of a report.</summary>
[Name("ActivityBucket")]
[Allow(Access.Office)]
public sealed class ActivityBucketNode(ActivityRow row)
{
    /// <summary>
    /// The instant at which the part begins. The first part leaves out what happened before the report begins.
    /// </summary>
    public DateTimeOffset Start => row.Start;

    /// <summary>Conversations that were started.</summary>
    public int Created => row.Created;

    /// <summary>The number of changes to ANSWERED.</summary>
    public int Answered => row.Answered;

    /// <summary>The number of changes from ANSWERED to another status.</summary>
    public int Reopened => row.Reopened;

    /// <summary>Comments of the office, internal notes among them.</summary>
    public int CommentsByOffice => row.CommentsByOffice;

    /// <summary>Comments of customers.</summary>
    public int CommentsByCustomers => row.CommentsByCustomers;

    /// <summary>Files that came with comments.</summary>
    public int FilesAttached => row.FilesAttached;
}

/// <summary>The open work of an administrator.</summary>
[Name("Workload")]
[Allow(Access.Office)]
public sealed class WorkloadNode(WorkloadRow row)
{
    /// <summary>Who; null for what nobody in particular has taken on.</summary>
    public IDataLoaderResult<AdministratorNode?>? Administrator(IResolveFieldContext context) =>
        row.AdministratorId is { } id ? context.AdministratorIfAny(id) : null;

    /// <summary>Conversations under way.</summary>
    public int Open => row.Open;

    /// <summary>Conversations in which the customer's answer is needed.</summary>
    public int Attention => row.Attention;

    /// <summary>Conversations in which the office must write next.</summary>
    public int AwaitingOffice => row.AwaitingOffice;

    /// <summary>The instant since which the oldest of them waits.</summary>
    public DateTimeOffset? OldestAwaitingSince => row.OldestAwaitingSince;
}
