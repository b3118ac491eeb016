using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Administrators;
using Messaging.Domain.Customers;

namespace Messaging.Application.Organisations;

/// <summary>Asks somebody who has not joined yet once more. The e-mail with a new link follows from the event; links sent before work until they expire.</summary>
/// <param name="PersonId">Of the office, or a contact.</param>
public sealed record InviteAgainCommand(Caller Caller, Guid PersonId) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> Ids => [_id];

    /// <inheritdoc/>
    protected override object Content => new { PersonId };

    internal override void Read(Reads reads) => reads.Stream(PersonId);

    internal override Refusal? Decide(Workspace workspace) =>
        workspace.State<Administrator>(PersonId) is { } administrator
            ? workspace.Carry(PersonId, AdministratorDecider.Decide(new InviteAdministratorAgain(), administrator, Caller.Actor))
            : workspace.Carry(PersonId, ContactDecider.Decide(new InviteContactAgain(), workspace.State<Contact>(PersonId), Caller.Actor));
}
