using System.Text.Json.Nodes;
using Messaging.TestSupport.Product;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Scenarios;

/// <summary>People leave, come back, get other roles, and are invited anew; each finds what is theirs.</summary>
public sealed class PeopleWhoReturnTests : IAsyncLifetime
{
    private const string Anna = "anna.sommer@kanzlei-sommer.example";
    private const string Bernd = "bernd.winter@kanzlei-sommer.example";
    private const string Dieter = "dieter.krause@baeckerei-krause.example";

    private RunningProduct _product = null!;
    private GraphQLClient _anna = null!;

    public async ValueTask InitializeAsync()
    {
        _product = await RunningProduct.StartAsync();
        _anna = await _product.SignInAsync(Anna);
    }

    public async ValueTask DisposeAsync() => await _product.DisposeAsync();

    [Fact]
    public async Task Whoever_left_comes_back_as_themselves_and_not_by_the_password_of_before()
    {
        var dieter = await _product.SignInAsync(Dieter);
        var id = (await dieter.QueryAsync("{ viewer { id } }")).At("viewer.id");
        (await DoAsync("deactivateContact", new { id }, "contact { active }")).At("errors").ShouldBe("[]");

        var back = await DoAsync("reactivateContact", new { id }, "contact { id active joined invitedAt }");
        back.At("errors").ShouldBe("[]");
        (back.At("contact.id"), back.At("contact.active"), back.At("contact.joined")).ShouldBe((id, "true", "false"));
        back.At("contact.invitedAt").ShouldNotBeNullOrEmpty();
        (await SignInErrorAsync(Dieter, "messaging-demo")).ShouldBe("INVALID");
        (await dieter.SendAsync("{ viewer { id } }")).Body.ToJsonString().ShouldContain("UNAUTHENTICATED");

        (await AcceptAsync(await LinkAsync(Dieter))).At("errors").ShouldBe("[]");
        var again = await _product.SignInAsync(Dieter, "geheim-123");
        (await again.QueryAsync("{ viewer { id } }")).At("viewer.id").ShouldBe(id);
        (await again.QueryAsync("{ conversations(first: 5) { nodes { id } } }"))["conversations"]!["nodes"]!
            .AsArray().ShouldNotBeEmpty();
        (await DoAsync("reactivateContact", new { id }, "contact { joined }")).At("contact.joined").ShouldBe("true");
    }

    [Fact]
    public async Task The_address_of_whoever_left_is_free_also_for_another_role_and_then_names_who_has_it()
    {
        var id = await PersonAsync(Bernd);
        (await DoAsync("deactivateAdministrator", new { id }, "hasMore")).At("errors").ShouldBe("[]");
        var krause = (await _anna.QueryAsync("""{ customers(search: "Krause") { nodes { id } } }""")).At(
            "customers.nodes.0.id");
        (await DoAsync("inviteContact", new { customerId = krause, email = Bernd, displayName = "Bernd der Bäcker" }))
            .At("errors").ShouldBe("[]");

        var refused = await DoAsync("reactivateAdministrator", new { id });
        refused.At("errors.0.code").ShouldBe("CONFLICT");
        refused.At("errors.0.message").ShouldContain("Bernd der Bäcker");
        refused.At("errors.0.reason").ShouldBe("ADDRESS_IS_ANOTHERS_NOW");
        (await DoAsync("reactivateAdministrator", new { id, email = "bernd@anderswo.example" }))
            .At("errors").ShouldBe("[]");
        (await AcceptAsync(await LinkAsync("bernd@anderswo.example"))).At("errors").ShouldBe("[]");
        var bernd = await _product.SignInAsync("bernd@anderswo.example", "geheim-123");
        (await bernd.QueryAsync("{ viewer { id } }")).At("viewer.id").ShouldBe(id);
        (await AcceptAsync(await LinkAsync(Bernd))).At("errors").ShouldBe("[]");
    }

    [Fact]
    public async Task Whoever_had_an_address_with_an_umlaut_comes_back_to_it_however_it_is_spelled()
    {
        await InviteAsync("petra@bücher-müller.example");
        (await AcceptAsync(await LinkAsync("petra@xn--bcher-mller-thbg.example"))).At("errors").ShouldBe("[]");
        var id = await PersonAsync("petra@bücher-müller.example");
        (await DoAsync("deactivateAdministrator", new { id }, "hasMore")).At("errors").ShouldBe("[]");

        // Somebody else has it by now, spelled in ASCII.
        await InviteAsync("petra@xn--bcher-mller-thbg.example");
        var other = await PersonAsync("petra@bücher-müller.example");
        other.ShouldNotBe(id);
        (await DoAsync("reactivateAdministrator", new { id })).At("errors.0.reason").ShouldBe(
            "ADDRESS_IS_ANOTHERS_NOW");
        (await DoAsync("withdrawInvitation", new { id = other })).At("errors").ShouldBe("[]");

        var mails = _product.Mail.Received.Count;
        (await DoAsync("reactivateAdministrator", new { id }, "administrator { id email }"))
            .At("administrator.email").ShouldBe("petra@bücher-müller.example");
        await _product.Mail.WaitForCountAsync(mails + 1);
        var link = _product.Mail.Received[^1].Text;
        (await AcceptAsync(link[(link.IndexOf("#token=", StringComparison.Ordinal) + 7)..].Split([' ', '\r', '\n'])[0]))
            .At("errors").ShouldBe("[]");
        foreach (var spelling in (string[])["petra@bücher-müller.example", "petra@xn--bcher-mller-thbg.example"])
        {
            var petra = await _product.SignInAsync(spelling, "geheim-123");
            (await petra.QueryAsync("{ viewer { id } }")).At("viewer.id").ShouldBe(id);
        }

        // Nobody is known by an id that is none, or a program's: the answer says so, and nothing of an address.
        (await DoAsync("reactivateAdministrator", new { id = Guid.NewGuid() }))
            .At("errors.0.code").ShouldBe("NOT_FOUND");
        var program = (await _anna.QueryAsync(
            "mutation { createServiceAccount(input: { displayName: \"P\", role: AUDITOR }) { serviceAccount { id } "
                + "} }"))
            .At("createServiceAccount.serviceAccount.id");
        (await DoAsync("reactivateAdministrator", new { id = program })).At("errors.0.code").ShouldBe("NOT_FOUND");
    }

    [Fact]
    public async Task A_withdrawn_invitation_says_so_and_one_that_goes_elsewhere_works_there_only()
    {
        await InviteAsync("neu@kanzlei-sommer.example");
        var id = await PersonAsync("neu@kanzlei-sommer.example");
        var first = await LinkAsync("neu@kanzlei-sommer.example");
        (await DoAsync("resendInvitation", new { id, email = "anders@kanzlei-sommer.example" }))
            .At("errors").ShouldBe("[]");
        var second = await LinkAsync("anders@kanzlei-sommer.example");
        (await AcceptAsync(first)).At("errors.0.code").ShouldBe("NOT_FOUND");
        (await DoAsync("resendInvitation", new { id, email = Bernd })).At("errors.0.code").ShouldBe("CONFLICT");
        await InviteAsync("neu@kanzlei-sommer.example");

        (await DoAsync("withdrawInvitation", new { id })).At("errors").ShouldBe("[]");
        (await AcceptAsync(second)).At("errors.0.reason").ShouldBe("INVITATION_IS_WITHDRAWN");
        await InviteAsync("anders@kanzlei-sommer.example");
        (await DoAsync("withdrawInvitation", new { id = await PersonAsync(Bernd) }))
            .At("errors.0.code").ShouldBe("CONFLICT");
    }

    [Fact]
    public async Task An_address_is_not_invited_again_and_again_under_other_names()
    {
        for (var i = 0; i < 5; i++)
        {
            await InviteAsync("opfer@anderswo.example");
            await DoAsync("withdrawInvitation", new { id = await PersonAsync("opfer@anderswo.example") });
        }

        (await DoAsync("inviteAdministrator", new { email = "opfer@anderswo.example", displayName = "Neu" }))
            .At("errors.0.code").ShouldBe("CONFLICT");
    }

    [Fact]
    public async Task An_owner_names_another_who_is_one_at_once_and_dismisses_the_first()
    {
        var bernd = await _product.SignInAsync(Bernd);
        var (annaId, berndId) = (await PersonAsync(Anna), await PersonAsync(Bernd));
        (await DoAsync("changeAdministratorRole", new { id = annaId, isOwner = false }))
            .At("errors.0.code").ShouldBe("INVALID");
        (await DoAsync("changeAdministratorRole", new { id = berndId, isOwner = true }, "administrator { isOwner }"))
            .At("administrator.isOwner").ShouldBe("true");
        (await bernd.QueryAsync("{ viewer { isOwner } }")).At("viewer.isOwner").ShouldBe("true");
        (await DoAsync(
                "changeAdministratorRole", new { id = annaId, role = "AUDITOR" }, "administrator { role }", bernd))
            .At("administrator.role").ShouldBe("AUDITOR");
        (await _anna.QueryAsync("{ viewer { role isOwner } }")).At("viewer.role").ShouldBe("AUDITOR");
        (await DoAsync("changeAdministratorRole", new { id = berndId, isOwner = false }))
            .At("errors.0.code").ShouldBe("FORBIDDEN");
    }

    [Fact]
    public async Task Whoever_leaves_hands_over_and_the_same_again_changes_nothing()
    {
        var (annaId, berndId) = (await PersonAsync(Anna), await PersonAsync(Bernd));
        var his = await CountAsync($$"""responsibleAdministratorId: "{{berndId}}" """);
        var hers = await CountAsync($$"""responsibleAdministratorId: "{{annaId}}" """);
        his.ShouldBeGreaterThan(0);
        var nobody = await DoAsync(
            "deactivateAdministrator", new { id = berndId, handOver = new { to = berndId } }, "hasMore");
        nobody.At("errors.0.code").ShouldBe("NOT_FOUND");
        (await CountAsync($$"""responsibleAdministratorId: "{{berndId}}" """)).ShouldBe(his);

        for (var i = 0; i < 2; i++)
        {
            var done = await DoAsync(
                "deactivateAdministrator", new { id = berndId, handOver = new { to = annaId } }, "hasMore");
            (done.At("errors"), done.At("hasMore")).ShouldBe(("[]", "false"));
        }

        (await CountAsync($$"""responsibleAdministratorId: "{{berndId}}" """)).ShouldBe(0);
        (await CountAsync($$"""responsibleAdministratorId: "{{annaId}}" """)).ShouldBe(his + hers);
    }

    private async Task<int> CountAsync(string filter) =>
        int.Parse(
            (await _anna.QueryAsync($$"""{ conversations(first: 1, filter: { {{filter}} }) { totalCount } }""")).At(
                "conversations.totalCount"), System.Globalization.CultureInfo.InvariantCulture);

    private async Task InviteAsync(string email) =>
        (await DoAsync("inviteAdministrator", new { email, displayName = "Neu" })).At("errors").ShouldBe("[]");

    private async Task<string> PersonAsync(string email) =>
        (await _anna.QueryAsync("{ administrators(first: 100) { nodes { id email active } } }"))["administrators"]![
            "nodes"]!.AsArray().Single(a => a.At("email") == email && a.At("active") == "true").At("id");

    private async Task<JsonNode> DoAsync(
        string mutation, object input, string asked = "", GraphQLClient? by = null)
    {
        var type = char.ToUpperInvariant(mutation[0]) + mutation[1..] + "Input";
        var answer = await (by ?? _anna).QueryAsync(
            $"mutation($input: {type}!) {{ {mutation}(input: $input) {{ {asked} errors {{ code message reason }} }} }}",
            new { input });
        return answer[mutation]!;
    }

    private async Task<string> LinkAsync(string address)
    {
        var mail = await _product.Mail.WaitForMailAsync(m =>
            m.Recipients.Contains(address) && m.Text.Contains("#token=", StringComparison.Ordinal));
        return mail.Text[(mail.Text.IndexOf("#token=", StringComparison.Ordinal) + 7)..].Split([' ', '\r', '\n'])[0];
    }

    private async Task<JsonNode> AcceptAsync(string token) =>
        (await _product.Anonymous.QueryAsync(
            "mutation($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { viewer { id } errors { code "
                + "reason } } }",
            new { input = new { token, password = "geheim-123" } }))["acceptInvitation"]!;

    private async Task<string> SignInErrorAsync(string email, string password) =>
        (await _product.Anonymous.QueryAsync(
            "mutation($input: SignInInput!) { signIn(input: $input) { accessToken errors { code } } }",
            new { input = new { email, password } })).At("signIn.errors.0.code");
}
