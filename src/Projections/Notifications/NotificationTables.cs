using Weasel.Postgresql.Tables;

namespace Messaging.Projections.Notifications;

/// <summary>
/// Notifications and read markers of people. Written by commands and by the notification policies, not projected from
/// events: a replay must neither notify anybody again nor forget what was read.
/// </summary>
public static class NotificationTables
{
    /// <summary>All of them.</summary>
    public static Table[] All { get; } = [
        Notifications(), ReadMarkers(), NotificationPreferences(), OfficesThatTellAnswered(), MailContent(),
        CustomersWithoutMailContent(), NobodyTold(),
    ];

    private static Table Notifications()
    {
        var table = new Table("messaging.notifications");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        table.AddColumn<Guid>("id").AsPrimaryKey();
        table.AddColumn<Guid>("recipient_id").NotNull();
        table.AddColumn<string>("kind").NotNull();
        table.AddColumn<Guid>("conversation_id").NotNull();
        table.AddColumn<Guid>("comment_id");
        table.AddColumn<string>("actor_kind").NotNull();
        table.AddColumn<Guid>("actor_id").NotNull();
        table.AddColumn<Guid>("event_id").NotNull();
        table.AddColumn("created_at", "timestamptz").NotNull();
        table.AddColumn("read_at", "timestamptz");

        // The event's number, by which new rows are found. Rows older than the column have none.
        table.AddColumn("sequence", "bigint");
        table.Indexes.Add(new IndexDefinition("notifications_sequence") { Columns = ["sequence"] });

        // Why it is them (TellingRule); null of rows that nodes planned which did not write that down.
        table.AddColumn<string>("rule");
        table.Indexes.Add(new IndexDefinition("notifications_of_event") { Columns = ["tenant_id", "event_id"] });

        // One person is told once of an event, whatever the number of reasons.
        table.Indexes.Add(
            new IndexDefinition("notifications_event")
            {
                Columns = ["tenant_id", "recipient_id", "event_id"],
                IsUnique = true,
            }
        );
        table.Indexes.Add(
            new IndexDefinition("notifications_recipient")
            {
                Columns = ["tenant_id", "recipient_id", "created_at", "id"],
            }
        );
        table.Indexes.Add(
            new IndexDefinition("notifications_unread")
            {
                Columns = ["tenant_id", "recipient_id", "created_at", "id"],
                Predicate = "read_at is null",
            }
        );
        return table;
    }

    private static Table ReadMarkers()
    {
        var table = new Table("messaging.read_markers");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        table.AddColumn<Guid>("conversation_id").AsPrimaryKey();
        table.AddColumn<Guid>("person_id").AsPrimaryKey();
        table.AddColumn<long>("position").NotNull();
        table.AddColumn("read_at", "timestamptz").NotNull();
        return table;
    }

    private static Table OfficesThatTellAnswered()
    {
        var table = new Table("messaging.offices_that_tell_answered");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        return table;
    }

    private static Table MailContent()
    {
        var table = new Table("messaging.mail_content");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();

        // As of Domain.Organisation.MailContent; an office without a row has it in full.
        table.AddColumn<string>("content").NotNull();
        return table;
    }

    private static Table CustomersWithoutMailContent()
    {
        var table = new Table("messaging.customers_without_mail_content");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        table.AddColumn<Guid>("customer_id").AsPrimaryKey();
        return table;
    }

    // Why nobody was told of an event (NobodyToldReason), where that does not follow from the event alone.
    private static Table NobodyTold()
    {
        var table = new Table("messaging.nobody_told");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        table.AddColumn<Guid>("event_id").AsPrimaryKey();
        table.AddColumn<string>("reason").NotNull();
        return table;
    }

    private static Table NotificationPreferences()
    {
        var table = new Table("messaging.notification_preferences");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        table.AddColumn<Guid>("person_id").AsPrimaryKey();
        table.AddColumn("email_for", "text[]").NotNull();
        table.AddColumn("in_app_for", "text[]").NotNull();

        // True when what they have read is not to be mailed to them any more; null where they never said.
        table.AddColumn<bool>("email_unless_read");

        // True when they are mailed the report of the week; null where they never said.
        table.AddColumn<bool>("weekly_report");

        // True when they are mailed the checkpoint of the day; null where they never said.
        table.AddColumn<bool>("daily_checkpoint");
        return table;
    }
}
