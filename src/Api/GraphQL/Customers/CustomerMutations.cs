using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Customers;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Application.Accounts;
using Messaging.Application.Customers;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Customers;

namespace Messaging.Api.GraphQL;

/// <content>Customers and their contacts.</content>
public sealed partial class Mutation
{
    /// <summary>Ends somebody's part in a customer's conversations at once. Their history stays.</summary>
    [Allow(Access.Administrators)]
    public static async Task<DeactivateContactPayload> DeactivateContact(
        IResolveFieldContext context, DeactivateContactInput input)
    {
        var id = Ids.Parse(input.Id);
        return new DeactivateContactPayload(
            id, await context.ExecuteAsync(new DeactivateContactCommand(context.Caller(), id)));
    }

    /// <summary>Registers a customer of the office.</summary>
    [Allow(Access.Administrators, ApiTokens = true)]
    public static async Task<RegisterCustomerPayload> RegisterCustomer(
        IResolveFieldContext context, RegisterCustomerInput input)
    {
        if (Ids.Choose(input.Id) is not { } id)
            return new RegisterCustomerPayload(Guid.Empty, [UserError.Of(new IdIsIllFormed())]);
        return new RegisterCustomerPayload(
            id, await context.ExecuteAsync(new RegisterCustomerCommand(context.Caller(), id, input.Name)));
    }

    /// <summary>Asks somebody to write for a customer; the link to do so goes out by e-mail.</summary>
    [Allow(Access.Administrators)]
    public static async Task<InviteContactPayload> InviteContact(IResolveFieldContext context, InviteContactInput input)
    {
        var id = Guid.CreateVersion7();
        var customer = Ids.Parse(input.CustomerId);
        var command = new InviteContactCommand(context.Caller(), id, customer, input.Email, input.DisplayName)
        {
            Limits = context.Service<InvitationLimits>(),
        };
        return new InviteContactPayload(id, await context.ExecuteAsync(command));
    }
}

/// <summary>Ends somebody's part in a customer's conversations.</summary>
[Allow(Access.Administrators)]
public sealed class DeactivateContactInput
{
    /// <summary>The person's id.</summary>
    [Id]
    public string Id { get; set; } = "";
}

/// <summary>Registers a customer.</summary>
[Allow(Access.Administrators)]
public sealed class RegisterCustomerInput
{
    /// <summary>
    /// A UUID of the client's choice makes the mutation idempotent: the same id and content again has no second effect.
    /// </summary>
    [Id]
    public string? Id { get; set; }

    /// <summary>One line that is not empty.</summary>
    [Limit(Characters = CustomerDecider.NameMaximum, AsData = true)]
    public string Name { get; set; } = "";
}

/// <summary>Asks somebody to write for a customer.</summary>
[Allow(Access.Administrators)]
public sealed class InviteContactInput
{
    /// <summary>The customer.</summary>
    [Id]
    public string CustomerId { get; set; } = "";

    /// <summary>The address that the invitation goes to and that they sign in with.</summary>
    [Limit(Characters = Text.EmailMaximum, AsData = true)]
    public string Email { get; set; } = "";

    /// <summary>One line that is not empty.</summary>
    [Limit(Characters = Profile.DisplayNameMaximum, AsData = true)]
    public string DisplayName { get; set; } = "";
}

/// <summary>The answer to <c>deactivateContact</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class DeactivateContactPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The contact who was deactivated.</summary>
    public IDataLoaderResult<ContactNode?>? Contact(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.ContactIfAny(id) : null;
}

/// <summary>The answer to <c>registerCustomer</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class RegisterCustomerPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The new customer.</summary>
    public IDataLoaderResult<CustomerNode?>? Customer(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.CustomerIfAny(id) : null;
}

/// <summary>The answer to <c>inviteContact</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class InviteContactPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The person who was invited.</summary>
    public IDataLoaderResult<ContactNode?>? Contact(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.ContactIfAny(id) : null;
}
