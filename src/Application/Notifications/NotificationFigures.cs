using Messaging.Domain;
using Messaging.Projections;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Notifications;

/// <summary>A number of what was told.</summary>
public enum NotificationPart
{
    /// <summary>Mails that were planned.</summary>
    Mails,

    /// <summary>Those of them that the mail server took.</summary>
    Sent,

    /// <summary>Those that were given up.</summary>
    Failed,

    /// <summary>Those that the mail server gave no answer of.</summary>
    PerhapsSent,

    /// <summary>Those that are still to be sent.</summary>
    Pending,

    /// <summary>Those that nobody needed any more.</summary>
    NotNeeded,

    /// <summary>Notifications in profiles.</summary>
    InProfile,

    /// <summary>Those of them that were read.</summary>
    Read,
}

/// <summary>What was told of one kind, and what has become of it.</summary>
/// <param name="Mails">The sum of the numbers until <paramref name="NotNeeded"/>.</param>
/// <param name="InProfile">Of these, <paramref name="Read"/> were read.</param>
public sealed record NotificationFigure(
    DeliveryKind Kind, int Mails, int Sent, int Failed, int PerhapsSent, int Pending, int NotNeeded, int InProfile,
    int Read);

/// <summary>How many of those that a number counts are of a conversation.</summary>
public sealed record NotifiedConversation(Guid ConversationId, int Count);

/// <summary>
/// The mails and notifications that were planned in a range of time, by kind and by conversation, and what has become
/// of them: for administrators and auditors. It says nothing of a person.
/// </summary>
public sealed class NotificationFigures(NpgsqlDataSource database)
{
    private const string List = "notified";

    /// <summary>The figures of each kind that there is something of, in the order of the kinds.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<IReadOnlyList<NotificationFigure>> FiguresAsync(
        Caller caller, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation)
    {
        var sql = Sql.Of($"select kind, part, count(*)::int from ({Those(caller, from, to, null)}) t group by 1, 2");
        var rows = await sql.Heavy().ListAsync(
            database,
            r => (
                Kind: r.Enumeration<DeliveryKind>(0), Part: r.Enumeration<NotificationPart>(1), Count: r.GetInt32(2)),
            cancellation);
        return
        [
            .. rows.GroupBy(r => r.Kind).OrderBy(g => g.Key).Select(kind =>
            {
                return new NotificationFigure(
                    kind.Key, Of(p => p < NotificationPart.InProfile), Of(p => p == NotificationPart.Sent),
                    Of(p => p == NotificationPart.Failed), Of(p => p == NotificationPart.PerhapsSent),
                    Of(p => p == NotificationPart.Pending), Of(p => p == NotificationPart.NotNeeded),
                    Of(p => p >= NotificationPart.InProfile), Of(p => p == NotificationPart.Read));

                int Of(Predicate<NotificationPart> isOf) => kind.Where(r => isOf(r.Part)).Sum(r => r.Count);
            }),
        ];
    }

    /// <summary>A page of the conversations that a number is of, those with the most first.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    /// <exception cref="InvalidPageException">There is no such page.</exception>
    /// <exception cref="InvalidCursorException">A cursor is none of this list.</exception>
    public async Task<Page<NotifiedConversation>> PageAsync(
        Caller caller, DateTimeOffset from, DateTimeOffset to, DeliveryKind? kind, NotificationPart part,
        PageRequest page, CancellationToken cancellation)
    {
        var list = $"{List}.{part}";
        var size = page.Size();
        var bounds = page.Between(Sql.Raw("(-count, conversation_id)"), Cursor.CountPlaces(list));
        var direction = Sql.Raw(page.Backward ? "desc" : "asc");
        var rows = await Sql.Of(
            $"""
            select conversation_id, count from (
                select conversation_id, count(*)::int as count from ({Those(caller, from, to, kind)}) t
                where conversation_id is not null and {Is(part)} group by 1) t
            where true{bounds}
            order by -count {direction}, conversation_id {direction} limit {Sql.Number(size + 1)}
            """).Heavy().ListAsync(
            database, r => new NotifiedConversation(r.GetGuid(0), r.GetInt32(1)), cancellation);
        return Page<NotifiedConversation>.Of(rows, page, r => Cursor.Of(list, r.Count, r.ConversationId));
    }

    /// <summary>Number of the conversations that a number is of.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public Task<int> CountAsync(
        Caller caller, DateTimeOffset from, DateTimeOffset to, DeliveryKind? kind, NotificationPart part,
        CancellationToken cancellation) =>
        Sql.Of(
            $"""
            select count(distinct conversation_id) from ({Those(caller, from, to, kind)}) t where {Is(part)}
            """).Heavy().CountAsync(database, cancellation);

    // Each one has its last part: a mail that was sent is no row of Mails, nor what was read one of InProfile.
    private static Sql Is(NotificationPart part) => part switch
    {
        NotificationPart.Mails => Sql.Raw("part not in ('InProfile', 'Read')"),
        NotificationPart.InProfile => Sql.Raw("part in ('InProfile', 'Read')"),
        _ => Sql.Of($"part = {part.ToString()}"),
    };

    // The rows kind, part and conversation_id. Notifications are in the index of their recipients, who are fewer.
    private static Sql Those(Caller caller, DateTimeOffset from, DateTimeOffset to, DeliveryKind? kind)
    {
        var (ofMails, ofNotifications) = (Sql.Nothing, Sql.Nothing);
        if (kind is { } one)
            (ofMails, ofNotifications) =
                (Sql.Of($" and d.kind = {one.ToString()}"), Sql.Of($" and n.kind = {one.ToString()}"));
        return Sql.Of(
            $"""
            select d.kind, case d.state when 'Sending' then 'Pending' else d.state end as part, d.conversation_id
            from messaging.deliveries d
            where {DeliveryQueries.Visible(caller)} and d.created_at >= {from} and d.created_at < {to}{ofMails}
            union all
            select n.kind, n.part, n.conversation_id
            from (
                select id from messaging.administrators where tenant_id = {caller.TenantId}
                union all select id from messaging.contacts where tenant_id = {caller.TenantId}) k
            cross join lateral (
                select n.kind, case when n.read_at is null then 'InProfile' else 'Read' end as part, n.conversation_id
                from messaging.notifications n
                where n.tenant_id = {caller.TenantId} and n.recipient_id = k.id
                    and n.created_at >= {from} and n.created_at < {to}{ofNotifications}
                    {LimitedAccess.OfConversationId(caller, "n.conversation_id")} offset 0) n
            """);
    }
}
