using System.Collections;
using GraphQL;
using GraphQL.DataLoader;
using GraphQL.Execution;
using GraphQL.Types;
using GraphQLParser.AST;
using Messaging.Projections.Storage;
using ExecutionContext = GraphQL.Execution.ExecutionContext;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>
/// Executes fields as the library's parallel strategy does (siblings side by side, loads when nothing else is left to
/// do), but without a task for each field: what is at hand is completed at once, what is loaded together is awaited
/// once, and what a selection holds is collected once for all objects of a type rather than for each. For a page of
/// fifty conversations that is less than half of the work.
/// </summary>
internal class LevelStrategy : ExecutionStrategy
{
    // A field of the answer in memory, with a value that is no text of a row.
    private const int FieldBytes = 160;

    /// <inheritdoc/>
    public override async Task<ExecutionResult> ExecuteAsync(ExecutionContext context)
    {
        var root = BuildExecutionRootNode(context, GetOperationRootType(context));
        await ExecuteNodeTreeAsync(context, root);

        // Without an error, no null is where none may be.
        var isNull = context.Errors.Count > 0 && root.PropagateNull();
        return new ExecutionResult { Executed = true, Data = isNull ? null : root };
    }

    /// <inheritdoc/>
    public override Task ExecuteNodeTreeAsync(ExecutionContext context, ExecutionNode rootNode) =>
        new Walk(this, context).RunAsync(rootNode);

    /// <summary>Executes what is below a field that has its answer already.</summary>
    protected Task CompleteNodeTreeAsync(ExecutionContext context, ExecutionNode node) =>
        new Walk(this, context).CompleteAsync(node);

    /// <summary>
    /// One way through the tree. Fields run side by side; the walk itself is never in two places at once.
    /// </summary>
    private sealed class Walk(LevelStrategy strategy, ExecutionContext context)
    {
        private readonly Dictionary<
            (GraphQLSelectionSet, IGraphType),
            (GraphQLField Field, FieldType Definition)[]
        > _selections = [];
        private readonly int _maxRunning = context.MaxParallelExecutionCount ?? int.MaxValue;
        private readonly List<(ExecutionNode Node, Task<object?> Result)> _running = [];
        private readonly Queue<ExecutionNode> _waiting = [];
        private readonly bool _isTraced = OperationTelemetry.IsTracing;
        private readonly Claim? _claim = ReadScope.Current as Claim;
        private List<(ExecutionNode Node, IDataLoaderResult Load)> _loads = [];
        private int _awaited;

        public Task RunAsync(ExecutionNode root) => FinishAsync(() =>
        {
            if (root is RootExecutionNode { SubFields: { } fields })
            {
                foreach (var field in fields) Execute(field);
            }
            else
            {
                Execute(root);
            }
        });

        public Task CompleteAsync(ExecutionNode node) => FinishAsync(() => Resolved(node));

        private async Task FinishAsync(Action begin)
        {
            try
            {
                begin();
                while (true)
                {
                    await FinishRunningAsync();
                    if (_loads.Count == 0) return;
                    await FinishLoadsAsync();
                }
            }
            catch
            {
                // Nothing of an operation goes on when it has ended.
                await ((Task)Task.WhenAll(_running.Skip(_awaited).Select(r => r.Result))).ConfigureAwait(
                    ConfigureAwaitOptions.SuppressThrowing);
                throw;
            }
        }

        private async Task FinishRunningAsync()
        {
            for (; _awaited < _running.Count; StartWaiting())
            {
                var (node, result) = _running[_awaited++];
                try
                {
                    node.Result = await result;
                }
                catch (Exception exception)
                {
                    await FailAsync(node, exception);
                    continue;
                }

                Resolved(node);
            }

            _running.Clear();
            _awaited = 0;

            void StartWaiting()
            {
                while (_running.Count - _awaited < _maxRunning && _waiting.TryDequeue(out var next)) Execute(next);
            }
        }

        private async Task FinishLoadsAsync()
        {
            var loads = _loads;
            _loads = [];

            // All are asked before the first is awaited, so that those of different loaders share a round trip.
            var tasks = loads.ConvertAll(l => StartAsync(l.Load));
            for (var i = 0; i < loads.Count; i++)
            {
                var (node, load) = loads[i];
                await tasks[i].ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                try
                {
                    node.Result = load is ILoad loaded ? loaded.Value(tasks[i]) : await (Task<object?>)tasks[i];
                }
                catch (Exception exception)
                {
                    await FailAsync(node, exception);
                    continue;
                }

                Resolved(node);
            }
        }

        private Task StartAsync(IDataLoaderResult load)
        {
            try
            {
                return load is ILoad shared
                    ? shared.FetchAsync(context.CancellationToken)
                    : load.GetResultAsync(context.CancellationToken);
            }
            catch (Exception exception)
            {
                return Task.FromException<object?>(exception);
            }
        }

        private void Execute(ExecutionNode node)
        {
            var resolver = strategy.SelectResolver(node, context);
            if (_isTraced && node.Parent is RootExecutionNode) resolver = OperationTelemetry.Traced(resolver);
            try
            {
                if (resolver is PropertyResolver property)
                {
                    node.Result = property.Read(node.Source!);
                }
                else
                {
                    if (_running.Count - _awaited >= _maxRunning)
                    {
                        _waiting.Enqueue(node);
                        return;
                    }

                    context.CancellationToken.ThrowIfCancellationRequested();
                    var result = resolver.ResolveAsync(new ReadonlyResolveFieldContext(node, context));
                    if (!result.IsCompletedSuccessfully)
                    {
                        _running.Add((node, result.AsTask()));
                        return;
                    }

                    node.Result = result.Result;
                }
            }
            catch (Exception exception)
            {
                Failed(node, exception);
                return;
            }

            Resolved(node);
        }

        /// <summary>A field has an answer: one to load, or one to look into.</summary>
        private void Resolved(ExecutionNode node)
        {
            if (node.Result is IDataLoaderResult load)
                _loads.Add((node, load));
            else
                Complete(node);
        }

        private void Complete(ExecutionNode node)
        {
            try
            {
                switch (node)
                {
                    case ValueExecutionNode value:
                        value.Result = value.GraphType.Serialize(value.Result);
                        if (value.Result is null) strategy.ValidateNodeResult(context, value);

                        // The same text may be asked for under many names: it is there once, and will be written each
                        // time.
                        else if (value.Result is string { Length: > FieldBytes } text) _claim?.Expect(text.Length);
                        return;
                    case ObjectExecutionNode parent:
                        strategy.ValidateNodeResult(context, parent);
                        if (parent.Result is null) return;
                        Open(parent);
                        break;
                    case ArrayExecutionNode list:
                        strategy.ValidateNodeResult(context, list);
                        if (list.Result is null || IsListOfValues(list)) return;
                        Open(list);
                        break;
                }
            }
            catch (Exception exception)
            {
                Failed(node, exception);
                return;
            }

            if (node is ObjectExecutionNode { SubFields: { } fields })
            {
                foreach (var field in fields) Execute(field);
            }
            else if (node is ArrayExecutionNode { Items: { } items })
            {
                foreach (var item in items) Resolved(item);
            }
        }

        private void Open(ObjectExecutionNode parent)
        {
            var type = parent.GetObjectGraphType(context.Schema) ?? parent.GraphType;
            var key = (parent.SelectionSet!, type);
            if (!_selections.TryGetValue(key, out var fields))
                _selections.Add(
                    key, fields = [.. strategy.CollectFieldsFrom(context, type, parent.SelectionSet!, null).Values]);
            _claim?.Spend(fields.Length * FieldBytes);
            var nodes = new ExecutionNode[fields.Length];
            for (var i = 0; i < fields.Length; i++)
                nodes[i] = strategy.BuildExecutionNode(
                    parent, fields[i].Definition.ResolvedType!, fields[i].Field, fields[i].Definition);
            parent.SubFields = nodes;
        }

        private void Open(ArrayExecutionNode list)
        {
            var type = ((ListGraphType)list.GraphType).ResolvedType!;
            var items = new List<ExecutionNode>(list.Result is ICollection known ? known.Count : 4);
            if (list.Result is IList indexed)
            {
                // The library's own lists, of types and fields, can be read in no other way.
                for (var i = 0; i < indexed.Count; i++) Add(indexed[i]);
            }
            else
            {
                foreach (var item in (IEnumerable)list.Result!) Add(item);
            }

            list.Items = items;

            void Add(object? item)
            {
                var node = strategy.BuildExecutionNode(list, type, list.Field, list.FieldDefinition, items.Count);
                node.Result = item;
                items.Add(node);
                _claim?.Spend(FieldBytes);
            }
        }

        private static bool IsListOfValues(ArrayExecutionNode list)
        {
            if (list.Result is not IEnumerable values)
                throw new InvalidOperationException(
                    $"The field {list.FieldDefinition.Name} is a list, but answers a {list.Result!.GetType()}.");
            var type = ((ListGraphType)list.GraphType).ResolvedType;
            var (item, allowNulls) = type is NonNullGraphType required ? (required.ResolvedType, false) : (type, true);
            if (item is not ScalarGraphType scalar || !scalar.CanSerializeList(values, allowNulls)) return false;
            list.SerializedResult = scalar.SerializeList(values);
            return true;
        }

        // Reporting is asynchronous: it waits its turn like a field that runs.
        private void Failed(ExecutionNode node, Exception exception) =>
            _running.Add((node, Task.FromException<object?>(exception)));

        private async Task FailAsync(ExecutionNode node, Exception exception)
        {
            switch (exception)
            {
                case OperationCanceledException when context.CancellationToken.IsCancellationRequested:
                case RefusedClaimException:
                    throw exception;
                case ExecutionError error:
                    strategy.SetNodeError(context, node, error);
                    break;
                default:
                    if (await strategy.ProcessNodeUnhandledExceptionAsync(context, node, exception)) throw exception;
                    break;
            }
        }
    }
}
