using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Messaging.Faults.Load;

/// <summary>
/// What clients asked for and what they were promised: each promise is on disk before its client goes on, so that also
/// who ends this process can tell afterwards.
/// </summary>
internal sealed class Ledger : IDisposable
{
    private readonly Lock _gate = new();
    private readonly FileStream _file;
    private readonly ConcurrentDictionary<Guid, Promise> _asked = [];
    private long _acknowledged;

    public Ledger(string path) => _file = new FileStream(path, FileMode.CreateNew, FileAccess.Write);

    /// <summary>All that was asked for.</summary>
    public IEnumerable<Promise> Asked => _asked.Values;

    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    /// <summary>When the last promise was given; a campaign measures by it.</summary>
    public DateTimeOffset LastAcknowledgement { get; private set; } = DateTimeOffset.UtcNow;

    /// <summary>Somebody is about to ask for something.</summary>
    public void Ask(Promise promise) => _asked.TryAdd(promise.Id, promise);

    /// <summary>The product said that it is done.</summary>
    public void Acknowledge(Promise promise)
    {
        var now = DateTimeOffset.UtcNow;
        var line = string.Create(
            CultureInfo.InvariantCulture, $"{now:O} {promise.Kind} {promise.Id} {promise.ConversationId}\n");
        lock (_gate)
        {
            if (promise.IsAcknowledged) return;
            _file.Write(Encoding.UTF8.GetBytes(line));
            _file.Flush(flushToDisk: true);
            promise.IsAcknowledged = true;
            LastAcknowledgement = now;
        }

        Interlocked.Increment(ref _acknowledged);
    }

    public void Dispose() => _file.Dispose();
}

/// <summary>What a promise is about.</summary>
internal enum PromiseKind
{
    Conversation,
    Comment,

    /// <summary>A change that may be asked for again without a second effect of its own, and has no id.</summary>
    Change,
}

/// <summary>Something a client asked for.</summary>
/// <param name="Id">The client's own id of it.</param>
/// <param name="Body">What was written.</param>
/// <param name="FileSha256">The hash of what was attached; null without a file.</param>
internal sealed record Promise(PromiseKind Kind, Guid Id, Guid ConversationId, string Body, string? FileSha256 = null)
{
    public bool IsAcknowledged { get; set; }
}
