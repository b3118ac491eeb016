using Messaging.Application.Commands;
using Messaging.Domain;

namespace Messaging.Application.Notifications;

/// <summary>Marks notifications of the caller as read.</summary>
/// <param name="NotificationIds">Which ones; null when <paramref name="All"/> is true.</param>
/// <param name="All">All there are by now.</param>
[Stored("MarkNotificationsReadCommand")]
public sealed record MarkNotificationsReadCommand(Caller Caller, IReadOnlyList<Guid>? NotificationIds, bool All)
    : Command(Caller)
{
    /// <summary>The most ids at once.</summary>
    public const int Maximum = 200;

    internal override void Read(ReadSet reads)
    {
        reads.Lookup(NotificationLookups.Recipients, [.. (NotificationIds ?? []).Take(Maximum)]);
    }

    internal override Refusal? Decide(UnitOfWork work)
    {
        if (All == NotificationIds is not null) return new NotificationsNeedIdsOrAll();
        if (All)
        {
            work.Write(
                $"""
                update messaging.notifications set read_at = {work.Now}
                where tenant_id = {Caller.TenantId} and recipient_id = {Caller.Actor.Id} and read_at is null
                """);
            return null;
        }

        if (NotificationIds!.Count > Maximum) return new TooManyNotifications();
        for (var i = 0; i < NotificationIds.Count; i++)
        {
            if (work.Find(NotificationLookups.Recipients, NotificationIds[i]) != Caller.Actor.Id)
                return new NotificationNotFound(i);
        }

        work.Write(
            $"""
            update messaging.notifications set read_at = {work.Now}
            where tenant_id = {Caller.TenantId} and recipient_id = {Caller.Actor.Id} and read_at is null
                and id = any({NotificationIds.ToArray()})
            """);
        return null;
    }
}

/// <summary>Neither or both of ids and all.</summary>
public sealed record NotificationsNeedIdsOrAll() : Refusal(RefusalKind.Invalid, "Give either ids or all: true.", "ids");

/// <summary>More ids than one command may name.</summary>
public sealed record TooManyNotifications()
    : Refusal(
        RefusalKind.TooLarge, $"ids may name at most {MarkNotificationsReadCommand.Maximum} notifications.", "ids");

/// <summary>No such notification of the caller.</summary>
public sealed record NotificationNotFound(int Index)
    : Refusal(RefusalKind.NotFound, "There is no such notification.", $"ids.{Index}");
