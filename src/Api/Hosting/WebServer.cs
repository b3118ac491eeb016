using System.Net;
using Microsoft.AspNetCore.HttpOverrides;

namespace Messaging.Api.Hosting;

/// <summary>Endpoints and transport of the web server.</summary>
internal static class WebServer
{
    private const string Urls = "http://localhost:5080";

    /// <summary>Sets the web server up: <c>ASPNETCORE_URLS</c>, else http://localhost:5080.</summary>
    public static void AddWebServer(this WebApplicationBuilder builder)
    {
        if (string.IsNullOrEmpty(builder.Configuration["urls"])) builder.WebHost.UseUrls(Urls);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);

        // The thread that reads a request goes on with it, rather than waking another thread twice: about a twentieth
        // of a short request's time. The danger is work that keeps the thread, such as hashing; it has lanes of its own
        // here.
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
        builder.Services.AddHttpContextAccessor();
        builder.Services.AddSecurityHeaders();
        builder.Services.AddCors();
        builder.Services.AddSingleton(ForeignOrigins.Read(builder.Configuration));
    }

    /// <summary>
    /// Believes the reverse proxies of <c>Messaging:Proxies</c> on the client's address (<c>X-Forwarded-For</c>) and
    /// scheme (<c>X-Forwarded-Proto</c>); from everybody else these headers mean nothing. Without it all clients of a
    /// proxy are one network address, with one limit on attempts to sign in.
    /// </summary>
    /// <exception cref="InvalidOperationException">A configured value is no address and no network.</exception>
    public static void UseProxies(this WebApplication app)
    {
        if (ReadProxies(app.Configuration) is { } options) app.UseForwardedHeaders(options);
    }

    /// <summary>Reads and checks <c>Messaging:Proxies</c>.</summary>
    /// <returns>Null when there are none.</returns>
    /// <exception cref="InvalidOperationException">A configured value is no address and no network.</exception>
    public static ForwardedHeadersOptions? ReadProxies(IConfiguration configuration)
    {
        var given = (configuration["Messaging:Proxies"] ?? "").Split(
            ',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (given.Length == 0)
            return null;
        var options = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto,
            ForwardLimit = null,
        };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var proxy in given)
        {
            if (IPAddress.TryParse(proxy, out var address))
                options.KnownProxies.Add(address);
            else if (System.Net.IPNetwork.TryParse(proxy, out var network))
                options.KnownIPNetworks.Add(network);
            else
                throw new InvalidOperationException(
                    $"'{proxy}' in Messaging:Proxies is no address and no network, such as 10.0.0.0/8.");
        }

        return options;
    }

    /// <summary>Returns the addresses that it will listen on.</summary>
    /// <exception cref="FormatException">A configured value is no address.</exception>
    public static IReadOnlyList<string> ReadUrls(IConfiguration configuration)
    {
        var urls = configuration["urls"] is { Length: > 0 } given
            ? given.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            : [Urls];
        foreach (var url in urls)
            Check(url);
        return urls;
    }

    // Checks for errors that Kestrel would find only when everything else has begun, and not say in a sentence.
    private static void Check(string url)
    {
        var address = BindingAddress.Parse(url);
        var isScheme = address.Scheme.Equals("http", StringComparison.OrdinalIgnoreCase)
            || address.Scheme.Equals("https", StringComparison.OrdinalIgnoreCase);

        // A host that is no address would mean all addresses, and one with an invalid port, port 80 of them.
        var isPlace = address.IsUnixPipe || address.IsNamedPipe
            || (address.Port is >= IPEndPoint.MinPort and <= IPEndPoint.MaxPort && address.PathBase.Length == 0
                && (!address.Host.Contains(':', StringComparison.Ordinal) || IPAddress.TryParse(address.Host, out _)));
        if (!isScheme || !isPlace) throw new FormatException($"Invalid url: '{url}'");
    }
}
