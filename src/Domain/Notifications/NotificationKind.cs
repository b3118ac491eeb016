namespace Messaging.Domain.Notifications;

/// <summary>Why somebody is told something, in their profile or by e-mail.</summary>
[Stored("notification_kind")]
public enum NotificationKind
{
    /// <summary>A conversation was started.</summary>
    ConversationCreated = 0,

    /// <summary>A contact of the customer wrote a comment.</summary>
    CustomerCommented = 1,

    /// <summary>An administrator wrote a comment.</summary>
    AdministratorCommented = 2,

    /// <summary>Somebody ran the action that tells every administrator about a conversation already posted.</summary>
    AdministratorsNotified = 3,

    /// <summary>The recipient became the responsible administrator.</summary>
    Assigned = 4,

    /// <summary>The status changed. Nothing makes it; preferences that are stored have it.</summary>
    StatusChanged = 5,
}
