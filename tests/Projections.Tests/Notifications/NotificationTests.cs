using Messaging.Domain;
using Messaging.Domain.Notifications;
using Messaging.Projections.Notifications;
using Messaging.Projections.Tests.Support;

namespace Messaging.Projections.Tests.Notifications;

public sealed class NotificationTests(Store store) : IClassFixture<Store>
{
    [Fact]
    public async Task Notifications_are_listed_to_their_recipient_the_newest_first()
    {
        var office = await Office.OpenAsync(store);
        var conversation = await office.ConverseAsync(office.Dieter);
        var ids = new List<Guid>();
        for (var i = 0; i < 7; i++)
        {
            if (i % 3 == 0) office.Now = office.Now.AddMicroseconds(1);
            ids.Add(await NotifyAsync(office, office.Anna, conversation, read: i % 2 == 0));
        }

        await NotifyAsync(office, office.Bernd, conversation);
        var listed = await WalkAsync(
            2, p => store.Notifications.NotificationsPageAsync(office.Anna, false, p, Cancellation));
        listed.Select(n => n.Id).ShouldBe(ids, ignoreOrder: true);
        listed.Select(n => n.CreatedAt).ShouldBeInOrder(SortDirection.Descending);
        (await store.Notifications.NotificationsCountAsync(office.Anna, false, Cancellation)).ShouldBe(7);
        var unread = await WalkAsync(
            2, p => store.Notifications.NotificationsPageAsync(office.Anna, true, p, Cancellation));
        unread.ShouldBe(listed.Where(n => n.ReadAt is null));
        (await store.Notifications.NotificationsCountAsync(office.Anna, true, Cancellation)).ShouldBe(3);

        (await store.Notifications.NotificationsCountAsync(office.Bernd, false, Cancellation)).ShouldBe(1);
        (await store.Notifications.NotificationsByIdsAsync(office.Bernd, ids, Cancellation)).ShouldBeEmpty();
        (await store.Notifications.NotificationsByIdsAsync(office.Anna, ids, Cancellation)).Count.ShouldBe(7);
        (
            await store.Notifications.NotificationsCountAsync(
                new Caller(Guid.NewGuid().ToString(), office.Anna.Actor), false, Cancellation)
        ).ShouldBe(0);
    }

    [Fact]
    public async Task A_notification_says_what_it_is_about()
    {
        var office = await Office.OpenAsync(store);
        var conversation = await office.ConverseAsync();
        var comment = await office.CommentAsync(conversation, office.Dieter);
        var id = await NotifyAsync(office, office.Anna, conversation, comment, read: true);
        (await store.Notifications.NotificationsPageAsync(office.Anna, false, First(1), Cancellation))
            .Nodes()
            .Single()
            .ShouldBe(
                new NotificationRow(
                    id, NotificationKind.CustomerCommented, conversation, comment, office.Dieter.Actor.Participant,
                    office.Now, office.Now.AddMinutes(1))
            );
    }

    [Fact]
    public async Task A_contact_is_shown_no_notification_of_another_customers_conversation()
    {
        var office = await Office.OpenAsync(store);
        await NotifyAsync(office, office.Dieter, await office.ConverseAsync(customer: office.Lehmann));
        var own = await NotifyAsync(office, office.Dieter, await office.ConverseAsync());
        (await store.Notifications.NotificationsPageAsync(office.Dieter, false, First(10), Cancellation))
            .Nodes()
            .Select(n => n.Id)
            .ShouldBe([own]);
    }

    [Fact]
    public async Task One_person_is_told_once_of_an_event()
    {
        var office = await Office.OpenAsync(store);
        var conversation = await office.ConverseAsync();
        var @event = Guid.CreateVersion7();
        await NotifyAsync(office, office.Anna, conversation, @event: @event);
        await NotifyAsync(office, office.Bernd, conversation, @event: @event);
        await Should.ThrowAsync<Npgsql.PostgresException>(
            NotifyAsync(office, office.Anna, conversation, @event: @event));
    }

    [Fact]
    public async Task Everything_is_told_until_somebody_chose()
    {
        var office = await Office.OpenAsync(store);
        var all = Enum.GetValues<NotificationKind>();
        var preferences = await store.Notifications.PreferencesAsync(office.Anna, Cancellation);
        preferences.EmailFor.ShouldBe(all);
        preferences.InAppFor.ShouldBe(all);

        await store.ExecuteAsync(
            "insert into messaging.notification_preferences (tenant_id, person_id, email_for, in_app_for) values "
                + "($1, $2, '{}', '{StatusChanged,Assigned}')",
            office.TenantId, office.Anna.Actor.Id);
        preferences = await store.Notifications.PreferencesAsync(office.Anna, Cancellation);
        preferences.EmailFor.ShouldBeEmpty();
        preferences.InAppFor.ShouldBe([NotificationKind.Assigned, NotificationKind.StatusChanged]);
        (await store.Notifications.PreferencesAsync(office.Bernd, Cancellation)).EmailFor.ShouldBe(all);
    }

    private async Task<Guid> NotifyAsync(
        Office office, Caller recipient, Guid conversation, Guid? comment = null, bool read = false,
        Guid? @event = null)
    {
        var id = Guid.CreateVersion7();
        await store.ExecuteAsync(
            """
            insert into messaging.notifications
                (tenant_id, id, recipient_id, kind, conversation_id, comment_id, actor_kind, actor_id, event_id,
                    created_at, read_at)
            values ($1, $2, $3, 'CustomerCommented', $4, $5, 'Contact', $6, $7, $8, $9)
            """,
            office.TenantId,
            id,
            recipient.Actor.Id,
            conversation,
            comment ?? (object)DBNull.Value,
            office.Dieter.Actor.Id,
            @event ?? Guid.CreateVersion7(),
            office.Now,
            read ? office.Now.AddMinutes(1) : DBNull.Value
        );
        return id;
    }
}
