using System.Net;
using System.Text;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Transport;

public class HttpTests : IAsyncLifetime
{
    private ToyServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await ToyServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_query_is_answered_by_POST()
    {
        var answer = await _server.PostAsync(
            "query($name: String) { hello(name: $name) }", new { name = "Jörg \ud83d\ude00 <b>" });

        answer.Status.ShouldBe(200);
        answer.MediaType.ShouldBe("application/graphql-response+json");
        answer.Body.ShouldStartWith("{\"data\":{\"hello\":\"Hello Jörg");
        answer.Data.GetProperty("hello").GetString().ShouldBe("Hello Jörg \ud83d\ude00 <b>");
        answer.Response.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        answer.Response.Headers.Vary.ShouldBe(["Accept"]);
        answer.Response.Content.Headers.ContentType!.CharSet.ShouldBe("utf-8");
    }

    [Fact]
    public async Task A_query_is_answered_by_GET()
    {
        var answer = await _server.GetAsync(
            "query=query Q($name:String){hello(name:$name)}&operationName=Q&variables={\"name\":\"Ümit\"}&extensions={}"
        );

        answer.Status.ShouldBe(200);
        answer.Data.GetProperty("hello").GetString().ShouldBe("Hello Ümit");
    }

    [Theory]
    [InlineData("query={hello}")]
    [InlineData("query={nonsense}")]
    public async Task No_answer_is_kept_on_the_way(string parameters)
    {
        var answer = await _server.GetAsync(parameters);

        answer.Response.Headers.CacheControl!.ToString().ShouldBe("no-store");
        answer.Response.Headers.ETag.ShouldBeNull();
        answer.Response.Content.Headers.LastModified.ShouldBeNull();
    }

    [Fact]
    public async Task A_mutation_by_GET_is_405_and_does_not_run()
    {
        var answer = await _server.GetAsync("query=mutation{renameAuthor(id:1,name:\"x\"){before}}");

        answer.Status.ShouldBe(405);
        answer.Response.Content.Headers.Allow.ShouldBe(["POST"]);
        answer.Code.ShouldBe("BAD_USER_INPUT");
        _server.Library.Mutations.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("HEAD")]
    public async Task Other_methods_are_405(string method)
    {
        var answer = await _server.SendAsync(new HttpRequestMessage(new HttpMethod(method), "?query={hello}"));

        answer.Status.ShouldBe(405);
        answer.Response.Content.Headers.Allow.ShouldBe(["GET", "POST"]);
    }

    [Theory]
    [InlineData(null, "application/json")]
    [InlineData("*/*", "application/json")]
    [InlineData("application/*", "application/json")]
    [InlineData("application/json", "application/json")]
    [InlineData("application/graphql-response+json", "application/graphql-response+json")]
    [InlineData(
        "application/graphql-response+json; charset=utf-8, application/json; charset=utf-8",
        "application/graphql-response+json")]
    [InlineData("application/json, application/graphql-response+json", "application/json")]
    [InlineData("application/json;q=0.5, application/graphql-response+json;q=0.9", "application/graphql-response+json")]
    [InlineData("application/graphql-response+json;q=0.5, application/json", "application/json")]
    [InlineData("application/graphql-response+json, */*;q=0.1", "application/graphql-response+json")]
    [InlineData("application/graphql-response+json;q=0, */*", "application/json")]
    [InlineData("text/html, application/json;q=0.1", "application/json")]
    public async Task The_media_type_is_negotiated(string? accept, string expected)
    {
        var answer = await _server.SendAsync(new HttpRequestMessage(HttpMethod.Get, "?query={hello}"), accept);

        answer.Status.ShouldBe(200);
        answer.MediaType.ShouldBe(expected);
    }

    [Theory]
    [InlineData("text/html")]
    [InlineData("application/json;q=0, application/graphql-response+json;q=0")]
    [InlineData("application/json; charset=latin1")]
    public async Task What_cannot_be_accepted_is_406(string accept) =>
        (await _server.SendAsync(new HttpRequestMessage(HttpMethod.Get, "?query={hello}"), accept)).Status.ShouldBe(
            406);

    [Theory]
    [InlineData("")]
    [InlineData("text/plain")]
    [InlineData("application/graphql")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json; charset=iso-8859-1")]
    public async Task Other_content_types_are_415(string contentType) =>
        (await _server.PostJsonAsync("""{"query":"{hello}"}""", contentType: contentType)).Status.ShouldBe(415);

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("1")]
    [InlineData("null")]
    [InlineData("\"{hello}\"")]
    [InlineData("[]")]
    [InlineData("[1]")]
    [InlineData("{}")]
    [InlineData("""{"query":null}""")]
    [InlineData("""{"query":" "}""")]
    [InlineData("""{"query":1}""")]
    [InlineData("""{"query":"{hello}","query":"{hello}"}""")]
    [InlineData("""{"query":"{hello}","operationName":1}""")]
    [InlineData("""{"query":"{hello}","variables":"x"}""")]
    [InlineData("""{"query":"{hello}","variables":[]}""")]
    [InlineData("""{"query":"{hello}","variables":{"a":1,"a":2}}""")]
    [InlineData("""{"query":"{hello}","extensions":true}""")]
    [InlineData("""{"query":"{hello}"} x""")]
    [InlineData("""{"query":"{hello}",}""")]
    [InlineData("""{"query":"{hello} \ud800"}""")]
    [InlineData("""{"query":"{hello}","variables":{"name":"\ud800"}}""")]
    [InlineData("""{"query":"{hello}","variables":{"\udc00":1}}""")]
    [InlineData("""{"query":"{hello}","variables":{"name":1e999}}""")]
    public async Task A_malformed_request_is_400_for_every_client(string json)
    {
        foreach (var accept in (string[])["application/json", "application/graphql-response+json"])
        {
            var answer = await _server.PostJsonAsync(json, accept);

            answer.Status.ShouldBe(400);
            answer.Code.ShouldBe("BAD_USER_INPUT");
            answer.HasData.ShouldBeFalse();
        }
    }

    [Fact]
    public async Task Requests_with_random_damage_never_make_the_server_fail()
    {
        var random = new Random(1);
        var whole = Encoding.UTF8.GetBytes(
            """{"query":"query Q($v: Filter) { filtered(filter: $v) books(first: 2) { nodes { id author { name """
                + """} } } """
                + """}","variables":{"v":{"words":["ä","b"],"from":"2026-03-01T09:30:00Z"}},"operationName":"Q"}"""
        );
        for (var time = 0; time < 500; time++)
        {
            var damaged = whole.ToArray();
            for (var i = random.Next(1, 4); i > 0; i--)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            if (random.Next(4) == 0)
                damaged = damaged[..random.Next(damaged.Length)];
            var request = new HttpRequestMessage(HttpMethod.Post, "")
            {
                Content = ToyServer.Content(damaged, "application/json"),
            };

            (await _server.SendAsync(request)).Status.ShouldBeLessThan(500, Encoding.UTF8.GetString(damaged));
        }
        _server.Log.Lines.ShouldBeEmpty();
    }

    [Fact]
    public async Task Bytes_that_are_no_UTF8_are_400() =>
        (
            await _server.SendAsync(
                new HttpRequestMessage(HttpMethod.Post, "")
                {
                    Content = ToyServer.Content(
                        [.. "{\"query\":\"{hello(name:\\\""u8, 0xff, 0xfe, .. "\\\")}\"}"u8], "application/json"),
                }
            )
        ).Status.ShouldBe(400);

    [Theory]
    [InlineData("")]
    [InlineData("query={hello}&query={hello}")]
    [InlineData("query={hello}&variables=x")]
    [InlineData("query={hello}&variables=[]")]
    [InlineData("query={hello}&extensions=1")]
    public async Task Malformed_parameters_of_a_GET_are_400(string parameters) =>
        (await _server.GetAsync(parameters, "application/json")).Status.ShouldBe(400);

    [Theory]
    [InlineData("{")]
    [InlineData("{ unknown }")]
    [InlineData("{ hello(unknown: 1) }")]
    [InlineData("{ colour(colour: GREEN) }")]
    [InlineData("{ number(value: \"x\") }")]
    [InlineData("{ number(value: 3000000000) }")]
    [InlineData("query($v: Int!) { number(value: $v) }")]
    [InlineData("{ filtered(filter: { unknown: 1 }) }")]
    [InlineData("query A { hello } query B { hello }")]
    [InlineData("fragment F on Query { hello }")]
    [InlineData("subscription { hello }")]
    [InlineData("type X { y: Int }")]
    [InlineData("query Q { ...F } fragment F on Query { ...G } fragment G on Query { ...F }")]
    public async Task An_invalid_document_is_400_but_200_for_older_clients(string query)
    {
        var answer = await _server.PostAsync(query);
        answer.Code.ShouldBe("BAD_USER_INPUT");
        answer.HasData.ShouldBeFalse();
        if (query.StartsWith("subscription", StringComparison.Ordinal))
        {
            answer.Status.ShouldBe(406);
            return;
        }
        answer.Status.ShouldBe(400);
        (
            await _server.PostJsonAsync(System.Text.Json.JsonSerializer.Serialize(new { query }), "application/json")
        ).Status.ShouldBe(200);
    }

    [Fact]
    public async Task An_error_says_where()
    {
        var error = (await _server.PostAsync("{\n  unknown\n}")).Errors[0];

        error.GetProperty("locations")[0].GetRawText().ShouldBe("""{"line":2,"column":3}""");
        error.GetProperty("message").GetString()!.ShouldContain("unknown");
    }

    [Theory]
    [InlineData("""{"v":"GREEN"}""", "query($v: Colour!) { colour(colour: $v) }")]
    [InlineData("""{"v":1}""", "query($v: Colour!) { colour(colour: $v) }")]
    [InlineData("""{"v":"1"}""", "query($v: Int) { number(value: $v) }")]
    [InlineData("""{"v":1.5}""", "query($v: Int) { number(value: $v) }")]
    [InlineData("""{"v":123456789012345678901234567890}""", "query($v: Int) { number(value: $v) }")]
    [InlineData("""{"v":{"a":{"b":[]}}}""", "query($v: String) { hello(name: $v) }")]
    [InlineData("""{"v":{"words":[1]}}""", "query($v: Filter!) { filtered(filter: $v) }")]
    [InlineData("""{"v":{"unknown":1}}""", "query($v: Filter!) { filtered(filter: $v) }")]
    [InlineData("""{"v":{"from":"2026-03-01T10:00:00"}}""", "query($v: Filter!) { filtered(filter: $v) }")]
    [InlineData("{}", "query($v: Filter!) { filtered(filter: $v) }")]
    public async Task Variables_of_the_wrong_type_are_refused_by_name(string variables, string query)
    {
        for (var time = 0; time < 2; time++)
        {
            var answer = await _server.PostJsonAsync($$"""{"query":"{{query}}","variables":{{variables}}}""");

            answer.Status.ShouldBe(400);
            answer.Code.ShouldBe("BAD_USER_INPUT");
            answer.Message.ShouldContain("$v");
        }
    }

    [Fact]
    public async Task Variables_are_checked_for_cached_documents_too()
    {
        const string query = "query($v: Int) { number(value: $v) }";
        (await _server.PostAsync(query, new { v = 7 })).Data.GetProperty("number").GetInt32().ShouldBe(7);
        (await _server.PostAsync(query, new { v = 8 })).Data.GetProperty("number").GetInt32().ShouldBe(8);

        (await _server.PostAsync(query, new { v = "x" })).Code.ShouldBe("BAD_USER_INPUT");
    }

    [Fact]
    public async Task NUL_and_lone_surrogates_in_texts_give_no_500()
    {
        (await _server.PostAsync("query($t: String!) { length(text: $t) }", new { t = "a\0b" }))
            .Data.GetProperty("length")
            .GetString()
            .ShouldBe("3");
        (await _server.PostAsync("""{ length(text: "\ud800") }""")).Status.ShouldBeLessThan(500);
        (await _server.PostAsync("{ loneSurrogate }"))
            .Data.GetProperty("loneSurrogate")
            .GetString()
            .ShouldBe("a\ufffdb");
        (await _server.GetAsync("query={length(text:\"%00%ff\")}")).Status.ShouldBeLessThan(500);
    }

    [Fact]
    public async Task Scalars_have_the_contracts_form()
    {
        var data = (
            await _server.PostAsync(
                """{ key colour(colour: DARK_BLUE) echo(at: "2026-03-01T10:30:00.1234567+01:00") whole: """
                    + """echo(at: "2026-03-01T09:30:00Z") json(text: "{\"a\":[1,\"ä\"]}") real(value: 1.5) nothing }"""
            )
        ).Data;

        data.GetRawText()
            .ShouldBe(
                """{"key":"0192f0c0-0000-7000-8000-00000000000a","colour":"DARK_BLUE","echo":"2026-03-01T09:30:00.123456Z","whole":"2026-03-01T09:30:00Z","json":{"a":[1,"ä"]},"real":1.5,"nothing":null}"""
            );
    }

    [Theory]
    [InlineData("2026-03-01")]
    [InlineData("2026-03-01T10:00:00")]
    [InlineData("2026-02-30T10:00:00Z")]
    [InlineData("2026-03-01T10:00:00+1")]
    [InlineData("2026-03-01T10:00:00.Z")]
    [InlineData("01.03.2026 10:00Z")]
    [InlineData("0001-01-01T00:00:00+14:00")]
    [InlineData("")]
    public async Task An_instant_without_an_offset_or_sense_is_refused_with_an_example(string text)
    {
        foreach (var answer in (ToyAnswer[])[
            await _server.PostAsync("query($at: DateTime) { echo(at: $at) }", new { at = text }),
            await _server.PostAsync($"{{ echo(at: \"{text}\") }}"),
        ])
        {
            answer.Status.ShouldBe(400);
            answer.Code.ShouldBe("BAD_USER_INPUT");
            answer.Message.ShouldContain("2026-03-01T09:30:00Z");
        }
    }

    [Fact]
    public async Task The_user_context_reaches_the_fields()
    {
        (await _server.PostJsonAsync("""{"query":"{viewer}"}""")).Body.ShouldBe("""{"data":{"viewer":null}}""");
        (await _server.PostJsonAsync("""{"query":"{viewer}"}""", token: "anna")).Body.ShouldBe(
            """{"data":{"viewer":"Anna"}}"""
        );
    }

    [Fact]
    public async Task A_token_that_is_not_valid_is_401_with_a_challenge()
    {
        foreach (var accept in (string[])["application/json", "application/graphql-response+json"])
        {
            var answer = await _server.PostJsonAsync("""{"query":"{hello}"}""", accept, token: "expired");

            answer.Status.ShouldBe(401);
            answer.Code.ShouldBe("UNAUTHENTICATED");
            answer.Response.Headers.WwwAuthenticate.Single().ToString().ShouldBe("Bearer error=\"invalid_token\"");
        }
    }

    [Fact]
    public async Task A_gate_that_fails_reveals_nothing()
    {
        var answer = await _server.PostJsonAsync("""{"query":"{hello}"}""", token: "broken");

        answer.Status.ShouldBe(500);
        answer.Code.ShouldBe("INTERNAL");
        answer.Body.ShouldNotContain("secret");
    }

    [Theory]
    [InlineData("in", "UNAUTHENTICATED")]
    [InlineData("may", "FORBIDDEN")]
    [InlineData("rate", "RATE_LIMITED")]
    [InlineData("other", "BAD_USER_INPUT")]
    public async Task A_refusal_in_a_field_is_an_error_with_its_code(string kind, string code)
    {
        var answer = await _server.PostAsync($$"""{ hello it: refused(kind: "{{kind}}") }""");

        answer.Status.ShouldBe(200);
        answer.Code.ShouldBe(code);
        answer.Errors[0].GetProperty("path")[0].GetString().ShouldBe("it");
        answer.Data.GetRawText().ShouldBe("""{"hello":"Hello world","it":null}""");
        _server.Log.Lines.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_exception_is_logged_under_an_id_and_not_revealed()
    {
        var answer = await _server.PostAsync("{ mayFail hello }");

        answer.Status.ShouldBe(200);
        answer.Code.ShouldBe("INTERNAL");
        answer.Message.ShouldBe("An internal error occurred.");
        answer.Body.ShouldNotContain("secret");
        answer.Body.ShouldNotContain("InvalidOperation");
        var id = answer.Errors[0].GetProperty("extensions").GetProperty("traceId").GetString()!;
        _server
            .Log.Lines.Single()
            .ShouldSatisfyAllConditions(line => line.ShouldContain(id), line => line.ShouldContain("swordfish"));
        (await _server.PostAsync("{ fails }")).Data.ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
    }

    [Fact]
    public async Task A_batch_is_answered_in_its_order()
    {
        var answer = await _server.PostJsonAsync(
            """[{"query":"{hello}"},{"query":"{"},{"query":"query($v:Int){number(value:$v)}","variables":{"v":2}}]"""
        );

        answer.Status.ShouldBe(200);
        answer.Json.GetArrayLength().ShouldBe(3);
        answer.Json[0].GetRawText().ShouldBe("""{"data":{"hello":"Hello world"}}""");
        answer.Json[1].TryGetProperty("errors", out _).ShouldBeTrue();
        answer.Json[2].GetProperty("data").GetProperty("number").GetInt32().ShouldBe(2);
    }

    [Fact]
    public async Task Who_signs_in_in_one_operation_of_a_batch_is_nobody_in_the_next()
    {
        var answer = await _server.PostJsonAsync(
            """[{"query":"mutation{signIn(email:\"a\")}"},{"query":"{viewer}"}]"""
        );

        answer.Json[1].GetRawText().ShouldBe("""{"data":{"viewer":null}}""");
    }

    [Fact]
    public async Task A_persisted_query_is_found_by_its_hash_once_it_was_sent()
    {
        const string query = "{ hello }";
        var hash = Convert.ToHexStringLower(
            System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(query)));
        var extensions = $$$"""{"persistedQuery":{"version":1,"sha256Hash":"{{{hash}}}"}}""";

        (await _server.GetAsync($"extensions={extensions}")).Code.ShouldBe("PERSISTED_QUERY_NOT_FOUND");
        (await _server.PostJsonAsync($$"""{"query":"{ nothing }","extensions":{{extensions}}}""")).Code.ShouldBe(
            "BAD_USER_INPUT");
        (await _server.PostJsonAsync($$"""{"query":"{{query}}","extensions":{{extensions}}}""")).Status.ShouldBe(200);
        (await _server.GetAsync($"extensions={extensions}"))
            .Data.GetProperty("hello")
            .GetString()
            .ShouldBe("Hello world");
    }

    [Theory]
    [InlineData("\"version\":2,")]
    [InlineData("\"version\":\"1\",")]
    [InlineData("")]
    public async Task A_persisted_query_of_another_version_of_the_protocol_is_refused(string version)
    {
        var persisted = $$"""{{{version}}"sha256Hash":"{{new string('0', 64)}}"}""";
        var answer = await _server.PostJsonAsync(
            $$"""{"query":"{ hello }","extensions":{"persistedQuery":{{persisted}} } }"""
        );

        answer.Code.ShouldBe("BAD_USER_INPUT");
        answer.Body.ShouldContain("version 1");
    }

    [Fact]
    public async Task A_body_over_the_limit_is_413()
    {
        var answer = await _server.PostJsonAsync(
            $$$"""{"query":"{hello}","variables":{"x":"{{{new string('x', 1024 * 1024)}}}"}}"""
        );

        answer.Status.ShouldBe((int)HttpStatusCode.RequestEntityTooLarge);
        answer.Code.ShouldBe("QUERY_TOO_COMPLEX");
    }

    [Fact]
    public async Task The_same_document_serves_its_operations_by_name()
    {
        const string query = "query A { hello } query B { nothing }";

        for (var time = 0; time < 2; time++)
        {
            (await _server.PostAsync(query, operationName: "A")).Body.ShouldBe("""{"data":{"hello":"Hello world"}}""");
            (await _server.PostAsync(query, operationName: "B")).Body.ShouldBe("""{"data":{"nothing":null}}""");
            (await _server.PostAsync(query, operationName: "C")).Code.ShouldBe("BAD_USER_INPUT");
        }
    }
}
