using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Application.Notifications;
using Messaging.Domain;

namespace Messaging.Api.GraphQL.Notifications;

/// <summary>
/// Mail that could not be delivered, and was given up, or that was perhaps sent. The next that is taken ends it.
/// </summary>
[Name("MailProblem")]
[Allow(Access.SignedIn)]
public sealed class MailProblemNode(MailProblem problem)
{
    /// <summary>The instant at which the first mail was given up, or was perhaps sent.</summary>
    public DateTimeOffset Since => problem.Since;

    /// <summary>
    /// The reason of the latest failure: the mail server's words, or what is wrong with the address. At most 1,000
    /// characters.
    /// </summary>
    public string Reason => problem.Reason;

    /// <summary>
    /// True when the latest mail was perhaps sent: the mail server had it, and did not answer whether it takes it. Such
    /// a mail is tried once more, ten minutes later.
    /// </summary>
    public bool PerhapsSent => problem.IsPerhaps;
}

/// <summary>Problems with mail, fetched in batches.</summary>
internal static class MailProblemLoads
{
    public static IDataLoaderResult<MailProblemNode?> MailProblem(this IResolveFieldContext context, string address) =>
        BatchLoaders
            .Of(context)
            .For<string, MailProblem>("mail problems", (addresses, cancellation) =>
                context.Service<Deliveries>().ProblemsAsync(context.Caller().TenantId, addresses, cancellation)
            )
            .LoadAsync(address)
            .Then(NodeOf);

    public static IDataLoaderResult<MailProblemNode?> MailProblem(
        this IResolveFieldContext context, EmailChangeMail mail) =>
        BatchLoaders
            .Of(context)
            .For<EmailChangeMail, MailProblem>("mail problems of changes", (mails, cancellation) =>
                context.Service<Deliveries>().ProblemsAsync(context.Caller().TenantId, mails, cancellation)
            )
            .LoadAsync(mail)
            .Then(NodeOf);

    private static MailProblemNode? NodeOf(MailProblem? problem) =>
        problem is null ? null : new MailProblemNode(problem);
}
