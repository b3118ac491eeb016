using System.Security.Cryptography;
using System.Text;
using Messaging.Projections.Storage;
using Weasel.Postgresql.Tables;

namespace Messaging.Application.Notifications;

/// <summary>
/// What the mail server got, once for each mail, however many deliveries it carried. Of mails about accounts the text
/// is not kept, since a link in it lets somebody in, nor that of a report of the week, which may have times of people
/// in it that are not for all who read the ledger: its hash is enough to compare a copy with.
/// </summary>
internal static class SentMails
{
    /// <summary>The table.</summary>
    public static readonly Table Table = Create();

    /// <summary>
    /// A further part of a <c>with</c>, which keeps a mail where an outcome was recorded; nothing where there is no
    /// mail.
    /// </summary>
    /// <param name="recorded">The name of the part before, whose rows are what was recorded.</param>
    public static Sql Kept(ClaimedDelivery delivery, SentMail? mail, string recorded)
    {
        if (mail is null) return Sql.Nothing;
        var text = DeliveryTable.WithoutText.Contains(delivery.Kind) ? null : Printable(mail.Text);
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(mail.Text)));
        return Sql.Of(
            $"""
            , kept as (
                insert into messaging.sent_mails
                    (tenant_id, mail_id, message_id, subject, text, sha256, conversation_ids, sent_at)
                select {delivery.TenantId}, {delivery.Id}, {Printable(mail.MessageId)}, {Printable(mail.Subject)},
                    {text}::text, {hash}, array(
                        select distinct conversation_id from messaging.deliveries
                        where tenant_id = {delivery.TenantId} and id = any({delivery.All})
                            and conversation_id is not null),
                    clock_timestamp()
                where exists (select from {Sql.Raw(recorded)})
                on conflict (tenant_id, mail_id) do update set message_id = excluded.message_id,
                    subject = excluded.subject, text = excluded.text, sha256 = excluded.sha256,
                    conversation_ids = excluded.conversation_ids, sent_at = excluded.sent_at)
            """);
    }

    // Whatever a template makes of what people wrote: the database takes all of it but this.
    private static string Printable(string text) => text.Replace("\0", "", StringComparison.Ordinal);

    private static Table Create()
    {
        var table = new Table("messaging.sent_mails");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();

        // The delivery that names the mail.
        table.AddColumn<Guid>("mail_id").AsPrimaryKey();
        table.AddColumn<string>("message_id").NotNull();
        table.AddColumn<string>("subject").NotNull();
        table.AddColumn<string>("text");
        table.AddColumn<string>("sha256").NotNull();

        // What it told of: whoever does not see all of it does not see the text.
        table.AddColumn("conversation_ids", "uuid[]").NotNull();
        table.AddColumn("sent_at", "timestamptz").NotNull();
        return table;
    }
}
