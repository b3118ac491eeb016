using System.Text.Json.Nodes;
using Messaging.Application.Conversations;
using Messaging.Domain;
using Messaging.TestSupport;
using Messaging.TestSupport.Product;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Security;

/// <summary>
/// People who see some of the customers only, or conversations of some topics only: whatever they list, count, search,
/// subscribe to, are mailed and download keeps to it, at once and on every node.
/// </summary>
public sealed class LimitedAccessTests : IAsyncLifetime
{
    private const string Anna = "anna.sommer@kanzlei-sommer.example";
    private const string Carla = "carla.herbst@kanzlei-sommer.example";
    private const string Dieter = "dieter.krause@baeckerei-krause.example";

    private static readonly Dictionary<string, string?> s_several = new() { ["Messaging:Nodes"] = "several" };

    private static readonly string[] s_south = ["Sued"];

    private RunningProduct _product = null!;
    private GraphQLClient _anna = null!;
    private GraphQLClient _carla = null!;
    private GraphQLClient _dieter = null!;
    private string _carlaId = "";
    private string _dieterId = "";
    private string _krause = "";
    private string _lindner = "";
    private string _secret = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _product = await RunningProduct.StartAsync(settings: s_several);
        _anna = await _product.SignInAsync(Anna);
        _carla = await _product.SignInAsync(Carla);
        _dieter = await _product.SignInAsync(Dieter);
        var known = await _anna.QueryAsync(
            """
            { krause: customers(search: "krause") { nodes { id contacts { id } } }
              lindner: customers(search: "lindner") { nodes { id } }
              administrators { nodes { id email } } }
            """);
        _krause = known.At("krause.nodes.0.id");
        _dieterId = known.At("krause.nodes.0.contacts.0.id");
        _lindner = known.At("lindner.nodes.0.id");
        _carlaId = known["administrators"]!["nodes"]!.AsArray().Single(n => n.At("email") == Carla).At("id");
        _secret = await CreateAsync(_krause, "Geheimes Testament");
    }

    public async ValueTask DisposeAsync() => await _product.DisposeAsync();

    [Fact]
    public async Task Somebody_of_the_office_sees_the_customers_that_they_were_given_and_no_trace_of_others()
    {
        await LimitAsync([_lindner]);
        var seen = await _carla.QueryAsync(
            """
            query($from: DateTime!, $to: DateTime!) {
              conversations(first: 200) { nodes { customer { id } } totalCount } conversationCounts { total unread }
              customers { nodes { id } totalCount } viewer { isLimited notifications { totalCount } }
              reports { resolutionTime(from: $from, to: $to, groupBy: CUSTOMER) {
                total { count outcomes { count } } groups { customer { id } }
                waits(first: 200) { nodes { conversation { customer { id } } } totalCount } }
                backlog { total open attention } workload { open attention awaitingOffice }
                work { total { open attention } groups(groupBy: CUSTOMER) { nodes { customer { id } } totalCount }
                  conversations(first: 200) { nodes { conversation { customer { id } } } totalCount } }
                unreachable { nodes { customer { id } contact { email } } totalCount }
                undelivered(months: 24) { customers { nodes { customer { id } } }
                  waits(first: 200) { nodes { conversation { customer { id } } } } }
                notifications(from: $from, to: $to) { kinds { mails } conversations(of: MAILS, first: 200) {
                  nodes { conversation { customer { id } } } } }
                activity(from: "2020-01-01T00:00:00Z", to: "2030-01-01T00:00:00Z", interval: MONTH) { created } }
              conversationTags }
            """,
            new { from = DateTimeOffset.UtcNow.AddDays(-900), to = DateTimeOffset.UtcNow.AddDays(100) });
        seen.ToJsonString().ShouldNotContain(_krause);
        seen["customers"]!["nodes"]!.AsArray().Select(n => n.At("id")).ShouldBe([_lindner]);
        seen.At("customers.totalCount").ShouldBe("1");
        var count = seen["conversations"]!["nodes"]!.AsArray().Count;
        count.ShouldBeGreaterThan(0);
        seen.At("conversations.totalCount").ShouldBe($"{count}");
        seen.At("conversationCounts.total").ShouldBe($"{count}");
        seen.At("reports.backlog.total").ShouldBe($"{count}");
        seen.At("reports.work.total.open").ShouldBe(seen.At("reports.backlog.open"));
        seen.At("reports.work.total.attention").ShouldBe(seen.At("reports.backlog.attention"));
        seen["reports"]!["activity"]!.AsArray().Sum(b => int.Parse(b.At("created"), null)).ShouldBe(count);
        seen["reports"]!["resolutionTime"]!["groups"]!.AsArray().Select(g => g.At("customer.id")).ShouldBe([_lindner]);
        seen["reports"]!["resolutionTime"]!["total"]!["outcomes"]!.AsArray().Sum(o => int.Parse(o.At("count"), null))
            .ShouldBe(int.Parse(seen.At("reports.resolutionTime.waits.totalCount"), null));
        seen.At("viewer.isLimited").ShouldBe("true");

        // A foreign id and one of nothing are answered alike, to the letter.
        foreach (var query in (string[])
            [
                "query($id: ID!) { node(id: $id) { id } }", "query($id: ID!) { customer(id: $id) { id } }",
                "query($id: ID!) { conversation(id: $id) { id history { totalCount } } }",
                "query($id: ID!) { conversation(id: $id, asOf: { version: 1 }) { id } }",
                "query($id: ID!) { conversations(filter: { customerId: $id }) { nodes { id } } }",
                "mutation($id: ID!) { addComment(input: { conversationId: $id, body: \"x\" }) { errors { code "
                    + "message path } } }",
                "mutation($id: ID!) { changeStatus(input: { conversationIds: [$id], status: OPEN }) { errors { code "
                    + "message path } } }",
                "mutation($id: ID!) { assignAdministrator(input: { conversationIds: [$id] }) { errors { code message "
                    + "path } } }",
                "mutation($id: ID!) { notifyAdministrators(input: { conversationIds: [$id] }) { errors { code "
                    + "message path } } }",
                "mutation($id: ID!) { tagConversations(input: { conversationIds: [$id], add: [\"x\"] }) { errors { "
                    + "code message path } } }",
                "mutation($id: ID!) { markConversationRead(input: { conversationId: $id }) { errors { code message "
                    + "path } } }",
                "mutation($id: ID!) { announceWriting(input: { conversationId: $id }) { errors { code message path } "
                    + "} }",
                "mutation($id: ID!) { createConversation(input: { customerId: $id, subject: \"S\", body: \"B\" }) { "
                    + "errors { code message path } } }",
                "mutation($id: ID!) { updateCustomer(input: { id: $id, notes: \"N\" }) { errors { code message path "
                    + "} } }",
                "mutation($id: ID!) { endCustomer(input: { id: $id, on: \"2199-01-01\" }) { errors { code message "
                    + "path } } }",
                "mutation($id: ID!) { inviteContact(input: { customerId: $id, email: \"x@y.example\", displayName: "
                    + "\"X\" }) { errors { code message path } } }",
                "mutation($id: ID!) { deactivateContact(input: { id: $id }) { errors { code message path } } }",
                "mutation($id: ID!) { reactivateContact(input: { id: $id }) { errors { code message path } } }",
                "mutation($id: ID!) { setContactTopics(input: { id: $id, topics: [] }) { errors { code message path "
                    + "} } }",
                "mutation($id: ID!) { sendPasswordReset(input: { id: $id }) { errors { code message path } } }",
                "mutation($id: ID!) { resendInvitation(input: { id: $id }) { errors { code message path } } }",
                "mutation($id: ID!) { withdrawInvitation(input: { id: $id }) { errors { code message path } } }"
            ])
        {
            var nothing = (await _carla.SendAsync(query, new { id = Guid.NewGuid() })).Body.ToJsonString();
            foreach (var id in (string[])[_secret, _krause, _dieterId])
                (await _carla.SendAsync(query, new { id })).Body.ToJsonString().ShouldBe(nothing, query);
        }

        (await _carla.QueryAsync("{ conversations(filter: { search: \"Testament\" }) { totalCount } }"))
            .At("conversations.totalCount").ShouldBe("0");
        (await _carla.QueryAsync("{ conversations(filter: { search: \"Krause\" }) { totalCount } }"))
            .At("conversations.totalCount").ShouldBe("0");
        (await _carla.QueryAsync("mutation { registerCustomer(input: { name: \"Neu\" }) { errors { code } } }"))
            .At("registerCustomer.errors.0.code").ShouldBe("FORBIDDEN");

        // Owners see whatever nobody else does any more, and undo it.
        await LimitAsync([]);
        (await _carla.QueryAsync("{ conversations { totalCount } }")).At("conversations.totalCount").ShouldBe("0");
        (await _anna.QueryAsync("{ customers { totalCount } }")).At("customers.totalCount").ShouldBe("2");
        await LimitAsync(null);
        (await _carla.QueryAsync("query($id: ID!) { conversation(id: $id) { subject } }", new { id = _secret }))
            .At("conversation.subject").ShouldBe("Geheimes Testament");
    }

    [Fact]
    public async Task A_customer_moves_into_view_and_out_of_it_with_its_tags_also_of_what_is_open()
    {
        await LimitAsync([], s_south);
        await using var live = await LiveClient.OpenAsync(_product.Address, _carla);
        await live.SubscribeAsync("1", "subscription { conversationsUpdated { conversation { id } removedId } }");
        await CommentAsync(_anna, _secret, "Nichts für Carla");

        // What moves closes the connection: whoever connects again reads anew.
        await TagCustomerAsync("SUED");
        while (await live.ReceiveAsync() is { } message) ((string?)message["type"]).ShouldBe("next");
        ReadsAnew(live);

        (await _carla.QueryAsync("query($id: ID!) { conversation(id: $id) { subject tags } }", new { id = _secret }))
            .At("conversation.subject").ShouldBe("Geheimes Testament");
        var list = "{ conversations(first: 200) { nodes { id } } }";
        (await _carla.QueryAsync(list)).ToJsonString().ShouldContain(_secret);
        await TagCustomerAsync();
        (await _carla.QueryAsync(list)).ToJsonString().ShouldNotContain(_secret);
        (await _carla.QueryAsync("query($id: ID!) { node(id: $id) { id } }", new { id = _krause }))
            .At("node").ShouldBe("");
    }

    [Fact]
    public async Task It_counts_at_once_for_what_somebody_has_open_and_downloads()
    {
        var file = (await _dieter.UploadAsync("Beleg.txt", "text/plain", "Beleg"u8.ToArray())).Data
            .At("uploadFile.file.id");
        await _dieter.QueryAsync(
            "mutation($id: ID!, $file: ID!) { addComment(input: { conversationId: $id, body: \"Hier\", fileIds: "
                + "[$file] }) { errors { code } } }",
            new { id = _secret, file });
        ((int)(await _carla.GetAsync($"/files/{file}")).StatusCode).ShouldBe(200);
        await using var live = await LiveClient.OpenAsync(_product.Address, _carla);
        await live.SubscribeAsync(
            "1", "subscription($id: ID!) { conversationUpdated(id: $id) { conversation { id } } }",
            new { id = _secret });
        await LimitAsync([_lindner]);
        ((int)(await _carla.GetAsync($"/files/{file}")).StatusCode).ShouldBe(404);
        ((int)(await _carla.GetAsync($"/files/{file}/thumbnail")).StatusCode).ShouldBe(404);
        await CommentAsync(_anna, _secret, "Nicht mehr für Carla");
        await EndsAsync(live);
        (await CommentAsync(_carla, _secret, "Noch da?")).At("errors.0.code").ShouldBe("NOT_FOUND");
    }

    [Fact]
    public async Task Nobody_becomes_responsible_for_what_they_do_not_see()
    {
        await LimitAsync([_lindner]);
        var assigned = await _anna.QueryAsync(
            "mutation($id: ID!, $to: ID!) { assignAdministrator(input: { conversationIds: [$id], administratorId: $to "
                + "}) { errors { code reason path } } }",
            new { id = _secret, to = _carlaId });
        assigned.At("assignAdministrator.errors.0.reason").ShouldBe("ADMINISTRATOR_DOES_NOT_SEE_CUSTOMER");
        assigned.At("assignAdministrator.errors.0.path.0").ShouldBe("administratorId");
        var standing = await _anna.QueryAsync(
            "mutation($id: ID!, $to: ID!) { assignDefaultAdministrator(input: { id: $id, administratorId: $to }) { "
                + "errors { reason } } }",
            new { id = _krause, to = _carlaId });
        standing.At("assignDefaultAdministrator.errors.0.reason").ShouldBe("ADMINISTRATOR_DOES_NOT_SEE_CUSTOMER");

        // Nor by handing over: nothing of it happens.
        var bernd = (await _anna.QueryAsync("{ administrators { nodes { id email } } }"))["administrators"]!["nodes"]!
            .AsArray().Single(n => n.At("email").StartsWith("bernd", StringComparison.Ordinal)).At("id");
        await _anna.QueryAsync(
            "mutation($id: ID!, $to: ID!) { assignAdministrator(input: { conversationIds: [$id], administratorId: $to "
                + "}) { errors { code } } }",
            new { id = _secret, to = bernd });
        var ended = await _anna.QueryAsync(
            "mutation($id: ID!, $to: ID!) { deactivateAdministrator(input: { id: $id, handOver: { to: $to } }) { "
                + "errors { reason path } } }",
            new { id = bernd, to = _carlaId });
        ended.At("deactivateAdministrator.errors.0.reason").ShouldBe("ADMINISTRATOR_DOES_NOT_SEE_CUSTOMER");
        (await _anna.QueryAsync("query($id: ID!) { node(id: $id) { ... on Administrator { active } } }",
            new { id = bernd })).At("node.active").ShouldBe("true");
    }

    [Fact]
    public async Task What_somebody_loses_goes_to_nobody_or_to_whom_the_owner_says_and_is_in_a_list()
    {
        var bernd = await IdOfAsync("bernd");
        await TakeOnAsync();
        await LimitAsync([_lindner]);
        (await ResponsibleAsync()).ShouldBe(("", "", true));

        // What Carla still sees stays hers.
        await LimitAsync(null);
        await TakeOnAsync();
        await LimitAsync([_krause, _lindner]);
        (await ResponsibleAsync()).ShouldBe((_carlaId, _carlaId, false));
        foreach (var nobody in (string[])[_carlaId, _dieterId, _secret, $"{Guid.NewGuid()}"])
        {
            var refused = await SetAsync(_carlaId, new { all = false, customerIds = new[] { _lindner } }, nobody);
            refused.At("errors.0.code").ShouldBe("NOT_FOUND", nobody);
            refused.At("errors.0.path").ShouldBe("""["handOver","to"]""");
        }

        // Nor to somebody who would not see it. Nothing of all that has happened.
        await SetAsync(bernd, new { all = false, customerIds = new[] { _lindner } });
        (await SetAsync(_carlaId, new { all = false, customerIds = new[] { _lindner } }, bernd))
            .At("errors.0.reason").ShouldBe("ADMINISTRATOR_DOES_NOT_SEE_CUSTOMER");
        (await ResponsibleAsync()).ShouldBe((_carlaId, _carlaId, false));
        await SetAsync(bernd, new { all = true });
        var handed = await SetAsync(_carlaId, new { all = false, customerIds = new[] { _lindner } }, bernd);
        handed.ToJsonString().ShouldBe("""{"hasMore":false,"errors":[]}""");
        (await ResponsibleAsync()).ShouldBe((bernd, bernd, false));
    }

    [Fact]
    public async Task Who_sees_a_customer_by_a_tag_or_as_an_owner_is_responsible_no_longer_than_that()
    {
        await TagCustomerAsync("Sued", "VIP");
        await LimitAsync([], s_south);
        await TakeOnAsync();
        await TagCustomerAsync("Sued");
        (await ResponsibleAsync()).ShouldBe((_carlaId, _carlaId, false));
        await TagCustomerAsync("Nord");
        (await ResponsibleAsync()).ShouldBe(("", "", true));

        // What an owner was given before counts again when they are none any more.
        await RoleAsync(true);
        await TakeOnAsync();
        (await ResponsibleAsync()).ShouldBe((_carlaId, _carlaId, false));
        await RoleAsync(false);
        (await ResponsibleAsync()).ShouldBe(("", "", true));

        async Task RoleAsync(bool isOwner) =>
            (await _anna.QueryAsync(
                "mutation($id: ID!, $is: Boolean!) { changeAdministratorRole(input: { id: $id, isOwner: $is }) { "
                    + "errors { code message } } }",
                new { id = _carlaId, @is = isOwner })).At("changeAdministratorRole.errors").ShouldBe("[]");
    }

    [Fact]
    public async Task What_is_lost_is_handed_over_although_the_product_died_before_it_was()
    {
        await TakeOnAsync();
        await using var database = NpgsqlDataSource.Create(_product.ConnectionString);
        var caller = new Caller(
            (await _anna.QueryAsync("{ viewer { organisation { id } } }")).At("viewer.organisation.id"),
            new Actor.System());
        await Should.ThrowAsync<IOException>(_product.Services.GetRequiredService<LostSight>().ByAsync(
            caller, Guid.Parse(_carlaId), null,
            async () =>
            {
                await using var command = database.CreateCommand(
                    "update messaging.administrators set limited = true, customer_ids = array[$1] where id = $2");
                command.Parameters.Add(new() { Value = Guid.Parse(_lindner) });
                command.Parameters.Add(new() { Value = Guid.Parse(_carlaId) });
                await command.ExecuteNonQueryAsync(Cancellation);
                throw new IOException("The power is gone.");
            }, Cancellation));
        (await ResponsibleAsync()).ShouldBe((_carlaId, _carlaId, false));
        await _product.StopAsync();
        await _product.StartAgainAsync(s_several);
        _anna = await _product.SignInAsync(Anna);
        await Waiting.UntilAsync(
            async () => await ResponsibleAsync() == ("", "", true), TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task What_is_hidden_between_two_statements_of_a_request_is_as_if_it_had_never_been_there()
    {
        await CommentAsync(_dieter, _secret, "Von Dieter");
        await LimitAsync([_krause]);
        await using var database = NpgsqlDataSource.Create(_product.ConnectionString);
        await using var connection = await database.OpenConnectionAsync(Cancellation);
        await using (var transaction = await connection.BeginTransactionAsync(Cancellation))
        {
            await ExecuteAsync("lock table messaging.contacts in access exclusive mode");
            var asked = _carla.SendAsync(
                """
                query($id: ID!) { conversation(id: $id) { subject comments { nodes { author {
                    ... on Contact { displayName } } } } } }
                """, new { id = _secret });
            await Waiting.UntilAsync(async () =>
            {
                await using var command = new NpgsqlCommand(
                    "select count(*) from pg_locks where relation = 'messaging.contacts'::regclass and not granted",
                    connection, transaction);
                return (long)(await command.ExecuteScalarAsync(Cancellation))! > 0;
            });
            await ExecuteAsync(
                $"update messaging.administrators set customer_ids = '{{}}' where id = '{Guid.Parse(_carlaId)}'");
            await transaction.CommitAsync(Cancellation);
            var answer = await asked;
            answer.ErrorCode.ShouldBeNull();
            answer.Data!.ToJsonString().ShouldBe("""{"conversation":null}""");

            async Task ExecuteAsync(string sql)
            {
#pragma warning disable CA2100 // Ours.
                await using var command = new NpgsqlCommand(sql, connection, transaction);
#pragma warning restore CA2100
                await command.ExecuteNonQueryAsync(Cancellation);
            }
        }
    }

    [Fact]
    public async Task A_contact_of_topics_sees_what_is_about_them_and_begins_nothing_else()
    {
        await _anna.QueryAsync(
            "mutation { updateOrganisationSettings(input: { customersMayStartConversations: true }) { errors { code } "
                + "} }");
        await using var live = await LiveClient.OpenAsync(_product.Address, _dieter);
        await live.SubscribeAsync("1", "subscription { conversationsUpdated { conversation { id } } }");
        await TopicsAsync("Lohn");
        await EndsAsync(live);
        (await _dieter.QueryAsync("{ conversations { totalCount } conversationCounts { total } viewer { topics } }"))
            .ToJsonString().ShouldBe(
                """{"conversations":{"totalCount":0},"conversationCounts":{"total":0},"viewer":{"topics":["Lohn"]}}""");
        (await CommentAsync(_dieter, _secret, "?")).At("errors.0.code").ShouldBe("NOT_FOUND");

        await TagAsync(_secret, add: ["LOHN", "Schwierig"]);
        (await CommentAsync(_dieter, _secret, "!")).At("errors").ShouldBe("[]");
        var seen = await _dieter.QueryAsync("{ conversations { nodes { id } totalCount } }");
        seen.At("conversations.nodes.0.id").ShouldBe(_secret);
        seen.At("conversations.totalCount").ShouldBe("1");
        (await _dieter.SendAsync("query($id: ID!) { conversation(id: $id) { tags } }", new { id = _secret }))
            .ErrorCode.ShouldBe("FORBIDDEN");

        // One topic is taken by itself; of several one has to be chosen.
        var own = await BeginAsync(_dieter, null);
        own.At("errors").ShouldBe("[]");
        (await _anna.QueryAsync("query($id: ID!) { conversation(id: $id) { tags } }",
            new { id = own.At("conversation.id") })).At("conversation.tags").ShouldBe("""["Lohn"]""");
        await TopicsAsync("Lohn", "Steuern");
        (await BeginAsync(_dieter, null)).At("errors.0.reason").ShouldBe("TOPIC_IS_NEEDED");
        (await BeginAsync(_dieter, ["Mahnung"])).At("errors.0.path").ShouldBe("""["tags","0"]""");
        (await BeginAsync(_dieter, ["steuern"])).At("errors").ShouldBe("[]");

        await TagAsync(_secret, remove: ["lohn"]);
        (await CommentAsync(_dieter, _secret, "?")).At("errors.0.code").ShouldBe("NOT_FOUND");
        await TopicsAsync();
        (await CommentAsync(_dieter, _secret, "Wieder da")).At("errors").ShouldBe("[]");
    }

    [Fact]
    public async Task Nobody_is_told_of_what_they_do_not_see_and_of_what_was_taken_from_them_meanwhile()
    {
        await TopicsAsync("Lohn");
        await LimitAsync([_lindner]);
        (await _anna.QueryAsync(
            "mutation($id: ID!) { addComment(input: { conversationId: $id, body: \"Nur unter uns\" }) { nobodyTold } }",
            new { id = _secret })).At("addComment.nobodyTold").ShouldBe("true");
        await _anna.QueryAsync(
            "mutation($id: ID!) { notifyAdministrators(input: { conversationIds: [$id] }) { errors { code } } }",
            new { id = _secret });

        // A mail that was planned while they saw it, and waits for the mail server.
        await TagAsync(_secret, add: ["Lohn"]);
        _product.Mail.Always(Messaging.TestSupport.Smtp.SmtpStep.RcptTo,
            Messaging.TestSupport.Smtp.SmtpReaction.Reply(451));
        var late = Guid.NewGuid();
        await _anna.QueryAsync(
            "mutation($id: ID!, $late: ID!) { addComment(input: { id: $late, conversationId: $id, body: \"Zu spät\" }) "
                + "{ errors { code } } }",
            new { id = _secret, late });
        await DeliveredAsync(late, "attempts > 0 and state = 'Pending'");
        await TagAsync(_secret, remove: ["Lohn"]);
        _product.Mail.Always(Messaging.TestSupport.Smtp.SmtpStep.RcptTo,
            Messaging.TestSupport.Smtp.SmtpReaction.Proceed);
        await DeliveredAsync(late, "state = 'NotNeeded' and last_error like 'The recipient no longer%'");
        _product.Mail.Received.Where(m => m.Recipients.Contains(Dieter)).ShouldNotContain(m =>
            m.Text.Contains("unter uns", StringComparison.Ordinal)
            || m.Text.Contains("spät", StringComparison.Ordinal));
        _product.Mail.Received.ShouldNotContain(m =>
            m.Recipients.Contains(Carla) && m.Text.Contains("Testament", StringComparison.Ordinal));
        (await _carla.QueryAsync("{ viewer { notifications(first: 200) { nodes { conversation { id } } } } }"))
            .ToJsonString().ShouldNotContain(_secret);
    }

    [Fact]
    public async Task Another_node_knows_of_it_at_once()
    {
        // Whose memory of a token does not end by itself.
        await using var other = await _product.StartNodeAsync(
            s_several, services => services.AddSingleton<TimeProvider>(new StillClock()));
        var there = new GraphQLClient(other.Http, _carla.Token);
        var query = "query($id: ID!) { conversation(id: $id) { id } }";
        (await there.QueryAsync(query, new { id = _secret })).At("conversation.id").ShouldBe(_secret);
        await LimitAsync([_lindner]);
        await Waiting.UntilAsync(
            async () => (await there.QueryAsync(query, new { id = _secret })).At("conversation") == "");
    }

    [Fact]
    public async Task What_cannot_be_given_is_named_and_an_invitation_may_have_it()
    {
        (await SetAsync(_carlaId, new { all = true, tags = s_south })).At("errors.0.path")
            .ShouldBe("""["access","all"]""");
        (await SetAsync(_carlaId, new { all = false, customerIds = new[] { _secret } })).At("errors.0.path")
            .ShouldBe("""["access","customerIds","0"]""");
        (await SetAsync(
                (await _anna.QueryAsync("{ viewer { id } }")).At("viewer.id"), new { all = false }))
            .At("errors.0.reason").ShouldBe("OWNERS_ARE_NOT_LIMITED");
        var invited = await _anna.QueryAsync(
            "mutation($input: InviteAdministratorInput!) { inviteAdministrator(input: $input) { administrator { "
                + "access { all customerIds customers { name } tags } } errors { code } } }",
            new
            {
                input = new
                {
                    email = "neu@kanzlei-sommer.example",
                    displayName = "Neu",
                    access = new { all = false, customerIds = new[] { _lindner }, tags = s_south },
                },
            });
        invited.At("inviteAdministrator.administrator.access").ShouldBe(
            $$"""
            {"all":false,"customerIds":["{{_lindner}}"],"customers":[{"name":"Studio Lindner"}],"tags":["Sued"]}
            """);
    }

    // The product closes the connection, and says nothing before that: neither what is not theirs any more, nor that
    // there is no more, for they come back.
    private static async Task EndsAsync(LiveClient live)
    {
        (await live.ReceiveAsync()).ShouldBeNull();
        ReadsAnew(live);
    }

    private static void ReadsAnew(LiveClient live)
    {
        live.CloseCode.ShouldBe(4403);
        live.Socket.CloseStatusDescription.ShouldBe("Your access has changed");
    }

    // What became of the mail of a comment to a contact.
    private async Task DeliveredAsync(Guid comment, string how)
    {
        await using var database = NpgsqlDataSource.Create(_product.ConnectionString);
        await Waiting.UntilAsync(
            async () =>
            {
                await using var command = database.CreateCommand(
                    "select count(*) from messaging.deliveries where comment_id = $1 and recipient_kind = 'Contact' "
                        + $"and {how}");
                command.Parameters.Add(new NpgsqlParameter { Value = comment });
                return (long)(await command.ExecuteScalarAsync(Cancellation))! == 1;
            },
            TimeSpan.FromMinutes(2));
    }

    private async Task LimitAsync(string[]? customers, string[]? tags = null) =>
        (await SetAsync(
            _carlaId,
            customers is null ? new { all = true } : new { all = false, customerIds = customers, tags = tags ?? [] }))
        .At("errors").ShouldBe("[]");

    private async Task<JsonNode> SetAsync(string id, object access, string? to = null) =>
        (await _anna.QueryAsync(
            "mutation($input: SetAdministratorAccessInput!) { setAdministratorAccess(input: $input) { hasMore errors { "
                + "code reason message path } } }",
            new { input = new { id, access, handOver = to is null ? null : new { to } } }))["setAdministratorAccess"]!;

    private async Task<string> IdOfAsync(string name) =>
        (await _anna.QueryAsync("{ administrators { nodes { id email } } }"))["administrators"]!["nodes"]!
            .AsArray().Single(n => n.At("email").StartsWith(name, StringComparison.Ordinal)).At("id");

    // Carla is responsible for the secret, and for what is new of its customer.
    private async Task TakeOnAsync()
    {
        var done = await _anna.QueryAsync(
            "mutation($id: ID!, $customer: ID!, $to: ID!) { a: assignAdministrator(input: { conversationIds: [$id], "
                + "administratorId: $to }) { errors { code } } b: assignDefaultAdministrator(input: { id: $customer, "
                + "administratorId: $to }) { errors { code } } }",
            new { id = _secret, customer = _krause, to = _carlaId });
        done.ToJsonString().ShouldBe("""{"a":{"errors":[]},"b":{"errors":[]}}""");
    }

    // Who is responsible for the secret, and for what is new; and whether it is in the list of what nobody has.
    private async Task<(string Of, string OfNew, bool IsUnassigned)> ResponsibleAsync()
    {
        // The fields of one answer are not of one moment: while something is handed over they may differ.
        JsonNode seen = null!;
        List<string> unassigned = [];
        await Waiting.UntilAsync(async () =>
        {
            seen = await _anna.QueryAsync(
                """
                query($id: ID!, $customer: ID!) { conversation(id: $id) { responsibleAdministrator { id } }
                  customer(id: $customer) { defaultAdministrator { id } }
                  conversations(first: 200, filter: { unassigned: true }) { nodes { id } totalCount }
                  conversationCounts(filter: { unassigned: true }) { total } }
                """, new { id = _secret, customer = _krause });
            unassigned = [.. seen["conversations"]!["nodes"]!.AsArray().Select(n => n.At("id"))];
            return seen.At("conversationCounts.total") == $"{unassigned.Count}";
        });
        return (IdOf(seen["conversation"]!["responsibleAdministrator"]),
            IdOf(seen["customer"]!["defaultAdministrator"]), unassigned.Contains(_secret));

        static string IdOf(JsonNode? person) => person is null ? "" : person.At("id");
    }

    private async Task TopicsAsync(params string[] topics) =>
        (await _anna.QueryAsync(
            "mutation($id: ID!, $topics: [String!]!) { setContactTopics(input: { id: $id, topics: $topics }) { errors "
                + "{ code message } } }",
            new { id = _dieterId, topics })).At("setContactTopics.errors").ShouldBe("[]");

    private async Task TagAsync(string id, string[]? add = null, string[]? remove = null) =>
        (await _anna.QueryAsync(
            "mutation($input: TagConversationsInput!) { tagConversations(input: $input) { errors { code message } } }",
            new { input = new { conversationIds = new[] { id }, add, remove } }))
        .At("tagConversations.errors").ShouldBe("[]");

    private async Task TagCustomerAsync(params string[] tags) =>
        (await _anna.QueryAsync(
            "mutation($input: UpdateCustomerInput!) { updateCustomer(input: $input) { errors { code message } } }",
            new { input = new { id = _krause, tags } })).At("updateCustomer.errors").ShouldBe("[]");

    private async Task<string> CreateAsync(string customer, string subject) =>
        (await _anna.QueryAsync(
            "mutation($input: CreateConversationInput!) { createConversation(input: $input) { conversation { id } "
                + "errors { code } } }",
            new { input = new { customerId = customer, subject, body = "Vertraulich" } }))
        .At("createConversation.conversation.id");

    private async Task<JsonNode> BeginAsync(GraphQLClient who, string[]? tags) =>
        (await who.QueryAsync(
            "mutation($input: CreateConversationInput!) { createConversation(input: $input) { conversation { id } "
                + "errors { code reason path } } }",
            new { input = new { customerId = _krause, subject = "Frage", body = "Bitte", tags } }))
        ["createConversation"]!;

    private static async Task<JsonNode> CommentAsync(GraphQLClient who, string id, string body) =>
        (await who.QueryAsync(
            "mutation($id: ID!, $body: String!) { addComment(input: { conversationId: $id, body: $body }) { errors { "
                + "code } } }",
            new { id, body }))["addComment"]!;

    private sealed class StillClock : TimeProvider
    {
        private readonly DateTimeOffset _now = DateTimeOffset.UtcNow;

        public override DateTimeOffset GetUtcNow() => _now;
    }
}
