using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Conversations;
using Messaging.Api.GraphQL.Customers;
using Messaging.Api.GraphQL.Organisation;
using Messaging.Api.GraphQL.Schema;
using Messaging.Projections.Reports;
using Messaging.Projections.Storage;

namespace Messaging.Api.GraphQL.Reports;

/// <summary>What was not answered at an instant.</summary>
[Name("WorkFigures")]
[Allow(Access.Office)]
public sealed class WorkFiguresNode(DateTimeOffset now, DateTimeOffset? at)
{
    private Task<WorkFigure>? _total;

    /// <summary>The instant.</summary>
    public DateTimeOffset AsOf => at ?? now;

    /// <summary>The work of all.</summary>
    public async Task<WorkFigureNode> Total(IResolveFieldContext context) =>
        new(await (_total ??= context.Service<WorkQueries>().TotalAsync(
            context.Caller(), at, context.CancellationToken)));

    /// <summary>The work of each administrator and of nobody, or of each customer, the largest first.</summary>
    /// <param name="groupBy">What it is told apart by; by default ADMINISTRATOR.</param>
    public async Task<WorkFigureConnection> Groups(
        IResolveFieldContext context, WorkGrouping? groupBy, int? first, string? after, int? last, string? before)
    {
        var grouping = groupBy ?? WorkGrouping.Administrator;
        var queries = context.Service<WorkQueries>();
        var (page, count) = await queries.GroupsAsync(
            context.Caller(), at, grouping, new PageRequest(first, after, last, before), context.CancellationToken);
        return new WorkFigureConnection(
            page,
            c => count is { } known
                ? Counts.Known(known)
                : Counts.Of(page, x => queries.GroupCountAsync(c.Caller(), at, grouping, x)));
    }

    /// <summary>
    /// The conversations that the figures count, those that had been so the longest first: its <c>totalCount</c> with
    /// the same conditions is the number in the figures.
    /// </summary>
    /// <param name="of">Only those of this number; by default OPEN and ATTENTION.</param>
    /// <param name="administratorId">Only those that this administrator was responsible for.</param>
    /// <param name="nobody">True: only those that nobody was responsible for.</param>
    /// <param name="customerId">Only those with this customer.</param>
    public async Task<WorkEntryConnection> Conversations(
        IResolveFieldContext context, WorkPart? of, [Id] string? administratorId, bool? nobody, [Id] string? customerId,
        int? first, string? after, int? last, string? before)
    {
        var filter = new WorkFilter(
            of, Ids.ParseOptional(administratorId), nobody == true, Ids.ParseOptional(customerId));
        var queries = context.Service<WorkQueries>();
        var page = await queries.PageAsync(
            context.Caller(), at, filter, new PageRequest(first, after, last, before), context.CancellationToken);
        return new WorkEntryConnection(page, c => Counts.Of(page, x => CountAsync(c, x)));

        // Where the work of all is asked for, too, its numbers say it.
        async Task<int> CountAsync(IResolveFieldContext c, CancellationToken cancellation) =>
            _total is { } total && filter == new WorkFilter(null, null, false, null) && await total is var all
                ? all.Open + all.Attention
                : await queries.CountAsync(c.Caller(), at, filter, cancellation);
    }
}

/// <summary>The work of all, or of a group.</summary>
[Name("WorkFigure")]
[Allow(Access.Office)]
public sealed class WorkFigureNode(WorkFigure figure)
{
    /// <summary>
    /// The administrator who was responsible; null for all, for nobody, and unless it is told apart by them.
    /// </summary>
    public IDataLoaderResult<AdministratorNode?>? Administrator(IResolveFieldContext context) =>
        figure is { By: WorkGrouping.Administrator, GroupId: { } id } ? context.AdministratorIfAny(id) : null;

    /// <summary>The customer; null for all, and unless it is told apart by them.</summary>
    public IDataLoaderResult<CustomerNode?>? Customer(IResolveFieldContext context) =>
        figure is { By: WorkGrouping.Customer, GroupId: { } id } ? context.CustomerIfAny(id) : null;

    /// <summary>Conversations that were OPEN.</summary>
    public int Open => figure.Open;

    /// <summary>Conversations that were in ATTENTION.</summary>
    public int Attention => figure.Attention;

    /// <summary>Those of both in which a customer waited for a reply of the office, as <c>officeReplyTime</c> has it.
    /// </summary>
    public int AwaitingReply => figure.AwaitingReply;

    /// <summary>The instant since which the first of those waited; null when none did.</summary>
    public DateTimeOffset? OldestAwaitingSince => figure.OldestSince;
}

/// <summary>An item of a page of groups.</summary>
[Name("WorkFigureEdge")]
[Allow(Access.Office)]
public sealed class WorkFigureEdge(string cursor, WorkFigureNode node) : Edge<WorkFigureNode>(cursor, node);

/// <summary>A page of groups.</summary>
[Name("WorkFigureConnection")]
[Allow(Access.Office)]
public sealed class WorkFigureConnection(
    Page<WorkFigure> page, Func<IResolveFieldContext, IDataLoaderResult<int>> count)
    : Connection<WorkFigureNode, WorkFigureEdge>(
        page.Edges((cursor, row) => new WorkFigureEdge(cursor, new WorkFigureNode(row))), page.Info(), count);

/// <summary>A conversation that a number of the work counts.</summary>
[Name("WorkEntry")]
[Allow(Access.Office)]
public sealed class WorkEntryNode(WorkEntry row)
{
    /// <summary>The conversation, as it is now.</summary>
    public IDataLoaderResult<ConversationNode> Conversation(IResolveFieldContext context) =>
        context.Conversation(row.ConversationId);

    /// <summary>
    /// The instant since which it had its status; of AWAITING_REPLY that since which the customer waited.
    /// </summary>
    public DateTimeOffset Since => row.Since;
}

/// <summary>An item of a page of conversations that a number counts.</summary>
[Name("WorkEntryEdge")]
[Allow(Access.Office)]
public sealed class WorkEntryEdge(string cursor, WorkEntryNode node) : Edge<WorkEntryNode>(cursor, node);

/// <summary>A page of conversations that a number counts.</summary>
[Name("WorkEntryConnection")]
[Allow(Access.Office)]
public sealed class WorkEntryConnection(Page<WorkEntry> page, Func<IResolveFieldContext, IDataLoaderResult<int>> count)
    : Connection<WorkEntryNode, WorkEntryEdge>(
        page.Edges((cursor, row) => new WorkEntryEdge(cursor, new WorkEntryNode(row))), page.Info(), count);
