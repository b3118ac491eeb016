using System.Text.Json.Nodes;
using Messaging.TestSupport;
using Messaging.TestSupport.Product;
using Messaging.TestSupport.Smtp;
using Npgsql;
using Shouldly;
using Xunit;
using static Messaging.Api.Tests.Email.InboundShapes;

namespace Messaging.Api.Tests.Email;

/// <summary>A product that reads a mailbox of Debian's Dovecot.</summary>
internal sealed class InboundOffice : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    private readonly NpgsqlDataSource _database;

    private InboundOffice(ImapServer mailbox, RunningProduct product, GraphQLClient anna)
    {
        (Mailbox, Product, Anna) = (mailbox, product, anna);
        _database = NpgsqlDataSource.Create(product.ConnectionString);
    }

    public ImapServer Mailbox { get; }

    public RunningProduct Product { get; }

    public GraphQLClient Anna { get; }

    /// <summary>Starts it, with so many mails in the mailbox already.</summary>
    public static async Task<InboundOffice> StartAsync(int old)
    {
        var mailbox = await ImapServer.StartAsync(old);
        var product = await RunningProduct.StartAsync(settings: SettingsOf(mailbox));
        var office = new InboundOffice(
            mailbox, product, await product.SignInAsync("anna.sommer@kanzlei-sommer.example"));

        // What is there before it looks for the first time is not read.
        await office.LookedAsync(ImapServer.User);
        return office;
    }

    /// <summary>The settings of a product that reads a mailbox.</summary>
    public static Dictionary<string, string?> SettingsOf(ImapServer mailbox) => new()
    {
        ["Messaging:Inbound:Host"] = "127.0.0.1",
        ["Messaging:Inbound:Port"] = $"{mailbox.Port}",
        ["Messaging:Inbound:Security"] = "none",
        ["Messaging:Inbound:User"] = ImapServer.User,
        ["Messaging:Inbound:Password"] = ImapServer.Password,
        ["Messaging:Inbound:Address"] = "antwort@kanzlei.example",
        ["Messaging:Inbound:MaximumBytes"] = "1000000",
    };

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        await Product.DisposeAsync();
        await Mailbox.DisposeAsync();
    }

    /// <summary>Waits until somebody's mailbox was looked at for the first time.</summary>
    public Task LookedAsync(string user) => UntilAsync(
        $"select exists (select from messaging.inbound_mailboxes where mailbox like '{user}@%' and next_uid > 0)");

    /// <summary>Waits until the database says yes.</summary>
    public Task UntilAsync(string sql) => Waiting.UntilAsync(async () => await ScalarAsync(sql) is true, s_patience);

    /// <summary>Begins a conversation with a customer, and gets the mail that a contact of theirs gets.</summary>
    public async Task<(string Conversation, ReceivedMail Mail)> BeginAsync(
        string subject, bool responsible = false, string to = Dieter, string customer = "krause")
    {
        var customers = await Anna.QueryAsync(
            "query($name: String) { customers(search: $name) { nodes { id } } }", new { name = customer });
        var bernd = responsible
            ? (await (await Product.SignInAsync(Bernd)).QueryAsync("{ viewer { id } }")).At("viewer.id") : null;
        var created = await Anna.QueryAsync(
            "mutation($input: CreateConversationInput!) { createConversation(input: $input) { errors { message } "
                + "conversation { id } } }",
            new
            {
                input = new
                {
                    customerId = customers.At("customers.nodes.0.id"),
                    subject,
                    body = "Bitte schicken Sie die Belege.",
                    responsibleAdministratorId = bernd,
                },
            });
        created.At("createConversation.errors").ShouldBe("[]");
        var mail = await Product.Mail.WaitForMailAsync(
            m => m.Recipients.Contains(to) && m.Message.Subject!.Contains(subject, StringComparison.Ordinal),
            s_patience);
        return (created.At("createConversation.conversation.id"), mail);
    }

    public async Task<JsonNode> LastCommentAsync(string conversation, string body)
    {
        JsonNode? last = null;
        try
        {
            await Waiting.UntilAsync(
                async () => (last = (await CommentsAsync(conversation)).LastOrDefault()).At("body") == body,
                s_patience);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"The last comment is {last?.ToJsonString()}; {await AllOutcomesAsync()}", e);
        }

        return last!;
    }

    public async Task<string[]> BodiesAsync(string conversation) =>
        [.. (await CommentsAsync(conversation)).Select(c => c.At("body"))];

    public async Task<List<JsonNode?>> CommentsAsync(string conversation) =>
        [
            .. (await Anna.QueryAsync(
                "query($id: ID!) { conversation(id: $id) { comments(first: 50) { nodes { body visibility author { "
                    + "... on Administrator { displayName } ... on Contact { displayName } } files { id name } } } } }",
                new { id = conversation }))["conversation"]!["comments"]!["nodes"]!.AsArray(),
        ];

    public async Task<string> DownloadAsync(string file)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/files/{file}");
        request.Headers.Authorization = new("Bearer", Anna.Token);
        using var answer = await Product.Http.SendAsync(request, TestContext.Current.CancellationToken);
        return await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    // The comment is there before it is written down what became of the mail.
    public async Task OutcomesAreAsync(string conversation, params string[] expected)
    {
        string[] outcomes = [];
        await Waiting.UntilAsync(
            async () => (outcomes = await OutcomesAsync(conversation)).Length >= expected.Length, s_patience);
        outcomes.ShouldBe(expected);
    }

    public async Task<string[]> OutcomesAsync(string conversation) =>
        (string[])(await ScalarAsync(
            "select coalesce(array_agg(outcome order by outcome), array[]::text[]) from messaging.inbound_mails "
                + $"where conversation_id = '{conversation}'"))!;

    public async Task<string> AllOutcomesAsync() =>
        (string)(await ScalarAsync(
            "select coalesce(string_agg(outcome || ' ' || coalesce(code, ''), ', '), 'no mails') "
                + "from messaging.inbound_mails"))!;

    public async Task<object?> ScalarAsync(string sql)
    {
        await using var command = _database.CreateCommand(sql);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }
}
