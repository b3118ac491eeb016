using Weasel.Postgresql.Tables;

namespace Messaging.Application.Files;

/// <summary>Files that have arrived, attached or not. No event speaks of one before it comes with a comment.</summary>
internal static class UploadTable
{
    public static readonly Table Uploads = Create();

    private static Table Create()
    {
        var table = new Table("messaging.uploads");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        table.AddColumn<Guid>("id").AsPrimaryKey();
        table.AddColumn<string>("name").NotNull();
        table.AddColumn<string>("media_type").NotNull();
        table.AddColumn<long>("size").NotNull();
        table.AddColumn<string>("sha256").NotNull();
        table.AddColumn<string>("uploaded_by_kind").NotNull();
        table.AddColumn<Guid>("uploaded_by_id").NotNull();
        table.AddColumn("created_at", "timestamptz").NotNull();
        table.AddColumn<Guid>("comment_id");
        table.AddColumn<bool>("has_thumbnail").NotNull().DefaultValueByExpression("false");

        // The instant at which a thumbnail is due, to be made or looked for; null when there is nothing to do. Files of
        // earlier versions are checked once: those versions gave up on slow thumbnails.
        table.AddColumn("thumbnail_due_at", "timestamptz").DefaultValueByExpression("now()");

        // The scanner's verdict, null when none was asked; its finding; the instant of the next scan.
        table.AddColumn<string>("scan");
        table.AddColumn<string>("scan_found");
        table.AddColumn("scan_due_at", "timestamptz");

        // Since when it has been attached to nothing, which an earlier version let be for ever: that begins with the
        // update.
        table.AddColumn("unattached_since", "timestamptz").NotNull().DefaultValueByExpression("now()");

        // Taken back, or attached to nothing for a day: the bytes go, and a day later the row.
        table.AddColumn("discarded_at", "timestamptz");

        // Few rows of all that there are. Written as PostgreSQL writes it, or the indexes would seem to have changed,
        // and be built anew, at each start.
        Index(table, "uploads_unattached", "(comment_id IS NULL)", "tenant_id", "uploaded_by_id");
        Index(table, "uploads_discarded", "(discarded_at IS NOT NULL)", "discarded_at");
        Index(table, "uploads_thumbnail_due", "(thumbnail_due_at IS NOT NULL)", "thumbnail_due_at");
        Index(table, "uploads_scan_due", "(scan_due_at IS NOT NULL)", "scan_due_at");
        return table;
    }

    private static void Index(Table table, string name, string predicate, params string[] columns) =>
        table.Indexes.Add(new IndexDefinition(name) { Columns = columns, Predicate = predicate });
}
