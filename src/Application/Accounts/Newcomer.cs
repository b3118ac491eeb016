using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Organisation;
using Messaging.Projections.Storage;

namespace Messaging.Application.Accounts;

/// <summary>A person who is invited and gets an account to sign in with.</summary>
/// <param name="PasswordHash">Null until the invitation is accepted; a person with a hash has joined.</param>
internal sealed record Newcomer(Guid Id, string DisplayName, string Email, string? PasswordHash)
{
    /// <summary>True when they are limited to some of what their role sees.</summary>
    public bool IsLimited { get; init; }

    public Refusal? InviteAdministrator(
        UnitOfWork work, Caller caller, Role role, bool isOwner, string locale, LimitAccess? limit = null,
        ScopeAuditor? scope = null)
    {
        var invite = new InviteAdministrator(DisplayName, Email, role, isOwner, locale, work.IsEmailTaken(Email, null))
        {
            Limit = limit,
            Scope = scope,
        };
        if (
            work.Record(
                Id, AdministratorDecider.Decide(invite, work.State<Administrator>(Id), caller.Actor)) is
            { } refusal
        )
            return refusal;
        OpenAccount(work, caller, role, isOwner, null);
        if (work.State<Administrator>(Id) is { Scope: not null } auditor) work.ScopeAccount(auditor);
        return PasswordHash is null
            ? null
            : work.Record(
                Id,
                AdministratorDecider.Decide(new PersonCommand.Join(), work.State<Administrator>(Id), caller.Actor)
            );
    }

    public void OpenAccount(UnitOfWork work, Caller caller, Role role, bool isOwner, Guid? customerId)
    {
        work.TakeEmail(
            Email, DisplayName, customerId,
            Sql.Of(
                $"""
                insert into messaging.accounts (tenant_id, person_id, email_key, role, is_owner, customer_id,
                    password_hash, active, is_limited)
                values ({caller.TenantId}, {Id}, {EmailKey.Of(Email)}, {role.ToString()}, {isOwner}, {customerId},
                    {PasswordHash}, true, {IsLimited})
                """));
    }
}
