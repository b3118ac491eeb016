using System.Text.Json;
using Messaging.Api.Hosting;
using Messaging.TestSupport.Product;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Hosting;

/// <summary>Which version it is, as everybody is told.</summary>
public sealed class VersionTests
{
    private const string Commit = "3588030c2a1f4b5d6e7f8091a2b3c4d5e6f70819";

    [Theory]
    [InlineData("1.2.3", "1.2.3", null)]
    [InlineData($"1.2.3+{Commit}", "1.2.3", Commit)]
    [InlineData($"0.1.0-alpha.0.75+{Commit}", "0.1.0-alpha.0.75", Commit)]
    [InlineData($"1.2.3+build.7.{Commit}", "1.2.3", Commit)]
    [InlineData("1.2.3+build.7", "1.2.3", null)]
    public void What_the_build_wrote_is_read(string informational, string number, string? commit) =>
        ProductVersion.Parse(informational).ShouldBe((number, commit));

    [Fact]
    public async Task Monitors_and_pages_are_told_the_same()
    {
        // SemVer 2.0.0, and not what assemblies have that nobody gave a version.
        ProductVersion.Number.ShouldMatch("^[0-9]+[.][0-9]+[.][0-9]+(-[0-9A-Za-z.-]+)?$");
        ProductVersion.Number.ShouldNotBe("1.0.0");

        await using var product = await RunningProduct.StartAsync("Production");
        using var told = JsonDocument.Parse(await GetAsync(product, "/health/version"));
        told.RootElement.GetProperty("version").GetString().ShouldBe(ProductVersion.Number);
        told.RootElement.GetProperty("commit").GetString().ShouldBe(ProductVersion.Commit);
        using var page = JsonDocument.Parse(await GetAsync(product, "/settings.json"));
        page.RootElement.GetProperty("version").GetString().ShouldBe(ProductVersion.Text);
        ProductVersion.Text.ShouldStartWith(ProductVersion.Number);
    }

    private static Task<string> GetAsync(RunningProduct product, string path) =>
        product.Http.GetStringAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
}
