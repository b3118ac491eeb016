namespace Messaging.Api.GraphQL.Transport;

/// <summary>
/// The memory that all answers under way on this node take together. One organisation has at most half of it and one
/// viewer a quarter, so that nobody is refused because somebody else asks for much.
/// </summary>
/// <param name="total">The size in bytes.</param>
/// <param name="largest">The limit of one answer, in bytes: a viewer always has that much, even when a quarter of the
/// memory is less or half of it more.</param>
internal sealed class AnswerMemory(long total, long largest)
{
    private readonly long _ofOrganisation = total / 2;
    private readonly long _ofViewer = Math.Max(total / 4, Math.Min(total / 2, largest));
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _byOrganisation = [];
    private readonly Dictionary<string, long> _byViewer = [];

    /// <summary>The uncounted share of an answer, in bytes: a thousandth, and at most 1 MiB.</summary>
    public long Free { get; } = Math.Min(1024 * 1024, total / 1024);

    /// <summary>The memory that is taken, in bytes.</summary>
    public long Taken { get; private set; }

    /// <summary>Takes memory, or none when it is too much.</summary>
    public bool TryTake(Asker who, long bytes)
    {
        lock (_lock)
        {
            var ofOrganisation = _byOrganisation.GetValueOrDefault(who.Organisation) + bytes;
            var ofViewer = _byViewer.GetValueOrDefault(who.Viewer) + bytes;
            if (Taken + bytes > total || ofOrganisation > _ofOrganisation || ofViewer > _ofViewer) return false;
            Taken += bytes;
            _byOrganisation[who.Organisation] = ofOrganisation;
            _byViewer[who.Viewer] = ofViewer;
            return true;
        }
    }

    /// <summary>Gives memory back that was taken.</summary>
    public void GiveBack(Asker who, long bytes)
    {
        lock (_lock)
        {
            Taken -= bytes;
            if ((_byOrganisation[who.Organisation] -= bytes) == 0) _byOrganisation.Remove(who.Organisation);
            if ((_byViewer[who.Viewer] -= bytes) == 0) _byViewer.Remove(who.Viewer);
        }
    }
}
