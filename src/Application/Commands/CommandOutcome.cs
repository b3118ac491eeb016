using System.Collections.ObjectModel;
using Messaging.Domain;

namespace Messaging.Application.Commands;

/// <summary>How a command went.</summary>
public sealed record CommandOutcome
{
    /// <summary>Why all of it was refused; null when it was carried out.</summary>
    public Refusal? Refusal { get; init; }

    /// <summary>
    /// When what it did was recorded, by the database's clock; null when it was refused, or had been carried out
    /// before.
    /// </summary>
    public DateTimeOffset? RecordedAt { get; init; }

    /// <summary>
    /// Which conversations of a <see cref="BulkCommand"/> were refused, and why; by position in
    /// <see cref="BulkCommand.ConversationIds"/>.
    /// </summary>
    public IReadOnlyDictionary<int, Refusal> RefusedAt { get; init; } = ReadOnlyDictionary<int, Refusal>.Empty;

    /// <summary>
    /// Whether another command with the same ids was carried out before: this one had no effect, and what it made up
    /// itself, such as a secret, counts for nothing.
    /// </summary>
    public bool IsRepeat { get; init; }
}
