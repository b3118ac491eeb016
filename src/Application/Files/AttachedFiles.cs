using Messaging.Domain.Accounts;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Files;

/// <summary>A file that was attached, and what was recorded of it.</summary>
/// <param name="Conversation">Conversation that it came with.</param>
/// <param name="Version">Version of the conversation by the comment that it came with.</param>
/// <param name="Customer">Customer of the conversation.</param>
public sealed record AttachedFile(
    Guid Id, long Size, string Sha256, Guid Conversation, int Version, Guid Customer);

/// <summary>All files that were attached, for whoever looks them through.</summary>
public sealed class AttachedFiles(NpgsqlDataSource database)
{
    /// <summary>The organisations that have files.</summary>
    public Task<List<string>> TenantsAsync(CancellationToken cancellation) =>
        Sql.Of($"select distinct tenant_id from messaging.files order by 1")
            .ListAsync(database, r => r.GetString(0), cancellation);

    /// <summary>The next files of an organisation, in the order of their ids.</summary>
    /// <param name="after">The last one of the page before; empty for none.</param>
    /// <param name="most">The most files of the page.</param>
    public Task<List<AttachedFile>> PageAsync(string tenantId, Guid after, int most, CancellationToken cancellation) =>
        Sql.Of(
            $"""
             select f.id, f.size, f.sha256, f.conversation_id, c.position, v.customer_id from messaging.files f
             join messaging.comments c on c.tenant_id = f.tenant_id and c.id = f.comment_id
             join messaging.conversations v on v.tenant_id = f.tenant_id and v.id = f.conversation_id
             where f.tenant_id = {tenantId} and f.id > {after} and f.sha256 <> {Erasure.Sha256}
             order by f.id limit {most}
             """).ListAsync(
            database,
            r => new AttachedFile(
                r.GetGuid(0), r.GetInt64(1), r.GetString(2), r.GetGuid(3), r.GetInt32(4), r.GetGuid(5)),
            cancellation);
}
