using GraphQL;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Api.Notifications;
using Messaging.Application.Notifications.Push;
using Messaging.Domain;

namespace Messaging.Api.GraphQL;

/// <content>Browsers that are told of notifications while no page is open.</content>
public sealed partial class Mutation
{
    /// <summary>
    /// Has a browser told of the viewer's notifications while no page is open, without saying what they are, until the
    /// session ends. Subscribing again changes nothing.
    /// </summary>
    [Allow(Access.SignedIn)]
    public static async Task<SubscribeToPushPayload> SubscribeToPush(
        IResolveFieldContext context, SubscribeToPushInput input) =>
        new(
            context.Service<PushOptions>().Serves(input.Endpoint)
                ? await context.ExecuteAsync(new SubscribeToPushCommand(context.Caller(), input.Endpoint))
                : [UserError.Of(new PushServiceIsUnknown())]);

    /// <summary>Has a browser told of nothing more.</summary>
    [Allow(Access.SignedIn)]
    public static async Task<UnsubscribeFromPushPayload> UnsubscribeFromPush(
        IResolveFieldContext context, UnsubscribeFromPushInput input) =>
        new(await context.ExecuteAsync(new UnsubscribeFromPushCommand(context.Caller(), input.Endpoint)));
}

/// <summary>The address is at none of the services that this server tells browsers by.</summary>
internal sealed record PushServiceIsUnknown()
    : Refusal(
        RefusalKind.Invalid, "The endpoint is an address at none of the push services that this server asks.",
        "endpoint");

/// <summary>Has a browser told of the viewer's notifications.</summary>
[Allow(Access.SignedIn)]
public sealed class SubscribeToPushInput
{
    /// <summary>The <c>endpoint</c> of the browser's <c>PushSubscription</c>.</summary>
    [Limit(Characters = SubscribeToPushCommand.EndpointMaximum)]
    public string Endpoint { get; set; } = null!;
}

/// <summary>Has a browser told of nothing more.</summary>
[Allow(Access.SignedIn)]
public sealed class UnsubscribeFromPushInput
{
    /// <summary>The <c>endpoint</c> that it subscribed with.</summary>
    [Limit(Characters = SubscribeToPushCommand.EndpointMaximum)]
    public string Endpoint { get; set; } = null!;
}

/// <summary>The answer to <c>subscribeToPush</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class SubscribeToPushPayload(IReadOnlyList<UserError> errors) : Payload(errors);

/// <summary>The answer to <c>unsubscribeFromPush</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class UnsubscribeFromPushPayload(IReadOnlyList<UserError> errors) : Payload(errors);
