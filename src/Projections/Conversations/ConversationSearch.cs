using System.Globalization;
using Messaging.Domain;
using Messaging.Projections.Conversations.Search;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Projections.Conversations;

/// <summary>
/// Finds the first conversations of a list that have all words, each somewhere in the subject, comments or file names
/// visible to the caller.
/// <para>
/// No index has the conversations of a word in the order of the list. A sample of the first ones shows how common the
/// words are. Common words: the scan of the list goes on until enough are found. Rare words: the text search index
/// yields the conversations of a time span, those started in it or up to a month before; the few older ones that
/// changed in it are read one by one. So the rows read grow neither with the number of conversations nor with the
/// frequency of a word.
/// </para>
/// </summary>
/// <param name="byCreation">True when the list is in the order of creation.</param>
/// <param name="effort">Limits on the rows that each way of searching reads.</param>
internal sealed class ConversationSearch(
    NpgsqlDataSource database, Caller caller, ConversationList list, bool byCreation, IReadOnlyList<SoughtWord> words,
    SearchEffort effort)
{
    private const double Common = 0.2;

    // To ask the index costs the same for an hour as for its month. In a month that is asked for anyway a longer time
    // is better than one after the other, unless it has many old conversations, which are looked at one by one.
    private const double Enough = 1.5;
    private const double Ample = 3;
    private const int FewOld = 150;

    // Months in one index query: a query for each would cost as much as reading the finds of a rare word.
    private const int CountedTogether = 6;

    private static readonly TimeSpan s_month = TimeSpan.FromDays(30);

    private static readonly Guid s_least = Guid.Empty;
    private static readonly Guid s_most = Guid.AllBitsSet;

    /// <summary>The condition that a conversation <c>c</c> has all the words.</summary>
    public Sql All => AllOf(words);

    /// <summary>The first matches in a direction, up to a limit, from the place that the conditions give.</summary>
    /// <param name="from">Conditions on a conversation <c>c</c>.</param>
    public async Task<List<ConversationRow>> FindAsync(
        Sql from, bool descending, int limit, CancellationToken cancellation)
    {
        var found = new List<ConversationRow>();
        if (limit == 0) return found;
        var place = from;
        ConversationRow? first = null;
        ConversationRow last;
        var hits = new int[words.Count];
        var old = 0;
        for (var (lookedAt, next) = (0, effort.Sample); ;)
        {
            var rows = await LookAsync(place, descending, next, cancellation);
            found.AddRange(rows.Where(r => r.Hits.All(h => h)).Select(r => r.Row));
            if (found.Count >= limit || rows.Count < next) return found.Count > limit ? found[..limit] : found;
            lookedAt += rows.Count;
            for (var i = 0; i < hits.Length; i++) hits[i] += rows.Count(r => r.Hits[i]);
            old += rows.Count(r => r.Row.CreatedAt < list.KeyOf(r.Row).AddMonths(-1));
            first ??= rows[0].Row;
            last = rows[^1].Row;
            place = Sql.Of($"{from}{list.Beyond(list.KeyOf(last), last.Id, descending)}");
            var missing =
                found.Count == 0 ? double.PositiveInfinity : (double)(limit - found.Count) * lookedAt / found.Count;
            if (lookedAt + missing > effort.LookedAtMaximum && found.Count < Common * lookedAt)
                return await FindRareAsync(
                    new Seen(found, hits, lookedAt, old, (list.KeyOf(last) - list.KeyOf(first)).Duration()), from, last,
                    descending, limit, cancellation);
            next = (int)(missing * 1.2) + 10;
        }
    }

    /// <summary>The conversations among these that have all the words.</summary>
    public Task<List<ConversationRow>> AmongAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellation) =>
        Sql.Of(
            $"""
             select {Visibility.ConversationColumns(caller)} from {Visibility.From(caller)}
             where {list.Conditions()} and c.id = any({Sql.Ids(ids)}){All}
             """).ListAsync(database, Visibility.Conversation, cancellation);

    private async Task<List<(ConversationRow Row, bool[] Hits)>> LookAsync(
        Sql conditions, bool descending, int count, CancellationToken cancellation)
    {
        var hits = Words(words, "array[", ", ", "]");
        return await Sql.Of(
                $"select {Visibility.ConversationColumns(caller)}, {hits} from "
                    + $"{list.Scan(conditions, descending, Sql.Value(count))} c{list.OrderBy(descending)}"
            )
            .ListAsync(
                database, r => (Visibility.Conversation(r), r.GetFieldValue<bool[]>(r.FieldCount - 1)), cancellation);
    }

    private async Task<List<ConversationRow>> FindRareAsync(
        Seen seen, Sql from, ConversationRow last, bool descending, int limit, CancellationToken cancellation)
    {
        var found = seen.Found;
        var (place, placeId) = (list.KeyOf(last), last.Id);
        var (earliest, latest) = await EndsAsync(cancellation);
        var each = seen.Span / seen.LookedAt;
        var share = (double)found.Count / seen.LookedAt;

        // The rarest word leads. Far more common ones are checked in its hits only: an index lookup of a row costs a
        // tenth of reading it.
        var byRarity = words.Zip(seen.Hits).OrderBy(w => w.Second).ToList();
        var indexed = byRarity
            .Where((w, i) => i == 0 || w.Second <= 10 * Math.Max(1, byRarity[0].Second))
            .Select(w => w.First)
            .ToList();
        var common = byRarity.Select(w => w.First).Except(indexed).ToList();
        if (found.Count == 0)
        {
            // Too rare for the sample: the index counts those of a month or two.
            var (since, until) = descending ? (place.AddMonths(-1), place) : (place, place.AddMonths(1));
            var keys = SearchText.KeysBetween(caller.TenantId, since, until).ToList();
            share = await CountAsync(indexed, keys, cancellation) * (double)each.Ticks / (keys.Count * s_month.Ticks);
        }

        for (var isFirst = true; ; isFirst = false)
        {
            // One query reads all the rest when it is hardly more than is wanted.
            var left = (double)(descending ? place - earliest : latest - place).Ticks;
            var window = Enough * (limit - found.Count) / share;
            var ticks =
                each == TimeSpan.Zero || share * left / each.Ticks < (2 * (limit - found.Count)) + effort.AllMaximum
                    ? double.PositiveInfinity
                    : each.Ticks * window;

            var inOneText = false;
            if (words.Count > 1 && each != TimeSpan.Zero && double.IsInfinity(ticks))
            {
                // The sample says nothing about other times. Words that are common each but rare together would take
                // seconds: the query is limited to a month, and beyond it to texts that have all of them. Counting a
                // common word is slow, so words that seem rare are counted first.
                var keys = SearchText.KeysBetween(caller.TenantId, earliest, latest).ToList();
                var rare = await RareAsync(indexed, keys, cancellation);
                if (rare.Count == 0 && common.Count > 0) rare = await RareAsync(common, keys, cancellation);
                if (rare.Count > 0)
                    (indexed, common) = (rare, [.. words.Except(rare)]);
                else if (isFirst)
                    ticks = s_month.Ticks;
                else
                    inOneText = true;
            }

            DateTimeOffset? end = ticks < left ? place.AddTicks(descending ? -(long)ticks : (long)ticks) : null;
            if (end is { } near && Ample * window * seen.Old / seen.LookedAt < FewOld) end = Ampler(place, near);
            var beyond = Sql.Of($"{from}{list.Beyond(place, placeId, descending)}");
            if (end is { } edge) beyond += $" and {list.Key} {Sql.Raw(descending ? ">=" : "<=")} {edge}";
            var (low, high) = descending ? (end ?? earliest, place) : (place, end ?? latest);
            var oldest = byCreation ? low : end is null ? earliest : low.AddMonths(-1);
            var rows = await WindowAsync(
                inOneText,
                indexed,
                common,
                SearchText
                    .KeysBetween(caller.TenantId, oldest < earliest ? earliest : oldest, high < latest ? high : latest)
                    .ToList(),
                beyond,
                byCreation || oldest <= earliest ? null : MonthOf(oldest),
                descending,
                limit - found.Count,
                cancellation
            );
            found.AddRange(rows);
            if (found.Count >= limit || end is null)
                return found;
            share = double.IsInfinity(window)
                ? 0
                : rows.Count * (double)each.Ticks / (end.Value - place).Duration().Ticks;
            (place, placeId) = (end.Value, descending ? s_least : s_most);
        }
    }

    /// <summary>An end that is further away, but in the same month.</summary>
    private static DateTimeOffset Ampler(DateTimeOffset place, DateTimeOffset end)
    {
        var month = MonthOf(end);
        var ample = place + (Ample * (end - place));
        return end < place ? Max(month, ample) : Min(month.AddMonths(1).AddTicks(-1), ample);

        static DateTimeOffset Max(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;
        static DateTimeOffset Min(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;
    }

    private static DateTimeOffset MonthOf(DateTimeOffset at) =>
        new(at.UtcDateTime.Year, at.UtcDateTime.Month, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The instants at which the organisation's first and last conversations were started.</summary>
    private async Task<(DateTimeOffset Earliest, DateTimeOffset Latest)> EndsAsync(CancellationToken cancellation)
    {
        var ends = await Sql.Of(
            $"""
             select (select created_at from messaging.conversations where tenant_id = {caller.TenantId}
                 order by created_at, id limit 1),
                 (select created_at from messaging.conversations where tenant_id = {caller.TenantId}
                     order by created_at desc, id desc limit 1)
             """).ListAsync(database, r => (r.Instant(0), r.Instant(1)), cancellation);
        return ends[0];
    }

    private Task<List<ConversationRow>> WindowAsync(
        bool inOneText, List<SoughtWord> indexed, List<SoughtWord> common, List<string> keys, Sql conditions,
        DateTimeOffset? olderThan, bool descending, int limit, CancellationToken cancellation)
    {
        // One lookup for each, whatever number the planner estimates.
        var sql = Sql.Of(
            $"""
             with hit as materialized ({(inOneText ? HitsInOneText(keys) : Hits(indexed, keys))})
             select {Visibility.ConversationColumns(caller)} from (
                 select c.* from hit cross join lateral (
                     select c.* from {Visibility.From(caller)}
                     where {list.Conditions()} and c.id = hit.conversation_id{conditions} limit 1) c
                 where true{(inOneText ? Sql.Nothing : AllOf(common))}
             """);
        if (olderThan is { } older)
        {
            sql +=
                $"""
                  union all select c.* from {list.Scan(Sql.Of($"{conditions} and c.created_at < {older}"), descending,
                      Sql.Value(int.MaxValue))} c
                 where true{AllOf(words)}
                 """;
        }

        sql += $") c{list.OrderBy(descending)} limit {limit}";
        return sql.ListAsync(database, Visibility.Conversation, cancellation);
    }

    /// <summary>Number of conversations with these keys, among those the list may have, that have the words.</summary>
    private Task<int> CountAsync(List<SoughtWord> indexed, List<string> keys, CancellationToken cancellation) =>
        Sql.Of(
            $"""
             with hit as materialized ({Hits(indexed, keys)})
             select count(*) from hit cross join lateral (
                 select from {Visibility.From(caller)} where {list.Conditions()} and c.id = hit.conversation_id
                     limit 1) c
             """).CountAsync(database, cancellation);

    /// <summary>
    /// The words that few texts have. Counting begins with the latest texts and stops as soon as the answer is certain.
    /// </summary>
    private async Task<List<SoughtWord>> RareAsync(
        List<SoughtWord> some, List<string> keys, CancellationToken cancellation)
    {
        var sql = Sql.Of($"select array[");
        var query = Sql.Raw("q.query");
        for (var i = 0; i < some.Count; i++)
        {
            var queries = keys.AsEnumerable().Reverse().Chunk(CountedTogether).Select(some[i].QueryFor).ToArray();
            sql +=
                $"""
                 {Sql.Raw(i > 0 ? ", " : "")}(select count(*) from (
                     select from unnest({queries}) as q(query) cross join lateral ({Found("subjects", query)}
                         union all {Found("comments", query)} union all {Found("files", query)}) m
                     limit {effort.ApartMaximum + 1}) m)::int
                 """;
        }

        sql += $"]";
        var counts = (await sql.FirstAsync(database, r => r.GetFieldValue<int[]>(0), cancellation))!;
        return [.. some.Where((_, i) => counts[i] <= effort.ApartMaximum)];
    }

    private Sql Hits(List<SoughtWord> indexed, List<string> keys)
    {
        var sql = Sql.Nothing;
        for (var i = 0; i < indexed.Count; i++)
        {
            var query = Sql.Of($"{indexed[i].QueryFor(keys)}");
            sql +=
                $"{Sql.Raw(i > 0 ? " intersect " : "")}({Found("subjects", query)} union "
                    + $"{Found("comments", query)} union {Found("files", query)})";
        }

        return sql;
    }

    // Month by month, so that the index skips texts with only some of the words.
    private Sql HitsInOneText(List<string> keys)
    {
        var query = string.Join('&', words.Select(w => $"({w.Query})"));
        return Sql.Of(
            $"select distinct m.conversation_id from unnest({keys.ToArray()}) as k(key) cross join lateral "
                + $"({In("subjects")} union all {In("comments")} union all {In("files")}) m"
        ).Heavy();

        Sql In(string table) =>
            Sql.Of(
                $"""
                 select m.conversation_id from messaging.{Sql.Raw(table)} m
                 where m.tenant_id = {caller.TenantId}{Public(table)} and m.search @@ replace({query},
                     {SoughtWord.Key.ToString()}, k.key)::tsquery
                 """);
    }

    private Sql Found(string table, Sql query) =>
        Sql.Of(
            $"select m.conversation_id from messaging.{Sql.Raw(table)} m where m.tenant_id = "
                + $"{caller.TenantId}{Public(table)} and m.search @@ {query}::tsquery"
        ).Heavy();

    private Sql AllOf(IReadOnlyList<SoughtWord> all) =>
        all.Count == 0 ? Sql.Nothing : Sql.Of($" and {Words(all, "", " and ", "")}");

    // By function, not operator: the index of the conversation's comments is meant, and never the text search index.
    // All words in one pass.
    private Sql Words(IReadOnlyList<SoughtWord> all, string before, string between, string after)
    {
        var (queries, hits) = (Sql.Nothing, Sql.Raw(before));
        for (var i = 0; i < all.Count; i++)
        {
            var (name, comma) = (
                Sql.Raw(string.Create(CultureInfo.InvariantCulture, $"q{i}")), Sql.Raw(i > 0 ? ", " : ""));
            queries += $"{comma}replace({all[i].Query}, {SoughtWord.Key.ToString()}, c.search_key)::tsquery as {name}";
            hits += $"{Sql.Raw(i > 0 ? between : "")}coalesce(bool_or(ts_match_vq(m.search, q.{name})), false)";
        }

        hits += $"{Sql.Raw(after)}";
        return Sql.Of(
            $"(select {hits} from (select {queries} offset 0) q cross join ({In("subjects")} union all "
                + $"{In("comments")} union all {In("files")}) m)"
        ).Heavy();

        Sql In(string table) =>
            Sql.Of(
                $"select m.search from messaging.{Sql.Raw(table)} m where m.tenant_id = c.tenant_id and "
                    + $"m.conversation_id = c.id{Public(table)}"
            );
    }

    // The subject is for everybody who sees the conversation.
    private Sql Public(string table) =>
        table == "subjects" ? Sql.Nothing : Visibility.Written(caller, "m");

    /// <param name="Hits">Number of conversations that had each word.</param>
    /// <param name="Old">Number of conversations started more than a month before their sort key.</param>
    /// <param name="Span">The time between the first and the last that was looked at.</param>
    private sealed record Seen(List<ConversationRow> Found, int[] Hits, int LookedAt, int Old, TimeSpan Span);
}

/// <summary>
/// Limits on the conversations that each way of searching reads. All but <paramref name="ApartMaximum"/> change the
/// speed only, not the result.
/// </summary>
/// <param name="Sample">Size of the sample.</param>
/// <param name="LookedAtMaximum">
/// Number scanned in the order of the list before the index is used, unless most of them match.
/// </param>
/// <param name="AllMaximum">
/// Surplus over the wanted number up to which one index query covers all time, rather than one span after the other.
/// </param>
/// <param name="ApartMaximum">
/// Number of texts with the rarest of several words beyond which conversations that have the words only in different
/// texts are found among the latest ones only.
/// </param>
internal sealed record SearchEffort(int Sample, int LookedAtMaximum, int AllMaximum, int ApartMaximum = 5_000)
{
    /// <summary>Looking at a conversation takes about as long as reading 20 from an index.</summary>
    public static SearchEffort Default { get; } = new(100, 1_500, 2_000);
}
