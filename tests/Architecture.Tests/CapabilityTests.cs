using Shouldly;
using Xunit;

namespace Messaging.Architecture.Tests;

/// <summary>
/// What the product can do goes by one name in every layer, so that whoever knows the name finds all of it. Whatever
/// is no capability is a kernel: what several capabilities stand on, with a reason to be a folder of its own.
/// </summary>
public sealed class CapabilityTests
{
    private static readonly string[] s_capabilities =
    [
        "Accounts", "Conversations", "Customers", "Files", "History", "Notifications", "Organisation", "Reports"
    ];

    private static readonly Dictionary<string, string> s_kernels = new()
    {
        ["Auth"] = "Tokens, sessions and the doors they are shown at: HTTP, which Accounts knows nothing of.",
        ["Authorization"] = "Who may ask for which field.",
        ["Commands"] = "Reads, decides and appends, for commands of all capabilities at once.",
        ["Email"] = "Renders and sends mails; Notifications decides on them.",
        ["GraphQL"] = "The contract with clients.",
        ["Hosting"] = "The composition, the start, the database's server, health and telemetry.",
        ["Live"] = "Follows the log of events, for whoever is connected.",
        ["Operating"] = "The operator's commands.",
        ["Schema"] = "What all types of the schema share: nodes, pages, errors, the root types.",
        ["Security"] = "The security log, and the network that a request came from.",
        ["Storage"] = "Tables, SQL and pages of the read models, and how they are kept and rebuilt.",
        ["Transport"] = "GraphQL over HTTP and WebSocket, which knows no capability.",
    };

    private static readonly Dictionary<string, string> s_kernelsOfTests = new()
    {
        ["Clients"] = "Programs that others wrote ask the product.",
        ["Deploy"] = "What is shipped beside the program: images, units, manifests, the README's commands.",
        ["Observability"] = "Traces, measurements and logs, which every folder writes.",
        ["Properties"] = "Laws that hold for random histories of all streams.",
        ["Scenarios"] = "Stories that cross several capabilities.",
        ["Support"] = "What the tests of a project share.",
    };

    [Theory]
    [InlineData("src/Domain")]
    [InlineData("src/Application")]
    [InlineData("src/Projections")]
    [InlineData("src/Api")]
    [InlineData("src/Api/GraphQL")]
    [InlineData("tests/Domain.Tests")]
    [InlineData("tests/Application.Tests")]
    [InlineData("tests/Projections.Tests")]
    [InlineData("tests/Api.Tests")]
    [InlineData("tests/Web.Tests")]
    public void A_capability_has_one_name(string layer)
    {
        var kernels = layer.StartsWith("tests/", StringComparison.Ordinal)
            ? s_kernels.Keys.Union(s_kernelsOfTests.Keys)
            : s_kernels.Keys;
        Rules.StrangeFolders(FoldersOf(layer), s_capabilities, kernels)
            .ShouldBeEmpty(
                $"{layer} has folders that are neither a capability nor a kernel. What belongs to a capability is in "
                    + "the folder of its name; a new kernel is named here, with the reason.");
    }

    [Fact]
    public void Clients_find_each_capability_by_its_name_and_so_does_who_opens_the_web_client()
    {
        FoldersOf("src/Api/GraphQL").Intersect(s_capabilities).Order(StringComparer.Ordinal).ShouldBe(s_capabilities);
        Directory.EnumerateDirectories(Path.Combine(Product.Root, "src/Web/src/features"))
            .Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)
            .ShouldBe(s_capabilities.Select(name => name.ToLowerInvariant()));
    }

    [Fact]
    public void No_kernel_is_named_that_is_gone()
    {
        string[] layers = ["src/Domain", "src/Application", "src/Projections", "src/Api", "src/Api/GraphQL"];
        s_kernels.Keys.Except(layers.SelectMany(FoldersOf)).ShouldBeEmpty();
        string[] tests = ["Domain.Tests", "Application.Tests", "Projections.Tests", "Api.Tests", "Web.Tests"];
        s_kernelsOfTests.Keys.Except(tests.SelectMany(name => FoldersOf($"tests/{name}"))).ShouldBeEmpty();
    }

    [Fact]
    public void Another_name_would_be_found() =>
        Rules.StrangeFolders(["Customers", "People", "Storage"], s_capabilities, s_kernels.Keys).ShouldBe(["People"]);

    private static string[] FoldersOf(string layer) =>
    [
        .. Product.SourceFiles(layer)
            .Select(file => Path.GetRelativePath(Path.Combine(Product.Root, layer), file).Split('/', '\\'))
            .Where(parts => parts.Length > 1)
            .Select(parts => parts[0])
            .Distinct()
            .Order(StringComparer.Ordinal)
    ];
}
