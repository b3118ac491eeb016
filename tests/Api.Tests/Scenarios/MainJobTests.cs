using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Messaging.TestSupport.Product;
using Messaging.TestSupport.Smtp;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Scenarios;

/// <summary>What the product is for, from end to end: over HTTP, with mails that a real SMTP server receives.</summary>
public sealed class MainJobTests : IAsyncLifetime
{
    private const string Anna = "anna.sommer@kanzlei-sommer.example";
    private const string Bernd = "bernd.winter@kanzlei-sommer.example";
    private const string Carla = "carla.herbst@kanzlei-sommer.example";
    private const string Auditor = "pruefung@kanzlei-sommer.example";
    private const string Office = "buchhaltung@kanzlei-sommer.example";
    private const string Dieter = "dieter.krause@baeckerei-krause.example";
    private const string Nord = "owner@treuhand-nord.example";

    private RunningProduct _product = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _product = await RunningProduct.StartAsync();

    public async ValueTask DisposeAsync() => await _product.DisposeAsync();

    [Fact]
    public async Task An_office_and_its_customer_hold_a_conversation()
    {
        var (anna, bernd, carla) = (
            await _product.SignInAsync(Anna), await _product.SignInAsync(Bernd), await _product.SignInAsync(Carla));
        var dieter = await _product.SignInAsync(Dieter);
        var customerId = (await anna.QueryAsync("""{ customers(search: "krause") { nodes { id name } } }""")).At(
            "customers.nodes.0.id");
        var berndId = (await bernd.QueryAsync("{ viewer { id displayName role } }")).At("viewer.id");
        var subject = $"Lohnabrechnung November {Guid.NewGuid():N}";

        // Anna writes, needs an answer, and Bernd takes it on.
        var created = await anna.QueryAsync(
            """
            mutation($input: CreateConversationInput!) {
              createConversation(input: $input) {
                conversation { id status awaiting version commentCount responsibleAdministrator { displayName }
                  lastComment { body author { __typename ... on Administrator { displayName } } } }
                errors { code message path }
              }
            }
            """,
            new
            {
                input = new
                {
                    customerId,
                    subject,
                    body = "Bitte schicken Sie uns die Stundenzettel.",
                    status = "ATTENTION",
                    responsibleAdministratorId = berndId,
                },
            }
        );
        created.At("createConversation.errors").ShouldBe("[]");
        var id = created.At("createConversation.conversation.id");
        created.At("createConversation.conversation.status").ShouldBe("ATTENTION");
        created.At("createConversation.conversation.awaiting").ShouldBe("CUSTOMER");
        created.At("createConversation.conversation.responsibleAdministrator.displayName").ShouldBe("Bernd Winter");
        created.At("createConversation.conversation.lastComment.author.displayName").ShouldBe("Anna Sommer");
        await MailAsync(Dieter, subject, "Bitte schicken Sie uns die Stundenzettel.");
        await UntilAsync(() => Task.FromResult(MailsTo(Bernd, subject) == 1));
        (await NotificationsOfAsync(bernd, id)).ShouldHaveSingleItem().At("kind").ShouldBe("ASSIGNED");

        // Dieter sees it, and only what is his.
        var seen = await dieter.QueryAsync(
            "{ conversations(first: 200) { nodes { id subject status customer { name } } totalCount } }");
        var nodes = seen["conversations"]!["nodes"]!.AsArray();
        nodes.ShouldContain(n => n.At("id") == id);
        nodes.ShouldAllBe(n => n.At("customer.name") == "Bäckerei Krause GmbH");

        // He uploads a PDF and comments with it.
        var pdf = Encoding
            .Latin1.GetBytes("%PDF-1.7\n%âãÏÓ\n")
            .Concat(RandomNumberGenerator.GetBytes(100_000))
            .ToArray();
        var upload = (await dieter.UploadAsync("Stundenzettel Növ.pdf", "application/pdf", pdf)).Data;
        upload.At("uploadFile.errors").ShouldBe("[]");
        upload.At("uploadFile.file.sha256").ShouldBe(Convert.ToHexStringLower(SHA256.HashData(pdf)));
        var fileId = upload.At("uploadFile.file.id");
        var commented = await dieter.QueryAsync(
            """
            mutation($input: AddCommentInput!) {
              addComment(input: $input) {
                comment { id body files { id name mediaType size } }
                conversation { status awaiting }
                errors { code message path }
              }
            }
            """,
            new { input = new { conversationId = id, body = "Hier sind sie.", fileIds = new[] { fileId } } });
        commented.At("addComment.errors").ShouldBe("[]");
        commented.At("addComment.comment.files.0.name").ShouldBe("Stundenzettel Növ.pdf");
        commented.At("addComment.comment.files.0.mediaType").ShouldBe("application/pdf");
        commented.At("addComment.conversation.status").ShouldBe("OPEN");
        commented.At("addComment.conversation.awaiting").ShouldBe("OFFICE");

        // The registered address and Bernd have a mail each; Bernd, not Carla, has an unread notification of it.
        await MailAsync(Office, subject, "Hier sind sie.");
        await MailAsync(Bernd, subject, "Hier sind sie.");
        (await NotificationsOfAsync(bernd, id)).Select(n => n.At("kind"))
            .ShouldBe(["CUSTOMER_COMMENTED", "ASSIGNED"]);
        (await NotificationsOfAsync(carla, id)).ShouldBeEmpty();

        // Bernd downloads the file, byte for byte.
        var download = await bernd.GetAsync($"/files/{fileId}");
        download.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await download.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBe(pdf);
        download.Content.Headers.ContentDisposition!.FileNameStar.ShouldBe("Stundenzettel Növ.pdf");

        // He answers, Dieter is told and Anna, who began it, and the conversation is done.
        var before = await CountsAsync(bernd);
        await CommentAsync(bernd, id, "Danke, das genügt.");
        await MailAsync(Dieter, subject, "Danke, das genügt.");
        var changed = await bernd.QueryAsync(
            "mutation($ids: [ID!]!) { changeStatus(input: { conversationIds: $ids, status: ANSWERED }) { "
                + "conversations { id status awaiting } errors { code } } }",
            new { ids = new[] { id } });
        changed.At("changeStatus.conversations.0.status").ShouldBe("ANSWERED");
        changed.At("changeStatus.conversations.0.awaiting").ShouldBe("NOBODY");
        var after = await CountsAsync(bernd);
        (after.Open, after.Answered, after.Total).ShouldBe((before.Open - 1, before.Answered + 1, before.Total));

        // The action tells every administrator but the one who runs it, once, however often it is sent.
        var action = Guid.CreateVersion7();
        for (var i = 0; i < 2; i++)
        {
            var notified = await anna.QueryAsync(
                "mutation($id: ID!, $ids: [ID!]!) { notifyAdministrators(input: { id: $id, conversationIds: $ids "
                    + "}) { conversations { id } errors { code message } } }",
                new { id = action, ids = new[] { id } });
            notified.At("notifyAdministrators.errors").ShouldBe("[]");
            notified.At("notifyAdministrators.conversations.0.id").ShouldBe(id);
        }

        await UntilAsync(async () =>
            (await NotificationsOfAsync(bernd, id)).Count == 3 && (await NotificationsOfAsync(carla, id)).Count == 1
        );
        (await NotificationsOfAsync(carla, id)).ShouldHaveSingleItem().At("kind").ShouldBe("ADMINISTRATORS_NOTIFIED");
        (await NotificationsOfAsync(anna, id)).ShouldHaveSingleItem().At("kind").ShouldBe("ADMINISTRATOR_COMMENTED");
        await UntilAsync(() => Task.FromResult(MailsTo(Bernd, subject) == 3 && MailsTo(Carla, subject) == 1));

        // A conversation for all administrators tells all of them.
        var forAll = await anna.QueryAsync(
            "mutation($input: CreateConversationInput!) { createConversation(input: $input) { conversation { id "
                + "} errors { code message } } }",
            new
            {
                input = new
                {
                    customerId,
                    subject = $"Alle {subject}",
                    body = "Das geht alle an.",
                    notifyAllAdministrators = true,
                },
            }
        );
        var all = forAll.At("createConversation.conversation.id");
        await UntilAsync(async () =>
            (await NotificationsOfAsync(bernd, all)).Count == 1 && (await NotificationsOfAsync(carla, all)).Count == 1
        );
        await CommentAsync(dieter, all, "Verstanden.");
        await UntilAsync(async () =>
            (await NotificationsOfAsync(anna, all)).Count == 1
            && (await NotificationsOfAsync(bernd, all)).Count == 2
            && (await NotificationsOfAsync(carla, all)).Count == 2
        );
        await UntilAsync(() =>
            Task.FromResult(
                MailsTo(Bernd, $"Alle {subject}") == 2
                    && MailsTo(Carla, $"Alle {subject}") == 2
                    && MailsTo(Anna, $"Alle {subject}") == 1
                    && MailsTo(Office, $"Alle {subject}") == 1
                    && MailsTo(Dieter, $"Alle {subject}") == 1
            )
        );

        // Nobody was told anything else of it, not even later.
        await Task.Delay(1000, Cancellation);
        MailsTo(Dieter, subject).ShouldBe(2);
        MailsTo(Office, subject).ShouldBe(1);
        MailsTo(Bernd, subject).ShouldBe(3);
        MailsTo(Carla, subject).ShouldBe(1);
        MailsTo(Anna, subject).ShouldBe(1);
        MailsTo(Auditor, subject).ShouldBe(0);

        // Treuhand Nord sees, reads, changes and downloads nothing, and learns nothing from the answers.
        var nord = await _product.SignInAsync(Nord);
        await LearnsNothingAsync(nord, id, fileId);
    }

    private static async Task LearnsNothingAsync(GraphQLClient stranger, string conversationId, string fileId)
    {
        var unknown = Guid.CreateVersion7().ToString();
        foreach (
            var (query, theirs) in new[]
            {
                ("query($id: ID!) { conversation(id: $id) { id subject } }", conversationId),
                ("query($id: ID!) { conversation(id: $id, asOf: { version: 1 }) { id subject } }", conversationId),
                ("query($id: ID!) { node(id: $id) { id } }", conversationId),
                ("query($id: ID!) { node(id: $id) { id } }", fileId),
                (
                    """mutation($id: ID!) { addComment(input: { conversationId: $id, body: "x" }) { comment { """
                        + """id } conversation { id } errors { code message path } } }""",
                    conversationId
                ),
                (
                    """mutation($id: ID!) { changeStatus(input: { conversationIds: [$id], status: ANSWERED }) """
                        + """{ conversations { id } errors { code message path } } }""",
                    conversationId
                ),
                (
                    """mutation($id: ID!) { assignAdministrator(input: { conversationIds: [$id] }) { """
                        + """conversations { id } errors { code message path } } }""",
                    conversationId
                ),
                (
                    """mutation($id: ID!) { notifyAdministrators(input: { conversationIds: [$id] }) { """
                        + """conversations { id } errors { code message path } } }""",
                    conversationId
                ),
                (
                    """mutation($id: ID!) { markConversationRead(input: { conversationId: $id }) { """
                        + """conversation { id } errors { code message path } } }""",
                    conversationId
                ),
            }
        )
        {
            var (foreign, none) = (
                await stranger.SendAsync(query, new { id = theirs }),
                await stranger.SendAsync(query, new { id = unknown }));
            foreign.Body.ToJsonString().ShouldBe(none.Body.ToJsonString(), query);
            foreign.Status.ShouldBe(none.Status);
        }

        var (download, nothing) = (
            await stranger.GetAsync($"/files/{fileId}"), await stranger.GetAsync($"/files/{unknown}"));
        download.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        nothing.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await download.Content.ReadAsStringAsync(Cancellation)).ShouldBe(
            await nothing.Content.ReadAsStringAsync(Cancellation));
    }

    private static async Task CommentAsync(GraphQLClient author, string conversationId, string body) =>
        (
            await author.QueryAsync(
                "mutation($input: AddCommentInput!) { addComment(input: $input) { errors { code message } } }",
                new { input = new { conversationId, body } })
        )
            .At("addComment.errors")
            .ShouldBe("[]");

    private static async Task<(int Open, int Answered, int Total)> CountsAsync(GraphQLClient viewer)
    {
        var counts = (await viewer.QueryAsync("{ conversationCounts { open attention answered total unread } }"))[
            "conversationCounts"
        ]!;
        return ((int)counts["open"]!, (int)counts["answered"]!, (int)counts["total"]!);
    }

    private static async Task<IReadOnlyList<JsonNode>> NotificationsOfAsync(GraphQLClient viewer, string conversationId)
    {
        var answer = await viewer.QueryAsync(
            "{ viewer { notifications(unreadOnly: true, first: 100) { nodes { kind conversation { id } readAt } } } }");
        return
        [
            .. answer["viewer"]!["notifications"]!["nodes"]!
                .AsArray()
                .Where(n => n.At("conversation.id") == conversationId)
                .Select(n => n!),
        ];
    }

    private int MailsTo(string address, string subject) =>
        _product.Mail.Received.Count(m =>
            m.Recipients.Contains(address)
            && m.Text.Contains(subject, StringComparison.Ordinal)
            && IsAbout(m.Text, subject)
        );

    // "Alle X" contains "X".
    private static bool IsAbout(string text, string subject) =>
        subject.StartsWith("Alle ", StringComparison.Ordinal)
        || !text.Contains($"Alle {subject}", StringComparison.Ordinal);

    private Task<ReceivedMail> MailAsync(string address, string subject, string body) =>
        _product.Mail.WaitForMailAsync(
            m =>
                m.Recipients.Contains(address)
                && m.Text.Contains(subject, StringComparison.Ordinal)
                && m.Text.Contains(body, StringComparison.Ordinal)
                && m.Html.Contains("https://nachrichten.example", StringComparison.Ordinal),
            TimeSpan.FromSeconds(5)
        );

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (var i = 0; i < 100; i++)
        {
            if (await condition()) return;
            await Task.Delay(50, Cancellation);
        }

        (await condition()).ShouldBeTrue("It did not come to that within 5 s.");
    }
}
