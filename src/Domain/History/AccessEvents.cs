using System.Collections.Immutable;
using Messaging.Domain.Notifications;

namespace Messaging.Domain.History;

/// <summary>The kinds of what an <see cref="AccessEvent"/> is about.</summary>
[Stored("access_subject_kind")]
public enum AccessSubjectKind
{
    /// <summary>A conversation.</summary>
    Conversation = 0,

    /// <summary>A customer.</summary>
    Customer = 1,

    /// <summary>A contact of a customer.</summary>
    Contact = 2,

    /// <summary>A person of the office.</summary>
    Administrator = 3,

    /// <summary>The office itself.</summary>
    Organisation = 4,
}

/// <summary>What an <see cref="AccessEvent"/> is about, by id only.</summary>
/// <param name="CustomerId">
/// The customer that it is of, whose auditors see it; null of what is the office's alone.
/// </param>
public readonly record struct AccessSubject(AccessSubjectKind Kind, Guid Id, Guid? CustomerId)
{
    /// <summary>A person.</summary>
    public static AccessSubject Of(Actor person) => person switch
    {
        Actor.Contact contact => Contact(contact.Id, contact.CustomerId),
        _ => Administrator(person.Id),
    };

    /// <summary>A conversation.</summary>
    public static AccessSubject Conversation(Guid id, Guid customerId) =>
        new(AccessSubjectKind.Conversation, id, customerId);

    /// <summary>A customer.</summary>
    public static AccessSubject Customer(Guid id) => new(AccessSubjectKind.Customer, id, id);

    /// <summary>A contact of a customer.</summary>
    public static AccessSubject Contact(Guid id, Guid? customerId) => new(AccessSubjectKind.Contact, id, customerId);

    /// <summary>A person of the office.</summary>
    public static AccessSubject Administrator(Guid id) => new(AccessSubjectKind.Administrator, id, null);

    /// <summary>The office itself.</summary>
    public static AccessSubject Organisation(Guid id) => new(AccessSubjectKind.Organisation, id, null);
}

/// <summary>
/// Something that happened with what an office has, and that changed nothing of it: somebody signed in, had a file, was
/// sent a mail. It is in streams of its own, so that it raises no version and is in nobody's way; no state follows from
/// it, nobody is told of it, and no read model has it.
/// </summary>
/// <param name="About">What it is about: by that the log finds it, and auditors see it or not.</param>
public abstract record AccessEvent(AccessSubject About);

/// <summary>The ways to prove who one is.</summary>
[Stored("access_proof")]
public enum AccessProof
{
    /// <summary>A password alone, or an account that was switched to from one that was signed in to so.</summary>
    Password = 0,

    /// <summary>A password and the code of an app.</summary>
    Authenticator = 1,

    /// <summary>A passkey, with a password or in its place.</summary>
    Passkey = 2,

    /// <summary>A password and a recovery code.</summary>
    RecoveryCode = 3,

    /// <summary>The word of the issuer.</summary>
    Issuer = 4,
}

/// <summary>A person signed in.</summary>
/// <param name="SessionId">The session that began.</param>
[Stored("signed_in")]
public sealed record SignedIn(AccessSubject About, AccessProof Proof, Guid SessionId) : AccessEvent(About);

/// <summary>The step of a sign-in that failed.</summary>
[Stored("access_step")]
public enum AccessStep
{
    /// <summary>The password.</summary>
    Password = 0,

    /// <summary>The second factor, of somebody who had proved the password.</summary>
    SecondFactor = 1,
}

/// <summary>Somebody tried to sign in to an account, and could not.</summary>
/// <param name="Attempts">
/// The number of attempts: more than one of an account that is tried often, whose attempts share an event.
/// </param>
[Stored("sign_in_failed")]
public sealed record SignInFailed(AccessSubject About, AccessStep Step, int Attempts) : AccessEvent(About);

/// <summary>Somebody had a file sent to them, as it was received.</summary>
/// <param name="About">The conversation, or, before it is in one, the person who brought the file.</param>
[Stored("file_downloaded")]
public sealed record FileDownloaded(AccessSubject About, Guid FileId) : AccessEvent(About);

/// <summary>A person chose what they are notified of; null is what stayed as it was.</summary>
/// <param name="EmailFor">The kinds that they are mailed.</param>
/// <param name="InAppFor">The kinds that they find in their profile.</param>
/// <param name="EmailUnlessRead">True when they are not mailed what they have read.</param>
/// <param name="WeeklyReport">True when they are mailed the report of the week.</param>
/// <param name="DailyCheckpoint">True when they are mailed the checkpoint of the day.</param>
[Stored("notification_preferences_chosen")]
public sealed record NotificationPreferencesChosen(
    AccessSubject About, ImmutableArray<NotificationKind>? EmailFor, ImmutableArray<NotificationKind>? InAppFor,
    bool? EmailUnlessRead, bool? WeeklyReport = null, bool? DailyCheckpoint = null) : AccessEvent(About)
{
    /// <summary>Equal with the same kinds in the same order.</summary>
    public bool Equals(NotificationPreferencesChosen? other) =>
        other is not null && About == other.About && EmailUnlessRead == other.EmailUnlessRead
        && WeeklyReport == other.WeeklyReport && DailyCheckpoint == other.DailyCheckpoint
        && Same(EmailFor, other.EmailFor) && Same(InAppFor, other.InAppFor);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(About, EmailUnlessRead, WeeklyReport, DailyCheckpoint);

    private static bool Same(ImmutableArray<NotificationKind>? one, ImmutableArray<NotificationKind>? other) =>
        one.HasValue == other.HasValue && (one ?? []).SequenceEqual(other ?? []);
}

/// <summary>The mail server took a mail.</summary>
/// <param name="About">Its recipient; the office, of one to its registered address.</param>
/// <param name="Kind">The kind of its first delivery, as the ledger has it.</param>
/// <param name="MessageId">Its <c>Message-ID</c>.</param>
/// <param name="Deliveries">The deliveries that it carried.</param>
[Stored("mail_sent")]
public sealed record MailSent(AccessSubject About, string Kind, string MessageId, ImmutableArray<Guid> Deliveries)
    : AccessEvent(About)
{
    /// <summary>Equal with the same deliveries in the same order.</summary>
    public bool Equals(MailSent? other) =>
        other is not null && About == other.About && Kind == other.Kind && MessageId == other.MessageId
        && Deliveries.SequenceEqual(other.Deliveries);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(About, Kind, MessageId);
}

/// <summary>The mail server had a mail, or a part of it, and did not say whether it took it.</summary>
/// <param name="About">Its recipient; the office, of one to its registered address.</param>
/// <param name="Kind">The kind of its first delivery, as the ledger has it.</param>
/// <param name="MessageId">Its <c>Message-ID</c>.</param>
/// <param name="Deliveries">The deliveries that it carried.</param>
[Stored("mail_perhaps_sent")]
public sealed record MailPerhapsSent(
    AccessSubject About, string Kind, string MessageId, ImmutableArray<Guid> Deliveries) : AccessEvent(About)
{
    /// <summary>Equal with the same deliveries in the same order.</summary>
    public bool Equals(MailPerhapsSent? other) =>
        other is not null && About == other.About && Kind == other.Kind && MessageId == other.MessageId
        && Deliveries.SequenceEqual(other.Deliveries);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(About, Kind, MessageId);
}

/// <summary>A mail could not be delivered, and was given up.</summary>
/// <param name="About">Its recipient; the office, of one to its registered address.</param>
/// <param name="Kind">The kind of its first delivery, as the ledger has it.</param>
/// <param name="Deliveries">The deliveries that it would have carried.</param>
[Stored("mail_failed")]
public sealed record MailFailed(AccessSubject About, string Kind, ImmutableArray<Guid> Deliveries)
    : AccessEvent(About)
{
    /// <summary>Equal with the same deliveries in the same order.</summary>
    public bool Equals(MailFailed? other) =>
        other is not null && About == other.About && Kind == other.Kind && Deliveries.SequenceEqual(other.Deliveries);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(About, Kind);
}

/// <summary>An auditor opened a conversation; once an hour.</summary>
[Stored("conversation_opened")]
public sealed record ConversationOpened(AccessSubject About) : AccessEvent(About);

/// <summary>A file was found not to be what was attached; once a day and file, whoever finds it.</summary>
/// <param name="About">The conversation, or, before it is in one, the person who brought the file.</param>
[Stored("file_damaged")]
public sealed record FileDamaged(AccessSubject About, Guid FileId) : AccessEvent(About);

/// <summary>An owner had a report made of what there is about a person, for them.</summary>
[Stored("person_reported")]
public sealed record PersonReported(AccessSubject About) : AccessEvent(About);

/// <summary>The key that signs checkpoints became another one, by the word of the one before.</summary>
/// <param name="PreviousKey">The key of before, to verify with.</param>
/// <param name="Key">The new one.</param>
/// <param name="Note">A signed note of the key of before, which says the new one.</param>
[Stored("checkpoint_key_changed")]
public sealed record CheckpointKeyChanged(AccessSubject About, string PreviousKey, string Key, string Note)
    : AccessEvent(About);

/// <summary>A stream of what happened: it has a length and no state.</summary>
/// <param name="Version">The number of events so far.</param>
public sealed record AccessStream(Guid Id, long Version)
{
    /// <summary>The stream after one more event.</summary>
    public static AccessStream Evolve(AccessStream? stream, Guid id, AccessEvent @event) =>
        new(id, (stream?.Version ?? 0) + 1);
}
