using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Organisation;

/// <summary>Changes the organisation's settings; null leaves a setting unchanged.</summary>
[Stored("UpdateOrganisationSettingsCommand")]
public sealed record UpdateOrganisationSettingsCommand(
    Caller Caller, string? Name, string? NotificationEmail, string? Locale, string? TimeZone,
    bool? CustomersMayStartConversations) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override void Describe(ReceiptContent content) => content
        .Add("Name", Name).Add("NotificationEmail", NotificationEmail).Add("Locale", Locale)
        .Add("TimeZone", TimeZone).Add("CustomersMayStartConversations", CustomersMayStartConversations);

    internal override void Read(ReadSet reads) => reads.Stream(Caller.OrganisationId);

    internal override Refusal? Decide(UnitOfWork work) =>
        work.Record(Caller.OrganisationId,
            OrganisationDecider.Decide(
                new UpdateSettings(Name, NotificationEmail, Locale, TimeZone, CustomersMayStartConversations),
                work.State<OrganisationState>(Caller.OrganisationId), Caller.Actor));
}
