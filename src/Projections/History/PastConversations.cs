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

/// <summary>A conversation as it was, to the office. Its comments and files are read when they are asked for.</summary>
public sealed record PastConversation(ConversationRow Header, int FileCount);

/// <summary>
/// A range of the comments or files that a conversation had: a number of them from an offset, which counts from 0.
/// </summary>
/// <param name="Version">The last version of the conversation that counts.</param>
public sealed record PastPart(Guid ConversationId, int Version, int From, int Count);

/// <summary>A comment that a conversation had.</summary>
/// <param name="Version">The last version of the conversation that counts.</param>
public sealed record PastComment(Guid ConversationId, int Version, Guid CommentId);

/// <summary>
/// Conversations as they were, replayed from their events, for administrators and auditors. The cost does not grow with
/// the texts: only the events that decide the state are folded, and comments and files are read in pages.
/// </summary>
public sealed class PastConversations(NpgsqlDataSource database)
{
    // Each overrides those of its kind that came before it, so that the state is that of all events. A text counts for
    // nothing in it, and stays where it is.
    private const string Deciding =
        """
        select e.version, e.timestamp, e.type,
            case e.type when 'comment_added' then e.data || '{"body": ""}' else e.data end as data
        from messaging.mt_events e
        where e.tenant_id = a.tenant_id and e.stream_id = a.id
            and e.version = any(array[n.first_version, n.status_version, n.done_version, n.responsible_version,
                n.comment_version, p.version])
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
        // backwards, a past view still has no gaps.
        var rows = await Sql.Of(
            $"""
             with a as materialized (
                 select k.place, k.id, {caller.TenantId} as tenant_id,
                     least(k.version, case when k.instant < 'infinity' then (
                     select min(e.version) - 1 from messaging.mt_events e
                     where e.tenant_id = {caller.TenantId} and e.stream_id = k.id and e.timestamp > k.instant) end)
                         as version
                 from unnest((select {ids}), (select {versions}), (select {instants})) with ordinality as k(id,
                     version, instant, place))
             select a.place::int, n.version::int, n.updated_at, n.comments::int, n.files::int, e.version::int,
                 e.timestamp, e.type, e.data::text
             from a
             cross join lateral (
                 select max(e.version) as version, max(e.timestamp) as updated_at, min(e.version) as first_version,
                     count(*) filter (where e.type = 'comment_added') as comments,
                         count(*) filter (where e.type = 'file_attached') as files,
                     max(e.version) filter (where e.type = 'comment_added') as comment_version,
                     max(e.version) filter (where e.type = 'status_changed') as status_version,
                     max(e.version) filter (where e.type = 'status_changed'
                         and e.data ->> 'to' <> 'Open') as done_version,
                     max(e.version) filter (where e.type in ('administrator_assigned',
                         'administrator_unassigned')) as responsible_version
                 from messaging.mt_events e where {HistoryQueries.OfConversations(caller)} and e.stream_id = a.id
                     and e.version <= a.version) n
             left join lateral (
                 select e.version from messaging.mt_events e
                 where e.tenant_id = a.tenant_id and e.stream_id = a.id and e.version <= n.comment_version
                     and e.type = 'comment_added'
                     and e.data ->> 'visibility' = 'Public'
                 order by e.version desc limit 1) p on true
             cross join lateral ({Sql.Raw(Deciding)}) e
             order by a.place, e.version
             """).ListAsync(
            database,
            r => (
                Place: r.GetInt32(0) - 1, Version: r.GetInt32(1), UpdatedAt: r.Instant(2), Comments: r.GetInt32(3),
                Files: r.GetInt32(4),
                Event: new ReplayedEvent(
                    r.GetInt32(5), r.Instant(6), Data<ConversationEvent>(r.GetString(7), r.Text(8, copies: 2)))),
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
                UpdatedAt = all.UpdatedAt,
                CommentCount = all.Comments,
                AwaitingSince = null,
            };
            found.Add(asked[of.Key], new PastConversation(header, all.Files));
        }

        return found;
    }

    /// <summary>The comments of these parts, the oldest first.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public Task<IReadOnlyDictionary<PastPart, IReadOnlyList<CommentRow>>> CommentsAsync(
        Caller caller, IReadOnlyCollection<PastPart> parts, CancellationToken cancellation) =>
        PartsAsync(
            caller, parts, "comment_added",
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
        PartsAsync(caller, parts, "file_attached", (id, _, at, json) => File(id, at, json), cancellation);

    /// <summary>The files that these comments had, as they were attached.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<IReadOnlyDictionary<PastComment, IReadOnlyList<FileRow>>> FilesByCommentsAsync(
        Caller caller, IReadOnlyCollection<PastComment> comments, CancellationToken cancellation)
    {
        OfficeOnly.Demand(caller);
        var asked = comments.ToList();
        var (ids, versions) = (asked.Select(c => c.ConversationId).ToArray(), asked.Select(c => c.Version).ToArray());
        var commentIds = asked.Select(c => c.CommentId.ToString()).ToArray();
        var rows = await Sql.Of(
            $"""
             select k.place::int, e.timestamp, e.data::text
             from unnest((select {ids}), (select {versions}), (select {commentIds})) with ordinality as k(id, version,
                 comment_id, place)
             join messaging.mt_events e on e.tenant_id = {caller.TenantId} and e.stream_id = k.id
                 and e.version <= k.version and e.type = 'file_attached'
                 and e.data ->> 'commentId' = k.comment_id{LimitedAccess.OfConversationId(caller, "k.id")}
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
        Caller caller, IReadOnlyCollection<PastPart> parts, string type, Func<Guid, int, DateTimeOffset, string, T> row,
        CancellationToken cancellation)
    {
        OfficeOnly.Demand(caller);
        var asked = parts.ToList();
        var (ids, versions) = (asked.Select(p => p.ConversationId).ToArray(), asked.Select(p => p.Version).ToArray());
        var (from, counts) = (asked.Select(p => p.From).ToArray(), asked.Select(p => p.Count).ToArray());
        var rows = await Sql.Of(
            $"""
             select k.place::int, e.version::int, e.timestamp, e.data::text
             from unnest((select {ids}), (select {versions}), (select {from}),
                 (select {counts})) with ordinality as k(id, version, first, size, place)
             cross join lateral (
                 select e.version, e.timestamp, e.data from messaging.mt_events e
                 where e.tenant_id = {caller.TenantId} and e.stream_id = k.id and e.version <= k.version
                     and e.type = {type}{LimitedAccess.OfConversationId(caller, "k.id")}
                 order by e.version limit k.size offset k.first) e
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
