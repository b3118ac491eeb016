using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Messaging.TestSupport.Product;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Security;

/// <summary>What there is about one person leaves for them, with nothing that others wrote.</summary>
public sealed class PersonReportTests(PersonReportTests.Started started) : IClassFixture<PersonReportTests.Started>
{
    private const string Anna = "anna.sommer@kanzlei-sommer.example";
    private const string Bernd = "bernd.winter@kanzlei-sommer.example";
    private const string Petra = "pruefung@kanzlei-sommer.example";
    private const string Dieter = "dieter.krause@baeckerei-krause.example";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_report_has_what_is_theirs_and_internal_notes_apart_and_is_in_the_log()
    {
        var (anna, bernd, dieter) = (await SignInAsync(Anna), await SignInAsync(Bernd), await SignInAsync(Dieter));
        var id = (await dieter.QueryAsync("{ viewer { id } }")).At("viewer.id");
        var conversation = (await dieter.QueryAsync("{ conversations(first: 1) { nodes { id } } }"))
            .At("conversations.nodes.0.id");
        var content = Encoding.UTF8.GetBytes("Beleg von Dieter");
        var upload = (await dieter.UploadAsync("Beleg \u202e=cmd ä😀.txt", "text/plain", content))
            .Data!.At("uploadFile.file.id");
        await CommentAsync(dieter, conversation, "Anbei <b>mein</b> Beleg \u202e=1+1 😀", "PUBLIC", [upload]);
        await CommentAsync(bernd, conversation, "Wir haben es gebucht, sagt Bernd.", "PUBLIC");
        await CommentAsync(bernd, conversation, "Krause zahlt spät.", "INTERNAL");

        var report = await ReportAsync(anna, id);
        report.Keys.Order(StringComparer.Ordinal).ShouldBe(
        [
            "SHA256SUMS", $"files/{Sum(content)}", "index.html", "internal-notes.html", "internal-notes.json",
            "person.json",
        ]);
        report[$"files/{Sum(content)}"].ShouldBe(content);
        foreach (var line in Text("SHA256SUMS").Split('\n', StringSplitOptions.RemoveEmptyEntries))
            Sum(report[line[66..]]).ShouldBe(line[..64]);

        var person = JsonNode.Parse(Text("person.json"))!;
        person["profile"]!.AsArray().Select(v => v!.At("value")).ShouldContain(Dieter);
        var comments = person["comments"]!.AsArray().Select(c => c!.At("text")).ToList();
        comments.ShouldContain("Anbei <b>mein</b> Beleg \u202e=1+1 😀");
        person["files"]!.AsArray().Select(f => f!.At("sha256")).ShouldContain(Sum(content));
        var events = person["events"]!.AsArray().Select(e => e!.At("event")).ToList();
        events[0].ShouldStartWith("contact_");
        events.ShouldContain("signed_in");
        events.ShouldContain("person_reported");
        person["sessions"]!.AsArray().Count.ShouldBePositive();
        foreach (var file in (string[])["person.json", "index.html"])
        {
            Text(file).ShouldNotContain("sagt Bernd");
            Text(file).ShouldNotContain("zahlt sp");
            Text(file).ShouldNotContain("<b>mein");
        }

        Text("index.html").ShouldContain("&lt;b&gt;mein&lt;/b&gt; Beleg");
        JsonNode.Parse(Text("internal-notes.json"))!["notes"]!.AsArray().Select(n => n!.At("text"))
            .ShouldContain("Krause zahlt spät.");

        // Somebody of the office: what they wrote, and not what customers did.
        var berndsId = (await bernd.QueryAsync("{ viewer { id } }")).At("viewer.id");
        report = await ReportAsync(anna, berndsId);
        Text("person.json").ShouldContain("sagt Bernd");
        Text("person.json").ShouldNotContain("mein");
        Text("internal-notes.json").ShouldContain("Krause zahlt");

        (await (await SignInAsync(Petra)).QueryAsync(
            """{ auditLog(filter: { types: ["person_reported"] }, first: 5) { nodes { summary(locale: "de") } } }"""))
            ["auditLog"]!["nodes"]!.AsArray().Select(n => n!.At("summary"))
            .ShouldBe(["Auskunft über Dieter Krause erstellt", "Auskunft über Bernd Winter erstellt"]);

        string Text(string file) => Encoding.UTF8.GetString(report[file]);
    }

    [Theory]
    [InlineData(Bernd, HttpStatusCode.NotFound)]
    [InlineData(Petra, HttpStatusCode.NotFound)]
    [InlineData(Dieter, HttpStatusCode.NotFound)]
    [InlineData("owner@treuhand-nord.example", HttpStatusCode.NotFound)]
    [InlineData(null, HttpStatusCode.Unauthorized)]
    public async Task It_is_for_owners_of_the_office_and_for_nobody_else(string? email, HttpStatusCode status)
    {
        var id = (await (await SignInAsync(Dieter)).QueryAsync("{ viewer { id } }")).At("viewer.id");
        using var answer = await PostAsync(email is null ? null : (await SignInAsync(email)).Token, id);
        answer.StatusCode.ShouldBe(status);
        using var unknown = await PostAsync((await SignInAsync(Anna)).Token, "0195a000-0000-7000-8000-00000000000a");
        unknown.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    private async Task<Dictionary<string, byte[]>> ReportAsync(GraphQLClient who, string id)
    {
        using var answer = await PostAsync(who.Token, id);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/zip");
        using var body = new MemoryStream(await answer.Content.ReadAsByteArrayAsync(Cancellation));
        await using var zip = new ZipArchive(body);
        var files = new Dictionary<string, byte[]>();
        foreach (var entry in zip.Entries)
        {
            await using var stream = await entry.OpenAsync(Cancellation);
            using var bytes = new MemoryStream();
            await stream.CopyToAsync(bytes, Cancellation);
            files[entry.FullName] = bytes.ToArray();
        }

        return files;
    }

    private async Task<HttpResponseMessage> PostAsync(string? token, string id)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post, $"/audit/people/{id}");
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await started.Product.Http.SendAsync(request, Cancellation);
    }

    private static async Task CommentAsync(
        GraphQLClient who, string conversationId, string body, string visibility, string[]? fileIds = null) =>
        (await who.QueryAsync(
            "mutation($input: AddCommentInput!) { addComment(input: $input) { errors { code message } } }",
            new { input = new { conversationId, body, visibility, fileIds = fileIds ?? [] } }))
            .At("addComment.errors").ShouldBe("[]");

    private static string Sum(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private Task<GraphQLClient> SignInAsync(string email) => started.Product.SignInAsync(email);

    /// <summary>One product for all of them.</summary>
    public sealed class Started : IAsyncLifetime
    {
        internal RunningProduct Product { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Product = await RunningProduct.StartAsync();

        public async ValueTask DisposeAsync() => await Product.DisposeAsync();
    }
}
