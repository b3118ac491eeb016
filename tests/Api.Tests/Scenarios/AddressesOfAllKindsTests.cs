using Messaging.TestSupport;
using Messaging.TestSupport.Product;
using Messaging.TestSupport.Smtp;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Scenarios;

/// <summary>
/// Who has umlauts in their domain is one person, however it is spelled; and the office sees to whom its mail does not
/// get.
/// </summary>
public sealed class AddressesOfAllKindsTests : IAsyncLifetime
{
    private const string Unicode = "u@müller-brot.example";
    private const string Ascii = "u@xn--mller-brot-9db.example";
    private const string Invite =
        "mutation($input: InviteContactInput!) { inviteContact(input: $input) { contact { id email } errors { "
            + "code message path } } }";
    private const string Accept =
        "mutation($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { viewer { email } errors { "
            + "code } } }";

    private RunningProduct _product = null!;
    private GraphQLClient _anna = null!;
    private string _krause = null!;

    public async ValueTask InitializeAsync()
    {
        _product = await RunningProduct.StartAsync();
        _anna = await _product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        _krause = (await _anna.QueryAsync("""{ customers(search: "Krause") { nodes { id } } }""")).At(
            "customers.nodes.0.id");
    }

    public async ValueTask DisposeAsync() => await _product.DisposeAsync();

    [Theory]
    [InlineData(Unicode, Ascii)]
    [InlineData(Ascii, Unicode)]
    [InlineData("U@MÜLLER-Brot.Example", Ascii)]
    public async Task Both_spellings_of_a_domain_are_one_account(string invited, string other)
    {
        var answer = await InviteAsync(invited);
        answer.At("inviteContact.errors").ShouldBe("[]");
        answer.At("inviteContact.contact.email").ToLowerInvariant().ShouldBe(Unicode);
        await JoinAsync();

        foreach (var spelling in (string[])[Unicode, Ascii, invited, other])
            (await _product.SignInAsync(spelling, "geheim-123")).Token.ShouldNotBeNull();
        foreach (var spelling in (string[])[Unicode, Ascii, invited])
            (await InviteAsync(spelling)).At("inviteContact.errors.0.code").ShouldBe("CONFLICT");
    }

    [Fact]
    public async Task The_account_of_a_version_before_is_found_by_both_spellings()
    {
        (await InviteAsync(Unicode)).At("inviteContact.errors").ShouldBe("[]");
        await JoinAsync();
        await using (var database = NpgsqlDataSource.Create(_product.ConnectionString))
        await using (
            var command = database.CreateCommand(
                $"update messaging.accounts set email_key = '{Unicode}' where email_key = '{Ascii}'")
        )
            (await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken)).ShouldBe(1);

        foreach (var spelling in (string[])[Unicode, Ascii, "U@MÜLLER-BROT.example"])
        {
            (await _product.SignInAsync(spelling, "geheim-123")).Token.ShouldNotBeNull();
            (await InviteAsync(spelling)).At("inviteContact.errors.0.code").ShouldBe("CONFLICT");
        }
    }

    [Fact]
    public async Task Registered_addresses_are_compared_by_their_normal_form()
    {
        const string update =
            "mutation($email: String!) { updateOrganisationSettings(input: { notificationEmail: $email }) { "
                + "organisation { settings { notificationEmail } } errors { code path } } }";
        (await _anna.QueryAsync(update, new { email = Ascii }))
            .At("updateOrganisationSettings.organisation.settings.notificationEmail")
            .ShouldBe(Unicode);
        var before = await EventsAsync();
        (await _anna.QueryAsync(update, new { email = Unicode }))
            .At("updateOrganisationSettings.errors")
            .ShouldBe("[]");
        (await EventsAsync()).ShouldBe(before);
        (await _anna.QueryAsync(update, new { email = "u@my_host.example" }))
            .At("updateOrganisationSettings.errors.0.path.0")
            .ShouldBe("notificationEmail");
    }

    [Fact]
    public async Task The_office_sees_to_whom_its_mail_does_not_get_until_it_does()
    {
        const string query = """
            query($id: ID!) { customer(id: $id) { contacts { email mailProblem { since reason } } }
                organisation { settings { mailProblem { reason } } } administrators { nodes { email mailProblem {
                  reason } } } }
            """;
        _product.Mail.AlwaysTo("weg@post.example", SmtpReaction.Reply(550, "5.1.1 <weg@post.example> no such mailbox"));
        _product.Mail.AlwaysTo("buchhaltung@kanzlei-sommer.example", SmtpReaction.Reply(552, "5.2.2 mailbox full"));
        var invited = (await InviteAsync("weg@post.example")).At("inviteContact.contact.id");
        var dieter = await _product.SignInAsync("dieter.krause@baeckerei-krause.example");
        var conversation = (await dieter.QueryAsync("{ conversations(first: 1) { nodes { id } } }")).At(
            "conversations.nodes.0.id");
        await dieter.QueryAsync(
            "mutation($id: ID!) { addComment(input: { conversationId: $id, body: \"x\" }) { errors { code } } }",
            new { id = conversation });

        await Waiting.UntilAsync(async () =>
            Problem(await _anna.QueryAsync(query, new { id = _krause })).StartsWith("550 ", StringComparison.Ordinal)
        );
        var seen = await _anna.QueryAsync(query, new { id = _krause });
        Problem(seen).ShouldNotContain("weg@post.example");
        await Waiting.UntilAsync(async () =>
            (await _anna.QueryAsync(query, new { id = _krause }))
                .At("organisation.settings.mailProblem.reason")
                .StartsWith("552 ", StringComparison.Ordinal)
        );
        seen.At("administrators.nodes").ShouldNotContain("\"reason\"");
        (await dieter.SendAsync("{ viewer { customer { contacts { mailProblem { reason } } } } }")).ErrorCode.ShouldBe(
            "FORBIDDEN");

        _product.Mail.BehaveAgain();
        await _anna.QueryAsync(
            "mutation($id: ID!) { resendInvitation(input: { id: $id }) { errors { code } } }", new { id = invited });
        await Waiting.UntilAsync(async () => Problem(await _anna.QueryAsync(query, new { id = _krause })).Length == 0);

        static string Problem(System.Text.Json.Nodes.JsonNode answer) =>
            answer["customer"]!["contacts"]!
                .AsArray()
                .Single(c => c.At("email") == "weg@post.example")
                .At("mailProblem.reason");
    }

    private async Task<System.Text.Json.Nodes.JsonNode> InviteAsync(string email) =>
        await _anna.QueryAsync(
            Invite,
            new
            {
                input = new
                {
                    customerId = _krause,
                    email,
                    displayName = "Ulla Müller",
                },
            }
        );

    private async Task JoinAsync()
    {
        var mail = await _product.Mail.WaitForMailAsync(m =>
            m.Recipients.Any(r => r.Equals(Ascii, StringComparison.OrdinalIgnoreCase))
            && m.Text.Contains("#token=", StringComparison.Ordinal)
        );
        System.Text.Encoding.Latin1.GetString(mail.Raw).Split("\r\n\r\n")[0].ShouldAllBe(c => c < 0x80);
        var token = mail.Text[(mail.Text.IndexOf("#token=", StringComparison.Ordinal) + 7)..].Split([' ', '\r', '\n'])[
            0
        ];
        var joined = await _product.Anonymous.QueryAsync(
            Accept, new { input = new { token, password = "geheim-123" } });
        joined.At("acceptInvitation.errors").ShouldBe("[]", $"by the link of:\n{mail.Text}");
        joined.At("acceptInvitation.viewer.email").ToLowerInvariant().ShouldBe(Unicode);
    }

    // But for what is recorded of sign-ins and mails, whenever that is.
    private async Task<long> EventsAsync()
    {
        await using var database = NpgsqlDataSource.Create(_product.ConnectionString);
        await using var command = database.CreateCommand(
            "select count(*) from messaging.mt_events where data -> 'about' is null");
        return (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }
}
