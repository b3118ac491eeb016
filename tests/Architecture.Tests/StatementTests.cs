using Shouldly;
using Xunit;

namespace Messaging.Architecture.Tests;

/// <summary>
/// There is one way to ask the database: <c>Sql</c>, whose values become parameters. Text with parameters numbered by
/// hand stands only where it is listed, for the reason given.
/// </summary>
public sealed class StatementTests
{
    private static readonly Dictionary<string, string> s_exempt = new()
    {
        ["Messaging.Projections.Storage.Sql"] = "It is the way.",
        ["Messaging.Projections.Storage.SqlBatch"] = "It hands statements to Marten.",
        ["Messaging.Projections.Storage.ReadModels"] = "It works while tables are missing, and drops them.",
        ["Messaging.Projections.Storage.ReadModelCheck"] = "It looks for tables that are missing or damaged.",
        ["Messaging.Projections.Storage.ReadModelComparison"] = "It compares tables of any name with copies.",
        ["Messaging.Projections.Storage.TemporaryReadModels"] = "It makes copies of tables of any name.",
        ["Messaging.Projections.Reports.ReportingViews"] = "It makes views, a role and its rights at the start.",
        ["Messaging.Projections.Storage.ReadModelFence"] = "It waits for a lock without a time limit.",
        ["Messaging.Application.Commands.EventAppend"] =
            "Each commit has it: its texts are made once, and its arrays are typed.",
        ["Messaging.Application.Notifications.PlannerWatch"] = "It reads the assignments of Wolverine.",
        ["Messaging.Api.Live.OtherNodes"] = "It listens on a connection of its own.",
    };

    // What they ask is about the server, its sessions, the nodes, or tables as such: before the schema is there, while
    // it is replaced, or for a backup.
    private static readonly string[] s_exemptNamespaces = ["Messaging.Api.Hosting.", "Messaging.Api.Operating."];

    [Fact]
    public void The_database_is_asked_in_one_way()
    {
        var writers = Product.All.SelectMany(Rules.WritersOfStatements).ToList();
        writers.Where(w => !s_exempt.ContainsKey(w) && !IsOfServer(w)).ShouldBeEmpty();
        s_exempt.Keys.Except(writers).ShouldBeEmpty("An exemption that nobody needs is taken off the list.");
    }

    [Fact]
    public void Another_way_would_be_found() =>
        Rules.WritersOfStatements(Product.Planted).ShouldBe(["Messaging.Architecture.Tests.PlantedSql"]);

    [Fact]
    public void Rows_are_read_by_the_places_of_their_columns() =>
        Product.All.SelectMany(Rules.ReadersByName).ShouldBeEmpty();

    [Fact]
    public void A_column_looked_up_by_its_name_would_be_found() =>
        Rules.ReadersByName(Product.Planted).ShouldBe(["Messaging.Architecture.Tests.PlantedReader"]);

    private static bool IsOfServer(string writer) =>
        s_exemptNamespaces.Any(n => writer.StartsWith(n, StringComparison.Ordinal));
}
