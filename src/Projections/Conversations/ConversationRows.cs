using System.Collections;
using System.Runtime.CompilerServices;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Projections.Conversations.Search;

namespace Messaging.Projections.Conversations;

/// <summary>
/// A conversation as its reader sees it: a customer sees no trace of internal comments and the office's actions.
/// </summary>
/// <param name="UpdatedAt">The instant of the latest event that the reader may know of.</param>
/// <param name="Version">The number of events that the reader may know of; to the office, the version of the
/// stream.</param>
/// <param name="LastCommentBy">The author of the latest comment.</param>
/// <param name="AwaitingSince">
/// The instant since which <paramref name="Awaiting"/> has its value; null in past views, where it is not looked up.
/// </param>
public sealed record ConversationRow(
    Guid Id, string Subject, ConversationStatus Status, Awaiting Awaiting, Guid CustomerId,
    Guid? ResponsibleAdministratorId, bool NotifyAllAdministrators, Participant CreatedBy, DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt, int Version, int CommentCount, Guid? LastCommentId, Guid? LastCommentBy,
    DateTimeOffset? AwaitingSince);

/// <summary>A comment.</summary>
/// <param name="Position">Its place in the conversation: the stream's version after it.</param>
public sealed record CommentRow(
    Guid Id, Guid ConversationId, int Position, Participant Author, string Body, CommentVisibility Visibility,
    DateTimeOffset CreatedAt);

/// <summary>A file that came with a comment.</summary>
public sealed record FileRow(
    Guid Id, Guid ConversationId, Guid CommentId, string Name, string MediaType, long Size, string Sha256,
    Participant UploadedBy, DateTimeOffset CreatedAt);

/// <summary>
/// A set of statuses: equal with the same members, in whatever order and however often they are named.
/// </summary>
[CollectionBuilder(typeof(StatusSet), nameof(Of))]
public sealed record StatusSet : IEnumerable<ConversationStatus>
{
    private readonly int _bits;

    private StatusSet(int bits) => _bits = bits;

    /// <summary>The set of the given statuses.</summary>
    public static StatusSet Of(ReadOnlySpan<ConversationStatus> statuses)
    {
        var bits = 0;
        foreach (var status in statuses) bits |= Bit(status);
        return new StatusSet(bits);
    }

    /// <summary>True when it is one of them.</summary>
    public bool Contains(ConversationStatus status) => (_bits & Bit(status)) != 0;

    /// <inheritdoc/>
    public IEnumerator<ConversationStatus> GetEnumerator() =>
        Enum.GetValues<ConversationStatus>().Where(Contains).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static int Bit(ConversationStatus status) => 1 << (int)status;
}

/// <summary>A filter of conversations; null restricts nothing. Filters with equal conditions are equal.</summary>
/// <param name="Status">One of these statuses; an empty set matches nothing.</param>
/// <param name="Unassigned">
/// True to match conversations without a responsible administrator who still belongs to the office.
/// </param>
/// <param name="Unread">
/// True to match conversations with visible comments of others after the caller's read marker.
/// </param>
/// <param name="Search">
/// Words that must all occur in the subject, the visible comments, the names of their files, of the customer, of their
/// authors or of the responsible administrator; the last word may be a prefix.
/// </param>
/// <param name="CreatedFrom">Inclusive.</param>
/// <param name="CreatedTo">Exclusive.</param>
/// <param name="UpdatedFrom">Inclusive.</param>
/// <param name="UpdatedTo">Exclusive.</param>
/// <param name="Tag">The key of a tag; see <see cref="ConversationTags.KeyOf"/>.</param>
public sealed record ConversationFilter(
    StatusSet? Status = null, Awaiting? Awaiting = null, Guid? CustomerId = null,
    Guid? ResponsibleAdministratorId = null, bool? Unassigned = null, bool? Unread = null, string? Search = null,
    DateTimeOffset? CreatedFrom = null, DateTimeOffset? CreatedTo = null, DateTimeOffset? UpdatedFrom = null,
    DateTimeOffset? UpdatedTo = null, string? Tag = null)
{
    /// <summary>The most characters of <see cref="Search"/>.</summary>
    public const int SearchMaximum = 200;

    /// <summary>Checks how many words a search has.</summary>
    /// <exception cref="InvalidSearchException">There are too many.</exception>
    public static void CheckSearch(string? search) => SearchText.Sought(search ?? "");

    /// <summary>All conversations.</summary>
    public static ConversationFilter None { get; } = new();
}

/// <summary>The sort key of conversations; ties are broken by id.</summary>
public enum ConversationOrderField
{
    /// <summary>The instant of the latest event.</summary>
    UpdatedAt,

    /// <summary>The instant of creation.</summary>
    CreatedAt,

    /// <summary>
    /// The instant since which the next writer is awaited. Only with a filter that says who: <c>awaiting</c> OFFICE or
    /// CUSTOMER.
    /// </summary>
    AwaitingSince,
}

/// <summary>The order of conversations.</summary>
public sealed record ConversationOrder(ConversationOrderField Field, bool Descending)
{
    /// <summary>The latest change first.</summary>
    public static ConversationOrder Default { get; } = new(ConversationOrderField.UpdatedAt, true);
}

/// <summary>Numbers of conversations.</summary>
public sealed record ConversationCounts(int Open, int Attention, int Answered, int Total, int Unread);
