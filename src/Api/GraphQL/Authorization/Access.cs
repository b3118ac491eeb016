namespace Messaging.Api.GraphQL.Authorization;

/// <summary>
/// The audience that is allowed. Each caller is one of the single values; what a rule says is one of the sets that have
/// a name in the schema.
/// </summary>
[Flags]
public enum Access
{
    /// <summary>Administrators who are owners of the organisation.</summary>
    Owners = 1,

    /// <summary>Administrators who are no owners; a rule that lets them lets owners, too.</summary>
    OtherAdministrators = 2,

    /// <summary>Auditors of the organisation.</summary>
    Auditors = 4,

    /// <summary>Contacts of customers.</summary>
    Customers = 8,

    /// <summary>Callers who are not signed in.</summary>
    Anonymous = 16,

    /// <summary>Administrators of the organisation.</summary>
    Administrators = Owners | OtherAdministrators,

    /// <summary>Those who read the log of everything: auditors and owners.</summary>
    AuditorsAndOwners = Auditors | Owners,

    /// <summary>The office: administrators and auditors.</summary>
    Office = Administrators | Auditors,

    /// <summary>The authors: administrators and contacts of customers.</summary>
    Participants = Administrators | Customers,

    /// <summary>Everybody who is signed in.</summary>
    SignedIn = Office | Customers,

    /// <summary>Even those who are not signed in.</summary>
    Anyone = SignedIn | Anonymous,
}
