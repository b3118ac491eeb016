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

    /// <summary>True to tell customers that a conversation is answered.</summary>
    public bool? CustomersAreToldAnswered { get; init; }

    /// <summary>The mails that say what was written.</summary>
    public MailContent? MailContent { get; init; }

    /// <summary>False to show nobody times of a person.</summary>
    public bool? ShowsPersonalTimes { get; init; }

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override void Describe(ReceiptContent content)
    {
        content.Add("Name", Name).Add("NotificationEmail", NotificationEmail).Add("Locale", Locale)
            .Add("TimeZone", TimeZone).Add("CustomersMayStartConversations", CustomersMayStartConversations);
        if (CustomersAreToldAnswered is { } told) content.Add("CustomersAreToldAnswered", told);
        if (MailContent is { } mails) content.Add("MailContent", mails.ToString());
        if (ShowsPersonalTimes is { } shows) content.Add("ShowsPersonalTimes", shows);
    }

    internal override void Read(ReadSet reads) => reads.Stream(Caller.OrganisationId);

    internal override Refusal? Decide(UnitOfWork work)
    {
        var update = new UpdateSettings(Name, NotificationEmail, Locale, TimeZone, CustomersMayStartConversations)
        {
            CustomersAreToldAnswered = CustomersAreToldAnswered,
            MailContent = MailContent,
            ShowsPersonalTimes = ShowsPersonalTimes,
        };
        var decision = OrganisationDecider.Decide(
            update, work.State<OrganisationState>(Caller.OrganisationId), Caller.Actor);
        if (work.Record(Caller.OrganisationId, decision) is { } refusal) return refusal;
        var tenant = Caller.TenantId;
        if (CustomersAreToldAnswered == true)
        {
            work.Write(
                $"""
                insert into messaging.offices_that_tell_answered (tenant_id) values ({tenant}) on conflict do nothing
                """);
        }
        else if (CustomersAreToldAnswered == false)
        {
            work.Write($"delete from messaging.offices_that_tell_answered where tenant_id = {tenant}");
        }

        if (MailContent is { } content)
        {
            work.Write(
                $"""
                insert into messaging.mail_content (tenant_id, content) values ({tenant}, {content.ToString()})
                on conflict (tenant_id) do update set content = excluded.content
                """);
        }

        return null;
    }
}
