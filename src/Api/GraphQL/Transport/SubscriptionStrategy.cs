using System.Diagnostics;
using System.Runtime.CompilerServices;
using GraphQL;
using GraphQL.Execution;
using ExecutionContext = GraphQL.Execution.ExecutionContext;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>
/// What a subscription field answers: taken one after the other, when there is room for the next. An observable by name only, since the library
/// knows subscriptions by that type; observed, it would push, and what a slow client does not take would wait in memory.
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
internal sealed class SubscribedResult(IAsyncEnumerable<ExecutionResult> results, IPulled source) : ExecutionResult
{
    public IAsyncEnumerable<ExecutionResult> Results { get; } = results;

    public void Release() => source.Release();
}

/// <summary>Begins a subscription, and executes its selection for each item as it is pulled.</summary>
internal sealed class SubscriptionStrategy(GraphQLOptions options) : LevelStrategy
{
    public override async Task<ExecutionResult> ExecuteAsync(ExecutionContext context)
    {
        var root = BuildExecutionRootNode(context, GetOperationRootType(context));
        var field = root.SubFields![0];
        try
        {
            var source = await field.FieldDefinition.StreamResolver!.ResolveAsync(new ReadonlyResolveFieldContext(field, context));
            var begun = Activity.Current is { Recorded: true } span ? span.Context : default;
            return new SubscribedResult(RunAsync(context, field, ((IPulled)source).Items, begun), (IPulled)source) { Executed = true };
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

    private async IAsyncEnumerable<ExecutionResult> RunAsync(
        ExecutionContext subscribed, ExecutionNode field, IAsyncEnumerable<object> items, ActivityContext begun, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await foreach (var item in items.WithCancellation(cancellation))
        {
            var span = OperationTelemetry.StartUpdate(field.FieldDefinition.Name, begun);
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

            result.AddErrors(context.Errors);
            span?.Dispose();
            yield return result;
        }
    }
}
