using System.Net.Sockets;
using Npgsql;

namespace Messaging.Api.Hosting;

/// <summary>Tells a database that is away from a fault.</summary>
internal static class Outage
{
    // Of the classes of https://www.postgresql.org/docs/current/errcodes-appendix.html: what it has too little of (53),
    // such as room on its disk, what the system under it refuses (58), and that it may only be read, as after it has
    // become another's copy.
    private const string ReadOnly = PostgresErrorCodes.ReadOnlySqlTransaction;

    /// <summary>
    /// Whether the database could not be reached, was lost on the way, is starting or stopping, or can write nothing.
    /// </summary>
    public static bool Is(Exception? exception) => exception switch
    {
        null => false,
        PostgresException { SqlState: ['5', '7', 'P', ..] or ['5', '3', ..] or ['5', '8', ..] or ReadOnly } => true,
        PostgresException => false,
        NpgsqlException { InnerException: SocketException or IOException or TimeoutException } => true,
        _ => Is(exception.InnerException),
    };
}
