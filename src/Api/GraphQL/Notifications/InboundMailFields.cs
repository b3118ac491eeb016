using GraphQL;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Notifications;
using Messaging.Api.GraphQL.Schema;
using Messaging.Application.Notifications.Inbound;
using Messaging.Projections.Storage;

namespace Messaging.Api.GraphQL;

/// <content>Answers by mail that became no comment.</content>
public sealed partial class Query
{
    /// <summary>
    /// The answers by mail that became no comment, the latest first: at most 1,000, of 90 days. Their content is in
    /// the mailbox that they came to.
    /// </summary>
    [Allow(Access.Office)]
    public static async Task<InboundMailConnection> InboundMails(
        IResolveFieldContext context, int? first, string? after, int? last, string? before)
    {
        var queries = context.Service<InboundQueries>();
        var page = await queries.PageAsync(
            context.Caller(), new PageRequest(first, after, last, before), context.CancellationToken);
        return new InboundMailConnection(page, c => Counts.Fetched(x => queries.CountAsync(c.Caller(), x)));
    }
}
