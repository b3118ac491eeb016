using System.Net;
using System.Text.Json;
using Messaging.Api.GraphQL.Transport;

namespace Messaging.Api.Hosting;

/// <summary>
/// Answers every request while this node does not serve (<see cref="NodeState"/>): 503, the time to try again, and the
/// reason, in a form that the client can read. Only <see cref="Health"/> answers as ever.
/// </summary>
internal static class NotServing
{
    private const string GraphQL = "/graphql";

    /// <summary>Answers in place of what would use the database.</summary>
    public static void UseNotServing(this WebApplication app)
    {
        var node = app.Services.GetRequiredService<NodeState>();
        app.Use(
            (context, next) =>
                node.Why is { } why && !context.Request.Path.StartsWithSegments(Health.Path)
                    ? AnswerAsync(context, why)
                    : next(context)
        );
    }

    /// <summary>Answers so.</summary>
    /// <param name="why">One sentence.</param>
    public static Task AnswerAsync(HttpContext context, string why)
    {
        var (request, response) = (context.Request, context.Response);
        response.SetUnavailable();
        response.Headers.CacheControl = "no-store";
        if (request.Path.StartsWithSegments(GraphQL))
        {
            response.Headers.Vary = "Accept";
            response.ContentType = $"{Negotiation.Choose(request.Headers.Accept) ?? Negotiation.Json}; charset=utf-8";
            return response.Body.WriteAsync(ErrorOf(why)).AsTask();
        }

        if (
            HttpMethods.IsGet(request.Method)
            && request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase)
        )
        {
            // A page that was asked for too early comes by itself.
            response.Headers["Refresh"] = Unavailable.RetryAfter;
            response.ContentType = "text/html; charset=utf-8";
            return response.WriteAsync(Page(why));
        }

        response.ContentType = "text/plain; charset=utf-8";
        return HttpMethods.IsHead(request.Method) ? Task.CompletedTask : response.WriteAsync(why + "\n");
    }

    private static byte[] ErrorOf(string why) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                errors = new[]
                {
                    new { message = $"{why} Try again.", extensions = new { code = ErrorCodes.Internal } },
                },
            }
        );

    private static string Page(string why) =>
        $"""
        <!DOCTYPE html>
        <html lang="de">
        <head>
        <meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Messaging</title>
        </head>
        <body>
        <h1>Gleich geht es weiter</h1>
        <p>Das Programm wird gerade gestartet oder aktualisiert. Diese Seite lädt sich von selbst neu.</p>
        <div lang="en">
        <h2>Back in a moment</h2>
        <p>The product is being started or updated. This page reloads by itself.</p>
        <p><small>{WebUtility.HtmlEncode(why)}</small></p>
        </div>
        </body>
        </html>
        """;
}
