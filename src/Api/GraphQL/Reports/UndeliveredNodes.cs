using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Customers;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Projections.Reports;
using Messaging.Projections.Storage;

namespace Messaging.Api.GraphQL.Reports;

/// <summary>
/// What customers were asked for by ATTENTION, in the month in which it began, and what has become of it.
/// </summary>
[Name("UndeliveredReport")]
[Allow(Access.Office)]
public sealed class UndeliveredReportNode(UndeliveredFrame frame, UndeliveredFilter filter)
{
    /// <summary>The instant that it is of.</summary>
    public DateTimeOffset AsOf => frame.AsOf;

    /// <summary>The organisation's time zone.</summary>
    public string TimeZone => frame.Office.TimeZone;

    /// <summary>
    /// The instant before which a customer who is still awaited was asked to be late: 10 working days ago. Null when
    /// nobody is.
    /// </summary>
    public DateTimeOffset? LateBefore => frame.LongAgo;

    /// <summary>The figures of all customers.</summary>
    public async Task<UndeliveredTotalNode> Total(IResolveFieldContext context)
    {
        var (earlier, months) = await context.Service<UndeliveredQueries>().TotalAsync(
            context.Caller(), frame, filter, context.CancellationToken);
        return new UndeliveredTotalNode(frame, earlier, months);
    }

    /// <summary>
    /// The customers who were asked for something in these months, or still are, those first who are awaited the
    /// longest.
    /// </summary>
    public async Task<UndeliveredCustomerConnection> Customers(
        IResolveFieldContext context, int? first, string? after, int? last, string? before)
    {
        var queries = context.Service<UndeliveredQueries>();
        var page = await queries.CustomersAsync(
            context.Caller(), frame, filter, new PageRequest(first, after, last, before), context.CancellationToken);
        return new UndeliveredCustomerConnection(
            frame, page, c => Counts.Of(page, x => queries.CustomerCountAsync(c.Caller(), frame, filter, x)));
    }

    /// <summary>
    /// The waits that a number counts, in the order in which they began: its <c>totalCount</c> with the same conditions
    /// is the number.
    /// </summary>
    /// <param name="customerId">Only those of this customer.</param>
    /// <param name="monthsAgo">Only those that began in this month: 0 for the one of now.</param>
    /// <param name="earlier">True: only those that began before the months.</param>
    /// <param name="part">Only those of this number.</param>
    public async Task<WaitConnection> Waits(
        IResolveFieldContext context, [Id] string? customerId, int? monthsAgo, bool? earlier, UndeliveredPart? part,
        int? first, string? after, int? last, string? before)
    {
        if (monthsAgo < 0 || monthsAgo >= frame.Months.Length)
            throw RefusedException.BadUserInput($"monthsAgo is 0 to {frame.Months.Length - 1}.");
        var which = new UndeliveredSelection(
            Ids.ParseOptional(customerId), earlier == true ? 0 : frame.Months.Length - monthsAgo, part);
        var queries = context.Service<UndeliveredQueries>();
        var page = await queries.PageAsync(
            context.Caller(), frame, filter, which, new PageRequest(first, after, last, before),
            context.CancellationToken);
        return new WaitConnection(
            page, c => Counts.Of(page, x => queries.CountAsync(c.Caller(), frame, filter, which, x)));
    }
}

/// <summary>What has become of what was asked for, of all customers.</summary>
[Name("UndeliveredTotal")]
[Allow(Access.Office)]
public sealed class UndeliveredTotalNode(
    UndeliveredFrame frame, UndeliveredCount earlier, IReadOnlyList<UndeliveredCount> months)
{
    /// <summary>The number of what was asked for before the months, and is still awaited.</summary>
    public int Earlier => earlier.Late + earlier.Open;

    /// <summary>The months, the earliest first.</summary>
    public IEnumerable<UndeliveredMonthNode> Months => UndeliveredMonthNode.Of(frame, months);
}

/// <summary>What has become of what was asked for in a month: each is of one of the four numbers.</summary>
[Name("UndeliveredMonth")]
[Allow(Access.Office)]
public sealed class UndeliveredMonthNode(ReportedMonth month, int monthsAgo, UndeliveredCount count)
{
    /// <summary>The first instant of the month.</summary>
    public DateTimeOffset From => month.From;

    /// <summary>Which one it is: 0 for the one of now.</summary>
    public int MonthsAgo => monthsAgo;

    /// <summary>Those that the customer answered.</summary>
    public int Answered => count.Answered;

    /// <summary>Those of which the office changed the status before.</summary>
    public int Withdrawn => count.Withdrawn;

    /// <summary>Those that have been awaited for longer than 10 working days.</summary>
    public int Late => count.Late;

    /// <summary>Those that are awaited, and not for so long.</summary>
    public int Open => count.Open;

    internal static IEnumerable<UndeliveredMonthNode> Of(
        UndeliveredFrame frame, IReadOnlyList<UndeliveredCount> counts) =>
        counts.Select((count, i) => new UndeliveredMonthNode(frame.Months[i], counts.Count - 1 - i, count));
}

/// <summary>What a customer was asked for.</summary>
[Name("UndeliveredCustomer")]
[Allow(Access.Office)]
public sealed class UndeliveredCustomerNode(UndeliveredFrame frame, UndeliveredRow row)
{
    /// <summary>The customer.</summary>
    public IDataLoaderResult<CustomerNode?> Customer(IResolveFieldContext context) =>
        context.CustomerIfAny(row.CustomerId);

    /// <summary>The instant since which they are awaited the longest; null when they are not.</summary>
    public DateTimeOffset? OldestSince => row.OldestSince;

    /// <summary>The number of what was asked for before the months, and is still awaited.</summary>
    public int Earlier => row.Earlier.Late + row.Earlier.Open;

    /// <summary>The months, the earliest first.</summary>
    public IEnumerable<UndeliveredMonthNode> Months => UndeliveredMonthNode.Of(frame, row.Months);
}

/// <summary>An item of a page of customers who were asked for something.</summary>
[Name("UndeliveredCustomerEdge")]
[Allow(Access.Office)]
public sealed class UndeliveredCustomerEdge(string cursor, UndeliveredCustomerNode node)
    : Edge<UndeliveredCustomerNode>(cursor, node);

/// <summary>A page of customers who were asked for something.</summary>
[Name("UndeliveredCustomerConnection")]
[Allow(Access.Office)]
public sealed class UndeliveredCustomerConnection(
    UndeliveredFrame frame, Page<UndeliveredRow> page, Func<IResolveFieldContext, IDataLoaderResult<int>> count)
    : Connection<UndeliveredCustomerNode, UndeliveredCustomerEdge>(
        page.Edges((cursor, row) => new UndeliveredCustomerEdge(cursor, new UndeliveredCustomerNode(frame, row))),
        page.Info(), count);
