using System.Net;
using System.Text.Json.Nodes;
using Messaging.Api.Auth;
using Messaging.Api.Security;
using Messaging.TestSupport.Product;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Security;

/// <summary>Auditors whose access has limits besides customers: whatever they do keeps to them.</summary>
public sealed class AuditorScopeTests(AuditorScopeTests.Started started) : IClassFixture<AuditorScopeTests.Started>
{
    private const string Anna = "anna.sommer@kanzlei-sommer.example";
    private const string Petra = "pruefung@kanzlei-sommer.example";
    private const string Listen = "subscription { conversationsUpdated { removedId } }";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Access_that_is_over_is_over_on_every_way_in_and_goes_on_when_it_is_postponed()
    {
        var (anna, petra) = (await SignInAsync(Anna), await SignInAsync(Petra));
        var id = (await petra.QueryAsync("{ viewer { id } }")).At("viewer.id");
        var secret = (await petra.QueryAsync(
            "mutation($input: CreateApiTokenInput!) { createApiToken(input: $input) { secret errors { code } } }",
            new
            {
                input = new
                {
                    name = "Skript",
                    expiresAt = DateTimeOffset.UtcNow.AddDays(90),
                    currentPassword = "messaging-demo",
                },
            })).At("createApiToken.secret");
        var script = new GraphQLClient(started.Product.Http, secret);
        await using (var open = await LiveClient.OpenAsync(started.Product.Address, petra))
        {
            await open.SubscribeAsync("1", Listen);
            (await ScopeAsync(anna, id, new { until = End })).At("administrator.access.until")
                .ShouldBe(End.ToString("yyyy-MM-ddTHH:mm:ssZ", null));
            (await open.ReceiveAsync()).ShouldBeNull();
            open.CloseCode.ShouldBe(4403);
        }

        // Who was signed in goes on until then, and no token is taken for longer.
        var tokens = started.Product.Services.GetRequiredService<AccessTokens>();
        using var browser = new CookieClient(started.Product.Address);
        await browser.SignInAsync(Petra);
        foreach (var token in (string[])[petra.Token!, secret])
        {
            (await tokens.FindAsync(token, Network.Of((IPAddress?)null), Cancellation))!
                .ExpiresAt.ShouldBeLessThanOrEqualTo(End);
        }

        (await ScalarAsync(
            "select max(expires_at) <= $2 and max(ends_at) <= $2 from messaging.sessions where person_id = $1 and "
                + "ended_at is null", id, End)).ShouldBe(true);

        // A node of the version before begins a session without knowing of it.
        (await ScalarAsync(
            """
            insert into messaging.sessions (tenant_id, id, person_id, started_at, last_used_at, expires_at, ends_at,
                network, device)
            select tenant_id, gen_random_uuid(), person_id, now(), now(), now() + interval '90 days',
                now() + interval '90 days', '127.0.0.1', 'a node' from messaging.accounts where person_id = $1
            returning expires_at = $2 and ends_at = $2
            """, id, End)).ShouldBe(true);

        await using (var open = await LiveClient.OpenAsync(started.Product.Address, petra))
        {
            await open.SubscribeAsync("1", Listen);
            await EndAsync(id, "now()");
            (await open.ReceiveAsync()).ShouldBeNull();
        }

        foreach (var who in (GraphQLClient[])[petra, script])
            (await who.SendAsync("{ viewer { id } }")).ErrorCode.ShouldBe("UNAUTHENTICATED");
        (await browser.RefreshAsync()).At("accessToken").ShouldBe("");
        (await started.Product.Anonymous.QueryAsync(
            "mutation($input: SignInInput!) { signIn(input: $input) { errors { code } } }",
            new { input = new { email = Petra, password = "messaging-demo" } }))
            .At("signIn.errors.0.code").ShouldBe("INVALID");

        (await ScopeAsync(anna, id, new { until = End.AddDays(1) })).At("errors").ShouldBe("[]");
        await SignInAsync(Petra);
        (await script.QueryAsync("{ viewer { id } }")).At("viewer.id").ShouldBe(id);
        (await ScopeAsync(anna, id, new { })).At("administrator.access.until").ShouldBe("");
        (await script.QueryAsync("{ viewer { id } }")).At("viewer.id").ShouldBe(id);
    }

    [Fact]
    public async Task An_auditor_is_invited_with_a_scope_which_is_kept_when_their_customers_change()
    {
        var anna = await SignInAsync(Anna);
        var customer = (await anna.QueryAsync("""{ customers(search: "lindner") { nodes { id } } }"""))
            .At("customers.nodes.0.id");
        var invited = await InviteAsync(anna, "AUDITOR", new { customerIds = new[] { customer }, until = End });
        invited.At("administrator.access.customerIds").ShouldBe($"""["{customer}"]""");
        var id = invited.At("administrator.id");
        (await ScalarAsync("select access_ends_at = $2 from messaging.accounts where person_id = $1", id, End))
            .ShouldBe(true);

        // As a client of before does, which knows of no scope.
        var changed = (await anna.QueryAsync(
            "mutation($id: ID!) { setAdministratorAccess(input: { id: $id, access: { all: true } }) { administrator { "
                + "access { all until } } errors { code } } }", new { id }))["setAdministratorAccess"]!;
        changed.At("administrator.access.all").ShouldBe("true");
        changed.At("administrator.access.until").ShouldNotBe("");
        (await ScopeAsync(anna, id, new { customerIds = new[] { customer }, until = End }))
            .At("administrator.access.all").ShouldBe("false");
        (await ScopeAsync(anna, id, new { until = End.AddDays(1) })).At("administrator.access.customerIds")
            .ShouldBe($"""["{customer}"]""");
        (await anna.QueryAsync(
            "query($id: ID!) { auditLog(last: 1, filter: { subjectId: $id, types: [\"auditor_scoped\"] }) { nodes { "
                + "summary(locale: \"de\") } } }", new { id })).ToJsonString()
            .ShouldContain($"endet am {End.AddDays(1):dd.MM.yyyy, HH:mm} UTC");

        (await ScopeAsync(anna, id, new { until = DateTimeOffset.UtcNow })).At("errors.0.path")
            .ShouldBe("""["scope","until"]""");
        (await InviteAsync(anna, "ADMINISTRATOR", new { until = End }, "noch@pruefung.example")).At("errors.0.path")
            .ShouldBe("""["scope"]""");
        (await anna.QueryAsync(
            "mutation($id: ID!) { setAdministratorAccess(input: { id: $id }) { errors { path } } }", new { id }))
            .At("setAdministratorAccess.errors.0.path").ShouldBe("""["access"]""");
        (await anna.QueryAsync(
            "mutation($id: ID!) { setAdministratorAccess(input: { id: $id, access: { all: true }, scope: { "
                + "customerIds: [] } }) { errors { path } } }", new { id }))
            .At("setAdministratorAccess.errors.0.path").ShouldBe("""["scope","customerIds"]""");
        (await anna.QueryAsync(
            "mutation($id: ID!) { changeAdministratorRole(input: { id: $id, role: ADMINISTRATOR }) { errors { path } } "
                + "}", new { id })).At("changeAdministratorRole.errors.0.path").ShouldBe("""["role"]""");
    }

    [Fact]
    public async Task An_invitation_leads_nowhere_once_the_access_is_over()
    {
        var anna = await SignInAsync(Anna);
        const string address = "gast@pruefung.example";
        var id = (await InviteAsync(anna, "AUDITOR", new { until = End }, address)).At("administrator.id");
        var mail = await started.Product.Mail.WaitForMailAsync(m => m.Recipients.Contains(address));
        var token = mail.Text.Split("#token=")[1][..43];
        await EndAsync(id, "now()");
        (await started.Product.Anonymous.QueryAsync(
            "mutation($token: String!) { acceptInvitation(input: { token: $token, password: \"langes-Kennwort-7\" }) "
                + "{ accessToken errors { code } } }", new { token }))
            .At("acceptInvitation.accessToken").ShouldBe("");
    }

    private static DateTimeOffset End { get; } = DateTimeOffset.UtcNow.Date.AddDays(40);

    private Task<GraphQLClient> SignInAsync(string email) => started.Product.SignInAsync(email);

    // As if that much time had passed. What the node has looked up is forgotten, as it is after five seconds.
    private async Task EndAsync(string id, string at)
    {
        var tenant = (string)(await ScalarAsync(
            $"update messaging.accounts set access_ends_at = {at} where person_id = $1 returning tenant_id", id))!;
        started.Product.Services.GetRequiredService<TokenGate>().Forget(tenant, Guid.Parse(id));
    }

    private static async Task<JsonNode> InviteAsync(
        GraphQLClient who, string role, object scope, string email = "neu@pruefung.example") =>
        (await who.QueryAsync(
            "mutation($input: InviteAdministratorInput!) { inviteAdministrator(input: $input) { administrator { id "
                + "access { customerIds until } } errors { code path } } }",
            new
            {
                input = new { email, displayName = "Prüfung", role, scope },
            }))["inviteAdministrator"]!;

    private static async Task<JsonNode> ScopeAsync(GraphQLClient who, string id, object scope) =>
        (await who.QueryAsync(
            "mutation($input: SetAdministratorAccessInput!) { setAdministratorAccess(input: $input) { administrator { "
                + "access { all customerIds until } } errors { code path } } }",
            new { input = new { id, scope } }))["setAdministratorAccess"]!;

    private async Task<object?> ScalarAsync(string sql, string id, DateTimeOffset? at = null)
    {
        await using var database = NpgsqlDataSource.Create(started.Product.ConnectionString);
        await using var command = database.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter { Value = Guid.Parse(id) });
        if (at is { } instant) command.Parameters.Add(new NpgsqlParameter { Value = instant });
        return await command.ExecuteScalarAsync(Cancellation);
    }

    /// <summary>One product for all of them.</summary>
    public sealed class Started : IAsyncLifetime
    {
        public RunningProduct Product { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Product = await RunningProduct.StartAsync();

        public async ValueTask DisposeAsync() => await Product.DisposeAsync();
    }
}
