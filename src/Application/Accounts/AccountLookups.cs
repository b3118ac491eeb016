using System.Collections.Immutable;
using Messaging.Application.Commands;
using Messaging.Domain.Accounts;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Accounts;

/// <summary>An invitation that was sent.</summary>
/// <param name="PersonId">The stream of the person invited.</param>
/// <param name="ExpiresAt">The instant at which the link stops working.</param>
/// <param name="Used">True when it was accepted or a later one replaced it.</param>
/// <param name="Version">
/// The version of the event that it follows from; null where it was sent before that was kept.
/// </param>
internal sealed record Invitation(Guid PersonId, DateTimeOffset ExpiresAt, bool Used, long? Version);

/// <summary>A link for another password that was sent.</summary>
/// <param name="PersonId">The stream of the person.</param>
/// <param name="ExpiresAt">The instant at which the link stops working.</param>
/// <param name="Used">True when it was used, or the password was changed otherwise since.</param>
internal sealed record PasswordReset(Guid PersonId, DateTimeOffset ExpiresAt, bool Used);

/// <summary>A link that confirms another address, as it was sent.</summary>
/// <param name="PersonId">The stream of the person.</param>
/// <param name="ExpiresAt">The instant at which the link stops working.</param>
/// <param name="Used">True when it was used, or the change was withdrawn or replaced.</param>
/// <param name="Version">The version of the event that it follows from.</param>
internal sealed record SentEmailChange(Guid PersonId, DateTimeOffset ExpiresAt, bool Used, long Version);

/// <summary>An invitation or another link, sent by mail.</summary>
/// <param name="By">The person who invited.</param>
/// <param name="Again">True when they had been invited before.</param>
internal sealed record Asked(Guid PersonId, Guid By, bool Again, DateTimeOffset At);

/// <summary>A second factor that somebody has, or has begun to add.</summary>
internal sealed record KeptFactor(Guid Id, SecondFactorKind Kind, bool IsConfirmed);

/// <summary>The second factors of an account's identity.</summary>
/// <param name="IsElsewhere">True when accounts of other organisations are of the same identity.</param>
/// <param name="IsRequired">True when the organisation requires one of the account, now or soon.</param>
internal sealed record FactorsOfAccount(
    Guid IdentityId, bool IsElsewhere, bool IsRequired, int RecoveryCodesLeft, ImmutableArray<KeptFactor> Factors)
{
    /// <summary>True when there is one that counts.</summary>
    public bool HasOne => Factors.Any(f => f.IsConfirmed);

    /// <summary>True when recovery codes come with the next factor.</summary>
    public bool GetsCodes => RecoveryCodesLeft == 0;
}

/// <summary>The use of an address in an organisation.</summary>
/// <param name="Holders">
/// Those who sign in by it: each customer's contact by the customer, a person of the office by
/// <see cref="Guid.Empty"/>.
/// </param>
/// <param name="Asked">The invitations that it got within a day.</param>
internal sealed record EmailUse(ImmutableDictionary<Guid, EmailHolder> Holders, int Asked);

/// <summary>Somebody who signs in by an address.</summary>
/// <param name="Name">The name that others see.</param>
/// <param name="IdentityId">The identity; null for an account that is new.</param>
internal sealed record EmailHolder(string Name, Guid? IdentityId);

/// <summary>Lookups of accounts for commands.</summary>
internal static class AccountLookups
{
    /// <summary>Who has an address, by its key (<see cref="EmailKey"/>). Those who left have theirs no more.</summary>
    public static readonly CommandLookup<string, EmailUse> Emails = new EmailLookup();

    /// <summary>Identities of people.</summary>
    public static readonly CommandLookup<Guid, Guid> Identities = new IdentityLookup();

    /// <summary>Invitations, by the hashes of their tokens.</summary>
    public static readonly CommandLookup<string, Invitation> Invitations = new InvitationLookup();

    /// <summary>Links for another password, by the hashes of their tokens.</summary>
    public static readonly CommandLookup<string, PasswordReset> PasswordResets = new PasswordResetLookup();

    /// <summary>Links that confirm another address, by the hashes of their tokens.</summary>
    public static readonly CommandLookup<string, SentEmailChange> EmailChanges = new EmailChangeLookup();

    /// <summary>The instants within a day at which another address was asked for, by person.</summary>
    public static readonly CommandLookup<Guid, ImmutableArray<DateTimeOffset>> EmailChangesAsked =
        new EmailChangesAskedLookup();

    /// <summary>
    /// Recent invitations by person: those that they received within a day, and those that they sent within an hour.
    /// </summary>
    public static readonly CommandLookup<Guid, ImmutableArray<Asked>> Asked = new AskedLookup();

    /// <summary>Number of working API tokens of a person or a service account.</summary>
    public static readonly CommandLookup<Guid, int> ApiTokens = new ApiTokenLookup();

    /// <summary>The second factors of a person's identity.</summary>
    public static readonly CommandLookup<Guid, FactorsOfAccount> SecondFactors = new SecondFactorLookup();

    /// <summary>The identities of recovery codes that were not used, by the hashes of the codes.</summary>
    public static readonly CommandLookup<string, Guid?> RecoveryCodes = new RecoveryCodeLookup();

    private sealed class EmailLookup : CommandLookup<string, EmailUse>
    {
        protected internal override Sql Find(IReadOnlyCollection<(string Tenant, string Key)> keys) =>
            Sql.Of(
                $"""
                select k.tenant, k.email, h.customer_id, h.name, n.asked, h.identity_id from unnest(
                    {keys.Select(k => k.Tenant).ToArray()}::text[], {keys.Select(k => k.Key).ToArray()}::text[])
                    as k(tenant, email)
                left join lateral (
                    select a.customer_id, coalesce(p.display_name, c.display_name, '') as name, a.identity_id
                    from messaging.accounts a
                    left join messaging.administrators p on p.tenant_id = a.tenant_id and p.id = a.person_id
                    left join messaging.contacts c on c.tenant_id = a.tenant_id and c.id = a.person_id
                    where a.tenant_id = k.tenant and a.email_key = k.email and a.active) h on true
                cross join lateral (
                    select count(*)::int as asked from messaging.invitations_asked i
                    where i.tenant_id = k.tenant and i.email_key = k.email
                        and i.asked_at > clock_timestamp() - interval '1 day') n
                """);

        protected internal override void Read(
            NpgsqlDataReader row, Dictionary<(string Tenant, string Key), EmailUse> values)
        {
            var key = (row.GetString(0), row.GetString(1));
            var holders = values.TryGetValue(key, out var before)
                ? before.Holders
                : ImmutableDictionary<Guid, EmailHolder>.Empty;
            if (row.StringOrNull(3) is { } name)
                holders = holders.SetItem(row.GuidOrNull(2) ?? Guid.Empty, new EmailHolder(name, row.GetGuid(5)));
            values[key] = new EmailUse(holders, row.GetInt32(4));
        }
    }

    private sealed class IdentityLookup : CommandLookup<Guid, Guid>
    {
        protected internal override Sql Find(IReadOnlyCollection<(string Tenant, Guid Key)> keys) =>
            Sql.Of(
                $"""
                select k.tenant, k.id, a.identity_id from {Sql.Keys(keys)} as k(tenant, id)
                join messaging.accounts a on a.tenant_id = k.tenant and a.person_id = k.id
                """);

        protected internal override void Read(
            NpgsqlDataReader row, Dictionary<(string Tenant, Guid Key), Guid> values) =>
            values.Add((row.GetString(0), row.GetGuid(1)), row.GetGuid(2));
    }

    private sealed class InvitationLookup : CommandLookup<string, Invitation>
    {
        protected internal override Sql Find(IReadOnlyCollection<(string Tenant, string Key)> keys) =>
            Sql.Of(
                $"""
                select tenant_id, token_hash, person_id, expires_at, used_at is not null, version
                from messaging.invitations where token_hash = any({keys.Select(k => k.Key).ToArray()})
                """);

        protected internal override void Read(
            NpgsqlDataReader row, Dictionary<(string Tenant, string Key), Invitation> values) =>
            values.Add(
                (row.GetString(0), row.GetString(1)),
                new Invitation(
                    row.GetGuid(2), row.Instant(3), row.GetBoolean(4), row.Int64OrNull(5)));
    }

    private sealed class PasswordResetLookup : CommandLookup<string, PasswordReset>
    {
        protected internal override Sql Find(IReadOnlyCollection<(string Tenant, string Key)> keys) =>
            Sql.Of(
                $"""
                select tenant_id, token_hash, person_id, expires_at, used_at is not null
                from messaging.password_resets where token_hash = any({keys.Select(k => k.Key).ToArray()})
                """);

        protected internal override void Read(
            NpgsqlDataReader row, Dictionary<(string Tenant, string Key), PasswordReset> values) =>
            values.Add(
                (row.GetString(0), row.GetString(1)),
                new PasswordReset(
                    row.GetGuid(2), row.Instant(3), row.GetBoolean(4)));
    }

    private sealed class EmailChangeLookup : CommandLookup<string, SentEmailChange>
    {
        protected internal override Sql Find(IReadOnlyCollection<(string Tenant, string Key)> keys) =>
            Sql.Of(
                $"""
                select tenant_id, token_hash, person_id, expires_at, used_at is not null, version
                from messaging.email_changes where token_hash = any({keys.Select(k => k.Key).ToArray()})
                """);

        protected internal override void Read(
            NpgsqlDataReader row, Dictionary<(string Tenant, string Key), SentEmailChange> values) =>
            values.Add(
                (row.GetString(0), row.GetString(1)),
                new SentEmailChange(row.GetGuid(2), row.Instant(3), row.GetBoolean(4), row.GetInt64(5)));
    }

    private sealed class EmailChangesAskedLookup : CommandLookup<Guid, ImmutableArray<DateTimeOffset>>
    {
        protected internal override Sql Find(IReadOnlyCollection<(string Tenant, Guid Key)> keys) =>
            Sql.Of(
                $"""
                select k.tenant, k.id, e.at from {Sql.Keys(keys)} as k(tenant, id)
                cross join lateral (
                    select timestamp as at from messaging.mt_events
                    where tenant_id = k.tenant and stream_id = k.id
                        and type in ('administrator_email_change_asked', 'contact_email_change_asked')
                        and timestamp > clock_timestamp() - interval '1 day' offset 0) e
                """);

        protected internal override void Read(
            NpgsqlDataReader row, Dictionary<(string Tenant, Guid Key), ImmutableArray<DateTimeOffset>> values)
        {
            var key = (row.GetString(0), row.GetGuid(1));
            var at = row.Instant(2);
            values[key] = values.TryGetValue(key, out var before) ? before.Add(at) : [at];
        }
    }

    private sealed class AskedLookup : CommandLookup<Guid, ImmutableArray<Asked>>
    {
        protected internal override Sql Find(IReadOnlyCollection<(string Tenant, Guid Key)> keys) =>
            Sql.Of(
                $"""
                select k.tenant, k.id, a.* from {Sql.Keys(keys)} as k(tenant, id)
                cross join lateral (
                    select person_id, asked_by, again, asked_at from messaging.invitations_asked
                    where tenant_id = k.tenant and person_id = k.id and asked_at > clock_timestamp() - interval '1 day'
                    union all
                    select person_id, asked_by, again, asked_at from messaging.invitations_asked
                    where tenant_id = k.tenant and asked_by = k.id and asked_at > clock_timestamp() - interval '1 hour'
                    offset 0) a
                """);

        protected internal override void Read(
            NpgsqlDataReader row, Dictionary<(string Tenant, Guid Key), ImmutableArray<Asked>> values)
        {
            var key = (row.GetString(0), row.GetGuid(1));
            var asked = new Asked(row.GetGuid(2), row.GetGuid(3), row.GetBoolean(4), row.Instant(5));
            values[key] = values.TryGetValue(key, out var before) ? before.Add(asked) : [asked];
        }
    }

    private sealed class ApiTokenLookup : CommandLookup<Guid, int>
    {
        protected internal override Sql Find(IReadOnlyCollection<(string Tenant, Guid Key)> keys) =>
            Sql.Of(
                $"""
                select k.tenant, k.id,
                    (select count(*)::int {Sql.Raw(Accounts.ApiTokens.Working)}
                        and t.tenant_id = k.tenant and t.person_id = k.id)
                from {Sql.Keys(keys)} as k(tenant, id)
                """);

        protected internal override void Read(
            NpgsqlDataReader row, Dictionary<(string Tenant, Guid Key), int> values) =>
            values.Add((row.GetString(0), row.GetGuid(1)), row.GetInt32(2));
    }
    private sealed class SecondFactorLookup : CommandLookup<Guid, FactorsOfAccount>
    {
        protected internal override Sql Find(IReadOnlyCollection<(string Tenant, Guid Key)> keys) =>
            Sql.Of(
                $"""
                select k.tenant, k.id, a.identity_id, a.is_elsewhere, a.required_from is not null, a.codes, f.id,
                    f.kind, f.confirmed_at is not null
                from {Sql.Keys(keys)} as k(tenant, id)
                cross join lateral (
                    select a.identity_id,
                        exists (select from messaging.accounts o
                            where o.identity_id = a.identity_id and o.tenant_id <> a.tenant_id) as is_elsewhere,
                        {Sql.Raw(Accounts.SecondFactors.RequiredFrom)} as required_from,
                        (select count(*)::int from messaging.recovery_codes r
                            where r.identity_id = a.identity_id and r.used_at is null) as codes
                    from messaging.accounts a where a.tenant_id = k.tenant and a.person_id = k.id offset 0) a
                left join lateral (
                    select f.id, f.kind, f.confirmed_at from messaging.second_factors f
                    where f.identity_id = a.identity_id
                        and (f.confirmed_at is not null
                            or f.created_at > clock_timestamp() - {Accounts.SecondFactors.Pending})
                    offset 0) f on true
                """);

        protected internal override void Read(
            NpgsqlDataReader row, Dictionary<(string Tenant, Guid Key), FactorsOfAccount> values)
        {
            var key = (row.GetString(0), row.GetGuid(1));
            if (!values.TryGetValue(key, out var before))
            {
                before = new FactorsOfAccount(
                    row.GetGuid(2), row.GetBoolean(3), row.GetBoolean(4), row.GetInt32(5), []);
            }

            values[key] = row.IsDBNull(6)
                ? before
                : before with
                {
                    Factors = before.Factors.Add(
                        new KeptFactor(row.GetGuid(6), row.Enumeration<SecondFactorKind>(7), row.GetBoolean(8))),
                };
        }
    }

    private sealed class RecoveryCodeLookup : CommandLookup<string, Guid?>
    {
        // A code is somebody's, in whichever organisation they use it.
        protected internal override Sql Find(IReadOnlyCollection<(string Tenant, string Key)> keys) =>
            Sql.Of(
                $"""
                select k.tenant, k.code, r.identity_id from unnest(
                    {keys.Select(k => k.Tenant).ToArray()}::text[], {keys.Select(k => k.Key).ToArray()}::text[])
                    as k(tenant, code)
                cross join lateral (
                    select identity_id from messaging.recovery_codes
                    where code_hash = k.code and used_at is null offset 0) r
                """);

        protected internal override void Read(
            NpgsqlDataReader row, Dictionary<(string Tenant, string Key), Guid?> values) =>
            values[(row.GetString(0), row.GetString(1))] = row.GetGuid(2);
    }
}
