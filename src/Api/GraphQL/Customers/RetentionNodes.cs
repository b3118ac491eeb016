using GraphQL;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;
using Messaging.Projections.Customers;

namespace Messaging.Api.GraphQL.Customers;

/// <summary>How long what there is of a customer has to be kept.</summary>
[Name("CustomerRetention")]
[Allow(Access.Office)]
public sealed class CustomerRetentionNode(RetentionRow row)
{
    /// <summary>What the longest term begins with.</summary>
    public RetentionRule Rule => row.Term.Rule;

    /// <summary>
    /// The last day of the longest term, a 31 December in the office's time zone; null while the mandate has no end,
    /// since then the term has none.
    /// </summary>
    public DateOnly? Until => row.Term.Until;

    /// <summary>True while it has to be kept: the term runs, or a legal hold is on.</summary>
    public bool IsKept => row.IsKept;

    /// <summary>The legal hold that is on; null without one.</summary>
    public LegalHoldNode? Hold => row.Hold is { } hold ? new LegalHoldNode(hold) : null;
}

/// <summary>A legal hold: while it is on, nothing of the customer may be erased.</summary>
[Name("LegalHold")]
[Allow(Access.Office)]
public sealed class LegalHoldNode(HoldRow row)
{
    /// <summary>Why, as an owner said it.</summary>
    public string Reason => row.Reason;

    /// <summary>The instant from which it is on for this reason.</summary>
    public DateTimeOffset Since => row.Since;
}

/// <summary>
/// The years that what there is of a customer is kept, each from the end of a calendar year. The longest term decides.
/// </summary>
[Name("RetentionYears")]
[Allow(Access.Office)]
public sealed class RetentionYearsNode(RetentionYears years)
{
    /// <summary>From the end of the year in which the mandate ended.</summary>
    public int MandateYears => years.Mandate;

    /// <summary>From the end of the year of the last comment.</summary>
    public int CommentYears => years.Comment;

    /// <summary>From the end of the year of the last file.</summary>
    public int FileYears => years.File;
}
