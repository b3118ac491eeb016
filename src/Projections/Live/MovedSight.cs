using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Messaging.Projections.Customers;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Projections.Live;

/// <summary>
/// Finds the people for whom events moved something into view or out of it: those who are limited to what has a tag,
/// when a customer or a conversation got that tag or lost it.
/// </summary>
public sealed class MovedSight(NpgsqlDataSource database)
{
    private static readonly string[] s_ofCustomers =
        [EventNames.Of(typeof(CustomerTagged)), EventNames.Of(typeof(CustomerUntagged))];

    private static readonly string[] s_ofConversations =
        [EventNames.Of(typeof(ConversationTagged)), EventNames.Of(typeof(ConversationUntagged))];

    /// <summary>True when an event of this name may move something.</summary>
    public static bool IsMovedBy(string type) => s_ofCustomers.Contains(type) || s_ofConversations.Contains(type);

    /// <summary>The people: organisation and id.</summary>
    /// <param name="events">The ids of events.</param>
    public async Task<IReadOnlyList<(string Tenant, Guid Person)>> OfAsync(
        IReadOnlyCollection<LiveEvent> events, CancellationToken cancellation)
    {
        var sequences = events.Select(e => e.Sequence).ToArray();
        var rows = await Sql.Of(
            $"""
             select e.tenant_id, p.id, e.data ->> 'tag', true, p.customer_tag_keys from messaging.mt_events e
             join messaging.administrators p on p.tenant_id = e.tenant_id and p.limited
             where e.seq_id = any({sequences}) and e.type = any({s_ofCustomers})
             union all
             select e.tenant_id, p.id, e.data ->> 'tag', false, p.topic_keys from messaging.mt_events e
             join messaging.conversations c on c.tenant_id = e.tenant_id and c.id = e.stream_id
             join messaging.contacts p on p.tenant_id = c.tenant_id and p.customer_id = c.customer_id
                 and cardinality(p.topic_keys) > 0
             where e.seq_id = any({sequences}) and e.type = any({s_ofConversations})
             """).ListAsync(
            database,
            r => (
                Tenant: r.GetString(0), Person: r.GetGuid(1), Tag: r.GetString(2), IsOfCustomer: r.GetBoolean(3),
                Keys: r.GetFieldValue<string[]>(4)),
            cancellation);
        return
        [
            .. rows
                .Where(r => r.Keys.Contains(
                    r.IsOfCustomer ? CustomerTerm.TagKey(r.Tenant, r.Tag) : ConversationTags.KeyOf(r.Tag)))
                .Select(r => (r.Tenant, r.Person))
                .Distinct(),
        ];
    }
}
