using System.Text;
using Messaging.Domain;

namespace Messaging.Application.Accounts;

/// <summary>
/// Comparison key of e-mail addresses: normalised (NFKC), case-insensitive, with the domain in ASCII.
/// </summary>
public static class EmailKey
{
    /// <summary>
    /// The key of an address. Text that is no address, or that PostgreSQL cannot store, gets a key that no account has.
    /// </summary>
    public static string Of(string address) =>
        Folded(address) is { } folded ? EmailAddress.Of(folded)?.Wire ?? folded : "";

    /// <summary>The domain of an address, as its key has it.</summary>
    public static string DomainOf(string address)
    {
        var key = Of(address);
        return key[(key.LastIndexOf('@') + 1)..];
    }

    /// <summary>
    /// The keys that the account of an address may have, its own first. Earlier versions kept domains in keys as they
    /// were typed, and their nodes may run beside this one during an update; so those keys stay as they are, and are
    /// found, too.
    /// </summary>
    public static string[] AllOf(string address)
    {
        var key = Of(address);
        return [.. new[] { key, Folded(EmailAddress.ForPeople(key)), Folded(address) }.OfType<string>().Distinct()];
    }

    // The key as earlier versions made it, which folded the domain as well.
    private static string? Folded(string address)
    {
        if (address.Length > 1000 || address.Contains('\0', StringComparison.Ordinal)) return null;
        try
        {
            return address.Trim().Normalize(NormalizationForm.FormKC).ToLowerInvariant();
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
