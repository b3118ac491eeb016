using System.Collections.Immutable;
using CsCheck;
using Messaging.Domain.Accounts;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Messaging.Domain.Files;
using Messaging.Domain.Organisation;
using static Messaging.Domain.Tests.Office;

namespace Messaging.Domain.Tests.Properties;

/// <summary>
/// Random actors, commands and events. Ids come from small ranges, so that repeats, foreign ids and clashes are as
/// frequent as plain use.
/// </summary>
internal static class OfficeGen
{
    private static readonly Gen<Guid> s_id = Gen.Int[100, 130].Select(Office.Id);

    public static readonly Gen<Actor> Actors = Gen.OneOfConst<Actor>(
        Anna, Bernd, Carla, Auditor, Dieter, Eva, Office.Product);

    private static readonly Gen<ConversationStatus> s_status = Gen.Enum<ConversationStatus>();

    private static readonly Gen<CommentVisibility> s_visibility = Gen.Enum<CommentVisibility>();

    // Any UTF-16 units, the lengths around the limits, and what is refused.
    private static readonly Gen<string> s_text = Gen.OneOf(
        Gen.OneOfConst(
            "", " ", "x", "Guten Tag\r\n😀", "a\0b", "\ud800", "\udc00\ud800", new string('x', 200),
            new string('x', 201), new string('x', 20_000), new string('x', 20_001)),
        Gen.Char['\0', '\uffff'].Array[0, 30].Select(units => new string(units))
    );

    private static readonly Gen<Administrator?> s_administrator = Gen.Select(
        Gen.OneOfConst(Anna, Bernd, Carla), Gen.Bool, Gen.Bool, Gen.Bool,
        (who, known, active, auditor) =>
            known
                ? State(who) with
                {
                    Active = active,
                    Role = auditor ? Role.Auditor : Role.Administrator,
                }
                : (Administrator?)null
    );

    private static readonly Gen<FileToAttach> s_file = Gen.Select(s_id, Actors, Gen.Int[0, 5], (id, by, kind) =>
        new FileToAttach(
            id,
            kind == 0
                ? null
                : new Upload(
                    id, "Beleg.pdf", "application/pdf", 1, new string('a', 64), by.Participant,
                    kind == 1 ? Office.Id(1) : null)
        )
    );

    private static readonly Gen<ImmutableArray<FileToAttach>> s_files = s_file
        .Array[0, 3]
        .Select(files => files.ToImmutableArray());

    private static readonly Gen<Customer?> s_customer = Gen.OneOfConst<Customer?>(
        Krause, Krause, new Customer(LindnerId, 1, "Studio Lindner"), null);

    private static readonly Gen<ConversationCommand> s_create = Gen.Select(
        Gen.Select(s_customer, s_text, s_text, s_status),
        Gen.Select(s_administrator, Gen.Bool, s_id, s_files, Gen.Bool),
        ConversationCommand (what, how) =>
            new CreateConversation(
                Office.Id(100), what.Item1, what.Item2, what.Item3, what.Item4, how.Item1?.Id, how.Item1, how.Item2,
                how.Item3, how.Item4, how.Item5)
    );

    // One that an administrator always may give, so that sequences get beyond the start.
    private static readonly Gen<ConversationCommand> s_plainCreate = Gen.Select(
        s_status,
        ConversationCommand (status) =>
            new CreateConversation(
                Office.Id(100), Krause, "Lohnabrechnung", "Guten Tag", status, null, null, false, Office.Id(101), [],
                true)
    );

    private static readonly Gen<ConversationCommand> s_later = Gen.OneOf(
        Gen.Select(s_id, s_text, s_visibility, s_files, ConversationCommand (id, body, visibility, files) =>
            new AddComment(id, body, visibility, files)
        ),
        Gen.Select(Gen.Guid, s_visibility, ConversationCommand (id, visibility) =>
            new AddComment(id, "Danke", visibility, [])
        ),
        Gen.Select(
            Gen.Guid, s_visibility, s_status, Gen.Int[-1, 40], ConversationCommand (id, visibility, status, version) =>
                new AddComment(id, "Danke", visibility, [])
                {
                    Status = status,
                    ExpectedVersion = version < 0 ? null : version,
                }
        ),
        Gen.Select(s_status, Gen.Int[-1, 40], ConversationCommand (status, version) =>
            new ChangeStatus(status, version < 0 ? null : version)
        ),
        Gen.Select(s_administrator, Gen.Bool, ConversationCommand (who, nobody) =>
            new AssignAdministrator(nobody ? null : who?.Id ?? Office.Id(99), who)
        ),
        Gen.Select(s_text, s_text, ConversationCommand (add, remove) => new ChangeTags([add], [remove])),
        Gen.Select(s_id, ConversationCommand (id) => new NotifyAdministrators(id))
    );

    public static readonly Gen<ConversationCommand> Conversations = Gen.Frequency(
        (1, s_create), (1, s_plainCreate), (8, s_later));

    public static readonly Gen<ConversationEvent> ConversationEvents = Gen.OneOf(
        Gen.Select(Gen.Guid, Actors, s_text, s_status, ConversationEvent (id, by, subject, status) =>
            new ConversationCreated(id, by.Participant, subject, status, id, true)
        ),
        Gen.Select(s_id, Actors, s_text, s_visibility, ConversationEvent (id, by, body, visibility) =>
            new CommentAdded(id, by.Participant, body, visibility)
        ),
        Gen.Select(s_id, Actors, ConversationEvent (id, by) =>
            new FileAttached(id, id, "Beleg.pdf", "application/pdf", 1, "", by.Participant)
        ),
        Gen.Select(s_status, s_status, Gen.Enum<StatusChangeReason>(), ConversationEvent (from, to, reason) =>
            new StatusChanged(from, to, reason)
        ),
        Gen.Select(s_id, ConversationEvent (id) => new AdministratorAssigned(id)),
        Gen.Select(s_id, ConversationEvent (id) => new AdministratorUnassigned(id)),
        Gen.Select(s_text, ConversationEvent (text) => new ConversationTagged(text)),
        Gen.Select(s_text, ConversationEvent (text) => new ConversationUntagged(text)),
        Gen.Select(s_id, ConversationEvent (id) => new AdminsNotified(id)));

    private static readonly Gen<string?> s_setting = Gen.OneOf(
        Gen.OneOfConst<string?>(
            null, "de", "en", "Europe/Berlin", "UTC", "Europe/Vienna", "post@kanzlei-sommer.example"),
        s_text.Select(text => (string?)text)
    );

    private static readonly Gen<bool?> s_maybe = Gen.OneOfConst<bool?>(null, true, false);

    public static readonly Gen<OrganisationCommand> Organisations = Gen.Frequency(
        (
            1,
            Gen.Const<OrganisationCommand>(
                new RegisterOrganisation("Kanzlei Sommer", "post@kanzlei-sommer.example", "de", "Europe/Berlin"))
        ),
        (
            1,
            Gen.Select(s_text, s_text, s_text, s_text, OrganisationCommand (name, email, locale, zone) =>
                new RegisterOrganisation(name, email, locale, zone)
            )
        ),
        (
            4,
            Gen.Select(
                s_setting,
                s_setting,
                s_setting,
                s_setting,
                s_maybe,
                OrganisationCommand (name, email, locale, zone, may) =>
                    new UpdateSettings(name, email, locale, zone, may)
            )
        ),
        (
            2,
            Gen.Select(Gen.Bool, Gen.Bool, OrganisationCommand (isRequired, hasOne) =>
                new RequireSecondFactor(isRequired ? DateTimeOffset.UnixEpoch : null, hasOne)
            )
        ),
        (
            2,
            Gen.Select(Gen.Int[-1, 1441], Gen.Int[-1, 1441], Gen.Enum<Weekday>(), OrganisationCommand (from, to, day) =>
                new ChangeCalendar(
                    new BusinessCalendar(new DateOnly(2027, 1, 1), [new OfficeHours(day, from, to)], null, []))
            )
        ),
        (
            2,
            Gen.Select(Gen.Int[-1, 31], Gen.Bool, OrganisationCommand (years, all) =>
                new ChangeRetention(years, all ? years : null, null)
            )
        ),
        (
            4,
            Gen.Select(s_text, s_maybe, OrganisationCommand (name, may) =>
                new UpdateSettings(name, null, null, null, may)
            )
        )
    );

    public static readonly Gen<OrganisationEvent> OrganisationEvents = Gen.OneOf(
        Gen.Select(s_text, OrganisationEvent (text) => new OrganisationRegistered(text, text, text, text)),
        Gen.Select(s_text, OrganisationEvent (text) => new OrganisationRenamed(text)),
        Gen.Select(s_text, OrganisationEvent (text) => new NotificationEmailRegistered(text)),
        Gen.Select(s_text, OrganisationEvent (text) => new LocaleChosen(text)),
        Gen.Select(s_text, OrganisationEvent (text) => new TimeZoneChosen(text)),
        Gen.OneOfConst<OrganisationEvent>(new CustomerConversationsAllowed(), new CustomerConversationsDisallowed(),
            new OrganisationDeactivated(), new OrganisationReactivated(), new SecondFactorNoLongerRequired(),
            new SecondFactorRequired(DateTimeOffset.UnixEpoch), new Exported(5, null, null, null, true),
            new PersonalTimesHidden(), new PersonalTimesShown(), new RetentionChanged(10, 6, 8),
            new RetentionChecked(new DateOnly(2027, 1, 1), 3, 1),
            new CalendarChanged(new DateOnly(2027, 1, 1), [new OfficeHours(Weekday.Friday, 480, 720)], null, [])));

    private static readonly Gen<string> s_email = Gen.OneOf(Gen.Const("somebody@kanzlei-sommer.example"), s_text);

    public static readonly Gen<PersonCommand> Administrators = Gen.OneOf(
        Gen.Select(
            s_text,
            s_email,
            Gen.Enum<Role>(),
            Gen.Bool,
            Gen.Bool,
            PersonCommand (name, email, role, owner, taken) =>
                new InviteAdministrator(name, email, role, owner, "de", taken)
        ),
        Gen.OneOfConst<PersonCommand>(
            new PersonCommand.Join(), new PersonCommand.InviteAgain(), new PersonCommand.ChangePassword(),
            new PersonCommand.Deactivate(), new PersonCommand.AskPasswordReset(), new PersonCommand.ResetPassword(),
            new PersonCommand.WithdrawInvitation(), new PersonCommand.WithdrawEmailChange(),
            new PersonCommand.ResetSecondFactor(HasOne: true), new PersonCommand.Restrict(),
            new PersonCommand.LiftRestriction(), new PersonCommand.Erase()),
        Gen.Enum<SecondFactorChange>().Select(PersonCommand (change) => new PersonCommand.ChangeSecondFactor(change)),
        Gen.Select(s_email, Gen.Bool, Gen.Bool, PersonCommand (email, taken, mine) =>
            new PersonCommand.AskEmailChange(email, false, taken, mine)
        ),
        Gen.Select(Gen.Int[1, 12], Gen.Bool, PersonCommand (version, taken) =>
            new PersonCommand.ConfirmEmailChange(version, taken)
        ),
        s_email.Select(PersonCommand (email) => new PersonCommand.Reactivate(email, null)),
        s_email.Select(PersonCommand (email) => new PersonCommand.InviteAgain(email)),
        Gen.Select(Gen.Enum<Role>(), Gen.Bool, PersonCommand (role, owner) => new ChangeRole(role, owner)),
        Gen.Select(s_id, s_text, Gen.Bool, PersonCommand (id, tag, known) =>
            new LimitAccess(new GivenCustomers([id], [tag]), _ => known)
        ),
        Gen.Const<PersonCommand>(new LimitAccess(null, _ => true)),
        Gen.Select(s_setting, s_setting, PersonCommand (name, locale) =>
            new PersonCommand.UpdateProfile(name, locale)
        )
    );

    public static readonly Gen<PersonEvent> AdministratorEvents = Gen.OneOf(
        Gen.Select(s_text, Gen.Enum<Role>(), Gen.Bool, PersonEvent (text, role, owner) =>
            new AdministratorInvited(text, text, role, owner, text)
        ),
        Gen.Select(s_text, Gen.Enum<Role>(), PersonEvent (text, role) =>
            new ServiceAccountCreated(text, role, text)
        ),
        Gen.Select(s_text, s_text, PersonEvent (email, locale) => new AdministratorInvitedAgain(email, locale)),
        Gen.Select(s_text, s_text, PersonEvent (email, locale) => new AdministratorPasswordResetAsked(email, locale)),
        Gen.Select(s_text, s_text, Gen.Bool, PersonEvent (email, before, mine) =>
            new AdministratorEmailChangeAsked(email, before, "de", mine)
        ),
        Gen.Select(s_text, s_text, PersonEvent (email, before) => new AdministratorEmailChanged(email, before, "de")),
        Gen.Select(s_text, PersonEvent (text) => new AdministratorRenamed(text)),
        Gen.Select(s_text, PersonEvent (text) => new AdministratorLocaleChosen(text)),
        Gen.OneOfConst<PersonEvent>(
            new AdministratorJoined(), new AdministratorPasswordChanged(), new AdministratorDeactivated(),
            new AdministratorInvitationWithdrawn(), new AdministratorEmailChangeWithdrawn()),
        Gen.Select(s_text, s_text, PersonEvent (email, locale) => new AdministratorReactivated(email, locale)),
        Gen.Enum<SecondFactorChange>().Select(PersonEvent (change) => new AdministratorSecondFactorChanged(change)),
        Gen.Select(Gen.Enum<Role>(), Gen.Bool, PersonEvent (role, owner) => new AdministratorRoleChanged(role, owner)),
        Gen.Select(s_id, s_text, PersonEvent (id, tag) => new AdministratorLimited([id], [tag])),
        Gen.Bool.Select(PersonEvent (ends) =>
            new AuditorScoped(
                ends ? new DateTimeOffset(2026, 12, 31, 23, 0, 0, default) : null, !ends,
                new DateTimeOffset(2025, 12, 31, 23, 0, 0, default))),
        Gen.Select(s_id, PersonEvent (id) =>
            new AdministratorAway(new DateOnly(2026, 12, 1), new DateOnly(2026, 12, 24), id)),
        s_text.Select(PersonEvent (text) => new AdministratorRestrictionLifted(text, text)),
        Gen.OneOfConst<PersonEvent>(
            new AdministratorUnlimited(), new AdministratorBack(), new AdministratorRestricted(),
            new AdministratorErased())
    );

    public static readonly Gen<PersonCommand> Contacts = Gen.OneOf(
        Gen.Select(s_customer, s_text, s_email, Gen.Bool, PersonCommand (customer, name, email, taken) =>
            new InviteContact(customer, name, email, "de", taken) { Mails = !taken && name.Length % 2 == 0 }
        ),
        Gen.OneOfConst<PersonCommand>(
            new PersonCommand.Join(), new PersonCommand.InviteAgain(), new PersonCommand.ChangePassword(),
            new PersonCommand.Deactivate(), new PersonCommand.AskPasswordReset(), new PersonCommand.ResetPassword(),
            new PersonCommand.WithdrawInvitation(), new PersonCommand.WithdrawEmailChange(),
            new PersonCommand.ResetSecondFactor(HasOne: true), new PersonCommand.Restrict(),
            new PersonCommand.LiftRestriction(), new PersonCommand.Erase()),
        Gen.Enum<SecondFactorChange>().Select(PersonCommand (change) => new PersonCommand.ChangeSecondFactor(change)),
        Gen.Select(s_email, Gen.Bool, Gen.Bool, PersonCommand (email, taken, mine) =>
            new PersonCommand.AskEmailChange(email, false, taken, mine)
        ),
        Gen.Select(Gen.Int[1, 12], Gen.Bool, PersonCommand (version, taken) =>
            new PersonCommand.ConfirmEmailChange(version, taken)
        ),
        s_email.Select(PersonCommand (email) => new PersonCommand.Reactivate(email, null)),
        s_email.Select(PersonCommand (email) => new PersonCommand.InviteAgain(email)),
        s_text.Select(PersonCommand (topic) => new GiveTopics([topic])),
        Gen.Select(s_setting, s_setting, PersonCommand (name, locale) => new PersonCommand.UpdateProfile(name, locale))
    );

    public static readonly Gen<PersonEvent> ContactEvents = Gen.OneOf(
        s_text.Select(PersonEvent (topic) => new ContactTopicsGiven([topic])),
        Gen.Select(s_id, s_text, PersonEvent (customer, text) => new ContactInvited(customer, text, text, text)),
        Gen.Select(s_id, s_text, PersonEvent (customer, text) => new ContactAdded(customer, text, text, text)),
        Gen.Select(s_text, s_text, PersonEvent (email, locale) => new ContactInvitedAgain(email, locale)),
        Gen.Select(s_text, s_text, PersonEvent (email, locale) => new ContactPasswordResetAsked(email, locale)),
        Gen.Select(s_text, s_text, Gen.Bool, PersonEvent (email, before, mine) =>
            new ContactEmailChangeAsked(email, before, "de", mine)
        ),
        Gen.Select(s_text, s_text, PersonEvent (email, before) => new ContactEmailChanged(email, before, "de")),
        Gen.Select(s_text, PersonEvent (text) => new ContactRenamed(text)),
        Gen.Select(s_text, PersonEvent (text) => new ContactLocaleChosen(text)),
        Gen.Select(s_text, s_text, PersonEvent (email, locale) => new ContactReactivated(email, locale)),
        Gen.Enum<SecondFactorChange>().Select(PersonEvent (change) => new ContactSecondFactorChanged(change)),
        Gen.OneOfConst<PersonEvent>(
            new ContactJoined(), new ContactPasswordChanged(), new ContactDeactivated(),
            new ContactInvitationWithdrawn(), new ContactRestricted(), new ContactErased()),
        s_text.Select(PersonEvent (text) => new ContactRestrictionLifted(text, text)));

    private static readonly Gen<DateOnly> s_day = Gen.Int[1, 3650].Select(new DateOnly(2020, 1, 1).AddDays);

    public static readonly Gen<CustomerCommand> Customers = Gen.OneOf(
        s_text.Select(CustomerCommand (name) => new RegisterCustomer(name)),
        Gen.Select(s_setting, s_setting, Gen.Bool, s_text, CustomerCommand (name, number, taken, tag) =>
            new UpdateCustomer(name, number, taken, number, [tag])
        ),
        s_id.Select(CustomerCommand (id) => new AssignDefaultAdministrator(id, null)),
        s_day.Select(CustomerCommand (on) => new EndCustomer(on, Day.StartOf(on, TimeZoneInfo.Utc))),
        s_text.Select(CustomerCommand (reason) => new HoldCustomer(reason)),
        Gen.OneOfConst<CustomerCommand>(new ResumeCustomer(), new ReleaseCustomer()));

    public static readonly Gen<CustomerEvent> CustomerEvents = Gen.OneOf(
        s_text.Select(CustomerEvent (name) => new CustomerRegistered(name)),
        s_text.Select(CustomerEvent (text) => new CustomerRenamed(text)),
        s_text.Select(CustomerEvent (text) => new CustomerNumbered(text)),
        s_text.Select(CustomerEvent (text) => new CustomerNoted(text)),
        s_text.Select(CustomerEvent (text) => new CustomerTagged(text)),
        s_text.Select(CustomerEvent (text) => new CustomerUntagged(text)),
        s_id.Select(CustomerEvent (id) => new DefaultAdministratorAssigned(id)),
        s_day.Select(CustomerEvent (on) => new CustomerEnded(on, Day.StartOf(on, TimeZoneInfo.Utc))),
        Gen.Const<CustomerEvent>(new CustomerResumed()),
        s_text.Select(CustomerEvent (reason) => new CustomerHeld(reason)),
        Gen.Const<CustomerEvent>(new CustomerReleased()),
        Gen.Const<CustomerEvent>(new CustomerMailContentWithheld()),
        Gen.Const<CustomerEvent>(new CustomerMailContentReleased()));
}
