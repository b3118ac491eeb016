using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Projections.Accounts;

/// <summary>A change of address that waits for its confirmation.</summary>
/// <param name="Email">The address that it is to be.</param>
/// <param name="AskedAt">The instant at which it was asked for.</param>
public sealed record EmailChangeRow(string Email, DateTimeOffset AskedAt)
{
    /// <summary>The columns of a person that have it.</summary>
    internal const string Columns = "email_change, email_change_at";

    /// <summary>Reads it from a row.</summary>
    /// <param name="at">The first of <see cref="Columns"/>.</param>
    /// <returns>Null when there is none.</returns>
    internal static EmailChangeRow? Of(NpgsqlDataReader row, int at) =>
        row.StringOrNull(at) is { } email ? new EmailChangeRow(email, row.Instant(at + 1)) : null;
}
