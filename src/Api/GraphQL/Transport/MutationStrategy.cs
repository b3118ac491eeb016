using GraphQL.Execution;
using ExecutionContext = GraphQL.Execution.ExecutionContext;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>
/// Executes the fields of a mutation one after the other, each with everything below it. The library's serial strategy puts loads off until the last
/// field has run, so that the first field's payload would show what the last one wrote; and it runs siblings below a field one by one.
/// </summary>
internal sealed class MutationStrategy : ParallelExecutionStrategy
{
    public override async Task ExecuteNodeTreeAsync(ExecutionContext context, ExecutionNode rootNode)
    {
        foreach (var field in ((RootExecutionNode)rootNode).SubFields ?? [])
            await base.ExecuteNodeTreeAsync(context, field);
    }

    protected override async Task ExecuteNodeAsync(ExecutionContext context, ExecutionNode node)
    {
        if (node.Parent is not RootExecutionNode)
        {
            await base.ExecuteNodeAsync(context, node);
            return;
        }

        // Before: what the field before loaded. After: what the mutation itself loaded before it wrote.
        var loaders = BatchLoaders.Of(context.UserContext);
        loaders.Clear();
        await base.ExecuteNodeAsync(context, node);
        loaders.Clear();
    }
}
