using System.Diagnostics;
using Messaging.Application.Tests.Support;
using Messaging.Domain.Conversations;

namespace Messaging.Application.Tests.Notifications;

/// <summary>From a command to the mails and the profiles, through the whole product.</summary>
public sealed class NotificationsTests
{
    [Fact]
    public async Task A_customers_comment_reaches_the_registered_address_and_the_responsible_administrator_within_seconds()
    {
        await using var product = await RunningProduct.StartAsync();
        var office = await Office.OpenAsync(product.Executor);
        var conversation = await office.ConverseAsync(product.Executor, status: ConversationStatus.Attention, responsible: office.Bernd.Actor.Id);
        await product.Mails.WaitForCountAsync(1);

        var clock = Stopwatch.StartNew();
        await product.Executor.DoAsync(Office.Comment(office.Dieter, conversation, "Hier sind sie."));
        var mails = (await product.Mails.WaitForCountAsync(3)).Skip(1).ToList();
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(5));
        mails.SelectMany(m => m.Recipients).Order().ShouldBe([Office.AddressOf("bernd", office.Id), Office.AddressOf("buchhaltung", office.Id)]);
    }
}
