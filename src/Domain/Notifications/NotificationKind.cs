namespace Messaging.Domain.Notifications;

/// <summary>The reason of a notification, in the profile or by e-mail.</summary>
[Stored("notification_kind")]
public enum NotificationKind
{
    /// <summary>A conversation was started.</summary>
    ConversationCreated = 0,

    /// <summary>A contact of the customer wrote a comment.</summary>
    CustomerCommented = 1,

    /// <summary>An administrator wrote a comment.</summary>
    AdministratorCommented = 2,

    /// <summary>The action that notifies every administrator of an existing conversation.</summary>
    AdministratorsNotified = 3,

    /// <summary>The recipient became the responsible administrator.</summary>
    Assigned = 4,

    /// <summary>
    /// The office awaits the customer's answer, or, where it wants that told, regards a conversation as answered.
    /// </summary>
    StatusChanged = 5,
}
