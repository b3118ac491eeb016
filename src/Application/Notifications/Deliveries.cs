using Messaging.Application.Accounts;
using Messaging.Application.History;
using Messaging.Domain.Accounts;
using Messaging.Domain.History;
using Messaging.Projections.Notifications;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Notifications;

/// <summary>An e-mail leased to the caller for sending: of one delivery, or of several that waited for it.</summary>
/// <param name="Id">The delivery that gives the e-mail its name.</param>
/// <param name="Attempts">Number of attempts, this one included.</param>
/// <param name="OccurredAt">The instant of the earliest event that it tells.</param>
/// <param name="All">The deliveries that it carries.</param>
public sealed record ClaimedDelivery(
    string TenantId, Guid Id, string Kind, string Address, string Locale, int Attempts, DateTimeOffset OccurredAt,
    Guid[] All)
{
    /// <summary>The one of them that is looked at when the e-mail is due again.</summary>
    public Guid Due => All.Contains(Id) ? Id : All[0];
}

/// <summary>A delivery that is to be looked at.</summary>
/// <param name="Domain">The one that it goes to.</param>
/// <param name="CorrelationId">The request that its event came with.</param>
/// <param name="CausationId">What of that request the event came from.</param>
public sealed record DueDelivery(
    string TenantId, Guid Id, string Domain, string? CorrelationId, string? CausationId);

/// <summary>The answer to a claim.</summary>
/// <param name="Delivery">Null: there is nothing to do now.</param>
/// <param name="FreeAt">
/// The instant at which another's lease ends, or at which it may be sent; null when there is nothing left to do at all.
/// </param>
/// <param name="IsHeld">True when it waits for its address's budget.</param>
public sealed record Claim(ClaimedDelivery? Delivery, DateTimeOffset? FreeAt, bool IsHeld = false);

/// <summary>An e-mail whose outcome was recorded.</summary>
/// <param name="State">How it went.</param>
/// <param name="Recipient">The person, or the office where it is its registered address.</param>
/// <param name="CorrelationId">The request that its first event came with.</param>
public sealed record RecordedMail(DeliveryState State, AccessSubject Recipient, string? CorrelationId);

/// <summary>Mail to an address that could not be delivered.</summary>
/// <param name="Since">The instant at which the first of the consecutive failed mails was given up.</param>
/// <param name="Reason">
/// The reason for the latest: the mail server's reply, or the fault of the address. At most 1,000 characters, without
/// the address.
/// </param>
/// <param name="IsPerhaps">True when the latest may have arrived after all: the server did not answer.</param>
public sealed record MailProblem(DateTimeOffset Since, string Reason, bool IsPerhaps = false);

/// <summary>The mail with the link that confirms another address.</summary>
/// <param name="Address">The address that it is to be.</param>
/// <param name="AskedAt">The instant at which it was asked for.</param>
public sealed record EmailChangeMail(Guid PersonId, string Address, DateTimeOffset AskedAt);

/// <summary>The ledger of e-mails, for the senders.</summary>
/// <param name="key">Signs the checkpoints that are mailed; null where none are.</param>
public sealed class Deliveries(
    NpgsqlDataSource database, EmailBudget budget, ThisNode node, CheckpointKey? key = null)
{
    // Condition on a delivery that may be claimed: it is unclaimed, or its holder has let go of it, or it was perhaps
    // sent and may be tried once more. A node that the others have given up (NodeWatch) is gone from Wolverine's list
    // in the end.
    private static readonly Sql s_isFree = Sql.Raw(
        $"""
        (x.state = 'Pending' or (x.state = 'PerhapsSent' and x.perhaps_until <= clock_timestamp())
            or (x.state = 'Sending' and (x.lease_until < clock_timestamp()
                or (x.lease_holder is not null and not exists (
                    select from wolverine.wolverine_nodes n where n.id = x.lease_holder and {ThisNode.IsThere})))))
        """);

    // Not at its end: it is sent, given up, or was perhaps sent twice.
    private static readonly Sql s_isOpen = Sql.Raw(
        "(x.state in ('Pending', 'Sending') or (x.state = 'PerhapsSent' and x.perhaps_until < 'infinity'))");

    // Until the transaction ends. The content of a mail is joined from many tables, by their keys: to think about how
    // takes ten times as long as to do it, and comes to the same each time.
    private static readonly Sql s_plannedOnce = Sql.Raw(
        """
        select set_config('plan_cache_mode', 'force_generic_plan', true), set_config('join_collapse_limit', '1', true)
        """);

    private static readonly Sql s_recorded = Sql.Raw("address_key, state, id, event_id, recipient_kind, recipient_id");

    private static readonly Sql s_domain = Sql.Raw("substring(x.address_key from '[^@]*$')");

    private static readonly string[] s_ofTalk = Array.ConvertAll(DeliveryTable.OfTalk, kind => kind.ToString());

    /// <summary>
    /// Lease of a claim, which is renewed for as long as the process is at it (<see cref="SendingLeases"/>): what a
    /// dead one held goes out after that.
    /// </summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Wait of an e-mail of which nobody knows whether the server took it: by then a server that was restarted has
    /// delivered what it had.
    /// </summary>
    public static readonly TimeSpan Doubt = TimeSpan.FromMinutes(10);

    /// <summary>Time after the first attempt for which an e-mail is tried again.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(48);

    // Pause before a leased delivery is looked at again: another node's lease ends early when that node dies.
    private static readonly TimeSpan s_untilLookedAgain = TimeSpan.FromSeconds(10);

    // Longer than any message may take: a delivery of before that has no message any more is taken on then.
    private static readonly TimeSpan s_untilAdopted = TimeSpan.FromMinutes(15);

    // Wait of news behind other news, which take them along: a fallback.
    private static readonly TimeSpan s_untilTakenAlong = TimeSpan.FromMinutes(20);

    private readonly WeeklyEmails _weekly = new(database);
    private readonly CheckpointEmails? _checkpoints = key is null ? null : new(database, key);

    private const string NeedsNone = "The recipient no longer takes part, or has no need of it since.";
    private const string HasRead = "The recipient had read it, and wants no mails of what they have read.";

    // Most deliveries in one e-mail: a longer backlog would fill an e-mail of megabytes.
    private const int MostTogether = 500;

    // Of one that its recipient's server does not take; the last goes on until it is given up.
    private static readonly TimeSpan[] s_pauses =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10),
        TimeSpan.FromMinutes(30), TimeSpan.FromHours(1),
    ];

    /// <summary>
    /// Claims a delivery, if no one else has and its address may get mail now, together with the deliveries that wait
    /// for that.
    /// </summary>
    public async Task<Claim> ClaimAsync(SendEmail message, CancellationToken cancellation)
    {
        await using var batch = database.CreateBatch();

        // One after the other for each address: they are counted by a statement that begins when the lock is there.
        batch.Add(
            $"""
            select pg_advisory_xact_lock(hashtextextended('mail ' || tenant_id || ' ' || address_key, 0))
            from messaging.deliveries
            where tenant_id = {message.TenantId} and id = {message.DeliveryId} and state in ('Pending', 'Sending')
            """);
        batch.Add(
            $"""
            with d as materialized (
                select *, kind = any({DeliveryTable.Alone}) or mail_id is not null as goes_anyway,
                    kind = any({s_ofTalk}) as is_talk
                from messaging.deliveries x
                where tenant_id = {message.TenantId} and id = {message.DeliveryId} and {s_isFree}),
            mailed as materialized (
                select
                    count(*) filter (where m.actor_id = d.actor_id
                        and m.mailed_at > clock_timestamp() - {budget.Window}) as of_window,
                    count(*) filter (where m.actor_id = d.actor_id) as of_sender,
                    count(*) as of_all,
                    max(m.mailed_at) filter (where m.actor_id = d.actor_id) as at_of_sender,
                    max(m.mailed_at) as at_of_all,
                    max(m.mailed_at) filter (where m.mailed_at > clock_timestamp() - {budget.Bundle}
                        and d.is_talk and m.due_at is null and {Talk("m")}) as at_of_talk
                from d
                join messaging.deliveries m on m.tenant_id = d.tenant_id and m.address_key = d.address_key
                    and m.mailed_at > {Ago(TimeSpan.FromHours(1))}
                where not d.goes_anyway and m.kind <> all({DeliveryTable.Alone})),
            beyond as materialized (
                select greatest(
                    case when of_window >= {budget.AtOnce} then at_of_sender + {budget.Window} end,
                    case when of_sender >= {budget.PerSender} then at_of_sender + {budget.Pause} end,
                    case when of_all >= {budget.PerRecipient} then at_of_all + {budget.Pause} end) as at
                from mailed),
            bundle as materialized (
                select case when d.is_bundled then d.due_at when d.due_at is null then coalesce(
                    (select at_of_talk + {budget.Bundle} from mailed),
                    (select clock_timestamp() + {budget.Bundle} from messaging.deliveries x
                        where x.tenant_id = d.tenant_id and x.address_key = d.address_key and x.sent_at is null
                            and x.mail_id is null and x.state = 'Pending' and x.due_at is null and {Talk("x")}
                            and (x.occurred_at, x.id) < (d.occurred_at, d.id) limit 1)) end as at
                from d where d.is_talk and not d.goes_anyway),
            due as materialized (
                select greatest(y.at, u.at) as at,
                    coalesce(greatest(y.at, u.at) > clock_timestamp(), false) as is_later,
                    coalesce(y.at <= clock_timestamp(), true) as is_bundled
                from beyond y left join bundle u on true),
            waiting as materialized (
                select coalesce(bool_or(true), false) as is_any, coalesce(bool_or(is_due_later), false) as is_led from (
                    select x.due_at > clock_timestamp() as is_due_later
                    from d join messaging.deliveries x on x.tenant_id = d.tenant_id and x.address_key = d.address_key
                    where x.sent_at is null and x.mail_id is null and x.state = 'Pending' and x.due_at is not null
                        and x.is_bundled is not true
                        and x.id <> d.id and x.actor_id = d.actor_id and x.recipient_kind = d.recipient_kind
                        and x.recipient_id is not distinct from d.recipient_id
                    limit 1) w),
            held as (
                update messaging.deliveries x
                set due_at = due.at, is_bundled = due.is_bundled,
                    try_at = due.at + case
                        when not due.is_bundled then case
                            when (select is_led from waiting) and d.try_at is distinct from d.due_at
                                then {s_untilTakenAlong}
                            else interval '0' end
                        when exists (
                            select from messaging.deliveries o
                            where o.tenant_id = d.tenant_id and o.address_key = d.address_key and o.sent_at is null
                                and o.mail_id is null and o.state = 'Pending' and o.is_bundled and o.id <> d.id
                                and o.due_at > clock_timestamp() and {Talk("o")}) then {s_untilLookedAgain}
                        else interval '0' end
                from d, due
                where x.tenant_id = {message.TenantId} and x.id = d.id and due.is_later
                returning x.due_at),
            together as (
                select m.id from d cross join due cross join lateral (
                    select id from messaging.deliveries x
                    where not due.is_later and x.tenant_id = d.tenant_id and x.address_key = d.address_key
                        and x.sent_at is null
                        and (x.mail_id = d.mail_id or (not d.goes_anyway and x.mail_id is null and x.state = 'Pending'
                            and x.kind <> all({DeliveryTable.Alone}) and x.recipient_kind = d.recipient_kind
                            and x.recipient_id is not distinct from d.recipient_id
                            and case when x.is_bundled or (d.is_bundled and x.due_at is null)
                                then d.is_talk and {Talk("x")} and (d.is_bundled or x.due_at <= clock_timestamp())
                                else x.due_at <= clock_timestamp() or (x.actor_id = d.actor_id and (select is_any
                                    from waiting)) end))
                    order by x.occurred_at, x.id limit {MostTogether}) m),
            claimed as (
                update messaging.deliveries x
                set state = 'Sending', attempts = d.attempts + 1, lease_until = clock_timestamp() + {Lease},
                    try_at = case when x.id in (d.id, d.mail_id) then clock_timestamp() + {Lease} end,
                    lease_holder = {node.Id}::uuid,
                    mail_id = coalesce(d.mail_id, d.id),
                    mailed_at = case when x.id = coalesce(d.mail_id, d.id) then coalesce(x.mailed_at,
                        clock_timestamp()) end
                from d
                where not (select is_later from due) and x.tenant_id = {message.TenantId}
                    and x.id = any(array[d.id, d.mail_id] || array(select id from together))
                    and {s_isFree}
                returning x.id, x.mail_id, x.kind, x.address, x.locale, x.attempts, x.occurred_at)
            select c.mail_id, c.kind, c.address, c.locale, c.attempts, c.occurred_at, c.ids,
                coalesce(h.due_at, case s.state
                    when 'Sending' then least(s.lease_until,
                        case when {node.Id}::uuid is not null then clock_timestamp() + {s_untilLookedAgain} end)
                    when 'PerhapsSent' then nullif(s.perhaps_until, 'infinity') end),
                h.due_at is not null
            from messaging.deliveries s
            left join held h on true
            left join (
                select mail_id, min(kind) as kind, min(address) as address, min(locale) as locale,
                    max(attempts) as attempts,
                    min(occurred_at) as occurred_at, array_agg(id) as ids
                from claimed group by mail_id) c on true
            where s.tenant_id = {message.TenantId} and s.id = {message.DeliveryId}
            """);
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        await reader.NextResultAsync(cancellation);
        if (!await reader.ReadAsync(cancellation)) return new Claim(null, null);
        if (!reader.IsDBNull(0))
        {
            return new Claim(
                new ClaimedDelivery(
                    message.TenantId, reader.GetGuid(0), reader.GetString(1), reader.GetString(2), reader.GetString(3),
                    reader.GetInt32(4), reader.Instant(5), reader.GetFieldValue<Guid[]>(6)),
                null);
        }

        return new Claim(null, reader.InstantOrNull(7), reader.GetBoolean(8));
    }

    // Once for a statement: a time that is asked for anew for each row bounds no index, and whoever has had mail for
    // years would have all of it looked through.
    private static Sql Ago(TimeSpan time) => Sql.Of($"(select clock_timestamp() - {time})");

    // News of the same conversation to the same recipient as d, of kinds that go together.
    private static Sql Talk(string alias)
    {
        var x = Sql.Raw(alias);
        return Sql.Of(
            $"""
            ({x}.kind = any({s_ofTalk}) and {x}.conversation_id = d.conversation_id
                and {x}.recipient_kind = d.recipient_kind and {x}.recipient_id is not distinct from d.recipient_id)
            """);
    }

    /// <summary>
    /// Ends all leases: called when no other node runs, so that their holders are dead. It is unknown whether the mail
    /// server has such a mail; it goes out now rather than when the lease would have ended.
    /// </summary>
    public Task EndLeasesAsync(CancellationToken cancellation) =>
        Sql.Of(
            $"""
            update messaging.deliveries
            set lease_until = clock_timestamp(), try_at = clock_timestamp()
            where sent_at is null and state = 'Sending' and lease_until > clock_timestamp()
            """).ExecuteAsync(database, cancellation);

    /// <summary>
    /// Returns the domain of a delivery whose message does not name it; null when there is nothing left to do.
    /// </summary>
    public Task<string?> DomainAsync(SendEmail message, CancellationToken cancellation) =>
        Sql.Of(
            $"""
            select {s_domain} from messaging.deliveries x
            where x.tenant_id = {message.TenantId} and x.id = {message.DeliveryId} and {s_isOpen}
            """).FirstAsync(database, r => r.GetString(0), cancellation);

    /// <summary>Has it looked at after a pause, whether its message is kept or not.</summary>
    public Task LookLaterAsync(SendEmail message, TimeSpan pause, CancellationToken cancellation) =>
        LookAsync(message, Sql.Of($"clock_timestamp() + {pause}"), cancellation);

    /// <summary>Has it looked at then, whether its message is kept or not.</summary>
    public Task LookLaterAsync(SendEmail message, DateTimeOffset at, CancellationToken cancellation) =>
        LookAsync(message, Sql.Of($"{at}::timestamptz"), cancellation);

    private Task<int> LookAsync(SendEmail message, Sql at, CancellationToken cancellation) =>
        Sql.Of(
            $"""
            update messaging.deliveries x set try_at = {at}
            where x.tenant_id = {message.TenantId} and x.id = {message.DeliveryId} and {s_isOpen}
                and (x.try_at is null or x.try_at < {at})
            """).ExecuteAsync(database, cancellation);

    /// <summary>Has it looked at no more, when it is at its end.</summary>
    public Task EndAsync(SendEmail message, CancellationToken cancellation) =>
        Sql.Of(
            $"""
            update messaging.deliveries x set try_at = null
            where x.tenant_id = {message.TenantId} and x.id = {message.DeliveryId} and x.try_at is not null
                and not {s_isOpen}
            """).ExecuteAsync(database, cancellation);

    /// <summary>
    /// The deliveries to be looked at by now, but for those to some domains: of each office the one that has waited
    /// longest, then the second of each, and so on. So an office that tells thousands holds up no other.
    /// </summary>
    public async Task<IReadOnlyList<DueDelivery>> DueAsync(
        string[] butFor, int most, CancellationToken cancellation) =>
        await Sql.Of(
            $"""
            with recursive offices (tenant_id) as (
                ({NextOffice("true")})
                union all
                select n.tenant_id from offices o cross join lateral ({NextOffice("x.tenant_id > o.tenant_id")}) n)
            select w.tenant_id, w.id, w.domain, e.correlation_id, e.causation_id from offices o cross join lateral (
                select x.tenant_id, x.id, x.event_id, x.try_at, {s_domain} as domain,
                    row_number() over (order by x.try_at) as turn
                from messaging.deliveries x
                where x.tenant_id = o.tenant_id and x.try_at <= {Ago(TimeSpan.Zero)} and {s_domain} <> all({butFor})
                order by x.try_at limit {most}) w
            left join lateral (
                select correlation_id, causation_id from messaging.mt_events
                where tenant_id = w.tenant_id and id = w.event_id) e on true
            order by w.turn, w.try_at limit {most}
            """).ListAsync(
                database,
                r => new DueDelivery(
                    r.GetString(0), r.GetGuid(1), r.GetString(2), r.StringOrNull(3), r.StringOrNull(4)),
                cancellation);

    // In the order of the index of what is due, so that it is found there, whatever is in the table.
    private static Sql NextOffice(string which) => Sql.Of(
        $"""
        select x.tenant_id from messaging.deliveries x
        where {Sql.Raw(which)} and x.try_at <= {Ago(TimeSpan.Zero)} order by x.tenant_id, x.try_at limit 1
        """);

    /// <summary>
    /// Takes on what nobody looks at: planned by a node of before, or left by a message that was lost.
    /// </summary>
    public Task AdoptAsync(CancellationToken cancellation) =>
        Sql.Of(
            $"""
            update messaging.deliveries x set try_at = greatest(x.due_at, clock_timestamp())
            where x.sent_at is null and x.try_at is null and x.created_at < {Ago(s_untilAdopted)}
                and (x.mail_id is null or x.mail_id = x.id)
                and (x.state = 'Pending' or (x.state = 'Sending' and x.lease_until < clock_timestamp()))
            """).ExecuteAsync(database, cancellation);

    /// <summary>Renews leases.</summary>
    /// <returns>Those e-mails whose lease it was still, by the delivery that names each.</returns>
    public async Task<IReadOnlyList<Guid>> RenewAsync(
        IReadOnlyCollection<ClaimedDelivery> held, CancellationToken cancellation)
    {
        var rows = held.SelectMany(mail => mail.All.Select(id => (Mail: mail, Id: id))).ToList();
        return await Sql.Of(
            $"""
            update messaging.deliveries x
            set lease_until = clock_timestamp() + {Lease},
                try_at = case when x.id = k.due then clock_timestamp() + {Lease} end
            from unnest(
                {rows.Select(r => r.Mail.TenantId).ToArray()}, {rows.Select(r => r.Id).ToArray()},
                {rows.Select(r => r.Mail.Id).ToArray()}, {rows.Select(r => r.Mail.Due).ToArray()},
                {rows.Select(r => r.Mail.Attempts).ToArray()}) as k(tenant, id, mail, due, attempts)
            where x.tenant_id = k.tenant and x.id = k.id and x.state = 'Sending' and x.attempts = k.attempts
            returning k.mail
            """).ReturningAsync(database, r => r.GetGuid(0), cancellation);
    }

    /// <summary>
    /// Composes the e-mail's content from the current read models; fails while they cannot be used.
    /// </summary>
    /// <returns>
    /// Null when the recipient takes no part any more, has no need of a link, or has read all of it and wants no mails
    /// of that. Otherwise the e-mail, and the deliveries that it carries: without those of what its recipient has no
    /// need of since, or may not see any more.
    /// </returns>
    public async Task<(ClaimedDelivery Delivery, OutgoingEmail Email)?> ComposeAsync(
        ClaimedDelivery delivery, CancellationToken cancellation)
    {
        if (DeliveryTable.OfAccounts.Contains(delivery.Kind))
        {
            return await OfAccountAsync(delivery, cancellation) is { } email ? (delivery, email) : null;
        }

        if (delivery.Kind == DeliveryTable.WeeklyReport)
        {
            if (await _weekly.ComposeAsync(delivery, cancellation) is not { } weekly) return null;
            return (delivery, await ToAddressOfNowAsync(delivery, weekly.Email, weekly.Address, cancellation));
        }

        if (delivery.Kind == DeliveryTable.Checkpoint && _checkpoints is not null)
        {
            if (await _checkpoints.ComposeAsync(delivery, cancellation) is not { } signed) return null;
            return (delivery, await ToAddressOfNowAsync(delivery, signed.Email, signed.Address, cancellation));
        }

        if (await NewsAsync(delivery, cancellation) is not var (news, told, address)) return null;
        if (told.Length < delivery.All.Length)
        {
            await DropAsync(delivery, [.. delivery.All.Except(told)]);
            delivery = delivery with { All = told };
        }

        return (delivery, await ToAddressOfNowAsync(delivery, news, address, cancellation));
    }

    private Task<OutgoingEmail?> OfAccountAsync(ClaimedDelivery delivery, CancellationToken cancellation) =>
        delivery.Kind switch
        {
            DeliveryTable.Invitation => InvitationAsync(delivery, cancellation),
            DeliveryTable.PasswordReset => PasswordResetAsync(delivery, cancellation),
            DeliveryTable.PasswordChanged => PasswordChangedAsync(delivery, cancellation),
            DeliveryTable.SecondFactorChanged => SecondFactorChangedAsync(delivery, cancellation),
            DeliveryTable.EmailChange => EmailChangeAsync(delivery, cancellation),
            DeliveryTable.EmailChangeAsked or DeliveryTable.EmailChanged =>
                EmailChangeNoticeAsync(delivery, cancellation),
            _ => throw new InvalidOperationException($"A mail of the kind {delivery.Kind} is none about an account."),
        };

    /// <summary>The mail server took it.</summary>
    /// <returns>The e-mail as it was recorded; null when a later attempt has its own outcome to record.</returns>
    public Task<RecordedMail?> RecordSentAsync(ClaimedDelivery delivery, SentMail mail)
    {
        NotificationTelemetry.Sent(delivery);

        // Only the attempt that still holds the lease: a later one has its own outcome to record.
        return RecordAsync(
            delivery,
            $"""
            with sent as (
                update messaging.deliveries set state = 'Sent', sent_at = clock_timestamp(), lease_until = null,
                    try_at = null, last_error = null
                where tenant_id = {delivery.TenantId} and id = any({delivery.All}) and attempts = {delivery.Attempts}
                returning {s_recorded}){SentMails.Kept(delivery, mail, "sent")}, solved as (
                delete from messaging.mail_problems
                where tenant_id = {delivery.TenantId} and address_key in (select address_key from sent))
            {Recorded(delivery, "sent")}
            """);
    }

    /// <summary>It cannot be delivered, and is given up for good. The office sees that with the address.</summary>
    /// <returns>The e-mail as it was recorded; null when a later attempt has its own outcome to record.</returns>
    public Task<RecordedMail?> FailAsync(ClaimedDelivery delivery, string reason)
    {
        NotificationTelemetry.NotSent(delivery, "failed");
        return RecordProblemAsync(
            delivery,
            reason,
            $"""
            update messaging.deliveries
            set state = 'Failed', lease_until = null, try_at = null, last_error = {Printable(reason)}
            where tenant_id = {delivery.TenantId} and id = any({delivery.All}) and attempts = {delivery.Attempts}
            returning {s_recorded}
            """);
    }

    /// <summary>
    /// The mail server did not answer, and may have it: it is tried once more after a while, unless it was already. The
    /// office sees that with the address.
    /// </summary>
    /// <returns>The e-mail as it was recorded; null when a later attempt has its own outcome to record.</returns>
    public Task<RecordedMail?> DoubtAsync(ClaimedDelivery delivery, string reason, SentMail mail)
    {
        NotificationTelemetry.NotSent(delivery, "perhaps sent");
        return RecordProblemAsync(
            delivery,
            reason,
            $"""
            update messaging.deliveries
            set state = 'PerhapsSent', lease_until = null, last_error = {Printable(reason)},
                perhaps_until = case when perhaps_until is null then now() + {Doubt} else 'infinity' end,
                try_at = case when id = {delivery.Due} and perhaps_until is null
                    then now() + {Doubt} end
            where tenant_id = {delivery.TenantId} and id = any({delivery.All}) and attempts = {delivery.Attempts}
            returning {s_recorded}
            """,
            mail);
    }

    /// <summary>Nobody needs it any more.</summary>
    public Task DropAsync(ClaimedDelivery delivery)
    {
        NotificationTelemetry.NotSent(delivery, "failed");
        return DropAsync(delivery, delivery.All);
    }

    // What was no e-mail in the end counts for no budget, and nothing waits to follow it.
    private Task<int> DropAsync(ClaimedDelivery delivery, Guid[] needless, string reason = NeedsNone) =>
        TryAsync(sql => sql.ExecuteAsync(database, CancellationToken.None), Sql.Of(
            $"""
            update messaging.deliveries
            set state = 'NotNeeded', lease_until = null, try_at = null,
                last_error = case when state = 'NotNeeded' then last_error else {reason} end,
                mailed_at = case when {needless.Length < delivery.All.Length} then mailed_at end
            where tenant_id = {delivery.TenantId} and id = any({needless}) and attempts = {delivery.Attempts}
            """));

    /// <summary>
    /// Problems with mail to these addresses of an organisation, by address; addresses that mail reaches, or that never
    /// got any, are missing.
    /// </summary>
    public async Task<IReadOnlyDictionary<string, MailProblem>> ProblemsAsync(
        string tenantId, IReadOnlyCollection<string> addresses, CancellationToken cancellation)
    {
        var byKey = addresses.ToLookup(EmailKey.Of);
        var rows = await Sql.Of(
            $"""
            select address_key, since, reason, coalesce(is_perhaps, false) from messaging.mail_problems
            where tenant_id = {tenantId} and address_key = any({byKey.Select(g => g.Key).ToArray()})
            """).ListAsync(
                database,
                r => (Key: r.GetString(0), Problem: new MailProblem(r.Instant(1), r.GetString(2), r.GetBoolean(3))),
                cancellation);
        return rows.SelectMany(row => byKey[row.Key].Select(address => (Address: address, row.Problem)))
            .ToDictionary(p => p.Address, p => p.Problem);
    }

    /// <summary>
    /// Problems with the very mails that confirm other addresses; of those that are under way, or went out, there is
    /// none. Nothing is told of other mail to the same addresses, which may be somebody else's.
    /// </summary>
    public async Task<IReadOnlyDictionary<EmailChangeMail, MailProblem>> ProblemsAsync(
        string tenantId, IReadOnlyCollection<EmailChangeMail> mails, CancellationToken cancellation)
    {
        var all = mails.ToArray();
        var rows = await Sql.Of(
            $"""
            select w.number, greatest(p.since, d.occurred_at), coalesce(d.last_error, ''), d.state = 'PerhapsSent'
            from messaging.deliveries d
            join unnest({all.Select(m => m.PersonId).ToArray()}, {all.Select(m => EmailKey.Of(m.Address)).ToArray()},
                {all.Select(m => m.AskedAt.UtcDateTime).ToArray()}) with ordinality
                as w (person_id, address_key, asked_at, number)
                on d.address_key = w.address_key and d.recipient_id = w.person_id and d.occurred_at = w.asked_at
            left join messaging.mail_problems p on p.tenant_id = d.tenant_id and p.address_key = d.address_key
            where d.tenant_id = {tenantId} and d.kind = {DeliveryTable.EmailChange}
                and d.state in ('Failed', 'PerhapsSent') and d.sent_at is null
            """).ListAsync(
                database,
                r => (
                    Mail: all[r.GetInt64(0) - 1],
                    Problem: new MailProblem(r.Instant(1), r.GetString(2), r.GetBoolean(3))),
                cancellation);
        return rows.ToDictionary(r => r.Mail, r => r.Problem);
    }

    /// <summary>
    /// Records a failed attempt. What its recipient's server did not take waits longer each time. What the mail server
    /// did not take, or this node does not send, goes to the end of the line: who sends decides when that goes on.
    /// Two days after the first attempt it is given up.
    /// </summary>
    /// <returns>The e-mail as it was recorded; null when a later attempt has its own outcome to record.</returns>
    public Task<RecordedMail?> PutBackAsync(ClaimedDelivery delivery, EmailDelay by, string reason)
    {
        NotificationTelemetry.NotSent(delivery, "put back");
        var pause = by == EmailDelay.Recipient ? PauseAfter(delivery.Attempts) : TimeSpan.Zero;
        return RecordProblemAsync(
            delivery,
            reason,
            $"""
            update messaging.deliveries x
            set lease_until = null, last_error = {Printable(reason)},
                state = case when perhaps_until is not null then 'PerhapsSent' when is_over then 'Failed'
                    else 'Pending' end,
                perhaps_until = case when is_over and perhaps_until is not null then 'infinity'
                    else perhaps_until end,
                try_at = case when id = {delivery.Due} and not is_over then clock_timestamp() + {pause} end
            from (
                select coalesce(min(mailed_at) < clock_timestamp() - {Longest}, false) and {by != EmailDelay.Node}
                    as is_over
                from messaging.deliveries
                where tenant_id = {delivery.TenantId} and id = {delivery.Id}) tried
            where tenant_id = {delivery.TenantId} and id = any({delivery.All}) and attempts = {delivery.Attempts}
            returning {s_recorded}
            """,
            isInDoubt: false);
    }

    /// <summary>Records an outcome, and the problem with the address where it is one.</summary>
    /// <param name="outcome">
    /// Returns addresses and states: problems are of those given up and of those in doubt.
    /// </param>
    /// <param name="mail">What the mail server may have; null when it has nothing.</param>
    /// <param name="isInDoubt">False when what was in doubt before is no news.</param>
    private Task<RecordedMail?> RecordProblemAsync(
        ClaimedDelivery delivery, string reason, Sql outcome, SentMail? mail = null, bool isInDoubt = true) =>
        RecordAsync(
            delivery,
            $"""
            with outcome as ({outcome}){SentMails.Kept(delivery, mail, "outcome")}, problem as (
                insert into messaging.mail_problems as p (tenant_id, address_key, since, reason, is_perhaps)
                select {delivery.TenantId}, address_key, now(), {Printable(reason)},
                    nullif(bool_or(state = 'PerhapsSent'), false)
                from outcome where state = 'Failed' or (state = 'PerhapsSent' and {isInDoubt}) group by address_key
                on conflict (tenant_id, address_key) do update
                    set reason = excluded.reason, is_perhaps = excluded.is_perhaps)
            {Recorded(delivery, "outcome")}
            """);

    // Its recipient, and the customer whose contact that is: of accounts, which no rebuild empties.
    private static Sql Recorded(ClaimedDelivery delivery, string outcome) =>
        Sql.Of(
            $"""
            select d.state, d.recipient_kind, d.recipient_id, a.customer_id, e.correlation_id
            from {Sql.Raw(outcome)} d
            left join messaging.accounts a on a.tenant_id = {delivery.TenantId} and a.person_id = d.recipient_id
            left join lateral (
                select correlation_id from messaging.mt_events
                where tenant_id = {delivery.TenantId} and id = d.event_id) e on true
            where d.id = {delivery.Due}
            """);

    private static TimeSpan PauseAfter(int attempts) =>
        Repeatedly.Spread(s_pauses[Math.Clamp(attempts, 1, s_pauses.Length) - 1]);

    /// <summary>
    /// They may have another address since it was planned, and whoever reads the mail to the one of before may be
    /// somebody else by now.
    /// </summary>
    private async Task<OutgoingEmail> ToAddressOfNowAsync(
        ClaimedDelivery delivery, OutgoingEmail email, string? address, CancellationToken cancellation)
    {
        if (address is null || EmailKey.Of(address) == EmailKey.Of(delivery.Address)) return email;
        await Sql.Of(
            $"""
            update messaging.deliveries d set address = {address}, address_key = {EmailKey.Of(address)}
            where d.tenant_id = {delivery.TenantId} and d.id = any({delivery.All}) and not exists (
                select from messaging.deliveries o where o.tenant_id = d.tenant_id and o.event_id = d.event_id
                    and o.address_key = {EmailKey.Of(address)})
            """).ExecuteAsync(database, cancellation);
        return email with { To = address };
    }

    /// <returns>
    /// The e-mail, the deliveries that it tells, and the address that its recipient has by now, which is null for the
    /// office's registered one; null when there is nothing to tell.
    /// </returns>
    private async Task<(OutgoingEmail Email, Guid[] Told, string? Address)?> NewsAsync(
        ClaimedDelivery delivery, CancellationToken cancellation)
    {
        var isOne = delivery.All.Length == 1;
        var longestBody = isOne ? int.MaxValue : ConversationsEmail.LongestBodyOf(delivery.All.Length);
        var (several, all) = await ContentAsync(delivery, longestBody, cancellation);
        if (all.FindAll(IsNotWanted) is { Count: > 0 } read)
        {
            await DropAsync(delivery, [.. read.Select(told => told.DeliveryId)], HasRead);
            all.RemoveAll(IsNotWanted);
        }

        if (all.Count == 0 || all.Exists(told => !told.TakesPart)) return null;
        Guid[] ids = [.. all.Select(told => told.DeliveryId)];

        // The others are nobody's news any more: then it is told as one is.
        if (all.Count == 1 && !isOne) return await NewsAsync(delivery with { All = ids }, cancellation);
        var first = all[0];

        // One that must not be told keeps the others from it as well.
        OutgoingEmail email = all.Exists(told => !told.HasContent)
            ? new NoticeEmail(
                delivery.Id, delivery.Address, first.RecipientName, delivery.Locale, first.OrganisationName, all.Count,
                all.TrueForAll(told => told.ConversationId == first.ConversationId) ? first.ConversationId : null)
            : isOne
            ? new ConversationEmail(
                delivery.Id, delivery.Address, first.RecipientName, delivery.Locale, first.OrganisationName,
                first.Kind, first.ConversationId, first.Subject, first.CustomerName, first.ActorName, first.Body,
                first.FileNames, first.IsForOffice, first.OccurredAt, first.TimeZone, first.Status, first.ByCustomer)
            {
                HasSeveralAccounts = several,
                ActorEmail = first.ActorEmail,
            }
            : new ConversationsEmail(
                delivery.Id, delivery.Address, first.RecipientName, delivery.Locale, first.OrganisationName,
                all.ConvertAll(told => new ConversationNews(
                    told.Kind, told.ConversationId, told.Subject, told.CustomerName, told.ActorName, told.Body,
                    told.FileNames, told.OccurredAt, told.Status, told.ByCustomer, told.ActorEmail)),
                first.IsForOffice, first.TimeZone, longestBody)
            {
                HasSeveralAccounts = several,
            };

        // An answer to what must not be in plain mail would be in plain mail.
        var isAnswerable = email is not NoticeEmail && first.RecipientEmail is not null
            && all.TrueForAll(told => told.ConversationId == first.ConversationId);
        email = email with
        {
            ReplyTo = first.RegisteredEmail,
            MayChoose = first.RecipientEmail is not null,
            AnswersTo = isAnswerable ? ids[0] : null,
        };
        return (email, ids, first.RecipientEmail);
    }

    // What goes to the office's registered address goes there whoever reads it.
    private static bool IsNotWanted(EmailContent told) =>
        told.IsRead && told.RecipientEmail is { } address && EmailKey.Of(address) != EmailKey.Of(told.RegisteredEmail);

    private async Task<(bool HasSeveralAccounts, List<EmailContent> All)> ContentAsync(
        ClaimedDelivery delivery, int longestBody, CancellationToken cancellation)
    {
        await using var batch = Holding(out var ofHold, s_plannedOnce);
        batch.Add(HasSeveralAccounts(delivery));
        batch.Add(
            EmailContent.StatementOf(
                $"""
                select * from messaging.deliveries where tenant_id = {delivery.TenantId} and id = any({delivery.All})
                    and not exists (
                        select from messaging.closed_organisations c where c.tenant_id = {delivery.TenantId})
                """,
                longestBody));
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        for (var i = 0; i <= ofHold; i++) await reader.NextResultAsync(cancellation);
        var several = await reader.ReadAsync(cancellation) && reader.GetBoolean(0);
        await reader.NextResultAsync(cancellation);
        var all = new List<EmailContent>(delivery.All.Length);
        while (await reader.ReadAsync(cancellation)) all.Add(EmailContent.Read(reader));
        return (several, all);
    }

    // True when the recipient has other accounts, of whichever organisation, that they sign in to by the same address
    // or with the same identity: their mails come to one mailbox.
    private static Sql HasSeveralAccounts(ClaimedDelivery delivery) => Sql.Of(
        $"""
        select exists (
            select from messaging.deliveries d
            join messaging.accounts a on a.tenant_id = d.tenant_id and a.person_id = d.recipient_id
            join messaging.accounts o
                on o.active and (o.tenant_id, o.person_id) <> (a.tenant_id, a.person_id)
                    and (o.email_key = a.email_key or o.identity_id = a.identity_id)
            where d.tenant_id = {delivery.TenantId} and d.id = {delivery.Id})
        """);

    // The token exists from now on and in this mail only: the database keeps its hash. So a repeated attempt has
    // another token; the earlier one keeps working, since its mail may have arrived after all. A person invited again
    // meanwhile gets the later mail only.
    private async Task<OutgoingEmail?> InvitationAsync(ClaimedDelivery delivery, CancellationToken cancellation)
    {
        var token = Invitations.NewToken();
        await using var batch = Holding(
            out var ofHold,
            $"""
            with invited as (
                select d.tenant_id, d.recipient_id, d.actor_kind, d.actor_id, e.version from messaging.deliveries d
                join messaging.accounts a on a.tenant_id = d.tenant_id and a.person_id = d.recipient_id
                join messaging.mt_events e on e.id = d.event_id and e.tenant_id = d.tenant_id
                where d.tenant_id = {delivery.TenantId} and d.id = {delivery.Id}
                    and {Sql.Raw(OpenAccounts.IsOpen)} and a.password_hash is null and not exists (
                    select from messaging.mt_events l
                    where l.tenant_id = e.tenant_id and l.stream_id = e.stream_id and l.version > e.version
                        and l.type in ('administrator_invited_again', 'contact_invited_again',
                            'administrator_reactivated', 'contact_reactivated'))),
            token as (
                insert into messaging.invitations (token_hash, tenant_id, person_id, expires_at, version)
                select {Invitations.HashOf(token)}, tenant_id, recipient_id, clock_timestamp() + {Invitations.Lifetime},
                    version from invited returning expires_at)
            select {EmailContent.Office}, coalesce(ra.display_name, rc.display_name),
                coalesce(aa.display_name, o.name), t.expires_at, u.name
            from invited d cross join token t
            {EmailContent.Names}
            left join messaging.customers u on u.tenant_id = d.tenant_id and u.id = rc.customer_id
            """);
        return await OnlyAsync(
            batch,
            ofHold,
            reader => new InvitationEmail(
                delivery.Id, delivery.Address, reader.GetString(3), delivery.Locale, reader.GetString(0),
                reader.GetString(4), token, reader.Instant(5), reader.GetString(1), reader.StringOrNull(6)),
            cancellation);
    }

    // As of an invitation, the token is in this mail only. Whoever has changed their password since needs no link, and
    // nobody gets one at an address that is theirs no more.
    private async Task<OutgoingEmail?> PasswordResetAsync(ClaimedDelivery delivery, CancellationToken cancellation)
    {
        var token = Invitations.NewToken();
        await using var batch = Holding(
            out var ofHold,
            $"""
            with asked as (
                select d.tenant_id, d.recipient_id, d.actor_kind, d.actor_id, a.password_hash is not null as has_one
                from messaging.deliveries d
                join messaging.accounts a on a.tenant_id = d.tenant_id and a.person_id = d.recipient_id
                join messaging.mt_events e on e.id = d.event_id and e.tenant_id = d.tenant_id
                where d.tenant_id = {delivery.TenantId} and d.id = {delivery.Id}
                    and {Sql.Raw(OpenAccounts.IsOpen)} and not exists (
                    select from messaging.mt_events l
                    where l.tenant_id = e.tenant_id and l.stream_id = e.stream_id and l.version > e.version
                        and l.type in ('administrator_password_changed', 'contact_password_changed',
                            'administrator_email_changed', 'contact_email_changed'))),
            token as (
                insert into messaging.password_resets (token_hash, tenant_id, person_id, expires_at)
                select {Invitations.HashOf(token)}, tenant_id, recipient_id,
                    clock_timestamp() + {ResetPassword.Lifetime}
                from asked where has_one returning expires_at)
            select {EmailContent.Office}, coalesce(ra.display_name, rc.display_name), t.expires_at, aa.display_name
            from asked d left join token t on true
            {EmailContent.Names}
            """);
        return await OnlyAsync(
            batch,
            ofHold,
            reader => new PasswordResetEmail(
                delivery.Id, delivery.Address, reader.GetString(3), delivery.Locale, reader.GetString(0),
                reader.StringOrNull(5), reader.IsDBNull(4) ? null : token, reader.InstantOrNull(4),
                reader.GetString(1)),
            cancellation);
    }

    private async Task<OutgoingEmail?> PasswordChangedAsync(ClaimedDelivery delivery, CancellationToken cancellation)
    {
        await using var batch = Holding(
            out var ofHold,
            $"""
            select {EmailContent.Office}, coalesce(ra.display_name, rc.display_name)
            from messaging.deliveries d
            join messaging.accounts a on a.tenant_id = d.tenant_id and a.person_id = d.recipient_id
                and {Sql.Raw(OpenAccounts.IsOpen)}
            {EmailContent.Names}
            where d.tenant_id = {delivery.TenantId} and d.id = {delivery.Id}
            """);
        return await OnlyAsync(
            batch,
            ofHold,
            reader => new PasswordChangedEmail(
                delivery.Id, delivery.Address, reader.GetString(3), delivery.Locale, reader.GetString(0),
                delivery.OccurredAt, reader.GetString(1)),
            cancellation);
    }

    private async Task<OutgoingEmail?> SecondFactorChangedAsync(
        ClaimedDelivery delivery, CancellationToken cancellation)
    {
        await using var batch = Holding(
            out var ofHold,
            $"""
            select {EmailContent.Office}, coalesce(ra.display_name, rc.display_name), e.data->>'change'
            from messaging.deliveries d
            join messaging.accounts a on a.tenant_id = d.tenant_id and a.person_id = d.recipient_id
                and {Sql.Raw(OpenAccounts.IsOpen)}
            join messaging.mt_events e on e.id = d.event_id and e.tenant_id = d.tenant_id
            {EmailContent.Names}
            where d.tenant_id = {delivery.TenantId} and d.id = {delivery.Id}
            """);
        return await OnlyAsync(
            batch,
            ofHold,
            reader => new SecondFactorChangedEmail(
                delivery.Id, delivery.Address, reader.GetString(3), delivery.Locale, reader.GetString(0),
                reader.Enumeration<SecondFactorChange>(4), delivery.OccurredAt, reader.GetString(1)),
            cancellation);
    }

    // As of an invitation, the token is in this mail only. A change that was withdrawn, replaced or ended otherwise
    // meanwhile needs no link.
    private async Task<OutgoingEmail?> EmailChangeAsync(ClaimedDelivery delivery, CancellationToken cancellation)
    {
        var token = Invitations.NewToken();
        await using var batch = Holding(
            out var ofHold,
            $"""
            with asked as (
                select d.tenant_id, d.recipient_id, d.actor_kind, d.actor_id, d.address, e.version
                from messaging.deliveries d
                join messaging.accounts a on a.tenant_id = d.tenant_id and a.person_id = d.recipient_id
                join messaging.mt_events e on e.id = d.event_id and e.tenant_id = d.tenant_id
                where d.tenant_id = {delivery.TenantId} and d.id = {delivery.Id}
                    and {Sql.Raw(OpenAccounts.IsOpen)} and not exists (
                    select from messaging.mt_events l
                    where l.tenant_id = e.tenant_id and l.stream_id = e.stream_id and l.version > e.version
                        and l.type in ('administrator_email_change_asked', 'contact_email_change_asked',
                            'administrator_email_change_withdrawn', 'contact_email_change_withdrawn',
                            'administrator_email_changed', 'contact_email_changed',
                            'administrator_password_changed', 'contact_password_changed',
                            'administrator_deactivated', 'contact_deactivated'))),
            token as (
                insert into messaging.email_changes (token_hash, tenant_id, person_id, email, version, expires_at)
                select {Invitations.HashOf(token)}, tenant_id, recipient_id, address, version,
                    clock_timestamp() + {ConfirmEmailChange.Lifetime}
                from asked returning expires_at)
            select {EmailContent.Office}, coalesce(ra.display_name, rc.display_name), t.expires_at,
                case when d.actor_id <> d.recipient_id then aa.display_name end
            from asked d cross join token t
            {EmailContent.Names}
            """);
        return await OnlyAsync(
            batch,
            ofHold,
            reader => new EmailChangeEmail(
                delivery.Id, delivery.Address, reader.GetString(3), delivery.Locale, reader.GetString(0),
                reader.StringOrNull(5), token, reader.Instant(4), reader.GetString(1)),
            cancellation);
    }

    private async Task<OutgoingEmail?> EmailChangeNoticeAsync(ClaimedDelivery delivery, CancellationToken cancellation)
    {
        await using var batch = Holding(
            out var ofHold,
            $"""
            select {EmailContent.Office}, coalesce(ra.display_name, rc.display_name),
                case when d.actor_id <> d.recipient_id then aa.display_name end
            from messaging.deliveries d
            join messaging.accounts a on a.tenant_id = d.tenant_id and a.person_id = d.recipient_id
                and {Sql.Raw(OpenAccounts.IsOpen)}
            {EmailContent.Names}
            where d.tenant_id = {delivery.TenantId} and d.id = {delivery.Id}
            """);
        return await OnlyAsync(
            batch,
            ofHold,
            reader => new EmailChangeNoticeEmail(
                delivery.Id, delivery.Address, reader.GetString(3), delivery.Locale, reader.GetString(0),
                delivery.Kind == DeliveryTable.EmailChanged, reader.StringOrNull(4), delivery.OccurredAt,
                reader.GetString(1)),
            cancellation);
    }

    // The first columns are those of the office.
    private static async Task<OutgoingEmail?> OnlyAsync(
        NpgsqlBatch batch, int ofHold, Func<NpgsqlDataReader, OutgoingEmail> email, CancellationToken cancellation)
    {
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        for (var i = 0; i < ofHold; i++)
            await reader.NextResultAsync(cancellation);
        if (!await reader.ReadAsync(cancellation))
            return null;
        var only = email(reader) with { ReplyTo = reader.GetString(2) };

        // Read to its end, where it has committed or fails: a reader that is only disposed of hides a failure, and a
        // link would not work.
        while (await reader.NextResultAsync(cancellation))
        {
        }

        return only;
    }

    // The content of an e-mail comes from the read models: a person missing there would seem to have left.
    private NpgsqlBatch Holding(out int ofHold, Sql sql)
    {
        var batch = database.CreateBatch();
        ofHold = ReadModelFence.AddTo(batch);
        batch.Add(sql);
        return batch;
    }

    // An outcome is recorded also while the product is stopping. An unrecorded one has the e-mail sent again after the
    // lease; so the database gets ten minutes.
    private async Task<RecordedMail?> RecordAsync(ClaimedDelivery delivery, Sql sql) =>
        (await TryAsync(
            sql => sql.ReturningAsync(
                database,
                r => new RecordedMail(
                    r.Enumeration<DeliveryState>(0),
                    r.IsDBNull(2) ? AccessSubject.Organisation(Guid.Parse(delivery.TenantId))
                    : r.Enumeration<RecipientKind>(1) == RecipientKind.Contact
                        ? AccessSubject.Contact(r.GetGuid(2), r.IsDBNull(3) ? null : r.GetGuid(3))
                    : AccessSubject.Administrator(r.GetGuid(2)),
                    r.StringOrNull(4)),
                CancellationToken.None),
            sql)) is [var recorded] ? recorded : null;

    private static async Task<T> TryAsync<T>(Func<Sql, Task<T>> execute, Sql sql)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await execute(sql);
            }
            catch (NpgsqlException) when (attempt < 300)
            {
                await Task.Delay(TimeSpan.FromSeconds(Math.Min(attempt, 2)));
            }
        }
    }

    private static string Printable(string reason) =>
        string.Concat(reason.Where(c => c != '\0' && !char.IsSurrogate(c)).Take(1000));
}
