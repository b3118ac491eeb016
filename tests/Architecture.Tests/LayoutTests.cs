using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace Messaging.Architecture.Tests;

/// <summary>Where things are, and what they are called.</summary>
public sealed partial class LayoutTests
{
    [Fact]
    public void The_solution_has_every_project_in_its_place()
    {
        var projects = Projects().Matches(File.ReadAllText(Path.Combine(Product.Root, "Messaging.sln")))
            .Select(m => m.Groups[1].Value.Replace('\\', '/')).Order(StringComparer.Ordinal).ToArray();
        projects.ShouldBe(
            Directory
                .EnumerateFiles(Product.Root, "*.csproj", SearchOption.AllDirectories)
                .Select(f => Path.GetRelativePath(Product.Root, f).Replace('\\', '/'))
                .Order(StringComparer.Ordinal)
        );
        foreach (var name in (string[])["Domain", "Application", "Projections", "Api"])
            projects.ShouldContain($"src/{name}/{name}.csproj");
        foreach (
            var name in (string[])
                [
                    "Domain.Tests", "Application.Tests", "Projections.Tests", "Api.Tests", "Architecture.Tests",
                    "Benchmarks", "Faults", "Faults.Tests", "TestSupport"
                ]
        )
            projects.ShouldContain($"tests/{name}/{name}.csproj");
    }

    [Fact]
    public void A_namespace_is_its_folder()
    {
        foreach (var file in Product.SourceFiles("src"))
        {
            if (Namespaces().Match(File.ReadAllText(file)) is not { Success: true } match)
                continue;
            var folder =
                "Messaging."
                + Path.GetRelativePath(Path.Combine(Product.Root, "src"), Path.GetDirectoryName(file)!)
                    .Replace('/', '.')
                    .Replace('\\', '.');

            // The schema's root types are written in parts, each beside its feature; a type has one namespace.
            var isPart =
                folder == match.Groups[1].Value + folder[folder.LastIndexOf('.')..]
                && Parts().IsMatch(File.ReadAllText(file));
            if (!isPart)
                match.Groups[1].Value.ShouldBe(folder, file);
        }
    }

    [Fact]
    public void A_use_case_has_a_file_of_its_name()
    {
        var files = Product.SourceFiles("src/Application").Select(Path.GetFileNameWithoutExtension).ToHashSet();
        var commands = Product
            .Application.Types()
            .Where(t => !t.IsAbstract && t.DerivesFrom(b => b.FullName == "Messaging.Application.Commands.Command"))
            .Select(t => t.Name)
            .ToList();
        commands.ShouldContain("AddCommentCommand");
        commands.ShouldAllBe(name =>
            name.EndsWith("Command", StringComparison.Ordinal)
            && files.Contains(name.Substring(0, name.Length - "Command".Length))
        );
    }

    [Fact]
    public void Tests_are_in_a_file_and_a_class_called_after_what_they_test()
    {
        var files = Product.SourceFiles("tests").Where(file => Tests().IsMatch(File.ReadAllText(file))).ToList();
        files.Count.ShouldBeGreaterThan(100);
        foreach (var file in files)
        {
            var name = Path.GetFileNameWithoutExtension(file);
            name.ShouldEndWith("Tests", Case.Sensitive, file);
            name.ShouldNotContain('_', file);
            File.ReadAllText(file).ShouldContain($" class {name}", Case.Sensitive, file);
        }
    }

    [Fact]
    public void Names_say_what_a_type_does() => Product.All.SelectMany(Rules.EmptyNames).ShouldBeEmpty();

    [Fact]
    public void An_empty_name_would_be_found() => Rules.EmptyNames(Product.Planted).ShouldBe(["PlantedRepository"]);

    [Fact]
    public void Interfaces_are_the_true_outside_edges_only()
    {
        // What events mean is no edge: several families have events that mean the same.
        Product
            .Domain.Types()
            .Where(t => t.IsInterface && !Product.Domain.Types().Any(e => e.Is(t.FullName) && e.IsRecord()))
            .ShouldBeEmpty();
        Product.Application.Types().Where(t => t.IsInterface).Select(t => t.FullName).Order()
            .ShouldBe([
                "Messaging.Application.Files.IFileScanner", "Messaging.Application.Files.IFileStore",
                "Messaging.Application.Notifications.IEmailSender",
                "Messaging.Application.Notifications.IMailCopies",
                "Messaging.Application.Notifications.Push.IPushSender"
            ]);
    }

    [GeneratedRegex("\"([^\"]+\\.csproj)\"")]
    private static partial Regex Projects();

    [GeneratedRegex(@"\bpartial class (Query|Mutation|Subscription)\b")]
    private static partial Regex Parts();

    [GeneratedRegex(@"^    \[(Fact|Theory)\b", RegexOptions.Multiline)]
    private static partial Regex Tests();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespaces();
}
