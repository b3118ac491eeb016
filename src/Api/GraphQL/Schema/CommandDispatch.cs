using GraphQL;
using Messaging.Api.Security;
using Messaging.Application.Commands;
using Messaging.Domain;

namespace Messaging.Api.GraphQL.Schema;

/// <summary>
/// The one way that every mutation takes: who acts comes from the token, the executor does the rest, a refusal becomes
/// data.
/// </summary>
internal static class CommandDispatch
{
    /// <summary>Carries a command out.</summary>
    /// <returns>The errors for the client; empty when it was done.</returns>
    public static async Task<IReadOnlyList<UserError>> ExecuteAsync(
        this IResolveFieldContext context, Command command) =>
        (await context.DispatchAsync(command)).Errors;

    /// <summary>Carries a command out whose payload depends on how it went.</summary>
    /// <returns>The errors for the client, and the outcome.</returns>
    public static async Task<(IReadOnlyList<UserError> Errors, CommandOutcome Outcome)> DispatchAsync(
        this IResolveFieldContext context, Command command)
    {
        var outcome = await context.OutcomeAsync(command);
        return (outcome.Refusal is { } refusal ? [UserError.Of(refusal)] : [], outcome);
    }

    /// <summary>Carries a command on several conversations out.</summary>
    /// <returns>The errors for the client, and the conversations that were changed.</returns>
    public static async Task<(IReadOnlyList<UserError> Errors, IReadOnlyList<Guid> Done)> ExecuteBulkAsync(
        this IResolveFieldContext context, BulkCommand command)
    {
        var outcome = await context.OutcomeAsync(command);
        if (outcome.Refusal is { } refusal) return ([UserError.Of(refusal)], []);

        // One answer for each conversation that is to blame, and one in all where another field is.
        var errors = outcome.RefusedAt.OrderBy(r => r.Key)
            .Select(r => r.Value.Field == "conversationId" ? (r.Value, Index: r.Key) : (r.Value, Index: -1))
            .Distinct()
            .Select(r =>
                r.Index < 0
                    ? UserError.Of(r.Value)
                    : new UserError(r.Value.Kind, r.Value.Message, ["conversationIds", $"{r.Index}"])
            );
        return (
            [.. errors], [.. command.ConversationIds.Where((_, i) => !outcome.RefusedAt.ContainsKey(i)).Distinct()]);
    }

    private static async Task<CommandOutcome> OutcomeAsync(this IResolveFieldContext context, Command command)
    {
        var outcome = await context.Service<CommandExecutor>().ExecuteAsync(
            command, context.CancellationToken, correlationId: Correlation.OfRequest());
        if (
            outcome.Refusal is { Kind: RefusalKind.Forbidden }
            || outcome.RefusedAt.Values.Any(r => r.Kind == RefusalKind.Forbidden)
        )
            context.Tell(SecurityEvent.AccessDenied, command.Caller, detail: command.StoredName);
        return outcome;
    }
}
