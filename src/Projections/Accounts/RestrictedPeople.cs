using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;
using Messaging.Projections.History;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Projections.Accounts;

/// <summary>
/// Who restricted people are, for owners and auditors. The read models have <see cref="Restriction"/> in the place of
/// their names and addresses, so that whatever reads a row shows nothing of them; these are folded from their own
/// events, which are few.
/// </summary>
internal static class RestrictedPeople
{
    /// <summary>True when the caller sees who restricted people are.</summary>
    public static bool MayBeSeenBy(Caller caller) => AuditLog.MayBeReadBy(caller);

    /// <summary>
    /// Condition: somebody whose id is in a column is restricted, and the caller does not see who they are. False in
    /// any case for owners and auditors.
    /// </summary>
    public static Sql AreHiddenFrom(Caller caller, string column) =>
        MayBeSeenBy(caller)
            ? Sql.Of($"false")
            : Sql.Of(
                $"""
                 (exists (select from messaging.contacts p where p.tenant_id = {caller.TenantId}
                     and p.id = {Sql.Raw(column)} and p.email = {Restriction.Email})
                 or exists (select from messaging.administrators p where p.tenant_id = {caller.TenantId}
                     and p.id = {Sql.Raw(column)} and p.email = {Restriction.Email}))
                 """);

    /// <summary>The rows, with the names and addresses of those who are restricted, if the caller sees them.</summary>
    /// <param name="restricted">The id of a row's person who is restricted; null of others.</param>
    /// <param name="named">The row with their name and address.</param>
    public static async Task<IReadOnlyList<T>> NamedAsync<T>(
        NpgsqlDataSource database, Caller caller, IReadOnlyList<T> rows, Func<T, Guid?> restricted,
        Func<T, Person, T> named, CancellationToken cancellation)
    {
        var ids = rows.Select(restricted).OfType<Guid>().Distinct().ToList();
        if (ids.Count == 0 || !MayBeSeenBy(caller)) return rows;
        var events = await Sql.Of(
            $"""
             select e.stream_id, e.type, e.data::text from messaging.mt_events e
             where e.tenant_id = {caller.TenantId} and e.stream_id = any({Sql.Ids(ids)})
             order by e.stream_id, e.version
             """).ListAsync(
            database,
            r => (Id: r.GetGuid(0), Data: HistoryQueries.Data(r.GetString(1), r.Text(2, copies: 2))), cancellation);
        var people = events.GroupBy(e => e.Id).ToDictionary(
            g => g.Key, g => g.Aggregate((Person?)null, (person, e) => Evolve(person, e.Id, e.Data)));
        return
        [
            .. rows.Select(row =>
                restricted(row) is { } id && people.GetValueOrDefault(id) is { } person ? named(row, person) : row),
        ];
    }

    /// <summary>The same, of a page: its order and its cursors are those of the names that everybody sees.</summary>
    public static async Task<Page<T>> NamedAsync<T>(
        NpgsqlDataSource database, Caller caller, Page<T> page, Func<T, Guid?> restricted, Func<T, Person, T> named,
        CancellationToken cancellation)
    {
        var rows = await NamedAsync(
            database, caller, [.. page.Items.Select(item => item.Node)], restricted, named, cancellation);
        return page with { Items = [.. page.Items.Zip(rows, (item, row) => item with { Node = row })] };
    }

    // What a later version wrote says nothing here.
    private static Person? Evolve(Person? person, Guid id, object data) => data switch
    {
        AdministratorEvent e => Administrator.Evolve((Administrator?)person, id, e),
        ContactEvent e => Contact.Evolve((Contact?)person, id, e),
        _ => person,
    };
}
