using System.Net;
using System.Text.Json.Nodes;
using Messaging.Api.Auth;
using Messaging.Api.Security;
using Messaging.Domain;
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

    [Fact]
    public async Task Internal_notes_are_in_no_count_no_search_no_file_no_history_and_no_live_update()
    {
        var (anna, petra) = (await SignInAsync(Anna), await SignInAsync(Petra));
        var id = (await petra.QueryAsync("{ viewer { id } }")).At("viewer.id");
        var conversation = (await anna.QueryAsync(
            """{ conversations(first: 1, filter: { search: "Kassenberichte" }) { nodes { id } } }"""))
            .At("conversations.nodes.0.id");
        var before = await ReadAsync(petra, conversation);
        var file = (await anna.UploadAsync("Vermerk.txt", "text/plain", "geheim"u8.ToArray()))
            .Data.At("uploadFile.file.id");
        var note = (await CommentAsync(anna, conversation, "Steuerzinnober", "INTERNAL", file)).At("comment.id");
        (await ReadAsync(petra, conversation)).ShouldNotBe(before);
        (await petra.QueryAsync("{ viewer { isNarrow seesAllHistory } }"))["viewer"]!.ToJsonString()
            .ShouldBe("""{"isNarrow":false,"seesAllHistory":true}""");
        (await ScopeAsync(anna, id, new { notes = false })).At("errors").ShouldBe("[]");
        petra = await SignInAsync(Petra);
        (await petra.QueryAsync("{ viewer { isNarrow seesAllHistory } }"))["viewer"]!.ToJsonString()
            .ShouldBe("""{"isNarrow":true,"seesAllHistory":false}""");

        // As it was before there were any, the events of what is not internal included.
        var now = JsonNode.Parse(await ReadAsync(petra, conversation))!;
        var nodes = now["conversation"]!["comments"]!["nodes"]!.AsArray();
        now.At("conversation.commentCount").ShouldBe($"{nodes.Count}");
        now.At("conversation.comments.totalCount").ShouldBe($"{nodes.Count}");
        now.At("conversation.lastComment.id").ShouldBe(nodes[^1].At("id"));
        now.At("conversation.history.totalCount")
            .ShouldBe($"{now["conversation"]!["history"]!["nodes"]!.AsArray().Count}");
        foreach (var hidden in (string[])["INTERNAL", "Internal", "Steuerzinnober", "Vermerk", note, file])
            now.ToJsonString().ShouldNotContain(hidden, customMessage: now.ToJsonString());
        (await petra.QueryAsync("""{ conversations(filter: { search: "Steuerzinnober" }) { totalCount } }"""))
            .At("conversations.totalCount").ShouldBe("0");

        // A note is answered as an id of nothing.
        var nothing = (await petra.SendAsync("query($id: ID!) { node(id: $id) { id } }", new { id = Guid.NewGuid() }))
            .Body.ToJsonString();
        foreach (var hidden in (string[])[note, file, $"{conversation}@1", $"{note}@99"])
            (await petra.SendAsync("query($id: ID!) { node(id: $id) { id } }", new { id = hidden })).Body.ToJsonString()
                .ShouldBe(nothing, hidden);
        foreach (var (path, token) in ((string, string?)[])
            [
                ($"/files/{file}", petra.Token), ("/audit/checkpoint", petra.Token),
                ("/reports/activity.csv", petra.Token)
            ])
            (await StatusAsync(path, token)).ShouldNotBe(HttpStatusCode.OK, path);
        (await StatusAsync($"/files/{file}", anna.Token)).ShouldBe(HttpStatusCode.OK);
        (await petra.SendAsync(
            "query($id: ID!) { conversation(id: $id, asOf: { version: 1 }) { id } }", new { id = conversation }))
            .ErrorCode.ShouldBe("FORBIDDEN");
        (await petra.SendAsync("{ auditLog(last: 1) { totalCount } }")).ErrorCode.ShouldBe("FORBIDDEN");

        // Of two comments they are told of the one.
        await using (var live = await LiveClient.OpenAsync(started.Product.Address, petra))
        {
            await live.SubscribeAsync(
                "1", "subscription { conversationsUpdated { conversation { lastComment { body } commentCount } } }");
            await CommentAsync(anna, conversation, "Noch ein Vermerk", "INTERNAL");
            await CommentAsync(anna, conversation, "Guten Tag", "PUBLIC");
            (await live.NextPayloadAsync("1")).At("data.conversationsUpdated.conversation.lastComment.body")
                .ShouldBe("Guten Tag");
        }

        // Who was invited so sees none from the beginning, and may not be an administrator.
        (await ScopeAsync(anna, id, new { notes = true })).At("administrator.access.notes").ShouldBe("true");
        (await ReadAsync(await SignInAsync(Petra), conversation)).ShouldContain("Steuerzinnober");
    }

    [Fact]
    public async Task An_auditor_of_a_span_sees_what_happened_in_it_and_no_trace_of_the_rest()
    {
        var (anna, petra) = (await SignInAsync(Anna), await SignInAsync(Petra));
        var id = (await petra.QueryAsync("{ viewer { id } }")).At("viewer.id");
        var customer = (await anna.QueryAsync("""{ customers(search: "lindner") { nodes { id } } }"""))
            .At("customers.nodes.0.id");
        var (mine, later) = (await BeginAsync("Jahresabschluss", "Vorherzinnober"), "");
        await CommentAsync(anna, mine, "Mittezinnober", "PUBLIC");
        await CommentAsync(anna, mine, "Mittevermerk", "INTERNAL");
        await CommentAsync(anna, mine, "Nachherzinnober", "PUBLIC");
        later = await BeginAsync("Nachherbetreff", "Nachhertext");
        (await anna.QueryAsync(
            "mutation($id: ID!) { changeStatus(input: { conversationIds: [$id], status: ATTENTION }) { errors { code } "
                + "} tagConversations(input: { conversationIds: [$id], add: [\"Nachhertag\"] }) { errors { code } } }",
            new { id = mine })).ToJsonString().ShouldNotContain("code");
        var at = (await anna.QueryAsync(
            "query($id: ID!) { conversation(id: $id) { comments(first: 9) { nodes { createdAt } } } }",
            new { id = mine }))["conversation"]!["comments"]!["nodes"]!.AsArray().Select(n => n.At("createdAt"))
            .ToList();
        (await ScopeAsync(anna, id, new { from = at[1], to = at[3] })).At("errors").ShouldBe("[]");
        petra = await SignInAsync(Petra);

        var seen = JsonNode.Parse(await ReadAsync(petra, mine))!;
        seen["conversation"]!["comments"]!["nodes"]!.AsArray().Select(n => n.At("body"))
            .ShouldBe(["Mittezinnober", "Mittevermerk"]);
        (seen.At("conversation.comments.totalCount"), seen.At("conversation.commentCount")).ShouldBe(("2", "2"));
        seen.At("conversation.lastComment.body").ShouldBe("Mittevermerk");
        seen["conversation"]!["history"]!["nodes"]!.AsArray().Select(n => n.At("type"))
            .ShouldBe(["comment_added", "comment_added"]);
        var all = await petra.QueryAsync(
            """
            { conversations(first: 9) { totalCount nodes { id subject status awaiting tags updatedAt
                responsibleAdministrator { id } customer { name } } }
              attention: conversations(filter: { status: [ATTENTION] }) { totalCount }
              conversationCounts { total open attention } conversationTags
              sought: conversations(filter: { search: "Mittezinnober" }) { totalCount } }
            """);
        all["conversations"]!["nodes"]!.AsArray().Select(n => n.At("id")).ShouldBe([mine]);
        (all.At("conversations.totalCount"), all.At("conversations.nodes.0.status")).ShouldBe(("1", "OPEN"));
        (all.At("attention.totalCount"), all.At("sought.totalCount")).ShouldBe(("0", "1"));
        all.At("conversationCounts").ShouldBe("""{"total":1,"open":1,"attention":0}""");
        foreach (var answer in (string[])[seen.ToJsonString(), all.ToJsonString()])
        {
            answer.ShouldNotContain("Nachher");
            answer.ShouldNotContain("Vorher");
        }

        foreach (var word in (string[])["Vorherzinnober", "Nachherzinnober", "Nachherbetreff"])
            (await petra.QueryAsync(
                "query($s: String!) { conversations(filter: { search: $s }) { totalCount } }", new { s = word }))
                .At("conversations.totalCount").ShouldBe("0", word);

        // What is outside is answered as what there is not, to the letter.
        foreach (var query in (string[])
            [
                "query($id: ID!) { node(id: $id) { id } }", "query($id: ID!) { conversation(id: $id) { id } }",
                "mutation($id: ID!) { markConversationRead(input: { conversationId: $id }) { errors { code message } } }",
                "mutation($id: ID!) { addComment(input: { conversationId: $id, body: \"x\" }) { errors { code message } "
                    + "} }",
                "mutation($id: ID!) { announceWriting(input: { conversationId: $id }) { errors { code message } } }"
            ])
        {
            var nothing = (await petra.SendAsync(query, new { id = Guid.NewGuid() })).Body.ToJsonString();
            (await petra.SendAsync(query, new { id = later })).Body.ToJsonString().ShouldBe(nothing, query);
        }

        (await ScopeAsync(anna, id, new { from = at[1], to = at[1] })).At("errors.0.path")
            .ShouldBe("""["scope","to"]""");
        (await ScopeAsync(anna, id, new { })).At("errors").ShouldBe("[]");

        async Task<string> BeginAsync(string subject, string body) =>
            (await anna.QueryAsync(
                "mutation($input: CreateConversationInput!) { createConversation(input: $input) { conversation { id } "
                    + "errors { code } } }", new { input = new { customerId = customer, subject, body } }))
            .At("createConversation.conversation.id");
    }

    [Fact]
    public async Task A_node_of_the_version_before_lets_nobody_in_who_sees_no_notes()
    {
        var anna = await SignInAsync(Anna);
        var id = (await InviteAsync(anna, "AUDITOR", new { notes = false }, "narrow@pruefung.example"))
            .At("administrator.id");
        (await ScalarAsync("select role from messaging.accounts where person_id = $1", id)).ShouldBe("NarrowAuditor");
        await anna.QueryAsync(
            "mutation($id: ID!) { changeAdministratorRole(input: { id: $id, role: AUDITOR }) { errors { code } } }",
            new { id });
        (await ScalarAsync("select role from messaging.accounts where person_id = $1", id)).ShouldBe("NarrowAuditor");
        Enum.TryParse<Role>("NarrowAuditor", out _).ShouldBeFalse();
        (await ScopeAsync(anna, id, new { })).At("administrator.access.notes").ShouldBe("true");
        (await ScalarAsync("select role from messaging.accounts where person_id = $1", id)).ShouldBe("Auditor");
    }

    private static async Task<string> ReadAsync(GraphQLClient who, string conversation) =>
        (await who.QueryAsync(
            """
            query($id: ID!) { conversation(id: $id) { commentCount updatedAt version lastComment { id body }
              comments(first: 200) { totalCount nodes { id body visibility files { id name } mentions { id } } }
              files(first: 200) { totalCount nodes { id name } }
              history(first: 200) { totalCount nodes { id type data summary(locale: "de") version } } } }
            """,
            new { id = conversation })).ToJsonString();

    private static async Task<JsonNode> CommentAsync(
        GraphQLClient who, string conversation, string body, string visibility, params string[] files) =>
        (await who.QueryAsync(
            "mutation($input: AddCommentInput!) { addComment(input: $input) { comment { id } errors { code } } }",
            new { input = new { conversationId = conversation, body, visibility, fileIds = files } }))["addComment"]!;

    private async Task<HttpStatusCode> StatusAsync(string path, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new("Bearer", token);
        using var response = await started.Product.Http.SendAsync(request, Cancellation);
        return response.StatusCode;
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
                + "access { all customerIds until notes } } errors { code path } } }",
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
