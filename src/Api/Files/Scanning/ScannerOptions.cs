using System.Globalization;
using System.Net.Sockets;
using Messaging.Api.Hosting;

namespace Messaging.Api.Files.Scanning;

/// <summary>Address of ClamAV's daemon, from <c>Messaging:Files:Scanner</c>.</summary>
/// <param name="Host">Its host; null when it listens on a Unix socket.</param>
/// <param name="Port">Its port there.</param>
/// <param name="Socket">The path of its Unix socket; null when it listens on TCP.</param>
/// <param name="Timeout">Time limit of an answer for a file.</param>
/// <param name="MaximumBytes">
/// The largest file that it takes (its <c>StreamMaxLength</c>); larger ones are not taken in. Null: as large as any
/// file may be.
/// </param>
internal sealed record ScannerOptions(string? Host, int Port, string? Socket, TimeSpan Timeout, long? MaximumBytes)
{
    /// <summary>The section's path.</summary>
    public const string Section = FileStoreOptions.Section + ":Scanner";

    /// <summary>The port that ClamAV registered.</summary>
    public const int DefaultPort = 3310;

    /// <summary>30 s: a file of 50 MiB takes a second or two.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Reads and checks the settings.</summary>
    /// <returns>Null when none is configured.</returns>
    /// <exception cref="InvalidOperationException">
    /// A setting cannot be right; the message names it and says what is expected.
    /// </exception>
    public static ScannerOptions? Read(IConfiguration configuration)
    {
        var scanner = configuration.GetSection(Section);
        var timeout = scanner.Time("Timeout", DefaultTimeout, TimeSpan.FromMinutes(10));
        long? maximum = scanner.Bytes("MaximumBytes", 0) is var bytes and > 0 ? bytes : null;
        if (scanner.Text("Address") is not { } address) return null;
        if (address.StartsWith('/')) return new ScannerOptions(null, 0, address, timeout, maximum);
        var port = DefaultPort;
        var colon = address.LastIndexOf(':');
        var hasPort = colon >= 0 && !address.EndsWith(']') && (
            address.IndexOf(':', StringComparison.Ordinal) == colon || address[..colon].EndsWith(']'));
        if (hasPort && !int.TryParse(address[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out port))
            port = 0;
        var host = (hasPort ? address[..colon] : address).Trim('[', ']');
        if (port is < 1 or > 65_535 || Uri.CheckHostName(host) == UriHostNameType.Unknown)
        {
            throw new InvalidOperationException(
                $"The setting {Section}:Address is '{address}'; it is a host, with a port if it is not {DefaultPort} "
                + $"(clamd.internal:{DefaultPort}), or the path of a Unix socket.");
        }

        return new ScannerOptions(host, port, null, timeout, maximum);
    }

    /// <summary>Connects to it.</summary>
    public async Task<System.Net.Sockets.Socket> ConnectAsync(CancellationToken cancellation)
    {
        var socket = Socket is null
            ? new System.Net.Sockets.Socket(SocketType.Stream, ProtocolType.Tcp)
            : new System.Net.Sockets.Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            if (Socket is null) await socket.ConnectAsync(Host!, Port, cancellation);
            else await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), cancellation);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
