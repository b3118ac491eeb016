namespace Messaging.Domain.Accounts;

/// <summary>The address belongs to somebody of the organisation already.</summary>
public sealed record EmailIsTaken()
    : Refusal(RefusalKind.Conflict, "Somebody of this organisation has this e-mail address already.", "email");

/// <summary>A person who has joined needs no invitation.</summary>
public sealed record InvitationIsTakenUp()
    : Refusal(RefusalKind.Conflict, "This invitation was taken up already.", "id");

/// <summary>Unknown, used, expired, or of somebody who has left: the same answer.</summary>
public sealed record PasswordResetIsNotValid()
    : Refusal(RefusalKind.NotFound, "This link is not valid or has expired.", "token");

/// <summary>Unknown, used, expired, or withdrawn: the same answer.</summary>
public sealed record InvitationIsNotValid()
    : Refusal(RefusalKind.NotFound, "This invitation is not valid or has expired.", "token");
