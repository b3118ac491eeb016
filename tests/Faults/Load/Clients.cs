using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Messaging.TestSupport.Product;

namespace Messaging.Faults.Load;

/// <summary>How clients behave.</summary>
/// <param name="Count">How many there are.</param>
/// <param name="Pause">What each waits between two requests, on average.</param>
/// <param name="Public">How many of a hundred comments lead to e-mails.</param>
internal sealed record Behaviour(int Count, TimeSpan Pause, int Public)
{
    /// <summary>Sixteen who write as fast as the product answers nearly, mostly among themselves.</summary>
    public static Behaviour Busy { get; } = new(16, TimeSpan.FromMilliseconds(60), 15);
}

/// <summary>
/// People of the demo office at work: they start conversations, comment, attach files, change statuses, hand over, and
/// sometimes send a command twice at once. What was not acknowledged they repeat until it is, with the same id.
/// </summary>
internal sealed class Clients : IAsyncDisposable
{
    private const string Sommer = "kanzlei-sommer.example";
    private const string AddComment =
        "mutation($input: AddCommentInput!) { addComment(input: $input) { comment { id } errors { code message } } }";
    private const string Create =
        "mutation($input: CreateConversationInput!) { createConversation(input: $input) { conversation { id } "
            + "errors { code message } } }";
    private const string Assign =
        "mutation($input: AssignAdministratorInput!) { assignAdministrator(input: $input) { errors { code "
            + "message } } }";
    private const string Change =
        "mutation($input: ChangeStatusInput!) { changeStatus(input: $input) { errors { code message } } }";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private static readonly string[] s_administrators =
    [
        $"anna.sommer@{Sommer}", $"bernd.winter@{Sommer}", $"carla.herbst@{Sommer}"
    ];
    private static readonly string[] s_contacts =
    [
        "dieter.krause@baeckerei-krause.example", "eva.lindner@studio-lindner.example"
    ];
    private static readonly string[] s_statuses = ["OPEN", "ATTENTION", "ANSWERED"];

    private readonly IReadOnlyList<string> _addresses;
    private readonly Ledger _ledger;
    private readonly int _seed;
    private readonly Behaviour _behaviour;
    private readonly CancellationTokenSource _noMore = new();
    private readonly CancellationTokenSource _giveUp = new();
    private readonly ConcurrentBag<(Guid Id, int Customer)> _conversations = [];
    private readonly List<Task> _working = [];
    private readonly List<HttpClient> _http = [];
    private readonly ConcurrentDictionary<string, string> _tokens = [];
    private readonly ConcurrentQueue<string> _complaints = [];
    private readonly Lock _counting = new();
    private int _repeated;
    private List<Guid> _customers = [];
    private List<Guid> _colleagues = [];

    private Clients(IReadOnlyList<string> addresses, Ledger ledger, int seed, Behaviour behaviour) =>
        (_addresses, _ledger, _seed, _behaviour) = (addresses, ledger, seed, behaviour);

    /// <summary>What the product answered that it must not: refusals, and answers that are no outage's.</summary>
    public IReadOnlyCollection<string> Complaints => _complaints;

    /// <summary>The longest time in which nobody was promised anything.</summary>
    public TimeSpan LongestStall { get; private set; }

    /// <summary>How many requests were sent more than once until they were answered well.</summary>
    public int Repeated => _repeated;

    /// <summary>How often one of them was sent again at the most.</summary>
    public int MostRepeated { get; private set; }

    /// <summary>Signs everybody in and lets them begin.</summary>
    public static async Task<Clients> StartAsync(
        IReadOnlyList<string> addresses, Ledger ledger, int seed, Behaviour behaviour)
    {
        var clients = new Clients(addresses, ledger, seed, behaviour);
        await clients.SignInAsync();
        for (var i = 0; i < behaviour.Count; i++)
        {
            var number = i;
            clients._working.Add(Task.Run(() => clients.WorkAsync(number)));
        }

        clients._working.Add(clients.WatchAsync());
        return clients;
    }

    /// <summary>Waits until somebody is promised something that is asked for from now on.</summary>
    /// <returns>How long that took.</returns>
    public async Task<TimeSpan> UntilNextAcknowledgementAsync(TimeSpan longest)
    {
        var (clock, before) = (Stopwatch.StartNew(), _ledger.Acknowledged);

        // Those that were under way may have been carried out before: as many more.
        while (_ledger.Acknowledged < before + _behaviour.Count)
        {
            if (clock.Elapsed > longest)
                throw new TimeoutException($"Nobody was acknowledged anything for {longest.TotalSeconds} s.");
            await Task.Delay(20);
        }

        return clock.Elapsed;
    }

    /// <summary>Lets everybody finish what they have begun, and repeat it until it is acknowledged.</summary>
    public async Task StopAsync(TimeSpan longest)
    {
        await _noMore.CancelAsync();
        _giveUp.CancelAfter(longest);
        await Task.WhenAll(_working);
    }

    /// <summary>Signs everybody in anew, as people do whose token has expired.</summary>
    public async Task SignInAgainAsync()
    {
        using var http = new HttpClient { BaseAddress = new Uri(_addresses[0]), Timeout = s_patience };
        foreach (var email in s_administrators.Concat(s_contacts))
            _tokens[email] = (await GraphQLClient.SignInAsync(http, email, "messaging-demo")).Token!;
    }

    public async ValueTask DisposeAsync()
    {
        await _noMore.CancelAsync();
        await _giveUp.CancelAsync();
        await Task.WhenAll(_working).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var http in _http) http.Dispose();
        _noMore.Dispose();
        _giveUp.Dispose();
    }

    private async Task SignInAsync()
    {
        await SignInAgainAsync();
        using var http = new HttpClient { BaseAddress = new Uri(_addresses[0]), Timeout = s_patience };
        var anna = new GraphQLClient(http, _tokens[s_administrators[0]]);
        var data = await anna.QueryAsync(
            "{ customers { nodes { id name } } administrators { nodes { id isOwner role } } }");

        // Krause before Lindner, as the contacts are.
        _customers =
        [
            .. ((JsonArray)data["customers"]!["nodes"]!)
                .OrderBy(c => (string?)c!["name"], StringComparer.Ordinal)
                .Select(c => Guid.Parse((string)c!["id"]!)),
        ];
        _colleagues =
        [
            .. ((JsonArray)data["administrators"]!["nodes"]!)
                .Where(a => (string?)a!["role"] != "AUDITOR")
                .Select(a => Guid.Parse((string)a!["id"]!)),
        ];
        for (var i = 0; i < 8; i++)
            await CreateAsync(
                new Who([http], () => _tokens[s_administrators[0]]), new Random(_seed + i), CancellationToken.None);
    }

    private async Task WorkAsync(int number)
    {
        var random = new Random(_seed + 1_000 * number);
        var isContact = number % 4 == 3;
        var email = isContact ? s_contacts[number / 4 % 2] : s_administrators[number % 3];
        var nodes = _addresses
            .Select(address => new HttpClient { BaseAddress = new Uri(address), Timeout = s_patience })
            .ToList();
        lock (_http)
            _http.AddRange(nodes);
        var first = number % nodes.Count;
        while (!_noMore.IsCancellationRequested)
        {
            var who = new Who(nodes, () => _tokens[email]);
            var (conversation, customer) = Pick(random, isContact ? number / 4 % 2 : null);
            var kind = random.Next(100);
            try
            {
                if (kind < 80 || isContact)
                    await CommentAsync(who, first, conversation, isContact, random);
                else if (kind < 90)
                    await CreateAsync(who, random, _giveUp.Token);
                else if (kind < 95)
                    await ChangeAsync(
                        who,
                        first,
                        Assign,
                        conversation,
                        new
                        {
                            conversationIds = new[] { conversation },
                            administratorId = _colleagues[random.Next(_colleagues.Count)],
                        }
                    );
                else
                    await ChangeAsync(
                        who, first, Change, conversation,
                        new { conversationIds = new[] { conversation }, status = s_statuses[random.Next(3)] });
                await Task.Delay(
                    TimeSpan.FromMilliseconds(random.NextDouble() * 2 * _behaviour.Pause.TotalMilliseconds),
                    _noMore.Token);
            }
            catch (OperationCanceledException)
            {
                // Enough.
            }
        }
    }

    private async Task WatchAsync()
    {
        var (last, since) = (_ledger.Acknowledged, Stopwatch.StartNew());
        while (!_noMore.IsCancellationRequested)
        {
            await Task.Delay(20);
            if (_ledger.Acknowledged != last) (last, since) = (_ledger.Acknowledged, Stopwatch.StartNew());
            if (since.Elapsed > LongestStall) LongestStall = since.Elapsed;
        }
    }

    private (Guid Id, int Customer) Pick(Random random, int? customer)
    {
        var all = _conversations.ToArray();
        for (var i = 0; i < 100; i++)
        {
            var picked = all[random.Next(all.Length)];
            if (customer is null || picked.Customer == customer) return picked;
        }

        return all.First(c => c.Customer == customer);
    }

    private async Task CreateAsync(Who by, Random random, CancellationToken cancellation)
    {
        var customer = _conversations.Count % 2 == 0 ? 0 : 1;
        var promise = new Promise(
            PromiseKind.Conversation, Guid.CreateVersion7(), Guid.Empty, $"Belege für {random.Next(100_000)}, bitte");
        promise = promise with { ConversationId = promise.Id };
        var input = new
        {
            id = promise.Id,
            customerId = _customers[customer],
            subject = $"Umsatzsteuer {random.Next(100_000)}",
            body = promise.Body,
            responsibleAdministratorId = _colleagues[random.Next(_colleagues.Count)],
        };
        _ledger.Ask(promise);
        await RepeatAsync(
            by, 0, promise, who => who.SendAsync(Create, new { input }), "createConversation", cancellation);
        if (promise.IsAcknowledged)
            _conversations.Add((promise.Id, customer));
    }

    private async Task CommentAsync(Who who, int first, Guid conversation, bool isContact, Random random)
    {
        var id = Guid.CreateVersion7();
        var (fileId, hash) = random.Next(100) < 4 ? await UploadAsync(who, first, id, random) : (null, null);
        var promise = new Promise(PromiseKind.Comment, id, conversation, $"Kommentar {id:N}, mit Umlaut: Grüße", hash);
        var isPublic = isContact ? random.Next(100) < 3 * _behaviour.Public : random.Next(100) < _behaviour.Public;
        if (isContact && !isPublic) return;
        var input = new
        {
            id,
            conversationId = conversation,
            body = promise.Body,
            visibility = isPublic ? "PUBLIC" : "INTERNAL",
            fileIds = fileId is null ? Array.Empty<string>() : [fileId],
        };
        _ledger.Ask(promise);
        var isDoubled = random.Next(100) < 5;
        var other = isDoubled
            ? RepeatAsync(
                who, first + 1, promise, client => client.SendAsync(AddComment, new { input }), "addComment",
                _giveUp.Token)
            : Task.CompletedTask;
        await RepeatAsync(
            who, first, promise, client => client.SendAsync(AddComment, new { input }), "addComment", _giveUp.Token);
        await other;
    }

    private async Task ChangeAsync(Who who, int first, string mutation, Guid conversation, object input)
    {
        var promise = new Promise(PromiseKind.Change, Guid.CreateVersion7(), conversation, "");
        _ledger.Ask(promise);
        var field = mutation == Assign ? "assignAdministrator" : "changeStatus";
        await RepeatAsync(
            who, first, promise, client => client.SendAsync(mutation, new { input }), field, _giveUp.Token);
    }

    private async Task<(string? Id, string? Sha256)> UploadAsync(Who who, int first, Guid id, Random random)
    {
        var content = Encoding.UTF8.GetBytes($"Beleg {id} {new string('x', random.Next(20_000))}");
        for (var attempt = first; !_noMore.IsCancellationRequested; attempt++)
        {
            try
            {
                var answer = await who[attempt].UploadAsync("Beleg Nr. 7 – März.txt", "text/plain", content);
                var fileId = answer.Body.At("data.uploadFile.file.id");
                if (fileId.Length > 0) return (fileId, Convert.ToHexStringLower(SHA256.HashData(content)));
                Complain("uploadFile", answer);
            }
            catch (Exception e)
                when (e is HttpRequestException or TaskCanceledException or System.Text.Json.JsonException)
            {
                // Uploaded again: what was not named by a comment is nobody's.
            }

            await Task.Delay(200);
        }

        return (null, null);
    }

    private async Task RepeatAsync(
        Who who, int first, Promise promise, Func<GraphQLClient, Task<GraphQLAnswer>> send, string field,
        CancellationToken cancellation)
    {
        for (var attempt = first; !cancellation.IsCancellationRequested; attempt++)
        {
            try
            {
                var answer = await send(who[attempt]);
                if (
                    answer.Status == 200
                    && answer.Body["errors"] is null
                    && answer.Body.At($"data.{field}.errors") == "[]"
                )
                {
                    _ledger.Acknowledge(promise);
                    Count(attempt - first);
                    return;
                }

                Complain(field, answer);
            }
            catch (Exception e)
                when (e is HttpRequestException or TaskCanceledException or System.Text.Json.JsonException)
            {
                // No answer, or half of one: whether it was done only a repetition tells.
            }

            await Task.Delay(100, CancellationToken.None);
        }
    }

    private void Count(int repetitions)
    {
        if (repetitions == 0) return;
        lock (_counting)
        {
            _repeated++;
            MostRepeated = Math.Max(MostRepeated, repetitions);
        }
    }

    // An outage is 503; being refused, or anything else, nobody has deserved.
    private void Complain(string field, GraphQLAnswer answer)
    {
        if (answer.Status == 503) return;
        var text = answer.Body.ToJsonString();
        if (_complaints.Count < 100)
            _complaints.Enqueue($"{field} was answered {answer.Status}: {text[..Math.Min(300, text.Length)]}");
    }

    /// <summary>Somebody, as the nodes know them.</summary>
    private sealed class Who(IReadOnlyList<HttpClient> nodes, Func<string> token)
    {
        /// <summary>Their client for an attempt: each goes to another node than the one before.</summary>
        public GraphQLClient this[int attempt] => new(nodes[attempt % nodes.Count], token());
    }
}
