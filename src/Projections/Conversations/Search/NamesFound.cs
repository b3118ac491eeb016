using Messaging.Domain;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Projections.Conversations.Search;

/// <summary>
/// Customers and people whose current names match the words of a search. Conversations are found by them because their
/// subjects and comments have the ids of customer, responsible administrator and author among their words
/// (<see cref="SearchText.WordOf"/>), so that a new name needs nothing to be written again. To the office a contact
/// stands for the customer as well, whether or not they ever wrote; to contacts, whose conversations are all of one
/// customer, a colleague stands for what that colleague wrote.
/// </summary>
internal static class NamesFound
{
    /// <summary>
    /// Most names that one word may find. A word of more names, such as "GmbH", stands for those only that another of
    /// the words finds.
    /// </summary>
    public const int Maximum = 25;

    // Terms are customers' numbers and contacts' addresses.
    private static readonly string[] s_tables = ["customers", "customer_terms", "contacts", "administrators"];

    /// <summary>The stored words of a name, by which search finds it.</summary>
    public static string WordsOf(string tenantId, string name) =>
        SearchText.Stored(name).Replace(" ", " " + SearchText.TenantKey(tenantId), StringComparison.Ordinal);

    /// <summary>The words, each with the customers and people that it names.</summary>
    public static async Task<IReadOnlyList<SoughtWord>> AddAsync(
        NpgsqlDataSource database, Caller caller, IReadOnlyList<SoughtWord> words, CancellationToken cancellation)
    {
        if (words.Count == 0) return words;
        string[] keys = [SearchText.TenantKey(caller.TenantId)];
        var queries = words.Select(w => w.QueryFor(keys)).ToArray();
        var named = Sql.Nothing;
        foreach (var table in s_tables)
        {
            // A contact may know everybody of the office, but only their own customer and its people.
            var isOfCustomer = table is "customer_terms" or "contacts";
            var own =
                table == "administrators"
                    ? Sql.Nothing
                    : LimitedAccess.OfCustomer(caller, isOfCustomer ? "n.customer_id" : "n.id");
            var of = isOfCustomer && caller.OnlyCustomerId is null ? "n.customer_id" : "n.id";
            named +=
                $"""
                 {Sql.Raw(named.IsEmpty ? "" : " union all ")}(
                     select n.id, {Sql.Raw(of)} as of, n.words from messaging.{Sql.Raw(table)} n
                         where n.tenant_id = {caller.TenantId}{own} and n.words @@ q.query::tsquery
                         limit {Sql.Number(Maximum + 1)})
                 """;
        }

        var rows = await Sql.Of(
            $"""
             select q.position::int, n.id, n.of, array(select n.words @@ o.query::tsquery
                 from unnest({queries}) with ordinality as o(query, position) order by o.position)
             from unnest({queries}) with ordinality as q(query, position) cross join lateral ({named}) n
             """).ListAsync(
             database,
             r => (Word: r.GetInt32(0) - 1, Id: r.GetGuid(1), Of: r.GetGuid(2), Hits: r.GetFieldValue<bool[]>(3)),
             cancellation);
        if (rows.Count == 0) return words;
        var few = rows.GroupBy(r => r.Word).Where(g => g.Count() <= Maximum).SelectMany(g => g).ToList();
        return
        [
            .. words.Select(
                (word, i) =>
                    few.Where(r => r.Hits[i])
                        .SelectMany(r => (Guid[])[r.Id, r.Of])
                        .Distinct()
                        .Select(id => new SoughtTerm(SearchText.WordOf(id)))
                        .ToList()
                        is { Count: > 0 } terms
                        ? new SoughtWord([.. word.Terms, .. terms])
                        : word
            ),
        ];
    }
}
