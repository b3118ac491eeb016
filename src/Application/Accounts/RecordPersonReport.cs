using Messaging.Application.Commands;
using Messaging.Application.History;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Customers;
using Messaging.Domain.History;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Accounts;

/// <summary>
/// Records that what there is about somebody leaves, before it does. The caller has to be an owner still when it is
/// committed.
/// </summary>
[Stored("RecordPersonReportCommand")]
public sealed record RecordPersonReportCommand(Caller Caller, Guid PersonId) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    private Guid StreamId => AccessStreams.Of(Caller.TenantId, "report", PersonId.ToString());

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override void Describe(ReceiptContent content) => content.Add("PersonId", PersonId);

    internal override void Read(ReadSet reads)
    {
        reads.Stream(PersonId);
        reads.Stream(StreamId);
    }

    internal override Refusal? Decide(UnitOfWork work)
    {
        work.HeldState<Administrator>(Caller.Actor.Id);
        if (Caller.Actor is not Actor.Administrator { IsOwner: true }) return new OnlyOwnersReport();
        return work.State<Person>(PersonId) switch
        {
            Contact contact => Record(AccessSubject.Contact(contact.Id, contact.CustomerId)),
            Administrator { IsServiceAccount: false } person => Record(AccessSubject.Administrator(person.Id)),
            _ => new PersonToReportNotFound(),
        };

        Refusal? Record(AccessSubject about) =>
            work.Record(StreamId, Domain.Decide.Accept<AccessEvent>(new PersonReported(about)));
    }
}

/// <summary>What there is about somebody is the owners' to give out.</summary>
public sealed record OnlyOwnersReport()
    : Refusal(RefusalKind.Forbidden, "Only an owner has a report made on somebody.");

/// <summary>No such person.</summary>
public sealed record PersonToReportNotFound() : Refusal(RefusalKind.NotFound, "There is no such person.");
