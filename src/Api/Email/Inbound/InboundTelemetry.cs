using System.Diagnostics.Metrics;

namespace Messaging.Api.Email.Inbound;

/// <summary>Telemetry of mails that come in: how many, and what became of them; nothing of what they say.</summary>
internal static class InboundTelemetry
{
    private static readonly Meter s_meter = new("Messaging.Email");

    private static readonly Counter<long> s_read = s_meter.CreateCounter<long>(
        "messaging.emails.received", "{e-mail}", "E-mails read from the mailbox of answers, by outcome.");

    /// <summary>A mail was read.</summary>
    public static void Read(string outcome) => s_read.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
}
