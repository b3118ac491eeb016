using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Messaging.Api.Tests.GraphQL;
using Messaging.TestSupport;
using Messaging.TestSupport.Product;
using Messaging.TestSupport.Smtp;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Email;

/// <summary>
/// Anybody of the office may look up who was told what, when and why, or why nobody was; and what failed is sent again.
/// </summary>
public sealed class LedgerTests : IAsyncLifetime
{
    private const string Bernd = "bernd.winter@kanzlei-sommer.example";

    private RunningProduct _product = null!;
    private NpgsqlDataSource _database = null!;
    private GraphQLClient _anna = null!;
    private GraphQLClient _dieter = null!;
    private string _office = "";
    private string _krause = "";
    private string _bernd = "";

    public async ValueTask InitializeAsync()
    {
        _product = await RunningProduct.StartAsync();
        _database = NpgsqlDataSource.Create(_product.ConnectionString);
        _anna = await _product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        _dieter = await _product.SignInAsync("dieter.krause@baeckerei-krause.example");
        _office = (await _anna.QueryAsync("{ viewer { organisation { id } } }")).At("viewer.organisation.id");
        _krause = (await _anna.QueryAsync("""{ customers(search: "krause") { nodes { id } } }""")).At(
            "customers.nodes.0.id");
        _bernd = (await (await _product.SignInAsync(Bernd)).QueryAsync("{ viewer { id } }")).At("viewer.id");
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        await _product.DisposeAsync();
    }

    [Fact]
    public async Task What_failed_is_seen_with_the_servers_words_and_is_sent_again_once()
    {
        var conversation = await ConverseAsync(_bernd);
        await SettledAsync();
        _product.Mail.AlwaysTo(Bernd, SmtpReaction.Reply(550, "5.1.1 no such user"));
        await CommentAsync(_dieter, conversation, "Kommt das an?");
        await SettledAsync();
        const string Failed =
            "query($id: ID) { deliveries(filter: { states: [FAILED, PERHAPS_SENT], conversationId: $id }) { nodes { id "
            + "kind rule state address attempts lastError sentAt toRegisteredAddress resentAt resentBy { id } "
            + "triedNextAt recipient { ... on Administrator { displayName } } conversation { id } comment { body } "
            + "event { type } } totalCount } }";
        var failed = (await _anna.QueryAsync(Failed, new { id = conversation }))["deliveries"]!;
        failed.At("totalCount").ShouldBe("1");
        var one = failed["nodes"]![0]!;
        one.At("kind").ShouldBe("CUSTOMER_COMMENTED");
        one.At("rule").ShouldBe("RESPONSIBLE");
        one.At("address").ShouldBe(Bernd);
        one.At("recipient.displayName").ShouldBe("Bernd Winter");
        one.At("lastError").ShouldContain("no such user");
        (one.At("attempts"), one.At("sentAt"), one.At("triedNextAt"), one.At("resentAt")).ShouldBe(("1", "", "", ""));
        one.At("conversation.id").ShouldBe(conversation);
        one.At("comment.body").ShouldBe("Kommt das an?");
        one.At("event.type").ShouldBe("comment_added");

        // Owners see in the bell that there is one; nobody else does.
        (await _anna.QueryAsync("{ viewer { failedDeliveryCount } }")).At("viewer.failedDeliveryCount").ShouldBe("1");
        (await _dieter.QueryAsync("{ viewer { failedDeliveryCount } }")).At("viewer.failedDeliveryCount").ShouldBe("0");
        await ExecuteAsync(
            $"update messaging.deliveries set created_at = created_at - interval '8 days' where id = '{one.At("id")}'");
        (await _anna.QueryAsync("{ viewer { failedDeliveryCount } }")).At("viewer.failedDeliveryCount").ShouldBe("0");

        // Nobody else has it sent again, and while it is refused it fails again.
        var id = one.At("id");
        var auditor = await _product.SignInAsync("pruefung@kanzlei-sommer.example");
        (await auditor.QueryAsync(Failed)).At("deliveries.nodes.0.address").ShouldBe(Bernd);
        (await ResendAsync(auditor, id)).At("errors.0.code").ShouldBe("FORBIDDEN");
        (await ResendAsync(_dieter, id)).At("errors.0.code").ShouldBe("FORBIDDEN");
        (await ResendAsync(_anna, id)).At("errors").ShouldBe("[]");
        await WaitAsync($"select state = 'Failed' and attempts = 2 from messaging.deliveries where id = '{id}'");

        _product.Mail.BehaveAgain();
        var before = _product.Mail.Received.Count;
        (await ResendAsync(_anna, id)).At("errors").ShouldBe("[]");
        (await ResendAsync(_anna, id)).At("errors").ShouldBe("[]");
        await WaitAsync($"select state = 'Sent' from messaging.deliveries where id = '{id}'");
        var again = await ResendAsync(_anna, id);
        (again.At("errors"), again.At("delivery.state")).ShouldBe(("[]", "SENT"));
        again.At("delivery.resentBy.displayName").ShouldBe("Anna Sommer");
        again.At("delivery.sentAt").ShouldNotBeEmpty();
        await SettledAsync();
        _product.Mail.Received.Skip(before)
            .ShouldHaveSingleItem().Text.ShouldContain("Kommt das an?");
        (await _anna.QueryAsync(Failed, new { id = conversation })).At("deliveries.totalCount").ShouldBe("0");
        (await ResendAsync(_anna, Guid.CreateVersion7().ToString())).At("errors.0.code").ShouldBe("NOT_FOUND");
    }

    [Fact]
    public async Task What_was_perhaps_sent_goes_out_at_once_when_somebody_wants_that()
    {
        var conversation = await ConverseAsync(_bernd);
        await SettledAsync();
        _product.Mail.Once(SmtpStep.Content, SmtpReaction.Drop, SmtpReaction.Drop);
        await CommentAsync(_dieter, conversation, "Vielleicht");
        await WaitAsync(
            "select count(*) = 2 from messaging.deliveries where state = 'PerhapsSent' and perhaps_until is not null");
        var ids = await ListAsync("select id::text from messaging.deliveries where state = 'PerhapsSent'");
        foreach (var id in ids) (await ResendAsync(_anna, id)).At("errors").ShouldBe("[]");
        await WaitAsync("select count(*) = 0 from messaging.deliveries where state <> 'Sent'");
        _product.Mail.Received.Count(m => m.Text.Contains("Vielleicht", StringComparison.Ordinal)).ShouldBe(2);
    }

    [Fact]
    public async Task An_event_says_who_was_told_by_which_rule_or_why_nobody_was()
    {
        var conversation = await ConverseAsync(_bernd);
        await CommentAsync(_dieter, conversation, "Frage");
        await _anna.QueryAsync(
            "mutation($id: ID!) { changeStatus(input: { conversationIds: [$id], status: ANSWERED }) { errors { code } "
                + "} }", new { id = conversation });
        await _anna.QueryAsync(
            "mutation($id: ID!) { tagConversations(input: { conversationIds: [$id], add: [\"Lohn\"] }) { errors { code "
                + "} } }", new { id = conversation });
        await SettledAsync();
        var history = await HistoryAsync(conversation);
        history.Select(h => $"{h.At("type")} {h.At("whyNobody")} {Told(h)}".Trim()).ShouldBe([
            "conversation_created  EMAIL BECAME_RESPONSIBLE Bernd Winter, EMAIL CONTACT_OF_CUSTOMER Dieter Krause, "
                + "PROFILE BECAME_RESPONSIBLE Bernd Winter, PROFILE CONTACT_OF_CUSTOMER Dieter Krause",
            "comment_added TOLD_WITH_CONVERSATION",
            "comment_added  EMAIL REGISTERED_ADDRESS -, EMAIL RESPONSIBLE Bernd Winter, "
                + "PROFILE RESPONSIBLE Bernd Winter",
            "status_changed NOT_WANTED_BY_OFFICE",
            "conversation_tagged NOT_OF_THIS_KIND",
        ]);

        // Who reads their own notification reads why it is theirs.
        var bernd = await _product.SignInAsync(Bernd);
        (await bernd.QueryAsync("{ viewer { notifications(first: 2) { nodes { kind rule } } } }"))
            .At("viewer.notifications.nodes").ShouldBe(
                """[{"kind":"CUSTOMER_COMMENTED","rule":"RESPONSIBLE"},{"kind":"ASSIGNED","rule":"BECAME_RESPONSIBLE"}]""");

        // As nodes of the version before leave it: there is no rule, and no reason why there was nobody.
        await ExecuteAsync(
            "update messaging.deliveries set rule = null; update messaging.notifications set rule = null; "
                + "delete from messaging.nobody_told");
        history = await HistoryAsync(conversation);
        Told(history[2]).ShouldBe("EMAIL  -, EMAIL  Bernd Winter, PROFILE  Bernd Winter");
        history[3].At("whyNobody").ShouldBe("NOT_RECORDED");
        history[4].At("whyNobody").ShouldBe("NOT_OF_THIS_KIND");
        (await bernd.QueryAsync("{ viewer { notifications(first: 1) { nodes { rule } } } }"))
            .At("viewer.notifications.nodes").ShouldBe("""[{"rule":null}]""");

        // As before the planner has come to it.
        await ExecuteAsync("delete from messaging.deliveries; delete from messaging.notifications");
        await ExecuteAsync("update messaging.mt_event_progression set last_seq_id = 0 where name like 'notific%'");
        (await HistoryAsync(conversation))[2].At("whyNobody").ShouldBe("NOT_PLANNED_YET");
    }

    [Fact]
    public async Task Whoever_a_note_mentions_is_told_and_named_as_they_are_called_now()
    {
        var conversation = await ConverseAsync(_bernd);
        var people = (await _anna.QueryAsync("{ administrators { nodes { id email role } } }"))["administrators"]!
            ["nodes"]!.AsArray();
        string IdOf(string name) => people
            .Single(p => p.At("email").StartsWith($"{name}.", StringComparison.Ordinal)).At("id");
        var (carla, auditor) = (IdOf("carla"), people.Single(p => p.At("role") == "AUDITOR").At("id"));
        var dieter = (await _dieter.QueryAsync("{ viewer { id } }")).At("viewer.id");
        async Task<JsonNode> WriteAsync(GraphQLClient by, string visibility, params string[] mentions) =>
            (await by.QueryAsync(
                "mutation($id: ID!, $v: CommentVisibility, $m: [ID!]) { addComment(input: { conversationId: $id, "
                    + "body: \"@Carla\", visibility: $v, mentions: $m }) { comment { id mentions { id displayName } } "
                    + "errors { code path } } }",
                new { id = conversation, v = visibility, m = mentions }))["addComment"]!;

        // Unknown, another's, and who would not be told: alike, and nothing is written.
        foreach (var nobody in (string[])[Guid.CreateVersion7().ToString(), "nobody", dieter, auditor])
        {
            var refused = await WriteAsync(_anna, "INTERNAL", carla, nobody);
            (refused.At("comment"), refused.At("errors.0.code"), refused.At("errors.0.path.0"),
                refused.At("errors.0.path.1")).ShouldBe(("", "NOT_FOUND", "mentions", "1"), nobody);
        }

        (await WriteAsync(_anna, "PUBLIC", carla)).At("errors.0.code").ShouldBe("INVALID");
        (await WriteAsync(_anna, "INTERNAL", [.. Enumerable.Repeat(carla, 21)])).At("errors.0.code")
            .ShouldBe("TOO_LARGE");
        (await HistoryAsync(conversation)).Length.ShouldBe(2);

        var note = (await WriteAsync(_anna, "INTERNAL", carla, carla))["comment"]!;
        note["mentions"]!.AsArray().ShouldHaveSingleItem()!.At("id").ShouldBe(carla);
        await SettledAsync();
        Told((await HistoryAsync(conversation))[2]).ShouldBe(
            "EMAIL MENTIONED Carla Herbst, EMAIL RESPONSIBLE Bernd Winter, "
                + "PROFILE MENTIONED Carla Herbst, PROFILE RESPONSIBLE Bernd Winter");

        // Events hold ids: a name that has changed is the one of now.
        var client = await _product.SignInAsync(people.Single(p => p.At("id") == carla).At("email"));
        await client.QueryAsync(
            "mutation { updateProfile(input: { displayName: \"Carla Neumann\" }) { errors { code } } }");
        const string Comments =
            "query($id: ID!) { conversation(id: $id) { comments { nodes { mentions { displayName } } } } }";
        (await _anna.QueryAsync(Comments, new { id = conversation })).At("conversation.comments.nodes").ShouldBe(
            """[{"mentions":[]},{"mentions":[{"displayName":"Carla Neumann"}]}]""");
        (await _dieter.QueryAsync(Comments, new { id = conversation })).At("conversation.comments.nodes")
            .ShouldBe("""[{"mentions":[]}]""");
    }

    [Fact]
    public async Task Nodes_of_the_version_before_write_rows_that_are_sent_and_shown()
    {
        var conversation = await ConverseAsync(_bernd);
        await SettledAsync();
        var id = Guid.CreateVersion7();

        // The statement of before, with its columns.
        await ExecuteAsync(
            $"""
            insert into messaging.deliveries (
                tenant_id, id, event_id, kind, address, address_key, recipient_kind, recipient_id, locale,
                    conversation_id, comment_id,
                actor_kind, actor_id, occurred_at, state, last_error, attempts, created_at, try_at)
            select tenant_id, '{id}', gen_random_uuid(), 'AdministratorCommented', address, address_key,
                recipient_kind, recipient_id, locale, conversation_id, null, actor_kind, actor_id, occurred_at,
                'Pending', null, 0, clock_timestamp(), clock_timestamp()
            from messaging.deliveries where conversation_id = '{conversation}' and recipient_kind = 'Contact'
            """);
        await WaitAsync($"select state = 'Sent' from messaging.deliveries where id = '{id}'");
        var node = (await _anna.QueryAsync(
            "query($id: ID!) { node(id: $id) { ... on Delivery { state rule } } }", new { id }))["node"]!;
        (node.At("state"), node.At("rule")).ShouldBe(("SENT", ""));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_ledger_is_read_in_pages_the_latest_first(bool ofAll)
    {
        var conversation = await ConverseAsync(_bernd);
        for (var i = 0; i < 4; i++) await CommentAsync(_dieter, conversation, $"Nummer {i}");
        await SettledAsync();

        // Two of one instant are told apart by their ids.
        await ExecuteAsync(
            $"""
            update messaging.deliveries set created_at = (select min(created_at) from messaging.deliveries)
            where conversation_id = '{conversation}' and kind = 'CustomerCommented'
            """);
        var expected = await ListAsync(
            "select id::text from messaging.deliveries "
                + (ofAll ? $"where tenant_id = '{_office}' " : $"where conversation_id = '{conversation}' ")
                + "order by created_at desc, id desc");
        expected.Count.ShouldBeGreaterThanOrEqualTo(10);
        var list = ofAll ? "deliveries" : "conversation";
        string Query(string part) => ofAll
            ? $"{{ deliveries({part}) {{ totalCount edges {{ cursor node {{ id }} }} pageInfo {{ hasNextPage "
                + "hasPreviousPage endCursor startCursor } } }"
            : $"{{ conversation(id: \"{conversation}\") {{ deliveries({part}) {{ totalCount edges {{ cursor node {{ id "
                + "} } pageInfo { hasNextPage hasPreviousPage endCursor startCursor } } } }";
        async Task<JsonNode> PageAsync(string part)
        {
            var answer = (await _anna.QueryAsync(Query(part)))[list]!;
            return ofAll ? answer : answer["deliveries"]!;
        }

        var forward = new List<string>();
        for (var after = ""; ;)
        {
            var page = await PageAsync($"first: 3{after}");
            page.At("totalCount").ShouldBe($"{expected.Count}");
            page.At("pageInfo.hasPreviousPage").ShouldBe(forward.Count > 0 ? "true" : "false");
            forward.AddRange(page["edges"]!.AsArray().Select(e => e.At("node.id")));
            if (page.At("pageInfo.hasNextPage") == "false") break;
            after = $", after: \"{page.At("pageInfo.endCursor")}\"";
        }

        forward.ShouldBe(expected);
        var backward = new List<string>();
        for (var before = ""; ;)
        {
            var page = await PageAsync($"last: 4{before}");
            backward.InsertRange(0, page["edges"]!.AsArray().Select(e => e.At("node.id")));
            if (page.At("pageInfo.hasPreviousPage") == "false") break;
            before = $", before: \"{page.At("pageInfo.startCursor")}\"";
        }

        backward.ShouldBe(expected);
        foreach (var wrong in (string[])["first: 201", "first: 1, after: \"x\"", "first: 1, last: 1"])
            (await _anna.SendAsync(Query(wrong))).ErrorCode.ShouldBe("BAD_USER_INPUT", wrong);
    }

    [Fact]
    public async Task A_filter_has_those_that_meet_all_of_it()
    {
        var conversation = await ConverseAsync(_bernd);
        await CommentAsync(_dieter, conversation, "Frage");
        await SettledAsync();
        var other = await ConverseAsync(null);
        await CommentAsync(_dieter, other, "Andere Frage");
        await SettledAsync();
        (string Filter, string Where)[] cases =
        [
            ("{}", "true"),
            ("{ states: [SENT] }", "state = 'Sent'"),
            ("{ states: [PENDING, FAILED] }", "state in ('Pending', 'Failed')"),
            ("{ states: [] }", "false"),
            ("{ kinds: [CUSTOMER_COMMENTED] }", "kind = 'CustomerCommented'"),
            ("{ kinds: [CUSTOMER_COMMENTED, ASSIGNED] }", "kind in ('CustomerCommented', 'Assigned')"),
            ($"{{ conversationId: \"{other}\" }}", $"conversation_id = '{other}'"),
            ($"{{ recipientId: \"{_bernd}\" }}", $"recipient_id = '{_bernd}'"),
            ("{ toRegisteredAddress: true }", "recipient_id is null"),
            ("{ toRegisteredAddress: false, kinds: [CUSTOMER_COMMENTED] }",
                "recipient_id is not null and kind = 'CustomerCommented'"),
            ($"{{ conversationId: \"{Guid.CreateVersion7()}\" }}", "false"),
            ("{ recipientId: \"nobody\" }", "false"),
        ];
        foreach (var (filter, where) in cases)
        {
            var page = (await _anna.QueryAsync(
                $"{{ deliveries(first: 200, filter: {filter}) {{ nodes {{ id }} totalCount }} }}"))["deliveries"]!;
            page["nodes"]!.AsArray().Select(n => n.At("id")).ShouldBe(
                await ListAsync(
                    $"select id::text from messaging.deliveries where tenant_id = '{_office}' and {where} "
                        + "order by created_at desc, id desc"),
                filter);
            page.At("totalCount").ShouldBe($"{page["nodes"]!.AsArray().Count}", filter);
        }
    }

    [Fact]
    public async Task Whoever_is_limited_sees_the_mails_of_their_customers_and_sends_no_others_again()
    {
        var people = await _anna.QueryAsync(
            """{ administrators { nodes { id email } } customers(search: "lindner") { nodes { id } } }""");
        var carla = people["administrators"]!["nodes"]!.AsArray()
            .Single(n => n.At("email").StartsWith("carla", StringComparison.Ordinal)).At("id");
        await _anna.QueryAsync(
            "mutation($id: ID!, $customer: ID!) { setAdministratorAccess(input: { id: $id, access: { all: false, "
                + "customerIds: [$customer] } }) { errors { code message } } }",
            new { id = carla, customer = people.At("customers.nodes.0.id") });
        foreach (var customer in (string[])[_krause, people.At("customers.nodes.0.id")])
        {
            await _anna.QueryAsync(
                "mutation($input: InviteContactInput!) { inviteContact(input: $input) { errors { message } } }",
                new { input = new { customerId = customer, email = $"{customer}@neu.example", displayName = "Neu" } });
        }

        var theirs = await ConverseAsync(_bernd);
        var hers = await ConverseAsync(_bernd, people.At("customers.nodes.0.id"));
        await SettledAsync();
        var limited = await _product.SignInAsync("carla.herbst@kanzlei-sommer.example");
        var page = (await limited.QueryAsync(
            "{ deliveries(first: 200) { nodes { id address recipient { __typename } conversation { id } } totalCount } }"
        ))["deliveries"]!;
        var seen = page["nodes"]!.AsArray();
        seen.Count(n => n.At("conversation.id") == hers).ShouldBe(3);
        seen.ShouldNotContain(n => n.At("conversation.id") == theirs);
        seen.ShouldContain(n => n.At("address") == $"{people.At("customers.nodes.0.id")}@neu.example");
        seen.ShouldNotContain(n => n.At("address") == $"{_krause}@neu.example");
        seen.ShouldAllBe(
            n => n.At("recipient.__typename") != "" || n.At("address") == "buchhaltung@kanzlei-sommer.example");
        page.At("totalCount").ShouldBe($"{seen.Count}");

        await ExecuteAsync("update messaging.deliveries set state = 'Failed', sent_at = null where kind = 'Assigned'");
        string Of(string id) => $"select id::text from messaging.deliveries where kind = 'Assigned' "
            + $"and conversation_id = '{id}'";
        (await ResendAsync(limited, (await ListAsync(Of(theirs)))[0])).At("errors.0.code").ShouldBe("NOT_FOUND");
        (await ResendAsync(limited, (await ListAsync(Of(hers)))[0])).At("errors").ShouldBe("[]");
        await WaitAsync($"{Of(hers).Replace("id::text", "state = 'Sent'", StringComparison.Ordinal)}");
        (await ListAsync(Of(theirs).Replace("id::text", "state", StringComparison.Ordinal))).ShouldBe(["Failed"]);
    }

    [Fact]
    public async Task What_was_sent_is_kept_once_for_each_mail_and_is_what_the_server_got()
    {
        var conversation = await ConverseAsync(_bernd);
        await SettledAsync();
        await CommentAsync(_dieter, conversation, "Grüße \u202e 🧾 aus Zürich");
        await SettledAsync();
        var nodes = (await _anna.QueryAsync(
            "query($id: ID!) { conversation(id: $id) { deliveries { nodes { address mail { messageId subject text sha256 "
                + "sentAt } } } } }", new { id = conversation }))["conversation"]!["deliveries"]!["nodes"]!.AsArray();
        nodes.Count.ShouldBe(4);
        foreach (var node in nodes)
        {
            var got = _product.Mail.Received.Single(m => m.MessageId == node.At("mail.messageId"));
            got.Message.To.Mailboxes.Single().Address.ShouldBe(node.At("address"));
            node.At("mail.subject").ShouldBe(got.Message.Subject);
            node.At("mail.text").ReplaceLineEndings("\n").ShouldBe(got.Text.ReplaceLineEndings("\n"));
            node.At("mail.sha256").ShouldBe(Convert.ToHexStringLower(
                SHA256.HashData(Encoding.UTF8.GetBytes(node.At("mail.text")))));
        }

        nodes.Count(n => n.At("mail.text").Contains("aus Zürich", StringComparison.Ordinal)).ShouldBe(2);

        // What was perhaps sent is kept as well: somebody may have read it.
        _product.Mail.Once(SmtpStep.Content, SmtpReaction.KeepThenDrop);
        await CommentAsync(_dieter, conversation, "Vielleicht");
        await SettledAsync();
        (await _anna.QueryAsync("{ deliveries(filter: { states: [PERHAPS_SENT] }) { nodes { mail { text } } } }"))
            .At("deliveries.nodes.0.mail.text").ShouldContain("Vielleicht");
    }

    [Fact]
    public async Task The_text_of_a_mail_about_an_account_is_nowhere()
    {
        await _anna.QueryAsync(
            "mutation($input: InviteContactInput!) { inviteContact(input: $input) { errors { message } } }",
            new { input = new { customerId = _krause, email = "neu@krause.example", displayName = "Neu" } });
        await _product.Anonymous.QueryAsync(
            "mutation { requestPasswordReset(input: { email: \"bernd.winter@kanzlei-sommer.example\" }) { errors { code } "
                + "} }");
        await SettledAsync();
        var nodes = (await _anna.QueryAsync(
            "{ deliveries(filter: { kinds: [INVITATION, PASSWORD_RESET] }) { nodes { mail { messageId subject text sha256 "
                + "} } } }"))["deliveries"]!["nodes"]!.AsArray();
        nodes.Count.ShouldBe(2);
        foreach (var mail in nodes.Select(n => n!["mail"]))
        {
            var got = _product.Mail.Received.Single(m => m.MessageId == mail.At("messageId"));
            mail.At("subject").ShouldBe(got.Message.Subject);
            mail.At("text").ShouldBe("");
            mail.At("sha256").Length.ShouldBe(64);
            var token = Regex.Match(got.Text, "token=([^\\s&]+)").Groups[1].Value;
            token.Length.ShouldBeGreaterThan(20);
            (await ListAsync(
                $"select m::text from messaging.sent_mails m where strpos(m::text, '{token}') > 0")).ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task A_mail_that_also_told_of_what_somebody_may_not_see_keeps_its_text_from_them()
    {
        var people = await _anna.QueryAsync(
            """{ administrators { nodes { id email } } customers(search: "lindner") { nodes { id } } }""");
        var lindner = people.At("customers.nodes.0.id");
        await _anna.QueryAsync(
            "mutation($id: ID!, $customer: ID!) { setAdministratorAccess(input: { id: $id, access: { all: false, "
                + "customerIds: [$customer] } }) { errors { code message } } }",
            new
            {
                id = people["administrators"]!["nodes"]!.AsArray()
                    .Single(n => n.At("email").StartsWith("carla", StringComparison.Ordinal)).At("id"),
                customer = lindner,
            });
        var hers = await ConverseAsync(_bernd, lindner);
        var theirs = await ConverseAsync(_bernd);
        await SettledAsync();
        var limited = await _product.SignInAsync("carla.herbst@kanzlei-sommer.example");
        async Task<string> TextAsync() => (await limited.QueryAsync(
            "query($id: ID!) { conversation(id: $id) { deliveries(first: 1) { nodes { mail { text } } } } }",
            new { id = hers })).At("conversation.deliveries.nodes.0.mail");
        (await TextAsync()).ShouldContain("Belege");
        await ExecuteAsync(
            $"update messaging.sent_mails set conversation_ids = conversation_ids || '{theirs}'::uuid");
        (await TextAsync()).ShouldBe("");
    }

    [Fact]
    public async Task A_mail_about_an_account_and_what_nobody_needs_are_not_sent_again()
    {
        _product.Mail.AlwaysTo("neu@krause.example", SmtpReaction.Reply(550, "no"));
        await _anna.QueryAsync(
            "mutation($input: InviteContactInput!) { inviteContact(input: $input) { errors { message } } }",
            new { input = new { customerId = _krause, email = "neu@krause.example", displayName = "Neu" } });
        await WaitAsync("select count(*) = 1 from messaging.deliveries where state = 'Failed'");
        var mail = (await _anna.QueryAsync(
            "{ deliveries(filter: { states: [FAILED] }) { nodes { id kind rule conversation { id } event { id } } } }"))
            ["deliveries"]!["nodes"]![0]!;
        (mail.At("kind"), mail.At("rule"), mail.At("conversation"), mail.At("event"))
            .ShouldBe(("INVITATION", "OWN_ACCOUNT", "", ""));
        var refused = await ResendAsync(_anna, mail.At("id"));
        refused.At("errors.0.code").ShouldBe("CONFLICT");
        refused.At("errors.0.message").ShouldContain("invite the person again");

        await ConverseAsync(_bernd);
        await SettledAsync();
        await ExecuteAsync(
            "update messaging.deliveries set state = 'NotNeeded', sent_at = null where kind = 'Assigned'");
        var id = (await ListAsync("select id::text from messaging.deliveries where state = 'NotNeeded'"))[0];
        (await ResendAsync(_anna, id)).At("errors.0.code").ShouldBe("CONFLICT");
    }

    [Fact]
    public async Task What_is_looked_up_costs_the_same_number_of_statements_however_much_it_is()
    {
        var conversation = await ConverseAsync(_bernd);
        for (var i = 0; i < 20; i++) await CommentAsync(_dieter, conversation, $"Nummer {i}");
        await SettledAsync();
        const string Ledger =
            "query($first: Int) { deliveries(first: $first) { nodes { id recipient { __typename } conversation { subject } "
            + "comment { body } event { type } resentBy { id } } } }";
        const string History =
            "query($id: ID!, $first: Int) { conversation(id: $id) { history(first: $first) { nodes { type whyNobody "
            + "told(first: 5) { nodes { recipient { __typename } delivery { state } } totalCount } } } } }";
        foreach (var query in (string[])[Ledger, History])
        {
            var of3 = await Counted.StatementsAsync(
                () => _anna.QueryAsync(query, new { id = conversation, first = 3 }));
            var of20 = await Counted.StatementsAsync(
                () => _anna.QueryAsync(query, new { id = conversation, first = 20 }));
            of20.Count.ShouldBeLessThanOrEqualTo(of3.Count, string.Join("\n\n", of20));
            of20.Count.ShouldBeLessThanOrEqualTo(9, string.Join("\n\n", of20));
        }
    }

    private async Task<string> ConverseAsync(string? responsible, string? customer = null) =>
        (await _anna.QueryAsync(
            "mutation($input: CreateConversationInput!) { createConversation(input: $input) { conversation { id } errors "
                + "{ message } } }",
            new
            {
                input = new
                {
                    customerId = customer ?? _krause,
                    subject = "Belege",
                    body = "Bitte schicken",
                    responsibleAdministratorId = responsible,
                },
            })).At("createConversation.conversation.id");

    private static async Task CommentAsync(GraphQLClient who, string conversation, string body) =>
        (await who.QueryAsync(
            "mutation($input: AddCommentInput!) { addComment(input: $input) { errors { message } } }",
            new { input = new { conversationId = conversation, body } })).At("addComment.errors").ShouldBe("[]");

    private static async Task<JsonNode> ResendAsync(GraphQLClient who, string id) =>
        (await who.QueryAsync(
            "mutation($id: ID!) { resendDelivery(input: { id: $id }) { delivery { state sentAt resentBy { displayName } } "
                + "errors { code message } } }",
            new { id }))["resendDelivery"]!;

    private async Task<JsonNode[]> HistoryAsync(string conversation) =>
    [
        .. (await _anna.QueryAsync(
            "query($id: ID!) { conversation(id: $id) { history { nodes { type whyNobody told { totalCount nodes { channel "
                + "rule recipient { ... on Administrator { displayName } ... on Contact { displayName } } } } } } } }",
            new { id = conversation }))["conversation"]!["history"]!["nodes"]!.AsArray().Select(n => n!),
    ];

    private static string Told(JsonNode @event)
    {
        var told = @event["told"]!["nodes"]!.AsArray();
        @event.At("told.totalCount").ShouldBe($"{told.Count}");
        return string.Join(
            ", ",
            told.Select(t => $"{t.At("channel")} {t.At("rule")} "
                + (t.At("recipient.displayName") is { Length: > 0 } name ? name : "-")).Order(StringComparer.Ordinal));
    }

    /// <summary>Waits until all that has happened is planned, and no mail is under way.</summary>
    private Task SettledAsync() => WaitAsync(
        """
        select (select max(last_seq_id) from messaging.mt_event_progression where name = 'notifications:All')
                = (select max(seq_id) from messaging.mt_events)
            and not exists (select from messaging.deliveries where state in ('Pending', 'Sending'))
        """);

    private Task WaitAsync(string sql) => Waiting.UntilAsync(async () =>
    {
        await using var command = _database.CreateCommand(sql);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken) is true;
    });

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private async Task<List<string>> ListAsync(string sql)
    {
        await using var command = _database.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var rows = new List<string>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken)) rows.Add(reader.GetString(0));
        return rows;
    }
}
