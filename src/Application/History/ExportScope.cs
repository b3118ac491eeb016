namespace Messaging.Application.History;

/// <summary>What of an archive somebody may have who looks at one customer.</summary>
/// <param name="CustomerId">The customer.</param>
/// <param name="From">The first day, in the office's time zone; null for the first of all.</param>
/// <param name="To">The last day; null for the last of all.</param>
/// <param name="WithNotes">False to leave out the office's internal notes, and the files that came with them.</param>
public sealed record ExportScope(Guid CustomerId, DateOnly? From, DateOnly? To, bool WithNotes);

/// <summary>Cannot be exported, for the reason that the message says.</summary>
public sealed class ExportException(string message, Exception? inner = null)
    : InvalidOperationException(message, inner);
