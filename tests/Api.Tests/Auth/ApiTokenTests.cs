using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Messaging.Api.Security;
using Messaging.Api.Tests.Security;
using Messaging.Application.Accounts;
using Messaging.TestSupport.Product;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Auth;

/// <summary>API tokens: how scripts come without signing in, what they may, and how that ends.</summary>
public sealed class ApiTokenTests(ApiTokenTests.Started started)
    : IClassFixture<ApiTokenTests.Started>
{
    private const string Anna = "anna.sommer@kanzlei-sommer.example";
    private const string Bernd = "bernd.winter@kanzlei-sommer.example";
    private const string Krause = "dieter.krause@baeckerei-krause.example";
    private const string Password = "messaging-demo";
    private const string Viewer = "{ viewer { id displayName } }";
    private const string Write =
        "mutation { registerCustomer(input: { name: \"Aus dem Skript\" }) { customer { id } errors { code "
            + "message } } }";
    private const string Listen = "subscription { conversationsUpdated { removedId } }";
    private const string Create =
        """
        mutation($input: CreateApiTokenInput!) {
          createApiToken(input: $input) {
            secret apiToken { id name scope preview createdAt expiresAt lastUsedAt network createdBy { ... on
              Administrator { displayName } } }
            errors { code message path }
          }
        }
        """;

    private const string Tokens = "{ viewer { apiTokens { id name scope preview lastUsedAt network expiresAt } } }";
    private const string End =
        "mutation($id: ID!) { endApiToken(input: { id: $id }) { viewer { apiTokens { id } } errors { code "
            + "message path } } }";

    private readonly RunningProduct _product = started.Product;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whoever_has_one_acts_as_its_person_on_every_path_and_its_person_sees_that()
    {
        var bernd = await _product.SignInAsync(Bernd);
        var created = await CreateAsync(bernd, "Export für DATEV", "READ_WRITE");
        created.At("apiToken.createdBy.displayName").ShouldBe("Bernd Winter");
        created.At("apiToken.lastUsedAt").ShouldBe("");
        var secret = created.At("secret");
        secret.ShouldMatch("^msg_[0-9A-Za-z]{46}$");
        ApiTokenSecret.IsWellFormed(secret).ShouldBeTrue();
        created.At("apiToken.preview").ShouldBe($"{secret[..8]}…{secret[^4..]}");

        var script = new GraphQLClient(_product.Http, secret);
        (await script.QueryAsync(Viewer)).At("viewer.displayName").ShouldBe("Bernd Winter");
        (await script.QueryAsync(Write)).At("registerCustomer.errors").ShouldBe("[]");
        var file = (await script.UploadAsync("a.txt", "text/plain", "text"u8.ToArray())).Data.At("uploadFile.file.url");
        (await script.GetAsync(file)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await using var live = await LiveClient.OpenAsync(_product.Address, script);
        await live.SubscribeAsync("1", Listen);
        using var stream = await StreamAsync(_product, script, Listen);

        var listed = (await bernd.QueryAsync(Tokens))["viewer"]!["apiTokens"]!
            .AsArray()
            .Single(t => t.At("id") == created.At("apiToken.id"));
        DateTimeOffset.Parse(listed.At("lastUsedAt"), null).ShouldBe(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(1));
        listed.At("network").ShouldBe("127.0.0.0/24");

        // It is nowhere that they are signed in, and signing out everywhere leaves it.
        (await bernd.QueryAsync("{ viewer { sessions { id } } }"))["viewer"]!["sessions"]!
            .AsArray()
            .Select(s => s.At("id"))
            .ShouldNotContain(listed.At("id"));
        (await bernd.QueryAsync("mutation { endOtherSessions { errors { code } } }"))
            .At("endOtherSessions.errors")
            .ShouldBe("[]");
        (
            await bernd.QueryAsync(
                "mutation($id: ID!) { endSession(input: { id: $id }) { errors { code } } }",
                new { id = listed.At("id") })
        )
            .At("endSession.errors.0.code")
            .ShouldBe("NOT_FOUND");
        (await script.SendAsync(Write)).Data.At("registerCustomer.errors").ShouldBe("[]");

        // In the log of events it stands that it was not themselves.
        await using var database = NpgsqlDataSource.Create(_product.ConnectionString);
        await using var header = database.CreateCommand(
            $"select count(*) from messaging.mt_events where type = 'customer_registered' and headers ->> "
                + $"'api_token' = '{listed.At("id")}'"
        );
        ((long)(await header.ExecuteScalarAsync(Cancellation))!).ShouldBe(2);
    }

    [Fact]
    public async Task One_for_reading_runs_no_mutation_however_it_is_sent_and_reads_everything()
    {
        var bernd = await _product.SignInAsync(Bernd);
        var file = (await bernd.UploadAsync("a.txt", "text/plain", "text"u8.ToArray())).Data.At("uploadFile.file.url");
        var script = new GraphQLClient(_product.Http, (await CreateAsync(bernd, "Lesen", "READ")).At("secret"));
        (await script.QueryAsync(Viewer)).At("viewer.displayName").ShouldBe("Bernd Winter");
        (await script.GetAsync(file)).StatusCode.ShouldBe(HttpStatusCode.OK);

        var customers = await CustomersAsync();
        var plain = await script.SendAsync(Write);
        (plain.Status, plain.ErrorCode).ShouldBe((403, "FORBIDDEN"));
        plain.ErrorMessage.ShouldBe(
            "This API token is for reading only (scope READ): a mutation needs one of the scope READ_WRITE.");

        // By whatever operation of a document is chosen, in a batch beside what may be, with variables and fragments.
        (
            await PostAsync(
                script,
                new
                {
                    query = $"query A {Viewer} {Write.Replace("mutation", "mutation B", StringComparison.Ordinal)}",
                    operationName = "B",
                }
            )
        )
            .ToJsonString()
            .ShouldContain("FORBIDDEN");
        var batch = (await PostAsync(script, new[] { new { query = Viewer }, new { query = Write } })).AsArray();
        batch[0].At("data.viewer.displayName").ShouldBe("Bernd Winter");
        batch[1].At("errors.0.extensions.code").ShouldBe("FORBIDDEN");
        var upload = await script.UploadAsync("b.txt", "text/plain", "text"u8.ToArray());
        (upload.Status, upload.ErrorCode).ShouldBe((403, "FORBIDDEN"));
        Directory.EnumerateFiles(Path.Combine(_product.DataDirectory, "files", "staging")).ShouldBeEmpty();
        using (var stream = await StreamAsync(_product, script, Write, HttpMethod.Post))
            stream.StatusCode.ShouldBe(HttpStatusCode.Forbidden);

        await using var live = await LiveClient.OpenAsync(_product.Address, script);
        await live.SubscribeAsync("1", Listen);
        await live.SendAsync(new { id = "2", type = "subscribe", payload = new { query = Write } });
        var told = (await live.ReceiveAsync())!;
        told.At("type").ShouldBe("error");
        told.At("payload.0.extensions.code").ShouldBe("FORBIDDEN");
        (await CustomersAsync()).ShouldBe(customers);

        // What others do it hears, and a document that has run for others is no way around.
        await bernd.QueryAsync(Write);
        (await script.SendAsync(Write)).ErrorCode.ShouldBe("FORBIDDEN");
        var conversation = (await bernd.QueryAsync("{ conversations(first: 1) { nodes { id } } }")).At(
            "conversations.nodes.0.id");
        await bernd.QueryAsync(
            "mutation($id: ID!) { addComment(input: { conversationId: $id, body: \"B\" }) { errors { code } } }",
            new { id = conversation });
        (await live.NextAsync("1")).ShouldNotBeNull();

        async Task<string> CustomersAsync() =>
            (await bernd.QueryAsync("{ customers { totalCount } }")).At("customers.totalCount");
    }

    [Fact]
    public async Task Ended_it_works_nowhere_any_more()
    {
        var bernd = await _product.SignInAsync(Bernd);
        var created = await CreateAsync(bernd, "Bald zu Ende", "READ_WRITE");
        var script = new GraphQLClient(_product.Http, created.At("secret"));
        var file = (await script.UploadAsync("a.txt", "text/plain", "text"u8.ToArray())).Data.At("uploadFile.file.url");
        await using var live = await LiveClient.OpenAsync(_product.Address, script);
        await live.SubscribeAsync("1", Listen);
        using var stream = await StreamAsync(_product, script, Listen);

        var ended = await bernd.QueryAsync(End, new { id = created.At("apiToken.id") });
        ended.At("endApiToken.errors").ShouldBe("[]");
        ended["endApiToken"]!["viewer"]!["apiTokens"]!
            .AsArray()
            .Select(t => t.At("id"))
            .ShouldNotContain(created.At("apiToken.id"));
        (await script.SendAsync(Write)).Status.ShouldBe(401);
        (await script.SendAsync(Viewer)).Status.ShouldBe(401);
        (await script.GetAsync(file)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await live.ReceiveAsync()).ShouldBeNull();
        live.CloseCode.ShouldBe(4403);
        await Should.ThrowAsync<Exception>(async () =>
        {
            await using var text = await stream.Content.ReadAsStreamAsync(Cancellation);
            while (await text.ReadAsync(new byte[100], Cancellation) > 0) { }
        });
        (await bernd.QueryAsync(End, new { id = created.At("apiToken.id") }))
            .At("endApiToken.errors.0.code")
            .ShouldBe("NOT_FOUND");
        (await bernd.SendAsync(Viewer)).Status.ShouldBe(200);
    }

    [Fact]
    public async Task On_another_node_commands_end_at_once_and_everything_else_within_five_seconds()
    {
        var several = new Dictionary<string, string?> { ["Messaging:Nodes"] = "several" };
        await using var product = await RunningProduct.StartAsync(settings: several);
        await using var second = await product.StartNodeAsync(several);
        var bernd = await product.SignInAsync(Bernd);
        var created = await CreateAsync(bernd, "Knoten", "READ_WRITE");
        var there = new GraphQLClient(second.Http, created.At("secret"));
        (await there.SendAsync(Write)).Data.At("registerCustomer.errors").ShouldBe("[]");
        await using var live = await LiveClient.OpenAsync(second.Address, there);
        await live.SubscribeAsync("1", Listen);

        (await bernd.QueryAsync(End, new { id = created.At("apiToken.id") })).At("endApiToken.errors").ShouldBe("[]");
        (await there.SendAsync(Write)).ErrorCode.ShouldBe("UNAUTHENTICATED");
        var until = DateTimeOffset.UtcNow.AddSeconds(7);
        while (DateTimeOffset.UtcNow < until && (await there.SendAsync(Viewer)).Status == 200)
            await Task.Delay(100, Cancellation);
        (await there.SendAsync(Viewer)).Status.ShouldBe(401);
        while (await live.ReceiveAsync(TimeSpan.FromSeconds(7)) is not null) { }
        live.CloseCode.ShouldBe(4403);
    }

    [Fact]
    public async Task A_new_password_leaves_them_unless_it_is_to_end_them_and_who_leaves_has_none()
    {
        await using var product = await RunningProduct.StartAsync();
        var (anna, bernd) = (await product.SignInAsync(Anna), await product.SignInAsync(Bernd));
        var id = (await bernd.QueryAsync(Viewer)).At("viewer.id");
        var script = new GraphQLClient(product.Http, (await CreateAsync(bernd, "Bleibt", "READ_WRITE")).At("secret"));
        const string change =
            "mutation($from: String!, $to: String!, $end: Boolean) { changePassword(input: { currentPassword: "
                + "$from, newPassword: $to, endApiTokens: $end }) { accessToken errors { code } } }";
        var changed = await bernd.QueryAsync(
            change,
            new
            {
                from = Password,
                to = "ein besseres Kennwort",
                end = (bool?)null,
            }
        );
        (await script.SendAsync(Write)).Data.At("registerCustomer.errors").ShouldBe("[]");
        (await bernd.SendAsync(Viewer)).Status.ShouldBe(401);

        bernd = new GraphQLClient(product.Http, changed.At("changePassword.accessToken"));
        changed = await bernd.QueryAsync(
            change,
            new
            {
                from = "ein besseres Kennwort",
                to = "noch ein besseres Kennwort",
                end = true,
            }
        );
        (await script.SendAsync(Write)).ErrorCode.ShouldBe("UNAUTHENTICATED");
        (await script.SendAsync(Viewer)).Status.ShouldBe(401);

        bernd = new GraphQLClient(product.Http, changed.At("changePassword.accessToken"));
        script = new GraphQLClient(
            product.Http,
            (await CreateAsync(bernd, "Noch eines", "READ_WRITE", password: "noch ein besseres Kennwort")).At("secret")
        );
        (await script.SendAsync(Viewer)).Status.ShouldBe(200);
        await using var live = await LiveClient.OpenAsync(product.Address, script);
        await live.SubscribeAsync("1", Listen);
        await anna.QueryAsync(
            "mutation($id: ID!) { deactivateAdministrator(input: { id: $id }) { errors { code } } }", new { id });
        (await script.SendAsync(Write)).Body.ToJsonString().ShouldMatch("UNAUTHENTICATED|\"code\":\"FORBIDDEN\"");
        var until = DateTimeOffset.UtcNow.AddSeconds(7);
        while (DateTimeOffset.UtcNow < until && (await script.SendAsync(Viewer)).Status == 200)
            await Task.Delay(100, Cancellation);
        (await script.SendAsync(Viewer)).Status.ShouldBe(401);
        while (await live.ReceiveAsync(TimeSpan.FromSeconds(7)) is not null) { }
        live.CloseCode.ShouldBe(4403);
    }

    [Fact]
    public async Task What_cannot_be_is_refused_by_name_and_creates_nothing()
    {
        var krause = await _product.SignInAsync(Krause);
        var now = DateTimeOffset.UtcNow;
        async Task<string> RefusedAsync(object input)
        {
            var answer = (await krause.QueryAsync(Create, new { input }))["createApiToken"]!;
            answer.At("secret").ShouldBe("");
            return $"{answer.At("errors.0.code")} {answer.At("errors.0.path.0")}";
        }

        (
            await RefusedAsync(
                new
                {
                    name = "N",
                    expiresAt = now.AddDays(1),
                    currentPassword = "falsches Kennwort",
                }
            )
        ).ShouldBe("INVALID currentPassword");
        (
            await RefusedAsync(
                new
                {
                    name = " ",
                    expiresAt = now.AddDays(1),
                    currentPassword = Password,
                }
            )
        ).ShouldBe("INVALID name");
        (
            await RefusedAsync(
                new
                {
                    name = "a\0b",
                    expiresAt = now.AddDays(1),
                    currentPassword = Password,
                }
            )
        ).ShouldBe("INVALID name");
        (
            await RefusedAsync(
                new
                {
                    name = "a\nb",
                    expiresAt = now.AddDays(1),
                    currentPassword = Password,
                }
            )
        ).ShouldBe("INVALID name");
        (
            await RefusedAsync(
                new
                {
                    name = new string('x', 101),
                    expiresAt = now.AddDays(1),
                    currentPassword = Password,
                }
            )
        ).ShouldBe("INVALID name");
        (
            await RefusedAsync(
                new
                {
                    name = "N",
                    expiresAt = now.AddSeconds(-5),
                    currentPassword = Password,
                }
            )
        ).ShouldBe("INVALID expiresAt");
        (
            await RefusedAsync(
                new
                {
                    name = "N",
                    expiresAt = now.AddDays(367),
                    currentPassword = Password,
                }
            )
        ).ShouldBe("INVALID expiresAt");
        (
            await RefusedAsync(
                new
                {
                    name = "N",
                    expiresAt = "9999-12-31T23:59:59Z",
                    currentPassword = Password,
                }
            )
        ).ShouldBe("INVALID expiresAt");
        (
            await RefusedAsync(
                new
                {
                    id = "keine",
                    name = "N",
                    expiresAt = now.AddDays(1),
                    currentPassword = Password,
                }
            )
        ).ShouldBe("INVALID id");
        (
            await krause.SendAsync(Create, new { input = new { name = "N", currentPassword = Password } })
        ).ErrorCode.ShouldBe("BAD_USER_INPUT");
        (
            await krause.SendAsync(
                "mutation { a: createApiToken(input: { name: \"N\", expiresAt: \"2030-01-01T00:00:00Z\", "
                    + "currentPassword: \"x\" }) { secret } endOtherSessions { errors { code } } }"
            )
        )
            .Body.ToJsonString()
            .ShouldContain("errors");
        (await krause.QueryAsync(Tokens))["viewer"]!["apiTokens"]!.AsArray().ShouldBeEmpty();

        // An id of one's own session is none of a token.
        var session = (await krause.QueryAsync("{ viewer { sessions { id isCurrent } } }"))["viewer"]!["sessions"]!
            .AsArray()
            .First(s => s.At("isCurrent") == "true")
            .At("id");
        (
            await RefusedAsync(
                new
                {
                    id = session,
                    name = "N",
                    expiresAt = now.AddDays(1),
                    currentPassword = Password,
                }
            )
        ).ShouldBe("CONFLICT id");
    }

    [Fact]
    public async Task The_same_creation_again_has_no_second_effect_and_shows_no_secret()
    {
        var krause = await _product.SignInAsync(Krause);
        var input = new
        {
            id = Guid.CreateVersion7(),
            name = "Zweimal",
            scope = "READ",
            expiresAt = DateTimeOffset.UtcNow.AddDays(1),
            currentPassword = Password,
        };
        var first = (await krause.QueryAsync(Create, new { input }))["createApiToken"]!;
        first.At("secret").ShouldNotBeEmpty();
        var again = (await krause.QueryAsync(Create, new { input }))["createApiToken"]!;
        (again.At("secret"), again.At("errors"), again.At("apiToken.preview")).ShouldBe(
            ("", "[]", first.At("apiToken.preview")));
        var other = (
            await krause.QueryAsync(
                Create,
                new
                {
                    input = new
                    {
                        input.id,
                        name = "Anders",
                        input.scope,
                        input.expiresAt,
                        input.currentPassword,
                    },
                }
            )
        )["createApiToken"]!;
        other.At("errors.0.code").ShouldBe("CONFLICT");
        (await new GraphQLClient(_product.Http, first.At("secret")).SendAsync(Viewer)).Status.ShouldBe(200);
        (await krause.QueryAsync(End, new { id = input.id })).At("endApiToken.errors").ShouldBe("[]");
    }

    [Fact]
    public async Task Nobody_has_more_than_fifty_and_the_database_has_none_of_them()
    {
        await using var product = await RunningProduct.StartAsync();
        var krause = await product.SignInAsync(Krause);
        var secrets = new List<string>();
        for (var i = 0; i < 2; i++) secrets.Add((await CreateAsync(krause, $"Nr. {i}", "READ")).At("secret"));
        await using var database = NpgsqlDataSource.Create(product.ConnectionString);
        await using (var copies = database.CreateCommand(
            """
            with copied as (
                insert into messaging.sessions (tenant_id, id, person_id, started_at, last_used_at, expires_at,
                    ends_at, network, device)
                select tenant_id, gen_random_uuid(), person_id, started_at, last_used_at, expires_at, ends_at, '', ''
                from messaging.sessions s, generate_series(1, 48) where id = (select id from messaging.api_tokens
                    limit 1) returning *)
            insert into messaging.api_tokens (tenant_id, id, person_id, token_hash, name, scope, preview, created_by,
                created_at, expires_at)
            select tenant_id, id, person_id, id::text, 'Kopie', 'Read', 'msg_', person_id, started_at, expires_at
                from copied
            """)) (await copies.ExecuteNonQueryAsync(Cancellation)).ShouldBe(48);
        var answer = (await krause.QueryAsync(
            Create,
            new
            {
                input = new { name = "51", expiresAt = DateTimeOffset.UtcNow.AddDays(1), currentPassword = Password },
            }))["createApiToken"]!;
        (answer.At("errors.0.code"), answer.At("errors.0.message")).ShouldBe(("CONFLICT",
            "There are 50 API tokens that work already; end one first."));
        (await krause.QueryAsync(Tokens))["viewer"]!["apiTokens"]!.AsArray().Count.ShouldBe(50);

        // Whoever reads the database, its backups or the log of events has nothing to come in with.
        await using var tables = database.CreateCommand(
            "select table_name from information_schema.tables where table_schema in ('messaging', 'wolverine') "
                + "and table_type = 'BASE TABLE'"
        );
        var names = new List<string>();
        await using (var reader = await tables.ExecuteReaderAsync(Cancellation))
            while (await reader.ReadAsync(Cancellation))
                names.Add(reader.GetString(0));
        names.Count.ShouldBeGreaterThan(20);
        foreach (
            var name in names.Where(n =>
                n.StartsWith("mt_", StringComparison.Ordinal) || !n.StartsWith("wolverine", StringComparison.Ordinal)
            )
        )
        {
            foreach (var secret in secrets)
            {
                await using var find = database.CreateCommand(
                    $"select count(*) from messaging.{name} t where t::text like '%{secret[4..20]}%'");
                ((long)(await find.ExecuteScalarAsync(Cancellation))!).ShouldBe(0, name);
            }
        }
    }

    [Fact]
    public async Task Expired_it_works_no_more_and_is_listed_for_a_while_so_that_its_person_sees_why()
    {
        await using var product = await RunningProduct.StartAsync();
        var krause = await product.SignInAsync(Krause);
        var created = await CreateAsync(krause, "Läuft ab", "READ_WRITE");
        var script = new GraphQLClient(product.Http, created.At("secret"));
        (await script.SendAsync(Viewer)).Status.ShouldBe(200);
        await PassAsync(TimeSpan.FromDays(2));
        await Task.Delay(TimeSpan.FromSeconds(5.5), Cancellation);
        (await script.SendAsync(Viewer)).Status.ShouldBe(401);
        (
            await script.SendAsync("mutation { announceWriting(input: { conversationId: \"x\" }) { errors { code } } }")
        ).Status.ShouldBe(401);
        (await krause.QueryAsync(Tokens))["viewer"]!["apiTokens"]!
            .AsArray()
            .ShouldHaveSingleItem()
            .At("name")
            .ShouldBe("Läuft ab");
        await PassAsync(TimeSpan.FromDays(29));
        (await krause.QueryAsync(Tokens))["viewer"]!["apiTokens"]!.AsArray().ShouldBeEmpty();

        async Task PassAsync(TimeSpan time)
        {
            await using var database = NpgsqlDataSource.Create(product.ConnectionString);
            await using var pass = database.CreateCommand(
                """
                with t as (update messaging.api_tokens set expires_at = expires_at - $1, created_at = created_at - $1
                    returning tenant_id, id)
                update messaging.sessions s set expires_at = s.expires_at - $1, ends_at = s.ends_at - $1 from t
                    where t.tenant_id = s.tenant_id and t.id = s.id
                """);
            pass.Parameters.Add(new() { Value = time });
            await pass.ExecuteNonQueryAsync(Cancellation);
        }
    }

    [Fact]
    public async Task Guesses_are_refused_and_the_security_log_tells_of_all_that_matters()
    {
        var lines = new SecurityLines();
        await using var product = await RunningProduct.StartAsync(
            settings: new()
            {
                ["Logging:LogLevel:Messaging.Security"] = "Information",
                ["Messaging:Proxies"] = "127.0.0.1, ::1",
                ["Messaging:Auth:SignInAttempts"] = "3",
            },
            services: s => s.AddSingleton<ILoggerProvider>(lines));
        var bernd = await product.SignInAsync(Bernd);
        var id = (await bernd.QueryAsync(Viewer)).At("viewer.id");
        var created = await CreateAsync(bernd, "Skript", "READ");
        var line = lines.Of(SecurityEvent.ApiTokenCreated).ShouldHaveSingleItem();
        (line.Fields["Person"], line.Fields["Detail"], line.Level).ShouldBe((id, "Read", LogLevel.Information));

        // Of another form, another checksum, another token; none of them is looked for in vain for long, and none tells
        // which it was.
        var secret = created.At("secret");
        var other = ApiTokenSecret.New();
        foreach (
            var guess in (string[])
                ["msg_", "msg_x", secret[..^1], secret + "x", secret[..^1] + (secret[^1] == 'a' ? 'b' : 'a'), other]
        )
        {
            var answer = await new GraphQLClient(product.Http, guess).SendAsync(Viewer);
            (answer.Status, answer.ErrorMessage).ShouldBe(
                (401, "The access token is not valid or has expired."), guess);
        }

        lines.Of(SecurityEvent.TokenRefused).ShouldNotBeEmpty();

        // From another network, as that is written down: minutes later.
        async Task FromAsync(string address)
        {
            await using (var database = NpgsqlDataSource.Create(product.ConnectionString))
            await using (
                var later = database.CreateCommand(
                    "update messaging.api_tokens set last_used_at = last_used_at - interval '6 minutes'")
            )
                await later.ExecuteNonQueryAsync(Cancellation);
            await Task.Delay(TimeSpan.FromSeconds(5.2), Cancellation);
            using var request = new HttpRequestMessage(HttpMethod.Post, "/graphql")
            {
                Content = JsonContent.Create(new { query = Viewer }),
            };
            request.Headers.Authorization = new("Bearer", secret);
            request.Headers.Add("X-Forwarded-For", address);
            (await product.Http.SendAsync(request, Cancellation)).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        await FromAsync("198.51.100.7");
        await FromAsync("198.51.100.8");
        lines.Of(SecurityEvent.ApiTokenMoved).ShouldBeEmpty();
        await FromAsync("203.0.113.9");
        line = lines.Of(SecurityEvent.ApiTokenMoved).ShouldHaveSingleItem();
        (line.Fields["Person"], line.Fields["Network"], line.Level).ShouldBe((id, "203.0.113.0/24", LogLevel.Warning));

        await bernd.QueryAsync(End, new { id = created.At("apiToken.id") });
        lines.Of(SecurityEvent.ApiTokenEnded).ShouldHaveSingleItem().Fields["Person"].ShouldBe(id);
        lines.All.ShouldAllBe(l =>
            !l.Text.Contains("msg_", StringComparison.Ordinal) && !l.Text.Contains("Skript", StringComparison.Ordinal)
        );

        // Whoever sits down at an unlocked computer cannot guess the password for long.
        for (var i = 0; i < 3; i++)
        {
            (
                await bernd.QueryAsync(
                    Create,
                    new
                    {
                        input = new
                        {
                            name = "N",
                            expiresAt = DateTimeOffset.UtcNow.AddDays(1),
                            currentPassword = "falsch",
                        },
                    }
                )
            ).At("createApiToken.errors.0.code").ShouldBe("INVALID");
        }

        (
            await bernd.SendAsync(
                Create,
                new
                {
                    input = new
                    {
                        name = "N",
                        expiresAt = DateTimeOffset.UtcNow.AddDays(1),
                        currentPassword = Password,
                    },
                }
            )
        ).ErrorCode.ShouldBe("RATE_LIMITED");
        lines.Of(SecurityEvent.PasswordRefused).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Limits_are_its_persons_whichever_token_they_come_with()
    {
        // One more every ten seconds: what one of them has spent the other has not.
        await using var product = await RunningProduct.StartAsync(
            settings: new() { ["Messaging:GraphQL:MaxOperationsPerMinute"] = "6" });
        var bernd = await product.SignInAsync(Bernd);
        var script = new GraphQLClient(product.Http, (await CreateAsync(bernd, "Eifrig", "READ")).At("secret"));
        var began = DateTimeOffset.UtcNow;
        var answers = new List<int>();
        for (var i = 0; i < 14; i++) answers.Add((await (i % 2 == 0 ? bernd : script).SendAsync(Viewer)).Status);
        answers.ShouldAllBe(status => status == 200 || status == 429);
        answers
            .Count(status => status == 200)
            .ShouldBeInRange(4, 6 + (int)((DateTimeOffset.UtcNow - began).TotalSeconds / 10));
    }

    [Fact]
    public async Task Those_of_a_demo_organisation_work_in_Development_alone()
    {
        await using var product = await RunningProduct.StartAsync();
        var secret = (await CreateAsync(await product.SignInAsync(Bernd), "Vorführung", "READ")).At("secret");
        await product.StopAsync();
        await product.StartAgainAsync(environment: "Production");
        (await new GraphQLClient(product.Http, secret).SendAsync(Viewer)).Status.ShouldBe(401);
    }

    [Fact]
    public void A_secret_has_a_checksum_that_finds_every_slip()
    {
        for (var i = 0; i < 200; i++)
        {
            var secret = ApiTokenSecret.New();
            ApiTokenSecret.IsWellFormed(secret).ShouldBeTrue();
            var place = 4 + (i % 46);
            var slip = secret[..place] + (secret[place] == 'x' ? 'y' : 'x') + secret[(place + 1)..];
            ApiTokenSecret.IsWellFormed(slip).ShouldBeFalse(slip);
        }
    }

    private static async Task<JsonNode> CreateAsync(
        GraphQLClient who, string name, string scope, int days = 1, string password = Password)
    {
        var answer = (
            await who.QueryAsync(
                Create,
                new
                {
                    input = new
                    {
                        name,
                        scope,
                        expiresAt = DateTimeOffset.UtcNow.AddDays(days),
                        currentPassword = password,
                    },
                }
            )
        )["createApiToken"]!;
        answer.At("errors").ShouldBe("[]");
        return answer;
    }

    private async Task<JsonNode> PostAsync(GraphQLClient who, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/graphql")
        {
            Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new("Bearer", who.Token);
        using var response = await _product.Http.SendAsync(request, Cancellation);
        return JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!;
    }

    private static async Task<HttpResponseMessage> StreamAsync(
        RunningProduct product, GraphQLClient who, string query, HttpMethod? method = null)
    {
        using var request = method == HttpMethod.Post
            ? new HttpRequestMessage(HttpMethod.Post, "/graphql") { Content = JsonContent.Create(new { query }) }
            : new HttpRequestMessage(HttpMethod.Get, $"/graphql?query={Uri.EscapeDataString(query)}");
        request.Headers.Accept.ParseAdd("text/event-stream");
        request.Headers.Authorization = new("Bearer", who.Token);
        return await product.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
    }

    public sealed class Started : IAsyncLifetime
    {
        public RunningProduct Product { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Product = await RunningProduct.StartAsync();

        public async ValueTask DisposeAsync() => await Product.DisposeAsync();
    }
}
