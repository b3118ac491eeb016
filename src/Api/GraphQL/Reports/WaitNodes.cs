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

/// <summary>
/// Times of one kind of wait. A wait counts where it ended: in the range, or not until its end.
/// </summary>
[Name("WaitFigures")]
[Allow(Access.Office)]
public sealed class WaitFiguresNode(WaitReport report, WaitFigures figures)
{
    /// <summary>How the times are measured.</summary>
    public TimeBasis Basis => figures.Basis;

    /// <summary>
    /// True when the office has no calendar of its own: business time is then Monday to Friday from 08:00 to 17:00,
    /// holidays among it.
    /// </summary>
    public bool IsDefaultCalendar => figures.IsDefaultCalendar;

    /// <summary>The organisation's time zone.</summary>
    public string TimeZone => figures.TimeZone;

    /// <summary>The instant of what still waits: the end of the range, or now if that is to come.</summary>
    public DateTimeOffset AsOf => figures.AsOf;

    /// <summary>The figures of all waits.</summary>
    public WaitFigureNode Total => new(report.Kind, figures.Total);

    /// <summary>
    /// The figures of each group, the largest first: at most 200. Of administrators, all to owners; to others their
    /// own, and that of nobody; none where the office shows no times of a person. Empty without <c>groupBy</c>.
    /// </summary>
    public IEnumerable<WaitFigureNode> Groups => figures.Groups.Select(g => new WaitFigureNode(report.Kind, g));

    /// <summary>The number of groups that there are.</summary>
    public int GroupCount => figures.GroupCount;

    /// <summary>The waits that the figures count, in the order in which they began.</summary>
    /// <param name="outcome">Only those with this outcome.</param>
    /// <param name="administratorId">
    /// Only those of the group of this administrator; of others there are none for those who are no owners, and of
    /// nobody where the office shows no times of a person.
    /// </param>
    /// <param name="nobody">True: only those of the group of no administrator.</param>
    /// <param name="customerId">Only those of this customer.</param>
    public async Task<WaitConnection> Waits(
        IResolveFieldContext context, WaitOutcome? outcome, [Id] string? administratorId, bool? nobody,
        [Id] string? customerId, int? first, string? after, int? last, string? before)
    {
        var filter = new WaitFilter(
            outcome, Ids.ParseOptional(administratorId), nobody == true, Ids.ParseOptional(customerId));
        var queries = context.Service<WaitQueries>();
        var page = await queries.PageAsync(
            context.Caller(), report, filter, figures.Basis, new PageRequest(first, after, last, before),
            context.CancellationToken);
        return new WaitConnection(page, c => Counts.Of(page, x => queries.CountAsync(c.Caller(), report, filter, x)));
    }
}

/// <summary>Times of waits, in seconds: of those that were replied to, answered or resolved.</summary>
[Name("WaitFigure")]
[Allow(Access.Office)]
public sealed class WaitFigureNode(WaitKind kind, WaitFigure figure)
{
    /// <summary>
    /// The administrator who replied or, of customers' answers, asked; null for all, and for what is nobody's.
    /// </summary>
    public IDataLoaderResult<AdministratorNode?>? Administrator(IResolveFieldContext context) =>
        figure is { By: WaitGrouping.Administrator, GroupId: { } id } ? context.AdministratorIfAny(id) : null;

    /// <summary>The customer; null for all, and unless it is grouped by customers.</summary>
    public IDataLoaderResult<CustomerNode?>? Customer(IResolveFieldContext context) =>
        figure is { By: WaitGrouping.Customer, GroupId: { } id } ? context.CustomerIfAny(id) : null;

    /// <summary>The number of waits that the times are of.</summary>
    public int Count => figure.Count;

    /// <summary>The average; null when there are none, as the other times are.</summary>
    public double? Mean => figure.Mean;

    /// <summary>Half of them were no longer.</summary>
    public double? Median => figure.Median;

    /// <summary>Nine of ten were no longer.</summary>
    public double? P90 => figure.P90;

    /// <summary>The longest.</summary>
    public double? Longest => figure.Longest;

    /// <summary>The number of each outcome that this kind of wait has.</summary>
    public IEnumerable<WaitOutcomeCountNode> Outcomes
    {
        get
        {
            var (timed, untimed) = kind switch
            {
                WaitKind.OfficeReply => (WaitOutcome.Replied, (WaitOutcome?)WaitOutcome.ClosedWithoutReply),
                WaitKind.CustomerAnswer => (WaitOutcome.CustomerAnswered, WaitOutcome.Withdrawn),
                WaitKind.Resolution => (WaitOutcome.Resolved, null),
            };
            yield return new WaitOutcomeCountNode(timed, figure.Count);
            if (untimed is { } other) yield return new WaitOutcomeCountNode(other, figure.Untimed);
            yield return new WaitOutcomeCountNode(WaitOutcome.StillWaiting, figure.StillWaiting);
        }
    }
}

/// <summary>A number of waits.</summary>
[Name("WaitOutcomeCount")]
[Allow(Access.Office)]
public sealed class WaitOutcomeCountNode(WaitOutcome outcome, int count)
{
    /// <summary>What became of them.</summary>
    public WaitOutcome Outcome => outcome;

    /// <summary>How many they are.</summary>
    public int Count => count;
}

/// <summary>A time in a conversation in which something was waited for.</summary>
[Name("Wait")]
[Allow(Access.Office)]
public sealed class WaitNode(WaitRow row)
{
    /// <summary>The conversation.</summary>
    public IDataLoaderResult<ConversationNode> Conversation(IResolveFieldContext context) =>
        context.Conversation(row.ConversationId);

    /// <summary>The instant at which it began.</summary>
    public DateTimeOffset Since => row.Since;

    /// <summary>The instant at which it ended; null while it goes on.</summary>
    public DateTimeOffset? EndedAt => row.EndedAt;

    /// <summary>Its length in seconds, on the basis of the figures; null while it goes on.</summary>
    public double? Seconds => row.Seconds;

    /// <summary>What became of it.</summary>
    public WaitOutcome Outcome => row.Outcome;

    /// <summary>
    /// The administrator who replied or asked; null for nobody, and to those who may not see times of theirs.
    /// </summary>
    public IDataLoaderResult<AdministratorNode?>? Administrator(IResolveFieldContext context) =>
        row.AdministratorId is { } id ? context.AdministratorIfAny(id) : null;
}

/// <summary>An item of a page of waits.</summary>
[Name("WaitEdge")]
[Allow(Access.Office)]
public sealed class WaitEdge(string cursor, WaitNode node) : Edge<WaitNode>(cursor, node);

/// <summary>A page of waits.</summary>
[Name("WaitConnection")]
[Allow(Access.Office)]
public sealed class WaitConnection(Page<WaitRow> page, Func<IResolveFieldContext, IDataLoaderResult<int>> count)
    : Connection<WaitNode, WaitEdge>(
        page.Edges((cursor, row) => new WaitEdge(cursor, new WaitNode(row))), page.Info(), count);

/// <summary>The backlog at an instant.</summary>
[Name("BacklogAt")]
[Allow(Access.Office)]
public sealed class BacklogAtNode(BacklogRow row)
{
    /// <summary>The instant; now where one was asked for that is to come.</summary>
    public DateTimeOffset At => row.At;

    /// <summary>Conversations under way.</summary>
    public int Open => row.Open;

    /// <summary>Conversations in which the customer's answer is needed.</summary>
    public int Attention => row.Attention;
}
