using System.Net.Sockets;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Api.Hosting;

/// <summary>Tells a database that is away from a fault.</summary>
internal static class Outage
{
    // Classes of https://www.postgresql.org/docs/current/errcodes-appendix.html: lack of resources (53), such as room
    // on its disk, errors of the system under it (58), and the refusal to write, as after it has become another's copy.
    private const string ReadOnly = PostgresErrorCodes.ReadOnlySqlTransaction;

    /// <summary>
    /// True when the database could not be reached, was lost on the way, is starting or stopping, or can write nothing,
    /// also since its read models are being rebuilt or are another version's.
    /// </summary>
    public static bool Is(Exception? exception) =>
        exception switch
        {
            null => false,
            PostgresException
            {
                SqlState: ['5', '7', 'P', ..] or ['5', '3', ..] or ['5', '8', ..] or ReadOnly or ReadModelFence.Refusal
            } => true,
            PostgresException => false,
            NpgsqlException { InnerException: SocketException or IOException or TimeoutException } => true,
            _ => Is(exception.InnerException),
        };

    /// <summary>
    /// True when a start is to wait for the database: nobody answers there, not even for its name, it is starting or
    /// stopping, or has no connection left. Waiting does not repair wrong settings or wrong content.
    /// </summary>
    public static bool IsWorthWaiting(Exception? exception) =>
        exception switch
        {
            null => false,
            PostgresException
            {
                SqlState: ['5', '7', 'P', ..] or ['0', '8', ..] or PostgresErrorCodes.TooManyConnections
            } => true,
            PostgresException => false,
            NpgsqlException { InnerException: SocketException or IOException or TimeoutException } => true,
            _ => IsWorthWaiting(exception.InnerException),
        };
}
