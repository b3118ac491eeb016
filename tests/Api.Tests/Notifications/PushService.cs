using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Messaging.Api.Tests.Notifications;

/// <summary>A message to a browser, as its push service got it.</summary>
public sealed record Pushed(string Browser, IReadOnlyDictionary<string, string> Headers, long Length);

/// <summary>A push service on loopback: takes messages by RFC 8030, and tells no browser.</summary>
public sealed class PushService : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Pushed> _taken = [];

    private PushService(WebApplication app) => _app = app;

    public string Origin => _app.Urls.First();

    /// <summary>What it answers for a browser.</summary>
    public ConcurrentDictionary<string, int> Answers { get; } = [];

    /// <summary>The messages, whatever they were answered.</summary>
    public IReadOnlyCollection<Pushed> Taken => _taken;

    /// <summary>The address that a browser is given.</summary>
    public string EndpointOf(string browser) => $"{Origin}/push/{browser}";

    public static async Task<PushService> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var service = new PushService(builder.Build());
        service._app.MapPost("/push/{browser}", async (string browser, HttpContext context) =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            service._taken.Enqueue(new Pushed(
                browser,
                context.Request.Headers.ToDictionary(
                    h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase),
                body.Length));
            return Results.StatusCode(service.Answers.GetValueOrDefault(browser, StatusCodes.Status201Created));
        });
        await service._app.StartAsync();
        return service;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
