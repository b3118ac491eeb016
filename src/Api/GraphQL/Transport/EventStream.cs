using System.Diagnostics;
using GraphQLParser.AST;
using Microsoft.AspNetCore.Http.Features;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>
/// Answers an operation as server-sent events, one connection for each: "distinct connections mode" of GraphQL over
/// Server-Sent Events (github.com/enisdenjo/graphql-sse, PROTOCOL.md).
/// </summary>
internal sealed class EventStream(
    OperationRunner runner, ResponseWriter writer, IGraphQLGate gate, GraphQLOptions options, ViewerRates rates,
    IHostApplicationLifetime lifetime)
{
    private static readonly TimeSpan s_lastWords = TimeSpan.FromSeconds(1);

    /// <param name="claim">The media type of the request, and of an answer that is no subscription's.</param>
    public async Task RunAsync(HttpContext context, GraphQLAdmission admission, Prepared operation, Claim claim)
    {
        await using var visit = await gate.EnterAsync(admission, context.RequestAborted);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(
            context.RequestAborted, visit?.Interrupted ?? CancellationToken.None);

        // Beside all others that hear of it: to cancel a read of a database that is silent takes long.
        using var stop = lifetime.ApplicationStopping.Register(() => _ = ended.CancelAsync());
        var userContext = new Dictionary<string, object?>(admission.UserContext);
        if (operation.Kind is not OperationType.Subscription)
        {
            var answer = await runner.RunAsync(operation, context, userContext, claim, ended.Token);
            await StartAsync(context);
            await SendAsync(context, answer, claim, ended.Token);
            await EndAsync(context, ended.Token);
            return;
        }

        if (visit is null)
            throw new RequestRefusedException(
                StatusCodes.Status401Unauthorized, ErrorCodes.Unauthenticated,
                "Sign in first: this needs an access token.");
        if (!visit.TrySubscribe())
            throw new RequestRefusedException(
                StatusCodes.Status429TooManyRequests, ErrorCodes.RateLimited,
                $"There are more than {options.MaxSubscriptionsPerViewer} subscriptions of yours.");
        try
        {
            using var oneByOne = new SemaphoreSlim(1);
            var (refused, begun) = await runner.SubscribeAsync(
                operation, context, userContext, claim.Who, oneByOne, ended.Token);
            using var subscribed = begun;
            claim.Dispose();
            await StartAsync(context);

            // It may stay for days: what happens on it has traces of its own.
            using var connection = OperationTelemetry.Connected("sse");
            Activity.Current = null;
            if (subscribed is null) await SendAsync(context, refused!, claim, ended.Token);
            else await SendAllAsync(context, subscribed, admission, visit, ended.Token);
            await EndAsync(context, ended.Token);
        }
        catch (Exception) when (context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            // The token has expired, the server stops or cannot serve now, or nobody takes what is sent. An end would
            // say that there is no more: a cut makes the client come back.
            context.Abort();
        }
        finally
        {
            visit.Unsubscribe();
        }
    }

    // It ends by itself when the viewer may no longer listen.
    private async Task SendAllAsync(
        HttpContext context, Subscribed subscribed, GraphQLAdmission admission, GraphQLVisit visit,
        CancellationToken ended)
    {
        using var left = CancellationTokenSource.CreateLinkedTokenSource(ended);
        if (admission.ExpiresAt is { } expires) left.CancelAfter(Lifetime.Until(expires));

        // Its pending updates are sent first.
        using var leave = visit.Ended.Register(() => left.CancelAfter(s_lastWords));
        var items = subscribed.Updates.GetAsyncEnumerator(left.Token);
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
                var (answer, claim) = items.Current;
                if (answer.Errors is [CodedError { Code: ErrorCodes.RateLimited }, ..] && !answer.Executed)
                    throw new TimeoutException("Too much is under way.");

                // An update that is too large now will be too large again: an error and the end are better than an
                // update that never comes.
                if (!(await SendAsync(context, answer, claim, ended)).Executed) return;
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

    /// <returns>The bytes that were sent.</returns>
    private async Task<Answer> SendAsync(
        HttpContext context, Answer answer, Claim claim, CancellationToken cancellation)
    {
        using var buffer = new AnswerBuffer(claim);
        buffer.WriteUncounted("event: next\ndata: "u8);
        Answer written;
        using (await claim.WriteTurnAsync(cancellation))
            written = writer.Write(buffer, claim.Refusal is { } refusal ? answer.Refused(refusal) : answer);
        buffer.WriteUncounted("\n\n"u8);
        rates.SpendBytes(claim.Who.Viewer, buffer.Length);
        await buffer.SendAsync((piece, _) => WriteAsync(context, piece, cancellation));
        return written;
    }

    private ValueTask EndAsync(HttpContext context, CancellationToken cancellation) =>
        WriteAsync(context, "event: complete\ndata:\n\n"u8.ToArray(), cancellation);

    private ValueTask WriteAsync(HttpContext context, ReadOnlyMemory<byte> bytes, CancellationToken cancellation) =>
        SlowReaders.WriteAsync(context.Response, bytes, options.SendTimeout, cancellation);
}

/// <summary>The longest time that a connection may stay.</summary>
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
