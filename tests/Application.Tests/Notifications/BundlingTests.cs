using System.Text.RegularExpressions;
using Messaging.Application.Commands;
using Messaging.Application.Conversations;
using Messaging.Application.Customers;
using Messaging.Application.Tests.Support;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.TestSupport;
using Messaging.TestSupport.Smtp;
using Microsoft.Extensions.DependencyInjection;

namespace Messaging.Application.Tests.Notifications;

/// <summary>Each recipient gets the first of several comments at once, and what follows together.</summary>
public sealed class BundlingTests : IAsyncLifetime
{
    // Long enough for the comments, also on a busy machine.
    private const int Window = 12;

    private RunningProduct _product = null!;
    private Office _office = null!;

    private SmtpServer Mails => _product.Mails;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync() => await _product.DisposeAsync();

    [Fact]
    public async Task Five_comments_in_a_row_are_two_mails_to_each_recipient_and_the_first_goes_at_once()
    {
        await StartAsync();
        var conversation = await BegunAsync();
        string[] ofCustomer = [Address("buchhaltung"), Address("bernd")];
        await CommentAsync(_office.Dieter, conversation, "Nummer 1.");
        foreach (var recipient in ofCustomer)
            await Mails.WaitForMailAsync(m => m.Recipients.Contains(recipient) && m.Text.Contains("Nummer 1."),
                TimeSpan.FromSeconds(Window - 2));
        for (var i = 2; i <= 5; i++) await CommentAsync(_office.Dieter, conversation, $"Nummer {i}.");

        // The profile shows each at once, and none of them has been mailed.
        await UntilAsync("select count(*) = 5 from messaging.notifications where kind = 'CustomerCommented'");
        Mails.Received.ShouldAllBe(m => !m.Text.Contains("Nummer 2."));
        await AllSentAsync();
        foreach (var recipient in ofCustomer)
        {
            var mails = Of(recipient).Where(m => m.Text.Contains("Nummer")).ToList();
            mails.Select(Told).ShouldBe(["1", "2 3 4 5"]);
            mails[1].Message.Subject.ShouldBe(mails[0].Message.Subject);
            mails[1].Text.ShouldContain("In diesem Gespräch gibt es 4 Neuigkeiten.");
            mails[1].Message.InReplyTo.ShouldBe(mails[0].Message.InReplyTo);
            mails[1].Message.References.ShouldBe(mails[0].Message.References);
            (mails[1].ReceivedAt - mails[0].ReceivedAt)
                .ShouldBeInRange(TimeSpan.FromSeconds(Window - 2), TimeSpan.FromSeconds(Window + 8));
        }

        // Budgets count mails. The window is over: the next goes at once, and what the office says, to a contact, too.
        (await _product.ScalarAsync<long>(
            "select count(mailed_at) from messaging.deliveries where kind = 'CustomerCommented'")).ShouldBe(4);
        await CommentAsync(_office.Anna, conversation, "Nummer 6.");
        foreach (var recipient in (string[])[Address("dieter"), Address("bernd")])
            await Mails.WaitForMailAsync(m => m.Recipients.Contains(recipient) && m.Text.Contains("Nummer 6."),
                TimeSpan.FromSeconds(Window - 2));
        for (var i = 7; i <= 10; i++) await CommentAsync(_office.Anna, conversation, $"Nummer {i}.");
        await AllSentAsync();
        Of(Address("dieter")).Where(m => m.Text.Contains("Nummer")).Select(Told).ShouldBe(["6", "7 8 9 10"]);
        Of(Address("bernd")).Where(m => m.Text.Contains("Nummer")).Select(Told)
            .ShouldBe(["1", "2 3 4 5", "6", "7 8 9 10"]);
        Mails.Received.Select(m => m.MessageId).ShouldBeUnique();
    }

    [Fact]
    public async Task The_first_goes_first_also_of_several_that_are_planned_at_once()
    {
        await StartAsync();
        var conversation = await BegunAsync();
        await _product.StopAsync();
        await using (var store = new StoreOn(_product))
        {
            var executor = await StoreFixture.StartExecutorAsync(store.Store, _product.Database);
            for (var i = 1; i <= 9; i++)
                await executor.DoAsync(Office.Comment(_office.Dieter, conversation, $"Nummer {i}."));
            await executor.StopAsync(CancellationToken.None);
        }

        await _product.StartAgainAsync();
        await Mails.WaitForMailAsync(m => m.Text.Contains("Nummer 9."));
        await AllSentAsync();
        foreach (var recipient in (string[])[Address("buchhaltung"), Address("bernd")])
            Of(recipient).Where(m => m.Text.Contains("Nummer")).Select(Told).ShouldBe(["1", "2 3 4 5 6 7 8 9"]);
    }

    [Fact]
    public async Task Two_nodes_and_one_that_stops_send_what_waited_together_and_once()
    {
        await StartAsync(("Messaging:Nodes", "several"));
        await using var other = await _product.StartNodeAsync();
        var conversation = await BegunAsync();
        CommandExecutor[] nodes = [_product.Executor, other.Services.GetRequiredService<CommandExecutor>()];
        for (var i = 1; i <= 6; i++)
            await nodes[i % 2].DoAsync(Office.Comment(_office.Dieter, conversation, $"Nummer {i}."));
        await HeldAsync(10);
        await _product.StopAsync();
        await AllSentAsync();
        foreach (var recipient in (string[])[Address("buchhaltung"), Address("bernd")])
            Of(recipient).Where(m => m.Text.Contains("Nummer")).Select(Told).ShouldBe(["1", "2 3 4 5 6"]);
        Mails.Received.Select(m => m.MessageId).ShouldBeUnique();
    }

    [Fact]
    public async Task What_a_dead_sender_held_of_them_goes_out_together_and_a_refusal_counts_for_all()
    {
        await StartAsync();
        var conversation = await BegunAsync(responsible: false);
        for (var i = 1; i <= 4; i++) await CommentAsync(_office.Dieter, conversation, $"Nummer {i}.");
        await HeldAsync(3);

        // As of one that claimed them and died: nobody renews its lease, and only one of them is looked at.
        await _product.ScalarAsync<object>(
            """
            with l as (select min(try_at) as at, min(id::text)::uuid as id from messaging.deliveries
                where state = 'Pending')
            update messaging.deliveries d set state = 'Sending', mail_id = l.id, attempts = 1,
                lease_until = clock_timestamp() + interval '2 s',
                try_at = case when d.id = l.id then clock_timestamp() + interval '2 s' end,
                mailed_at = case when d.id = l.id then clock_timestamp() end
            from l where state = 'Pending'
            """);
        await AllSentAsync();
        Of(Address("buchhaltung")).Select(Told).ShouldBe(["1", "2 3 4"]);

        await WindowOverAsync();
        for (var i = 5; i <= 8; i++) await CommentAsync(_office.Dieter, conversation, $"Nummer {i}.");
        await HeldAsync(3);
        await Mails.WaitForMailAsync(m => m.Recipients.Contains(Address("buchhaltung")) && Told(m) == "5");
        Mails.Once(SmtpStep.RcptTo, SmtpReaction.Reply(451, "4.3.0 later"), SmtpReaction.Reply(550, "5.1.1 nobody"));
        await UntilAsync(
            "select count(*) = 3 and bool_and(attempts = 2 and last_error like '%nobody%') from messaging.deliveries "
                + "where state = 'Failed'");
        Of(Address("buchhaltung")).Select(Told).ShouldBe(["1", "2 3 4", "5"]);
        (await _product.ScalarAsync<long>("select count(*) from messaging.mail_problems")).ShouldBe(1);
    }

    [Fact]
    public async Task What_is_nobodys_news_any_more_is_left_out_and_nothing_is_sent_of_nothing()
    {
        await StartAsync();
        var (some, none) = (await BegunAsync(), await BegunAsync());
        foreach (var conversation in (Guid[])[some, none])
        {
            await CommentAsync(_office.Anna, conversation, "Nummer 1.");
            await Mails.WaitForMailAsync(m => m.Recipients.Contains(Address("dieter"))
                && m.Text.Contains("Nummer 1.") && m.Text.Contains($"{conversation}"));
        }

        await CommentAsync(_office.Anna, some, "Nummer 2.");
        foreach (var status in (ConversationStatus[])[ConversationStatus.Attention, ConversationStatus.Open])
        {
            foreach (var conversation in (Guid[])[some, none])
                await _product.Executor.DoAsync(new ChangeStatusCommand(_office.Anna, [conversation], status, null));
        }

        await UntilAsync(
            "select count(*) = 2 from messaging.deliveries where kind = 'StatusChanged' and state = 'NotNeeded'");
        await AllSentAsync(but: 2);
        var mails = Of(Address("dieter")).Where(m => m.Text.Contains("Nummer")).ToList();
        mails.Select(Told).ShouldBe(["1", "1", "2"]);

        // The one that is left is told as any other.
        mails[2].Text.ShouldContain("Anna Sommer von Kanzlei Sommer hat in Ihrem Gespräch einen neuen Kommentar");
        mails[2].Text.ShouldNotContain("erwartet");

        // Whoever has left gets none of it.
        await WindowOverAsync();
        for (var i = 3; i <= 5; i++) await CommentAsync(_office.Anna, some, $"Nummer {i}.");
        await UntilAsync("select count(*) = 2 from messaging.deliveries "
            + "where state = 'Pending' and is_bundled and recipient_kind = 'Contact'");
        await _product.Executor.DoAsync(new DeactivateContactCommand(_office.Anna, _office.Dieter.Actor.Id));
        await AllSentAsync(but: 4);
        Of(Address("dieter")).Count(m => m.Text.Contains("Nummer")).ShouldBe(4);
    }

    [Fact]
    public async Task What_was_read_meanwhile_is_not_mailed_to_whoever_wants_that_but_to_the_registered_address()
    {
        await StartAsync(("Messaging:Mail:BundleSeconds", "600"));
        var (some, none) = (await BegunAsync(), await BegunAsync());
        foreach (var conversation in (Guid[])[some, none])
        {
            await CommentAsync(_office.Dieter, conversation, "Nummer 1.");
            await Mails.WaitForMailAsync(m => m.Recipients.Contains(Address("bernd"))
                && m.Text.Contains("Nummer 1.") && m.Text.Contains($"{conversation}"));
        }

        // Bernd wants that, Dieter has never said.
        await WantAsync(_office.Bernd, true);
        await CommentAsync(_office.Anna, none, "Nummer 2.");
        await Mails.WaitForMailAsync(m => m.Recipients.Contains(Address("dieter")) && m.Text.Contains("Nummer 2."));
        await CommentAsync(_office.Anna, none, "Nummer 3.");
        await CommentAsync(_office.Dieter, none, "Nummer 4.");
        await CommentAsync(_office.Dieter, some, "Nummer 2.");
        foreach (var who in (Caller[])[_office.Bernd, _office.Dieter]) await ReadAsync(who, none);
        await ReadAsync(_office.Bernd, some);
        await CommentAsync(_office.Dieter, some, "Nummer 3.");

        // For Bernd three in one and two in the other, one for Dieter, and those for the registered address.
        await HeldAsync(9);
        await DueAsync();
        await UntilAsync("select count(*) = 4 from messaging.deliveries where state = 'NotNeeded' "
            + "and last_error = 'The recipient had read it, and wants no mails of what they have read.' "
            + $"and recipient_id = '{_office.Bernd.Actor.Id}'");
        await AllSentAsync(but: 4);

        // What was no mail is counted as none; what gave the mail its name, whichever that was, goes on counting.
        (await _product.ScalarAsync<bool>(
            """
            select bool_and((m.mailed_at is not null) = (m.mail_id = m.id and exists (
                select from messaging.deliveries s where s.mail_id = m.id and s.state = 'Sent')))
            from messaging.deliveries m where m.is_bundled
            """)).ShouldBeTrue();
        Numbers("bernd").ShouldBe(["1", "1", "3"]);
        Numbers("dieter").ShouldBe(["2", "3"]);
        Numbers("buchhaltung").ShouldBe(["1", "1", "2 3", "4"], ignoreOrder: true);

        // Whose address is the registered one is mailed what they have read.
        await _product.Executor.DoAsync(new Application.Organisation.UpdateOrganisationSettingsCommand(
            _office.Anna, null, Address("bernd").ToUpperInvariant(), null, null, null));
        await WindowOverAsync();
        await CommentAsync(_office.Anna, some, "Nummer 5.");
        await Mails.WaitForMailAsync(m => m.Recipients.Contains(Address("bernd")) && m.Text.Contains("Nummer 5."));
        await CommentAsync(_office.Anna, some, "Nummer 6.");
        await ReadAsync(_office.Bernd, some);
        await HeldAsync(2);
        await DueAsync();
        await AllSentAsync(but: 4);
        Numbers("bernd").ShouldBe(["1", "1", "3", "5", "6"]);
    }

    [Fact]
    public async Task Who_takes_it_back_is_mailed_what_they_have_read()
    {
        await StartAsync(("Messaging:Mail:BundleSeconds", "600"));
        var conversation = await BegunAsync();
        await WantAsync(_office.Bernd, true);
        await CommentAsync(_office.Anna, conversation, "Nummer 1.");
        await Mails.WaitForMailAsync(m => m.Recipients.Contains(Address("bernd")) && m.Text.Contains("Nummer 1."));
        await CommentAsync(_office.Anna, conversation, "Nummer 2.");
        await ReadAsync(_office.Bernd, conversation);
        await WantAsync(_office.Bernd, false);
        await HeldAsync(2);
        await DueAsync();
        await AllSentAsync();
        Numbers("bernd").ShouldBe(["1", "2"]);
    }

    [Fact]
    public async Task What_asks_for_something_of_its_own_waits_for_nothing_and_conversations_stay_apart()
    {
        await StartAsync();
        var (one, another) = (await BegunAsync(), await BegunAsync());
        foreach (var conversation in (Guid[])[one, another])
        {
            for (var i = 1; i <= 3; i++) await CommentAsync(_office.Dieter, conversation, $"Nummer {i}.");
        }

        await HeldAsync(8);
        await _product.Executor.DoAsync(
            new AssignAdministratorCommand(_office.Anna, [one], _office.Carla.Actor.Id));
        await _product.Executor.DoAsync(new NotifyAdministratorsCommand(_office.Anna, Guid.CreateVersion7(), [one]));
        await Mails.WaitForMailAsync(
            m => m.Text.Contains("Sie sind jetzt dafür zuständig", StringComparison.Ordinal)
                && m.Recipients.Contains(Address("carla")),
            TimeSpan.FromSeconds(Window - 2));
        await Mails.WaitForMailAsync(
            m => m.Text.Contains("macht alle Administratoren", StringComparison.Ordinal)
                && m.Recipients.Contains(Address("bernd")),
            TimeSpan.FromSeconds(Window - 2));
        await HeldAsync(8);
        await AllSentAsync();
        Of(Address("buchhaltung")).Select(Told).ShouldBe(["1", "1", "2 3", "2 3"]);
        Of(Address("buchhaltung")).ShouldAllBe(m => m.Message.InReplyTo != null);
    }

    [Fact]
    public async Task A_bundle_of_many_stays_short_and_says_how_many_more_there_are()
    {
        await StartAsync();
        var conversation = await BegunAsync(responsible: false);
        await CommentAsync(_office.Dieter, conversation, "Nummer 1.");
        await Mails.WaitForMailAsync(m => m.Text.Contains("Nummer 1."));
        var longText = string.Concat(Enumerable.Repeat("Ein Satz, der nichts sagt. ", 700));
        await Task.WhenAll(Enumerable.Range(2, 150).Select(i =>
            CommentAsync(_office.Dieter, conversation, $"Nummer {i}. {longText}")));
        await AllSentAsync();
        var mails = Of(Address("buchhaltung"));
        var counted = mails.Sum(m =>
            Regex.Match(m.Text, @"Außerdem (\d+) weitere") is { Success: true } more
                ? int.Parse(more.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) : 0);
        (mails.Sum(m => Told(m).Split(' ').Length) + counted).ShouldBe(151);
        counted.ShouldBeGreaterThan(0);
        mails.ShouldAllBe(m => m.Raw.Length < 150_000);
    }

    [Fact]
    public async Task With_a_window_of_nothing_each_goes_at_once()
    {
        await StartAsync(("Messaging:Mail:BundleSeconds", "0"));
        var conversation = await BegunAsync(responsible: false);
        for (var i = 1; i <= 5; i++) await CommentAsync(_office.Dieter, conversation, $"Nummer {i}.");
        await Mails.WaitForCountAsync(6, TimeSpan.FromSeconds(Window));
        Of(Address("buchhaltung")).Select(Told).ShouldBe(["1", "2", "3", "4", "5"], ignoreOrder: true);
    }

    [Fact]
    public async Task What_nodes_of_before_planned_and_held_goes_out_too()
    {
        await StartAsync();
        var conversation = await BegunAsync(responsible: false);
        for (var i = 1; i <= 4; i++) await CommentAsync(_office.Dieter, conversation, $"Nummer {i}.");
        await HeldAsync(3);

        // They knew no bundles: one held what was beyond the budget; what it planned has its message alone.
        await _product.ScalarAsync<object>(
            """
            with l as (select min(id::text)::uuid as id from messaging.deliveries where state = 'Pending')
            update messaging.deliveries d set is_bundled = null,
                due_at = case when d.id <> l.id then d.due_at end, try_at = case when d.id <> l.id then d.try_at end
            from l where state = 'Pending'
            """);
        var planned = await _product.ScalarAsync<Guid>(
            "select id from messaging.deliveries where state = 'Pending' and due_at is null");
        await using (var scope = _product.Services.CreateAsyncScope())
        {
            await scope.ServiceProvider.GetRequiredService<Wolverine.IMessageBus>()
                .PublishAsync(new Application.Notifications.SendEmail(_office.TenantId, planned));
        }

        await AllSentAsync();
        string.Join(' ', Of(Address("buchhaltung")).Select(Told)).Split(' ').Order()
            .ShouldBe(["1", "2", "3", "4"]);
        Mails.Received.Select(m => m.MessageId).ShouldBeUnique();
    }

    private async Task StartAsync(params (string Key, string Value)[] settings)
    {
        var all = new Dictionary<string, string> { ["Messaging:Mail:BundleSeconds"] = $"{Window}" };
        foreach (var (key, value) in settings) all[key] = value;
        _product = await RunningProduct.StartAsync([.. all.Select(s => (s.Key, s.Value))]);
        _office = await Office.OpenAsync(_product.Executor);
    }

    /// <summary>A conversation of the office, told so long ago that nothing follows that.</summary>
    private async Task<Guid> BegunAsync(bool responsible = true)
    {
        var conversation = await _office.ConverseAsync(
            _product.Executor, responsible: responsible ? _office.Bernd.Actor.Id : null);
        await UntilAsync($"select count(*) > 0 from messaging.deliveries where conversation_id = '{conversation}'");
        await AllSentAsync();
        await WindowOverAsync();
        return conversation;
    }

    private Task<object?> WindowOverAsync() => _product.ScalarAsync<object>(
        "update messaging.deliveries set mailed_at = mailed_at - interval '11 minutes' where mailed_at is not null");

    // What waits is due, without waiting for it.
    private Task<object?> DueAsync() => _product.ScalarAsync<object>(
        "update messaging.deliveries set due_at = clock_timestamp(), try_at = clock_timestamp() "
            + "where state = 'Pending' and is_bundled");

    private string[] Numbers(string name) =>
        [.. Of(Address(name)).Where(m => m.Text.Contains("Nummer")).Select(Told)];

    private Task<CommandOutcome> WantAsync(Caller who, bool unlessRead) => _product.Executor.DoAsync(
        new Application.Notifications.UpdateNotificationPreferencesCommand(who, null, null)
        {
            EmailUnlessRead = unlessRead,
        });

    private Task<CommandOutcome> ReadAsync(Caller who, Guid conversation) =>
        _product.Executor.DoAsync(new MarkConversationReadCommand(who, conversation));

    private Task<CommandOutcome> CommentAsync(Caller by, Guid conversation, string body) =>
        _product.Executor.DoAsync(Office.Comment(by, conversation, body));

    private string Address(string name) => Office.AddressOf(name, _office.Id);

    private List<ReceivedMail> Of(string recipient) => [.. Mails.Received.Where(m => m.Recipients.Contains(recipient))];

    // What a test that waits in vain says: where each delivery stands.
    private const string Ledger =
        """
        select string_agg(to_jsonb(d)::text, chr(10) order by d.occurred_at, d.id)
        from (select id, kind, recipient_kind, address, state, attempts, mail_id, is_bundled, due_at, try_at, mailed_at,
            sent_at, lease_until, lease_holder, last_error, occurred_at from messaging.deliveries) d
        """;

    private Task HeldAsync(int count) => UntilAsync(
        $"select count(*) = {count} from messaging.deliveries where state = 'Pending' and is_bundled");

    private async Task AllSentAsync(int but = 0)
    {
        await UntilAsync("select last_seq_id = (select max(seq_id) from messaging.mt_events) "
            + "from messaging.mt_event_progression where name = 'notifications:All'");
        await UntilAsync($"select count(*) = {but} from messaging.deliveries where state <> 'Sent'");
    }

    private async Task UntilAsync(string sql)
    {
        try
        {
            await Waiting.UntilAsync(() => _product.ScalarAsync<bool>(sql), TimeSpan.FromMinutes(4));
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}\n{sql}\n{await _product.ScalarAsync<string>(Ledger)}", e);
        }
    }

    private static string Told(ReceivedMail mail) =>
        string.Join(' ', Regex.Matches(mail.Text, @"Nummer (\d+)\.").Select(m => m.Groups[1].Value));
}
