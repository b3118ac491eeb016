using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Accounts;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Application.Accounts;
using Messaging.Domain;

namespace Messaging.Api.GraphQL;

/// <content>Invitations.</content>
public sealed partial class Mutation
{
    /// <summary>
    /// Asks somebody who has not joined yet once more, with a new link. Owners ask those of the office, administrators
    /// contacts.
    /// </summary>
    [Allow(Access.Administrators)]
    public static async Task<ResendInvitationPayload> ResendInvitation(
        IResolveFieldContext context, ResendInvitationInput input)
    {
        var id = Ids.Parse(input.Id);
        var command = new InviteAgainCommand(context.Caller(), id, input.Email)
        {
            Limits = context.Service<InvitationLimits>(),
        };
        return new ResendInvitationPayload(id, await context.ExecuteAsync(command));
    }

    /// <summary>
    /// Takes an invitation back that was not taken up; its links say so. Owners withdraw those of the office,
    /// administrators those of contacts.
    /// </summary>
    [Allow(Access.Administrators)]
    public static async Task<WithdrawInvitationPayload> WithdrawInvitation(
        IResolveFieldContext context, WithdrawInvitationInput input)
    {
        var id = Ids.Parse(input.Id);
        return new WithdrawInvitationPayload(
            id, await context.ExecuteAsync(new WithdrawInvitationCommand(context.Caller(), id)));
    }
}

/// <summary>Asks somebody once more.</summary>
[Allow(Access.Administrators)]
public sealed class ResendInvitationInput
{
    /// <summary>Whom: an administrator, an auditor or a contact.</summary>
    [Id]
    public string Id { get; set; } = "";

    /// <summary>Another address to send it to, which they sign in with; null for the one of before.</summary>
    [Limit(Characters = Text.EmailMaximum, AsData = true)]
    public string? Email { get; set; }
}

/// <summary>Takes an invitation back.</summary>
[Allow(Access.Administrators)]
public sealed class WithdrawInvitationInput
{
    /// <summary>Whose: an administrator's, an auditor's or a contact's.</summary>
    [Id]
    public string Id { get; set; } = "";
}

/// <summary>The answer to <c>withdrawInvitation</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class WithdrawInvitationPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The person who had been invited.</summary>
    public IDataLoaderResult<IParticipant?>? Invited(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.PersonIfAny(id) : null;
}

/// <summary>The answer to <c>resendInvitation</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class ResendInvitationPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The person who was invited again.</summary>
    public IDataLoaderResult<IParticipant?>? Invited(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.PersonIfAny(id) : null;
}
