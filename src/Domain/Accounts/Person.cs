using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;

namespace Messaging.Domain.Accounts;

/// <summary>
/// An event of a person who has an account. Administrators and contacts have events of their own, with names of their
/// own in the store; those that mean the same to both are one of the interfaces here.
/// </summary>
public abstract record PersonEvent
{
    /// <summary>It means the same to everybody who has an account.</summary>
    public interface IOfAnybody;

    /// <summary>The invitation was taken up.</summary>
    public interface IJoined : IOfAnybody;

    /// <summary>The person is mailed a link to join by.</summary>
    public interface IInvited
    {
        /// <summary>The e-mail address.</summary>
        string Email { get; }

        /// <summary>The language they are written to in: <c>de</c> or <c>en</c>.</summary>
        string Locale { get; }
    }

    /// <summary>They were asked once more: only the link that follows from this works.</summary>
    public interface IInvitedAgain : IOfAnybody, IInvited;

    /// <summary>They are mailed a link by which they choose another password.</summary>
    public interface IPasswordResetAsked : IOfAnybody
    {
        /// <summary>The e-mail address.</summary>
        string Email { get; }

        /// <summary>The language they are written to in: <c>de</c> or <c>en</c>.</summary>
        string Locale { get; }
    }

    /// <summary>
    /// They shall sign in and be written to at another address, once the link that is mailed there was used. Word of it
    /// goes to the address of before.
    /// </summary>
    public interface IEmailChangeAsked : IOfAnybody
    {
        /// <summary>The address that it is to be.</summary>
        string Email { get; }

        /// <summary>The address that it still is.</summary>
        string Before { get; }

        /// <summary>The language they are written to in: <c>de</c> or <c>en</c>.</summary>
        string Locale { get; }

        /// <summary>True for a wish of their own, false for the office's.</summary>
        bool ByThemselves { get; }
    }

    /// <summary>The change of address that was asked for is not to be: its link works no more.</summary>
    public interface IEmailChangeWithdrawn : IOfAnybody;

    /// <summary>They have another address. Word of it goes to the one of before.</summary>
    public interface IEmailChanged : IOfAnybody
    {
        /// <summary>The address that they have from now on.</summary>
        string Email { get; }

        /// <summary>The address that they had.</summary>
        string Before { get; }

        /// <summary>The language they are written to in: <c>de</c> or <c>en</c>.</summary>
        string Locale { get; }
    }

    /// <summary>They are called something else.</summary>
    public interface IRenamed : IOfAnybody
    {
        /// <summary>The name that others see.</summary>
        string DisplayName { get; }
    }

    /// <summary>They are written to in another language.</summary>
    public interface ILocaleChosen : IOfAnybody
    {
        /// <summary><c>de</c> or <c>en</c>.</summary>
        string Locale { get; }
    }

    /// <summary>They have another password: their sessions end.</summary>
    public interface IPasswordChanged : IOfAnybody;

    /// <summary>Something about their second factor is another: they are told by mail.</summary>
    public interface ISecondFactorChanged : IOfAnybody
    {
        /// <summary>What happened to it.</summary>
        SecondFactorChange Change { get; }
    }

    /// <summary>They no longer belong here: their access ends.</summary>
    public interface IDeactivated : IOfAnybody;

    /// <summary>
    /// They belong here again, with their id and history. They are mailed a link and choose a password: whoever knew
    /// the one of before does not come in by it.
    /// </summary>
    public interface IReactivated : IOfAnybody, IInvited;

    /// <summary>
    /// What is kept about them is restricted: nobody sees their name and address but owners and auditors, and they do
    /// not come back while it is.
    /// </summary>
    public interface IRestricted : IOfAnybody;

    /// <summary>What is kept about them is restricted no more. They have the name and address of before.</summary>
    public interface IRestrictionLifted : IOfAnybody
    {
        /// <summary>The name that others see again.</summary>
        string DisplayName { get; }

        /// <summary>The e-mail address.</summary>
        string Email { get; }
    }

    /// <summary>
    /// What is kept about them is to go, by an owner's word: who they are and what they wrote. It never comes back.
    /// </summary>
    public interface IErased : IOfAnybody;

    /// <summary>They may do or see something else than before: what is open with the rights of before ends.</summary>
    public interface IRoleChanged : IOfAnybody;

    /// <summary>
    /// They see some only of what their role sees, or all of it again; each kind of people has its own.
    /// </summary>
    public interface ISightChanged : IRoleChanged;
}

/// <summary>The write state of somebody who has an account.</summary>
/// <param name="Id">The stream.</param>
/// <param name="Version">The number of events so far.</param>
/// <param name="Locale">The language they are written to in: <c>de</c> or <c>en</c>.</param>
/// <param name="Active">False once deactivated.</param>
/// <param name="Joined">True when the invitation was accepted.</param>
public abstract record Person(
    Guid Id, long Version, string DisplayName, string Email, string Locale, bool Active, bool Joined)
{
    /// <summary>
    /// The version of the event that invited them last: only the link that follows from it works. 0 while they were
    /// entered only.
    /// </summary>
    public long InvitedAt { get; init; } = 1;

    /// <summary>The change of address that waits for its confirmation; null while there is none.</summary>
    public EmailChange? EmailChange { get; init; }

    /// <summary>True while what is kept about them is restricted.</summary>
    public bool Restricted { get; init; }

    /// <summary>True once what is kept about them was to go: nobody knows any more who they were.</summary>
    public bool Erased { get; init; }

    /// <summary>The differences between the two kinds of people.</summary>
    internal abstract PersonKind Kind { get; }

    /// <summary>True for a person who signs in, false for a program.</summary>
    internal virtual bool SignsIn => true;
}

/// <summary>A change of address that waits for its confirmation.</summary>
/// <param name="Email">The address that it is to be.</param>
/// <param name="AskedAt">The version of the event that asked for it: only the link that follows from it works.</param>
/// <param name="ByThemselves">True for a wish of their own, false for the office's.</param>
public sealed record EmailChange(string Email, long AskedAt, bool ByThemselves);

/// <summary>The differences between the lives of people of the office and of contacts.</summary>
public abstract class PersonKind
{
    private PersonKind()
    {
    }

    /// <summary>People of the office.</summary>
    public static PersonKind OfOffice { get; } = new Office();

    /// <summary>The contacts of customers.</summary>
    public static PersonKind OfCustomer { get; } = new Customer();

    internal abstract PersonEvent Joined { get; }

    internal abstract PersonEvent PasswordChanged { get; }

    internal abstract PersonEvent Deactivated { get; }

    internal abstract PersonEvent InvitationWithdrawn { get; }

    internal abstract PersonEvent EmailChangeWithdrawn { get; }

    internal abstract PersonEvent Restricted { get; }

    internal abstract PersonEvent Erased { get; }

    /// <summary>There is nobody of this kind, or they have left.</summary>
    internal abstract Refusal NotFound { get; }

    /// <summary>The kind of an actor.</summary>
    public static PersonKind Of(Actor actor) => actor is Actor.Contact ? OfCustomer : OfOffice;

    internal abstract PersonEvent InvitedAgain(string email, string locale);

    internal abstract PersonEvent PasswordResetAsked(string email, string locale);

    internal abstract PersonEvent Reactivated(string email, string locale);

    internal abstract PersonEvent EmailChangeAsked(string email, string before, string locale, bool byThemselves);

    internal abstract PersonEvent EmailChanged(string email, string before, string locale);

    internal abstract PersonEvent Renamed(string displayName);

    internal abstract PersonEvent LocaleChosen(string locale);

    internal abstract PersonEvent SecondFactorChanged(SecondFactorChange change);

    internal abstract PersonEvent RestrictionLifted(string displayName, string email);

    /// <summary>
    /// The refusal for an actor who may neither invite them again nor deactivate them; null when they may.
    /// </summary>
    internal abstract Refusal? MayNotManage(Actor actor);

    private sealed class Office : PersonKind
    {
        internal override PersonEvent Joined => new AdministratorJoined();

        internal override PersonEvent PasswordChanged => new AdministratorPasswordChanged();

        internal override PersonEvent Deactivated => new AdministratorDeactivated();

        internal override PersonEvent InvitationWithdrawn => new AdministratorInvitationWithdrawn();

        internal override PersonEvent EmailChangeWithdrawn => new AdministratorEmailChangeWithdrawn();

        internal override PersonEvent Restricted => new AdministratorRestricted();

        internal override PersonEvent Erased => new AdministratorErased();

        internal override Refusal NotFound => new AdministratorNotFound();

        internal override PersonEvent InvitedAgain(string email, string locale) =>
            new AdministratorInvitedAgain(email, locale);

        internal override PersonEvent PasswordResetAsked(string email, string locale) =>
            new AdministratorPasswordResetAsked(email, locale);

        internal override PersonEvent Reactivated(string email, string locale) =>
            new AdministratorReactivated(email, locale);

        internal override PersonEvent EmailChangeAsked(
            string email, string before, string locale, bool byThemselves) =>
            new AdministratorEmailChangeAsked(email, before, locale, byThemselves);

        internal override PersonEvent EmailChanged(string email, string before, string locale) =>
            new AdministratorEmailChanged(email, before, locale);

        internal override PersonEvent Renamed(string displayName) => new AdministratorRenamed(displayName);

        internal override PersonEvent LocaleChosen(string locale) => new AdministratorLocaleChosen(locale);

        internal override PersonEvent SecondFactorChanged(SecondFactorChange change) =>
            new AdministratorSecondFactorChanged(change);

        internal override PersonEvent RestrictionLifted(string displayName, string email) =>
            new AdministratorRestrictionLifted(displayName, email);

        internal override Refusal? MayNotManage(Actor actor) =>
            actor is Actor.Administrator { IsOwner: true } ? null : new OnlyOwnersChangeAdministrators();
    }

    private sealed class Customer : PersonKind
    {
        internal override PersonEvent Joined => new ContactJoined();

        internal override PersonEvent PasswordChanged => new ContactPasswordChanged();

        internal override PersonEvent Deactivated => new ContactDeactivated();

        internal override PersonEvent InvitationWithdrawn => new ContactInvitationWithdrawn();

        internal override PersonEvent EmailChangeWithdrawn => new ContactEmailChangeWithdrawn();

        internal override PersonEvent Restricted => new ContactRestricted();

        internal override PersonEvent Erased => new ContactErased();

        internal override Refusal NotFound => new ContactNotFound();

        internal override PersonEvent InvitedAgain(string email, string locale) =>
            new ContactInvitedAgain(email, locale);

        internal override PersonEvent PasswordResetAsked(string email, string locale) =>
            new ContactPasswordResetAsked(email, locale);

        internal override PersonEvent Reactivated(string email, string locale) => new ContactReactivated(email, locale);

        internal override PersonEvent EmailChangeAsked(
            string email, string before, string locale, bool byThemselves) =>
            new ContactEmailChangeAsked(email, before, locale, byThemselves);

        internal override PersonEvent EmailChanged(string email, string before, string locale) =>
            new ContactEmailChanged(email, before, locale);

        internal override PersonEvent Renamed(string displayName) => new ContactRenamed(displayName);

        internal override PersonEvent LocaleChosen(string locale) => new ContactLocaleChosen(locale);

        internal override PersonEvent SecondFactorChanged(SecondFactorChange change) =>
            new ContactSecondFactorChanged(change);

        internal override PersonEvent RestrictionLifted(string displayName, string email) =>
            new ContactRestrictionLifted(displayName, email);

        internal override Refusal? MayNotManage(Actor actor) =>
            actor is Actor.Administrator ? null : new OnlyAdministratorsChangeCustomers();
    }
}
