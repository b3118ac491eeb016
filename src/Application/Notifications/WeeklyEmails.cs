using Messaging.Application.Accounts;
using Messaging.Application.History;
using Messaging.Domain;
using Messaging.Projections.Conversations;
using Messaging.Projections.Customers;
using Messaging.Projections.Organisation;
using Messaging.Projections.Reports;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Notifications;

/// <summary>
/// Composes the mails with the report of the week: what the page says, to whom it says it, as of when the mail goes.
/// </summary>
internal sealed class WeeklyEmails(NpgsqlDataSource database)
{
    private const string Nobody = "";

    private static readonly WeeklyList[] s_lists =
    [
        WeeklyList.WaitingForUs, WeeklyList.CameIn, WeeklyList.WaitingForCustomers, WeeklyList.NobodyResponsible,
    ];

    private readonly WeeklyQueries _weekly = new(database);
    private readonly DeliveryQueries _deliveries = new(database);
    private readonly ConversationQueries _conversations = new(database);
    private readonly CustomerQueries _customers = new(database);
    private readonly OrganisationQueries _organisation = new(database);
    private readonly AuditTree _tree = new(database);
    private readonly AuditSweeps _sweeps = new(database);

    /// <returns>
    /// The e-mail, and the address that its recipient has by now; null when they have left or want it no more, and when
    /// its week is over: then there is the next one.
    /// </returns>
    public async Task<(OutgoingEmail Email, string Address)?> ComposeAsync(
        ClaimedDelivery delivery, CancellationToken cancellation)
    {
        if (await RecipientAsync(delivery, cancellation) is not { } to) return null;
        var report = await ReportAsync(to.Caller, to.Now, to.HasContent, cancellation);

        // What a rebuild has begun to empty meanwhile would have other numbers.
        await using (var batch = database.CreateBatch())
        {
            ReadModelFence.AddTo(batch);
            await batch.ExecuteNonQueryAsync(cancellation);
        }

        var email = new WeeklyEmail(
            delivery.Id, delivery.Address, to.Name, delivery.Locale, to.OrganisationName, report)
        {
            ReplyTo = to.RegisteredEmail,
            MayChoose = true,
        };
        return (email, to.Address);
    }

    private async Task<Recipient?> RecipientAsync(ClaimedDelivery delivery, CancellationToken cancellation)
    {
        await using var batch = database.CreateBatch();
        var ofHold = ReadModelFence.AddTo(batch);
        batch.Add(
            $"""
            select a.id, a.role, a.is_owner, a.limited, a.display_name, a.email, o.name, o.notification_email,
                clock_timestamp(), coalesce(w.content, 'Full') = 'Full'
            from messaging.deliveries d
            join messaging.organisations o on o.tenant_id = d.tenant_id
            join messaging.administrators a on a.tenant_id = d.tenant_id and a.id = d.recipient_id
            join messaging.notification_preferences p on p.tenant_id = d.tenant_id and p.person_id = a.id
            left join messaging.mail_content w on w.tenant_id = d.tenant_id
            where d.tenant_id = {delivery.TenantId} and d.id = {delivery.Id} and a.active and p.weekly_report
                and not exists (select from messaging.closed_organisations c where c.tenant_id = d.tenant_id)
                and {OpenAccounts.IsOpenAndWhole("d.tenant_id", "d.recipient_id")}
                and {WeeklyMails.WeekOf(Sql.Raw("d.occurred_at"))} = {WeeklyMails.WeekOf(Sql.Raw("clock_timestamp()"))}
            """);
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        for (var i = 0; i < ofHold; i++) await reader.NextResultAsync(cancellation);
        if (!await reader.ReadAsync(cancellation)) return null;
        var (id, owns) = (reader.GetGuid(0), reader.GetBoolean(2));
        Actor actor = reader.Enumeration<Role>(1) == Role.Auditor
            ? new Actor.Auditor(id)
            : new Actor.Administrator(id, owns);
        var caller = new Caller(delivery.TenantId, actor) { IsLimited = reader.GetBoolean(3) && !owns };
        return new Recipient(
            caller, reader.GetString(4), reader.GetString(5), reader.GetString(6), reader.GetString(7),
            reader.Instant(8), reader.GetBoolean(9));
    }

    private async Task<WeeklyContent> ReportAsync(
        Caller caller, DateTimeOffset now, bool hasContent, CancellationToken cancellation)
    {
        var frame = await _weekly.FrameAsync(caller, now, cancellation);
        var lists = new List<(WeeklyList Of, int Count, Page<WeeklyEntry> Page)>();
        foreach (var of in s_lists)
        {
            var which = new WeeklySelection(of, frame.LastWeek, null);
            var page = await _weekly.PageAsync(
                caller, frame, which, PageRequest.Start with { First = WeeklyQueries.Rows }, cancellation);
            lists.Add((of, await _weekly.CountAsync(caller, frame, which, cancellation), page));
        }

        var weeks = await _weekly.WeeksAsync(caller, frame, cancellation);
        var people = await _weekly.PeopleAsync(caller, frame, WeeklyQueries.Rows, cancellation);
        var writers = await _weekly.CustomersAsync(caller, frame, WeeklyQueries.Rows, cancellation);
        var conversations = await _conversations.ByIdsAsync(
            caller, [.. lists.SelectMany(l => l.Page.Items).Select(i => i.Node.ConversationId).Distinct()],
            cancellation);
        var customers = await _customers.CustomersByIdsAsync(
            caller,
            [
                .. conversations.Values.Select(c => c.CustomerId).Concat(writers.Select(w => w.CustomerId)).Distinct(),
            ],
            cancellation);
        var colleagues = await _organisation.AdministratorsByIdsAsync(
            caller,
            [
                .. conversations.Values.Select(c => c.ResponsibleAdministratorId)
                    .Concat(people.Select(p => p.Workload.AdministratorId)).OfType<Guid>().Distinct(),
            ],
            cancellation);
        var silent = await WithoutContentAsync(caller, customers.Keys, cancellation);
        var failed = await _deliveries.CountAsync(
            caller,
            new DeliveryFilter(
                [DeliveryState.Failed, DeliveryState.PerhapsSent], CreatedFrom: frame.LastWeek.From),
            cancellation);
        return new WeeklyContent(
            frame.AsOf, frame.Office.TimeZone, frame.LastWeek.ClosedAt,
            [.. lists.Select(l => new WeeklyRows(l.Of, l.Count, hasContent ? RowsOf(l.Page) : []))],
            weeks,
            hasContent
                ? [
                    .. people.Select(p => new WeeklyPerson(
                        p.Workload.AdministratorId, NameOf(p.Workload.AdministratorId), p.Workload.AwaitingOffice,
                        p.Workload.Open, p.Workload.Attention, p.Replies?.Count, p.Replies?.Median)),
                ]
                : [],
            hasContent
                ? [
                    .. writers.Where(w => customers.ContainsKey(w.CustomerId) && !silent.Contains(w.CustomerId))
                        .Select(w => new WeeklyWriter(w.CustomerId, customers[w.CustomerId].Name, w.Comments)),
                ]
                : [],
            failed, await ProvedAsync(caller, cancellation));

        List<WeeklyRow> RowsOf(Page<WeeklyEntry> page) =>
        [
            .. page.Items.Select(i => (i.Node.At, Conversation: conversations.GetValueOrDefault(i.Node.ConversationId)))
                .Where(i => i.Conversation is not null && !silent.Contains(i.Conversation.CustomerId))
                .Select(i => new WeeklyRow(
                    i.Conversation!.Id, i.Conversation.Subject,
                    customers.GetValueOrDefault(i.Conversation.CustomerId)?.Name ?? "",
                    NameOf(i.Conversation.ResponsibleAdministratorId), i.At)),
        ];

        string NameOf(Guid? id) =>
            id is { } person ? colleagues.GetValueOrDefault(person)?.DisplayName ?? Nobody : Nobody;
    }

    // Of these customers no mail says anything; the numbers count them.
    private async Task<HashSet<Guid>> WithoutContentAsync(
        Caller caller, IEnumerable<Guid> customers, CancellationToken cancellation) =>
    [
        .. await Sql.Of(
            $"""
            select customer_id from messaging.customers_without_mail_content
            where tenant_id = {caller.TenantId} and customer_id = any({customers.ToArray()})
            """).ListAsync(database, r => r.GetGuid(0), cancellation),
    ];

    private async Task<WeeklyProof?> ProvedAsync(Caller caller, CancellationToken cancellation)
    {
        if (!caller.SeesAllHistory) return null;
        var head = await _tree.HeadAsync(caller.TenantId, cancellation);
        var swept = await _sweeps.LastAsync(caller.TenantId, cancellation);
        return new WeeklyProof(head.GrownAt, head.Lag, swept is null || (swept.IsWhole && swept.Damaged == 0));
    }

    private sealed record Recipient(
        Caller Caller, string Name, string Address, string OrganisationName, string RegisteredEmail,
        DateTimeOffset Now, bool HasContent);
}
