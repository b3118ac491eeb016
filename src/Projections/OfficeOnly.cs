using Messaging.Domain;

namespace Messaging.Projections;

/// <summary>The check for reads that only the office may do.</summary>
internal static class OfficeOnly
{
    /// <summary>
    /// The API refuses customers before, and auditors who see no internal notes; this is the second wall. It is that of
    /// every read which does not itself leave out what these may not see.
    /// </summary>
    public static void Demand(Caller caller)
    {
        if (!caller.SeesInternal || caller.IsNarrow)
            throw new InvalidOperationException("Customers see neither history nor reports.");
    }

    /// <summary>The same of a read with nothing in it that such an auditor may not see.</summary>
    public static void DemandOffice(Caller caller)
    {
        if (!caller.IsOfOffice) throw new InvalidOperationException("Customers see neither history nor reports.");
    }
}
