using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Organisation;
using Messaging.Api.GraphQL.Schema;
using Messaging.Projections.Reports;

namespace Messaging.Api.GraphQL.Reports;

/// <summary>How the office is doing.</summary>
[Name("Reports")]
[Allow(Access.Office)]
public sealed class ReportsNode
{
    /// <summary>
    /// How many conversations there are of each status or, with <c>at</c>, there were at that instant, exactly.
    /// </summary>
    /// <param name="at">The moment to count at; now unless told.</param>
    public async Task<ConversationCountsNode> Backlog(IResolveFieldContext context, DateTimeOffset? at) =>
        new(await context.Service<ReportQueries>().BacklogAsync(context.Caller(), at, context.CancellationToken));

    /// <summary>
    /// What happened from an instant until before another, by days, weeks or months of the organisation's time
    /// zone: 366 of them at most.
    /// </summary>
    /// <param name="from">From when on.</param>
    /// <param name="to">Until before when.</param>
    /// <param name="interval">How long each part is.</param>
    public async Task<IEnumerable<ActivityBucketNode>> Activity(
        IResolveFieldContext context, DateTimeOffset from, DateTimeOffset to, Interval interval) =>
        (
            await context
                .Service<ActivityQueries>()
                .ActivityAsync(context.Caller(), from, to, interval, context.CancellationToken)
        ).Select(row => new ActivityBucketNode(row));

    /// <summary>
    /// Who carries how much now; the row without an administrator is what nobody in particular has taken on.
    /// </summary>
    public async Task<IEnumerable<WorkloadNode>> Workload(IResolveFieldContext context) =>
        (await context.Service<ReportQueries>().WorkloadAsync(context.Caller(), context.CancellationToken)).Select(
            row => new WorkloadNode(row));
}

/// <summary>What happened in a part of a report.</summary>
[Name("ActivityBucket")]
[Allow(Access.Office)]
public sealed class ActivityBucketNode(ActivityRow row)
{
    /// <summary>When it begins. Of the first one, what happened before the report begins is left out.</summary>
    public DateTimeOffset Start => row.Start;

    /// <summary>Conversations that were started.</summary>
    public int Created => row.Created;

    /// <summary>How many times a status became ANSWERED.</summary>
    public int Answered => row.Answered;

    /// <summary>How many times a status was ANSWERED and became another one.</summary>
    public int Reopened => row.Reopened;

    /// <summary>Comments of the office, internal notes among them.</summary>
    public int CommentsByOffice => row.CommentsByOffice;

    /// <summary>Comments of customers.</summary>
    public int CommentsByCustomers => row.CommentsByCustomers;

    /// <summary>Files that came with comments.</summary>
    public int FilesAttached => row.FilesAttached;
}

/// <summary>What an administrator has taken on and is not done.</summary>
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

    /// <summary>Since when the longest of these has waited.</summary>
    public DateTimeOffset? OldestAwaitingSince => row.OldestAwaitingSince;
}
