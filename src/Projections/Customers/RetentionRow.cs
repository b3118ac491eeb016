using Messaging.Domain.Customers;

namespace Messaging.Projections.Customers;

/// <summary>How long what there is of a customer has to be kept.</summary>
/// <param name="Term">The longest of its terms.</param>
/// <param name="Hold">The legal hold that is on; null without one.</param>
/// <param name="Today">The day that it is, in the office's time zone, by the database's clock.</param>
public sealed record RetentionRow(
    Guid CustomerId, string CustomerName, RetentionTerm Term, HoldRow? Hold, DateOnly Today)
{
    /// <summary>True while it has to be kept, for whatever reason.</summary>
    public bool IsKept => Hold is not null || Term.RunsOn(Today);

    /// <summary>The refusal of whoever wants it gone; null when nothing keeps it.</summary>
    /// <param name="field">The input field that named it.</param>
    public DataIsRetained? Refusal(string? field = null) =>
        IsKept ? new DataIsRetained(Term.Until, Hold is not null, field) : null;
}

/// <summary>A legal hold on a customer.</summary>
/// <param name="Since">The instant from which it is on for this reason.</param>
public sealed record HoldRow(string Reason, DateTimeOffset Since);
