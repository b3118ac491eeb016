using System.Globalization;
using System.Text;
using GraphQL;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.History;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Application.History;
using Messaging.Domain;

namespace Messaging.Api.GraphQL;

/// <content>The evidence that nothing was altered.</content>
public sealed partial class Query
{
    /// <summary>
    /// The checkpoint of the tree of all events of the office; refused to those who see a part of it only.
    /// </summary>
    [Allow(Access.AuditorsAndOwners)]
    public static async Task<AuditCheckpointNode> AuditCheckpoint(IResolveFieldContext context)
    {
        var caller = DemandAll(context.Caller());
        return new AuditCheckpointNode(
            caller.TenantId, await context.Service<AuditTree>().HeadAsync(caller.TenantId, context.CancellationToken),
            await context.Service<AuditSweeps>().LastAsync(caller.TenantId, context.CancellationToken),
            context.Service<CheckpointKey>());
    }

    /// <summary>
    /// The proof that an event is in the tree, to be verified without the product (C2SP's <c>tlog-proof@v1</c>): its
    /// extra data are the entry. Null: there is no such event, or it is not in the tree yet. Refused to those who see a
    /// part of the office only.
    /// </summary>
    /// <param name="eventId">The event.</param>
    [Allow(Access.AuditorsAndOwners)]
    public static async Task<string?> AuditProof(IResolveFieldContext context, [Id] string eventId)
    {
        var caller = DemandAll(context.Caller());
        var tree = context.Service<AuditTree>();
        if (await tree.ProveAsync(caller.TenantId, Ids.Parse(eventId), context.CancellationToken) is not { } proof)
            return null;
        var text = new StringBuilder("c2sp.org/tlog-proof@v1\n")
            .Append(
                CultureInfo.InvariantCulture,
                $"extra {Convert.ToBase64String(Encoding.UTF8.GetBytes(proof.Entry))}\nindex {proof.Index}\n");
        foreach (var hash in proof.Path) text.Append(Convert.ToBase64String(hash)).Append('\n');
        return text.Append('\n')
            .Append(context.Service<CheckpointKey>().Sign(caller.TenantId, proof.Size, proof.Root))
            .ToString();
    }

    private static Caller DemandAll(Caller caller) =>
        caller.SeesAllHistory
            ? caller
            : throw RefusedException.Forbidden("The evidence is for auditors and owners who see all of the office.");
}
