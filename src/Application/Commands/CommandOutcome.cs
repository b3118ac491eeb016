using System.Collections.ObjectModel;
using Messaging.Domain;

namespace Messaging.Application.Commands;

/// <summary>The outcome of a command.</summary>
public sealed record CommandOutcome
{
    /// <summary>The refusal of the whole command; null when it was carried out.</summary>
    public Refusal? Refusal { get; init; }

    /// <summary>
    /// The instant at which its effect was recorded, by the database's clock; null when it was refused, or had been
    /// carried out before.
    /// </summary>
    public DateTimeOffset? RecordedAt { get; init; }

    /// <summary>
    /// The refusals of a <see cref="BulkCommand"/>'s conversations, by position in
    /// <see cref="BulkCommand.ConversationIds"/>.
    /// </summary>
    public IReadOnlyDictionary<int, Refusal> RefusedAt { get; init; } = ReadOnlyDictionary<int, Refusal>.Empty;

    /// <summary>
    /// True when a command with the same ids was carried out before: this one had no effect, and values that it
    /// generated, such as a secret, are void.
    /// </summary>
    public bool IsRepeat { get; init; }
}
