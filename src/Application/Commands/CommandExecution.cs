using System.Diagnostics;

namespace Messaging.Application.Commands;

/// <summary>A command on its way, and whoever waits for its outcome.</summary>
/// <param name="span">Of its trace; null where nobody traces.</param>
/// <param name="correlationId">Groups what belongs to one request; null when there is none.</param>
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
    /// What the events say they belong to: the trace, where it is recorded, so that what follows from them, in other
    /// processes and much later, finds the way back.
    /// </summary>
    public string? CorrelationId { get; } = span is { Recorded: true } ? span.TraceId.ToString() : correlationId;

    /// <summary>The span that the events say they are caused by; null when it is not recorded.</summary>
    public string? CausationId { get; } = span is { Recorded: true } ? span.SpanId.ToString() : null;

    /// <summary>
    /// What was decided by an attempt whose commit may have gone through: if it did, its receipts are there, and this
    /// is how the command went. Deciding it on what it did itself would refuse its own effect.
    /// </summary>
    public CommandOutcome? MayHaveCommitted { get; set; }

    public Task<CommandOutcome> Outcome => _answer.Task;

    public void Answer(CommandOutcome outcome) => _answer.TrySetResult(outcome);

    public void Fail(Exception fault) => _answer.TrySetException(fault);

    public void Withdraw() => _answer.TrySetCanceled(cancellation);
}
