using Messaging.Application.Commands;
using Messaging.Domain.Files;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Files;

/// <summary>Lookups of files for commands.</summary>
internal static class FileLookups
{
    /// <summary>Files that have arrived, by their ids.</summary>
    public static readonly CommandLookup<Guid, Upload> Uploads = new UploadLookup();

    /// <summary>Usage that counts towards the uploaders' quotas.</summary>
    public static readonly CommandLookup<(Guid Person, Guid? Customer), FileUsage> Usage = new UsageLookup();

    private sealed class UploadLookup : CommandLookup<Guid, Upload>
    {
        protected internal override Sql Find(IReadOnlyCollection<(string Tenant, Guid Key)> keys) =>
            Sql.Of(
                $"""
                select k.tenant, k.id, u.name, u.media_type, u.size, u.sha256, u.uploaded_by_kind, u.uploaded_by_id,
                    u.comment_id, u.discarded_at is not null
                from {Sql.Keys(keys)} as k(tenant, id)
                cross join lateral (select * from messaging.uploads where tenant_id = k.tenant and id = k.id offset 0) u
                """);

        protected internal override void Read(
            NpgsqlDataReader row, Dictionary<(string Tenant, Guid Key), Upload> values)
        {
            values.Add(
                (row.GetString(0), row.GetGuid(1)),
                new Upload(
                    row.GetGuid(1), row.GetString(2), row.GetString(3), row.GetInt64(4), row.GetString(5),
                    row.Participant(6), row.GuidOrNull(8), row.GetBoolean(9)));
        }
    }

    private sealed class UsageLookup : CommandLookup<(Guid Person, Guid? Customer), FileUsage>
    {
        protected internal override Sql Find(
            IReadOnlyCollection<(string Tenant, (Guid Person, Guid? Customer) Key)> keys) =>
            FileUsageQuery.Of(keys.Select(k => (k.Tenant, k.Key.Person, k.Key.Customer)).ToList());

        protected internal override void Read(
            NpgsqlDataReader row, Dictionary<(string Tenant, (Guid Person, Guid? Customer) Key), FileUsage> values) =>
            values.Add(
                (row.GetString(0), (row.GetGuid(1), row.GuidOrNull(2))),
                FileUsageQuery.Read(row));
    }
}
