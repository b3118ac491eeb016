using Messaging.TestSupport.Product;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Scenarios;

/// <summary>
/// Service accounts: a program writes under its own name, and is nobody who is written to, chosen or counted.
/// </summary>
public sealed class ServiceAccountTests : IAsyncLifetime
{
    private const string Anna = "anna.sommer@kanzlei-sommer.example";
    private const string Krause = "dieter.krause@baeckerei-krause.example";
    private const string Name = "Schnittstelle DATEV";

    private RunningProduct _product = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _product = await RunningProduct.StartAsync();

    public async ValueTask DisposeAsync() => await _product.DisposeAsync();

    [Fact]
    public async Task It_writes_under_its_name_and_the_customer_reads_and_is_mailed_that()
    {
        var (anna, krause) = (await _product.SignInAsync(Anna), await _product.SignInAsync(Krause));
        var (id, script) = await CreateAsync(anna, "ADMINISTRATOR");
        var viewer = (
            await script.QueryAsync(
                "{ viewer { id displayName email role isOwner locale notifications { nodes { id } } } }")
        )["viewer"]!;
        (
            viewer.At("id"), viewer.At("displayName"), viewer.At("email"), viewer.At("role"),
            viewer.At("isOwner")).ShouldBe((id, Name, "", "ADMINISTRATOR", "false"));

        var customer = (await script.QueryAsync("{ customers(search: \"krause\") { nodes { id } } }")).At(
            "customers.nodes.0.id");
        var created = await script.QueryAsync(
            """
            mutation($customer: ID!) {
              createConversation(input: { customerId: $customer, subject: "Monatsabschluss Ümläute",
                body: "Bitte Belege", status: ATTENTION, notifyAllAdministrators: true }) {
                conversation { id createdBy { ... on Administrator { displayName isServiceAccount } }
                  responsibleAdministrator { id } } errors { code message }
              }
            }
            """,
            new { customer });
        created.At("createConversation.errors").ShouldBe("[]");
        created.At("createConversation.conversation.createdBy.displayName").ShouldBe(Name);
        created.At("createConversation.conversation.createdBy.isServiceAccount").ShouldBe("true");
        var conversation = created.At("createConversation.conversation.id");
        await _product.Mail.WaitForMailAsync(mail =>
            mail.Text.Contains(Name, StringComparison.Ordinal) && mail.Recipients.Contains(Krause)
        );
        (
            await krause.QueryAsync(
                "query($id: ID!) { conversation(id: $id) { comments { nodes { author { ... on Administrator { "
                    + "displayName } } } } } }",
                new { id = conversation }
            )
        )
            .At("conversation.comments.nodes.0.author.displayName")
            .ShouldBe(Name);

        // A customer's answer tells everybody but the program, which has no address and no preference.
        await krause.QueryAsync(
            "mutation($id: ID!) { addComment(input: { conversationId: $id, body: \"Kommt sofort\" }) { errors { "
                + "code } } }",
            new { id = conversation }
        );
        await anna.QueryAsync(
            "mutation($id: ID!) { notifyAdministrators(input: { conversationIds: [$id] }) { errors { code } } }",
            new { id = conversation });
        await _product.Mail.WaitForMailAsync(mail => mail.Text.Contains("Kommt sofort", StringComparison.Ordinal));
        await using var database = NpgsqlDataSource.Create(_product.ConnectionString);
        for (
            var i = 0;
            (
                await NumberAsync(
                    $"select count(*) from messaging.notifications n where conversation_id = '{conversation}'")
            ) < 2;
            i++
        )
        {
            i.ShouldBeLessThan(200);
            await Task.Delay(50, Cancellation);
        }

        (await NumberAsync($"select count(*) from messaging.notifications where recipient_id = '{id}'")).ShouldBe(0);
        (
            await NumberAsync($"select count(*) from messaging.deliveries where recipient_id = '{id}' or address = ''")
        ).ShouldBe(0);
        (await NumberAsync($"select count(*) from messaging.deliveries where actor_id = '{id}'")).ShouldBeGreaterThan(
            0);

        // History says who it was.
        (
            await anna.QueryAsync(
                "query($id: ID!) { conversation(id: $id) { history { nodes { summary actor { ... on "
                    + "Administrator { displayName } } } } } }",
                new { id = conversation }
            )
        )
            .At("conversation.history.nodes.0.actor.displayName")
            .ShouldBe(Name);

        async Task<long> NumberAsync(string sql)
        {
            await using var command = database.CreateCommand(sql);
            return (long)(await command.ExecuteScalarAsync(Cancellation))!;
        }
    }

    [Fact]
    public async Task It_is_no_administrator_who_is_listed_counted_chosen_invited_or_signs_in()
    {
        var anna = await _product.SignInAsync(Anna);
        const string office =
            "{ administrators { nodes { id displayName } totalCount } reports { workload { administrator { id } } } }";
        var before = (await anna.QueryAsync(office)).ToJsonString();
        var (id, script) = await CreateAsync(anna, "ADMINISTRATOR");
        (await anna.QueryAsync(office)).ToJsonString().ShouldBe(before);
        (await anna.QueryAsync("{ serviceAccounts { id displayName role active apiTokens { name scope } } }"))[
            "serviceAccounts"
        ]!
            .AsArray()
            .ShouldHaveSingleItem()!
            .At("displayName")
            .ShouldBe(Name);

        var conversation = (await anna.QueryAsync("{ conversations(first: 1) { nodes { id customer { id } } } }"))[
            "conversations"
        ]!["nodes"]![0]!;
        var assigned = await anna.QueryAsync(
            "mutation($c: ID!, $a: ID!) { assignAdministrator(input: { conversationIds: [$c], administratorId: "
                + "$a }) { errors { code path } } }",
            new { c = conversation.At("id"), a = id }
        );
        assigned.At("assignAdministrator.errors.0.code").ShouldBe("NOT_FOUND");
        var created = await anna.QueryAsync(
            "mutation($c: ID!, $a: ID!) { createConversation(input: { customerId: $c, subject: \"S\", body: "
                + "\"B\", responsibleAdministratorId: $a }) { errors { code } } }",
            new { c = conversation.At("customer.id"), a = id });
        created.At("createConversation.errors.0.code").ShouldBe("NOT_FOUND");
        (
            await anna.QueryAsync(
                "mutation($id: ID!) { resendInvitation(input: { id: $id }) { errors { code } } }", new { id })
        )
            .At("resendInvitation.errors.0.code")
            .ShouldBe("CONFLICT");
        foreach (var email in (string[])["", $"service-account:{id}"])
        {
            (
                await _product.Anonymous.QueryAsync(
                    "mutation($email: String!) { signIn(input: { email: $email, password: \"messaging-demo\" }) "
                        + "{ accessToken errors { code } } }",
                    new { email }
                )
            )
                .At("signIn.errors.0.code")
                .ShouldBe("INVALID");
        }

        // What it is called is the owners' to say, and so is what it may.
        (
            await script.SendAsync(
                "mutation { updateProfile(input: { displayName: \"Anna Sommer\" }) { errors { code } } }")
        ).ErrorCode.ShouldBe("FORBIDDEN");
        (
            await script.SendAsync(
                "mutation { inviteAdministrator(input: { email: \"a@b.example\", displayName: \"N\" }) { errors "
                    + "{ code } } }"
            )
        ).ErrorCode.ShouldBe("FORBIDDEN");
    }

    [Fact]
    public async Task One_that_reads_as_an_auditor_writes_nothing_whatever_the_scope_and_ends_with_all_its_tokens()
    {
        var anna = await _product.SignInAsync(Anna);
        var (id, script) = await CreateAsync(anna, "AUDITOR");
        (await script.QueryAsync("{ viewer { role } conversations { nodes { id history { nodes { type } } } } }"))
            .At("viewer.role")
            .ShouldBe("AUDITOR");
        (await script.QueryAsync("mutation { registerCustomer(input: { name: \"N\" }) { errors { code } } }"))
            .At("registerCustomer.errors.0.code")
            .ShouldBe("FORBIDDEN");

        await using var live = await LiveClient.OpenAsync(_product.Address, script);
        await live.SubscribeAsync("1", "subscription { conversationsUpdated { removedId } }");
        var ended = await anna.QueryAsync(
            "mutation($id: ID!) { deactivateServiceAccount(input: { id: $id }) { serviceAccount { active } "
                + "errors { code } } }",
            new { id }
        );
        ended.At("deactivateServiceAccount.serviceAccount.active").ShouldBe("false");
        (await script.SendAsync("{ viewer { id } }")).Status.ShouldBe(401);
        while (await live.ReceiveAsync(TimeSpan.FromSeconds(7)) is not null) { }
        live.CloseCode.ShouldBe(4403);
        (await anna.QueryAsync("{ serviceAccounts { id } }"))["serviceAccounts"]!.AsArray().ShouldBeEmpty();
        (
            await anna.QueryAsync(
                "mutation($id: ID!) { deactivateServiceAccount(input: { id: $id }) { errors { code } } }", new { id })
        )
            .At("deactivateServiceAccount.errors")
            .ShouldBe("[]");
        var token = await anna.QueryAsync(
            "mutation($id: ID!, $at: DateTime!) { createApiToken(input: { serviceAccountId: $id, name: \"N\", "
                + "expiresAt: $at, currentPassword: \"messaging-demo\" }) { secret errors { code } } }",
            new { id, at = DateTimeOffset.UtcNow.AddDays(1) });
        token.At("createApiToken.errors.0.code").ShouldBe("NOT_FOUND");
    }

    [Fact]
    public async Task The_same_creation_again_is_one_account_and_a_rebuild_gives_the_same()
    {
        var anna = await _product.SignInAsync(Anna);
        var id = Guid.CreateVersion7();
        for (var i = 0; i < 2; i++)
        {
            (
                await anna.QueryAsync(
                    "mutation($id: ID!) { createServiceAccount(input: { id: $id, displayName: \"Schnittstelle\", "
                        + "role: AUDITOR }) { serviceAccount { id } errors { code } } }",
                    new { id }
                )
            )
                .At("createServiceAccount.serviceAccount.id")
                .ShouldBe($"{id}");
        }

        var taken = (await anna.QueryAsync("{ viewer { id } }")).At("viewer.id");
        (
            await anna.QueryAsync(
                "mutation($id: ID!) { createServiceAccount(input: { id: $id, displayName: \"N\" }) { errors { "
                    + "code } } }",
                new { id = taken }
            )
        )
            .At("createServiceAccount.errors.0.code")
            .ShouldBe("CONFLICT");

        var before = await RowAsync();
        await using (var database = NpgsqlDataSource.Create(_product.ConnectionString))
        await using (var format = database.CreateCommand("update messaging.read_model_formats set format = 0"))
            await format.ExecuteNonQueryAsync(Cancellation);
        await _product.StopAsync();
        await _product.StartAgainAsync();
        (await RowAsync()).ShouldBe(before);

        async Task<string> RowAsync()
        {
            await using var database = NpgsqlDataSource.Create(_product.ConnectionString);
            await using var row = database.CreateCommand(
                $"select a::text from messaging.administrators a where id = '{id}'");
            return (string)(await row.ExecuteScalarAsync(Cancellation))!;
        }
    }

    private async Task<(string Id, GraphQLClient Script)> CreateAsync(GraphQLClient owner, string role)
    {
        var created = await owner.QueryAsync(
            "mutation($name: String!, $role: Role) { createServiceAccount(input: { displayName: $name, role: "
                + "$role }) { serviceAccount { id } errors { code message } } }",
            new { name = Name, role }
        );
        var id = created.At("createServiceAccount.serviceAccount.id");
        var token = await owner.QueryAsync(
            "mutation($id: ID!, $at: DateTime!) { createApiToken(input: { serviceAccountId: $id, name: "
                + "\"Server\", scope: READ_WRITE, expiresAt: $at, currentPassword: \"messaging-demo\" }) { secret "
                + "errors { code message } } }",
            new { id, at = DateTimeOffset.UtcNow.AddDays(1) });
        token.At("createApiToken.errors").ShouldBe("[]");
        return (id, new GraphQLClient(_product.Http, token.At("createApiToken.secret")));
    }
}
