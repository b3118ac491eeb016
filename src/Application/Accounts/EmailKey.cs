using System.Text;

namespace Messaging.Application.Accounts;

/// <summary>How e-mail addresses are compared: normalised (NFKC) and without regard to case, as people type them.</summary>
public static class EmailKey
{
    /// <summary>The key of an address. What can be no address, and what PostgreSQL could not take as text, has a key, too, which no account has.</summary>
    public static string Of(string address)
    {
        if (address.Length > 1000 || address.Contains('\0', StringComparison.Ordinal)) return "";
        try
        {
            return address.Trim().Normalize(NormalizationForm.FormKC).ToLowerInvariant();
        }
        catch (ArgumentException)
        {
            return "";
        }
    }
}
