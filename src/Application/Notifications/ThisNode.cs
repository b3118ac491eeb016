using System.Diagnostics;

namespace Messaging.Application.Notifications;

/// <summary>
/// This process as one of several nodes. It says every second that it is there. The others take over the work of a node
/// that has been silent for <see cref="LongestSilence"/>. So a node that stood still has to notice before it repeats
/// work that others may have done meanwhile. It goes by its own clock, and stops sooner than the others begin.
/// </summary>
/// <remarks>
/// A lease in the sense of Gray and Cheriton (1989): holder and others compare lengths of time, never clocks.
/// </remarks>
/// <param name="id">The id by which the others know it; null when there are no others.</param>
public sealed class ThisNode(Guid? id)
{
    /// <summary>Silence, by the database's clock, after which the others take over a node's work.</summary>
    public static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(6);

    /// <summary>
    /// Time after a node was last heard, by its own clock, for which it may do work that only one node may do.
    /// </summary>
    public static readonly TimeSpan LongestTerm = TimeSpan.FromSeconds(4);

    // Wolverine's list has no mark for it: a node that was given up is dated back by a day, a silence that no live node
    // reaches.
    private const string GivenUpBy = "interval '1 day'";

    /// <summary>Assignment on <c>wolverine.wolverine_nodes</c>: the node is given up.</summary>
    public const string GiveUp = $"health_check = health_check - {GivenUpBy}";

    /// <summary>
    /// Condition on <c>wolverine.wolverine_nodes n</c>: the node is there, as far as is known.
    /// </summary>
    public const string IsThere = "n.health_check > clock_timestamp() - interval '1 hour'";

    /// <summary>Condition on <c>wolverine.wolverine_nodes n</c>: the node was given up.</summary>
    public const string IsGivenUp = $"not {IsThere}";

    /// <summary>
    /// The time on <c>wolverine.wolverine_nodes n</c> since which a node that was given up had been silent.
    /// </summary>
    public const string SilentSince = $"n.health_check + {GivenUpBy}";

    private long _began;
    private long _heard;
    private int _term;

    /// <summary>By which the others know it; null: there are no others.</summary>
    public Guid? Id { get; } = id;

    /// <summary>
    /// The time that it has been heard without a break: a number, to be given to <see cref="IsStill"/> later.
    /// </summary>
    public int Term => Volatile.Read(ref _term);

    /// <summary>
    /// Duration for which it has been heard without a break; a node that was away does not know that of others.
    /// </summary>
    public TimeSpan HeardFor => _term == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(Volatile.Read(ref _began));

    /// <summary>
    /// True when it was heard without a break since that term began, and just now: nobody has taken over its work.
    /// </summary>
    public bool IsStill(int term) =>
        Id is null || (Stopwatch.GetElapsedTime(Volatile.Read(ref _heard)) < LongestTerm && term == Term && term > 0);

    /// <summary>Records that the others heard this node.</summary>
    /// <param name="said">
    /// The time at which it began to announce itself (<see cref="Stopwatch.GetTimestamp"/>), not at which it learned
    /// that they heard.
    /// </param>
    /// <returns>
    /// True when a new term begins: it was not heard for longer than a term, or is heard for the first time.
    /// </returns>
    public bool Heard(long said)
    {
        // The term first: a caller in between gets false.
        var isNew = _term == 0 || Stopwatch.GetElapsedTime(_heard, said) > LongestTerm;
        if (isNew)
        {
            Volatile.Write(ref _began, said);
            Interlocked.Increment(ref _term);
        }

        Volatile.Write(ref _heard, said);
        return isNew;
    }
}
