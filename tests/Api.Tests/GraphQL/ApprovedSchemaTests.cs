using GraphQL;
using GraphQL.Types;
using GraphQL.Utilities;
using Messaging.Api.Tests.Clients;
using Messaging.TestSupport;
using Messaging.TestSupport.Product;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.GraphQL;

/// <summary>The schema is a product: <c>schema.graphql</c> at the root is what clients build on.</summary>
public sealed class ApprovedSchemaTests(ApprovedSchemaTests.Started product)
    : IClassFixture<ApprovedSchemaTests.Started>
{
    // What the specification itself describes.
    private static readonly string[] s_builtIn = ["Int", "Float", "String", "Boolean", "ID"];

    private static readonly string s_path = Path.Combine(NodeProject.Root, "schema.graphql");

    [Fact]
    public async Task The_schema_is_the_approved_one()
    {
        var printed = product
            .Schema.Print(new PrintOptions { IncludeDescriptions = true, StringComparison = StringComparison.Ordinal })
            .ReplaceLineEndings("\n");
        if (Environment.GetEnvironmentVariable("APPROVE_SCHEMA") == "1")
            File.WriteAllText(s_path, printed);
        var approved = File.ReadAllText(s_path);
        var changes = printed == approved ? "" : await ChangesAsync(approved, printed);
        printed.ShouldBe(
            approved,
            $"The schema changed. If that is meant: APPROVE_SCHEMA=1 ./dev test, and commit schema.graphql.\n{changes}"
        );
    }

    [Fact]
    public void Everything_in_the_schema_is_described()
    {
        var nameless = new List<string>();
        foreach (
            var type in product.Schema.AllTypes.Where(t =>
                !t.Name.StartsWith("__", StringComparison.Ordinal) && !s_builtIn.Contains(t.Name)
            )
        )
        {
            Check(type.Name, type.Description);
            if (type is EnumerationGraphType values)
                foreach (var value in values.Values) Check($"{type.Name}.{value.Name}", value.Description);
            if (type is not IComplexGraphType complex) continue;
            foreach (var field in complex.Fields)
            {
                Check($"{type.Name}.{field.Name}", field.Description);
                foreach (var argument in field.Arguments ?? [])
                    Check($"{type.Name}.{field.Name}({argument.Name})", argument.Description);
            }
        }

        foreach (
            var directive in product.Schema.Directives.Where(d =>
                product.Schema.Print().Contains($"directive @{d.Name}", StringComparison.Ordinal)
            )
        )
        {
            Check($"@{directive.Name}", directive.Description);
            foreach (var argument in directive.Arguments ?? [])
                Check($"@{directive.Name}({argument.Name})", argument.Description);
        }

        nameless.ShouldBeEmpty();

        // A sentence or a part of one, not a name said again; without the holes that a reference in a docstring leaves.
        void Check(string what, string? description)
        {
            var words = description?.Trim() ?? "";
            var name = what[(what.LastIndexOfAny(['.', '(']) + 1)..].TrimEnd(')');
            var hasHole =
                words.Contains(" .", StringComparison.Ordinal) || words.Contains("  ", StringComparison.Ordinal);
            if (
                hasHole
                || words.Length < 4
                || !words.EndsWith('.')
                || words.TrimEnd('.').Equals(name, StringComparison.OrdinalIgnoreCase)
            )
                nameless.Add($"{what}: {words}");
        }
    }

    private static async Task<string> ChangesAsync(string before, string after)
    {
        using var folder = new TempDirectory();
        File.WriteAllText(folder["before"], before);
        File.WriteAllText(folder["after"], after);
        var (_, output, error) = await NodeProject.RunAsync([], "compare.mjs", folder["before"], folder["after"]);
        return output + error;
    }

    public sealed class Started : IAsyncLifetime
    {
        private RunningProduct _product = null!;

        public ISchema Schema => _product.Services.GetRequiredService<ISchema>();

        public async ValueTask InitializeAsync() => _product = await RunningProduct.StartAsync("Production");

        public async ValueTask DisposeAsync() => await _product.DisposeAsync();
    }
}
