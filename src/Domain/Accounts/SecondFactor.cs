namespace Messaging.Domain.Accounts;

/// <summary>What somebody proves besides their password.</summary>
[Stored("second_factor")]
public enum SecondFactorKind
{
    /// <summary>An app that shows a code every 30 seconds (TOTP, RFC 6238).</summary>
    Authenticator = 0,

    /// <summary>A key of a device or of a password manager (WebAuthn).</summary>
    Passkey = 1,
}

/// <summary>What happened to somebody's second factor.</summary>
[Stored("second_factor_change")]
public enum SecondFactorChange
{
    /// <summary>They sign in with the codes of an app as well.</summary>
    AuthenticatorAdded = 0,

    /// <summary>They no longer sign in with the codes of an app.</summary>
    AuthenticatorRemoved = 1,

    /// <summary>They sign in with another passkey as well.</summary>
    PasskeyAdded = 2,

    /// <summary>They no longer sign in with a passkey.</summary>
    PasskeyRemoved = 3,

    /// <summary>They have other recovery codes; those of before work no more.</summary>
    RecoveryCodesMade = 4,

    /// <summary>They signed in with a recovery code, which works no more.</summary>
    RecoveryCodeUsed = 5,

    /// <summary>The office or the operator took all of it away, since they had lost it.</summary>
    Reset = 6,
}

/// <summary>A person resets their own factors by removing them, with their password.</summary>
public sealed record NobodyResetsTheirOwnFactor()
    : Refusal(RefusalKind.Invalid, "You cannot reset your own second factor. Remove it in your profile.", "id");

/// <summary>There is no second factor to take away.</summary>
public sealed record NoSecondFactor()
    : Refusal(RefusalKind.NotFound, "This person has no second factor.", "id");
