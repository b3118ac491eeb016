using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Messaging.Web.Tests.Support;

/// <summary>
/// A TCP proxy in front of the product whose connections can go silent: they stay open and forward nothing any more, as
/// when a device on the way has forgotten them. New ones work.
/// </summary>
internal sealed class FadingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ended = new();
    private readonly ConcurrentBag<Link> _links = [];
    private readonly Uri _target;
    private readonly Task _accepting;
    private volatile bool _isSilent;

    public FadingProxy(string target)
    {
        _target = new Uri(target);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Address => $"http://localhost:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>The WebSockets of now go silent.</summary>
    public void Silence()
    {
        foreach (var link in _links.Where(link => link.IsWebSocket)) link.IsSilent = true;
    }

    /// <summary>
    /// All connections of now go silent, those that the browser keeps for its next requests included.
    /// </summary>
    public void SilenceAll()
    {
        foreach (var link in _links) link.IsSilent = true;
    }

    /// <summary>All connections go silent, also those to come.</summary>
    public void StaySilent()
    {
        _isSilent = true;
        foreach (var link in _links) link.IsSilent = true;
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        _listener.Stop();
        await _accepting;
        _ended.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (!_ended.IsCancellationRequested)
                _ = ForwardAsync(await _listener.AcceptTcpClientAsync(_ended.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // It is over.
        }
    }

    private async Task ForwardAsync(TcpClient from)
    {
        using var near = from;
        using var far = new TcpClient();
        var link = new Link { IsSilent = _isSilent };
        _links.Add(link);
        try
        {
            await far.ConnectAsync(_target.Host, _target.Port, _ended.Token);
            await Task.WhenAny(PumpAsync(near, far, link), PumpAsync(far, near, link));
        }
        catch (Exception e)
            when (e is OperationCanceledException or SocketException or IOException or ObjectDisposedException)
        {
            // One side is gone.
        }
    }

    private async Task PumpAsync(TcpClient from, TcpClient to, Link link)
    {
        var buffer = new byte[65536];
        while (await from.GetStream().ReadAsync(buffer, _ended.Token) is > 0 and var read)
        {
            link.IsWebSocket |= Encoding
                .ASCII.GetString(buffer, 0, read)
                .Contains("Upgrade: websocket", StringComparison.OrdinalIgnoreCase);
            if (!link.IsSilent)
                await to.GetStream().WriteAsync(buffer.AsMemory(0, read), _ended.Token);
        }

        // A side that has closed is not told of by what has gone silent.
        if (link.IsSilent) await Task.Delay(Timeout.Infinite, _ended.Token);
    }

    private sealed class Link
    {
        public volatile bool IsSilent;
        public volatile bool IsWebSocket;
    }
}
