using Messaging.TestSupport.Product;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Auth;

/// <summary>What people say of themselves, the password they choose, and who lets them in and out.</summary>
public sealed class ProfileTests : IAsyncLifetime
{
    private const string Update =
        "mutation($input: UpdateProfileInput!) { updateProfile(input: $input) { viewer { displayName locale } "
            + "errors { code path } } }";
    private const string Change =
        "mutation($input: ChangePasswordInput!) { changePassword(input: $input) { accessToken viewer { "
            + "displayName } errors { code message path } } }";
    private const string Krause = "dieter.krause@baeckerei-krause.example";

    private RunningProduct _product = null!;
    private GraphQLClient _anna = null!;
    private GraphQLClient _dieter = null!;

    public async ValueTask InitializeAsync()
    {
        _product = await RunningProduct.StartAsync();
        _anna = await _product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        _dieter = await _product.SignInAsync(Krause);
    }

    public async ValueTask DisposeAsync() => await _product.DisposeAsync();

    [Fact]
    public async Task A_name_and_a_language_are_changed_and_seen_by_others_and_in_mails()
    {
        var changed = await _dieter.QueryAsync(
            Update, new { input = new { displayName = "Dieter Krause sen.", locale = "en" } });
        changed.At("updateProfile.viewer").ShouldBe("""{"displayName":"Dieter Krause sen.","locale":"en"}""");
        (await _dieter.QueryAsync(Update, new { input = new { locale = "fr" } }))
            .At("updateProfile.errors.0.path.0")
            .ShouldBe("locale");
        (await _anna.QueryAsync("""{ customers(search: "krause") { nodes { contacts { displayName } } } }"""))
            .At("customers.nodes.0.contacts.0.displayName")
            .ShouldBe("Dieter Krause sen.");

        var id = (await _dieter.QueryAsync("{ conversations(first: 1) { nodes { id } } }")).At(
            "conversations.nodes.0.id");
        await _anna.QueryAsync(
            "mutation($id: ID!) { addComment(input: { conversationId: $id, body: \"Nur noch Englisch\" }) { "
                + "errors { message } } }",
            new { id }
        );
        var mail = await _product.Mail.WaitForMailAsync(m =>
            m.Recipients.Contains(Krause) && m.Message.TextBody!.Contains("Nur noch Englisch", StringComparison.Ordinal)
        );
        mail.Message.TextBody!.ShouldContain("Dieter Krause sen.");
        mail.Message.TextBody!.ShouldStartWith("Hello");
    }

    [Fact]
    public async Task A_viewer_knows_what_they_need_to_begin()
    {
        var customer = (await _anna.QueryAsync("""{ customers(search: "krause") { nodes { id } } }""")).At(
            "customers.nodes.0.id");
        (await _dieter.QueryAsync("{ viewer { isOwner customer { id } } }"))
            .At("viewer")
            .ShouldBe("{\"isOwner\":false,\"customer\":{\"id\":\"" + customer + "\"}}");
        (await _anna.QueryAsync("{ viewer { isOwner customer { id } } }"))
            .At("viewer")
            .ShouldBe("""{"isOwner":true,"customer":null}""");
    }

    [Fact]
    public async Task Another_password_ends_what_began_with_the_one_before()
    {
        const string chosen = "ein besseres Kennwort";
        (await ChangeAsync("wrong-password", chosen)).At("changePassword.errors.0.path.0").ShouldBe("currentPassword");
        (await ChangeAsync("messaging-demo", "kurz")).At("changePassword.errors.0.path.0").ShouldBe("newPassword");
        await using var live = await LiveClient.OpenAsync(_product.Address, _dieter);
        await live.SubscribeAsync("1", "subscription { conversationsUpdated { removedId } }");

        // Tokens have whole seconds.
        await Task.Delay(1_100, TestContext.Current.CancellationToken);
        var changed = await ChangeAsync("messaging-demo", chosen);
        changed.At("changePassword.viewer.displayName").ShouldBe("Dieter Krause");
        (await live.ReceiveAsync()).ShouldBeNull();
        live.CloseCode.ShouldBe(4403);

        var now = new GraphQLClient(_product.Http, changed.At("changePassword.accessToken"));
        await using (var again = await LiveClient.OpenAsync(_product.Address, now))
            await again.SubscribeAsync("1", "subscription { conversationsUpdated { removedId } }");
        (await now.SendAsync("{ viewer { id } }")).Status.ShouldBe(200);
        await Should.ThrowAsync<InvalidOperationException>(() => LiveClient.OpenAsync(_product.Address, _dieter));
        for (var i = 0; i < 20 && (await _dieter.SendAsync("{ viewer { id } }")).Status == 200; i++)
            await Task.Delay(500, TestContext.Current.CancellationToken);
        (await _dieter.SendAsync("{ viewer { id } }")).Status.ShouldBe(401);
        await Should.ThrowAsync<InvalidOperationException>(() => _product.SignInAsync(Krause));
        (await (await _product.SignInAsync(Krause, chosen)).SendAsync("{ viewer { id } }")).Status.ShouldBe(200);
    }

    [Theory]
    [InlineData("kurz", "PASSWORD_IS_TOO_SHORT")]
    [InlineData("Passwort1!", "PASSWORD_IS_COMMON")]
    [InlineData("Sonnenschein", "PASSWORD_IS_COMMON")]
    [InlineData("qwertzui", "PASSWORD_IS_A_PATTERN")]
    [InlineData("12345678", "PASSWORD_IS_A_PATTERN")]
    [InlineData("aaaaaaaa", "PASSWORD_IS_A_PATTERN")]
    [InlineData("dieter.krause@baeckerei-krause.example", "PASSWORD_IS_PERSONAL")]
    [InlineData("DieterKrause1", "PASSWORD_IS_PERSONAL")]
    [InlineData("kanzlei sommer", "PASSWORD_IS_PERSONAL")]
    [InlineData("messaging", "PASSWORD_IS_PERSONAL")]
    public async Task A_password_that_is_guessed_first_is_refused_and_told_why(string password, string reason)
    {
        var answer = await _dieter.QueryAsync(
            "mutation($p: String!) { changePassword(input: { currentPassword: \"messaging-demo\", newPassword: "
                + "$p }) { accessToken errors { code path reason } } }",
            new { p = password }
        );
        answer
            .At("changePassword")
            .ShouldBe(
                $$"""{"accessToken":null,"errors":[{"code":"INVALID","path":["newPassword"],"reason":"{{reason}}"}]}"""
            );
    }

    [Fact]
    public async Task A_password_is_changed_alone_and_guessing_it_is_slowed_down()
    {
        await using var product = await RunningProduct.StartAsync(
            settings: new() { ["Messaging:Auth:SignInAttempts"] = "3" });
        var dieter = await product.SignInAsync(Krause);
        var both = await dieter.SendAsync(
            "mutation { updateProfile(input: {}) { errors { code } } changePassword(input: { currentPassword: "
                + "\"messaging-demo\", newPassword: \"long-enough\" }) { errors { code } } }"
        );
        both.ErrorMessage.ShouldBe("changePassword must be the only field of its mutation.");
        for (var i = 0; i < 3; i++)
            (
                await dieter.QueryAsync(
                    Change, new { input = new { currentPassword = $"guess {i} guess", newPassword = "long-enough" } })
            )
                .At("changePassword.errors.0.code")
                .ShouldBe("INVALID");
        (
            await dieter.SendAsync(
                Change, new { input = new { currentPassword = "messaging-demo", newPassword = "long-enough" } })
        ).ErrorCode.ShouldBe("RATE_LIMITED");
    }

    [Fact]
    public async Task Whoever_has_not_joined_is_seen_and_asked_once_more()
    {
        await _anna.QueryAsync(
            "mutation { inviteAdministrator(input: { email: \"gerd@kanzlei-sommer.example\", displayName: "
                + "\"Gerd\" }) { errors { message } } }"
        );
        var nodes = (await _anna.QueryAsync("{ administrators { nodes { id displayName joined } } }"))[
            "administrators"
        ]!["nodes"]!.AsArray();
        nodes.Where(n => n.At("joined") == "false").Select(n => n.At("displayName")).ShouldBe(["Gerd"]);
        var first = await _product.Mail.WaitForMailAsync(m => m.Recipients.Contains("gerd@kanzlei-sommer.example"));

        var id = nodes.Single(n => n.At("displayName") == "Gerd").At("id");
        const string again =
            "mutation($id: ID!) { resendInvitation(input: { id: $id }) { invited { ... on Administrator { "
                + "displayName } } errors { code } } }";
        (await _anna.QueryAsync(again, new { id })).At("resendInvitation.invited.displayName").ShouldBe("Gerd");
        var second = await _product.Mail.WaitForMailAsync(m =>
            m.Recipients.Contains("gerd@kanzlei-sommer.example") && m.Message.MessageId != first.Message.MessageId
        );

        // Once in some minutes is enough, and only the latest link works.
        (await _anna.QueryAsync(again, new { id })).At("resendInvitation.errors.0.code").ShouldBe("CONFLICT");
        (await AcceptAsync(first)).At("acceptInvitation.errors.0.code").ShouldBe("NOT_FOUND");
        (await AcceptAsync(second)).At("acceptInvitation.viewer.displayName").ShouldBe("Gerd");
        (await _anna.QueryAsync("{ administrators { nodes { joined } } }")).ToJsonString().ShouldNotContain("false");
        (await _anna.QueryAsync(again, new { id })).At("resendInvitation.errors.0.code").ShouldBe("CONFLICT");

        Task<System.Text.Json.Nodes.JsonNode> AcceptAsync(TestSupport.Smtp.ReceivedMail mail) =>
            _product.Anonymous.QueryAsync(
                "mutation($token: String!) { acceptInvitation(input: { token: $token, password: "
                    + "\"messaging-demo\" }) { viewer { displayName } errors { code } } }",
                new
                {
                    token = System
                        .Text.RegularExpressions.Regex.Match(mail.Message.TextBody!, "#token=([A-Za-z0-9_-]{43})")
                        .Groups[1]
                        .Value,
                }
            );
    }

    [Fact]
    public async Task A_contact_who_is_deactivated_is_out_at_once_and_written_to_no_more()
    {
        var contact = await _dieter.QueryAsync("{ viewer { id } conversations(first: 1) { nodes { id } } }");
        var (id, conversation) = (contact.At("viewer.id"), contact.At("conversations.nodes.0.id"));
        await using var live = await LiveClient.OpenAsync(_product.Address, _dieter);
        await live.SubscribeAsync(
            "1", "subscription($id: ID!) { conversationUpdated(id: $id) { removedId conversation { id } } }",
            new { id = conversation });
        (
            await _anna.QueryAsync(
                "mutation($id: ID!) { deactivateContact(input: { id: $id }) { contact { active } errors { code } } }",
                new { id })
        )
            .At("deactivateContact.contact.active")
            .ShouldBe("false");

        (await live.NextAsync("1")).At("conversationUpdated.removedId").ShouldBe(conversation);
        ((string?)(await live.ReceiveAsync())?["type"]).ShouldBe("complete");
        (await live.ReceiveAsync()).ShouldBeNull();
        live.CloseCode.ShouldBe(4403);
        var refused = await _dieter.SendAsync(
            "mutation($id: ID!) { addComment(input: { conversationId: $id, body: \"Noch da?\" }) { errors { code } } }",
            new { id = conversation });
        (refused.Status == 401 || refused.Data.At("addComment.errors.0.code") == "FORBIDDEN").ShouldBeTrue(
            refused.Body.ToJsonString());
        await Should.ThrowAsync<InvalidOperationException>(() => _product.SignInAsync(Krause));

        await _anna.QueryAsync(
            "mutation($id: ID!) { addComment(input: { conversationId: $id, body: \"Hallo?\" }) { errors { code } } }",
            new { id = conversation });

        // Mails go out in the order of the events.
        await _anna.QueryAsync(
            "mutation { inviteAdministrator(input: { email: \"gerd@kanzlei-sommer.example\", displayName: "
                + "\"Gerd\" }) { errors { message } } }"
        );
        await _product.Mail.WaitForMailAsync(m => m.Recipients.Contains("gerd@kanzlei-sommer.example"));
        await Task.Delay(500, TestContext.Current.CancellationToken);
        _product.Mail.Received.ShouldNotContain(m =>
            m.Recipients.Contains(Krause) && m.Message.TextBody!.Contains("Hallo?", StringComparison.Ordinal)
        );
    }

    private Task<System.Text.Json.Nodes.JsonNode> ChangeAsync(string currentPassword, string newPassword) =>
        _dieter.QueryAsync(Change, new { input = new { currentPassword, newPassword } });
}
