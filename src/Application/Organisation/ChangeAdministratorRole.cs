using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Organisation;

/// <summary>
/// Gives somebody of the office another role, names them an owner, or dismisses them as one. The caller has to be an
/// owner still when it is committed: of two who dismiss each other, one stays.
/// </summary>
/// <param name="Role">Null leaves it as it is.</param>
/// <param name="IsOwner">Null leaves it as it is; an auditor is none.</param>
[Stored("ChangeAdministratorRoleCommand")]
public sealed record ChangeAdministratorRoleCommand(Caller Caller, Guid Id, Role? Role, bool? IsOwner)
    : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override void Describe(ReceiptContent content) => content
        .Add("Id", Id).Add("Role", (int?)Role).Add("IsOwner", IsOwner);

    internal override void Read(ReadSet reads) => reads.Stream(Id);

    internal override Refusal? Decide(UnitOfWork work)
    {
        work.HeldState<Administrator>(Caller.Actor.Id);
        var decision = AdministratorDecider.Decide(
            new ChangeRole(Role, IsOwner), work.State<Administrator>(Id), Caller.Actor);
        if (work.Record(Id, decision) is { } refusal) return refusal;
        var administrator = work.State<Administrator>(Id)!;
        work.Write(
            $"""
            update messaging.accounts set role = {AccountRoles.Of(administrator)}, is_owner = {administrator.IsOwner}
            where tenant_id = {Caller.TenantId} and person_id = {Id}
            """);
        return null;
    }
}
