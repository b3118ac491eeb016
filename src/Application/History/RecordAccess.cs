using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.History;

namespace Messaging.Application.History;

/// <summary>Appends what has happened to a stream of this process alone, where nobody meets it.</summary>
/// <param name="Caller">Who did it; the product itself where nobody is known to have.</param>
/// <param name="Id">Uses it up: the same once more has no effect.</param>
[Stored("RecordAccessCommand")]
internal sealed record RecordAccessCommand(Caller Caller, Guid Id, Guid StreamId, AccessEvent Event) : Command(Caller)
{
    internal override IReadOnlyList<Guid> IdempotencyKeys { get; } = [Id];

    internal override bool HasHappened => true;

    internal override bool AllowsOptimisticDecision => true;

    internal override Guid PartitionKey => StreamId;

    internal override void Describe(ReceiptContent content) =>
        content.Add("AboutKind", (long)Event.About.Kind).Add("AboutId", Event.About.Id);

    internal override void Read(ReadSet reads) => reads.Stream(StreamId);

    internal override Refusal? Decide(UnitOfWork work) =>
        work.Record(StreamId, Domain.Decide.Accept<AccessEvent>(Event));
}
