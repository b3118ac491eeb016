using Messaging.Application.Accounts;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Organisation;

/// <summary>Lets a person of the office back who was deactivated.</summary>
[Stored("ReactivateAdministratorCommand")]
public sealed record ReactivateAdministratorCommand(Caller Caller, Guid Id, string? Email)
    : ReactivateCommand<Administrator>(Caller, Id, Email, PersonKind.OfOffice);
