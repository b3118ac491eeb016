using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Threading.Channels;
using Messaging.Api.GraphQL.Transport;
using Messaging.Api.Hosting;
using Messaging.Application;
using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Conversations;
using Messaging.Projections.Conversations;
using Messaging.Projections.History;
using Messaging.Projections.Live;
using Messaging.Projections.Notifications;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Api.Live;

/// <summary>A change of a conversation, as one viewer may see it.</summary>
/// <param name="Conversation">As it is now; null when the viewer may not see it, or it is not among those asked
/// for.</param>
/// <param name="EventId">Id of the event; null when it was lost from sight.</param>
public sealed record ConversationChange(Guid ConversationId, ConversationRow? Conversation, Guid? EventId);

/// <summary>
/// Tells subscribers on this node of events, wherever they were written: follows the log of events with a place of its
/// own, woken by this node's commits, by a throttled NOTIFY of other nodes, and once a second in any case. An update is
/// looked up when it is sent, with the viewer's access at that moment; viewers with the same access share the look-up.
/// </summary>
public sealed partial class LiveUpdates(
    NpgsqlDataSource database, ConversationQueries conversations, NotificationQueries notifications,
    CommitSignal committed, OtherNodes others, LiveOptions options, NodeState node, ILogger<LiveUpdates> logger)
    : BackgroundService
{
    private const int MostAbsent = 10_000;

    // A person sees no difference; a busy database does.
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_untilPlanned = TimeSpan.FromMilliseconds(100);

    private static readonly FrozenSet<string> s_endAccess = EventNames.Those<PersonEvent.IDeactivated>();
    private static readonly FrozenSet<string> s_endVisits = EventNames.Those<PersonEvent.IPasswordChanged>();

    private static readonly FrozenSet<string> s_changeSight = EventNames.Those<PersonEvent.ISightChanged>();
    private static readonly string s_created = EventNames.Of(typeof(ConversationCreated));
    private static readonly FrozenSet<string> s_changeAccess = EventNames.Those<PersonEvent.IRoleChanged>();

    private readonly MovedSight _moved = new(database);
    private readonly ConcurrentDictionary<Listener, byte> _listeners = [];
    private readonly ConcurrentDictionary<LiveVisit, byte> _visits = [];
    private readonly ConcurrentDictionary<(string Tenant, Guid Person), int> _subscriptions = [];
    private readonly Wakeup _awake = new();
    private readonly Wakeup _toNotify = new();
    private readonly SemaphoreSlim _starting = new(1);
    private EventTail? _tail;

    /// <summary>Somebody's access has ended: the organisation, and who.</summary>
    public event Action<string, Guid>? AccessEnded;

    /// <summary>Somebody's role has changed: the organisation, and who. What they have open ends after this.</summary>
    public event Action<string, Guid>? RoleChanged;

    /// <summary>Number of subscriptions that are open on this node.</summary>
    public int Subscriptions => _listeners.Count;

    /// <summary>True while somebody is connected to this node.</summary>
    internal bool HasVisits => !_visits.IsEmpty;

    /// <summary>Registers a lasting connection: it is told when the caller's access ends, and may subscribe.</summary>
    /// <exception cref="RefusedException">The viewer has too many connections.</exception>
    internal async Task<LiveVisit> EnterAsync(Caller caller, CancellationToken cancellation)
    {
        if (
            _visits.Keys.Count(v => v.Caller.TenantId == caller.TenantId && v.Caller.Actor.Id == caller.Actor.Id)
            >= options.MaxConnectionsPerViewer
        )
            throw RefusedException.RateLimited(
                $"There are {options.MaxConnectionsPerViewer} connections of yours already.");
        var visit = new LiveVisit(this, caller);
        _visits.TryAdd(visit, 0);
        if (node.WhyNotReadModels is not null) visit.Interrupt();
        try
        {
            await _starting.WaitAsync(cancellation);
            try
            {
                if (_tail is null)
                {
                    var tail = new EventTail(database);
                    await tail.StartAsync(cancellation);
                    _tail = tail;
                    _awake.Set();
                }
            }
            finally
            {
                _starting.Release();
            }
        }
        catch
        {
            _visits.TryRemove(visit, out _);
            throw;
        }

        return visit;
    }

    internal void Leave(LiveVisit visit) => _visits.TryRemove(visit, out _);

    /// <summary>
    /// Closes the connections of sessions that have ended. Their subscribers are told of nothing more, also where the
    /// connection is open for a moment yet.
    /// </summary>
    internal void EndVisits(IReadOnlyCollection<Guid> sessions)
    {
        foreach (var listener in _listeners.Keys)
        {
            if (listener.Caller.SessionId is { } id && sessions.Contains(id)) listener.Mute();
        }

        foreach (var visit in _visits.Keys)
        {
            if (visit.Caller.SessionId is { } id && sessions.Contains(id)) visit.End();
        }
    }

    /// <summary>Counts a subscription of a viewer.</summary>
    /// <returns>True when the viewer may have one more.</returns>
    internal bool TryCount(Caller caller)
    {
        var count = _subscriptions.AddOrUpdate((caller.TenantId, caller.Actor.Id), 1, (_, n) => n + 1);
        if (count <= options.MaxSubscriptionsPerViewer) return true;
        Uncount(caller);
        return false;
    }

    internal void Uncount(Caller caller)
    {
        var key = (caller.TenantId, caller.Actor.Id);
        if (_subscriptions.AddOrUpdate(key, 0, (_, n) => n - 1) <= 0) _subscriptions.TryRemove(new(key, 0));
    }

    /// <summary>The changes of one conversation from now on; ends when it may no longer be seen.</summary>
    public LiveStream<ConversationChange> OfConversation(Caller caller, Guid id) =>
        Listen(new Listener(caller, id, null), listener => ConversationsAsync(listener, ConversationFilter.None));

    /// <summary>
    /// The changes of all conversations from now on that the filter lets through, and of those it does not.
    /// </summary>
    public LiveStream<ConversationChange> OfConversations(Caller caller, ConversationFilter filter) =>
        Listen(new Listener(caller, null, null), listener => ConversationsAsync(listener, filter));

    /// <summary>The caller's notifications from now on.</summary>
    public LiveStream<NotificationRow> OfNotifications(Caller caller) =>
        Listen(new Listener(caller, null, caller.Actor.Id), NotificationsAsync);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        committed.Committed += OnCommitted;
        others.Heard += OnHeard;
        node.ReadModelsLost += InterruptVisits;
        await Task.WhenAll(
            Repeatedly.WithoutEndAsync(s_longest, FollowAsync, LogFailed, stoppingToken),
            others.Exist ? Repeatedly.WithoutEndAsync(s_longest, NotifyOthersAsync, LogFailed, stoppingToken)
                : Task.CompletedTask);
        node.ReadModelsLost -= InterruptVisits;
        others.Heard -= OnHeard;
        committed.Committed -= OnCommitted;
        foreach (var listener in _listeners.Keys) listener.End();
    }

    private void OnCommitted()
    {
        if (_tail is not null) _awake.Set();
        if (others.Exist) _toNotify.Set();
    }

    // Subscribers' updates come from the read models.
    private void InterruptVisits()
    {
        foreach (var visit in _visits.Keys) visit.Interrupt();
    }

    private void OnHeard(string channel, string what)
    {
        if (channel == OtherNodes.Events && _tail is not null) _awake.Set();
    }

    // A failure leaves it where it was: nothing is left out.
    private async Task FollowAsync(CancellationToken stopping)
    {
        var pause = _tail is null ? Timeout.InfiniteTimeSpan
            : _tail.IsPlannerBehind && !_listeners.IsEmpty ? s_untilPlanned : s_longest;
        await _awake.WaitAsync(pause, stopping);
        await ReadAsync(stopping);
        await Task.Delay(s_shortest, stopping);
    }

    private async Task ReadAsync(CancellationToken cancellation)
    {
        if (await TailAsync(cancellation) is not { } tail) return;
        var events = await tail.ReadAsync(cancellation);
        if (events.Count > 0) Tell(events);
        await EndMovedAsync(events, cancellation);

        var told = _listeners.Keys.Where(l => l.Recipient is not null).ToLookup(l => l.Recipient!.Value);
        foreach (var notification in await tail.ReadNotificationsAsync([.. told.Select(l => l.Key)], cancellation))
        {
            foreach (
                var listener in told[notification.RecipientId].Where(l => l.Caller.TenantId == notification.TenantId))
                listener.Tell(notification);
        }
    }

    // What somebody has open does not know what has moved into their view, or out of it: they connect again, and read
    // it anew. A conversation that was begun with its tags was told of already.
    private async Task EndMovedAsync(IReadOnlyList<LiveEvent> events, CancellationToken cancellation)
    {
        if (!_visits.Keys.Any(v => v.Caller.IsLimited)) return;
        var begun = events.Where(e => e.Type == s_created).Select(e => e.StreamId).ToHashSet();
        var moving = events.Where(e => MovedSight.IsMovedBy(e.Type) && !begun.Contains(e.StreamId)).ToList();
        if (moving.Count == 0) return;
        foreach (var (tenant, person) in await _moved.OfAsync(moving, cancellation))
            EndVisits(tenant, person, mayComeBack: true);
    }

    // Nobody listens: following costs nothing then, and begins anew with the next subscriber.
    private async Task<EventTail?> TailAsync(CancellationToken cancellation)
    {
        if (!_visits.IsEmpty) return _tail;
        await _starting.WaitAsync(cancellation);
        try
        {
            if (_visits.IsEmpty) _tail = null;
            return _tail;
        }
        finally
        {
            _starting.Release();
        }
    }

    private void Tell(IReadOnlyList<LiveEvent> events)
    {
        var byTenant = _listeners.Keys.Where(l => l.Recipient is null).ToLookup(l => l.Caller.TenantId);
        foreach (var tenant in events.GroupBy(e => e.TenantId))
        {
            var some = new LiveBatch(conversations, [.. tenant.Select(e => e.StreamId).Distinct()]);
            foreach (var e in tenant)
            {
                if (s_endAccess.Contains(e.Type)) EndAccess(e.TenantId, e.StreamId);
                if (s_changeAccess.Contains(e.Type)) RoleChanged?.Invoke(e.TenantId, e.StreamId);
                if (s_changeSight.Contains(e.Type)) StopListeners(e.TenantId, e.StreamId);
                if (s_endVisits.Contains(e.Type)) EndVisits(e.TenantId, e.StreamId);
                if (s_changeAccess.Contains(e.Type)) EndVisits(e.TenantId, e.StreamId, mayComeBack: true);
                if (!HistoryQueries.IsOfConversation(e.Type))
                    continue;
                var change = new Change(e, some);
                foreach (var listener in byTenant[e.TenantId])
                {
                    if (
                        (listener.ConversationId ?? e.StreamId) == e.StreamId
                        && (e.IsPublic || listener.Caller.SeesInternal)
                        && listener.Caller.IsToldOfNow
                    )
                        listener.Tell(change);
                }
            }
        }
    }

    private void EndAccess(string tenant, Guid person)
    {
        foreach (var listener in ListenersOf(tenant, person)) listener.EndAccess();
        EndVisits(tenant, person);
        AccessEnded?.Invoke(tenant, person);
    }

    // What waits was meant for who they were: it would be looked up with the rights of before.
    private void StopListeners(string tenant, Guid person)
    {
        foreach (var listener in ListenersOf(tenant, person)) listener.Stop();
    }

    private void EndVisits(string tenant, Guid person, bool mayComeBack = false)
    {
        foreach (var listener in ListenersOf(tenant, person)) listener.Mute();
        foreach (var visit in _visits.Keys)
        {
            if (visit.Caller.TenantId == tenant && visit.Caller.Actor.Id == person) visit.End(mayComeBack);
        }
    }

    private IEnumerable<Listener> ListenersOf(string tenant, Guid person) =>
        _listeners.Keys.Where(l => l.Caller.TenantId == tenant && l.Caller.Actor.Id == person);

    private LiveStream<T> Listen<T>(Listener listener, Func<Listener, IAsyncEnumerable<T>> items)
    {
        _listeners.TryAdd(listener, 0);
        LiveTelemetry.Began();
        return new LiveStream<T>(items(listener), Release);

        void Release()
        {
            if (_listeners.TryRemove(listener, out _)) LiveTelemetry.Ended();
        }
    }

    private static IAsyncEnumerable<ConversationChange> ConversationsAsync(
        Listener listener, ConversationFilter filter) => ConversationsAsync(listener, filter, default);

    private static async IAsyncEnumerable<ConversationChange> ConversationsAsync(
        Listener listener, ConversationFilter filter,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var isFiltered = filter != ConversationFilter.None;
        async Task<bool> MaySeeAsync(Change change)
        {
            var seen = await change.Batch.MatchingAsync(listener.Caller, ConversationFilter.None, cancellation);
            return seen.ContainsKey(change.Event.StreamId);
        }

        // A conversation that is not among those asked for is reported as such once.
        var absent = new HashSet<Guid>();
        await foreach (var told in listener.ReadAsync(cancellation))
        {
            if (told is LostAccess && listener.ConversationId is { } lost)
                yield return new ConversationChange(lost, null, null);
            if (told is not Change { Event: var e } change || listener.IsStopped) continue;
            var rows = await change.Batch.MatchingAsync(listener.Caller, filter, cancellation);
            if (listener.IsStopped) continue;
            if (rows.TryGetValue(e.StreamId, out var row))
            {
                absent.Remove(e.StreamId);
                yield return new ConversationChange(e.StreamId, row, e.Id);
            }
            else if (isFiltered && absent.Add(e.StreamId) && await MaySeeAsync(change))
            {
                // Only for conversations that the viewer may see at all: the id of another is not to be told.
                if (absent.Count > MostAbsent) absent.Clear();
                yield return new ConversationChange(e.StreamId, null, null);
            }
        }
    }

    private IAsyncEnumerable<NotificationRow> NotificationsAsync(Listener listener) =>
        NotificationsAsync(listener, default);

    private async IAsyncEnumerable<NotificationRow> NotificationsAsync(
        Listener listener, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var told in listener.ReadAsync(cancellation))
        {
            if (told is not LiveNotification notification || listener.IsStopped)
                continue;
            if (
                (await notifications.NotificationsByIdsAsync(listener.Caller, [notification.Id], cancellation))
                .TryGetValue(notification.Id, out var row)
                && !listener.IsStopped
            )
                yield return row;
        }
    }

    private async Task NotifyOthersAsync(CancellationToken stopping)
    {
        await _toNotify.WaitAsync(Timeout.InfiniteTimeSpan, stopping);
        var isSaid = await others.TrySayAsync(OtherNodes.Events, "", stopping);
        await Task.Delay(isSaid ? s_shortest : s_longest, stopping);
    }

    [LoggerMessage(LogLevel.Warning, "Live updates wait for the database")]
    private partial void LogFailed(Exception e);

    private sealed record Change(LiveEvent Event, LiveBatch Batch);

    private sealed record LostAccess;

    /// <summary>
    /// One subscription: updates that it was told and has not taken yet. A subscriber who does not take them is
    /// dropped.
    /// </summary>
    private sealed class Listener(Caller caller, Guid? conversationId, Guid? recipient)
    {
        // Ten actions on two hundred conversations each. All listeners wait for the same objects.
        private const int MostWaiting = 2_048;

        private readonly Channel<object> _told = Channel.CreateBounded<object>(
            new BoundedChannelOptions(MostWaiting) { SingleReader = true, AllowSynchronousContinuations = false });

        private volatile bool _isMute;

        public Caller Caller { get; } = caller;

        /// <summary>The only conversation it is about; null for all.</summary>
        public Guid? ConversationId { get; } = conversationId;

        /// <summary>Recipient of the notifications listened to; null when it is about conversations.</summary>
        public Guid? Recipient { get; } = recipient;

        public void Tell(object what)
        {
            if (_isMute) return;
            if (!_told.Writer.TryWrite(what) && _told.Writer.TryComplete(new SlowSubscriberException()))
                LiveTelemetry.LetGo();
        }

        /// <summary>Tells of nothing more; what it was told before still goes out.</summary>
        public void Mute() => _isMute = true;

        public void EndAccess()
        {
            _told.Writer.TryWrite(new LostAccess());
            End();
        }

        public void End() => _told.Writer.TryComplete();

        /// <summary>
        /// True when nothing more is to be told, not even what waits. It goes on until the connection is closed: its
        /// end would say that there is no more, and the client would not come back.
        /// </summary>
        public bool IsStopped { get; private set; }

        public void Stop()
        {
            IsStopped = true;
            Mute();
        }

        public IAsyncEnumerable<object> ReadAsync(CancellationToken cancellation) =>
            _told.Reader.ReadAllAsync(cancellation);
    }
}

/// <summary>
/// The conversations that changed at the same moment: viewers who may see the same of them share one statement.
/// </summary>
internal sealed class LiveBatch(ConversationQueries conversations, IReadOnlyCollection<Guid> ids)
{
    private readonly ConcurrentDictionary<Seen, Lazy<Task<IReadOnlyDictionary<Guid, ConversationRow>>>> _rows = [];

    /// <summary>Returns the conversations that the filter lets through.</summary>
    public Task<IReadOnlyDictionary<Guid, ConversationRow>> MatchingAsync(
        Caller caller, ConversationFilter filter, CancellationToken cancellation) =>
        _rows
            .GetOrAdd(
                Seen.By(caller, filter),
                _ => new(() => conversations.MatchingAsync(caller, filter, ids, CancellationToken.None)))
            .Value.WaitAsync(cancellation);

    /// <summary>Key of a shared look-up: equal for viewers with the same access and the same filter.</summary>
    /// <param name="Reader">
    /// Set when the filter asks for unread conversations, or the viewer is limited: both are everybody's own.
    /// </param>
    private sealed record Seen(Guid? Customer, bool Internal, bool Limited, Guid? Reader, ConversationFilter Filter)
    {
        public static Seen By(Caller caller, ConversationFilter filter) =>
            new(
                caller.OnlyCustomerId, caller.SeesInternal, caller.IsLimited,
                filter.Unread is null && !caller.IsLimited && !caller.HasSpan ? null : caller.Actor.Id, filter);
    }
}

/// <summary>Settings of live updates.</summary>
/// <param name="SeveralNodes">True to tell other nodes of commits, and to listen to theirs.</param>
public sealed record LiveOptions(bool SeveralNodes, int MaxSubscriptionsPerViewer, int MaxConnectionsPerViewer);

/// <summary>A subscription of one listener.</summary>
/// <param name="Items">Items from the moment of listening on.</param>
/// <param name="Release">Ends it. To be called in any case, also when nothing was taken.</param>
public sealed record LiveStream<T>(IAsyncEnumerable<T> Items, Action Release);

/// <summary>Adds live updates.</summary>
internal static class LiveServices
{
    /// <summary>Adds them; <c>Messaging:Nodes</c> says whether there are other nodes.</summary>
    public static IServiceCollection AddLiveUpdates(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(provider =>
        {
            var limits = provider.GetRequiredService<GraphQLOptions>();
            return new LiveOptions(
                configuration.AreNodesSeveral(), limits.MaxSubscriptionsPerViewer, limits.MaxConnectionsPerViewer);
        });
        services.AddSingleton<OtherNodes>();
        services.AddSingleton<LiveUpdates>();
        services.AddSingleton<Writing>();
        services.AddHostedService(provider => provider.GetRequiredService<OtherNodes>());
        services.AddHostedService(provider => provider.GetRequiredService<LiveUpdates>());
        services.AddHostedService(provider => provider.GetRequiredService<Writing>());
        return services;
    }
}

/// <summary>A lasting connection of one caller.</summary>
internal sealed class LiveVisit(LiveUpdates live, Caller caller) : GraphQLVisit
{
    private readonly CancellationTokenSource _ended = new();
    private readonly CancellationTokenSource _interrupted = new();

    private volatile bool _mayComeBack;

    public Caller Caller { get; } = caller;

    public override CancellationToken Ended => _ended.Token;

    public override bool MayComeBack => _mayComeBack;

    public override CancellationToken Interrupted => _interrupted.Token;

    public override bool TrySubscribe() => live.TryCount(Caller);

    public override void Unsubscribe() => live.Uncount(Caller);

    public void End(bool mayComeBack = false)
    {
        if (_ended.IsCancellationRequested) return;
        _mayComeBack = mayComeBack;
        _ = _ended.CancelAsync();
    }

    public void Interrupt() => _ = _interrupted.CancelAsync();

    public override ValueTask DisposeAsync()
    {
        live.Leave(this);
        return ValueTask.CompletedTask;
    }
}
