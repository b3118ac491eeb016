using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Customers;
using Messaging.Api.GraphQL.Notifications;
using Messaging.Api.GraphQL.Organisation;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Api.Notifications;
using Messaging.Application.Accounts;
using Messaging.Application.Notifications;
using Messaging.Domain;
using Messaging.Projections.Accounts;
using Messaging.Projections.Conversations;
using Messaging.Projections.Notifications;
using Messaging.Projections.Storage;

namespace Messaging.Api.GraphQL.Accounts;

/// <summary>The viewer: the person who is signed in.</summary>
/// <param name="caller">Who asks.</param>
/// <param name="person">The person's name, address and language.</param>
[Name("Viewer")]
[Allow(Access.SignedIn)]
public sealed class ViewerNode(Caller caller, Person person)
{
    /// <summary>A UUID: that of the administrator or the contact.</summary>
    public Guid Id => caller.Actor.Id;

    /// <summary>The role, which says what they may do.</summary>
    public Role Role => caller.Actor.Role;

    /// <summary>The name that others see.</summary>
    public string DisplayName => person.DisplayName;

    /// <summary>The e-mail address.</summary>
    public string Email => EmailAddress.ForPeople(person.Email);

    /// <summary>The change of address that was not confirmed yet; null while there is none.</summary>
    public EmailChangeNode? EmailChange => EmailChangeNode.Of(Id, person.EmailChange);

    /// <summary>The language they are written to in: <c>de</c> or <c>en</c>.</summary>
    public string Locale => person.Locale;

    /// <summary>True for an owner, who may change the organisation's settings and the people of the office.</summary>
    public bool IsOwner => caller.Actor is Actor.Administrator { IsOwner: true };

    /// <summary>The customer they write for; null for those of the office.</summary>
    public IDataLoaderResult<CustomerNode?>? Customer(IResolveFieldContext context) =>
        caller.OnlyCustomerId is { } id ? context.CustomerIfAny(id) : null;

    /// <summary>
    /// True when they see some only of what their role sees: somebody of the office the customers that an owner gave
    /// them, a contact the conversations of their topics.
    /// </summary>
    public bool IsLimited => caller.IsLimited;

    /// <summary>
    /// True for an auditor who sees a part only of what their customers have: no internal notes, or what happened in a
    /// span of time. The log of everything, earlier states, reports, mails and retention are not for them.
    /// </summary>
    public bool IsNarrow => caller.IsNarrow;

    /// <summary>
    /// True for those who see all that happened in their office, as evidence and the archive demand: owners, and
    /// auditors without limits.
    /// </summary>
    public bool SeesAllHistory => caller.SeesAllHistory;

    /// <summary>
    /// The topics that a contact is limited to, of which a new conversation of theirs has at least one; otherwise
    /// empty.
    /// </summary>
    public IDataLoaderResult<IReadOnlyList<string>> Topics(IResolveFieldContext context) =>
        caller.OnlyCustomerId is null || !caller.IsLimited
            ? LoaderResults.Done<IReadOnlyList<string>>([])
            : context.Contacts().LoadAsync(caller.Actor.Id).Then(row => row?.Topics ?? []);

    /// <summary>The organisation they belong to.</summary>
    public IDataLoaderResult<OrganisationNode> Organisation(IResolveFieldContext context) => context.Organisation();

    /// <summary>The notifications of their profile, the latest first.</summary>
    /// <param name="unreadOnly">True to leave out what is read; false by default.</param>
    public async Task<NotificationConnection> Notifications(
        IResolveFieldContext context, bool? unreadOnly, int? first, string? after)
    {
        var notifications = context.Service<NotificationQueries>();
        var page = await notifications.NotificationsPageAsync(
            caller, unreadOnly ?? false, new PageRequest(first, after, null, null), context.CancellationToken);
        return new NotificationConnection(page, c =>
            Counts.Fetched(x => notifications.NotificationsCountAsync(caller, unreadOnly ?? false, x))
        );
    }

    /// <summary>The number of unread notifications.</summary>
    public Task<int> UnreadNotificationCount(IResolveFieldContext context) =>
        context.Service<NotificationQueries>()
            .NotificationsCountAsync(caller, unreadOnly: true, context.CancellationToken);

    /// <summary>
    /// For owners the number of mails of the last seven days that failed or were perhaps sent, and were not sent again
    /// since: up to 100. 0 for everybody else.
    /// </summary>
    public async Task<int> FailedDeliveryCount(IResolveFieldContext context) =>
        IsOwner ? await context.Service<DeliveryQueries>().FailuresAsync(caller, context.CancellationToken) : 0;

    /// <summary>The kinds of notifications that they want, by channel.</summary>
    public async Task<NotificationPreferencesNode> NotificationPreferences(IResolveFieldContext context) =>
        new(await context.Service<NotificationQueries>().PreferencesAsync(caller, context.CancellationToken));

    /// <summary>
    /// The key by which a browser subscribes to be told of notifications while no page is open (VAPID, RFC 8292): a
    /// point of P-256 in base64url. Null where this server tells nobody so.
    /// </summary>
    public string? PushKey(IResolveFieldContext context) =>
        context.Service<WebPushSender>() is { CanSend: true, PublicKey: var key } ? key : null;

    /// <summary>
    /// The accounts that the viewer signs in to with the same password, this one included, by the names of
    /// organisations and customers: each has its own conversations and notifications. At most 200.
    /// </summary>
    /// <param name="conversationId">
    /// Only the accounts that see this conversation, for a link that was opened with another one; without it all.
    /// </param>
    [Allow(Access.SignedIn, ApiTokens = false)]
    public async Task<IReadOnlyList<AccountNode>> Accounts(
        IResolveFieldContext context, [Id] string? conversationId = null)
    {
        var rows = await context.Service<Identities>().ListAsync(caller, context.CancellationToken);
        if (conversationId is not null)
            rows = await SeeingAsync(context, rows, Ids.Parse(conversationId));
        return [.. rows.Select(row => new AccountNode(row, caller))];
    }

    // Each account is asked by what it may see itself, of those whose organisation has the conversation at all.
    private static async Task<IReadOnlyList<AccountRow>> SeeingAsync(
        IResolveFieldContext context, IReadOnlyList<AccountRow> rows, Guid conversationId)
    {
        var conversations = context.Service<ConversationQueries>();
        var seeing = new List<AccountRow>();
        foreach (var row in await context.Service<Identities>().WithConversationAsync(
            rows, conversationId, context.CancellationToken))
        {
            var found = await conversations.ByIdsAsync(row.Caller, [conversationId], context.CancellationToken);
            if (found.Count > 0) seeing.Add(row);
        }

        return seeing;
    }

    /// <summary>The sessions, of all the viewer's accounts, the one used last first; at most 250.</summary>
    [Allow(Access.SignedIn, ApiTokens = false)]
    public async Task<IReadOnlyList<SessionNode>> Sessions(IResolveFieldContext context)
    {
        var rows = await context.Service<Sessions>().ListAsync(caller, context.CancellationToken);
        var accounts = (await context.Service<Identities>().ListAsync(caller, context.CancellationToken))
            .ToDictionary(account => (account.TenantId, account.PersonId));
        return
        [
            .. rows.Select(row => new SessionNode(
                row, caller.SessionId,
                accounts.TryGetValue((row.TenantId, row.PersonId), out var account)
                    ? new AccountNode(account, caller)
                    : null)
            ),
        ];
    }

    /// <summary>What they prove at sign-in besides the password.</summary>
    [Allow(Access.SignedIn, ApiTokens = false)]
    public async Task<SecondFactorsNode> SecondFactors(IResolveFieldContext context) =>
        new(
            await context.Service<SecondFactors>()
                .StateAsync(caller.TenantId, caller.Actor.Id, context.CancellationToken));

    /// <summary>The API tokens that work or expired within 30 days, the latest first; at most 100.</summary>
    [Allow(Access.SignedIn, ApiTokens = false)]
    public IDataLoaderResult<IEnumerable<ApiTokenNode>> ApiTokens(IResolveFieldContext context) =>
        context.ApiTokensOf(caller.Actor.Id);
}

/// <summary>The name, address and language of the viewer.</summary>
/// <param name="EmailChange">The change of address that was not confirmed yet; null while there is none.</param>
public sealed record Person(string DisplayName, string Email, string Locale, EmailChangeRow? EmailChange);
