using GraphQLParser.AST;
using Messaging.Api.Hosting;
using Messaging.Api.Security;
using Messaging.Application.Files;
using Microsoft.Net.Http.Headers;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>The endpoint: methods, media types, who asks, statuses.</summary>
internal sealed class GraphQLEndpoint(
    GraphQLOptions options, RequestReader reader, OperationRunner runner, ResponseWriter writer, IGraphQLGate gate,
    IFileStore files, WebSockets sockets, EventStream events, ViewerRates rates, Capacity capacity,
    SecurityLog security, HeldAnswers held)
{
    private const string ContentTypes = "The content type has to be application/json or multipart/form-data, in UTF-8.";

    // A form of a foreign site can send multipart bodies with the user's cookies, but no header of its own choosing.
    private static readonly string[] s_preflights =
    [
        "GraphQL-Preflight", "X-Requested-With", "Apollo-Require-Preflight", "GraphQL-Require-Preflight"
    ];

    public async Task HandleAsync(HttpContext context)
    {
        context.Response.Headers.Vary = "Accept";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        var isStream = Negotiation.WantsEventStream(context.Request.Headers.Accept);
        var mediaType = isStream ? Negotiation.Json : Negotiation.Choose(context.Request.Headers.Accept);
        try
        {
            if (context.WebSockets.IsWebSocketRequest) await sockets.HandleAsync(context);
            else await AnswerAsync(context, mediaType, isStream);
        }
        catch (RequestRefusedException refusal)
        {
            Tell(context, refusal.Status);
            await WriteAsync(
                context, refusal.Status, mediaType,
                new CodedError(refusal.Code, refusal.Message) { RetryAfter = refusal.RetryAfter });
        }
        catch (RefusedClaimException refused)
        {
            var status = StatusOf(refused.Error.Code!);
            Tell(context, status);
            await WriteAsync(context, status, mediaType, refused.Error);
        }
        catch (BadHttpRequestException exception) when (!context.RequestAborted.IsCancellationRequested)
        {
            // The server cut the body: too long, too slow, ended early.
            Tell(context, exception.StatusCode);
            var error = new CodedError(
                exception.StatusCode == StatusCodes.Status413PayloadTooLarge
                    ? ErrorCodes.QueryTooComplex
                    : ErrorCodes.BadUserInput,
                exception.StatusCode switch
                {
                    StatusCodes.Status413PayloadTooLarge => "The body is too large.",
                    StatusCodes.Status408RequestTimeout => "The body arrives too slowly.",
                    _ => "The body is malformed or ends too early.",
                });
            await WriteAsync(context, exception.StatusCode, mediaType, error);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to read an answer.
        }
        catch (TimeoutException) when (context.Response.HasStarted)
        {
            // Nobody takes it. An answer has a length, and an event stream an end: the client sees that this is not
            // all.
            context.Abort();
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            var error = runner.Report(exception, context);
            var status = OperationRunner.MetOutage(context)
                ? StatusCodes.Status503ServiceUnavailable
                : StatusOf(error.Code!);
            await WriteAsync(context, status, mediaType, error);
        }
    }

    private async Task AnswerAsync(HttpContext context, string? mediaType, bool isStream)
    {
        var isGet = HttpMethods.IsGet(context.Request.Method);
        if (!isGet && !HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET, POST";
            throw new RequestRefusedException(
                StatusCodes.Status405MethodNotAllowed, ErrorCodes.BadUserInput, "GraphQL is asked by GET or POST.");
        }
        if (mediaType is null)
        {
            throw new RequestRefusedException(
                StatusCodes.Status406NotAcceptable, ErrorCodes.BadUserInput,
                $"Answers are {Negotiation.GraphQLResponse} or {Negotiation.Json}.");
        }
        var boundary = isGet ? null : BoundaryOf(context.Request);

        var admission = await gate.AdmitAsync(context, context.Request.Headers.Authorization, context.RequestAborted);
        if (admission.Refusal is { } refusal) throw Refused(context, refusal, admission.Challenge);

        using var claim = capacity.Claim(Capacity.AskerOf(admission, context));
        if (boundary is null)
        {
            var requests = isGet
                ? RequestReader.ReadQuery(context.Request.Query)
                : await WithinAsync(options.BodyTimeout, context, cancellation =>
                    reader.ReadBodyAsync(context, claim, cancellation)
                );
            if (isStream && requests.IsBatch)
                throw RequestRefusedException.BadRequest("A batch has no event stream.");
            var operations = Prepare(context, admission, claim, requests, isGet, isStream);
            if (isStream && operations[0].MayRun)
                await events.RunAsync(context, admission, operations[0], claim);
            else
                await RunAsync(
                    context, isStream ? Negotiation.GraphQLResponse : mediaType, admission, requests, operations, claim,
                    isMultipart: false);
            return;
        }

        if (!admission.MayUpload)
            throw Refused(context, RefusedException.Unauthenticated("Sign in to upload files."), admission.Challenge);
        var (multipart, prepared) = await WithinAsync(options.UploadTimeout, context, async cancellation =>
        {
            var multipart = await GraphQLMultipart.ReadAsync(
                context, boundary, reader, options, files, claim, cancellation);
            try
            {
                var prepared = Prepare(context, admission, claim, multipart.Requests, isGet: false, isStream: false);
                if (prepared.Any(operation => operation.MayRun))
                    await multipart.StageAsync(await gate.AllowUploadAsync(admission, cancellation), cancellation);
                return (multipart, prepared);
            }
            catch
            {
                await multipart.DisposeAsync();
                throw;
            }
        });
        await using (multipart)
            await RunAsync(context, mediaType, admission, multipart.Requests, prepared, claim, isMultipart: true);
    }

    // A request that is refused for its size or its number; the gate and the fields tell of the rest themselves.
    private void Tell(HttpContext context, int status)
    {
        if (status is StatusCodes.Status413PayloadTooLarge or StatusCodes.Status429TooManyRequests)
            security.Record(SecurityEvent.RequestRefused, Network.Of(context), detail: $"status {status}");
    }

    /// <summary>The boundary of a multipart body; null for a JSON body.</summary>
    private static string? BoundaryOf(HttpRequest request)
    {
        if (
            !MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            || (
                type.Charset.HasValue
                && !HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase)
            )
        )
        {
            throw new RequestRefusedException(
                StatusCodes.Status415UnsupportedMediaType, ErrorCodes.BadUserInput, ContentTypes);
        }
        if (type.MediaType.Equals(Negotiation.Json, StringComparison.OrdinalIgnoreCase)) return null;
        if (!type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
            throw new RequestRefusedException(
                StatusCodes.Status415UnsupportedMediaType, ErrorCodes.BadUserInput, ContentTypes);
        if (!s_preflights.Any(request.Headers.ContainsKey))
            throw RequestRefusedException.BadRequest(
                $"A multipart request needs the header '{s_preflights[0]}', with any value.");

        // 70 characters at most, says RFC 2046.
        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary).ToString();
        return boundary.Length is > 0 and <= 70
            ? boundary
            : throw RequestRefusedException.BadRequest("The content type has no valid boundary.");
    }

    private static RequestRefusedException Refused(HttpContext context, RefusedException refusal, string challenge)
    {
        var status = StatusOf(refusal.Code);
        if (status == StatusCodes.Status401Unauthorized) context.Response.Headers.WWWAuthenticate = challenge;
        return new RequestRefusedException(status, refusal.Code, refusal.Message);
    }

    private List<Prepared> Prepare(
        HttpContext context, GraphQLAdmission admission, Claim claim, GraphQLRequests requests, bool isGet,
        bool isStream)
    {
        var who = claim.Who.Viewer;
        if (rates.Enter(who, requests.Items.Count) is { } tooMany) throw RequestRefusedException.TooMany(tooMany);
        var budget = new Budget();
        var prepared = requests
            .Items.Select(request => runner.Prepare(request, budget, admission.NoMutations))
            .ToList();
        rates.Spend(who, budget.Complexity);
        if (!isStream && prepared.Any(operation => operation.Kind is OperationType.Subscription))
            throw new RequestRefusedException(
                StatusCodes.Status406NotAcceptable,
                ErrorCodes.BadUserInput,
                "A subscription needs a WebSocket (graphql-transport-ws) or an event stream (Accept: "
                    + "text/event-stream)."
            );
        if (isGet && prepared.Any(operation => operation.Kind is OperationType.Mutation))
        {
            context.Response.Headers.Allow = "POST";
            throw new RequestRefusedException(
                StatusCodes.Status405MethodNotAllowed, ErrorCodes.BadUserInput, "A mutation is sent by POST.");
        }
        return prepared;
    }

    private async Task RunAsync(
        HttpContext context, string mediaType, GraphQLAdmission admission, GraphQLRequests requests,
        List<Prepared> prepared, Claim claim, bool isMultipart)
    {
        using var buffer = new AnswerBuffer(claim);
        Answer? first = null;
        foreach (var operation in prepared)
        {
            if (requests.IsBatch) buffer.WriteUncounted(first is null ? "["u8 : ","u8);

            var written = await RunAsync(context, admission, operation, claim, buffer);
            first ??= written;
        }

        if (requests.IsBatch) buffer.WriteUncounted("]"u8);
        claim.Dispose();
        rates.SpendBytes(claim.Who.Viewer, buffer.Length);
        var status = OperationRunner.MetOutage(context) ? StatusCodes.Status503ServiceUnavailable
            : requests.IsBatch ? StatusCodes.Status200OK
            : StatusOf(first!, mediaType, isMultipart);
        Tell(context, status);
        await SendAsync(context, status, mediaType, buffer, first!.Errors is [CodedError refusal, ..] ? refusal : null);
    }

    /// <summary>Runs an operation and writes its answer.</summary>
    /// <returns>The written answer without its data, which nothing holds any more while it is sent.</returns>
    private async Task<Answer> RunAsync(
        HttpContext context, GraphQLAdmission admission, Prepared operation, Claim claim, AnswerBuffer buffer)
    {
        // Each has a context of its own: who signs in by one operation of a batch is nobody in the next.
        var userContext = new Dictionary<string, object?>(admission.UserContext);
        var answer = await runner.RunAsync(operation, context, userContext, claim, context.RequestAborted);
        using var turn = await claim.WriteTurnAsync(context.RequestAborted);
        return writer.Write(buffer, claim.Refusal is { } refusal ? answer.Refused(refusal) : answer) with
        {
            Data = null,
        };
    }

    /// <summary>
    /// The status of an answer. Older clients, which read application/json, take any other than 200 for a broken
    /// connection; multipart requests come from none of them.
    /// </summary>
    private static int StatusOf(Answer answer, string mediaType, bool isMultipart)
    {
        if (answer.Executed) return StatusCodes.Status200OK;
        var status = StatusOf(ResponseWriter.CodeOf(answer.Errors[0]));
        var isAboutTheDocument = status == StatusCodes.Status400BadRequest;
        return isAboutTheDocument && mediaType == Negotiation.Json && !isMultipart ? StatusCodes.Status200OK : status;
    }

    private static int StatusOf(string code) => code switch
    {
        ErrorCodes.Unauthenticated => StatusCodes.Status401Unauthorized,
        ErrorCodes.Forbidden => StatusCodes.Status403Forbidden,
        ErrorCodes.RateLimited => StatusCodes.Status429TooManyRequests,
        ErrorCodes.Internal => StatusCodes.Status500InternalServerError,
        _ => StatusCodes.Status400BadRequest,
    };

    private async Task WriteAsync(HttpContext context, int status, string? mediaType, CodedError error)
    {
        if (context.Response.HasStarted) return;
        using var buffer = new AnswerBuffer(claim: null);
        writer.Write(buffer, new Answer(false, null, [error]));
        await SendAsync(context, status, mediaType ?? Negotiation.Json, buffer, error);
    }

    private async Task SendAsync(
        HttpContext context, int status, string mediaType, AnswerBuffer buffer, CodedError? refusal)
    {
        await held.WaitAsync(context, refusal?.Code == ErrorCodes.RateLimited);
        context.Response.StatusCode = status;
        if (status == StatusCodes.Status429TooManyRequests || refusal?.RetryAfter is not null)
            context.Response.Headers.RetryAfter = $"{refusal?.RetryAfter ?? 1}";
        if (status == StatusCodes.Status503ServiceUnavailable)
            context.Response.Headers.RetryAfter = Unavailable.RetryAfter;
        context.Response.ContentType = $"{mediaType}; charset=utf-8";
        context.Response.ContentLength = buffer.Length;
        await buffer.SendAsync(
            (piece, _) => SlowReaders.WriteAsync(context.Response, piece, options.SendTimeout, context.RequestAborted));
    }

    private static async Task<T> WithinAsync<T>(
        TimeSpan time, HttpContext context, Func<CancellationToken, Task<T>> read)
    {
        using var source = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        source.CancelAfter(time);
        try
        {
            return await read(source.Token);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            throw new RequestRefusedException(
                StatusCodes.Status408RequestTimeout, ErrorCodes.BadUserInput, "The body arrives too slowly.");
        }
    }
}
