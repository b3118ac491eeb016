using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Messaging.TestSupport.Product;

/// <summary>What the API answered.</summary>
public sealed record GraphQLAnswer(int Status, JsonNode Body)
{
    /// <summary>The data; fails the test when there are errors.</summary>
    public JsonNode Data =>
        Body["errors"] is { } errors
            ? throw new InvalidOperationException($"The API answered {Status} with errors: {errors.ToJsonString()}")
            : Body["data"]!;

    /// <summary>The code of the first error.</summary>
    public string? ErrorCode => (string?)Body["errors"]?[0]?["extensions"]?["code"];

    public string? ErrorMessage => (string?)Body["errors"]?[0]?["message"];
}

/// <summary>Talks GraphQL over HTTP as any client does.</summary>
public sealed class GraphQLClient(HttpClient http, string? token)
{
    private const string HashingIsBusy = "Too many people sign in at this moment.";
    private const string IssuerIsSlow = "The issuer of this access token does not answer at the moment; try again.";

    public string? Token => token;

    public static async Task<GraphQLClient> SignInAsync(HttpClient http, string email, string password)
    {
        var answer = await new GraphQLClient(http, null).SendPatientlyAsync(
            "mutation($email: String!, $password: String!) { signIn(input: { email: $email, password: $password "
                + "}) { accessToken errors { code message } } }",
            new { email, password }
        );
        return new GraphQLClient(
            http,
            (string?)answer.Data["signIn"]!["accessToken"]
                ?? throw new InvalidOperationException(answer.Body.ToJsonString())
        );
    }

    /// <summary>Sends an operation.</summary>
    public async Task<GraphQLAnswer> SendAsync(string query, object? variables = null)
    {
        using var request = Request(HttpMethod.Post, "/graphql");
        request.Content = JsonContent.Create(new { query, variables });
        return await AnswerAsync(request);
    }

    /// <summary>Sends an operation with variables as they are written, ill-formed text included.</summary>
    public async Task<GraphQLAnswer> SendRawAsync(string query, string variables)
    {
        using var request = Request(HttpMethod.Post, "/graphql");
        request.Content = new StringContent(
            $$"""{ "query": {{JsonSerializer.Serialize(query)}}, "variables": {{variables}} }""",
            Encoding.UTF8,
            "application/json"
        );
        return await AnswerAsync(request);
    }

    /// <summary>Sends an operation; fails the test when the API answers with errors.</summary>
    public async Task<JsonNode> QueryAsync(string query, object? variables = null) =>
        (await SendPatientlyAsync(query, variables)).Data;

    /// <summary>
    /// Sends an operation, and again while the product has no turn left for the hashing of a password, or an issuer of
    /// tokens has not answered it: on a busy machine that says nothing about what a test asks for. The product says how
    /// long to wait.
    /// </summary>
    private async Task<GraphQLAnswer> SendPatientlyAsync(string query, object? variables)
    {
        for (var attempt = 1; ; attempt++)
        {
            var answer = await SendAsync(query, variables);
            var isBusy = answer.ErrorMessage is { } said
                && (said.StartsWith(HashingIsBusy, StringComparison.Ordinal) || said == IssuerIsSlow);
            if (attempt == 10 || !isBusy) return answer;
            await Task.Delay(TimeSpan.FromSeconds(
                Math.Min(10, (int?)answer.Body["errors"]![0]!["extensions"]?["retryAfter"] ?? 3)));
        }
    }

    /// <summary>Uploads a file by the graphql-multipart-request-spec.</summary>
    public async Task<GraphQLAnswer> UploadAsync(string fileName, string mediaType, byte[] content)
    {
        using var request = Request(HttpMethod.Post, "/graphql");
        request.Headers.Add("GraphQL-Preflight", "1");
        var form = new MultipartFormDataContent
        {
            {
                new StringContent(
                    JsonSerializer.Serialize(
                        new
                        {
                            query = "mutation($file: Upload!) { uploadFile(input: { file: $file }) { file { id "
                                + "name mediaType size sha256 url } errors { code message path } } }",
                            variables = new { file = (string?)null },
                        }
                    ),
                    Encoding.UTF8,
                    "application/json"
                ),
                "operations"
            },
            { new StringContent("""{ "0": ["variables.file"] }""", Encoding.UTF8, "application/json"), "map" },
        };
        var file = new ByteArrayContent(content);
        file.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        form.Add(file, "0", fileName);
        request.Content = form;
        return await AnswerAsync(request);
    }

    /// <summary>Asks for a path, such as that of a file.</summary>
    public async Task<HttpResponseMessage> GetAsync(string path)
    {
        using var request = Request(HttpMethod.Get, path);
        return await http.SendAsync(request);
    }

    private HttpRequestMessage Request(HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, path);
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return request;
    }

    private async Task<GraphQLAnswer> AnswerAsync(HttpRequestMessage request)
    {
        using var response = await http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return new GraphQLAnswer(
            (int)response.StatusCode,
            JsonNode.Parse(text)
                ?? throw new InvalidOperationException($"The API answered {response.StatusCode}: {text}")
        );
    }
}
