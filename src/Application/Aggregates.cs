using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Messaging.Domain.History;
using Messaging.Domain.Organisation;

namespace Messaging.Application;

/// <summary>All kinds of streams that there are.</summary>
internal static class Aggregates
{
    private static readonly Aggregate[] s_all =
    [
        new Aggregate.Kind<Conversation, ConversationEvent>("conversation", 3, Conversation.Evolve),
        new Aggregate.Kind<OrganisationState, OrganisationEvent>("organisation", 7, OrganisationState.Evolve),
        new Aggregate.Kind<Administrator, AdministratorEvent>(
            "administrator", 8, Administrator.Evolve,
            (state, actor) => state.Active && IsStill(state, actor)),
        new Aggregate.Kind<Customer, CustomerEvent>("customer", 4, Customer.Evolve),
        new Aggregate.Kind<Contact, ContactEvent>(
            "contact", 6, Contact.Evolve, (state, actor) => state.Active && actor is Actor.Contact),
        new Aggregate.Kind<AccessStream, AccessEvent>("access", 1, AccessStream.Evolve),
    ];

    // A token that was looked up before a change of role says the one of before.
    private static bool IsStill(Administrator state, Actor actor) => actor switch
    {
        Actor.Administrator a => state.Role == Role.Administrator && (state.IsOwner || !a.IsOwner),
        Actor.Auditor => state.Role == Role.Auditor,
        _ => false,
    };

    /// <summary>The one that an event belongs to.</summary>
    public static Aggregate Of(object @event) => s_all.First(a => a.Owns(@event));

    /// <summary>The one that a state is of.</summary>
    public static Aggregate OfState(object state) => s_all.First(a => a.HasState(state));

    /// <summary>
    /// The one of a snapshot; null when the snapshot is of another format than this version of the product writes.
    /// </summary>
    public static Aggregate? Of(string name, int format) =>
        s_all.FirstOrDefault(a => a.Name == name && a.Format == format);

    /// <summary>True when the state of the person's stream still allows the role in their token.</summary>
    public static bool MayAct(object? state, Actor actor) =>
        state is not null && OfState(state).MayAct(state, actor);

    /// <summary>True when the access of the person of a stream was to end, and has.</summary>
    public static bool HasEnded(object? person, DateTimeOffset now) =>
        person is Administrator administrator && administrator.HasEnded(now);

    /// <summary>
    /// True when the person of a stream sees some only of what their role sees: then <see cref="MaySee"/> decides on
    /// each state, and depends on the customer that it is of (<see cref="CustomerOf"/>).
    /// </summary>
    public static bool IsLimited(object? person) => person switch
    {
        Administrator administrator => administrator.Limit() is not null || administrator.Scope is { HasSpan: true },
        Contact contact => !contact.Topics.IsEmpty,
        _ => false,
    };

    /// <summary>
    /// True when the person of a stream, who is limited, may know of another stream. What they may not know of is to
    /// their commands as if it were not there.
    /// </summary>
    /// <param name="stateOf">The state of a stream that was read; null when there is none.</param>
    public static bool MaySee(object? person, object state, Func<Guid, object?> stateOf) => person switch
    {
        Administrator administrator => state switch
        {
            // No state says what happened when. An auditor writes in none; what they are answered tells them of none.
            Conversation when administrator.Scope is { HasSpan: true } => false,
            Customer customer => administrator.MaySee(customer),
            Conversation or Contact =>
                stateOf(CustomerOf(state)!.Value) is Customer customer && administrator.MaySee(customer),
            _ => true,
        },
        Contact contact => state is not Conversation c || contact.MaySee(c),
        _ => true,
    };

    /// <summary>The customer that a state is of; null when it is of none.</summary>
    public static Guid? CustomerOf(object? state) => state switch
    {
        Customer customer => customer.Id,
        Conversation conversation => conversation.CustomerId,
        Contact contact => contact.CustomerId,
        _ => null,
    };

    /// <summary>The actor with the limits of now, which no token says.</summary>
    public static Actor WithLimits(object? person, Actor actor) => (person, actor) switch
    {
        (Administrator administrator, Actor.Administrator a) when administrator.Limit() is { } given =>
            a with { Given = given },
        (Contact { Topics.IsEmpty: false } contact, Actor.Contact c) => c with { Topics = contact.Topics },
        _ => actor,
    };
}
