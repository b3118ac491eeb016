using System.Diagnostics;
using System.Diagnostics.Metrics;
using JasperFx.Events;

namespace Messaging.Application.Notifications;

/// <summary>
/// Telemetry of notifications: kinds, counts, times and ids, never recipients or contents.
/// </summary>
internal static class NotificationTelemetry
{
    private const string Name = "Messaging.Notifications";
    private const int MostLinks = 128;

    private static readonly double[] s_delays = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14400, 86400];

    private static readonly ActivitySource s_source = new(Name);
    private static readonly Meter s_meter = new(Name);

    private static readonly Histogram<double> s_lag = s_meter.CreateHistogram(
        "messaging.notifications.lag", "s", "From an event to the planning of who is told of it.", null,
        new InstrumentAdvice<double> { HistogramBucketBoundaries = s_delays });

    private static readonly Counter<long> s_planned = s_meter.CreateCounter<long>(
        "messaging.notifications", "{notification}", "Notifications planned, by channel.");

    private static readonly Counter<long> s_attempts = s_meter.CreateCounter<long>(
        "messaging.emails", "{e-mail}", "Attempts to send an e-mail, by outcome.");

    private static readonly Histogram<double> s_handedOver = s_meter.CreateHistogram(
        "messaging.emails.send.duration",
        "s",
        "How long the mail server, or the folder, took to take an e-mail or not.",
        null,
        new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900],
        }
    );

    private static readonly Histogram<double> s_delay = s_meter.CreateHistogram(
        "messaging.emails.delay", "s", "From an event to the mail server's acceptance of its e-mail.", null,
        new InstrumentAdvice<double> { HistogramBucketBoundaries = s_delays });

    /// <summary>
    /// Starts the span of planning events of several traces: a child of the cause of the first that is recorded, and
    /// linked with the others, as with the commit of commands.
    /// </summary>
    public static Activity? StartPlanning(IEnumerable<IEvent> events)
    {
        if (!s_source.HasListeners()) return null;
        var causes = events.Select(CauseOf).Where(cause => cause != default).Distinct().Take(MostLinks).ToList();
        if (causes.Count == 0)
            return null;
        var span = s_source.StartActivity(
            "plan notifications", ActivityKind.Consumer, causes[0],
            links: causes.Skip(1).Select(cause => new ActivityLink(cause)));
        return span
            ?.SetTag("messaging.operation.type", "process")
            .SetTag("messaging.batch.message_count", events.Count());
    }

    /// <summary>
    /// Starts the span of making a message, which carries it as its cause. The message's one event decides on its
    /// trace, not the batch in which the event happened to be planned.
    /// </summary>
    public static Activity? StartMessage(Activity? planning, IEvent e, Guid delivery)
    {
        var cause = CauseOf(e);
        if (planning is null || cause == default)
            return null;
        var span =
            planning.TraceId == cause.TraceId
                ? s_source.StartActivity("create emails", ActivityKind.Producer, planning.Context)
                : s_source.StartActivity(
                    "create emails", ActivityKind.Producer, cause, links: [new ActivityLink(planning.Context)]);
        return Describe(span, "create", delivery);
    }

    /// <summary>A batch of events was planned.</summary>
    public static void Planned(IEnumerable<IEvent> events, int notifications, int emails)
    {
        s_planned.Add(notifications, new KeyValuePair<string, object?>("channel", "profile"));
        s_planned.Add(emails, new KeyValuePair<string, object?>("channel", "email"));
        if (!s_lag.Enabled) return;
        var now = DateTimeOffset.UtcNow;
        foreach (var e in events) s_lag.Record(Math.Max(0, (now - e.Timestamp).TotalSeconds));
    }

    /// <summary>
    /// Starts the span of handling a message. A message has one cause and is handled alone, so its span is a child of
    /// the cause, as the conventions for messaging allow, and a comment's trace ends with its mails.
    /// </summary>
    /// <param name="cause">The span that made the message; null when that was not recorded.</param>
    public static Activity? StartDelivery(string? cause, SendEmail message)
    {
        if (!s_source.HasListeners()) return null;
        _ = ActivityContext.TryParse(cause, null, isRemote: true, out var parent);
        return StartDelivery(parent, message.DeliveryId);
    }

    /// <summary>
    /// The same for what is sent without a message, such as a later attempt: a child of the command whose event it
    /// tells.
    /// </summary>
    public static Activity? StartDelivery(DueDelivery due) =>
        s_source.HasListeners() ? StartDelivery(CauseOf(due.CorrelationId, due.CausationId), due.Id) : null;

    private static Activity? StartDelivery(ActivityContext parent, Guid delivery) =>
        Describe(s_source.StartActivity("process emails", ActivityKind.Consumer, parent), "process", delivery);

    /// <summary>The mail server, or the folder, has answered, or not.</summary>
    public static void HandedOver(long began) => s_handedOver.Record(Stopwatch.GetElapsedTime(began).TotalSeconds);

    /// <summary>The mail server took it.</summary>
    public static void Sent(ClaimedDelivery delivery)
    {
        Attempted(delivery, "sent");
        s_delay.Record(Math.Max(0, (DateTimeOffset.UtcNow - delivery.OccurredAt).TotalSeconds));
    }

    /// <summary>It waits, to go with others in one e-mail.</summary>
    public static void Held()
    {
        s_attempts.Add(1, new KeyValuePair<string, object?>("outcome", "held"));
        Current?.SetTag("outcome", "held");
    }

    /// <summary>It was not sent this time.</summary>
    /// <param name="outcome"><c>put back</c>, to be tried again, or <c>failed</c> for good.</param>
    public static void NotSent(ClaimedDelivery delivery, string outcome) => Attempted(delivery, outcome);

    /// <summary>Records why it was not sent: the type of exception, since its message may repeat an address.</summary>
    public static void Failed(Exception exception) =>
        Current?.SetTag("error.type", exception.GetType().Name).SetStatus(ActivityStatusCode.Error);

    private static void Attempted(ClaimedDelivery delivery, string outcome)
    {
        s_attempts.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
        Current?.SetTag("outcome", outcome).SetTag("attempt", delivery.Attempts).SetTag("kind", delivery.Kind);
    }

    private static Activity? Current => Activity.Current is { } span && span.Source == s_source ? span : null;

    private static Activity? Describe(Activity? span, string operation, Guid delivery) =>
        span
            ?.SetTag("messaging.system", "wolverine")
            .SetTag("messaging.destination.name", "emails")
            .SetTag("messaging.operation.type", operation)
            .SetTag("messaging.operation.name", operation)
            .SetTag("delivery.id", delivery.ToString());

    // The executor leaves a causation only where the command's span was recorded.
    private static ActivityContext CauseOf(IEvent e) => CauseOf(e.CorrelationId, e.CausationId);

    private static ActivityContext CauseOf(string? correlation, string? causation) =>
        correlation is { Length: 32 } trace
        && causation is { Length: 16 } span
        && ActivityContext.TryParse($"00-{trace}-{span}-01", null, isRemote: true, out var cause)
            ? cause
            : default;
}
