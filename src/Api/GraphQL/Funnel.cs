using System.Diagnostics;
using GraphQL;
using Messaging.Application.Commands;

namespace Messaging.Api.GraphQL;

/// <summary>The one way that every mutation takes: who acts comes from the token, the executor does the rest, a refusal becomes data.</summary>
internal static class Funnel
{
    /// <summary>Carries a command out.</summary>
    /// <returns>What the client is told; empty when it was done.</returns>
    public static async Task<IReadOnlyList<UserError>> ExecuteAsync<TCommand>(this IResolveFieldContext context, TCommand command)
        where TCommand : Command =>
        await context.Service<CommandExecutor>().ExecuteAsync(command.Correlated(), context.CancellationToken) is { } refusal ? [UserError.Of(refusal)] : [];

    /// <summary>Carries a command on several conversations out.</summary>
    /// <returns>What the client is told, and the conversations that nothing was refused for.</returns>
    public static async Task<(IReadOnlyList<UserError> Errors, IReadOnlyList<Guid> Done)> ExecuteBulkAsync(this IResolveFieldContext context, BulkCommand command)
    {
        command = command.Correlated();
        if (await context.Service<CommandExecutor>().ExecuteAsync(command, context.CancellationToken) is { } refusal) return ([UserError.Of(refusal)], []);

        // One answer for each conversation that is to blame, and one in all where another field is.
        var errors = command.RefusedAt.OrderBy(r => r.Key)
            .Select(r => r.Value.Field == "conversationId" ? (r.Value, Index: r.Key) : (r.Value, Index: -1))
            .Distinct()
            .Select(r => r.Index < 0 ? UserError.Of(r.Value) : new UserError(r.Value.Kind, r.Value.Message, ["conversationIds", $"{r.Index}"]));
        return ([.. errors], [.. command.ConversationIds.Where((_, i) => !command.RefusedAt.ContainsKey(i)).Distinct()]);
    }

    private static TCommand Correlated<TCommand>(this TCommand command)
        where TCommand : Command =>
        (TCommand)(command with { CorrelationId = Activity.Current?.TraceId.ToString() });
}
