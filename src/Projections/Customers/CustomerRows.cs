namespace Messaging.Projections.Customers;

/// <summary>A customer of the office.</summary>
public sealed record CustomerRow(Guid Id, string Name);

/// <summary>Somebody who writes for a customer.</summary>
/// <param name="Active">False once deactivated.</param>
/// <param name="Joined">Whether the invitation was taken up.</param>
public sealed record ContactRow(
    Guid Id, Guid CustomerId, string DisplayName, string Email, string Locale, bool Active, bool Joined);
