using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.CompilerServices;
using JasperFx.Events.Projections;
using Messaging.Application.Notifications;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Conversations;
using Messaging.Domain.Notifications;
using Messaging.Projections.Notifications;
using Wolverine.Marten.Subscriptions;

namespace Messaging.Application.Tests.Notifications;

/// <summary>The planner reads whatever somebody is told of; what it does not read nobody would be told of.</summary>
public sealed class PlannedEventsTests
{
    private static readonly ImmutableHashSet<NotificationKind> s_all = [.. Enum.GetValues<NotificationKind>()];
    private static readonly Guid s_one = Guid.CreateVersion7();
    private static readonly NotificationContext s_facts = new(
        "office@sommer.example", "de", s_one, true,
        [new(s_one, Role.Administrator, "anna@sommer.example", "de", true, s_all, s_all)],
        [new(Guid.CreateVersion7(), "dieter@krause.example", "de", true, s_all, s_all)]);

    private static readonly IReadOnlyList<Type> s_events =
    [
        .. typeof(ConversationEvent).Assembly.GetTypes()
            .Where(t => t.GetCustomAttribute<StoredAttribute>() is not null),
    ];

    [Fact]
    public void Whatever_somebody_is_told_of_is_read() =>
        s_events.Where(t => t.IsSubclassOf(typeof(ConversationEvent)) && IsToldToSomebody(t)).ShouldBeSubsetOf(Read());

    [Fact]
    public void Whoever_is_invited_is_written_to() =>
        s_events.Where(t => t.IsAssignableTo(typeof(PersonEvent.IInvited))).ShouldBeSubsetOf(Read());

    private static List<Type> Read()
    {
        var asked = new Asked();
        ((IWolverineSubscription)new NotificationPlanner(null!, null!)).Filter(asked);
        return asked.Types;
    }

    private static bool IsToldToSomebody(Type type)
    {
        var @event = (ConversationEvent)RuntimeHelpers.GetUninitializedObject(type);
        if (@event is AdministratorAssigned) @event = new AdministratorAssigned(s_one);
        if (@event is StatusChanged)
        {
            @event = new StatusChanged(
                ConversationStatus.Open, ConversationStatus.Attention, StatusChangeReason.SetByAdministrator);
        }

        return new[] { Participant.Administrator(Guid.CreateVersion7()), Participant.Contact(Guid.CreateVersion7()) }
            .Any(actor => !WhoIsTold.Of(@event, 3, actor, s_facts).Notices.IsEmpty);
    }

    private sealed class Asked : IEventFilterable
    {
        public List<Type> Types { get; } = [];

        public bool IncludeArchivedEvents { get; set; }

        public void IncludeType<T>() => Types.Add(typeof(T));

        public void IncludeType(Type type) => Types.Add(type);

        public void FilterIncomingEventsOnStreamType(Type streamType)
        {
        }
    }
}
