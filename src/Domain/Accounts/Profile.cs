using Messaging.Domain.Organisation;

namespace Messaging.Domain.Accounts;

/// <summary>The profile of a person.</summary>
public static class Profile
{
    /// <summary>The longest display name, in characters.</summary>
    public const int DisplayNameMaximum = 100;

    /// <summary>Checks what somebody wants to be called and written to in; null is not to change.</summary>
    /// <param name="current">The current name, which may stay.</param>
    public static Refusal? Check(string? displayName, string? locale, string current)
    {
        if (
            displayName is not null
            && displayName != current
            && Name.CheckPerson(displayName, "displayName") is { } name
        )
            return name;
        return locale is not null && !OrganisationDecider.Locales.Contains(locale) ? new LocaleIsUnknown() : null;
    }
}
