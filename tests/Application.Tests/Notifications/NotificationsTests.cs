using System.Diagnostics;
using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Application.Conversations;
using Messaging.Application.Customers;
using Messaging.Application.Notifications;
using Messaging.Application.Organisation;
using Messaging.Application.Tests.Support;
using Messaging.Domain.Conversations;
using Messaging.Domain.Notifications;
using Messaging.Projections.Storage;
using Messaging.TestSupport;
using Messaging.TestSupport.Smtp;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Wolverine;

namespace Messaging.Application.Tests.Notifications;

/// <summary>From a command to the mails and the profiles, through the whole product.</summary>
public sealed class NotificationsTests : IAsyncLifetime
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

    [Fact]
    public async Task A_customers_comment_reaches_the_registered_address_and_who_is_responsible_within_seconds()
    {
        var conversation = await ConversationAsync(_office.Bernd);
        await Mails.WaitForCountAsync(2);
        var clock = Stopwatch.StartNew();
        await CommentAsync(_office, conversation, "Hier sind sie: <b>alle</b>.");
        var mails = (await Mails.WaitForCountAsync(4)).Skip(2).ToList();

        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(5));
        mails.SelectMany(m => m.Recipients).Order().ShouldBe([Address("bernd"), Address("buchhaltung")]);

        // Answers reach the office; to its own address there is nothing to say of that.
        mails.Single(m => m.Recipients.Contains(Address("bernd"))).Message.ReplyTo.Mailboxes
            .ShouldHaveSingleItem().Address.ShouldBe(Address("buchhaltung"));
        mails.Single(m => m.Recipients.Contains(Address("buchhaltung"))).Message.ReplyTo.ShouldBeEmpty();

        // People choose by kind which mails they get; the registered address gets them all.
        foreach (var mail in mails)
            mail.Text.Contains("/profile#notifications", StringComparison.Ordinal)
                .ShouldBe(!mail.Recipients.Contains(Address("buchhaltung")));
        var text = mails[0].Message.TextBody!;
        text.ShouldContain("Dieter Krause");
        text.ShouldContain("Belege für März");
        text.ShouldContain("Hier sind sie: <b>alle</b>.");
        text.ShouldContain($"https://messaging.example/conversations/{conversation}");
        (await NotificationsAsync(_office)).ShouldBe(
            ["Assigned bernd", "ConversationCreated dieter", "CustomerCommented bernd"], ignoreOrder: true);
        (
            await _product.ScalarAsync<string>("select string_agg(distinct state, ',') from messaging.deliveries")
        ).ShouldBe("Sent");
    }

    [Fact]
    public async Task Every_event_of_a_conversation_is_told_once_to_whom_it_concerns()
    {
        var conversation = await ConversationAsync(_office.Bernd, notifyAll: true);
        await CommentAsync(_office, conversation, "text");
        await _product.Executor.DoAsync(
            Office.Comment(_office.Carla, conversation, "internal", visibility: CommentVisibility.Internal));
        await _product.Executor.DoAsync(
            new AssignAdministratorCommand(_office.Anna, [conversation], _office.Carla.Actor.Id));
        var action = new NotifyAdministratorsCommand(_office.Anna, Guid.CreateVersion7(), [conversation]);
        await _product.Executor.DoAsync(action);
        await _product.Executor.DoAsync(action with { });
        await Mails.WaitForCountAsync(3 + 4 + 2 + 1 + 2);
        await QuietAsync();

        (await DeliveriesAsync(_office)).ShouldBe(
            [
                "Assigned bernd", "ConversationCreated carla", "ConversationCreated dieter",
                "CustomerCommented anna", "CustomerCommented bernd", "CustomerCommented buchhaltung",
                "CustomerCommented carla", "AdministratorCommented anna", "AdministratorCommented bernd",
                "Assigned carla", "AdministratorsNotified bernd", "AdministratorsNotified carla"
            ],
            ignoreOrder: true
        );
        (await NotificationsAsync(_office)).ShouldBe(
            [
                "Assigned bernd", "ConversationCreated carla", "ConversationCreated dieter", "CustomerCommented anna",
                "CustomerCommented bernd", "CustomerCommented carla", "AdministratorCommented anna",
                "AdministratorCommented bernd", "Assigned carla", "AdministratorsNotified bernd",
                "AdministratorsNotified carla"
            ],
            ignoreOrder: true
        );
        Mails.Received.Count.ShouldBe(12);
        Mails
            .Received.Where(m => m.Recipients.Contains(Address("dieter")))
            .ShouldAllBe(m => !m.Message.TextBody!.Contains("internal"));
        Mails.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task Who_was_responsible_when_it_happened_is_told_whoever_became_so_before_it_was_planned()
    {
        await _product.StopAsync();
        await using var store = new StoreOn(_product);
        var executor = await StoreFixture.StartExecutorAsync(store.Store, _product.Database);
        var create = _office.Create(responsible: _office.Bernd.Actor.Id);
        await executor.DoAsync(create);
        await executor.DoAsync(Office.Comment(_office.Dieter, create.Id, "to Bernd"));
        await executor.DoAsync(new AssignAdministratorCommand(_office.Anna, [create.Id], _office.Carla.Actor.Id));
        await executor.DoAsync(Office.Comment(_office.Dieter, create.Id, "to Carla"));
        await executor.DoAsync(new AssignAdministratorCommand(_office.Anna, [create.Id], null));
        await executor.DoAsync(Office.Comment(_office.Dieter, create.Id, "to nobody"));
        await executor.DoAsync(new AssignAdministratorCommand(_office.Anna, [create.Id], _office.Anna.Actor.Id));
        await executor.StopAsync(CancellationToken.None);
        await _product.StartAgainAsync();
        await Mails.WaitForCountAsync(2 + 2 + 1 + 2 + 1);
        await QuietAsync();

        Mails.Received.Count.ShouldBe(8);
        (await NotificationsAsync(_office)).ShouldBe(
            [
                "Assigned bernd", "ConversationCreated dieter", "CustomerCommented bernd", "Assigned carla",
                "CustomerCommented carla", "CustomerCommented anna", "CustomerCommented bernd",
                "CustomerCommented carla",
            ],
            ignoreOrder: true);
    }

    [Fact]
    public async Task Who_is_invited_before_something_is_planned_is_not_told_what_happened_before()
    {
        await _product.StopAsync();
        await using var store = new StoreOn(_product);
        var executor = await StoreFixture.StartExecutorAsync(store.Store, _product.Database);
        var create = _office.Create(notifyAll: true);
        await executor.DoAsync(create);
        await executor.DoAsync(Office.Comment(_office.Dieter, create.Id, "before"));
        await executor.DoAsync(
            new InviteAdministratorCommand(
                _office.Anna, Guid.CreateVersion7(), "neu@office.example", "Nora Neu", Domain.Role.Administrator));
        await executor.DoAsync(
            new InviteContactCommand(
                _office.Anna, Guid.CreateVersion7(), _office.CustomerId, "neu@customer.example", "Kai Neu"));
        await executor.DoAsync(Office.Comment(_office.Dieter, create.Id, "after"));
        await executor.StopAsync(CancellationToken.None);
        await _product.StartAgainAsync();
        await Mails.WaitForMailAsync(m =>
            m.Recipients.Contains("neu@office.example")
            && m.Message.TextBody!.Contains("after", StringComparison.Ordinal));
        await QuietAsync();

        var told = Mails.Received.Where(m => m.Recipients.Any(r => r.StartsWith("neu@", StringComparison.Ordinal)));
        told.ShouldNotContain(m => m.Message.TextBody!.Contains("before", StringComparison.Ordinal));
        told.Count(m => m.Recipients.Contains("neu@customer.example")).ShouldBe(1);
    }

    [Fact]
    public async Task A_comment_that_sets_a_status_is_one_mail_that_says_both()
    {
        var conversation = await ConversationAsync(null);
        var comment = Office.Comment(_office.Anna, conversation, "Welche Belege fehlen?") with
        {
            Status = ConversationStatus.Attention,
            ExpectedVersion = 2,
        };
        await _product.Executor.DoAsync(comment);
        await _product.Executor.DoAsync(comment with { });
        await Mails.WaitForCountAsync(2);
        await QuietAsync();

        (await DeliveriesAsync(_office)).ShouldBe(
            ["ConversationCreated dieter", "AdministratorCommented dieter"], ignoreOrder: true);
        (await NotificationsAsync(_office)).ShouldBe(
            ["ConversationCreated dieter", "AdministratorCommented dieter"], ignoreOrder: true);
        var text = Mails.Received.Select(m => m.Message.TextBody!).Single(t => t.Contains("Welche Belege fehlen?"));
        text.ShouldContain("Ihre Antwort wird erwartet.");
    }

    [Fact]
    public async Task That_an_answer_is_awaited_is_told_to_the_customer_also_when_it_is_set_later()
    {
        var conversation = await ConversationAsync(_office.Bernd);
        await Mails.WaitForCountAsync(1);
        await QuietAsync();
        var before = Mails.Received.Count;
        await SetAsync(conversation, ConversationStatus.Attention);
        var mails = (await Mails.WaitForCountAsync(before + 1)).Skip(before).ToList();
        await QuietAsync();

        Mails.Received.Count.ShouldBe(before + 1);
        mails.Single().Recipients.ShouldBe([Address("dieter")]);
        mails.Single().Message.Subject.ShouldBe("Belege für März");
        mails.Single().Message.TextBody!.ShouldContain("Anna Sommer von Kanzlei Sommer wartet in Ihrem Gespräch");
        (await NotificationsAsync(_office)).Count(n => n == "StatusChanged dieter").ShouldBe(1);
        (await NotificationsAsync(_office)).ShouldNotContain("StatusChanged bernd");
    }

    [Fact]
    public async Task That_a_conversation_is_answered_is_told_where_the_office_wants_it()
    {
        var conversation = await ConversationAsync(null);
        await SetAsync(conversation, ConversationStatus.Answered);
        await SetAsync(conversation, ConversationStatus.Open);
        await Mails.WaitForCountAsync(1);
        await QuietAsync();
        (await DeliveriesAsync(_office)).ShouldBe(["ConversationCreated dieter"]);

        await _product.Executor.DoAsync(
            new UpdateOrganisationSettingsCommand(_office.Anna, null, null, null, null, null)
            {
                CustomersAreToldAnswered = true,
            });
        await SetAsync(conversation, ConversationStatus.Answered);
        await Mails.WaitForCountAsync(2);
        await QuietAsync();
        (await DeliveriesAsync(_office)).ShouldBe(
            ["ConversationCreated dieter", "StatusChanged dieter"], ignoreOrder: true);
        Mails.Received.Count(m => m.Text.Contains("auf „beantwortet“ gesetzt")).ShouldBe(1);

        await _product.Executor.DoAsync(
            new UpdateOrganisationSettingsCommand(_office.Anna, null, null, null, null, null)
            {
                CustomersAreToldAnswered = false,
            });
        await SetAsync(conversation, ConversationStatus.Open);
        await SetAsync(conversation, ConversationStatus.Answered);
        await QuietAsync();
        Mails.Received.Count.ShouldBe(2);
    }

    [Fact]
    public async Task An_answer_that_has_come_meanwhile_is_not_asked_for_by_mail()
    {
        await _product.StopAsync();
        await using var store = new StoreOn(_product);
        var executor = await StoreFixture.StartExecutorAsync(store.Store, _product.Database);
        var create = _office.Create();
        await executor.DoAsync(create);
        await executor.DoAsync(new ChangeStatusCommand(_office.Anna, [create.Id], ConversationStatus.Attention, null));
        await CommentOn(executor, _office, create.Id, "Hier sind sie");
        await executor.StopAsync(CancellationToken.None);
        await _product.StartAgainAsync();
        await Mails.WaitForMailAsync(m => m.Message.TextBody!.Contains("Hier sind sie"));
        await QuietAsync();

        Mails.Received.Count.ShouldBe(2);
        (await _product.ScalarAsync<string>("select state from messaging.deliveries where kind = 'StatusChanged'"))
            .ShouldBe("NotNeeded");
    }

    [Fact]
    public async Task A_mail_that_is_put_off_goes_out_later_and_one_that_is_refused_is_recorded_as_failed()
    {
        Mails.Once(SmtpStep.RcptTo, SmtpReaction.Reply(451, "4.3.0 later"));
        var conversation = await ConversationAsync(null);
        await Mails.WaitForCountAsync(1, TimeSpan.FromSeconds(60));
        (
            await _product.ScalarAsync<int>(
                "select attempts from messaging.deliveries where kind = 'ConversationCreated'")
        ).ShouldBe(2);

        Mails.Once(SmtpStep.RcptTo, SmtpReaction.Reply(550, "5.1.1 no such user"));
        await CommentAsync(_office, conversation, "text");
        await Waiting.UntilAsync(async () =>
            await _product.ScalarAsync<string>(
                "select state from messaging.deliveries where kind = 'CustomerCommented'") == "Failed"
        );
        (
            await _product.ScalarAsync<string>(
                "select last_error from messaging.deliveries where kind = 'CustomerCommented'")
        )!.ShouldContain("no such user");
        Mails.Received.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_restart_in_between_neither_loses_a_mail_nor_sends_one_twice()
    {
        await Mails.StopListeningAsync();
        var conversation = await ConversationAsync(_office.Bernd);
        for (var i = 0; i < 5; i++)
            await CommentAsync(_office, conversation, $"comment {i}");
        await Waiting.UntilAsync(async () =>
            await _product.ScalarAsync<int>("select max(attempts) from messaging.deliveries") > 0
        );
        await _product.StopAsync();
        Mails.ListenAgain();
        await _product.StartAgainAsync();
        await Mails.WaitForCountAsync(12, TimeSpan.FromSeconds(90));
        await QuietAsync();

        Mails.Received.Count.ShouldBe(12);
        Mails.Received.Select(m => m.Message.MessageId).Distinct().Count().ShouldBe(12);
        (await NotificationsAsync(_office)).Count.ShouldBe(7);
    }

    [Fact]
    public async Task Copies_of_the_message_send_one_mail()
    {
        await ConversationAsync(null);
        await Mails.WaitForCountAsync(1);
        await QuietAsync();
        var id = await _product.ScalarAsync<Guid>("select id from messaging.deliveries");
        await using var scope = _product.Services.CreateAsyncScope();
        var bus = scope.ServiceProvider.GetRequiredService<IMessageBus>();
        for (var i = 0; i < 5; i++)
            await bus.PublishAsync(new Application.Notifications.SendEmail(_office.TenantId, id));
        await bus.PublishAsync(new Application.Notifications.SendEmail(_office.TenantId, Guid.CreateVersion7()));
        await QuietAsync();

        Mails.Received.Count.ShouldBe(1);
        (await _product.ScalarAsync<int>("select attempts from messaging.deliveries")).ShouldBe(1);
    }

    [Fact]
    public async Task Rebuilding_the_read_models_mails_nobody()
    {
        await CommentAsync(_office, await ConversationAsync(_office.Bernd), "text");
        await Mails.WaitForCountAsync(4);
        await QuietAsync();
        await _product.StopAsync();
        await using (var store = new StoreOn(_product))
            await store.Store.RebuildReadModelsAsync(CancellationToken.None);
        await _product.StartAgainAsync();
        await QuietAsync();

        Mails.Received.Count.ShouldBe(4);
        (await NotificationsAsync(_office)).Count.ShouldBe(3);
    }

    [Fact]
    public async Task Nobody_misses_what_comes_to_the_planner_while_the_read_models_are_rebuilt()
    {
        await CommentAsync(_office, await ConversationAsync(_office.Bernd), "text");
        await Mails.WaitForCountAsync(4);
        await QuietAsync();
        var cancellation = TestContext.Current.CancellationToken;
        var rebuild = await ReadModelRebuild.BeginAsync(_product.Database, cancellation);
        await Waiting.UntilAsync(() => !_product.Services.GetRequiredService<ReadModelAccess>().CanBeUsed);

        // One more like the last, that was committed before and nobody has planned yet; and the tables half rebuilt.
        (await _product.ScalarAsync<long>(
            """
            with stream as (
                update messaging.mt_streams s set version = s.version + 1 from (select tenant_id, stream_id
                    from messaging.mt_events where type = 'comment_added'
                    order by seq_id desc limit 1) e
                where s.tenant_id = e.tenant_id and s.id = e.stream_id returning s.tenant_id, s.id, s.version)
            insert into messaging.mt_events (
                seq_id, id, stream_id, version, data, type, tenant_id, timestamp, mt_dotnet_type, correlation_id,
                    causation_id, headers, user_name, is_archived)
            select nextval('messaging.mt_events_sequence'), gen_random_uuid(), e.stream_id, s.version,
                jsonb_set(e.data, '{commentId}', to_jsonb(gen_random_uuid())),
                e.type, e.tenant_id, now(), e.mt_dotnet_type, e.correlation_id, e.causation_id, e.headers, e.user_name,
                    false
            from messaging.mt_events e join stream s on s.tenant_id = e.tenant_id and s.id = e.stream_id
                and e.version = s.version - 1
            returning seq_id
            """)).ShouldBeGreaterThan(0);
        await _product.ScalarAsync<int>("delete from messaging.administrators");
        await _product.ScalarAsync<int>("delete from messaging.contacts");
        await Task.Delay(TimeSpan.FromSeconds(3), cancellation);
        (await NotificationsAsync(_office)).ShouldBeEmpty("Their addresses are gone for now.");
        (await _product.ScalarAsync<long>("select count(*) from messaging.notifications")).ShouldBe(3);

        await using (rebuild)
        await using (var store = new StoreOn(_product)) await rebuild.CarryOutAsync(store.Store, null, cancellation);
        await Mails.WaitForCountAsync(6);
        await QuietAsync();
        Mails.Received.Count.ShouldBe(6);
        (await NotificationsAsync(_office)).Count(n => n == "CustomerCommented bernd").ShouldBe(2);
    }

    [Fact]
    public async Task Organisations_are_told_of_their_own_conversations_only()
    {
        var other = await Office.OpenAsync(_product.Executor, locale: "en");
        var ids = await Task.WhenAll(
            ConversationAsync(_office.Bernd),
            other.ConverseAsync(_product.Executor, responsible: other.Carla.Actor.Id));
        await Task.WhenAll(CommentAsync(_office, ids[0], "ours"), CommentAsync(other, ids[1], "theirs"));
        await Mails.WaitForCountAsync(8);
        await QuietAsync();

        (await NotificationsAsync(_office)).ShouldBe(
            ["Assigned bernd", "ConversationCreated dieter", "CustomerCommented bernd"], ignoreOrder: true);
        (await NotificationsAsync(other)).ShouldBe(
            ["Assigned carla", "ConversationCreated dieter", "CustomerCommented carla"], ignoreOrder: true);
        Mails.Received.Count.ShouldBe(8);
        Mails.Received.ShouldAllBe(m =>
            !m.Message.TextBody!.Contains("theirs") || m.Recipients.All(r => r.Contains(other.Id.ToString("N")))
        );
        Mails
            .Received.Where(m => m.Message.TextBody!.Contains("ours"))
            .ShouldAllBe(m => m.Recipients.All(r => r.Contains(_office.Id.ToString("N"))));
        Mails
            .Received.Where(m =>
                m.Recipients.Contains(Office.AddressOf("carla", other.Id)) && m.Message.TextBody!.Contains("theirs"))
            .ShouldAllBe(m => m.Message.TextBody!.Contains("wrote:"));
        Mails
            .Received.Where(m => m.Recipients.Contains(Address("bernd")) && m.Message.TextBody!.Contains("ours"))
            .ShouldAllBe(m => m.Message.TextBody!.Contains("schrieb:"));
    }

    [Fact]
    public async Task Preferences_turn_e_mail_off_and_leave_the_registered_address_alone()
    {
        await _product.Executor.DoAsync(
            new UpdateNotificationPreferencesCommand(_office.Bernd, [NotificationKind.Assigned], null));
        var conversation = await ConversationAsync(_office.Bernd);
        await CommentAsync(_office, conversation, "text");
        await Mails.WaitForCountAsync(3);
        await QuietAsync();

        (await DeliveriesAsync(_office)).ShouldBe(
            ["Assigned bernd", "ConversationCreated dieter", "CustomerCommented buchhaltung"], ignoreOrder: true);
        (await NotificationsAsync(_office)).ShouldBe(
            ["Assigned bernd", "ConversationCreated dieter", "CustomerCommented bernd"], ignoreOrder: true);
    }

    [Fact]
    public async Task Who_is_invited_gets_a_link_that_works_once_and_who_has_a_password_gets_none()
    {
        var email = "neu@office.example";
        var id = Guid.CreateVersion7();
        await _product.Executor.DoAsync(
            new InviteAdministratorCommand(_office.Anna, id, email, "Nora Neu", Domain.Role.Administrator));
        var mail = await Mails.WaitForMailAsync(m => m.Recipients.Contains(email));
        await QuietAsync();
        var link = mail
            .Message.TextBody!.Split('\n')
            .Select(l => l.Trim())
            .Single(l => l.StartsWith("https://", StringComparison.Ordinal));
        var token = link[(link.LastIndexOfAny(['/', '=', '#']) + 1)..];

        (
            await _product.ScalarAsync<long>("select count(*) from messaging.invitations where token_hash = $1", token)
        ).ShouldBe(0);
        var passwords = new Passwords();
        var signIn = new SignIn(_product.Database, passwords);
        var invitations = new Invitations(_product.Executor, _product.Database, passwords, signIn);
        (
            await invitations.AcceptAsync(token, "correct horse", CancellationToken.None)
        ).Proven!.Caller.Actor.Id.ShouldBe(id);
        (await invitations.AcceptAsync(token, "correct horse", CancellationToken.None)).Refusal.ShouldNotBeNull();
        Mails.Received.Count.ShouldBe(1);
    }

    [Fact]
    public async Task What_cannot_be_planned_stops_the_planner_visibly_and_is_planned_once_it_can_be()
    {
        await _product.ScalarAsync<object>(
            "insert into messaging.notification_preferences (tenant_id, person_id, email_for, in_app_for) values "
                + "($1, $2, '{Nonsense}', '{}')",
            _office.TenantId, _office.Bernd.Actor.Id);
        await CommentAsync(_office, await ConversationAsync(_office.Bernd), "text");
        var health = _product.Services.GetRequiredService<HealthCheckService>();
        await Waiting.UntilAsync(async () =>
            (await health.CheckHealthAsync()).Entries["notifications"].Status == HealthStatus.Unhealthy
        );
        Mails.Received.ShouldBeEmpty();

        await _product.ScalarAsync<object>("delete from messaging.notification_preferences");
        await Mails.WaitForCountAsync(4);
        await Waiting.UntilAsync(async () =>
            (await health.CheckHealthAsync()).Entries["notifications"].Status == HealthStatus.Healthy
        );
        await QuietAsync();
        Mails.Received.Count.ShouldBe(4);
    }

    private Task<CommandOutcome> SetAsync(Guid conversation, ConversationStatus status) =>
        _product.Executor.DoAsync(new ChangeStatusCommand(_office.Anna, [conversation], status, null));

    private static Task<CommandOutcome> CommentOn(
        CommandExecutor executor, Office office, Guid conversation, string body) =>
        executor.DoAsync(Office.Comment(office.Dieter, conversation, body));

    private Task<CommandOutcome> CommentAsync(Office office, Guid conversation, string body) =>
        CommentOn(_product.Executor, office, conversation, body);

    private Task<Guid> ConversationAsync(Domain.Caller? responsible, bool notifyAll = false) =>
        _office.ConverseAsync(_product.Executor, responsible: responsible?.Actor.Id, notifyAll: notifyAll);

    private string Address(string name) => Office.AddressOf(name, _office.Id);

    // Until everything is planned and no mail is to be sent: what has not come by then will not.
    private Task QuietAsync() => Waiting.UntilAsync(() => _product.ScalarAsync<bool>(
        """
        select coalesce((select last_seq_id from messaging.mt_event_progression where name = 'notifications:All'), 0)
                >= (select max(seq_id) from messaging.mt_events
                    where type in ('conversation_created', 'comment_added', 'status_changed', 'admins_notified',
                        'administrator_assigned', 'administrator_invited', 'contact_invited'))
            and not exists (select from messaging.deliveries where state in ('Pending', 'Sending'))
            and not exists (select from wolverine.wolverine_incoming_envelopes where status <> 'Handled')
        """)!, TimeSpan.FromSeconds(60));

    private Task<List<string>> DeliveriesAsync(Office office) =>
        LinesAsync(
            "select kind || ' ' || split_part(address, '@', 1) from messaging.deliveries where tenant_id = $1 "
                + "order by created_at, id",
            office
        );

    private Task<List<string>> NotificationsAsync(Office office) => LinesAsync(
        """
        select n.kind || ' ' || split_part(coalesce(a.email, c.email), '@', 1) from messaging.notifications n
        left join messaging.administrators a on a.tenant_id = n.tenant_id and a.id = n.recipient_id
        left join messaging.contacts c on c.tenant_id = n.tenant_id and c.id = n.recipient_id
        where n.tenant_id = $1 and coalesce(a.email, c.email) is not null order by n.created_at, n.id
        """, office);

    private async Task<List<string>> LinesAsync(string sql, Office office) =>
        [.. await _product.ScalarAsync<string[]>($"select array({sql})", office.TenantId) ?? []];
}
