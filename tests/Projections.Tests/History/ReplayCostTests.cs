using Messaging.Domain.Conversations;
using Messaging.Projections.History;
using Messaging.Projections.Tests.Support;
using Messaging.TestSupport.Postgres;
using Npgsql;

namespace Messaging.Projections.Tests.History;

/// <summary>What a view of the past reads is what it shows. The server counts the rows that it fetches.</summary>
public sealed class ReplayCostTests(Store store) : IClassFixture<Store>
{
    private const int Comments = 1_000;
    private const int Page = 40;

    [Fact]
    public async Task A_page_of_the_past_reads_its_own_events_and_no_other_texts()
    {
        var office = await Office.OpenAsync(store);
        var id = await office.ConverseAsync(responsible: office.Anna.Actor.Id);
        await office.AppendAsync(id, new AdministratorAssigned(office.Bernd.Actor.Id), new ConversationTagged("Lohn"));
        await office.AppendAsync(
            id, new StatusChanged(ConversationStatus.Open, ConversationStatus.Attention,
                StatusChangeReason.SetByAdministrator));
        await office.AppendAsync(
            id,
            Enumerable.Range(0, Comments).Select(i => new CommentAdded(
                Guid.CreateVersion7(), office.Anna.Actor.Participant, $"Nummer {i}", CommentVisibility.Public)));
        var latest = Comments + 5;

        // Texts that cannot be read as such: whoever parses one of another page fails.
        await store.ExecuteAsync(Tampering.Begin);
        await store.ExecuteAsync(
            "update messaging.mt_events set data = '{\"body\": 1}' where stream_id = $1 and type = 'comment_added' "
                + "and not version = any($2)",
            id, (int[])[.. Enumerable.Range(latest - Page + 1, Page), .. Enumerable.Range(501, Page)]);
        await store.ExecuteAsync(Tampering.End);
        await store.ExecuteAsync("vacuum analyze messaging.mt_events, messaging.comments, messaging.files");
        await using var database = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(store.ConnectionString)
            {
                Options = "-c enable_seqscan=off -c enable_bitmapscan=off",
                MaxPoolSize = 1,
            }.ConnectionString);
        var past = new PastConversations(database);

        foreach (var version in (int[])[latest, 500 + Page])
        {
            var before = await FetchedAsync(database);
            var moment = new PastMoment(id, version, null);
            var then = (await past.AsOfAsync(office.Paul, [moment], Cancellation))[moment];
            var count = then.Header.CommentCount;
            var part = new PastPart(id, version, count - Page, Page, count);
            var comments = (await past.CommentsAsync(office.Paul, [part], Cancellation))[part];
            var tags = await past.TagsAsync(office.Paul, [(id, version)], Cancellation);
            var fetched = await FetchedAsync(database) - before;

            then.Header.ShouldSatisfyAllConditions(
                h => h.Status.ShouldBe(ConversationStatus.Attention), h => h.Version.ShouldBe(version),
                h => h.ResponsibleAdministratorId.ShouldBe(office.Bernd.Actor.Id),
                h => h.CommentCount.ShouldBe(version - 4));
            comments.Select(c => c.Body).ShouldBe(
                Enumerable.Range(version - 5 - Page, Page).Select(i => $"Nummer {i}"));
            tags[(id, version)].ShouldBe(["Lohn"]);

            // Of the page, and the few that decide the state.
            fetched.ShouldBeInRange(Page, Page + 20);
        }
    }

    [Fact]
    public async Task Pages_of_the_past_are_found_from_either_end()
    {
        var office = await Office.OpenAsync(store);
        var id = await office.ConverseAsync(body: "0");
        for (var i = 1; i < 9; i++)
        {
            await office.CommentAsync(
                id, office.Dieter, $"{i}", CommentVisibility.Public, i % 2 == 0 ? [$"{i}.pdf"] : []);
        }

        PastPart[] parts =
        [
            .. from count in (int[])[1, 2, 9]
            from first in Enumerable.Range(0, 10 - count)
            select new PastPart(id, 100, first, count, 9),
        ];
        var pages = await store.Past.CommentsAsync(office.Paul, parts, Cancellation);
        foreach (var part in parts)
        {
            pages[part].Select(c => c.Body).ShouldBe(
                Enumerable.Range(part.From, part.Count).Select(i => $"{i}"), part.ToString());
        }

        var comments = pages[new PastPart(id, 100, 0, 9, 9)];
        var asked = comments.Select(c => new PastComment(id, c.Position, c.Id)).ToList();
        var files = await store.Past.FilesByCommentsAsync(
            office.Paul, [.. asked, .. asked.Select(c => c with { Version = 100 })], Cancellation);
        foreach (var (comment, i) in asked.Select((c, i) => (c, i)))
        {
            // It came with the comment, as an event of its own after it.
            files[comment].ShouldBeEmpty();
            files[comment with { Version = 100 }].Select(f => f.Name).ShouldBe(
                i > 0 && i % 2 == 0 ? [$"{i}.pdf"] : []);
        }
    }

    private static async Task<long> FetchedAsync(NpgsqlDataSource database)
    {
        await using (var flush = database.CreateCommand("select pg_stat_force_next_flush()"))
            await flush.ExecuteNonQueryAsync(Cancellation);
        await using var command = database.CreateCommand(
            "select idx_tup_fetch + seq_tup_read from pg_stat_user_tables where schemaname = 'messaging' "
                + "and relname = 'mt_events'");
        return (long)(await command.ExecuteScalarAsync(Cancellation))!;
    }
}
