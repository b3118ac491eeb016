using System.Diagnostics;
using Messaging.Api.Email;
using Messaging.Application.Notifications;
using Messaging.TestSupport;
using Messaging.TestSupport.Smtp;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Email;

public class SmtpEmailSenderTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_mail_arrives_at_its_recipient_as_the_server_acknowledged_it()
    {
        await using var server = SmtpServer.Start();
        await using var sender = Mails.Sender(server);

        await sender.SendAsync(Mails.Comment(), Cancellation);

        var mail = server.Received.ShouldHaveSingleItem();
        mail.Acknowledged.ShouldBeTrue();
        mail.From.ShouldBe("nachrichten@kanzlei.example");
        mail.Recipients.ShouldBe(["anna.berger@kanzlei-berger.example"]);
        mail.Message.Subject.ShouldBe("Belege für das dritte Quartal (Müller GmbH)");
        mail.Text.ShouldContain("> Viele Grüße");
        server.Violations.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Servers_with_few_extensions_take_it_too(bool pipelining)
    {
        await using var server = SmtpServer.Start(
            new()
            {
                Pipelining = pipelining,
                EightBitMime = false,
                SmtpUtf8 = false,
            }
        );
        await using var sender = Mails.Sender(server);

        await sender.SendAsync(Mails.Comment(), Cancellation);

        server
            .Received.ShouldHaveSingleItem()
            .Message.Subject.ShouldNotBeNull()
            .ShouldContain("Belege für das dritte Quartal");
        server.Violations.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("PLAIN")]
    [InlineData("LOGIN")]
    public async Task It_authenticates_where_the_server_demands_it(string mechanism)
    {
        await using var server = SmtpServer.Start(
            new() { Credentials = ("büro", " p@ss wörd "), AuthMechanisms = [mechanism] });
        await using var sender = Mails.Sender(server, settings: Mails.Credentials("büro", " p@ss wörd "));

        await sender.SendAsync(Mails.Comment(), Cancellation);

        server.Received.ShouldHaveSingleItem().User.ShouldBe("büro");
    }

    [Fact]
    public async Task Wrong_credentials_lose_no_mail()
    {
        await using var server = SmtpServer.Start(new() { Credentials = ("office", "right") });
        await using var sender = Mails.Sender(server, settings: Mails.Credentials("office", "Tr0ub4dor"));

        var failure = await ShouldBeDelayedAsync(sender);

        failure.Message.ShouldContain("authenticate");
        failure.ToString().ShouldNotContain("Tr0ub4dor");
        server.Received.ShouldBeEmpty();
    }

    [Fact]
    public async Task Credentials_that_are_demanded_but_not_configured_lose_no_mail()
    {
        await using var server = SmtpServer.Start(new() { Credentials = ("office", "right") });
        await using var sender = Mails.Sender(server);

        await ShouldBeDelayedAsync(sender);
    }

    [Theory]
    [InlineData("starttls")]
    [InlineData("auto")]
    public async Task STARTTLS_encrypts_before_anything_is_said(string security)
    {
        await using var server = SmtpServer.Start(new() { StartTls = true, Credentials = ("office", "secret") });
        await using var sender = Mails.Sender(server, security, settings: Mails.Credentials("office", "secret"));

        await sender.SendAsync(Mails.Comment(), Cancellation);

        server.Received.ShouldHaveSingleItem().Secure.ShouldBeTrue();
        CommandsOf(server).Take(4).ShouldBe(["EHLO", "STARTTLS", "EHLO", "AUTH"]);
        server.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task TLS_from_the_first_byte_works()
    {
        await using var server = SmtpServer.Start(new() { ImplicitTls = true });
        await using var sender = Mails.Sender(server, "tls");

        await sender.SendAsync(Mails.Comment(), Cancellation);

        server.Received.ShouldHaveSingleItem().Secure.ShouldBeTrue();
    }

    [Fact]
    public async Task STARTTLS_never_falls_back_to_plain_where_the_server_does_not_offer_it()
    {
        await using var server = SmtpServer.Start(new() { StartTls = false, Credentials = ("office", "secret") });
        await using var sender = Mails.Sender(server, "starttls", settings: Mails.Credentials("office", "secret"));

        await ShouldBeDelayedAsync(sender);

        CommandsOf(server).ShouldNotContain("AUTH");
        CommandsOf(server).ShouldNotContain("MAIL");
    }

    public static TheoryData<string> BadStartTls => ["refused", "garbage", "dropped", "silent"];

    [Theory]
    [MemberData(nameof(BadStartTls))]
    public async Task A_STARTTLS_that_goes_wrong_is_our_fault_and_loses_no_mail(string how)
    {
        await using var server = SmtpServer.Start(new() { StartTls = true });
        server.Always(SmtpStep.StartTls, how switch
        {
            "refused" => SmtpReaction.Reply(454, "4.7.0 TLS not available"),
            "garbage" => SmtpReaction.Garbage,
            "dropped" => SmtpReaction.Drop,
            _ => SmtpReaction.Silence,
        });
        await using var sender = Mails.Sender(server, "starttls", timeouts: Mails.Impatient);

        await ShouldBeDelayedAsync(sender);

        CommandsOf(server).ShouldNotContain("MAIL");
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_not_accepted()
    {
        await using var server = SmtpServer.Start(new() { StartTls = true });
        await using var sender = Mails.Sender(server, "starttls", trusted: false);

        await ShouldBeDelayedAsync(sender);

        server.Received.ShouldBeEmpty();
    }

    // 0.0.0.0 leads to this machine, too, but does not say so: it stands for a server anywhere. The second server is
    // the first with STARTTLS taken out on the way.
    [Fact]
    public async Task With_auto_nothing_goes_to_another_machine_unencrypted()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There nothing listens on 0.0.0.0.");
        await using var offers = SmtpServer.Start(new() { StartTls = true });
        await using (var sender = Mails.Sender(offers, "auto", settings: ("Messaging:Smtp:Host", "0.0.0.0")))
            await sender.SendAsync(Mails.Invitation(), Cancellation);
        offers.Received.ShouldHaveSingleItem().Secure.ShouldBeTrue();

        await using var stripped = SmtpServer.Start();
        await using (var sender = Mails.Sender(stripped, "auto", settings: ("Messaging:Smtp:Host", "0.0.0.0")))
        {
            (await ShouldBeDelayedAsync(sender)).Message.ShouldContain("Set Messaging:Smtp:Security to none");
            CommandsOf(stripped).ShouldNotContain("MAIL");
        }

        await using (var allowed = Mails.Sender(stripped, "none", settings: ("Messaging:Smtp:Host", "0.0.0.0")))
            await allowed.SendAsync(Mails.Invitation(), Cancellation);
        await using (var local = Mails.Sender(stripped, "auto"))
            await local.SendAsync(Mails.Invitation(), Cancellation);
        stripped.Received.Select(mail => mail.Secure).ShouldBe([false, false]);
    }

    [Fact]
    public async Task With_auto_a_password_is_never_sent_unencrypted()
    {
        await using var server = SmtpServer.Start(new() { Credentials = ("office", "secret") });
        await using var sender = Mails.Sender(server, "auto", settings: Mails.Credentials("office", "secret"));

        var failure = await ShouldBeDelayedAsync(sender);

        failure.Message.ShouldContain("Messaging:Smtp:Security");
        CommandsOf(server).ShouldNotContain("AUTH");
    }

    [Theory]
    [InlineData(SmtpStep.MailFrom, 550)]
    [InlineData(SmtpStep.RcptTo, 550)]
    [InlineData(SmtpStep.RcptTo, 551)]
    [InlineData(SmtpStep.RcptTo, 553)]
    [InlineData(SmtpStep.Data, 554)]
    [InlineData(SmtpStep.Content, 550)]
    [InlineData(SmtpStep.Content, 552)]
    [InlineData(SmtpStep.Content, 554)]
    public async Task A_5xx_is_final(SmtpStep step, int code)
    {
        await using var server = SmtpServer.Start();
        server.Once(step, SmtpReaction.Reply(code, "5.1.1 no such mailbox"));
        await using var sender = Mails.Sender(server);

        var refusal = await Should.ThrowAsync<EmailRefusedException>(() =>
            sender.SendAsync(Mails.Comment(), Cancellation)
        );

        refusal.Message.ShouldStartWith($"{code} ");
        refusal.Message.ShouldContain("no such mailbox");
        server.Received.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(SmtpStep.Connect, 421)]
    [InlineData(SmtpStep.Connect, 554)]
    [InlineData(SmtpStep.Ehlo, 421)]
    [InlineData(SmtpStep.MailFrom, 451)]
    [InlineData(SmtpStep.MailFrom, 530)]
    [InlineData(SmtpStep.RcptTo, 421)]
    [InlineData(SmtpStep.RcptTo, 450)]
    [InlineData(SmtpStep.RcptTo, 451)]
    [InlineData(SmtpStep.Data, 451)]
    [InlineData(SmtpStep.Content, 421)]
    [InlineData(SmtpStep.Content, 451)]
    [InlineData(SmtpStep.Content, 452)]
    public async Task A_4xx_and_faults_of_our_own_are_passing_and_the_next_try_succeeds(SmtpStep step, int code)
    {
        await using var server = SmtpServer.Start();
        server.Once(step, SmtpReaction.ReplyThenDrop(code, "4.7.1 come again later"));
        if (step == SmtpStep.Ehlo) server.Once(step, SmtpReaction.ReplyThenDrop(code));
        await using var sender = Mails.Sender(server, timeouts: Mails.Impatient);
        var email = Mails.Comment();

        var delay = await ShouldBeDelayedAsync(sender, email);
        delay.By.ShouldBe(
            step >= SmtpStep.RcptTo && code != 421 ? EmailDelay.Recipient : EmailDelay.Server, delay.Message);
        server.Received.ShouldBeEmpty();
        server.BehaveAgain();
        await sender.SendAsync(email, Cancellation);

        server.Received.ShouldHaveSingleItem();
        server.SessionCount.ShouldBe(2);
    }

    [Fact]
    public async Task A_refused_connection_is_passing()
    {
        await using var server = SmtpServer.Start();
        await using var sender = Mails.Sender(server);
        await server.StopListeningAsync();

        await ShouldBeDelayedAsync(sender);

        server.ListenAgain();
        await sender.SendAsync(Mails.Comment(), Cancellation);
        server.Received.ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData(SmtpStep.Connect)]
    [InlineData(SmtpStep.Ehlo)]
    [InlineData(SmtpStep.MailFrom)]
    [InlineData(SmtpStep.RcptTo)]
    [InlineData(SmtpStep.Data)]
    public async Task A_server_that_falls_silent_is_given_up_on_in_time(SmtpStep step)
    {
        await using var server = SmtpServer.Start();
        server.Once(step, SmtpReaction.Silence);
        await using var sender = Mails.Sender(server, timeouts: Mails.Impatient);
        var watch = Stopwatch.StartNew();

        var delay = await ShouldBeDelayedAsync(sender);

        delay.By.ShouldBe(
            step is SmtpStep.RcptTo or SmtpStep.Data ? EmailDelay.Recipient : EmailDelay.Server,
            "From the recipient on, others' mails may well be taken.");
        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(4));
    }

    [Fact]
    public async Task A_reply_that_drips_is_given_up_on_in_time()
    {
        await using var server = SmtpServer.Start();
        server.Once(SmtpStep.MailFrom, SmtpReaction.Proceed with { PerByte = TimeSpan.FromMilliseconds(400) });
        await using var sender = Mails.Sender(
            server,
            timeouts: Mails.Impatient with
            {
                Total = TimeSpan.FromSeconds(2),
            }
        );
        var watch = Stopwatch.StartNew();

        await ShouldBeDelayedAsync(sender);

        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task The_reply_to_the_content_may_take_longer_than_the_others()
    {
        await using var server = SmtpServer.Start();
        server.Once(SmtpStep.Content, SmtpReaction.After(TimeSpan.FromSeconds(2)));
        await using var sender = Mails.Sender(
            server,
            timeouts: Mails.Impatient with
            {
                ContentReply = TimeSpan.FromSeconds(30),
                Total = TimeSpan.FromSeconds(30),
            }
        );

        await sender.SendAsync(Mails.Comment(), Cancellation);

        server.Received.ShouldHaveSingleItem().Acknowledged.ShouldBeTrue();
    }

    [Fact]
    public void The_product_waits_ten_minutes_for_the_reply_to_the_content()
    {
        SmtpTimeouts.Default.ContentReply.ShouldBe(TimeSpan.FromMinutes(10));
    }

    [Fact]
    public async Task A_connection_dropped_before_the_250_leaves_the_outcome_open_and_a_copy_has_the_same_Message_ID()
    {
        await using var server = SmtpServer.Start();
        server.Once(SmtpStep.Content, SmtpReaction.KeepThenDrop);
        await using var sender = Mails.Sender(server);
        var email = Mails.Comment();

        await ShouldBeDoubtfulAsync(sender, email);
        await sender.SendAsync(email, Cancellation);

        server.Received.Select(mail => mail.Acknowledged).ShouldBe([false, true]);
        server.Received.Select(mail => mail.MessageId).Distinct().ShouldHaveSingleItem()
            .ShouldBe($"{email.DeliveryId:N}@kanzlei.example");
    }

    [Fact]
    public async Task No_answer_to_the_content_leaves_the_outcome_open_and_none_before_it_does_not()
    {
        await using var server = SmtpServer.Start();

        // Of the other replies none is too late, whatever else this machine does.
        await using var sender = Mails.Sender(
            server, timeouts: SmtpTimeouts.Default with { ContentReply = TimeSpan.FromSeconds(1) });

        server.Once(SmtpStep.Content, SmtpReaction.Silence);
        await ShouldBeDoubtfulAsync(sender, Mails.Comment());
        server.Once(SmtpStep.Content, SmtpReaction.Drop);
        await ShouldBeDoubtfulAsync(sender, Mails.Comment());
        server.Once(SmtpStep.Data, SmtpReaction.Drop);
        (await ShouldBeDelayedAsync(sender)).By.ShouldBe(EmailDelay.Recipient);
        server.Once(SmtpStep.MailFrom, SmtpReaction.Drop);
        (await ShouldBeDelayedAsync(sender)).By.ShouldBe(EmailDelay.Server);

        server.Received.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_connection_dropped_after_the_250_does_not_matter()
    {
        await using var server = SmtpServer.Start();
        server.Once(SmtpStep.Content, SmtpReaction.ProceedThenDrop);
        await using var sender = Mails.Sender(server);

        await sender.SendAsync(Mails.Comment(), Cancellation);
        await sender.SendAsync(Mails.Comment(), Cancellation);

        server.Received.Count.ShouldBe(2);
        server.SessionCount.ShouldBe(2);
    }

    [Fact]
    public async Task Mails_that_follow_share_a_connection()
    {
        await using var server = SmtpServer.Start();
        await using var sender = Mails.Sender(server);

        for (var i = 0; i < 3; i++) await sender.SendAsync(Mails.Comment(), Cancellation);

        server.Received.Count.ShouldBe(3);
        server.SessionCount.ShouldBe(1);
        server.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_kept_connection_that_has_died_is_replaced()
    {
        await using var server = SmtpServer.Start();
        await using var sender = Mails.Sender(server);
        await sender.SendAsync(Mails.Comment(), Cancellation);

        server.DropConnections();
        await sender.SendAsync(Mails.Comment(), Cancellation);

        server.Received.Count.ShouldBe(2);
        server.SessionCount.ShouldBe(2);
    }

    [Fact]
    public async Task A_kept_connection_on_which_the_server_has_enough_is_replaced()
    {
        await using var server = SmtpServer.Start();
        await using var sender = Mails.Sender(server);
        await sender.SendAsync(Mails.Comment(), Cancellation);

        server.Once(SmtpStep.Noop, SmtpReaction.ReplyThenDrop(421, "4.7.0 enough"));
        await sender.SendAsync(Mails.Comment(), Cancellation);

        server.Received.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_connection_on_which_something_went_wrong_is_not_used_again()
    {
        await using var server = SmtpServer.Start();
        server.Once(SmtpStep.RcptTo, SmtpReaction.Reply(550, "no"));
        await using var sender = Mails.Sender(server);

        await Should.ThrowAsync<EmailRefusedException>(() => sender.SendAsync(Mails.Comment(), Cancellation));
        await sender.SendAsync(Mails.Comment(), Cancellation);

        server.Received.ShouldHaveSingleItem().Session.ShouldBe(2);
    }

    [Fact]
    public async Task Unused_connections_are_closed_after_a_while()
    {
        await using var server = SmtpServer.Start();
        await using var sender = Mails.Sender(
            server,
            timeouts: SmtpTimeouts.Default with
            {
                Idle = TimeSpan.FromMilliseconds(200),
            }
        );

        await sender.SendAsync(Mails.Comment(), Cancellation);

        await Waiting.UntilAsync(() => server.OpenSessions == 0);
        CommandsOf(server)[^1].ShouldBe("QUIT");
    }

    [Fact]
    public async Task Told_to_stop_it_still_waits_a_moment_for_a_mail_under_way()
    {
        await using var server = SmtpServer.Start();
        server.Once(SmtpStep.Content, SmtpReaction.After(TimeSpan.FromSeconds(1)));
        await using var sender = Mails.Sender(server);
        using var stopping = new CancellationTokenSource();

        var sending = sender.SendAsync(Mails.Comment(), stopping.Token);
        await Waiting.UntilAsync(() => CommandsOf(server).Contains("DATA"));
        await stopping.CancelAsync();
        await sending;

        server.Received.ShouldHaveSingleItem().Acknowledged.ShouldBeTrue();
    }

    [Fact]
    public async Task Told_to_stop_it_gives_up_on_a_server_that_does_not_answer()
    {
        await using var server = SmtpServer.Start();
        server.Once(SmtpStep.Content, SmtpReaction.Silence);
        await using var sender = Mails.Sender(
            server,
            timeouts: SmtpTimeouts.Default with
            {
                Farewell = TimeSpan.FromMilliseconds(300),
            }
        );
        using var stopping = new CancellationTokenSource();

        var sending = sender.SendAsync(Mails.Comment(), stopping.Token);
        await Waiting.UntilAsync(() => CommandsOf(server).Contains("DATA"));
        await stopping.CancelAsync();

        await Should.ThrowAsync<EmailOutcomeUnknownException>(() => sending);
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("a@b@c")]
    [InlineData("@example.org")]
    [InlineData("a@")]
    [InlineData("")]
    [InlineData("a b@example.org")]
    [InlineData("Anna <a@example.org>")]
    [InlineData("a@example.org, b@example.org")]
    [InlineData("a@example.org;b@example.org")]
    [InlineData("a@example.org\r\nRCPT TO:<evil@example.org>")]
    [InlineData("a@example.org>\r\nDATA")]
    [InlineData("a@example.org\nBcc: evil@example.org")]
    [InlineData("a\0@example.org")]
    [InlineData("a\u202E@example.org")]
    [InlineData("a\u200B@example.org")]
    [InlineData("a@exa mple.org")]
    [InlineData("a@example..org")]
    [InlineData("a@-example.org")]
    [InlineData(".a@example.org")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123456789@example.org")]
    public async Task An_address_no_server_could_take_is_refused_before_anything_is_said(string address)
    {
        await using var server = SmtpServer.Start();
        await using var sender = Mails.Sender(server);

        await Should.ThrowAsync<EmailRefusedException>(() =>
            sender.SendAsync(Mails.Comment() with { To = address }, Cancellation)
        );

        server.SessionCount.ShouldBe(0);
    }

    [Theory]
    [InlineData("anna@müller.example", "anna@xn--mller-kva.example")]
    [InlineData("o'neil+belege@sub.example.org", "o'neil+belege@sub.example.org")]
    public async Task Addresses_with_a_name_of_any_letters_are_written_as_every_server_reads_them(
        string address, string expected)
    {
        await using var server = SmtpServer.Start(new() { SmtpUtf8 = false });
        await using var sender = Mails.Sender(server);

        await sender.SendAsync(Mails.Comment() with { To = address }, Cancellation);

        server.Received.ShouldHaveSingleItem().Recipients.ShouldBe([expected]);
        server.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_address_beyond_ASCII_needs_a_server_with_SMTPUTF8()
    {
        var email = Mails.Comment() with { To = "jürgen@müller.example" };
        await using var able = SmtpServer.Start();
        await using var ableSender = Mails.Sender(able);
        await using var unable = SmtpServer.Start(new() { SmtpUtf8 = false });
        await using var unableSender = Mails.Sender(unable);

        await ableSender.SendAsync(email, Cancellation);
        await Should.ThrowAsync<EmailRefusedException>(() => unableSender.SendAsync(email, Cancellation));

        var mail = able.Received.ShouldHaveSingleItem();
        mail.Recipients.ShouldHaveSingleItem().ShouldStartWith("jürgen@");
        mail.Message.To.Mailboxes.Single().LocalPart.ShouldBe("jürgen");
        able.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task Line_ends_in_names_and_subjects_make_no_headers()
    {
        const string Attack = "x\r\nBcc: evil@example.org\r\n\r\n<b>body</b>";
        await using var server = SmtpServer.Start();
        await using var sender = Mails.Sender(server);

        await sender.SendAsync(Mails.Comment() with
        {
            ToName = Attack,
            OrganisationName = Attack,
            Subject = Attack,
            CustomerName = Attack,
            ActorName = Attack,
            FileNames = [Attack],
        }, Cancellation);

        var mail = server.Received.ShouldHaveSingleItem();
        mail.Recipients.ShouldBe(["anna.berger@kanzlei-berger.example"]);
        mail.Message.Bcc.ShouldBeEmpty();
        mail.Message.Headers.Select(header => header.Field).ShouldNotContain("Bcc");
        mail.Message.To.Count.ShouldBe(1);
        mail.Message.From.Count.ShouldBe(1);
        mail.Message.Subject.ShouldNotBeNull().ShouldNotContain("\n");
        mail.Message.BodyParts.Count().ShouldBe(2);
        server.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task Long_lines_lone_dots_and_odd_characters_arrive_as_written()
    {
        var longLine = string.Concat(Enumerable.Repeat("Überlänge ", 300)).Trim();
        await using var server = SmtpServer.Start(new() { EightBitMime = false, SmtpUtf8 = false });
        await using var sender = Mails.Sender(server);

        await sender.SendAsync(
            Mails.Comment() with
            {
                Body = $".\r\n..\r\n.QUIT\r\nFrom here\r\n{longLine}\r\n😀 \u0000 \uD800 ende",
            },
            Cancellation
        );

        var mail = server.Received.ShouldHaveSingleItem();
        var text = mail.Text.ReplaceLineEndings("\n");
        text.ShouldContain("> .\n> ..\n> .QUIT\n> From here\n");
        text.ShouldContain($"> {longLine}\n");
        text.ShouldContain("> 😀  \uFFFD ende");
        server.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_a_refusal_says_can_be_kept_it_is_short_clean_and_without_the_address()
    {
        await using var server = SmtpServer.Start();
        server.Once(
            SmtpStep.RcptTo,
            SmtpReaction.Reply(
                550, "5.1.1 <Anna.Berger@kanzlei-berger.example>: \u0007\u0000user unknown", new string('x', 1_500))
        );
        await using var sender = Mails.Sender(server);

        var refusal = await Should.ThrowAsync<EmailRefusedException>(() =>
            sender.SendAsync(Mails.Comment(), Cancellation)
        );

        refusal.Message.ShouldContain("user unknown");
        refusal.Message.Length.ShouldBeLessThan(400);
        refusal.Message.ShouldAllBe(c => !char.IsControl(c));
        refusal.ToString().ShouldNotContain("anna.berger");
    }

    [Fact]
    public async Task A_disposed_sender_leaves_no_connection_open()
    {
        await using var server = SmtpServer.Start();
        var sender = Mails.Sender(server);
        await sender.SendAsync(Mails.Comment(), Cancellation);

        await sender.DisposeAsync();

        await Waiting.UntilAsync(() => server.OpenSessions == 0);
    }

    private static async Task<EmailDelayedException> ShouldBeDelayedAsync(
        SmtpEmailSender sender,
        OutgoingEmail? email = null
    ) => await Should.ThrowAsync<EmailDelayedException>(() => sender.SendAsync(email ?? Mails.Comment(), Cancellation));

    private static async Task ShouldBeDoubtfulAsync(SmtpEmailSender sender, OutgoingEmail email) =>
        await Should.ThrowAsync<EmailOutcomeUnknownException>(() => sender.SendAsync(email, Cancellation));

    private static List<string> CommandsOf(SmtpServer server) =>
        [.. server.Commands.Select(command => command.Split(' ')[1])];
}
