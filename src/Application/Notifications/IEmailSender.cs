using Messaging.Domain.Accounts;
using Messaging.Domain.Notifications;
using Messaging.Projections.Reports;

namespace Messaging.Application.Notifications;

/// <summary>
/// The edge where e-mails leave the product: renders one and hands it to an SMTP server or, without one, to a folder.
/// </summary>
public interface IEmailSender
{
    /// <summary>
    /// Sends one e-mail. Returning means that the server has taken responsibility for it (its 250 to DATA) or that the
    /// file is on disk.
    /// </summary>
    /// <returns>What was sent, for the ledger.</returns>
    /// <param name="isStillMine">
    /// Asked when the server has taken the recipient, just before it gets the content: whether the caller may still
    /// send it. If not, nothing is.
    /// </param>
    /// <exception cref="EmailRefusedException">It was refused for good (5xx, or an address no server could take);
    /// sending it again is pointless.</exception>
    /// <exception cref="EmailOutcomeUnknownException">Its content was handed over, and the server gave no answer: it
    /// may have taken it or not.</exception>
    /// <exception cref="EmailDelayedException">It was not taken, and may be tried again.</exception>
    /// <remarks>
    /// Every other exception is transient: the caller tries again later. The messages of all kinds can be kept and
    /// shown to administrators: short, without control characters, without the recipient's address. One call can take
    /// a quarter of an hour: 10 minutes for the reply to the content alone (RFC 5321 4.5.3.2.6).
    /// </remarks>
    Task<SentMail> SendAsync(OutgoingEmail email, Func<bool> isStillMine, CancellationToken cancellation);
}

/// <summary>An e-mail as the mail server got it.</summary>
/// <param name="Text">Its text, in the form without markup.</param>
public sealed record SentMail(string MessageId, string Subject, string Text);

/// <summary>The e-mail was refused for good.</summary>
public sealed class EmailRefusedException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// The server had the e-mail's content, or a part of it, and did not answer: nobody knows whether it took it.
/// </summary>
public sealed class EmailOutcomeUnknownException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What the server had, or a part of it.</summary>
    public required SentMail Mail { get; init; }
}

/// <summary>What an e-mail was delayed by.</summary>
public enum EmailDelay
{
    /// <summary>The mail server, or the way to it: it takes nobody's e-mails now.</summary>
    Server,

    /// <summary>The recipient, or their domain: others' e-mails may well be taken.</summary>
    Recipient,

    /// <summary>This node: it may not, or shall not, send it now.</summary>
    Node,
}

/// <summary>The e-mail was not taken this time, through no fault of its own.</summary>
public sealed class EmailDelayedException(EmailDelay by, string message, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>What it was delayed by.</summary>
    public EmailDelay By { get; } = by;

    /// <summary>This node may no longer send the e-mail.</summary>
    public static EmailDelayedException TakenOnElsewhere() =>
        new(EmailDelay.Node, "This node stood still, and others may have sent the mail meanwhile.");
}

/// <summary>Content of an e-mail before it is rendered.</summary>
/// <param name="DeliveryId">The delivery this e-mail carries out; its Message-ID is derived from it, so that a copy is
/// recognised as one.</param>
/// <param name="To">The recipient's address.</param>
/// <param name="ToName">The recipient's name; may be empty.</param>
/// <param name="Locale">The recipient's language, <c>de</c> or <c>en</c>; anything else is treated as English.</param>
/// <param name="OrganisationName">The accounting office in whose name the e-mail is sent.</param>
public abstract record OutgoingEmail(Guid DeliveryId, string To, string ToName, string Locale, string OrganisationName)
{
    /// <summary>The address that answers go to: the office's registered one; null where it is not known.</summary>
    public string? ReplyTo { get; init; }

    /// <summary>The root of the tree over the office's events, in Base64; null where it is not known.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>True when the recipient chooses in their profile which of such e-mails they get.</summary>
    public bool MayChoose { get; init; }

    /// <summary>
    /// The delivery that an answer by mail is to: of one conversation, to one person. Null where an answer would be
    /// from nobody, or to several conversations.
    /// </summary>
    public Guid? AnswersTo { get; init; }
}

/// <summary>An e-mail about one event in a conversation.</summary>
/// <param name="Kind">The kind of event.</param>
/// <param name="ConversationId">The conversation to link to.</param>
/// <param name="Subject">The conversation's subject.</param>
/// <param name="CustomerName">The customer the conversation is held with.</param>
/// <param name="ActorName">The person who did it.</param>
/// <param name="Body">The comment's text, where the event is about one.</param>
/// <param name="FileNames">Names of the files attached to that comment.</param>
/// <param name="ToOffice">
/// True when the recipient is of the office (its registered address or an administrator) rather than a contact of the
/// customer.
/// </param>
/// <param name="OccurredAt">The instant at which it happened.</param>
/// <param name="TimeZone">IANA id of the zone in which times are written, such as <c>Europe/Berlin</c>.</param>
/// <param name="Status">
/// The conversation's status after it, <c>open</c>, <c>attention</c> or <c>answered</c> in any case; null where it is
/// not known. A mail about a changed status tells it, and <c>attention</c> tells a customer that an answer is awaited.
/// </param>
/// <param name="ByCustomer">
/// True when a contact of the customer did it: the mail then adds the customer's name, since contacts choose their own.
/// </param>
public sealed record ConversationEmail(
    Guid DeliveryId, string To, string ToName, string Locale, string OrganisationName,
    NotificationKind Kind, Guid ConversationId, string Subject, string CustomerName, string ActorName,
    string? Body, IReadOnlyList<string> FileNames, bool ToOffice, DateTimeOffset OccurredAt, string TimeZone,
    string? Status = null, bool ByCustomer = false)
    : OutgoingEmail(DeliveryId, To, ToName, Locale, OrganisationName)
{
    /// <summary>
    /// True when the recipient has more than one account: a contact is then told which customer it is about.
    /// </summary>
    public bool HasSeveralAccounts { get; init; }

    /// <summary>
    /// The address of the contact who did it, for colleagues to read where the name says nothing; null for others.
    /// </summary>
    public string? ActorEmail { get; init; }
}

/// <summary>
/// An e-mail with several events at once: what followed in a conversation, or is beyond the number of e-mails that are
/// sent one by one.
/// </summary>
/// <param name="News">The events, in order; in one conversation or in several.</param>
/// <param name="ToOffice">As in <see cref="ConversationEmail"/>.</param>
/// <param name="TimeZone">IANA id of the zone in which times are written.</param>
/// <param name="LongestBody">The most characters of each comment's text.</param>
public sealed record ConversationsEmail(
    Guid DeliveryId, string To, string ToName, string Locale, string OrganisationName,
    IReadOnlyList<ConversationNews> News, bool ToOffice, string TimeZone, int LongestBody)
    : OutgoingEmail(DeliveryId, To, ToName, Locale, OrganisationName)
{
    /// <summary>As in <see cref="ConversationEmail"/>.</summary>
    public bool HasSeveralAccounts { get; init; }

    /// <summary>The most characters of each of so many texts: the beginnings of many, nearly all of a few.</summary>
    public static int LongestBodyOf(int count) => Math.Clamp(20_000 / count, 500, 4_000);
}

/// <summary>One thing of several. The parameters are those of <see cref="ConversationEmail"/>.</summary>
public sealed record ConversationNews(
    NotificationKind Kind, Guid ConversationId, string Subject, string CustomerName, string ActorName, string? Body,
    IReadOnlyList<string> FileNames, DateTimeOffset OccurredAt, string Status, bool ByCustomer = false,
    string? ActorEmail = null);

/// <summary>
/// An e-mail that says that there is something new, and not what: for those who must not put texts into plain mail.
/// </summary>
/// <param name="Count">The number of events.</param>
/// <param name="ConversationId">The conversation to link to; null when they are in several.</param>
public sealed record NoticeEmail(
    Guid DeliveryId, string To, string ToName, string Locale, string OrganisationName, int Count,
    Guid? ConversationId) : OutgoingEmail(DeliveryId, To, ToName, Locale, OrganisationName);

/// <summary>The report of the week, as the page says it.</summary>
public sealed record WeeklyEmail(
    Guid DeliveryId, string To, string ToName, string Locale, string OrganisationName, WeeklyContent Report)
    : OutgoingEmail(DeliveryId, To, ToName, Locale, OrganisationName);

/// <summary>What the report of the week says.</summary>
/// <param name="ClosedAt">The last week's close of business.</param>
/// <param name="Lists">What waits, and what came in.</param>
/// <param name="Weeks">The last one that is over, and the four before it.</param>
/// <param name="Customers">Those who wrote most last week.</param>
/// <param name="Proof">Null for those who do not see all of the history.</param>
public sealed record WeeklyContent(
    DateTimeOffset AsOf, string TimeZone, DateTimeOffset ClosedAt, IReadOnlyList<WeeklyRows> Lists,
    IReadOnlyList<WeekRow> Weeks, IReadOnlyList<WeeklyPerson> People, IReadOnlyList<WeeklyWriter> Customers,
    int FailedMails, WeeklyProof? Proof);

/// <summary>A number, and the first of what it counts.</summary>
/// <param name="Rows">Without those of whom mails must not say anything.</param>
public sealed record WeeklyRows(WeeklyList Of, int Count, IReadOnlyList<WeeklyRow> Rows);

/// <summary>A conversation in the report of the week.</summary>
/// <param name="Responsible">The name of who is responsible; empty for nobody.</param>
public sealed record WeeklyRow(
    Guid ConversationId, string Subject, string CustomerName, string Responsible, DateTimeOffset At);

/// <summary>The work of one person.</summary>
/// <param name="Id">Null for nobody.</param>
/// <param name="Replies">Those of last week; null where the recipient may not see them.</param>
/// <param name="Median">Business time in seconds.</param>
public sealed record WeeklyPerson(
    Guid? Id, string Name, int AwaitingOffice, int Open, int Attention, int? Replies, double? Median);

/// <summary>A customer, and the number of comments that they wrote.</summary>
public sealed record WeeklyWriter(Guid CustomerId, string Name, int Comments);

/// <summary>How far the history is proved.</summary>
/// <param name="Until">Null when nothing is yet.</param>
/// <param name="Lag">Number of events that are still to follow.</param>
/// <param name="IsWhole">False when the last look through events and files found that something was altered.</param>
public sealed record WeeklyProof(DateTimeOffset? Until, int Lag, bool IsWhole);

/// <summary>The signed checkpoint of the day.</summary>
/// <param name="Size">The number of events that it proves.</param>
/// <param name="Note">The checkpoint, as C2SP's <c>signed-note</c> writes it down.</param>
/// <param name="GrownAt">The instant of the last of them; null when nothing is known of it.</param>
public sealed record CheckpointEmail(
    Guid DeliveryId, string To, string ToName, string Locale, string OrganisationName, long Size, string Note,
    DateTimeOffset? GrownAt, string TimeZone) : OutgoingEmail(DeliveryId, To, ToName, Locale, OrganisationName);

/// <summary>An invitation to set a password and sign in.</summary>
/// <param name="InvitedBy">The administrator who invites.</param>
/// <param name="Token">The one-time token that the link carries.</param>
/// <param name="ExpiresAt">The instant at which the link stops working.</param>
/// <param name="TimeZone">IANA id of the zone in which times are written.</param>
/// <param name="CustomerName">The customer that the recipient is to write for; null for people of the office.</param>
public sealed record InvitationEmail(
    Guid DeliveryId, string To, string ToName, string Locale, string OrganisationName,
    string InvitedBy, string Token, DateTimeOffset ExpiresAt, string TimeZone, string? CustomerName = null)
    : OutgoingEmail(DeliveryId, To, ToName, Locale, OrganisationName);

/// <summary>A link to choose another password by.</summary>
/// <param name="SentBy">The administrator who has it sent; null when its recipient asked, or a stranger.</param>
/// <param name="Token">
/// The one-time token that the link carries; null for an account that has no password, since another issuer vouches for
/// it.
/// </param>
/// <param name="ExpiresAt">The instant at which the link stops working; null without one.</param>
/// <param name="TimeZone">IANA id of the zone in which times are written.</param>
public sealed record PasswordResetEmail(
    Guid DeliveryId, string To, string ToName, string Locale, string OrganisationName,
    string? SentBy, string? Token, DateTimeOffset? ExpiresAt, string TimeZone)
    : OutgoingEmail(DeliveryId, To, ToName, Locale, OrganisationName);

/// <summary>Tells somebody that their password was changed.</summary>
/// <param name="OccurredAt">The instant at which it was.</param>
/// <param name="TimeZone">IANA id of the zone in which times are written.</param>
public sealed record PasswordChangedEmail(
    Guid DeliveryId, string To, string ToName, string Locale, string OrganisationName,
    DateTimeOffset OccurredAt, string TimeZone)
    : OutgoingEmail(DeliveryId, To, ToName, Locale, OrganisationName);

/// <summary>Tells somebody that their second factor is another, and what to do if it was not them.</summary>
/// <param name="Change">What happened to it.</param>
/// <param name="OccurredAt">The instant of the change.</param>
/// <param name="TimeZone">The office's, an IANA id.</param>
public sealed record SecondFactorChangedEmail(
    Guid DeliveryId, string To, string ToName, string Locale, string OrganisationName, SecondFactorChange Change,
    DateTimeOffset OccurredAt, string TimeZone) : OutgoingEmail(DeliveryId, To, ToName, Locale, OrganisationName);

/// <summary>A link by which its recipient confirms that another address is to be theirs.</summary>
/// <param name="AskedBy">The administrator who asked for it; null when it is the person's own wish.</param>
/// <param name="Token">The one-time token that the link carries.</param>
/// <param name="ExpiresAt">The instant at which the link stops working.</param>
/// <param name="TimeZone">IANA id of the zone in which times are written.</param>
public sealed record EmailChangeEmail(
    Guid DeliveryId, string To, string ToName, string Locale, string OrganisationName,
    string? AskedBy, string Token, DateTimeOffset ExpiresAt, string TimeZone)
    : OutgoingEmail(DeliveryId, To, ToName, Locale, OrganisationName);

/// <summary>
/// Tells the address that somebody had that another one takes its place. It does not name that: others may read the
/// mail to the one of before by now.
/// </summary>
/// <param name="IsDone">True when it has, false when it waits for its confirmation.</param>
/// <param name="AskedBy">
/// The administrator who asked for it; null when it is the person's own wish, or when it is done.
/// </param>
/// <param name="OccurredAt">The instant at which it was asked for or done.</param>
/// <param name="TimeZone">IANA id of the zone in which times are written.</param>
public sealed record EmailChangeNoticeEmail(
    Guid DeliveryId, string To, string ToName, string Locale, string OrganisationName,
    bool IsDone, string? AskedBy, DateTimeOffset OccurredAt, string TimeZone)
    : OutgoingEmail(DeliveryId, To, ToName, Locale, OrganisationName);
