using Weasel.Postgresql.Tables;

namespace Messaging.Application.History;

/// <summary>
/// The tree over the events of each organisation. It is no read model: it is written once, and a rebuild, which would
/// make a forgery everybody's truth, leaves it alone.
/// </summary>
internal static class AuditTables
{
    /// <summary>How far the log has been read, for all organisations.</summary>
    public static readonly Table Progress = CreateProgress();

    /// <summary>The size and the root of each organisation's tree.</summary>
    public static readonly Table Trees = CreateTrees();

    /// <summary>The leaves: one for each event.</summary>
    public static readonly Table Leaves = CreateLeaves();

    /// <summary>The roots of full tiles, by level.</summary>
    public static readonly Table Nodes = CreateNodes();

    /// <summary>
    /// The key of each person, customer and office, from which the salts of their events follow: without it nobody can
    /// find out by trying what an event said.
    /// </summary>
    public static readonly Table Subjects = CreateSubjects();

    /// <summary>
    /// The salts of events of people whose key is gone: what was not masked of them stays proved by these.
    /// </summary>
    public static readonly Table Salts = CreateSalts();

    /// <summary>How far the nightly sweep of each organisation has come, and what the last one found.</summary>
    public static readonly Table Sweeps = CreateSweeps();

    private static Table CreateProgress()
    {
        var table = new Table("messaging.audit_progress");
        table.AddColumn<string>("name").AsPrimaryKey();
        table.AddColumn<long>("seq_id").NotNull();
        return table;
    }

    private static Table CreateTrees()
    {
        var table = new Table("messaging.audit_trees");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        table.AddColumn<long>("size").NotNull();
        table.AddColumn("root", "bytea").NotNull();
        table.AddColumn("grown_at", "timestamptz").NotNull();
        return table;
    }

    private static Table CreateLeaves()
    {
        var table = new Table("messaging.audit_leaves");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        table.AddColumn<long>("index").AsPrimaryKey();
        table.AddColumn<long>("seq_id").NotNull();
        table.AddColumn<Guid>("event_id").NotNull();
        table.AddColumn<Guid>("subject_id").NotNull();
        table.AddColumn<string>("entry").NotNull();
        table.AddColumn("hash", "bytea").NotNull();
        table.Indexes.Add(new IndexDefinition("audit_leaves_event")
        {
            Columns = ["tenant_id", "event_id"],
            IsUnique = true,
        });
        return table;
    }

    private static Table CreateNodes()
    {
        var table = new Table("messaging.audit_nodes");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        table.AddColumn<int>("level").AsPrimaryKey();
        table.AddColumn<long>("index").AsPrimaryKey();
        table.AddColumn("hash", "bytea").NotNull();
        return table;
    }

    private static Table CreateSubjects()
    {
        var table = new Table("messaging.audit_subjects");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        table.AddColumn<Guid>("subject_id").AsPrimaryKey();

        // Empty once its person was erased: a new one would not be what salted the leaves of before.
        table.AddColumn("key", "bytea").NotNull();
        return table;
    }

    private static Table CreateSalts()
    {
        var table = new Table("messaging.audit_salts");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        table.AddColumn<Guid>("event_id").AsPrimaryKey();
        table.AddColumn("salt", "bytea").NotNull();
        return table;
    }

    private static Table CreateSweeps()
    {
        var table = new Table("messaging.audit_sweeps");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        table.AddColumn("begun_at", "timestamptz").NotNull();
        table.AddColumn("taken_until", "timestamptz").NotNull();
        table.AddColumn<Guid>("after_id").NotNull();
        table.AddColumn<long>("files").NotNull();
        table.AddColumn<long>("damaged").NotNull();

        // Of the last one that has ended; null while none has.
        table.AddColumn("checked_at", "timestamptz");
        table.AddColumn<long>("checked_files");
        table.AddColumn<long>("checked_damaged");
        table.AddColumn<bool>("is_whole");
        return table;
    }
}
