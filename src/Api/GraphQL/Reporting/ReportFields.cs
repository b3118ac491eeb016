using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.People;
using Messaging.Api.GraphQL.Reporting;
using Messaging.Projections.Reporting;

namespace Messaging.Api.GraphQL
{
    /// <content>Reports.</content>
    public sealed partial class Query
    {
        /// <summary>How the office is doing.</summary>
        [Allow(Access.Office)]
        public static ReportsNode Reports() => new();
    }
}

namespace Messaging.Api.GraphQL.Reporting
{
    /// <summary>How the office is doing.</summary>
    [Name("Reports")]
    [Allow(Access.Office)]
    public sealed class ReportsNode
    {
        /// <summary>How many conversations there are of each status or, with <c>at</c>, there were at that instant, exactly.</summary>
        /// <param name="at">The moment to count at; now unless told.</param>
        public async Task<ConversationCountsNode> Backlog(IResolveFieldContext context, DateTimeOffset? at) =>
            new(await context.Service<ReportQueries>().BacklogAsync(context.Caller(), at, context.CancellationToken));

        /// <summary>Who carries how much now; the row without an administrator is what nobody in particular has taken on.</summary>
        public async Task<IEnumerable<WorkloadNode>> Workload(IResolveFieldContext context) =>
            (await context.Service<ReportQueries>().WorkloadAsync(context.Caller(), context.CancellationToken)).Select(row => new WorkloadNode(row));
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
}
