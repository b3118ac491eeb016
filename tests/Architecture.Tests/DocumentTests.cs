using System.Globalization;
using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace Messaging.Architecture.Tests;

/// <summary>What documents for contributors name is there: files, tests, and the sections that links lead to.</summary>
public sealed partial class DocumentTests
{
    private static readonly string[] s_documents =
    [
        "docs/architecture.md",
        "CONTRIBUTING.md",
        "docs/notifications.md",
        "docs/audit.md",
        "docs/verfahrensdokumentation.md",
        .. Directory
            .EnumerateFiles(Path.Combine(Product.Root, "docs/decisions"), "*.md")
            .Select(f => Path.GetRelativePath(Product.Root, f))
            .Order(),
        "src/Application/Commands/README.md",
        "src/Application/Notifications/README.md",
        "src/Api/Live/README.md",
        "src/Projections/README.md",
    ];

    private static readonly Dictionary<string, string> s_sources = Product
        .SourceFiles("src")
        .Concat(Product.SourceFiles("tests"))
        .GroupBy(f => Path.GetFileName(f))
        .ToDictionary(files => files.Key, files => string.Concat(files.Select(File.ReadAllText)));

    /// <summary>Every document that is looked at.</summary>
    public static TheoryData<string> Documents => [.. s_documents];

    [Theory]
    [MemberData(nameof(Documents))]
    public void What_a_document_names_is_there(string document) =>
        Missing(document, File.ReadAllText(Path.Combine(Product.Root, document))).ShouldBeEmpty(
            $"{document} names what is not there. Say what it is called or where it is now.");

    [Fact]
    public void What_is_not_there_is_found() => Missing(
        "docs/architecture.md",
        """
        `src/Domain/Actor.cs` `src/Domain/Nobody.cs` `Actor.cs` `Nobody.cs`
        `WritingTests.Deciders_are_static_and_hold_nothing` `WritingTests.Nothing_of_the_kind` `Nobody_tests.Nothing`
        `src/Domain/<things>/…` [there](../README.md#configuration) [nowhere](../NOTHING.md)
        [no section](../README.md#nothing-of-the-kind)
        """).ShouldBe(
            [
                "src/Domain/Nobody.cs", "Nobody.cs", "WritingTests.Nothing_of_the_kind", "Nobody_tests.Nothing",
                "../NOTHING.md", "../README.md#nothing-of-the-kind",
            ],
            ignoreOrder: true);

    [Fact]
    public void Decisions_are_numbered_and_listed()
    {
        var folder = Path.Combine(Product.Root, "docs/decisions");
        var records = Directory.EnumerateFiles(folder, "0*.md").Select(f => Path.GetFileName(f)).Order().ToList();
        records.Count.ShouldBeGreaterThan(40);
        records
            .Select(name => int.Parse(name[..4], CultureInfo.InvariantCulture))
            .ShouldBe(Enumerable.Range(1, records.Count));
        var list = File.ReadAllText(Path.Combine(folder, "README.md"));
        records
            .Where(name => !list.Contains($"({name})", StringComparison.Ordinal))
            .ShouldBeEmpty("docs/decisions/README.md does not list them.");
        foreach (var text in records.Select(name => File.ReadAllText(Path.Combine(folder, name))))
        {
            foreach (var part in new[] { "**Context.**", "**Decision.**", "**Consequences.**" })
                text.ShouldContain(part);
        }
    }

    private static IEnumerable<string> Missing(string document, string text)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Product.Root, document))!;
        foreach (var name in Quoted().Matches(Fence().Replace(text, "")).Select(m => m.Groups[1].Value).Distinct())
        {
            if (name.AsSpan().IndexOfAny("<>*… ") >= 0) continue;
            if (Test().Match(name) is { Success: true } test)
            {
                if (
                    !Source(test.Groups["file"].Value)
                        .Contains($" {test.Groups["name"].Value}(", StringComparison.Ordinal)
                )
                    yield return name;
            }
            else if (FileName().IsMatch(name))
            {
                var isThere = name.Contains('/', StringComparison.Ordinal)
                    ? Path.Exists(Path.Combine(Product.Root, name)) || Path.Exists(Path.Combine(folder, name))
                    : s_sources.ContainsKey(name)
                        || Path.Exists(Path.Combine(Product.Root, name))
                        || Path.Exists(Path.Combine(folder, name));
                if (!isThere)
                    yield return name;
            }
        }

        foreach (var link in Links().Matches(text).Select(m => m.Groups[1].Value).Distinct())
        {
            var (path, section) = link.Split('#') is [var file, var heading] ? (file, heading) : (link, null);
            var target =
                path.Length == 0 ? Path.Combine(Product.Root, document) : Path.GetFullPath(Path.Combine(folder, path));
            if (!Path.Exists(target) || (section is not null && !Headings(target).Contains(section)))
                yield return link;
        }
    }

    private static string Source(string name) => s_sources.GetValueOrDefault($"{name}.cs", "");

    // As code hosts make them of a heading.
    private static IEnumerable<string> Headings(string file) =>
        File.ReadLines(file).Where(line => line.StartsWith('#'))
            .Select(line => NoAnchor().Replace(line.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-'));

    [GeneratedRegex("`([^`\n]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex("^```.*?^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Fence();

    // The class, and a test of it: a sentence.
    [GeneratedRegex(@"^(?<file>[A-Z]\w*(Tests|_\w+))\.(?<name>[A-Z]\w*)$")]
    private static partial Regex Test();

    [GeneratedRegex(
        @"^(\.ci/|src|tests|docs|deploy)[\w./-]*$|^[\w.-]+\.(cs|tsx?|mjs|md|graphql|json)$|^[A-Z]\w*/[\w./]+\.cs$")]
    private static partial Regex FileName();

    [GeneratedRegex(@"\]\((?!https?:)([^)\s]+)\)")]
    private static partial Regex Links();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NoAnchor();
}
