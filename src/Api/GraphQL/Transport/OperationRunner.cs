using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using GraphQL;
using GraphQL.Execution;
using GraphQL.Types;
using GraphQL.Validation;
using GraphQL.Validation.Rules;
using GraphQL.Validation.Rules.Custom;
using GraphQLParser;
using GraphQLParser.AST;
using GraphQLParser.Exceptions;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.Security;
using Messaging.Projections.Storage;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>An operation that may run, or the errors for which it may not.</summary>
internal sealed record Prepared(
    GraphQLRequest Request, string Hash, GraphQLDocument? Document, OperationType? Kind, bool IsCached,
    IReadOnlyList<ExecutionError> Errors)
{
    /// <summary>The name that the document gives it.</summary>
    public string? Name { get; init; }

    /// <summary>The estimated number of fields of an answer to it.</summary>
    public double Complexity { get; init; }

    public bool MayRun => Errors.Count == 0;
}

/// <summary>The outcome of an operation, as the client gets it.</summary>
/// <param name="Executed">True when it ran, so that there is data, be it null.</param>
internal sealed record Answer(bool Executed, object? Data, IReadOnlyList<ExecutionError> Errors)
{
    /// <summary>True when it changed something, so that the client has to know that it ran.</summary>
    public bool IsOfMutation { get; init; }

    /// <summary>The replacement for an answer that claims too much: nothing of it, and the reason.</summary>
    public Answer Refused(CodedError error) =>
        new(Executed && IsOfMutation, null, [error]) { IsOfMutation = IsOfMutation };
}

/// <summary>An update of a subscription, and what it claims until the next one is asked for.</summary>
internal sealed record Update(Answer Answer, Claim Claim);

/// <summary>A subscription that has begun.</summary>
/// <param name="Updates">Each is made when it is asked for.</param>
internal sealed record Subscribed(IAsyncEnumerable<Update> Updates, Action Release) : IDisposable
{
    public void Dispose() => Release();
}

/// <summary>
/// From a request to an answer: parse, check, validate, execute. Documents known to be valid are not parsed and
/// validated again.
/// </summary>
internal sealed class OperationRunner
{
    private static readonly object s_outage = new();

    private readonly GraphQLOptions _options;
    private readonly IDocumentExecuter _executer;
    private readonly ISchema _schema;
    private readonly DocumentCache _cache;
    private readonly TrustedDocuments _trusted;
    private readonly OperationTelemetry _telemetry;
    private readonly DocumentLimits _limits;
    private readonly Complexity _complexity;
    private readonly InputLimits _inputs;
    private readonly SecurityLog _security;
    private readonly ILogger<OperationRunner> _logger;
    private readonly RefusalOf? _refusalOf;
    private readonly FetchTogether? _together;
    private readonly Capacity _capacity;
    private readonly ViewerRates _rates;
    private readonly IReadOnlyList<IValidationRule> _rules;
    private readonly IReadOnlyList<IValidationRule> _rulesForCached;

    public OperationRunner(
        GraphQLOptions options, IDocumentExecuter executer, ISchema schema, DocumentCache cache,
        TrustedDocuments trusted, OperationTelemetry telemetry, Capacity capacity, ViewerRates rates,
        SecurityLog security, ILogger<OperationRunner> logger, RefusalOf? refusalOf = null,
        FetchTogether? together = null)
    {
        (_capacity, _rates) = (capacity, rates);
        (_options, _executer, _schema, _cache, _trusted, _telemetry, _security) = (
            options, executer, schema, cache, trusted, telemetry, security);
        (_logger, _refusalOf, _together) = (logger, refusalOf, together);
        _limits = new DocumentLimits(options);
        _complexity = new Complexity(options);
        _inputs = new InputLimits(schema);
        schema.Initialize();
        _rules =
        [
            new ErrorLimitRule(options.MaxErrors),
            .. DocumentValidator.CoreRules,
            .. options.Introspection ? (IValidationRule[])[] : [NoIntrospectionValidationRule.Instance],
        ];
        // The one core rule that looks at values; without a validated argument in the schema it would only cost a walk
        // through the document.
        _rulesForCached = schema.GetMetadata<bool>(FieldArgumentsAreValidRule.HAS_FIELD_ARGUMENT_VALIDATION_KEY)
            ? [FieldArgumentsAreValidRule.Instance]
            : [];
    }

    /// <summary>Finds out what an operation is, without running anything.</summary>
    /// <param name="noMutations">The reason why the caller may run no mutation; null when they may.</param>
    public Prepared Prepare(GraphQLRequest request, Budget budget, RefusedException? noMutations)
    {
        var (text, hash) = (request.Query, "");
        var persisted = request.Extensions.GetValueOrDefault("persistedQuery") as IDictionary<string, object?>;
        if (persisted is not null)
        {
            if (!persisted.TryGetValue("version", out var version) || version is not 1)
                return Refused(
                    CodedError.BadInput("Persisted queries are understood in version 1 of their protocol only."));
            hash = (persisted.TryGetValue("sha256Hash", out var given) ? given as string : null) ?? "";
        }

        if (string.IsNullOrEmpty(text) && _trusted.Find(request.DocumentId ?? hash) is { } trusted)
        {
            text = trusted;
        }
        else if (request.DocumentId is { Length: > 0 } || (_trusted.IsOnly && string.IsNullOrEmpty(text)))
        {
            return Refused(new CodedError(ErrorCodes.PersistedQueryNotFound, "PersistedQueryNotFound"));
        }
        else if (_trusted.IsOnly && !_trusted.Contains(text!))
        {
            return Refused(
                new CodedError(ErrorCodes.Forbidden, "Only documents that were registered with the server may run."));
        }
        else if (persisted is not null)
        {
            if (string.IsNullOrEmpty(text) && _cache.Find(hash) is null)
                return Refused(new CodedError(ErrorCodes.PersistedQueryNotFound, "PersistedQueryNotFound"));
            if (
                !string.IsNullOrEmpty(text)
                && text.Length <= _options.MaxDocumentLength
                && hash != DocumentCache.HashOf(text)
            )
                return Refused(CodedError.BadInput("The hash of the persisted query is not that of its document."));
        }
        else if (string.IsNullOrEmpty(text))
        {
            return Refused(CodedError.BadInput("The parameter 'query' is missing or empty."));
        }

        if (!string.IsNullOrEmpty(text))
        {
            if (text.Length > _options.MaxDocumentLength)
                return Refused(
                    CodedError.TooComplex($"The document is longer than {_options.MaxDocumentLength} characters."));
            hash = DocumentCache.HashOf(text);
        }

        var document = _cache.Find(hash);
        var isCached = document is not null;
        if (document is null)
        {
            if (string.IsNullOrEmpty(text))
                return Refused(new CodedError(ErrorCodes.PersistedQueryNotFound, "PersistedQueryNotFound"));
            (document, var error) = Parse(text);
            error ??= _limits.Check(document!);
            if (error is not null) return Refused(error);
        }

        var (operation, missing) = OperationOf(document!, request.OperationName);
        if (operation is null)
            return Refused(missing!);
        if (noMutations is not null && operation.Operation is OperationType.Mutation)
            return Refused(new CodedError(noMutations.Code, noMutations.Message));
        var spent = budget.Complexity;
        var refusal = _complexity.Spend(budget, _schema, document!, operation, request.Variables)
            ?? _inputs.Check(document!, operation, request.Variables);
        return new Prepared(request, hash, document, operation.Operation, isCached, refusal is null ? [] : [refusal])
        {
            Name = operation.Name?.StringValue,
            Complexity = budget.Complexity - spent,
        };

        Prepared Refused(ExecutionError error) => new(request, hash, null, null, false, [error]);
    }

    /// <summary>Runs what may run.</summary>
    /// <param name="claim">Counts everything read and resolved for the answer.</param>
    public async Task<Answer> RunAsync(
        Prepared prepared, HttpContext context, IDictionary<string, object?> userContext, Claim claim,
        CancellationToken cancellation)
    {
        using var running = _telemetry.Start(prepared, context);
        return running.Answered(await AnswerAsync(prepared, context, userContext, claim, cancellation), userContext);
    }

    private async Task<Answer> AnswerAsync(
        Prepared prepared, HttpContext context, IDictionary<string, object?> userContext, Claim claim,
        CancellationToken cancellation)
    {
        if (!prepared.MayRun)
        {
            Tell(prepared.Errors[0], context, userContext, "document");
            return new Answer(false, null, prepared.Errors);
        }

        // The rest of a batch that claims too much is not begun.
        if (claim.Refusal is { } spent) return new Answer(false, null, [spent]);
        var isMutation = prepared.Kind is OperationType.Mutation;
        using var turn = await _capacity.EnterAsync(claim.Who, isMutation, cancellation);
        if (turn is null) return new Answer(false, null, [CodedError.Busy()]);

        // The result of a mutation is answered whenever possible: its statements wait as long as it may take.
        claim.Patience = isMutation ? _options.Timeout : _options.MaxWait;
        ReadScope.Current = claim;

        // Each operation of a batch is a request of its own.
        var loaders = new BatchLoaders(_together);
        loaders.AddTo(userContext);
        var result = await _executer.ExecuteAsync(Execution(prepared, context, userContext, cancellation));
        if (loaders.HasMissed && !isMutation && IsLimited(userContext))
        {
            // What they may see changed under way. Read anew, it is as if the rest had never been there.
            new BatchLoaders(_together).AddTo(userContext);
            result = await _executer.ExecuteAsync(Execution(prepared, context, userContext, cancellation));
        }

        if (result.Executed && !prepared.IsCached) _cache.Add(prepared.Hash, prepared.Document!);
        return claim.Refusal is { } refusal
            ? new Answer(isMutation, null, [refusal]) { IsOfMutation = isMutation }
            : new Answer(result.Executed, result.Data, Errors(result, TraceId(context))) { IsOfMutation = isMutation };
    }

    /// <summary>Begins a subscription.</summary>
    /// <returns>The subscription; or the answer that says why there is none.</returns>
    /// <param name="who">The viewer whose rates and share of the node its updates count against.</param>
    /// <param name="oneByOne">Held by an update from its making until the next one is asked for, so that updates of one
    /// connection are made one after the other.</param>
    public async Task<(Answer? Refused, Subscribed? Subscribed)> SubscribeAsync(
        Prepared prepared, HttpContext context, IDictionary<string, object?> userContext, Asker who,
        SemaphoreSlim oneByOne, CancellationToken cancellation)
    {
        using var running = _telemetry.Start(prepared, context);
        if (!prepared.MayRun) return (running.Answered(new Answer(false, null, prepared.Errors), userContext), null);
        using var claim = _capacity.Claim(who);
        ReadScope.Current = claim;
        new BatchLoaders(_together).AddTo(userContext);
        var result = await _executer.ExecuteAsync(Execution(prepared, context, userContext, cancellation));
        if (claim.Refusal is { } refusal)
            return (running.Answered(new Answer(false, null, [refusal]), userContext), null);
        if (result is not SubscribedResult subscribed)
            return (running.Answered(new Answer(false, null, Errors(result, TraceId(context))), userContext), null);
        if (!prepared.IsCached)
            _cache.Add(prepared.Hash, prepared.Document!);
        running.Begun(userContext);
        return (
            null,
            new Subscribed(UpdatesAsync(subscribed, prepared, context, who, oneByOne, cancellation), subscribed.Release)
        );
    }

    // An update costs what its selection does, each time. A viewer who has spent their minute's worth gets the next
    // one later, and is disconnected when too many wait.
    private async IAsyncEnumerable<Update> UpdatesAsync(
        SubscribedResult subscribed, Prepared prepared, HttpContext context, Asker who, SemaphoreSlim oneByOne,
        [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var lookUps = new LookUps(_capacity, who);
        await using var items = subscribed.Items.GetAsyncEnumerator(cancellation);
        while (true)
        {
            while (_rates.WaitOf(who.Viewer) is { } seconds)
                await Task.Delay(TimeSpan.FromSeconds(seconds), cancellation);
            ReadScope.Current = lookUps;
            if (!await items.MoveNextAsync()) yield break;
            await oneByOne.WaitAsync(cancellation);
            try
            {
                using var claim = _capacity.Claim(who);
                claim.Patience = Timeout.InfiniteTimeSpan;
                _rates.Spend(who.Viewer, prepared.Complexity);
                _telemetry.Updated(prepared);
                Answer answer;
                using (await _capacity.UpdateAsync(who, cancellation))
                {
                    ReadScope.Current = claim;
                    var result = await subscribed.ExecuteAsync(items.Current, cancellation);
                    answer = claim.Refusal is { } refusal
                        ? new Answer(false, null, [refusal])
                        : new Answer(result.Executed, result.Data, Errors(result, TraceId(context)));
                }

                yield return new Update(answer, claim);
            }
            finally
            {
                oneByOne.Release();
            }
        }
    }

    /// <summary>
    /// The error of an exception: what a refusal says; of everything else nothing, but a line in the log.
    /// </summary>
    public CodedError Report(Exception exception, HttpContext context)
    {
        if (Refusal(exception, context) is { } refused) return refused;
        var traceId = TraceId(context);
        _logger.LogError(exception, "A GraphQL request failed ({TraceId})", traceId);
        return CodedError.InternalError(traceId);
    }

    /// <summary>True when a request failed because of an outage.</summary>
    public static bool MetOutage(HttpContext context) => context.Items.ContainsKey(s_outage);

    private CodedError? Refusal(Exception exception, HttpContext context)
    {
        if ((exception as RefusedException ?? _refusalOf?.Invoke(exception)) is not { } refused) return null;
        if (refused.IsOutage)
        {
            if (!refused.IsTold)
                _logger.LogWarning(exception, "A GraphQL request met an outage ({TraceId})", TraceId(context));

            // Fields are resolved side by side.
            lock (s_outage) context.Items[s_outage] = true;
        }
        return new CodedError(refused.Code, refused.Message) { RetryAfter = refused.RetryAfter };
    }

    // The refused field is named as the schema names it, not by the client's alias.
    private void Tell(
        ExecutionError error, HttpContext context, IDictionary<string, object?>? userContext, string? what)
    {
        if (error.Code is ErrorCodes.Forbidden or ErrorCodes.Unauthenticated)
            _security.Record(
                SecurityEvent.AccessDenied, Network.Of(context), userContext is null ? null : Callers.Of(userContext),
                detail: what);
    }

    private static bool IsLimited(IDictionary<string, object?>? userContext) =>
        userContext is not null && Callers.Of(userContext) is { IsLimited: true };

    private static string TraceId(HttpContext context) =>
        Activity.Current?.TraceId.ToString() ?? context.TraceIdentifier;

    private (GraphQLDocument? Document, ExecutionError? Error) Parse(string text)
    {
        var (source, error) = DocumentText.Read(text, _options.MaxTokens);
        if (error is not null) return (null, error);
        try
        {
            var document = Parser.Parse(source.Parsable, new ParserOptions { Ignore = IgnoreOptions.Comments });
            if (source.HasSamePlaces) document.Source = text;
            return (document, null);
        }
        catch (GraphQLSyntaxErrorException exception)
        {
            return (null, source.ErrorOf(exception));
        }
        catch (GraphQLParserException)
        {
            return (null, CodedError.TooComplex("The document nests too deeply."));
        }
    }

    private static (GraphQLOperationDefinition? Operation, ExecutionError? Error) OperationOf(
        GraphQLDocument document, string? name)
    {
        var operations = document.Definitions.OfType<GraphQLOperationDefinition>().ToList();
        if (!string.IsNullOrEmpty(name))
        {
            return operations.Find(operation => operation.Name?.Value == name) is { } named
                ? (named, null)
                : (null, new InvalidOperationNameError(name));
        }
        return operations.Count switch
        {
            0 => (null, new NoOperationError()),
            1 => (operations[0], null),
            _ => (null, new NoOperationNameError()),
        };
    }

    private ExecutionOptions Execution(
        Prepared prepared, HttpContext context, IDictionary<string, object?> userContext,
        CancellationToken cancellation)
    {
        var reported = new Dictionary<Exception, bool>(ReferenceEqualityComparer.Instance);
        return new ExecutionOptions
        {
            Schema = _schema,
            Document = prepared.Document,
            OperationName = prepared.Request.OperationName,
            Variables = new Inputs(prepared.Request.Variables),
            Extensions = new Inputs(prepared.Request.Extensions),
            UserContext = userContext,
            User = context.User,
            RequestServices = context.RequestServices,
            CancellationToken = cancellation,
            Timeout = _options.Timeout,
            MaxParallelExecutionCount = _options.MaxParallelFields,
            ValidationRules = prepared.IsCached ? _rulesForCached : _rules,
            UnhandledExceptionDelegate = unhandled =>
            {
                unhandled.Exception = ErrorOf(unhandled, context, reported);
                return Task.CompletedTask;
            },
        };
    }

    /// <summary>
    /// A batch that fails does so for each of its fields: one line in the log is enough, but each field needs an error
    /// of its own.
    /// </summary>
    private CodedError ErrorOf(
        UnhandledExceptionContext unhandled, HttpContext context, Dictionary<Exception, bool> reported)
    {
        var exception = unhandled.OriginalException;
        while (exception is TargetInvocationException or AggregateException { InnerExceptions.Count: 1 })
            exception = exception.InnerException!;
        if (Refusal(exception, context) is { } refused)
        {
            Tell(refused, context, unhandled.Context?.UserContext, unhandled.FieldContext?.FieldDefinition.Name);
            return refused;
        }

        if (exception is MissingRowException && IsLimited(unhandled.Context?.UserContext))
            return new CodedError(ErrorCodes.Forbidden, "What you may see has changed meanwhile: ask again.");
        var traceId = TraceId(context);
        lock (reported)
        {
            if (reported.TryAdd(exception, true))
                _logger.LogError(
                    exception, "The GraphQL field {Field} failed ({TraceId})",
                    unhandled.FieldContext?.FieldDefinition.Name, traceId);
        }
        return CodedError.InternalError(traceId);
    }

    private List<ExecutionError> Errors(ExecutionResult result, string traceId)
    {
        var errors = new List<ExecutionError>();
        foreach (var error in result.Errors ?? [])
        {
            switch (error)
            {
                case ValidationEndedError ended:
                    errors.AddRange(ended.Errors);
                    break;
                case CodedError or DocumentError:
                    errors.Add(error);
                    break;
                case TimeoutError:
                    errors.Add(
                        new CodedError(
                            ErrorCodes.Internal,
                            $"The operation took too long: it was stopped after "
                                + $"{_options.Timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s."
                        )
                        {
                            TraceId = traceId,
                        }
                    );
                    break;
                default:
                    // Thrown by the library itself while executing: a fault of the schema, not of the client.
                    _logger.LogError(error, "A GraphQL operation failed ({TraceId})", traceId);
                    errors.Add(
                        new CodedError(ErrorCodes.Internal, "An internal error occurred.")
                        {
                            TraceId = traceId,
                            Path = error.Path,
                        }
                    );
                    break;
            }
        }
        return errors;
    }
}
