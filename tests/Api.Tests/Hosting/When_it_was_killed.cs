using Messaging.TestSupport.Product;
using Messaging.TestSupport.Smtp;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Hosting;

/// <summary>What a process that was killed had begun goes on when the next one starts.</summary>
public sealed class When_it_was_killed
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(40);

    [Fact]
    public async Task Mails_that_it_was_handing_over_go_out_at_the_next_start_not_when_their_lease_ends()
    {
        await using var product = await ProductProcess.StartAsync([]);
        product.Mail.Always(SmtpStep.Content, SmtpReaction.Silence);
        var anna = await product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        var id = (await anna.QueryAsync("{ conversations { nodes { id } } }")).At("conversations.nodes.0.id");
        var comment = Guid.CreateVersion7();
        await anna.QueryAsync(
            "mutation($input: AddCommentInput!) { addComment(input: $input) { comment { id } } }",
            new { input = new { id = comment, conversationId = id, body = "Grüße", visibility = "PUBLIC" } });
        await using var database = NpgsqlDataSource.Create(product.ConnectionString);
        (await WaitAsync(database, comment, "Sending")).ShouldBeTrue();
        await product.KillAsync();
        product.Mail.BehaveAgain();
        await product.StartAgainAsync();
        (await WaitAsync(database, comment, "Sent")).ShouldBeTrue("Nothing was sent again.");
    }

    private static async Task<bool> WaitAsync(NpgsqlDataSource database, Guid comment, string state)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(s_patience);
        while (!patience.IsCancellationRequested)
        {
            await using var command = database.CreateCommand(
                "select count(*) > 0 and bool_and(state = $1) from messaging.deliveries where comment_id = $2");
            command.Parameters.Add(new() { Value = state });
            command.Parameters.Add(new() { Value = comment });
            if (await command.ExecuteScalarAsync(TestContext.Current.CancellationToken) is true) return true;
            await Task.Delay(100, CancellationToken.None);
        }

        return false;
    }
}
