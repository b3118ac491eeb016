using System.Security.Cryptography;
using System.Text;
using Messaging.Application.Accounts;
using Messaging.Domain;
using Messaging.Domain.Notifications;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Notifications;

/// <summary>A mail of which no event tells: its recipient chose to get it, regularly.</summary>
/// <param name="Id">
/// Made of whom it goes to and of the time that it is of: so there is one, whatever is planned twice.
/// </param>
/// <param name="IsHeld">True when it may have gone out before a backup was restored.</param>
internal sealed record ChosenMail(
    string TenantId, Guid Id, Guid PersonId, string Address, string Locale, bool IsHeld)
{
    /// <summary>Reads one: tenant, day that it is of, person, address, locale and whether it is held.</summary>
    /// <param name="name">What there is one of for each person and day.</param>
    public static ChosenMail Of(NpgsqlDataReader row, string name)
    {
        var (tenant, day, person) = (row.GetString(0), row.GetFieldValue<DateOnly>(1), row.GetGuid(2));
        var id = DerivedId.Of(SHA256.HashData(Encoding.UTF8.GetBytes($"{name} {tenant} {day:O} {person:N}")));
        return new ChosenMail(tenant, id, person, row.GetString(3), row.GetString(4), row.GetBoolean(5));
    }

    /// <summary>The statement that adds their deliveries to the ledger.</summary>
    /// <param name="now">The instant that they are of, in SQL.</param>
    public static Sql Planned(IReadOnlyCollection<ChosenMail> mails, string kind, Sql now) => Sql.Of(
        $"""
        insert into messaging.deliveries (
            tenant_id, id, event_id, kind, address, address_key, recipient_kind, recipient_id, locale, actor_kind,
            actor_id, occurred_at, state, last_error, try_at, attempts, created_at, rule)
        select t, i, i, {kind}, a, y, {nameof(RecipientKind.Administrator)}, r, l,
            {nameof(ParticipantKind.System)}, {Guid.Empty}, {now}, case when h then 'Failed' else 'Pending' end,
            case when h then {Restores.Held} end, case when not h then clock_timestamp() end, 0, clock_timestamp(),
            {nameof(TellingRule.Chosen)}
        from unnest(
            {mails.Select(m => m.TenantId).ToArray()}::text[],
            {mails.Select(m => m.Id).ToArray()}::uuid[],
            {mails.Select(m => m.Address).ToArray()}::text[],
            {mails.Select(m => EmailKey.Of(m.Address)).ToArray()}::text[],
            {mails.Select(m => m.PersonId).ToArray()}::uuid[],
            {mails.Select(m => m.Locale).ToArray()}::text[],
            {mails.Select(m => m.IsHeld).ToArray()}::boolean[]) as d(t, i, a, y, r, l, h)
        on conflict do nothing
        """);
}
