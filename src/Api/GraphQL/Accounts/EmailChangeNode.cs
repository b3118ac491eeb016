using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Notifications;
using Messaging.Application.Notifications;
using Messaging.Domain;
using Messaging.Projections.Accounts;

namespace Messaging.Api.GraphQL.Accounts;

/// <summary>A change of address that waits for its confirmation.</summary>
[Name("EmailChange")]
[Allow(Access.SignedIn)]
public sealed class EmailChangeNode(Guid personId, EmailChangeRow row)
{
    /// <summary>The address that it is to be.</summary>
    public string Email => EmailAddress.ForPeople(row.Email);

    /// <summary>The instant at which it was asked for. The link works for 60 minutes from its mail.</summary>
    public DateTimeOffset AskedAt => row.AskedAt;

    /// <summary>The problem with the mail that has the link; null while it is under way or has arrived.</summary>
    public IDataLoaderResult<MailProblemNode?> MailProblem(IResolveFieldContext context) =>
        context.MailProblem(new EmailChangeMail(personId, row.Email, row.AskedAt));

    /// <summary>The one of a person; null when there is none.</summary>
    internal static EmailChangeNode? Of(Guid personId, EmailChangeRow? row) =>
        row is null ? null : new EmailChangeNode(personId, row);
}
