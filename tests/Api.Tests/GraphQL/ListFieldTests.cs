using GraphQL;
using GraphQL.Types;
using Messaging.TestSupport.Product;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.GraphQL;

/// <summary>
/// No field costs a statement for each of what it is below: every root field and every field of every type that a list
/// holds, as the schema has them.
/// </summary>
public sealed class ListFieldTests : IAsyncLifetime
{
    private const int Many = 24;

    private RunningProduct _product = null!;
    private GraphQLClient _anna = null!;
    private GraphQLClient _dieter = null!;
    private string _krause = "";
    private string _conversation = "";

    public async ValueTask InitializeAsync()
    {
        _product = await RunningProduct.StartAsync();
        _anna = await _product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        _dieter = await _product.SignInAsync("dieter.krause@baeckerei-krause.example");
        _krause = (await _anna.QueryAsync("{ customers(search: \"Krause\") { nodes { id } } }")).At(
            "customers.nodes.0.id");
        for (var i = 0; i < 2; i++)
            await AddAsync($"wenig-{i}", 1);
        await WaitForNotificationsAsync(2);
    }

    public async ValueTask DisposeAsync() => await _product.DisposeAsync();

    [Fact]
    public async Task Costs_the_same_number_of_round_trips_whether_there_are_few_or_many()
    {
        var documents = DocumentsOf(_product.Services.GetRequiredService<ISchema>()).ToList();
        documents.Count.ShouldBeGreaterThan(40);
        var before = new List<(int Statements, int Length)>();
        foreach (var document in documents) before.Add(await MeasureAsync(document));

        for (var i = 0; i < Many; i++) await AddAsync($"viel-{i}", 3);
        await WaitForNotificationsAsync(Many);

        var grown = new List<string>();
        for (var i = 0; i < documents.Count; i++)
        {
            var (statements, length) = await MeasureAsync(documents[i]);
            if (length > 2 * before[i].Length) grown.Add(documents[i]);
            statements.ShouldBe(before[i].Statements, documents[i]);

            // A level of fields is one round trip; none of these has more than six, as a conversation's history, who
            // was told of an event, and whether they have a second factor.
            statements.ShouldBeLessThanOrEqualTo(6, documents[i]);
        }

        // It was measured on lists that are longer now; nothing is imported here, and the ledger has had more mails of
        // comments from the first than invitations come to it, which have none and whose text is not kept; the log has
        // more than a page from the first.
        var lists = documents
            .Where(d => !d.Contains("customerImport", StringComparison.Ordinal))
            .Where(d => !d.Contains("deliveries(first: 100)", StringComparison.Ordinal))
            .Where(d => !d.Contains("auditLog(first: 100)", StringComparison.Ordinal))
            .Where(d => d.Contains("nodes", StringComparison.Ordinal) || d.Contains("edges", StringComparison.Ordinal))
            .ToList();
        lists.Except(grown).ShouldBeEmpty();
        grown.Count.ShouldBeGreaterThan(30);
    }

    [Theory]
    [InlineData("changeStatus(input: { conversationIds: $ids, status: ATTENTION })")]
    [InlineData("assignAdministrator(input: { conversationIds: $ids })")]
    [InlineData("notifyAdministrators(input: { conversationIds: $ids })")]
    public async Task A_change_of_many_conversations_is_answered_in_as_many_round_trips_as_one(string mutation)
    {
        for (var i = 0; i < 8; i++)
            await AddAsync($"noch-{i}", 1);
        var ids = (await _anna.QueryAsync("{ conversations(first: 10) { nodes { id } } }"))["conversations"]!["nodes"]!
            .AsArray()
            .Select(n => n.At("id"))
            .ToList();
        var document =
            $"mutation($ids: [ID!]!) {{ change: {mutation} {{ conversations {{ id subject customer {{ id }} "
                + $"lastComment {{ author {{ __typename }} files {{ id }} }} }} errors {{ message }} }} }}";
        var of1 = await Counted.StatementsAsync(() => ChangeAsync(1));
        var of9 = await Counted.StatementsAsync(() => ChangeAsync(9));
        of9.Count.ShouldBe(of1.Count, string.Join("\n\n", of9));

        async Task ChangeAsync(int count)
        {
            var changed = await _anna.QueryAsync(document, new { ids = count == 1 ? ids[..1] : ids[1..] });
            changed["change"]!["conversations"]!.AsArray().Count.ShouldBe(count);
        }
    }

    private async Task<(int Statements, int Length)> MeasureAsync(string document)
    {
        var answer = "";
        var statements = await Counted.StatementsAsync(async () =>
            answer = (await _anna.QueryAsync(document)).ToJsonString()
        );
        return (statements.Count, answer.Length);
    }

    /// <summary>
    /// One more of everything: an administrator, a customer with contacts, a conversation with comments and files, a
    /// reply, and what Anna is told of it.
    /// </summary>
    private async Task AddAsync(string name, int each)
    {
        var administrator = (
            await _anna.QueryAsync(
                "mutation($i: InviteAdministratorInput!) { inviteAdministrator(input: $i) { administrator { id } "
                    + "errors { message } } }",
                new { i = new { email = $"{name}@kanzlei-sommer.example", displayName = name } }
            )
        ).At("inviteAdministrator.administrator.id");
        var customer = (
            await _anna.QueryAsync(
                "mutation($i: RegisterCustomerInput!) { registerCustomer(input: $i) { customer { id } errors { "
                    + "message } } }",
                new { i = new { name } }
            )
        ).At("registerCustomer.customer.id");
        for (var i = 0; i < each; i++)
        {
            await _anna.QueryAsync(
                "mutation($i: InviteContactInput!) { inviteContact(input: $i) { contact { id } errors { message } } }",
                new
                {
                    i = new
                    {
                        customerId = customer,
                        email = $"{name}-{i}@kunde.example",
                        displayName = $"{name} {i}",
                    },
                }
            );
        }

        await StartAsync(customer, administrator, "ATTENTION");
        if (_conversation.Length == 0)
        {
            _conversation = await StartAsync(
                _krause, (await _anna.QueryAsync("{ viewer { id } }")).At("viewer.id"), "OPEN");
        }

        await CommentAsync(_dieter, _conversation);
        await CommentAsync(_anna, _conversation);

        async Task<string> StartAsync(string customerId, string responsibleAdministratorId, string status)
        {
            var id = (
                await _anna.QueryAsync(
                    "mutation($i: CreateConversationInput!) { createConversation(input: $i) { conversation { id "
                        + "} errors { message } } }",
                    new
                    {
                        i = new
                        {
                            customerId,
                            subject = name,
                            body = "Text",
                            responsibleAdministratorId,
                            status,
                        },
                    }
                )
            ).At("createConversation.conversation.id");
            id.ShouldNotBeEmpty();
            for (var i = 0; i < each; i++) await CommentAsync(_anna, id);
            await AnswerByMailAsync(id);
            return id;
        }
    }

    // One that became no comment.
    private async Task AnswerByMailAsync(string conversationId)
    {
        await using var database = NpgsqlDataSource.Create(_product.ConnectionString);
        await using var answer = database.CreateCommand(
            $"""
            insert into messaging.inbound_mails (tenant_id, id, received_at, outcome, code, sender, subject,
                delivery_id, conversation_id, person_id)
            select c.tenant_id, gen_random_uuid(), now(), 'Refused', 'Forbidden', 'somebody@nowhere.example', 'Re',
                gen_random_uuid(), c.id,
                (select id from messaging.contacts k where k.tenant_id = c.tenant_id and k.customer_id = c.customer_id
                    limit 1)
            from messaging.conversations c where c.id = '{conversationId}'
            """);
        (await answer.ExecuteNonQueryAsync()).ShouldBe(1);
    }

    private static async Task CommentAsync(GraphQLClient who, string conversationId)
    {
        var file = (await who.UploadAsync("Beleg.txt", "text/plain", "Beleg"u8.ToArray())).Data.At(
            "uploadFile.file.id");
        (
            await who.QueryAsync(
                "mutation($i: AddCommentInput!) { addComment(input: $i) { comment { id } errors { message } } }",
                new
                {
                    i = new
                    {
                        conversationId,
                        body = "Text",
                        fileIds = new[] { file },
                    },
                }
            )
        ).At("addComment.comment.id").ShouldNotBeEmpty();
    }

    private async Task WaitForNotificationsAsync(int count)
    {
        for (var i = 0; i < 300; i++)
        {
            if (
                int.Parse(
                    (await _anna.QueryAsync("{ viewer { notifications { totalCount } } }")).At(
                        "viewer.notifications.totalCount"),
                    null
                ) >= count
            )
                return;
            await Task.Delay(100);
        }

        throw new TimeoutException("The notifications do not come.");
    }

    /// <summary>
    /// A document for each field of each type that is reached from the roots; below a list where there is a way through
    /// one. What is asked of the field is everything that it has at hand.
    /// </summary>
    private IEnumerable<string> DocumentsOf(ISchema schema)
    {
        var seen = new HashSet<(string Type, bool BelowList)>();
        var next = new Queue<(IComplexGraphType Type, Func<string, string> Around, bool BelowList)>();
        next.Enqueue((schema.Query, inner => $"{{ {inner} }}", false));
        while (next.TryDequeue(out var at))
        {
            if (!seen.Add((at.Type.Name, at.BelowList))) continue;
            foreach (var field in at.Type.Fields.Where(f => !f.Name.StartsWith('_')))
            {
                var call = field.Name + ArgumentsOf(field, at.BelowList);
                if (field.ResolvedType!.GetNamedType() is not (IComplexGraphType or UnionGraphType))
                {
                    yield return at.Around(call);
                    continue;
                }

                yield return at.Around($"{call} {{ {AtHand(field.ResolvedType!.GetNamedType())} }}");
                var below = at.BelowList || IsList(field.ResolvedType!);
                if (field.ResolvedType!.GetNamedType() is IObjectGraphType type)
                    next.Enqueue((type, inner => at.Around($"{call} {{ {inner} }}"), below));
            }
        }
    }

    private static bool IsList(IGraphType type) =>
        type is ListGraphType || (type is NonNullGraphType required && IsList(required.ResolvedType!));

    private static string AtHand(IGraphType type) =>
        type switch
        {
            UnionGraphType union => "__typename "
                + string.Join(' ', union.PossibleTypes.Select(t => $"... on {t.Name} {{ {AtHand(t)} }}")),
            IComplexGraphType complex => "__typename "
                + string.Join(
                    ' ',
                    complex
                        .Fields.Where(f =>
                            f.ResolvedType!.GetNamedType() is not (IComplexGraphType or UnionGraphType)
                            && f.Name != "totalCount"
                        )
                        .Select(f => f.Name)
                ),
            _ => "",
        };

    private string ArgumentsOf(FieldType field, bool belowList)
    {
        var arguments = new List<string>();
        if (field.Arguments?.Find("first") is not null) arguments.Add(belowList ? "first: 3" : "first: 100");
        foreach (var required in (field.Arguments ?? []).Where(a => a.ResolvedType is NonNullGraphType))
        {
            var value = required.ResolvedType!.GetNamedType() switch
            {
                IdGraphType => $"\"{(field.Name == "customer" ? _krause : _conversation)}\"",
                EnumerationGraphType choice => choice.Values.First().Name,
                { Name: "DateTime" } => required.Name == "to"
                    ? $"\"{DateTime.UtcNow.AddHours(1):O}\""
                    : $"\"{DateTime.UtcNow.AddHours(-1):O}\"",
                var other => throw new NotSupportedException(
                    $"{field.Name} requires {required.Name}, a {other.Name}: say here what to give it."),
            };
            arguments.Add($"{required.Name}: {value}");
        }

        return arguments.Count == 0 ? "" : $"({string.Join(", ", arguments)})";
    }
}
