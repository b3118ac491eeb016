namespace Messaging.Domain.Notifications;

/// <summary>The rule by which somebody is told of something: the reason why it is them.</summary>
[Stored("telling_rule")]
public enum TellingRule
{
    /// <summary>The office's registered address gets whatever a customer writes.</summary>
    RegisteredAddress = 0,

    /// <summary>They are responsible for the conversation.</summary>
    Responsible = 1,

    /// <summary>They have become responsible for it by this.</summary>
    BecameResponsible = 2,

    /// <summary>
    /// Nobody who works here is responsible for it, or who is away and nobody stands in: every administrator is told
    /// in the profile.
    /// </summary>
    NobodyResponsible = 3,

    /// <summary>They began the conversation, or wrote one of its latest comments.</summary>
    TakesPart = 4,

    /// <summary>The conversation is one that every administrator is told of.</summary>
    AllAdministrators = 5,

    /// <summary>Somebody had every administrator told, by the action that does so.</summary>
    AdministratorsNotified = 6,

    /// <summary>They are a contact of the customer.</summary>
    ContactOfCustomer = 7,

    /// <summary>It is about their own account.</summary>
    OwnAccount = 8,

    /// <summary>A note mentions them.</summary>
    Mentioned = 9,

    /// <summary>Who is responsible is away, and they stand in.</summary>
    Deputy = 10,

    /// <summary>They chose to be told of it.</summary>
    Chosen = 11,
}

/// <summary>The reason why nobody is told of something.</summary>
[Stored("nobody_told_reason")]
public enum NobodyToldReason
{
    /// <summary>Nobody is told of such an event.</summary>
    NotOfThisKind = 0,

    /// <summary>It is the message that a conversation began with, and is told with the beginning.</summary>
    ToldWithConversation = 1,

    /// <summary>The status was set together with a comment, whose notice says it as well.</summary>
    ToldWithComment = 2,

    /// <summary>The office does not want customers told of it.</summary>
    NotWantedByOffice = 3,

    /// <summary>
    /// There was nobody to tell but the one who did it: no contact, say, or nobody who may see the conversation.
    /// </summary>
    NobodyElse = 4,

    /// <summary>Those who would have been told have turned such notices off.</summary>
    TurnedOff = 5,

    /// <summary>It has just happened; who is told of it is being found out.</summary>
    NotPlannedYet = 6,

    /// <summary>It was not written down: it happened before the product did so.</summary>
    NotRecorded = 7,
}
