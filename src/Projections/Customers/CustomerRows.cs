using Messaging.Projections.Accounts;

namespace Messaging.Projections.Customers;

/// <summary>A customer of the office.</summary>
public sealed record CustomerRow(Guid Id, string Name)
{
    /// <summary>The number that the office counts it under.</summary>
    public string? Number { get; init; }

    /// <summary>The office's notes.</summary>
    public string? Notes { get; init; }

    /// <summary>The tags, in the order in which they were given.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The administrator of its new conversations.</summary>
    public Guid? DefaultAdministratorId { get; init; }

    /// <summary>The day of the mandate's end; null while it has none.</summary>
    public DateOnly? EndedOn { get; init; }

    /// <summary>True when nobody writes any more.</summary>
    public bool HasEnded { get; init; }
}

/// <summary>A person who writes for a customer.</summary>
/// <param name="Active">False once deactivated.</param>
/// <param name="Joined">True when the invitation was accepted.</param>
/// <param name="InvitedAt">The instant of the latest invitation.</param>
public sealed record ContactRow(
    Guid Id, Guid CustomerId, string DisplayName, string Email, string Locale, bool Active, bool Joined,
    DateTimeOffset? InvitedAt = null)
{
    /// <summary>The change of address that they have not confirmed; null while there is none.</summary>
    public EmailChangeRow? EmailChange { get; init; }

    /// <summary>
    /// True while what is kept about them is restricted. Then name and address are there for owners and auditors only:
    /// others get <see cref="Domain.Accounts.Restriction.Name"/> and an empty address.
    /// </summary>
    public bool IsRestricted { get; init; }

    /// <summary>True when what was kept about them was erased; known to owners and auditors only.</summary>
    public bool IsErased { get; init; }

    /// <summary>The topics that they are limited to; none when they see all of the customer's conversations.</summary>
    public IReadOnlyList<string> Topics { get; init; } = [];
}
