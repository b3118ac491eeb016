using Weasel.Postgresql.Tables;

namespace Messaging.Application.Accounts;

/// <summary>An invitation that was sent.</summary>
/// <param name="TenantId">The organisation.</param>
/// <param name="PersonId">The stream of who was invited.</param>
/// <param name="ExpiresAt">When the link stops working.</param>
/// <param name="Used">Whether it was taken up.</param>
internal sealed record Invitation(string TenantId, Guid PersonId, DateTimeOffset ExpiresAt, bool Used);

/// <summary>Who can sign in, and who was asked to.</summary>
internal static class AccountTables
{
    public static readonly Table Accounts = CreateAccounts();

    public static readonly Table Invitations = CreateInvitations();

    private static Table CreateAccounts()
    {
        var table = new Table("messaging.accounts");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        table.AddColumn<Guid>("person_id").AsPrimaryKey();
        table.AddColumn<string>("email_key").NotNull();
        table.AddColumn<string>("role").NotNull();
        table.AddColumn<bool>("is_owner").NotNull();
        table.AddColumn<Guid>("customer_id");
        table.AddColumn<string>("password_hash");

        // In whole seconds, as tokens have them: one issued before it is not valid any more.
        table.AddColumn("password_changed_at", "timestamptz");
        table.AddColumn<bool>("active").NotNull();
        table.Indexes.Add(new IndexDefinition("accounts_email") { Columns = ["email_key", "tenant_id"], IsUnique = true });
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
        table.Indexes.Add(new IndexDefinition("invitations_person") { Columns = ["tenant_id", "person_id"] });
        return table;
    }
}
