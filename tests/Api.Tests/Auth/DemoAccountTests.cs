using System.Text.RegularExpressions;
using Messaging.Api.Hosting;
using Messaging.Api.Operating;
using Messaging.Api.Tests.Hosting;
using Messaging.Api.Tests.Transport;
using Messaging.TestSupport.Product;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Auth;

/// <summary>
/// Their password is in the repository: they open nothing outside Development, whatever data there is.
/// </summary>
public sealed class DemoAccountTests
{
    private const string Anna = "anna.sommer@kanzlei-sommer.example";
    private const string Eva = "eva.lindner@studio-lindner.example";
    private const string Erika = "erika@beispiel.example";
    private const string Chosen = "Zwetschgen 27 x";
    private const string SignIn =
        "mutation($email: String!, $password: String!) { signIn(input: { email: $email, password: $password }) { "
            + "accessToken organisations { id } errors { code message path } } }";
    private const string Accept =
        "mutation($token: String!) { acceptInvitation(input: { token: $token, password: \"Zwetschgen 27 x\" }) { "
            + "accessToken errors { code } } }";

    [Fact]
    public async Task They_open_nothing_in_Production_on_the_same_data_and_a_command_removes_them()
    {
        var log = new LogLines();
        await using var product = await RunningProduct.StartAsync(services: services =>
            services.AddSingleton<ILoggerProvider>(log)
        );
        var anna = await product.SignInAsync(Anna);
        using var page = new CookieClient(product.Address);
        (await page.SignInAsync(Eva)).At("accessToken").ShouldNotBeEmpty();
        var file = (await anna.UploadAsync("beleg.txt", "text/plain", "12,50"u8.ToArray())).Data.At(
            "uploadFile.file.url");
        await anna.QueryAsync(
            "mutation { inviteAdministrator(input: { email: \"nele@kanzlei-sommer.example\", displayName: "
                + "\"Nele\" }) { errors { code } } }"
        );
        var mail = await product.Mail.WaitForMailAsync(m => m.Recipients.Contains("nele@kanzlei-sommer.example"));
        var token = Regex.Match(mail.Message.TextBody!, "#token=([A-Za-z0-9_-]{43})").Groups[1].Value;
        log.Lines.ShouldNotContain(line => line.Contains(RemoveDemoData.Name, StringComparison.Ordinal));
        await product.StopAsync();

        // The operator's own office lies beside them.
        var (code, _, error) = await OperatorsCommand.RunAsync(
            product.ConnectionString,
            product.DataDirectory,
            [
                "create-organisation", "--name", "Kanzlei Beispiel", "--email", "b@beispiel.example", "--owner-name",
                "Erika Muster", "--owner-email", Erika
            ],
            ("MESSAGING_OWNER_PASSWORD", Chosen)
        );
        code.ShouldBe(0, error);

        await product.StartAgainAsync(environment: "Production");
        log.Lines.ShouldContain(line => line.Contains(RemoveDemoData.Name, StringComparison.Ordinal));
        var nobody = await product.Anonymous.SendAsync(
            SignIn, new { email = "nobody@nowhere.example", password = DemoData.Password });
        foreach (var account in DemoData.Accounts)
        {
            var answer = await product.Anonymous.SendAsync(
                SignIn, new { email = account.Email, password = DemoData.Password });
            answer.Body.ToJsonString().ShouldBe(nobody.Body.ToJsonString());
        }

        (await anna.SendAsync("{ viewer { id } }")).Status.ShouldBe(401);
        (
            await anna.SendAsync(
                "mutation { inviteAdministrator(input: { email: \"x@y.example\", displayName: \"X\" }) { errors "
                    + "{ code } } }"
            )
        ).Status.ShouldBe(401);
        ((int)(await anna.GetAsync(file)).StatusCode).ShouldBe(401);
        await Should.ThrowAsync<InvalidOperationException>(() => LiveClient.OpenAsync(product.Address, anna));
        (await page.RefreshAsync()).At("errors.0.code").ShouldBe("NOT_FOUND");
        (await product.Anonymous.QueryAsync(Accept, new { token }))
            .At("acceptInvitation.errors.0.code")
            .ShouldBe("NOT_FOUND");
        await RegisterCustomerAsync(await product.SignInAsync(Erika, Chosen));
        var files = Path.Combine(product.DataDirectory, "files");
        var before = Files(files);
        await product.StopAsync();
        await AddFactorsAsync(product);

        (code, _, error) = await OperatorsCommand.RunAsync(
            product.ConnectionString, product.DataDirectory, ["remove-demo-data"],
            ("ASPNETCORE_ENVIRONMENT", "Development"));
        (code, error).ShouldSatisfyAllConditions(
            () => code.ShouldBe(2), () => error.ShouldContain("would create them again"));
        (code, _, error) = await OperatorsCommand.RunAsync(
            product.ConnectionString, product.DataDirectory, ["remove-demo-data", "now"]);
        (code, error).ShouldSatisfyAllConditions(() => code.ShouldBe(2), () => error.ShouldContain("What is now?"));
        (await DemoRowsAsync(product)).Values.Sum().ShouldBeGreaterThan(50);

        (code, var output, error) = await OperatorsCommand.RunAsync(
            product.ConnectionString, product.DataDirectory, ["remove-demo-data"]);
        code.ShouldBe(0, error);
        output.ShouldContain("Removed the demo organisations");
        (await DemoRowsAsync(product)).ShouldBeEmpty();
        (await FactorsAsync(product)).ShouldBe((1, 1));
        Files(files).ShouldBeLessThan(before);
        (code, output, error) = await OperatorsCommand.RunAsync(
            product.ConnectionString, product.DataDirectory, ["remove-demo-data"]);
        code.ShouldBe(0, error);
        output.ShouldContain("There are no demo organisations.");

        // What is not theirs is as it was.
        await RemoveFactorsAsync(product);
        await product.StartAgainAsync(environment: "Production");
        var erika = await product.SignInAsync(Erika, Chosen);
        (await erika.QueryAsync("{ customers { nodes { name } } }"))
            .At("customers.nodes.0.name")
            .ShouldBe("Bäckerei Beispiel");
        await RegisterCustomerAsync(erika);
    }

    private static async Task RegisterCustomerAsync(GraphQLClient owner) =>
        (
            await owner.QueryAsync(
                "mutation { registerCustomer(input: { name: \"Bäckerei Beispiel\" }) { errors { code } } }")
        )
            .At("registerCustomer.errors")
            .ShouldBe("[]");

    private static int Files(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Count();

    // A second factor and a recovery code of everybody.
    private static async Task AddFactorsAsync(RunningProduct product)
    {
        await using var database = NpgsqlDataSource.Create(product.ConnectionString);
        await using var command = database.CreateCommand(
            """
            with factors as (
                insert into messaging.second_factors (identity_id, id, kind, name, created_at, confirmed_at)
                select distinct identity_id, gen_random_uuid(), 'Authenticator', 'App', now(), now()
                from messaging.accounts returning identity_id)
            insert into messaging.recovery_codes (identity_id, code_hash, created_at)
            select identity_id, identity_id::text, now() from factors
            """);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        (await FactorsAsync(product)).Factors.ShouldBeGreaterThan(5);
    }

    private static async Task RemoveFactorsAsync(RunningProduct product)
    {
        await using var database = NpgsqlDataSource.Create(product.ConnectionString);
        await using var command = database.CreateCommand("delete from messaging.second_factors");
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private static async Task<(long Factors, long Codes)> FactorsAsync(RunningProduct product)
    {
        await using var database = NpgsqlDataSource.Create(product.ConnectionString);
        await using var command = database.CreateCommand(
            "select (select count(*) from messaging.second_factors), (select count(*) from messaging.recovery_codes)");
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        await reader.ReadAsync(TestContext.Current.CancellationToken);
        return (reader.GetInt64(0), reader.GetInt64(1));
    }

    // In whatever table.
    private static async Task<Dictionary<string, long>> DemoRowsAsync(RunningProduct product)
    {
        await using var database = NpgsqlDataSource.Create(product.ConnectionString);
        var tables = new List<string>();
        await using (
            var command = database.CreateCommand(
                "select quote_ident(table_name) from information_schema.columns where table_schema = 'messaging' "
                    + "and column_name = 'tenant_id' group by table_name"
            )
        )
        await using (var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken))
        {
            while (await reader.ReadAsync(TestContext.Current.CancellationToken)) tables.Add(reader.GetString(0));
        }

        tables.Count.ShouldBeGreaterThan(10);
        var rows = new Dictionary<string, long>();
        foreach (var table in tables)
        {
            await using var count = database.CreateCommand(
                $"select count(*) from messaging.{table} where tenant_id like '00000000-%'");
            if (await count.ExecuteScalarAsync(TestContext.Current.CancellationToken) is long and > 0 and var many)
                rows[table] = many;
        }

        return rows;
    }
}
