using Messaging.Domain.Customers;
using Messaging.Projections.Conversations.Search;

namespace Messaging.Projections.Customers;

/// <summary>What customers are found by besides their names, as the read models name it.</summary>
internal static class CustomerTerm
{
    /// <summary>The customer's number.</summary>
    public const string Number = "Number";

    /// <summary>The name of a contact.</summary>
    public const string Name = "Name";

    /// <summary>The e-mail address of a contact.</summary>
    public const string Address = "Address";

    /// <summary>A number with and without its leading zeros: whoever looks for it may leave them out.</summary>
    public static string SoughtBy(string number) =>
        number.TrimStart('0') is { Length: > 0 } bare && bare.Length < number.Length ? $"{number} {bare}" : number;

    /// <summary>A tag as it is compared, with its organisation.</summary>
    public static string TagKey(string tenantId, string tag) =>
        SearchText.TenantKey(tenantId) + CustomerDecider.KeyOf(tag);
}
