using System.Diagnostics;

namespace Messaging.Api.Security;

/// <summary>The id that all of one request share.</summary>
internal static class Correlation
{
    /// <summary>That of the request under way; null where there is none.</summary>
    public static string? OfRequest() => Activity.Current?.TraceId.ToString();
}
