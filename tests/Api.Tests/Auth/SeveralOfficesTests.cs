using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Messaging.TestSupport.Product;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Auth;

/// <summary>Somebody whom several offices know by one address reaches each of them.</summary>
public sealed class SeveralOfficesTests
{
    private const string Email = "gruber@mehrere.example";
    private const string Chosen = "Zwetschgen 27 x";
    private const string SignIn =
        "mutation($i: SignInInput!) { signIn(input: $i) { accessToken sessionId viewer { organisation { name } } "
            + "organisations { id name } errors { code message path reason } } }";

    [Fact]
    public async Task One_password_at_several_offices_opens_each_of_them()
    {
        await using var product = await RunningProduct.StartAsync();
        await JoinAsync(product, "anna.sommer@kanzlei-sommer.example", "Kanzlei Sommer", Chosen);
        await JoinAsync(product, "owner@treuhand-nord.example", "Treuhand Nord", Chosen);

        // As a client of before asks, at the one that is oldest.
        var oldest = await SignInAsync(product, new { email = Email, password = Chosen });
        oldest.At("viewer.organisation.name").ShouldBe("Kanzlei Sommer");
        var offices = oldest["organisations"]!
            .AsArray()
            .ToDictionary(office => office.At("name"), office => office.At("id"));
        offices.Keys.ShouldBe(["Kanzlei Sommer", "Treuhand Nord"]);

        // Asked which, nobody is signed in yet.
        var asked = await SignInAsync(product, new { email = Email, password = Chosen, chooseOrganisation = true });
        (asked.At("accessToken"), asked.At("sessionId"), asked.At("viewer")).ShouldBe(("", "", ""));
        asked["organisations"]!.ToJsonString().ShouldBe(oldest["organisations"]!.ToJsonString());
        (asked.At("errors.0.code"), asked.At("errors.0.path.0"), asked.At("errors.0.reason")).ShouldBe(
            ("CONFLICT", "organisationId", "ORGANISATION_IS_NEEDED"));

        foreach (var (name, organisationId) in offices)
        {
            var there = await SignInAsync(
                product,
                new
                {
                    email = Email,
                    password = Chosen,
                    organisationId,
                    chooseOrganisation = true,
                }
            );
            there.At("viewer.organisation.name").ShouldBe(name);
            (
                await new GraphQLClient(product.Http, there.At("accessToken")).QueryAsync(
                    "{ viewer { organisation { name } } }")
            )
                .At("viewer.organisation.name")
                .ShouldBe(name);
        }

        // Neither with another password nor at another's office, and nothing tells the one from the other.
        var wrong = (
            await SignInAsync(
                product,
                new
                {
                    email = Email,
                    password = "geraten geraten",
                    chooseOrganisation = true,
                }
            )
        ).ToJsonString();
        wrong.ShouldContain("\"organisations\":[]");
        foreach (var organisationId in offices.Values.Concat([Guid.NewGuid().ToString(), "nonsense"]))
            (
                await SignInAsync(
                    product,
                    new
                    {
                        email = Email,
                        password = "geraten geraten",
                        organisationId,
                    }
                )
            ).ToJsonString().ShouldBe(wrong);
        foreach (var organisationId in (string[])[Guid.NewGuid().ToString(), "nonsense", ""])
            (
                await SignInAsync(
                    product,
                    new
                    {
                        email = Email,
                        password = Chosen,
                        organisationId,
                    }
                )
            ).ToJsonString().ShouldBe(wrong);
    }

    [Fact]
    public async Task Another_password_at_each_office_says_which_is_meant()
    {
        await using var product = await RunningProduct.StartAsync();
        await JoinAsync(product, "anna.sommer@kanzlei-sommer.example", "Kanzlei Sommer", Chosen);
        await JoinAsync(product, "owner@treuhand-nord.example", "Treuhand Nord", "Mirabellen 28 y");
        foreach (
            var (password, name) in ((string, string)[])
                [(Chosen, "Kanzlei Sommer"), ("Mirabellen 28 y", "Treuhand Nord")]
        )
        {
            var answer = await SignInAsync(product, new { email = Email, password, chooseOrganisation = true });
            (answer.At("viewer.organisation.name"), answer["organisations"]!.AsArray().Count).ShouldBe((name, 1));
        }
    }

    private static async Task JoinAsync(RunningProduct product, string by, string office, string password)
    {
        var owner = await product.SignInAsync(by);
        var customerId = (await owner.QueryAsync("{ customers(first: 1) { nodes { id } } }")).At(
            "customers.nodes.0.id");
        await owner.QueryAsync(
            "mutation($i: InviteContactInput!) { inviteContact(input: $i) { errors { code } } }",
            new
            {
                i = new
                {
                    customerId,
                    email = Email,
                    displayName = "Gerda Gruber",
                },
            }
        );
        var mail = await product.Mail.WaitForMailAsync(m =>
            m.Recipients.Contains(Email) && m.Text.Contains(office, StringComparison.Ordinal)
        );
        var token = Regex.Match(mail.Message.TextBody!, "#token=([A-Za-z0-9_-]{43})").Groups[1].Value;
        (
            await product.Anonymous.QueryAsync(
                "mutation($token: String!, $password: String!) { acceptInvitation(input: { token: $token, "
                    + "password: $password }) { errors { code message } } }",
                new { token, password }
            )
        )
            .At("acceptInvitation.errors")
            .ShouldBe("[]");
    }

    private static async Task<JsonNode> SignInAsync(RunningProduct product, object i) =>
        (await product.Anonymous.QueryAsync(SignIn, new { i }))["signIn"]!;
}
