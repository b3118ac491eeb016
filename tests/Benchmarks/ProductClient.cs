using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Messaging.Benchmarks;

/// <summary>Speaks to the product by its API, as any client.</summary>
internal sealed class ProductClient(Uri address) : IDisposable
{
    public const string OwnerEmail = "anna.sommer@kanzlei-sommer.example";
    public const string OwnerPassword = "benchmark only 2f6c";

    private readonly HttpClient _http = new() { BaseAddress = address, Timeout = TimeSpan.FromMinutes(1) };

    /// <summary>Of whoever signed in.</summary>
    public string Token { get; private set; } = "";

    public async Task SignInAsync(string email = OwnerEmail)
    {
        var data = await AskAsync(
            "mutation($input: SignInInput!) { signIn(input: $input) { accessToken errors { code message } } }",
            new { input = new { email, password = OwnerPassword } });
        Token = data.GetProperty("signIn").GetProperty("accessToken").GetString()!;
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
    }

    public async Task<Guid> InviteAdministratorAsync(string name, string email)
    {
        var data = await AskAsync(
            "mutation($input: InviteAdministratorInput!) { inviteAdministrator(input: $input) { administrator { "
                + "id } errors { code message } } }",
            new { input = new { email, displayName = name } });
        return data.GetProperty("inviteAdministrator").GetProperty("administrator").GetProperty("id").GetGuid();
    }

    public Task RegisterCustomerAsync(Guid id, string name) =>
        AskAsync(
            "mutation($input: RegisterCustomerInput!) { registerCustomer(input: $input) { errors { code message } } }",
            new { input = new { id, name } });

    /// <summary>Starts a conversation; its first message is the first of its comments.</summary>
    public async Task CreateAsync(SeedConversation conversation)
    {
        await AskAsync(
            "mutation($input: CreateConversationInput!) { createConversation(input: $input) { errors { code "
                + "message } } }",
            new
            {
                input = new
                {
                    id = conversation.Id,
                    customerId = conversation.CustomerId,
                    subject = conversation.Subject,
                    body = conversation.Comments[0].Body,
                    status = conversation.Status,
                    responsibleAdministratorId = conversation.ResponsibleId,
                },
            });
        await AddCommentsAsync(conversation.Id, conversation.Comments.Skip(1));
    }

    /// <summary>Writes many comments, ten with each request.</summary>
    public async Task AddCommentsAsync(Guid conversationId, IEnumerable<(Guid Id, string Body)> comments)
    {
        foreach (var some in comments.Chunk(10))
        {
            var document = new StringBuilder("mutation(");
            document.AppendJoin(", ", some.Select((_, i) => $"$c{i}: AddCommentInput!")).Append(") {");
            for (var i = 0; i < some.Length; i++)
                document.Append(
                    System.Globalization.CultureInfo.InvariantCulture,
                    $" c{i}: addComment(input: $c{i}) {{ errors {{ code message }} }}");
            await AskAsync(
                document.Append(" }").ToString(),
                some.Select(
                        (c, i) =>
                            (
                                Key: $"c{i}",
                                Value: (object)
                                    new
                                    {
                                        id = c.Id,
                                        conversationId,
                                        body = c.Body,
                                    }
                            )
                    )
                    .ToDictionary(v => v.Key, v => v.Value)
            );
        }
    }

    /// <summary>Writes one comment, as it is measured.</summary>
    public Task AddCommentAsync(Guid conversationId, string body) =>
        AskAsync(
            "mutation($input: AddCommentInput!) { addComment(input: $input) { comment { id createdAt } errors { "
                + "code message } } }",
            new { input = new { id = Guid.CreateVersion7(), conversationId, body } });

    /// <summary>Writes a comment with a file.</summary>
    /// <returns>The path of the file.</returns>
    public async Task<string> AttachAsync(Guid conversationId, string name, byte[] content)
    {
        const string query =
            "mutation($file: Upload!) { uploadFile(input: { file: $file }) { file { id url } errors { code message } } }";
        using var form = new MultipartFormDataContent
        {
            { JsonContent.Create(new { query, variables = new { file = (string?)null } }), "operations" },
            { new StringContent("""{ "0": ["variables.file"] }"""), "map" },
            { new ByteArrayContent(content), "0", name },
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/graphql") { Content = form };
        request.Headers.Add("GraphQL-Preflight", "1");
        var file = (await AnswerAsync(await _http.SendAsync(request))).GetProperty("uploadFile").GetProperty("file");
        var fileIds = new[] { file.GetProperty("id").GetGuid() };
        await AskAsync(
            "mutation($input: AddCommentInput!) { addComment(input: $input) { errors { code message } } }",
            new { input = new { conversationId, body = "Anbei.", fileIds } });
        return file.GetProperty("url").GetString()!;
    }

    /// <summary>Asks, and refuses every error, those that are data included.</summary>
    public async Task<JsonElement> AskAsync(string query, object? variables = null) =>
        await AnswerAsync(await _http.PostAsJsonAsync("/graphql", new { query, variables }));

    private static async Task<JsonElement> AnswerAsync(HttpResponseMessage answered)
    {
        using var answer = answered;
        var text = await answer.Content.ReadAsStringAsync();
        using var document = JsonDocument.Parse(text);
        if (
            !answer.IsSuccessStatusCode
            || document.RootElement.TryGetProperty("errors", out _)
            || text.Contains("\"errors\":[{", StringComparison.Ordinal)
        )
            throw new BenchmarkFailedException($"The product refused: {(int)answer.StatusCode} {text}");
        return document.RootElement.GetProperty("data").Clone();
    }

    public void Dispose() => _http.Dispose();
}
