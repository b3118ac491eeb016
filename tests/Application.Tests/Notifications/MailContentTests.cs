using Messaging.Application.Commands;
using Messaging.Application.Conversations;
using Messaging.Application.Customers;
using Messaging.Application.Organisation;
using Messaging.Application.Tests.Support;
using Messaging.Domain.Conversations;
using Messaging.Domain.Organisation;
using Messaging.TestSupport;
using Messaging.TestSupport.Smtp;

namespace Messaging.Application.Tests.Notifications;

/// <summary>Whoever must not have texts in plain mail is told that there is something new, and no more.</summary>
public sealed class MailContentTests : IAsyncLifetime
{
    private RunningProduct _product = null!;
    private Office _office = null!;

    private SmtpServer Mails => _product.Mails;

    public async ValueTask InitializeAsync()
    {
        _product = await RunningProduct.StartAsync();
        _office = await Office.OpenAsync(_product.Executor);
    }

    public async ValueTask DisposeAsync() => await _product.DisposeAsync();

    [Theory]
    [InlineData(MailContent.Full, false, true, true)]
    [InlineData(MailContent.Full, true, false, false)]
    [InlineData(MailContent.RegisteredAddressOnly, false, false, true)]
    [InlineData(MailContent.RegisteredAddressOnly, true, false, true)]
    [InlineData(MailContent.None, false, false, false)]
    [InlineData(MailContent.None, true, false, false)]
    public async Task What_an_office_and_a_customer_chose_decides_on_what_mails_say(
        MailContent ofOffice, bool withoutForCustomer, bool people, bool registered)
    {
        await ChooseAsync(ofOffice);
        await ChooseAsync(withoutForCustomer);
        var conversation = await _office.ConverseAsync(_product.Executor, responsible: _office.Bernd.Actor.Id);
        await _product.Executor.DoAsync(Office.Comment(_office.Dieter, conversation, "Meine Zahlen sind geheim."));
        await _product.Executor.DoAsync(
            new ChangeStatusCommand(_office.Anna, [conversation], ConversationStatus.Attention, null));
        await AllSentAsync(5);

        var root = Mails.Received.Select(m => m.Message.InReplyTo).Distinct().ShouldHaveSingleItem();
        root!.ShouldContain(conversation.ToString("N"));
        foreach (var mail in Mails.Received)
        {
            var isRegistered = mail.Recipients.Contains(Address("buchhaltung"));
            if (isRegistered ? registered : people)
            {
                mail.Message.Subject!.ShouldContain("Belege für März");
                continue;
            }

            mail.Message.Subject.ShouldBe("Sie haben eine neue Nachricht");
            mail.Text.ShouldContain("Kanzlei Sommer");
            mail.Text.ShouldContain($"https://messaging.example/conversations/{conversation}");
            foreach (var part in (string[])[mail.Message.Subject!, mail.Text, mail.Html])
            {
                foreach (
                    var content in (string[])
                        [
                            "Belege", "Zahlen", "Krause", "Dieter", "Anna", "Bernd", "erwartet", "zuständig",
                            "Kommentar", "senden",
                        ])
                    part.ShouldNotContain(content);
            }
        }
    }

    [Fact]
    public async Task It_counts_at_once_also_for_what_is_planned_and_can_be_taken_back()
    {
        var conversation = await _office.ConverseAsync(_product.Executor);
        await AllSentAsync(1);
        await Mails.StopListeningAsync();
        Mails.DropConnections();
        await _product.Executor.DoAsync(Office.Comment(_office.Dieter, conversation, "Meine Zahlen sind geheim."));

        // An attempt that still goes on has its text already: it is to have failed.
        await UntilAsync("select count(*) = 1 from messaging.deliveries where state = 'Pending' and attempts > 0");
        await ChooseAsync(MailContent.None);
        Mails.ListenAgain();
        await AllSentAsync(2);
        Mails.Received[^1].Text.ShouldNotContain("geheim");

        await ChooseAsync(MailContent.Full);
        await _product.Executor.DoAsync(Office.Comment(_office.Dieter, conversation, "Das darf man lesen."));
        await AllSentAsync(3);
        Mails.Received[^1].Text.ShouldContain("Das darf man lesen.");
    }

    private Task<CommandOutcome> ChooseAsync(MailContent content) =>
        _product.Executor.DoAsync(
            new UpdateOrganisationSettingsCommand(_office.Anna, null, null, null, null, null)
            {
                MailContent = content,
            });

    private Task<CommandOutcome> ChooseAsync(bool without) =>
        _product.Executor.DoAsync(
            new UpdateCustomerCommand(_office.Bernd, _office.CustomerId, null, null, null, null)
            {
                MailsWithoutContent = without,
            });

    private string Address(string name) => Office.AddressOf(name, _office.Id);

    private Task AllSentAsync(int count) =>
        UntilAsync($"select count(*) = {count} and bool_and(state = 'Sent') from messaging.deliveries");

    private Task UntilAsync(string sql) =>
        Waiting.UntilAsync(() => _product.ScalarAsync<bool>(sql), TimeSpan.FromSeconds(90));
}
