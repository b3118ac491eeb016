using System.Text.Json;
using Messaging.Api.GraphQL.Transport;
using Messaging.TestSupport;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Transport;

public sealed class TrustedDocumentTests : IDisposable
{
    private const string Document = "query Trusted($name: String) { hello(name: $name) }";

    private static readonly string s_hash = DocumentCache.HashOf(Document);

    private readonly TempDirectory _folder = new();

    public TrustedDocumentTests() =>
        File.WriteAllText(
            _folder["codegen.json"], JsonSerializer.Serialize(new Dictionary<string, string> { [s_hash] = Document }));

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_trusted_document_is_asked_for_by_its_id_or_its_hash(bool only)
    {
        await using var server = await StartAsync(only);

        var byId = await server.PostJsonAsync(
            $$$"""{"documentId": "sha256:{{{s_hash}}}", "variables": {"name": "Ida"}}"""
        );
        byId.Data.GetProperty("hello").GetString().ShouldBe("Hello Ida");
        (await server.GetAsync($$"""documentId=sha256:{{s_hash}}&variables={"name":"Ida"}""")).Body.ShouldBe(byId.Body);
        (
            await server.PostJsonAsync(
                $$$"""{"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "{{{s_hash}}}"}}, "variables": {"name": "Ida"}}"""
            )
        ).Body.ShouldBe(byId.Body);
        (await server.PostAsync(Document, new { name = "Ida" })).Body.ShouldBe(byId.Body);
    }

    [Fact]
    public async Task Others_run_beside_them_unless_only_they_may()
    {
        await using (var open = await StartAsync(only: false)) (await open.PostAsync("{ hello }")).Status.ShouldBe(200);

        await using var closed = await StartAsync(only: true);
        foreach (
            var document in (string[])
                ["{ hello }", "{ __schema { types { name } } }", "{ not even GraphQL", Document + " "]
        )
        {
            var refused = await closed.PostAsync(document);
            (refused.Status, refused.Code, refused.HasData).ShouldBe((403, "FORBIDDEN", false), document);
            refused.Message.ShouldBe("Only documents that were registered with the server may run.");
        }
    }

    [Fact]
    public async Task Where_only_they_may_run_none_is_registered_by_a_client()
    {
        await using var server = await StartAsync(only: true);
        var hash = DocumentCache.HashOf("{ hello }");
        var extensions = $$$"""{"persistedQuery": {"version": 1, "sha256Hash": "{{{hash}}}"}}""";

        (await server.PostJsonAsync($$"""{"query": "{ hello }", "extensions": {{extensions}} }""")).Code.ShouldBe(
            "FORBIDDEN");
        (await server.PostJsonAsync($$"""{"extensions": {{extensions}} }""")).Code.ShouldBe(
            "PERSISTED_QUERY_NOT_FOUND");
    }

    [Fact]
    public async Task An_unknown_id_is_said_and_an_id_beside_a_document_is_400()
    {
        await using var server = await StartAsync(only: false);

        (await server.PostJsonAsync("""{"documentId": "sha256:00"}""")).Code.ShouldBe("PERSISTED_QUERY_NOT_FOUND");
        (await server.PostJsonAsync("""{"documentId": ""}""")).Status.ShouldBe(400);
        (await server.PostJsonAsync("""{"documentId": 1}""")).Status.ShouldBe(400);
        (await server.PostJsonAsync($$"""{"documentId": "sha256:{{s_hash}}", "query": "{ hello }"}""")).Status.ShouldBe(
            400);
    }

    [Fact]
    public async Task Apollos_manifest_is_read_from_a_folder_too()
    {
        File.WriteAllText(
            _folder["apollo.json"],
            """{"format": "apollo-persisted-query-manifest", "version": 1, "operations": """
                + """[{"id": "abc", "name": "A", "type": "query", "body": "{ hello }"}]}"""
        );
        await using var server = await ToyServer.StartAsync(
            ("TrustedDocuments", _folder.Path), ("TrustedDocumentsOnly", "true"));

        (await server.PostJsonAsync("""{"documentId": "abc"}""")).Status.ShouldBe(200);
        (await server.PostJsonAsync($$"""{"documentId": "sha256:{{s_hash}}"}""")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_manifest_that_cannot_be_read_stops_the_start()
    {
        File.WriteAllText(_folder["broken.json"], """{"a": 1}""");

        (
            await Should.ThrowAsync<InvalidOperationException>(
                ToyServer.StartAsync(("TrustedDocuments", _folder["broken.json"])))
        ).Message.ShouldContain("broken.json");
        (
            await Should.ThrowAsync<InvalidOperationException>(
                ToyServer.StartAsync(("TrustedDocuments", _folder["none.json"])))
        ).Message.ShouldContain("none.json");
        (
            await Should.ThrowAsync<InvalidOperationException>(ToyServer.StartAsync(("TrustedDocumentsOnly", "true")))
        ).Message.ShouldContain("TrustedDocumentsOnly");
    }

    private Task<ToyServer> StartAsync(bool only) =>
        ToyServer.StartAsync(("TrustedDocuments", _folder["codegen.json"]), ("TrustedDocumentsOnly", $"{only}"));
}
