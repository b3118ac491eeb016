using Messaging.Domain;
using Messaging.Projections.Paging;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Projections.Conversations;

/// <summary>
/// Conversations, comments and files as the caller may see them: of the own organisation, a contact those of the own customer only, and nothing
/// internal. What may not be seen is as if it were not there.
/// </summary>
public sealed class ConversationQueries(NpgsqlDataSource database)
{
    private const string Comments = "comments";
    private const string Files = "files";

    /// <summary>A page of the conversations.</summary>
    /// <exception cref="InvalidPageException">There is no such page.</exception>
    /// <exception cref="InvalidCursorException">A cursor is none of this list in this order.</exception>
    public async Task<Page<ConversationRow>> PageAsync(
        Caller caller, ConversationFilter filter, ConversationOrder order, PageRequest page, CancellationToken cancellation)
    {
        var (sql, cursor) = Listed(caller, filter, order, page, Sql.Nothing);
        return Page<ConversationRow>.Of(await sql.ListAsync(database, Visibility.Conversation, cancellation), page, cursor);
    }

    /// <summary>The same page of the conversations with each of these customers, in the default order.</summary>
    /// <exception cref="InvalidPageException">There is no such page.</exception>
    /// <exception cref="InvalidCursorException">A cursor is none of such a list.</exception>
    public async Task<IReadOnlyDictionary<Guid, Page<ConversationRow>>> PagesByCustomerAsync(
        Caller caller, IReadOnlyCollection<Guid> customerIds, ConversationFilter filter, PageRequest page, CancellationToken cancellation)
    {
        var (sql, cursor) = Listed(caller, filter, ConversationOrder.Default, page, Sql.Of($" and c.customer_id = k.id"));
        var rows = await Sql.Of($"select c.* from unnest({customerIds.ToArray()}) with ordinality as k(id, position) cross join lateral ({sql}) c order by k.position, {Order(caller, ConversationOrder.Default, page)}")
            .ListAsync(database, Visibility.Conversation, cancellation);
        var byCustomer = rows.ToLookup(r => r.CustomerId);
        return customerIds.Distinct().ToDictionary(id => id, id => Page<ConversationRow>.Of([.. byCustomer[id]], page, cursor));
    }

    /// <summary>How many conversations there are.</summary>
    public Task<int> CountAsync(Caller caller, ConversationFilter filter, CancellationToken cancellation) =>
        Sql.Of($"select count(*) from {Visibility.From(caller)} where {Where(caller, filter)}").CountAsync(database, cancellation);

    /// <summary>How many conversations there are with each of these customers.</summary>
    public Task<IReadOnlyDictionary<Guid, int>> CountsByCustomerAsync(
        Caller caller, IReadOnlyCollection<Guid> customerIds, ConversationFilter filter, CancellationToken cancellation) =>
        CountsByIdAsync(
            customerIds,
            Sql.Of(
                $"""
                 select c.customer_id, count(*)::int from {Visibility.From(caller)}
                 where {Where(caller, filter)} and c.customer_id = any({customerIds.ToArray()}) group by 1
                 """),
            cancellation);

    /// <summary>How many conversations there are, by status, and how many of them have something that the caller has not read.</summary>
    public async Task<ConversationCounts> CountsAsync(Caller caller, ConversationFilter filter, CancellationToken cancellation)
    {
        var counts = await Sql.Of(
            $"""
             select count(*) filter (where c.status = 'Open')::int, count(*) filter (where c.status = 'Attention')::int,
                 count(*) filter (where c.status = 'Answered')::int, count(*)::int,
                 count(*) filter (where {Visibility.Unread(caller)})::int
             from {Visibility.From(caller)} where {Where(caller, filter)}
             """).FirstAsync(
            database, r => new ConversationCounts(r.GetInt32(0), r.GetInt32(1), r.GetInt32(2), r.GetInt32(3), r.GetInt32(4)), cancellation);
        return counts!;
    }

    /// <summary>The conversations of these ids; those that are not there are missing.</summary>
    public async Task<IReadOnlyDictionary<Guid, ConversationRow>> ByIdsAsync(Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        var rows = await Sql.Of(
            $"select {Visibility.ConversationColumns(caller)} from messaging.conversations c where {Visibility.Conversations(caller)} and c.id = any({ids.ToArray()})")
            .ListAsync(database, Visibility.Conversation, cancellation);
        return rows.ToDictionary(r => r.Id);
    }

    /// <summary>Those of these conversations that the filter lets through, as they are now.</summary>
    public async Task<IReadOnlyDictionary<Guid, ConversationRow>> MatchingAsync(
        Caller caller, ConversationFilter filter, IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        var rows = await Sql.Of(
            $"select {Visibility.ConversationColumns(caller)} from {Visibility.From(caller)} where {Where(caller, filter)} and c.id = any({ids.ToArray()})")
            .ListAsync(database, Visibility.Conversation, cancellation);
        return rows.ToDictionary(r => r.Id);
    }

    /// <summary>The same page of the comments of each of these conversations, the oldest first.</summary>
    /// <exception cref="InvalidPageException">There is no such page.</exception>
    /// <exception cref="InvalidCursorException">A cursor is none of such a list.</exception>
    public Task<IReadOnlyDictionary<Guid, Page<CommentRow>>> CommentPagesAsync(
        Caller caller, IReadOnlyCollection<Guid> conversationIds, PageRequest page, CancellationToken cancellation) =>
        PagesAsync(caller, conversationIds, page, Comments, Visibility.CommentColumns, Visibility.Comment, cancellation);

    /// <summary>The comments of these ids; those that are not there are missing.</summary>
    public async Task<IReadOnlyDictionary<Guid, CommentRow>> CommentsByIdsAsync(Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        var rows = await Sql.Of($"select {Visibility.CommentColumns} from messaging.comments m where {Visibility.Messages(caller)} and m.id = any({ids.ToArray()})")
            .ListAsync(database, Visibility.Comment, cancellation);
        return rows.ToDictionary(r => r.Id);
    }

    /// <summary>The files of each of these comments, as they were attached.</summary>
    public async Task<IReadOnlyDictionary<Guid, IReadOnlyList<FileRow>>> FilesByCommentIdsAsync(
        Caller caller, IReadOnlyCollection<Guid> commentIds, CancellationToken cancellation)
    {
        var rows = await Sql.Of(
            $"select {Visibility.FileColumns} from messaging.files m where {Visibility.Messages(caller)} and m.comment_id = any({commentIds.ToArray()}) order by m.position")
            .ListAsync(database, Visibility.File, cancellation);
        var byComment = rows.ToLookup(r => r.CommentId);
        return commentIds.Distinct().ToDictionary(id => id, id => (IReadOnlyList<FileRow>)[.. byComment[id]]);
    }

    /// <summary>The same page of the files of each of these conversations, the oldest first.</summary>
    /// <exception cref="InvalidPageException">There is no such page.</exception>
    /// <exception cref="InvalidCursorException">A cursor is none of such a list.</exception>
    public Task<IReadOnlyDictionary<Guid, Page<FileRow>>> FilePagesAsync(
        Caller caller, IReadOnlyCollection<Guid> conversationIds, PageRequest page, CancellationToken cancellation) =>
        PagesAsync(caller, conversationIds, page, Files, Visibility.FileColumns, Visibility.File, cancellation);

    /// <summary>How many files each of these conversations has.</summary>
    public Task<IReadOnlyDictionary<Guid, int>> FileCountsAsync(
        Caller caller, IReadOnlyCollection<Guid> conversationIds, CancellationToken cancellation) =>
        CountsByIdAsync(
            conversationIds,
            Sql.Of(
                $"""
                 select m.conversation_id, count(*)::int from messaging.files m
                 where {Visibility.Messages(caller)} and m.conversation_id = any({conversationIds.ToArray()}) group by 1
                 """),
            cancellation);

    /// <summary>A file that came with a comment; null when there is none.</summary>
    public Task<FileRow?> FileByIdAsync(Caller caller, Guid id, CancellationToken cancellation) =>
        Sql.Of($"select {Visibility.FileColumns} from messaging.files m where {Visibility.Messages(caller)} and m.id = {id}")
            .FirstAsync(database, Visibility.File, cancellation);

    /// <summary>How many comments of others each of these conversations has that the caller has not read.</summary>
    public Task<IReadOnlyDictionary<Guid, int>> UnreadCountsAsync(
        Caller caller, IReadOnlyCollection<Guid> conversationIds, CancellationToken cancellation) =>
        CountsByIdAsync(
            conversationIds,
            Sql.Of(
                $"""
                 select c.id, (select count(*) from messaging.comments m where {Visibility.UnreadComments(caller)})::int from {Visibility.From(caller)}
                 where {Visibility.Conversations(caller)} and c.id = any({conversationIds.ToArray()})
                 """),
            cancellation);

    private static (Sql Statement, Func<ConversationRow, string> Cursor) Listed(
        Caller caller, ConversationFilter filter, ConversationOrder order, PageRequest page, Sql more)
    {
        var size = page.Size();
        var list = $"conversations:{order.Field}:{(order.Descending ? "desc" : "asc")}";
        var key = Key(caller, order);
        var sql = Sql.Of($"select {Visibility.ConversationColumns(caller)} from {Visibility.From(caller)} where {Where(caller, filter)}{more}");
        Bound(page.After, "after", !order.Descending);
        Bound(page.Before, "before", order.Descending);
        sql.Add($" order by {Order(caller, order, page)} limit {size + 1}");
        return (sql, r => Cursor.Of(list, order.Field == ConversationOrderField.CreatedAt ? r.CreatedAt : r.UpdatedAt, r.Id));

        void Bound(string? cursor, string argument, bool greater)
        {
            if (cursor is null) return;
            var (at, id) = Cursor.Instant(list, cursor, argument);
            sql.Add($" and ({key}, c.id) {Sql.Raw(greater ? ">" : "<")} ({at}, {id})");
        }
    }

    private static Sql Order(Caller caller, ConversationOrder order, PageRequest page)
    {
        var direction = Sql.Raw(order.Descending != page.Backward ? "desc" : "asc");
        return Sql.Of($"{Key(caller, order)} {direction}, c.id {direction}");
    }

    private static Sql Key(Caller caller, ConversationOrder order) =>
        order.Field == ConversationOrderField.CreatedAt ? Sql.Raw("c.created_at") : Visibility.UpdatedAt(caller);

    private async Task<IReadOnlyDictionary<Guid, Page<T>>> PagesAsync<T>(
        Caller caller, IReadOnlyCollection<Guid> conversationIds, PageRequest page, string list, Sql columns, Func<NpgsqlDataReader, T> row,
        CancellationToken cancellation)
    {
        var size = page.Size();
        var bounds = Sql.Nothing;
        if (page.After is { } after) bounds.Add($" and m.position > {Cursor.Position(list, after, "after")}");
        if (page.Before is { } before) bounds.Add($" and m.position < {Cursor.Position(list, before, "before")}");
        if (!caller.SeesInternal) bounds.Add($" and m.visibility = 'Public'");
        var rows = await Sql.Of(
            $"""
             select {columns}, m.conversation_id, m.position from messaging.conversations c
             cross join lateral (
                 select * from messaging.{Sql.Raw(list)} m where m.tenant_id = c.tenant_id and m.conversation_id = c.id{bounds}
                 order by m.position {Sql.Raw(page.Backward ? "desc" : "asc")} limit {size + 1}) m
             where {Visibility.Conversations(caller)} and c.id = any({conversationIds.ToArray()})
             order by m.position {Sql.Raw(page.Backward ? "desc" : "asc")}
             """).ListAsync(database, r => (Row: row(r), ConversationId: r.GetGuid(r.FieldCount - 2), Position: r.GetInt32(r.FieldCount - 1)), cancellation);
        var byConversation = rows.ToLookup(r => r.ConversationId);
        return conversationIds.Distinct().ToDictionary(
            id => id, id => Page<T>.Of([.. byConversation[id]], page, r => Cursor.Of(list, r.Position), r => r.Row));
    }

    private async Task<IReadOnlyDictionary<Guid, int>> CountsByIdAsync(IReadOnlyCollection<Guid> ids, Sql sql, CancellationToken cancellation)
    {
        var counts = ids.Distinct().ToDictionary(id => id, _ => 0);
        foreach (var (id, count) in await sql.ListAsync(database, r => (r.GetGuid(0), r.GetInt32(1)), cancellation)) counts[id] = count;
        return counts;
    }

    private static Sql Where(Caller caller, ConversationFilter filter)
    {
        var sql = Visibility.Conversations(caller);
        if (filter.Status is { } status) sql.Add($" and c.status = any({status.Select(s => s.ToString()).ToArray()})");
        if (filter.Awaiting is { } awaiting) sql.Add($" and c.awaiting = {awaiting.ToString()}");
        if (filter.CustomerId is { } customer) sql.Add($" and c.customer_id = {customer}");
        if (filter.ResponsibleAdministratorId is { } responsible) sql.Add($" and c.responsible_administrator_id = {responsible}");
        if (filter.Unassigned is { } unassigned) sql.Add($" and c.responsible_administrator_id is {Sql.Raw(unassigned ? "null" : "not null")}");
        if (filter.Unread is { } unread) sql.Add($" and {Sql.Raw(unread ? "" : "not ")}{Visibility.Unread(caller)}");
        if (filter.CreatedFrom is { } createdFrom) sql.Add($" and c.created_at >= {createdFrom}");
        if (filter.CreatedTo is { } createdTo) sql.Add($" and c.created_at < {createdTo}");
        if (filter.UpdatedFrom is { } updatedFrom) sql.Add($" and {Visibility.UpdatedAt(caller)} >= {updatedFrom}");
        if (filter.UpdatedTo is { } updatedTo) sql.Add($" and {Visibility.UpdatedAt(caller)} < {updatedTo}");
        if (filter.Search is { } search) sql.Add(Search(caller, search));
        return sql;
    }

    // Each word may be somewhere else in the conversation; the text search indexes find the places.
    private static Sql Search(Caller caller, string search)
    {
        if (SearchText.Sought(search) is not { } words) return Sql.Of($" and false");
        var sql = Sql.Nothing;
        var mine = Sql.Of($"m.tenant_id = {caller.TenantId}");
        if (!caller.SeesInternal) mine.Add($" and m.visibility = 'Public'");
        foreach (var word in words)
        {
            sql.Add(
                $"""
                  and c.id in (
                     select m.id from messaging.conversations m where m.tenant_id = {caller.TenantId} and m.search @@ {word}::tsquery
                     union all select m.conversation_id from messaging.comments m where {mine} and m.search @@ {word}::tsquery
                     union all select m.conversation_id from messaging.files m where {mine} and m.search @@ {word}::tsquery)
                 """);
        }

        return sql;
    }
}
