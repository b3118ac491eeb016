using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.Auth;
using Messaging.Api.GraphQL.Accounts;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Schema;
using Messaging.Application.Accounts;
using Messaging.Domain;
using Messaging.Projections.Customers;

namespace Messaging.Api.GraphQL;

/// <content>Erasures of what is kept about people.</content>
public sealed partial class Mutation
{
    /// <summary>
    /// Erases what is kept about somebody of the office or a contact (GDPR, Article 17), for good: their name and
    /// addresses, what they wrote, their files and the names of these, their account, and the mails to them and about
    /// what they did. Refused with <c>RETENTION</c> while it has to be kept; the message says until when. At once they
    /// are signed out everywhere and are N. N.; the rest goes within minutes, whatever is cut off. That something
    /// happened, and when, stays, so that figures are the same and history is still proved. What others wrote about
    /// them stays, and so do subjects of conversations. Nobody erases themselves.
    /// </summary>
    [Allow(Access.Owners)]
    public static async Task<ErasePersonPayload> ErasePerson(IResolveFieldContext context, ErasePersonInput input)
    {
        var (caller, id) = (context.Caller(), Ids.Parse(input.PersonId));
        if (caller.Actor is Actor.Administrator { IsOwner: true }
            && await context.Service<RetentionQueries>().PersonAsync(caller, id, context.CancellationToken) is { } row
            && row.Refusal("personId") is { } refusal)
            return new ErasePersonPayload(id, [UserError.Of(refusal)]);
        var errors = await context.ExecuteAsync(new ErasePersonCommand(caller, id));
        context.Service<TokenGate>().Forget(caller.TenantId, id);
        if (errors.Count == 0) context.Service<Erasures>().Look();
        return new ErasePersonPayload(id, errors);
    }
}

/// <summary>Erases what is kept about somebody.</summary>
[Allow(Access.Owners)]
public sealed class ErasePersonInput
{
    /// <summary>Whose: an administrator's, an auditor's or a contact's.</summary>
    [Id]
    public string PersonId { get; set; } = "";
}

/// <summary>The answer to <c>erasePerson</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class ErasePersonPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The person as they are now: nobody knows who they were.</summary>
    public IDataLoaderResult<IParticipant?>? Person(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.PersonIfAny(id) : null;
}
