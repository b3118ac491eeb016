using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Messaging.Api.Tests.Clients;
using Messaging.TestSupport.Product;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Deploy;

/// <summary>What the README tells newcomers to paste does what it says, in order, in their shells.</summary>
public sealed partial class ReadmeTests
{
    private const string Url = "URL=http://localhost:5080\n";
    private const string Data = "DATA=.data\n";
    private const string Next = "== the next block ==";

    // Debian's and macOS' own, and what people of the latter type into.
    [Theory]
    [InlineData("/bin/bash")]
    [InlineData("bash-3.2")]
    [InlineData("zsh")]
    public async Task Every_block_of_the_first_conversation_does_what_it_promises(string shell)
    {
        Assert.SkipUnless(IsThere(shell), $"There is no {shell}.");
        var blocks = Blocks(
            await File.ReadAllTextAsync(
                Path.Combine(NodeProject.Root, "README.md"), TestContext.Current.CancellationToken)
        );
        blocks.Count.ShouldBeGreaterThan(5);
        blocks[0].Commands.ShouldContain(Url);
        blocks[0].Commands.ShouldContain(Data);
        await using var product = await ProductProcess.StartAsync(new() { ["Messaging__Smtp__Host"] = "" });
        var script = string.Join($"echo '{Next}'\n", blocks.Select(block => block.Commands))
            .Replace(Url, $"URL={product.Address}\n", StringComparison.Ordinal)
            .Replace(Data, $"DATA='{product.DataDirectory}'\n", StringComparison.Ordinal);

        var said = (await TypeAsync(shell, script)).Split($"{Next}\n");

        said.Length.ShouldBe(blocks.Count);
        foreach (var (block, output) in blocks.Zip(said))
            Regex
                .IsMatch(output.TrimEnd(), Pattern(block.Promise))
                .ShouldBeTrue(
                    $"The README says of\n{block.Commands}that it says\n{block.Promise}\nbut it says\n{output}");
    }

    [Fact]
    public void A_promise_that_is_not_kept_is_found()
    {
        Regex.IsMatch("""{"id":"7","status":"OPEN"}""", Pattern("""{"id":"…","status":"OPEN"}""")).ShouldBeTrue();
        Regex.IsMatch("""{"id":"7","status":"OPEN"}""", Pattern("""{"id":"…","status":"ANSWERED"}""")).ShouldBeFalse();
        Regex.IsMatch("bash: gql: command not found", Pattern("")).ShouldBeFalse();
        Regex.IsMatch("two\nlines", Pattern("two")).ShouldBeFalse();
    }

    /// <summary>What is to be typed, and what is shown of what it says; nothing where nothing is.</summary>
    private static List<(string Commands, string Promise)> Blocks(string readme)
    {
        var begin = readme.IndexOf("## A first conversation", StringComparison.Ordinal);
        var part = readme[begin..readme.IndexOf("\n## ", begin + 1, StringComparison.Ordinal)];
        var blocks = new List<(string Commands, string Promise)>();
        foreach (Match fence in Fence().Matches(part))
        {
            if (fence.Groups["language"].Value == "sh") blocks.Add((fence.Groups["text"].Value, ""));
            else blocks[^1] = (blocks[^1].Commands, fence.Groups["text"].Value.TrimEnd());
        }
        return blocks;
    }

    // "…" stands for whatever is different each time.
    private static string Pattern(string promise) =>
        $"^{Regex.Escape(promise).Replace("…", ".*?", StringComparison.Ordinal)}$";

    private static bool IsThere(string shell) =>
        shell.StartsWith('/')
            ? File.Exists(shell)
            : (Environment.GetEnvironmentVariable("PATH") ?? "")
                .Split(Path.PathSeparator)
                .Any(folder => File.Exists(Path.Combine(folder, shell)));

    private static async Task<string> TypeAsync(string shell, string script)
    {
        var start = new ProcessStartInfo(shell, ["-s"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = Encoding.UTF8,
        };

        // What goes wrong is said where it does.
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync($"exec 2>&1\n{script}");
        process.StandardInput.Close();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromMinutes(2));
        var output = await process.StandardOutput.ReadToEndAsync(patience.Token);
        await process.WaitForExitAsync(patience.Token);

        // Lines of mails end with it; a terminal does not show it.
        return output.Replace("\r", "", StringComparison.Ordinal);
    }

    [GeneratedRegex("```(?<language>[a-z]+)\n(?<text>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Fence();
}
