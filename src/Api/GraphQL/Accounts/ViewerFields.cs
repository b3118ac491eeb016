using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Accounts;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Domain;

namespace Messaging.Api.GraphQL;

/// <content>The viewer.</content>
public sealed partial class Query
{
    /// <summary>The viewer: the person who is signed in.</summary>
    [Allow(Access.SignedIn)]
    public static IDataLoaderResult<ViewerNode> Viewer(IResolveFieldContext context) => context.Viewer();
}

/// <summary>The viewer, fetched as the other people are.</summary>
internal static class ViewerLoads
{
    public static IDataLoaderResult<ViewerNode> Viewer(this IResolveFieldContext context)
    {
        var caller = context.Caller();
        return caller.Actor is Actor.Contact
            ? context
                .Contacts()
                .LoadRequiredAsync(caller.Actor.Id)
                .Then(row => new ViewerNode(
                    caller, new Person(row.DisplayName, row.Email, row.Locale, row.EmailChange)))
            : context
                .Administrators()
                .LoadRequiredAsync(caller.Actor.Id)
                .Then(row => new ViewerNode(
                    caller, new Person(row.DisplayName, row.Email, row.Locale, row.EmailChange)));
    }
}
