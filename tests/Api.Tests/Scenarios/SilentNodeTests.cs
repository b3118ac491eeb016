using Messaging.TestSupport;
using Messaging.TestSupport.Postgres;
using Messaging.TestSupport.Product;
using Messaging.TestSupport.Smtp;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Scenarios;

/// <summary>
/// Of two nodes the one that has everything in hand stands still, as a virtual machine does that is moved, and goes on
/// later: the other takes its work on, and it does nothing that the other has done.
/// </summary>
public sealed class SilentNodeTests
{
    // On a machine that has much else to do; how long it takes on one that has not is measured by ./dev faults.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private const string AllSent =
        "select count(*) = 0 from messaging.deliveries where state in ('Pending', 'Sending', 'PerhapsSent')";

    [Fact]
    public async Task Another_plans_and_sends_and_a_mail_whose_recipient_was_accepted_goes_out_once()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no SIGSTOP.");
        await using var database = await TestDatabase.CreateAsync();
        await using var mail = SmtpServer.Start();
        using var data = new TempDirectory();
        var settings = new Dictionary<string, string>
        {
            ["ConnectionStrings__Messaging"] = database.ConnectionString,
            ["Messaging__DataDirectory"] = data.Path,
            ["Messaging__Nodes"] = "several",
            ["Messaging__Auth__SigningKey"] = SharedKey.Of(data.Path),
        };
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var first = await ProductProcess.StartAsync(settings, mail);
        await WaitAsync(
            "select count(*) > 0 from wolverine.wolverine_node_assignments where id like '%/notifications/%'");
        await WaitAsync(AllSent);
        await using var second = await ProductProcess.StartAsync(settings, mail);

        // The first one has a mail of which the server accepts the recipient while it stands still.
        mail.Once(SmtpStep.RcptTo, SmtpReaction.After(TimeSpan.FromSeconds(3)));
        var anna = await second.SignInAsync("anna.sommer@kanzlei-sommer.example");
        var id = (await anna.QueryAsync("{ conversations { nodes { id } } }")).At("conversations.nodes.0.id");
        var before = mail.Received.Count;
        await CommentAsync("Eins");
        await WaitAsync("select count(*) > 0 from messaging.deliveries where state = 'Sending'");
        var holder = await ScalarAsync<Guid>(
            "select lease_holder from messaging.deliveries where state = 'Sending' limit 1");
        holder.ShouldBe(
            await ScalarAsync<Guid>(
                "select node_id from wolverine.wolverine_node_assignments where id like '%/notifications/%'")
        );
        await first.SignalAsync("STOP");

        // What it had, and what comes later, the other does.
        await WaitAsync(AllSent);
        await CommentAsync("Zwei");
        await WaitAsync(
            "select count(*) > 0 from messaging.deliveries where state = 'Sent' and created_at > now() - "
                + "interval '1 minute' and lease_holder <> $1",
            holder
        );
        await WaitAsync(AllSent);

        await first.SignalAsync("CONT");
        await first.WaitUntilReadyAsync(s_patience);
        await CommentAsync("Drei");
        await Task.Delay(TimeSpan.FromSeconds(5), Cancellation);
        await WaitAsync(AllSent);
        var mails = mail.Received.Skip(before).ToList();
        mails.Select(m => m.Message.MessageId).ShouldBeUnique();
        mails.Count.ShouldBe(
            (int)
                await ScalarAsync<long>(
                    "select count(*) from messaging.deliveries d join messaging.mt_events e on e.id = d.event_id "
                        + "where e.data ->> 'body' in ('Eins', 'Zwei', 'Drei')"
                )
        );

        // One plans, and the one that stood still serves.
        await WaitAsync(
            "select count(distinct node_id) = 1 from wolverine.wolverine_node_assignments where id like "
                + "'%/notifications/%'"
        );
        (await new GraphQLClient(first.Http, anna.Token).QueryAsync("{ viewer { id } }"))
            .At("viewer.id")
            .ShouldNotBeEmpty();

        async Task CommentAsync(string body) => await anna.QueryAsync(
            "mutation($input: AddCommentInput!) { addComment(input: $input) { comment { id } } }",
            new { input = new { conversationId = id, body, visibility = "PUBLIC" } });

        async Task<T> ScalarAsync<T>(string sql, params object[] arguments)
        {
            await using var command = source.CreateCommand(sql);
            foreach (var argument in arguments) command.Parameters.Add(new() { Value = argument });
            return (T)(await command.ExecuteScalarAsync(Cancellation))!;
        }

        Task WaitAsync(string sql, params object[] arguments) =>
            Waiting.UntilAsync(() => ScalarAsync<bool>(sql, arguments), s_patience);
    }
}
