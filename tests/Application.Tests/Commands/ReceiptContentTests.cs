using System.Security.Cryptography;
using System.Text;
using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Application.Conversations;
using Messaging.Application.Customers;
using Messaging.Application.Customers.Import;
using Messaging.Application.Files;
using Messaging.Application.History;
using Messaging.Application.Notifications;
using Messaging.Application.Notifications.Push;
using Messaging.Application.Organisation;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Messaging.Domain.Files;
using Messaging.Domain.History;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Tests.Commands;

/// <summary>
/// Receipts keep the SHA-256 of what a command said, for good. A failure here means that a command which was carried
/// out before an update, or on another node while one is under way, and is repeated now, is refused as another one:
/// change the command back, never what this test says of it. A new command gets its own line. Those of commit 48f34c2
/// were recorded by running that commit's build.
/// </summary>
public sealed class ReceiptContentTests
{
    private const string A = "0195a000-0000-7000-8000-00000000000a";
    private const string B = "0195a000-0000-7000-8000-00000000000b";
    private const string C = "0195a000-0000-7000-8000-00000000000c";

    private static readonly Guid s_a = Guid.Parse(A);
    private static readonly Guid s_b = Guid.Parse(B);
    private static readonly Guid s_c = Guid.Parse(C);
    private static readonly Caller s_caller = new(C, new Actor.Administrator(s_a, IsOwner: true));

    /// <summary>A command, and what is in its receipts before it is hashed.</summary>
    public static TheoryData<Command, string> Samples => new()
    {
        {
            new RecordAccessCommand(s_caller, s_b, s_c, new ConversationOpened(AccessSubject.Conversation(s_b, s_c))),
            $$$"""{"Type":"RecordAccessCommand","Actor":"{{{A}}}","Content":{"AboutKind":0,"AboutId":"{{{B}}}"}}"""
        },
        {
            new AddCommentCommand(s_caller, s_b, s_c, "„Grüße“ <b>&\n🧾 + 'x' \"y\"", CommentVisibility.Internal,
                [s_a, s_b]),
            $$$"""{"Type":"AddCommentCommand","Actor":"{{{A}}}","Content":{"Id":"{{{B}}}","ConversationId":"{{{C}}}","Body":"\u201EGr\u00FC\u00DFe\u201C \u003Cb\u003E\u0026\n\uD83E\uDDFE \u002B \u0027x\u0027 \u0022y\u0022","Visibility":1,"FileIds":["{{{A}}}","{{{B}}}"]}}"""
        },
        {
            new AddCommentCommand(s_caller, s_b, s_c, "@Bernd", CommentVisibility.Internal, [])
            {
                Mentions = [s_a, s_b],
            },
            $$$"""{"Type":"AddCommentCommand","Actor":"{{{A}}}","Content":{"Id":"{{{B}}}","ConversationId":"{{{C}}}","Body":"@Bernd","Visibility":1,"FileIds":[],"Mentions":["{{{A}}}","{{{B}}}"]}}"""
        },
        {
            new AddCommentCommand(s_caller, s_b, s_c, "Bitte", CommentVisibility.Public, [])
            {
                Status = ConversationStatus.Attention,
                ExpectedVersion = 7,
            },
            $$$"""{"Type":"AddCommentCommand","Actor":"{{{A}}}","Content":{"Id":"{{{B}}}","ConversationId":"{{{C}}}","Body":"Bitte","Visibility":0,"FileIds":[],"Status":1,"ExpectedVersion":7}}"""
        },
        {
            new CreateConversationCommand(s_caller, s_b, s_c, "Belege für März", "Bitte", ConversationStatus.Answered,
                s_a, true, [s_c]),
            $$$"""{"Type":"CreateConversationCommand","Actor":"{{{A}}}","Content":{"Id":"{{{B}}}","CustomerId":"{{{C}}}","Subject":"Belege f\u00FCr M\u00E4rz","Body":"Bitte","Status":2,"ResponsibleAdministratorId":"{{{A}}}","NotifyAllAdministrators":true,"FileIds":["{{{C}}}"]}}"""
        },
        {
            new CreateConversationCommand(s_caller, s_b, s_c, "S", "B", ConversationStatus.Open, null, false, []),
            $$$"""{"Type":"CreateConversationCommand","Actor":"{{{A}}}","Content":{"Id":"{{{B}}}","CustomerId":"{{{C}}}","Subject":"S","Body":"B","Status":0,"ResponsibleAdministratorId":null,"NotifyAllAdministrators":false,"FileIds":[]}}"""
        },
        {
            new CreateConversationCommand(s_caller, s_b, s_c, "S", "B", ConversationStatus.Open, null, false, [])
            {
                Tags = ["Lohn"],
            },
            $$$"""{"Type":"CreateConversationCommand","Actor":"{{{A}}}","Content":{"Id":"{{{B}}}","CustomerId":"{{{C}}}","Subject":"S","Body":"B","Status":0,"ResponsibleAdministratorId":null,"NotifyAllAdministrators":false,"FileIds":[],"Tags":["Lohn"]}}"""
        },
        {
            new TagConversationsCommand(s_caller, [s_a], ["Lohn"], ["VIP"]),
            $$$"""{"Type":"TagConversationsCommand","Actor":"{{{A}}}","Content":{"ConversationIds":["{{{A}}}"],"Tags":["Lohn"],"Untags":["VIP"]}}"""
        },
        {
            new LimitAdministratorCommand(s_caller, s_b, new GivenCustomers([s_c], ["Lohn"])),
            $$$"""{"Type":"LimitAdministratorCommand","Actor":"{{{A}}}","Content":{"Id":"{{{B}}}","CustomerIds":["{{{C}}}"],"CustomerTags":["Lohn"]}}"""
        },
        {
            new LimitAdministratorCommand(s_caller, s_b, new GivenCustomers([s_c], []), s_a),
            $$$"""{"Type":"LimitAdministratorCommand","Actor":"{{{A}}}","Content":{"Id":"{{{B}}}","CustomerIds":["{{{C}}}"],"CustomerTags":[],"HandOverTo":"{{{A}}}"}}"""
        },
        {
            new LimitAdministratorCommand(s_caller, s_b, null)
            {
                Scope = new AuditorScope(null, From: new DateTimeOffset(2025, 1, 1, 0, 0, 0, default)),
            },
            $$$"""{"Type":"LimitAdministratorCommand","Actor":"{{{A}}}","Content":{"Id":"{{{B}}}","Until":null,"From":"2025-01-01T00:00:00+00:00","To":null}}"""
        },
        {
            new LimitAdministratorCommand(s_caller, s_b, null) { Scope = new AuditorScope(null, WithNotes: false) },
            $$$"""{"Type":"LimitAdministratorCommand","Actor":"{{{A}}}","Content":{"Id":"{{{B}}}","Until":null,"WithNotes":false}}"""
        },
        {
            new LimitAdministratorCommand(s_caller, s_b, null)
            {
                KeepsCustomers = true,
                Scope = new AuditorScope(new DateTimeOffset(2027, 1, 1, 0, 0, 0, default)),
            },
            $$$"""{"Type":"LimitAdministratorCommand","Actor":"{{{A}}}","Content":{"Id":"{{{B}}}","KeepsCustomers":true,"Until":"2027-01-01T00:00:00+00:00"}}"""
        },
        {
            new JoinByIssuerCommand(s_caller, s_b),
            $$$"""{"Type":"JoinByIssuerCommand","Actor":"{{{A}}}","Content":{"PersonId":"{{{B}}}"}}"""
        },
        {
            new LimitAdministratorCommand(s_caller, s_b, null),
            $$$"""{"Type":"LimitAdministratorCommand","Actor":"{{{A}}}","Content":{"Id":"{{{B}}}"}}"""
        },
        {
            new GiveTopicsCommand(s_caller, s_b, ["Lohn"]),
            $$$"""{"Type":"GiveTopicsCommand","Actor":"{{{A}}}","Content":{"Id":"{{{B}}}","Topics":["Lohn"]}}"""
        },
        {
            new InviteContactCommand(s_caller, s_b, s_c, "dieter@krause.example", "Dieter") { Topics = ["Lohn"] },
            $$$"""{"Type":"InviteContactCommand","Actor":"{{{A}}}","Content":{"CustomerId":"{{{C}}}","Email":"dieter@krause.example","DisplayName":"Dieter","Topics":["Lohn"]}}"""
        },
        {
            new InviteAdministratorCommand(s_caller, s_b, "carla@kanzlei.example", "Carla", Role.Auditor)
            {
                Given = new GivenCustomers([s_c], []),
            },
            $$$"""{"Type":"InviteAdministratorCommand","Actor":"{{{A}}}","Content":{"Email":"carla@kanzlei.example","DisplayName":"Carla","Role":2,"CustomerIds":["{{{C}}}"],"CustomerTags":[]}}"""
        },
        {
            new ChangeStatusCommand(s_caller, [s_a, s_b], ConversationStatus.Attention, 12),
            $$$"""{"Type":"ChangeStatusCommand","Actor":"{{{A}}}","Content":{"ConversationIds":["{{{A}}}","{{{B}}}"],"Status":1,"ExpectedVersion":12}}"""
        },
        {
            new ChangeStatusCommand(s_caller, [s_a], ConversationStatus.Open, null),
            $$$"""{"Type":"ChangeStatusCommand","Actor":"{{{A}}}","Content":{"ConversationIds":["{{{A}}}"],"Status":0,"ExpectedVersion":null}}"""
        },
        {
            new AssignAdministratorCommand(s_caller, [s_a], null),
            $$$"""{"Type":"AssignAdministratorCommand","Actor":"{{{A}}}","Content":{"ConversationIds":["{{{A}}}"],"AdministratorId":null}}"""
        },
        {
            new NotifyAdministratorsCommand(s_caller, s_b, [s_a]),
            $$$"""{"Type":"NotifyAdministratorsCommand","Actor":"{{{A}}}","Content":{"Id":"{{{B}}}","ConversationIds":["{{{A}}}"]}}"""
        },
        {
            new RegisterCustomerCommand(s_caller, s_b, "Bäckerei Krause"),
            $$$"""{"Type":"RegisterCustomerCommand","Actor":"{{{A}}}","Content":{"Id":"{{{B}}}","Name":"B\u00E4ckerei Krause"}}"""
        },
        {
            new ImportCustomerCommand(
                s_caller, s_b, 7, s_c,
                new ImportedCustomer("10245", "Krause", [new ImportedContact("Eva", "eva@krause.example", null)]),
                CustomerImportDecider.Refused(new CustomerExists())),
            $$$"""{"Type":"ImportCustomerCommand","Actor":"{{{A}}}","Content":{"ImportId":"{{{B}}}","Line":7,"CustomerId":"{{{C}}}","Number":"10245","Name":"Krause","Emails":["eva@krause.example"],"DisplayNames":["Eva"],"Locales":[""]}}"""
        },
        {
            new UpdateCustomerCommand(s_caller, s_b, "Krause", "10245", null, ["Lohn", "VIP"]),
            $$$"""{"Type":"UpdateCustomerCommand","Actor":"{{{A}}}","Content":{"Id":"{{{B}}}","Name":"Krause","Number":"10245","Notes":null,"Tags":["Lohn","VIP"]}}"""
        },
        {
            new UpdateCustomerCommand(s_caller, s_b, null, null, "Ruft an", null),
            $$$"""{"Type":"UpdateCustomerCommand","Actor":"{{{A}}}","Content":{"Id":"{{{B}}}","Name":null,"Number":null,"Notes":"Ruft an","Tags":null}}"""
        },
        {
            new UpdateCustomerCommand(s_caller, s_b, null, null, null, null) { MailsWithoutContent = true },
            $$$"""{"Type":"UpdateCustomerCommand","Actor":"{{{A}}}","Content":{"Id":"{{{B}}}","Name":null,"Number":null,"Notes":null,"Tags":null,"MailsWithoutContent":true}}"""
        },
        {
            new AssignDefaultAdministratorCommand(s_caller, s_b, s_a),
            $$$"""{"Type":"AssignDefaultAdministratorCommand","Actor":"{{{A}}}","Content":{"Id":"{{{B}}}","AdministratorId":"{{{A}}}"}}"""
        },
        {
            new EndCustomerCommand(s_caller, s_b, new DateOnly(2026, 12, 31)),
            $$$"""{"Type":"EndCustomerCommand","Actor":"{{{A}}}","Content":{"Id":"{{{B}}}","On":"2026-12-31"}}"""
        },
        {
            new SetAbsenceCommand(
                s_caller, s_b, new Absence(new DateOnly(2026, 12, 1), new DateOnly(2027, 1, 6), s_c)),
            $$$"""{"Type":"SetAbsenceCommand","Actor":"{{{A}}}","Content":{"Id":"{{{B}}}","From":"2026-12-01","To":"2027-01-06","DeputyId":"{{{C}}}"}}"""
        },
        {
            new SetAbsenceCommand(s_caller, s_b, null),
            $$$"""{"Type":"SetAbsenceCommand","Actor":"{{{A}}}","Content":{"Id":"{{{B}}}","From":null,"To":null,"DeputyId":null}}"""
        },
        {
            new RecordPersonReportCommand(s_caller, s_b),
            $$$"""{"Type":"RecordPersonReportCommand","Actor":"{{{A}}}","Content":{"PersonId":"{{{B}}}"}}"""
        },
        {
            new HoldCustomerCommand(s_caller, s_b, "Rechtsstreit"),
            $$$"""{"Type":"HoldCustomerCommand","Actor":"{{{A}}}","Content":{"Id":"{{{B}}}","Reason":"Rechtsstreit"}}"""
        },
        {
            new ReleaseCustomerCommand(s_caller, s_b),
            $$$"""{"Type":"ReleaseCustomerCommand","Actor":"{{{A}}}","Content":{"Id":"{{{B}}}"}}"""
        },
        {
            new ChangeRetentionCommand(s_caller, 12, null, 8),
            $$$"""{"Type":"ChangeRetentionCommand","Actor":"{{{A}}}","Content":{"MandateYears":12,"CommentYears":null,"FileYears":8}}"""
        },
        {
            new CheckRetentionCommand(s_caller, new DateOnly(2026, 11, 29), 600, 2),
            $$$"""{"Type":"CheckRetentionCommand","Actor":"{{{A}}}","Content":{"On":"2026-11-29","Customers":600,"Due":2}}"""
        },
        { new ResumeCustomerCommand(s_caller, s_b),
            $$$"""{"Type":"ResumeCustomerCommand","Actor":"{{{A}}}","Content":{"Id":"{{{B}}}"}}""" },
        {
            new InviteContactCommand(s_caller, s_b, s_c, "dieter@krause.example", "Dieter"),
            $$$"""{"Type":"InviteContactCommand","Actor":"{{{A}}}","Content":{"CustomerId":"{{{C}}}","Email":"dieter@krause.example","DisplayName":"Dieter"}}"""
        },
        {
            new InviteAdministratorCommand(s_caller, s_b, "carla@kanzlei.example", "Carla", Role.Auditor),
            $$$"""{"Type":"InviteAdministratorCommand","Actor":"{{{A}}}","Content":{"Email":"carla@kanzlei.example","DisplayName":"Carla","Role":2}}"""
        },
        { new InviteAgainCommand(s_caller, s_b),
            $$$"""{"Type":"InviteAgainCommand","Actor":"{{{A}}}","Content":{"PersonId":"{{{B}}}"}}""" },
        { new DeactivateContactCommand(s_caller, s_b),
            $$$"""{"Type":"DeactivateContactCommand","Actor":"{{{A}}}","Content":{"Id":"{{{B}}}"}}""" },
        { new RestrictPersonCommand(s_caller, s_b),
            $$$"""{"Type":"RestrictPersonCommand","Actor":"{{{A}}}","Content":{"PersonId":"{{{B}}}"}}""" },
        { new ErasePersonCommand(s_caller, s_b),
            $$$"""{"Type":"ErasePersonCommand","Actor":"{{{A}}}","Content":{"PersonId":"{{{B}}}"}}""" },
        { new LiftRestrictionCommand(s_caller, s_b),
            $$$"""{"Type":"LiftRestrictionCommand","Actor":"{{{A}}}","Content":{"PersonId":"{{{B}}}"}}""" },
        {
            new DeactivateAdministratorCommand(s_caller, s_b),
            $$$"""{"Type":"DeactivateAdministratorCommand","Actor":"{{{A}}}","Content":{"Id":"{{{B}}}"}}"""
        },
        {
            new DeactivateAdministratorCommand(s_caller, s_b, s_c),
            $$$"""{"Type":"DeactivateAdministratorCommand","Actor":"{{{A}}}","Content":{"Id":"{{{B}}}","HandOverTo":"{{{C}}}"}}"""
        },
        {
            new InviteAgainCommand(s_caller, s_b, "b@kanzlei.example"),
            $$$"""{"Type":"InviteAgainCommand","Actor":"{{{A}}}","Content":{"PersonId":"{{{B}}}","Email":"b@kanzlei.example"}}"""
        },
        {
            new WithdrawInvitationCommand(s_caller, s_b),
            $$$"""{"Type":"WithdrawInvitationCommand","Actor":"{{{A}}}","Content":{"PersonId":"{{{B}}}"}}"""
        },
        {
            new ReactivateAdministratorCommand(s_caller, s_b, "b@kanzlei.example"),
            $$$"""{"Type":"ReactivateAdministratorCommand","Actor":"{{{A}}}","Content":{"Id":"{{{B}}}","Email":"b@kanzlei.example"}}"""
        },
        {
            new ReactivateContactCommand(s_caller, s_b, "b@krause.example"),
            $$$"""{"Type":"ReactivateContactCommand","Actor":"{{{A}}}","Content":{"Id":"{{{B}}}","Email":"b@krause.example"}}"""
        },
        {
            new ChangeAdministratorRoleCommand(s_caller, s_b, Role.Auditor, null),
            $$$"""{"Type":"ChangeAdministratorRoleCommand","Actor":"{{{A}}}","Content":{"Id":"{{{B}}}","Role":2,"IsOwner":null}}"""
        },
        {
            new HandOverCommand(s_caller, [s_b], s_a, null),
            $$$"""{"Type":"HandOverCommand","Actor":"{{{A}}}","Content":{"ConversationIds":["{{{B}}}"],"From":"{{{A}}}","To":null}}"""
        },
        {
            new RegisterOrganisationCommand(s_caller, "Kanzlei", "post@kanzlei.example", "de", "Europe/Berlin", s_b,
                "Anna", "anna@kanzlei.example", null),
            $$$"""{"Type":"RegisterOrganisationCommand","Actor":"{{{A}}}","Content":{"Name":"Kanzlei","NotificationEmail":"post@kanzlei.example","Locale":"de","TimeZone":"Europe/Berlin","OwnerName":"Anna","OwnerEmail":"anna@kanzlei.example"}}"""
        },
        {
            new UpdateOrganisationSettingsCommand(s_caller, "Kanzlei", null, null, "Europe/Vienna", true),
            $$$"""{"Type":"UpdateOrganisationSettingsCommand","Actor":"{{{A}}}","Content":{"Name":"Kanzlei","NotificationEmail":null,"Locale":null,"TimeZone":"Europe/Vienna","CustomersMayStartConversations":true}}"""
        },
        {
            new UpdateOrganisationSettingsCommand(s_caller, null, null, null, null, null)
            {
                CustomersAreToldAnswered = true,
            },
            $$$"""{"Type":"UpdateOrganisationSettingsCommand","Actor":"{{{A}}}","Content":{"Name":null,"NotificationEmail":null,"Locale":null,"TimeZone":null,"CustomersMayStartConversations":null,"CustomersAreToldAnswered":true}}"""
        },
        {
            new UpdateOrganisationSettingsCommand(s_caller, null, null, null, null, null)
            {
                MailContent = MailContent.None,
            },
            $$$"""{"Type":"UpdateOrganisationSettingsCommand","Actor":"{{{A}}}","Content":{"Name":null,"NotificationEmail":null,"Locale":null,"TimeZone":null,"CustomersMayStartConversations":null,"MailContent":"None"}}"""
        },
        {
            new UpdateProfileCommand(s_caller, "Anna", null),
            $$$"""{"Type":"UpdateProfileCommand","Actor":"{{{A}}}","Content":{"DisplayName":"Anna","Locale":null}}"""
        },
        {
            new AcceptInvitationCommand(s_caller, "00FF", s_b, "hash"),
            $$$"""{"Type":"AcceptInvitationCommand","Actor":"{{{A}}}","Content":{"TokenHash":"00FF"}}"""
        },
        {
            new ChangePasswordCommand(s_caller, "hash+/=", DateTimeOffset.UnixEpoch, EndsApiTokens: false),
            $$$"""{"Type":"ChangePasswordCommand","Actor":"{{{A}}}","Content":{"PasswordHash":"hash\u002B/="}}"""
        },

        // Since commit 48f34c2.
        {
            new SetOwnerPasswordCommand(s_caller, s_b, "hash", DateTimeOffset.UnixEpoch),
            $$$"""{"Type":"SetOwnerPasswordCommand","Actor":"{{{A}}}","Content":{"PersonId":"{{{B}}}","PasswordHash":"hash"}}"""
        },
        {
            new CloseOrganisationCommand(s_caller, IsClosed: true),
            $$$"""{"Type":"CloseOrganisationCommand","Actor":"{{{A}}}","Content":{"IsClosed":true}}"""
        },
        {
            new AskPasswordResetCommand(s_caller, s_b, SignsInElsewhere: false),
            $$$"""{"Type":"AskPasswordResetCommand","Actor":"{{{A}}}","Content":{"PersonId":"{{{B}}}"}}"""
        },
        {
            new AskEmailChangeCommand(s_caller, s_b, "b@krause.example", ByThemselves: false),
            $$$"""{"Type":"AskEmailChangeCommand","Actor":"{{{A}}}","Content":{"PersonId":"{{{B}}}","Email":"b@krause.example"}}"""
        },
        {
            new WithdrawEmailChangeCommand(s_caller, s_b),
            $$$"""{"Type":"WithdrawEmailChangeCommand","Actor":"{{{A}}}","Content":{"PersonId":"{{{B}}}"}}"""
        },
        {
            new FollowEmailChangeCommand(s_caller, s_b, "b@alt.example", "b@krause.example"),
            $$$"""{"Type":"FollowEmailChangeCommand","Actor":"{{{A}}}","Content":{"PersonId":"{{{B}}}","Before":"b@alt.example","Email":"b@krause.example"}}"""
        },
        {
            new ConfirmEmailChangeCommand(s_caller, "00FF", s_b, "b@krause.example"),
            $$$"""{"Type":"ConfirmEmailChangeCommand","Actor":"{{{A}}}","Content":{"TokenHash":"00FF"}}"""
        },
        {
            new JoinAccountsCommand(s_caller, "hash", new Caller(B, new Actor.Contact(s_b, s_c))),
            $$$"""{"Type":"JoinAccountsCommand","Actor":"{{{A}}}","Content":{"PasswordHash":"hash"}}"""
        },
        {
            new ResetPasswordCommand(s_caller, "00FF", s_b, "hash", DateTimeOffset.UnixEpoch, EndsApiTokens: false),
            $$$"""{"Type":"ResetPasswordCommand","Actor":"{{{A}}}","Content":{"TokenHash":"00FF"}}"""
        },
        {
            new AddSecondFactorCommand(s_caller, s_b, "Handy", 57, null, ["00FF"]),
            $$$"""{"Type":"AddSecondFactorCommand","Actor":"{{{A}}}","Content":{"FactorId":"{{{B}}}"}}"""
        },
        {
            new RemoveSecondFactorCommand(s_caller, s_b),
            $$$"""{"Type":"RemoveSecondFactorCommand","Actor":"{{{A}}}","Content":{"FactorId":"{{{B}}}"}}"""
        },
        {
            new MakeRecoveryCodesCommand(s_caller, ["00FF", "01FF"]),
            $$$"""{"Type":"MakeRecoveryCodesCommand","Actor":"{{{A}}}","Content":{"Codes":"00FF 01FF"}}"""
        },
        {
            new UseRecoveryCodeCommand(s_caller, "00FF"),
            $$$"""{"Type":"UseRecoveryCodeCommand","Actor":"{{{A}}}","Content":{"CodeHash":"00FF"}}"""
        },
        {
            new ChangeCalendarCommand(
                s_caller, new DateOnly(2027, 1, 1), [new OfficeHours(Weekday.Monday, 480, 1020)], Land.Sachsen,
                [new DateOnly(2027, 12, 24)]),
            $$$"""{"Type":"ChangeCalendarCommand","Actor":"{{{A}}}","Content":{"From":"2027-01-01","Hours":["1 480-1020"],"Land":"Sachsen","DaysOff":["2027-12-24"]}}"""
        },
        {
            new UpdateOrganisationSettingsCommand(s_caller, null, null, null, null, null)
            {
                ShowsPersonalTimes = false,
            },
            $$$"""{"Type":"UpdateOrganisationSettingsCommand","Actor":"{{{A}}}","Content":{"Name":null,"NotificationEmail":null,"Locale":null,"TimeZone":null,"CustomersMayStartConversations":null,"ShowsPersonalTimes":false}}"""
        },
        {
            new ResetSecondFactorCommand(s_caller, s_b),
            $$$"""{"Type":"ResetSecondFactorCommand","Actor":"{{{A}}}","Content":{"PersonId":"{{{B}}}"}}"""
        },
        {
            new RecordExportCommand(
                s_caller, s_a, 12, new ExportScope(s_b, new DateOnly(2025, 1, 1), new DateOnly(2025, 12, 31), false)),
            $$$"""{"Type":"RecordExportCommand","Actor":"{{{A}}}","Content":{"TreeSize":12,"CustomerId":"{{{B}}}",""" +
                "\"From\":\"2025-01-01\",\"To\":\"2025-12-31\",\"WithNotes\":false}}"
        },
        {
            new RequireSecondFactorCommand(s_caller, TimeSpan.FromDays(7), IsVouchedFor: false),
            $$$"""{"Type":"RequireSecondFactorCommand","Actor":"{{{A}}}","Content":{"Grace":"7.00:00:00"}}"""
        },
        {
            new CreateServiceAccountCommand(s_caller, s_b, "Schnittstelle", Role.Auditor),
            $$$"""{"Type":"CreateServiceAccountCommand","Actor":"{{{A}}}","Content":{"DisplayName":"Schnittstelle","Role":2}}"""
        },
        {
            new DeactivateServiceAccountCommand(s_caller, s_b),
            $$$"""{"Type":"DeactivateServiceAccountCommand","Actor":"{{{A}}}","Content":{"Id":"{{{B}}}"}}"""
        },
        {
            new CreateApiTokenCommand(
                s_caller, s_b, s_a, "Export", ApiTokenScope.ReadWrite,
                new DateTimeOffset(2027, 1, 2, 3, 4, 5, 600, TimeSpan.FromHours(1)), "msg_secret"),
            $$$"""{"Type":"CreateApiTokenCommand","Actor":"{{{A}}}","Content":{"PersonId":"{{{A}}}","Name":"Export","Scope":1,"ExpiresAt":"2027-01-02T03:04:05.6+01:00"}}"""
        },

        // With IsDiscarded since; its id is the product's own, so that no client repeats one of before.
        {
            new UploadFileCommand(
                s_caller,
                new Upload(
                    s_b, "Rechnung.pdf", "application/pdf", 5_000_000_000, "00ff", Participant.Contact(s_a), null),
                new FileQuotas(1, 1, 1), true, false),
            $$$"""{"Type":"UploadFileCommand","Actor":"{{{A}}}","Content":{"Id":"{{{B}}}","Name":"Rechnung.pdf","MediaType":"application/pdf","Size":5000000000,"Sha256":"00ff","UploadedBy":{"Kind":1,"Id":"{{{A}}}"},"CommentId":null,"IsDiscarded":false}}"""
        },
    };

    [Theory]
    [MemberData(nameof(Samples), DisableDiscoveryEnumeration = true)]
    public void A_command_is_hashed_as_ever(Command command, string content) =>
        Convert.ToHexString(command.Fingerprint())
            .ShouldBe(Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(content))));

    [Fact]
    public void Every_command_with_receipts_has_a_sample()
    {
        // What has no ids writes no receipts.
        Type[] without = [typeof(DiscardFileCommand), typeof(MarkConversationReadCommand),
            typeof(MarkNotificationsReadCommand), typeof(ResendDeliveryCommand),
            typeof(UpdateNotificationPreferencesCommand), typeof(SubscribeToPushCommand),
            typeof(UnsubscribeFromPushCommand)];
        var commands = typeof(Command).Assembly.GetTypes()
            .Where(t => t.IsSubclassOf(typeof(Command)) && !t.IsAbstract)
            .Except(without);
        Samples.Select(s => s.Data.Item1.GetType()).Distinct().ShouldBe(commands, ignoreOrder: true);
        foreach (var type in without)
        {
            type.GetProperty(nameof(Command.IdempotencyKeys),
                System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!.DeclaringType
                .ShouldBe(typeof(Command), $"{type.Name} has receipts now: give it a sample.");
        }
    }

    [Fact]
    public void No_two_commands_have_one_stored_name() =>
        Samples.Select(s => s.Data.Item1).DistinctBy(c => c.GetType()).Select(c => c.StoredName).ShouldBeUnique();
}
