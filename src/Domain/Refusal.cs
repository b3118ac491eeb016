namespace Messaging.Domain;

/// <summary>The kinds of refusals a client can act on; the same as <c>UserErrorCode</c> in the API.</summary>
public enum RefusalKind
{
    /// <summary>
    /// There is no such thing, or it belongs to another organisation: the answer is the same, to the letter.
    /// </summary>
    NotFound,

    /// <summary>An argument breaks a rule.</summary>
    Invalid,

    /// <summary>Something else happened first, or an id was used for something else.</summary>
    Conflict,

    /// <summary>The actor may not do this.</summary>
    Forbidden,

    /// <summary>More than the limit.</summary>
    TooLarge,

    /// <summary>A file that is not taken.</summary>
    UnsupportedFile,

    /// <summary>There is no room for another file; the message names what is full.</summary>
    NoRoom,
}

/// <summary>
/// The reason of a refusal, where the kind and the field leave open what to do about it; the same as
/// <c>UserErrorReason</c> in the API.
/// </summary>
public enum RefusalReason
{
    /// <summary>The password has too few characters.</summary>
    PasswordIsTooShort,

    /// <summary>The password is among those that are tried first.</summary>
    PasswordIsCommon,

    /// <summary>The password is a row or a repetition of few characters, or a number.</summary>
    PasswordIsAPattern,

    /// <summary>The password is hardly more than a name or an address that others know.</summary>
    PasswordIsPersonal,

    /// <summary>
    /// The address has accounts at several organisations with this password, and which is meant is not said.
    /// </summary>
    OrganisationIsNeeded,

    /// <summary>
    /// The mandate of the customer has ended: its conversations are read, and nobody writes any more.
    /// </summary>
    CustomerHasEnded,

    /// <summary>The office has withdrawn the invitation.</summary>
    InvitationIsWithdrawn,

    /// <summary>The address of somebody who left is another person's by now.</summary>
    AddressIsAnothersNow,

    /// <summary>The password is right, and a second factor is asked for: <c>completeSignIn</c>.</summary>
    SecondFactorIsNeeded,

    /// <summary>
    /// The password is right, and the office requires a second factor that the person has not added yet: it is added by
    /// the challenge of the answer.
    /// </summary>
    SecondFactorIsMissing,

    /// <summary>The person signed in some time ago, and has to give their password again.</summary>
    PasswordIsNeeded,

    /// <summary>The office requires a second factor, and this is the last one.</summary>
    SecondFactorIsRequired,

    /// <summary>The code, the recovery code or the passkey is not right.</summary>
    SecondFactorIsWrong,

    /// <summary>Nobody here has the account that the issuer vouched for, or the issuer did not.</summary>
    IssuerVouchesForNobody,

    /// <summary>The address is the one that they have already.</summary>
    EmailIsTheirsAlready,

    /// <summary>The address that a link would confirm is somebody else's.</summary>
    EmailIsTakenByNow,

    /// <summary>Another address was asked for often enough; it can be asked for again later.</summary>
    EmailChangeIsAskedTooOften,

    /// <summary>The account has no password, since another issuer vouches for it: the office changes it.</summary>
    AccountHasNoPassword,

    /// <summary>The administrator is limited to other customers.</summary>
    AdministratorDoesNotSeeCustomer,

    /// <summary>Owners see everything.</summary>
    OwnersAreNotLimited,

    /// <summary>The contact has several topics, and one of them has to be chosen.</summary>
    TopicIsNeeded,

    /// <summary>What is kept about the person is restricted: they do not come back while it is.</summary>
    PersonIsRestricted,

    /// <summary>
    /// It has to be kept still: a term of retention runs, or a legal hold is on. The message says until when.
    /// </summary>
    Retention,

    /// <summary>What was kept about the person was erased: they do not come back.</summary>
    PersonIsErased,
}

/// <summary>
/// An expected refusal, as a fact with a name: each one is a record of its own beside the aggregate that refuses.
/// Unexpected failures are exceptions.
/// </summary>
/// <param name="Kind">The kind of error, for programs.</param>
/// <param name="Message">The message, in English, without anything the actor may not know.</param>
/// <param name="Field">The input field that is to blame, as the API names it; null when it is none in
/// particular.</param>
/// <param name="Reason">More than the kind says, where a client needs to know.</param>
public abstract record Refusal(RefusalKind Kind, string Message, string? Field = null, RefusalReason? Reason = null);
