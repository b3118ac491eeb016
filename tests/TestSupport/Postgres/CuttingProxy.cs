using System.Net;
using System.Net.Sockets;

namespace Messaging.TestSupport.Postgres;

/// <summary>
/// When a connection is cut, at the next transaction that appends events: it is sent in one go, and commits at its end.
/// </summary>
public enum Cut
{
    /// <summary>It stays.</summary>
    Never,

    /// <summary>The server never sees the end of it.</summary>
    BeforeCommit,

    /// <summary>The server commits, and its answer is lost: the client cannot know the outcome.</summary>
    AfterCommit,
}

/// <summary>
/// Stands between a client and a server, such as PostgreSQL, and cuts a connection at a chosen moment, once each time
/// it is told to.
/// </summary>
public sealed class CuttingProxy : IAsyncDisposable
{
    private readonly string _host;
    private int _port;
    private TcpListener _listener = null!;
    private CancellationTokenSource _stopping = null!;
    private Task _accepting = Task.CompletedTask;
    private int _next;

    public CuttingProxy(string host, int port)
    {
        (_host, _port) = (host, port);
        StartAgain();
    }

    public int Port { get; private set; }

    public int Cuts { get; private set; }

    /// <summary>Where connections lead from now on.</summary>
    public void LeadTo(int port) => Volatile.Write(ref _port, port);

    public void CutNext(Cut cut) => Volatile.Write(ref _next, (int)cut);

    public void StartAgain()
    {
        _stopping = new CancellationTokenSource();
        _listener = Listen(Port);
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    // Another test's connection may have the port for a moment: the system gives out those that nobody listens on.
    private static TcpListener Listen(int port)
    {
        for (var left = 100; ; left--)
        {
            var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return listener;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse && left > 0)
            {
                listener.Dispose();
                Thread.Sleep(100);
            }
        }
    }

    /// <summary>Ends all connections, and takes no more; once more does nothing.</summary>
    public async Task StopAsync()
    {
        if (_accepting.IsCompleted) return;
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stopping.Dispose();
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task AcceptAsync()
    {
        var sessions = new List<Task>();
        try
        {
            while (true) sessions.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stopping.Token)));
        }
        catch (Exception e)
            when (e
                    is OperationCanceledException
                        or SocketException
                        or ObjectDisposedException
                        or InvalidOperationException
            )
        {
            await Task.WhenAll(sessions);
        }
    }

    // When the server goes, so does the client's connection.
    private static async Task EndWithAsync(Task back, CancellationTokenSource over)
    {
        await back.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            await over.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It has ended already.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            try
            {
                await server.ConnectAsync(_host, Volatile.Read(ref _port), _stopping.Token);
                client.NoDelay = server.NoDelay = true;
                var (near, far) = (client.GetStream(), server.GetStream());
                using var over = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
                var back = far.CopyToAsync(near, over.Token);
                _ = EndWithAsync(back, over);
                var buffer = new byte[64 * 1024];
                while (true)
                {
                    var count = await near.ReadAsync(buffer, over.Token);
                    if (count == 0) break;
                    var content = buffer.AsMemory(0, count);
                    if (
                        Volatile.Read(ref _next) != (int)Cut.Never
                        && content.Span.IndexOf("insert into messaging.mt_events"u8) >= 0
                    )
                    {
                        var cut = (Cut)Interlocked.Exchange(ref _next, (int)Cut.Never);
                        Cuts++;
                        if (cut == Cut.AfterCommit)
                        {
                            // No more of the server's answers reach the client; that it is ready for the next
                            // transaction means that it has committed.
                            await over.CancelAsync();
                            await back.ContinueWith(_ => { }, TaskScheduler.Default);
                            await far.WriteAsync(content, _stopping.Token);
                            _ = near.CopyToAsync(far, _stopping.Token);
                            var answer = new byte[64 * 1024];
                            do count = await far.ReadAsync(answer, _stopping.Token);
                            while (count > 0 && !answer.AsSpan(0, count).EndsWith("Z\0\0\0\u0005I"u8));
                        }

                        break;
                    }

                    await far.WriteAsync(content, over.Token);
                }
            }
            catch (Exception e)
                when (e is OperationCanceledException or IOException or SocketException or InvalidOperationException)
            {
                // One side has gone: so does the other.
            }
        }
    }
}
