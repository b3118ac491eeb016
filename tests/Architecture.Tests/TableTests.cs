using System.Text.RegularExpressions;
using Marten;
using Messaging.Application;
using Messaging.Projections.Storage;
using Mono.Cecil;
using Mono.Cecil.Cil;
using Shouldly;
using Weasel.Postgresql.Tables;
using Xunit;

namespace Messaging.Architecture.Tests;

/// <summary>
/// Who may name a table: the assembly that declares it, and those that refer to that one. So whoever changes a table
/// finds everybody who reads it among those that the compiler knows.
/// </summary>
public sealed partial class TableTests
{
    private static readonly HashSet<string> s_ofProjections = TablesOf(options => options.AddReadModels());

    private static readonly HashSet<string> s_ofApplication = TablesOf(options => options.AddApplicationTables());

    [Fact]
    public void Projections_name_their_own_tables_only() =>
        Strangers(Product.Projections, s_ofApplication)

            // It tells damaged read models by what is stored beside them, which no event says.
            .Where(name => !name.StartsWith("ReadModelCheck: ", StringComparison.Ordinal))
            .ShouldBeEmpty("A query on what commands keep belongs to the application.");

    [Fact]
    public void The_domain_names_no_table() =>
        Strangers(Product.Domain, [.. s_ofApplication, .. s_ofProjections]).ShouldBeEmpty();

    [Fact]
    public void Every_table_that_is_named_is_declared()
    {
        var declared = s_ofApplication.Concat(s_ofProjections).ToHashSet();
        foreach (var assembly in new[] { Product.Application, Product.Projections, Product.Api })
        {
            var named = NamedIn(assembly).ToList();
            named.Count.ShouldBeGreaterThan(5);
            named
                .Where(n => !declared.Contains(n.Table))
                .Select(n => $"{n.Writer}: {n.Table}")
                .ShouldBeEmpty("No table of this name is declared.");
        }
    }

    [Fact]
    public void A_table_of_another_and_one_that_is_not_there_would_be_found()
    {
        Strangers(Product.Application, s_ofApplication).ShouldContain("CommandHandler: receipts");
        Strangers(Product.Projections, s_ofApplication).ShouldContain("ReadModelCheck: accounts");
        NamedIn(Product.Planted).ShouldContain(("PlantedSql", "planted"));
    }

    private static IEnumerable<string> Strangers(AssemblyDefinition assembly, HashSet<string> tables) =>
        NamedIn(assembly).Where(n => tables.Contains(n.Table)).Select(n => $"{n.Writer}: {n.Table}");

    // Marten's own begin with mt_; functions are called.
    private static IEnumerable<(string Writer, string Table)> NamedIn(AssemblyDefinition assembly) =>
        assembly
            .Instructions()
            .Where(i => i.Instruction.OpCode == OpCodes.Ldstr)
            .SelectMany(i =>
                Tables().Matches((string)i.Instruction.Operand).Select(m => (i.Writer.Name, m.Groups["table"].Value)))
            .Distinct();

    private static HashSet<string> TablesOf(Action<StoreOptions> declare)
    {
        var options = new StoreOptions();
        declare(options);
        return
        [
            .. options
                .Storage.ExtendedSchemaObjects.OfType<Table>()
                .Concat(options.Projections.All.OfType<ReadModelProjection>().SelectMany(p => p.SchemaObjects)
                    .OfType<Table>())
                .Select(t => t.Identifier.Name),
        ];
    }

    [GeneratedRegex(
        @"\b(from|join|into|update|table|only|using|truncate)\s+messaging\.(?!mt_)(?<table>[a-z_]+)\b(?!\s*\()",
        RegexOptions.IgnoreCase)]
    private static partial Regex Tables();
}
