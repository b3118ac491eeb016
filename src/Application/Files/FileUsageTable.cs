using Messaging.Application.Commands;
using Messaging.Projections.Storage;
using Weasel.Postgresql.Tables;

namespace Messaging.Application.Files;

/// <summary>
/// Bytes of files of an organisation and of each customer's contacts, updated with each upload, so that no upload has
/// to sum them up.
/// </summary>
internal static class FileUsageTable
{
    public static readonly Table FileUsage = Create();

    /// <summary>Bytes that files add to what an owner has, or take off.</summary>
    public static readonly BatchSum Charges = new(charges => Sql.Of(
        $"""
        insert into messaging.file_usage as f (tenant_id, owner_id, bytes)
        select tenant, id, amount from {charges}
        on conflict (tenant_id, owner_id) do update set bytes = greatest(0, f.bytes + excluded.bytes)
        """));

    private static Table Create()
    {
        var table = new Table("messaging.file_usage");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        // The organisation's stream, or the customer's.
        table.AddColumn<Guid>("owner_id").AsPrimaryKey();
        table.AddColumn<long>("bytes").NotNull();
        return table;
    }
}
