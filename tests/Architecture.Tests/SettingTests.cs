using System.Reflection;
using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace Messaging.Architecture.Tests;

/// <summary>
/// The settings: what the code names is in the one list that knows them all, without which the product would refuse it;
/// and the tables in the documents name each, and no others.
/// </summary>
public sealed partial class SettingTests
{
    private const string Graphql = "Messaging:GraphQL:";

    private static readonly IReadOnlyList<string> s_known =
        (IReadOnlyList<string>)Type.GetType("Messaging.Api.Hosting.Settings, Messaging.Api", throwOnError: true)!
            .GetProperty("All", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;

    [Fact]
    public void What_the_code_names_is_in_the_list()
    {
        var named = Product
            .SourceFiles("src")
            .SelectMany(file => Literals().Matches(File.ReadAllText(file)).Select(m => m.Groups[1].Value))
            .Distinct()
            .ToList();
        named.ShouldContain("Messaging:Nodes");
        named
            .Where(name =>
                !s_known.Any(known => known == name || known.StartsWith($"{name}:", StringComparison.Ordinal))
            )
            .ShouldBeEmpty("src/Api/Hosting/Settings.cs lacks them: the product refuses whoever sets them.");
    }

    [Fact]
    public void The_table_of_the_README_names_each_and_no_others()
    {
        var documented = Documented().ToList();
        documented.Except(s_known.Select(Shown)).ShouldBeEmpty("A table names settings that there are not.");
        s_known
            .Select(Shown)
            .Except(documented)
            .ShouldBeEmpty(
                "No table of README.md names them; those of Messaging:GraphQL may be in that of its transport.");
    }

    // A name that the operator chooses is not in the table.
    private static string Shown(string known) => known.EndsWith(":*", StringComparison.Ordinal) ? known[..^2] : known;

    private static IEnumerable<string> Documented()
    {
        foreach (var row in Rows("README.md").Where(row => row.StartsWith("| `Messaging__", StringComparison.Ordinal)))
        {
            var section = "";
            foreach (var name in NamesOf(row))
            {
                // The first says the section of those that follow.
                if (name.StartsWith("Messaging__", StringComparison.Ordinal))
                    section = name[..(name.LastIndexOf("__", StringComparison.Ordinal) + 2)];
                if (!name.EndsWith('…'))
                    yield return ((name.StartsWith("Messaging__", StringComparison.Ordinal) ? "" : section) + name)
                        .Replace("__", ":", StringComparison.Ordinal);
            }
        }

        var limits = Rows("src/Api/GraphQL/Transport/README.md")
            .SkipWhile(row => !row.StartsWith("| setting |", StringComparison.Ordinal))
            .Skip(2);
        foreach (var name in limits.TakeWhile(row => row.StartsWith('|')).SelectMany(NamesOf))
            yield return Graphql + name;
    }

    private static string[] Rows(string file) => File.ReadAllLines(Path.Combine(Product.Root, file));

    private static IEnumerable<string> NamesOf(string row) =>
        Quoted().Matches(row.Split('|')[1]).Select(m => m.Groups[1].Value);

    [GeneratedRegex("(?<!/// .*)\"(Messaging:[A-Za-z]+(:[A-Za-z]+)*)")]
    private static partial Regex Literals();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();
}
