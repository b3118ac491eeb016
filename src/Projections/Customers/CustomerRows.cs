namespace Messaging.Projections.Customers;

/// <summary>A customer of the office.</summary>
public sealed record CustomerRow(Guid Id, string Name);

/// <summary>A person who writes for a customer.</summary>
/// <param name="Active">False once deactivated.</param>
/// <param name="Joined">True when the invitation was accepted.</param>
public sealed record ContactRow(
    Guid Id, Guid CustomerId, string DisplayName, string Email, string Locale, bool Active, bool Joined);
