using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Organisation;

/// <summary>
/// Changes the years that what the office has of a customer is kept; null leaves one as it is.
/// </summary>
[Stored("ChangeRetentionCommand")]
public sealed record ChangeRetentionCommand(Caller Caller, int? MandateYears, int? CommentYears, int? FileYears)
    : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override void Describe(ReceiptContent content) => content
        .Add("MandateYears", MandateYears).Add("CommentYears", CommentYears).Add("FileYears", FileYears);

    internal override void Read(ReadSet reads) => reads.Stream(Caller.OrganisationId);

    internal override Refusal? Decide(UnitOfWork work) =>
        work.Record(
            Caller.OrganisationId,
            OrganisationDecider.Decide(
                new ChangeRetention(MandateYears, CommentYears, FileYears),
                work.State<OrganisationState>(Caller.OrganisationId), Caller.Actor));
}
