using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Organisation;
using Messaging.Api.GraphQL.Schema;
using Messaging.Projections.Reports;

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
    public async Task<ConversationCountsNode> Backlog(IResolveFieldContext context, DateTimeOffset? at) =>
        new(await context.Service<ReportQueries>().BacklogAsync(context.Caller(), at, context.CancellationToken));

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
