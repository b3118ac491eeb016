using System.Globalization;

namespace Messaging.Application.History;

/// <summary>What of an archive somebody may have who looks at one customer.</summary>
/// <param name="CustomerId">The customer.</param>
/// <param name="From">The first day, in the office's time zone; null for the first of all.</param>
/// <param name="To">The last day; null for the last of all.</param>
/// <param name="WithNotes">False to leave out the office's internal notes, and the files that came with them.</param>
public sealed record ExportScope(Guid CustomerId, DateOnly? From, DateOnly? To, bool WithNotes)
{
    /// <summary>A day that was given as text, such as 2026-12-31; null where none was.</summary>
    /// <param name="isWrong">True when it is no day, or one whose neighbours are none.</param>
    public static DateOnly? DayOf(string? text, out bool isWrong)
    {
        isWrong = false;
        if (text is null) return null;
        isWrong = !DateOnly.TryParseExact(
                text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            || day <= DateOnly.MinValue.AddDays(1) || day >= DateOnly.MaxValue.AddDays(-1);
        return isWrong ? null : day;
    }
}

/// <summary>Cannot be exported, for the reason that the message says.</summary>
public sealed class ExportException(string message, Exception? inner = null)
    : InvalidOperationException(message, inner);
