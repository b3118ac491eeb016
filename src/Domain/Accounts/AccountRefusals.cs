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

/// <summary>Unknown, used, expired, or replaced by a later one: the same answer.</summary>
public sealed record InvitationIsNotValid()
    : Refusal(RefusalKind.NotFound, "This invitation is not valid or has expired.", "token");
