using JasperFx.Events;
using Messaging.Domain.Conversations;
using Messaging.Projections.Conversations.Search;
using Messaging.Projections.Reports;
using Messaging.Projections.Storage;

namespace Messaging.Projections.Conversations;

/// <summary>
/// Inserts comments of different conversations, and updates their conversations and waits, in one statement.
/// </summary>
internal static class CommentRows
{
    private static readonly Sql s_awaiting = Sql.Raw(AwaitingStates.Sql("c.status", "g.by_customer"));

    /// <summary>The statement.</summary>
    /// <param name="events">Events of comments, no two of one conversation.</param>
    public static Sql StatementOf(IReadOnlyList<IEvent> events)
    {
        var n = events.Count;
        var (tenants, conversations, ids, positions, at) = (
            new string[n], new Guid[n], new Guid[n], new int[n], new DateTimeOffset[n]);
        var (authorKinds, authors, bodies, visibilities, words) = (
            new string[n], new Guid[n], new string[n], new string[n], new string[n]);
        for (var i = 0; i < n; i++)
        {
            var e = events[i];
            var c = (CommentAdded)e.Data;
            (tenants[i], conversations[i], ids[i], positions[i], at[i]) = (
                e.TenantId, e.StreamId, c.CommentId, checked((int)e.Version), e.Timestamp.ToUniversalTime());
            (authorKinds[i], authors[i], bodies[i], visibilities[i]) = (
                c.Author.Kind.ToString(), c.Author.Id, c.Body, c.Visibility.ToString());

            // The author's id is a word, so that search finds comments by the author's current name.
            words[i] = $"{SearchText.Stored(c.Body)} {SearchText.WordOf(c.Author.Id)}";
        }

        // Each conversation is looked up in the index (lateral, and not flattened) and then found at its place: joined
        // by its key alone it would be found by a scan of the table. The key is compared all the same, as places are
        // one partition's. No one else changes the row meanwhile, since an append locks the stream. The arrays are put
        // in by subqueries: the planner then does not look into them, and plans once rather than for each commit.
        return Sql.Of(
            $"""
            with given as materialized (
                select g.*, g.visibility = 'Public' as is_public, g.author_kind = 'Contact' as by_customer, c.*
                from unnest(
                    (select {tenants}::text[]), (select {conversations}::uuid[]), (select {ids}::uuid[]),
                    (select {positions}::int[]), (select {authorKinds}::text[]), (select {authors}::uuid[]),
                    (select {bodies}::text[]), (select {visibilities}::text[]), (select {at}::timestamptz[]),
                    (select {words}::text[]))
                    as g(tenant_id, conversation_id, id, position, author_kind, author_id, body, visibility, at, words)
                cross join lateral (
                    select ctid as place, search_key from messaging.conversations
                        where tenant_id = g.tenant_id and id = g.conversation_id offset 0) c),
            header as (
                update messaging.conversations c
                set updated_at = greatest(c.updated_at, g.at), version = g.position,
                    comment_count = c.comment_count + 1,
                    last_comment_id = g.id,
                    last_comment_position = g.position, last_comment_by = g.author_id,
                    office_awaited = case when g.is_public then g.by_customer else c.office_awaited end,
                    awaiting = case when g.is_public then {s_awaiting} else c.awaiting end,
                    awaiting_since = case when g.is_public and c.awaiting <> {s_awaiting}
                        then greatest(c.updated_at, g.at) else c.awaiting_since end,
                    public_updated_at = case when g.is_public then greatest(c.updated_at,
                        g.at) else c.public_updated_at end,
                    public_version = c.public_version + g.is_public::int,
                        public_comment_count = c.public_comment_count + g.is_public::int,
                    last_public_comment_id = case when g.is_public then g.id else c.last_public_comment_id end,
                    last_public_comment_position = case when g.is_public then g.position
                        else c.last_public_comment_position end,
                    last_public_comment_by = case when g.is_public then g.author_id else c.last_public_comment_by end
                from given g where c.ctid = g.place and c.tenant_id = g.tenant_id and c.id = g.conversation_id
                returning c.tenant_id, g.conversation_id, g.position, g.author_id, g.is_public, g.by_customer,
                    c.customer_id, c.updated_at),
            {WaitRows.OfComments}
            insert into messaging.comments (tenant_id, conversation_id, id, position, author_kind, author_id, body,
                visibility, created_at, search)
            select tenant_id, conversation_id, id, position, author_kind, author_id, body, visibility, at,
                replace(words, ' ', ' ' || search_key)::tsvector from given
            """);
    }
}
