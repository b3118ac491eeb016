using System.Text.RegularExpressions;
using Messaging.Application.Commands;
using Messaging.Application.Tests.Support;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.TestSupport;
using Messaging.TestSupport.Smtp;
using Microsoft.Extensions.DependencyInjection;

namespace Messaging.Application.Tests.Notifications;

/// <summary>Whoever writes much causes few mails, and nobody misses anything of it.</summary>
public sealed class BudgetTests : IAsyncLifetime
{
    private RunningProduct _product = null!;
    private Office _office = null!;

    private SmtpServer Mails => _product.Mails;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync() => await _product.DisposeAsync();

    [Fact]
    public async Task Two_hundred_comments_are_a_handful_of_mails_to_each_that_list_them_also_over_a_restart()
    {
        await StartAsync(("AtOnce", "3"), ("WindowSeconds", "8"));
        var conversation = await _office.ConverseAsync(_product.Executor, notifyAll: true);
        await Task.WhenAll(
            Enumerable.Range(1, 200).Select(i => CommentAsync(_office.Dieter, conversation, $"Nummer {i}.")));
        string[] recipients = [Address("buchhaltung"), Address("anna"), Address("bernd"), Address("carla")];
        foreach (var recipient in recipients)
            await Mails.WaitForAsync(
                _ => Of(recipient).Count(m => m.Message.TextBody!.Contains("Nummer ")) >= 3, TimeSpan.FromSeconds(60));
        await Waiting.UntilAsync(async () =>
            await _product.ScalarAsync<long>("select count(*) from messaging.deliveries where due_at is not null") > 0
        );
        await _product.StopAsync();
        await _product.StartAgainAsync();
        await SentAsync(4 * 200);

        foreach (var recipient in recipients)
        {
            var mails = Of(recipient).Where(m => m.Message.TextBody!.Contains("Nummer ")).ToList();
            mails.Count.ShouldBeInRange(4, 6);
            var (told, counted) = Told(mails);
            told.ShouldBeUnique();
            (told.Count + counted).ShouldBe(200);
            told.Count.ShouldBeGreaterThan(50);
        }

        (
            await _product.ScalarAsync<long>(
                "select count(*) from messaging.notifications where kind = 'CustomerCommented'")
        ).ShouldBe(600);
        Mails.Received.Select(m => m.Message.MessageId).ShouldBeUnique();
    }

    [Fact]
    public async Task Others_are_told_at_once_beside_somebody_who_writes_much_and_customers_get_no_internal_notes()
    {
        await StartAsync(("AtOnce", "2"), ("WindowSeconds", "20"));
        var (noisy, quiet) = (
            await _office.ConverseAsync(_product.Executor), await _office.ConverseAsync(_product.Executor));
        for (var i = 1; i <= 6; i++)
        {
            await CommentAsync(_office.Dieter, noisy, $"Nummer {i}.");
            await CommentAsync(_office.Anna, noisy, $"Antwort {i}.");
            await CommentAsync(_office.Anna, noisy, $"Geheim {i}.", CommentVisibility.Internal);
        }

        await Mails.WaitForMailAsync(m => m.Message.TextBody!.Contains("Nummer 1"));
        await CommentAsync(await ContactAsync("erna"), quiet, "Von Erna.");
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var ernas = await Mails.WaitForMailAsync(m => m.Message.TextBody!.Contains("Von Erna."));
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(15));
        ernas.Message.TextBody!.ShouldNotContain("Nummer");

        await Waiting.UntilAsync(
            async () =>
                await _product.ScalarAsync<long>("select count(*) from messaging.deliveries where state <> 'Sent'")
                == 0,
            TimeSpan.FromSeconds(60)
        );
        var toDieter = Of(Address("dieter"));
        toDieter.Count.ShouldBe(3);

        // Each once, and together but for what went at once: those of the conversations, mostly.
        var told = toDieter
            .ConvertAll(m => Enumerable.Range(1, 6).Count(i => m.Message.TextBody!.Contains($"Antwort {i}.")));
        told.Sum().ShouldBe(6);
        told.Max().ShouldBeGreaterThanOrEqualTo(4);
        Mails
            .Received.Where(m => !m.Recipients.Contains(Address("anna")))
            .ShouldAllBe(m => !m.Message.TextBody!.Contains("Geheim"));
        Of(Address("buchhaltung")).Count(m => m.Message.TextBody!.Contains("Nummer")).ShouldBe(3);
    }

    [Fact]
    public async Task What_is_beyond_an_hours_mails_goes_together_after_a_pause_also_from_two_nodes()
    {
        await StartAsync(("AtOnce", "100"), ("PerSenderAndHour", "4"), ("PauseSeconds", "3"), ("Nodes", "several"));
        await using var other = await _product.StartNodeAsync();
        CommandExecutor[] nodes = [_product.Executor, other.Services.GetRequiredService<CommandExecutor>()];
        var conversation = await _office.ConverseAsync(_product.Executor);
        await Task.WhenAll(
            Enumerable
                .Range(1, 40)
                .Select(i => nodes[i % 2].DoAsync(Office.Comment(_office.Dieter, conversation, $"Nummer {i}.")))
        );
        await SentAsync(40);

        var mails = Of(Address("buchhaltung"));
        mails.Count.ShouldBeInRange(5, 7);
        var (told, counted) = Told(mails);
        told.ShouldBeUnique();
        (told.Count + counted).ShouldBe(40);
    }

    [Fact]
    public async Task A_mail_of_several_that_is_put_off_or_refused_counts_for_all_of_them()
    {
        // Long enough for the comments, also on a busy machine.
        await StartAsync(("AtOnce", "1"), ("WindowSeconds", "6"));
        var conversation = await _office.ConverseAsync(_product.Executor);
        await CommentAsync(_office.Dieter, conversation, "Nummer 1.");
        await Mails.WaitForMailAsync(m => m.Message.TextBody!.Contains("Nummer 1."));

        // Also the one about the conversation itself, to the customer: or that is the one that is put off.
        await Waiting.UntilAsync(async () =>
            await _product.ScalarAsync<long>("select count(*) from messaging.deliveries where state = 'Sent'") == 2
        );
        for (var i = 2; i <= 4; i++)
            await CommentAsync(_office.Dieter, conversation, $"Nummer {i}.");
        Mails.Once(SmtpStep.RcptTo, SmtpReaction.Reply(451, "4.3.0 later"));
        await SentAsync(4);
        Of(Address("buchhaltung")).Count.ShouldBe(2);
        (
            await _product.ScalarAsync<long>(
                "select count(*) from messaging.deliveries where kind = 'CustomerCommented' and attempts = 2")
        ).ShouldBe(3);

        await CommentAsync(_office.Dieter, conversation, "Nummer 5.");
        await SentAsync(5);
        for (var i = 6; i <= 8; i++)
            await CommentAsync(_office.Dieter, conversation, $"Nummer {i}.");
        await Waiting.UntilAsync(async () =>
            await _product.ScalarAsync<long>(
                "select count(*) from messaging.deliveries where state = 'Pending' and due_at is not null") == 3
        );
        Mails.Once(SmtpStep.RcptTo, SmtpReaction.Reply(550, "5.1.1 no such user"));
        await Waiting.UntilAsync(
            async () =>
                await _product.ScalarAsync<long>("select count(*) from messaging.deliveries where state = 'Failed'")
                == 3,
            TimeSpan.FromSeconds(60)
        );
    }

    private async Task StartAsync(params (string Key, string Value)[] limits)
    {
        _product = await RunningProduct.StartAsync([
            .. limits.Select(l => (l.Key == "Nodes" ? "Messaging:Nodes" : $"Messaging:Mail:{l.Key}", l.Value)),
        ]);
        _office = await Office.OpenAsync(_product.Executor);
    }

    private Task<CommandOutcome> CommentAsync(
        Caller by,
        Guid conversation,
        string body,
        CommentVisibility visibility = CommentVisibility.Public
    ) => _product.Executor.DoAsync(Office.Comment(by, conversation, body, visibility: visibility));

    private async Task<Caller> ContactAsync(string name)
    {
        var id = Guid.CreateVersion7();
        await _product.Executor.DoAsync(
            new Application.Customers.InviteContactCommand(
                _office.Anna, id, _office.CustomerId, Address(name), name, "none")
        );
        return new Caller(_office.TenantId, new Actor.Contact(id, _office.CustomerId));
    }

    private string Address(string name) => Office.AddressOf(name, _office.Id);

    private List<ReceivedMail> Of(string recipient) => [.. Mails.Received.Where(m => m.Recipients.Contains(recipient))];

    private Task SentAsync(int comments) =>
        Waiting.UntilAsync(
            async () =>
                await _product.ScalarAsync<long>(
                    "select count(*) from messaging.deliveries where kind = 'CustomerCommented' and state = 'Sent'"
                ) == comments,
            TimeSpan.FromSeconds(90)
        );

    // What the mails say, and how many more they speak of.
    private static (List<string> Told, int Counted) Told(List<ReceivedMail> mails) =>
        (
            [.. mails.SelectMany(m => Regex.Matches(m.Message.TextBody!, @"Nummer \d+\.").Select(n => n.Value))],
            mails.Sum(m =>
                Regex.Match(m.Message.TextBody!, @"Außerdem (\d+) weitere") is { Success: true } more
                    ? int.Parse(more.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)
                    : 0
            )
        );
}
