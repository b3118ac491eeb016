using Messaging.Projections.Storage;
using Npgsql;
using Weasel.Postgresql.Tables;

namespace Messaging.Application.Notifications;

/// <summary>
/// The kinds of mail that came later, by the nodes that can send them. A node of the version before takes a mail of a
/// kind that it does not know for needless, and drops it, and its ledger cannot be read where there is one. So nothing
/// of such a kind is planned before each node that is there has said that it knows it.
/// </summary>
internal static class NodeMailKinds
{
    /// <summary>What the nodes that are there have said.</summary>
    internal static readonly Table Table = Create();

    /// <summary>Has this node say so; what was said by nodes that are gone is forgotten.</summary>
    public static Task SayAsync(
        NpgsqlDataSource database, Guid node, string kind, CancellationToken cancellation) =>
        Sql.Of(
            $"""
            with gone as (
                delete from messaging.node_mail_kinds k
                where k.node_id <> {node} and not exists (
                    select from wolverine.wolverine_nodes n where n.id = k.node_id))
            insert into messaging.node_mail_kinds (node_id, kind) values ({node}, {kind}) on conflict do nothing
            """).ExecuteAsync(database, cancellation);

    /// <summary>A condition: all nodes that are there know the kind.</summary>
    public static Sql AreKnown(ThisNode node, string kind) => node.Id is null
        ? Sql.Of($"true")
        : Sql.Of(
            $"""
            not exists (
                select from wolverine.wolverine_nodes n
                where {Sql.Raw(ThisNode.IsThere)} and not exists (
                    select from messaging.node_mail_kinds k where k.node_id = n.id and k.kind = {kind}))
            """);

    private static Table Create()
    {
        var table = new Table("messaging.node_mail_kinds");
        table.AddColumn<Guid>("node_id").AsPrimaryKey();
        table.AddColumn<string>("kind").AsPrimaryKey();
        return table;
    }
}
