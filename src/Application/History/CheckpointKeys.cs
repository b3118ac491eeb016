using Messaging.Domain;
using Messaging.Domain.History;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.History;

/// <summary>A change of the key that signs an organisation's checkpoints, as the log says it.</summary>
/// <param name="PreviousKey">The key of before, to verify with.</param>
/// <param name="Key">The new one.</param>
/// <param name="Note">What the key of before has signed of it.</param>
public sealed record CheckpointKeyChange(string TenantId, string PreviousKey, string Key, string Note);

/// <summary>
/// The keys that signed checkpoints before: a copy of one of them proves history if each key from it to that of today
/// was signed by the one before.
/// </summary>
public sealed class CheckpointKeys(IReadOnlyList<CheckpointKeyChange> changes)
{
    /// <summary>The name of the event.</summary>
    internal static readonly string Event = EventNames.Of(typeof(CheckpointKeyChanged));

    private readonly List<(string TenantId, byte[] Previous, byte[] Next, bool IsSigned)> _changes =
        [.. changes.Select(Of).OfType<(string, byte[], byte[], bool)>()];

    /// <summary>Those that the log of an installation says.</summary>
    public static async Task<CheckpointKeys> OfAsync(NpgsqlDataSource database, CancellationToken cancellation) =>
        new(await Sql.Of(
            $"""
             select tenant_id, data->>'previousKey', data->>'key', data->>'note' from messaging.mt_events
             where type = {Event} order by seq_id
             """).ListAsync(
            database,
            r => new CheckpointKeyChange(
                r.GetString(0), r.StringOrNull(1) ?? "", r.StringOrNull(2) ?? "", r.StringOrNull(3) ?? ""),
            cancellation));

    /// <summary>Records that the key became another one: once, on however many nodes and at however many starts.
    /// </summary>
    public static Task RecordAsync(AccessLog log, string tenantId, CheckpointKey previous, CheckpointKey next)
    {
        var who = new Caller(tenantId, new Actor.System());
        var (before, now) = (previous.VerifierOf(tenantId), next.VerifierOf(tenantId));
        return log.RecordAsync(
            who,
            new CheckpointKeyChanged(
                AccessSubject.Organisation(who.OrganisationId), before, now, previous.SignKey(tenantId, next)),
            id: AccessStreams.IdOf("checkpoint-key", tenantId, before, now));
    }

    /// <summary>Reads a checkpoint that a key has signed, or one from which signed changes lead to it.</summary>
    /// <param name="publicKey">The key of today.</param>
    /// <param name="why">Why it is none, as the end of a sentence that begins with its name.</param>
    /// <returns>Null when it is none.</returns>
    public CheckpointNote? Read(string note, byte[] publicKey, out string why)
    {
        if (CheckpointNote.Read(note, publicKey, out why) is { } read) return read;
        foreach (var (tenant, previous, _, _) in _changes)
        {
            if (CheckpointNote.Read(note, previous, out _) is not { } earlier || earlier.TenantId != tenant) continue;
            if (Leads(tenant, previous, publicKey)) return earlier;
            why = "is signed by a key of before, and the log has no change from it to the key of this installation "
                + "that it has signed";
        }

        return null;
    }

    /// <summary>True when signed changes lead from a key to another.</summary>
    public bool Leads(string tenantId, byte[] from, byte[] to)
    {
        var reached = new List<byte[]> { from };
        for (var i = 0; i < reached.Count; i++)
        {
            if (reached[i].AsSpan().SequenceEqual(to)) return true;
            foreach (var (tenant, previous, next, isSigned) in _changes)
            {
                if (isSigned && tenant == tenantId && previous.AsSpan().SequenceEqual(reached[i])
                    && !reached.Any(r => r.AsSpan().SequenceEqual(next))) reached.Add(next);
            }
        }

        return false;
    }

    private static (string TenantId, byte[] Previous, byte[] Next, bool IsSigned)? Of(CheckpointKeyChange change) =>
        CheckpointNote.ReadVerifier(change.PreviousKey) is { } previous && previous.TenantId == change.TenantId
        && CheckpointNote.ReadVerifier(change.Key) is { } next && next.TenantId == change.TenantId
            ? (change.TenantId, previous.Public, next.Public,
                CheckpointNote.IsOfKey(change.Note, change.TenantId, change.Key, previous.Public))
            : null;
}
