using Weasel.Postgresql.Tables;

namespace Messaging.Application.Accounts;

/// <summary>Tables of accounts and invitations.</summary>
internal static class AccountTables
{
    public static readonly Table Accounts = CreateAccounts();

    public static readonly Table Invitations = CreateInvitations();

    /// <summary>Links for another password, which work for an hour.</summary>
    public static readonly Table PasswordResets = CreatePasswordResets();

    /// <summary>Links that confirm another address, which work for an hour.</summary>
    public static readonly Table EmailChanges = CreateEmailChanges();

    public static readonly Table Sessions = CreateSessions();

    /// <summary>Invitations of the last day, with who sent them: the basis of the limits on invitations.</summary>
    public static readonly Table Asked = CreateAsked();

    public static readonly Table IssuerLinks = CreateIssuerLinks();

    /// <summary>Organisations that the operator has deactivated: nothing is mailed for them.</summary>
    public static readonly Table ClosedOrganisations = CreateClosedOrganisations();

    public static readonly Table ApiTokens = CreateApiTokens();

    /// <summary>What identities prove besides their passwords: authenticator apps and passkeys.</summary>
    public static readonly Table SecondFactors = CreateSecondFactors();

    /// <summary>Codes that stand in for a second factor that was lost, each once.</summary>
    public static readonly Table RecoveryCodes = CreateRecoveryCodes();

    /// <summary>Organisations that require a second factor of whoever works there.</summary>
    public static readonly Table SecondFactorRequirements = CreateSecondFactorRequirements();

    /// <summary>Sign-ins that have come as far as the password.</summary>
    public static readonly Table SignInChallenges = CreateSignInChallenges();

    /// <summary>People who are erased, and how far it has come.</summary>
    public static readonly Table Erasures = CreateErasures();

    private static Table CreateAccounts()
    {
        var table = new Table("messaging.accounts");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        table.AddColumn<Guid>("person_id").AsPrimaryKey();
        table.AddColumn<string>("email_key").NotNull();

        // Or AccountRoles.NarrowAuditor.
        table.AddColumn<string>("role").NotNull();
        table.AddColumn<bool>("is_owner").NotNull();
        table.AddColumn<Guid>("customer_id");
        table.AddColumn<string>("password_hash");

        // In whole seconds, as tokens have them: one without a session that was issued before it is not valid any more.
        // Each change makes it later, so that it also tells which password a session was begun with.
        table.AddColumn("password_changed_at", "timestamptz");
        table.AddColumn<bool>("active").NotNull();

        // True when its person sees some only of what their role sees; null where it was opened before there were
        // limits.
        table.AddColumn<bool>("is_limited");

        // The instant at which the access of its person ends; null where it does not end.
        table.AddColumn("access_ends_at", "timestamptz");

        // True of an auditor who sees no internal notes.
        table.AddColumn<bool>("without_notes");

        // The span of time that an auditor sees what happened in; null where it is open on that side.
        table.AddColumn("sees_from", "timestamptz");
        table.AddColumn("sees_to", "timestamptz");

        // True when it was active as the operator deactivated its organisation; it is again when that is taken back.
        table.AddColumn<bool>("closed_with_organisation");

        // Whoever signs in: the accounts of one identity have one password. An account that is new, or that a node of
        // the version before makes, has an identity of its own.
        table.AddColumn<Guid>("identity_id").NotNull().DefaultValueByExpression("gen_random_uuid()");

        // The latest sign-in, or switch to it from another of its identity; null where it was before that was kept.
        table.AddColumn("used_at", "timestamptz");

        // An address is one contact's of each customer, and one person's of the office. The address of somebody who
        // left may be another's.
        table.Indexes.Add(
            new IndexDefinition("accounts_address")
            {
                Columns = ["email_key", "tenant_id", "customer_id"],
                IsUnique = true,
                Predicate = "active",
            }
        );
        table.Indexes.Add(
            new IndexDefinition("accounts_address_of_office")
            {
                Columns = ["email_key", "tenant_id"],
                IsUnique = true,
                Predicate = "(active AND (customer_id IS NULL))",
            }
        );
        table.Indexes.Add(new IndexDefinition("accounts_identity") { Columns = ["identity_id"] });
        table.Indexes.Add(
            new IndexDefinition("accounts_access_ends")
            {
                Columns = ["access_ends_at"],
                Predicate = "access_ends_at is not null",
            }
        );
        return table;
    }

    private static Table CreateInvitations()
    {
        var table = new Table("messaging.invitations");
        table.AddColumn<string>("token_hash").AsPrimaryKey();
        table.AddColumn<string>("tenant_id").NotNull();
        table.AddColumn<Guid>("person_id").NotNull();
        table.AddColumn("expires_at", "timestamptz").NotNull();
        table.AddColumn("used_at", "timestamptz");
        table.AddColumn<long>("version");
        table.Indexes.Add(new IndexDefinition("invitations_person") { Columns = ["tenant_id", "person_id"] });
        return table;
    }

    private static Table CreatePasswordResets()
    {
        var table = new Table("messaging.password_resets");
        table.AddColumn<string>("token_hash").AsPrimaryKey();
        table.AddColumn<string>("tenant_id").NotNull();
        table.AddColumn<Guid>("person_id").NotNull();
        table.AddColumn("expires_at", "timestamptz").NotNull();

        // Set when one of the person's was used, or the password was changed otherwise.
        table.AddColumn("used_at", "timestamptz");
        table.Indexes.Add(new IndexDefinition("password_resets_person") { Columns = ["tenant_id", "person_id"] });
        return table;
    }

    private static Table CreateEmailChanges()
    {
        var table = new Table("messaging.email_changes");
        table.AddColumn<string>("token_hash").AsPrimaryKey();
        table.AddColumn<string>("tenant_id").NotNull();
        table.AddColumn<Guid>("person_id").NotNull();

        // The address that it was mailed to, and the version of the event that asked for it.
        table.AddColumn<string>("email").NotNull();
        table.AddColumn<long>("version").NotNull();
        table.AddColumn("expires_at", "timestamptz").NotNull();

        // Set when it was used, or is to be used no more.
        table.AddColumn("used_at", "timestamptz");
        table.Indexes.Add(new IndexDefinition("email_changes_person") { Columns = ["tenant_id", "person_id"] });
        return table;
    }

    private static Table CreateSessions()
    {
        var table = new Table("messaging.sessions");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        table.AddColumn<Guid>("id").AsPrimaryKey();
        table.AddColumn<Guid>("person_id").NotNull();
        table.AddColumn("started_at", "timestamptz").NotNull();

        // Written at most once in some minutes.
        table.AddColumn("last_used_at", "timestamptz").NotNull();

        // The idle expiry, which use postpones, and the final one.
        table.AddColumn("expires_at", "timestamptz").NotNull();
        table.AddColumn("ends_at", "timestamptz").NotNull();

        // Set when somebody ended it.
        table.AddColumn("ended_at", "timestamptz");

        // The account's password_changed_at when the session began, so that no clocks are compared.
        table.AddColumn("password_set_at", "timestamptz");

        // The number of the refresh token that is the latest, and since when it is; null where there are none.
        table.AddColumn<int>("generation");
        table.AddColumn("rotated_at", "timestamptz");
        table.AddColumn<string>("network").NotNull();
        table.AddColumn<string>("device").NotNull();

        // What its person proved besides the password; null where that was all, or a node of the version before began
        // it.
        table.AddColumn<string>("second_factor");
        table.Indexes.Add(new IndexDefinition("sessions_person") { Columns = ["tenant_id", "person_id"] });
        table.Indexes.Add(new IndexDefinition("sessions_expired") { Columns = ["expires_at"] });
        table.Indexes.Add(
            new IndexDefinition("sessions_ended") { Columns = ["ended_at"], Predicate = "ended_at is not null" });
        return table;
    }

    private static Table CreateAsked()
    {
        var table = new Table("messaging.invitations_asked");
        table.AddColumn<string>("tenant_id").NotNull();
        table.AddColumn<Guid>("person_id").NotNull();
        table.AddColumn<Guid>("asked_by").NotNull();
        table.AddColumn<bool>("again").NotNull();
        table.AddColumn("asked_at", "timestamptz").NotNull();

        // Null where it was asked before that was kept.
        table.AddColumn<string>("email_key");
        string[] byPerson = ["tenant_id", "person_id", "asked_at"], byAsker = ["tenant_id", "asked_by", "asked_at"];
        table.Indexes.Add(new IndexDefinition("invitations_asked_person") { Columns = byPerson });
        table.Indexes.Add(new IndexDefinition("invitations_asked_by") { Columns = byAsker });
        table.Indexes.Add(
            new IndexDefinition("invitations_asked_email") { Columns = ["tenant_id", "email_key", "asked_at"] });
        return table;
    }

    private static Table CreateClosedOrganisations()
    {
        var table = new Table("messaging.closed_organisations");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        table.AddColumn("closed_at", "timestamptz").NotNull();
        return table;
    }

    // Whom the subject of another issuer is, in each organisation.
    private static Table CreateIssuerLinks()
    {
        var table = new Table("messaging.issuer_links");
        table.AddColumn<string>("issuer").AsPrimaryKey();
        table.AddColumn<string>("subject").AsPrimaryKey();
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        table.AddColumn<Guid>("person_id").NotNull();
        table.AddColumn("linked_at", "timestamptz").NotNull();
        table.Indexes.Add(
            new IndexDefinition("issuer_links_person")
            {
                Columns = ["tenant_id", "person_id", "issuer"],
                IsUnique = true,
            }
        );
        return table;
    }

    private static Table CreateSecondFactors()
    {
        var table = new Table("messaging.second_factors");
        table.AddColumn<Guid>("identity_id").AsPrimaryKey();
        table.AddColumn<Guid>("id").AsPrimaryKey();
        table.AddColumn<string>("kind").NotNull();
        table.AddColumn<string>("name").NotNull();
        table.AddColumn("created_at", "timestamptz").NotNull();

        // Null until its person has shown that it works.
        table.AddColumn("confirmed_at", "timestamptz");
        table.AddColumn("last_used_at", "timestamptz");

        // Of an app: the secret, encrypted, and the time step of the latest code that was taken (RFC 6238, 5.2).
        table.AddColumn("secret", "bytea");
        table.AddColumn<long>("last_step");

        // Of a passkey, as WebAuthn names them.
        table.AddColumn("credential_id", "bytea");
        table.AddColumn("public_key", "bytea");
        table.AddColumn<long>("sign_count");
        table.AddColumn("user_handle", "bytea");
        table.AddColumn("transports", "text[]");

        // What was asked of it, while it is not confirmed.
        table.AddColumn<string>("options");
        table.Indexes.Add(
            new IndexDefinition("second_factors_credential")
            {
                Columns = ["credential_id"],
                IsUnique = true,
                Predicate = "credential_id is not null",
            }
        );
        return table;
    }

    private static Table CreateRecoveryCodes()
    {
        var table = new Table("messaging.recovery_codes");
        table.AddColumn<Guid>("identity_id").AsPrimaryKey();

        // SHA-256, in hexadecimal digits: the codes themselves are nowhere.
        table.AddColumn<string>("code_hash").AsPrimaryKey();
        table.AddColumn("created_at", "timestamptz").NotNull();
        table.AddColumn("used_at", "timestamptz");
        table.Indexes.Add(new IndexDefinition("recovery_codes_hash") { Columns = ["code_hash"], IsUnique = true });
        return table;
    }

    private static Table CreateErasures()
    {
        var table = new Table("messaging.erasures");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        table.AddColumn<Guid>("person_id").AsPrimaryKey();
        table.AddColumn("asked_at", "timestamptz").NotNull();

        // Until then a node is at it.
        table.AddColumn("taken_until", "timestamptz").NotNull();

        // When it was carried out for the first time, and when once more, for what was under way meanwhile.
        table.AddColumn("carried_out_at", "timestamptz");
        table.AddColumn("done_at", "timestamptz");
        return table;
    }

    private static Table CreateSecondFactorRequirements()
    {
        var table = new Table("messaging.second_factor_requirements");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();

        // Until then nobody is kept out.
        table.AddColumn("required_from", "timestamptz").NotNull();
        return table;
    }

    private static Table CreateSignInChallenges()
    {
        var table = new Table("messaging.sign_in_challenges");

        // SHA-256, in hexadecimal digits: the token itself is nowhere.
        table.AddColumn<string>("token_hash").AsPrimaryKey();
        table.AddColumn<string>("tenant_id").NotNull();
        table.AddColumn<Guid>("person_id").NotNull();

        // The account's password_changed_at when the password was proved.
        table.AddColumn("password_set_at", "timestamptz");
        table.AddColumn("created_at", "timestamptz").NotNull();
        table.AddColumn("expires_at", "timestamptz").NotNull();
        table.AddColumn<int>("attempts").NotNull();
        table.AddColumn("used_at", "timestamptz");

        // What a passkey was asked.
        table.AddColumn<string>("options");
        table.Indexes.Add(
            new IndexDefinition("sign_in_challenges_person") { Columns = ["tenant_id", "person_id", "created_at"] });
        table.Indexes.Add(new IndexDefinition("sign_in_challenges_expired") { Columns = ["expires_at"] });
        return table;
    }

    // Each has a session of the same id, which says whether it works: so it ends as sessions do, on every path.
    private static Table CreateApiTokens()
    {
        var table = new Table("messaging.api_tokens");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        table.AddColumn<Guid>("id").AsPrimaryKey();
        table.AddColumn<Guid>("person_id").NotNull();

        // SHA-256, in hexadecimal digits: the token itself is nowhere.
        table.AddColumn<string>("token_hash").NotNull();
        table.AddColumn<string>("name").NotNull();
        table.AddColumn<string>("scope").NotNull();
        table.AddColumn<string>("preview").NotNull();
        table.AddColumn<Guid>("created_by").NotNull();
        table.AddColumn("created_at", "timestamptz").NotNull();
        table.AddColumn("expires_at", "timestamptz").NotNull();
        table.AddColumn("ended_at", "timestamptz");

        // Written at most once in some minutes; null until it was used.
        table.AddColumn("last_used_at", "timestamptz");
        table.AddColumn<string>("network");
        table.Indexes.Add(new IndexDefinition("api_tokens_hash") { Columns = ["token_hash"], IsUnique = true });
        table.Indexes.Add(new IndexDefinition("api_tokens_person") { Columns = ["tenant_id", "person_id"] });
        return table;
    }
}
