using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using GraphQL;
using GraphQLParser.AST;
using Messaging.Api.Hosting;
using Messaging.Api.Security;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>
/// Takes WebSockets in: GraphQL over WebSocket, sub-protocol <c>graphql-transport-ws</c>
/// (github.com/enisdenjo/graphql-ws, PROTOCOL.md).
/// </summary>
internal sealed class WebSockets(
    OperationRunner runner, ResponseWriter writer, IGraphQLGate gate, GraphQLOptions options, ViewerRates rates,
    Capacity capacity, IHostApplicationLifetime lifetime, ILogger<WebSockets> logger, ForeignOrigins? foreign = null)
{
    private const string Protocol = "graphql-transport-ws";

    private readonly ConcurrentDictionary<string, int> _unknown = [];

    public async Task HandleAsync(HttpContext context)
    {
        if (!IsFromHere(context.Request))
            throw new RequestRefusedException(
                StatusCodes.Status403Forbidden, ErrorCodes.Forbidden, "This origin may not open WebSockets here.");
        var network = Network.Of(context).Name;
        if (_unknown.AddOrUpdate(network, 1, (_, n) => n + 1) > options.MaxUnknownConnectionsPerAddress)
        {
            Known();
            throw new RequestRefusedException(
                StatusCodes.Status429TooManyRequests, ErrorCodes.RateLimited,
                "There are too many connections of this address that have not said who they are.");
        }

        var isUnknown = true;
        try
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync(
                context.WebSockets.WebSocketRequestedProtocols.Contains(Protocol) ? Protocol : null);
            if (socket.SubProtocol != Protocol)
            {
                using var patience = new CancellationTokenSource(WebSocketSession.Patience);
                await socket.CloseAsync((WebSocketCloseStatus)4406, "Subprotocol not acceptable", patience.Token);
                return;
            }

            // It may stay for days: what happens on it has traces of its own.
            using var connection = OperationTelemetry.Connected("websocket");
            Activity.Current = null;
            await new WebSocketSession(
                socket, context, runner, writer, gate, options, rates, capacity, logger, Acknowledged,
                lifetime.ApplicationStopping).RunAsync();
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

    // Browsers send an origin with every WebSocket, other clients none. Nothing is decided by cookies; still, a foreign
    // page is nobody's client.
    private bool IsFromHere(HttpRequest request)
    {
        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0
            || options.Origins.Contains(origin, StringComparer.OrdinalIgnoreCase)
            || foreign?.IsOf(request) is true
            || (
                Uri.TryCreate(origin, UriKind.Absolute, out var from)
                && from.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase)
            );
    }
}

/// <summary>
/// One connection: reads messages one after the other, runs operations side by side, sends through one queue.
/// </summary>
[SuppressMessage(
    "Design", "CA1001:Types that own disposable fields should be disposable",
    Justification = "Operations that end later still use them; they hold nothing.")]
internal sealed class WebSocketSession(
    WebSocket socket, HttpContext context, OperationRunner runner, ResponseWriter writer, IGraphQLGate gate,
    GraphQLOptions options, ViewerRates rates, Capacity capacity, ILogger logger, Action acknowledged,
    CancellationToken stopping)
{
    private const int MostUnsent = 16;
    private const int MostInId = 128;

    // A longer message waits until it is sent, and the others with it. So this is what a connection that takes nothing
    // holds, 16 times, and one long message.
    private const int LongMessage = 64 * 1024;

    /// <summary>The time that the other side has for its closing frame.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, CancellationTokenSource> _operations = [];
    private readonly Channel<Message> _unsent = Channel.CreateBounded<Message>(
        new BoundedChannelOptions(MostUnsent) { SingleReader = true });

    // Messages are written one after the other, and so are updates made.
    private readonly SemaphoreSlim _writing = new(1);
    private readonly SemaphoreSlim _updating = new(1);

    // Never disposed of: operations that end after the connection still ask for its token, and it holds on to nothing
    // but the request.
    private readonly CancellationTokenSource _ended = CancellationTokenSource.CreateLinkedTokenSource(
        context.RequestAborted);
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
            using var claim = capacity.Claim(Capacity.AskerOf(_admission ?? GraphQLAdmission.Anonymous(), context));
            ValueWebSocketReceiveResult received;
            do
            {
                received = await socket.ReceiveAsync(message.GetMemory(), context.RequestAborted);
                message.Advance(received.Count);
                if (!TryReceive(claim, received.Count)) return;
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

    private bool TryReceive(Claim claim, int bytes)
    {
        try
        {
            claim.Receive(RequestReader.InMemory * bytes);
            return true;
        }
        catch (RefusedClaimException)
        {
            Close(1013, "Too much is under way");
            return false;
        }
    }

    private async Task TakeAsync(ReadOnlyMemory<byte> bytes)
    {
        using var document = RequestReader.ParseJson(
            () =>
                JsonDocument.Parse(bytes, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 34 }),
            "the message"
        );
        var message = document.RootElement;
        var type =
            message.ValueKind == JsonValueKind.Object
            && message.TryGetProperty("type", out var given)
            && given.ValueKind == JsonValueKind.String
                ? given.GetString()
                : null;
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
        var admission = await gate.AdmitAsync(
            context, AuthorizationIn(message) ?? context.Request.Headers.Authorization, _ended.Token);
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

        if (_visit.Ended.IsCancellationRequested)
        {
            CloseEnded();
            return;
        }

        _admission = admission;
        acknowledged();
        _visit.Ended.Register(() => _ = EndVisitAsync());
        _visit.Interrupted.Register(() => Close(1013, "Try again later"));
        _ = ExpireAsync();
        await SendAsync(json => json.WriteString("type"u8, "connection_ack"u8));
    }

    // The payload of the protocol's messages names the credentials, in any case of letters.
    private static string? AuthorizationIn(JsonElement message)
    {
        string? authorization = null;
        if (message.TryGetProperty("payload", out var payload) && payload.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in payload.EnumerateObject())
            {
                if (
                    property.Name.Equals("authorization", StringComparison.OrdinalIgnoreCase)
                    && property.Value.ValueKind == JsonValueKind.String
                )
                    authorization = property.Value.GetString();
            }
        }

        return authorization;
    }

    /// <summary>
    /// A ping may bring the session's next token: the connection then stays for as long as that works, and no
    /// subscription is lost. A token of another session, or one that is not valid, ends the connection.
    /// </summary>
    private async Task<bool> MayStayAsync(JsonElement message)
    {
        if (_admission is null || AuthorizationIn(message) is not { } authorization) return true;
        var admission = await gate.AdmitAsync(context, authorization, _ended.Token);
        if (
            admission.Refusal is null
            && admission.Session is not null
            && (admission.Session, admission.Viewer) == (_admission.Session, _admission.Viewer)
        )
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
            await Task.Delay(Lifetime.Until(expires), _ended.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_admission.ExpiresAt == expires)
                break;
        }

        if (_admission.ExpiresAt is not null) Close(4403, "The access token has expired");
    }

    // The pending updates of its subscriptions are sent first; whoever comes back reads anew what these would tell.
    private async Task EndVisitAsync()
    {
        for (var i = 0; i < 20 && !_operations.IsEmpty && !_visit!.MayComeBack; i++) await Task.Delay(50);
        await Task.Delay(50);
        CloseEnded();
    }

    // Clients know by the reason that what they have read may not be theirs any more.
    private void CloseEnded() =>
        Close(4403, _visit!.MayComeBack ? "Your access has changed" : "Your access has ended");

    private async Task SubscribeAsync(string id, JsonElement message)
    {
        if (_admission is null)
        {
            Close(4401, "Unauthorized");
            return;
        }

        // The connection is open for a moment yet, with the rights of before.
        if (_visit?.Ended.IsCancellationRequested == true)
        {
            CloseEnded();
            return;
        }

        if (!message.TryGetProperty("payload", out var payload))
            throw RequestRefusedException.BadRequest("The message has no payload");
        var request = RequestReader.ReadRequest(payload);
        var who = Capacity.AskerOf(_admission, context);
        if (rates.Enter(who.Viewer, 1) is { } tooFast)
        {
            await SendErrorsAsync(id, [tooFast]);
            return;
        }

        var budget = new Budget();
        var prepared = runner.Prepare(request, budget, _admission.NoMutations);
        rates.Spend(who.Viewer, budget.Complexity);
        var operation = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token);
        if (!_operations.TryAdd(id, operation))
        {
            operation.Dispose();
            Close(4409, $"Subscriber for {id} already exists");
            return;
        }

        var isSubscription = prepared.Kind is OperationType.Subscription;
        string? tooMany =
            _operations.Count > options.MaxOperationsPerConnection
                ? $"There are more than {options.MaxOperationsPerConnection} operations on this connection."
            : isSubscription && !_visit!.TrySubscribe()
                ? $"There are more than {options.MaxSubscriptionsPerViewer} subscriptions of yours."
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
            _ = RunAsync(id, operation, () => AnswerAsync(id, operation, prepared, userContext, who));
            return;
        }

        // It has begun before the next message is read: what is asked for after it on this connection is not older than
        // what it tells.
        var hasBegun = new TaskCompletionSource();
        _ = RunAsync(id, operation, async () =>
        {
            try
            {
                var (refused, begun) = await runner.SubscribeAsync(
                    prepared, context, userContext, who, _updating, operation.Token);
                using var subscribed = begun;
                hasBegun.TrySetResult();
                if (subscribed is null)
                {
                    if (TryEnd(id, operation)) await SendErrorsAsync(id, refused!.Errors);
                    return;
                }

                await foreach (var (answer, claim) in subscribed.Updates.WithCancellation(operation.Token))
                {
                    // An update too large now will be too large again: the subscription ends, rather than go on as if
                    // there had been nothing.
                    if (await TrySendNextAsync(id, answer, claim) is not { } refusal) continue;
                    if (refusal.Code == ErrorCodes.RateLimited) Close(1013, "Too much is under way");
                    else if (TryEnd(id, operation)) await SendErrorsAsync(id, [refusal]);
                    return;
                }

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

    private async Task AnswerAsync(
        string id, CancellationTokenSource operation, Prepared prepared, Dictionary<string, object?> userContext,
        Asker who)
    {
        using var claim = capacity.Claim(who);
        var answer = await runner.RunAsync(prepared, context, userContext, claim, operation.Token);
        if (!answer.Executed)
        {
            if (TryEnd(id, operation)) await SendErrorsAsync(id, answer.Errors);
            return;
        }

        if (await TrySendNextAsync(id, answer, claim) is { } refusal)
        {
            if (TryEnd(id, operation)) await SendErrorsAsync(id, [refusal]);
            return;
        }

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
        catch (SlowSubscriberException)
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

    /// <summary>Sends an answer, or of one that ran already and is too large, that it is.</summary>
    /// <returns>The reason why it was not sent; null when it was.</returns>
    private async Task<ExecutionError?> TrySendNextAsync(string id, Answer answer, Claim claim)
    {
        if (!answer.Executed) return answer.Errors[0];
        try
        {
            await SendAsync(json => WriteNext(json, answer), claim);
            return null;
        }
        catch (RefusedClaimException refused)
        {
            var instead = answer.Refused(refused.Error);
            if (instead.Executed) await SendAsync(json => WriteNext(json, instead));
            return instead.Executed ? null : refused.Error;
        }

        void WriteNext(Utf8JsonWriter json, Answer of)
        {
            json.WriteString("id"u8, id);
            json.WriteString("type"u8, "next"u8);
            json.WritePropertyName("payload"u8);
            writer.Write(json, of);
        }
    }

    private Task SendErrorsAsync(string id, IReadOnlyList<ExecutionError> errors) => SendAsync(json =>
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

    /// <param name="claim">The claim that the message is counted in; null for one that is short.</param>
    private async Task SendAsync(Action<Utf8JsonWriter> write, Claim? claim = null)
    {
        await _writing.WaitAsync(_ended.Token);
        try
        {
            var message = new Message(
                new AnswerBuffer(claim), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            try
            {
                using (claim is null ? null : await claim.WriteTurnAsync(_ended.Token))
                {
                    if (claim?.Refusal is { } refusal) throw new RefusedClaimException(refusal);
                    var json = ResponseWriter.JsonTo(message.Buffer);
                    json.WriteStartObject();
                    write(json);
                    json.WriteEndObject();
                    json.Flush();
                }

                if (claim is not null) rates.SpendBytes(claim.Who.Viewer, message.Buffer.Length);
                await _unsent.Writer.WriteAsync(message, _ended.Token);
            }
            catch
            {
                message.Buffer.Dispose();
                throw;
            }

            if (message.Buffer.Length > LongMessage) await message.Sent.Task.WaitAsync(_ended.Token);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task SendAllAsync()
    {
        try
        {
            await foreach (var (buffer, sent) in _unsent.Reader.ReadAllAsync())
            {
                using (buffer) await buffer.SendAsync(SendPieceAsync);
                sent.SetResult();
            }

            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                using var timeout = new CancellationTokenSource(Patience);
                await socket.CloseOutputAsync(
                    (WebSocketCloseStatus)_close!.Value.Code, _close.Value.Reason, timeout.Token);
            }
        }
        catch (Exception e)
            when (e is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            // Nobody takes it any more. Waiting messages must not wait for good.
            Close(1006, "");
            socket.Abort();
            while (_unsent.Reader.TryRead(out var message)) message.Buffer.Dispose();
        }
    }

    private async ValueTask SendPieceAsync(ReadOnlyMemory<byte> piece, bool isLast)
    {
        using var timeout = new CancellationTokenSource(options.SendTimeout);
        await socket.SendAsync(
            piece, WebSocketMessageType.Text, isLast ? WebSocketMessageFlags.EndOfMessage : WebSocketMessageFlags.None,
            timeout.Token);
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

        if (code is not (1000 or 1006) && logger.IsEnabled(LogLevel.Debug))
            logger.LogDebug("A WebSocket is closed with {Code}", code);
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
        message.TryGetProperty("id", out var id)
        && id.ValueKind == JsonValueKind.String
        && id.GetString() is { Length: > 0 and <= MostInId } text
            ? text
            : throw RequestRefusedException.BadRequest($"The message needs an id of 1 to {MostInId} characters");

    /// <param name="Sent">Completed when it was sent; not when it will not be, since then the connection has
    /// ended.</param>
    private sealed record Message(AnswerBuffer Buffer, TaskCompletionSource Sent);
}
