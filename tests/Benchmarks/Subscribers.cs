using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Messaging.Benchmarks;

/// <summary>Many WebSockets, each with a subscription.</summary>
internal sealed class Subscribers : IAsyncDisposable
{
    public const int Count = 5_000;

    private const int AtOnce = 20;

    private readonly ClientWebSocket[] _sockets = new ClientWebSocket[Count];

    public static async Task<Subscribers> OpenAsync(Uri address, string token)
    {
        var subscribers = new Subscribers();
        var uri = new UriBuilder(address) { Scheme = "ws", Path = "/graphql" }.Uri;
        var init = JsonSerializer.SerializeToUtf8Bytes(
            new { type = "connection_init", payload = new { authorization = $"Bearer {token}" } });
        var subscribe = JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                id = "1",
                type = "subscribe",
                payload = new
                {
                    query = "subscription { conversationsUpdated { removedId conversation { id version status } } }",
                },
            }
        );
        var ping = Encoding.UTF8.GetBytes("""{"type":"ping"}""");
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Count),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
            async (i, cancellation) =>
            {
                var socket = subscribers._sockets[i] = new ClientWebSocket();
                socket.Options.AddSubProtocol("graphql-transport-ws");
                socket.Options.SetBuffer(1024, 1024);
                await socket.ConnectAsync(uri, cancellation);
                await SendAsync(socket, init);
                await ExpectAsync(socket, "connection_ack");
                await SendAsync(socket, subscribe);
                await SendAsync(socket, ping);
                await ExpectAsync(socket, "pong");
            }
        );
        return subscribers;
    }

    /// <summary>Does something that all are told of.</summary>
    /// <returns>How long it took to reach each of them.</returns>
    public async Task<List<TimeSpan>> TellAsync(Func<Task> act)
    {
        var begun = Stopwatch.GetTimestamp();
        var told = _sockets.Select(async socket =>
        {
            await ExpectAsync(socket, "next");
            return Stopwatch.GetElapsedTime(begun);
        }).ToList();
        await act();
        return [.. await Task.WhenAll(told)];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var socket in _sockets)
        {
            socket?.Abort();
            socket?.Dispose();
        }

        await Task.CompletedTask;
    }

    private static Task SendAsync(ClientWebSocket socket, byte[] message) =>
        socket.SendAsync(message, WebSocketMessageType.Text, true, CancellationToken.None);

    private static async Task ExpectAsync(ClientWebSocket socket, string type)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var buffer = new byte[1024];
        var received = await socket.ReceiveAsync(buffer, patience.Token);
        var text = Encoding.UTF8.GetString(buffer, 0, received.Count);
        if (!text.Contains($"\"type\":\"{type}\"", StringComparison.Ordinal))
            throw new BenchmarkFailedException($"Expected {type}, not {text} {socket.CloseStatus}");
    }
}
