using System.Text.Json.Nodes;
using Messaging.Api.Tests.Clients;
using Messaging.TestSupport;
using Messaging.TestSupport.Product;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Deploy;

/// <summary>
/// What starts the product elsewhere: a unit of systemd, manifests of Kubernetes, Compose. Each is read by the program
/// or the schema that it is for.
/// </summary>
public sealed class ManifestTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Systemd_has_nothing_to_say_against_the_unit_and_finds_little_exposed()
    {
        var unit = _directory["messaging.service"];
        await File.WriteAllTextAsync(
            unit,
            await Shipped.TextAsync(
                "messaging.service", ("/usr/bin/dotnet", "/bin/true"),
                ("/opt/messaging/Messaging.Api.dll", typeof(Messaging.Api.Hosting.Product).Assembly.Location)),
            Cancellation
        );

        // What it does not know it only mentions.
        var (code, said) = await DebianProgram.RunAsync("systemd-analyze", ["verify", "--man=no", unit]);
        (code, said.Trim()).ShouldBe((0, ""));

        // In tenths, of 100: https://www.freedesktop.org/software/systemd/man/systemd-analyze.html.
        (code, said) = await DebianProgram.RunAsync(
            "systemd-analyze", ["security", "--offline=yes", "--no-pager", "--threshold=20", unit]);
        code.ShouldBe(0, said);
    }

    [Fact]
    public async Task Kubernetes_takes_the_manifests_and_the_check_finds_what_it_would_not_take()
    {
        var (code, output, error) = await NodeProject.RunAsync(
            [], "manifests.mjs", Path.Combine(Shipped.Folder, "kubernetes"));
        code.ShouldBe(0, output + error);
        output.ShouldBe("11 checked\n");

        var deployment = await Shipped.TextAsync(
            "kubernetes/deployment.yaml", ("readOnlyRootFilesystem", "readOnlyRootFileSystem"),
            ("replicas: 2", "replicas: two"));
        await File.WriteAllTextAsync(_directory["deployment.yaml"], deployment, Cancellation);
        (code, output, _) = await NodeProject.RunAsync([], "manifests.mjs", _directory.Path);
        code.ShouldBe(1);
        output.ShouldContain("readOnlyRootFileSystem");
        output.ShouldContain("replicas must be integer");
    }

    [Theory]
    [InlineData("deployment.yaml", "terminationGracePeriodSeconds: 40")]
    [InlineData("deployment.yaml", "runAsNonRoot: true")]
    [InlineData("deployment.yaml", "args: [\"migrate\"]")]
    [InlineData("configmap.yaml", "Messaging__Nodes: several")]
    public async Task What_the_product_needs_of_Kubernetes_is_there(string file, string line) =>
        (await Shipped.TextAsync($"kubernetes/{file}")).ShouldContain(line);

    [Fact]
    public async Task Compose_sends_mails_to_the_catcher_unless_a_server_is_named()
    {
        var demo = await ComposeAsync([]);
        demo.ShouldSatisfyAllConditions(
            () => Of(demo, "Host").ShouldBe("mail"), () => Of(demo, "Port").ShouldBe("1025"),
            () => Of(demo, "Security").ShouldBe("none"));

        var real = await ComposeAsync(new()
        {
            ["SMTP_HOST"] = "smtp.example",
            ["SMTP_PORT"] = "587",
            ["SMTP_SECURITY"] = "starttls",
            ["SMTP_USER"] = "messaging",
            ["SMTP_PASSWORD"] = "geheim",
            ["SMTP_FROM"] = "office@example.org",
        });
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["Host"] = "smtp.example",
            ["Port"] = "587",
            ["Security"] = "starttls",
            ["User"] = "messaging",
            ["Password"] = "geheim",
            ["From"] = "office@example.org",
        })
        {
            Of(real, name).ShouldBe(value);
        }

        // Nothing waits for the catcher: it is there only where somebody wants it.
        demo["services"]!["mail"]!["profiles"]!.ToJsonString().ShouldBe("""["demo"]""");
        demo["services"]!["api"]!["depends_on"]!.AsObject().Select(service => service.Key).ShouldBe(["postgres"]);

        static string Of(JsonNode file, string name) =>
            file["services"]!["api"]!["environment"].At($"Messaging__Smtp__{name}");
    }

    [Fact]
    public async Task Compose_has_an_owner_of_the_tables_and_the_product_works_as_another()
    {
        var services = (await ComposeAsync([]))["services"]!;
        var (api, postgres) = (services["api"]!["environment"]!, services["postgres"]!);
        api.At("ConnectionStrings__Messaging").ShouldBe(
            "Host=postgres;Database=messaging;Username=messaging_application;Password=anders");
        api.At("Messaging__Database__Owner").ShouldBe("messaging");
        api.At("Messaging__Database__OwnerPassword").ShouldBe("geheim");

        // The owner is not the superuser of new data; what makes the roles has both passwords, and may be read alone.
        var environment = postgres["environment"]!;
        (environment.At("POSTGRES_USER"), environment.At("POSTGRES_PASSWORD"), environment.At("APPLICATION_PASSWORD"))
            .ShouldBe(("postgres", "geheim", "anders"));
        postgres["volumes"]!.ToJsonString().ShouldContain("/docker-entrypoint-initdb.d/roles.sql");
    }

    [Fact]
    public async Task Secrets_of_Kubernetes_and_systemd_have_an_owner_of_the_tables()
    {
        foreach (var name in (string[])["kubernetes/examples/secret.yaml", "messaging.service"])
        {
            var text = await Shipped.TextAsync(name);
            text.ShouldContain("ConnectionStrings__Messaging", customMessage: name);
            text.ShouldMatch("(?m)^[^#]*Messaging__Database__Owner[:=] ?messaging$");
            text.ShouldMatch("(?m)^[^#]*Messaging__Database__OwnerPassword:");
        }

        (await Shipped.TextAsync("kubernetes/examples/secret.yaml")).ShouldContain("Username=messaging_application;");

        // No node gets the owner's password; a secret of before has one role, and goes on with it.
        (await Shipped.TextAsync("kubernetes/configmap.yaml")).ShouldNotContain("Owner");
        var containers = (await Shipped.TextAsync("kubernetes/deployment.yaml")).Split("\n      containers:\n");
        containers[0].ShouldContain("- name: owner\n              mountPath: /etc/messaging/secrets");
        containers[1].Split("\n      volumes:\n")[0].ShouldNotContain("owner");
    }

    // What Compose makes of the file, as JSON: by node, because Compose of Debian says YAML only.
    private async Task<JsonNode> ComposeAsync(Dictionary<string, string> variables)
    {
        (variables["POSTGRES_PASSWORD"], variables["APPLICATION_PASSWORD"]) = ("geheim", "anders");
        var (code, said) = await DebianProgram.RunAsync(
            "docker-compose",
            ["--file", Path.Combine(NodeProject.Root, "docker-compose.yml"), "--profile", "demo", "config"], variables);
        code.ShouldBe(0, said);
        await File.WriteAllTextAsync(_directory["config.yml"], said, Cancellation);
        var (read, json, error) = await NodeProject.RunAsync(
            [],
            "--input-type=module",
            "--eval",
            "import fs from 'fs'; import { parse } from 'yaml'; "
                + "console.log(JSON.stringify(parse(fs.readFileSync(process.argv[1], 'utf8'))))",
            _directory["config.yml"]
        );
        read.ShouldBe(0, error);
        return JsonNode.Parse(json)!;
    }
}
