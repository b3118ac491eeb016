using System.Text.Json;
using System.Text.Json.Serialization;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Commands;

/// <summary>How one kind of stream becomes state.</summary>
/// <param name="name">As snapshots name it.</param>
/// <param name="format">Raised whenever the state or its evolution changes: snapshots of another format are not read,
/// their streams are replayed.</param>
internal abstract class Aggregate(string name, int format)
{
    private static readonly JsonSerializerOptions s_json = new() { Converters = { new JsonStringEnumConverter() } };

    private static readonly Aggregate[] s_all =
    [
        new Kind<Conversation, ConversationEvent>("conversation", 1, Conversation.Evolve),
        new Kind<OrganisationState, OrganisationEvent>("organisation", 1, OrganisationState.Evolve),
        new Kind<Administrator, AdministratorEvent>("administrator", 3, Administrator.Evolve),
        new Kind<Customer, CustomerEvent>("customer", 1, Customer.Evolve),
        new Kind<Contact, ContactEvent>("contact", 3, Contact.Evolve),
    ];

    public string Name { get; } = name;

    public int Format { get; } = format;

    /// <summary>The aggregate that an event belongs to.</summary>
    public static Aggregate Of(object @event) => s_all.First(a => a.Owns(@event));

    /// <summary>The aggregate that a state is of.</summary>
    public static Aggregate OfState(object state) => s_all.First(a => a.HasState(state));

    /// <summary>
    /// The aggregate of a snapshot; null when the snapshot is of another format than this version of the product
    /// writes.
    /// </summary>
    public static Aggregate? Of(string name, int format) =>
        s_all.FirstOrDefault(a => a.Name == name && a.Format == format);

    public abstract object? Evolve(object? state, Guid id, object @event);

    public abstract object Restore(string snapshot);

    public static string Snapshot(object state) => JsonSerializer.Serialize(state, state.GetType(), s_json);

    protected abstract bool Owns(object @event);

    protected abstract bool HasState(object state);

    private sealed class Kind<TState, TEvent>(string name, int format, Func<TState?, Guid, TEvent, TState?> evolve)
        : Aggregate(name, format)
        where TState : class
    {
        public override object? Evolve(object? state, Guid id, object @event) =>
            evolve((TState?)state, id, (TEvent)@event);

        public override object Restore(string snapshot) => JsonSerializer.Deserialize<TState>(snapshot, s_json)!;

        protected override bool Owns(object @event) => @event is TEvent;

        protected override bool HasState(object state) => state is TState;
    }
}
