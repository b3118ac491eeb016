using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Accounts;

/// <summary>Somebody who is asked to join, and gets an account to sign in with.</summary>
/// <param name="PasswordHash">Null until the invitation is taken up. With one they have joined.</param>
internal sealed record Newcomer(Guid Id, string DisplayName, string Email, string? PasswordHash)
{
    public Refusal? InviteAdministrator(Workspace workspace, Caller caller, Role role, bool isOwner, string locale)
    {
        var invite = new InviteAdministrator(DisplayName, Email, role, isOwner, locale, workspace.IsEmailTaken(Email));
        if (
            workspace.Carry(
                Id, AdministratorDecider.Decide(invite, workspace.State<Administrator>(Id), caller.Actor)) is
            { } refusal
        )
            return refusal;
        OpenAccount(workspace, caller, role, isOwner, null);
        return PasswordHash is null
            ? null
            : workspace.Carry(
                Id,
                AdministratorDecider.Decide(new JoinAsAdministrator(), workspace.State<Administrator>(Id), caller.Actor)
            );
    }

    public void OpenAccount(Workspace workspace, Caller caller, Role role, bool isOwner, Guid? customerId)
    {
        workspace.TakeEmail(Email);
        workspace.Write(
            """
            insert into messaging.accounts (tenant_id, person_id, email_key, role, is_owner, customer_id,
                password_hash, active)
            values (?, ?, ?, ?, ?, nullif(?, '00000000-0000-0000-0000-000000000000'::uuid), nullif(?, ''), true)
            """,
            caller.TenantId,
            Id,
            EmailKey.Of(Email),
            role.ToString(),
            isOwner,
            customerId ?? Guid.Empty,
            PasswordHash ?? ""
        );
    }
}
