using System.Text.Json.Nodes;
using Messaging.Api.Operating;
using Messaging.Api.Tests.Hosting;
using Messaging.Domain.Customers;
using Messaging.Projections.Customers;
using Messaging.TestSupport.Product;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Security;

/// <summary>How long customers' data is kept is the owners' to say, the office's to see, and in the log.</summary>
public sealed class RetentionTests(RetentionTests.Started started) : IClassFixture<RetentionTests.Started>
{
    private const string Anna = "anna.sommer@kanzlei-sommer.example";
    private const string Bernd = "bernd.winter@kanzlei-sommer.example";
    private const string Petra = "pruefung@kanzlei-sommer.example";
    private const string Dieter = "dieter.krause@baeckerei-krause.example";

    private const string Asked =
        """
        query($id: ID!) { customer(id: $id) { retention { rule until isKept hold { reason since } } } }
        """;

    [Fact]
    public async Task Terms_and_holds_are_said_by_owners_seen_by_the_office_and_listed_by_the_operator()
    {
        var (anna, bernd) = (await SignInAsync(Anna), await SignInAsync(Bernd));
        var organisation = (await anna.QueryAsync("{ organisation { id } }")).At("organisation.id");
        var customer = (await anna.QueryAsync("""{ customers(search: "dieter.krause@") { nodes { id } } }"""))
            .At("customers.nodes.0.id");
        var open = (await bernd.QueryAsync(Asked, new { id = customer })).At("customer.retention");
        open.ShouldBe("""{"rule":"MANDATE","until":null,"isKept":true,"hold":null}""");
        (await bernd.QueryAsync("{ organisation { settings { retention { mandateYears commentYears fileYears } } } }"))
            .At("organisation.settings.retention")
            .ShouldBe("""{"mandateYears":10,"commentYears":6,"fileYears":8}""");

        // All over but for what was written: the demo data is of these years.
        (await DoAsync(anna, "endCustomer", new { id = customer, on = "2001-05-31" })).At("errors").ShouldBe("[]");
        var kept = (await bernd.QueryAsync(Asked, new { id = customer }))["customer"]!["retention"]!;
        kept.At("rule").ShouldBeOneOf("COMMENT", "FILE");
        kept.At("until").ShouldEndWith("-12-31");
        var held = await DoAsync(anna, "holdCustomer", new { id = customer, reason = "Streit \u202e=cmd|' 😀" });
        held.At("errors").ShouldBe("[]");
        kept = (await bernd.QueryAsync(Asked, new { id = customer }))["customer"]!["retention"]!;
        kept.At("hold.reason").ShouldBe("Streit \u202e=cmd|' 😀");

        // The operator sees who is on hold, and nobody who has to be kept.
        var listed = await RunAsync("retention", "--dry-run", "--organisation", organisation);
        listed.Code.ShouldBe(0, listed.Error);
        listed.Output.ShouldStartWith($"Organisation {organisation} on ");
        listed.Output.ShouldContain(": 0 of ");
        listed.Output.ShouldContain("1 are on hold. Kanzlei Sommer");

        (await DoAsync(anna, "releaseCustomer", new { id = customer })).At("errors").ShouldBe("[]");
        (await DoAsync(anna, "releaseCustomer", new { id = customer })).At("errors").ShouldBe("[]");
        (await DoAsync(anna, "changeRetention", new { mandateYears = 0, commentYears = 30 }))
            .At("errors").ShouldBe("[]");
        (await bernd.QueryAsync(Asked, new { id = customer })).At("customer.retention.rule").ShouldBe("COMMENT");

        var petra = await SignInAsync(Petra);
        var log = (await petra.QueryAsync(
            """
            { auditLog(last: 10, filter: { types: ["customer_held", "customer_released", "retention_changed",
                "retention_checked"] }) { nodes { type summary(locale: "de") } } }
            """))["auditLog"]!["nodes"]!.AsArray();
        log.Select(e => e!.At("type")).ShouldBe(
            ["customer_held", "retention_checked", "customer_released", "retention_changed"]);
        log[0]!.At("summary").ShouldContain("Löschsperre für");
        log[3]!.At("summary").ShouldContain("0 Jahre nach dem Mandat, 30 nach");

        // A contact is told nothing of it.
        var dieter = await SignInAsync(Dieter);
        (await dieter.SendAsync(Asked, new { id = customer })).ErrorCode.ShouldBe("FORBIDDEN");
    }

    [Fact]
    public void What_the_operator_reads_names_day_and_rule_of_those_whose_terms_are_over()
    {
        var today = new DateOnly(2031, 1, 1);
        Guid[] ids = [.. Enumerable.Range(0, 3).Select(_ => Guid.CreateVersion7())];
        RetentionRow[] rows =
        [
            new(ids[0], "Bäckerei \u202eKrause", new(RetentionRule.File, new DateOnly(2030, 12, 31)), null, today),
            new(ids[1], "Lindner", new(RetentionRule.Mandate, new DateOnly(2029, 12, 31)), null, today),
            new(ids[2], "Lehmann", new(RetentionRule.Comment, new DateOnly(2029, 12, 31)), new("x", default), today),
        ];
        Retention.Lines("o", "Kanzlei", today, rows).ShouldBe(
        [
            "Organisation o on 2031-01-01: 2 of 3 customers need not be kept any more, 1 are on hold. Kanzlei",
            "CUSTOMER                              KEPT UNTIL  FROM          NAME",
            $"{ids[1]}  2029-12-31  mandate       Lindner",
            $"{ids[0]}  2030-12-31  last file     Bäckerei Krause",
        ]);
        Retention.Lines("o", "Kanzlei", today, []).Count().ShouldBe(1);
    }

    [Fact]
    public async Task Without_a_dry_run_the_command_says_what_to_do_and_does_nothing()
    {
        var said = await RunAsync("retention");
        said.Code.ShouldBe(2);
        said.Error.ShouldContain("retention --dry-run");
        said.Output.ShouldBeEmpty();
    }

    private static async Task<JsonNode> DoAsync(GraphQLClient who, string mutation, object input)
    {
        var type = char.ToUpperInvariant(mutation[0]) + mutation[1..] + "Input";
        return (await who.QueryAsync(
            $"mutation($input: {type}!) {{ {mutation}(input: $input) {{ errors {{ code message }} }} }}",
            new { input }))[mutation]!;
    }

    private Task<(int Code, string Output, string Error)> RunAsync(params string[] words) =>
        OperatorsCommand.RunAsync(started.Product.ConnectionString, started.Product.DataDirectory, words);

    private Task<GraphQLClient> SignInAsync(string email) => started.Product.SignInAsync(email);

    /// <summary>One product for all of them.</summary>
    public sealed class Started : IAsyncLifetime
    {
        internal RunningProduct Product { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Product = await RunningProduct.StartAsync();

        public async ValueTask DisposeAsync() => await Product.DisposeAsync();
    }
}
