using Weasel.Postgresql.Tables;

namespace Messaging.Application;

/// <summary>
/// What the nodes on a database have in common beside it, each part by a name that tells whether a node has the same
/// one.
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
