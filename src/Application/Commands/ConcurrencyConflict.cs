using Npgsql;

namespace Messaging.Application.Commands;

/// <summary>
/// What a command was decided on is not so any more when it is committed: a stream has another version, another node
/// was first. The statement that checks it raises the condition; whoever meets it reads and decides again.
/// </summary>
internal static class ConcurrencyConflict
{
    /// <summary>The condition (SQLSTATE), of a class that PostgreSQL leaves to others.</summary>
    public const string SqlState = "MSG01";

    /// <summary>An expression that fails the statement, and so its transaction, unless a condition holds.</summary>
    /// <param name="what">What has changed, for the log.</param>
    public static string Unless(string condition, string what) =>
        RaiseFunction.Unless(condition, SqlState, what);

    /// <summary>Whether this is why something failed.</summary>
    public static bool Is(Exception? exception) => exception switch
    {
        null => false,
        PostgresException postgres => postgres.SqlState == SqlState,
        _ => Is(exception.InnerException),
    };
}
