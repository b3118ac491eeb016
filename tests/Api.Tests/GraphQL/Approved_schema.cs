using GraphQL;
using GraphQL.Types;
using GraphQL.Utilities;
using Messaging.TestSupport.Product;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.GraphQL;

/// <summary>The schema is a product: <c>schema.graphql</c> at the root is what clients build on.</summary>
public sealed class Approved_schema(Approved_schema.Started product) : IClassFixture<Approved_schema.Started>
{
    [Fact]
    public void The_schema_is_the_approved_one()
    {
        var printed = product.Schema.Print(new PrintOptions { IncludeDescriptions = true, StringComparison = StringComparison.Ordinal }).ReplaceLineEndings("\n");
        var path = Path.Combine(Root(), "schema.graphql");
        if (Environment.GetEnvironmentVariable("APPROVE_SCHEMA") == "1") File.WriteAllText(path, printed);
        printed.ShouldBe(File.ReadAllText(path), "The schema changed. If that is meant: APPROVE_SCHEMA=1 ./dev test, and commit schema.graphql.");
    }

    [Fact]
    public void Everything_in_the_schema_is_described()
    {
        var nameless = new List<string>();
        foreach (var type in product.Schema.AllTypes.Where(t => !t.Name.StartsWith("__", StringComparison.Ordinal) && t is not ScalarGraphType or EnumerationGraphType))
        {
            if (string.IsNullOrWhiteSpace(type.Description)) nameless.Add(type.Name);
            if (type is IComplexGraphType complex) nameless.AddRange(complex.Fields.Where(f => string.IsNullOrWhiteSpace(f.Description)).Select(f => $"{type.Name}.{f.Name}"));
            if (type is EnumerationGraphType values) nameless.AddRange(values.Values.Where(v => string.IsNullOrWhiteSpace(v.Description)).Select(v => $"{type.Name}.{v.Name}"));
        }

        nameless.ShouldBeEmpty();
    }

    private static string Root()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "Messaging.sln"))) directory = directory.Parent!;
        return directory.FullName;
    }

    public sealed class Started : IAsyncLifetime
    {
        private RunningProduct _product = null!;

        public ISchema Schema => _product.Services.GetRequiredService<ISchema>();

        public async ValueTask InitializeAsync() => _product = await RunningProduct.StartAsync("Production");

        public async ValueTask DisposeAsync() => await _product.DisposeAsync();
    }
}
