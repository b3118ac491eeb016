using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Application.Conversations;
using Messaging.Application.Customers;
using Messaging.Application.Notifications;
using Messaging.Application.Organisation;
using Messaging.Application.Tests.Support;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Messaging.Domain.Notifications;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Tests;

/// <summary>Each use case once, from the command to what is stored.</summary>
public sealed class UseCaseTests(StoreFixture store) : IClassFixture<StoreFixture>, IAsyncLifetime
{
    private readonly Passwords _passwords = new();
    private CommandExecutor _executor = null!;
    private Office _office = null!;

    public async ValueTask InitializeAsync()
    {
        _executor = await store.StartExecutorAsync();
        _office = await Office.OpenAsync(_executor);
    }

    public async ValueTask DisposeAsync() => await _executor.StopAsync(CancellationToken.None);

    [Fact]
    public async Task Setting_an_office_up_makes_its_owner_an_account()
    {
        (await store.EventsAsync(_office, _office.Id))
            .Single()
            .Data.ShouldBeOfType<OrganisationRegistered>()
            .Locale.ShouldBe("de");
        var owner = await store.EventsAsync(_office, _office.Anna.Actor.Id);
        owner[0].Data.ShouldBeOfType<AdministratorInvited>().IsOwner.ShouldBeTrue();
        owner[1].Data.ShouldBeOfType<AdministratorJoined>();
        owner.Count.ShouldBe(2);
        (
            await store.ScalarAsync<string>(
                "select role || is_owner::text from messaging.accounts where person_id = $1", _office.Anna.Actor.Id)
        ).ShouldBe("Administratortrue");
        (
            await _executor.TryAsync(
                new RegisterOrganisationCommand(
                    _office.Anna, "Other", "a@b.example", "de", "Europe/Berlin", Guid.CreateVersion7(), "Name",
                    "c@b.example", null)
            )
        ).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_conversation_starts_with_its_message_and_who_is_responsible()
    {
        var conversation = await _office.ConverseAsync(
            _executor, status: ConversationStatus.Attention, responsible: _office.Bernd.Actor.Id, notifyAll: true);

        var events = await store.EventsAsync(_office, conversation);
        events[0]
            .Data.ShouldBe(
                new ConversationCreated(
                    _office.CustomerId, _office.Anna.Actor.Participant, "Belege für März", ConversationStatus.Attention,
                    _office.Bernd.Actor.Id, true)
            );
        events[1].Data.ShouldBeOfType<CommentAdded>().Body.ShouldBe("Bitte senden Sie uns die Belege.");
    }

    [Fact]
    public async Task Statuses_and_responsibility_change_for_several_conversations_and_each_is_decided_on_its_own()
    {
        Guid[] ids =
        [
            await _office.ConverseAsync(_executor), Guid.CreateVersion7(),
            await _office.ConverseAsync(_executor, status: ConversationStatus.Answered)
        ];
        var change = new ChangeStatusCommand(_office.Carla, ids, ConversationStatus.Answered, null);
        var assign = new AssignAdministratorCommand(_office.Carla, [.. ids, ids[0]], _office.Bernd.Actor.Id);
        var changed = await _executor.DoAsync(change);
        var assigned = await _executor.DoAsync(assign);
        await _executor.DoAsync(new AssignAdministratorCommand(_office.Carla, [ids[2]], null));

        changed.RefusedAt.ShouldBe([KeyValuePair.Create<int, Refusal>(1, new ConversationNotFound())]);
        assigned.RefusedAt.Keys.ShouldBe([1]);
        (await store.EventsAsync(_office, ids[0]))
            .Skip(2)
            .Select(e => e.Data)
            .ShouldBe([
                new StatusChanged(
                    ConversationStatus.Open, ConversationStatus.Answered, StatusChangeReason.SetByAdministrator),
                new AdministratorAssigned(_office.Bernd.Actor.Id),
            ]);
        (await store.EventsAsync(_office, ids[2]))
            .Skip(2)
            .Select(e => e.Data)
            .ShouldBe([
                new AdministratorAssigned(_office.Bernd.Actor.Id), new AdministratorUnassigned(_office.Bernd.Actor.Id)
            ]);
        (
            await _executor.TryAsync(new ChangeStatusCommand(_office.Carla, [], ConversationStatus.Open, null))
        ).ShouldBeOfType<NoConversations>();
        (
            await _executor.TryAsync(
                new ChangeStatusCommand(
                    _office.Carla, [.. Enumerable.Range(0, 201).Select(_ => Guid.CreateVersion7())],
                    ConversationStatus.Open, null)
            )
        ).ShouldBeOfType<TooManyConversations>();
    }

    [Fact]
    public async Task An_expected_version_of_several_conversations_is_refused_for_each()
    {
        var change = new ChangeStatusCommand(
            _office.Carla, [await _office.ConverseAsync(_executor), await _office.ConverseAsync(_executor)],
            ConversationStatus.Answered, 2);
        (await _executor.DoAsync(change)).RefusedAt.Values.ShouldAllBe(r => r is ExpectedVersionNeedsOneConversation);
    }

    [Fact]
    public async Task The_action_tells_administrators_of_several_conversations_once_each()
    {
        Guid[] ids = [await _office.ConverseAsync(_executor), await _office.ConverseAsync(_executor)];
        var notify = new NotifyAdministratorsCommand(
            _office.Anna, Guid.CreateVersion7(), [.. ids, ids[0], Guid.CreateVersion7()]);
        (await _executor.DoAsync(notify)).RefusedAt.Keys.ShouldBe([3]);
        var repeated = await _executor.DoAsync(notify with { });
        repeated.RefusedAt.Keys.ShouldBe([3]);
        repeated.IsRepeat.ShouldBeTrue();
        foreach (var id in ids)
            (await store.EventsAsync(_office, id)).Count(e => e.Data.Equals(new AdminsNotified(notify.Id))).ShouldBe(1);
        (
            await _executor.TryAsync(new NotifyAdministratorsCommand(_office.Paul, Guid.CreateVersion7(), ids))
        ).ShouldBeNull();
        (await store.EventsAsync(_office, ids[0])).Count.ShouldBe(3);
    }

    [Fact]
    public async Task Settings_change_one_by_one_and_only_by_an_owner()
    {
        await _executor.DoAsync(
            new UpdateOrganisationSettingsCommand(_office.Anna, "Sommer & Partner", null, "en", null, true));
        (
            await _executor.TryAsync(
                new UpdateOrganisationSettingsCommand(_office.Bernd, "Mine", null, null, null, null))
        ).ShouldBeOfType<OnlyOwnersChangeSettings>();

        (await store.EventsAsync(_office, _office.Id)).Skip(1).Select(e => e.Data).ShouldBe(
            [new OrganisationRenamed("Sommer & Partner"), new LocaleChosen("en"), new CustomerConversationsAllowed()]);
        await _executor.DoAsync(_office.Create(_office.Dieter));
    }

    [Fact]
    public async Task Somebody_deactivated_can_neither_sign_in_nor_be_responsible()
    {
        var hash = _passwords.Hash("correct horse");
        var office = await Office.OpenAsync(_executor, hash);
        var signIn = new SignIn(store.Database, _passwords);
        (await CheckAsync(signIn, Office.AddressOf("carla", office.Id), "correct horse")).ShouldBe(office.Carla);
        await _executor.DoAsync(new DeactivateAdministratorCommand(office.Anna, office.Carla.Actor.Id));

        (await CheckAsync(signIn, Office.AddressOf("carla", office.Id), "correct horse")).ShouldBeNull();
        (await signIn.FindAsync(office.TenantId, office.Carla.Actor.Id, null, CancellationToken.None)).ShouldBeNull();
        (
            await _executor.TryAsync(office.Create(responsible: office.Carla.Actor.Id))
        ).ShouldBeOfType<AdministratorIsDeactivated>();
        (
            await _executor.TryAsync(new DeactivateAdministratorCommand(office.Bernd, office.Anna.Actor.Id))
        ).ShouldBeOfType<OnlyOwnersChangeAdministrators>();
        (
            await _executor.TryAsync(new DeactivateAdministratorCommand(office.Anna, office.Anna.Actor.Id))
        ).ShouldBeOfType<NobodyDeactivatesThemselves>();
    }

    [Fact]
    public async Task An_address_is_taken_whatever_its_case_and_only_in_its_organisation()
    {
        var other = await Office.OpenAsync(_executor);
        var email = Office.AddressOf("dieter", _office.Id);
        (
            await _executor.TryAsync(
                new InviteContactCommand(
                    _office.Anna, Guid.CreateVersion7(), _office.CustomerId, email.ToUpperInvariant(), "Dieter")
            )
        ).ShouldBeOfType<EmailIsTaken>();
        (
            await _executor.TryAsync(
                new InviteContactCommand(other.Anna, Guid.CreateVersion7(), _office.CustomerId, email, "Dieter"))
        ).ShouldBeOfType<CustomerNotFound>();
        await _executor.DoAsync(
            new InviteContactCommand(other.Anna, Guid.CreateVersion7(), other.CustomerId, email, "Dieter"));
    }

    [Theory]
    [InlineData("nul\0@office.example")]
    [InlineData("lone^@office.example")]
    [InlineData("no address")]
    [InlineData("")]
    public async Task An_address_that_can_be_none_is_refused_and_harms_nobody(string email)
    {
        // Half a character would not survive as the argument of a test.
        email = email.Replace('^', '\ud800');
        var answers = await Task.WhenAll(
            _executor.TryAsync(
                new InviteAdministratorCommand(_office.Anna, Guid.CreateVersion7(), email, "Name", Role.Administrator)),
            _executor.TryAsync(_office.Create())
        );
        answers[0]!.Kind.ShouldBe(RefusalKind.Invalid);
        answers[1].ShouldBeNull();
        (await CheckAsync(new SignIn(store.Database, _passwords), email, "password")).ShouldBeNull();
        (
            await CheckAsync(new SignIn(store.Database, _passwords), Office.AddressOf("anna", _office.Id), email)
        ).ShouldBeNull();
    }

    [Fact]
    public async Task Signing_in_takes_the_right_password_of_somebody_who_has_one()
    {
        var office = await Office.OpenAsync(_executor, _passwords.Hash("correct horse"));
        var invited = await Office.OpenAsync(_executor, passwordHash: null);
        var signIn = new SignIn(store.Database, _passwords);

        (await CheckAsync(signIn, Office.AddressOf("Anna", office.Id), "correct horse")).ShouldBe(office.Anna);
        (await CheckAsync(signIn, Office.AddressOf("dieter", office.Id), "correct horse")).ShouldBe(office.Dieter);
        (await CheckAsync(signIn, Office.AddressOf("paul", office.Id), "correct horse")).ShouldBe(office.Paul);
        (await CheckAsync(signIn, Office.AddressOf("anna", office.Id), "Correct horse")).ShouldBeNull();
        (await CheckAsync(signIn, Office.AddressOf("anna", invited.Id), "")).ShouldBeNull();
        (await CheckAsync(signIn, Office.AddressOf("anna", invited.Id), "correct horse")).ShouldBeNull();
        (await CheckAsync(signIn, "nobody@nowhere.example", "correct horse")).ShouldBeNull();
    }

    [Fact]
    public async Task An_invitation_is_taken_up_once()
    {
        var office = await Office.OpenAsync(_executor, passwordHash: null);
        var (signIn, invitations) = Invitations();
        var administrator = await InviteByLinkAsync(office, office.Bernd);
        var contact = await InviteByLinkAsync(office, office.Dieter);

        (
            await invitations.AcceptAsync(administrator, "short", CancellationToken.None)
        ).Refusal.ShouldBeOfType<PasswordIsTooShort>();
        (await invitations.AcceptAsync(administrator, "correct horse", CancellationToken.None)).Proven!.Caller.ShouldBe(
            office.Bernd);
        (await invitations.AcceptAsync(contact, "correct horse", CancellationToken.None)).Proven!.Caller.ShouldBe(
            office.Dieter);
        (
            await invitations.AcceptAsync(administrator, "another one", CancellationToken.None)
        ).Refusal.ShouldBeOfType<InvitationIsNotValid>();
        (
            await invitations.AcceptAsync("made up", "correct horse", CancellationToken.None)
        ).Refusal.ShouldBeOfType<InvitationIsNotValid>();

        (await CheckAsync(signIn, Office.AddressOf("bernd", office.Id), "correct horse")).ShouldBe(office.Bernd);
        (await store.EventsAsync(office, office.Bernd.Actor.Id))[^1].Data.ShouldBeOfType<AdministratorJoined>();
        (await store.EventsAsync(office, office.Dieter.Actor.Id))[^1].Data.ShouldBeOfType<ContactJoined>();
    }

    [Fact]
    public async Task An_invitation_taken_up_twice_at_once_counts_once()
    {
        var office = await Office.OpenAsync(_executor, passwordHash: null);
        var (_, invitations) = Invitations();
        var token = await InviteByLinkAsync(office, office.Bernd);
        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 4)
                .Select(i => invitations.AcceptAsync(token, $"Zwetschgen {i} x", CancellationToken.None))
        );

        answers.Count(a => a.Refusal is null).ShouldBe(1);
        (await store.EventsAsync(office, office.Bernd.Actor.Id)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task An_expired_invitation_and_one_of_somebody_deactivated_are_not_valid()
    {
        var office = await Office.OpenAsync(_executor, passwordHash: null);
        var (_, invitations) = Invitations();
        var expired = await InviteByLinkAsync(office, office.Bernd, TimeSpan.FromSeconds(-1));
        var withdrawn = await InviteByLinkAsync(office, office.Carla);
        await _executor.DoAsync(new DeactivateAdministratorCommand(office.Anna, office.Carla.Actor.Id));

        (
            await invitations.AcceptAsync(expired, "correct horse", CancellationToken.None)
        ).Refusal.ShouldBeOfType<InvitationIsNotValid>();
        (
            await invitations.AcceptAsync(withdrawn, "correct horse", CancellationToken.None)
        ).Refusal.ShouldBeOfType<InvitationIsWithdrawn>();
    }

    [Fact]
    public async Task A_read_marker_only_moves_forward_and_only_where_the_reader_takes_part()
    {
        const string Marker =
            "select position from messaging.read_markers where tenant_id = $1 and conversation_id = $2 and "
                + "person_id = $3";
        var conversation = await _office.ConverseAsync(_executor);
        await _executor.DoAsync(Office.Comment(_office.Anna, conversation));
        await _executor.DoAsync(new MarkConversationReadCommand(_office.Dieter, conversation));
        (await store.ScalarAsync<long>(Marker, _office.TenantId, conversation, _office.Dieter.Actor.Id)).ShouldBe(3);

        var stranger = new InviteContactCommand(
            _office.Anna, Guid.CreateVersion7(), Guid.CreateVersion7(), "eva@lindner.example", "Eva");
        await _executor.DoAsync(new RegisterCustomerCommand(_office.Anna, stranger.CustomerId, "Studio Lindner"));
        await _executor.DoAsync(stranger);
        var eva = new Caller(_office.TenantId, new Actor.Contact(stranger.Id, stranger.CustomerId));
        (
            await _executor.TryAsync(new MarkConversationReadCommand(eva, conversation))
        ).ShouldBeOfType<ConversationNotFound>();
    }

    [Fact]
    public async Task Notifications_are_read_by_their_recipient_only()
    {
        var mine = await NotifyAsync(_office.Bernd);
        var another = await NotifyAsync(_office.Bernd);
        var foreign = await NotifyAsync(_office.Carla);
        (await _executor.TryAsync(new MarkNotificationsReadCommand(_office.Bernd, [mine, foreign], false))).ShouldBe(
            new NotificationNotFound(1));
        (
            await _executor.TryAsync(new MarkNotificationsReadCommand(_office.Bernd, null, false))
        ).ShouldBeOfType<NotificationsNeedIdsOrAll>();
        (await UnreadAsync(_office.Bernd)).ShouldBe(2);

        await _executor.DoAsync(new MarkNotificationsReadCommand(_office.Bernd, [mine], false));
        (await UnreadAsync(_office.Bernd)).ShouldBe(1);
        await _executor.DoAsync(new MarkNotificationsReadCommand(_office.Bernd, null, true));
        (await UnreadAsync(_office.Bernd)).ShouldBe(0);
        (await UnreadAsync(_office.Carla)).ShouldBe(1);
        another.ShouldNotBe(mine);
    }

    [Fact]
    public async Task Preferences_of_one_way_leave_the_other_as_it_is()
    {
        const string Chosen =
            "select array_to_string(email_for, ',') || '|' || cardinality(in_app_for) from "
                + "messaging.notification_preferences where person_id = $1";
        await _executor.DoAsync(
            new UpdateNotificationPreferencesCommand(
                _office.Bernd,
                [NotificationKind.Assigned, NotificationKind.CustomerCommented, NotificationKind.Assigned], null)
        );
        (await store.ScalarAsync<string>(Chosen, _office.Bernd.Actor.Id)).ShouldBe("Assigned,CustomerCommented|6");
        await _executor.DoAsync(new UpdateNotificationPreferencesCommand(_office.Bernd, null, []));
        (await store.ScalarAsync<string>(Chosen, _office.Bernd.Actor.Id)).ShouldBe("Assigned,CustomerCommented|0");
        await _executor.DoAsync(
            new UpdateNotificationPreferencesCommand(_office.Bernd, null, null) { EmailUnlessRead = true });
        (await store.ScalarAsync<string>(Chosen, _office.Bernd.Actor.Id)).ShouldBe("Assigned,CustomerCommented|0");
        (await store.ScalarAsync<bool>(
            "select email_unless_read from messaging.notification_preferences where person_id = $1",
            _office.Bernd.Actor.Id)).ShouldBeTrue();
    }

    private (SignIn SignIn, Invitations Invitations) Invitations()
    {
        var signIn = new SignIn(store.Database, _passwords);
        return (signIn, new Invitations(_executor, store.Database, _passwords, signIn));
    }

    private async Task<string> InviteByLinkAsync(Office office, Caller person, TimeSpan? lifetime = null)
    {
        var token = Application.Accounts.Invitations.NewToken();
        await store.ScalarAsync<object>(
            "insert into messaging.invitations (token_hash, tenant_id, person_id, expires_at) values ($1, $2, $3, $4)",
            Application.Accounts.Invitations.HashOf(token), office.TenantId, person.Actor.Id,
            DateTimeOffset.UtcNow + (lifetime ?? Application.Accounts.Invitations.Lifetime));
        return token;
    }

    private async Task<Guid> NotifyAsync(Caller recipient)
    {
        var id = Guid.CreateVersion7();
        await store.ScalarAsync<object>(
            """
            insert into messaging.notifications (tenant_id, id, recipient_id, kind, conversation_id, actor_kind,
                actor_id, event_id, created_at)
            values ($1, $2, $3, 'Assigned', $2, 'System', $2, $2, now())
            """,
            _office.TenantId, id, recipient.Actor.Id);
        return id;
    }

    private Task<long> UnreadAsync(Caller recipient) =>
        store.ScalarAsync<long>(
            "select count(*) from messaging.notifications where tenant_id = $1 and recipient_id = $2 and read_at "
                + "is null",
            _office.TenantId,
            recipient.Actor.Id
        );

    private static async Task<Caller?> CheckAsync(SignIn signIn, string email, string password) =>
        await signIn.CheckAsync(
            await signIn.AccountsAsync(email, CancellationToken.None), password, HashingTurn.First,
            CancellationToken.None)
            is [var first, ..]
            ? first.Caller
            : null;
}
