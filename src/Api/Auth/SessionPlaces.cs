using System.Text.RegularExpressions;
using Messaging.Api.Security;
using Messaging.Application.Accounts;

namespace Messaging.Api.Auth;

/// <summary>
/// Describes the origin of a request in words that people recognise: "Firefox, Windows" from "198.51.100.0/24".
/// </summary>
internal static partial class SessionPlaces
{
    // The first match counts: others call themselves by the names further down, too.
    private static readonly (string Token, string Name)[] s_browsers =
    [
        ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"), ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"), ("HeadlessChrome/", "Chrome"), ("Chrome/", "Chrome"),
        ("Safari/", "Safari")
    ];

    private static readonly (string Token, string Name)[] s_systems =
    [
        ("Windows", "Windows"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "ChromeOS"),
        ("Macintosh", "macOS"), ("Linux", "Linux")
    ];

    /// <summary>Returns the place that a request comes from.</summary>
    public static SessionPlace Of(HttpContext context) =>
        new(Network.Of(context).Shown, DeviceOf(context.Request.Headers.UserAgent.ToString()));

    /// <summary>Returns a program's name for itself, as far as that is known or harmless.</summary>
    internal static string DeviceOf(string userAgent)
    {
        var browser = s_browsers.FirstOrDefault(b => userAgent.Contains(b.Token, StringComparison.Ordinal)).Name;
        var system = s_systems.FirstOrDefault(s => userAgent.Contains(s.Token, StringComparison.Ordinal)).Name;
        if (browser is not null && userAgent.StartsWith("Mozilla/", StringComparison.Ordinal))
            return system is null ? browser : $"{browser}, {system}";
        return Product().Match(userAgent) is { Success: true, Value: var product } ? product : "";
    }

    // The first product of RFC 9110, 10.1.5, without its version; nothing that looks like markup or an address.
    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,39}")]
    private static partial Regex Product();
}
