using Weasel.Postgresql.Tables;

namespace Messaging.Application.Notifications.Push;

/// <summary>
/// Browsers that are told of notifications while no page of the client is open (RFC 8030): what they subscribed with,
/// and those that are due to be told. They are told that there is something, never what.
/// </summary>
internal static class PushTable
{
    public static readonly Table Subscriptions = Create();

    private static Table Create()
    {
        var table = new Table("messaging.push_subscriptions");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        table.AddColumn<Guid>("id").AsPrimaryKey();
        table.AddColumn<Guid>("person_id").NotNull();

        // A browser is told nothing more when the session that it subscribed in has ended.
        table.AddColumn<Guid>("session_id").NotNull();
        table.AddColumn<string>("endpoint").NotNull();

        // Endpoints are longer than what an index takes.
        table.AddColumn("endpoint_hash", "bytea").NotNull();
        table.AddColumn("created_at", "timestamptz").NotNull();

        // When it is to be told; until when a node has it, telling it; and how often that has failed.
        table.AddColumn("due_at", "timestamptz");
        table.AddColumn("lease_until", "timestamptz");
        table.AddColumn<int>("attempts").NotNull();
        table.Indexes.Add(
            new IndexDefinition("push_subscriptions_person")
            {
                Columns = ["tenant_id", "person_id", "endpoint_hash"],
                IsUnique = true,
            });
        table.Indexes.Add(
            new IndexDefinition("push_subscriptions_due") { Columns = ["due_at"], Predicate = "due_at is not null" });
        table.Indexes.Add(
            new IndexDefinition("push_subscriptions_leased")
            {
                Columns = ["lease_until"],
                Predicate = "lease_until is not null",
            });
        return table;
    }
}
