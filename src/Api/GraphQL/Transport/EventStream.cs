using System.Buffers;
using System.Diagnostics;
using GraphQLParser.AST;
using Microsoft.AspNetCore.Http.Features;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>
/// Answers an operation as server-sent events, one connection for each: "distinct connections mode" of GraphQL over Server-Sent Events
/// (github.com/enisdenjo/graphql-sse, PROTOCOL.md).
/// </summary>
internal sealed class EventStream(OperationRunner runner, ResponseWriter writer, IGraphQLGate gate, GraphQLOptions options, IHostApplicationLifetime lifetime)
{
    private static readonly TimeSpan s_lastWords = TimeSpan.FromSeconds(1);

    public async Task RunAsync(HttpContext context, GraphQLAdmission admission, Prepared operation)
    {
        await using var visit = await gate.EnterAsync(admission, context.RequestAborted);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        var userContext = new Dictionary<string, object?>(admission.UserContext);
        if (operation.Kind is not OperationType.Subscription)
        {
            var answer = await runner.RunAsync(operation, context, userContext, ended.Token);
            await StartAsync(context);
            await SendAsync(context, answer, ended.Token);
            await EndAsync(context, ended.Token);
            return;
        }

        if (visit is null) throw new RequestRefusedException(StatusCodes.Status401Unauthorized, ErrorCodes.Unauthenticated, "Sign in first: this needs an access token.");
        if (!visit.TrySubscribe())
            throw new RequestRefusedException(StatusCodes.Status429TooManyRequests, ErrorCodes.RateLimited, $"There are more than {options.MaxSubscriptionsPerViewer} subscriptions of yours.");
        try
        {
            var (refused, begun) = await runner.SubscribeAsync(operation, context, userContext, ended.Token);
            using var subscribed = begun;
            await StartAsync(context);

            // It may stay for days: what happens on it has traces of its own.
            using var connection = OperationTelemetry.Connected("sse");
            Activity.Current = null;
            if (subscribed is null) await SendAsync(context, refused!, ended.Token);
            else await SendAllAsync(context, subscribed, admission, visit, ended.Token);
            await EndAsync(context, ended.Token);
        }
        catch (Exception) when (context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            // The token has expired, the server stops, or nobody takes what is sent. An end would say that there is no more: a cut makes the client come back.
            context.Abort();
        }
        finally
        {
            visit.Unsubscribe();
        }
    }

    // It ends by itself when the viewer may no longer listen.
    private async Task SendAllAsync(HttpContext context, Subscribed subscribed, GraphQLAdmission admission, GraphQLVisit visit, CancellationToken ended)
    {
        using var left = CancellationTokenSource.CreateLinkedTokenSource(ended);
        if (admission.ExpiresAt is { } expires) left.CancelAfter(Lifetime.Until(expires));

        // What is still to be said about it is said first.
        using var leave = visit.Ended.Register(() => left.CancelAfter(s_lastWords));
        var items = subscribed.Answers.GetAsyncEnumerator(left.Token);
        var next = items.MoveNextAsync().AsTask();
        try
        {
            while (true)
            {
                while (await Task.WhenAny(next, Task.Delay(options.KeepAlive, left.Token)) != next)
                {
                    left.Token.ThrowIfCancellationRequested();
                    await WriteAsync(context, ":\n\n"u8.ToArray(), ended);
                }

                if (!await next) return;
                await SendAsync(context, items.Current, ended);
                next = items.MoveNextAsync().AsTask();
            }
        }
        finally
        {
            // It cannot be left while it is on its way to the next.
            await left.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await items.DisposeAsync();
        }
    }

    private static async Task StartAsync(HttpContext context)
    {
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        context.Response.StatusCode = StatusCodes.Status200OK;
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        await context.Response.StartAsync(context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }

    private async Task SendAsync(HttpContext context, Answer answer, CancellationToken cancellation)
    {
        using var buffer = new PooledBuffer();
        buffer.Write("event: next\ndata: "u8);
        using (var json = ResponseWriter.JsonTo(buffer)) writer.Write(json, answer);
        buffer.Write("\n\n"u8);
        await WriteAsync(context, buffer.Written, cancellation);
    }

    private async Task EndAsync(HttpContext context, CancellationToken cancellation) => await WriteAsync(context, "event: complete\ndata:\n\n"u8.ToArray(), cancellation);

    private async Task WriteAsync(HttpContext context, ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(options.SendTimeout);
        try
        {
            await context.Response.Body.WriteAsync(bytes, timeout.Token);
            await context.Response.Body.FlushAsync(timeout.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException("The client takes nothing.");
        }
    }
}

/// <summary>How long somebody may stay.</summary>
internal static class Lifetime
{
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(20);

    /// <summary>The time until a token expires, as a timer takes it.</summary>
    public static TimeSpan Until(DateTimeOffset expires)
    {
        var left = expires - DateTimeOffset.UtcNow;
        return left < TimeSpan.Zero ? TimeSpan.Zero : left > s_longest ? s_longest : left;
    }
}
