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
        await using var product = await ProductProcess.StartAsync([]);
        product.Mail.Always(SmtpStep.Content, SmtpReaction.Silence);
        var anna = await product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        var id = (await anna.QueryAsync("{ conversations { nodes { id } } }")).At("conversations.nodes.0.id");
        await anna.QueryAsync(
            "mutation($input: AddCommentInput!) { addComment(input: $input) { comment { id } } }",
            new { input = new { conversationId = id, body = "Grüße", visibility = "PUBLIC" } });
        await using var database = NpgsqlDataSource.Create(product.ConnectionString);

        // This one or those of the demo data: several are handed over at once.
        await WaitAsync(async () => (await SendingAsync(database)).Length > 0, "Nothing is handed over.");
        await product.KillAsync();
        var begun = await SendingAsync(database);
        begun.ShouldNotBeEmpty();
        product.Mail.BehaveAgain();
        await product.StartAgainAsync();
        await WaitAsync(() => AreSentAsync(database, begun), "Nothing was sent again.");
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
