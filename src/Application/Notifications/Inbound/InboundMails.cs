using System.Security.Cryptography;
using System.Text;
using Messaging.Application.Accounts;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Notifications.Inbound;

/// <summary>How far a mailbox was read.</summary>
/// <param name="UidValidity">The server's mark of its numbers; null before it was ever read.</param>
/// <param name="NextUid">The first number that was not read.</param>
/// <param name="ReadAt">The instant at which it was last read.</param>
public sealed record MailboxPlace(long? UidValidity, long NextUid, DateTimeOffset? ReadAt);

/// <summary>What a mail answers: who it has to be from, and where it goes.</summary>
/// <param name="Sender">The person that the mail was sent to; only they may answer it.</param>
/// <param name="Email">The address that they have by now.</param>
/// <param name="IsActive">True when they may sign in.</param>
/// <param name="Locale">The language that the mail was written in.</param>
/// <param name="Visibility">
/// Internal for what answers a note, or a mail that asks for something of the office alone.
/// </param>
public sealed record Answered(
    Caller Sender, string Email, bool IsActive, Guid DeliveryId, Guid ConversationId, string Locale,
    CommentVisibility Visibility);

/// <summary>A mail that came to a signed address, and what became of it.</summary>
/// <param name="Code">The refusal's code; null without one.</param>
/// <param name="From">The address that it says it is from; at most 320 characters, not proven.</param>
public sealed record InboundMail(
    string TenantId, Guid Id, InboundOutcome Outcome, string? Code, string From, string Subject, Guid DeliveryId,
    Guid? ConversationId, Guid? PersonId);

/// <summary>What a bounce has changed.</summary>
public enum BounceEffect
{
    /// <summary>The delivery has failed.</summary>
    Marked,

    /// <summary>It is not known yet that it was sent: to be asked again soon.</summary>
    NotYet,

    /// <summary>Nothing: it has failed already, or is being sent again, or is not ours.</summary>
    None,
}

/// <summary>The mails that come in, for the node that reads the mailbox.</summary>
public sealed class InboundMails(NpgsqlDataSource database)
{
    /// <summary>The most comments of one person by mail in an hour: a machine that answers mails stops there.</summary>
    public const int PerPersonAndHour = 60;

    /// <summary>The most mails that an organisation is shown.</summary>
    public const int PerOrganisation = 1_000;

    /// <summary>Time for which a node has a mailbox alone without renewing it.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan s_kept = TimeSpan.FromDays(90);
    private static readonly TimeSpan s_counted = TimeSpan.FromHours(1);

    private static readonly string[] s_ofTalk = Array.ConvertAll(DeliveryTable.OfTalk, kind => kind.ToString());

    /// <summary>
    /// The id of a mail, and of the comment that it becomes: the same however often and from where it is read.
    /// </summary>
    public static Guid IdOf(Answered answered, string mail)
    {
        return DerivedId.Of(SHA256.HashData(Encoding.UTF8.GetBytes(
            $"inbound mail {answered.Sender.TenantId} {answered.ConversationId} {answered.Sender.Actor.Id} {mail}")));
    }

    /// <summary>Takes a mailbox, or renews that; null while another node has it.</summary>
    public async Task<MailboxPlace?> TakeAsync(string mailbox, Guid holder, CancellationToken cancellation)
    {
        var rows = await Sql.Of(
            $"""
            insert into messaging.inbound_mailboxes as m (mailbox, lease_holder, lease_until)
            values ({mailbox}, {holder}, clock_timestamp() + {Lease})
            on conflict (mailbox) do update set lease_holder = excluded.lease_holder, lease_until = excluded.lease_until
            where m.lease_holder = {holder} or m.lease_until is null or m.lease_until < clock_timestamp()
            returning m.uid_validity, coalesce(m.next_uid, 0), m.read_at
            """).ReturningAsync(
                database, r => new MailboxPlace(r.Int64OrNull(0), r.GetInt64(1), r.InstantOrNull(2)), cancellation);
        return rows.FirstOrDefault();
    }

    /// <summary>Says how far it was read. False when another node has it by now.</summary>
    public async Task<bool> MoveAsync(
        string mailbox, Guid holder, long uidValidity, long nextUid, CancellationToken cancellation) =>
        await Sql.Of(
            $"""
            update messaging.inbound_mailboxes
            set uid_validity = {uidValidity}, next_uid = {nextUid}, read_at = clock_timestamp()
            where mailbox = {mailbox} and lease_holder = {holder}
            """).ExecuteAsync(database, cancellation) == 1;

    /// <summary>Lets go of it, so that another node need not wait.</summary>
    public Task LetGoAsync(string mailbox, Guid holder, CancellationToken cancellation) =>
        Sql.Of(
            $"""
            update messaging.inbound_mailboxes set lease_until = null
            where mailbox = {mailbox} and lease_holder = {holder}
            """).ExecuteAsync(database, cancellation);

    /// <summary>
    /// Finds what a mail answers; null when there is nothing of it any more. Fails while the read models cannot be
    /// used.
    /// </summary>
    public async Task<Answered?> FindAsync(Guid deliveryId, CancellationToken cancellation)
    {
        await using var batch = database.CreateBatch();
        var ofHold = ReadModelFence.AddTo(batch);

        // The organisations are few, and the ledger has no index on the id alone.
        batch.Add(
            $"""
            select {SignIn.AccountColumns}, coalesce(p.email, c.email, ''),
                {Sql.Raw(OpenAccounts.IsOpen)} and not exists (
                    select from messaging.closed_organisations x where x.tenant_id = d.tenant_id),
                d.conversation_id, d.locale,
                d.kind = any({s_ofTalk}) and not exists (
                    select from messaging.deliveries x
                    join messaging.comments k on k.tenant_id = x.tenant_id and k.id = x.comment_id
                    where x.tenant_id = d.tenant_id and x.conversation_id = d.conversation_id
                        and (x.id = d.id or x.mail_id = d.mail_id) and k.visibility <> 'Public')
            from messaging.organisations o
            cross join lateral (select * from messaging.deliveries
                where tenant_id = o.tenant_id and id = {deliveryId} offset 0) d
            join messaging.accounts a on a.tenant_id = d.tenant_id and a.person_id = d.recipient_id
            left join messaging.administrators p on p.tenant_id = a.tenant_id and p.id = a.person_id
            left join messaging.contacts c on c.tenant_id = a.tenant_id and c.id = a.person_id
            where d.conversation_id is not null
            """);
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        for (var i = 0; i < ofHold; i++) await reader.NextResultAsync(cancellation);
        if (!await reader.ReadAsync(cancellation)) return null;
        const int after = SignIn.AfterAccount;
        var sender = SignIn.CallerOf(reader);
        var isOfTalk = reader.GetBoolean(after + 4);
        return new Answered(
            sender, reader.GetString(after), reader.GetBoolean(after + 1), deliveryId, reader.GetGuid(after + 2),
            reader.GetString(after + 3),
            isOfTalk || sender.Actor is Actor.Contact ? CommentVisibility.Public : CommentVisibility.Internal);
    }

    /// <summary>True when it was dealt with already.</summary>
    public async Task<bool> IsKnownAsync(string tenantId, Guid id, CancellationToken cancellation)
    {
        await using var batch = database.CreateBatch();
        var ofHold = ReadModelFence.AddTo(batch);
        batch.Add(
            $"""
            select exists (select from messaging.inbound_mails where tenant_id = {tenantId} and id = {id})
                or exists (select from messaging.comments where tenant_id = {tenantId} and id = {id})
            """);
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        for (var i = 0; i < ofHold; i++) await reader.NextResultAsync(cancellation);
        return await reader.ReadAsync(cancellation) && reader.GetBoolean(0);
    }

    /// <summary>True when the person has sent as many within an hour as they may.</summary>
    public async Task<bool> IsBeyondAsync(Caller sender, CancellationToken cancellation) =>
        await Sql.Of(
            $"""
            select count(*) from messaging.inbound_mails
            where tenant_id = {sender.TenantId} and person_id = {sender.Actor.Id} and outcome = 'Comment'
                and received_at > clock_timestamp() - {s_counted}
            """).CountAsync(database, cancellation) >= PerPersonAndHour;

    /// <summary>
    /// Writes down what became of a mail; nothing when that is known. What is old goes, and what is more than an
    /// organisation is shown: comments as soon as they no longer count, so that they push nothing out.
    /// </summary>
    public Task RecordAsync(InboundMail mail, CancellationToken cancellation) =>
        Sql.Of(
            $"""
            with gone as (
                delete from messaging.inbound_mails m
                where m.tenant_id = {mail.TenantId} and (m.received_at < clock_timestamp() - {s_kept}
                    or (m.outcome = 'Comment' and m.received_at < clock_timestamp() - {s_counted})
                    or (m.outcome <> 'Comment' and m.received_at <= (
                        select received_at from messaging.inbound_mails
                        where tenant_id = {mail.TenantId} and outcome <> 'Comment'
                        order by received_at desc offset {PerOrganisation - 1} limit 1))))
            insert into messaging.inbound_mails
                (tenant_id, id, received_at, outcome, code, sender, subject, delivery_id, conversation_id, person_id)
            values ({mail.TenantId}, {mail.Id}, clock_timestamp(), {mail.Outcome.ToString()}, {mail.Code}::text,
                {mail.From}, {mail.Subject}, {mail.DeliveryId}, {mail.ConversationId}::uuid, {mail.PersonId}::uuid)
            on conflict (tenant_id, id) do nothing
            """).ExecuteAsync(database, cancellation);

    /// <summary>Marks a mail as failed that was sent and has come back.</summary>
    /// <param name="mailId">The delivery that names the mail.</param>
    /// <param name="messageId">Its Message-ID where only that is known; null where the address was signed.</param>
    /// <param name="reason">The words of the server that gave it back, without addresses.</param>
    public async Task<BounceEffect> BounceAsync(
        Guid mailId, string? messageId, string reason, CancellationToken cancellation)
    {
        var rows = await Sql.Of(
            $"""
            with named as materialized (
                select d.tenant_id, d.id, d.address_key, d.state,
                    coalesce(m.conversation_ids, array[]::uuid[]) as told
                from messaging.organisations o
                cross join lateral (select * from messaging.deliveries
                    where tenant_id = o.tenant_id and id = {mailId} offset 0) d
                left join messaging.sent_mails m on m.tenant_id = d.tenant_id and m.mail_id = d.id
                where {messageId}::text is null or m.message_id = {messageId}::text),
            marked as (
                update messaging.deliveries x
                set state = 'Failed', sent_at = null, try_at = null, perhaps_until = null, last_error = {reason}
                from named n
                where x.tenant_id = n.tenant_id and x.address_key = n.address_key
                    and (x.id = n.id or x.conversation_id = any(n.told)) and x.mail_id = n.id
                    and x.state in ('Sent', 'PerhapsSent')
                returning x.tenant_id, x.address_key),
            problem as (
                insert into messaging.mail_problems as p (tenant_id, address_key, since, reason)
                select distinct tenant_id, address_key, clock_timestamp(), {reason} from marked
                on conflict (tenant_id, address_key) do update set reason = excluded.reason, is_perhaps = null)
            select n.state, exists (select from marked) from named n
            """).ReturningAsync(database, r => (State: r.GetString(0), IsMarked: r.GetBoolean(1)), cancellation);
        return rows switch
        {
            [(_, true), ..] => BounceEffect.Marked,
            [("Sending" or "Pending", _), ..] => BounceEffect.NotYet,
            _ => BounceEffect.None,
        };
    }
}
