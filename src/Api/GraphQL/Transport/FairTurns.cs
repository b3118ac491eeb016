using System.Diagnostics.CodeAnalysis;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>The asker, as far as it matters for the order of turns.</summary>
/// <param name="Organisation">The asker whose share of the node counts; empty for those who are not signed in, who have
/// one together.</param>
/// <param name="Viewer">The person, or the network that somebody comes from who is not signed in.</param>
internal sealed record Asker(string Organisation, string Viewer)
{
    /// <summary>True for a person; a network may be a whole office.</summary>
    public bool IsKnown => Organisation.Length > 0;
}

/// <summary>
/// Turns for work of which so much may be under way at once: in all, for one organisation, and for one viewer. Waiting
/// requests are served organisation by organisation, within one viewer by viewer, and for each viewer in the order of
/// asking: those who ask for much wait for their own.
/// </summary>
/// <param name="total">The number of turns.</param>
/// <param name="perOrganisation">The most turns of one organisation.</param>
/// <param name="perViewer">The most turns of one viewer.</param>
/// <param name="mostWaiting">The most requests that may wait for one viewer; and sixteen times as many for one
/// organisation.</param>
internal sealed class FairTurns(int total, int perOrganisation, Func<Asker, int> perViewer, int mostWaiting)
{
    private const int ViewersWaiting = 16;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Organisation> _organisations = [];
    private readonly LinkedList<Organisation> _waiting = [];
    private int _running;

    /// <summary>The numbers of waiting and of running requests.</summary>
    public (int Waiting, int Running) Load
    {
        get
        {
            lock (_lock) return (_waiting.Sum(o => o.Length), _running);
        }
    }

    /// <summary>Waits for a turn.</summary>
    /// <param name="patience">The longest wait; <see cref="Timeout.InfiniteTimeSpan"/> for as long as it takes.</param>
    /// <returns>
    /// The turn, to be disposed of when the work has ended; null when it did not come in time, or too many wait.
    /// </returns>
    /// <exception cref="OperationCanceledException">Nobody wants it any more.</exception>
    public ValueTask<IDisposable?> EnterAsync(Asker who, TimeSpan patience, CancellationToken cancellation)
    {
        lock (_lock)
        {
            var viewer = Find(who);
            if (viewer.Waiting.Count == 0 && HasRoom(viewer)) return new(Start(viewer));
            if (viewer.Waiting.Count >= mostWaiting || viewer.Organisation.Length >= ViewersWaiting * mostWaiting)
            {
                Forget(viewer);
                return new((IDisposable?)null);
            }

            var waiter = new TaskCompletionSource<IDisposable>(TaskCreationOptions.RunContinuationsAsynchronously);
            if (viewer.Waiting.Count == 0)
            {
                if (viewer.Organisation.Waiting.Count == 0) _waiting.AddLast(viewer.Organisation);
                viewer.Organisation.Waiting.AddLast(viewer);
            }

            viewer.Organisation.Length++;
            return WaitAsync(viewer, viewer.Waiting.AddLast(waiter), patience, cancellation);
        }
    }

    private async ValueTask<IDisposable?> WaitAsync(
        Viewer viewer, LinkedListNode<TaskCompletionSource<IDisposable>> waiter, TimeSpan patience,
        CancellationToken cancellation)
    {
        try
        {
            return await waiter.Value.Task.WaitAsync(patience, cancellation);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            lock (_lock)
            {
                if (waiter.List is not null)
                {
                    viewer.Waiting.Remove(waiter);
                    Left(viewer);
                    Forget(viewer);
                    if (e is TimeoutException) return null;
                    throw;
                }
            }

            // It came at this very moment.
            var turn = await waiter.Value.Task;
            if (e is TimeoutException) return turn;
            turn.Dispose();
            throw;
        }
    }

    private Viewer Find(Asker who)
    {
        if (!_organisations.TryGetValue(who.Organisation, out var organisation))
            _organisations.Add(who.Organisation, organisation = new Organisation(who.Organisation));
        if (!organisation.Viewers.TryGetValue(who.Viewer, out var viewer))
            organisation.Viewers.Add(who.Viewer, viewer = new Viewer(organisation, who.Viewer, perViewer(who)));
        return viewer;
    }

    private void Forget(Viewer viewer)
    {
        var organisation = viewer.Organisation;
        if (viewer.Running + viewer.Waiting.Count == 0) organisation.Viewers.Remove(viewer.Key);
        if (organisation.Viewers.Count == 0) _organisations.Remove(organisation.Key);
    }

    private bool HasRoom(Viewer viewer) =>
        _running < total && viewer.Organisation.Running < perOrganisation && viewer.Running < viewer.Most;

    private Turn Start(Viewer viewer)
    {
        _running++;
        viewer.Organisation.Running++;
        viewer.Running++;
        return new Turn(this, viewer);
    }

    private void End(Viewer viewer)
    {
        lock (_lock)
        {
            _running--;
            viewer.Organisation.Running--;
            viewer.Running--;
            while (TryServe())
            {
                // More than one may have room: what ended may have been what all waited for.
            }

            Forget(viewer);
        }
    }

    /// <summary>Gives one turn to the next who may have it, and puts those it was taken from last.</summary>
    private bool TryServe()
    {
        if (_running >= total) return false;
        for (var at = _waiting.First; at is not null; at = at.Next)
        {
            if (at.Value.Running >= perOrganisation || !TryFind(at.Value, out var viewer)) continue;
            var waiter = viewer.Waiting.First!;
            viewer.Waiting.RemoveFirst();
            _waiting.Remove(at);
            _waiting.AddLast(at);
            Left(viewer);
            waiter.Value.SetResult(Start(viewer));
            return true;
        }

        return false;

        static bool TryFind(Organisation organisation, [NotNullWhen(true)] out Viewer? viewer)
        {
            for (var at = organisation.Waiting.First; at is not null; at = at.Next)
            {
                if (at.Value.Running >= at.Value.Most) continue;
                viewer = at.Value;
                organisation.Waiting.Remove(at);
                organisation.Waiting.AddLast(at);
                return true;
            }

            viewer = null;
            return false;
        }
    }

    // One less waits.
    private void Left(Viewer viewer)
    {
        var organisation = viewer.Organisation;
        organisation.Length--;
        if (viewer.Waiting.Count > 0) return;
        organisation.Waiting.Remove(viewer);
        if (organisation.Waiting.Count == 0) _waiting.Remove(organisation);
    }

    private sealed class Organisation(string key)
    {
        public string Key => key;

        public Dictionary<string, Viewer> Viewers { get; } = [];

        public LinkedList<Viewer> Waiting { get; } = [];

        /// <summary>The number that waits, of all viewers.</summary>
        public int Length { get; set; }

        public int Running { get; set; }
    }

    private sealed class Viewer(Organisation organisation, string key, int most)
    {
        public Organisation Organisation => organisation;

        public string Key => key;

        public int Most => most;

        public LinkedList<TaskCompletionSource<IDisposable>> Waiting { get; } = [];

        public int Running { get; set; }
    }

    private sealed class Turn(FairTurns queue, Viewer viewer) : IDisposable
    {
        private int _hasEnded;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _hasEnded, 1) == 0) queue.End(viewer);
        }
    }
}
