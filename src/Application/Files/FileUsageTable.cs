using Weasel.Postgresql.Tables;

namespace Messaging.Application.Files;

/// <summary>
/// How many bytes of files an organisation, or the contacts of a customer, have: kept with each upload, so that none
/// has to sum them up.
/// </summary>
internal static class FileUsageTable
{
    public static readonly Table FileUsage = Create();

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
