using System.Net.Http.Headers;
using Messaging.TestSupport.Product;
using Messaging.TestSupport.Smtp;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Observability;

/// <summary>
/// Whatever happens, traces, metrics and logs hold no word of what people write, and nothing that says who they are.
/// </summary>
public sealed class QuietLogTests
{
    // Each is nowhere but in what this test sends.
    private const string Subject = "Vertraulich-Betreff-4711";
    private const string Body = "Vertraulich-Text-4712 mit Umläuten";
    private const string FileName = "Vertraulich-Datei-4713.txt";
    private const string FileText = "Vertraulich-Inhalt-4714";
    private const string Address = "vertraulich-4715@baeckerei-krause.example";
    private const string PersonName = "Vertraulicher Name-4716";
    private const string Password = "Vertraulich-Kennwort-4717";
    private const string Literal = "Vertraulich-Literal-4718";
    private const string Alias = "vertraulich_alias_4719";
    private const string Path = "vertraulich-pfad-4720";
    private const string Device = "Vertraulich-Geraet-4721";
    private const string Search = "Vertraulich-Suche-4722";

    [Fact]
    public async Task Nothing_of_what_people_write_or_are_is_exported()
    {
        await using var observed = new Observed();
        await observed.InitializeAsync();
        var (product, collector) = (observed.Product, observed.Collector);
        var anna = await product.SignInAsync(Observed.Anna);
        var dieter = await product.SignInAsync(Observed.Dieter);
        await LiveAsync(observed, anna, dieter);

        // By GET, where a document is part of the address; from a device that says what it is; with headers that others
        // choose.
        using var get = new HttpRequestMessage(
            HttpMethod.Get,
            $"/graphql?query={Uri.EscapeDataString($"query Ask {{ {Alias}: conversations(filter: {{ text: "
                + $"\"{Search}\" }}) "
                + $"{{ nodes {{ id subject }} }} }}")}&{Path}=1"
        );
        get.Headers.Authorization = new AuthenticationHeaderValue("Bearer", anna.Token);
        get.Headers.UserAgent.ParseAdd(Device);
        get.Headers.Add("baggage", $"who={Path}");
        (await product.Http.SendAsync(get, TestContext.Current.CancellationToken)).EnsureSuccessStatusCode();
        await product.Http.GetAsync(
            new Uri($"/{Path}/{Path}?{Path}", UriKind.Relative), TestContext.Current.CancellationToken);
        await anna.GetAsync($"/files/{Path}");

        // Refused in all the ways there are: by the document, by its values, by the command, at the sign-in, by the
        // mail server, by the database.
        await anna.SendAsync($"query Bad {{ conversations(filter: {{ text: \"{Literal}\" ");
        await anna.SendAsync($"query Unknown {{ {Alias} {Alias}: viewer {{ nothing(text: \"{Literal}\") }} }}");
        await anna.SendAsync(
            "mutation Missing($b: String!) { addComment(input: { conversationId: \""
                + Guid.NewGuid()
                + "\", body: $b }) { errors { code } } }",
            new { b = Body }
        );
        await product.Anonymous.SendAsync(
            "mutation Guess($e: String!, $p: String!) { signIn(input: { email: $e, password: $p }) { accessToken "
                + "errors { code } } }",
            new { e = Address, p = Password }
        );
        await new GraphQLClient(product.Http, $"{anna.Token}{Path}").SendAsync("{ viewer { id } }");
        await anna.SendRawAsync(
            "query Raw($t: String) { conversations(filter: { text: $t }) { nodes { id } } }",
            $$"""{ "t": "\u0000{{Literal}}" }"""
        );
        product.Mail.Always(
            SmtpStep.RcptTo, SmtpReaction.Reply(550, $"5.1.1 <{Observed.Dieter}> {PersonName}: no such user"));
        await anna.QueryAsync(
            "mutation Vain($id: ID!, $b: String!) { addComment(input: { conversationId: $id, body: $b }) { "
                + "errors { code } } }",
            new { id = await observed.ConversationAsync(anna), b = Body }
        );
        await collector.WaitForAsync(spans => spans.Any(s => s.Attributes.GetValueOrDefault("outcome") == "failed"));
        await observed.MetricsAsync(m => m.Sum("messaging_emails_total", ("outcome", "failed")) >= 1);
        await product.StopAsync();

        // What was sought is also found, where it may be.
        foreach (var signal in (string[])["traces", "metrics", "logs"])
            collector.CountOf(signal).ShouldBeGreaterThan(0, signal);
        collector.WhereIs("AddComment").ShouldNotBeNull();
        collector.WhereIs("messaging.graphql.operation.duration").ShouldNotBeNull();
        collector.WhereIs("from messaging.mt_streams").ShouldNotBeNull();

        foreach (
            var secret in (string[])
                [
                    Subject, Body, FileName, FileText, Address, PersonName, Password, Literal, Alias, Path, Device,
                    Search, "4712", "ertraulich", "messaging-demo", Observed.Anna, Observed.Dieter, "@kanzlei",
                    "@baeckerei", ".example", "Anna Sommer", "Dieter Krause", "Sommer", "Krause", "Kanzlei",
                    anna.Token!, anna.Token!.Split('.')[1], dieter.Token!, "Bearer", "nodes {", "accessToken", "$body",
                    "conversationId:", "Umsatzsteuer"
                ]
        )
        {
            collector.WhereIs(secret).ShouldBeNull(secret);
        }
    }

    // What goes well: an upload, a conversation with it, its mails, an invitation, a download, live updates.
    private static async Task LiveAsync(Observed observed, GraphQLClient anna, GraphQLClient dieter)
    {
        var (product, collector) = (observed.Product, observed.Collector);
        await using var live = await LiveClient.OpenAsync(product.Address, anna);
        await live.SubscribeAsync(
            "1",
            $"subscription Watch {{ {Alias}: conversationsUpdated {{ conversation {{ subject lastComment {{ body "
                + $"}} }} }} }}"
        );
        var file = (await anna.UploadAsync(FileName, "text/plain", System.Text.Encoding.UTF8.GetBytes(FileText))).Data[
            "uploadFile"
        ]!["file"];
        var people = await anna.QueryAsync("{ customers { nodes { id name } } }");
        var krause = people["customers"]!["nodes"]!
            .AsArray()
            .First(c => c.At("name").Contains("Krause", StringComparison.Ordinal))
            .At("id");
        var created = await anna.QueryAsync(
            "mutation Write($input: CreateConversationInput!) { createConversation(input: $input) { conversation "
                + "{ id } errors { message } } }",
            new
            {
                input = new
                {
                    customerId = krause,
                    subject = Subject,
                    body = Body,
                    fileIds = new[] { file.At("id") },
                },
            }
        );
        (await anna.GetAsync(file.At("url"))).EnsureSuccessStatusCode();
        await dieter.QueryAsync(
            "mutation Reply($id: ID!, $b: String!) { addComment(input: { conversationId: $id, body: $b }) { "
                + "comment { id } errors { code } } }",
            new { id = created.At("createConversation.conversation.id"), b = Body });
        await anna.QueryAsync(
            "mutation Invite($input: InviteContactInput!) { inviteContact(input: $input) { errors { code message } } }",
            new { input = new { customerId = krause, email = Address, displayName = PersonName } });
        await product.Mail.WaitForAsync(
            mails =>
                mails.Any(m => m.Recipients.Contains(Address))
                && mails.Count(m => m.Message.TextBody?.Contains("4712", StringComparison.Ordinal) ?? false) >= 2,
            TimeSpan.FromSeconds(60)
        );
        ((string?)(await live.ReceiveAsync())?["type"]).ShouldBe("next");
        await collector.WaitForAsync(spans =>
            spans.Count(s => s.Name == "SMTP send") >= 3 && spans.Any(s => s.Name == "subscription update")
        );
    }
}
