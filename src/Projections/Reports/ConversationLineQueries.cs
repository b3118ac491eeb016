using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Projections.Conversations;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Projections.Reports;

/// <summary>Which conversations are listed in a file; null restricts nothing.</summary>
/// <param name="From">Started from then on.</param>
/// <param name="To">Started before then.</param>
public sealed record LineFilter(
    ConversationStatus? Status, Guid? CustomerId, Guid? ResponsibleAdministratorId, DateTimeOffset? From,
    DateTimeOffset? To);

/// <summary>A conversation as a line of a file for spreadsheets.</summary>
/// <param name="FirstAnsweredAt">The instant at which it became ANSWERED first; null when it never did.</param>
/// <param name="Reopened">Number of changes from ANSWERED to another status.</param>
/// <param name="OfficeComments">Number of public comments of the office.</param>
/// <param name="FirstReply">Seconds of its first office reply, as docs/figures.md defines it.</param>
/// <param name="MedianReply">Median of the seconds of its office replies.</param>
/// <param name="AwaitingSince">Null while nobody is awaited.</param>
public sealed record ConversationLine(
    Guid Id, string Subject, ConversationStatus Status, Guid CustomerId, Guid? ResponsibleAdministratorId,
    DateTimeOffset CreatedAt, DateTimeOffset? FirstAnsweredAt, DateTimeOffset? LastAnsweredAt, int Reopened,
    int OfficeComments, int CustomerComments, int Notes, int Files, double? FirstReply, double? MedianReply,
    Awaiting Awaiting, DateTimeOffset? AwaitingSince);

/// <summary>All conversations that somebody of the office sees, line by line.</summary>
public sealed class ConversationLineQueries(NpgsqlDataSource database)
{
    /// <summary>The most lines of a file.</summary>
    public const int LinesMaximum = 200_000;

    private const int PageSize = 500;

    /// <summary>True when there are more of them than a file has lines.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<bool> AreTooManyAsync(Caller caller, LineFilter filter, CancellationToken cancellation)
    {
        OfficeOnly.Demand(caller);
        return await Sql.Of(
            $"""
             select count(*) from (
                 select from messaging.conversations c where {Conditions(caller, filter)}
                 limit {Sql.Number(LinesMaximum + 1)}) c
             """).Heavy().CountAsync(database, cancellation) > LinesMaximum;
    }

    /// <summary>The lines after one, the oldest conversation first; none when there are no more.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<IReadOnlyList<ConversationLine>> PageAsync(
        Caller caller, LineFilter filter, ConversationLine? after, CancellationToken cancellation)
    {
        OfficeOnly.Demand(caller);
        var where = Conditions(caller, filter);
        if (after is not null) where += $" and (c.created_at, c.id) > ({after.CreatedAt}, {after.Id})";
        return await Sql.Of(
            $"""
             select c.id, c.subject, c.status, c.customer_id, c.responsible_administrator_id, c.created_at,
                 s.first_at, s.last_at, s.reopened, m.office, m.customer, m.notes, f.files, w.first, w.median,
                 c.awaiting, case when c.awaiting <> 'Nobody' then c.awaiting_since end
             from (
                 select c.* from messaging.conversations c where {where}
                 order by c.created_at, c.id limit {Sql.Number(PageSize)}) c
             cross join lateral (
                 select min(p.from_at) filter (where p.status = 'Answered') as first_at,
                     max(p.from_at) filter (where p.status = 'Answered') as last_at,
                     (count(*) filter (where p.before = 'Answered' and p.status <> 'Answered'))::int as reopened
                 from (
                     select status, from_at, lag(status) over (order by position) as before
                     from messaging.status_periods
                     where tenant_id = c.tenant_id and conversation_id = c.id) p) s
             cross join lateral (
                 select (count(*) filter (where visibility = 'Public' and author_kind <> 'Contact'))::int as office,
                     (count(*) filter (where author_kind = 'Contact'))::int as customer,
                     (count(*) filter (where visibility <> 'Public'))::int as notes
                 from messaging.comments where tenant_id = c.tenant_id and conversation_id = c.id) m
             cross join lateral (
                 select count(*)::int as files
                 from messaging.files where tenant_id = c.tenant_id and conversation_id = c.id) f
             cross join lateral (
                 select ((array_agg(r.seconds order by r.position))[1])::float8 as first,
                     percentile_cont(0.5) within group (order by r.seconds::float8) as median
                 from (
                     select position, extract(epoch from to_at - from_at) as seconds
                     from messaging.waits
                     where tenant_id = c.tenant_id and conversation_id = c.id and kind = 'OfficeReply'
                         and outcome = 'Replied') r) w
             order by c.created_at, c.id
             """).Heavy().ListAsync(database, Line, cancellation);
    }

    private static ConversationLine Line(NpgsqlDataReader r) =>
        new(
            r.GetGuid(0), r.Text(1), r.Enumeration<ConversationStatus>(2), r.GetGuid(3), r.GuidOrNull(4), r.Instant(5),
            r.InstantOrNull(6), r.InstantOrNull(7), r.GetInt32(8), r.GetInt32(9), r.GetInt32(10), r.GetInt32(11),
            r.GetInt32(12), r.IsDBNull(13) ? null : r.GetDouble(13), r.IsDBNull(14) ? null : r.GetDouble(14),
            r.Enumeration<Awaiting>(15), r.InstantOrNull(16));

    private static Sql Conditions(Caller caller, LineFilter filter)
    {
        var sql = Visibility.Conversations(caller);
        if (filter.Status is { } status) sql += $" and c.status = {status.ToString()}";
        if (filter.CustomerId is { } customer) sql += $" and c.customer_id = {customer}";
        if (filter.ResponsibleAdministratorId is { } responsible)
            sql += $" and c.responsible_administrator_id = {responsible}";
        if (filter.From is { } from) sql += $" and c.created_at >= {from}";
        if (filter.To is { } to) sql += $" and c.created_at < {to}";
        return sql;
    }
}
