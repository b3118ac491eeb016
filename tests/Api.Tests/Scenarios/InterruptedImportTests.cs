using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Messaging.TestSupport.Product;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Scenarios;

/// <summary>The process dies in the middle of an import, and the import goes on after its start.</summary>
public sealed class InterruptedImportTests
{
    private const int Lines = 1_500;

    [Fact]
    public async Task An_import_that_was_killed_goes_on_and_each_line_has_one_effect()
    {
        await using var product = await ProductProcess.StartAsync([]);
        var anna = await product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        var content = new StringBuilder("Nummer;Name;E-Mail\n");
        for (var i = 0; i < Lines; i++)
            content.Append(CultureInfo.InvariantCulture, $"N{i};Abbruch {i};a{i}@abbruch.example\n");
        var file = (await anna.UploadAsync("k.csv", "text/csv", Encoding.UTF8.GetBytes(content.ToString()))).Data.At(
            "uploadFile.file.id");
        var id = (await anna.QueryAsync(
            "mutation($fileId: ID!) { checkCustomerImport(input: { fileId: $fileId }) { customerImport { id } } }",
            new { fileId = file })).At("checkCustomerImport.customerImport.id");
        var import = await UntilAsync(anna, id, i => i.At("state") == "CHECKED");
        import.At("createdCount").ShouldBe($"{Lines}");
        await anna.QueryAsync(
            "mutation($id: ID!, $digest: String!) { startCustomerImport(input: { id: $id, digest: $digest }) { errors "
                + "{ code } } }",
            new { id, digest = import.At("digest") });
        await UntilAsync(
            anna, id, i => int.Parse(i.At("progress"), CultureInfo.InvariantCulture) is > 100 and < Lines);
        await product.KillAsync();

        await product.StartAgainAsync();
        anna = await product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        var done = await UntilAsync(anna, id, i => i.At("state") == "DONE");
        (done.At("createdCount"), done.At("refusedCount"), done.At("progress")).ShouldBe(
            ($"{Lines}", "0", $"{Lines}"));
        (await anna.QueryAsync("""{ customers(search: "Abbruch") { totalCount } }""")).At("customers.totalCount")
            .ShouldBe($"{Lines}");
        (await anna.QueryAsync("""{ customers(search: "@abbruch.example") { totalCount } }"""))
            .At("customers.totalCount").ShouldBe($"{Lines}");
    }

    private static async Task<JsonNode> UntilAsync(GraphQLClient client, string id, Predicate<JsonNode> isSo)
    {
        JsonNode? import = null;
        for (var i = 0; i < 1_200; i++)
        {
            import = (await client.QueryAsync(
                "query($id: ID!) { customerImport(id: $id) { state progress createdCount refusedCount digest } }",
                new { id }))["customerImport"]!;
            if (isSo(import)) return import;
            await Task.Delay(50);
        }

        throw new TimeoutException(import?.ToJsonString());
    }
}
