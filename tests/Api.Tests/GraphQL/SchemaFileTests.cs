using System.Net;
using System.Text;
using Messaging.Api.Tests.Clients;
using Messaging.TestSupport.Product;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.GraphQL;

/// <summary>The contract as text, for whoever is signed in, also in Production.</summary>
public sealed class SchemaFileTests
{
    private const string Path = "/graphql/schema.graphql";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whoever_is_signed_in_gets_the_approved_schema_byte_for_byte_and_not_twice()
    {
        await using var product = await RunningProduct.StartAsync(
            settings: new() { ["Messaging:GraphQL:Introspection"] = "false" });
        var approved = await File.ReadAllBytesAsync(
            System.IO.Path.Combine(NodeProject.Root, "schema.graphql"), Cancellation);
        foreach (
            var who in (string[])
                [
                    "anna.sommer@kanzlei-sommer.example", "pruefung@kanzlei-sommer.example",
                    "dieter.krause@baeckerei-krause.example"
                ]
        )
        {
            var signedIn = await product.SignInAsync(who);
            var created = await signedIn.QueryAsync(
                "mutation($at: DateTime!) { createApiToken(input: { name: \"Codegen\", expiresAt: $at, "
                    + "currentPassword: \"messaging-demo\" }) { secret } }",
                new { at = DateTimeOffset.UtcNow.AddDays(1) }
            );
            foreach (var client in (GraphQLClient[])[signedIn, new(product.Http, created.At("createApiToken.secret"))])
            {
                using var answer = await client.GetAsync(Path);
                answer.StatusCode.ShouldBe(HttpStatusCode.OK);
                (await answer.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBe(approved);
                answer.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; charset=utf-8");
                answer.Headers.CacheControl!.ToString().ShouldBe("no-cache, private");
                answer.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);

                foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Head])
                {
                    using var again = new HttpRequestMessage(method, Path);
                    again.Headers.Authorization = new("Bearer", client.Token);
                    again.Headers.TryAddWithoutValidation("If-None-Match", $"\"another\", W/{answer.Headers.ETag}");
                    using var unchanged = await product.Http.SendAsync(again, Cancellation);
                    unchanged.StatusCode.ShouldBe(HttpStatusCode.NotModified);
                    unchanged.Headers.ETag.ShouldBe(answer.Headers.ETag);
                    (await unchanged.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBeEmpty();
                }
            }
        }

        // Introspection stays as it is configured.
        (
            await (await product.SignInAsync("anna.sommer@kanzlei-sommer.example")).SendAsync(
                "{ __schema { queryType { name } } }")
        )
            .Body["errors"]
            .ShouldNotBeNull();
    }

    [Fact]
    public async Task Nobody_else_gets_it_but_in_Development()
    {
        await using var product = await RunningProduct.StartAsync("Production");
        foreach (var token in (string?[])[null, "msg_x", "eyJhbGciOiJub25lIn0.e30."])
        {
            using var answer = await new GraphQLClient(product.Http, token).GetAsync(Path);
            answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            answer.Headers.WwwAuthenticate.ToString().ShouldStartWith("Bearer");
            (await answer.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBeEmpty();
        }

        using var post = await product.Http.PostAsync(Path, new StringContent("", Encoding.UTF8), Cancellation);
        post.StatusCode.ShouldBe(HttpStatusCode.NotFound);

        await using var development = await RunningProduct.StartAsync();
        using var open = await development.Anonymous.GetAsync(Path);
        open.StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}
