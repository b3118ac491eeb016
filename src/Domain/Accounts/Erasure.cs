namespace Messaging.Domain.Accounts;

/// <summary>
/// What events and rows have in the place of what somebody wrote who was erased. Their name and address are those of
/// <see cref="Restriction"/>.
/// </summary>
public static class Erasure
{
    /// <summary>A comment that had words, and the name of a file, in both languages.</summary>
    public const string Text = "[…]";

    /// <summary>The SHA-256 of a file, which is none: the file is recognised by it.</summary>
    public const string Sha256 = "";
}

/// <summary>Only owners decide that what is kept about somebody goes.</summary>
public sealed record OnlyOwnersErase()
    : Refusal(RefusalKind.Forbidden, "Only an owner may have erased what is kept about somebody.");

/// <summary>Whoever does it stays an owner.</summary>
public sealed record NobodyErasesThemselves()
    : Refusal(RefusalKind.Invalid, "You cannot erase yourself. Another owner can.", "personId");

/// <summary>Nobody knows any more who they were.</summary>
public sealed record PersonIsErased()
    : Refusal(
        RefusalKind.Conflict, "What was kept about this person was erased: nothing brings it back.", "id",
        RefusalReason.PersonIsErased);
