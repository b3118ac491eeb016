namespace Messaging.Domain.Organisation;

/// <summary>
/// What happens to somebody of the office. Names and fields are a file format: they are upcast, never edited.
/// </summary>
public abstract record AdministratorEvent;

/// <summary>Somebody was asked to join the office.</summary>
/// <param name="Role"><see cref="Role.Administrator"/> or <see cref="Role.Auditor"/>.</param>
/// <param name="IsOwner">Whether they may change the organisation's settings and its administrators.</param>
/// <param name="Locale">The language they are written to in: <c>de</c> or <c>en</c>.</param>
[Stored("administrator_invited")]
public sealed record AdministratorInvited(string DisplayName, string Email, Role Role, bool IsOwner, string Locale)
    : AdministratorEvent;

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
public sealed record AdministratorJoined : AdministratorEvent;

/// <summary>They were asked to join once more: the first invitation had expired, or was lost.</summary>
[Stored("administrator_invited_again")]
public sealed record AdministratorInvitedAgain(string Email, string Locale) : AdministratorEvent;

/// <summary>They are called something else.</summary>
[Stored("administrator_renamed")]
public sealed record AdministratorRenamed(string DisplayName) : AdministratorEvent;

/// <summary>They are written to in another language.</summary>
/// <param name="Locale"><c>de</c> or <c>en</c>.</param>
[Stored("administrator_locale_chosen")]
public sealed record AdministratorLocaleChosen(string Locale) : AdministratorEvent;

/// <summary>They have another password, and whoever signed in with the one before has to sign in again.</summary>
[Stored("administrator_password_changed")]
public sealed record AdministratorPasswordChanged : AdministratorEvent;

/// <summary>They no longer belong to the office. What they did stays.</summary>
[Stored("administrator_deactivated")]
public sealed record AdministratorDeactivated : AdministratorEvent;

/// <summary>
/// The write state of somebody of the office: an administrator, an auditor, or a program that acts as one of these.
/// </summary>
/// <param name="Id">The stream.</param>
/// <param name="Version">The number of events so far.</param>
/// <param name="Role"><see cref="Role.Administrator"/> or <see cref="Role.Auditor"/>.</param>
/// <param name="Active">False once deactivated.</param>
/// <param name="Joined">Whether the invitation was taken up.</param>
public sealed record Administrator(
    Guid Id, long Version, string DisplayName, string Email, Role Role, bool IsOwner, string Locale, bool Active,
    bool Joined)
{
    /// <summary>The version of the event that invited them last: only the link that follows from it works.</summary>
    public long InvitedAt { get; init; } = 1;

    /// <summary>Whether it is a program: it has no address, and is responsible for nothing.</summary>
    public bool IsServiceAccount { get; init; }

    /// <summary>The state after one more event. Never throws: what happened, happened.</summary>
    public static Administrator? Evolve(Administrator? state, Guid id, AdministratorEvent @event)
    {
        if (@event is AdministratorInvited i)
            return new Administrator(
                id, (state?.Version ?? 0) + 1, i.DisplayName, i.Email, i.Role, i.IsOwner, i.Locale, true, false);
        if (@event is ServiceAccountCreated s)
            return new Administrator(
                id, (state?.Version ?? 0) + 1, s.DisplayName, ServiceAccount.Email, s.Role, false, s.Locale, true, true)
            {
                IsServiceAccount = true,
            };
        if (state is null)
            return null;
        state = state with { Version = state.Version + 1 };
        return @event switch
        {
            AdministratorJoined => state with { Joined = true },
            AdministratorInvitedAgain => state with { InvitedAt = state.Version },
            AdministratorRenamed e => state with { DisplayName = e.DisplayName },
            AdministratorLocaleChosen e => state with { Locale = e.Locale },
            AdministratorDeactivated => state with { Active = false },
            _ => state,
        };
    }
}

/// <summary>A program that acts as somebody of the office.</summary>
public static class ServiceAccount
{
    /// <summary>
    /// What it has in place of an address: in <c>messaging.administrators</c> this tells it from people.
    /// </summary>
    public const string Email = "";
}
