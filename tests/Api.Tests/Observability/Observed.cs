using System.Globalization;
using System.Text.RegularExpressions;
using Messaging.TestSupport.Product;
using Messaging.TestSupport.Telemetry;
using Npgsql;
using Xunit;

namespace Messaging.Api.Tests.Observability;

/// <summary>The product in a process of its own, and the collector that it exports everything to.</summary>
public sealed partial class Observed : IAsyncLifetime
{
    public const string Anna = "anna.sommer@kanzlei-sommer.example";
    public const string Dieter = "dieter.krause@baeckerei-krause.example";

    private DateTimeOffset _begun;

    public ProductProcess Product { get; private set; } = null!;

    public OtlpReceiver Collector { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Collector = await OtlpReceiver.StartAsync();
        Product = await ProductProcess.StartAsync(new()
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = Collector.Address,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "100",
            ["OTEL_BLRP_SCHEDULE_DELAY"] = "100",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
            ["Messaging__Auth__SignInAttempts"] = "1000",
            ["Messaging__GraphQL__MaxOperationsPerMinute"] = "100000",
        });
        _begun = DateTimeOffset.UtcNow;
    }

    public async ValueTask DisposeAsync()
    {
        await Product.DisposeAsync();
        await Collector.DisposeAsync();
    }

    /// <summary>What <c>/metrics</c> says now.</summary>
    public async Task<Metrics> MetricsAsync() =>
        Metrics.Parse(await Product.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative)));

    /// <summary>Waits until a metric has a value: what happens after an answer is counted a moment later.</summary>
    public async Task<Metrics> MetricsAsync(Func<Metrics, bool> condition)
    {
        for (var i = 0; i < 300; i++)
        {
            if (await MetricsAsync() is var metrics && condition(metrics)) return metrics;
            await Task.Delay(100);
        }

        throw new TimeoutException($"The metrics did not come to it:\n{(await MetricsAsync()).Text}");
    }

    /// <summary>Waits until all that has happened is planned and no mail is to be sent any more.</summary>
    /// <returns>How many this process has sent.</returns>
    public async Task<long> MailsSentAsync()
    {
        await Told.UntilAllAsync(Product.ConnectionString);
        await using var database = NpgsqlDataSource.Create(Product.ConnectionString);
        await using var sent = database.CreateCommand(
            "select count(*) from messaging.deliveries where sent_at >= $1");
        sent.Parameters.Add(new() { Value = _begun });
        return (long)(await sent.ExecuteScalarAsync())!;
    }

    /// <summary>Some conversation that Dieter may see.</summary>
    public async Task<string> ConversationAsync(GraphQLClient who) =>
        (await who.QueryAsync("{ conversations(first: 1) { nodes { id } } }")).At("conversations.nodes.0.id");

    /// <summary>A page of metrics in the text format of Prometheus.</summary>
    public sealed partial record Metrics(
        string Text, IReadOnlyList<(string Name, Dictionary<string, string> Labels, double Value)> Samples)
    {
        public static Metrics Parse(string text) =>
            new(
                text,
                [
                    .. from line in text.Split('\n')
                    where line.Length > 0 && line[0] != '#'
                    let match = Sample().Match(line)
                    select (
                        match.Groups[1].Value,
                        Label()
                            .Matches(match.Groups[2].Value)
                            .ToDictionary(l => l.Groups[1].Value, l => l.Groups[2].Value),
                        double.Parse(
                            match.Groups[3].Value.Replace("+Inf", "Infinity", StringComparison.Ordinal),
                            CultureInfo.InvariantCulture)
                    ),
                ]
            );

        /// <summary>The sum of all samples of a name that have these labels.</summary>
        public double Sum(string name, params (string Name, string Value)[] labels) =>
            Samples
                .Where(s => s.Name == name && labels.All(l => s.Labels.GetValueOrDefault(l.Name) == l.Value))
                .Sum(s => s.Value);

        [GeneratedRegex(@"^([^{ ]+)(?:\{(.*)\})? (\S+)")]
        private static partial Regex Sample();

        [GeneratedRegex("([A-Za-z_0-9]+)=\"((?:[^\"\\\\]|\\\\.)*)\"")]
        private static partial Regex Label();
    }
}
