using Messaging.Application.Accounts;
using Messaging.Application.History;
using Messaging.Projections.Notifications;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Notifications;

/// <summary>Composes the mails with the signed checkpoint: that of the tree as it is when the mail goes.</summary>
internal sealed class CheckpointEmails(NpgsqlDataSource database, CheckpointKey key)
{
    /// <returns>
    /// The e-mail, and the address that its recipient has by now; null when they do not see all of the history any more
    /// or want none, and when its day is over: then there is the next one.
    /// </returns>
    public async Task<(OutgoingEmail Email, string Address)?> ComposeAsync(
        ClaimedDelivery delivery, CancellationToken cancellation)
    {
        await using var batch = database.CreateBatch();
        var ofHold = ReadModelFence.AddTo(batch);
        batch.Add(
            $"""
            select {EmailContent.Office}, a.display_name, a.email, t.size, t.root, t.grown_at
            from messaging.deliveries d
            join messaging.organisations o on o.tenant_id = d.tenant_id
            join messaging.administrators a on a.tenant_id = d.tenant_id and a.id = d.recipient_id
            join messaging.notification_preferences p on p.tenant_id = d.tenant_id and p.person_id = a.id
            join messaging.audit_trees t on t.tenant_id = d.tenant_id
            where d.tenant_id = {delivery.TenantId} and d.id = {delivery.Id} and a.active and p.daily_checkpoint
                and {CheckpointMails.SeesAll}
                and {OpenAccounts.IsOpenAndWhole("d.tenant_id", "d.recipient_id")}
                and not exists (select from messaging.closed_organisations c where c.tenant_id = d.tenant_id)
                and {CheckpointMails.DayOf(Sql.Raw("d.occurred_at"))}
                    = {CheckpointMails.DayOf(Sql.Raw("clock_timestamp()"))}
            """);
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        for (var i = 0; i < ofHold; i++) await reader.NextResultAsync(cancellation);
        if (!await reader.ReadAsync(cancellation)) return null;
        var size = reader.GetInt64(5);
        var email = new CheckpointEmail(
            delivery.Id, delivery.Address, reader.GetString(3), delivery.Locale, reader.GetString(0), size,
            key.Sign(delivery.TenantId, size, reader.GetFieldValue<byte[]>(6)), reader.InstantOrNull(7),
            reader.GetString(1))
        {
            ReplyTo = reader.GetString(2),
            MayChoose = true,
        };
        return (email, reader.GetString(4));
    }
}
