using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Files;
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
        protected internal override NpgsqlBatchCommand Find(IReadOnlyCollection<(string Tenant, Guid Key)> keys) =>
            CommandHandler.WithKeys(
                """
                select k.tenant, k.id, u.name, u.media_type, u.size, u.sha256, u.uploaded_by_kind, u.uploaded_by_id,
                    u.comment_id, u.discarded_at is not null
                from unnest($1::text[], $2::uuid[]) as k(tenant, id)
                cross join lateral (select * from messaging.uploads where tenant_id = k.tenant and id = k.id offset 0) u
                """,
                keys);

        protected internal override void Read(
            NpgsqlDataReader row, Dictionary<(string Tenant, Guid Key), Upload> values)
        {
            var by = new Participant(Enum.Parse<ParticipantKind>(row.GetString(6)), row.GetGuid(7));
            Guid? comment = row.IsDBNull(8) ? null : row.GetGuid(8);
            values.Add(
                (row.GetString(0), row.GetGuid(1)),
                new Upload(
                    row.GetGuid(1), row.GetString(2), row.GetString(3), row.GetInt64(4), row.GetString(5), by, comment,
                    row.GetBoolean(9)));
        }
    }

    private sealed class UsageLookup : CommandLookup<(Guid Person, Guid? Customer), FileUsage>
    {
        protected internal override NpgsqlBatchCommand Find(
            IReadOnlyCollection<(string Tenant, (Guid Person, Guid? Customer) Key)> keys) =>
            FileUsageQuery.Of(keys.Select(k => (k.Tenant, k.Key.Person, k.Key.Customer)).ToList());

        protected internal override void Read(
            NpgsqlDataReader row, Dictionary<(string Tenant, (Guid Person, Guid? Customer) Key), FileUsage> values) =>
            values.Add(
                (row.GetString(0), (row.GetGuid(1), row.IsDBNull(2) ? null : row.GetGuid(2))),
                FileUsageQuery.Read(row));
    }
}
