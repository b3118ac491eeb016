using System.Text.RegularExpressions;
using Messaging.TestSupport.Product;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Hosting;

/// <summary>What the operator does about organisations and their owners, while the product runs.</summary>
public sealed partial class OrganisationCommandTests
{
    private const string Anna = "anna.sommer@kanzlei-sommer.example";
    private const string Dieter = "dieter.krause@baeckerei-krause.example";
    private const string Chosen = "Zwetschgen 27 x";

    [Fact]
    public async Task An_organisation_is_deactivated_with_all_access_and_reactivated_with_all_data()
    {
        await using var product = await RunningProduct.StartAsync();
        var list = await RunAsync(product, "list-organisations");
        list.Code.ShouldBe(0, list.Error);
        var id = Line(list.Output, "Kanzlei Sommer").Split(' ')[0];
        Line(list.Output, "Kanzlei Sommer").ShouldContain(" active ");
        var (anna, dieter) = (await product.SignInAsync(Anna), await product.SignInAsync(Dieter));

        var closed = await RunAsync(product, "deactivate-organisation", id);
        (closed.Code, closed.Output.Trim()).ShouldBe((0, $"Organisation {id} is deactivated."), closed.Error);
        Line((await RunAsync(product, "list-organisations")).Output, "Kanzlei Sommer").ShouldContain(" deactivated ");
        await TestSupport.Waiting.UntilAsync(async () =>
            (await anna.SendAsync("{ viewer { id } }")).ErrorCode == "UNAUTHENTICATED"
            && (await dieter.SendAsync("{ viewer { id } }")).ErrorCode == "UNAUTHENTICATED");
        foreach (var email in (string[])[Anna, Dieter])
            await Should.ThrowAsync<InvalidOperationException>(() => product.SignInAsync(email));

        // Others are not concerned.
        (await product.SignInAsync("owner@treuhand-nord.example")).ShouldNotBeNull();

        // Once more changes nothing.
        (await RunAsync(product, "deactivate-organisation", id)).Code.ShouldBe(0);
        (await RunAsync(product, "reactivate-organisation", id)).Code.ShouldBe(0);
        var again = await product.SignInAsync(Anna);
        (await again.QueryAsync("{ conversations(first: 1) { nodes { id } } }"))["conversations"]!["nodes"]!
            .AsArray()
            .Count.ShouldBe(1);
        (await anna.SendAsync("{ viewer { id } }")).ErrorCode.ShouldBe("UNAUTHENTICATED");

        (await RunAsync(product, "deactivate-organisation", $"{Guid.NewGuid()}")).Code.ShouldBe(1);
        (await RunAsync(product, "deactivate-organisation", "x")).Code.ShouldBe(2);
    }

    [Fact]
    public async Task An_owner_gets_another_password_or_a_link()
    {
        await using var product = await RunningProduct.StartAsync();
        var anna = await product.SignInAsync(Anna);
        var set = await OperatorsCommand.RunAsync(
            product.ConnectionString, product.DataDirectory, ["reset-owner-password", "--owner-email", Anna],
            ("MESSAGING_OWNER_PASSWORD", Chosen));
        set.Code.ShouldBe(0, set.Error);
        set.Output.ShouldContain("has the new password");
        set.Output.ShouldNotContain(Chosen);
        (await product.SignInAsync(Anna, Chosen)).ShouldNotBeNull();
        await Should.ThrowAsync<InvalidOperationException>(() => product.SignInAsync(Anna));
        await TestSupport.Waiting.UntilAsync(async () =>
            (await anna.SendAsync("{ viewer { id } }")).ErrorCode == "UNAUTHENTICATED");

        (await RunAsync(product, "reset-owner-password", "--owner-email", Anna)).Code.ShouldBe(0);
        await product.Mail.WaitForMailAsync(m => m.Recipients.Contains(Anna) && Link().IsMatch(m.Text));

        // Whoever owns nothing is no owner.
        foreach (var email in (string[])[Dieter, "bernd.winter@kanzlei-sommer.example", "nobody@nowhere.example"])
        {
            var refused = await RunAsync(product, "reset-owner-password", "--owner-email", email);
            refused.Code.ShouldBe(1);
            refused.Error.TrimEnd().ShouldEndWith("No active owner of an organisation has this address.");
        }
    }

    private static Task<(int Code, string Output, string Error)> RunAsync(
        RunningProduct product, params string[] words) =>
        OperatorsCommand.RunAsync(product.ConnectionString, product.DataDirectory, words);

    private static string Line(string output, string name) =>
        output.Split('\n').Single(line => line.TrimEnd().EndsWith(name, StringComparison.Ordinal));

    [GeneratedRegex(@"/reset-password#token=[\w-]{43}")]
    private static partial Regex Link();
}
