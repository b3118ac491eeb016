using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Projections.Conversations;
using Messaging.Projections.Conversations.Search;
using Messaging.Projections.Storage;
using Messaging.Projections.Tests.Support;

namespace Messaging.Projections.Tests.Conversations.Search;

/// <summary>However a search finds conversations, it finds the same as reading all of them would.</summary>
public sealed class ManyConversationsSearchTests(Store store) : IClassFixture<Store>
{
    private static readonly string[] s_words =
    [
        "und", "rechnung", "beleg", "invoice", "kasse", "lohn", "steuer", "miete", "audit", "leasing"
    ];

    // From looking at nearly everything to asking the index in many small steps.
    private static readonly SearchEffort[] s_efforts =
    [
        SearchEffort.Default, new(5, 10, 30), new(3, 0, -1_000), new(4, 8, 10)
    ];

    [Fact]
    public async Task What_is_found_is_what_is_there_in_each_order_and_direction()
    {
        var office = await Office.OpenAsync(store);
        var random = new Random(99);
        var all = new List<Guid>();
        for (var i = 0; i < 240; i++)
        {
            office.Now = office.Now.AddHours(random.Next(1, 40));
            var by = random.Next(3) == 0 ? office.Frank : office.Anna;
            all.Add(
                await office.ConverseAsync(
                    by,
                    by == office.Frank ? office.Lehmann
                        : random.Next(2) == 0 ? office.Krause
                        : office.Lehmann,
                    Words(random, 2),
                    Words(random, 4)
                )
            );

            // Some go on for months.
            foreach (var old in all.Where(_ => random.Next(60) == 0).ToList())
            {
                office.Now = office.Now.AddMinutes(1);
                await office.CommentAsync(
                    old, office.Anna, Words(random, 3),
                    random.Next(2) == 0 ? CommentVisibility.Internal : CommentVisibility.Public,
                    $"{Words(random, 1)}.pdf");
            }
        }

        var created = (
            await store.RowsAsync(
                $"select created_at::text from messaging.conversations where tenant_id = '{office.TenantId}' order by 1"
            )
        ).ToList();
        created.Count.ShouldBe(240);
        string[] searches =
        [
            .. s_words,
            "r",
            "rechnungen invoices",
            "und lohn",
            "leasing audit",
            "steuer miete kasse",
            "nirgends",
            "und nirgends",
            "audit l",
            "lohn.pdf",
            "und.pdf lohn",
        ];
        foreach (var caller in (Caller[])[office.Anna, office.Frank, office.Dieter])
        {
            foreach (
                var order in (ConversationOrder[])
                    [
                        ConversationOrder.Default, new(ConversationOrderField.UpdatedAt, false),
                        new(ConversationOrderField.CreatedAt, true), new(ConversationOrderField.CreatedAt, false)
                    ]
            )
            {
                foreach (var search in searches) await CheckAsync(office, caller, order, search, all, random);
            }
        }
    }

    private async Task CheckAsync(
        Office office, Caller caller, ConversationOrder order, string search, List<Guid> all, Random random)
    {
        var filter = new ConversationFilter(
            Status: random.Next(3) == 0 ? [ConversationStatus.Open, ConversationStatus.Answered] : null,
            Unread: random.Next(5) == 0 ? true : null);
        var list = new ConversationList(caller, filter, order);
        var words = SearchText.Sought(search)!;

        // One by one, and sorted here.
        var matching = await Search(SearchEffort.Default).AmongAsync(all, Cancellation);
        var expected = matching
            .OrderBy(list.KeyOf)
            .ThenBy(c => c.Id.ToString(), StringComparer.Ordinal)
            .Select(c => c.Id)
            .ToList();
        if (order.Descending)
            expected.Reverse();
        foreach (var effort in s_efforts)
        {
            foreach (var descending in (bool[])[true, false])
            {
                var limit = random.Next(1, 60);
                var from =
                    expected.Count > 2 && random.Next(2) == 0
                        ? matching.Single(c => c.Id == expected[expected.Count / 2])
                        : null;
                var sought = descending == order.Descending ? expected : expected.AsEnumerable().Reverse();
                if (from is not null)
                    sought = sought.SkipWhile(id => id != from.Id).Skip(1);
                var found = await Search(effort)
                    .FindAsync(
                        from is null ? Sql.Nothing : list.Beyond(list.KeyOf(from), from.Id, descending), descending,
                        limit, Cancellation);
                found
                    .Select(c => c.Id)
                    .ShouldBe(
                        sought.Take(limit),
                        $"{search} for {caller.Actor} by {order}, descending {descending}, {effort}");
            }
        }

        // Beyond the bound: nothing else, in the same order, and whatever has all the words in one text.
        var bounded = (
            await Search(new(3, 0, 1_000, 0)).FindAsync(Sql.Nothing, order.Descending, 1_000, Cancellation)
        ).ConvertAll(c => c.Id);
        bounded.ShouldBe(expected.Where(bounded.Contains));
        var together = string.Join(
            " and ",
            words.Select(w =>
                $"t.search @@ replace('{w.Query.Replace("'", "''", StringComparison.Ordinal)}', '~', "
                    + "c.search_key)::tsquery"
            )
        );
        var inOneText = await store.RowsAsync(
            $"""
             select distinct c.id::text from messaging.conversations c join (
                 select tenant_id, conversation_id, search from messaging.subjects
                 union all select tenant_id, conversation_id, search from messaging.files
                     where visibility = 'Public' or {caller.SeesInternal}
                 union all select tenant_id, conversation_id, search from messaging.comments
                     where visibility = 'Public' or {caller.SeesInternal}) t
             on t.tenant_id = c.tenant_id and t.conversation_id = c.id
                 where c.tenant_id = '{office.TenantId}' and {together}
             """);
        expected.Where(id => inOneText.Contains(id.ToString())).ShouldBeSubsetOf(bounded);

        ConversationSearch Search(SearchEffort effort) =>
            new(store.Database, caller, list, order.Field == ConversationOrderField.CreatedAt, words, effort);
    }

    // The first ones are in most texts, the last ones in few.
    private static string Words(Random random, int count) =>
        string.Join(
            ' ',
            Enumerable.Range(0, count).Select(_ => s_words[(int)(s_words.Length * Math.Pow(random.NextDouble(), 3))]));
}
