namespace Messaging.Api.Hosting;

/// <summary>How the product listens.</summary>
internal static class WebServer
{
    private const string Urls = "http://localhost:5080";

    /// <summary>Sets the web server up: <c>ASPNETCORE_URLS</c>, else http://localhost:5080.</summary>
    public static void AddWebServer(this WebApplicationBuilder builder)
    {
        if (string.IsNullOrEmpty(builder.Configuration["urls"])) builder.WebHost.UseUrls(Urls);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.Services.AddHttpContextAccessor();
    }
}
