using Messaging.Domain;
using Messaging.Domain.Organisation;
using Messaging.Projections.Accounts;

namespace Messaging.Projections.Organisation;

/// <summary>An accounting office.</summary>
public sealed record OrganisationRow(
    Guid Id, string Name, string NotificationEmail, string Locale, string TimeZone,
    bool CustomersMayStartConversations);

/// <summary>Days on which somebody of the office is away, today or later.</summary>
/// <param name="IsNow">True when today is one of them.</param>
public sealed record AbsenceRow(DateOnly From, DateOnly To, Guid? DeputyId, bool IsNow);

/// <summary>A person of the office: an administrator or an auditor.</summary>
/// <param name="Active">False once deactivated.</param>
/// <param name="Joined">True when the invitation was accepted.</param>
/// <param name="InvitedAt">The instant of the latest invitation; null for a service account.</param>
public sealed record AdministratorRow(
    Guid Id, string DisplayName, string Email, Role Role, bool IsOwner, string Locale, bool Active, bool Joined,
    DateTimeOffset? InvitedAt = null)
{
    /// <summary>The change of address that they have not confirmed; null while there is none.</summary>
    public EmailChangeRow? EmailChange { get; init; }

    /// <summary>
    /// True when they see the customers of <see cref="CustomerIds"/> and <see cref="CustomerTags"/> only; never of an
    /// owner.
    /// </summary>
    public bool IsLimited { get; init; }

    /// <summary>The customers that they are limited to.</summary>
    public IReadOnlyList<Guid> CustomerIds { get; init; } = [];

    /// <summary>Tags of customers that they are limited to.</summary>
    public IReadOnlyList<string> CustomerTags { get; init; } = [];

    /// <summary>
    /// An auditor's scope, of a row of the past; null where they had none, and of any row of the present.
    /// </summary>
    public AuditorScope? Scope { get; init; }

    /// <summary>
    /// True while what is kept about them is restricted. Then name and address are there for owners and auditors only:
    /// others get <see cref="Domain.Accounts.Restriction.Name"/> and an empty address.
    /// </summary>
    public bool IsRestricted { get; init; }

    /// <summary>True when what was kept about them was erased; known to owners and auditors only.</summary>
    public bool IsErased { get; init; }

    /// <summary>True for a program of the office, which has no address.</summary>
    public bool IsServiceAccount => Email == ServiceAccount.Email && !IsRestricted;
}
