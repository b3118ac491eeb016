using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Accounts;

/// <summary>An account, as the person sees it whose it is.</summary>
/// <param name="Caller">The person as this account.</param>
/// <param name="CustomerName">The customer's name; null for people of the office.</param>
public sealed record AccountRow(Caller Caller, string OrganisationName, string? CustomerName, string DisplayName)
{
    /// <summary>The organisation.</summary>
    public string TenantId => Caller.TenantId;

    /// <summary>The administrator, the auditor, or the contact.</summary>
    public Guid PersonId => Caller.Actor.Id;

    /// <summary>The customer that they write for; null for people of the office.</summary>
    public Guid? CustomerId => Caller.OnlyCustomerId;
}

/// <summary>An account that somebody may go on with, who is signed in to another of their identity.</summary>
/// <param name="Proven">The person as that account.</param>
/// <param name="EndsAt">The instant at which the session that asks ends; null where it has none.</param>
public sealed record AccountToSwitchTo(Proven Proven, DateTimeOffset? EndsAt);

/// <summary>
/// Identities: who signs in. One or several accounts belong to each, which share <c>identity_id</c> and the password;
/// an account is all that anybody has of a customer and an organisation, so that nothing of one is seen by another. An
/// account whose password was changed alone, as by a node of the version before, stands apart: it is of one identity
/// with those only that have the password of the same instant.
/// </summary>
public sealed class Identities(NpgsqlDataSource database)
{
    /// <summary>The most accounts of an identity that are listed.</summary>
    public const int AccountsMaximum = 200;

    private static readonly Sql s_rowColumns = Sql.Of(
        $"{SignIn.AccountColumns}, o.name, u.name, coalesce(p.display_name, c.display_name, '')");

    private static readonly Sql s_names = Sql.Raw(
        """
        join messaging.organisations o on o.tenant_id = a.tenant_id
        left join messaging.administrators p on p.tenant_id = a.tenant_id and p.id = a.person_id
        left join messaging.contacts c on c.tenant_id = a.tenant_id and c.id = a.person_id
        left join messaging.customers u on u.tenant_id = a.tenant_id and u.id = a.customer_id
        """);

    /// <summary>
    /// All accounts of an account's identity, itself included, active or not: a source of rows <c>tenant_id</c> and
    /// <c>person_id</c>.
    /// </summary>
    internal static Sql AccountsOf(string tenantId, Guid personId) => Sql.Of(
        $"""
        (select m.tenant_id, m.person_id
        from messaging.accounts own
        join messaging.accounts m on m.identity_id = own.identity_id
            and m.password_changed_at is not distinct from own.password_changed_at
        where own.tenant_id = {tenantId} and own.person_id = {personId})
        """);

    /// <summary>
    /// Makes whoever changes the identity of an account, or its password, wait for each other until they commit. A
    /// statement of its own: the next one then sees what the one before did.
    /// </summary>
    internal static Sql Lock(string tenantId, Guid personId) => Lock(Sql.Of(
        $"messaging.accounts where tenant_id = {tenantId} and person_id = {personId}"));

    /// <summary>The same, by the identity.</summary>
    internal static Sql Lock(Guid identityId) => Lock(Sql.Of($"(select {identityId}::uuid as identity_id) i"));

    /// <summary>
    /// Lets all accounts of an identity belong to another one, with its password and its second factors. Both have to
    /// be proved before.
    /// </summary>
    /// <param name="from">An account of the identity that ends, which has no second factor.</param>
    /// <param name="passwordHash">The password by which that was proved: nothing moves when it has another.</param>
    /// <param name="into">An account of the identity that stays.</param>
    internal static void Move(UnitOfWork work, Caller from, string passwordHash, Caller into)
    {
        var (tenant, person) = (from.TenantId, from.Actor.Id);
        var accounts = AccountsOf(tenant, person);

        // In one order, so that two who join the same identities wait for each other, and not in a circle.
        work.Write(Lock(Sql.Of(
            $"""
            (select distinct identity_id from messaging.accounts
                where (tenant_id = {tenant} and person_id = {person})
                    or (tenant_id = {into.TenantId} and person_id = {into.Actor.Id})
                order by identity_id) i
            """)));
        work.EndPasswordResets(accounts);
        work.Write(Sessions.EndOf(accounts, keepsApiTokens: true));
        work.Write(
            $"""
            update messaging.accounts a set identity_id = t.identity_id, password_hash = t.password_hash,
                password_changed_at = t.password_changed_at
            from {accounts} i, messaging.accounts t
            where a.tenant_id = i.tenant_id and a.person_id = i.person_id
                and t.tenant_id = {into.TenantId} and t.person_id = {into.Actor.Id} and t.active
                and exists (
                    select from messaging.accounts p where p.tenant_id = {tenant} and p.person_id = {person}
                        and p.password_hash = {passwordHash}
                        and not exists (
                            select from messaging.second_factors f
                            where f.identity_id = p.identity_id and f.confirmed_at is not null))
            """);
    }

    /// <summary>
    /// The active accounts of an account's identity, itself included, by the names of organisations and customers; at
    /// most <see cref="AccountsMaximum"/>.
    /// </summary>
    public async Task<IReadOnlyList<AccountRow>> ListAsync(Caller caller, CancellationToken cancellation) =>
        await Sql.Of(
            $"""
            select {s_rowColumns}
            from {AccountsOf(caller.TenantId, caller.Actor.Id)} i
            join messaging.accounts a on a.tenant_id = i.tenant_id and a.person_id = i.person_id
                and {Sql.Raw(OpenAccounts.IsOpen)}
            {s_names}
            order by o.name, u.name nulls first, a.person_id limit {AccountsMaximum}
            """).ListAsync(database, RowOf, cancellation);

    /// <summary>True when any of some identities has a second factor.</summary>
    public async Task<bool> HaveSecondFactorAsync(
        IReadOnlyCollection<Guid> identities, CancellationToken cancellation) =>
        await Sql.Of(
            $"""
            select count(*) from messaging.second_factors
            where identity_id = any({identities.ToArray()}) and confirmed_at is not null
            """).CountAsync(database, cancellation) > 0;

    /// <summary>Accounts with the names that their person knows them by, in the order given.</summary>
    public async Task<IReadOnlyList<AccountRow>> NamedAsync(
        IReadOnlyList<(string TenantId, Guid PersonId)> accounts, CancellationToken cancellation) =>
        await Sql.Of(
            $"""
            select {s_rowColumns}
            from unnest({accounts.Select(a => a.TenantId).ToArray()}::text[],
                {accounts.Select(a => a.PersonId).ToArray()}::uuid[]) with ordinality asked(tenant_id, person_id, place)
            join messaging.accounts a on a.tenant_id = asked.tenant_id and a.person_id = asked.person_id
            {s_names}
            order by asked.place
            """).ListAsync(database, RowOf, cancellation);

    /// <summary>
    /// The accounts whose organisation and customer have a conversation: those that may see it, if anything else of
    /// theirs does not forbid it.
    /// </summary>
    public async Task<IReadOnlyList<AccountRow>> WithConversationAsync(
        IReadOnlyList<AccountRow> accounts, Guid conversationId, CancellationToken cancellation)
    {
        var found = await Sql.Of(
            $"""
            select tenant_id, customer_id from messaging.conversations
            where tenant_id = any({accounts.Select(a => a.TenantId).Distinct().ToArray()}) and id = {conversationId}
            """).ListAsync(database, r => (TenantId: r.GetString(0), CustomerId: r.GetGuid(1)), cancellation);
        return
        [
            .. accounts.Where(a => found.Any(c =>
                c.TenantId == a.TenantId && (a.CustomerId is null || a.CustomerId == c.CustomerId))
            ),
        ];
    }

    /// <summary>Finds another account of the caller's identity, to go on with.</summary>
    /// <returns>Null when there is no such account, it is another identity's, or it is not active.</returns>
    public Task<AccountToSwitchTo?> FindAsync(
        Caller caller, string tenantId, Guid personId, CancellationToken cancellation) =>
        Sql.Of(
            $"""
            select {SignIn.LocalAccountColumns},
                (select ends_at from messaging.sessions s where s.tenant_id = {caller.TenantId}
                    and s.id = {caller.SessionId}::uuid)
            from {AccountsOf(caller.TenantId, caller.Actor.Id)} i
            join messaging.accounts a on a.tenant_id = i.tenant_id and a.person_id = i.person_id
                and {Sql.Raw(OpenAccounts.IsOpen)}
            where a.tenant_id = {tenantId} and a.person_id = {personId}
            """).FirstAsync(
                database,
                r => new AccountToSwitchTo(
                    SignIn.LocalAccountOf(r).ToProven(), r.InstantOrNull(SignIn.AfterLocalAccount)),
                cancellation);

    private static Sql Lock(Sql identities) => Sql.Of(
        $"select pg_advisory_xact_lock(hashtextextended('identity ' || identity_id, 0)) from {identities}");

    private static AccountRow RowOf(NpgsqlDataReader row) =>
        new(
            SignIn.CallerOf(row), row.GetString(SignIn.AfterAccount), row.StringOrNull(SignIn.AfterAccount + 1),
            row.GetString(SignIn.AfterAccount + 2));
}
