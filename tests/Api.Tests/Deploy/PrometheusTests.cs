using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Messaging.Api.Tests.Clients;
using Messaging.TestSupport;
using Messaging.TestSupport.Product;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Deploy;

/// <summary>
/// Debian's Prometheus, by the files of <c>deploy/prometheus</c>, reads a product that is used; every query of the
/// alerts and of Grafana's dashboard asks for what there is.
/// </summary>
public sealed partial class PrometheusTests : IAsyncLifetime
{
    private const string Anna = "anna.sommer@kanzlei-sommer.example", Dieter = "dieter.krause@baeckerei-krause.example";
    private const string Token = "0123456789abcdef";

    // Prometheus has them itself, or from the exporter that the alert names.
    private static readonly HashSet<string> s_others = ["up", "probe_success"];
    private static readonly HashSet<string> s_given = ["job", "instance"];
    private static readonly Lazy<string> s_source = new(() =>
        string.Join(
            '\n',
            Directory
                .EnumerateFiles(Path.Combine(NodeProject.Root, "src"), "*.cs", SearchOption.AllDirectories)
                .Where(file =>
                    !file.Contains(
                        $"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
                )
                .Select(File.ReadAllText)
        )
    );

    private readonly TempDirectory _directory = new();
    private readonly HashSet<string> _instruments = [];
    private readonly MeterListener _listener = new();
    private ProductProcess? _product;
    private DebianProgram? _prometheus;
    private HttpClient _http = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        DebianProgram.Find("prometheus");
        _listener.InstrumentPublished = (instrument, _) =>
        {
            lock (_instruments) _instruments.Add(NameOf(instrument));
        };
        _listener.Start();
        foreach (var telemetry in Telemetries()) RuntimeHelpers.RunClassConstructor(telemetry.TypeHandle);
        _product = await ProductProcess.StartAsync(new() { ["Messaging__Metrics__Token"] = Token });
        await File.WriteAllTextAsync(_directory["token"], Token, Cancellation);
        await File.WriteAllTextAsync(
            _directory["alerts.yml"], await Shipped.TextAsync("prometheus/alerts.yml"), Cancellation);
        await File.WriteAllTextAsync(
            _directory["prometheus.yml"],
            "global:\n  scrape_interval: 1s\n  evaluation_interval: 1s\n"
                + await Shipped.TextAsync(
                    "prometheus/prometheus.yml", ("127.0.0.1:5080", new Uri(_product.Address).Authority),
                    ("/etc/prometheus/messaging-token", _directory["token"])),
            Cancellation
        );
        var port = Ports.Free();
        _prometheus = await DebianProgram.StartAsync(
            "prometheus",
            [
                $"--config.file={_directory["prometheus.yml"]}", $"--storage.tsdb.path={_directory["data"]}",
                $"--web.listen-address=127.0.0.1:{port}"
            ],
            port);
        _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
    }

    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        if (_prometheus is not null) await _prometheus.DisposeAsync();
        if (_product is not null) await _product.DisposeAsync();
        _listener.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Every_query_asks_for_what_there_is()
    {
        await using var live = await UseAsync();
        await Waiting.UntilAsync(
            async () => (await QueryAsync("messaging_emails_total{job=\"messaging\"}")).Count > 0,
            TimeSpan.FromSeconds(60));
        await UseSomeMoreAsync();
        var groups = (await GetAsync("/api/v1/rules"))["data"]!["groups"]!.AsArray();
        var rules = groups.SelectMany(group => group!["rules"]!.AsArray()).Select(rule => rule!).ToList();
        rules.Count.ShouldBeGreaterThan(15);
        rules.ShouldAllBe(rule => rule.At("lastError") == "");

        var queries = rules.Select(rule => rule.At("query")).Concat(await DashboardAsync()).ToList();
        queries.Count.ShouldBeGreaterThan(60);
        var wrong = new List<string>();
        foreach (var query in queries) wrong.AddRange(await WrongAsync(query));
        wrong.ShouldBeEmpty();

        // It finds a metric, a label, and a value of one that there is not.
        (await WrongAsync("sum(messaging_emails_totall{job=\"messaging\"})")).ShouldHaveSingleItem();
        (await WrongAsync("sum by (outcom) (messaging_emails_total{job=\"messaging\"})")).ShouldHaveSingleItem();
        (await WrongAsync("sum(messaging_emails_total{job=\"messaging\",outcome=\"feiled\"})")).ShouldHaveSingleItem();

        // The product is well, and so nothing is told.
        (await GetAsync("/api/v1/alerts"))["data"]!["alerts"]!
            .AsArray()
            .Where(alert => alert.At("state") == "firing")
            .ShouldBeEmpty();
    }

    [Fact]
    public async Task Alerts_come_when_they_should_and_only_then()
    {
        var (code, said) = await DebianProgram.RunAsync(
            "promtool", ["check", "rules", Path.Combine(Shipped.Folder, "prometheus", "alerts.yml")]);
        code.ShouldBe(0, said);
        var tests = Path.Combine(NodeProject.Root, "tests", "Api.Tests", "Deploy", "alerts.test.yml");
        (code, said) = await DebianProgram.RunAsync("promtool", ["test", "rules", tests]);
        code.ShouldBe(0, said);

        // Each alert is made to fire by one of them.
        var expected = await File.ReadAllTextAsync(tests, Cancellation);
        foreach (Match alert in Alert().Matches(await Shipped.TextAsync("prometheus/alerts.yml")))
            expected.ShouldContain($"alertname=\"{alert.Groups[1].Value}\"");
    }

    // The product runs in a process of its own; what it would measure is known by the same classes here.
    private static IEnumerable<Type> Telemetries() =>
        new[] { typeof(Api.Hosting.Product).Assembly, typeof(Application.Commands.CommandExecutor).Assembly }
            .SelectMany(assembly => assembly.GetTypes())
            .Where(type => type.Name.EndsWith("Telemetry", StringComparison.Ordinal));

    // As the exporter writes it.
    private static string NameOf(Instrument instrument)
    {
        var unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        var name = instrument.Name.Replace('.', '_');
        var counts = instrument.GetType().Name.StartsWith("Counter", StringComparison.Ordinal)
            || instrument.GetType().Name.StartsWith("ObservableCounter", StringComparison.Ordinal);
        return (name.EndsWith(unit, StringComparison.Ordinal) ? name : name + unit) + (counts ? "_total" : "");
    }

    private async Task<LiveClient> UseAsync()
    {
        var anna = await _product!.SignInAsync(Anna);
        var live = await LiveClient.OpenAsync(_product.Address, anna);
        await live.SubscribeAsync("1", "subscription { conversationsUpdated { removedId } }");
        (await anna.UploadAsync("Beleg.txt", "text/plain", new byte[1234]))
            .Data.At("uploadFile.file.id")
            .ShouldNotBeEmpty();
        await UseSomeMoreAsync();
        return live;
    }

    // Twice, so that what counts has grown.
    private async Task UseSomeMoreAsync()
    {
        var dieter = await _product!.SignInAsync(Dieter);
        var id = (await dieter.QueryAsync("{ conversations(first: 1) { nodes { id } } }")).At(
            "conversations.nodes.0.id");
        for (var i = 0; i < 5; i++)
            await dieter.QueryAsync(
                "mutation Said($id: ID!) { addComment(input: { conversationId: $id, body: \"Gern.\" }) { errors "
                    + "{ code } } }",
                new { id }
            );
        await _product.Anonymous.SendAsync(
            "mutation { signIn(input: { email: \"fremd@example.org\", password: \"geraten\" }) { errors { code } } }");
        await Task.Delay(TimeSpan.FromSeconds(3), Cancellation);
    }

    private async Task<List<string>> WrongAsync(string query)
    {
        var wrong = new List<string>();
        var isRare = false;
        foreach (Match selector in Selector().Matches(query))
        {
            var name = selector.Groups[1].Value;
            if (s_others.Contains(name)) continue;
            var series = await QueryAsync($"{name}{{job=\"messaging\"}}");
            bool known;
            lock (_instruments) known = _instruments.Contains(name) || _instruments.Contains(Part().Replace(name, ""));
            if (series.Count == 0 && !known)
            {
                wrong.Add($"There is no metric {name}: {query}");
                continue;
            }

            // What has not happened here has no series; then the code has to have its words.
            isRare |= series.Count == 0;
            var labels = series
                .SelectMany(one => one!["metric"]!.AsObject())
                .ToLookup(label => label.Key, label => (string)label.Value!);
            foreach (Match matcher in Matcher().Matches(selector.Groups[2].Value))
            {
                if (s_given.Contains(matcher.Groups[1].Value))
                    continue;
                if (!labels.Contains(matcher.Groups[1].Value) && !IsInCode(matcher.Groups[1].Value))
                    wrong.Add($"{name} has no label {matcher.Groups[1].Value}: {query}");
                foreach (var value in matcher.Groups[3].Value.Split('|').Where(value => Word().IsMatch(value)))
                {
                    var found = labels[matcher.Groups[1].Value].Contains(value) || IsInCode(value);
                    if (!found) wrong.Add($"{matcher.Groups[1].Value} of {name} is never {value}: {query}");
                    isRare |= !labels[matcher.Groups[1].Value].Contains(value);
                }
            }

            foreach (Match grouping in Grouping().Matches(query))
            {
                foreach (var label in grouping.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries))
                    if (label != "le" && !labels.Contains(label) && !(series.Count == 0 && IsInCode(label)))
                        wrong.Add($"{name} has no label {label}: {query}");
            }
        }

        // Only faults, and what compares, give nothing on a product that is well.
        var gives = (await QueryAsync(query)).Count > 0;
        if (wrong.Count == 0 && !gives && !isRare && !Comparison().IsMatch(query))
            wrong.Add($"It gives nothing: {query}");
        return wrong;
    }

    private static bool IsInCode(string word) =>
        Regex.IsMatch(s_source.Value, $@"\b{Regex.Escape(word)}\b")
        || s_source.Value.Contains($"\"{word.Replace('_', '.')}\"", StringComparison.Ordinal);

    private static async Task<IEnumerable<string>> DashboardAsync()
    {
        var dashboard = JsonNode.Parse(await Shipped.TextAsync("grafana/dashboard.json"))!;
        var panels = dashboard["panels"]!.AsArray().Where(panel => panel.At("type") != "row").ToList();
        panels.Select(panel => panel.At("id")).ShouldBeUnique();
        return panels
            .SelectMany(panel => panel!["targets"]!.AsArray())
            .Select(target =>
                target
                    .At("expr")
                    .Replace("$__rate_interval", "1m", StringComparison.Ordinal)
                    .Replace("$instance", ".*", StringComparison.Ordinal)
            );
    }

    private async Task<JsonArray> QueryAsync(string query) =>
        (await GetAsync($"/api/v1/query?query={Uri.EscapeDataString(query)}"))["data"]!["result"]!.AsArray();

    private async Task<JsonNode> GetAsync(string path)
    {
        using var answer = await _http.GetAsync(new Uri(path, UriKind.Relative), Cancellation);
        var body = await answer.Content.ReadAsStringAsync(Cancellation);
        answer.IsSuccessStatusCode.ShouldBeTrue(body);
        return JsonNode.Parse(body)!;
    }

    [GeneratedRegex(@"([a-zA-Z_:][\w:]*)\{([^}]*)\}")]
    private static partial Regex Selector();

    [GeneratedRegex(@"(\w+)\s*(=~|!~|!=|=)\s*""([^""]*)""")]
    private static partial Regex Matcher();

    [GeneratedRegex(@"\bby \(([^)]*)\)")]
    private static partial Regex Grouping();

    [GeneratedRegex("_(bucket|count|sum)$")]
    private static partial Regex Part();

    [GeneratedRegex(@"^[A-Za-z][\w ]*$")]
    private static partial Regex Word();

    [GeneratedRegex(@"[<>=]=? ?[\d.]+|5\.\.|!=""Accepted""")]
    private static partial Regex Comparison();

    [GeneratedRegex(@"- alert: (\w+)")]
    private static partial Regex Alert();
}
