using System.Text.RegularExpressions;
using Messaging.TestSupport.Product;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Hosting;

/// <summary>
/// The operator's commands while the product serves, here with a PostgreSQL of its own: it does everything as before.
/// </summary>
public sealed class SecondProductTests : IAsyncLifetime
{
    private const string Erika = "erika@beispiel.example";

    private ProductProcess _product = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        _product = await ProductProcess.StartAsync(new() { ["ConnectionStrings__Messaging"] = "" });

    public async ValueTask DisposeAsync() => await _product.DisposeAsync();

    [Fact]
    public async Task An_organisation_is_created_and_the_product_sends_its_invitation()
    {
        var nodes = await ScalarAsync("select count(*) from wolverine.wolverine_nodes");
        for (var i = 0; i < 3; i++)
        {
            var (code, output, error) = await RunAsync(
                "create-organisation", "--name", $"Kanzlei Nr. {i}", "--email", $"b{i}@beispiel.example",
                "--owner-name", "Erika Muster", "--owner-email", $"{i}{Erika}");
            code.ShouldBe(0, error);
            output.ShouldContain("Created organisation");
            output.ShouldNotContain("when the product serves");
            var mail = await _product.Mail.WaitForMailAsync(m => m.Recipients.Contains($"{i}{Erika}"));
            Regex.IsMatch(mail.Message.TextBody!, "#token=[A-Za-z0-9_-]{43}").ShouldBeTrue();
        }

        (await ScalarAsync("select count(*) from wolverine.wolverine_nodes")).ShouldBe(nodes);
        (await _product.IsReadyAsync()).ShouldBeTrue();
        foreach (var wrong in (string[])["fail:", "crit:", "Exception", "planner"])
            _product.LastLines.ShouldNotContain(wrong);

        // What the product knew before still holds: somebody writes, and is answered.
        var anna = await _product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        var conversation = (await anna.QueryAsync("{ conversations(first: 1) { nodes { id } } }")).At(
            "conversations.nodes.0.id");
        var added = await anna.QueryAsync(
            "mutation($input: AddCommentInput!) { addComment(input: $input) { errors { code } } }",
            new { input = new { conversationId = conversation, body = "Danke." } });
        added.At("addComment.errors").ShouldBe("[]");
        var (verified, said, why) = await RunAsync("verify");
        verified.ShouldBe(0, why);
        said.ShouldContain("The read models are what their events say");
    }

    [Fact]
    public async Task Rows_that_are_not_as_their_events_say_are_named_and_a_rebuild_waits_until_it_stands()
    {
        await ScalarAsync(
            "update messaging.comments set body = 'Was niemand schrieb' where id = (select min(id::text)::uuid "
                + "from messaging.comments)"
        );
        await ScalarAsync(
            "insert into messaging.customers (tenant_id, id, name) values ('nobodys', gen_random_uuid(), 'Niemand')");
        await ScalarAsync(
            "insert into messaging.status_tallies (tenant_id, status, change) select tenant_id, 'Open', 1 from "
                + "messaging.organisations limit 1"
        );
        var (code, _, error) = await RunAsync("verify");
        code.ShouldBe(1, error);
        error.ShouldContain("messaging.comments: 1 rows that the events say are not there, 1 are that they do not say");
        error.ShouldContain(
            "messaging.customers: 0 rows that the events say are not there, 1 are that they do not say");
        error.ShouldContain("messaging.status_tallies: ");
        error.ShouldNotContain("messaging.conversations");

        // Figures are put right while it runs, and nothing else.
        await ScalarAsync("update messaging.waits set outcome = 'Withdrawn' where outcome = 'Replied'");
        (code, var output, error) = await RunAsync("recompute");
        code.ShouldBe(0, error);
        output.ShouldMatch("^The figures of [1-9][0-9]* conversations were computed anew in .* [1-9][0-9]* had others");
        (code, output, error) = await RunAsync("recompute");
        code.ShouldBe(0, error);
        output.ShouldContain(" s; 0 had others before.");

        (code, _, error) = await RunAsync("rebuild");
        (code, error).ShouldSatisfyAllConditions(() => code.ShouldBe(1), () => error.ShouldContain("stop it first"));
        (code, _, error) = await RunAsync("remove-demo-data");
        (code, error).ShouldSatisfyAllConditions(() => code.ShouldBe(1), () => error.ShouldContain("stop it first"));
        await _product.StopAsync();
        (code, output, error) = await RunAsync("rebuild");
        code.ShouldBe(0, error);
        output.ShouldContain("The read models were rebuilt");
        (code, output, error) = await RunAsync("verify");
        code.ShouldBe(0, error);
        output.ShouldContain("The read models are what their events say");
    }

    private Task<(int Code, string Output, string Error)> RunAsync(params string[] words) =>
        OperatorsCommand.RunAsync("", _product.DataDirectory, words);

    private async Task<object?> ScalarAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(
            await Api.Hosting.EmbeddedPostgres.JoinAsync(Path.Combine(_product.DataDirectory, "postgres"), Cancellation)
        );
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Cancellation);
    }
}
