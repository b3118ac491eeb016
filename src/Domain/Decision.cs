using System.Collections.Immutable;

namespace Messaging.Domain;

/// <summary>
/// A decider's answer: the events to append, or the refusal. Accepted without events means that there is nothing to do.
/// </summary>
/// <typeparam name="TEvent">The events of the aggregate.</typeparam>
public abstract record Decision<TEvent>
{
    private Decision()
    {
    }

    /// <summary>The command is carried out by these events.</summary>
    public sealed record Accepted(ImmutableArray<TEvent> Events) : Decision<TEvent>;

    /// <summary>The command is refused; nothing happens.</summary>
    public sealed record Rejected(Refusal Refusal) : Decision<TEvent>;

    /// <summary>A refusal is a decision.</summary>
    public static implicit operator Decision<TEvent>(Refusal refusal) => new Rejected(refusal);
}

/// <summary>Shorthands for deciders.</summary>
public static class Decide
{
    /// <summary>Accepts with these events, in this order; none means that there is nothing to do.</summary>
    public static Decision<TEvent> Accept<TEvent>(params ReadOnlySpan<TEvent> events) =>
        new Decision<TEvent>.Accepted([.. events]);
}
