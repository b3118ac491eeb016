using Messaging.TestSupport.Product;
using Microsoft.Extensions.Configuration;
using Shouldly;
using Xunit;
using PasskeyOptions = Messaging.Api.Auth.PasskeyOptions;

namespace Messaging.Api.Tests.Auth;

/// <summary>
/// A passkey is a second factor, or the only thing that is needed, on the pages that it is for and in the hands of its
/// owner. What a browser does of this is in the tests of the web client.
/// </summary>
public sealed class PasskeyTests
{
    private const string Anna = "anna.sommer@kanzlei-sommer.example";
    private const string Bernd = "bernd.winter@kanzlei-sommer.example";
    private const string Password = "messaging-demo";

    private const string SignIn =
        "mutation($email: String!, $password: String!) { signIn(input: { email: $email, password: $password }) { "
            + "accessToken challenge { token kinds passkeyOptions } errors { reason } } }";

    private const string Complete =
        "mutation($challenge: String!, $passkey: String) { completeSignIn(input: { challenge: $challenge, passkey: "
            + "$passkey }) { accessToken viewer { email } errors { code path reason } } }";

    private const string Begin =
        "mutation($password: String, $challenge: String) { beginPasskey(input: { currentPassword: $password, "
            + "challenge: $challenge }) { id options errors { code path reason } } }";

    private const string Confirm =
        "mutation($id: ID!, $response: String!, $challenge: String) { confirmPasskey(input: { id: $id, response: "
            + "$response, name: \"Laptop\", challenge: $challenge }) { accessToken viewer { email } recoveryCodes "
            + "errors { code path } } }";

    private const string Ask = "mutation { beginPasskeySignIn { options errors { code } } }";

    private const string Enter =
        "mutation($response: String!, $organisation: ID) { signInWithPasskey(input: { response: $response, "
            + "organisationId: $organisation }) { accessToken viewer { email } errors { code path reason } } }";

    [Fact]
    public async Task Whoever_has_a_passkey_signs_in_with_it_after_the_password_or_in_its_place()
    {
        await using var product = await RunningProduct.StartAsync();
        var anna = await product.SignInAsync(Anna);
        using var passkey = new SoftPasskey { Count = 1 };
        await AddAsync(anna, passkey);
        var viewer = await anna.QueryAsync("{ viewer { secondFactors { factors { kind name } recoveryCodesLeft } } }");
        var factor = viewer["viewer"]!["secondFactors"]!;
        (factor.At("factors.0.kind"), factor.At("factors.0.name"), factor.At("recoveryCodesLeft")).ShouldBe(
            ("PASSKEY", "Laptop", "10"));

        var (challenge, options) = await ChallengeAsync(product, Anna);
        var answer = passkey.Answer(options);
        (await CompleteAsync(product, challenge, answer)).ShouldBe(Anna);
        (await CompleteAsync(product, challenge, answer)).ShouldContain("\"path\":[\"challenge\"]");

        // What was answered to one challenge is none to another; nor is a copy, whose count is behind.
        (challenge, options) = await ChallengeAsync(product, Anna);
        (await CompleteAsync(product, challenge, answer)).ShouldBe(Wrong);
        passkey.Count = 1;
        (await CompleteAsync(product, challenge, passkey.Answer(options))).ShouldBe(Wrong);
        passkey.Count = 7;
        (await CompleteAsync(product, challenge, passkey.Answer(options))).ShouldBe(Anna);

        // In place of the password, once, and only unlocked.
        var alone = passkey.Answer(await AskAsync(product));
        (await EnterAsync(product, alone)).ShouldBe(Anna);
        (await EnterAsync(product, alone)).ShouldBe(WrongResponse);
        passkey.IsUnlocked = false;
        (await EnterAsync(product, passkey.Answer(await AskAsync(product)))).ShouldBe(WrongResponse);
        (challenge, options) = await ChallengeAsync(product, Anna);
        (await CompleteAsync(product, challenge, passkey.Answer(options))).ShouldBe(Anna);
        passkey.IsUnlocked = true;

        // The question was asked here, lately; its owner is who it says.
        var (_, theirs) = await ChallengeAsync(product, Anna);
        (await EnterAsync(product, passkey.Answer(theirs))).ShouldBe(WrongResponse);
        passkey.Handle = "AAAA";
        (await EnterAsync(product, passkey.Answer(await AskAsync(product)))).ShouldBe(WrongResponse);
        passkey.Handle = null;
        (await EnterAsync(product, passkey.Answer(await AskAsync(product)), Guid.NewGuid().ToString())).ShouldBe(
            WrongResponse);
        var own = (await anna.QueryAsync("{ viewer { organisation { id } } }")).At("viewer.organisation.id");
        (await EnterAsync(product, passkey.Answer(await AskAsync(product)), own)).ShouldBe(Anna);
    }

    [Fact]
    public async Task Nobody_signs_in_with_a_passkey_of_another_page_or_person()
    {
        await using var product = await RunningProduct.StartAsync();
        var (anna, bernd) = (await product.SignInAsync(Anna), await product.SignInAsync(Bernd));
        using var phished = new SoftPasskey { Origin = "https://nachrichten.example.evil.example" };
        using var elsewhere = new SoftPasskey { Domain = "evil.example" };
        using var passkey = new SoftPasskey();
        foreach (var wrong in (SoftPasskey[])[phished, elsewhere])
        {
            var began = (await anna.QueryAsync(Begin, new { password = Password }))["beginPasskey"]!;
            var refused = await anna.QueryAsync(
                Confirm, new { id = began.At("id"), response = wrong.Make(began.At("options")) });
            refused.At("confirmPasskey.errors.0").ShouldBe("""{"code":"INVALID","path":["response"]}""");
        }

        await AddAsync(anna, passkey);
        using var bernds = new SoftPasskey();
        await AddAsync(bernd, bernds);
        var (challenge, options) = await ChallengeAsync(product, Anna);
        (await CompleteAsync(product, challenge, bernds.Answer(options))).ShouldBe(Wrong);
        passkey.Origin = "http://nachrichten.example";
        (await CompleteAsync(product, challenge, passkey.Answer(options))).ShouldBe(Wrong);
        (await EnterAsync(product, passkey.Answer(await AskAsync(product)))).ShouldBe(WrongResponse);

        // One passkey is one person's.
        var again = (await bernd.QueryAsync(Begin, new { password = Password }))["beginPasskey"]!;
        passkey.Origin = "https://nachrichten.example";
        (await bernd.QueryAsync(Confirm, new { id = again.At("id"), response = passkey.Make(again.At("options")) }))
            .At("confirmPasskey.errors.0.code").ShouldBe("INVALID");

        // What is no answer at all is wrong, and no fault.
        foreach (
            var response in (string[])
                [
                    "", "null", "[]", "{", "{}", "{\"id\":\"\\u0000\"}",
                    """{"id":"AA","rawId":"AA","type":"public-key"}""",
                    """{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"AA","signature":"AA"}}""",
                ])
        {
            (await EnterAsync(product, response)).ShouldBe(WrongResponse);
        }
    }

    [Fact]
    public async Task A_passkey_that_is_required_is_added_at_the_sign_in_and_signs_in()
    {
        await using var product = await RunningProduct.StartAsync();
        var anna = await product.SignInAsync(Anna);
        using var annas = new SoftPasskey();
        await AddAsync(anna, annas);
        (await anna.QueryAsync("mutation { requireSecondFactor(input: { isRequired: true }) { errors { code } } }")).At(
            "requireSecondFactor.errors").ShouldBe("[]");
        var asked = (await product.Anonymous.QueryAsync(SignIn, new { email = Bernd, password = Password }))["signIn"]!;
        var challenge = asked.At("challenge.token");
        using var bernds = new SoftPasskey();
        var began = (await product.Anonymous.QueryAsync(Begin, new { challenge }))["beginPasskey"]!;
        var added = await product.Anonymous.QueryAsync(
            Confirm, new { id = began.At("id"), response = bernds.Make(began.At("options")), challenge });
        added.At("confirmPasskey.viewer.email").ShouldBe(Bernd);
        added["confirmPasskey"]!["recoveryCodes"]!.AsArray().Count.ShouldBe(10);
        (await EnterAsync(product, bernds.Answer(await AskAsync(product)))).ShouldBe(Bernd);
    }

    [Fact]
    public async Task A_product_that_is_reached_by_an_address_has_none_and_says_so()
    {
        await using var product = await RunningProduct.StartAsync(
            settings: new() { ["Messaging:PublicUrl"] = "http://10.0.0.7:5080" });
        var anna = await product.SignInAsync(Anna);
        (await anna.QueryAsync(Begin, new { password = Password })).At("beginPasskey.errors.0.code").ShouldBe(
            "CONFLICT");
        (await product.Anonymous.QueryAsync(Ask)).At("beginPasskeySignIn.errors.0.code").ShouldBe("CONFLICT");
        (await product.Http.GetStringAsync("/settings.json", TestContext.Current.CancellationToken)).ShouldContain(
            "\"passkeys\":false");
    }

    [Theory]
    [InlineData("https://nachrichten.example/x", null, null, "nachrichten.example", "https://nachrichten.example")]
    [InlineData("http://localhost:5080", null, null, "localhost", "http://localhost:5080")]
    [InlineData("https://[::1]:5080", null, null, null, "https://[::1]:5080")]
    [InlineData("https://bücher.example", null, null, "xn--bcher-kva.example", "https://bücher.example")]
    [InlineData(
        "https://a.example", "a.example", "https://a.example, https://b.a.example:8443", "a.example",
        "https://a.example https://b.a.example:8443")]
    public void A_passkey_is_bound_to_the_name_of_the_product(
        string url, string? domain, string? origins, string? bound, string pages)
    {
        var options = PasskeyOptions.Read(Settings(domain, origins), url);
        (options.Domain, string.Join(' ', options.Origins)).ShouldBe((bound, pages));
    }

    [Theory]
    [InlineData("https://a.example", null, "Messaging:Auth:Passkeys:Domain")]
    [InlineData("a.example", "https://evil.example", "Messaging:Auth:Passkeys:Origins")]
    [InlineData("a.example", "https://nota.example", "Messaging:Auth:Passkeys:Origins")]
    [InlineData("a.example", "https://a.example/path", "Messaging:Auth:Passkeys:Origins")]
    public void What_cannot_be_right_is_refused_by_name(string domain, string? origins, string named) =>
        Should
            .Throw<InvalidOperationException>(() =>
                PasskeyOptions.Read(Settings(domain, origins), "https://a.example"))
            .Message.ShouldContain(named);

    private const string Wrong = """{"code":"INVALID","path":["passkey"],"reason":"SECOND_FACTOR_IS_WRONG"}""";
    private const string WrongResponse =
        """{"code":"INVALID","path":["response"],"reason":"SECOND_FACTOR_IS_WRONG"}""";

    private static IConfiguration Settings(string? domain, string? origins) =>
        new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Messaging:Auth:Passkeys:Domain"] = domain,
            ["Messaging:Auth:Passkeys:Origins"] = origins,
        }).Build();

    private static async Task AddAsync(GraphQLClient client, SoftPasskey passkey)
    {
        var began = (await client.QueryAsync(Begin, new { password = Password }))["beginPasskey"]!;
        began.At("errors").ShouldBe("[]");
        var added = await client.QueryAsync(
            Confirm, new { id = began.At("id"), response = passkey.Make(began.At("options")) });
        added.At("confirmPasskey.errors").ShouldBe("[]");
    }

    private static async Task<(string Token, string Options)> ChallengeAsync(RunningProduct product, string email)
    {
        var asked = (await product.Anonymous.QueryAsync(SignIn, new { email, password = Password }))["signIn"]!;
        (asked.At("accessToken"), asked.At("challenge.kinds")).ShouldBe(("", """["PASSKEY"]"""));
        return (asked.At("challenge.token"), asked.At("challenge.passkeyOptions"));
    }

    private static async Task<string> AskAsync(RunningProduct product) =>
        (await product.Anonymous.QueryAsync(Ask)).At("beginPasskeySignIn.options");

    private static async Task<string> CompleteAsync(RunningProduct product, string challenge, string passkey) =>
        Said((await product.Anonymous.QueryAsync(Complete, new { challenge, passkey }))["completeSignIn"]!);

    private static async Task<string> EnterAsync(
        RunningProduct product, string response, string? organisation = null) =>
        Said((await product.Anonymous.QueryAsync(Enter, new { response, organisation }))["signInWithPasskey"]!);

    private static string Said(System.Text.Json.Nodes.JsonNode answer) =>
        answer["errors"]!.AsArray() is [{ } error] ? error.ToJsonString() : answer.At("viewer.email");
}
