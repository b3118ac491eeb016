using Messaging.Domain.Conversations;

namespace Messaging.Projections.Conversations;

/// <summary>
/// The awaited party, as states and as SQL. The rule itself is <see cref="Conversation.AwaitingOf"/>.
/// </summary>
internal static class AwaitingStates
{
    /// <summary>A status and whom it awaits: there are no more of them than these.</summary>
    public static IReadOnlyList<(ConversationStatus Status, Awaiting Awaiting)> All { get; } =
    [
        .. Enum.GetValues<ConversationStatus>()
            .SelectMany(status => ((bool[])[true, false]).Select(o => (status, Conversation.AwaitingOf(status, o))))
            .Distinct(),
    ];

    /// <summary>The only status of which the status alone does not say whom it awaits.</summary>
    public static ConversationStatus Divided { get; } =
        All.GroupBy(state => state.Status).Single(states => states.Count() > 1).Key;

    /// <summary>Whom a conversation awaits, as an expression.</summary>
    /// <param name="status">An expression: where it stands.</param>
    /// <param name="officeAwaited">A condition: whether a customer's comment is unanswered.</param>
    public static string Sql(string status, string officeAwaited)
    {
        var cases = Enum.GetValues<ConversationStatus>().Select(s => Case(s, officeAwaited));
        return $"case {status} {string.Join(' ', cases)} end";
    }

    private static string Case(ConversationStatus status, string officeAwaited)
    {
        var (yes, no) = (Conversation.AwaitingOf(status, true), Conversation.AwaitingOf(status, false));
        var then = yes == no ? $"'{yes}'" : $"case when {officeAwaited} then '{yes}' else '{no}' end";
        return $"when '{status}' then {then}";
    }
}
