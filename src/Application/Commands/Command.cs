using System.Collections.Concurrent;
using System.Reflection;
using Messaging.Domain;

namespace Messaging.Application.Commands;

/// <summary>
/// Something that somebody wants done. A use case is one of these: it names what it must read, and decides without side
/// effects when all of it is at hand. <see cref="CommandExecutor"/> does the rest.
/// </summary>
/// <param name="Caller">Who wants it, and in which organisation.</param>
public abstract record Command(Caller Caller)
{
    private static readonly ConcurrentDictionary<Type, string> s_storedNames = [];

    /// <summary>Groups what belongs to one request; the events carry it. Null when there is none.</summary>
    public string? CorrelationId { get; set; }

    /// <summary>
    /// The span of this command, where its trace, named by <see cref="CorrelationId"/>, is recorded; the events carry
    /// it. Null when it is not.
    /// </summary>
    internal string? CausationId { get; set; }

    /// <summary>
    /// When what it did was recorded, by the database's clock; null when it was refused, or had been carried out
    /// before.
    /// </summary>
    public DateTimeOffset? RecordedAt { get; internal set; }

    /// <summary>
    /// The ids that this command uses up, each of them once in an organisation: the client's own where it chose one.
    /// Their receipts commit with the events, so that the same command again, or after a commit of unknown outcome, has
    /// no second effect. Empty: repeating it is harmless.
    /// </summary>
    internal virtual IReadOnlyList<Guid> Ids => [];

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
    internal virtual Guid About => Caller.OrganisationId;

    /// <summary>
    /// Whether the decision may be made on the states that this node remembers, to be checked by the commit. Not where
    /// a refusal is part of what is accepted, since nothing checks that.
    /// </summary>
    internal virtual bool MayAssume => false;

    /// <summary>Names what the decision needs; all commands of a group are read at once.</summary>
    internal abstract void Read(Reads reads);

    /// <summary>Decides. Whatever it put into the workspace counts only when it accepts.</summary>
    /// <returns>Why the command is refused; null when it is accepted.</returns>
    internal abstract Refusal? Decide(Workspace workspace);

    /// <summary>The same command was carried out before; nothing it puts into the workspace counts.</summary>
    internal virtual void Repeat(Workspace workspace)
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

/// <summary>
/// A command on several conversations, each of which is decided on its own: what is refused for one is done for the
/// others.
/// </summary>
/// <param name="ConversationIds">As the client named them.</param>
public abstract record BulkCommand(Caller Caller, IReadOnlyList<Guid> ConversationIds) : Command(Caller)
{
    /// <summary>The most conversations at once.</summary>
    public const int Maximum = 200;

    private bool _decided;

    /// <summary>
    /// Which conversations were refused, and why; by position in <see cref="ConversationIds"/>. Filled by the decision.
    /// </summary>
    public IReadOnlyDictionary<int, Refusal> RefusedAt { get; private set; } = new Dictionary<int, Refusal>();

    internal override Guid About => ConversationIds is [var only] ? only : base.About;

    internal bool IsRefusedForAll => RefusedAt.Count == ConversationIds.Distinct().Count();

    internal sealed override Refusal? Decide(Workspace workspace)
    {
        if (ConversationIds.Count == 0) return new NoConversations();
        if (ConversationIds.Count > Maximum) return new TooManyConversations();
        var refused = new Dictionary<int, Refusal>();
        var seen = new HashSet<Guid>();
        for (var i = 0; i < ConversationIds.Count; i++)
        {
            if (!seen.Add(ConversationIds[i])) continue;
            if (DecideOne(ConversationIds[i], workspace) is { } refusal) refused.Add(i, refusal);
        }

        RefusedAt = refused;
        _decided = true;
        return null;
    }

    // After a commit of unknown outcome this very command was decided already; deciding it on what it did itself would
    // refuse its own effect.
    internal sealed override void Repeat(Workspace workspace)
    {
        if (!_decided) Decide(workspace);
    }

    /// <summary>Decides for one conversation.</summary>
    internal abstract Refusal? DecideOne(Guid conversationId, Workspace workspace);
}

/// <summary>No conversation was named.</summary>
public sealed record NoConversations()
    : Refusal(RefusalKind.Invalid, "conversationIds must name at least one conversation.", "conversationIds");

/// <summary>More conversations than one command may change.</summary>
public sealed record TooManyConversations()
    : Refusal(
        RefusalKind.TooLarge, $"conversationIds may name at most {BulkCommand.Maximum} conversations.",
        "conversationIds");

/// <summary>The id was used with other content, or for something else.</summary>
public sealed record IdIsUsed() : Refusal(RefusalKind.Conflict, "This id was used already, with other content.", "id");

/// <summary>The id of all zeros, which no stream can have.</summary>
public sealed record IdIsEmpty() : Refusal(RefusalKind.Invalid, "The id of all zeros names nothing.", "id");

/// <summary>The caller was deactivated after the token was issued.</summary>
public sealed record AccessHasEnded() : Refusal(RefusalKind.Forbidden, "Your access has ended.");

/// <summary>The caller signed out, or the session was ended otherwise, after the token was looked up.</summary>
public sealed record SessionHasEnded() : Refusal(RefusalKind.Forbidden, "This session has ended; sign in again.");
