using Messaging.Application.Accounts;
using Messaging.Application.Ports;
using Messaging.Domain.Notifications;
using Npgsql;

namespace Messaging.Application.Notifications;

/// <summary>A delivery that the caller alone may carry out now.</summary>
/// <param name="Attempts">How often it was tried, this time included.</param>
public sealed record ClaimedDelivery(string TenantId, Guid Id, string Kind, string Address, string Locale, int Attempts, DateTimeOffset OccurredAt);

/// <summary>The answer to a claim.</summary>
/// <param name="Delivery">Null: there is nothing to do now.</param>
/// <param name="FreeAt">When somebody else's lease ends; null when there is nothing left to do at all.</param>
public sealed record Claim(ClaimedDelivery? Delivery, DateTimeOffset? FreeAt);

/// <summary>The ledger of e-mails, as those who send them use it.</summary>
public sealed class Deliveries(NpgsqlDataSource database)
{
    /// <summary>How long a claim holds: longer than any attempt to send takes.</summary>
    public static readonly TimeSpan Lease = IEmailSender.LongestSend + TimeSpan.FromMinutes(4);

    // A day in all: mail servers are repaired within one, and later a notification is of little use.
    private static readonly TimeSpan[] s_pauses =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10), TimeSpan.FromHours(1),
        TimeSpan.FromHours(3), TimeSpan.FromHours(6), TimeSpan.FromHours(12),
    ];

    /// <summary>Takes a delivery on, if nobody else has.</summary>
    public async Task<Claim> ClaimAsync(SendEmail message, CancellationToken cancellation)
    {
        await using var command = Command(
            """
            with claimed as (
                update messaging.deliveries set state = 'Sending', attempts = attempts + 1, lease_until = clock_timestamp() + $3
                where tenant_id = $1 and id = $2 and (state = 'Pending' or (state = 'Sending' and lease_until < clock_timestamp()))
                returning kind, address, locale, attempts, occurred_at)
            select c.kind, c.address, c.locale, c.attempts, c.occurred_at, case d.state when 'Sending' then d.lease_until end
            from messaging.deliveries d left join claimed c on true where d.tenant_id = $1 and d.id = $2
            """,
            message.TenantId, message.DeliveryId, Lease);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        if (!await reader.ReadAsync(cancellation)) return new Claim(null, null);
        if (!reader.IsDBNull(0))
        {
            return new Claim(
                new ClaimedDelivery(
                    message.TenantId, message.DeliveryId, reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetInt32(3),
                    reader.GetFieldValue<DateTimeOffset>(4)),
                null);
        }

        return new Claim(null, reader.IsDBNull(5) ? null : reader.GetFieldValue<DateTimeOffset>(5));
    }

    /// <summary>Puts together what the e-mail says, from what is true now.</summary>
    /// <returns>Null when the recipient takes no part any more, or has no need of an invitation.</returns>
    public Task<OutgoingEmail?> ComposeAsync(ClaimedDelivery delivery, CancellationToken cancellation) =>
        delivery.Kind == DeliveryTable.Invitation ? InvitationAsync(delivery, cancellation) : ConversationAsync(delivery, cancellation);

    /// <summary>The mail server took it.</summary>
    public async Task RecordSentAsync(ClaimedDelivery delivery)
    {
        NotificationTelemetry.Sent(delivery);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                // Only the attempt that still holds the lease: a later one has its own outcome to record.
                await ExecuteAsync(
                    """
                    update messaging.deliveries set state = 'Sent', sent_at = clock_timestamp(), lease_until = null, last_error = null
                    where tenant_id = $1 and id = $2 and attempts = $3
                    """,
                    delivery.TenantId, delivery.Id, delivery.Attempts);
                return;
            }
            catch (NpgsqlException) when (attempt < 10)
            {
                // Not recorded means sent again once the lease has ended; so the database gets some time.
                await Task.Delay(TimeSpan.FromSeconds(attempt));
            }
        }
    }

    /// <summary>It is given up for good.</summary>
    public Task FailAsync(ClaimedDelivery delivery, string reason)
    {
        NotificationTelemetry.NotSent(delivery, "failed");
        return ExecuteAsync(
            "update messaging.deliveries set state = 'Failed', lease_until = null, last_error = $4 where tenant_id = $1 and id = $2 and attempts = $3",
            delivery.TenantId, delivery.Id, delivery.Attempts, Printable(reason));
    }

    /// <summary>It was not sent this time.</summary>
    /// <returns>When to try again; null when it was tried often enough, and is given up.</returns>
    public async Task<DateTimeOffset?> PutBackAsync(ClaimedDelivery delivery, string reason)
    {
        if (delivery.Attempts > s_pauses.Length)
        {
            await FailAsync(delivery, reason);
            return null;
        }

        NotificationTelemetry.NotSent(delivery, "put back");
        await ExecuteAsync(
            "update messaging.deliveries set state = 'Pending', lease_until = null, last_error = $4 where tenant_id = $1 and id = $2 and attempts = $3",
            delivery.TenantId, delivery.Id, delivery.Attempts, Printable(reason));
        return DateTimeOffset.UtcNow + s_pauses[delivery.Attempts - 1];
    }

    private async Task<OutgoingEmail?> ConversationAsync(ClaimedDelivery delivery, CancellationToken cancellation)
    {
        await using var command = Command(
            """
            select o.name, o.time_zone, coalesce(ra.display_name, rc.display_name, o.name), coalesce(ra.active, rc.active, d.recipient_kind = 'Organisation'),
                coalesce(aa.display_name, ac.display_name, o.name), h.id, h.subject, h.status, cu.name, m.body,
                array(select f.name from messaging.files f where f.tenant_id = d.tenant_id and f.comment_id = m.id order by f.position),
                d.recipient_kind <> 'Contact', d.actor_kind = 'Contact'
            from messaging.deliveries d
            join messaging.organisations o on o.tenant_id = d.tenant_id
            join messaging.conversations h on h.tenant_id = d.tenant_id and h.id = d.conversation_id
            join messaging.customers cu on cu.tenant_id = d.tenant_id and cu.id = h.customer_id
            left join messaging.administrators ra on d.recipient_kind = 'Administrator' and ra.tenant_id = d.tenant_id and ra.id = d.recipient_id
            left join messaging.contacts rc on d.recipient_kind = 'Contact' and rc.tenant_id = d.tenant_id and rc.id = d.recipient_id
            left join messaging.administrators aa on d.actor_kind = 'Administrator' and aa.tenant_id = d.tenant_id and aa.id = d.actor_id
            left join messaging.contacts ac on d.actor_kind = 'Contact' and ac.tenant_id = d.tenant_id and ac.id = d.actor_id
            left join lateral (
                select c.id, c.body from messaging.comments c
                where c.tenant_id = d.tenant_id and (c.visibility = 'Public' or d.recipient_kind <> 'Contact')
                    and c.id = coalesce(d.comment_id, (
                        select f.id from messaging.comments f
                        where d.kind = 'ConversationCreated' and f.tenant_id = d.tenant_id and f.conversation_id = d.conversation_id and f.position = 2))) m on true
            where d.tenant_id = $1 and d.id = $2
            """,
            delivery.TenantId, delivery.Id);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        if (!await reader.ReadAsync(cancellation) || !reader.GetBoolean(3)) return null;
        return new ConversationEmail(
            delivery.Id, delivery.Address, reader.GetString(2), delivery.Locale, reader.GetString(0), Enum.Parse<NotificationKind>(delivery.Kind),
            reader.GetGuid(5), reader.GetString(6), reader.GetString(8), reader.GetString(4), reader.IsDBNull(9) ? null : reader.GetString(9),
            reader.GetFieldValue<string[]>(10), reader.GetBoolean(11), delivery.OccurredAt, reader.GetString(1), reader.GetString(7),
            reader.GetBoolean(12));
    }

    // The token exists from now on and in this mail only: the database keeps its hash.
    private async Task<OutgoingEmail?> InvitationAsync(ClaimedDelivery delivery, CancellationToken cancellation)
    {
        var token = Invitations.NewToken();
        await using var command = Command(
            """
            with invited as (
                select d.tenant_id, d.recipient_id, d.actor_kind, d.actor_id from messaging.deliveries d
                join messaging.accounts a on a.tenant_id = d.tenant_id and a.person_id = d.recipient_id
                where d.tenant_id = $1 and d.id = $2 and a.active and a.password_hash is null),
            token as (
                insert into messaging.invitations (token_hash, tenant_id, person_id, expires_at)
                select $3, tenant_id, recipient_id, clock_timestamp() + $4 from invited returning expires_at)
            select o.name, o.time_zone, coalesce(ra.display_name, rc.display_name), coalesce(aa.display_name, o.name), t.expires_at
            from invited i cross join token t
            join messaging.organisations o on o.tenant_id = i.tenant_id
            left join messaging.administrators ra on ra.tenant_id = i.tenant_id and ra.id = i.recipient_id
            left join messaging.contacts rc on rc.tenant_id = i.tenant_id and rc.id = i.recipient_id
            left join messaging.administrators aa on i.actor_kind = 'Administrator' and aa.tenant_id = i.tenant_id and aa.id = i.actor_id
            """,
            delivery.TenantId, delivery.Id, Invitations.HashOf(token), Invitations.Lifetime);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        if (!await reader.ReadAsync(cancellation)) return null;
        return new InvitationEmail(
            delivery.Id, delivery.Address, reader.GetString(2), delivery.Locale, reader.GetString(0), reader.GetString(3), token,
            reader.GetFieldValue<DateTimeOffset>(4), reader.GetString(1));
    }

    private NpgsqlCommand Command(string sql, params object[] arguments)
    {
        var command = database.CreateCommand(sql);
        foreach (var argument in arguments) command.Parameters.Add(new NpgsqlParameter { Value = argument });
        return command;
    }

    private async Task ExecuteAsync(string sql, params object[] arguments)
    {
        // The outcome is recorded also when the product is stopping.
        await using var command = Command(sql, arguments);
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    private static string Printable(string reason) => string.Concat(reason.Where(c => c != '\0' && !char.IsSurrogate(c)).Take(1000));
}
