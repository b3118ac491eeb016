using System.Net;
using System.Net.Sockets;

namespace Messaging.TestSupport;

/// <summary>Ports for servers that are started in a moment.</summary>
public static class Ports
{
    /// <summary>
    /// A port of this machine that nobody listens on. It is none of those that the system gives to connections (Linux:
    /// 32768 and more; RFC 6335: 49152 and more), which one of many would get before the server does.
    /// </summary>
    public static int Free()
    {
        while (true)
        {
            var port = Random.Shared.Next(20_000, 32_000);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody does.
            }
        }
    }
}
