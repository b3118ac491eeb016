using System.Collections.Immutable;
using Messaging.Domain.Accounts;
using Messaging.Domain.Customers;

namespace Messaging.Domain.Organisation;

/// <summary>
/// An event of an administrator. Names and fields are a file format: they are upcast, never edited.
/// </summary>
public abstract record AdministratorEvent : PersonEvent;

/// <summary>An administrator was invited to join the office.</summary>
/// <param name="Role"><see cref="Role.Administrator"/> or <see cref="Role.Auditor"/>.</param>
/// <param name="IsOwner">True when they may change the organisation's settings and its administrators.</param>
/// <param name="Locale">The language they are written to in: <c>de</c> or <c>en</c>.</param>
[Stored("administrator_invited")]
public sealed record AdministratorInvited(string DisplayName, string Email, Role Role, bool IsOwner, string Locale)
    : AdministratorEvent, PersonEvent.IInvited;

/// <summary>
/// A program of the office's got an account: it acts as an administrator or reads as an auditor, by API tokens, and is
/// nobody who signs in or is written to.
/// </summary>
/// <param name="Role"><see cref="Role.Administrator"/> or <see cref="Role.Auditor"/>.</param>
/// <param name="Locale">The language that it is answered in: <c>de</c> or <c>en</c>.</param>
[Stored("service_account_created")]
public sealed record ServiceAccountCreated(string DisplayName, Role Role, string Locale) : AdministratorEvent;

/// <summary>The invitation was taken up.</summary>
[Stored("administrator_joined")]
public sealed record AdministratorJoined : AdministratorEvent, PersonEvent.IJoined;

/// <summary>They were asked to join once more: the first invitation had expired, or was lost.</summary>
[Stored("administrator_invited_again")]
public sealed record AdministratorInvitedAgain(string Email, string Locale)
    : AdministratorEvent, PersonEvent.IInvitedAgain;

/// <summary>They are called something else.</summary>
[Stored("administrator_renamed")]
public sealed record AdministratorRenamed(string DisplayName) : AdministratorEvent, PersonEvent.IRenamed;

/// <summary>They are written to in another language.</summary>
/// <param name="Locale"><c>de</c> or <c>en</c>.</param>
[Stored("administrator_locale_chosen")]
public sealed record AdministratorLocaleChosen(string Locale) : AdministratorEvent, PersonEvent.ILocaleChosen;

/// <summary>They have another password, and whoever signed in with the one before has to sign in again.</summary>
[Stored("administrator_password_changed")]
public sealed record AdministratorPasswordChanged : AdministratorEvent, PersonEvent.IPasswordChanged;

/// <summary>They are mailed a link by which they choose another password.</summary>
[Stored("administrator_password_reset_asked")]
public sealed record AdministratorPasswordResetAsked(string Email, string Locale)
    : AdministratorEvent, PersonEvent.IPasswordResetAsked;

/// <summary>Something about the second factor that they sign in with is another.</summary>
[Stored("administrator_second_factor_changed")]
public sealed record AdministratorSecondFactorChanged(SecondFactorChange Change)
    : AdministratorEvent, PersonEvent.ISecondFactorChanged;

/// <summary>They no longer belong to the office. Their history stays.</summary>
[Stored("administrator_deactivated")]
public sealed record AdministratorDeactivated : AdministratorEvent, PersonEvent.IDeactivated;

/// <summary>They belong to the office again, once they have taken up the invitation that follows.</summary>
[Stored("administrator_reactivated")]
public sealed record AdministratorReactivated(string Email, string Locale)
    : AdministratorEvent, PersonEvent.IReactivated;

/// <summary>The invitation was taken back before it was taken up.</summary>
[Stored("administrator_invitation_withdrawn")]
public sealed record AdministratorInvitationWithdrawn : AdministratorEvent, PersonEvent.IDeactivated;

/// <summary>They shall have another address, once the link that is mailed there was used.</summary>
/// <param name="Email">The address that it is to be.</param>
/// <param name="Before">The address that it still is.</param>
/// <param name="Locale">The language they are written to in: <c>de</c> or <c>en</c>.</param>
/// <param name="ByThemselves">True for a wish of their own, false for the office's.</param>
[Stored("administrator_email_change_asked")]
public sealed record AdministratorEmailChangeAsked(string Email, string Before, string Locale, bool ByThemselves)
    : AdministratorEvent, PersonEvent.IEmailChangeAsked;

/// <summary>The change of address that was asked for is not to be.</summary>
[Stored("administrator_email_change_withdrawn")]
public sealed record AdministratorEmailChangeWithdrawn : AdministratorEvent, PersonEvent.IEmailChangeWithdrawn;

/// <summary>They have another address.</summary>
/// <param name="Email">The address that they have from now on.</param>
/// <param name="Before">The address that they had.</param>
/// <param name="Locale">The language they are written to in: <c>de</c> or <c>en</c>.</param>
[Stored("administrator_email_changed")]
public sealed record AdministratorEmailChanged(string Email, string Before, string Locale)
    : AdministratorEvent, PersonEvent.IEmailChanged;

/// <summary>They have another role in the office, are an owner now, or no longer one.</summary>
/// <param name="Role"><see cref="Role.Administrator"/> or <see cref="Role.Auditor"/>.</param>
[Stored("administrator_role_changed")]
public sealed record AdministratorRoleChanged(Role Role, bool IsOwner) : AdministratorEvent, PersonEvent.IRoleChanged;

/// <summary>They see these customers and no others from now on, unless they are an owner.</summary>
/// <param name="CustomerIds">Customers that are named.</param>
/// <param name="Tags">Tags of customers.</param>
[Stored("administrator_limited")]
public sealed record AdministratorLimited(ImmutableArray<Guid> CustomerIds, ImmutableArray<string> Tags)
    : AdministratorEvent, PersonEvent.ISightChanged
{
    /// <summary>Equal with the same customers and tags in the same order.</summary>
    public bool Equals(AdministratorLimited? other) =>
        other is not null && CustomerIds.SequenceEqual(other.CustomerIds) && Tags.SequenceEqual(other.Tags);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(CustomerIds.Length, Tags.Length);
}

/// <summary>They are away for some days, or are going to be: what was said of that before no longer holds.</summary>
/// <param name="From">The first day, in the office's time zone.</param>
/// <param name="To">The last day.</param>
/// <param name="DeputyId">The colleague who stands in for them; null where nobody does.</param>
[Stored("administrator_away")]
public sealed record AdministratorAway(DateOnly From, DateOnly To, Guid? DeputyId) : AdministratorEvent;

/// <summary>They are not away, nor going to be.</summary>
[Stored("administrator_back")]
public sealed record AdministratorBack : AdministratorEvent;

/// <summary>What is kept about them is restricted: owners and auditors alone see who they are.</summary>
[Stored("administrator_restricted")]
public sealed record AdministratorRestricted : AdministratorEvent, PersonEvent.IRestricted;

/// <summary>What is kept about them is restricted no more.</summary>
/// <param name="DisplayName">The name that others see again.</param>
/// <param name="Email">The address of before.</param>
[Stored("administrator_restriction_lifted")]
public sealed record AdministratorRestrictionLifted(string DisplayName, string Email)
    : AdministratorEvent, PersonEvent.IRestrictionLifted;

/// <summary>What is kept about them is to go: who they are, and what they wrote.</summary>
[Stored("administrator_erased")]
public sealed record AdministratorErased : AdministratorEvent, PersonEvent.IErased;

/// <summary>They see all customers again.</summary>
[Stored("administrator_unlimited")]
public sealed record AdministratorUnlimited : AdministratorEvent, PersonEvent.ISightChanged;

/// <summary>An auditor reads within this scope from now on; one of before no longer holds.</summary>
/// <param name="Until">The instant at which their access ends; null when it does not end.</param>
/// <param name="WithNotes">False when they see no internal notes.</param>
/// <param name="From">They see what happened at this instant or later; null for all from the beginning.</param>
/// <param name="To">They see what happened before this instant; null for all that is still to come.</param>
[Stored("auditor_scoped")]
public sealed record AuditorScoped(
    DateTimeOffset? Until, bool WithNotes = true, DateTimeOffset? From = null, DateTimeOffset? To = null)
    : AdministratorEvent, PersonEvent.ISightChanged;

/// <summary>
/// The write state of somebody of the office: an administrator, an auditor, or a program that acts as one of these.
/// </summary>
/// <param name="Role"><see cref="Role.Administrator"/> or <see cref="Role.Auditor"/>.</param>
public sealed record Administrator(
    Guid Id, long Version, string DisplayName, string Email, Role Role, bool IsOwner, string Locale, bool Active,
    bool Joined)
    : Person(Id, Version, DisplayName, Email, Locale, Active, Joined)
{
    /// <summary>True for a program, which has no address and is responsible for nothing.</summary>
    public bool IsServiceAccount { get; init; }

    /// <summary>
    /// The customers that they are limited to; null when they see all of them. Kept while they are an owner, and
    /// without effect then.
    /// </summary>
    public GivenCustomers? Given { get; init; }

    /// <summary>What an auditor's access is limited to besides customers; null when it is to nothing.</summary>
    public AuditorScope? Scope { get; init; }

    /// <summary>The days on which they are away, past ones, too; null when nobody said so, or took it back.</summary>
    public Absence? Absence { get; init; }

    /// <summary>The only customers that they see; null when it is all of them.</summary>
    public GivenCustomers? Limit() => IsOwner ? null : Given;

    /// <summary>True when their access was to end, and has.</summary>
    public bool HasEnded(DateTimeOffset now) => Scope?.Until <= now;

    /// <summary>True when they may see a customer, and whatever is of it.</summary>
    public bool MaySee(Customer customer) => Limit() is not { } given || given.Have(customer);

    internal override PersonKind Kind => PersonKind.OfOffice;

    internal override bool SignsIn => !IsServiceAccount;

    /// <summary>
    /// The state after one more event. Throws for nothing that has happened: what happened, happened.
    /// </summary>
    public static Administrator? Evolve(Administrator? state, Guid id, PersonEvent @event) =>
        @event switch
        {
            AdministratorInvited e => new Administrator(
                id, (state?.Version ?? 0) + 1, e.DisplayName, e.Email, e.Role, e.IsOwner, e.Locale, true, false),
            ServiceAccountCreated e => new Administrator(
                id, (state?.Version ?? 0) + 1, e.DisplayName, ServiceAccount.Email, e.Role, false, e.Locale, true, true)
            {
                IsServiceAccount = true,
            },
            AdministratorRoleChanged e => state is null
                ? null
                : PersonLifecycle.Evolve(state, e) with { Role = e.Role, IsOwner = e.IsOwner },
            AdministratorLimited e => state is null
                ? null
                : PersonLifecycle.Evolve(state, e) with { Given = new GivenCustomers(e.CustomerIds, e.Tags) },
            AdministratorUnlimited e => state is null
                ? null
                : PersonLifecycle.Evolve(state, e) with { Given = null },
            AuditorScoped e => state is null
                ? null
                : PersonLifecycle.Evolve(state, e) with { Scope = AuditorScope.Of(e) },
            AdministratorAway e => state is null
                ? null
                : state with { Version = state.Version + 1, Absence = new Absence(e.From, e.To, e.DeputyId) },
            AdministratorBack => state is null ? null : state with { Version = state.Version + 1, Absence = null },
            PersonEvent.IOfAnybody e => state is null ? null : PersonLifecycle.Evolve(state, e),
            _ => throw new UnknownEventException(@event),
        };
}

/// <summary>Days on which somebody of the office is away, and who stands in for them.</summary>
/// <param name="From">The first day, in the office's time zone.</param>
/// <param name="To">The last day.</param>
/// <param name="DeputyId">Null where nobody stands in.</param>
public sealed record Absence(DateOnly From, DateOnly To, Guid? DeputyId)
{
    /// <summary>The most days between the first and the last.</summary>
    public const int DaysMaximum = 366;

    /// <summary>True on a day on which they are away.</summary>
    public bool Has(DateOnly day) => day >= From && day <= To;
}

/// <summary>A program that acts as somebody of the office.</summary>
public static class ServiceAccount
{
    /// <summary>The stand-in for an address, in <c>messaging.administrators</c> this tells it from people.</summary>
    public const string Email = "";
}
