using Messaging.Application.Accounts;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Customers;

namespace Messaging.Application.Customers;

/// <summary>Lets a contact of a customer back who was deactivated.</summary>
[Stored("ReactivateContactCommand")]
public sealed record ReactivateContactCommand(Caller Caller, Guid Id, string? Email)
    : ReactivateCommand<Contact>(Caller, Id, Email, PersonKind.OfCustomer);
