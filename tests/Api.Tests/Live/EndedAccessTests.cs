using System.Text.Json.Nodes;
using Messaging.Application.Commands;
using Messaging.Application.Organisation;
using Messaging.Domain;
using Messaging.Domain.Organisation;
using Messaging.TestSupport.Product;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Live;

/// <summary>
/// Whoever has subscribed is told of nothing that happens after their session, their role or their part has ended, on
/// whichever node: not even while the connection is being closed.
/// </summary>
public sealed class EndedAccessTests : IAsyncLifetime
{
    private const string Carla = "carla.herbst@kanzlei-sommer.example";
    private const string Dieter = "dieter.krause@baeckerei-krause.example";
    private const string Auditor = "pruefung@kanzlei-sommer.example";

    private const string All =
        "subscription { conversationsUpdated { conversation { id lastComment { body } } } }";

    private const string Told = "subscription { notificationReceived { comment { body } } }";

    private static readonly Dictionary<string, string?> s_several = new() { ["Messaging:Nodes"] = "several" };

    private RunningProduct _product = null!;
    private RunningProduct _other = null!;
    private GraphQLClient _anna = null!;
    private string _conversation = "";

    public async ValueTask InitializeAsync()
    {
        _product = await RunningProduct.StartAsync(settings: s_several);
        _other = await _product.StartNodeAsync(s_several);
        _anna = await _product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        var krause = (await _anna.QueryAsync("""{ customers(search: "Krause") { nodes { id } } }""")).At(
            "customers.nodes.0.id");
        _conversation = (
            await _anna.QueryAsync(
                "mutation($id: ID!) { createConversation(input: { customerId: $id, subject: \"S\", body: \"B\" }) "
                    + "{ conversation { id } } }", new { id = krause })
        ).At("createConversation.conversation.id");
    }

    public async ValueTask DisposeAsync()
    {
        await _other.DisposeAsync();
        await _product.DisposeAsync();
    }

    [Fact]
    public async Task Nothing_is_told_after_another_role()
    {
        foreach (var (email, role) in ((string, string)[])[(Carla, "AUDITOR"), (Auditor, "ADMINISTRATOR")])
        {
            await NothingAfterAsync(email, async (_, id) =>
                (await _anna.QueryAsync(
                    "mutation($id: ID!, $role: Role!) { changeAdministratorRole(input: { id: $id, role: $role }) { "
                        + "errors { message } } }", new { id, role }))
                    .At("changeAdministratorRole.errors").ShouldBe("[]"));
        }
    }

    [Fact]
    public Task Nothing_is_told_after_somebody_is_no_owner_any_more() =>
        NothingAfterAsync(Carla, async (_, id) =>
        {
            foreach (var isOwner in (bool[])[true, false])
            {
                (await _anna.QueryAsync(
                    "mutation($id: ID!, $is: Boolean!) { changeAdministratorRole(input: { id: $id, isOwner: $is }) { "
                        + "errors { message } } }", new { id, @is = isOwner }))
                    .At("changeAdministratorRole.errors").ShouldBe("[]");
            }
        });

    [Fact]
    public Task Nothing_is_told_after_a_contact_is_deactivated() =>
        NothingAfterAsync(Dieter, async (_, id) =>
            (await _anna.QueryAsync(
                "mutation($id: ID!) { deactivateContact(input: { id: $id }) { errors { message } } }", new { id }))
                .At("deactivateContact.errors").ShouldBe("[]"));

    [Fact]
    public Task Nothing_is_told_after_a_password_was_chosen_by_a_link() =>
        NothingAfterAsync(Dieter, async (_, _) =>
        {
            await _product.Anonymous.QueryAsync(
                "mutation($email: String!) { requestPasswordReset(input: { email: $email }) { errors { code } } }",
                new { email = Dieter });
            var mail = await _product.Mail.WaitForMailAsync(m =>
                m.Recipients.Contains(Dieter) && m.Text.Contains("#token=", StringComparison.Ordinal));
            var token = mail.Text[(mail.Text.IndexOf("#token=", StringComparison.Ordinal) + 7)..]
                .Split([' ', '\r', '\n'])[0];
            (await _product.Anonymous.QueryAsync(
                "mutation($token: String!) { resetPassword(input: { token: $token, password: \"Zwetschgen 27 x\" }) { "
                    + "errors { code } } }", new { token })).At("resetPassword.errors").ShouldBe("[]");
        });

    [Fact]
    public Task Nothing_is_told_after_another_password() =>
        NothingAfterAsync(Carla, async (carla, _) =>
            (await carla.QueryAsync(
                "mutation { changePassword(input: { currentPassword: \"messaging-demo\", newPassword: "
                    + "\"Zwetschgen 27 x\" }) { errors { code } } }")).At("changePassword.errors").ShouldBe("[]"));

    [Fact]
    public async Task Nothing_is_told_after_signing_out()
    {
        // On the node where it is done at once; another one looks every two seconds.
        var carla = await _product.SignInAsync(Carla);
        await using var live = await SubscribeAsync(_product, carla);
        await carla.QueryAsync("mutation { signOut { errors { code } } }");
        await CommentAsync("danach");
        (await UntilClosedAsync(live)).ShouldNotContain("danach");
    }

    [Fact]
    public async Task What_is_asked_for_while_the_connection_is_being_closed_is_not_answered()
    {
        var carla = await _product.SignInAsync(Carla);
        var id = (await carla.QueryAsync("{ viewer { id } }")).At("viewer.id");
        await using var live = await SubscribeAsync(_product, carla);
        await _anna.QueryAsync(
            "mutation($id: ID!) { changeAdministratorRole(input: { id: $id, role: AUDITOR }) { errors { code } } }",
            new { id });

        // It is told of that within a moment, and keeps the connection for another.
        var closed = UntilClosedAsync(live);
        for (var i = 0; i < 40 && !closed.IsCompleted; i++)
        {
            try
            {
                await live.SendAsync(
                    new { id = $"q{i}", type = "subscribe", payload = new { query = "{ viewer { role } }" } });
            }
            catch (Exception e) when (e is System.Net.WebSockets.WebSocketException or InvalidOperationException)
            {
                break;
            }

            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        // Of the answers there are only those from before the change was known.
        var answers = (await closed).Split('\n').Count(m => m.Contains("ADMINISTRATOR", StringComparison.Ordinal));
        answers.ShouldBeLessThan(20);
        live.CloseCode.ShouldBe(4403);
    }

    [Fact]
    public async Task Whoever_connects_as_who_they_were_a_moment_ago_connects_again_as_who_they_are()
    {
        // Nobody is connected, and nobody tells the node: what it found a moment ago is what it knows.
        var auditor = await _product.SignInAsync(Auditor);
        var id = Guid.Parse((await auditor.QueryAsync("{ viewer { id } }")).At("viewer.id"));
        var owner = new Caller(
            (await _anna.QueryAsync("{ viewer { organisation { id } } }")).At("viewer.organisation.id"),
            new Actor.Administrator(Guid.Parse((await _anna.QueryAsync("{ viewer { id } }")).At("viewer.id")), true));
        (await _product.Services.GetRequiredService<CommandExecutor>().ExecuteAsync(
            new LimitAdministratorCommand(owner, id, null)
            {
                Scope = AuditorScope.None with { WithNotes = false },
                KeepsCustomers = true,
            },
            TestContext.Current.CancellationToken)).Refusal.ShouldBeNull();

        await using var before = await LiveClient.OpenAsync(_product.Address);
        await before.SendAsync(
            new { type = "connection_init", payload = new { authorization = $"Bearer {auditor.Token}" } });
        (await before.ReceiveAsync()).ShouldBeNull();
        (before.CloseCode, before.Socket.CloseStatusDescription).ShouldBe((4403, "Your access has changed"));

        await using var now = await LiveClient.OpenAsync(_product.Address, auditor);
        await now.SendAsync(
            new { id = "1", type = "subscribe", payload = new { query = "{ viewer { isNarrow } }" } });
        ((bool)(await now.NextAsync("1"))["viewer"]!["isNarrow"]!).ShouldBeTrue();
    }

    private async Task NothingAfterAsync(string email, Func<GraphQLClient, string, Task> end)
    {
        var who = await _product.SignInAsync(email);
        var id = (await who.QueryAsync("{ viewer { id } }")).At("viewer.id");
        await using var live = await SubscribeAsync(_product, who);
        await using var other = await SubscribeAsync(_other, await _other.SignInAsync(email));
        await CommentAsync("davor");
        foreach (var one in (LiveClient[])[live, other])
        {
            while (!(await one.ReceiveAsync())!.ToJsonString().Contains("davor", StringComparison.Ordinal))
            {
            }
        }

        await end(who, id);
        await CommentAsync("danach");
        foreach (var one in (LiveClient[])[live, other])
        {
            (await UntilClosedAsync(one)).ShouldNotContain("danach");
            one.CloseCode.ShouldBe(4403);
        }
    }

    private static async Task<LiveClient> SubscribeAsync(RunningProduct node, GraphQLClient who)
    {
        var live = await LiveClient.OpenAsync(node.Address, who);
        await live.SubscribeAsync("1", All);
        await live.SubscribeAsync("2", Told);
        return live;
    }

    private static async Task<string> UntilClosedAsync(LiveClient live)
    {
        var all = new List<string>();
        while (await live.ReceiveAsync() is JsonNode message) all.Add(message.ToJsonString());
        return string.Join('\n', all);
    }

    private async Task CommentAsync(string body) =>
        (await _anna.QueryAsync(
            "mutation($id: ID!, $body: String!) { addComment(input: { conversationId: $id, body: $body }) { errors { "
                + "message } } }", new { id = _conversation, body })).At("addComment.errors").ShouldBe("[]");
}
