using Messaging.TestSupport.Product;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Security;

/// <summary>
/// A customer who calls themselves like somebody of the office stays a customer for whoever reads a mail.
/// </summary>
public sealed class BorrowedNameTests
{
    [Fact]
    public async Task A_customer_who_is_called_like_a_colleague_is_told_from_them_in_each_mail()
    {
        await using var product = await RunningProduct.StartAsync();
        var owner = await product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        await owner.QueryAsync(
            "mutation { updateOrganisationSettings(input: { customersMayStartConversations: true }) { errors { "
                + "message } } }"
        );
        var dieter = await product.SignInAsync("dieter.krause@baeckerei-krause.example");
        (
            await dieter.QueryAsync(
                """mutation { updateProfile(input: { displayName: "Anna Sommer" }) { errors { code } } }"""
            )
        )
            .At("updateProfile.errors")
            .ShouldBe("[]");

        var created = await dieter.QueryAsync(
            """mutation($customerId: ID!) { createConversation(input: { customerId: $customerId, """
                + """subject: "Neue Bankverbindung", body: "Bitte überweist ab heute hierhin." }) { conversation { """
                + """id } errors { code message } } }""",
            new { customerId = (await dieter.QueryAsync("{ viewer { customer { id } } }")).At("viewer.customer.id") });
        created.At("createConversation.errors").ShouldBe("[]");
        var mail = await product.Mail.WaitForMailAsync(
            m => m.Text.Contains("Bitte überweist ab heute hierhin.", StringComparison.Ordinal),
            TimeSpan.FromSeconds(60));
        mail.Message.Subject.ShouldBe("Neue Bankverbindung (Bäckerei Krause GmbH)");
        mail.Text.ShouldContain("Anna Sommer (Bäckerei Krause GmbH) hat ein neues Gespräch begonnen.");
        mail.Text.ShouldContain("Anna Sommer (Bäckerei Krause GmbH) schrieb:");

        await dieter.QueryAsync(
            "mutation($id: ID!) { addComment(input: { conversationId: $id, body: \"Es eilt!\" }) { errors { code } } }",
            new { id = created.At("createConversation.conversation.id") });
        mail = await product.Mail.WaitForMailAsync(
            m => m.Text.Contains("Es eilt!", StringComparison.Ordinal), TimeSpan.FromSeconds(60));
        mail.Message.Subject.ShouldBe("Neue Bankverbindung (Bäckerei Krause GmbH)");
    }
}
