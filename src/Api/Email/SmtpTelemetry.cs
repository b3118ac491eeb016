using System.Diagnostics;

namespace Messaging.Api.Email;

/// <summary>The span of handing a mail over: the server and the outcome, never the recipient or the content.</summary>
internal static class SmtpTelemetry
{
    private static readonly ActivitySource s_source = new("Messaging.Email");

    public static Activity? Start(EmailOptions options) =>
        s_source
            .StartActivity("SMTP send", ActivityKind.Client)
            ?.SetTag("server.address", options.Host)
            .SetTag("server.port", options.Port)
            .SetTag("network.protocol.name", "smtp");

    public static void Failed(Activity? span, Exception exception) =>
        span?.SetTag("error.type", exception.GetType().Name).SetStatus(ActivityStatusCode.Error);
}
