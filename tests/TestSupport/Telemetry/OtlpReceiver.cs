using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Messaging.TestSupport.Telemetry;

/// <summary>A span as it was exported.</summary>
/// <param name="Kind">As the protocol has it: 1 internal, 2 server, 3 client, 4 producer, 5 consumer.</param>
/// <param name="ParentId">Empty when there is none.</param>
/// <param name="Links">The spans linked with, as <c>trace/span</c>.</param>
/// <param name="IsError">Whether its status says so.</param>
/// <param name="Events">Their names.</param>
public sealed record ExportedSpan(
    string Scope, string Name, int Kind, string TraceId, string Id, string ParentId, ulong Start, ulong End,
    IReadOnlyDictionary<string, string> Attributes, IReadOnlyList<string> Links, bool IsError, string StatusMessage,
    IReadOnlyList<string> Events)
{
    public string Context => $"{TraceId}/{Id}";
}

/// <summary>
/// A real collector on loopback: takes traces, metrics and logs by OTLP over HTTP, and keeps every byte of them.
/// </summary>
public sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<(string Signal, byte[] Body)> _requests = [];
    private readonly ConcurrentQueue<ExportedSpan> _spans = [];

    private OtlpReceiver(WebApplication app) => _app = app;

    /// <summary>Starts one on a free port.</summary>
    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var receiver = new OtlpReceiver(builder.Build());
        receiver._app.MapPost("/v1/{signal}", receiver.TakeAsync);
        await receiver._app.StartAsync();
        return receiver;
    }

    public string Address => _app.Urls.First();

    public IReadOnlyList<ExportedSpan> Spans => [.. _spans];

    /// <summary>How many requests there were with traces, metrics or logs.</summary>
    public int CountOf(string signal) => _requests.Count(r => r.Signal == signal);

    /// <summary>In what of everything that was exported a text is; null when it is nowhere.</summary>
    public string? WhereIs(string text)
    {
        var sought = Encoding.UTF8.GetBytes(text);
        foreach (var (signal, body) in _requests)
        {
            if (body.AsSpan().IndexOf(sought) is >= 0 and var at)
                return
                    $"{signal}: "
                    + $"…{Encoding.UTF8.GetString(body.AsSpan(Math.Max(0, at - 150)..Math.Min(body.Length, at + 150)))}…";
        }

        return null;
    }

    /// <summary>Waits until the spans that have arrived satisfy a condition.</summary>
    /// <exception cref="TimeoutException">They did not; the message lists them.</exception>
    public async Task<IReadOnlyList<ExportedSpan>> WaitForAsync(Func<IReadOnlyList<ExportedSpan>, bool> condition)
    {
        for (var i = 0; i < 300; i++)
        {
            if (Spans is var spans && condition(spans)) return spans;
            await Task.Delay(100);
        }

        throw new TimeoutException(
            $"The spans did not come. Those that did:\n"
                + $"{string.Join('\n', Spans.TakeLast(100).Select(s => $"{s.TraceId} {s.ParentId,16} > {s.Id} "
                    + $"{s.Scope}: {s.Name}"))}"
        );
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task<IResult> TakeAsync(string signal, HttpRequest request)
    {
        using var buffer = new MemoryStream();
        await request.Body.CopyToAsync(buffer);
        var body = buffer.ToArray();
        _requests.Enqueue((signal, body));
        if (signal == "traces")
        {
            foreach (var span in SpansOf(new ProtocolMessage(body))) _spans.Enqueue(span);
        }

        return Results.Bytes([], "application/x-protobuf");
    }

    // Numbers of fields as in opentelemetry/proto/trace/v1/trace.proto.
    private static IEnumerable<ExportedSpan> SpansOf(ProtocolMessage request) =>
        from resource in request.Messages(1)
        from scope in resource.Messages(2)
        let name = scope.Messages(1).Select(s => s.Text(1)).FirstOrDefault("")
        from span in scope.Messages(2)
        select new ExportedSpan(
            name, span.Text(5), (int)span.Number(6), span.Hex(1), span.Hex(2), span.Hex(4), span.Number(7),
            span.Number(8), AttributesOf(span, 9), [.. span.Messages(13).Select(l => $"{l.Hex(1)}/{l.Hex(2)}")],
            span.Messages(15).Any(s => s.Number(3) == 2), span.Messages(15).Select(s => s.Text(2)).FirstOrDefault(""),
            [.. span.Messages(11).Select(e => e.Text(2))]);

    private static Dictionary<string, string> AttributesOf(ProtocolMessage of, int field) =>
        of.Messages(field).ToDictionary(a => a.Text(1), a => a.Messages(2).Select(ValueOf).FirstOrDefault(""));

    private static string ValueOf(ProtocolMessage value) =>
        value.Has(1) ? value.Text(1)
        : value.Has(2) ? (value.Number(2) == 1 ? "true" : "false")
        : value.Has(3) ? $"{(long)value.Number(3)}"
        : "";
}
