using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Accounts;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Schema;
using Messaging.Application.Accounts;

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
        var command = new InviteAgainCommand(context.Caller(), id) { Limits = context.Service<InvitationLimits>() };
        return new ResendInvitationPayload(id, await context.ExecuteAsync(command));
    }
}

/// <summary>Asks somebody once more.</summary>
[Allow(Access.Administrators)]
public sealed class ResendInvitationInput
{
    /// <summary>Whom: an administrator, an auditor or a contact.</summary>
    [Id]
    public string Id { get; set; } = "";
}

/// <summary>The answer to <c>resendInvitation</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class ResendInvitationPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The person who was invited again.</summary>
    public IDataLoaderResult<IParticipant?>? Invited(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.PersonIfAny(id) : null;
}
