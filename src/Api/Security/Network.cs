using System.Net;
using System.Net.Sockets;

namespace Messaging.Api.Security;

/// <summary>
/// The network that a request comes from. Everything that is counted or limited by address goes by this, so that there
/// is one notion of it: an address of version 4, also where it is written as one of version 6 (RFC 4291 2.5.5.2); of
/// version 6 the /64, whose owner has all of its addresses.
/// </summary>
/// <param name="Name">
/// Counted network: <c>203.0.113.5</c>, <c>2001:db8:0:1::/64</c>; empty where there is no address, as on a pipe.
/// </param>
/// <param name="Shown">Logged network: the /24 of IPv4, the /64 of IPv6, so that it is nobody's very own.</param>
/// <param name="Wider">
/// The /56 and the /48 around an IPv6 network, which are what customers and companies get (RFC 6177): their owner can
/// come as 256 or 65,536 networks.
/// </param>
public sealed record Network(string Name, string Shown, IReadOnlyList<string> Wider)
{
    private const int InterfaceBytes = 8;

    /// <summary>The network that a request comes from.</summary>
    public static Network Of(HttpContext? context) => Of(context?.Connection.RemoteIpAddress);

    /// <summary>The network of an address.</summary>
    public static Network Of(IPAddress? address)
    {
        if (address is null) return new Network("", "", []);
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        var bytes = address.GetAddressBytes();
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            var half = Prefix(bytes, InterfaceBytes);
            return new Network(half, half, [Prefix(bytes, 7), Prefix(bytes, 6)]);
        }

        return new Network(address.ToString(), Prefix(bytes, 3), []);
    }

    /// <inheritdoc/>
    public override string ToString() => Shown;

    private static string Prefix(byte[] address, int bytes)
    {
        var prefix = new byte[address.Length];
        address.AsSpan(0, bytes).CopyTo(prefix);
        return $"{new IPAddress(prefix)}/{bytes * 8}";
    }
}
