using System.Diagnostics;

namespace Messaging.Application.Commands;

/// <summary>A command on its way, with the caller that waits for its outcome.</summary>
/// <param name="span">The span of its trace; null when nothing is traced.</param>
/// <param name="correlationId">Id shared by all of one request; null when there is none.</param>
/// <param name="cancellation">Withdraws it while it waits.</param>
internal sealed class CommandExecution(
    Command command, Activity? span, string? correlationId, CancellationToken cancellation)
{
    private readonly TaskCompletionSource<CommandOutcome> _answer =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Command Command => command;

    public Activity? Span => span;

    public CancellationToken Cancellation => cancellation;

    /// <summary>
    /// The correlation id of its events: the trace's id where it is recorded, so that their consequences, in other
    /// processes and much later, lead back to it.
    /// </summary>
    public string? CorrelationId { get; } = span is { Recorded: true } ? span.TraceId.ToString() : correlationId;

    /// <summary>The span that the events say they are caused by; null when it is not recorded.</summary>
    public string? CausationId { get; } = span is { Recorded: true } ? span.SpanId.ToString() : null;

    /// <summary>
    /// Outcome of an attempt whose commit may have gone through: if its receipts exist, this is the command's outcome.
    /// Deciding again on its own effects would refuse it.
    /// </summary>
    public CommandOutcome? MayHaveCommitted { get; set; }

    public Task<CommandOutcome> Outcome => _answer.Task;

    public void Answer(CommandOutcome outcome) => _answer.TrySetResult(outcome);

    public void Fail(Exception fault) => _answer.TrySetException(fault);

    public void Withdraw() => _answer.TrySetCanceled(cancellation);
}
