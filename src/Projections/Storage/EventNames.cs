using System.Collections.Frozen;
using System.Reflection;
using Marten;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Messaging.Domain.History;
using Messaging.Domain.Organisation;

namespace Messaging.Projections.Storage;

/// <summary>The names of events in the store, from their attributes.</summary>
public static class EventNames
{
    private static readonly Type[] s_families =
    [
        typeof(ConversationEvent), typeof(OrganisationEvent), typeof(AdministratorEvent), typeof(CustomerEvent),
        typeof(ContactEvent), typeof(AccessEvent)
    ];

    /// <summary>Every event type of the domain, by its name in the store.</summary>
    public static FrozenDictionary<string, Type> All { get; } = typeof(ConversationEvent).Assembly.GetTypes()
        .Where(type => s_families.Any(type.IsSubclassOf))
        .ToFrozenDictionary(Of);

    /// <summary>The name of an event type. Looked up in its declaration: for what begins once.</summary>
    /// <exception cref="InvalidOperationException">It has none.</exception>
    public static string Of(Type type) => type.GetCustomAttribute<StoredAttribute>()?.Name
        ?? throw new InvalidOperationException($"The event {type.Name} lacks its stored name: [Stored(\"...\")].");

    /// <summary>The names of the events of a family, such as those that end somebody's access.</summary>
    /// <typeparam name="T">The family: a base type of events, or an interface that some of them have.</typeparam>
    public static FrozenSet<string> Those<T>() =>
        All.Where(e => e.Value.IsAssignableTo(typeof(T))).Select(e => e.Key).ToFrozenSet();

    /// <summary>The names of the events of conversations.</summary>
    internal static string[] OfConversations { get; } = [.. Those<ConversationEvent>()];

    /// <summary>The names of the events that change nothing, and are about what their data say.</summary>
    internal static string[] OfAccess { get; } = [.. Those<AccessEvent>()];

    /// <summary>
    /// Makes the store use them, and know every type before the first event of it is written or read.
    /// </summary>
    public static void MapEventNames(this StoreOptions options)
    {
        foreach (var (name, type) in All) options.Events.MapEventType(type, name);
    }
}
