using Messaging.Application.Files;

namespace Messaging.Api.Hosting;

/// <summary>
/// Sets the security headers of every answer, whichever path and outcome it has: they are written by one middleware
/// around all others, when the answer starts. Headers that a path sets itself, such as a page's policy, stay.
/// </summary>
/// <remarks>
/// Kestrel answers broken HTTP requests (400, 408, 431) before any middleware, with an empty body and no headers but
/// its length.
/// </remarks>
internal static class SecurityHeaders
{
    /// <summary>
    /// Time, in seconds, for which a browser that came by https comes by nothing else: a year. (RFC 6797.)
    /// </summary>
    private const string OnlyHttps = "max-age=31536000";

    /// <summary>An answer that is no page loads nothing, sends nothing and is shown in nobody's frame.</summary>
    private const string NoPage = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>
    /// Browser features that none of the pages uses, denied so that nothing that gets into a page can.
    /// </summary>
    private const string Features =
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), magnetometer=(), "
            + "microphone=(), midi=(), payment=(), serial=(), "
        + "usb=(), xr-spatial-tracking=()";

    /// <summary>Puts the middleware around all others, also around those that the host adds by itself.</summary>
    public static void AddSecurityHeaders(this IServiceCollection services) =>
        services.Insert(0, ServiceDescriptor.Transient<IStartupFilter, AroundAll>());

    private static Task Complete(object state)
    {
        var context = (HttpContext)state;
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Permissions-Policy"] = Features;
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["X-Robots-Tag"] = "noindex, nofollow";
        headers.TryAdd("Content-Security-Policy", NoPage);
        headers.TryAdd("Cache-Control", "no-store");
        // On the developer's own machine it would keep the browser from every other server there.
        if (context.Request.IsHttps && context.Request.Host.Host is not ("localhost" or "127.0.0.1" or "[::1]"))
            headers.StrictTransportSecurity = OnlyHttps;
        return Task.CompletedTask;
    }

    private sealed class AroundAll : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use(static (context, next) =>
            {
                context.Response.OnStarting(Complete, context);
                return next(context);
            });
            // Otherwise the server answers in place of a failed request, without any of the headers.
            app.UseExceptionHandler(new ExceptionHandlerOptions
            {
                ExceptionHandler = _ => Task.CompletedTask,
                StatusCodeSelector = exception => exception switch
                {
                    BadHttpRequestException refused => refused.StatusCode,
                    FileStoreAwayException => StatusCodes.Status503ServiceUnavailable,
                    _ when Outage.Is(exception) => StatusCodes.Status503ServiceUnavailable,
                    _ => StatusCodes.Status500InternalServerError,
                },
            });
            next(app);
        };
    }
}
