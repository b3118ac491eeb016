using System.Net;
using Messaging.TestSupport;
using Messaging.TestSupport.Postgres;
using Messaging.TestSupport.Product;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Clients;

/// <summary>
/// The clients of subscriptions that people use, as npm serves them (graphql-ws and graphql-sse), against the product
/// on two nodes: over connections that are cut, a node that is killed and started again, and one that is killed for
/// good. Each of their tests in <c>tests/Clients</c> is one here.
/// </summary>
public sealed class LiveClientTests(LiveClientTests.Run run) : IClassFixture<LiveClientTests.Run>
{
    public static TheoryData<string> Scenarios { get; } =
    [
        "graphql-ws: a query, a mutation and what a subscription tells, over one socket",
        "graphql-ws: a document that is not valid ends with its errors, and the socket stays",
        "graphql-ws: without a valid token it is closed with 4403",
        "graphql-ws: eighty subscriptions on one socket are each told",
        "graphql-ws: what is completed is told nothing more, and nothing else ends",
        "graphql-ws: it comes back when the server was killed and started again",
        "graphql-ws: nothing is missed while the connection is cut again and again",
        "graphql-ws: nothing is missed when the node is killed and another takes over",
        "graphql-sse: a query, a mutation and what a subscription tells",
        "graphql-sse: a document that is not valid ends with its errors",
        "graphql-sse: without a valid token it is refused with 401",
        "graphql-sse: eighty subscriptions are each told, and one that is completed nothing more",
        "graphql-sse: it comes back when the server was killed and started again",
        "graphql-sse: nothing is missed while the connection is cut again and again",
        "graphql-sse: nothing is missed when the node is killed and another takes over",
    ];

    [Theory, MemberData(nameof(Scenarios))]
    public void A_client_works(string scenario)
    {
        run.Results.ShouldContainKey(scenario);
        run.Results[scenario].Passed.ShouldBeTrue(run.Results[scenario].Message);
    }

    [Fact]
    public void Everything_that_ran_is_listed_here() =>
        run
            .Results.Keys.Order(StringComparer.Ordinal)
            .ShouldBe(Scenarios.Select(row => row.Data).Order(StringComparer.Ordinal));

    /// <summary>
    /// One run of all of them. What happens to the other node they ask for themselves, at an address of their own.
    /// </summary>
    public sealed class Run : IAsyncLifetime
    {
        private static readonly Dictionary<string, string?> s_settings = new()
        {
            ["Messaging:Nodes"] = "several",
            ["Messaging:GraphQL:MaxConnectionsPerViewer"] = "200",
        };

        private RunningProduct _product = null!;
        private ProductProcess _node = null!;
        private CuttingProxy _proxy = null!;

        private Dictionary<string, NodeTest> _results = [];

        public IReadOnlyDictionary<string, NodeTest> Results
        {
            get
            {
                NodeProject.OrSkip();
                return _results;
            }
        }

        public async ValueTask InitializeAsync()
        {
            if (!NodeProject.IsInstalled) return;
            await using var product = _product = await RunningProduct.StartAsync(settings: s_settings);
            await using var node = _node = await product.StartNodeProcessAsync(s_settings);
            await using var proxy = _proxy = new CuttingProxy("127.0.0.1", PortOf(node.Address));
            using var control = new HttpListener();
            var address = $"http://127.0.0.1:{Ports.Free()}/";
            control.Prefixes.Add(address);
            control.Start();
            var controlling = ControlAsync(control);
            var environment = new Dictionary<string, string>
            {
                ["MESSAGING_URL"] = $"{product.Address}/graphql",
                ["MESSAGING_NODE_URL"] = $"{node.Address}/graphql",
                ["MESSAGING_PROXY_URL"] = $"http://127.0.0.1:{proxy.Port}/graphql",
                ["MESSAGING_CONTROL_URL"] = address,
            };
            _results = (await NodeProject.TestAsync(environment, "live.test.mjs")).ToDictionary(test => test.Name);
            control.Stop();
            await controlling;
        }

        public ValueTask DisposeAsync() => default;

        private async Task ControlAsync(HttpListener control)
        {
            while (true)
            {
                HttpListenerContext asked;
                try
                {
                    asked = await control.GetContextAsync();
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
                {
                    return;
                }

                await DoAsync(asked.Request.Url!.AbsolutePath);
                asked.Response.Close();
            }
        }

        private async Task DoAsync(string what)
        {
            switch (what)
            {
                case "/cut":
                    await _proxy.StopAsync();
                    _proxy.StartAgain();
                    break;
                case "/kill":
                    await _node.KillAsync();
                    break;
                case "/start":
                    await _node.StartAgainAsync();
                    _proxy.LeadTo(PortOf(_node.Address));
                    break;
                case "/other":
                    _proxy.LeadTo(PortOf(_product.Address));
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(what), what, "Nothing that can be done.");
            }
        }

        private static int PortOf(string address) => new Uri(address).Port;
    }
}
