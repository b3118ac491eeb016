using System.Net;
using Messaging.TestSupport.Postgres;
using Messaging.TestSupport.Product;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Scenarios;

public sealed class DatabaseOutageTests : IAsyncLifetime
{
    private const string AddComment =
        "mutation($input: AddCommentInput!) { addComment(input: $input) { comment { id } errors { code } } }";

    private TestDatabase _database = null!;
    private CuttingProxy _proxy = null!;
    private RunningProduct _product = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        var behind = new NpgsqlConnectionStringBuilder(_database.ConnectionString);
        _proxy = new CuttingProxy(behind.Host!, behind.Port);
        var through = new NpgsqlConnectionStringBuilder(_database.ConnectionString)
        {
            Host = "127.0.0.1",
            Port = _proxy.Port,
            Timeout = 2,
        };
        _product = await RunningProduct.StartAsync(
            settings: new() { ["ConnectionStrings:Messaging"] = through.ConnectionString });
    }

    public async ValueTask DisposeAsync()
    {
        await _product.DisposeAsync();
        await _proxy.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Clients_are_told_to_come_back_and_the_product_recovers_by_itself()
    {
        var anna = await _product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        var conversationId = (await anna.QueryAsync("{ conversations { nodes { id } } }")).At(
            "conversations.nodes.0.id");
        var comment = new
        {
            input = new
            {
                id = Guid.CreateVersion7(),
                conversationId,
                body = "Geht das verloren?",
            },
        };

        await _proxy.StopAsync();
        (await anna.SendAsync("{ conversations { nodes { id } } }")).Status.ShouldBe(503);
        var refused = await anna.SendAsync(AddComment, comment);
        (refused.Status, refused.ErrorCode).ShouldBe((503, "INTERNAL"));
        (await anna.GetAsync($"/files/{Guid.CreateVersion7()}")).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await anna.GetAsync("/health/ready")).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await anna.GetAsync("/health/live")).StatusCode.ShouldBe(HttpStatusCode.OK);

        _proxy.StartAgain();
        var ready = false;
        for (var i = 0; i < 150 && !ready; i++, await Task.Delay(100, TestContext.Current.CancellationToken))
            ready = (await anna.GetAsync("/health/ready")).StatusCode == HttpStatusCode.OK;
        ready.ShouldBeTrue("It is not ready 15 s after the database is back.");
        (await anna.QueryAsync(AddComment, comment)).At("addComment.comment.id").ShouldBe(comment.input.id.ToString());
        (await anna.QueryAsync(AddComment, comment)).At("addComment.errors").ShouldBe("[]");
    }
}
