using System.Globalization;
using Messaging.Domain;
using Messaging.Domain.History;

namespace Messaging.Application.History;

/// <summary>
/// Records that files are not what was attached: once for each file and day, whether somebody asked for it or the
/// nightly sweep came to it, and on whichever node.
/// </summary>
public sealed class DamagedFiles(AccessLog log)
{
    /// <summary>A file was found to be damaged.</summary>
    /// <param name="about">What it is in.</param>
    /// <param name="correlationId">The request that found it; null where none did.</param>
    public void Record(string tenantId, Guid fileId, AccessSubject about, string? correlationId)
    {
        var day = log.Now.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var id = AccessStreams.IdOf("damaged", tenantId, $"{fileId}", day);
        log.Record(new Caller(tenantId, new Actor.System()), new FileDamaged(about, fileId), correlationId, id);
    }
}
