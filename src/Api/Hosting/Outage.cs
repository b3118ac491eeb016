using System.Net.Sockets;
using Npgsql;

namespace Messaging.Api.Hosting;

/// <summary>Tells a database that is away from a fault.</summary>
internal static class Outage
{
    /// <summary>Whether the database could not be reached, was lost on the way, or is starting or stopping.</summary>
    public static bool Is(Exception? exception) => exception switch
    {
        null => false,
        PostgresException { SqlState: ['5', '7', 'P', ..] or PostgresErrorCodes.TooManyConnections } => true,
        PostgresException => false,
        NpgsqlException { InnerException: SocketException or IOException or TimeoutException } => true,
        _ => Is(exception.InnerException),
    };
}
