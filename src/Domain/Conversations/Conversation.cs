using System.Collections.Immutable;

namespace Messaging.Domain.Conversations;

/// <summary>
/// The write state of a conversation: what decisions need, and never the texts, so that its size does not grow with the
/// conversation.
/// </summary>
/// <param name="Id">The stream.</param>
/// <param name="Version">The number of events so far.</param>
/// <param name="CustomerId">The customer it is held with.</param>
/// <param name="Status">The status.</param>
/// <param name="ResponsibleAdministratorId">The responsible administrator.</param>
/// <param name="NotifyAllAdministrators">True when every administrator is notified of what happens in it.</param>
/// <param name="OfficeAwaited">
/// True when the customer wrote last, notes aside: whatever status is set meanwhile, the comment has no answer.
/// </param>
/// <param name="RecentCommentIds">The ids of the latest comments, newest last.</param>
/// <param name="RecentActionIds">The ids of the latest actions, newest last.</param>
public sealed record Conversation(
    Guid Id,
    long Version,
    Guid CustomerId,
    ConversationStatus Status,
    Guid? ResponsibleAdministratorId,
    bool NotifyAllAdministrators,
    bool OfficeAwaited,
    ImmutableList<Guid> RecentCommentIds,
    ImmutableList<Guid> RecentActionIds)
{
    /// <summary>
    /// The number of ids remembered. A repeat later than that is caught by the command's receipt, which is kept for
    /// good.
    /// </summary>
    public const int RememberedIds = 16;

    /// <summary>The tags, as they were given.</summary>
    public ImmutableArray<string> Tags { get; init; } = [];

    /// <summary>The side that must write next.</summary>
    public Awaiting Awaiting => AwaitingOf(Status, OfficeAwaited);

    /// <summary>
    /// The side that must write next in a conversation: the one rule, from which the SQL is derived, too.
    /// </summary>
    /// <param name="status">The status.</param>
    /// <param name="officeAwaited">True when a customer's comment is unanswered.</param>
    public static Awaiting AwaitingOf(ConversationStatus status, bool officeAwaited) => status switch
    {
        ConversationStatus.Answered => Awaiting.Nobody,
        ConversationStatus.Attention => Awaiting.Customer,
        ConversationStatus.Open => officeAwaited ? Awaiting.Office : Awaiting.Nobody,
    };

    /// <summary>
    /// The state after one more event. Throws for nothing that has happened: what happened, happened.
    /// </summary>
    /// <param name="state">The state before; null before the first event.</param>
    /// <param name="id">The stream.</param>
    /// <param name="event">The event.</param>
    public static Conversation? Evolve(Conversation? state, Guid id, ConversationEvent @event)
    {
        if (@event is ConversationCreated created)
        {
            return new Conversation(
                id, (state?.Version ?? 0) + 1, created.CustomerId, created.Status, created.ResponsibleAdministratorId,
                created.NotifyAllAdministrators, false, [], []);
        }

        if (state is null) return null;
        state = state with { Version = state.Version + 1 };
        return @event switch
        {
            CommentAdded e => state with
            {
                RecentCommentIds = Remember(state.RecentCommentIds, e.CommentId),
                OfficeAwaited =
                    e.Visibility == CommentVisibility.Internal
                        ? state.OfficeAwaited
                        : e.Author.Kind == ParticipantKind.Contact,
            },
            StatusChanged e => state with { Status = e.To },
            AdministratorAssigned e => state with { ResponsibleAdministratorId = e.AdministratorId },
            AdministratorUnassigned => state with { ResponsibleAdministratorId = null },
            AdminsNotified e => state with { RecentActionIds = Remember(state.RecentActionIds, e.ActionId) },
            ConversationTagged e => state with { Tags = state.Tags.Add(e.Tag) },
            ConversationUntagged e => state with { Tags = state.Tags.Remove(e.Tag) },
            FileAttached => state,
            _ => throw new UnknownEventException(@event),
        };
    }

    private static ImmutableList<Guid> Remember(ImmutableList<Guid> ids, Guid id) =>
        (ids.Count < RememberedIds ? ids : ids.RemoveAt(0)).Add(id);
}
