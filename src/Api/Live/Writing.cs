using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Projections.Conversations;

namespace Messaging.Api.Live;

/// <summary>A person who is writing.</summary>
/// <param name="Visibility">Visibility of the comment that they write.</param>
public readonly record struct Writer(Participant Participant, CommentVisibility Visibility);

/// <summary>The other people who write in a conversation at a moment, as one viewer may see them.</summary>
public sealed record WritersChange(Guid ConversationId, IReadOnlyList<Writer> Writers);

/// <summary>
/// The people who are writing, and where. An announcement is told to everybody who may see it, and forgotten some
/// seconds later unless it is repeated; nothing of it is stored. A person writes in one place at a time, so there are
/// never more entries than people.
/// </summary>
public sealed class Writing(ConversationQueries conversations, LiveUpdates live, OtherNodes others) : BackgroundService
{
    /// <summary>Lifetime of an announcement.</summary>
    public static readonly TimeSpan Shown = TimeSpan.FromSeconds(6);

    // Within this time a repeated announcement says nothing new: it is neither checked nor told.
    private static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly Dictionary<Place, Room> _rooms = [];
    private readonly Dictionary<Person, Place> _places = [];
    private readonly Dictionary<Person, Said> _unsaid = [];
    private readonly Guid _node = Guid.NewGuid();

    /// <summary>Announces that the caller is writing.</summary>
    /// <returns>The refusal; null when they may write there.</returns>
    public async Task<Refusal?> AnnounceAsync(
        Caller caller, Guid conversationId, CommentVisibility visibility, CancellationToken cancellation)
    {
        var (person, place) = (
            new Person(caller.OrganisationId, caller.Actor.Id), new Place(caller.OrganisationId, conversationId));
        var writer = new Writer(caller.Actor.Participant, visibility);
        lock (_lock)
        {
            if (
                _rooms.TryGetValue(place, out var room)
                && room.Writers.TryGetValue(person.Id, out var known)
                && known.Writer == writer
                && known.Since + s_fresh > Now
            )
                return null;
        }

        if ((await conversations.ByIdsAsync(caller, [conversationId], cancellation)).Count == 0)
            return new ConversationNotFound();
        if (caller.Actor is Actor.Auditor)
            return new AuditorsWriteNothing();
        if (visibility == CommentVisibility.Internal && !caller.SeesInternal)
            return new CustomersWriteNoInternalNotes();
        lock (_lock)
        {
            Write(person, place, writer);
            if (others.Exist) _unsaid[person] = new Said(place.Id, writer);
        }

        return null;
    }

    /// <summary>Withdraws the announcement: they have sent the comment, or given it up.</summary>
    public void Stop(Caller caller, Guid conversationId)
    {
        var person = new Person(caller.OrganisationId, caller.Actor.Id);
        lock (_lock)
        {
            if (!_places.TryGetValue(person, out var place) || place.Id != conversationId) return;
            Leave(person);
            if (others.Exist)
                _unsaid[person] = new Said(
                    Guid.Empty, new Writer(caller.Actor.Participant, CommentVisibility.Internal));
        }
    }

    /// <summary>
    /// Streams the people who write in a conversation that the caller may see: at once when somebody does, then
    /// whenever it changes.
    /// </summary>
    public LiveStream<WritersChange> In(Caller caller, Guid conversationId)
    {
        var place = new Place(caller.OrganisationId, conversationId);
        var listener = new Listener(caller);
        lock (_lock)
        {
            var room = Enter(place);
            room.Listeners.Add(listener);
            if (room.Writers.Count > 0) listener.Wake();
        }

        return new LiveStream<WritersChange>(ChangesAsync(place, listener), () =>
        {
            lock (_lock)
            {
                if (!_rooms.TryGetValue(place, out var room)) return;
                room.Listeners.Remove(listener);
                Close(place, room);
            }
        });
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        others.Heard += OnHeard;
        live.AccessEnded += EndAccess;
        using var timer = new PeriodicTimer(s_tick);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                Forget();
                if (Unsaid() is { } said) await others.TrySayAsync(OtherNodes.Writers, said, stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The host stops.
        }

        others.Heard -= OnHeard;
        live.AccessEnded -= EndAccess;
        lock (_lock)
        {
            foreach (var listener in _rooms.Values.SelectMany(r => r.Listeners)) listener.End();
        }
    }

    private static TimeSpan Now => TimeSpan.FromMilliseconds(Environment.TickCount64);

    private void Write(Person person, Place place, Writer writer)
    {
        if (_places.TryGetValue(person, out var before) && before != place) Leave(person);
        var room = Enter(place);
        var isNews = !room.Writers.TryGetValue(person.Id, out var known) || known.Writer != writer;
        room.Writers[person.Id] = (writer, Now);
        _places[person] = place;
        if (isNews) room.Wake();
    }

    private void Leave(Person person)
    {
        if (!_places.Remove(person, out var place) || !_rooms.TryGetValue(place, out var room)) return;
        room.Writers.Remove(person.Id);
        room.Wake();
        Close(place, room);
    }

    private void Forget()
    {
        lock (_lock)
        {
            if (_places.Count == 0) return;
            var old = Now - Shown;
            foreach (var (person, place) in _places.ToList())
            {
                if (_rooms[place].Writers[person.Id].Since <= old) Leave(person);
            }
        }
    }

    private Room Enter(Place place)
    {
        if (!_rooms.TryGetValue(place, out var room)) _rooms[place] = room = new Room();
        return room;
    }

    private void Close(Place place, Room room)
    {
        if (room.Writers.Count + room.Listeners.Count == 0) _rooms.Remove(place);
    }

    // An item lists the current writers, not each change: a slow subscriber gets fewer items, and nothing waits.
    private async IAsyncEnumerable<WritersChange> ChangesAsync(
        Place place, Listener listener, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        List<Writer> told = [];
        await foreach (var _ in listener.ReadAsync(cancellation))
        {
            List<Writer> now = [];
            lock (_lock)
            {
                if (_rooms.TryGetValue(place, out var room))
                    now.AddRange(
                        room.Writers.Where(w => listener.MaySee(w.Key, w.Value.Writer)).Select(w => w.Value.Writer));
            }

            now.Sort((a, b) => a.Participant.Id.CompareTo(b.Participant.Id));
            if (now.SequenceEqual(told)) continue;
            told = now;
            yield return new WritersChange(place.Id, now);
        }
    }

    private void EndAccess(string tenant, Guid id)
    {
        var person = new Person(Guid.Parse(tenant), id);
        lock (_lock)
        {
            Leave(person);
            foreach (var listener in _rooms.Values.SelectMany(r => r.Listeners).Where(l => l.Is(person)))
                listener.End();
        }
    }

    private string? Unsaid()
    {
        lock (_lock)
        {
            if (_unsaid.Count == 0) return null;
            var some = _unsaid.Take(WritersMessage.Most).ToList();
            foreach (var (person, _) in some)
                _unsaid.Remove(person);
            return WritersMessage.Write(
                _node, some.Select(s => (s.Key.Organisation, s.Key.Id, s.Value.ConversationId, s.Value.Writer)));
        }
    }

    // Checked by the node that announces it. Kept only where somebody here listens.
    private void OnHeard(string channel, string what)
    {
        if (channel != OtherNodes.Writers || WritersMessage.Read(what, _node) is not { } said) return;
        lock (_lock)
        {
            foreach (var (organisation, id, conversation, writer) in said)
            {
                var (person, place) = (new Person(organisation, id), new Place(organisation, conversation));
                if (_rooms.TryGetValue(place, out var room) && room.Listeners.Count > 0) Write(person, place, writer);
                else Leave(person);
            }
        }
    }

    private readonly record struct Person(Guid Organisation, Guid Id);

    private readonly record struct Place(Guid Organisation, Guid Id);

    private readonly record struct Said(Guid ConversationId, Writer Writer);

    private sealed class Room
    {
        public Dictionary<Guid, (Writer Writer, TimeSpan Since)> Writers { get; } = [];

        public HashSet<Listener> Listeners { get; } = [];

        public void Wake()
        {
            foreach (var listener in Listeners) listener.Wake();
        }
    }

    private sealed class Listener(Caller caller)
    {
        private readonly Channel<bool> _changed = Channel.CreateBounded<bool>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

        public bool Is(Person person) => caller.Actor.Id == person.Id && caller.OrganisationId == person.Organisation;

        public bool MaySee(Guid person, Writer writer) =>
            person != caller.Actor.Id && caller.IsToldOfNow
            && (writer.Visibility == CommentVisibility.Public || caller.SeesInternal);

        public void Wake() => _changed.Writer.TryWrite(true);

        public void End() => _changed.Writer.TryComplete();

        public IAsyncEnumerable<bool> ReadAsync(CancellationToken cancellation) =>
            _changed.Reader.ReadAllAsync(cancellation);
    }
}
