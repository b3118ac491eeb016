using Messaging.Application.Customers.Import;
using Messaging.Application.Notifications;
using Messaging.Application.Notifications.Inbound;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Messaging.Domain.Notifications;
using Messaging.Domain.Organisation;
using Messaging.Projections.Conversations;
using Messaging.Projections.Reports;

namespace Messaging.Api.GraphQL.Authorization;

/// <summary>
/// Rules of access to the enums of the layers below, which know nothing of the API. Internal notes are the office's:
/// a customer is never answered with <c>INTERNAL</c>, and one who writes it is refused.
/// </summary>
internal static class EnumRules
{
    private static readonly Dictionary<Type, Access> s_types = new()
    {
        [typeof(ConversationStatus)] = Access.SignedIn,
        [typeof(CommentVisibility)] = Access.SignedIn,
        [typeof(Awaiting)] = Access.SignedIn,
        [typeof(ConversationOrderField)] = Access.SignedIn,
        [typeof(Role)] = Access.SignedIn,
        [typeof(ApiTokenScope)] = Access.SignedIn,
        [typeof(SecondFactorKind)] = Access.Anyone,
        [typeof(MailContent)] = Access.Office,
        [typeof(Weekday)] = Access.Office,
        [typeof(Land)] = Access.Office,
        [typeof(RetentionRule)] = Access.Office,
        [typeof(NotificationKind)] = Access.SignedIn,
        [typeof(TellingRule)] = Access.SignedIn,
        [typeof(TellingChannel)] = Access.Office,
        [typeof(NobodyToldReason)] = Access.Office,
        [typeof(DeliveryKind)] = Access.Office,
        [typeof(DeliveryState)] = Access.Office,
        [typeof(InboundOutcome)] = Access.Office,
        [typeof(Interval)] = Access.Office,
        [typeof(WaitOutcome)] = Access.Office,
        [typeof(WaitGrouping)] = Access.Office,
        [typeof(TimeBasis)] = Access.Office,
        [typeof(WeeklyList)] = Access.Office,
        [typeof(WorkGrouping)] = Access.Office,
        [typeof(WorkPart)] = Access.Office,
        [typeof(UndeliveredPart)] = Access.Office,
        [typeof(NotificationPart)] = Access.Office,
        [typeof(UnreachableReason)] = Access.Office,
        [typeof(ImportState)] = Access.Administrators,
        [typeof(ImportOutcome)] = Access.Administrators,
        [typeof(ImportChange)] = Access.Administrators,
        [typeof(ImportNote)] = Access.Administrators,
        [typeof(ImportReason)] = Access.Administrators,
        [typeof(ImportProblem)] = Access.Administrators,
    };

    private static readonly Dictionary<object, Access> s_values = new()
    {
        [CommentVisibility.Internal] = Access.Office,
    };

    /// <summary>The rule of an enum; null when there is none here.</summary>
    public static Access? Of(Type type) => s_types.TryGetValue(type, out var access) ? access : null;

    /// <summary>The rule of a value; null when its enum's holds.</summary>
    public static Access? Of(object? value) =>
        value is not null && s_values.TryGetValue(value, out var access) ? access : null;
}
