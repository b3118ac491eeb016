using Weasel.Postgresql.Tables;

namespace Messaging.Projections.Storage;

/// <summary>The tables that are projected from events. Enums are kept as the names of their members.</summary>
internal static class ReadModelTables
{
    public static Table[] All { get; } =
    [
        Organisations(), Administrators(), Customers(), CustomerTerms(), Contacts(), Conversations(), Subjects(),
        ConversationTags(), Comments(), Files(),
        StatusPeriods(), StatusTallies(), Waits()
    ];

    private static Table Organisations()
    {
        var table = Create("organisations");
        table.AddColumn<string>("name").NotNull();
        table.AddColumn<string>("notification_email").NotNull();
        table.AddColumn<string>("locale").NotNull();
        table.AddColumn<string>("time_zone").NotNull();
        table.AddColumn<bool>("customers_may_start_conversations").NotNull();
        return table;
    }

    private static Table Administrators()
    {
        var table = Create("administrators");
        table.AddColumn<string>("display_name").NotNull();

        // Empty for a service account, which gets no mail and is recognised by this.
        table.AddColumn<string>("email").NotNull();
        table.AddColumn<string>("role").NotNull();
        table.AddColumn<bool>("is_owner").NotNull();
        table.AddColumn<string>("locale").NotNull();
        table.AddColumn<bool>("active").NotNull();
        table.AddColumn<bool>("joined").NotNull();
        table.AddColumn("joined_at", "timestamptz");
        table.AddColumn("invited_at", "timestamptz");
        table.AddEmailChangeColumns();

        // The customers that they are limited to; tags as they are compared, too. An owner sees all in any case.
        table.AddColumn<bool>("limited").NotNull().DefaultValueByExpression("false");
        table.AddColumn("customer_ids", "uuid[]").NotNull().DefaultValueByExpression("'{}'::uuid[]");
        table.AddColumn("customer_tags", "text[]").NotNull().DefaultValueByExpression("'{}'::text[]");
        table.AddColumn("customer_tag_keys", "text[]").NotNull().DefaultValueByExpression("'{}'::text[]");
        table.AddNameColumns();
        table.Index("administrators_name_order", "tenant_id", "name_order", "id");
        return table;
    }

    private static Table Customers()
    {
        var table = Create("customers");
        table.AddColumn<string>("name").NotNull();

        // The name in its search form, and its trigrams. Columns that were added later may be empty until the tables
        // are rebuilt.
        table.AddColumn<string>("search_name");
        table.AddColumn("search", "tsvector");
        table.AddNameColumns();
        table.Index("customers_name_order", "tenant_id", "name_order", "id");
        table.AddColumn<string>("number");
        table.AddColumn<string>("notes");
        table.AddColumn("tags", "text[]").NotNull().DefaultValueByExpression("'{}'::text[]");

        // As the tags are compared, each with its organisation.
        table.AddColumn("tag_keys", "text[]").NotNull().DefaultValueByExpression("'{}'::text[]");
        table.AddColumn<Guid>("default_administrator_id");
        table.AddColumn("ended_on", "date");
        table.AddColumn("ends_at", "timestamptz");
        table.SearchIndex("customers_search");
        table.SearchIndex("customers_words", "words");
        table.SearchIndex("customers_tags", "tag_keys");
        return table;
    }

    /// <summary>
    /// What customers are found by besides their names: their numbers, and the names and addresses of their contacts.
    /// </summary>
    private static Table CustomerTerms()
    {
        var table = new Table("messaging.customer_terms");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();

        // The customer or the contact that it is of: what conversations with it have among their words.
        table.AddColumn<Guid>("id").AsPrimaryKey();
        table.AddColumn<string>("kind").AsPrimaryKey();
        table.AddColumn<Guid>("customer_id").NotNull();
        table.AddColumn<string>("search_name").NotNull();
        table.AddColumn("search", "tsvector").NotNull();

        // Null where another table has the words.
        table.AddColumn("words", "tsvector");
        table.Index("customer_terms_customer", "tenant_id", "customer_id");
        table.SearchIndex("customer_terms_search");
        table.SearchIndex("customer_terms_words", "words");
        return table;
    }

    private static Table Contacts()
    {
        var table = Create("contacts");
        table.AddColumn<Guid>("customer_id").NotNull();
        table.AddColumn<string>("display_name").NotNull();
        table.AddColumn<string>("email").NotNull();
        table.AddColumn<string>("locale").NotNull();
        table.AddColumn<bool>("active").NotNull();
        table.AddColumn<bool>("joined").NotNull().DefaultValueByExpression("false");
        table.AddColumn("joined_at", "timestamptz");
        table.AddColumn("invited_at", "timestamptz");
        table.AddEmailChangeColumns();
        table.AddColumn("left_at", "timestamptz");

        // The tags of the only conversations that they see, also as they are compared; none for all of the customer's.
        table.AddColumn("topics", "text[]").NotNull().DefaultValueByExpression("'{}'::text[]");
        table.AddColumn("topic_keys", "text[]").NotNull().DefaultValueByExpression("'{}'::text[]");
        table.AddNameColumns();
        table.Index("contacts_customer", "tenant_id", "customer_id", "name_order", "id");
        table.SearchIndex("contacts_words", "words");
        return table;
    }

    private static Table Conversations()
    {
        var table = Create("conversations");
        table.AddColumn<string>("subject").NotNull();
        table.AddColumn<string>("status").NotNull();
        table.AddColumn<string>("awaiting").NotNull();
        table.AddColumn("awaiting_since", "timestamptz").NotNull();
        table.AddColumn<bool>("office_awaited").NotNull();
        table.AddColumn<Guid>("customer_id").NotNull();
        table.AddColumn<Guid>("responsible_administrator_id");
        table.AddColumn<bool>("notify_all_administrators").NotNull();
        table.AddColumn<string>("created_by_kind").NotNull();
        table.AddColumn<Guid>("created_by_id").NotNull();
        table.AddColumn("created_at", "timestamptz").NotNull();
        table.AddColumn("updated_at", "timestamptz").NotNull();
        table.AddColumn<int>("version").NotNull();
        table.AddColumn<int>("comment_count").NotNull();
        table.AddColumn<Guid>("last_comment_id");
        table.AddColumn<int>("last_comment_position").NotNull();
        table.AddColumn<Guid>("last_comment_by");

        // The same as its customer sees them: internal comments and the office's actions leave no trace.
        table.AddColumn("public_updated_at", "timestamptz").NotNull();
        table.AddColumn<int>("public_version").NotNull();
        table.AddColumn<int>("public_comment_count").NotNull();
        table.AddColumn<Guid>("last_public_comment_id");
        table.AddColumn<int>("last_public_comment_position").NotNull();
        table.AddColumn<Guid>("last_public_comment_by");

        // The prefix of the words of its subject, comments and files in the text search indexes.
        table.AddColumn<string>("search_key");

        // Read backwards for the newest first. Each comment writes to all of these but one: they are what the lists
        // need, and no more.
        table.Index("conversations_updated", "tenant_id", "updated_at", "id");
        table.Index("conversations_created", "tenant_id", "created_at", "id");
        table.Index("conversations_customer", "tenant_id", "customer_id", "updated_at", "id");
        table.Index("conversations_customer_updated", "tenant_id", "customer_id", "public_updated_at", "id");
        table.Index("conversations_status", "tenant_id", "status", "awaiting", "updated_at", "id");
        table.Index(
            "conversations_responsible", "tenant_id", "responsible_administrator_id", "status", "awaiting",
            "updated_at", "id");

        // Partial and small, since most conversations await nobody. Written as PostgreSQL writes it, or the index would
        // be built anew at each start.
        table.Indexes.Add(new IndexDefinition("conversations_awaiting")
        {
            Columns = ["tenant_id", "awaiting", "awaiting_since", "id"],
            Predicate = "(awaiting <> 'Nobody'::text)",
        });
        return table;
    }

    /// <summary>
    /// The words of the subjects: apart from the conversations, so that a comment does not write them to the text
    /// search index again.
    /// </summary>
    private static Table Subjects()
    {
        var table = new Table("messaging.subjects");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        table.AddColumn<Guid>("conversation_id").AsPrimaryKey();
        table.AddColumn("search", "tsvector").NotNull();
        table.SearchIndex("subjects_search");
        return table;
    }

    /// <summary>The tags of the conversations: apart from these, so that a comment does not write them again.</summary>
    private static Table ConversationTags()
    {
        var table = new Table("messaging.conversation_tags");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        table.AddColumn<Guid>("conversation_id").AsPrimaryKey();

        // The tag as it is compared.
        table.AddColumn<string>("tag_key").AsPrimaryKey();
        table.AddColumn<string>("tag").NotNull();

        // The version of the conversation with it: tags are in the order in which they were given.
        table.AddColumn<int>("position").NotNull();
        table.Index("conversation_tags_key", "tenant_id", "tag_key", "conversation_id");
        return table;
    }

    private static Table Comments()
    {
        var table = Create("comments");
        table.AddColumn<Guid>("conversation_id").NotNull();
        table.AddColumn<int>("position").NotNull();
        table.AddColumn<string>("author_kind").NotNull();
        table.AddColumn<Guid>("author_id").NotNull();
        table.AddColumn<string>("body").NotNull();
        table.AddColumn<string>("visibility").NotNull();
        table.AddColumn("created_at", "timestamptz").NotNull();
        table.AddColumn("search", "tsvector").NotNull();
        table.Index("comments_conversation", "tenant_id", "conversation_id", "position");
        table.Index("comments_created", "tenant_id", "created_at", "author_kind");
        table.SearchIndex("comments_search");
        return table;
    }

    private static Table Files()
    {
        var table = Create("files");
        table.AddColumn<Guid>("conversation_id").NotNull();
        table.AddColumn<Guid>("comment_id").NotNull();
        table.AddColumn<int>("position").NotNull();
        table.AddColumn<string>("name").NotNull();
        table.AddColumn<string>("media_type").NotNull();
        table.AddColumn<long>("size").NotNull();
        table.AddColumn<string>("sha256").NotNull();
        table.AddColumn<string>("uploaded_by_kind").NotNull();
        table.AddColumn<Guid>("uploaded_by_id").NotNull();
        table.AddColumn<string>("visibility").NotNull();
        table.AddColumn("created_at", "timestamptz").NotNull();
        table.AddColumn("search", "tsvector").NotNull();
        table.Index("files_conversation", "tenant_id", "conversation_id", "position");
        table.Index("files_created", "tenant_id", "created_at");
        table.Index("files_comment", "tenant_id", "comment_id", "position");
        table.SearchIndex("files_search");
        return table;
    }

    /// <summary>
    /// The periods of a conversation's statuses, end exclusive; open-ended while current. A period that ended in its
    /// first microsecond is empty: the conversation had that status at no instant.
    /// </summary>
    private static Table StatusPeriods()
    {
        var table = new Table("messaging.status_periods");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        table.AddColumn<Guid>("conversation_id").AsPrimaryKey();
        table.AddColumn<int>("position").AsPrimaryKey();
        table.AddColumn<string>("status").NotNull();
        table.AddColumn("from_at", "timestamptz").NotNull();
        table.AddColumn("to_at", "timestamptz");
        table.Index("status_periods_from", "tenant_id", "from_at", "to_at");

        // What was open at an instant is found without what was answered, which is most. Written as PostgreSQL writes
        // it.
        table.Indexes.Add(new IndexDefinition("status_periods_open")
        {
            Columns = ["tenant_id", "to_at", "from_at", "status", "conversation_id"],
            Predicate = "(status <> 'Answered'::text)",
        });
        return table;
    }

    /// <summary>
    /// Numbers of conversations by status and responsible administrator: the sum of the changes. A change adds a row
    /// and locks none, so that concurrent changes of statuses do not wait for each other; a reader that meets many rows
    /// sums them up.
    /// </summary>
    private static Table StatusTallies()
    {
        var table = new Table("messaging.status_tallies");
        table.AddColumn<string>("tenant_id").NotNull();
        table.AddColumn<Guid>("responsible_administrator_id");
        table.AddColumn<string>("status").NotNull();
        table.AddColumn<long>("change").NotNull();
        table.Index("status_tallies_tenant", "tenant_id");
        return table;
    }

    /// <summary>
    /// What was and is waited for in conversations, as docs/figures.md defines it: end exclusive, and open-ended while
    /// it goes on. Of each kind a conversation has one at a time.
    /// </summary>
    private static Table Waits()
    {
        var table = new Table("messaging.waits");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        table.AddColumn<Guid>("conversation_id").AsPrimaryKey();
        table.AddColumn<string>("kind").AsPrimaryKey();

        // The version of the conversation with which it began.
        table.AddColumn<int>("position").AsPrimaryKey();
        table.AddColumn<Guid>("customer_id").NotNull();
        table.AddColumn("from_at", "timestamptz").NotNull();
        table.AddColumn("to_at", "timestamptz");

        // Null while it goes on.
        table.AddColumn<string>("outcome");

        // Who ended it; of a wait for the customer, who asked. Null where that is none of the office.
        table.AddColumn<Guid>("administrator_id");

        // By where they ended; those that go on come last in it. It has all that figures read, so that these of a year
        // read nothing else.
        table.Index(
            "waits_ended", "tenant_id", "kind", "to_at", "from_at", "conversation_id", "position", "customer_id",
            "outcome", "administrator_id");

        // What went on at an instant: of an early one, few had begun; of a late one, few ended after it. And what began
        // in a range, other than with its conversation.
        table.Index(
            "waits_begun", "tenant_id", "kind", "from_at", "to_at", "position", "customer_id", "conversation_id");
        return table;
    }

    private static Table Create(string name)
    {
        var table = new Table($"messaging.{name}");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        table.AddColumn<Guid>("id").AsPrimaryKey();
        return table;
    }

    private static void Index(this Table table, string name, params string[] columns) =>
        table.Indexes.Add(new IndexDefinition(name) { Columns = columns });

    private static void SearchIndex(this Table table, string name, string column = "search") =>
        table.Indexes.Add(new IndexDefinition(name) { Columns = [column], Method = IndexMethod.gin });

    /// <summary>
    /// The address that a person asked for and has not confirmed, and since when; null while there is none.
    /// </summary>
    private static void AddEmailChangeColumns(this Table table)
    {
        table.AddColumn<string>("email_change");
        table.AddColumn("email_change_at", "timestamptz");
    }

    /// <summary>The sort key of a name, and the words by which search finds it.</summary>
    private static void AddNameColumns(this Table table)
    {
        table.AddColumn("name_order", "bytea");
        table.AddColumn("words", "tsvector");
    }
}
