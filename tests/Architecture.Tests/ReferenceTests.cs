using System.Text.RegularExpressions;
using System.Xml.Linq;
using Shouldly;
using Xunit;

namespace Messaging.Architecture.Tests;

/// <summary>Who may know whom.</summary>
public sealed partial class ReferenceTests
{
    [Fact]
    public void The_domain_knows_the_base_class_library_only() =>
        Rules.ForeignReferences(Product.Domain, ForDomain()).ShouldBeEmpty();

    [Fact]
    public void The_application_knows_the_domain_the_read_models_the_store_and_the_few_libraries_that_are_named() =>
        Rules.ForeignReferences(Product.Application, ForApplication()).ShouldBeEmpty();

    [Fact]
    public void Projections_know_the_domain_and_the_store_and_never_the_application() =>
        Rules.ForeignReferences(Product.Projections, ForProjections()).ShouldBeEmpty();

    [Fact]
    public void Projects_refer_to_projects_in_one_direction()
    {
        ProjectsOf("src/Domain/Domain.csproj").ShouldBeEmpty();
        ProjectsOf("src/Application/Application.csproj").ShouldBe(["Domain", "Projections"]);
        ProjectsOf("src/Projections/Projections.csproj").ShouldBe(["Domain"]);
        ProjectsOf("src/Api/Api.csproj").ShouldBe(["Application", "Domain", "Projections"]);
        ProjectsOf("tests/Domain.Tests/Domain.Tests.csproj").ShouldBe(["Domain"]);
    }

    [Fact]
    public void The_transport_knows_of_the_product_ports_storage_and_doors_only() =>
        Rules
            .NamespacesUsedBy(Product.Api, "Messaging.Api.GraphQL.Transport")
            .Where(name => !ForTransport().IsMatch(name))
            .ShouldBeEmpty();

    [Fact]
    public void The_command_kernel_knows_no_feature() =>
        Rules
            .NamespacesUsedBy(Product.Application, "Messaging.Application.Commands")
            .Where(name => !ForCommands().IsMatch(name))
            .ShouldBeEmpty("What commands look up and change belongs to their feature: a CommandLookup.");

    [Fact]
    public void A_feature_that_the_command_kernel_knows_would_be_found() =>
        Rules
            .NamespacesUsedBy(Product.Application, "Messaging.Application.Conversations")
            .Where(name => !ForCommands().IsMatch(name))
            .ShouldContain("Messaging.Domain.Conversations");

    [Fact]
    public void The_domain_needs_no_package() =>
        XDocument.Load(Path.Combine(Product.Root, "src/Domain/Domain.csproj")).Descendants()
            .Where(e => e.Name.LocalName is "PackageReference" or "FrameworkReference").ShouldBeEmpty();

    [Fact]
    public void Versions_of_packages_are_in_one_place() =>
        Directory
            .EnumerateFiles(Product.Root, "*.csproj", SearchOption.AllDirectories)
            .SelectMany(f =>
                XDocument
                    .Load(f)
                    .Descendants("PackageReference")
                    .Where(p => p.Attribute("Version") is not null)
                    .Select(p => $"{f}: {p}")
            )
            .ShouldBeEmpty();

    [Fact]
    public void A_foreign_reference_would_be_found()
    {
        Rules.ForeignReferences(Product.Planted, ForDomain()).ShouldContain("Marten");
        Rules.ForeignReferences(Product.Api, ForApplication()).ShouldContain("Messaging.Application");
        Rules.ForeignReferences(Product.Api, ForProjections()).ShouldContain("Messaging.Application");
        Rules
            .ForeignReferences(Product.Api, ForApplication())
            .ShouldContain(name => name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal));
        Rules
            .ForeignReferences(Product.Application, ForProjections())
            .ShouldContain("Microsoft.Extensions.Identity.Core");
    }

    [Fact]
    public void A_use_of_a_namespace_would_be_found() =>
        Rules
            .NamespacesUsedBy(Product.Planted, "Messaging.Architecture.Tests")
            .ShouldContain("Messaging.Domain.Conversations");

    private static string[] ProjectsOf(string project) =>
        [
            .. XDocument
                .Load(Path.Combine(Product.Root, project))
                .Descendants("ProjectReference")
                .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')))
                .Order(StringComparer.Ordinal),
        ];

    [GeneratedRegex(
        @"^Messaging\.(Domain|Application\.Files|Projections\.Storage|Api\.(Hosting|Security|GraphQL\.(Schema|Transport)))$"
    )]
    private static partial Regex ForTransport();

    [GeneratedRegex(@"^Messaging\.(Domain|Projections\.Storage|Application(\.Commands)?)$")]
    private static partial Regex ForCommands();

    [GeneratedRegex(@"^System(\..+)?$")]
    private static partial Regex ForDomain();

    [GeneratedRegex(
        @"^(System(\..+)?|Messaging\.(Domain|Projections)|Marten|Wolverine(\..+)?|JasperFx(\.Events)?|Weasel\.(Core|Postgresql|Storage)|Npgsql|Microsoft\.Extensions\.(Identity\.Core|(Hosting|Logging|Options|DependencyInjection|Configuration)(\.Abstractions)?)|Otp\.NET|CsvHelper|BouncyCastle\.Cryptography)$"
    )]
    private static partial Regex ForApplication();

    [GeneratedRegex(
        @"^(System(\..+)?|Messaging\.Domain|Marten|JasperFx(\.Events)?|Weasel\.(Core|Postgresql)|Npgsql|Microsoft\.Extensions\.(Logging|Options|DependencyInjection)(\.Abstractions)?)$"
    )]
    private static partial Regex ForProjections();
}
