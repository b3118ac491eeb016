using Weasel.Postgresql.Tables;

namespace Messaging.Application.Commands;

/// <summary>Tables that the executor keeps beside the events.</summary>
internal static class CommandTables
{
    /// <summary>
    /// The latest state of each stream, so that a decision does not replay all of it. A cache: missing or outdated
    /// states are replayed from there.
    /// </summary>
    public static readonly Table Snapshots = CreateSnapshots();

    /// <summary>
    /// The receipts: used ids with the content that used them. The proof that a command was carried out; kept for good.
    /// </summary>
    public static readonly Table Receipts = CreateReceipts();

    /// <summary>By which statements of commands fail.</summary>
    public static readonly RaiseFunction Raise = new();

    private static Table CreateSnapshots()
    {
        var table = new Table("messaging.snapshots");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        table.AddColumn<Guid>("stream_id").AsPrimaryKey();
        table.AddColumn<string>("kind").NotNull();
        table.AddColumn<int>("format").NotNull();
        table.AddColumn<long>("version").NotNull();
        table.AddColumn("state", "jsonb").NotNull();
        return table;
    }

    private static Table CreateReceipts()
    {
        var table = new Table("messaging.receipts");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        table.AddColumn<Guid>("id").AsPrimaryKey();
        table.AddColumn("fingerprint", "bytea").NotNull();
        table.AddColumn("created_at", "timestamptz").NotNull();
        return table;
    }
}
