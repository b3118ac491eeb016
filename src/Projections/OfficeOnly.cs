using Messaging.Domain;

namespace Messaging.Projections;

/// <summary>The check for reads that only the office may do.</summary>
internal static class OfficeOnly
{
    /// <summary>The API refuses customers before; this is the second wall.</summary>
    public static void Demand(Caller caller)
    {
        if (!caller.SeesInternal) throw new InvalidOperationException("Customers see neither history nor reports.");
    }
}
