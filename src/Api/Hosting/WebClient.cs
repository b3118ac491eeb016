using Messaging.Api.Auth;

namespace Messaging.Api.Hosting;

/// <summary>
/// The web client, built from <c>src/Web</c>: at <c>/</c> and at every address that is nobody else's.
/// </summary>
internal static class WebClient
{
    // Mantine puts the theme's variables and its responsive properties into style elements; a nonce for them would make
    // each page another one, neither compressed beforehand nor cached. Style attributes in HTML stay forbidden; React's
    // styles go through the DOM. Files are fetched with the token and shown from blobs: pictures in the page, PDFs in a
    // frame.
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; style-src-elem 'self' 'unsafe-inline'; "
            + "font-src 'self'; img-src 'self' blob:; "
        + "frame-src 'self' blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly string[] s_notOurs = ["graphql", "graphiql", "files", "health"];

    /// <summary>
    /// Maps it, below everything else. Only the client knows its routes; so a browser that asks for a page gets the
    /// client, which says which pages do not exist.
    /// </summary>
    public static void MapWebClient(this WebApplication app)
    {
        var files = BuiltPage.Files("web");
        app.MapFallback("{**path}", (HttpContext context, string? path) =>
        {
            if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
                return Results.NotFound();
            if (path is null || files.ContainsKey(path))
                return BuiltPage.Serve(context, files, path ?? "index.html", Policy);
            var isPage = context
                .Request.GetTypedHeaders()
                .Accept.Any(type => type.MediaType.Equals("text/html", StringComparison.OrdinalIgnoreCase));
            return isPage && !s_notOurs.Contains(path.Split('/')[0], StringComparer.OrdinalIgnoreCase)
                ? BuiltPage.Serve(context, files, "index.html", Policy)
                : Results.NotFound();
        });
        var settings = app.Environment.IsDevelopment()
            ? new Settings(ProductVersion.Text, DemoData.Password, DemoData.Accounts)
            : new Settings(ProductVersion.Text, "", []);
        var passkeys = app.Services.GetRequiredService<Passkeys>();
        app.MapGet(
            "/settings.json",
            () => settings with { Passkeys = passkeys.AreThere, Issuer = IssuerOf(app.Services) });
    }

    // Only once it has said where its page is.
    private static IssuerSettings? IssuerOf(IServiceProvider services) =>
        services.GetRequiredService<AuthOptions>().Oidc is { ClientId: { } client } oidc
        && services.GetService<Issuer>()?.AuthorizationEndpoint is { } page
            ? new IssuerSettings(page, client, oidc.Scope, string.Join(' ', oidc.AcrValues))
            : null;

    /// <summary>Values that the client cannot ask for in GraphQL.</summary>
    /// <param name="Version">Version of the product, for people.</param>
    /// <param name="Password">Password of the demo accounts.</param>
    /// <param name="Accounts">
    /// Accounts that the sign-in page offers: the demo accounts in Development, elsewhere none.
    /// </param>
    private sealed record Settings(string Version, string Password, IReadOnlyList<DemoData.Account> Accounts)
    {
        /// <summary>True when passkeys can be used: the product is reached by a name.</summary>
        public bool Passkeys { get; init; }

        /// <summary>Where people sign in by another issuer; null when they do not.</summary>
        public IssuerSettings? Issuer { get; init; }
    }

    private sealed record IssuerSettings(
        string AuthorizationEndpoint, string ClientId, string Scope, string AcrValues);
}
