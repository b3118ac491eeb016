using Messaging.Application.Commands;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Notifications;

/// <summary>Lookups of notifications for commands.</summary>
internal static class NotificationLookups
{
    /// <summary>Whom a notification is for; null when there is none of that id.</summary>
    public static readonly CommandLookup<Guid, Guid?> Recipients = new RecipientLookup();

    private sealed class RecipientLookup : CommandLookup<Guid, Guid?>
    {
        protected internal override Sql Find(IReadOnlyCollection<(string Tenant, Guid Key)> keys) =>
            Sql.Of(
                $"""
                select k.tenant, k.id, n.recipient_id from {Sql.Keys(keys)} as k(tenant, id)
                cross join lateral (select recipient_id from messaging.notifications
                    where tenant_id = k.tenant and id = k.id offset 0) n
                """);

        protected internal override void Read(
            NpgsqlDataReader row, Dictionary<(string Tenant, Guid Key), Guid?> values) =>
            values.Add((row.GetString(0), row.GetGuid(1)), row.GetGuid(2));
    }
}
