using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Accounts;

/// <summary>A person who is invited and gets an account to sign in with.</summary>
/// <param name="PasswordHash">Null until the invitation is accepted; a person with a hash has joined.</param>
internal sealed record Newcomer(Guid Id, string DisplayName, string Email, string? PasswordHash)
{
    public Refusal? InviteAdministrator(UnitOfWork work, Caller caller, Role role, bool isOwner, string locale)
    {
        var invite = new InviteAdministrator(DisplayName, Email, role, isOwner, locale, work.IsEmailTaken(Email));
        if (
            work.Record(
                Id, AdministratorDecider.Decide(invite, work.State<Administrator>(Id), caller.Actor)) is
            { } refusal
        )
            return refusal;
        OpenAccount(work, caller, role, isOwner, null);
        return PasswordHash is null
            ? null
            : work.Record(
                Id,
                AdministratorDecider.Decide(new PersonCommand.Join(), work.State<Administrator>(Id), caller.Actor)
            );
    }

    public void OpenAccount(UnitOfWork work, Caller caller, Role role, bool isOwner, Guid? customerId)
    {
        work.TakeEmail(Email, DisplayName);
        work.Write(
            $"""
            insert into messaging.accounts (tenant_id, person_id, email_key, role, is_owner, customer_id,
                password_hash, active)
            values ({caller.TenantId}, {Id}, {EmailKey.Of(Email)}, {role.ToString()}, {isOwner}, {customerId},
                {PasswordHash}, true)
            """);
    }
}
