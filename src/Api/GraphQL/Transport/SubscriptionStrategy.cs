using System.Diagnostics;
using GraphQL;
using GraphQL.Execution;
using ExecutionContext = GraphQL.Execution.ExecutionContext;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>
/// The answer of a subscription field: items pulled one after the other, when there is room for the next. An observable
/// by name only, since the library knows subscriptions by that type; observed, it would push, and what a slow client
/// does not take would wait in memory.
/// </summary>
/// <param name="items">Pulled by one only.</param>
/// <param name="release">Called when nothing will be pulled any more, also when nothing was.</param>
public sealed class Pulled<T>(IAsyncEnumerable<T> items, Action release) : IObservable<T>, IPulled
    where T : class
{
    IAsyncEnumerable<object> IPulled.Items => items;

    void IPulled.Release() => release();

    /// <inheritdoc/>
    public IDisposable Subscribe(IObserver<T> observer) => throw new NotSupportedException("It is pulled.");
}

/// <summary>A <see cref="Pulled{T}"/> of whatever.</summary>
internal interface IPulled
{
    IAsyncEnumerable<object> Items { get; }

    void Release();
}

/// <summary>A subscription that has begun, and has to be released.</summary>
/// <param name="executeAsync">Executes the selection for an item.</param>
internal sealed class SubscribedResult(
    IPulled source, Func<object, CancellationToken, Task<ExecutionResult>> executeAsync) : ExecutionResult
{
    public IAsyncEnumerable<object> Items => source.Items;

    public Task<ExecutionResult> ExecuteAsync(object item, CancellationToken cancellation) =>
        executeAsync(item, cancellation);

    public void Release() => source.Release();
}

/// <summary>Begins a subscription, and executes its selection for an item.</summary>
internal sealed class SubscriptionStrategy(GraphQLOptions options) : LevelStrategy
{
    public override async Task<ExecutionResult> ExecuteAsync(ExecutionContext context)
    {
        var root = BuildExecutionRootNode(context, GetOperationRootType(context));
        var field = root.SubFields![0];
        try
        {
            var source = await field.FieldDefinition.StreamResolver!.ResolveAsync(
                new ReadonlyResolveFieldContext(field, context));
            var begun = Activity.Current is { Recorded: true } span ? span.Context : default;
            return new SubscribedResult((IPulled)source, (item, cancellation) =>
                ExecuteAsync(context, field, item, begun, cancellation)
            )
            {
                Executed = true,
            };
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception exception)
        {
            if (exception is ExecutionError error) SetNodeError(context, field, error);
            else if (await ProcessNodeUnhandledExceptionAsync(context, field, exception)) throw;
            return new ExecutionResult();
        }
    }

    private async Task<ExecutionResult> ExecuteAsync(
        ExecutionContext subscribed, ExecutionNode field, object item, ActivityContext begun,
        CancellationToken cancellation)
    {
        using var span = OperationTelemetry.StartUpdate(field.FieldDefinition.Name, begun);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(options.Timeout);
        BatchLoaders.Of(subscribed.UserContext).Clear();
        using var context = new ExecutionContext(subscribed)
        {
            Errors = [],
            OutputExtensions = [],
            Metrics = global::GraphQL.Instrumentation.Metrics.None,
            CancellationToken = timeout.Token,
        };
        var root = BuildExecutionRootNode(context, GetOperationRootType(context));
        var node = BuildExecutionNode(root, field.FieldDefinition.ResolvedType!, field.Field, field.FieldDefinition);
        root.SubFields = [node];
        node.Result = item;
        var result = new ExecutionResult { Executed = true };
        try
        {
            await CompleteNodeTreeAsync(context, node);
            result.Data = context.Errors.Count > 0 && root.PropagateNull() ? null : root;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            context.Errors.Add(new TimeoutError());
        }
        catch (RefusedClaimException)
        {
            // The claim says why.
        }

        result.AddErrors(context.Errors);
        return result;
    }
}
