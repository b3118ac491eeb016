namespace Messaging.Projections.Reports;

/// <summary>What is waited for in a conversation. docs/figures.md defines each.</summary>
public enum WaitKind
{
    /// <summary>The customer waits for a reply of the office.</summary>
    OfficeReply,

    /// <summary>The office waits for an answer of the customer.</summary>
    CustomerAnswer,

    /// <summary>The conversation is not answered.</summary>
    Resolution,
}

/// <summary>What became of a wait.</summary>
public enum WaitOutcome
{
    /// <summary>The office replied.</summary>
    Replied,

    /// <summary>The office set the status to ANSWERED or ATTENTION without a reply. It is counted, and not timed.
    /// </summary>
    ClosedWithoutReply,

    /// <summary>The customer answered.</summary>
    CustomerAnswered,

    /// <summary>The office took ATTENTION back before the customer answered. It is counted, and not timed.</summary>
    Withdrawn,

    /// <summary>The conversation became ANSWERED.</summary>
    Resolved,

    /// <summary>It goes on. It is counted, and not timed.</summary>
    StillWaiting,
}
