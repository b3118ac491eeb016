using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Accounts;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Notifications;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Application.Notifications;
using Messaging.Domain.Notifications;

namespace Messaging.Api.GraphQL;

/// <content>Notifications and their preferences.</content>
public sealed partial class Mutation
{
    /// <summary>Marks notifications of the viewer as read: those named, or all there are by now.</summary>
    [Allow(Access.SignedIn, ApiTokens = true)]
    public static async Task<MarkNotificationsReadPayload> MarkNotificationsRead(
        IResolveFieldContext context, MarkNotificationsReadInput input) =>
        new(
            await context.ExecuteAsync(
                new MarkNotificationsReadCommand(
                    context.Caller(), input.Ids is null ? null : Ids.Parse(input.Ids), input.All ?? false)
            )
        );

    /// <summary>Chooses what the viewer is told of, in which way; what is not given stays.</summary>
    [Allow(Access.SignedIn)]
    public static async Task<UpdateNotificationPreferencesPayload> UpdateNotificationPreferences(
        IResolveFieldContext context, UpdateNotificationPreferencesInput input) =>
        new(
            await context.ExecuteAsync(
                new UpdateNotificationPreferencesCommand(context.Caller(), input.EmailFor, input.InAppFor)
                {
                    EmailUnlessRead = input.EmailUnlessRead,
                    WeeklyReport = input.WeeklyReport,
                    DailyCheckpoint = input.DailyCheckpoint,
                })
        );

    /// <summary>
    /// Has a mail about a conversation sent again that failed or was perhaps sent. What is under way or was sent stays
    /// as it is. A mail that was perhaps sent may arrive twice.
    /// </summary>
    [Allow(Access.Administrators)]
    public static async Task<ResendDeliveryPayload> ResendDelivery(
        IResolveFieldContext context, ResendDeliveryInput input)
    {
        var id = Ids.Parse(input.Id);
        return new ResendDeliveryPayload(
            id, await context.ExecuteAsync(new ResendDeliveryCommand(context.Caller(), id)));
    }
}

/// <summary>Has a mail sent again.</summary>
[Allow(Access.Administrators)]
public sealed class ResendDeliveryInput
{
    /// <summary>The id of the delivery. What else the same mail told its recipient goes along.</summary>
    [Id]
    public string Id { get; set; } = "";
}

/// <summary>The answer to <c>resendDelivery</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class ResendDeliveryPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The delivery.</summary>
    public IDataLoaderResult<DeliveryNode?>? Delivery(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.DeliveryIfAny(id) : null;
}

/// <summary>Marks notifications as read.</summary>
[Allow(Access.SignedIn)]
public sealed class MarkNotificationsReadInput
{
    /// <summary>The ids.</summary>
    [Id]
    [Limit(Items = MarkNotificationsReadCommand.Maximum, AsData = true)]
    public IReadOnlyList<string>? Ids { get; set; }

    /// <summary>All there are by now, instead of <c>ids</c>.</summary>
    [System.ComponentModel.DefaultValue(false)]
    public bool? All { get; set; } = false;
}

/// <summary>Chooses what the viewer is told of; what is not given stays.</summary>
[Allow(Access.SignedIn)]
public sealed class UpdateNotificationPreferencesInput
{
    /// <summary>The kinds that are sent by e-mail.</summary>
    public IReadOnlyList<NotificationKind>? EmailFor { get; set; }

    /// <summary>The kinds that are shown in the profile.</summary>
    public IReadOnlyList<NotificationKind>? InAppFor { get; set; }

    /// <summary>
    /// True when what the viewer has read (<c>markConversationRead</c>) before its mail goes out is not mailed to them.
    /// The office's registered address gets its mails in any case, also where it is the viewer's own.
    /// </summary>
    public bool? EmailUnlessRead { get; set; }

    /// <summary>
    /// True to be mailed the report of the week (<c>reports { weekly }</c>) each Monday at 07:00 of the office's clock.
    /// </summary>
    [Allow(Access.Office)]
    public bool? WeeklyReport { get; set; }

    /// <summary>
    /// True to be mailed the signed checkpoint (<c>auditCheckpoint</c>) once a day when something changed. For those
    /// who see all of the office.
    /// </summary>
    [Allow(Access.AuditorsAndOwners)]
    public bool? DailyCheckpoint { get; set; }
}

/// <summary>The answer to <c>markNotificationsRead</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class MarkNotificationsReadPayload(IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The viewer: the person who is signed in.</summary>
    public IDataLoaderResult<ViewerNode> Viewer(IResolveFieldContext context) => context.Viewer();
}

/// <summary>The answer to <c>updateNotificationPreferences</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class UpdateNotificationPreferencesPayload(IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The viewer: the person who is signed in.</summary>
    public IDataLoaderResult<ViewerNode> Viewer(IResolveFieldContext context) => context.Viewer();
}
