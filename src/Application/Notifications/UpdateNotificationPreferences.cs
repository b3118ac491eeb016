using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Notifications;
using Messaging.Projections.Storage;

namespace Messaging.Application.Notifications;

/// <summary>Sets the kinds that the caller is notified of, by channel; null leaves a channel unchanged.</summary>
[Stored("UpdateNotificationPreferencesCommand")]
public sealed record UpdateNotificationPreferencesCommand(
    Caller Caller, IReadOnlyList<NotificationKind>? EmailFor, IReadOnlyList<NotificationKind>? InAppFor)
    : Command(Caller)
{
    internal override void Read(ReadSet reads)
    {
    }

    internal override Refusal? Decide(UnitOfWork work)
    {
        if (EmailFor is not null) Choose(work, "email_for", EmailFor);
        if (InAppFor is not null) Choose(work, "in_app_for", InAppFor);
        return null;
    }

    private void Choose(UnitOfWork work, string column, IReadOnlyList<NotificationKind> kinds)
    {
        var all = Enum.GetNames<NotificationKind>();
        var (mail, inApp) = (column == "email_for" ? Names(kinds) : all, column == "in_app_for" ? Names(kinds) : all);
        var chosen = Sql.Raw(column);
        work.Write(
            $"""
             insert into messaging.notification_preferences (tenant_id, person_id, email_for, in_app_for)
                 values ({Caller.TenantId}, {Caller.Actor.Id}, {mail}, {inApp})
             on conflict (tenant_id, person_id) do update set {chosen} = excluded.{chosen}
             """);
    }

    private static string[] Names(IReadOnlyList<NotificationKind> kinds) =>
        [.. kinds.Distinct().Select(k => k.ToString())];
}
