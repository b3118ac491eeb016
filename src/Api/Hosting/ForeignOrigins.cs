using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Net.Http.Headers;

namespace Messaging.Api.Hosting;

/// <summary>
/// Pages of other origins that may use the API from a browser, from <c>Messaging:Cors:Origins</c> (CORS,
/// https://fetch.spec.whatwg.org/#http-cors-protocol): <c>/graphql</c> by HTTP, event stream and WebSocket, the schema,
/// and files. They come with tokens, never with the cookies of the product's own pages: nothing is allowed "with
/// credentials". Without the setting there are none.
/// </summary>
/// <param name="Origins">As browsers write them.</param>
public sealed record ForeignOrigins(IReadOnlySet<string> Origins)
{
    private const string Setting = "Messaging:Cors:Origins";

    /// <summary>Lifetime of a browser's permission to ask: as long as Chromium keeps it at most.</summary>
    private static readonly TimeSpan s_preflight = TimeSpan.FromHours(2);

    private static readonly string[] s_methods = [HttpMethods.Get, HttpMethods.Head, HttpMethods.Post];

    // Headers that our own pages read, and that pages elsewhere would not be shown otherwise.
    private static readonly string[] s_exposed =
    [
        HeaderNames.ETag, HeaderNames.RetryAfter, HeaderNames.ContentDisposition, HeaderNames.ContentRange,
        HeaderNames.AcceptRanges, HeaderNames.WWWAuthenticate, HeaderNames.Allow
    ];

    /// <summary>Reads them: separated by commas.</summary>
    /// <exception cref="InvalidOperationException">One is no origin; the message names it.</exception>
    public static ForeignOrigins Read(IConfiguration configuration) =>
        new(
            (configuration[Setting] ?? "")
                .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(OriginOf)
                .ToHashSet(StringComparer.Ordinal)
        );

    /// <summary>True when a request comes from a page of one of them.</summary>
    public bool IsOf(HttpRequest request) => Origins.Contains(request.Headers.Origin.ToString());

    /// <summary>Lets them in; before what answers.</summary>
    public static void Use(WebApplication app)
    {
        var foreign = app.Services.GetRequiredService<ForeignOrigins>();
        if (foreign.Origins.Count == 0) return;
        var policy = new CorsPolicyBuilder([.. foreign.Origins])
            .WithMethods(s_methods)

            // GraphQL clients and tracing libraries send headers of all kinds; other clients may, too.
            .AllowAnyHeader()
            .WithExposedHeaders(s_exposed)
            .SetPreflightMaxAge(s_preflight)
            .Build();
        app.UseWhen(
            context =>
                context.Request.Path.StartsWithSegments("/graphql")
                || context.Request.Path.StartsWithSegments("/files"),
            of =>
            {
                // Also on answers to a page of our own, or a browser's cache would give them to another one.
                of.Use((context, next) =>
                {
                    context.Response.OnStarting(static state => Vary((HttpContext)state), context);
                    return next(context);
                });
                of.UseMiddleware<CorsMiddleware>(policy);
            });
    }

    private static Task Vary(HttpContext context)
    {
        var vary = context.Response.Headers.GetCommaSeparatedValues(HeaderNames.Vary);
        if (!vary.Contains(HeaderNames.Origin, StringComparer.OrdinalIgnoreCase))
            context.Response.Headers.AppendCommaSeparatedValues(HeaderNames.Vary, HeaderNames.Origin);
        return Task.CompletedTask;
    }

    // Form of RFC 6454, 6.2: lower case, a host in ASCII, no default port.
    private static string OriginOf(string given)
    {
        var isOrigin = Uri.TryCreate(given, UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http";
        if (
            !isOrigin
            || uri!.UserInfo.Length > 0
            || uri.PathAndQuery != "/"
            || uri.Fragment.Length > 0
            || given.EndsWith('/')
            || given.Contains('*', StringComparison.Ordinal)
        )
        {
            throw new InvalidOperationException(
                $"'{given}' in {Setting} is no origin: it has to be a scheme, a host and a port where it is not "
                    + $"the usual one, such as https://portal.example;"
                + " no path, no '*'. Several are separated by commas.");
        }

        return $"{uri.Scheme}://{uri.IdnHost}{(uri.IsDefaultPort ? "" : $":{uri.Port}")}";
    }
}
