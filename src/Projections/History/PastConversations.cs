using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Projections.Conversations;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Projections.History;

/// <summary>
/// A moment of a conversation: up to a version, up to an instant, or both; up to now when neither is given.
/// </summary>
/// <param name="Version">The last version that counts.</param>
/// <param name="Timestamp">The last instant that counts.</param>
public sealed record PastMoment(Guid ConversationId, int? Version, DateTimeOffset? Timestamp);

/// <summary>
/// A conversation as it was, to the office. Its comments and files are read when they are asked for, and so is the
/// instant of its latest change: the header has that of its creation instead.
/// </summary>
/// <param name="At">The instant that was asked for, or that of the version: people are as they were then.</param>
public sealed record PastConversation(ConversationRow Header, int FileCount, DateTimeOffset At);

/// <summary>
/// A range of the comments or files that a conversation had: a number of them from an offset, which counts from 0.
/// </summary>
/// <param name="Version">The last version of the conversation that counts.</param>
/// <param name="Total">The number of all that it had; the part is looked for from the nearer end.</param>
public sealed record PastPart(Guid ConversationId, int Version, int From, int Count, int Total);

/// <summary>A comment that a conversation had.</summary>
/// <param name="Version">The last version of the conversation that counts.</param>
public sealed record PastComment(Guid ConversationId, int Version, Guid CommentId);

/// <summary>
/// Conversations as they were, replayed from their events, for administrators and auditors. An answer costs what it
/// shows: only the events that decide the state are folded, each found by an index, and of comments and files those of
/// the page are read. Which version a comment is of, who wrote it and for whom, the read models know: it never changes.
/// </summary>
public sealed class PastConversations(NpgsqlDataSource database)
{
    // Each overrides those of its kind that came before it, so that the state is that of all events. A text counts for
    // nothing in it, and stays where it is. Each event is looked up by its version (lateral, and not flattened): the
    // planner, who does not know how few they are, would read the stream.
    private const string Deciding =
        """
        select e.version, e.timestamp, e.type, e.data::text as data
        from (select distinct version from unnest(array[1,
            (select max(s.version) from messaging.mt_events s
                where s.tenant_id = a.tenant_id and s.stream_id = a.id and s.type = 'status_changed'
                    and s.version <= a.version),
            (select s.version from messaging.mt_events s
                where s.tenant_id = a.tenant_id and s.stream_id = a.id and s.type = 'status_changed'
                    and s.version <= a.version and s.data ->> 'to' <> 'Open' order by s.version desc limit 1),
            (select max(s.version) from messaging.mt_events s
                where s.tenant_id = a.tenant_id and s.stream_id = a.id and s.type = 'administrator_assigned'
                    and s.version <= a.version),
            (select max(s.version) from messaging.mt_events s
                where s.tenant_id = a.tenant_id and s.stream_id = a.id and s.type = 'administrator_unassigned'
                    and s.version <= a.version)]) as version) d
        cross join lateral (
            select * from messaging.mt_events e
            where e.tenant_id = a.tenant_id and e.stream_id = a.id and e.version = d.version offset 0) e
        union all
        select c.position, c.created_at, 'comment_added', jsonb_build_object('commentId', c.id,
            'author', jsonb_build_object('kind', c.author_kind, 'id', c.author_id), 'body', '',
            'visibility', c.visibility)::text
        from messaging.comments c
        where c.tenant_id = a.tenant_id and c.conversation_id = a.id and c.position = any(array[
            (select max(l.position) from messaging.comments l
                where l.tenant_id = a.tenant_id and l.conversation_id = a.id and l.position <= a.version),
            (select l.position from messaging.comments l
                where l.tenant_id = a.tenant_id and l.conversation_id = a.id and l.position <= a.version
                    and l.visibility = 'Public' order by l.position desc limit 1)])
        """;

    /// <summary>The conversations at these moments; one that is not there, or was not yet, is missing.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<IReadOnlyDictionary<PastMoment, PastConversation>> AsOfAsync(
        Caller caller, IReadOnlyCollection<PastMoment> moments, CancellationToken cancellation)
    {
        OfficeOnly.Demand(caller);
        var asked = moments.ToList();
        var ids = asked.Select(m => m.ConversationId).ToArray();
        var versions = asked.Select(m => m.Version ?? int.MaxValue).ToArray();
        var instants = asked.Select(m => (m.Timestamp ?? DateTimeOffset.MaxValue).ToUniversalTime()).ToArray();

        // Not all events up to the instant, but those before the first one after it: should the clock have run
        // backwards, a past view still has no gaps. What is no comment is in the index, and counted there: the rest are
        // comments.
        var rows = await Sql.Of(
            $"""
             with a as materialized (
                 select k.place::int, k.id, c.tenant_id, case when k.instant < 'infinity' then
                     least(k.instant, statement_timestamp()) end as at,
                     least(k.version, c.version, case when k.instant < 'infinity' then (
                     select min(e.version) - 1 from messaging.mt_events e
                     where e.tenant_id = c.tenant_id and e.stream_id = k.id and e.timestamp > k.instant) end)::int
                         as version
                 from unnest((select {ids}), (select {versions}), (select {instants})) with ordinality as k(id,
                     version, instant, place)
                 join messaging.conversations c on c.tenant_id = {caller.TenantId} and c.id = k.id
                     {LimitedAccess.OfConversationId(caller, "k.id")})
             select a.place, a.version, n.comments::int, n.files::int, e.version::int, e.timestamp, e.type, e.data,
                 coalesce(a.at, l.timestamp)
             from a
             cross join lateral (
                 select e.timestamp from messaging.mt_events e
                 where e.tenant_id = a.tenant_id and e.stream_id = a.id and e.version <= a.version
                 order by e.version desc limit 1) l
             cross join lateral (
                 select a.version - count(*) as comments, count(*) filter (where e.type = 'file_attached') as files
                 from messaging.mt_events e where e.tenant_id = a.tenant_id and e.stream_id = a.id
                     and e.type <> 'comment_added' and e.version <= a.version offset 0) n
             cross join lateral ({Sql.Raw(Deciding)}) e
             where a.version > 0
             order by a.place, e.version
             """).ListAsync(
            database,
            r => (
                Place: r.GetInt32(0) - 1, Version: r.GetInt32(1), Comments: r.GetInt32(2), Files: r.GetInt32(3),
                Event: new ReplayedEvent(
                    r.GetInt32(4), r.Instant(5), Data<ConversationEvent>(r.GetString(6), r.Text(7, copies: 2))),
                At: r.Instant(8)),
            cancellation);
        var found = new Dictionary<PastMoment, PastConversation>();
        foreach (var of in rows.GroupBy(r => r.Place))
        {
            var all = of.First();
            if (ConversationReplay.Replay(asked[of.Key].ConversationId, of.Select(r => r.Event)) is not { } then)
                continue;
            var header = then.Header with
            {
                Version = all.Version,
                UpdatedAt = then.Header.CreatedAt,
                CommentCount = all.Comments,
                AwaitingSince = null,
            };
            found.Add(asked[of.Key], new PastConversation(header, all.Files, all.At));
        }

        return found;
    }

    /// <summary>
    /// The instants of the latest changes of these conversations up to these versions, which every event before has a
    /// say in, since the clock may have been set back.
    /// </summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<IReadOnlyDictionary<(Guid ConversationId, int Version), DateTimeOffset>> UpdatedAtAsync(
        Caller caller, IReadOnlyCollection<(Guid ConversationId, int Version)> moments, CancellationToken cancellation)
    {
        OfficeOnly.Demand(caller);
        var asked = moments.ToList();
        var (ids, versions) = (asked.Select(m => m.ConversationId).ToArray(), asked.Select(m => m.Version).ToArray());
        var rows = await Sql.Of(
            $"""
             select k.place::int, max(e.timestamp)
             from unnest((select {ids}), (select {versions})) with ordinality as k(id, version, place)
             join messaging.mt_events e on e.tenant_id = {caller.TenantId} and e.stream_id = k.id
                 and e.version <= k.version{LimitedAccess.OfConversationId(caller, "k.id")}
             group by 1
             """).ListAsync(database, r => (Place: r.GetInt32(0) - 1, At: r.Instant(1)), cancellation);
        return rows.ToDictionary(r => asked[r.Place], r => r.At);
    }

    /// <summary>The comments of these parts, the oldest first.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public Task<IReadOnlyDictionary<PastPart, IReadOnlyList<CommentRow>>> CommentsAsync(
        Caller caller, IReadOnlyCollection<PastPart> parts, CancellationToken cancellation) =>
        PartsAsync(
            caller, parts, "comments",
            (id, version, at, json) =>
            {
                var c = Data<CommentAdded>("comment_added", json);
                return new CommentRow(c.CommentId, id, version, c.Author, c.Body, c.Visibility, at);
            },
            cancellation);

    /// <summary>The files of these parts, the oldest first.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public Task<IReadOnlyDictionary<PastPart, IReadOnlyList<FileRow>>> FilesAsync(
        Caller caller, IReadOnlyCollection<PastPart> parts, CancellationToken cancellation) =>
        PartsAsync(caller, parts, "files", (id, _, at, json) => File(id, at, json), cancellation);

    /// <summary>The files that these comments had, as they were attached.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<IReadOnlyDictionary<PastComment, IReadOnlyList<FileRow>>> FilesByCommentsAsync(
        Caller caller, IReadOnlyCollection<PastComment> comments, CancellationToken cancellation)
    {
        OfficeOnly.Demand(caller);
        var asked = comments.ToList();
        var (ids, versions) = (asked.Select(c => c.ConversationId).ToArray(), asked.Select(c => c.Version).ToArray());
        var commentIds = asked.Select(c => c.CommentId).ToArray();
        var rows = await Sql.Of(
            $"""
             select k.place::int, e.timestamp, e.data::text
             from unnest((select {ids}), (select {versions}), (select {commentIds})) with ordinality as k(id, version,
                 comment_id, place)
             join messaging.files f on f.tenant_id = {caller.TenantId} and f.comment_id = k.comment_id
                 and f.conversation_id = k.id and f.position <= k.version
                 {LimitedAccess.OfConversationId(caller, "k.id")}
             cross join lateral (
                 select * from messaging.mt_events e
                 where e.tenant_id = f.tenant_id and e.stream_id = k.id and e.version = f.position offset 0) e
             order by e.version
             """).ListAsync(
            database, r => (Place: r.GetInt32(0) - 1, At: r.Instant(1), Json: r.Text(2, copies: 2)), cancellation);
        var byPlace = rows.ToLookup(r => r.Place);
        return asked.Select((c, i) => (Comment: c, Files: byPlace[i].Select(r => File(c.ConversationId, r.At, r.Json))))
            .ToDictionary(c => c.Comment, c => (IReadOnlyList<FileRow>)[.. c.Files]);
    }

    /// <summary>The tags that these conversations had, in the order in which they were given.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<IReadOnlyDictionary<(Guid ConversationId, int Version), IReadOnlyList<string>>> TagsAsync(
        Caller caller, IReadOnlyCollection<(Guid ConversationId, int Version)> moments, CancellationToken cancellation)
    {
        OfficeOnly.Demand(caller);
        var asked = moments.ToList();
        var (ids, versions) = (asked.Select(m => m.ConversationId).ToArray(), asked.Select(m => m.Version).ToArray());
        var rows = await Sql.Of(
            $"""
             select k.place::int, e.type, e.data ->> 'tag'
             from unnest((select {ids}), (select {versions})) with ordinality as k(id, version, place)
             join messaging.mt_events e on e.tenant_id = {caller.TenantId} and e.stream_id = k.id
                 and e.version <= k.version and e.type in ('conversation_tagged', 'conversation_untagged')
                 {LimitedAccess.OfConversationId(caller, "k.id")}
             order by k.place, e.version
             """).ListAsync(
            database, r => (Place: r.GetInt32(0) - 1, Type: r.GetString(1), Tag: r.Text(2)), cancellation);
        var byPlace = rows.ToLookup(r => r.Place);
        return asked.Select((m, i) => (Moment: m, Tags: TagsOf(byPlace[i]))).ToDictionary(m => m.Moment, m => m.Tags);

        static IReadOnlyList<string> TagsOf(IEnumerable<(int Place, string Type, string Tag)> events)
        {
            var tags = new List<string>();
            foreach (var (_, type, tag) in events)
            {
                tags.Remove(tag);
                if (type == "conversation_tagged") tags.Add(tag);
            }

            return tags;
        }
    }

    private async Task<IReadOnlyDictionary<PastPart, IReadOnlyList<T>>> PartsAsync<T>(
        Caller caller, IReadOnlyCollection<PastPart> parts, string table,
        Func<Guid, int, DateTimeOffset, string, T> row, CancellationToken cancellation)
    {
        OfficeOnly.Demand(caller);
        var asked = parts.ToList();
        var (ids, versions) = (asked.Select(p => p.ConversationId).ToArray(), asked.Select(p => p.Version).ToArray());

        // From the one end or from the other: the number that is taken from the farther one is 0.
        var isLate = asked.Select(p => p.From > p.Total - p.From - p.Count).ToArray();
        var firsts = asked.Select((p, i) => isLate[i] ? p.Total - p.From - p.Count : p.From).ToArray();
        var early = asked.Select((p, i) => isLate[i] ? 0 : p.Count).ToArray();
        var late = asked.Select((p, i) => isLate[i] ? p.Count : 0).ToArray();
        var had = Sql.Of(
            $"""
             select r.position from messaging.{Sql.Raw(table)} r
             where r.tenant_id = {caller.TenantId} and r.conversation_id = k.id and r.position <= k.version
                 {LimitedAccess.OfConversationId(caller, "k.id")}
             """);
        var rows = await Sql.Of(
            $"""
             select k.place::int, e.version::int, e.timestamp, e.data::text
             from unnest((select {ids}), (select {versions}), (select {firsts}), (select {early}),
                 (select {late})) with ordinality as k(id, version, first, early, late, place)
             cross join lateral (
                 ({had} order by r.position limit k.early offset k.first)
                 union all
                 ({had} order by r.position desc limit k.late offset k.first)) r
             cross join lateral (
                 select * from messaging.mt_events e
                 where e.tenant_id = {caller.TenantId} and e.stream_id = k.id and e.version = r.position offset 0) e
             order by k.place, e.version
             """).ListAsync(
            database,
            r =>
            {
                var place = r.GetInt32(0) - 1;
                return (Place: place, Row: row(ids[place], r.GetInt32(1), r.Instant(2), r.Text(3, copies: 2)));
            },
            cancellation);
        var byPlace = rows.ToLookup(r => r.Place, r => r.Row);
        return asked
            .Select((p, i) => (Part: p, Rows: byPlace[i]))
            .ToDictionary(p => p.Part, p => (IReadOnlyList<T>)[.. p.Rows]);
    }

    private static FileRow File(Guid conversationId, DateTimeOffset at, string json)
    {
        var f = Data<FileAttached>("file_attached", json);
        return new FileRow(
            f.FileId, conversationId, f.CommentId, f.Name, f.MediaType, f.Size, f.Sha256, f.UploadedBy, at);
    }

    private static T Data<T>(string type, string json) => (T)HistoryQueries.Data(type, json);
}
