using System.Net;
using System.Net.Http.Headers;
using Messaging.TestSupport.Product;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Observability;

/// <summary>Metrics count what has happened, by names whose number is bounded.</summary>
public sealed class MeasurementTests(Observed observed) : IClassFixture<Observed>
{
    private const string Operations = "messaging_graphql_operation_duration_seconds_count";
    private const string Commands = "messaging_commands_total";
    private const string GroupSizes = "messaging_commands_group_size_sum";

    [Fact]
    public async Task Operations_commands_mails_and_files_are_counted_exactly()
    {
        var anna = await observed.Product.SignInAsync(Observed.Anna);
        var id = await observed.ConversationAsync(anna);

        // Nothing is on its way any more that would be counted later. The metrics of that are some seconds old: the
        // database knows.
        var mails = await observed.MailsSentAsync();
        var before = await observed.MetricsAsync(m => Sent(m) >= mails);

        for (var i = 0; i < 3; i++) await anna.QueryAsync("query Counted { viewer { id } }");
        await anna.SendAsync("query Counted { viewer { nothing } }");
        await observed.Product.Anonymous.SendAsync("query Counted { viewer { id } }");
        for (var i = 0; i < 2; i++)
            await anna.QueryAsync(
                "mutation Said($id: ID!) { addComment(input: { conversationId: $id, body: \"Gern.\" }) { errors "
                    + "{ code } } }",
                new { id }
            );
        await anna.QueryAsync(
            "mutation Late($id: ID!) { changeStatus(input: { conversationIds: [$id], status: OPEN, "
                + "expectedVersion: 1 }) { errors { code } } }",
            new { id }
        );
        await anna.QueryAsync(
            "mutation Lost($id: ID!) { addComment(input: { conversationId: $id, body: \"Gern.\" }) { errors { "
                + "code } } }",
            new { id = Guid.CreateVersion7() }
        );
        var file = (await anna.UploadAsync("Beleg.txt", "text/plain", new byte[1234])).Data.At("uploadFile.file.url");
        (await anna.GetAsync(file)).EnsureSuccessStatusCode();
        await using var live = await LiveClient.OpenAsync(observed.Product.Address, anna);
        await live.SubscribeAsync("1", "subscription Watch { conversationsUpdated { removedId } }");

        // Two comments to Dieter, one mail each. These and the download are recorded behind them, and the metrics are
        // read in the midst of what commits, until all of it is in.
        var after = await observed.MetricsAsync(m =>
            Sent(m) - Sent(before) >= 2 && Recorded(m) - Recorded(before) >= 3
            && m.Sum(GroupSizes) - before.Sum(GroupSizes) == m.Sum(Commands) - before.Sum(Commands));

        Grown(Operations, ("graphql_operation_name", "Counted"), ("outcome", "ok")).ShouldBe(3);
        Grown(Operations, ("graphql_operation_name", "Counted"), ("outcome", "BAD_USER_INPUT")).ShouldBe(1);
        Grown(Operations, ("graphql_operation_name", "Counted"), ("outcome", "UNAUTHENTICATED")).ShouldBe(1);
        Grown(Operations, ("graphql_operation_type", "mutation"), ("graphql_operation_name", "Said"), ("outcome", "ok"))
            .ShouldBe(2);
        Grown(
                Operations,
                ("graphql_operation_type", "subscription"),
                ("graphql_operation_name", "Watch"),
                ("outcome", "ok")
            )
            .ShouldBe(1);
        Grown(Operations).ShouldBe(3 + 1 + 1 + 2 + 1 + 1 + 1 + 1);
        Grown(Commands, ("command", "AddComment"), ("outcome", "Accepted")).ShouldBe(2);
        Grown(Commands, ("command", "AddComment"), ("outcome", "NotFound")).ShouldBe(1);
        Grown(Commands, ("command", "ChangeStatus"), ("outcome", "Conflict")).ShouldBe(1);
        Grown(GroupSizes).ShouldBe(Grown(Commands));

        // Each commits alone but for what is recorded, which may commit together.
        var accepted = Grown(Commands, ("outcome", "Accepted"));
        Grown("messaging_commands_commit_duration_seconds_count")
            .ShouldBeInRange(accepted - Recorded(after) + Recorded(before) + 1, accepted);
        Sent(after).ShouldBe(Sent(before) + 2);
        Grown("messaging_notifications_total", ("channel", "email")).ShouldBe(2);
        Grown("messaging_emails_send_duration_seconds_count").ShouldBe(2);
        Grown("messaging_files_total", ("direction", "receive")).ShouldBe(1);
        Grown("messaging_files_io_bytes_total", ("direction", "receive")).ShouldBe(1234);
        Grown("messaging_files_io_bytes_total", ("direction", "transmit")).ShouldBe(1234);
        after.Sum("messaging_graphql_connections", ("transport", "websocket")).ShouldBe(1);
        after.Sum("messaging_live_subscriptions").ShouldBe(1);
        after.Sum("messaging_dead_letters").ShouldBe(0);
        after.Sum("db_client_connection_max", ("db_client_connection_pool_name", "messaging")).ShouldBeGreaterThan(0);

        double Grown(string name, params (string, string)[] labels) =>
            after.Sum(name, labels) - before.Sum(name, labels);
        static double Recorded(Observed.Metrics metrics) =>
            metrics.Sum(Commands, ("command", "RecordAccess"), ("outcome", "Accepted"));
        static double Sent(Observed.Metrics metrics) => metrics.Sum("messaging_emails_total", ("outcome", "sent"));
    }

    [Fact]
    public async Task Strangers_leave_no_names()
    {
        await observed.Product.Anonymous.SendAsync("query Stranger_4711 { __typename }");
        (await observed.MetricsAsync()).Text.ShouldNotContain("Stranger_4711");
    }

    [Fact]
    public async Task Metrics_are_for_who_has_the_token_and_in_production_for_nobody_without_one()
    {
        await using (var product = await RunningProduct.StartAsync("Production"))
            (await StatusAsync(product, null)).ShouldBe(HttpStatusCode.NotFound);

        await using (
            var product = await RunningProduct.StartAsync(
                "Production", new() { ["Messaging:Metrics:Token"] = "0123456789abcdef" })
        )
        {
            (await StatusAsync(product, null)).ShouldBe(HttpStatusCode.NotFound);
            (await StatusAsync(product, "0123456789abcdeF")).ShouldBe(HttpStatusCode.NotFound);
            (await StatusAsync(product, "0123456789abcdef")).ShouldBe(HttpStatusCode.OK);
        }

        static async Task<HttpStatusCode> StatusAsync(RunningProduct product, string? token)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
            if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using var answer = await product.Http.SendAsync(request);
            return answer.StatusCode;
        }
    }
}
