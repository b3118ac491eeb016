using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Messaging.TestSupport;
using Messaging.TestSupport.Product;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Security;

/// <summary>
/// Random operations of people with one account and with several, on ids that were seen anywhere: nobody gets a byte of
/// what is another customer's or another office's, whichever accounts they have besides.
/// </summary>
public sealed partial class ForeignBytesTests
{
    private const int Operations = 2_500;
    private const string Anna = "anna.sommer@kanzlei-sommer.example";
    private const string Bernd = "bernd.winter@kanzlei-sommer.example";
    private const string Dieter = "dieter.krause@baeckerei-krause.example";
    private const string Olaf = "owner@treuhand-nord.example";
    private const string Kaja = "kontakt@hafen-cafe.example";
    private const string Vera = "vera@mehrere.example";
    private const string Chosen = "Zwetschgen 27 x";

    private const string Accounts =
        "{ viewer { accounts { organisationId organisationName personId customerName role } } }";

    private const string Row =
        "id subject status customer { id name contacts { id displayName email } } responsibleAdministrator { id "
            + "displayName } lastComment { id body author { ... on Contact { id displayName } ... on "
            + "Administrator { id "
            + "displayName } } }";

    // Each asks for as much as it can; {id} is any id that anybody has seen, {word} a mark of anybody's.
    private static readonly string[] s_queries =
    [
        $"{{ conversations(first: 20) {{ nodes {{ {Row} }} totalCount }} }}",
        $"{{ conversations(filter: {{ search: \"{{word}}\" }}) {{ nodes {{ {Row} }} totalCount }} }}",
        $"{{ conversations(filter: {{ customerId: \"{{id}}\" }}) {{ nodes {{ {Row} }} totalCount }} }}",
        $"{{ conversation(id: \"{{id}}\") {{ {Row} comments(last: 50) {{ nodes {{ id body }} totalCount }} }} }}",
        "{ node(id: \"{id}\") { __typename id ... on Comment { body } ... on Conversation { subject } ... on Contact { "
            + "displayName email } ... on Administrator { displayName } ... on Customer { name } ... on Notification { "
            + "conversation { subject } comment { excerpt } } } }",
        "{ customer(id: \"{id}\") { id name contacts { id email } conversations { nodes { id subject } } } }",
        "{ customers(first: 20) { nodes { id name contacts { id displayName email } } } }",
        "{ conversationCounts(filter: { search: \"{word}\" }) { total open attention answered } }",
        "{ viewer { id displayName email customer { id name } organisation { id name } "
            + "notifications(first: 20) { nodes { "
            + "id conversation { id subject } comment { id excerpt } } } sessions { id account { personId } } } }",
        "{ viewer { accounts(conversationId: \"{id}\") { personId customerName } } }",
        "{ conversation(id: \"{id}\") { history { nodes { type summary data } } } }",
    ];

    [Fact]
    public async Task Nobody_gets_a_byte_of_what_is_anothers_whichever_accounts_they_have_besides()
    {
        await using var product = await RunningProduct.StartAsync();
        var office = new Office(product);
        await office.BeginAsync();
        var random = new Random(20261127);
        var (asked, permitted, answered, switches) = (0, 0, 0, 0);
        var foreign = new List<string>();
        for (; asked < Operations; asked++)
        {
            var who = office.People[random.Next(office.People.Count)];
            var id = office.Ids[random.Next(office.Ids.Count)];
            string text;
            switch (random.Next(12))
            {
                case 0:
                    var (conversation, mark) = office.Conversations[random.Next(office.Conversations.Count)];
                    text = await who.AskAsync(
                        "mutation($id: ID!, $body: String!) { addComment(input: { conversationId: $id, body: $body "
                            + "}) { "
                            + "comment { id body } errors { code message } } }",
                        new { id = conversation, body = $"{mark} {asked}" });

                    // What one has just written oneself is no news.
                    if (text.Contains("\"errors\":[]", StringComparison.Ordinal) && !who.May.Contains(mark))
                        foreign.Add($"{who.Name} wrote to {mark}");
                    text = text.Replace(mark, "", StringComparison.Ordinal);
                    break;
                case 1:
                    text = await who.AskAsync(
                        "mutation($id: ID!) { markConversationRead(input: { conversationId: $id }) { conversation { id "
                            + "subject } errors { code } } }", new { id });
                    break;
                case 2:
                    var account = office.Accounts[random.Next(office.Accounts.Count)];
                    text = await who.AskAsync(
                        "mutation($organisationId: ID!, $personId: ID!) { switchAccount(input: { organisationId: "
                            + "$organisationId, personId: $personId }) { accessToken viewer { id } errors { code } } }",
                        new { account.OrganisationId, account.PersonId });
                    if (JsonNode.Parse(text)?["data"]?["switchAccount"]?.At("accessToken") is { Length: > 0 } token)
                    {
                        // Whoever has one account may go on with that, by another session.
                        if (who.IsOfSeveral != office.IsVeras(account.PersonId))
                            foreign.Add($"{who.Name} switched to {account.PersonId}");
                        else if (who.IsOfSeveral)
                            office.Switched(account.PersonId, token);
                        switches++;
                    }

                    text = "";
                    break;
                default:
                    var query = s_queries[random.Next(s_queries.Length)]
                        .Replace("{id}", id, StringComparison.Ordinal)
                        .Replace("{word}", Office.Marks[random.Next(Office.Marks.Length)], StringComparison.Ordinal);

                    // The answer has what was asked for nowhere but in what was found.
                    text = await who.AskAsync(query, null);
                    break;
            }

            if (text.Contains("\"data\"", StringComparison.Ordinal)) answered++;
            office.Harvest(text);
            permitted += who.May.Count(mark => text.Contains(mark, StringComparison.Ordinal));
            foreign.AddRange(
                who.MayNot.Where(word => text.Contains(word, StringComparison.Ordinal))
                    .Select(word => $"{who.Name} got {word}: {text}"));
        }

        foreign.ShouldBeEmpty();

        // As much as that was asked for, and got by those whose it is.
        answered.ShouldBeGreaterThan(Operations / 2);
        permitted.ShouldBeGreaterThan(200);
        switches.ShouldBeGreaterThan(20);
        office.Ids.Count.ShouldBeGreaterThan(200);

        // Mails to Vera go to one address, and each says one thing of one account.
        foreach (var mail in product.Mail.Received)
        {
            var marks = Office.Marks.Where(mark => mail.Text.Contains(mark, StringComparison.Ordinal)).ToList();
            marks.Count.ShouldBeLessThanOrEqualTo(1);
            if (mail.Recipients.Contains(Vera)) marks.ShouldNotContain(Office.Internal);
        }
    }

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex Uuid { get; }

    [GeneratedRegex("#token=([A-Za-z0-9_-]{43})")]
    private static partial Regex Token { get; }

    private sealed record Account(string OrganisationId, string PersonId);

    /// <summary>Somebody signed in to one account.</summary>
    private sealed record Somebody(string Name, GraphQLClient Client, bool IsOfSeveral, string[] May, string[] MayNot)
    {
        public async Task<string> AskAsync(string query, object? variables) =>
            (await Client.SendAsync(query, variables)).Body.ToJsonString();
    }

    /// <summary>Two offices with their customers, and Vera, who has to do with three of them.</summary>
    private sealed class Office(RunningProduct product)
    {
        public const string Internal = "markintern";
        private const string Krause = "markkrause";
        private const string Adler = "markadler";
        private const string Nord = "marknord";

        private readonly HashSet<string> _known = [];

        public static readonly string[] Marks = [Krause, Adler, Nord, Internal];

        public List<Somebody> People { get; } = [];

        public List<string> Ids { get; } = [];

        public List<Account> Accounts { get; } = [];

        public List<(string Id, string Mark)> Conversations { get; } = [];

        private readonly Dictionary<string, Somebody> _vera = [];

        public async Task BeginAsync()
        {
            var (anna, olaf) = (await product.SignInAsync(Anna), await product.SignInAsync(Olaf));
            var krause = await CustomerAsync(anna, "Krause");
            var adler = (await anna.QueryAsync(
                "mutation { registerCustomer(input: { name: \"Weingut Adler\" }) { customer { id } } }"))
                .At("registerCustomer.customer.id");
            var hafen = await CustomerAsync(olaf, "Hafen");
            await JoinAsync(() => InviteAsync(anna, krause), "Krause");
            await JoinAsync(() => InviteAsync(anna, adler), "Adler");
            await JoinAsync(
                () => olaf.QueryAsync(
                    "mutation($email: String!) { inviteAdministrator(input: { email: $email, displayName: "
                        + "\"Vera\" }) { "
                        + "errors { code } } }", new { email = Vera }), "Nord");
            (GraphQLClient By, string Customer, string Mark)[] all =
                [(anna, krause, Krause), (anna, adler, Adler), (olaf, hafen, Nord)];
            foreach (var (by, customer, mark) in all)
                for (var i = 0; i < 4; i++)
                {
                    var created = await by.QueryAsync(
                        "mutation($customerId: ID!, $subject: String!) { createConversation(input: { customerId: "
                            + "$customerId, "
                            + "subject: $subject, body: $subject }) { conversation { id } errors { code } } }",
                        new { customerId = customer, subject = $"{mark} {i}" });
                    var id = created.At("createConversation.conversation.id");
                    Conversations.Add((id, mark));
                    if (by == anna)
                    {
                        await by.QueryAsync(
                            "mutation($id: ID!, $body: String!) { addComment(input: { conversationId: $id, body: $body, "
                                + "visibility: INTERNAL }) { errors { code } } }", new { id, body = Internal });
                    }
                }

            string[] names = ["Weingut Adler", "Treuhand Nord", "Hafen-Café"];
            string[] ofNord = [Nord, "Treuhand Nord", "Hafen-Café"];
            Add("Anna", anna, [Krause, Adler, Internal], ofNord);
            Add("Bernd", await product.SignInAsync(Bernd), [Krause, Adler, Internal], ofNord);
            Add("Dieter", await product.SignInAsync(Dieter), [Krause], [Adler, Nord, Internal, .. names]);
            Add("Olaf", olaf, [Nord], [Krause, Adler, Internal, "Kanzlei Sommer", "Krause", "Weingut Adler"]);
            Add("Kaja", await product.SignInAsync(Kaja), [Nord], [Krause, Adler, Internal, "Kanzlei Sommer"]);

            // Vera knows the names of all three, and by each of them has nothing of what is in the others.
            var signedIn = await product.Anonymous.QueryAsync(
                "mutation($email: String!, $password: String!) { signIn(input: { email: $email, password: "
                    + "$password }) { "
                    + "accessToken } }", new { email = Vera, password = Chosen });
            var vera = new GraphQLClient(product.Http, signedIn.At("signIn.accessToken"));
            var accounts = (await vera.QueryAsync(ForeignBytesTests.Accounts))["viewer"]!["accounts"]!.AsArray();
            foreach (var account in accounts)
            {
                var (organisationId, personId) = (account!.At("organisationId"), account.At("personId"));
                Accounts.Add(new Account(organisationId, personId));
                var switched = await vera.QueryAsync(
                    "mutation($organisationId: ID!, $personId: ID!) { switchAccount(input: { organisationId: "
                        + "$organisationId, personId: $personId }) { accessToken } "
                        + "}", new { organisationId, personId });
                var mine = account.At("organisationName") == "Treuhand Nord" ? Nord
                    : account.At("customerName") == "Weingut Adler" ? Adler : Krause;
                _vera[personId] = new Somebody(
                    $"Vera of {mine}", new GraphQLClient(product.Http, switched.At("switchAccount.accessToken")), true,
                    [mine], [.. Marks.Where(m => m != mine)]);
                People.Add(_vera[personId]);
            }

            Accounts.Count.ShouldBe(3);
            Accounts.Add(new Account(Accounts[0].OrganisationId, await IdOfAsync(anna)));
            foreach (var one in People) Harvest(await one.AskAsync(s_queries[0], null));
        }

        public bool IsVeras(string personId) => _vera.ContainsKey(personId);

        /// <summary>The same account of Vera's by another session.</summary>
        public void Switched(string personId, string token)
        {
            var somebody = _vera[personId] with { Client = new GraphQLClient(product.Http, token) };
            People[People.FindIndex(p => p.Name == somebody.Name)] = somebody;
        }

        public void Harvest(string text)
        {
            foreach (Match match in Uuid.Matches(text))
            {
                if (_known.Add(match.Value)) Ids.Add(match.Value);
            }
        }

        private void Add(string name, GraphQLClient client, string[] may, string[] mayNot) =>
            People.Add(new Somebody(name, client, false, may, mayNot));

        private async Task JoinAsync(Func<Task> invite, string what)
        {
            var before = product.Mail.Received.Count(IsInvitation);
            await invite();
            await Waiting.UntilAsync(() => product.Mail.Received.Count(IsInvitation) > before);
            var token = Token.Match(product.Mail.Received.Last(IsInvitation).Text).Groups[1].Value;
            (await product.Anonymous.QueryAsync(
                "mutation($token: String!, $password: String!, $existing: Boolean) { acceptInvitation(input: { token: "
                    + "$token, password: $password, existingAccount: $existing }) { errors { code } } }",
                new { token, password = Chosen, existing = what != "Krause" }))
                .At("acceptInvitation.errors").ShouldBe("[]", what);
        }

        private static bool IsInvitation(TestSupport.Smtp.ReceivedMail mail) =>
            mail.Recipients.Contains(Vera) && Token.IsMatch(mail.Text);

        private static Task<JsonNode> InviteAsync(GraphQLClient by, string customerId) =>
            by.QueryAsync(
                "mutation($customerId: ID!, $email: String!) { inviteContact(input: { customerId: $customerId, email: "
                    + "$email, displayName: \"Vera\" }) { errors { code } } }", new { customerId, email = Vera });

        private static async Task<string> CustomerAsync(GraphQLClient by, string search) =>
            (await by.QueryAsync("query($s: String!) { customers(search: $s) { nodes { id } } }", new { s = search }))
                .At("customers.nodes.0.id");

        private static async Task<string> IdOfAsync(GraphQLClient of) =>
            (await of.QueryAsync("{ viewer { id } }")).At("viewer.id");
    }
}
