using System.Text.Json;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Messaging.Domain.History;
using Messaging.Domain.Notifications;
using Messaging.Domain.Organisation;
using Messaging.Projections.Storage;
using Messaging.Projections.Tests.Support;

namespace Messaging.Projections.Tests.Storage;

/// <summary>
/// Events are a file format. A failure here means that events which customers have stored would be read wrongly: add an
/// event or an upcaster, and never change what this test says of those that exist.
/// </summary>
public sealed class EventFormatTests(Store store) : IClassFixture<Store>
{
    private static readonly Guid s_a = Guid.Parse("0195a000-0000-7000-8000-00000000000a");
    private static readonly Guid s_b = Guid.Parse("0195a000-0000-7000-8000-00000000000b");

    public static TheoryData<string, object, string> Samples => new()
    {
        {
            "conversation_created",
            new ConversationCreated(s_a, Participant.Contact(s_b), "Belege für März", ConversationStatus.Attention,
                s_b, true),
            """{"customerId":"0195a000-0000-7000-8000-00000000000a","createdBy":{"kind":"Contact","id":"0195a000-0000-7000-8000-00000000000b"},"subject":"Belege """
                + """für """
                + """März","status":"Attention","responsibleAdministratorId":"0195a000-0000-7000-8000-00000000000b","notifyAllAdministrators":true}"""
        },
        {
            "comment_added",
            new CommentAdded(s_a, Participant.Administrator(s_b), "„Grüße“ <b>&\n🧾", CommentVisibility.Internal),
            """{"commentId":"0195a000-0000-7000-8000-00000000000a","author":{"kind":"Administrator","id":"0195a000-0000-7000-8000-00000000000b"},"body":"„Grüße“ """
                + """<b>&\n\uD83E\uDDFE","visibility":"Internal"}"""
        },
        {
            "comment_added",
            new CommentAdded(s_a, Participant.Administrator(s_b), "@Bernd", CommentVisibility.Internal)
            {
                Mentions = [s_b, s_a],
            },
            """{"commentId":"0195a000-0000-7000-8000-00000000000a","author":{"kind":"Administrator","id":"0195a000-0000-7000-8000-00000000000b"},"body":"@Bernd","visibility":"Internal","mentions":["0195a000-0000-7000-8000-00000000000b","0195a000-0000-7000-8000-00000000000a"]}"""
        },
        {
            "file_attached",
            new FileAttached(s_a, s_b, "Rechnung.pdf", "application/pdf", 5_000_000_000, "00ff", Participant.System),
            """{"fileId":"0195a000-0000-7000-8000-00000000000a","commentId":"0195a000-0000-7000-8000-00000000000b","name":"Rechnung.pdf","mediaType":"application/pdf","size":5000000000,"sha256":"00ff","uploadedBy":{"kind":"System","id":"00000000-0000-0000-0000-000000000000"}}"""
        },
        {
            "status_changed",
            new StatusChanged(ConversationStatus.Answered, ConversationStatus.Open, StatusChangeReason.CustomerReplied),
            """{"from":"Answered","to":"Open","reason":"CustomerReplied"}"""
        },
        {
            "status_changed",
            new StatusChanged(
                ConversationStatus.Open, ConversationStatus.Attention, StatusChangeReason.SetByAdministrator)
            {
                CommentId = s_a,
            },
            """{"from":"Open","to":"Attention","reason":"SetByAdministrator","commentId":"0195a000-0000-7000-8000-00000000000a"}"""
        },
        { "administrator_assigned", new AdministratorAssigned(s_a),
            """{"administratorId":"0195a000-0000-7000-8000-00000000000a"}""" },
        { "administrator_unassigned", new AdministratorUnassigned(s_a),
            """{"administratorId":"0195a000-0000-7000-8000-00000000000a"}""" },
        { "conversation_tagged", new ConversationTagged("Lohn"), """{"tag":"Lohn"}""" },
        { "conversation_untagged", new ConversationUntagged("Lohn"), """{"tag":"Lohn"}""" },
        {
            "administrator_away", new AdministratorAway(new DateOnly(2026, 12, 1), new DateOnly(2027, 1, 6), s_a),
            """{"from":"2026-12-01","to":"2027-01-06","deputyId":"0195a000-0000-7000-8000-00000000000a"}"""
        },
        { "administrator_back", new AdministratorBack(), "{}" },
        {
            "administrator_limited", new AdministratorLimited([s_a], ["Lohn", "Süd"]),
            """{"customerIds":["0195a000-0000-7000-8000-00000000000a"],"tags":["Lohn","Süd"]}"""
        },
        { "administrator_unlimited", new AdministratorUnlimited(), "{}" },
        {
            "auditor_scoped", new AuditorScoped(
                new DateTimeOffset(2027, 1, 1, 0, 0, 0, default), WithNotes: false,
                new DateTimeOffset(2025, 1, 1, 0, 0, 0, default), new DateTimeOffset(2026, 1, 1, 0, 0, 0, default)),
            """{"until":"2027-01-01T00:00:00+00:00","withNotes":false,"from":"2025-01-01T00:00:00+00:00","to":"2026-01-01T00:00:00+00:00"}"""
        },
        { "administrator_restricted", new AdministratorRestricted(), "{}" },
        {
            "administrator_restriction_lifted", new AdministratorRestrictionLifted("Bernd", "bernd@a.example"),
            """{"displayName":"Bernd","email":"bernd@a.example"}"""
        },
        { "administrator_erased", new AdministratorErased(), "{}" },
        { "contact_restricted", new ContactRestricted(), "{}" },
        {
            "contact_restriction_lifted", new ContactRestrictionLifted("Dieter", "dieter@a.example"),
            """{"displayName":"Dieter","email":"dieter@a.example"}"""
        },
        { "contact_erased", new ContactErased(), "{}" },
        { "contact_topics_given", new ContactTopicsGiven(["Lohn"]), """{"topics":["Lohn"]}""" },
        {
            "signed_in", new SignedIn(AccessSubject.Contact(s_a, s_b), AccessProof.Passkey, s_b),
            """{"proof":"Passkey","sessionId":"0195a000-0000-7000-8000-00000000000b","about":{"kind":"Contact","id":"0195a000-0000-7000-8000-00000000000a","customerId":"0195a000-0000-7000-8000-00000000000b"}}"""
        },
        {
            "sign_in_failed", new SignInFailed(AccessSubject.Administrator(s_a), AccessStep.SecondFactor, 3),
            """{"step":"SecondFactor","attempts":3,"about":{"kind":"Administrator","id":"0195a000-0000-7000-8000-00000000000a","customerId":null}}"""
        },
        {
            "file_downloaded", new FileDownloaded(AccessSubject.Conversation(s_a, s_b), s_b),
            """{"fileId":"0195a000-0000-7000-8000-00000000000b","about":{"kind":"Conversation","id":"0195a000-0000-7000-8000-00000000000a","customerId":"0195a000-0000-7000-8000-00000000000b"}}"""
        },
        {
            "notification_preferences_chosen",
            new NotificationPreferencesChosen(
                AccessSubject.Administrator(s_a), [NotificationKind.Assigned, NotificationKind.StatusChanged], null,
                true, false, true),
            """{"emailFor":["Assigned","StatusChanged"],"inAppFor":null,"emailUnlessRead":true,"weeklyReport":false,"dailyCheckpoint":true,"about":{"kind":"Administrator","id":"0195a000-0000-7000-8000-00000000000a","customerId":null}}"""
        },
        {
            "mail_sent", new MailSent(AccessSubject.Contact(s_a, s_b), "StatusChanged", "<1@kanzlei.example>", [s_b]),
            """{"kind":"StatusChanged","messageId":"<1@kanzlei.example>","deliveries":["0195a000-0000-7000-8000-00000000000b"],"about":{"kind":"Contact","id":"0195a000-0000-7000-8000-00000000000a","customerId":"0195a000-0000-7000-8000-00000000000b"}}"""
        },
        {
            "mail_perhaps_sent",
            new MailPerhapsSent(AccessSubject.Organisation(s_a), "CustomerCommented", "<1@kanzlei.example>", [s_b]),
            """{"kind":"CustomerCommented","messageId":"<1@kanzlei.example>","deliveries":["0195a000-0000-7000-8000-00000000000b"],"about":{"kind":"Organisation","id":"0195a000-0000-7000-8000-00000000000a","customerId":null}}"""
        },
        {
            "mail_failed", new MailFailed(AccessSubject.Administrator(s_a), "Invitation", [s_b]),
            """{"kind":"Invitation","deliveries":["0195a000-0000-7000-8000-00000000000b"],"about":{"kind":"Administrator","id":"0195a000-0000-7000-8000-00000000000a","customerId":null}}"""
        },
        {
            "file_damaged", new FileDamaged(AccessSubject.Conversation(s_a, s_b), s_a),
            """{"fileId":"0195a000-0000-7000-8000-00000000000a","about":{"kind":"Conversation","id":"0195a000-0000-7000-8000-00000000000a","customerId":"0195a000-0000-7000-8000-00000000000b"}}"""
        },
        {
            "person_reported", new PersonReported(AccessSubject.Contact(s_a, s_b)),
            """{"about":{"kind":"Contact","id":"0195a000-0000-7000-8000-00000000000a","customerId":"0195a000-0000-7000-8000-00000000000b"}}"""
        },
        {
            "checkpoint_key_changed", new CheckpointKeyChanged(AccessSubject.Organisation(s_a), "old", "new", "note"),
            """{"previousKey":"old","key":"new","note":"note","about":{"kind":"Organisation","id":"0195a000-0000-7000-8000-00000000000a","customerId":null}}"""
        },
        {
            "conversation_opened", new ConversationOpened(AccessSubject.Conversation(s_a, s_b)),
            """{"about":{"kind":"Conversation","id":"0195a000-0000-7000-8000-00000000000a","customerId":"0195a000-0000-7000-8000-00000000000b"}}"""
        },
        { "admins_notified", new AdminsNotified(s_a), """{"actionId":"0195a000-0000-7000-8000-00000000000a"}""" },
        {
            "organisation_registered",
            new OrganisationRegistered("Kanzlei", "post@kanzlei.example", "de", "Europe/Berlin"),
            """{"name":"Kanzlei","notificationEmail":"post@kanzlei.example","locale":"de","timeZone":"Europe/Berlin"}"""
        },
        { "organisation_renamed", new OrganisationRenamed("Kanzlei"), """{"name":"Kanzlei"}""" },
        {
            "notification_email_registered", new NotificationEmailRegistered("a@b.example"),
            """{"email":"a@b.example"}"""
        },
        { "locale_chosen", new LocaleChosen("en"), """{"locale":"en"}""" },
        { "time_zone_chosen", new TimeZoneChosen("Europe/Vienna"), """{"timeZone":"Europe/Vienna"}""" },
        { "answered_told", new AnsweredTold(), "{}" },
        { "answered_no_longer_told", new AnsweredNoLongerTold(), "{}" },
        {
            "mail_content_chosen", new MailContentChosen(MailContent.RegisteredAddressOnly),
            """{"content":"RegisteredAddressOnly"}"""
        },
        {
            "calendar_changed",
            new CalendarChanged(
                new DateOnly(2027, 1, 1), [new OfficeHours(Weekday.Monday, 480, 1020)], Land.Sachsen,
                [new DateOnly(2027, 12, 24)]),
            """{"from":"2027-01-01","hours":[{"day":"Monday","opens":480,"closes":1020}],"land":"Sachsen","daysOff":["2027-12-24"]}"""
        },
        {
            "retention_changed", new RetentionChanged(10, 6, 8),
            """{"mandateYears":10,"commentYears":6,"fileYears":8}"""
        },
        {
            "retention_checked", new RetentionChecked(new DateOnly(2026, 11, 29), 600, 2),
            """{"on":"2026-11-29","customers":600,"due":2}"""
        },
        { "personal_times_hidden", new PersonalTimesHidden(), "{}" },
        { "personal_times_shown", new PersonalTimesShown(), "{}" },
        { "customer_conversations_allowed", new CustomerConversationsAllowed(), "{}" },
        {
            "second_factor_required",
            new SecondFactorRequired(new DateTimeOffset(2026, 12, 30, 23, 0, 0, TimeSpan.Zero)),
            """{"from":"2026-12-30T23:00:00+00:00"}"""
        },
        { "second_factor_no_longer_required", new SecondFactorNoLongerRequired(), "{}" },
        {
            "exported",
            new Exported(
                12, Guid.Parse("0193a000-0000-7000-8000-000000000002"), new DateOnly(2025, 1, 1),
                new DateOnly(2025, 12, 31), false),
            "{\"treeSize\":12,\"customerId\":\"0193a000-0000-7000-8000-000000000002\",\"from\":\"2025-01-01\","
                + "\"to\":\"2025-12-31\",\"withNotes\":false}"
        },
        { "organisation_deactivated", new OrganisationDeactivated(), "{}" },
        { "organisation_reactivated", new OrganisationReactivated(), "{}" },
        { "customer_conversations_disallowed", new CustomerConversationsDisallowed(), "{}" },
        {
            "service_account_created",
            new ServiceAccountCreated("Schnittstelle DATEV", Role.Administrator, "de"),
            """{"displayName":"Schnittstelle DATEV","role":"Administrator","locale":"de"}"""
        },
        {
            "administrator_invited",
            new AdministratorInvited("Anna", "anna@kanzlei.example", Role.Auditor, false, "de"),
            """{"displayName":"Anna","email":"anna@kanzlei.example","role":"Auditor","isOwner":false,"locale":"de"}"""
        },
        { "administrator_joined", new AdministratorJoined(), "{}" },
        {
            "administrator_invited_again",
            new AdministratorInvitedAgain("anna@kanzlei.example", "de"),
            """{"email":"anna@kanzlei.example","locale":"de"}"""
        },
        { "administrator_renamed", new AdministratorRenamed("Anna"), """{"displayName":"Anna"}""" },
        { "administrator_locale_chosen", new AdministratorLocaleChosen("en"), """{"locale":"en"}""" },
        { "administrator_password_reset_asked", new AdministratorPasswordResetAsked("anna@kanzlei.example", "de"),
            """{"email":"anna@kanzlei.example","locale":"de"}""" },
        { "administrator_password_changed", new AdministratorPasswordChanged(), "{}" },
        {
            "administrator_second_factor_changed",
            new AdministratorSecondFactorChanged(SecondFactorChange.AuthenticatorAdded),
            """{"change":"AuthenticatorAdded"}"""
        },
        { "administrator_deactivated", new AdministratorDeactivated(), "{}" },
        {
            "administrator_reactivated",
            new AdministratorReactivated("anna@kanzlei.example", "de"),
            """{"email":"anna@kanzlei.example","locale":"de"}"""
        },
        { "administrator_invitation_withdrawn", new AdministratorInvitationWithdrawn(), "{}" },
        {
            "administrator_email_change_asked",
            new AdministratorEmailChangeAsked("neu@anders.example", "anna@kanzlei.example", "de", true),
            """{"email":"neu@anders.example","before":"anna@kanzlei.example","locale":"de","byThemselves":true}"""
        },
        { "administrator_email_change_withdrawn", new AdministratorEmailChangeWithdrawn(), "{}" },
        {
            "administrator_email_changed",
            new AdministratorEmailChanged("neu@anders.example", "anna@kanzlei.example", "de"),
            """{"email":"neu@anders.example","before":"anna@kanzlei.example","locale":"de"}"""
        },
        {
            "administrator_role_changed",
            new AdministratorRoleChanged(Role.Auditor, true),
            """{"role":"Auditor","isOwner":true}"""
        },
        { "customer_registered", new CustomerRegistered("Krause"), """{"name":"Krause"}""" },
        { "customer_renamed", new CustomerRenamed("Krause"), """{"name":"Krause"}""" },
        { "customer_numbered", new CustomerNumbered("10245"), """{"number":"10245"}""" },
        { "customer_noted", new CustomerNoted("Ruft lieber an"), """{"notes":"Ruft lieber an"}""" },
        { "customer_tagged", new CustomerTagged("Lohn"), """{"tag":"Lohn"}""" },
        { "customer_untagged", new CustomerUntagged("Lohn"), """{"tag":"Lohn"}""" },
        {
            "default_administrator_assigned", new DefaultAdministratorAssigned(s_a),
            """{"administratorId":"0195a000-0000-7000-8000-00000000000a"}"""
        },
        {
            "customer_ended",
            new CustomerEnded(new DateOnly(2026, 12, 31), new DateTimeOffset(2026, 12, 30, 23, 0, 0, TimeSpan.Zero)),
            """{"on":"2026-12-31","at":"2026-12-30T23:00:00+00:00"}"""
        },
        { "customer_resumed", new CustomerResumed(), "{}" },
        { "customer_mail_content_withheld", new CustomerMailContentWithheld(), "{}" },
        { "customer_mail_content_released", new CustomerMailContentReleased(), "{}" },
        { "customer_held", new CustomerHeld("Rechtsstreit"), """{"reason":"Rechtsstreit"}""" },
        { "customer_released", new CustomerReleased(), "{}" },
        {
            "contact_invited",
            new ContactInvited(s_a, "Dieter", "dieter@krause.example", "en"),
            """{"customerId":"0195a000-0000-7000-8000-00000000000a","displayName":"Dieter","email":"dieter@krause.example","locale":"en"}"""
        },
        {
            "contact_added",
            new ContactAdded(s_a, "Dieter", "dieter@krause.example", "en"),
            """{"customerId":"0195a000-0000-7000-8000-00000000000a","displayName":"Dieter","email":"dieter@krause.example","locale":"en"}"""
        },
        { "contact_joined", new ContactJoined(), "{}" },
        { "contact_invited_again", new ContactInvitedAgain("dieter@krause.example", "en"),
            """{"email":"dieter@krause.example","locale":"en"}""" },
        { "contact_renamed", new ContactRenamed("Dieter"), """{"displayName":"Dieter"}""" },
        { "contact_locale_chosen", new ContactLocaleChosen("de"), """{"locale":"de"}""" },
        { "contact_password_reset_asked", new ContactPasswordResetAsked("anna@kanzlei.example", "de"),
            """{"email":"anna@kanzlei.example","locale":"de"}""" },
        { "contact_password_changed", new ContactPasswordChanged(), "{}" },
        {
            "contact_second_factor_changed", new ContactSecondFactorChanged(SecondFactorChange.Reset),
            """{"change":"Reset"}"""
        },
        { "contact_deactivated", new ContactDeactivated(), "{}" },
        {
            "contact_reactivated",
            new ContactReactivated("dieter@krause.example", "en"),
            """{"email":"dieter@krause.example","locale":"en"}"""
        },
        { "contact_invitation_withdrawn", new ContactInvitationWithdrawn(), "{}" },
        {
            "contact_email_change_asked",
            new ContactEmailChangeAsked("neu@anders.example", "dieter@krause.example", "en", true),
            """{"email":"neu@anders.example","before":"dieter@krause.example","locale":"en","byThemselves":true}"""
        },
        { "contact_email_change_withdrawn", new ContactEmailChangeWithdrawn(), "{}" },
        {
            "contact_email_changed",
            new ContactEmailChanged("neu@anders.example", "dieter@krause.example", "en"),
            """{"email":"neu@anders.example","before":"dieter@krause.example","locale":"en"}"""
        },
    };

    [Theory]
    [MemberData(nameof(Samples), DisableDiscoveryEnumeration = true)]
    public void An_event_is_written_as_ever_and_read_back(string name, object @event, string json)
    {
        EventNames.All[name].ShouldBe(@event.GetType());
        JsonSerializer.Serialize(@event, MessagingJson.Options).ShouldBe(json);
        store.Marten.Options.Serializer().ToJson(@event).ShouldBe(json);
        JsonSerializer.Deserialize(json, @event.GetType(), MessagingJson.Options).ShouldBe(@event);
    }

    [Fact]
    public void Every_event_of_the_domain_has_a_name_and_a_sample()
    {
        Type[] families = [typeof(ConversationEvent), typeof(OrganisationEvent), typeof(AdministratorEvent),
            typeof(CustomerEvent), typeof(ContactEvent), typeof(AccessEvent)];
        var events = typeof(ConversationEvent).Assembly.GetTypes().Where(t => families.Any(t.IsSubclassOf)).ToList();
        EventNames.All.Values.ShouldBe(events, ignoreOrder: true);
        Samples.Select(s => s.Data.Item1).Distinct().ShouldBe(EventNames.All.Keys, ignoreOrder: true);
    }

    [Fact]
    public async Task Events_are_stored_under_their_names_with_the_time_and_place_they_were_given()
    {
        var office = await Office.OpenAsync(store);
        office.Now = office.Now.AddTicks(12_340);
        var conversation = await office.ConverseAsync();
        office.Now = office.Now.AddSeconds(1);
        await office.CommentAsync(conversation, office.Dieter);

        var rows = await store.RowsAsync(
            $"select version || ' ' || type || ' ' || (extract(epoch from timestamp) * 1000000)::bigint from "
                + $"messaging.mt_events where stream_id = '{conversation}' order by version");
        var created = (office.Now.AddSeconds(-1) - DateTimeOffset.UnixEpoch).Ticks / 10;
        rows.ShouldBe([$"1 conversation_created {created}", $"2 comment_added {created}",
            $"3 comment_added {created + 1_000_000}"]);

        var comments = await store.Conversations.CommentPagesAsync(
            office.Anna, [conversation], First(10), Cancellation);
        comments[conversation].Nodes()
            .Select(c => (c.Position, c.CreatedAt))
            .ShouldBe([(2, office.Now.AddSeconds(-1)), (3, office.Now)]);
    }
}
