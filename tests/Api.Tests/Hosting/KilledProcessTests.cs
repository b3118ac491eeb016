using System.Diagnostics;
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
