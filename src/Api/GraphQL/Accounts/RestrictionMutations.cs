using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.Auth;
using Messaging.Api.GraphQL.Accounts;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Schema;
using Messaging.Application.Accounts;

namespace Messaging.Api.GraphQL;

/// <content>Restrictions of what is kept about people.</content>
public sealed partial class Mutation
{
    /// <summary>
    /// Restricts what is kept about somebody of the office or a contact (GDPR, Article 18). At once they are signed
    /// out everywhere and deactivated, get no mails, pushes and notifications, and their name and address are seen by
    /// owners and auditors alone: everywhere else they are N. N., also in search and in views of the past. What they
    /// wrote stays readable, and nothing is deleted. Nobody restricts themselves, and service accounts are no people.
    /// </summary>
    [Allow(Access.Owners)]
    public static async Task<RestrictPersonPayload> RestrictPerson(
        IResolveFieldContext context, RestrictPersonInput input)
    {
        var (caller, id) = (context.Caller(), Ids.Parse(input.PersonId));
        var errors = await context.ExecuteAsync(new RestrictPersonCommand(caller, id));
        context.Service<TokenGate>().Forget(caller.TenantId, id);
        return new RestrictPersonPayload(id, errors);
    }

    /// <summary>
    /// Ends the restriction of what is kept about somebody: they have the name and address of before. They stay
    /// deactivated, and come back by a reactivation only.
    /// </summary>
    [Allow(Access.Owners)]
    public static async Task<LiftRestrictionPayload> LiftRestriction(
        IResolveFieldContext context, LiftRestrictionInput input)
    {
        var id = Ids.Parse(input.PersonId);
        return new LiftRestrictionPayload(
            id, await context.ExecuteAsync(new LiftRestrictionCommand(context.Caller(), id)));
    }
}

/// <summary>Restricts what is kept about somebody.</summary>
[Allow(Access.Owners)]
public sealed class RestrictPersonInput
{
    /// <summary>Whose: an administrator's, an auditor's or a contact's.</summary>
    [Id]
    public string PersonId { get; set; } = "";
}

/// <summary>Ends the restriction of what is kept about somebody.</summary>
[Allow(Access.Owners)]
public sealed class LiftRestrictionInput
{
    /// <summary>Whose: an administrator's, an auditor's or a contact's.</summary>
    [Id]
    public string PersonId { get; set; } = "";
}

/// <summary>The answer to <c>restrictPerson</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class RestrictPersonPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The person as they are now.</summary>
    public IDataLoaderResult<IParticipant?>? Person(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.PersonIfAny(id) : null;
}

/// <summary>The answer to <c>liftRestriction</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class LiftRestrictionPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The person as they are now.</summary>
    public IDataLoaderResult<IParticipant?>? Person(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.PersonIfAny(id) : null;
}
