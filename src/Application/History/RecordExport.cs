using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Organisation;

namespace Messaging.Application.History;

/// <summary>
/// Records that an archive leaves, before it does: by the operator's hand, or of whoever asks for it on the page.
/// </summary>
/// <param name="Id">The archive's: it is recorded once.</param>
/// <param name="TreeSize">The number of events that it is of.</param>
/// <param name="Scope">What of it; null for all.</param>
[Stored("RecordExportCommand")]
public sealed record RecordExportCommand(Caller Caller, Guid Id, long TreeSize, ExportScope? Scope) : Command(Caller)
{
    internal override IReadOnlyList<Guid> IdempotencyKeys => [Id];

    internal override void Describe(ReceiptContent content)
    {
        content.Add("TreeSize", TreeSize);
        content.Add("CustomerId", Scope?.CustomerId);
        content.Add("From", Scope?.From);
        content.Add("To", Scope?.To);
        content.Add("WithNotes", Scope?.WithNotes ?? true);
    }

    internal override void Read(ReadSet reads) => reads.Stream(Caller.OrganisationId);

    internal override Refusal? Decide(UnitOfWork work) =>
        work.Record(
            Caller.OrganisationId,
            OrganisationDecider.Decide(
                new TakeArchive(TreeSize, Scope?.CustomerId, Scope?.From, Scope?.To, Scope?.WithNotes ?? true),
                work.State<OrganisationState>(Caller.OrganisationId), Caller.Actor));
}
