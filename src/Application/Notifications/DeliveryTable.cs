using Messaging.Domain;
using Messaging.Domain.Notifications;
using Weasel.Postgresql.Tables;

namespace Messaging.Application.Notifications;

/// <summary>Progress of a delivery.</summary>
[Stored("delivery_state")]
public enum DeliveryState
{
    /// <summary>To be sent.</summary>
    Pending = 0,

    /// <summary>A node is sending it, until the lease ends.</summary>
    Sending = 1,

    /// <summary>The mail server has taken responsibility.</summary>
    Sent = 2,

    /// <summary>Given up; the reason is recorded.</summary>
    Failed = 3,

    /// <summary>
    /// The mail server had its content, and gave no answer. It is tried once more at most, after a while.
    /// </summary>
    PerhapsSent = 4,

    /// <summary>
    /// It was not sent, since its recipient no longer takes part, has no need of it since, or has read it and wants no
    /// mails of what they have read.
    /// </summary>
    NotNeeded = 5,
}

/// <summary>The content of a mail: what it tells of, or what about an account it is for.</summary>
[Stored("delivery_kind")]
public enum DeliveryKind
{
    /// <summary>A conversation was started.</summary>
    ConversationCreated = 0,

    /// <summary>A contact of the customer wrote a comment.</summary>
    CustomerCommented = 1,

    /// <summary>An administrator wrote a comment.</summary>
    AdministratorCommented = 2,

    /// <summary>The action that notifies every administrator of an existing conversation.</summary>
    AdministratorsNotified = 3,

    /// <summary>The recipient became the responsible administrator.</summary>
    Assigned = 4,

    /// <summary>The customer's answer is awaited, or a conversation is regarded as answered.</summary>
    StatusChanged = 5,

    /// <summary>An invitation, with its link.</summary>
    Invitation = 6,

    /// <summary>A link for another password.</summary>
    PasswordReset = 7,

    /// <summary>A password was changed.</summary>
    PasswordChanged = 8,

    /// <summary>A second factor is another.</summary>
    SecondFactorChanged = 9,

    /// <summary>A link that confirms another address.</summary>
    EmailChange = 10,

    /// <summary>Another address was asked for; sent to the one of before.</summary>
    EmailChangeAsked = 11,

    /// <summary>Another address has taken the place of the one of before; sent to that.</summary>
    EmailChanged = 12,

    /// <summary>The report of the week.</summary>
    WeeklyReport = 13,

    /// <summary>The signed checkpoint of the day.</summary>
    Checkpoint = 14,
}

/// <summary>
/// The ledger of e-mails: one row for each event and address, written in the transaction that records how far events
/// were planned. Rows are never projected again, so replaying events mails nobody.
/// </summary>
internal static class DeliveryTable
{
    /// <summary>
    /// The kind of a delivery with an invitation; those of conversations are named as in NotificationKind.
    /// </summary>
    [Stored("delivery_of_invitation")]
    public const string Invitation = "Invitation";

    /// <summary>The kind of a delivery with a link for another password.</summary>
    [Stored("delivery_of_password_reset")]
    public const string PasswordReset = "PasswordReset";

    /// <summary>The kind of a delivery that tells somebody that their password was changed.</summary>
    [Stored("delivery_of_password_change")]
    public const string PasswordChanged = "PasswordChanged";

    /// <summary>The kind of a delivery that tells somebody that their second factor is another.</summary>
    [Stored("delivery_of_second_factor_change")]
    public const string SecondFactorChanged = "SecondFactorChanged";

    /// <summary>The kind of a delivery with a link that confirms another address.</summary>
    [Stored("delivery_of_email_change")]
    public const string EmailChange = "EmailChange";

    /// <summary>The kind of a delivery that tells an address that another one was asked for.</summary>
    [Stored("delivery_of_email_change_asked")]
    public const string EmailChangeAsked = "EmailChangeAsked";

    /// <summary>The kind of a delivery that tells an address that another one has taken its place.</summary>
    [Stored("delivery_of_email_changed")]
    public const string EmailChanged = "EmailChanged";

    /// <summary>The kind of a delivery with the report of the week.</summary>
    [Stored("delivery_of_weekly_report")]
    public const string WeeklyReport = "WeeklyReport";

    /// <summary>The kind of a delivery with the checkpoint of the day.</summary>
    [Stored("delivery_of_checkpoint")]
    public const string Checkpoint = "Checkpoint";

    /// <summary>
    /// The kinds of those about an account. They wait for no budget, and take none from conversations.
    /// </summary>
    public static readonly string[] OfAccounts =
        [
            Invitation, PasswordReset, PasswordChanged, SecondFactorChanged, EmailChange, EmailChangeAsked,
            EmailChanged,
        ];

    /// <summary>
    /// The kinds of those that are about no conversation: nothing goes together with them, and they wait for nothing.
    /// </summary>
    public static readonly string[] Alone = [.. OfAccounts, WeeklyReport, Checkpoint];

    /// <summary>The kinds of those whose text is not kept.</summary>
    public static readonly string[] WithoutText = [.. OfAccounts, WeeklyReport];

    /// <summary>
    /// The kinds of news that go together: what follows the first in the same conversation. Others ask for something of
    /// their own.
    /// </summary>
    public static readonly NotificationKind[] OfTalk =
        [
            NotificationKind.ConversationCreated, NotificationKind.CustomerCommented,
            NotificationKind.AdministratorCommented, NotificationKind.StatusChanged,
        ];

    public static readonly Table Deliveries = Create();

    /// <summary>The addresses to which the latest mail could not be delivered, until one is again.</summary>
    public static readonly Table MailProblems = CreateMailProblems();

    /// <summary>
    /// Restores from a backup: mails that may have gone out after the backup was taken are not sent again. Mails of
    /// events up to a number are held, whenever they are planned.
    /// </summary>
    public static readonly Table Restores = CreateRestores();

    private static Table Create()
    {
        var table = new Table("messaging.deliveries");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        table.AddColumn<Guid>("id").AsPrimaryKey();
        table.AddColumn<Guid>("event_id").NotNull();
        table.AddColumn<string>("kind").NotNull();
        table.AddColumn<string>("address").NotNull();
        table.AddColumn<string>("address_key").NotNull();
        table.AddColumn<string>("recipient_kind").NotNull();
        table.AddColumn<Guid>("recipient_id");
        table.AddColumn<string>("locale").NotNull();
        table.AddColumn<Guid>("conversation_id");
        table.AddColumn<Guid>("comment_id");
        table.AddColumn<string>("actor_kind").NotNull();
        table.AddColumn<Guid>("actor_id").NotNull();
        table.AddColumn("occurred_at", "timestamptz").NotNull();
        table.AddColumn<string>("state").NotNull();
        table.AddColumn<int>("attempts").NotNull();
        table.AddColumn("lease_until", "timestamptz");

        // The node that is at it, or was last; null of a node that is the only one.
        table.AddColumn<Guid>("lease_holder");
        table.AddColumn<string>("last_error");
        table.AddColumn("created_at", "timestamptz").NotNull();
        table.AddColumn("sent_at", "timestamptz");

        // When this node, or another, is to look at it: to send it, or after a sender that has died. Null while a
        // message has it, or another delivery's e-mail carries it, and at its end.
        table.AddColumn("try_at", "timestamptz");

        // Of one that was perhaps sent: when it may be tried once more; infinity when it was.
        table.AddColumn("perhaps_until", "timestamptz");

        // Of what does not go at once: when it may, with others that wait.
        table.AddColumn("due_at", "timestamptz");

        // True when it waits only to go with the other news of its conversation; otherwise it is beyond what may go to
        // its address. Null of nodes that did not know of that.
        table.AddColumn<bool>("is_bundled");

        // The delivery whose e-mail carries it: itself or one that it waited with. Null until somebody took it on.
        table.AddColumn<Guid>("mail_id");

        // The instant at which its e-mail was first taken on; set only on the delivery that names the e-mail, so that
        // each e-mail counts once.
        table.AddColumn("mailed_at", "timestamptz");

        // Why it is them (TellingRule); null of rows that nodes planned which did not write that down.
        table.AddColumn<string>("rule");

        // Who had it sent again, after it had failed, and when last.
        table.AddColumn("resent_at", "timestamptz");
        table.AddColumn<Guid>("resent_by");

        // One mail for each event and address, whatever is planned twice.
        table.Indexes.Add(
            new IndexDefinition("deliveries_event")
            {
                Columns = ["tenant_id", "event_id", "address_key"],
                IsUnique = true,
            }
        );
        table.Indexes.Add(new IndexDefinition("deliveries_created") { Columns = ["tenant_id", "created_at"] });

        // Metrics count the waiting ones every few seconds; they are few, while the table keeps all that were sent. The
        // predicate is in PostgreSQL's own spelling, or the index would seem changed and be rebuilt at each start.
        table.Indexes.Add(
            new IndexDefinition("deliveries_unsent") { Columns = ["created_at"], Predicate = "(sent_at IS NULL)" });
        table.Indexes.Add(
            new IndexDefinition("deliveries_due")
            {
                Columns = ["tenant_id", "try_at"],
                Predicate = "(try_at IS NOT NULL)",
            }
        );
        table.Indexes.Add(
            new IndexDefinition("deliveries_mailed")
            {
                Columns = ["tenant_id", "address_key", "mailed_at"],
                Predicate = "(mailed_at IS NOT NULL)",
            }
        );
        table.Indexes.Add(
            new IndexDefinition("deliveries_waiting")
            {
                Columns = ["tenant_id", "address_key"],
                Predicate = "(sent_at IS NULL)",
            }
        );

        // For the lists of the ledger, the latest first.
        table.Indexes.Add(
            new IndexDefinition("deliveries_conversation")
            {
                Columns = ["tenant_id", "conversation_id", "created_at"],
                Predicate = "(conversation_id IS NOT NULL)",
            }
        );
        table.Indexes.Add(
            new IndexDefinition("deliveries_recipient") { Columns = ["tenant_id", "recipient_id", "created_at"] });
        table.Indexes.Add(
            new IndexDefinition("deliveries_kind") { Columns = ["tenant_id", "kind", "created_at"] });
        table.Indexes.Add(
            new IndexDefinition("deliveries_state")
            {
                Columns = ["tenant_id", "state", "created_at"],
                Predicate = "(sent_at IS NULL)",
            }
        );
        return table;
    }

    private static Table CreateRestores()
    {
        var table = new Table("messaging.restores");
        table.AddColumn("restored_at", "timestamptz").AsPrimaryKey();
        table.AddColumn("taken_at", "timestamptz").NotNull();
        table.AddColumn<long>("held_up_to").NotNull();
        return table;
    }

    private static Table CreateMailProblems()
    {
        var table = new Table("messaging.mail_problems");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        table.AddColumn<string>("address_key").AsPrimaryKey();

        // The instant at which the first mail was given up, and the reason for the latest.
        table.AddColumn("since", "timestamptz").NotNull();
        table.AddColumn<string>("reason").NotNull();

        // True when the latest was perhaps sent; null of nodes that did not know of that.
        table.AddColumn<bool>("is_perhaps");
        return table;
    }
}
