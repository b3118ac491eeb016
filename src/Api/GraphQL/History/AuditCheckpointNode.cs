using GraphQL;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Application.History;

namespace Messaging.Api.GraphQL.History;

/// <summary>The root of the tree of all events of the office: whoever keeps it can prove each change of them.</summary>
[Name("AuditCheckpoint")]
[Allow(Access.AuditorsAndOwners)]
public sealed class AuditCheckpointNode(string tenantId, AuditHead head, AuditSweep? swept, CheckpointKey key)
{
    /// <summary>The number of events in the tree, in decimal.</summary>
    public string Size => head.Size.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The root, in Base64; mails have it in the header Messaging-Checkpoint.</summary>
    public string Root => Convert.ToBase64String(head.Root);

    /// <summary>The instant at which the last event was added; null while there is none.</summary>
    public DateTimeOffset? GrownAt => head.GrownAt;

    /// <summary>The number of events that are not in the tree yet; 10,000 stands for as many or more.</summary>
    public int Lag => head.Lag;

    /// <summary>
    /// What the last nightly sweep found, which reads all files and counts the events; null while there was none.
    /// </summary>
    public AuditSweepNode? LastSweep => swept is null ? null : new AuditSweepNode(swept);

    /// <summary>The checkpoint, signed (C2SP's <c>tlog-checkpoint</c>).</summary>
    public string Note => key.Sign(tenantId, head.Size, head.Root);

    /// <summary>The public key to verify it with, as a signed note's verifiers take it.</summary>
    public string PublicKey => key.VerifierOf(tenantId);
}

/// <summary>A nightly sweep of the office: it reads all files, and counts the events.</summary>
[Name("AuditSweep")]
[Allow(Access.AuditorsAndOwners)]
public sealed class AuditSweepNode(AuditSweep sweep)
{
    /// <summary>The instant at which it ended.</summary>
    public DateTimeOffset CheckedAt => sweep.CheckedAt;

    /// <summary>Number of files that were read; 2,147,483,647 stands for as many or more.</summary>
    public int Files => (int)Math.Min(sweep.Files, int.MaxValue);

    /// <summary>Number of files that are not what was attached: nobody gets them.</summary>
    public int DamagedFiles => (int)Math.Min(sweep.Damaged, int.MaxValue);

    /// <summary>
    /// True when each event has its place in the tree, and none is missing. False: the log was altered; the operator's
    /// command <c>verify</c> says where.
    /// </summary>
    public bool IsWhole => sweep.IsWhole;
}
