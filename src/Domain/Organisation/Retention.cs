namespace Messaging.Domain.Organisation;

/// <summary>
/// The years that an office keeps what it has of a customer, each from the end of a calendar year. The longest term
/// decides.
/// </summary>
/// <param name="Mandate">From the year in which the mandate ended.</param>
/// <param name="Comment">From the year of the last comment.</param>
/// <param name="File">From the year of the last file.</param>
public sealed record RetentionYears(int Mandate, int Comment, int File)
{
    /// <summary>The most years of a term.</summary>
    public const int Maximum = 30;

    /// <summary>
    /// Until an office says otherwise: files of a mandate (§ 66 StBerG), letters and vouchers (§ 147 AO).
    /// </summary>
    public static RetentionYears Default { get; } = new(10, 6, 8);

    /// <summary>What is wrong with them; null when nothing is.</summary>
    public Refusal? Check() =>
        IsWrong(Mandate) ? new RetentionIsOutOfRange("mandateYears")
        : IsWrong(Comment) ? new RetentionIsOutOfRange("commentYears")
        : IsWrong(File) ? new RetentionIsOutOfRange("fileYears")
        : null;

    private static bool IsWrong(int years) => years is < 0 or > Maximum;
}

/// <summary>Changes the years; null leaves one as it is.</summary>
public sealed record ChangeRetention(int? Mandate, int? Comment, int? File) : OrganisationCommand;

/// <summary>Looks which customers' data would go.</summary>
/// <param name="On">The day that was asked of, in the office's time zone.</param>
/// <param name="Customers">The number of customers that were looked at.</param>
/// <param name="Due">The number of those that nothing keeps any more.</param>
public sealed record CheckRetention(DateOnly On, int Customers, int Due) : OrganisationCommand;

/// <summary>A term that is negative or too long.</summary>
public sealed record RetentionIsOutOfRange(string Name)
    : Refusal(RefusalKind.Invalid, $"{Name} must be from 0 to {RetentionYears.Maximum} years.", Name);

/// <summary>Nobody who signs in looks for what would go: that is the operator's command.</summary>
public sealed record OnlyTheSystemChecksRetention()
    : Refusal(RefusalKind.Forbidden, "What would go is looked for by whoever operates the product.");
