using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using GraphQL;
using Messaging.Api.Files;
using Messaging.Api.GraphQL.Transport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Messaging.Api.Tests.Transport;

/// <summary>The transport with a toy schema behind Kestrel on a loopback port.</summary>
public sealed class ToyServer : IAsyncDisposable
{
    public const long FileLimit = 64 * 1024;

    private readonly WebApplication _app;
    private readonly string _folder;

    private ToyServer(WebApplication app, string folder, LogLines log)
    {
        (_app, _folder, Log) = (app, folder, log);
        Address = new Uri(app.Urls.Single());
        Client = new HttpClient { BaseAddress = new Uri(Address, "/graphql") };
    }

    public Uri Address { get; }

    public HttpClient Client { get; }

    public LogLines Log { get; }

    internal Capacity Capacity => _app.Services.GetRequiredService<Capacity>();

    public Library Library => _app.Services.GetRequiredService<Library>();

    public IReadOnlyList<byte[]> KeptFiles => [.. NamesIn("kept").Select(File.ReadAllBytes)];

    public IReadOnlyList<string> StagedNames => NamesIn("staging");

    public static async Task<ToyServer> StartAsync(params (string Setting, string Value)[] settings)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Configuration.AddInMemoryCollection([new("Messaging:Files:MaximumBytes", $"{FileLimit}")]);
        builder.Configuration.AddInMemoryCollection(
            settings.Select(setting =>
                KeyValuePair.Create($"Messaging:GraphQL:{setting.Setting}", (string?)setting.Value)
            )
        );
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var log = new LogLines();
        builder.Logging.AddProvider(log);
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<Library>();
        var folder = Directory.CreateTempSubdirectory("messaging-transport-").FullName;
        builder.Services.AddFileStore(builder.Configuration, folder);
        builder.Services.AddSingleton<IGraphQLGate, Gate>();
        var bounds = new GraphQLBounds(FileLimit, 50, 200);
        builder.Services.AddGraphQLTransport(builder.Configuration, bounds).AddTransportTypes(bounds);
        builder.Services.AddGraphQL(b => b.AddAutoSchema<Query>(schema => schema.WithMutation<Mutation>()));
        var app = builder.Build();
        app.MapGraphQL();
        await app.StartAsync();
        return new ToyServer(app, folder, log);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Posts JSON as a modern client does.</summary>
    public Task<ToyAnswer> PostAsync(string query, object? variables = null, string? operationName = null) =>
        PostJsonAsync(JsonSerializer.Serialize(new { query, variables, operationName }));

    public Task<ToyAnswer> PostJsonAsync(
        string json, string accept = "application/graphql-response+json", string contentType = "application/json",
        string? token = null) =>
        SendAsync(
            new HttpRequestMessage(HttpMethod.Post, "")
            {
                Content = Content(Encoding.UTF8.GetBytes(json), contentType),
            },
            accept,
            token
        );

    public Task<ToyAnswer> GetAsync(string parameters, string accept = "application/graphql-response+json") =>
        SendAsync(new HttpRequestMessage(HttpMethod.Get, $"?{parameters}"), accept);

    public async Task<ToyAnswer> SendAsync(
        HttpRequestMessage request, string? accept = "application/graphql-response+json", string? token = null)
    {
        if (accept is { Length: > 0 }) request.Headers.TryAddWithoutValidation("Accept", accept);
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var _ = request;
        using var response = await Client.SendAsync(request);
        return new ToyAnswer((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response);
    }

    public static ByteArrayContent Content(byte[] bytes, string contentType)
    {
        var content = new ByteArrayContent(bytes);
        if (contentType.Length > 0) content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        return content;
    }

    private List<string> NamesIn(string folder) =>
        [.. Directory.EnumerateFiles(Path.Combine(_folder, "files", folder), "*", SearchOption.AllDirectories)];

    /// <summary>Knows one token, refuses others, and admits who has none as nobody.</summary>
    private sealed class Gate : IGraphQLGate
    {
        public ValueTask<GraphQLVisit?> EnterAsync(GraphQLAdmission admission, CancellationToken cancellation) =>
            new((GraphQLVisit?)null);

        public ValueTask<GraphQLAdmission> AdmitAsync(
            HttpContext context, Microsoft.Extensions.Primitives.StringValues authorization,
            CancellationToken cancellation) =>
            new(
                authorization.ToString() switch
                {
                    "" => GraphQLAdmission.Anonymous(),
                    "Bearer anna" => GraphQLAdmission.Admit(new Dictionary<string, object?> { ["name"] = "Anna" }) with
                    {
                        Viewer = "anna",
                    },
                    "Bearer broken" => throw new InvalidOperationException("secret: the database is gone"),
                    _ => GraphQLAdmission.InvalidToken("The token is not valid."),
                }
            );
    }
}

/// <summary>An answer, read.</summary>
public sealed record ToyAnswer(int Status, string Body, HttpResponseMessage Response)
{
    public JsonElement Json => JsonElement.Parse(Body);

    public JsonElement Data => Json.GetProperty("data");

    public JsonElement Errors => Json.GetProperty("errors");

    public string? Code => Errors[0].GetProperty("extensions").GetProperty("code").GetString();

    public string Message => Errors[0].GetProperty("message").GetString()!;

    public bool HasData => Json.TryGetProperty("data", out _);

    public string? MediaType => Response.Content.Headers.ContentType?.MediaType;
}

/// <summary>What the server logs, as text.</summary>
public sealed class LogLines : ILoggerProvider, ILogger
{
    public ConcurrentQueue<string> Lines { get; } = [];

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter) => Lines.Enqueue($"{formatter(state, exception)} {exception}");

    public void Dispose()
    {
    }
}
