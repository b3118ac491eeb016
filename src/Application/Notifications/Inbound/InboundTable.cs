using Messaging.Domain;
using Weasel.Postgresql.Tables;

namespace Messaging.Application.Notifications.Inbound;

/// <summary>What became of a mail that came to a signed address.</summary>
[Stored("inbound_outcome")]
public enum InboundOutcome
{
    /// <summary>It is a comment.</summary>
    Comment = 0,

    /// <summary>It is not from the person that the address was made for.</summary>
    NotSender = 2,

    /// <summary>The person may not write there any more, or not that; the code says why.</summary>
    Refused = 3,

    /// <summary>It is larger than mails may be.</summary>
    TooLarge = 4,

    /// <summary>It is nested too deeply, or has too many parts.</summary>
    TooManyParts = 5,

    /// <summary>It could not be read.</summary>
    Unreadable = 6,

    /// <summary>Nothing was written above what it quotes, and nothing is attached.</summary>
    Empty = 7,

    /// <summary>A file that came with it was not taken in; the code says why.</summary>
    FileRefused = 8,

    /// <summary>The person has sent too many within an hour.</summary>
    TooMany = 9,
}

/// <summary>Mails that came in: how far each mailbox was read, and what became of each mail.</summary>
internal static class InboundTable
{
    /// <summary>How far each mailbox was read, and the node that reads it.</summary>
    public static readonly Table Mailboxes = CreateMailboxes();

    /// <summary>
    /// Mails to signed addresses, each once. Those that are no comment are shown to the office; their content stays in
    /// the mailbox.
    /// </summary>
    public static readonly Table Mails = CreateMails();

    private static Table CreateMailboxes()
    {
        var table = new Table("messaging.inbound_mailboxes");
        table.AddColumn<string>("mailbox").AsPrimaryKey();
        table.AddColumn<long>("uid_validity");
        table.AddColumn<long>("next_uid");

        // When it was last read: where the server numbers its mails anew, those since then are looked at again.
        table.AddColumn("read_at", "timestamptz");
        table.AddColumn<Guid>("lease_holder");
        table.AddColumn("lease_until", "timestamptz");
        return table;
    }

    private static Table CreateMails()
    {
        var table = new Table("messaging.inbound_mails");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();

        // Follows from the conversation, the person and the mail's own id, so that a mail that is read twice has one.
        // The comment has the same.
        table.AddColumn<Guid>("id").AsPrimaryKey();
        table.AddColumn("received_at", "timestamptz").NotNull();
        table.AddColumn<string>("outcome").NotNull();

        // The refusal's code, where there is one.
        table.AddColumn<string>("code");
        table.AddColumn<string>("sender").NotNull();
        table.AddColumn<string>("subject").NotNull();
        table.AddColumn<Guid>("delivery_id").NotNull();
        table.AddColumn<Guid>("conversation_id");
        table.AddColumn<Guid>("person_id");
        table.Indexes.Add(
            new IndexDefinition("inbound_mails_received") { Columns = ["tenant_id", "received_at", "id"] });
        table.Indexes.Add(
            new IndexDefinition("inbound_mails_person") { Columns = ["tenant_id", "person_id", "received_at"] });
        return table;
    }
}
