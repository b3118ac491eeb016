using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Organisation;

/// <summary>
/// Gives a program of the office's an account: it acts by API tokens that the owners create, as an administrator or as
/// an auditor. It has no address and no password, so that it cannot sign in, is written to by nobody and is responsible
/// for nothing; what it writes is shown under its name.
/// </summary>
/// <param name="Id">The new stream; the client's choice or a new one.</param>
[Stored("CreateServiceAccountCommand")]
public sealed record CreateServiceAccountCommand(Caller Caller, Guid Id, string DisplayName, Role Role)
    : Command(Caller)
{
    [Stored("email_key_of_service_accounts")]
    private const string KeyPrefix = "service-account:";

    internal override IReadOnlyList<Guid> IdempotencyKeys => [Id];

    internal override void Describe(ReceiptContent content) => content
        .Add("DisplayName", DisplayName).Add("Role", (int)Role);

    internal override void Read(ReadSet reads)
    {
        reads.Stream(Caller.OrganisationId);
        reads.Stream(Id);
    }

    internal override Refusal? Decide(UnitOfWork work)
    {
        if (work.State<OrganisationState>(Caller.OrganisationId) is not { } office)
            return new OrganisationNotFound();
        if (work.IsStream(Id) && work.State<Administrator>(Id) is null) return new ServiceAccountExists();
        var create = new CreateServiceAccount(DisplayName, Role, office.Locale);
        if (
            work.Record(
                Id, AdministratorDecider.Decide(create, work.State<Administrator>(Id), Caller.Actor)) is
            { } refusal
        )
            return refusal;

        // Its key is no address, which no sign-in and no invitation can ask for: there is no password either.
        var key = KeyPrefix + Id;
        work.Write(
            $"""
            insert into messaging.accounts (tenant_id, person_id, email_key, role, is_owner, active)
            values ({Caller.TenantId}, {Id}, {key}, {Role.ToString()}, false, true)
            """);
        return null;
    }
}

/// <summary>There are as many as an office may have.</summary>
public sealed record TooManyServiceAccounts(int Maximum)
    : Refusal(RefusalKind.Conflict, $"There are {Maximum} service accounts already; end one first.");
