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

/// <summary>The office has taken the invitation back; whoever has its link hears so.</summary>
public sealed record InvitationIsWithdrawn()
    : Refusal(
        RefusalKind.NotFound, "This invitation was withdrawn. Ask the office for a new one.", "token",
        RefusalReason.InvitationIsWithdrawn);

/// <summary>Somebody else got the address of a person who left.</summary>
/// <param name="Holder">The name of whoever has it now.</param>
public sealed record AddressIsAnothersNow(string Holder)
    : Refusal(
        RefusalKind.Conflict,
        $"{Holder} has this e-mail address now. Reactivate with another address, or deactivate {Holder} first.",
        "email", RefusalReason.AddressIsAnothersNow);

/// <summary>The address is the one that they have.</summary>
public sealed record EmailIsTheirsAlready()
    : Refusal(
        RefusalKind.Conflict, "This is the e-mail address that they have already.", "email",
        RefusalReason.EmailIsTheirsAlready);

/// <summary>Who has not joined has nothing but an invitation, which goes to another address.</summary>
public sealed record InvitationIsNotTakenUp()
    : Refusal(
        RefusalKind.Conflict,
        "They have not taken their invitation up: send it to the other address instead.", "id");

/// <summary>Whoever finds a browser signed in does not take the account over.</summary>
public sealed record OwnEmailNeedsThePassword()
    : Refusal(RefusalKind.Invalid, "Your own e-mail address is changed with your password.", "id");

/// <summary>Unknown, used, expired, withdrawn, replaced, or of somebody who has left: the same answer.</summary>
public sealed record EmailChangeIsNotValid()
    : Refusal(RefusalKind.NotFound, "This link is not valid or has expired.", "token");

/// <summary>Only whoever reads the mail to an address hears whose it is.</summary>
public sealed record EmailIsTakenByNow()
    : Refusal(
        RefusalKind.Conflict, "Somebody of this organisation has this e-mail address already: it stays theirs.",
        "token", RefusalReason.EmailIsTakenByNow);

/// <summary>Unknown, used, expired, or replaced by a later one: the same answer.</summary>
public sealed record InvitationIsNotValid()
    : Refusal(RefusalKind.NotFound, "This invitation is not valid or has expired.", "token");
