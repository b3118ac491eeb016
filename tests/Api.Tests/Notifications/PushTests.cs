using System.Security.Cryptography;
using Messaging.Api.Notifications;
using Messaging.TestSupport;
using Messaging.TestSupport.Product;
using Microsoft.Extensions.Configuration;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Notifications;

/// <summary>
/// Browsers are told of notifications while no page is open: by the service of their vendor, which learns that there is
/// something and not what.
/// </summary>
public sealed class PushTests : IAsyncLifetime
{
    private const string Subscribe =
        "mutation($endpoint: String!) { subscribeToPush(input: { endpoint: $endpoint }) { errors { code path } } }";

    private const string Unsubscribe =
        "mutation($endpoint: String!) { unsubscribeFromPush(input: { endpoint: $endpoint }) { errors { code } } }";

    private PushService _service = null!;
    private RunningProduct _product = null!;
    private GraphQLClient _anna = null!;
    private GraphQLClient _dieter = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _service = await PushService.StartAsync();
        _product = await RunningProduct.StartAsync(
            settings: new() { [PushOptions.Services] = $"https://push.example; {_service.Origin}" });
        _anna = await _product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        _dieter = await _product.SignInAsync("dieter.krause@baeckerei-krause.example");
    }

    public async ValueTask DisposeAsync()
    {
        await _product.DisposeAsync();
        await _service.DisposeAsync();
    }

    [Fact]
    public async Task A_browser_is_told_that_there_is_something_by_who_has_the_key_it_subscribed_with()
    {
        var key = (await _anna.QueryAsync("{ viewer { pushKey } }")).At("viewer.pushKey");
        await SubscribeAsync(_anna, "annas");
        await SubscribeAsync(_anna, "annas");
        await SubscribeAsync(_dieter, "dieters");
        var conversation = await ConversationAsync(_anna);

        // The office told the customer; now the customer tells the office.
        await PushedAsync("dieters", 1);
        await CommentAsync(_dieter, conversation);
        await PushedAsync("annas", 1);
        var pushed = _service.Taken.Last(p => p.Browser == "annas");
        pushed.Length.ShouldBe(0);
        (pushed.Headers["TTL"], pushed.Headers["Topic"]).ShouldBe(("86400", "messaging"));

        // RFC 8292, 2 and 3.
        var authorization = pushed.Headers["Authorization"];
        authorization.ShouldStartWith("vapid t=");
        authorization.ShouldEndWith($", k={key}");
        var point = Base64UrlEncoder.DecodeBytes(key);
        point.Length.ShouldBe(65);
        using var known = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = point[1..33], Y = point[33..] },
        });
        var token = authorization["vapid t=".Length..authorization.IndexOf(',', StringComparison.Ordinal)];
        var read = await new JsonWebTokenHandler().ValidateTokenAsync(
            token,
            new TokenValidationParameters
            {
                ValidAudience = _service.Origin,
                ValidateIssuer = false,
                ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
                IssuerSigningKey = new ECDsaSecurityKey(known),
            });
        read.IsValid.ShouldBeTrue();
        read.SecurityToken.ValidTo.ShouldBeLessThan(DateTime.UtcNow.AddHours(24));
        read.Claims["sub"].ShouldBe("https://nachrichten.example");

        // Nobody is told of what they did themselves, and a key stays.
        _service.Taken.Count(p => p.Browser == "dieters").ShouldBe(1);
        await _product.StopAsync();
        await _product.StartAgainAsync();
        (await _anna.QueryAsync("{ viewer { pushKey } }")).At("viewer.pushKey").ShouldBe(key);
        await CommentAsync(_dieter, conversation);
        await PushedAsync("annas", 2);
    }

    [Fact]
    public async Task What_a_browser_turned_off_or_its_session_or_service_ended_is_told_of_nothing_more()
    {
        foreach (var browser in (string[])["kept", "off", "gone"]) await SubscribeAsync(_dieter, browser);
        var elsewhere = await _product.SignInAsync("dieter.krause@baeckerei-krause.example");
        await SubscribeAsync(elsewhere, "ended");
        var conversation = await ConversationAsync(_anna);
        foreach (var browser in (string[])["kept", "off", "gone", "ended"]) await PushedAsync(browser, 1);

        (await _dieter.QueryAsync(Unsubscribe, new { endpoint = _service.EndpointOf("off") }))
            .At("unsubscribeFromPush.errors").ShouldBe("[]");
        await elsewhere.QueryAsync("mutation { signOut { errors { code } } }");
        _service.Answers["gone"] = 410;
        await CommentAsync(_anna, conversation);
        await PushedAsync("kept", 2);
        await PushedAsync("gone", 2);
        await Waiting.UntilAsync(async () =>
            await ScalarAsync("select count(*) from messaging.push_subscriptions") == 1);
        await CommentAsync(_anna, conversation);
        await PushedAsync("kept", 3);
        foreach (var (browser, times) in ((string, int)[])[("off", 1), ("ended", 1), ("gone", 2)])
            _service.Taken.Count(p => p.Browser == browser).ShouldBe(times, browser);
    }

    [Fact]
    public async Task What_a_service_does_not_take_is_tried_again_and_a_killed_nodes_goes_on_elsewhere()
    {
        await SubscribeAsync(_dieter, "busy");
        _service.Answers["busy"] = 503;
        await ConversationAsync(_anna);
        await PushedAsync("busy", 1);
        await Waiting.UntilAsync(async () => await ScalarAsync(
            """
            select count(*) from messaging.push_subscriptions
            where attempts = 1 and lease_until is null and due_at between now() and now() + interval '2 minutes'
            """) == 1);

        _service.Answers["busy"] = 201;
        await ExecuteAsync("update messaging.push_subscriptions set due_at = now()");
        await PushedAsync("busy", 2);
        await Waiting.UntilAsync(async () => await ScalarAsync(
            """
            select count(*) from messaging.push_subscriptions
            where attempts = 0 and lease_until is null and due_at is null
            """) == 1);

        // As a node leaves it that was killed in between.
        await ExecuteAsync("update messaging.push_subscriptions set lease_until = now() - interval '1 s'");
        await PushedAsync("busy", 3);
    }

    [Fact]
    public async Task Only_known_services_are_asked_and_a_person_has_ten_browsers()
    {
        foreach (
            var endpoint in (string[])
                [
                    "http://127.0.0.1:1/push/x", "http://169.254.169.254/latest/meta-data", "https://push.example.evil",
                    "https://evil.push.example/x", "http://push.example/x", "https://push.example:444/x",
                    "https://user@push.example/x", "file:///etc/passwd", "javascript:alert(1)", "push", ""
                ])
        {
            (await _anna.QueryAsync(Subscribe, new { endpoint })).At("subscribeToPush.errors.0").ShouldBe(
                """{"code":"INVALID","path":["endpoint"]}""", endpoint);
        }

        (await _anna.SendAsync(Subscribe, new { endpoint = $"https://push.example/{new string('x', 1_000)}" }))
            .ErrorCode.ShouldBe("BAD_USER_INPUT");
        (await _product.Anonymous.SendAsync(Subscribe, new { endpoint = "https://push.example/x" })).ErrorCode
            .ShouldBe("UNAUTHENTICATED");
        (await ScalarAsync("select count(*) from messaging.push_subscriptions")).ShouldBe(0);

        for (var i = 0; i < 12; i++) await SubscribeAsync(_anna, $"a{i}");
        (await ScalarAsync("select count(*) from messaging.push_subscriptions")).ShouldBe(10);
        (await ScalarAsync("select count(*) from messaging.push_subscriptions where endpoint ~ '/a(0|1)$'"))
            .ShouldBe(0);
    }

    [Fact]
    public void A_setting_that_cannot_be_right_is_refused_by_name()
    {
        Options("none").IsOn.ShouldBeFalse();
        Options(null).Serves("https://fcm.googleapis.com/fcm/send/abc").ShouldBeTrue();
        Options(null).Serves("https://updates.push.services.mozilla.com/wpush/v2/abc").ShouldBeTrue();
        Options(null).Serves("https://web.push.apple.com/abc").ShouldBeTrue();
        Options(null).Serves("https://push.apple.com.evil.example/abc").ShouldBeFalse();
        Options("https://*.push.example").Serves("https://push.example/x").ShouldBeFalse();
        foreach (var wrong in (string[])["push.example", "http://push.example", "https://push.example/x", "*"])
        {
            Should.Throw<InvalidOperationException>(() => Options(wrong)).Message
                .ShouldStartWith("Messaging:Push:Services must be \"none\", or addresses");
        }

        static PushOptions Options(string? services) => PushOptions.Read(
            new ConfigurationBuilder().AddInMemoryCollection([new(PushOptions.Services, services)]).Build());
    }

    private async Task SubscribeAsync(GraphQLClient client, string browser) =>
        (await client.QueryAsync(Subscribe, new { endpoint = _service.EndpointOf(browser) }))
            .At("subscribeToPush.errors").ShouldBe("[]");

    private Task PushedAsync(string browser, int times) =>
        Waiting.UntilAsync(() => _service.Taken.Count(p => p.Browser == browser) == times);

    private async Task<string> ConversationAsync(GraphQLClient anna)
    {
        var krause = (await _dieter.QueryAsync("{ viewer { customer { id } } }")).At("viewer.customer.id");
        var created = await anna.QueryAsync(
            "mutation($input: CreateConversationInput!) { createConversation(input: $input) { conversation { id } "
                + "errors { message } } }",
            new
            {
                input = new
                {
                    customerId = krause,
                    subject = "Belege",
                    body = "Guten Tag",
                    responsibleAdministratorId = (await anna.QueryAsync("{ viewer { id } }")).At("viewer.id"),
                },
            });
        return created.At("createConversation.conversation.id");
    }

    private static async Task CommentAsync(GraphQLClient client, string conversationId) =>
        (await client.QueryAsync(
            "mutation($input: AddCommentInput!) { addComment(input: $input) { errors { message } } }",
            new { input = new { conversationId, body = "Anbei" } })).At("addComment.errors").ShouldBe("[]");

    private async Task<long> ScalarAsync(string sql)
    {
        await using var database = NpgsqlDataSource.Create(_product.ConnectionString);
        await using var command = database.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(Cancellation))!;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var database = NpgsqlDataSource.Create(_product.ConnectionString);
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
