using System.Collections.Concurrent;
using System.Diagnostics;
using System.Reflection;
using Messaging.Domain;

namespace Messaging.Application.Commands;

/// <summary>
/// A request to do something: one use case each. It names the data that it must read, and decides without side effects
/// once all of it is loaded. <see cref="CommandExecutor"/> does the rest. A command states the intent and never
/// changes; its result is a <see cref="CommandOutcome"/>.
/// </summary>
/// <param name="Caller">The caller, with their organisation.</param>
public abstract record Command(Caller Caller)
{
    private static readonly ConcurrentDictionary<Type, string> s_storedNames = [];

    /// <summary>
    /// The ids that this command uses up, each of them once in an organisation: the client's own where it chose one.
    /// Their receipts commit with the events, so that the same command again, or after a commit of unknown outcome, has
    /// no second effect. Empty: repeating it is harmless.
    /// </summary>
    internal virtual IReadOnlyList<Guid> IdempotencyKeys => [];

    /// <summary>
    /// Adds everything in the command that the client said: two commands of one id must agree on it. Receipts keep it
    /// for good, so its names, its order and its numbers never change.
    /// </summary>
    internal virtual void Describe(ReceiptContent content) =>
        throw new NotSupportedException("A command with ids says its content.");

    /// <summary>
    /// The stream that most of it is about: commands that agree on it are decided one after the other, without a
    /// conflict.
    /// </summary>
    internal virtual Guid PartitionKey => Caller.OrganisationId;

    /// <summary>
    /// True when the decision may use this node's cached states, which the commit then checks. False for a command that
    /// may be accepted with refusals inside: the commit cannot check a refusal.
    /// </summary>
    internal virtual bool AllowsOptimisticDecision => false;

    /// <summary>
    /// True when it says what has happened already: nobody is asked whether they may, and it goes in a lane of its own,
    /// so that no other command waits for it or is decided again because of it.
    /// </summary>
    internal virtual bool HasHappened => false;

    /// <summary>Names what the decision needs; all commands of a batch are read at once.</summary>
    internal abstract void Read(ReadSet reads);

    /// <summary>
    /// Names the streams that are known only by the states just read, such as the customer of a conversation.
    /// </summary>
    /// <param name="reads">Takes streams only.</param>
    /// <param name="stateOf">The state of a stream that was named before; null when there is no such stream.</param>
    internal virtual void ReadFurther(ReadSet reads, Func<Guid, object?> stateOf)
    {
    }

    /// <summary>Decides. Its changes to the unit of work count only when it accepts.</summary>
    /// <returns>The refusal; null when the command is accepted.</returns>
    internal abstract Refusal? Decide(UnitOfWork work);

    /// <summary>Called when a command with the same ids was carried out before: returns this one's outcome.</summary>
    /// <param name="work">Whatever is put into it does not count.</param>
    internal virtual CommandOutcome Repeat(UnitOfWork work) => new() { IsRepeat = true };

    /// <summary>The refusal by which nothing at all was done; null when something was, or nothing was to do.</summary>
    internal virtual Refusal? RefusalOf(CommandOutcome outcome) => outcome.Refusal;

    /// <summary>Adds to its span what can be seen of how it went.</summary>
    internal virtual void Trace(Activity span, CommandOutcome outcome)
    {
    }

    /// <summary>The name of this kind of command in receipts, metrics and the security log.</summary>
    public string StoredName => s_storedNames.GetOrAdd(
        GetType(),
        type => type.GetCustomAttribute<StoredAttribute>()?.Name
            ?? throw new NotSupportedException($"{type.Name} lacks its stored name: [Stored(\"...\")]."));

    internal byte[] Fingerprint()
    {
        var content = ReceiptContent.Of(StoredName, Caller.Actor.Id);
        Describe(content);
        return content.Hash();
    }
}

/// <summary>The id was used with other content, or for something else.</summary>
public sealed record IdIsUsed() : Refusal(RefusalKind.Conflict, "This id was used already, with other content.", "id");

/// <summary>The id of all zeros, which no stream can have.</summary>
public sealed record IdIsEmpty() : Refusal(RefusalKind.Invalid, "The id of all zeros names nothing.", "id");

/// <summary>The caller was deactivated after the token was issued.</summary>
public sealed record AccessHasEnded() : Refusal(RefusalKind.Forbidden, "Your access has ended.");

/// <summary>The caller signed out, or the session was ended otherwise, after the token was looked up.</summary>
public sealed record SessionHasEnded() : Refusal(RefusalKind.Forbidden, "This session has ended; sign in again.");
