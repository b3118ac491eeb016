using Messaging.Application.Commands;
using Messaging.Domain.Customers;
using Messaging.Projections.Storage;
using Npgsql;
using Weasel.Postgresql.Tables;

namespace Messaging.Application.Customers;

/// <summary>
/// The customers' numbers, each once in an office: its primary key decides between two who take one at once. Whoever
/// comes second is decided again, on what the first has done.
/// </summary>
internal static class CustomerNumbers
{
    public static readonly Table Table = Create();

    /// <summary>The customer of a number, by the number's key.</summary>
    public static readonly CommandLookup<string, Guid?> Owners = new OwnerLookup();

    /// <summary>The key of a number; null when it is none, or none that anybody can have.</summary>
    public static string? KeyOf(string? number)
    {
        var text = number?.Trim() ?? "";
        return Domain.Text.CheckLine(text, "number", CustomerDecider.NumberMaximum) is null
            ? CustomerDecider.KeyOf(text)
            : null;
    }

    /// <summary>Gives a customer the number of a key instead of that of another.</summary>
    public static void MoveNumber(this UnitOfWork work, Guid customerId, string? from, string? to)
    {
        if (from == to) return;
        if (from is not null)
        {
            work.Write(
                $"""
                delete from messaging.customer_numbers
                where tenant_id = {work.TenantId} and number_key = {from} and customer_id = {customerId}
                """);
            work.Revise(Owners, (key, owner) => key == from ? null : owner);
        }

        if (to is null) return;
        work.Write(
            $"""
            insert into messaging.customer_numbers (tenant_id, number_key, customer_id)
            values ({work.TenantId}, {to}, {customerId})
            """);
        work.Set(Owners, to, customerId);
    }

    private static Table Create()
    {
        var table = new Table("messaging.customer_numbers");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        table.AddColumn<string>("number_key").AsPrimaryKey();
        table.AddColumn<Guid>("customer_id").NotNull();
        return table;
    }

    private sealed class OwnerLookup : CommandLookup<string, Guid?>
    {
        protected internal override Sql Find(IReadOnlyCollection<(string Tenant, string Key)> keys) =>
            Sql.Of(
                $"""
                select k.tenant, k.key, n.customer_id from unnest(
                    {keys.Select(k => k.Tenant).ToArray()}::text[], {keys.Select(k => k.Key).ToArray()}::text[])
                    as k(tenant, key)
                cross join lateral (select customer_id from messaging.customer_numbers
                    where tenant_id = k.tenant and number_key = k.key offset 0) n
                """);

        protected internal override void Read(
            NpgsqlDataReader row, Dictionary<(string Tenant, string Key), Guid?> values) =>
            values[(row.GetString(0), row.GetString(1))] = row.GetGuid(2);
    }
}
