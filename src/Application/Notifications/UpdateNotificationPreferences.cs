using System.Collections.Immutable;
using Messaging.Application.Commands;
using Messaging.Application.History;
using Messaging.Domain;
using Messaging.Domain.History;
using Messaging.Domain.Notifications;
using Messaging.Projections.Storage;

namespace Messaging.Application.Notifications;

/// <summary>
/// Sets the kinds that the caller is notified of, by channel, and whether they are mailed what they have read; null
/// leaves what it is of unchanged.
/// </summary>
[Stored("UpdateNotificationPreferencesCommand")]
public sealed record UpdateNotificationPreferencesCommand(
    Caller Caller, IReadOnlyList<NotificationKind>? EmailFor, IReadOnlyList<NotificationKind>? InAppFor)
    : Command(Caller)
{
    /// <summary>
    /// True when what the caller has read before its mail goes out is not to be mailed to them; null leaves it as it
    /// is.
    /// </summary>
    public bool? EmailUnlessRead { get; init; }

    /// <summary>
    /// True when the caller is to be mailed the report of the week; null leaves it as it is. Of the office only.
    /// </summary>
    public bool? WeeklyReport { get; init; }

    /// <summary>
    /// True when the caller is to be mailed the checkpoint of the day; null leaves it as it is. Of those only who see
    /// all of the history.
    /// </summary>
    public bool? DailyCheckpoint { get; init; }

    // Its own: no other stream of the person grows by it.
    private Guid StreamId => AccessStreams.Of(Caller.TenantId, "preferences", Caller.Actor.Id.ToString());

    internal override void Read(ReadSet reads) => reads.Stream(StreamId);

    internal override Refusal? Decide(UnitOfWork work)
    {
        if (WeeklyReport is not null && Caller.Actor is Actor.Contact) return new WeeklyReportIsForOffice();
        if (DailyCheckpoint is not null && !Caller.SeesAllHistory) return new CheckpointsAreForAuditors();
        if (EmailFor is not null) Choose(work, "email_for", EmailFor);
        if (InAppFor is not null) Choose(work, "in_app_for", InAppFor);
        if (EmailUnlessRead is { } unlessRead) Choose(work, "email_unless_read", unlessRead);
        if (WeeklyReport is { } weekly) Choose(work, "weekly_report", weekly);
        if (DailyCheckpoint is { } daily) Choose(work, "daily_checkpoint", daily);
        if (EmailFor is null && InAppFor is null && EmailUnlessRead is null && WeeklyReport is null
            && DailyCheckpoint is null) return null;
        return work.Record(
            StreamId,
            Domain.Decide.Accept<AccessEvent>(
                new NotificationPreferencesChosen(
                    AccessSubject.Of(Caller.Actor), EmailFor?.Distinct().ToImmutableArray(),
                    InAppFor?.Distinct().ToImmutableArray(), EmailUnlessRead, WeeklyReport, DailyCheckpoint)));
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

    private void Choose(UnitOfWork work, string column, bool choice)
    {
        var all = Enum.GetNames<NotificationKind>();
        var chosen = Sql.Raw(column);
        work.Write(
            $"""
             insert into messaging.notification_preferences (tenant_id, person_id, email_for, in_app_for, {chosen})
                 values ({Caller.TenantId}, {Caller.Actor.Id}, {all}, {all}, {choice})
             on conflict (tenant_id, person_id) do update set {chosen} = excluded.{chosen}
             """);
    }

    private static string[] Names(IReadOnlyList<NotificationKind> kinds) =>
        [.. kinds.Distinct().Select(k => k.ToString())];
}

/// <summary>A customer's contact asked for the report of the week.</summary>
public sealed record WeeklyReportIsForOffice()
    : Refusal(RefusalKind.Forbidden, "The report of the week is for people of the office.", "weeklyReport");

/// <summary>Somebody asked for the checkpoint of the day who does not see all of the history.</summary>
public sealed record CheckpointsAreForAuditors()
    : Refusal(
        RefusalKind.Forbidden, "The daily checkpoint is for auditors and owners who see all of the office.",
        "dailyCheckpoint");
