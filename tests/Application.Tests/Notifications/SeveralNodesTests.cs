using Messaging.Application.Commands;
using Messaging.Application.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Messaging.Application.Tests.Notifications;

/// <summary>Two nodes share the work of telling.</summary>
public sealed class SeveralNodesTests
{
    [Fact]
    public async Task Two_nodes_tell_of_each_event_once_and_one_goes_on_when_the_other_stops()
    {
        await using var product = await RunningProduct.StartAsync(("Messaging:Nodes", "several"));
        var second = await product.StartNodeAsync();
        var office = await Office.OpenAsync(product.Executor);
        var conversation = await office.ConverseAsync(product.Executor, responsible: office.Bernd.Actor.Id);
        CommandExecutor[] nodes = [product.Executor, second.Services.GetRequiredService<CommandExecutor>()];
        for (var i = 0; i < 10; i++) await nodes[i % 2].DoAsync(Office.Comment(office.Dieter, conversation, $"{i}"));
        await product.Mails.WaitForCountAsync(22, TimeSpan.FromSeconds(60));

        await product.StopAsync();
        for (var i = 10; i < 15; i++) await nodes[1].DoAsync(Office.Comment(office.Dieter, conversation, $"{i}"));
        await product.Mails.WaitForCountAsync(32, TimeSpan.FromSeconds(120));
        await second.DisposeAsync();

        product.Mails.Received.Count.ShouldBe(32);
        product.Mails.Received.Select(m => m.Message.MessageId).Distinct().Count().ShouldBe(32);
        (await product.ScalarAsync<long>("select count(*) from messaging.notifications")).ShouldBe(17);
    }
}
