using Messaging.Domain;

namespace Messaging.Api.Security;

/// <summary>
/// An event that <see cref="SecurityLog"/> reports. The name and the number stand in the log for good: monitoring goes
/// by them. The README has a table.
/// </summary>
[Stored("security_event")]
public enum SecurityEvent
{
    /// <summary>A person signed in with their password.</summary>
    SignedIn = 1,

    /// <summary>There is no such account, or its password is another one.</summary>
    SignInRefused = 2,

    /// <summary>
    /// Too many attempts failed: further ones are not looked at for a while. The detail names the counter.
    /// </summary>
    SignInLimited = 3,

    /// <summary>An invited person chose a password.</summary>
    InvitationAccepted = 4,

    /// <summary>A link that is not, or not any more, an invitation's.</summary>
    InvitationRefused = 5,

    /// <summary>A person chose another password.</summary>
    PasswordChanged = 6,

    /// <summary>A signed-in person did not know the password that they wanted to change.</summary>
    PasswordRefused = 7,

    /// <summary>A person signed in from a device that they had not used before, or that keeps no cookie.</summary>
    NewDevice = 8,

    /// <summary>
    /// A caller asked for something that is not theirs: UNAUTHENTICATED or FORBIDDEN. The detail names the field or the
    /// command.
    /// </summary>
    AccessDenied = 9,

    /// <summary>A request was refused for its size or its number, 413 or 429. The detail has the status.</summary>
    RequestRefused = 10,

    /// <summary>An access token that is not valid, has expired, or was ended.</summary>
    TokenRefused = 11,

    /// <summary>
    /// A session was ended before its time: by its person, by a new password, by an administrator. The detail says
    /// which.
    /// </summary>
    SessionEnded = 12,

    /// <summary>
    /// A refresh token was used that had been exchanged long before: a copy of it exists. Its session was ended.
    /// </summary>
    RefreshTokenReused = 13,

    /// <summary>
    /// A person came with another issuer's token for the first time: their account is linked to its subject from now
    /// on.
    /// </summary>
    IssuerLinked = 14,

    /// <summary>An API token was created; the detail says of what scope, and whether of a service account.</summary>
    ApiTokenCreated = 15,

    /// <summary>An API token was ended before it had expired.</summary>
    ApiTokenEnded = 16,

    /// <summary>An API token comes from another network than some minutes before.</summary>
    ApiTokenMoved = 17,

    /// <summary>A program of an office got an account; the detail says as what.</summary>
    ServiceAccountCreated = 18,

    /// <summary>The account of a program was ended, and all its tokens.</summary>
    ServiceAccountEnded = 19,

    /// <summary>
    /// A link for another password was asked for, for an address that may have no account; or, with a person, sent by
    /// their office.
    /// </summary>
    PasswordResetRequested = 20,

    /// <summary>
    /// Too many links were asked for: further ones are not sent for a while. The detail names the counter.
    /// </summary>
    PasswordResetLimited = 21,

    /// <summary>A person chose another password by a link that was mailed to them.</summary>
    PasswordReset = 22,

    /// <summary>A link for another password that is not, or not any more, one.</summary>
    PasswordResetRefused = 23,

    /// <summary>A code, a recovery code or a passkey that is not right, after a password that is.</summary>
    SecondFactorRefused = 24,

    /// <summary>A person added or removed a second factor, or made recovery codes; the detail says which.</summary>
    SecondFactorChanged = 25,

    /// <summary>The office took the second factor of a person away, who had lost it.</summary>
    SecondFactorReset = 26,

    /// <summary>An office requires a second factor, or no longer does; the detail says which.</summary>
    SecondFactorRequired = 27,

    /// <summary>
    /// Another address was asked for, by a person for themselves or by their office: the detail says which.
    /// </summary>
    EmailChangeAsked = 28,

    /// <summary>A person has another address, by the link that was mailed to it.</summary>
    EmailChanged = 29,

    /// <summary>A link for another address that is not, or not any more, one.</summary>
    EmailChangeRefused = 30,

    /// <summary>A person went on with another account of theirs, without their password.</summary>
    AccountSwitched = 31,

    /// <summary>A person let another account of theirs belong to the same sign-in.</summary>
    AccountsJoined = 32,
}
