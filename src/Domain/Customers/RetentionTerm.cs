using System.Globalization;
using Messaging.Domain.Organisation;

namespace Messaging.Domain.Customers;

/// <summary>What a term of retention begins with.</summary>
public enum RetentionRule
{
    /// <summary>The end of the mandate.</summary>
    Mandate,

    /// <summary>The last comment.</summary>
    Comment,

    /// <summary>The last file.</summary>
    File,
}

/// <summary>How long the law, or the office, wants what there is of a customer kept.</summary>
/// <param name="Rule">What decides.</param>
/// <param name="Until">
/// The last day of the term, a 31 December; null while the mandate goes on, since then there is no end to it.
/// </param>
public sealed record RetentionTerm(RetentionRule Rule, DateOnly? Until)
{
    /// <summary>The longest of the terms; of those that are as long, the mandate's, then the files'.</summary>
    /// <param name="years">The office's.</param>
    /// <param name="mandateEnd">The day of the mandate's end; null while it has none.</param>
    /// <param name="lastComment">The day of the last comment; null without one.</param>
    /// <param name="lastFile">The day of the last file; null without one.</param>
    public static RetentionTerm Of(
        RetentionYears years, DateOnly? mandateEnd, DateOnly? lastComment, DateOnly? lastFile)
    {
        if (mandateEnd is not { } end) return new RetentionTerm(RetentionRule.Mandate, null);
        var longest = new RetentionTerm(RetentionRule.Mandate, After(end, years.Mandate));
        if (lastFile is { } file && After(file, years.File) is var files && files > longest.Until)
            longest = new RetentionTerm(RetentionRule.File, files);
        if (lastComment is { } comment && After(comment, years.Comment) is var comments && comments > longest.Until)
            longest = new RetentionTerm(RetentionRule.Comment, comments);
        return longest;
    }

    /// <summary>True while it runs: also on its last day.</summary>
    public bool RunsOn(DateOnly day) => Until is not { } until || day <= until;

    // Terms begin with the end of the calendar year (§ 147 (4) AO), so every one of them ends with a year, too.
    private static DateOnly After(DateOnly day, int years) => new(day.Year + years, 12, 31);
}

/// <summary>What is kept of somebody cannot go yet.</summary>
/// <param name="Until">The last day of the term; null while the mandate goes on.</param>
/// <param name="IsHeld">True while a legal hold is on, however long the term.</param>
public sealed record DataIsRetained(DateOnly? Until, bool IsHeld, string? Name = null)
    : Refusal(
        RefusalKind.Conflict,
        IsHeld ? "A legal hold keeps it: an owner releases that first."
            : Until is { } until
                ? string.Create(CultureInfo.InvariantCulture, $"It has to be kept until {until:yyyy-MM-dd}.")
                : "It has to be kept: the mandate goes on.",
        Name,
        RefusalReason.Retention);
