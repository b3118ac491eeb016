using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Messaging.Api.Tests.Clients;
using Messaging.Api.Tests.Hosting;
using Messaging.TestSupport;
using Messaging.TestSupport.Product;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.History;

/// <summary>The archive as the page and the operator take it out of a running product.</summary>
public sealed class ArchiveEndpointTests(ArchiveEndpointTests.Started started)
    : IClassFixture<ArchiveEndpointTests.Started>
{
    private const string Owner = "anna.sommer@kanzlei-sommer.example";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private RunningProduct Product => started.Product;

    [Theory]
    [InlineData("pruefung@kanzlei-sommer.example", HttpStatusCode.BadRequest)]
    [InlineData("bernd.winter@kanzlei-sommer.example", HttpStatusCode.NotFound)]
    [InlineData("dieter.krause@baeckerei-krause.example", HttpStatusCode.NotFound)]
    [InlineData(null, HttpStatusCode.Unauthorized)]
    public async Task It_is_for_owners_and_auditors(string? email, HttpStatusCode status)
    {
        var token = email is null ? null : (await Product.SignInAsync(email)).Token;
        using var answer = await PostAsync(token, "?customer=nonsense");
        answer.StatusCode.ShouldBe(status);
    }

    [Theory]
    [InlineData("?from=2026-01-01", "from, to and notes go with it")]
    [InlineData("?customer=0195a000-0000-7000-8000-00000000000a&from=1.1.2026", "from and to must be days")]
    [InlineData(
        "?customer=0195a000-0000-7000-8000-00000000000a&from=2026-02-01&to=2026-01-01", "to must not be before from")]
    [InlineData("?customer=0195a000-0000-7000-8000-00000000000a&notes=perhaps", "notes must be true or false")]
    [InlineData("?customers=0195a000-0000-7000-8000-00000000000a", "There is no parameter customers")]
    public async Task What_cannot_be_meant_is_refused_with_what_can_be(string query, string why)
    {
        using var answer = await PostAsync((await Product.SignInAsync(Owner)).Token, query);
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadAsStringAsync(Cancellation)).ShouldContain(why);
    }

    [Fact]
    public async Task A_customer_that_there_is_not_has_no_archive_and_nothing_is_recorded()
    {
        using var answer = await PostAsync(
            (await Product.SignInAsync(Owner)).Token, "?customer=0195a000-0000-7000-8000-00000000000a");
        answer.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await answer.Content.ReadAsStringAsync(Cancellation)).ShouldContain("There is no customer");
    }

    [Fact]
    public async Task A_zip_is_proved_by_the_product_and_by_a_verifier_that_has_nothing_of_it()
    {
        var owner = await Product.SignInAsync(Owner);
        var key = (await owner.QueryAsync("{ auditCheckpoint { publicKey } }")).At("auditCheckpoint.publicKey");
        using var directory = new TempDirectory();
        using (var answer = await PostAsync(owner.Token, ""))
        {
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/zip");
            using var body = new MemoryStream(await answer.Content.ReadAsByteArrayAsync(Cancellation));
            await using var zip = new ZipArchive(body);
            await zip.ExtractToDirectoryAsync(directory.Path, Cancellation);
        }

        var (code, output, error) = await RunAsync("verify", directory.Path, "--key", key);
        code.ShouldBe(0, error);
        output.ShouldStartWith("The archive is what was signed: ");
        (code, output) = await NodeAsync(directory.Path, key);
        code.ShouldBe(0, output);
        output.ShouldStartWith("Proved: ");
        var said = await owner.QueryAsync(
            "{ auditLog(filter: { types: [\"exported\"] }, last: 1) { nodes { summary(locale: \"en\") } } }");
        said.At("auditLog.nodes.0.summary").ShouldMatch("Took the archive of the first [0-9]+ events out");

        var events = Path.Combine(directory.Path, "events.ndjson");
        await File.WriteAllTextAsync(
            events, (await File.ReadAllTextAsync(events, Cancellation)).Replace("comment_added", "comment_adder"),
            Cancellation);
        (code, _, error) = await RunAsync("verify", directory.Path);
        (code, error.Contains("its type was changed", StringComparison.Ordinal)).ShouldBe((1, true), error);
        (code, output) = await NodeAsync(directory.Path, key);
        (code, output.Contains("events.ndjson is not what was recorded", StringComparison.Ordinal))
            .ShouldBe((1, true), output);
    }

    [Fact]
    public async Task The_operator_takes_one_customers_out_beside_the_running_product()
    {
        var owner = await Product.SignInAsync(Owner);
        var said = await owner.QueryAsync("{ viewer { organisation { id } } customers(first: 1) { nodes { id } } }");
        var (organisation, customer) = (
            said.At("viewer.organisation.id"), said.At("customers.nodes.0.id"));
        using var directory = new TempDirectory();
        var target = directory["archive"];
        string[] words =
        [
            "export", "--organisation", organisation, "--to", target, "--customer", customer, "--from", "2020-01-01",
            "--no-notes"
        ];
        var (code, output, error) = await RunAsync(words);
        code.ShouldBe(0, error);
        output.ShouldStartWith($"Archive of organisation {organisation} in ");
        (code, output, error) = await RunAsync("verify", target, "--live");
        code.ShouldBe(0, error);
        output.ShouldContain("the hashes only");
        output.ShouldContain("1 kept checkpoints say the same");
        (code, output) = await NodeAsync(target);
        code.ShouldBe(0, output);
        (code, _, error) = await RunAsync(words);
        (code, error.Contains("There is an archive in", StringComparison.Ordinal)).ShouldBe((1, true), error);
    }

    [Fact]
    public async Task One_at_a_time_is_sent_and_one_that_was_cut_off_is_no_archive()
    {
        // More than connections hold back.
        var anna = await Product.SignInAsync(Owner);
        var upload = await anna.UploadAsync(
            "Scan.pdf", "application/pdf", [.. "%PDF-1.7\n"u8, .. RandomNumberGenerator.GetBytes(24 * 1024 * 1024)]);
        var file = upload.Data!.At("uploadFile.file.id");
        var customer = (await anna.QueryAsync("{ customers(first: 1) { nodes { id } } }")).At("customers.nodes.0.id");
        (await anna.QueryAsync(
            "mutation($input: CreateConversationInput!) { createConversation(input: $input) { errors { code } } }",
            new
            {
                input = new { customerId = customer, subject = "Scan", body = "Anbei.", fileIds = (string[])[file] },
            }))
            .At("createConversation.errors").ShouldBe("[]");

        var auditor = await Product.SignInAsync("pruefung@kanzlei-sommer.example");
        using (var first = await PostAsync(anna.Token, "", HttpCompletionOption.ResponseHeadersRead))
        {
            first.StatusCode.ShouldBe(HttpStatusCode.OK);
            using var second = await PostAsync(auditor.Token, "");
            second.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
            second.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromMinutes(1));
            (await second.Content.ReadAsStringAsync(Cancellation))
                .ShouldBe("An archive of this office is being taken out already.");

            // A part of it is none: whoever reads it does not take it for one.
            await using var body = await first.Content.ReadAsStreamAsync(Cancellation);
            var part = new byte[1024 * 1024];
            await body.ReadExactlyAsync(part, Cancellation);
            Should.Throw<InvalidDataException>(() => new ZipArchive(new MemoryStream(part)));
        }

        // Whoever left is waited for no longer, and the next one is whole.
        HttpResponseMessage? third = null;
        await Waiting.UntilAsync(async () =>
        {
            third?.Dispose();
            third = await PostAsync(auditor.Token, "");
            return third.StatusCode == HttpStatusCode.OK;
        });
        using (third)
        {
            using var directory = new TempDirectory();
            await using (var zip = new ZipArchive(await third!.Content.ReadAsStreamAsync(Cancellation)))
                await zip.ExtractToDirectoryAsync(directory.Path, Cancellation);
            var (code, output, error) = await RunAsync("verify", directory.Path);
            code.ShouldBe(0, output + error);
        }
    }

    [Fact]
    public async Task One_that_was_killed_is_gone_on_with_and_recorded_once()
    {
        var owner = await Product.SignInAsync(Owner);
        var organisation = (await owner.QueryAsync("{ viewer { organisation { id } } }")).At("viewer.organisation.id");
        var before = await CountAsync();
        using var directory = new TempDirectory();
        string[] words = ["export", "--organisation", organisation, "--to", directory["archive"]];
        var killed = 0;
        foreach (var file in (string[])["manifest.json.unfinished", "checkpoint", "events.ndjson"])
        {
            using var process = OperatorsCommand.Start(Product.ConnectionString, Product.DataDirectory, words);
            while (!process.HasExited && !File.Exists(Path.Combine(directory["archive"], file)))
                await Task.Delay(2, Cancellation);
            if (process.HasExited) continue;
            process.Kill();
            await process.WaitForExitAsync(Cancellation);
            killed++;
        }

        killed.ShouldBeGreaterThan(0);
        var (code, output, error) = await RunAsync(words);
        if (code == 1) error.ShouldContain("There is an archive in");
        else code.ShouldBe(0, output + error);
        (code, output, error) = await RunAsync("verify", directory["archive"], "--live");
        code.ShouldBe(0, output + error);
        (await CountAsync()).ShouldBe(before + 1);

        async Task<int> CountAsync() => int.Parse(
            (await owner.QueryAsync("{ auditLog(filter: { types: [\"exported\"] }, first: 1) { totalCount } }"))
            .At("auditLog.totalCount"), CultureInfo.InvariantCulture);
    }

    private async Task<HttpResponseMessage> PostAsync(
        string? token, string query, HttpCompletionOption until = HttpCompletionOption.ResponseContentRead)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/audit/archive{query}");
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await Product.Http.SendAsync(request, until, Cancellation);
    }

    private static async Task<(int Code, string Output)> NodeAsync(params string[] words)
    {
        var start = new ProcessStartInfo(
            "node", [Path.Combine(NodeProject.Root, "tests", "verifier", "verify.mjs"), .. words])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var (output, error) = (
            process.StandardOutput.ReadToEndAsync(Cancellation), process.StandardError.ReadToEndAsync(Cancellation));
        await process.WaitForExitAsync(Cancellation);
        return (process.ExitCode, await output + await error);
    }

    private Task<(int Code, string Output, string Error)> RunAsync(params string[] words) =>
        OperatorsCommand.RunAsync(Product.ConnectionString, Product.DataDirectory, words);

    /// <summary>The product.</summary>
    public sealed class Started : IAsyncLifetime
    {
        public RunningProduct Product { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Product = await RunningProduct.StartAsync();

        public ValueTask DisposeAsync() => Product.DisposeAsync();
    }
}
