using Messaging.Domain;
using Messaging.Projections;
using Messaging.Projections.Accounts;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Notifications.Inbound;

/// <summary>A mail that came to a signed address and became no comment.</summary>
/// <param name="Code">The code of the refusal; null without one.</param>
/// <param name="From">The address that it says it is from; not proven.</param>
/// <param name="PersonId">The person that the address was made for.</param>
public sealed record InboundMailRow(
    Guid Id, DateTimeOffset ReceivedAt, InboundOutcome Outcome, string? Code, string From, string Subject,
    Guid? ConversationId, Guid? PersonId);

/// <summary>
/// The mails that became no comment, for administrators and auditors. Whoever is limited sees those to the
/// conversations that they see.
/// </summary>
public sealed class InboundQueries(NpgsqlDataSource database)
{
    private const string List = "inbound mails";

    /// <summary>A page of them, the latest first.</summary>
    /// <exception cref="InvalidPageException">There is no such page.</exception>
    /// <exception cref="InvalidCursorException">A cursor is none of this list.</exception>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<Page<InboundMailRow>> PageAsync(
        Caller caller, PageRequest page, CancellationToken cancellation)
    {
        var sql = Sql.Of(
            $"""
            select m.id, m.received_at, m.outcome, m.code,
                case when {RestrictedPeople.AreHiddenFrom(caller, "m.person_id")} then '' else m.sender end,
                m.subject, m.conversation_id, m.person_id
            from messaging.inbound_mails m where {Visible(caller)}
            """);
        if (page.After is not null)
        {
            var after = Cursor.Instant(List, page.After, "after");
            sql += $" and (m.received_at, m.id) < ({after.At}, {after.Id})";
        }

        if (page.Before is not null)
        {
            var before = Cursor.Instant(List, page.Before, "before");
            sql += $" and (m.received_at, m.id) > ({before.At}, {before.Id})";
        }

        var direction = Sql.Raw(page.Backward ? "asc" : "desc");
        sql += $" order by m.received_at {direction}, m.id {direction} limit {Sql.Number(page.Size() + 1)}";
        var rows = await sql.ListAsync(
            database,
            r => new InboundMailRow(
                r.GetGuid(0), r.Instant(1), r.Enumeration<InboundOutcome>(2), r.StringOrNull(3), r.GetString(4),
                r.GetString(5), r.GuidOrNull(6), r.GuidOrNull(7)),
            cancellation);
        return Page<InboundMailRow>.Of(rows, page, m => Cursor.Of(List, m.ReceivedAt, m.Id));
    }

    /// <summary>The number of them; there are at most <see cref="InboundMails.PerOrganisation"/>.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public Task<int> CountAsync(Caller caller, CancellationToken cancellation) =>
        Sql.Of($"select count(*) from messaging.inbound_mails m where {Visible(caller)}")
            .CountAsync(database, cancellation);

    private static Sql Visible(Caller caller)
    {
        OfficeOnly.Demand(caller);
        var sql = Sql.Of($"m.tenant_id = {caller.TenantId} and m.outcome <> {nameof(InboundOutcome.Comment)}");
        return !caller.IsLimited ? sql : sql + Sql.Of(
            $"""
             and exists (select from messaging.conversations c
                where c.tenant_id = {caller.TenantId} and c.id = m.conversation_id
                    {LimitedAccess.OfConversation(caller)})
            """);
    }
}
