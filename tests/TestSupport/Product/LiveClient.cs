using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Messaging.TestSupport.Product;

/// <summary>A WebSocket that speaks <c>graphql-transport-ws</c>, as far as a test says.</summary>
public sealed class LiveClient : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(45);

    private LiveClient(ClientWebSocket socket) => Socket = socket;

    public ClientWebSocket Socket { get; }

    public int? CloseCode => (int?)Socket.CloseStatus;

    /// <summary>Opens a socket and says nothing.</summary>
    /// <param name="way">How the connection is made; null: as any is.</param>
    public static async Task<LiveClient> OpenAsync(
        string address, string? protocol = "graphql-transport-ws", string? origin = null, int receiveBuffer = 0,
        HttpMessageInvoker? way = null)
    {
        var socket = new ClientWebSocket();
        if (protocol is not null) socket.Options.AddSubProtocol(protocol);
        if (origin is not null) socket.Options.SetRequestHeader("Origin", origin);
        if (receiveBuffer > 0) socket.Options.SetBuffer(receiveBuffer, receiveBuffer);
        using var timeout = new CancellationTokenSource(s_patience);
        var at = new UriBuilder(address) { Path = "/graphql" };
        at.Scheme = at.Scheme == "https" ? "wss" : "ws";
        if (way is null) await socket.ConnectAsync(at.Uri, timeout.Token);
        else await socket.ConnectAsync(at.Uri, way, timeout.Token);
        return new LiveClient(socket);
    }

    /// <summary>Opens a socket and says who it is.</summary>
    /// <param name="way">How the connection is made; null: as any is.</param>
    public static async Task<LiveClient> OpenAsync(string address, GraphQLClient who, HttpMessageInvoker? way = null)
    {
        var client = await OpenAsync(address, way: way);
        await client.SendAsync(
            new { type = "connection_init", payload = new { authorization = $"Bearer {who.Token}" } });
        var ack = await client.ReceiveAsync();
        return (string?)ack?["type"] == "connection_ack"
            ? client
            : throw new InvalidOperationException($"Not acknowledged: {ack?.ToJsonString()} {client.CloseCode}");
    }

    public Task SendAsync(object message) => SendTextAsync(JsonSerializer.Serialize(message));

    public async Task SendTextAsync(string text)
    {
        using var timeout = new CancellationTokenSource(s_patience);
        await Socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, timeout.Token);
    }

    /// <summary>Begins an operation. When this returns it has begun.</summary>
    public async Task SubscribeAsync(string id, string query, object? variables = null)
    {
        await SendAsync(new { id, type = "subscribe", payload = new { query, variables } });
        await SendAsync(new { type = "ping" });
        var answer = await ReceiveAsync();
        if ((string?)answer?["type"] != "pong")
            throw new InvalidOperationException($"Not begun: {answer?.ToJsonString()} {CloseCode}");
    }

    /// <summary>The next message; null when the server has closed.</summary>
    public async Task<JsonNode?> ReceiveAsync(TimeSpan? patience = null)
    {
        using var timeout = new CancellationTokenSource(patience ?? s_patience);
        using var text = new MemoryStream();
        var buffer = new byte[8192];
        while (true)
        {
            var received = await Socket.ReceiveAsync(buffer.AsMemory(), timeout.Token);
            if (received.MessageType == WebSocketMessageType.Close) return null;
            text.Write(buffer, 0, received.Count);
            if (received.EndOfMessage) return JsonNode.Parse(text.ToArray());
        }
    }

    /// <summary>The data of the next message, which has to be one of the operation.</summary>
    public async Task<JsonNode> NextAsync(string id) => (await NextPayloadAsync(id))["data"]!;

    /// <summary>The answer in the next message, which has to be one of the operation.</summary>
    public async Task<JsonNode> NextPayloadAsync(string id)
    {
        var message = await ReceiveAsync()
            ?? throw new InvalidOperationException($"Closed with {CloseCode}: {Socket.CloseStatusDescription}");
        return (string?)message["type"] == "next" && (string?)message["id"] == id
            ? message["payload"]!
            : throw new InvalidOperationException(message.ToJsonString());
    }

    /// <summary>Whether nothing comes for a while. The socket is of no use after that.</summary>
    public async Task<bool> IsQuietAsync(TimeSpan time)
    {
        try
        {
            await ReceiveAsync(time);
            return false;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Socket.State == WebSocketState.Open)
        {
            using var timeout = new CancellationTokenSource(s_patience);
            try
            {
                await Socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", timeout.Token);
            }
            catch (Exception e) when (e is WebSocketException or OperationCanceledException)
            {
                // The other side is gone already. A test that failed before says why.
            }
        }

        Socket.Dispose();
    }
}
