using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Messaging.Api.Files;
using Messaging.Application.Files;
using Messaging.TestSupport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Files;

public sealed class FileDownloadTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private readonly byte[] _bytes = RandomNumberGenerator.GetBytes(300_000);
    private readonly HttpClient _client = new();
    private WebApplication _server = null!;
    private readonly KeptLog _log = new();
    private FolderFileStore _store = null!;
    private FileToSend _file = null!;
    private CheckedFiles _files = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _store = new FolderFileStore(
            new FileStoreOptions(_directory["files"], FileStoreOptions.DefaultMaximumBytes));
        await KeepAsync(_bytes);
        _files = new CheckedFiles(_store, _log);

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _server = builder.Build();
        _server.MapMethods(
            "/file", ["GET", "HEAD"], async context => await FileDownload.TrySendAsync(context, _file, _files));
        await _server.StartAsync(Cancellation);
        _client.BaseAddress = new Uri(_server.Urls.Single());
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
        _files.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task The_whole_file_comes_with_headers_that_keep_it_a_file()
    {
        using var response = await SendAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBe(_bytes);
        response.Content.Headers.ContentLength.ShouldBe(_bytes.Length);
        response.Content.Headers.ContentType!.ToString().ShouldBe("application/octet-stream");
        response.Content.Headers.ContentDisposition!.DispositionType.ShouldBe("attachment");
        response.Headers.ETag!.Tag.ShouldBe($"\"{_file.Sha256}\"");
        response.Headers.AcceptRanges.ShouldBe(["bytes"]);
        Header(response, "X-Content-Type-Options").ShouldBe("nosniff");
        Header(response, "Content-Security-Policy").ShouldBe("sandbox; default-src 'none'; frame-ancestors 'none'");
        Header(response, "Cross-Origin-Resource-Policy").ShouldBe("same-origin");
        Header(response, "Cache-Control").ShouldBe("no-cache, private");
    }

    [Fact]
    public async Task HEAD_answers_the_same_without_the_bytes()
    {
        using var response = await SendAsync(x => x.Method = HttpMethod.Head);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentLength.ShouldBe(_bytes.Length);
        response.Headers.ETag.ShouldNotBeNull();
        (await response.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(0, 99)]
    [InlineData(100_000, null)]
    [InlineData(null, 10)]
    [InlineData(299_999, 999_999)]
    public async Task A_range_comes_alone(int? from, int? to)
    {
        using var response = await SendAsync(x => x.Headers.Range = new RangeHeaderValue(from, to));
        response.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        var expected = from is null
            ? _bytes[^to!.Value..]
            : _bytes[from.Value..Math.Min(_bytes.Length, (to ?? _bytes.Length) + 1)];
        (await response.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBe(expected);
    }

    [Fact]
    public async Task A_range_outside_the_file_is_refused()
    {
        using var response = await SendAsync(x => x.Headers.Range = new RangeHeaderValue(_bytes.Length, null));
        response.StatusCode.ShouldBe(HttpStatusCode.RequestedRangeNotSatisfiable);
    }

    [Fact]
    public async Task A_copy_that_is_still_right_is_not_sent_again()
    {
        using var response = await SendAsync(x =>
            x.Headers.IfNoneMatch.Add(new EntityTagHeaderValue($"\"{_file.Sha256}\""))
        );
        response.StatusCode.ShouldBe(HttpStatusCode.NotModified);
    }

    [Theory]
    [InlineData(true, HttpStatusCode.PartialContent)]
    [InlineData(false, HttpStatusCode.OK)]
    public async Task A_download_is_resumed_only_on_the_same_file(bool same, HttpStatusCode expected)
    {
        using var response = await SendAsync(x =>
        {
            x.Headers.Range = new RangeHeaderValue(5, 9);
            x.Headers.IfRange = new RangeConditionHeaderValue(
                new EntityTagHeaderValue(same ? $"\"{_file.Sha256}\"" : "\"another\""));
        });
        response.StatusCode.ShouldBe(expected);
    }

    [Theory]
    [InlineData("Beleg.pdf", "attachment; filename=Beleg.pdf; filename*=UTF-8''Beleg.pdf")]
    [InlineData("Lohn März.pdf", "attachment; filename=\"Lohn M_rz.pdf\"; filename*=UTF-8''Lohn%20M%C3%A4rz.pdf")]
    [InlineData("a\";x=\"b.pdf", "attachment; filename=\"a\\\";x=\\\"b.pdf\"; filename*=UTF-8''a%22%3Bx%3D%22b.pdf")]
    [InlineData("a\r\nSet-Cookie: b.pdf", null)]
    public async Task Any_name_is_sent_as_one(string name, string? expected)
    {
        _file = _file with { Name = name };
        using var response = await SendAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        if (expected is not null) response.Content.Headers.GetValues("Content-Disposition").Single().ShouldBe(expected);
        response.Headers.Contains("Set-Cookie").ShouldBeFalse();
    }

    [Theory]
    [InlineData("image/png", "inline", "sandbox; default-src 'none'; frame-ancestors 'none'")]
    [InlineData(
        "application/pdf", "inline",
        "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'")]
    [InlineData("image/svg+xml", "attachment", "sandbox; default-src 'none'; frame-ancestors 'none'")]
    [InlineData("text/html", "attachment", "sandbox; default-src 'none'; frame-ancestors 'none'")]
    [InlineData("text/plain", "attachment", "sandbox; default-src 'none'; frame-ancestors 'none'")]
    public async Task Only_what_runs_no_script_is_shown_in_place(string type, string disposition, string policy)
    {
        _file = _file with { MediaType = type };
        using var response = await SendAsync(x => x.RequestUri = new Uri("/file?inline=1", UriKind.Relative));
        response.Content.Headers.ContentDisposition!.DispositionType.ShouldBe(disposition);
        Header(response, "Content-Security-Policy").ShouldBe(policy);
        Header(response, "X-Content-Type-Options").ShouldBe("nosniff");

        using var plain = await SendAsync();
        plain.Content.Headers.ContentDisposition!.DispositionType.ShouldBe("attachment");
    }

    [Fact]
    public async Task Bytes_that_are_not_the_recorded_ones_are_not_sent()
    {
        _file = _file with { Size = _file.Size + 1 };
        using var response = await SendAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        (await response.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_file_of_another_content_is_cut_off_before_its_last_bytes()
    {
        Alter(_bytes.Length / 2);
        using var response = await _client.GetAsync("/file", HttpCompletionOption.ResponseHeadersRead, Cancellation);
        await using var body = await response.Content.ReadAsStreamAsync(Cancellation);
        using var got = new MemoryStream();
        await Should.ThrowAsync<Exception>(() => body.CopyToAsync(got, Cancellation));
        got.Length.ShouldBeLessThan(_bytes.Length);
        _log.Lines.ShouldHaveSingleItem().ShouldContain(_file.Sha256);
    }

    [Fact]
    public async Task A_small_file_of_another_content_is_refused()
    {
        var small = RandomNumberGenerator.GetBytes(1000);
        await KeepAsync(small);
        Alter(999);
        using var response = await SendAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        (await response.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBeEmpty();
        response.Headers.ETag.ShouldBeNull();
    }

    [Theory]
    [InlineData(0, 99)]
    [InlineData(299_999, 299_999)]
    public async Task No_part_comes_of_a_file_of_another_content(int from, int to)
    {
        Alter(_bytes.Length / 2);
        using var response = await SendAsync(x => x.Headers.Range = new RangeHeaderValue(from, to));
        response.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        (await response.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_file_that_is_gone_is_refused_and_told_of_once()
    {
        File.Delete(PathOfFile());
        using var response = await SendAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        using var again = await SendAsync();
        again.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        _log.Lines.ShouldHaveSingleItem().ShouldContain(_file.Id.ToString());
    }

    // As whoever may write into the folder, without a trace in its length or time.
    private void Alter(int at)
    {
        var path = PathOfFile();
        var written = File.GetLastWriteTimeUtc(path);
        using (var file = File.Open(path, FileMode.Open, FileAccess.ReadWrite))
        {
            file.Position = at;
            var was = file.ReadByte();
            file.Position = at;
            file.WriteByte((byte)~was);
        }

        File.SetLastWriteTimeUtc(path, written);
    }

    private string PathOfFile() =>
        Directory.EnumerateFiles(_directory["files"], _file.Id.ToString("N"), SearchOption.AllDirectories).Single();

    private async Task KeepAsync(byte[] bytes)
    {
        var staged = await _store.StageAsync(new MemoryStream(bytes), Cancellation);
        _file = new FileToSend(
            Guid.CreateVersion7(), "Beleg.bin", "application/octet-stream", staged.Size, staged.Sha256,
            FileState.Unknown);
        await _store.KeepAsync(staged, _file.Id, Cancellation);
    }

    private async Task<HttpResponseMessage> SendAsync(Action<HttpRequestMessage>? with = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/file");
        with?.Invoke(request);
        return await _client.SendAsync(request, Cancellation);
    }

    private static string Header(HttpResponseMessage response, string name) =>
        response.Headers.GetValues(name).Single();

    private sealed class KeptLog : ILogger<CheckedFiles>
    {
        public ConcurrentQueue<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) => Lines.Enqueue(formatter(state, exception));
    }
}
