using Messaging.Domain;

namespace Messaging.Application.Files;

/// <summary>
/// Quotas of files in bytes, from <c>Messaging:Files</c>. Each file counts as at least <see cref="Least"/>, for its
/// rows beside the bytes.
/// </summary>
/// <param name="UnattachedBytesPerPerson">
/// Quota of one person's unattached files, those just arriving included: the most that an attacker can occupy until it
/// is removed after a day.
/// </param>
/// <param name="BytesPerCustomer">Quota of all files by a customer's contacts, attached or not.</param>
/// <param name="BytesPerOrganisation">Quota of all files in an organisation, attached or not.</param>
public sealed record FileQuotas(long UnattachedBytesPerPerson, long BytesPerCustomer, long BytesPerOrganisation)
{
    /// <summary>64 KiB: its rows, its small picture, and the rest of its last block.</summary>
    public const long Least = 64 * 1024;

    /// <summary>
    /// 1 GiB, enough for a comment with as many files as it may have, of 50 MiB each; 20 GiB; 500 GiB.
    /// </summary>
    public static FileQuotas Default { get; } = new(1L << 30, 20L << 30, 500L << 30);

    /// <summary>
    /// SQL of <see cref="Charge"/>, in bytes, for an upload <c>u</c>.
    /// </summary>
    internal static readonly string ChargeOfUpload = FormattableString.Invariant($"greatest(u.size, {Least})");

    /// <summary>Bytes that a file counts as.</summary>
    public static long Charge(long size) => Math.Max(size, Least);

    /// <summary>Room that is left.</summary>
    /// <returns>In bytes; 0 or less when nothing may.</returns>
    internal long Left(FileUsage usage) => Math.Min(
        UnattachedBytesPerPerson - usage.Unattached,
        Math.Min(BytesPerCustomer - usage.Customer, BytesPerOrganisation - usage.Organisation));

    /// <summary>The refusal of so many more bytes; null when there is room.</summary>
    internal Refusal? Check(FileUsage usage, long more)
    {
        if (usage.Organisation + more > BytesPerOrganisation) return new OrganisationHasNoRoom(BytesPerOrganisation);
        if (usage.Customer + more > BytesPerCustomer) return new CustomerHasNoRoom(BytesPerCustomer);
        return usage.Unattached + more > UnattachedBytesPerPerson
            ? new TooMuchUnattached(UnattachedBytesPerPerson)
            : null;
    }
}

/// <summary>Usage that counts towards an uploader's quotas, in bytes.</summary>
/// <param name="Unattached">The person's own unattached files.</param>
/// <param name="Customer">The customer's files; 0 for the office.</param>
/// <param name="Organisation">All files of the organisation.</param>
internal sealed record FileUsage(long Unattached, long Customer, long Organisation);

/// <summary>More than a person's files may have that are attached to nothing.</summary>
/// <param name="Limit">In bytes.</param>
public sealed record TooMuchUnattached(long Limit) : Refusal(
    RefusalKind.NoRoom,
    $"Files of yours that are attached to no comment may have {Limit} bytes together. "
    + "Attach them, take some back, or wait: what is attached to nothing goes after a day.",
    "file");

/// <summary>More than the files of a customer may have.</summary>
/// <param name="Limit">In bytes.</param>
public sealed record CustomerHasNoRoom(long Limit) : Refusal(
    RefusalKind.NoRoom,
        $"All files that you and your colleagues have uploaded may have {Limit} bytes together, "
    + "and there is no room for this one. Ask your office.", "file");

/// <summary>More than the files of an organisation may have.</summary>
/// <param name="Limit">In bytes.</param>
public sealed record OrganisationHasNoRoom(long Limit) : Refusal(
    RefusalKind.NoRoom,
    $"All files of this organisation may have {Limit} bytes together, and there is no room for this one. "
    + "Whoever runs the server can allow more.", "file");

/// <summary>The disk is full, or nearly.</summary>
public sealed record ServerHasNoRoom() : Refusal(
    RefusalKind.NoRoom,
        "The server has no room for files at the moment. Nothing of this one is kept: "
    + "try again later, or tell whoever runs the server.", "file");
