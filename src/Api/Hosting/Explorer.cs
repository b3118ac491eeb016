using Messaging.Api.GraphQL.Transport;

namespace Messaging.Api.Hosting;

/// <summary>
/// GraphiQL, built from <c>src/GraphiQL</c>: in Development with the demo sign-ins, elsewhere only where
/// <c>Messaging:GraphQL:Explorer</c> says so.
/// </summary>
internal static class Explorer
{
    // Its editor puts styles into the page, and has a font in its own; scripts, workers and connections are the
    // server's.
    private const string Policy =
        "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; font-src "
            + "'self' data:; img-src 'self' data:; "
        + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Maps <c>/graphiql</c>, where it is switched on.</summary>
    public static void MapExplorer(this WebApplication app)
    {
        if (!app.Services.GetRequiredService<GraphQLOptions>().Explorer) return;
        app.MapPage("graphiql", Policy);
        var demo = app.Environment.IsDevelopment()
            ? new SignIns(DemoData.Password, DemoData.Accounts)
            : new SignIns("", []);
        app.MapGet("/graphiql/settings.json", () => demo);
    }

    private sealed record SignIns(string Password, IReadOnlyList<DemoData.Account> Accounts);
}
