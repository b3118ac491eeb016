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
        return table;
    }
}
