namespace Messaging.Domain.Accounts;

/// <summary>
/// What the read models have in the place of the name and the address of somebody who is restricted. Whoever reads a
/// row and was not taught otherwise gets these, and nothing of the person.
/// </summary>
public static class Restriction
{
    /// <summary>The name, in both languages.</summary>
    public const string Name = "N. N.";

    /// <summary>The address, which is none: the row is recognised by it.</summary>
    public const string Email = "-";
}

/// <summary>Only owners decide that what is kept about somebody is restricted.</summary>
public sealed record OnlyOwnersRestrict()
    : Refusal(RefusalKind.Forbidden, "Only an owner may restrict what is kept about somebody.");

/// <summary>Whoever does it stays an owner.</summary>
public sealed record NobodyRestrictsThemselves()
    : Refusal(RefusalKind.Invalid, "You cannot restrict yourself. Another owner can.", "personId");

/// <summary>They do not come back while what is kept about them is restricted.</summary>
public sealed record PersonIsRestricted()
    : Refusal(
        RefusalKind.Conflict, "What is kept about this person is restricted: an owner has to lift that first.", "id",
        RefusalReason.PersonIsRestricted);
