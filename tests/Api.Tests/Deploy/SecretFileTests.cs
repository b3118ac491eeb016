using Messaging.TestSupport;
using Messaging.TestSupport.Postgres;
using Messaging.TestSupport.Product;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Deploy;

/// <summary>Secrets lie in files, as Docker, Kubernetes and systemd hand them over.</summary>
public sealed class SecretFileTests : IDisposable
{
    private const string Anna = "anna.sommer@kanzlei-sommer.example";
    private const string Token = "0123456789abcdef-geheim";

    private readonly TempDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public async Task They_are_taken_without_the_end_of_their_line(string end)
    {
        await using var database = await TestDatabase.CreateAsync();
        await PutAsync("ConnectionStrings__Messaging", database.ConnectionString + end);
        await PutAsync("Messaging__Metrics__Token", Token + end);

        // What others keep beside them is no setting.
        await PutAsync("urls", "http://127.0.0.1:1");
        await PutAsync("..2026_data__x", "nothing");
        Directory.CreateDirectory(_directory["kubernetes__io"]);

        // A variable without a value says nothing.
        await using var product = await ProductProcess.StartAsync(
            new() { ["Messaging__SecretsDirectory"] = _directory.Path, ["ConnectionStrings__Messaging"] = "" });
        product.ConnectionString.ShouldBeEmpty();
        (await product.SignInAsync(Anna)).Token.ShouldNotBeNull();
        (await MetricsAsync(product, Token)).ShouldBe(200);
    }

    [Fact]
    public async Task As_Kubernetes_lays_them_they_are_links()
    {
        var real = Directory.CreateDirectory(_directory["..2026_11_27"]).FullName;
        await File.WriteAllTextAsync(Path.Combine(real, "Messaging__Metrics__Token"), Token, Cancellation);
        Directory.CreateSymbolicLink(_directory["..data"], "..2026_11_27");
        File.CreateSymbolicLink(
            _directory["Messaging__Metrics__Token"], Path.Combine("..data", "Messaging__Metrics__Token"));
        await using var product = await ProductProcess.StartAsync(
            new() { ["Messaging__SecretsDirectory"] = _directory.Path });
        (await MetricsAsync(product, Token)).ShouldBe(200);
    }

    [Fact]
    public async Task A_password_alone_completes_the_connection_string_and_systemd_names_the_folder()
    {
        await using var database = await TestDatabase.CreateAsync();
        var given = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        await PutAsync("Messaging__Database__Password", given.Password!);
        given.Password = null;
        await using var product = await ProductProcess.StartAsync(
            new()
            {
                ["CREDENTIALS_DIRECTORY"] = _directory.Path,
                ["ConnectionStrings__Messaging"] = given.ConnectionString,
            }
        );
        (await product.SignInAsync(Anna)).Token.ShouldNotBeNull();
    }

    [Fact]
    public async Task The_environment_says_it_last_and_a_file_that_is_not_taken_is_named()
    {
        await PutAsync("Messaging__Metrics__Token", Token);
        await using var product = await ProductProcess.StartAsync(new()
        {
            ["Messaging__SecretsDirectory"] = _directory.Path,
            ["Messaging__Metrics__Token"] = "0123456789abcdef-anders",
        });
        (await MetricsAsync(product, "0123456789abcdef-anders")).ShouldBe(200);
        product.LastLines.ShouldContain("says another: Messaging:Metrics:Token");
        product.LastLines.ShouldNotContain(Token);
    }

    [Fact]
    public async Task What_cannot_be_read_is_named()
    {
        await RefusesAsync(_directory["nowhere"], "does not exist", "Messaging:SecretsDirectory");
        await PutAsync("Messaging__Metrics__Token", new string('x', 70_000));
        await RefusesAsync(_directory.Path, "Messaging__Metrics__Token", "65536");
        File.Delete(_directory["Messaging__Metrics__Token"]);
        File.CreateSymbolicLink(_directory["Messaging__Auth__SigningKey"], "gone");
        await RefusesAsync(_directory.Path, "Messaging__Auth__SigningKey", "cannot be read by the user");
    }

    private static async Task RefusesAsync(string folder, params string[] words)
    {
        await using var product = await ProductProcess.CreateAsync(new() { ["Messaging__SecretsDirectory"] = folder });
        product.Launch();
        (await product.WaitForExitAsync(TimeSpan.FromSeconds(60))).ShouldBeTrue(product.LastLines);
        product.ExitCode.ShouldBe(1, product.LastLines);
        var said = product
            .LastLines.Split('\n')
            .Single(line => line.StartsWith("Messaging cannot start: ", StringComparison.Ordinal));
        foreach (var word in words)
            said.ShouldContain(word);
    }

    private Task PutAsync(string name, string value) => File.WriteAllTextAsync(_directory[name], value, Cancellation);

    private static async Task<int> MetricsAsync(ProductProcess product, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        request.Headers.Authorization = new("Bearer", token);
        using var answer = await product.Http.SendAsync(request, Cancellation);
        return (int)answer.StatusCode;
    }
}
