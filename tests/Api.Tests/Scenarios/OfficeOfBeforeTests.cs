using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Messaging.TestSupport.Before;
using Messaging.TestSupport.Product;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Scenarios;

/// <summary>
/// An office that worked with commit 48f34c2 updates: what it had is there, what it repeats has no second effect, and
/// nobody is told again.
/// </summary>
public sealed class OfficeOfBeforeTests : IAsyncLifetime
{
    private const string Anna = "anna.sommer@kanzlei-sommer.example";
    private const string Dieter = "dieter.krause@baeckerei-krause.example";

    private RunningProduct _product = null!;

    public async ValueTask InitializeAsync() => _product = await RunningProduct.StartOnAsync(
        OfficeOfBefore.RestoreAsync, settings: new() { ["Messaging:Auth:SigningKey"] = OfficeOfBefore.SigningKey });

    public async ValueTask DisposeAsync() => await _product.DisposeAsync();

    [Fact]
    public async Task Everybody_sees_what_they_saw()
    {
        var anna = await _product.SignInAsync(Anna);
        var dieter = await _product.SignInAsync(Dieter);
        const string list = "{conversations(first:50){nodes{id subject status version commentCount}}}";
        var seen = OfficeOfBefore.Recorded["seen"]!;
        (await anna.QueryAsync(list)).ToJsonString().ShouldBe(seen["list"]!.ToJsonString());
        (await dieter.QueryAsync(list)).ToJsonString().ShouldBe(seen["customer"]!.ToJsonString());
        (await anna.QueryAsync("{conversationCounts{total open attention answered}}"))
            .ToJsonString()
            .ShouldBe(seen["counts"]!.ToJsonString());
        var id = (string)
            MutationsWithIds()
                .Single(m =>
                    m["input"]!["subject"] is { } s && ((string)s!).Contains("IBAN", StringComparison.Ordinal)
                )["input"]!["id"]!;
        (await anna.QueryAsync("query($id:ID!){conversation(id:$id){history(first:60){nodes{type}}}}", new { id }))
            .ToJsonString()
            .ShouldBe(seen["history"]!.ToJsonString());
    }

    [Fact]
    public async Task A_file_that_was_attached_is_downloaded_as_it_was()
    {
        var dieter = await _product.SignInAsync(Dieter);
        foreach (var name in new[] { "attached", "picture" })
        {
            var file = OfficeOfBefore.Recorded["files"]![name]!;
            using var answer = await dieter.GetAsync($"/files/{(string)file["id"]!}");
            answer.EnsureSuccessStatusCode();
            Convert
                .ToHexStringLower(
                    SHA256.HashData(await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)))
                .ShouldBe((string)file["sha256"]!);
        }
    }

    [Fact]
    public async Task What_was_sent_before_the_update_and_is_sent_again_has_no_second_effect()
    {
        var clients = new Dictionary<string, GraphQLClient>();
        var before = await EventsAsync();
        var repeated = 0;
        foreach (var mutation in MutationsWithIds())
        {
            var who = (string)mutation["who"]!;
            if (!clients.TryGetValue(who, out var client)) clients[who] = client = await _product.SignInAsync(who);
            var answer = await client.QueryAsync((string)mutation["query"]!, new { i = mutation["input"] });
            answer.AsObject().Single().Value!["errors"]!.AsArray().ShouldBeEmpty();
            repeated++;
        }

        repeated.ShouldBeGreaterThan(30);
        (await EventsAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task Events_keep_their_numbers_and_those_after_them_go_on_above()
    {
        var anna = await _product.SignInAsync(Anna);
        var id = (string)MutationsWithIds().Select(m => m["input"]!).First(i => i["subject"] is not null)["id"]!;
        var before = await NumbersAsync();
        await using var database = NpgsqlDataSource.Create(_product.ConnectionString);
        await using var log = database.CreateCommand(
            $"select array(select seq_id from messaging.mt_events where stream_id = '{id}' order by version)");
        before.ShouldBe((long[])(await log.ExecuteScalarAsync(TestContext.Current.CancellationToken))!);

        for (var i = 0; i < 2; i++)
        {
            await anna.QueryAsync(
                "mutation($id:ID!){addComment(input:{conversationId:$id,body:\"x\",visibility:INTERNAL}){errors{code}}}",
                new { id });
        }

        var after = await NumbersAsync();
        after[..^2].ShouldBe(before);
        after[^2].ShouldBeGreaterThan(before[^1]);
        after[^1].ShouldBe(after[^2] + 1);

        async Task<List<long>> NumbersAsync()
        {
            var answer = await anna.QueryAsync(
                "query($id:ID!){conversation(id:$id){history(first:100){nodes{sequence}}}}", new { id });
            return [.. answer["conversation"]!["history"]!["nodes"]!.AsArray().Select(n => long.Parse(
                (string)n!["sequence"]!, System.Globalization.CultureInfo.InvariantCulture))];
        }
    }

    [Fact]
    public async Task Each_account_of_before_is_a_sign_in_of_its_own()
    {
        var anna = await _product.SignInAsync(Anna);
        (await anna.QueryAsync("{viewer{accounts{organisationName isCurrent}}}"))["viewer"]!["accounts"]!.AsArray()
            .ShouldHaveSingleItem()!["isCurrent"]!.GetValue<bool>().ShouldBeTrue();
        await using var database = NpgsqlDataSource.Create(_product.ConnectionString);
        await using var count = database.CreateCommand(
            "select count(distinct identity_id) = count(*) and count(*) > 3 from messaging.accounts");
        (await count.ExecuteScalarAsync(TestContext.Current.CancellationToken)).ShouldBe(true);
    }

    [Fact]
    public async Task A_token_of_before_works_until_it_expires()
    {
        var person = (string)(await (await _product.SignInAsync(Anna)).QueryAsync("{viewer{id}}"))["viewer"]!["id"]!;
        await using var database = NpgsqlDataSource.Create(_product.ConnectionString);
        await using var find = database.CreateCommand(
            $"select tenant_id, person_id from messaging.accounts where person_id::text = '{person}'");
        await using var reader = await find.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        (await reader.ReadAsync(TestContext.Current.CancellationToken)).ShouldBeTrue();
        var now = DateTime.UtcNow;
        var token = new JsonWebTokenHandler().CreateToken(
            new SecurityTokenDescriptor
            {
                Issuer = "messaging",
                Audience = "messaging",
                IssuedAt = now,
                NotBefore = now,
                Expires = now.AddHours(12),
                Subject = new ClaimsIdentity([
                    new Claim("sub", reader.GetGuid(1).ToString()), new Claim("org", reader.GetString(0))
                ]),
                SigningCredentials = new SigningCredentials(
                    new SymmetricSecurityKey(Convert.FromBase64String(OfficeOfBefore.SigningKey)),
                    SecurityAlgorithms.HmacSha256),
            }
        );
        (await new GraphQLClient(_product.Http, token).QueryAsync("{viewer{email}}")).At("viewer.email").ShouldBe(Anna);
    }

    [Fact]
    public async Task Nobody_is_told_again_and_the_next_comment_is_mailed()
    {
        var dieter = await _product.SignInAsync(Dieter);
        var conversation = (string)
            (await dieter.QueryAsync("{conversations(first:1){nodes{id}}}"))["conversations"]!["nodes"]![0]!["id"]!;
        await dieter.QueryAsync(
            "mutation($c:ID!){addComment(input:{conversationId:$c,body:\"Nach der Aktualisierung\"}){errors{code}}}",
            new { c = conversation });
        await _product.Mail.WaitForMailAsync(mail =>
            mail.Text.Contains("Nach der Aktualisierung", StringComparison.Ordinal)
        );
        _product.Mail.Received.ShouldAllBe(mail =>
            mail.Text.Contains("Nach der Aktualisierung", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_file_that_was_attached_to_nothing_can_still_be_attached_and_what_there_was_counts()
    {
        var loose = OfficeOfBefore.Recorded["files"]!["loose"]!;
        var dieter = await _product.SignInAsync(Dieter);
        var conversation = (string)
            (await dieter.QueryAsync("{conversations(first:1){nodes{id}}}"))["conversations"]!["nodes"]![0]!["id"]!;
        var answer = await dieter.QueryAsync(
            "mutation($c:ID!,$f:ID!){addComment(input:{conversationId:$c,body:\"Doch "
                + "noch\",fileIds:[$f]}){comment{files{quarantined awaitsScan}} errors{code}}}",
            new { c = conversation, f = (string)loose["id"]! }
        );
        answer["addComment"]!
            .ToJsonString()
            .ShouldBe("""{"comment":{"files":[{"quarantined":false,"awaitsScan":false}]},"errors":[]}""");
        using var download = await dieter.GetAsync(
            (string)loose["url"]! is { Length: > 0 } url ? url : $"/files/{(string)loose["id"]!}");
        download.EnsureSuccessStatusCode();

        await using var database = NpgsqlDataSource.Create(_product.ConnectionString);
        for (
            var waited = System.Diagnostics.Stopwatch.StartNew();
            ;
            await Task.Delay(100, TestContext.Current.CancellationToken)
        )
        {
            await using var compare = database.CreateCommand(
                """
                select (select sum(bytes) from messaging.file_usage where owner_id::text = tenant_id)
                    = (select sum(greatest(size, 65536)) from messaging.uploads where discarded_at is null)
                """);
            if (await compare.ExecuteScalarAsync(TestContext.Current.CancellationToken) is true) break;
            waited.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(30));
        }
    }

    [Fact]
    public async Task Its_people_and_programs_get_API_tokens()
    {
        const string create =
            "mutation($input:CreateApiTokenInput!){createApiToken(input:$input){secret errors{code message}}}";
        var anna = await _product.SignInAsync(Anna);
        var at = DateTimeOffset.UtcNow.AddDays(1);
        var own = await anna.QueryAsync(
            create,
            new
            {
                input = new
                {
                    name = "Skript",
                    scope = "READ_WRITE",
                    expiresAt = at,
                    currentPassword = "messaging-demo",
                },
            }
        );
        (await new GraphQLClient(_product.Http, own.At("createApiToken.secret")).QueryAsync("{viewer{email}}"))
            .At("viewer.email")
            .ShouldBe(Anna);
        var program = (
            await anna.QueryAsync(
                "mutation{createServiceAccount(input:{displayName:\"Schnittstelle\",role:ADMINISTRATOR}){serviceAccount{id}}}"
            )
        ).At("createServiceAccount.serviceAccount.id");
        var token = await anna.QueryAsync(
            create,
            new
            {
                input = new
                {
                    serviceAccountId = program,
                    name = "Server",
                    scope = "READ_WRITE",
                    expiresAt = at,
                    currentPassword = "messaging-demo",
                },
            }
        );
        var script = new GraphQLClient(_product.Http, token.At("createApiToken.secret"));
        var conversation = (await script.QueryAsync("{conversations(first:1){nodes{id}}}")).At(
            "conversations.nodes.0.id");
        (
            await script.QueryAsync(
                "mutation($c:ID!){addComment(input:{conversationId:$c,body:\"Vom "
                    + "Programm\",visibility:INTERNAL}){comment{author{... on Administrator{displayName}}} "
                    + "errors{code}}}",
                new { c = conversation }
            )
        )
            .At("addComment.comment.author.displayName")
            .ShouldBe("Schnittstelle");
    }

    private static IEnumerable<JsonNode> MutationsWithIds() =>
        OfficeOfBefore.Recorded["mutations"]!
            .AsArray()
            .Select(m => m!)
            .Where(m => m["input"]!["id"] is not null && m["input"]!.AsObject().Count > 1);

    // But for what is recorded of sign-ins and mails, whenever that is.
    private async Task<long> EventsAsync()
    {
        await using var database = NpgsqlDataSource.Create(_product.ConnectionString);
        await using var count = database.CreateCommand(
            "select count(*) from messaging.mt_events where data -> 'about' is null");
        return (long)(await count.ExecuteScalarAsync())!;
    }
}
