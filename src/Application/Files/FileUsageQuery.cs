using Messaging.Domain;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Files;

/// <summary>Reads the usage that counts towards the uploaders' quotas.</summary>
internal static class FileUsageQuery
{
    /// <summary>The key of the caller's usage.</summary>
    public static (Guid Person, Guid? Customer) Key(Caller caller) => (caller.Actor.Id, caller.OnlyCustomerId);

    /// <summary>The statement, with a row for each in their order.</summary>
    public static Sql Of(IReadOnlyCollection<(string Tenant, Guid Person, Guid? Customer)> keys) =>
        Sql.Of(
            $"""
            select k.tenant, k.person, k.customer,
                (select coalesce(sum({Sql.Raw(FileQuotas.ChargeOfUpload)}), 0)::bigint from messaging.uploads u
                 where u.tenant_id = k.tenant and u.uploaded_by_id = k.person
                     and u.comment_id is null and u.discarded_at is null),
                coalesce((
                    select bytes from messaging.file_usage where tenant_id = k.tenant and owner_id = k.customer), 0),
                coalesce((
                    select bytes from messaging.file_usage where tenant_id = k.tenant and owner_id = k.tenant::uuid), 0)
            from unnest(
                {keys.Select(k => k.Tenant).ToArray()}::text[], {keys.Select(k => k.Person).ToArray()}::uuid[],
                {keys.Select(k => k.Customer).ToArray()}::uuid[]) with ordinality as k(tenant, person, customer, place)
            order by k.place
            """);

    /// <summary>Reads a row.</summary>
    public static FileUsage Read(NpgsqlDataReader row) => new(row.GetInt64(3), row.GetInt64(4), row.GetInt64(5));
}
