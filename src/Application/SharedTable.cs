using Weasel.Postgresql.Tables;

namespace Messaging.Application;

/// <summary>
/// Resources that the nodes on a database share beside it, each with a name that shows whether a node has the same one.
/// </summary>
internal static class SharedTable
{
    public static readonly Table Shared = Create();

    private static Table Create()
    {
        var table = new Table("messaging.shared");
        table.AddColumn<string>("part").AsPrimaryKey();
        table.AddColumn<string>("name").NotNull();
        return table;
    }
}
