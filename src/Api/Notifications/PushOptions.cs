namespace Messaging.Api.Notifications;

/// <summary>
/// The push services that browsers may subscribe at, from <c>Messaging:Push:Services</c>. A browser says where it is to
/// be told, and whoever is signed in may say anything: this server asks nothing of any other host.
/// </summary>
internal sealed class PushOptions
{
    /// <summary>The setting's path.</summary>
    public const string Services = "Messaging:Push:Services";

    private const string None = "none";
    private const string AnyBelow = "*.";

    // Of Chrome and Edge on phones, Firefox, Edge, and Safari.
    private const string Default =
        "https://fcm.googleapis.com; https://*.push.services.mozilla.com; https://*.notify.windows.com; "
            + "https://*.push.apple.com";

    private readonly List<(string Scheme, string Host, int Port, bool Below)> _services;

    private PushOptions(List<(string Scheme, string Host, int Port, bool Below)> services) => _services = services;

    /// <summary>False where nobody is told so.</summary>
    public bool IsOn => _services.Count > 0;

    /// <summary>Reads and checks the setting.</summary>
    /// <exception cref="InvalidOperationException">It cannot be right; the message says what is expected.</exception>
    public static PushOptions Read(IConfiguration configuration)
    {
        var text = configuration[Services] ?? Default;
        if (text.Trim().Equals(None, StringComparison.OrdinalIgnoreCase)) return new PushOptions([]);
        return new PushOptions(
        [
            .. text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Service),
        ]);
    }

    /// <summary>True for an address at one of the services.</summary>
    public bool Serves(string endpoint) =>
        Uri.TryCreate(endpoint, UriKind.Absolute, out var address)
        && address.UserInfo.Length == 0
        && _services.Exists(s =>
            s.Scheme == address.Scheme && s.Port == address.Port
            && (s.Below
                ? address.IdnHost.EndsWith($".{s.Host}", StringComparison.OrdinalIgnoreCase)
                : address.IdnHost.Equals(s.Host, StringComparison.OrdinalIgnoreCase)));

    private static (string Scheme, string Host, int Port, bool Below) Service(string text)
    {
        var below = text.Contains($"//{AnyBelow}", StringComparison.Ordinal);
        return Uri.TryCreate(
                below ? text.Replace($"//{AnyBelow}", "//", StringComparison.Ordinal) : text, UriKind.Absolute,
                out var origin)
            && origin is { PathAndQuery: "/", UserInfo: "", Fragment: "" }
            && (origin.Scheme == Uri.UriSchemeHttps || (origin.Scheme == Uri.UriSchemeHttp && origin.IsLoopback))
            ? (origin.Scheme, origin.IdnHost, origin.Port, below)
            : throw new InvalidOperationException(
                $"{Services} must be \"{None}\", or addresses such as https://push.example or https://*.push.example "
                    + $"with semicolons between them: \"{text}\" is none.");
    }
}
