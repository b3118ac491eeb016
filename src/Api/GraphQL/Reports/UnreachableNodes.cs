using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Customers;
using Messaging.Api.GraphQL.Schema;
using Messaging.Application.Notifications;
using Messaging.Projections.Storage;

namespace Messaging.Api.GraphQL.Reports;

/// <summary>A contact by whom what is written to them may not be read, for one reason.</summary>
[Name("UnreachableContact")]
[Allow(Access.Office)]
public sealed class UnreachableContactNode(UnreachableContact row)
{
    /// <summary>The contact; <c>mailProblem</c> has the mail server's words.</summary>
    public IDataLoaderResult<ContactNode?> Contact(IResolveFieldContext context) =>
        context.ContactIfAny(row.ContactId);

    /// <summary>The customer.</summary>
    public IDataLoaderResult<CustomerNode?> Customer(IResolveFieldContext context) =>
        context.CustomerIfAny(row.CustomerId);

    /// <summary>The reason.</summary>
    public UnreachableReason Reason => row.Reason;

    /// <summary>The instant of the latest invitation, or since which mails fail.</summary>
    public DateTimeOffset Since => row.Since;
}

/// <summary>An item of a page of contacts who may not be reached.</summary>
[Name("UnreachableContactEdge")]
[Allow(Access.Office)]
public sealed class UnreachableContactEdge(string cursor, UnreachableContactNode node)
    : Edge<UnreachableContactNode>(cursor, node);

/// <summary>A page of contacts who may not be reached.</summary>
[Name("UnreachableContactConnection")]
[Allow(Access.Office)]
public sealed class UnreachableContactConnection(
    Page<UnreachableContact> page, Func<IResolveFieldContext, IDataLoaderResult<int>> count)
    : Connection<UnreachableContactNode, UnreachableContactEdge>(
        page.Edges((cursor, row) => new UnreachableContactEdge(cursor, new UnreachableContactNode(row))), page.Info(),
        count);
