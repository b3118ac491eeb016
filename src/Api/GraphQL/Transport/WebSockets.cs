using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using GraphQLParser.AST;
using Messaging.Api.Security;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>Takes WebSockets in: GraphQL over WebSocket, sub-protocol <c>graphql-transport-ws</c> (github.com/enisdenjo/graphql-ws, PROTOCOL.md).</summary>
internal sealed class WebSockets(
    OperationRunner runner, ResponseWriter writer, IGraphQLGate gate, GraphQLOptions options, ViewerRates rates, IHostApplicationLifetime lifetime,
    ILogger<WebSockets> logger)
{
    private const string Protocol = "graphql-transport-ws";

    private readonly ConcurrentDictionary<string, int> _unknown = [];

    public async Task HandleAsync(HttpContext context)
    {
        if (!IsFromHere(context.Request)) throw new RequestRefusedException(StatusCodes.Status403Forbidden, ErrorCodes.Forbidden, "This origin may not open WebSockets here.");
        var network = Network.Of(context).Name;
        if (_unknown.AddOrUpdate(network, 1, (_, n) => n + 1) > options.MaxUnknownConnectionsPerAddress)
        {
            Known();
            throw new RequestRefusedException(
                StatusCodes.Status429TooManyRequests, ErrorCodes.RateLimited, "There are too many connections of this address that have not said who they are.");
        }

        var isUnknown = true;
        try
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync(context.WebSockets.WebSocketRequestedProtocols.Contains(Protocol) ? Protocol : null);
            if (socket.SubProtocol != Protocol)
            {
                using var patience = new CancellationTokenSource(WebSocketSession.Patience);
                await socket.CloseAsync((WebSocketCloseStatus)4406, "Subprotocol not acceptable", patience.Token);
                return;
            }

            // It may stay for days: what happens on it has traces of its own.
            using var connection = OperationTelemetry.Connected("websocket");
            Activity.Current = null;
            await new WebSocketSession(socket, context, runner, writer, gate, options, rates, logger, Acknowledged, lifetime.ApplicationStopping).RunAsync();
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException)
        {
            // The client is gone.
        }
        finally
        {
            Acknowledged();
        }

        void Acknowledged()
        {
            if (isUnknown) Known();
            isUnknown = false;
        }

        void Known()
        {
            if (_unknown.AddOrUpdate(network, 0, (_, n) => n - 1) <= 0) _unknown.TryRemove(new(network, 0));
        }
    }

    // Browsers send an origin with every WebSocket, other clients none. Nothing is decided by cookies; still, a foreign page is nobody's client.
    private bool IsFromHere(HttpRequest request)
    {
        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0
            || options.Origins.Contains(origin, StringComparer.OrdinalIgnoreCase)
            || (Uri.TryCreate(origin, UriKind.Absolute, out var from) && from.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase));
    }
}

/// <summary>One connection: reads messages one after the other, runs operations side by side, sends through one queue.</summary>
internal sealed class WebSocketSession(
    WebSocket socket, HttpContext context, OperationRunner runner, ResponseWriter writer, IGraphQLGate gate, GraphQLOptions options, ViewerRates rates,
    ILogger logger, Action acknowledged, CancellationToken stopping)
{
    private const int MostUnsent = 16;
    private const int MostInId = 128;

    /// <summary>How long the other side has for the last words.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, CancellationTokenSource> _operations = [];
    private readonly Channel<PooledBuffer> _unsent = Channel.CreateBounded<PooledBuffer>(new BoundedChannelOptions(MostUnsent) { SingleReader = true });

    // Never disposed of: operations that end after the connection still ask for its token, and it holds on to nothing but the request.
    private readonly CancellationTokenSource _ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
    private readonly Lock _lock = new();
    private (int Code, string Reason)? _close;
    private volatile GraphQLAdmission? _admission;
    private GraphQLVisit? _visit;

    public async Task RunAsync()
    {
        var sending = SendAllAsync();
        using var stop = stopping.Register(() => Close(1001, "The server stops"));
        using var init = new Timer(_ => CloseUnlessAdmitted(), null, options.InitTimeout, Timeout.InfiniteTimeSpan);
        try
        {
            await ReceiveAllAsync();
        }
        finally
        {
            Close(1000, "");
            await sending;
            if (_visit is not null) await _visit.DisposeAsync();
        }

        void CloseUnlessAdmitted()
        {
            if (_admission is null) Close(4408, "Connection initialisation timeout");
        }
    }

    private async Task ReceiveAllAsync()
    {
        while (true)
        {
            // Without a buffer while nothing comes: there may be thousands of connections.
            await socket.ReceiveAsync(Memory<byte>.Empty, context.RequestAborted);
            using var message = new PooledBuffer();
            ValueWebSocketReceiveResult received;
            do
            {
                received = await socket.ReceiveAsync(message.GetMemory(), context.RequestAborted);
                message.Advance(received.Count);
                if (message.Written.Length > options.MaxRequestBytes)
                {
                    Close(1009, $"A message is larger than {options.MaxRequestBytes} bytes");
                    return;
                }
            }
            while (!received.EndOfMessage);

            if (received.MessageType == WebSocketMessageType.Close) return;
            if (_close is not null) continue;
            if (received.MessageType != WebSocketMessageType.Text)
            {
                Close(4400, "Messages are text");
                continue;
            }

            try
            {
                await TakeAsync(message.Written);
            }
            catch (RequestRefusedException refusal)
            {
                Close(4400, refusal.Message);
            }
            catch (ChannelClosedException)
            {
                // It was closed at the same moment.
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // Such as a database that is away: later it may be there again.
                runner.Report(e, context);
                Close(1013, "Try again later");
            }
        }
    }

    private async Task TakeAsync(ReadOnlyMemory<byte> bytes)
    {
        using var document = RequestReader.ParseJson(() => JsonDocument.Parse(bytes, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 34 }), "the message");
        var message = document.RootElement;
        var type = message.ValueKind == JsonValueKind.Object && message.TryGetProperty("type", out var given) && given.ValueKind == JsonValueKind.String ? given.GetString() : null;
        switch (type)
        {
            case "connection_init":
                await InitAsync(message);
                break;
            case "ping":
                if (!await MayStayAsync(message)) return;
                await SendAsync(json => json.WriteString("type"u8, "pong"u8));
                break;
            case "pong":
                break;
            case "subscribe":
                await SubscribeAsync(IdOf(message), message);
                break;
            case "complete":
                if (_operations.TryRemove(IdOf(message), out var operation)) await CancelAsync(operation);
                break;
            default:
                throw RequestRefusedException.BadRequest("The message has no type that the protocol knows");
        }
    }

    private static async Task CancelAsync(CancellationTokenSource operation)
    {
        try
        {
            await operation.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It has ended at the same moment.
        }
    }

    private async Task InitAsync(JsonElement message)
    {
        if (_admission is not null)
        {
            Close(4429, "Too many initialisation requests");
            return;
        }

        // A browser cannot give a WebSocket a header: the token is in the payload there.
        var admission = await gate.AdmitAsync(context, AuthorizationIn(message) ?? context.Request.Headers.Authorization, _ended.Token);
        try
        {
            if (admission.Refusal is null) _visit = await gate.EnterAsync(admission, _ended.Token);
        }
        catch (RefusedException refusal) when (refusal.Code == ErrorCodes.RateLimited)
        {
            Close(4429, refusal.Message);
            return;
        }

        if (_visit is null)
        {
            Close(4403, admission.Refusal?.Message ?? "Sign in first: the payload needs an authorization");
            return;
        }

        _admission = admission;
        acknowledged();
        _visit.Ended.Register(() => _ = EndVisitAsync());
        _ = ExpireAsync();
        await SendAsync(json => json.WriteString("type"u8, "connection_ack"u8));
    }

    // What authorises is named in the payload of the protocol's messages, by whatever case.
    private static string? AuthorizationIn(JsonElement message)
    {
        string? authorization = null;
        if (message.TryGetProperty("payload", out var payload) && payload.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in payload.EnumerateObject())
            {
                if (property.Name.Equals("authorization", StringComparison.OrdinalIgnoreCase) && property.Value.ValueKind == JsonValueKind.String)
                    authorization = property.Value.GetString();
            }
        }

        return authorization;
    }

    /// <summary>
    /// A ping may bring the session's next token: the connection then stays for as long as that works, and no subscription is lost. Of another session, or not
    /// valid, it ends the connection.
    /// </summary>
    private async Task<bool> MayStayAsync(JsonElement message)
    {
        if (_admission is null || AuthorizationIn(message) is not { } authorization) return true;
        var admission = await gate.AdmitAsync(context, authorization, _ended.Token);
        if (admission.Refusal is null && admission.Session is not null && (admission.Session, admission.Viewer) == (_admission.Session, _admission.Viewer))
        {
            _admission = admission;
            return true;
        }

        Close(4403, admission.Refusal?.Message ?? "The access token is of another session");
        return false;
    }

    private async Task ExpireAsync()
    {
        while (_admission!.ExpiresAt is { } expires && !_ended.IsCancellationRequested)
        {
            await Task.Delay(Lifetime.Until(expires), _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_admission.ExpiresAt == expires) break;
        }

        if (_admission.ExpiresAt is not null) Close(4403, "The access token has expired");
    }

    // What subscriptions still have to say about it is said first.
    private async Task EndVisitAsync()
    {
        for (var i = 0; i < 20 && !_operations.IsEmpty; i++) await Task.Delay(50);
        await Task.Delay(50);
        Close(4403, "Your access has ended");
    }

    private async Task SubscribeAsync(string id, JsonElement message)
    {
        if (_admission is null)
        {
            Close(4401, "Unauthorized");
            return;
        }

        if (!message.TryGetProperty("payload", out var payload)) throw RequestRefusedException.BadRequest("The message has no payload");
        var request = RequestReader.ReadRequest(payload);
        var who = ViewerRates.Of(_admission, context);
        if (rates.Enter(who, 1) is { } tooFast)
        {
            await SendErrorsAsync(id, [tooFast]);
            return;
        }

        var budget = new Budget();
        var prepared = runner.Prepare(request, budget);
        rates.Spend(who, budget.Complexity);
        var operation = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token);
        if (!_operations.TryAdd(id, operation))
        {
            operation.Dispose();
            Close(4409, $"Subscriber for {id} already exists");
            return;
        }

        var isSubscription = prepared.Kind is OperationType.Subscription;
        string? tooMany = _operations.Count > options.MaxOperationsPerConnection ? $"There are more than {options.MaxOperationsPerConnection} operations on this connection."
            : isSubscription && !_visit!.TrySubscribe() ? $"There are more than {options.MaxSubscriptionsPerViewer} subscriptions of yours."
            : null;
        if (tooMany is not null)
        {
            _operations.TryRemove(new(id, operation));
            operation.Dispose();
            await SendErrorsAsync(id, [new CodedError(ErrorCodes.RateLimited, tooMany)]);
            return;
        }

        var userContext = new Dictionary<string, object?>(_admission.UserContext);
        if (!isSubscription)
        {
            _ = RunAsync(id, operation, () => AnswerAsync(id, operation, prepared, userContext));
            return;
        }

        // It has begun before the next message is read: what is asked for after it on this connection is not older than what it tells.
        var hasBegun = new TaskCompletionSource();
        _ = RunAsync(id, operation, async () =>
        {
            try
            {
                var (refused, begun) = await runner.SubscribeAsync(prepared, context, userContext, operation.Token);
                using var subscribed = begun;
                hasBegun.TrySetResult();
                if (subscribed is null)
                {
                    if (TryEnd(id, operation)) await SendErrorsAsync(id, refused!.Errors);
                    return;
                }

                await foreach (var answer in subscribed.Answers.WithCancellation(operation.Token)) await SendNextAsync(id, answer);
                if (TryEnd(id, operation)) await SendCompleteAsync(id);
            }
            finally
            {
                hasBegun.TrySetResult();
                _visit!.Unsubscribe();
            }
        });
        await hasBegun.Task;
    }

    private async Task AnswerAsync(string id, CancellationTokenSource operation, Prepared prepared, Dictionary<string, object?> userContext)
    {
        var answer = await runner.RunAsync(prepared, context, userContext, operation.Token);
        if (!answer.Executed)
        {
            if (TryEnd(id, operation)) await SendErrorsAsync(id, answer.Errors);
            return;
        }

        await SendNextAsync(id, answer);
        if (TryEnd(id, operation)) await SendCompleteAsync(id);
    }

    // Before the last message of it: who has read that may use the id again. False when the client has completed it.
    private bool TryEnd(string id, CancellationTokenSource operation) => _operations.TryRemove(new(id, operation));

    private async Task RunAsync(string id, CancellationTokenSource operation, Func<Task> run)
    {
        try
        {
            await run();
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
        {
            // The client has completed it, or the connection ends.
        }
        catch (Live.SlowSubscriberException)
        {
            Close(1013, "Updates are taken too slowly");
        }
        catch (Exception e)
        {
            var reported = runner.Report(e, context);
            if (TryEnd(id, operation)) await SendErrorsAsync(id, [reported]);
        }
        finally
        {
            TryEnd(id, operation);
            operation.Dispose();
        }
    }

    private Task SendNextAsync(string id, Answer answer) => SendAsync(json =>
    {
        json.WriteString("id"u8, id);
        json.WriteString("type"u8, "next"u8);
        json.WritePropertyName("payload"u8);
        writer.Write(json, answer);
    });

    private Task SendErrorsAsync(string id, IReadOnlyList<global::GraphQL.ExecutionError> errors) => SendAsync(json =>
    {
        json.WriteString("id"u8, id);
        json.WriteString("type"u8, "error"u8);
        json.WritePropertyName("payload"u8);
        writer.WriteErrors(json, errors);
    });

    private Task SendCompleteAsync(string id) => SendAsync(json =>
    {
        json.WriteString("id"u8, id);
        json.WriteString("type"u8, "complete"u8);
    });

    private async Task SendAsync(Action<Utf8JsonWriter> write)
    {
        var buffer = new PooledBuffer();
        try
        {
            using (var json = ResponseWriter.JsonTo(buffer))
            {
                json.WriteStartObject();
                write(json);
                json.WriteEndObject();
            }

            await _unsent.Writer.WriteAsync(buffer, _ended.Token);
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    private async Task SendAllAsync()
    {
        try
        {
            await foreach (var message in _unsent.Reader.ReadAllAsync())
            {
                using (message)
                {
                    using var timeout = new CancellationTokenSource(options.SendTimeout);
                    await socket.SendAsync(message.Written, WebSocketMessageType.Text, WebSocketMessageFlags.EndOfMessage, timeout.Token);
                }
            }

            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                using var timeout = new CancellationTokenSource(Patience);
                await socket.CloseOutputAsync((WebSocketCloseStatus)_close!.Value.Code, _close.Value.Reason, timeout.Token);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            // Nobody takes it any more. What waits for its turn must not wait for good.
            Close(1006, "");
            socket.Abort();
            while (_unsent.Reader.TryRead(out var message)) message.Dispose();
        }
    }

    /// <summary>Says goodbye, once, and ends whatever runs; the other side answers, or is cut off.</summary>
    private void Close(int code, string reason)
    {
        lock (_lock)
        {
            if (_close is not null) return;

            // 123 bytes at most, says RFC 6455.
            _close = (code, Encoding.UTF8.GetByteCount(reason) <= 123 ? reason : reason[..Math.Min(reason.Length, 40)]);
        }

        if (code is not (1000 or 1006) && logger.IsEnabled(LogLevel.Debug)) logger.LogDebug("A WebSocket is closed with {Code}", code);
        _unsent.Writer.TryComplete();
        _ = EndAsync();

        async Task EndAsync()
        {
            await _ended.CancelAsync();
            await Task.Delay(Patience);
            if (socket.State is not (WebSocketState.Closed or WebSocketState.Aborted)) socket.Abort();
        }
    }

    private static string IdOf(JsonElement message) =>
        message.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String && id.GetString() is { Length: > 0 and <= MostInId } text
            ? text
            : throw RequestRefusedException.BadRequest($"The message needs an id of 1 to {MostInId} characters");
}
