using System.Net;
using System.Text;
using Deque.AxeCore.Playwright;
using Messaging.TestSupport;
using Messaging.TestSupport.Product;
using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>API tokens and service accounts in the browser, and a page of another origin that uses the API.</summary>
public sealed class ContentPolicyTests(Browser browser)
{
    private const string Viewer = "{ viewer { displayName } }";

    [Theory]
    [InlineData(1440, false)]
    [InlineData(390, true)]
    public async Task A_person_creates_a_token_sees_it_once_and_ends_it(int width, bool dark)
    {
        var office = await Office.OpenAsync(browser.Product);
        await using var dieter = await browser.VisitAsync(
            office.Dieter, "/profile", new() { Width = width, Dark = dark });
        var tokens = dieter.Screen.Region("API-Token");
        await Expect(tokens).ToContainTextAsync("Sie haben kein API-Token.");
        await tokens.Button("Token anlegen").ClickAsync();
        var dialog = dieter.Screen.GetByRole(AriaRole.Dialog);
        await dialog.Button("Token anlegen").ClickAsync();
        await Expect(dialog).ToContainTextAsync("Bitte geben Sie an, wofür es ist.");
        await dialog.Field("Wofür?").FillAsync("Belege für Müller & Söhne");
        await dialog.Choice("Was darf es?", "Lesen und schreiben").ClickAsync();
        await dialog.Combobox("Wie lange gilt es?").SelectOptionAsync("30 Tage");
        await dialog.GetByLabel("Ihr Passwort").FillAsync("nicht das Passwort");
        await dialog.Button("Token anlegen").ClickAsync();
        await Expect(dialog).ToContainTextAsync("Das ist nicht Ihr jetziges Passwort.");
        await CheckAsync(dieter);
        await dialog.GetByLabel("Ihr Passwort").FillAsync(Office.Password);
        await dialog.Button("Token anlegen").ClickAsync();
        await Expect(dialog).ToContainTextAsync("Dieses Token wird nur jetzt gezeigt.");
        var secret = await dialog.Field("Token").InputValueAsync();
        secret.ShouldStartWith("msg_");
        await CheckAsync(dieter);

        // Not by a slip.
        await dieter.Page.Keyboard.PressAsync("Escape");
        await Expect(dialog).ToContainTextAsync("Dieses Token wird nur jetzt gezeigt.");
        await dialog.Button("Fertig").ClickAsync();
        await Expect(dialog).ToHaveCountAsync(0);
        (await dieter.Page.ContentAsync()).ShouldNotContain(secret);
        await Expect(tokens).ToContainTextAsync("Belege für Müller & Söhne");
        await Expect(tokens).ToContainTextAsync("noch nie benutzt");

        var script = new GraphQLClient(browser.Product.Http, secret);
        (await script.QueryAsync(Viewer)).At("viewer.displayName").ShouldBe(office.Dieter.Name);
        await dieter.Page.ReloadAsync();
        await Expect(tokens).ToContainTextAsync("zuletzt benutzt");
        await Expect(tokens).ToContainTextAsync($"{secret[..8]}…{secret[^4..]}");
        await CheckAsync(dieter);

        await tokens.Button("Belege für Müller & Söhne beenden").ClickAsync();
        await dialog.Button("Beenden").ClickAsync();
        await Expect(tokens).ToContainTextAsync("Sie haben kein API-Token.");
        (await script.SendAsync(Viewer)).Status.ShouldBe(401);
        dieter.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Tokens_that_ended_with_a_password_are_gone_from_the_page()
    {
        var office = await Office.OpenAsync(browser.Product);
        var script = await browser.Product.SignInAsync(office.Dieter.Email, Office.Password);
        await script.QueryAsync(
            "mutation($input: CreateApiTokenInput!) { createApiToken(input: $input) { errors { code } } }",
            new
            {
                input = new
                {
                    name = "Kassenbuch",
                    expiresAt = DateTimeOffset.UtcNow.AddDays(1),
                    currentPassword = Office.Password,
                },
            }
        );
        await using var dieter = await browser.VisitAsync(office.Dieter, "/profile");
        var tokens = dieter.Screen.Region("API-Token");
        await Expect(tokens).ToContainTextAsync("Kassenbuch");
        await dieter.Screen.Field("Jetziges Passwort").FillAsync(Office.Password);
        await dieter.Screen.Field("Neues Passwort").FillAsync("ein ganz anderes Kennwort");
        await dieter.Screen.GetByLabel("Auch alle API-Token beenden").CheckAsync();
        await dieter.Screen.Button("Passwort ändern").ClickAsync();
        await Expect(dieter.Screen.GetByText("Gespeichert", new() { Exact = true })).ToBeVisibleAsync();
        await Expect(tokens).ToContainTextAsync("Sie haben kein API-Token.");
        await Expect(tokens).Not.ToContainTextAsync("Kassenbuch");
    }

    [Theory]
    [InlineData(1440, false)]
    [InlineData(390, true)]
    public async Task An_owner_adds_a_program_that_writes_under_its_name_and_ends_it(int width, bool dark)
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var anna = await browser.VisitAsync(
            office.Anna,
            "/administrators",
            new()
            {
                Width = width,
                Dark = dark,
                Locale = "en-GB",
            }
        );
        var programs = anna.Screen.Region("Programs");
        await programs.Button("Add a program").ClickAsync();
        var dialog = anna.Screen.GetByRole(AriaRole.Dialog);
        await dialog.Field("Name").FillAsync("Schnittstelle DATEV");
        await dialog.Choice("What may it do?", "Reads and writes").ClickAsync();
        await CheckAsync(anna);
        await dialog.Button("Add").ClickAsync();
        await Expect(programs).ToContainTextAsync("No API token yet");
        await programs.Button("Create a token for Schnittstelle DATEV").ClickAsync();
        await dialog.Field("What for?").FillAsync("Server");
        await dialog.Choice("What may it do?", "Read and write").ClickAsync();
        await dialog.GetByLabel("Your password").FillAsync(Office.Password);
        await dialog.Button("Create the token").ClickAsync();
        var script = new GraphQLClient(browser.Product.Http, await dialog.Field("Token").InputValueAsync());
        await dialog.Button("Done").ClickAsync();
        (
            await script.QueryAsync(
                "mutation($id: ID!) { addComment(input: { conversationId: $id, body: \"Vom Programm\" }) { "
                    + "errors { code } } }",
                new { id }
            )
        )
            .At("addComment.errors")
            .ShouldBe("[]");
        await CheckAsync(anna);

        // It is nobody whom one could make responsible, and its customer reads its name.
        await using var dieter = await browser.VisitAsync(office.Dieter, $"/conversations/{id}");
        await Expect(dieter.Screen.Region("Kommentare")).ToContainTextAsync("Schnittstelle DATEV");
        await programs.Button("End Schnittstelle DATEV").ClickAsync();
        await dialog.Button("End").ClickAsync();
        await Expect(programs.GetByText("Schnittstelle DATEV")).ToHaveCountAsync(0);
        (await script.SendAsync(Viewer)).Status.ShouldBe(401);
        anna.Complaints.ShouldBeEmpty();

        await using var bernd = await browser.VisitAsync(office.Bernd, "/administrators");
        await Expect(bernd.Screen.Heading("Administratoren")).ToBeVisibleAsync();
        await Expect(bernd.Screen.Region("Programme")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_page_of_another_origin_asks_and_listens_with_a_token_where_that_is_configured_and_only_there()
    {
        using var portal = OtherPages.Start();
        using var stranger = OtherPages.Start();
        await using var product = await RunningProduct.StartAsync(
            settings: new() { ["Messaging:Cors:Origins"] = portal.Origin });
        var eva = await product.SignInAsync("eva.lindner@studio-lindner.example");
        const string ask =
            """
            async ([address, token]) => {
                const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json',
                    'GraphQL-Preflight': '1', 'X-Client': 'portal' };
                const said = {};
                const asked = async (name, work) => { try { said[name] = await work();
                    } catch (e) { said[name] = 'refused'; } };
                await asked('query', async () =>
                    (await (await fetch(`${address}/graphql`, { method: 'POST', headers,
                    body: JSON.stringify({ query: '{ viewer { displayName } }' }) })).json()).data.viewer.displayName);
                await asked('schema', async () =>
                    (await fetch(`${address}/graphql/schema.graphql`, { headers })).headers.get('etag').length > 10);
                await asked('file', async () => (await fetch(`${address}/files/none`, { headers })).status);
                await asked('cookies', async () =>
                    (await fetch(`${address}/graphql`, { method: 'POST', headers, credentials: 'include',
                    body: JSON.stringify({ query: '{ __typename }' }) })).status);
                await asked('socket', () => new Promise((done, fail) => {
                    const socket = new WebSocket(address.replace('http', 'ws') + '/graphql', 'graphql-transport-ws');
                    socket.onopen = () => socket.send(JSON.stringify({ type: 'connection_init',
                        payload: { authorization: `Bearer ${token}` } }));
                    socket.onmessage = ({ data }) => done(JSON.parse(data).type);
                    socket.onerror = fail;
                }));
                return JSON.stringify(said);
            }
            """;
        foreach (
            var (pages, expected) in new[]
            {
                (
                    portal,
                    """{"query":"Eva Lindner","schema":true,"file":404,"cookies":"refused","socket":"connection_ack"}"""
                ),
                (
                    stranger,
                    """{"query":"refused","schema":"refused","file":"refused","cookies":"refused","socket":"refused"}"""
                ),
            }
        )
        {
            await using var visitor = await browser.VisitAsync(new Visit { Address = pages.Origin });
            await visitor.Page.GotoAsync("/");
            (await visitor.Page.EvaluateAsync<string>(ask, new[] { product.Address, eva.Token! })).ShouldBe(expected);
        }
    }

    private static async Task CheckAsync(Visitor visitor)
    {
        var found = (await visitor.Page.RunAxe())
            .Violations.Where(v => v.Impact is "serious" or "critical")
            .Select(v => $"{v.Id}: {v.Nodes[0].Html}");
        found.ShouldBeEmpty();
        (
            await visitor.Page.EvaluateAsync<bool>(
                "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        ).ShouldBeTrue();
    }

    /// <summary>Somebody else's server, with one empty page.</summary>
    private sealed class OtherPages : IDisposable
    {
        private readonly HttpListener _listener = new();

        private OtherPages(int port) => Origin = $"http://127.0.0.1:{port}";

        public string Origin { get; }

        public static OtherPages Start()
        {
            var pages = new OtherPages(Ports.Free());
            pages._listener.Prefixes.Add($"{pages.Origin}/");
            pages._listener.Start();
            _ = pages.ServeAsync();
            return pages;
        }

        public void Dispose() => _listener.Close();

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    var context = await _listener.GetContextAsync();
                    context.Response.ContentType = "text/html";
                    context.Response.Close(
                        Encoding.UTF8.GetBytes("<!doctype html><title>Portal</title>"), willBlock: false);
                }
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                // It is over.
            }
        }
    }
}
