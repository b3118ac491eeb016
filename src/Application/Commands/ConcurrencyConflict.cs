using Npgsql;

namespace Messaging.Application.Commands;

/// <summary>
/// The data that a command was decided on has changed before the commit: a stream has another version, since another
/// node was first. The statement that checks it raises the condition; the handler then reads and decides again.
/// </summary>
internal static class ConcurrencyConflict
{
    /// <summary>The condition (SQLSTATE), of a class that PostgreSQL leaves to others.</summary>
    public const string SqlState = "MSG01";

    /// <summary>An expression that fails the statement, and so its transaction, unless a condition holds.</summary>
    /// <param name="what">The data that has changed, for the log.</param>
    public static string Unless(string condition, string what) =>
        RaiseFunction.Unless(condition, SqlState, what);

    /// <summary>True when this conflict caused the exception.</summary>
    public static bool Is(Exception? exception) => exception switch
    {
        null => false,
        PostgresException postgres => postgres.SqlState == SqlState,
        _ => Is(exception.InnerException),
    };
}
