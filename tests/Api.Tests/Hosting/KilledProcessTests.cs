using System.Collections.Concurrent;
using System.Diagnostics;
using Messaging.Application.History;
using Messaging.TestSupport.Product;
using Messaging.TestSupport.Smtp;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Hosting;

/// <summary>What a process that was killed had begun goes on when the next one starts.</summary>
public sealed class KilledProcessTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(40);

    [Fact]
    public async Task Mails_that_it_was_handing_over_go_out_at_the_next_start_not_when_their_lease_ends()
    {
        await using var product = await ProductProcess.CreateAsync([]);
        await using var database = NpgsqlDataSource.Create(product.ConnectionString);

        // Anna gets the report of the week, which the start plans: the last one was long ago.
        await ExecuteAsync(
            database,
            """
            insert into messaging.notification_preferences (tenant_id, person_id, email_for, in_app_for, weekly_report)
            select tenant_id, id, '{}', '{}', true from messaging.administrators
            where email = 'anna.sommer@kanzlei-sommer.example'
            """);
        await ExecuteAsync(database, "delete from messaging.weekly_reports");
        await ExecuteAsync(
            database,
            "insert into messaging.weekly_reports (tenant_id, week, planned_at) "
                + "select tenant_id, date '2000-01-03', now() from messaging.organisations");
        product.Mail.Always(SmtpStep.Content, SmtpReaction.Silence);
        product.Launch();
        await product.WaitUntilReadyAsync();
        var anna = await product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        var id = (await anna.QueryAsync("{ conversations { nodes { id } } }")).At("conversations.nodes.0.id");
        await anna.QueryAsync(
            "mutation($input: AddCommentInput!) { addComment(input: $input) { comment { id } } }",
            new { input = new { conversationId = id, body = "Grüße", visibility = "PUBLIC" } });

        // This one or those of the demo data: several are handed over at once.
        await WaitAsync(
            async () => (await SendingAsync(database)).Length > 1 && await WeeklyAsync(database) == ("Sending", 1),
            "Too little is handed over.");
        await product.KillAsync();
        var begun = await SendingAsync(database);
        begun.ShouldNotBeEmpty();
        product.Mail.BehaveAgain();
        await product.StartAgainAsync();
        await WaitAsync(() => AreSentAsync(database, begun), "Nothing was sent again.");
        (await WeeklyAsync(database)).ShouldBe(("Sent", 1));
        product.Mail.Received.Count(m => m.Message.Subject!.StartsWith("Wochenbericht", StringComparison.Ordinal))
            .ShouldBe(1);
    }

    [Fact]
    public async Task Whoever_was_being_erased_and_what_was_being_written_are_so_once_and_history_is_proved()
    {
        await using var product = await ProductProcess.StartAsync([]);
        await using var database = NpgsqlDataSource.Create(product.ConnectionString);
        var anna = await product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        var conversation = (await anna.QueryAsync("{ conversations { nodes { id } } }")).At("conversations.nodes.0.id");
        await anna.QueryAsync(
            "mutation { changeRetention(input: { mandateYears: 0, commentYears: 0, fileYears: 0 }) { errors { code } "
                + "} }");
        var written = new ConcurrentBag<string>();
        for (var round = 0; round < 2; round++)
        {
            anna = await product.SignInAsync("anna.sommer@kanzlei-sommer.example");
            var customer = (await anna.QueryAsync(
                "mutation { registerCustomer(input: { name: \"Kurz\" }) { customer { id } } }"))
                .At("registerCustomer.customer.id");
            var person = (await anna.QueryAsync(
                "mutation($input: InviteContactInput!) { inviteContact(input: $input) { contact { id } } }",
                new
                {
                    input = new
                    {
                        customerId = customer,
                        email = $"x{round}@quitzow.example",
                        displayName = "Xaver Quitzow",
                    },
                })).At("inviteContact.contact.id");
            await anna.QueryAsync(
                $$"""mutation { endCustomer(input: { id: "{{customer}}", on: "2020-12-31" }) { errors { code } } }""");
            var writers = Enumerable.Range(0, 4).Select(_ => WriteAsync(anna, conversation, written)).ToList();
            var enough = written.Count + 4;
            await WaitAsync(() => Task.FromResult(written.Count >= enough), "Too little is written.");
            (await anna.QueryAsync(
                "mutation($id: ID!) { erasePerson(input: { personId: $id }) { errors { code message } } }",
                new { id = person })).At("erasePerson.errors").ShouldBe("[]");
            await Task.Delay(60 * round, TestContext.Current.CancellationToken);
            await product.KillAsync();
            await Task.WhenAll(writers);

            // What one has let lie is gone on with after a while.
            await ExecuteAsync(database, "update messaging.erasures set taken_until = now() where done_at is null");
            await product.StartAgainAsync();
        }

        await WaitAsync(
            async () => await CountAsync(database, "from messaging.erasures where carried_out_at is null") == 0,
            "Not all were erased.");
        (await CountAsync(database, "from messaging.erasures")).ShouldBe(2);
        (await CountAsync(database, "from messaging.mt_events where type = 'contact_erased'")).ShouldBe(2);
        (await CountAsync(database, "from messaging.mt_events where data::text ilike '%quitzow%'")).ShouldBe(0);

        // Each comment that was acknowledged is there once, and each event has its leaf.
        written.Count.ShouldBeGreaterThan(3);
        (await CountAsync(
            database, "from messaging.mt_events where type = 'comment_added' and data ->> 'body' = any($1)",
            [written.ToArray()])).ShouldBe(written.Count);
        await WaitAsync(
            async () => await CountAsync(
                database,
                "from (select sum(size) as leaves from messaging.audit_trees) t where leaves = ("
                    + "select count(*) from messaging.mt_events)") == 1,
            "The tree is not whole.");
        var outcome = await new AuditCheck(database).RunAsync([], TestContext.Current.CancellationToken);
        outcome.Verdict.ShouldBe(AuditVerdict.Proved, outcome.Sentence);
    }

    private static async Task WriteAsync(GraphQLClient who, string conversation, ConcurrentBag<string> written)
    {
        try
        {
            while (true)
            {
                var body = $"Geschrieben {Guid.CreateVersion7()}";
                var answer = await who.SendAsync(
                    "mutation($input: AddCommentInput!) { addComment(input: $input) { errors { code } } }",
                    new { input = new { conversationId = conversation, body } });
                if (answer.ErrorCode is not null) return;
                written.Add(body);
            }
        }
        catch (HttpRequestException)
        {
            // It was killed.
        }
    }

    private static async Task<long> CountAsync(NpgsqlDataSource database, string from, params object[] values)
    {
        await using var command = database.CreateCommand($"select count(*) {from}");
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        return (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    private static async Task<(string? State, long Count)> WeeklyAsync(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand(
            "select min(state), count(*) from messaging.deliveries where kind = 'WeeklyReport'");
        await using var row = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        await row.ReadAsync(TestContext.Current.CancellationToken);
        return (row.IsDBNull(0) ? null : row.GetString(0), row.GetInt64(1));
    }

    private static async Task ExecuteAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private static async Task<Guid[]> SendingAsync(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand(
            "select coalesce(array_agg(id), '{}') from messaging.deliveries where state = 'Sending'");
        return (Guid[])(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    private static async Task<bool> AreSentAsync(NpgsqlDataSource database, Guid[] deliveries)
    {
        await using var command = database.CreateCommand(
            "select bool_and(state = 'Sent') from messaging.deliveries where id = any($1)");
        command.Parameters.Add(new() { Value = deliveries });
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken) is true;
    }

    private static async Task WaitAsync(Func<Task<bool>> isSoAsync, string otherwise)
    {
        var clock = Stopwatch.StartNew();
        while (!await isSoAsync())
        {
            clock.Elapsed.ShouldBeLessThan(s_patience, otherwise);
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }
}
