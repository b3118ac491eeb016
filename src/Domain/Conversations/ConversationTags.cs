using System.Collections.Immutable;
using Messaging.Domain.Customers;

namespace Messaging.Domain.Conversations;

/// <summary>
/// The tags of conversations, such as payroll: the office's, and the topics that contacts may be limited to. Tags that
/// differ only in case are one, as those of customers are.
/// </summary>
public static class ConversationTags
{
    /// <summary>The most tags of a conversation.</summary>
    public const int Maximum = 20;

    /// <summary>The longest tag, in characters.</summary>
    public const int TagMaximum = CustomerDecider.TagMaximum;

    /// <summary>Tags of one key are the same.</summary>
    public static string KeyOf(string tag) => CustomerDecider.KeyOf(tag);

    /// <summary>The one of these that is the same tag; null when there is none.</summary>
    public static string? Find(ImmutableArray<string> tags, string tag)
    {
        var key = KeyOf(tag);
        return tags.FirstOrDefault(t => KeyOf(t) == key);
    }

    /// <summary>The same without repetitions and without white space around them.</summary>
    internal static ImmutableArray<string> Tidied(IEnumerable<string> tags) =>
        [.. tags.Select(t => t.Trim()).DistinctBy(KeyOf)];

    internal static bool AreSame(ImmutableArray<string> one, ImmutableArray<string> other) =>
        one.Select(KeyOf).ToHashSet().SetEquals(other.Select(KeyOf));

    /// <summary>The refusal of what is no tags; null when they are.</summary>
    internal static Refusal? Check(ImmutableArray<string> tags, string field, int most)
    {
        if (tags.Length > most) return new TooManyConversationTags(field, most);
        for (var i = 0; i < tags.Length; i++)
        {
            if (Text.CheckLine(tags[i].Trim(), $"{field}.{i}", TagMaximum) is { } refusal) return refusal;
        }

        return null;
    }
}

/// <summary>More tags than there may be.</summary>
public sealed record TooManyConversationTags(string Field, int Most)
    : Refusal(RefusalKind.TooLarge, $"There may be at most {Most} tags.", Field);

/// <summary>Tags are the office's.</summary>
public sealed record CustomersTagNothing()
    : Refusal(RefusalKind.Forbidden, "Customers cannot change tags.", "tags");

/// <summary>A contact who is limited to topics chose something else.</summary>
public sealed record TopicIsNotYours(int Index)
    : Refusal(RefusalKind.Invalid, "This is none of your topics.", $"tags.{Index}");

/// <summary>A contact of several topics has to say which one a new conversation is about.</summary>
public sealed record TopicIsNeeded()
    : Refusal(
        RefusalKind.Invalid, "Choose at least one of your topics.", "tags", RefusalReason.TopicIsNeeded);
