using System.Collections.Immutable;
using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Domain.Customers;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Customers.Import;

/// <summary>A contact that a customer has already.</summary>
/// <param name="EmailKey">The address as addresses are compared.</param>
/// <param name="Active">False once deactivated.</param>
internal sealed record KnownContact(string EmailKey, string DisplayName, bool Active);

/// <summary>Look-ups that a line of an import is compared with, in the dry run and in the run.</summary>
internal static class ImportLookups
{
    // More of one name are ambiguous all the same.
    private const int NamesakesMaximum = 20;

    // More contacts than any customer has.
    private const int ContactsMaximum = 1_000;

    /// <summary>The customers of a name, by the name's key.</summary>
    public static readonly CommandLookup<string, ImmutableArray<KnownCustomer>> Named = new NamedLookup();

    /// <summary>Customers by id.</summary>
    public static readonly CommandLookup<Guid, KnownCustomer> Customers = new CustomerLookup();

    /// <summary>The contacts of a customer.</summary>
    public static readonly CommandLookup<Guid, ImmutableArray<KnownContact>> Contacts = new ContactLookup();

    /// <summary>The use of an address by a contact of the customer, or by others.</summary>
    /// <param name="contact">The contact as a line has them.</param>
    /// <param name="contacts">The contacts of the line's customer.</param>
    /// <param name="isTaken">True when the address is of the office, or of the customer's own active contact.</param>
    public static AddressUse UseOf(
        ImportedContact contact, ImmutableArray<KnownContact> contacts, bool isTaken)
    {
        var keys = EmailKey.AllOf(contact.Email);
        var own = contacts.IsDefault ? [] : contacts.Where(c => keys.Contains(c.EmailKey)).ToList();
        if (own.FirstOrDefault(c => c.Active) is { } known)
            return known.DisplayName == contact.DisplayName
                ? AddressUse.OfContact : AddressUse.OfContactOtherwiseNamed;
        if (isTaken) return AddressUse.OfAnother;
        return own.Count > 0 ? AddressUse.OfFormerContact : AddressUse.Free;
    }

    private static Sql CustomerColumns => Sql.Raw(
        "c.id, c.name, c.number, coalesce(c.ends_at <= statement_timestamp(), false)");

    private static KnownCustomer Customer(NpgsqlDataReader row, int at) =>
        new(row.GetGuid(at), row.GetString(at + 1), row.StringOrNull(at + 2), row.GetBoolean(at + 3));

    private sealed class NamedLookup : CommandLookup<string, ImmutableArray<KnownCustomer>>
    {
        // A range of the index has the names that sort alike; the key decides among them.
        protected internal override Sql Find(IReadOnlyCollection<(string Tenant, string Key)> keys) =>
            Sql.Of(
                $"""
                select k.tenant, k.key, {CustomerColumns} from unnest(
                    {keys.Select(k => k.Tenant).ToArray()}::text[], {keys.Select(k => k.Key).ToArray()}::text[],
                    {keys.Select(k => NameOrder.Range(k.Key).From).ToArray()}::bytea[],
                    {keys.Select(k => NameOrder.Range(k.Key).To).ToArray()}::bytea[]) as k(tenant, key, low, high)
                cross join lateral (select * from messaging.customers
                    where tenant_id = k.tenant and name_order >= k.low and name_order < k.high
                    order by name_order, id limit {NamesakesMaximum}) c
                """);

        protected internal override void Read(
            NpgsqlDataReader row, Dictionary<(string Tenant, string Key), ImmutableArray<KnownCustomer>> values)
        {
            var key = (row.GetString(0), row.GetString(1));
            var customer = Customer(row, 2);
            if (CustomerImportDecider.NameKeyOf(customer.Name) != key.Item2) return;
            values[key] = values.TryGetValue(key, out var before) ? before.Add(customer) : [customer];
        }
    }

    private sealed class CustomerLookup : CommandLookup<Guid, KnownCustomer>
    {
        protected internal override Sql Find(IReadOnlyCollection<(string Tenant, Guid Key)> keys) =>
            Sql.Of(
                $"""
                select k.tenant, {CustomerColumns} from {Sql.Keys(keys)} as k(tenant, id)
                cross join lateral (select * from messaging.customers
                    where tenant_id = k.tenant and id = k.id offset 0) c
                """);

        protected internal override void Read(
            NpgsqlDataReader row, Dictionary<(string Tenant, Guid Key), KnownCustomer> values)
        {
            var customer = Customer(row, 1);
            values[(row.GetString(0), customer.Id)] = customer;
        }
    }

    private sealed class ContactLookup : CommandLookup<Guid, ImmutableArray<KnownContact>>
    {
        protected internal override Sql Find(IReadOnlyCollection<(string Tenant, Guid Key)> keys) =>
            Sql.Of(
                $"""
                select k.tenant, k.id, c.email, c.display_name, c.active from {Sql.Keys(keys)} as k(tenant, id)
                cross join lateral (select email, display_name, active from messaging.contacts
                    where tenant_id = k.tenant and customer_id = k.id
                    order by name_order, id limit {ContactsMaximum}) c
                """);

        protected internal override void Read(
            NpgsqlDataReader row, Dictionary<(string Tenant, Guid Key), ImmutableArray<KnownContact>> values)
        {
            var key = (row.GetString(0), row.GetGuid(1));
            var contact = new KnownContact(EmailKey.Of(row.GetString(2)), row.GetString(3), row.GetBoolean(4));
            values[key] = values.TryGetValue(key, out var before) ? before.Add(contact) : [contact];
        }
    }
}
