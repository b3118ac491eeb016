using System.Collections.Immutable;

namespace Messaging.Domain.Conversations;

/// <summary>
/// The write state of a conversation: what decisions need, and never the texts, so that its size does not grow with the
/// conversation.
/// </summary>
/// <param name="Id">The stream.</param>
/// <param name="Version">The number of events so far.</param>
/// <param name="CustomerId">The customer it is held with.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="ResponsibleAdministratorId">Who takes it on.</param>
/// <param name="NotifyAllAdministrators">Whether every administrator is told of what happens in it.</param>
/// <param name="OfficeAwaited">True when a customer's comment is unanswered.</param>
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

    /// <summary>Who must write next.</summary>
    public Awaiting Awaiting => AwaitingOf(Status, OfficeAwaited);

    /// <summary>Who must write next in a conversation: the one rule, also for what is made of SQL.</summary>
    /// <param name="status">Where it stands.</param>
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
    /// <param name="event">What happened.</param>
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
            StatusChanged e => state with
            {
                Status = e.To,
                OfficeAwaited = e.To == ConversationStatus.Open && state.OfficeAwaited,
            },
            AdministratorAssigned e => state with { ResponsibleAdministratorId = e.AdministratorId },
            AdministratorUnassigned => state with { ResponsibleAdministratorId = null },
            AdminsNotified e => state with { RecentActionIds = Remember(state.RecentActionIds, e.ActionId) },
            FileAttached => state,
            _ => throw new UnknownEventException(@event),
        };
    }

    private static ImmutableList<Guid> Remember(ImmutableList<Guid> ids, Guid id) =>
        (ids.Count < RememberedIds ? ids : ids.RemoveAt(0)).Add(id);
}
