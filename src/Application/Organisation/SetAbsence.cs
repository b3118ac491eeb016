using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Organisation;

/// <summary>Says when somebody of the office is away and who stands in for them, or that they are not away.</summary>
/// <param name="Id">Whose absence.</param>
/// <param name="Absence">Null: they are not away.</param>
[Stored("SetAbsenceCommand")]
public sealed record SetAbsenceCommand(Caller Caller, Guid Id, Absence? Absence) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override void Describe(ReceiptContent content) => content
        .Add("Id", Id).Add("From", Absence?.From).Add("To", Absence?.To)
        .Add("DeputyId", Absence?.DeputyId);

    internal override void Read(ReadSet reads)
    {
        reads.Stream(Id);
        reads.Stream(Caller.OrganisationId);
        if (Absence?.DeputyId is { } deputy) reads.Stream(deputy);
    }

    internal override Refusal? Decide(UnitOfWork work)
    {
        if (work.State<OrganisationState>(Caller.OrganisationId) is not { } organisation)
            return new OrganisationNotFound();
        work.HeldState<Administrator>(Caller.Actor.Id);
        var set = new SetAbsence(
            Absence, Absence?.DeputyId is { } deputy ? work.HeldState<Administrator>(deputy) : null,
            Day.Of(work.Now, Day.ZoneOf(organisation.TimeZone)));
        return work.Record(Id, AdministratorDecider.Decide(set, work.State<Administrator>(Id), Caller.Actor));
    }
}
