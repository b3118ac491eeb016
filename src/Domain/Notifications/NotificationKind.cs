namespace Messaging.Domain.Notifications;

/// <summary>Why somebody is told something, in their profile or by e-mail.</summary>
public enum NotificationKind
{
    /// <summary>A conversation was started.</summary>
    ConversationCreated,

    /// <summary>A contact of the customer wrote a comment.</summary>
    CustomerCommented,

    /// <summary>An administrator wrote a comment.</summary>
    AdministratorCommented,

    /// <summary>Somebody ran the action that tells every administrator about a conversation already posted.</summary>
    AdministratorsNotified,

    /// <summary>The recipient became the responsible administrator.</summary>
    Assigned,

    /// <summary>The status changed.</summary>
    StatusChanged,
}
