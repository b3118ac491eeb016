using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Projections.Conversations.Search;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Projections.Conversations;

/// <summary>
/// Conversations, comments and files as the caller may see them: those of the own organisation and, for a contact, only
/// those of the own customer and nothing internal. Invisible rows are treated as missing.
/// </summary>
public sealed class ConversationQueries(NpgsqlDataSource database)
{
    private readonly StatusTallies _tallies = new(database);

    private const string Comments = "comments";
    private const string Files = "files";

    /// <summary>
    /// Upper bound of counts that no index yields: those of a search and those of unread conversations.
    /// </summary>
    public const int CountMaximum = 1_000;

    /// <summary>Number of latest changed conversations among which unread ones are counted.</summary>
    public const int CountedForUnread = 10_000;

    /// <summary>The most tags that are listed.</summary>
    public const int TagsMaximum = 200;

    // An office that has more of them uses them for something else.
    private const int KeysMaximum = 1_000;

    // Takes a millisecond.
    private const int LookedAtFirst = 1_000;

    // A sort costs about as much as skipping this many rows in the order of the list.
    private const int SortedMaximum = 20_000;

    /// <summary>A page of the conversations.</summary>
    /// <exception cref="InvalidPageException">There is no such page.</exception>
    /// <exception cref="InvalidCursorException">A cursor is none of this list in this order.</exception>
    public async Task<Page<ConversationRow>> PageAsync(
        Caller caller, ConversationFilter filter, ConversationOrder order, PageRequest page,
        CancellationToken cancellation)
    {
        var (list, name, bounds) = Listed(caller, filter, order, page);
        var rows = await RowsAsync(
            caller, filter, order, bounds, order.Descending != page.Backward, page.Size() + 1, cancellation);
        return Page<ConversationRow>.Of(rows, page, r => Cursor.Of(name, list.KeyOf(r), r.Id));
    }

    /// <summary>The same page of the conversations with each of these customers, in the default order.</summary>
    /// <exception cref="InvalidPageException">There is no such page.</exception>
    /// <exception cref="InvalidCursorException">A cursor is none of such a list.</exception>
    public async Task<IReadOnlyDictionary<Guid, Page<ConversationRow>>> PagesByCustomerAsync(
        Caller caller, IReadOnlyCollection<Guid> customerIds, ConversationFilter filter, PageRequest page,
        CancellationToken cancellation)
    {
        var (list, name, bounds) = Listed(caller, filter, ConversationOrder.Default, page, ofCustomers: true);
        var found = filter.Search is null ? Sql.Nothing : await FoundAsync(caller, filter, list, cancellation);
        var scan = list.Scan(
            Sql.Of($"{bounds} and c.customer_id = k.id{found}"), !page.Backward, Sql.Number(page.Size() + 1));
        var rows = await Sql.Of(
            $"""
             select {Visibility.ConversationColumns(caller)}
                 from unnest({Sql.Ids(customerIds)}) with ordinality as k(id, position)
             cross join lateral {scan} c{list.OrderBy(!page.Backward)}
             """).ListAsync(database, Visibility.Conversation, cancellation);
        var byCustomer = rows.ToLookup(r => r.CustomerId);
        return customerIds
            .Distinct()
            .ToDictionary(
                id => id,
                id => Page<ConversationRow>.Of([.. byCustomer[id]], page, r => Cursor.Of(name, list.KeyOf(r), r.Id)));
    }

    /// <summary>
    /// Number of conversations; counted up to <see cref="CountMaximum"/> for a search or for unread ones, the latter
    /// among the <see cref="CountedForUnread"/> that changed last.
    /// </summary>
    public async Task<int> CountAsync(Caller caller, ConversationFilter filter, CancellationToken cancellation)
    {
        if (IsSearch(filter))
            return (await LatestAsync(caller, filter, cancellation)).Count;
        if (filter.Unread is not null)
            return await Sql.Of($"select count(*) from {LatestUnread(caller, filter)} c")
                .CountAsync(database, cancellation);
        return StatusTallies.Knows(caller, filter)
            ? (await _tallies.CountAsync(caller, filter, cancellation)).Values.Sum()
            : await Sql.Of(
                    $"select count(*) from {Visibility.From(caller)} where "
                        + $"{new ConversationList(caller, filter, ConversationOrder.Default).Conditions()}"
                )
                .Heavy()
                .CountAsync(database, cancellation);
    }

    /// <summary>
    /// Number of conversations with each of these customers; counted as <see cref="CountAsync"/> does.
    /// </summary>
    public async Task<IReadOnlyDictionary<Guid, int>> CountsByCustomerAsync(
        Caller caller, IReadOnlyCollection<Guid> customerIds, ConversationFilter filter, CancellationToken cancellation)
    {
        var list = new ConversationList(caller, filter, ConversationOrder.Default);
        var most = IsSearch(filter) || filter.Unread is not null ? CountMaximum : int.MaxValue;
        var found = filter.Search is null ? Sql.Nothing : await FoundAsync(caller, filter, list, cancellation);
        return await CountsByIdAsync(
            customerIds,
            Sql.Of(
                $"""
                 select c.customer_id, least(count(*), {most})::int from {Visibility.From(caller)}
                 where {list.Conditions()}{found} and c.customer_id = any({Sql.Ids(customerIds)}) group by 1
                 """),
            cancellation);
    }

    /// <summary>
    /// Numbers of conversations by status, and of those unread by the caller: the latter up to
    /// <see cref="CountMaximum"/>, and all of them where the filter has a search or asks for unread ones.
    /// </summary>
    public async Task<ConversationCounts> CountsAsync(
        Caller caller, ConversationFilter filter, CancellationToken cancellation)
    {
        if (IsSearch(filter))
        {
            var ids = (await LatestAsync(caller, filter, cancellation)).ConvertAll(r => r.Id);
            return await CountedAsync(
                Sql.Of(
                    $"select c.* from {Visibility.Table(caller)} c where c.tenant_id = {caller.TenantId} and c.id = "
                        + $"any({Sql.Ids(ids)})"
                )
            );
        }

        if (filter.Unread is not null || !StatusTallies.Knows(caller, filter))
        {
            var list = new ConversationList(caller, filter, ConversationOrder.Default);
            return await CountedAsync(
                filter.Unread is null
                    ? Sql.Of($"select c.* from {Visibility.Table(caller)} c where {list.Conditions()}")
                    : Sql.Of($"select * from {LatestUnread(caller, filter)} c"));
        }

        var counts = await _tallies.CountAsync(caller, filter, cancellation);
        var unread = await CountAsync(caller, filter with { Unread = true }, cancellation);
        return new ConversationCounts(
            counts.GetValueOrDefault(ConversationStatus.Open), counts.GetValueOrDefault(ConversationStatus.Attention),
            counts.GetValueOrDefault(ConversationStatus.Answered), counts.Values.Sum(), unread);

        async Task<ConversationCounts> CountedAsync(Sql conversations) =>
            (await Sql.Of(
                $"""
                 select count(*) filter (where c.status = 'Open')::int,
                     count(*) filter (where c.status = 'Attention')::int,
                     count(*) filter (where c.status = 'Answered')::int, count(*)::int,
                     least(count(*) filter (where {Visibility.Unread(caller)}), {CountMaximum})::int
                 from ({conversations}) c
                 {Visibility.Markers(caller)}
                 """).Heavy().FirstAsync(
                database,
                r => new ConversationCounts(
                    r.GetInt32(0), r.GetInt32(1), r.GetInt32(2), r.GetInt32(3), r.GetInt32(4)),
                cancellation))!;
    }

    /// <summary>The conversations of these ids; those that are not there are missing.</summary>
    public async Task<IReadOnlyDictionary<Guid, ConversationRow>> ByIdsAsync(
        Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        var rows = await Sql.Of(
                $"select {Visibility.ConversationColumns(caller)} from {Visibility.Table(caller)} c where "
                    + $"{Visibility.Conversations(caller)} and c.id = any({Sql.Ids(ids)})"
            )
            .ListAsync(database, Visibility.Conversation, cancellation);
        return rows.ToDictionary(r => r.Id);
    }

    /// <summary>The matches of the filter among these conversations, as they are now.</summary>
    public async Task<IReadOnlyDictionary<Guid, ConversationRow>> MatchingAsync(
        Caller caller, ConversationFilter filter, IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        if (await SoughtAsync(caller, filter, cancellation) is not { } words)
            return new Dictionary<Guid, ConversationRow>();
        var list = new ConversationList(caller, filter, ConversationOrder.Default);
        return (
            await new ConversationSearch(database, caller, list, false, words, SearchEffort.Default).AmongAsync(
                ids, cancellation)
        ).ToDictionary(r => r.Id);
    }

    /// <summary>The same page of the comments of each of these conversations, the oldest first.</summary>
    /// <exception cref="InvalidPageException">There is no such page.</exception>
    /// <exception cref="InvalidCursorException">A cursor is none of such a list.</exception>
    public Task<IReadOnlyDictionary<Guid, Page<CommentRow>>> CommentPagesAsync(
        Caller caller, IReadOnlyCollection<Guid> conversationIds, PageRequest page, CancellationToken cancellation) =>
        PagesAsync(
            caller, conversationIds, page, Comments, Visibility.CommentColumns, Visibility.Comment,
            comment => comment.Id, cancellation);

    /// <summary>The comments of these ids; those that are not there are missing.</summary>
    public async Task<IReadOnlyDictionary<Guid, CommentRow>> CommentsByIdsAsync(
        Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        var rows = await Sql.Of(
                $"select {Visibility.CommentColumns} from messaging.comments m where "
                    + $"{Visibility.Messages(caller)} and m.id = any({Sql.Ids(ids)})"
            )
            .ListAsync(database, Visibility.Comment, cancellation);
        return rows.ToDictionary(r => r.Id);
    }

    /// <summary>The files of each of these comments, as they were attached.</summary>
    public async Task<IReadOnlyDictionary<Guid, IReadOnlyList<FileRow>>> FilesByCommentIdsAsync(
        Caller caller, IReadOnlyCollection<Guid> commentIds, CancellationToken cancellation)
    {
        var rows = await Sql.Of(
                $"select {Visibility.FileColumns} from messaging.files m where {Visibility.Messages(caller)} and "
                    + $"m.comment_id = any({Sql.Ids(commentIds)}) order by m.position"
            )
            .ListAsync(database, Visibility.File, cancellation);
        var byComment = rows.ToLookup(r => r.CommentId);
        return commentIds.Distinct().ToDictionary(id => id, id => (IReadOnlyList<FileRow>)[.. byComment[id]]);
    }

    /// <summary>The same page of the files of each of these conversations, the oldest first.</summary>
    /// <exception cref="InvalidPageException">There is no such page.</exception>
    /// <exception cref="InvalidCursorException">A cursor is none of such a list.</exception>
    public Task<IReadOnlyDictionary<Guid, Page<FileRow>>> FilePagesAsync(
        Caller caller, IReadOnlyCollection<Guid> conversationIds, PageRequest page, CancellationToken cancellation) =>
        PagesAsync(
            caller, conversationIds, page, Files, Visibility.FileColumns, Visibility.File, file => file.Id,
            cancellation);

    /// <summary>Number of files in each of these conversations.</summary>
    public Task<IReadOnlyDictionary<Guid, int>> FileCountsAsync(
        Caller caller, IReadOnlyCollection<Guid> conversationIds, CancellationToken cancellation) =>
        CountsByIdAsync(
            conversationIds,
            Sql.Of(
                $"""
                 select m.conversation_id, count(*)::int from messaging.files m
                 where {Visibility.Messages(caller)} and m.conversation_id = any({Sql.Ids(conversationIds)}) group by 1
                 """),
            cancellation);

    /// <summary>A file that came with a comment; null when there is none.</summary>
    public Task<FileRow?> FileByIdAsync(Caller caller, Guid id, CancellationToken cancellation) =>
        Sql.Of(
                $"select {Visibility.FileColumns} from messaging.files m where {Visibility.Messages(caller)} and "
                    + $"m.id = {id}"
            )
            .FirstAsync(database, Visibility.File, cancellation);

    /// <summary>The customer of a conversation that the caller may see; null when there is none.</summary>
    public async Task<Guid?> CustomerOfAsync(Caller caller, Guid conversationId, CancellationToken cancellation)
    {
        var found = await Sql.Of(
            $"""
             select c.customer_id from {Visibility.Table(caller)} c
             where {Visibility.Conversations(caller)} and c.id = {conversationId}
             """).ListAsync(database, r => r.GetGuid(0), cancellation);
        return found is [var customer] ? customer : null;
    }

    /// <summary>Files by their ids, as <see cref="FileByIdAsync"/> finds them.</summary>
    public async Task<IReadOnlyDictionary<Guid, FileRow>> FilesByIdsAsync(
        Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        var rows = await Sql.Of(
            $"""
             select {Visibility.FileColumns} from messaging.files m
             where {Visibility.Messages(caller)} and m.id = any({Sql.Ids(ids)})
             """).ListAsync(database, Visibility.File, cancellation);
        return rows.ToDictionary(f => f.Id);
    }

    /// <summary>Number of comments by others in each of these conversations that the caller has not read.</summary>
    public Task<IReadOnlyDictionary<Guid, int>> UnreadCountsAsync(
        Caller caller, IReadOnlyCollection<Guid> conversationIds, CancellationToken cancellation) =>
        CountsByIdAsync(
            conversationIds,
            Sql.Of(
                $"""
                 select c.id, (select count(*) from messaging.comments m
                     where {Visibility.UnreadComments(caller)})::int from {Visibility.From(caller)}
                 where {Visibility.Conversations(caller)} and c.id = any({Sql.Ids(conversationIds)})
                 """),
            cancellation);

    /// <summary>
    /// The tags of each of these conversations, in the order in which they were given; for the office.
    /// </summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<IReadOnlyDictionary<Guid, IReadOnlyList<string>>> TagsAsync(
        Caller caller, IReadOnlyCollection<Guid> conversationIds, CancellationToken cancellation)
    {
        OfficeOnly.DemandOffice(caller);

        // They have those of today.
        if (caller.HasSpan) return conversationIds.Distinct().ToDictionary(id => id, _ => (IReadOnlyList<string>)[]);
        var rows = await Sql.Of(
            $"""
             select g.conversation_id, g.tag from messaging.conversation_tags g
             where g.tenant_id = {caller.TenantId} and g.conversation_id = any({Sql.Ids(conversationIds)})
                 {LimitedAccess.OfConversationId(caller, "g.conversation_id")}
             order by g.position
             """).ListAsync(database, r => (Id: r.GetGuid(0), Tag: r.Text(1)), cancellation);
        var byConversation = rows.ToLookup(r => r.Id, r => r.Tag);
        return conversationIds.Distinct().ToDictionary(id => id, id => (IReadOnlyList<string>)[.. byConversation[id]]);
    }

    /// <summary>
    /// The tags that conversations which the caller may see have, in the order of their keys; at most
    /// <see cref="TagsMaximum"/>. The index is skipped through, whatever the number of conversations.
    /// </summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<IReadOnlyList<string>> AllTagsAsync(Caller caller, CancellationToken cancellation)
    {
        OfficeOnly.DemandOffice(caller);
        if (caller.HasSpan) return [];
        return await Sql.Of(
            $"""
             with recursive keys as (
                 (select tag_key from messaging.conversation_tags where tenant_id = {caller.TenantId}
                     order by tag_key limit 1)
                 union all
                 select (select t.tag_key from messaging.conversation_tags t
                     where t.tenant_id = {caller.TenantId} and t.tag_key > k.tag_key order by t.tag_key limit 1)
                 from keys k where k.tag_key is not null)
             select g.tag from (select tag_key from keys where tag_key is not null limit {KeysMaximum}) k
             cross join lateral (
                 select g.tag from messaging.conversation_tags g
                 where g.tenant_id = {caller.TenantId} and g.tag_key = k.tag_key
                     {LimitedAccess.OfConversationId(caller, "g.conversation_id")} limit 1) g
             order by k.tag_key limit {TagsMaximum}
             """).Heavy().ListAsync(database, r => r.Text(0), cancellation);
    }

    private async Task<IReadOnlyDictionary<Guid, Page<T>>> PagesAsync<T>(
        Caller caller, IReadOnlyCollection<Guid> conversationIds, PageRequest page, string list, Sql columns,
        Func<NpgsqlDataReader, T> row, Func<T, Guid> idOf, CancellationToken cancellation)
    {
        var size = page.Size();
        var bounds = Sql.Nothing;
        if (page.After is { } after) bounds += $" and m.position > {PositionOf(Cursor.Id(list, after, "after"))}";
        if (page.Before is { } before) bounds += $" and m.position < {PositionOf(Cursor.Id(list, before, "before"))}";
        bounds += Visibility.Written(caller, "m");
        var rows = await Sql.Of(
            $"""
             select {columns}, m.conversation_id from {Visibility.Table(caller)} c
             cross join lateral (
                 select * from messaging.{Sql.Raw(list)} m
                     where m.tenant_id = c.tenant_id and m.conversation_id = c.id{bounds}
                 order by m.position {Sql.Raw(page.Backward ? "desc" : "asc")} limit {Sql.Number(size + 1)}) m
             where {Visibility.Conversations(caller)} and c.id = any({Sql.Ids(conversationIds)})
             order by m.position {Sql.Raw(page.Backward ? "desc" : "asc")}
             """).ListAsync(database, r => (Row: row(r), ConversationId: r.GetGuid(r.FieldCount - 1)), cancellation);
        var byConversation = rows.ToLookup(r => r.ConversationId);
        return conversationIds.Distinct().ToDictionary(
            id => id, id => Page<T>.Of([.. byConversation[id]], page, r => Cursor.Of(list, idOf(r.Row)), r => r.Row));

        // A position in the cursor itself would tell a customer how many internal notes there are in between.
        Sql PositionOf(Guid at)
        {
            var position = Sql.Of(
                $"(select x.position from messaging.{Sql.Raw(list)} x where x.tenant_id = {caller.TenantId} and "
                    + $"x.id = {at}"
            );
            position += Visibility.Written(caller, "x");
            position += $")";
            return position;
        }
    }

    private async Task<IReadOnlyDictionary<Guid, int>> CountsByIdAsync(
        IReadOnlyCollection<Guid> ids, Sql sql, CancellationToken cancellation)
    {
        var counts = ids.Distinct().ToDictionary(id => id, _ => 0);
        foreach (var (id, count) in await sql.ListAsync(database, r => (r.GetGuid(0), r.GetInt32(1)), cancellation))
            counts[id] = count;
        return counts;
    }

    // The list, the name its cursors are bound to, and its bounds.
    private static (ConversationList List, string Name, Sql Bounds) Listed(
        Caller caller, ConversationFilter filter, ConversationOrder order, PageRequest page, bool ofCustomers = false)
    {
        page.Size();
        var name = $"conversations:{order.Field}:{(order.Descending ? "desc" : "asc")}";
        var list = new ConversationList(caller, filter, order, ofCustomers);
        var bounds = Sql.Nothing;
        Bound(page.After, "after", order.Descending);
        Bound(page.Before, "before", !order.Descending);
        return (list, name, bounds);

        void Bound(string? cursor, string argument, bool descending)
        {
            if (cursor is null) return;
            var (at, id) = Cursor.Instant(name, cursor, argument);
            bounds += list.Beyond(at, id, descending);
        }
    }

    // For the few conversations of a customer.
    private async Task<Sql> FoundAsync(
        Caller caller, ConversationFilter filter, ConversationList list, CancellationToken cancellation) =>
        await SoughtAsync(caller, filter, cancellation) is { } words
            ? new ConversationSearch(database, caller, list, false, words, SearchEffort.Default).All
            : Sql.Of($" and false");

    // Null: nothing can be found.
    private async Task<IReadOnlyList<SoughtWord>?> SoughtAsync(
        Caller caller, ConversationFilter filter, CancellationToken cancellation) =>
        SearchText.Sought(filter.Search ?? "") is { } words
            ? await NamesFound.AddAsync(database, caller, words, cancellation)
            : null;

    private static bool IsSearch(ConversationFilter filter) =>
        SearchText.Sought(filter.Search ?? "") is not { Count: 0 };

    private Task<List<ConversationRow>> LatestAsync(
        Caller caller,
        ConversationFilter filter,
        CancellationToken cancellation
    ) => RowsAsync(caller, filter, ConversationOrder.Default, Sql.Nothing, true, CountMaximum, cancellation);

    // Unread conversations are sparse where nearly everything is read: the count is limited to the latest rather than
    // scanning all.
    private static Sql LatestUnread(Caller caller, ConversationFilter filter)
    {
        var latest = new ConversationList(caller, filter with { Unread = null }, ConversationOrder.Default).Scan(
            Sql.Nothing, true, Sql.Number(CountedForUnread));
        return Sql.Of(
            $"(select c.* from {latest} c {Visibility.Markers(caller)} where "
                + $"{Sql.Raw(filter.Unread == true ? "" : "not ")}{Visibility.Unread(caller)} limit {CountMaximum})"
        );
    }

    private async Task<List<ConversationRow>> RowsAsync(
        Caller caller, ConversationFilter filter, ConversationOrder order, Sql bounds, bool descending, int limit,
        CancellationToken cancellation)
    {
        if (await SoughtAsync(caller, filter, cancellation) is not { } words) return [];
        var list = new ConversationList(caller, filter, order);
        if (words.Count > 0)
        {
            return await new ConversationSearch(
                database, caller, list, order.Field == ConversationOrderField.CreatedAt, words,
                SearchEffort.Default).FindAsync(bounds, descending, limit, cancellation);
        }

        if (list.Look(bounds, descending, LookedAtFirst, limit) is { } look)
        {
            var seen = await ListAsync(look);
            if (seen.Count == limit) return seen;
        }

        var ofTime = list.CountOfTime(SortedMaximum) is { } count
            ? await count.CountAsync(database, cancellation)
            : SortedMaximum;

        // Customers differ in their number of conversations, and callers in their unread ones: with a literal limit
        // PostgreSQL would plan for each anew.
        var most =
            caller.OnlyCustomerId is null && filter.CustomerId is null && filter.Unread is null
                ? Sql.Number(limit)
                : Sql.Value(limit);
        var scan =
            ofTime < SortedMaximum ? list.ScanByTime(bounds, descending, limit) : list.Scan(bounds, descending, most);
        return await ListAsync(scan);

        Task<List<ConversationRow>> ListAsync(Sql from) =>
            Sql.Of($"select {Visibility.ConversationColumns(caller)} from {from} c{list.OrderBy(descending)}")
                .ListAsync(database, Visibility.Conversation, cancellation);
    }
}
