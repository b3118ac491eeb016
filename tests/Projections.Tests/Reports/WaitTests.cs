using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Projections.Reports;
using Messaging.Projections.Storage;
using Messaging.Projections.Tests.Support;

namespace Messaging.Projections.Tests.Reports;

/// <summary>Waits are what docs/figures.md says: as events, folded one by one, and as SQL over them, have it.</summary>
public sealed class WaitTests(Store store) : IClassFixture<Store>
{
    // One row for each wait, of whatever kind, from the events alone: the same definitions in other words.
    private const string Reference =
        """
        with e as (
            select e.stream_id, e.version, e.type, e.data,
                max(e.timestamp) over (partition by e.stream_id order by e.version) as at
            from messaging.mt_events e where e.tenant_id = $1),
        of_office as (
            select *, lag(what) over w as before from (
                select *, case
                    when type = 'comment_added' and data ->> 'visibility' = 'Public' then
                        case data -> 'author' ->> 'kind' when 'Contact' then 'asks' else 'Replied' end
                    when type = 'status_changed' and data ->> 'to' <> 'Open' then 'ClosedWithoutReply' end as what
                from e) e
            where what is not null window w as (partition by stream_id order by version)),
        of_customer as (
            select *, case
                when type = 'conversation_created' and data ->> 'status' = 'Attention'
                    or type = 'status_changed' and data ->> 'from' <> 'Attention' and data ->> 'to' = 'Attention'
                    then 'asks'
                when type = 'comment_added' and data ->> 'visibility' = 'Public'
                    and data -> 'author' ->> 'kind' = 'Contact' then 'CustomerAnswered'
                when type = 'status_changed' and data ->> 'from' = 'Attention' and data ->> 'to' <> 'Attention'
                    then 'Withdrawn' end as what
            from e),
        cycles as (
            select *, case
                when type = 'conversation_created' and data ->> 'status' <> 'Answered'
                    or type = 'status_changed' and data ->> 'from' = 'Answered' and data ->> 'to' <> 'Answered'
                    then 'asks'
                when type = 'status_changed' and data ->> 'from' <> 'Answered' and data ->> 'to' = 'Answered'
                    then 'Resolved' end as what
            from e),
        marks as (
            select 'OfficeReply' as kind, stream_id, version, at, what from of_office
            where what <> 'asks' or before is distinct from 'asks'
            union all select 'CustomerAnswer', stream_id, version, at, what from of_customer where what is not null
            union all select 'Resolution', stream_id, version, at, what from cycles where what is not null)
        select concat_ws('|', s.stream_id, s.kind, s.version, extract(epoch from s.at), extract(epoch from n.at),
            n.what)
        from marks s left join lateral (
            select n.at, n.what from marks n
            where n.kind = s.kind and n.stream_id = s.stream_id and n.version > s.version and n.what <> 'asks'
            order by n.version limit 1) n on true
        where s.what = 'asks' order by 1
        """;

    [Fact]
    public async Task Random_histories_have_the_waits_that_their_events_say_to_the_microsecond()
    {
        var office = await Office.OpenAsync(store);
        var random = new Random(20261128);
        var expected = new List<string>();
        for (var i = 0; i < 60; i++)
        {
            var (id, events) = await Histories.WriteAsync(office, random, 40);
            expected.AddRange(Folded(id, events));
            office.Now = office.Now.AddMinutes(random.Next(-30, 600));
        }

        var kept = await RowsAsync(
            """
            select concat_ws('|', conversation_id, kind, position, extract(epoch from from_at),
                extract(epoch from to_at), outcome)
            from messaging.waits where tenant_id = $1 order by 1
            """, office.TenantId);
        kept.ShouldBe(expected.Order(StringComparer.Ordinal), ignoreOrder: true);
        kept.ShouldBe(await RowsAsync(Reference, office.TenantId));

        // The histories have all that there is.
        foreach (var outcome in Enum.GetNames<WaitOutcome>().Except([nameof(WaitOutcome.StillWaiting)]))
            kept.ShouldContain(row => row.EndsWith(outcome, StringComparison.Ordinal), outcome);
        foreach (var kind in Enum.GetNames<WaitKind>())
            kept.ShouldContain(row => row.Contains(kind, StringComparison.Ordinal) && row.Split('|').Length == 4, kind);
    }

    [Fact]
    public async Task A_wait_belongs_to_who_replied_and_notes_and_assignments_change_nothing()
    {
        var office = await Office.OpenAsync(store);
        var start = office.Now;
        var id = await office.ConverseAsync(office.Dieter, responsible: office.Anna.Actor.Id);
        office.Now = start.AddHours(1);
        await office.CommentAsync(id, office.Anna, "Wer weiß es?", CommentVisibility.Internal);
        await office.AppendAsync(id, new AdministratorAssigned(office.Anna.Actor.Id));
        office.Now = start.AddHours(2);
        await office.CommentAsync(id, office.Eva, "Noch etwas.");
        office.Now = start.AddHours(3);
        await office.CommentAsync(id, office.Bernd);
        await office.StatusAsync(id, ConversationStatus.Open, ConversationStatus.Attention);
        office.Now = start.AddHours(5);
        await office.CommentAsync(id, office.Dieter);
        await store.AppendAsync(
            office.Event(
                id,
                new StatusChanged(
                    ConversationStatus.Attention, ConversationStatus.Open, StatusChangeReason.CustomerReplied),
                office.Dieter));
        office.Now = start.AddHours(6);
        await office.StatusAsync(id, ConversationStatus.Open, ConversationStatus.Answered);
        (await RowsAsync(
            """
            select concat_ws(' ', kind, outcome, extract(epoch from to_at - from_at)::int / 3600, administrator_id)
            from messaging.waits where tenant_id = $1 order by from_at, kind
            """, office.TenantId))
            .ShouldBe([
                $"OfficeReply Replied 3 {office.Bernd.Actor.Id}", $"Resolution Resolved 6 {office.Anna.Actor.Id}",
                $"CustomerAnswer CustomerAnswered 2 {office.Anna.Actor.Id}",
                $"OfficeReply ClosedWithoutReply 1 {office.Anna.Actor.Id}"
            ]);
    }

    [Fact]
    public async Task Waits_of_events_of_before_are_there_after_the_upgrade()
    {
        var office = await Office.OpenAsync(store);
        await Histories.WriteAsync(office, new Random(4), 60);
        const string all = "select w::text from messaging.waits w order by 1";
        var before = await store.RowsAsync(all);
        before.Count.ShouldBeGreaterThan(5);

        // As a product of before left it.
        await store.ExecuteAsync("truncate messaging.waits");
        await store.ExecuteAsync("update messaging.read_model_formats set format = 9");
        (await store.Marten.UpgradeReadModelsAsync(store.Database, Cancellation)).ShouldBeTrue();
        (await store.RowsAsync(all)).ShouldBe(before);
        (await store.Marten.UpgradeReadModelsAsync(store.Database, Cancellation)).ShouldBeFalse();
    }

    // The slow and obvious reading of the definitions.
    private static IEnumerable<string> Folded(
        Guid id, List<(DateTimeOffset At, ConversationEvent Data)> events)
    {
        var now = DateTimeOffset.MinValue;
        var open = new Dictionary<WaitKind, (int Version, DateTimeOffset At)>();
        var rows = new List<string>();
        for (var i = 0; i < events.Count; i++)
        {
            if (events[i].At > now) now = events[i].At;
            var version = i + 1;
            switch (events[i].Data)
            {
                case ConversationCreated c:
                    if (c.Status != ConversationStatus.Answered) Begin(WaitKind.Resolution);
                    if (c.Status == ConversationStatus.Attention) Begin(WaitKind.CustomerAnswer);
                    break;
                case CommentAdded { Visibility: CommentVisibility.Public, Author.Kind: ParticipantKind.Contact }:
                    End(WaitKind.CustomerAnswer, WaitOutcome.CustomerAnswered);
                    if (!open.ContainsKey(WaitKind.OfficeReply)) Begin(WaitKind.OfficeReply);
                    break;
                case CommentAdded { Visibility: CommentVisibility.Public }:
                    End(WaitKind.OfficeReply, WaitOutcome.Replied);
                    break;
                case StatusChanged s:
                    if (s.To != ConversationStatus.Open) End(WaitKind.OfficeReply, WaitOutcome.ClosedWithoutReply);
                    if (s.From == s.To) break;
                    if (s.From == ConversationStatus.Attention) End(WaitKind.CustomerAnswer, WaitOutcome.Withdrawn);
                    if (s.To == ConversationStatus.Attention) Begin(WaitKind.CustomerAnswer);
                    if (s.To == ConversationStatus.Answered) End(WaitKind.Resolution, WaitOutcome.Resolved);
                    if (s.From == ConversationStatus.Answered) Begin(WaitKind.Resolution);
                    break;
            }

            void Begin(WaitKind kind) => open[kind] = (version, now);

            void End(WaitKind kind, WaitOutcome outcome)
            {
                if (!open.Remove(kind, out var wait)) return;
                rows.Add($"{Row(kind, wait)}|{Seconds(now)}|{outcome}");
            }
        }

        return rows.Concat(open.Select(o => Row(o.Key, o.Value)));

        string Row(WaitKind kind, (int Version, DateTimeOffset At) wait) =>
            $"{id}|{kind}|{wait.Version}|{Seconds(wait.At)}";

        static string Seconds(DateTimeOffset at) =>
            ((at - DateTimeOffset.UnixEpoch).Ticks / 10_000_000m).ToString(
                "0.000000", System.Globalization.CultureInfo.InvariantCulture);
    }

    private async Task<List<string>> RowsAsync(string sql, string tenant)
    {
        await using var command = store.Database.CreateCommand(sql);
        command.Parameters.Add(new Npgsql.NpgsqlParameter { Value = tenant });
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        var rows = new List<string>();
        while (await reader.ReadAsync(Cancellation)) rows.Add(reader.GetString(0));
        return rows;
    }
}
