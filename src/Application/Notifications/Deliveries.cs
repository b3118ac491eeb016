using Messaging.Application.Accounts;
using Messaging.Domain.Notifications;
using Messaging.Projections.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Messaging.Application.Notifications;

/// <summary>An e-mail leased to the caller for sending: of one delivery, or of several that waited for it.</summary>
/// <param name="Id">The delivery that gives the e-mail its name.</param>
/// <param name="Attempts">Number of attempts, this one included.</param>
/// <param name="OccurredAt">The instant of the earliest event that it tells.</param>
/// <param name="All">The deliveries that it carries.</param>
public sealed record ClaimedDelivery(
    string TenantId, Guid Id, string Kind, string Address, string Locale, int Attempts, DateTimeOffset OccurredAt,
    Guid[] All);

/// <summary>The answer to a claim.</summary>
/// <param name="Delivery">Null: there is nothing to do now.</param>
/// <param name="FreeAt">
/// The instant at which another node's lease ends, or at which it may be sent; null when there is nothing left to do at
/// all.
/// </param>
/// <param name="IsHeld">True when it waits for its address's budget.</param>
public sealed record Claim(ClaimedDelivery? Delivery, DateTimeOffset? FreeAt, bool IsHeld = false);

/// <summary>Mail to an address that could not be delivered.</summary>
/// <param name="Since">The instant at which the first of the consecutive failed mails was given up.</param>
/// <param name="Reason">
/// The reason for the latest: the mail server's reply, or the fault of the address. At most 1,000 characters, without
/// the address.
/// </param>
public sealed record MailProblem(DateTimeOffset Since, string Reason);

/// <summary>The ledger of e-mails, for the senders.</summary>
public sealed class Deliveries(NpgsqlDataSource database, EmailBudget budget, ThisNode node)
{
    // Condition on a delivery that may be claimed: it is unclaimed, or its holder has let go of it. A node that the
    // others have given up (NodeWatch) is gone from Wolverine's list in the end.
    private const string IsFree =
        $"""
        (x.state = 'Pending' or (x.state = 'Sending' and (x.lease_until < clock_timestamp()
            or (x.lease_holder is not null and not exists (
                select from wolverine.wolverine_nodes n where n.id = x.lease_holder and {ThisNode.IsThere})))))
        """;

    /// <summary>Lease of a claim: longer than any attempt to send takes.</summary>
    public static readonly TimeSpan Lease = IEmailSender.LongestSend + TimeSpan.FromMinutes(4);

    // Pause before a leased delivery is looked at again: another node's lease ends early when that node dies.
    private static readonly TimeSpan s_untilLookedAgain = TimeSpan.FromSeconds(10);

    // Most deliveries in one e-mail: a longer backlog would fill an e-mail of megabytes.
    private const int MostTogether = 500;

    // A day in all: mail servers are repaired within one, and later a notification is of little use.
    private static readonly TimeSpan[] s_pauses =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10),
        TimeSpan.FromHours(1), TimeSpan.FromHours(3), TimeSpan.FromHours(6), TimeSpan.FromHours(12)
    ];

    /// <summary>
    /// Claims a delivery, if no one else has and its address may get mail now, together with the deliveries that wait
    /// for that.
    /// </summary>
    public async Task<Claim> ClaimAsync(SendEmail message, CancellationToken cancellation)
    {
        await using var batch = database.CreateBatch();

        // One after the other for each address: they are counted by a statement that begins when the lock is there.
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            select pg_advisory_xact_lock(hashtextextended('mail ' || tenant_id || ' ' || address_key, 0))
            from messaging.deliveries
            where tenant_id = $1 and id = $2 and state in ('Pending', 'Sending')
            """)
        {
            Parameters = { new() { Value = message.TenantId }, new() { Value = message.DeliveryId } },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            $"""
            with d as materialized (
                select *, kind = any($4) or mail_id is not null as goes_anyway from messaging.deliveries x
                where tenant_id = $1 and id = $2 and {IsFree}),
            mailed as materialized (
                select m.mailed_at, m.actor_id = d.actor_id as is_by_sender from d
                join messaging.deliveries m on m.tenant_id = d.tenant_id and m.address_key = d.address_key
                    and m.mailed_at > clock_timestamp() - interval '1 hour'
                where not d.goes_anyway and m.kind <> all($4)),
            due as materialized (
                select at, coalesce(at > clock_timestamp(), false) as is_later from (select greatest(
                    (select case when count(*) >= $5 then max(mailed_at) + $6 end from mailed
                        where is_by_sender and mailed_at > clock_timestamp() - $6),
                    (select case when count(*) >= $7 then max(mailed_at) + $9 end from mailed where is_by_sender),
                    (select case when count(*) >= $8 then max(mailed_at) + $9 end from mailed)) as at) g),
            waiting as materialized (
                select coalesce(bool_or(true), false) as is_any, coalesce(bool_or(is_due_later), false) as is_led from (
                    select x.due_at > clock_timestamp() as is_due_later
                    from d join messaging.deliveries x on x.tenant_id = d.tenant_id and x.address_key = d.address_key
                    where x.sent_at is null and x.mail_id is null and x.state = 'Pending' and x.due_at is not null
                        and x.id <> d.id and x.actor_id = d.actor_id and x.recipient_kind = d.recipient_kind
                        and x.recipient_id is not distinct from d.recipient_id
                    limit 1) w),
            held as (
                update messaging.deliveries x set due_at = due.at from d, due
                where x.tenant_id = $1 and x.id = d.id and due.is_later
                returning x.due_at),
            together as (
                select m.id from d cross join due cross join lateral (
                    select id from messaging.deliveries x
                    where not due.is_later and x.tenant_id = d.tenant_id and x.address_key = d.address_key
                        and x.sent_at is null
                        and (x.mail_id = d.mail_id or (not d.goes_anyway and x.mail_id is null and x.state = 'Pending'
                            and x.kind <> all($4) and x.recipient_kind = d.recipient_kind
                            and x.recipient_id is not distinct from d.recipient_id
                            and (x.due_at <= clock_timestamp() or (x.actor_id = d.actor_id and (select is_any
                                from waiting)))))
                    order by x.occurred_at, x.id limit $10) m),
            claimed as (
                update messaging.deliveries x
                set state = 'Sending', attempts = d.attempts + 1, lease_until = clock_timestamp() + $3,
                    lease_holder = $11,
                    mail_id = coalesce(d.mail_id, d.id),
                    mailed_at = case when x.id = coalesce(d.mail_id, d.id) then coalesce(x.mailed_at,
                        clock_timestamp()) end
                from d
                where not (select is_later from due) and x.tenant_id = $1
                    and x.id = any(array[d.id, d.mail_id] || array(select id from together))
                    and {IsFree}
                returning x.id, x.mail_id, x.kind, x.address, x.locale, x.attempts, x.occurred_at)
            select c.mail_id, c.kind, c.address, c.locale, c.attempts, c.occurred_at, c.ids,
                coalesce(
                    h.due_at + case when (select is_led from waiting) then $3 else interval '0' end,
                    case s.state when 'Sending' then least(s.lease_until,
                        case when $11 is not null then clock_timestamp() + $12 end) end),
                h.due_at is not null
            from messaging.deliveries s
            left join held h on true
            left join (
                select mail_id, min(kind) as kind, min(address) as address, min(locale) as locale,
                    max(attempts) as attempts,
                    min(occurred_at) as occurred_at, array_agg(id) as ids
                from claimed group by mail_id) c on true
            where s.tenant_id = $1 and s.id = $2
            """)
        {
            Parameters =
            {
                new() { Value = message.TenantId }, new() { Value = message.DeliveryId }, new() { Value = Lease },
                new() { Value = DeliveryTable.OfAccounts }, new() { Value = budget.AtOnce },
                new() { Value = budget.Window },
                new() { Value = budget.PerSender }, new() { Value = budget.PerRecipient },
                new() { Value = budget.Pause }, new() { Value = MostTogether },
                new() { Value = (object?)node.Id ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid },
                new() { Value = s_untilLookedAgain },
            },
        });
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        await reader.NextResultAsync(cancellation);
        if (!await reader.ReadAsync(cancellation)) return new Claim(null, null);
        if (!reader.IsDBNull(0))
        {
            return new Claim(
                new ClaimedDelivery(
                    message.TenantId, reader.GetGuid(0), reader.GetString(1), reader.GetString(2), reader.GetString(3),
                    reader.GetInt32(4), reader.GetFieldValue<DateTimeOffset>(5), reader.GetFieldValue<Guid[]>(6)),
                null);
        }

        DateTimeOffset? freeAt = reader.IsDBNull(7) ? null : reader.GetFieldValue<DateTimeOffset>(7);
        return new Claim(null, freeAt, reader.GetBoolean(8));
    }

    /// <summary>
    /// Ends all leases: called when no other node runs, so that their holders are dead. It is unknown whether the mail
    /// server has such a mail; it goes out now rather than when the lease would have ended.
    /// </summary>
    public async Task EndLeasesAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            """
            update messaging.deliveries set lease_until = clock_timestamp()
            where sent_at is null and state = 'Sending' and lease_until > clock_timestamp()
            """);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>
    /// Composes the e-mail's content from the current read models; fails while they cannot be used.
    /// </summary>
    /// <returns>Null when the recipient takes no part any more, or has no need of a link.</returns>
    public Task<OutgoingEmail?> ComposeAsync(ClaimedDelivery delivery, CancellationToken cancellation) =>
        delivery.Kind switch
        {
            DeliveryTable.Invitation => InvitationAsync(delivery, cancellation),
            DeliveryTable.PasswordReset => PasswordResetAsync(delivery, cancellation),
            DeliveryTable.PasswordChanged => PasswordChangedAsync(delivery, cancellation),
            _ => ConversationsAsync(delivery, cancellation),
        };

    /// <summary>The mail server took it.</summary>
    public Task RecordSentAsync(ClaimedDelivery delivery)
    {
        NotificationTelemetry.Sent(delivery);

        // Only the attempt that still holds the lease: a later one has its own outcome to record.
        return RecordAsync(
            """
            with sent as (
                update messaging.deliveries set state = 'Sent', sent_at = clock_timestamp(), lease_until = null,
                    last_error = null
                where tenant_id = $1 and id = any($2) and attempts = $3
                returning address_key)
            delete from messaging.mail_problems where tenant_id = $1 and address_key in (select address_key from sent)
            """,
            delivery.TenantId, delivery.All, delivery.Attempts);
    }

    /// <summary>It cannot be delivered, and is given up for good. The office sees that with the address.</summary>
    public Task FailAsync(ClaimedDelivery delivery, string reason)
    {
        NotificationTelemetry.NotSent(delivery, "failed");
        return RecordAsync(
            """
            with failed as (
                update messaging.deliveries set state = 'Failed', lease_until = null, last_error = $4
                where tenant_id = $1 and id = any($2) and attempts = $3
                returning address_key)
            insert into messaging.mail_problems as p (tenant_id, address_key, since, reason)
            select $1, address_key, now(), $4 from failed group by address_key
            on conflict (tenant_id, address_key) do update set reason = excluded.reason
            """,
            delivery.TenantId, delivery.All, delivery.Attempts, Printable(reason));
    }

    /// <summary>Nobody needs it any more.</summary>
    public Task DropAsync(ClaimedDelivery delivery, string reason)
    {
        NotificationTelemetry.NotSent(delivery, "failed");
        return RecordAsync(
            """
            update messaging.deliveries set state = 'Failed', lease_until = null, last_error = $4
            where tenant_id = $1 and id = any($2) and attempts = $3
            """,
            delivery.TenantId, delivery.All, delivery.Attempts, reason);
    }

    /// <summary>
    /// Problems with mail to these addresses of an organisation, by address; addresses that mail reaches, or that never
    /// got any, are missing.
    /// </summary>
    public async Task<IReadOnlyDictionary<string, MailProblem>> ProblemsAsync(
        string tenantId, IReadOnlyCollection<string> addresses, CancellationToken cancellation)
    {
        var byKey = addresses.ToLookup(EmailKey.Of);
        await using var command = Command(
            "select address_key, since, reason from messaging.mail_problems where tenant_id = $1 and address_key "
                + "= any($2)",
            tenantId, byKey.Select(g => g.Key).ToArray());
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var problems = new Dictionary<string, MailProblem>();
        while (await reader.ReadAsync(cancellation))
        {
            var problem = new MailProblem(reader.GetFieldValue<DateTimeOffset>(1), reader.GetString(2));
            foreach (var address in byKey[reader.GetString(0)]) problems[address] = problem;
        }

        return problems;
    }

    /// <summary>Records a failed attempt.</summary>
    /// <returns>The instant of the next attempt; null when it was the last, and the delivery is given up.</returns>
    public async Task<DateTimeOffset?> PutBackAsync(ClaimedDelivery delivery, string reason)
    {
        if (delivery.Attempts > s_pauses.Length)
        {
            await FailAsync(delivery, reason);
            return null;
        }

        NotificationTelemetry.NotSent(delivery, "put back");
        await RecordAsync(
            """
            update messaging.deliveries set state = 'Pending', lease_until = null, last_error = $4
            where tenant_id = $1 and id = any($2) and attempts = $3
            """,
            delivery.TenantId, delivery.All, delivery.Attempts, Printable(reason));
        return DateTimeOffset.UtcNow + s_pauses[delivery.Attempts - 1];
    }

    private async Task<OutgoingEmail?> ConversationsAsync(ClaimedDelivery delivery, CancellationToken cancellation)
    {
        var isOne = delivery.All.Length == 1;
        await using var batch = Holding(
            out var ofHold,
            """
            select o.name, o.time_zone, coalesce(ra.display_name, rc.display_name, o.name),
                coalesce(ra.active, rc.active, d.recipient_kind = 'Organisation'),
                coalesce(aa.display_name, ac.display_name, o.name), h.id, h.subject, h.status, cu.name,
                    left(m.body, $3),
                array(select f.name from messaging.files f where f.tenant_id = d.tenant_id and f.comment_id = m.id
                    order by f.position),
                d.recipient_kind <> 'Contact', d.kind, d.occurred_at, d.actor_kind = 'Contact'
            from messaging.deliveries d
            join messaging.organisations o on o.tenant_id = d.tenant_id
            join messaging.conversations h on h.tenant_id = d.tenant_id and h.id = d.conversation_id
            join messaging.customers cu on cu.tenant_id = d.tenant_id and cu.id = h.customer_id
            left join messaging.administrators ra on d.recipient_kind = 'Administrator' and ra.tenant_id = d.tenant_id
                and ra.id = d.recipient_id
            left join messaging.contacts rc on d.recipient_kind = 'Contact' and rc.tenant_id = d.tenant_id
                and rc.id = d.recipient_id
            left join messaging.administrators aa on d.actor_kind = 'Administrator' and aa.tenant_id = d.tenant_id
                and aa.id = d.actor_id
            left join messaging.contacts ac on d.actor_kind = 'Contact' and ac.tenant_id = d.tenant_id
                and ac.id = d.actor_id
            left join lateral (
                select c.id, c.body from messaging.comments c
                where c.tenant_id = d.tenant_id and (c.visibility = 'Public' or d.recipient_kind <> 'Contact')
                    and c.id = coalesce(d.comment_id, (
                        select f.id from messaging.comments f
                        where d.kind = 'ConversationCreated' and f.tenant_id = d.tenant_id
                            and f.conversation_id = d.conversation_id and f.position = 2))) m on true
            where d.tenant_id = $1 and d.id = any($2)
            order by d.occurred_at, d.id
            """,
            delivery.TenantId, delivery.All, isOne ? int.MaxValue : ConversationsEmail.LongestBody);
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        for (var i = 0; i < ofHold; i++) await reader.NextResultAsync(cancellation);
        ConversationsEmail? email = null;
        var news = new List<ConversationNews>();
        while (await reader.ReadAsync(cancellation))
        {
            if (!reader.GetBoolean(3))
                return null;
            var one = new ConversationNews(
                Enum.Parse<NotificationKind>(reader.GetString(12)), reader.GetGuid(5), reader.GetString(6),
                reader.GetString(8), reader.GetString(4), reader.IsDBNull(9) ? null : reader.GetString(9),
                reader.GetFieldValue<string[]>(10), reader.GetFieldValue<DateTimeOffset>(13), reader.GetString(7),
                reader.GetBoolean(14));
            if (isOne)
            {
                return new ConversationEmail(
                    delivery.Id, delivery.Address, reader.GetString(2), delivery.Locale, reader.GetString(0), one.Kind,
                    one.ConversationId, one.Subject, one.CustomerName, one.ActorName, one.Body, one.FileNames,
                    reader.GetBoolean(11), one.OccurredAt, reader.GetString(1), one.Status, one.ByCustomer);
            }

            news.Add(one);
            email ??= new ConversationsEmail(
                delivery.Id, delivery.Address, reader.GetString(2), delivery.Locale, reader.GetString(0), news,
                reader.GetBoolean(11), reader.GetString(1));
        }

        return email;
    }

    // The token exists from now on and in this mail only: the database keeps its hash. So a repeated attempt has
    // another token; the earlier one keeps working, since its mail may have arrived after all. A person invited again
    // meanwhile gets the later mail only.
    private async Task<OutgoingEmail?> InvitationAsync(ClaimedDelivery delivery, CancellationToken cancellation)
    {
        var token = Invitations.NewToken();
        await using var batch = Holding(
            out var ofHold,
            """
            with invited as (
                select d.tenant_id, d.recipient_id, d.actor_kind, d.actor_id, e.version from messaging.deliveries d
                join messaging.accounts a on a.tenant_id = d.tenant_id and a.person_id = d.recipient_id
                join messaging.mt_events e on e.id = d.event_id and e.tenant_id = d.tenant_id
                where d.tenant_id = $1 and d.id = $2 and a.active and a.password_hash is null and not exists (
                    select from messaging.mt_events l
                    where l.tenant_id = e.tenant_id and l.stream_id = e.stream_id and l.version > e.version
                        and l.type in ('administrator_invited_again', 'contact_invited_again',
                            'administrator_reactivated', 'contact_reactivated'))),
            token as (
                insert into messaging.invitations (token_hash, tenant_id, person_id, expires_at, version)
                select $3, tenant_id, recipient_id, clock_timestamp() + $4, version from invited returning expires_at)
            select o.name, o.time_zone, coalesce(ra.display_name, rc.display_name), coalesce(aa.display_name, o.name),
                t.expires_at
            from invited i cross join token t
            join messaging.organisations o on o.tenant_id = i.tenant_id
            left join messaging.administrators ra on ra.tenant_id = i.tenant_id and ra.id = i.recipient_id
            left join messaging.contacts rc on rc.tenant_id = i.tenant_id and rc.id = i.recipient_id
            left join messaging.administrators aa on i.actor_kind = 'Administrator' and aa.tenant_id = i.tenant_id
                and aa.id = i.actor_id
            """,
            delivery.TenantId,
            delivery.Id,
            Invitations.HashOf(token),
            Invitations.Lifetime
        );
        return await OnlyAsync(
            batch,
            ofHold,
            reader => new InvitationEmail(
                delivery.Id, delivery.Address, reader.GetString(2), delivery.Locale, reader.GetString(0),
                reader.GetString(3), token, reader.GetFieldValue<DateTimeOffset>(4), reader.GetString(1)),
            cancellation);
    }

    // As of an invitation, the token is in this mail only. Whoever has changed their password since needs no link.
    private async Task<OutgoingEmail?> PasswordResetAsync(ClaimedDelivery delivery, CancellationToken cancellation)
    {
        var token = Invitations.NewToken();
        await using var batch = Holding(
            out var ofHold,
            """
            with asked as (
                select d.tenant_id, d.recipient_id, d.actor_kind, d.actor_id, a.password_hash is not null as has_one
                from messaging.deliveries d
                join messaging.accounts a on a.tenant_id = d.tenant_id and a.person_id = d.recipient_id
                join messaging.mt_events e on e.id = d.event_id and e.tenant_id = d.tenant_id
                where d.tenant_id = $1 and d.id = $2 and a.active and not exists (
                    select from messaging.mt_events l
                    where l.tenant_id = e.tenant_id and l.stream_id = e.stream_id and l.version > e.version
                        and l.type in ('administrator_password_changed', 'contact_password_changed'))),
            token as (
                insert into messaging.password_resets (token_hash, tenant_id, person_id, expires_at)
                select $3, tenant_id, recipient_id, clock_timestamp() + $4 from asked where has_one
                returning expires_at)
            select o.name, o.time_zone, coalesce(ra.display_name, rc.display_name), t.expires_at, aa.display_name
            from asked i left join token t on true
            join messaging.organisations o on o.tenant_id = i.tenant_id
            left join messaging.administrators ra on ra.tenant_id = i.tenant_id and ra.id = i.recipient_id
            left join messaging.contacts rc on rc.tenant_id = i.tenant_id and rc.id = i.recipient_id
            left join messaging.administrators aa on i.actor_kind = 'Administrator' and aa.tenant_id = i.tenant_id
                and aa.id = i.actor_id
            """,
            delivery.TenantId,
            delivery.Id,
            Invitations.HashOf(token),
            ResetPassword.Lifetime
        );
        return await OnlyAsync(
            batch,
            ofHold,
            reader => new PasswordResetEmail(
                delivery.Id, delivery.Address, reader.GetString(2), delivery.Locale, reader.GetString(0),
                reader.StringOrNull(4), reader.IsDBNull(3) ? null : token, reader.InstantOrNull(3),
                reader.GetString(1)),
            cancellation);
    }

    private async Task<OutgoingEmail?> PasswordChangedAsync(ClaimedDelivery delivery, CancellationToken cancellation)
    {
        await using var batch = Holding(
            out var ofHold,
            """
            select o.name, o.time_zone, coalesce(ra.display_name, rc.display_name)
            from messaging.deliveries d
            join messaging.accounts a on a.tenant_id = d.tenant_id and a.person_id = d.recipient_id and a.active
            join messaging.organisations o on o.tenant_id = d.tenant_id
            left join messaging.administrators ra on ra.tenant_id = d.tenant_id and ra.id = d.recipient_id
            left join messaging.contacts rc on rc.tenant_id = d.tenant_id and rc.id = d.recipient_id
            where d.tenant_id = $1 and d.id = $2
            """,
            delivery.TenantId,
            delivery.Id
        );
        return await OnlyAsync(
            batch,
            ofHold,
            reader => new PasswordChangedEmail(
                delivery.Id, delivery.Address, reader.GetString(2), delivery.Locale, reader.GetString(0),
                delivery.OccurredAt, reader.GetString(1)),
            cancellation);
    }

    private static async Task<OutgoingEmail?> OnlyAsync(
        NpgsqlBatch batch, int ofHold, Func<NpgsqlDataReader, OutgoingEmail> email, CancellationToken cancellation)
    {
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        for (var i = 0; i < ofHold; i++)
            await reader.NextResultAsync(cancellation);
        if (!await reader.ReadAsync(cancellation))
            return null;
        var only = email(reader);

        // Read to its end, where it has committed or fails: a reader that is only disposed of hides a failure, and a
        // link would not work.
        while (await reader.NextResultAsync(cancellation))
        {
        }

        return only;
    }

    // The content of an e-mail comes from the read models: a person missing there would seem to have left.
    private NpgsqlBatch Holding(out int ofHold, string sql, params object[] arguments)
    {
        var batch = database.CreateBatch();
        ofHold = ReadModelFence.AddTo(batch);
        var command = new NpgsqlBatchCommand(sql);
        foreach (var argument in arguments) command.Parameters.Add(new NpgsqlParameter { Value = argument });
        batch.BatchCommands.Add(command);
        return batch;
    }

    private NpgsqlCommand Command(string sql, params object[] arguments)
    {
        var command = database.CreateCommand(sql);
        foreach (var argument in arguments) command.Parameters.Add(new NpgsqlParameter { Value = argument });
        return command;
    }

    // An outcome is recorded also while the product is stopping. An unrecorded one keeps the e-mail waiting, or has it
    // sent again, after the lease; so the database gets some time.
    private async Task RecordAsync(string sql, params object[] arguments)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var command = Command(sql, arguments);
                await command.ExecuteNonQueryAsync(CancellationToken.None);
                return;
            }
            catch (NpgsqlException) when (attempt < 10)
            {
                await Task.Delay(TimeSpan.FromSeconds(attempt));
            }
        }
    }

    private static string Printable(string reason) =>
        string.Concat(reason.Where(c => c != '\0' && !char.IsSurrogate(c)).Take(1000));
}
