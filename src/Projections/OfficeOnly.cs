using Messaging.Domain;

namespace Messaging.Projections;

/// <summary>What only the office may see.</summary>
internal static class OfficeOnly
{
    /// <summary>The API refuses customers before; this is the second wall.</summary>
    public static void Demand(Caller caller)
    {
        if (!caller.SeesInternal) throw new InvalidOperationException("Customers see neither history nor reports.");
    }
}
