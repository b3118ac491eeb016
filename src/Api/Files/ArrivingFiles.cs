using Messaging.Api.GraphQL.Transport;
using Messaging.Application.Files;
using Messaging.Domain;

namespace Messaging.Api.Files;

/// <summary>
/// Files of each person that are just arriving on this node, in bytes: they count as attached to nothing before they
/// are recorded, so that nobody fills the disk with uploads under way.
/// </summary>
internal sealed class ArrivingFiles(Uploads uploads)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Tenant, Guid Person), long> _arriving = [];

    /// <summary>Lets somebody upload.</summary>
    /// <returns>As much as they have room for; to be disposed of when what arrived is recorded, or gone.</returns>
    public async Task<UploadAllowance> EnterAsync(Caller caller, CancellationToken cancellation) =>
        new Allowance(this, (caller.TenantId, caller.Actor.Id), await uploads.RoomAsync(caller, cancellation));

    private bool TryTake((string Tenant, Guid Person) who, long bytes, long room)
    {
        lock (_lock)
        {
            var arriving = _arriving.GetValueOrDefault(who) + bytes;
            if (arriving > room) return false;
            _arriving[who] = arriving;
            return true;
        }
    }

    private void GiveBack((string Tenant, Guid Person) who, long bytes)
    {
        lock (_lock)
        {
            var arriving = _arriving.GetValueOrDefault(who) - bytes;
            if (arriving > 0) _arriving[who] = arriving;
            else _arriving.Remove(who);
        }
    }

    private sealed class Allowance(ArrivingFiles files, (string Tenant, Guid Person) who, UploadRoom room)
        : UploadAllowance
    {
        private long _taken;

        public override Refusal? Take(long bytes)
        {
            if (!files.TryTake(who, bytes, room.Bytes)) return room.Refusal;
            Interlocked.Add(ref _taken, bytes);
            return null;
        }

        public override void Dispose() => files.GiveBack(who, Interlocked.Exchange(ref _taken, 0));
    }
}
