using GraphQL;
using GraphQL.Execution;
using GraphQL.Resolvers;
using ExecutionContext = GraphQL.Execution.ExecutionContext;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>
/// Executes the fields of a mutation one after the other, each with everything below it. The library's serial strategy
/// puts loads off until the last field has run, so that the first field's payload would show what the last one wrote;
/// and it runs siblings below a field one by one.
/// </summary>
internal sealed class MutationStrategy : LevelStrategy
{
    public override async Task ExecuteNodeTreeAsync(ExecutionContext context, ExecutionNode rootNode)
    {
        foreach (var field in ((RootExecutionNode)rootNode).SubFields ?? [])
            await base.ExecuteNodeTreeAsync(context, field);
    }

    // Before: what the field before loaded. After: what the mutation itself loaded before it wrote.
    protected override IFieldResolver SelectResolver(ExecutionNode node, ExecutionContext context) =>
        node.Parent is RootExecutionNode
            ? new Fresh(base.SelectResolver(node, context))
            : base.SelectResolver(node, context);

    private sealed class Fresh(IFieldResolver inner) : IFieldResolver
    {
        public async ValueTask<object?> ResolveAsync(IResolveFieldContext context)
        {
            var loaders = BatchLoaders.Of(context);
            loaders.Clear();
            var payload = await inner.ResolveAsync(context);
            loaders.Clear();
            return payload;
        }
    }
}
