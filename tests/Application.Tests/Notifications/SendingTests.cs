using System.Diagnostics;
using Messaging.Application.Commands;
using Messaging.Application.Customers;
using Messaging.Application.Tests.Support;
using Messaging.TestSupport;
using Messaging.TestSupport.Smtp;

namespace Messaging.Application.Tests.Notifications;

/// <summary>
/// Whatever the mail server, the network or our own process do: no mail is lost, and few are doubled.
/// </summary>
public sealed class SendingTests : IAsyncLifetime
{
    private RunningProduct _product = null!;
    private Office _office = null!;
    private Guid _conversation;

    private SmtpServer Mails => _product.Mails;

    public async ValueTask InitializeAsync()
    {
        _product = await RunningProduct.StartAsync();
        _office = await Office.OpenAsync(_product.Executor);
        _conversation = await _office.ConverseAsync(_product.Executor);
        await Mails.WaitForCountAsync(1);
        await AllSentAsync();
    }

    public async ValueTask DisposeAsync() => await _product.DisposeAsync();

    [Fact]
    public async Task What_the_server_had_without_an_answer_is_perhaps_sent_and_tried_once_more_after_ten_minutes()
    {
        Mails.Always(SmtpStep.Content, SmtpReaction.KeepThenDrop);
        await CommentAsync("in doubt");
        await WaitForStateAsync("PerhapsSent");
        (await ScalarAsync<bool>("select try_at - clock_timestamp() between '9 minutes' and '10 minutes' and "
            + "perhaps_until = try_at from messaging.deliveries where state = 'PerhapsSent'")).ShouldBeTrue();
        (await ScalarAsync<bool>("select is_perhaps from messaging.mail_problems")).ShouldBeTrue();
        (await ScalarAsync<string>("select reason from messaging.mail_problems"))!.ShouldContain("perhaps");
        InDoubt().Count.ShouldBe(1);

        await TenMinutesLaterAsync();
        await WaitForAsync("select perhaps_until = 'infinity' from messaging.deliveries where state = 'PerhapsSent'");
        InDoubt().Count.ShouldBe(2);
        (await ScalarAsync<long>("select count(*) from messaging.deliveries where try_at is not null")).ShouldBe(0);

        // Never again, also not by a message that says so; the address is well with the next mail that is taken.
        Mails.BehaveAgain();
        await _product.StopAsync();
        await _product.StartAgainAsync();
        await CommentAsync("taken");
        await Mails.WaitForMailAsync(m => m.Text.Contains("taken", StringComparison.Ordinal));
        await WaitForAsync("select count(*) = 0 from messaging.mail_problems");
        InDoubt().Count.ShouldBe(2);
        InDoubt().Select(m => m.MessageId).Distinct().Count().ShouldBe(1);
        (await ScalarAsync<long>("select count(*) from messaging.deliveries where state = 'PerhapsSent'")).ShouldBe(1);
    }

    [Fact]
    public async Task What_was_perhaps_sent_is_sent_when_the_other_try_is_taken()
    {
        Mails.Once(SmtpStep.Content, SmtpReaction.Drop);
        await CommentAsync("in doubt");
        await WaitForStateAsync("PerhapsSent");
        await TenMinutesLaterAsync();
        await WaitForStateAsync("Sent");
        InDoubt().Count.ShouldBe(1);
        (await ScalarAsync<long>("select count(*) from messaging.mail_problems")).ShouldBe(0);
    }

    [Fact]
    public async Task A_server_that_is_well_again_is_noticed_within_seconds()
    {
        await Mails.StopListeningAsync();
        Mails.DropConnections();
        for (var i = 0; i < 10; i++) await CommentAsync($"while it is down {i}");
        await WaitForAsync("select sum(attempts) > 1 from messaging.deliveries where state <> 'Sent'");
        await Task.Delay(TimeSpan.FromSeconds(8), TestContext.Current.CancellationToken);
        Mails.ListenAgain();
        var clock = Stopwatch.StartNew();
        await Mails.WaitForCountAsync(11, TimeSpan.FromSeconds(60));

        // It asks every 20 s at most, and all go with the first.
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(40));
        await AllSentAsync();
        Mails.Received.Select(m => m.MessageId).ShouldBeUnique();
    }

    [Fact]
    public async Task As_many_connections_as_are_set_have_mails_under_way()
    {
        await using var product = await RunningProduct.StartAsync(("Messaging:Smtp:Connections", "3"));
        product.Mails.Always(SmtpStep.Content, SmtpReaction.After(TimeSpan.FromMilliseconds(50)));
        var office = await Office.OpenAsync(product.Executor);
        var conversation = await office.ConverseAsync(product.Executor, notifyAll: true);
        await Task.WhenAll(Enumerable.Range(0, 15).Select(i =>
            product.Executor.DoAsync(Office.Comment(office.Dieter, conversation, $"Nummer {i}"))));
        await product.Mails.WaitForCountAsync(63, TimeSpan.FromSeconds(60));
        product.Mails.SessionCount.ShouldBeInRange(1, 3);
        product.Mails.Received.Select(m => m.MessageId).ShouldBeUnique();
    }

    [Fact]
    public async Task A_silent_domain_holds_up_nobody_else()
    {
        var silent = "erna@silent.example";
        await _product.Executor.DoAsync(
            new InviteContactCommand(_office.Anna, Guid.CreateVersion7(), _office.CustomerId, silent, "Erna", "none"));
        Mails.AlwaysTo(silent, SmtpReaction.Silence);
        for (var i = 0; i < 40; i++)
            await _product.Executor.DoAsync(Office.Comment(_office.Anna, _conversation, $"Nummer {i}"));
        await WaitForAsync(
            $"select count(*) = 40 from messaging.deliveries where address <> '{silent}' "
                + "and kind = 'AdministratorCommented' and state = 'Sent'");
        (await ScalarAsync<long>(
            $"select count(*) from messaging.deliveries where address = '{silent}' and state = 'Sending'")
        ).ShouldBeInRange(1, 2);

        // As of an idle machine; ./dev faults mail-slow-recipient says what it is there.
        (await ScalarAsync<double>(
            $"""
            select percentile_cont(0.5) within group (order by extract(epoch from sent_at - created_at))
            from messaging.deliveries where address <> '{silent}' and kind = 'AdministratorCommented'
            """)).ShouldBeLessThan(10);
    }

    [Fact]
    public async Task What_a_dead_sender_held_goes_out_when_its_lease_ends()
    {
        Mails.Always(SmtpStep.RcptTo, SmtpReaction.Reply(450, "later"));
        await CommentAsync("held");
        await WaitForAsync("select last_error is not null from messaging.deliveries where state = 'Pending'");
        Mails.BehaveAgain();

        // As of a claim whose process died, or whose answer got lost: nobody renews it, and no message has it.
        await ScalarAsync<object>(
            """
            update messaging.deliveries set state = 'Sending', mail_id = id, attempts = attempts + 1,
                lease_until = clock_timestamp() + interval '3 s', try_at = clock_timestamp() + interval '3 s'
            where state = 'Pending'
            """);
        await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        Mails.Received.Count.ShouldBe(1);
        await Mails.WaitForCountAsync(2);
        await AllSentAsync();
    }

    [Fact]
    public async Task A_mail_under_way_for_longer_than_a_lease_is_renewed_and_sent_once()
    {
        Mails.Once(
            SmtpStep.Content,
            SmtpReaction.After(Application.Notifications.Deliveries.Lease + TimeSpan.FromSeconds(10)));
        await CommentAsync("slow");
        await WaitForStateAsync("Sent");
        Mails.Received.Count(m => m.Text.Contains("slow", StringComparison.Ordinal)).ShouldBe(1);
        (await ScalarAsync<int>("select max(attempts) from messaging.deliveries")).ShouldBe(1);
    }

    [Fact]
    public async Task What_its_recipients_server_does_not_take_for_two_days_is_given_up_visibly()
    {
        Mails.Always(SmtpStep.RcptTo, SmtpReaction.Reply(450, "4.2.2 mailbox full"));
        await CommentAsync("full");
        await WaitForAsync("select last_error is not null from messaging.deliveries where state = 'Pending'");
        (await ScalarAsync<bool>("select try_at - clock_timestamp() < '7 seconds' from messaging.deliveries "
            + "where state = 'Pending'")).ShouldBeTrue();
        (await ScalarAsync<long>("select count(*) from messaging.mail_problems")).ShouldBe(0);
        await ScalarAsync<object>(
            "update messaging.deliveries set mailed_at = mailed_at - interval '48 hours', try_at = now() "
                + "where state = 'Pending'");
        await WaitForStateAsync("Failed");
        (await ScalarAsync<string>("select reason from messaging.mail_problems"))!.ShouldContain("mailbox full");
    }

    [Fact]
    public async Task Deliveries_of_the_version_before_go_on()
    {
        await Mails.StopListeningAsync();
        Mails.DropConnections();
        for (var i = 0; i < 3; i++) await CommentAsync($"before {i}");
        await WaitForAsync("select count(*) = 3 from messaging.deliveries where state <> 'Sent'");
        await _product.StopAsync();

        // As they were left: one in flight, under a lease of 20 minutes; one put back, with its message at some later
        // time; and one given up.
        await ScalarAsync<object>(
            """
            with three as (
                select id, row_number() over (order by created_at, id) as n from messaging.deliveries
                where state <> 'Sent')
            update messaging.deliveries d set try_at = null, perhaps_until = null, attempts = n, mail_id = d.id,
                state = case n when 1 then 'Sending' when 2 then 'Pending' else 'Failed' end,
                lease_until = case n when 1 then clock_timestamp() + interval '20 minutes' end,
                created_at = created_at - interval '20 minutes', mailed_at = clock_timestamp()
            from three where three.id = d.id
            """);
        await ScalarAsync<object>("delete from wolverine.wolverine_incoming_envelopes");
        Mails.ListenAgain();
        await _product.StartAgainAsync();
        await Mails.WaitForCountAsync(3);
        await WaitForAsync("select count(*) = 3 from messaging.deliveries where state = 'Sent'");
        (await ScalarAsync<long>("select count(*) from messaging.deliveries where state = 'Failed'")).ShouldBe(1);
        Mails.Received.Count.ShouldBe(3);
    }

    private List<ReceivedMail> InDoubt() =>
        [.. Mails.Received.Where(m => m.Text.Contains("in doubt", StringComparison.Ordinal))];

    private Task<CommandOutcome> CommentAsync(string body) =>
        _product.Executor.DoAsync(Office.Comment(_office.Dieter, _conversation, body));

    private Task<object?> TenMinutesLaterAsync() => ScalarAsync<object>(
        "update messaging.deliveries set try_at = clock_timestamp(), perhaps_until = clock_timestamp() "
            + "where state = 'PerhapsSent'");

    private Task WaitForStateAsync(string state) =>
        WaitForAsync(
            $"select bool_and(state = '{state}') from messaging.deliveries where kind = 'CustomerCommented'");

    private Task AllSentAsync() =>
        WaitForAsync("select bool_and(state = 'Sent') from messaging.deliveries");

    private Task WaitForAsync(string sql) =>
        Waiting.UntilAsync(() => ScalarAsync<bool>(sql), TimeSpan.FromSeconds(90));

    private Task<T?> ScalarAsync<T>(string sql) => _product.ScalarAsync<T>(sql);
}
