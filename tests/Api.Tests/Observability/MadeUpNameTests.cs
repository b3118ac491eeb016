using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Observability;

/// <summary>
/// Names that clients make up fill no memory. With a product of its own: the names that it learns are used up
/// afterwards.
/// </summary>
public sealed class MadeUpNameTests(Observed observed) : IClassFixture<Observed>
{
    private const string Operations = "messaging_graphql_operation_duration_seconds_count";

    [Fact]
    public async Task Who_makes_up_ten_thousand_names_gets_them_counted_as_one()
    {
        var anna = await observed.Product.SignInAsync(Observed.Anna);
        await anna.QueryAsync("query BeforeTheFlood { viewer { id } }");
        var before = await observed.MetricsAsync();
        using var http = new HttpClient { BaseAddress = observed.Product.Http.BaseAddress };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", anna.Token);
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 1_000),
            new ParallelOptions { MaxDegreeOfParallelism = 4 },
            async (batch, cancellation) =>
            {
                using var answer = await http.PostAsJsonAsync(
                    new Uri("/graphql", UriKind.Relative),
                    Enumerable.Range(0, 10).Select(i => new { query = $"query Name_{batch}_{i} {{ __typename }}" }),
                    cancellation);
                var answers = JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancellation))!.AsArray();
                answers.ShouldAllBe(a => a!["errors"] == null);
            }
        );
        await anna.QueryAsync("query BeforeTheFlood { viewer { id } }");

        var after = await observed.MetricsAsync();
        var names = after
            .Samples.Where(s => s.Name == Operations)
            .Select(s => s.Labels["graphql_operation_name"])
            .Distinct()
            .ToList();
        names.Count.ShouldBeLessThanOrEqualTo(102);
        (after.Sum(Operations) - before.Sum(Operations)).ShouldBe(10_001);
        after.Sum(Operations, ("graphql_operation_name", "other")).ShouldBeGreaterThan(9_800);
        after.Sum(Operations, ("graphql_operation_name", "BeforeTheFlood")).ShouldBe(2);
    }
}
