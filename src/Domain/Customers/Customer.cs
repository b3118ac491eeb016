namespace Messaging.Domain.Customers;

/// <summary>
/// An event of a customer. Names and fields are a file format: they are upcast, never edited.
/// </summary>
public abstract record CustomerEvent;

/// <summary>The office has a new customer.</summary>
[Stored("customer_registered")]
public sealed record CustomerRegistered(string Name) : CustomerEvent;

/// <summary>The write state of a customer of the office.</summary>
/// <param name="Id">The stream.</param>
/// <param name="Version">The number of events so far.</param>
public sealed record Customer(Guid Id, long Version, string Name)
{
    /// <summary>
    /// The state after one more event. Throws for nothing that has happened: what happened, happened.
    /// </summary>
    public static Customer? Evolve(Customer? state, Guid id, CustomerEvent @event) =>
        @event switch
        {
            CustomerRegistered e => new Customer(id, (state?.Version ?? 0) + 1, e.Name),
            _ => throw new UnknownEventException(@event),
        };
}

/// <summary>Registers a customer.</summary>
public sealed record RegisterCustomer(string Name);

/// <summary>Decides customer commands.</summary>
public static class CustomerDecider
{
    /// <summary>The longest name, in characters.</summary>
    public const int NameMaximum = 200;

    /// <summary>Answers a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="state">The customer so far; null when there is none.</param>
    /// <param name="actor">The actor who gives the command.</param>
    public static Decision<CustomerEvent> Decide(RegisterCustomer command, Customer? state, Actor actor)
    {
        if (actor is not (Actor.Administrator or Actor.System)) return new OnlyAdministratorsChangeCustomers();
        if (state is not null) return new CustomerExists();
        if (Messaging.Domain.Name.CheckCompany(command.Name, "name", NameMaximum) is { } name) return name;
        return Domain.Decide.Accept<CustomerEvent>(new CustomerRegistered(command.Name));
    }
}

/// <summary>Customers are the administrators' to register.</summary>
public sealed record OnlyAdministratorsChangeCustomers()
    : Refusal(RefusalKind.Forbidden, "Only administrators may register customers and invite their contacts.");

/// <summary>The id names a customer already.</summary>
public sealed record CustomerExists() : Refusal(RefusalKind.Conflict, "This id is used by another customer.", "id");
