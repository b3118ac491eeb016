using GraphQL;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Application.History;

namespace Messaging.Api.GraphQL.History;

/// <summary>The root of the tree of all events of the office: whoever keeps it can prove each change of them.</summary>
[Name("AuditCheckpoint")]
[Allow(Access.AuditorsAndOwners)]
public sealed class AuditCheckpointNode(string tenantId, AuditHead head, CheckpointKey key)
{
    /// <summary>The number of events in the tree, in decimal.</summary>
    public string Size => head.Size.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The root, in Base64; mails have it in the header Messaging-Checkpoint.</summary>
    public string Root => Convert.ToBase64String(head.Root);

    /// <summary>The instant at which the last event was added; null while there is none.</summary>
    public DateTimeOffset? GrownAt => head.GrownAt;

    /// <summary>The number of events that are not in the tree yet; 10,000 stands for as many or more.</summary>
    public int Lag => head.Lag;

    /// <summary>The checkpoint, signed (C2SP's <c>tlog-checkpoint</c>).</summary>
    public string Note => key.Sign(tenantId, head.Size, head.Root);

    /// <summary>The public key to verify it with, as a signed note's verifiers take it.</summary>
    public string PublicKey => key.VerifierOf(tenantId);
}
