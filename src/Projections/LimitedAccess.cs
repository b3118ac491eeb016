using Messaging.Domain;
using Messaging.Domain.Organisation;
using Messaging.Projections.Conversations;
using Messaging.Projections.Customers;
using Messaging.Projections.Storage;

namespace Messaging.Projections;

/// <summary>
/// What people see who are limited to some of what their role sees: somebody of the office to the customers that they
/// were given, by id or by a tag of the customer, and a contact to conversations of some topics. It is the one rule in
/// SQL, and every statement that reads for a caller has it: <see cref="Visibility"/> and the queries of
/// customers, notifications, history and reports. It looks the rights up when the statement runs, so that what is given
/// or withdrawn counts at once. For callers who are not limited there is nothing of it in a statement. What somebody
/// may see of the past is decided by their rights of today.
/// </summary>
internal static class LimitedAccess
{
    /// <summary>Conditions on a conversation <c>c</c> of the caller's organisation; nothing for most callers.</summary>
    public static Sql OfConversation(Caller caller) =>
        !caller.IsLimited ? Sql.Nothing
        : caller.OnlyCustomerId is null ? Sql.Of($" and c.customer_id = any({Customers(caller)})")
        : Sql.Of(
            $"""
              and exists (
                 select from messaging.conversation_tags t
                 where t.tenant_id = c.tenant_id and t.conversation_id = c.id and t.tag_key = any(array(
                     select unnest(p.topic_keys) from messaging.contacts p
                     where p.tenant_id = {caller.TenantId} and p.id = {caller.Actor.Id})))
             """);

    /// <summary>Conditions on the id of a conversation in a column; nothing for most callers.</summary>
    public static Sql OfConversationId(Caller caller, string column) =>
        !caller.IsLimited && !caller.HasSpan
            ? Sql.Nothing
            : Sql.Of(
                $"""
                  and exists (
                     select from {Visibility.Table(caller)} c
                     where c.tenant_id = {caller.TenantId} and c.id = {Sql.Raw(column)}{OfConversation(caller)})
                 """);

    /// <summary>Conditions on the id of a customer in a column; nothing for those who see all of them.</summary>
    public static Sql OfCustomer(Caller caller, string column) =>
        caller.OnlyCustomerId is { } customer ? Sql.Of($" and {Sql.Raw(column)} = {customer}")
        : caller.IsLimited ? Sql.Of($" and {Sql.Raw(column)} = any({Customers(caller)})")
        : Sql.Nothing;

    /// <summary>An array: the ids of the customers that somebody limited of the office sees, each once.</summary>
    public static Sql Customers(Caller caller) => Customers(caller.TenantId, caller.Actor.Id);

    /// <summary>
    /// Condition on a conversation <c>c</c>: somebody of the office sees its customer, limited or not.
    /// </summary>
    public static Sql AdministratorSees(string tenantId, Guid id) =>
        Sql.Of(
            $"""
             exists (select from messaging.administrators p where p.tenant_id = {tenantId} and p.id = {id}
                 and (not p.limited or p.is_owner)) or c.customer_id = any({Customers(tenantId, id)})
             """);

    /// <summary>
    /// Condition on a row <c>c</c>: somebody of the office, whose id is in a column, is limited to other customers than
    /// the one in another column.
    /// </summary>
    public static Sql IsHiddenFrom(string personColumn, string customerColumn) =>
        Sql.Of(
            $"""
             exists (
                 select from messaging.administrators p
                 where p.tenant_id = c.tenant_id and p.id = {Sql.Raw(personColumn)} and p.limited and not p.is_owner
                     and {Sql.Raw(customerColumn)} <> all(p.customer_ids) and not exists (
                         select from messaging.customers k
                         where k.tenant_id = c.tenant_id and k.id = {Sql.Raw(customerColumn)}
                             and k.tag_keys && p.customer_tag_keys))
             """);

    /// <summary>Condition on a row <c>c</c> with the id of a customer: somebody who was given these sees it.</summary>
    public static Sql IsOneOf(string tenantId, GivenCustomers given) =>
        Sql.Of(
            $"""
             (c.customer_id = any({Sql.Ids(given.Ids)}) or exists (
                 select from messaging.customers k where k.tenant_id = c.tenant_id and k.id = c.customer_id
                     and k.tag_keys && {given.Tags.Select(t => CustomerTerm.TagKey(tenantId, t)).ToArray()}::text[]))
             """);

    private static Sql Customers(string tenantId, Guid person) =>
        Sql.Of(
            $"""
             array(
                 select unnest(p.customer_ids) from messaging.administrators p
                 where p.tenant_id = {tenantId} and p.id = {person}
                 union
                 select k.id from messaging.administrators p
                 join messaging.customers k on k.tenant_id = p.tenant_id and k.tag_keys && p.customer_tag_keys
                 where p.tenant_id = {tenantId} and p.id = {person})
             """);
}
